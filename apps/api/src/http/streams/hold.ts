/** Letting in what is held open: the one door of streams and held polls. */
import type { Caller } from '../credentials.ts';
import type { Exchange } from '../exchange.ts';
import type { Services } from '../services.ts';
import { type Held, judge, type Leave } from './streams.ts';

/**
 * Takes a slot, then asks again what the secret stands for: a revocation or rotation since the request was admitted has
 * looked for slots before this one was taken, and a later one finds it. Throws as `Streams.enter` does.
 */
export function hold(
  { streams, directory, log }: Pick<Services, 'streams' | 'directory' | 'log'>,
  { requestId }: Pick<Exchange, 'requestId'>,
  caller: Caller,
  held: Held,
): Leave {
  const slot = streams.enter(caller, held);
  const { secretHash } = caller;
  if (secretHash === null) return slot.leave;
  directory.findPrincipal(secretHash).then(
    (known) => judge(slot, known),
    (error) => log.error({ request_id: requestId, err: error }, 'a token could not be looked up again'),
  );
  return slot.leave;
}

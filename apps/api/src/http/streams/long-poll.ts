/** A list that is held open while it is empty, until something comes or the time is over. */
import type { TimeRange } from '@turnlog/core/clock';
import type { EventFilter } from '@turnlog/core/event-filter';
import type { LogStream } from '@turnlog/core/store';
import { type Caller, noLongerValid } from '../credentials.ts';
import type { Exchange } from '../exchange.ts';
import type { Services } from '../services.ts';
import { HeldPoll } from './held-poll.ts';
import { hold } from './hold.ts';

export interface PollRequest {
  readonly caller: Caller;
  readonly stream: LogStream;
  readonly filter: EventFilter | null;
  readonly range: TimeRange;
  /** Null: not at all. */
  readonly waitMs: number | null;
}

/** Reads, and while `isEmpty` says so of what came, again whenever something new has come, until the wait is over. */
export async function holdPoll<Found>(
  services: Services,
  exchange: Exchange,
  { caller, stream, filter, range, waitMs }: PollRequest,
  read: () => Promise<Found>,
  isEmpty: (found: Found) => boolean,
): Promise<Found> {
  if (waitMs === null || exchange.method === 'HEAD' || !mayCome(range, services.nowUs())) return read();
  const tail = await services.tails.open(caller.org, stream, 'now', filter, { beyondEnd: true });
  if (tail === null) return read();
  try {
    const first = await read();
    if (!isEmpty(first)) return first;
    const poll = new HeldPoll(tail, waitMs, exchange.outgoing);
    const leave = hold(services, exchange, caller, poll);
    return await heldUntil(poll, read, isEmpty).finally(() => {
      leave();
      poll.close();
    });
  } finally {
    tail.close();
  }
}

async function heldUntil<Found>(
  poll: HeldPoll,
  read: () => Promise<Found>,
  isEmpty: (found: Found) => boolean,
): Promise<Found> {
  for (;;) {
    const end = await poll.next();
    if (end === 'revoked') throw noLongerValid();
    const found = await read();
    if (!isEmpty(found) || end === 'over') return found;
  }
}

/** Whether an event that is still to come can lie in a range. */
function mayCome({ untilUs }: TimeRange, nowUs: number): boolean {
  return untilUs === null || untilUs > nowUs;
}

/** A list that is held open while it is empty, until something comes or the time is over. */
import type { EventFilter } from '@turnlog/core/event-filter';
import type { EventId } from '@turnlog/core/ids';
import type { EventPage, LogStream } from '@turnlog/core/store';
import type { Principal } from '@turnlog/core/tokens';
import { noLongerValid } from '../credentials.ts';
import type { Exchange } from '../exchange.ts';
import type { Services } from '../services.ts';
import { HeldPoll } from './held-poll.ts';
import { hold } from './hold.ts';

export interface PollRequest {
  readonly principal: Principal;
  readonly stream: LogStream;
  /** The position behind which nothing was found; null: the beginning. */
  readonly after: EventId | null;
  readonly filter: EventFilter | null;
  readonly waitMs: number;
}

/** Reads again whenever something comes, until a page has events or the wait is over; null: the position is unknown. */
export async function holdPoll<Page extends EventPage>(
  services: Services,
  exchange: Exchange,
  { principal, stream, after, filter, waitMs }: PollRequest,
  read: () => Promise<Page>,
): Promise<Page> {
  const tail = await services.tails.open(principal.org, stream, after === null ? 'start' : { after }, filter);
  if (tail === null) return read();
  const poll = new HeldPoll(tail, waitMs, exchange.outgoing);
  try {
    const leave = hold(services, exchange, principal, poll);
    try {
      for (;;) {
        const end = await poll.next();
        if (end === 'revoked') throw noLongerValid();
        const page = await read();
        if (page.firstId !== null || end === 'over') return page;
      }
    } finally {
      leave();
    }
  } finally {
    poll.close();
  }
}

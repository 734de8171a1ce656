/** A list that is held open while it is empty, until something comes or the time is over. */
import type { TimeRange } from '@turnlog/core/clock';
import type { EventFilter } from '@turnlog/core/event-filter';
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
  readonly filter: EventFilter | null;
  readonly range: TimeRange;
  /** Null: not at all. */
  readonly waitMs: number | null;
}

/** Reads, and while the page is empty again whenever something comes, until the wait is over. */
export async function holdPoll<Page extends EventPage>(
  services: Services,
  exchange: Exchange,
  { principal, stream, filter, range, waitMs }: PollRequest,
  read: () => Promise<Page>,
): Promise<Page> {
  if (waitMs === null || exchange.method === 'HEAD' || !mayCome(range, services.nowUs())) return read();
  const tail = await services.tails.open(principal.org, stream, 'now', filter, { beyondEnd: true });
  if (tail === null) return read();
  try {
    const first = await read();
    if (first.firstId !== null) return first;
    const poll = new HeldPoll(tail, waitMs, exchange.outgoing);
    const leave = hold(services, exchange, principal, poll);
    return await heldUntil(poll, read).finally(() => {
      leave();
      poll.close();
    });
  } finally {
    tail.close();
  }
}

async function heldUntil<Page extends EventPage>(poll: HeldPoll, read: () => Promise<Page>): Promise<Page> {
  for (;;) {
    const end = await poll.next();
    if (end === 'revoked') throw noLongerValid();
    const page = await read();
    if (page.firstId !== null || end === 'over') return page;
  }
}

/** Whether an event that is still to come can lie in a range. */
function mayCome({ untilUs }: TimeRange, nowUs: number): boolean {
  return untilUs === null || untilUs > nowUs;
}

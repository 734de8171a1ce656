/** A list that is held open while it is empty, until something comes or the time is over. */
import type { EventFilter } from '@turnlog/core/event-filter';
import type { EventPage, LogStream } from '@turnlog/core/store';
import type { Tail } from '@turnlog/core/tails';
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
  readonly waitMs: number;
}

/** Reads, and again whenever something comes, until a page has events or the wait is over. */
export async function holdPoll<Page extends EventPage>(
  services: Services,
  exchange: Exchange,
  { principal, stream, filter, waitMs }: PollRequest,
  read: () => Promise<Page>,
): Promise<Page> {
  const tail = await services.tails.open(principal.org, stream, 'now', filter, { beyondEnd: true });
  if (tail === null) return read();
  try {
    const first = await read();
    return first.firstId === null ? await heldUntil(services, exchange, principal, tail, waitMs, read) : first;
  } finally {
    tail.close();
  }
}

async function heldUntil<Page extends EventPage>(
  services: Services,
  exchange: Exchange,
  principal: Principal,
  tail: Tail,
  waitMs: number,
  read: () => Promise<Page>,
): Promise<Page> {
  const poll = new HeldPoll(tail, waitMs, exchange.outgoing);
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
    poll.close();
  }
}

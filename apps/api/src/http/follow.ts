/** Where a stream begins, and following the feed: alike in every dialect that has streams. */
import { checkReached, invalidCursor } from '@turnlog/core/cursors';
import { invalid } from '@turnlog/core/errors';
import { isId } from '@turnlog/core/ids';
import type { TailStart } from '@turnlog/core/tails';
import type { Caller } from './credentials.ts';
import type { PresentRefusal } from './dialect.ts';
import type { Answer, Exchange } from './exchange.ts';
import { type FilterParameters, readFeedFilter } from './feed-query.ts';
import type { SENT } from './operations.ts';
import { text } from './query.ts';
import type { Services } from './services.ts';
import type { Frames } from './streams/frames.ts';
import { openStream } from './streams/open-stream.ts';

export const START_QUERY = {
  after_id: text(
    { type: 'string' },
    'Begins behind this event: what a stream has shown last. `Last-Event-ID`, when sent, counts instead.',
  ),
  from: text({ type: 'string', enum: ['start'] }, '`start` shows all history first. Without it, only what comes.'),
} as const;

export interface StartParameters {
  readonly after_id?: string;
  readonly from?: string;
}

interface Start {
  readonly start: TailStart;
  /** Where the cursor came from. */
  readonly cursorParam: string;
}

/** Where a stream begins; `origin` is the position before its first event. Throws `invalid_request`. */
export function readStart(query: StartParameters, lastEventId: string | undefined, origin: string): Start {
  const { after_id, from } = query;
  if (from !== undefined && from !== 'start') {
    throw invalid('from', "'from' must be 'start', or be left out to begin with what comes next.");
  }
  if (from !== undefined && after_id !== undefined) throw invalid('from', "Send 'from' or 'after_id', not both.");
  const resumes = lastEventId !== undefined && lastEventId !== '';
  const cursorParam = resumes ? 'Last-Event-ID' : 'after_id';
  const cursor = resumes ? lastEventId : after_id;
  if (cursor === undefined) return { start: from ?? 'now', cursorParam };
  if (cursor === origin) return { start: 'start', cursorParam };
  if (!isId('evt', cursor)) throw invalidCursor(cursorParam);
  return { start: { after: cursor }, cursorParam };
}

/** The position before the first event of every org. */
const FEED_ORIGIN = 'evt_00000000000000000000000000';

export interface FeedRequest {
  readonly caller: Caller;
  readonly query: StartParameters & FilterParameters;
  /** What the dialect calls the types; absent: `types`. */
  readonly typesParam?: string;
  /** How the dialect shows events; absent: as they are stored. */
  readonly frames?: Frames;
}

/** Opens a stream of the feed. Throws `invalid_request` naming the parameter, and as a slot that is not free does. */
export async function followFeed(
  services: Services,
  present: PresentRefusal,
  exchange: Exchange,
  { caller, query, typesParam, frames }: FeedRequest,
): Promise<Answer | typeof SENT> {
  const { store, nowUs } = services;
  const { start, cursorParam } = readStart(query, exchange.header('last-event-id'), FEED_ORIGIN);
  const filter = await readFeedFilter(store, caller.org, query, typesParam);
  const cursor = typeof start === 'string' ? null : ({ direction: 'after', id: start.after } as const);
  await checkReached(store, caller.org, nowUs(), cursor, cursorParam);
  const request = { caller, stream: 'feed', start, filter, origin: FEED_ORIGIN, cursorParam } as const;
  return openStream(services, present, exchange, frames === undefined ? request : { ...request, frames });
}

/** What streams and held polls are asked. */
import { invalidCursor, type PageQuery } from '@turnlog/core/cursors';
import { invalid } from '@turnlog/core/errors';
import { isId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import type { TailStart } from '@turnlog/core/tails';
import { STATUS_IDLE } from './examples.ts';
import { list, text } from './page.ts';

const WAIT = /^[0-9]{1,2}$/;

export const TYPES = list(
  { type: 'string' },
  'Only events of these types; `*` stands for any run of characters, as in `session.*`.',
);

export const WAIT_SECONDS = text(
  { type: 'integer', minimum: 1, maximum: limits.waitSecondsMax },
  'Holds an answer without events open, for at most so many seconds, until some come.',
);

/** The parameters of every stream; the last two are other servers', and do nothing here. */
export const STREAM_QUERY = {
  after_id: text(
    { type: 'string' },
    'Begins behind this event: what a stream has shown last. `Last-Event-ID`, when sent, counts instead.',
  ),
  from: text({ type: 'string', enum: ['start'] }, '`start` shows all history first. Without it, only what comes.'),
  types: TYPES,
  event_deltas: { ...list({ type: 'string' }, 'Ignored.'), hidden: true },
  delta_flush_interval_ms: { ...text({ type: 'string' }, 'Ignored.'), hidden: true },
} as const;

const FRAMES =
  'Server-sent events: `id`, `event` (the type) and `data` (the whole event) of each. A comment comes every 15 seconds ' +
  'when nothing else does. ';
const RESUME =
  'connect again with the last id as `Last-Event-ID`, as the SDK does by itself: nothing is skipped and nothing comes twice.';

export const STREAM_DESCRIPTION = `${FRAMES}\`data: [DONE]\` without a name ends a stream whose session takes no more events; after any other end, ${RESUME}`;

export const FEED_STREAM_DESCRIPTION = `${FRAMES}It never ends for good: after any end, ${RESUME}`;

export const STREAM_EXAMPLE = `id: ${STATUS_IDLE.id}\nevent: ${STATUS_IDLE.type}\ndata: ${JSON.stringify(STATUS_IDLE)}\n\n`;

export interface StreamParameters {
  readonly after_id?: string;
  readonly from?: string;
}

export interface Start {
  readonly start: TailStart;
  /** Where the cursor came from. */
  readonly cursorParam: string;
}

/** Where a stream begins; `origin` is the position before its first event. Throws `invalid_request`. */
export function readStart(query: StreamParameters, lastEventId: string | undefined, origin: string): Start {
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

/** How long an empty page may be held, in milliseconds; null: not at all. Throws `invalid_request`. */
export function readWait(wait: string | undefined, { order, cursor }: PageQuery<'evt'>): number | null {
  if (wait === undefined) return null;
  const seconds = WAIT.test(wait) ? Number(wait) : 0;
  if (seconds < 1 || seconds > limits.waitSecondsMax) {
    throw invalid('wait', `'wait' must be a whole number of seconds from 1 to ${limits.waitSecondsMax}.`);
  }
  if (order === 'desc' || cursor?.direction === 'before') {
    throw invalid('wait', "'wait' looks forward: leave it out, or read with 'order=asc' and without 'before_id'.");
  }
  return seconds * 1000;
}

/** What streams and held polls are asked. */
import type { PageQuery } from '@turnlog/core/cursors';
import { invalid } from '@turnlog/core/errors';
import { limits } from '@turnlog/core/limits';
import { TYPES } from '../../../http/feed-query.ts';
import { START_QUERY } from '../../../http/follow.ts';
import { list, text } from '../../../http/query.ts';
import { STATUS_IDLE } from './examples.ts';

const WAIT = /^[0-9]{1,2}$/;

export const WAIT_SECONDS = text(
  { type: 'integer', minimum: 1, maximum: limits.waitSecondsMax },
  'Holds an answer without events open, for at most so many seconds, until some come.',
);

/** The parameters of every stream; the last two are other servers', and do nothing here. */
export const STREAM_QUERY = {
  ...START_QUERY,
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

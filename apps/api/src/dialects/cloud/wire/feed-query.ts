/** The range of the feed, under either of two names. */
import type { TimeRange } from '@turnlog/core/clock';
import { invalid } from '@turnlog/core/errors';
import { text } from '../../../http/query.ts';
import { CREATED_AT, type RangeParameters, readRange } from './page.ts';

export const FEED_RANGE = {
  since: text({ type: 'string', format: 'date-time' }, 'The same as `created_at[gte]`.'),
  until: text({ type: 'string', format: 'date-time' }, 'The same as `created_at[lt]`.'),
  ...CREATED_AT,
} as const;

const ALIASES = [
  ['since', 'created_at[gte]'],
  ['until', 'created_at[lt]'],
] as const;

/** Throws `invalid_request` naming the parameter. */
export function readFeedRange(query: RangeParameters): TimeRange {
  for (const [alias, bound] of ALIASES) {
    if (query[alias] === undefined || query[bound] === undefined) continue;
    throw invalid(alias, `'${alias}' is the same as '${bound}': send one of them.`);
  }
  return readRange(query);
}

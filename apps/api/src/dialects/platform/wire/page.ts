/** Lists of events: what they are asked, and pages. */
import type { TimeRange } from '@turnlog/core/clock';
import { type PageParameters, type PageQuery, readPage } from '@turnlog/core/cursors';
import { limits } from '@turnlog/core/limits';
import type { FeedPage } from '@turnlog/core/store';
import { FEED, FEED_FILTERS, TYPES } from '../../../http/feed-query.ts';
import { START_QUERY } from '../../../http/follow.ts';
import { type QueryValues, text } from '../../../http/query.ts';
import { readBounds } from '../../../http/time-query.ts';

const SIZES = { default: limits.platformPageDefault, max: limits.platformPageMax };

export const LIST_QUERY = {
  since: text({ type: 'string', format: 'date-time' }, 'Only events created at or after this instant.'),
  until: text({ type: 'string', format: 'date-time' }, 'Only events created before this instant.'),
  types: TYPES,
  ...FEED_FILTERS,
  limit: text(
    { type: 'integer', minimum: 1, maximum: SIZES.max, default: SIZES.default },
    'Events on a page, at most. A page also ends at 4 MiB.',
  ),
  after_id: text({ type: 'string' }, 'The events after this id, in list order.'),
  before_id: text({ type: 'string' }, 'The nearest events before this id, in list order.'),
  order: text({ type: 'string', enum: ['asc', 'desc'], default: 'asc' }, '`asc`: oldest first. `desc`: newest first.'),
} as const;

export const SUBSCRIBE_QUERY = { events: TYPES, ...FEED_FILTERS, ...START_QUERY } as const;

type ListQuery = QueryValues<typeof LIST_QUERY>;

/** The cursors and the limit of a query, as the log's own lists take them. */
export function pageParameters({ limit, order, after_id, before_id }: ListQuery): PageParameters {
  return { limit, order, after_id, before_id, page: undefined };
}

/** Throws `invalid_request` naming the parameter. */
export function readPosition(parameters: PageParameters): PageQuery<'evt'> {
  return readPage(parameters, FEED, 'asc', SIZES);
}

/** Throws `invalid_request` naming the parameter. */
export function readTimes({ since, until }: ListQuery): TimeRange {
  return readBounds([
    ['gte', 'since', since],
    ['lt', 'until', until],
  ]);
}

/** A page as JSON text, of the texts of its events. */
export function presentPage(
  texts: readonly string[],
  { hasMore, firstId, lastId }: Pick<FeedPage, 'hasMore' | 'firstId' | 'lastId'>,
): string {
  return `{"data":[${texts.join(',')}],"has_more":${hasMore},"first_id":${JSON.stringify(firstId)},"last_id":${JSON.stringify(lastId)}}`;
}

/** Lists: what they are asked, and pages. */
import { z } from '@hono/zod-openapi';
import type { TimeRange } from '@turnlog/core/clock';
import { type PageParameters, type PageQuery, readPage } from '@turnlog/core/cursors';
import { limits } from '@turnlog/core/limits';
import { FEED, FEED_FILTERS, TYPES } from '../../../http/feed-query.ts';
import { START_QUERY } from '../../../http/follow.ts';
import { type QueryValues, text } from '../../../http/query.ts';
import { readBounds } from '../../../http/time-query.ts';

export const SIZES = { default: limits.platformPageDefault, max: limits.platformPageMax };

const limit = (records: string) =>
  text(
    { type: 'integer', minimum: 1, maximum: SIZES.max, default: SIZES.default },
    `${records} on a page, at most. A page also ends at 4 MiB.`,
  );

/** The parameters of every list but that of events, newest first. */
export const PAGING = {
  limit: limit('Records'),
  after_id: text({ type: 'string' }, 'The records after this id, in list order.'),
  before_id: text({ type: 'string' }, 'The nearest records before this id, in list order.'),
} as const;

export const TIMES = {
  since: text({ type: 'string', format: 'date-time' }, 'Only what was created at or after this instant.'),
  until: text({ type: 'string', format: 'date-time' }, 'Only what was created before this instant.'),
} as const;

export const LIST_QUERY = {
  since: text({ type: 'string', format: 'date-time' }, 'Only events created at or after this instant.'),
  until: text({ type: 'string', format: 'date-time' }, 'Only events created before this instant.'),
  types: TYPES,
  ...FEED_FILTERS,
  limit: limit('Events'),
  after_id: text({ type: 'string' }, 'The events after this id, in list order.'),
  before_id: text({ type: 'string' }, 'The nearest events before this id, in list order.'),
  order: text({ type: 'string', enum: ['asc', 'desc'], default: 'asc' }, '`asc`: oldest first. `desc`: newest first.'),
} as const;

export const SUBSCRIBE_QUERY = { events: TYPES, ...FEED_FILTERS, ...START_QUERY } as const;

/** The members that every page has besides `data`. */
export const PAGE_MEMBERS = {
  has_more: z.boolean().openapi({
    description: 'Whether there is more in the direction of travel, or some that was not looked at yet.',
  }),
  first_id: z.string().nullable().openapi({ description: 'Id of the first record, null when empty.' }),
  last_id: z.string().nullable().openapi({ description: 'Id of the last record, null when empty.' }),
};

type PagingQuery = Pick<QueryValues<typeof LIST_QUERY>, 'limit' | 'order' | 'after_id' | 'before_id'>;
type TimesQuery = QueryValues<typeof TIMES>;

/** The cursors and the limit of a query, as the log's own lists take them. */
export function pageParameters({ limit, order, after_id, before_id }: PagingQuery): PageParameters {
  return { limit, order, after_id, before_id, page: undefined };
}

/** Throws `invalid_request` naming the parameter. */
export function readPosition(parameters: PageParameters): PageQuery<'evt'> {
  return readPage(parameters, FEED, 'asc', SIZES);
}

/** Throws `invalid_request` naming the parameter. */
export function readTimes({ since, until }: TimesQuery): TimeRange {
  return readBounds([
    ['gte', 'since', since],
    ['lt', 'until', until],
  ]);
}

/** A page as JSON text, of the texts of its records. */
export function presentPage(
  texts: readonly string[],
  {
    hasMore,
    firstId,
    lastId,
  }: { readonly hasMore: boolean; readonly firstId: string | null; readonly lastId: string | null },
): string {
  return `{"data":[${texts.join(',')}],"has_more":${hasMore},"first_id":${JSON.stringify(firstId)},"last_id":${JSON.stringify(lastId)}}`;
}

/** A page of records, as the reference shows it. */
export function pageOf(data: readonly { readonly id: string }[]): object {
  return { data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
}

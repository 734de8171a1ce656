/** Lists: their query parameters, and pages in the native form. */
import { z } from '@hono/zod-openapi';
import type { TimeRange } from '@turnlog/core/clock';
import {
  type CursorKind,
  type Direction,
  type ListName,
  type PageParameters,
  type PageQuery,
  pageToken,
} from '@turnlog/core/cursors';
import type { Id } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import type { EventPage, FeedPage } from '@turnlog/core/store';
import { FEED } from '../../../http/feed-query.ts';
import { text } from '../../../http/query.ts';
import { readBounds } from '../../../http/time-query.ts';

/** The parameters of every list. */
export function paging(kind: string, defaultOrder: 'asc' | 'desc') {
  return {
    limit: text(
      { type: 'integer', minimum: 1, maximum: limits.pageMax, default: limits.pageDefault },
      'Records on a page, at most. A page also ends at 4 MiB.',
    ),
    after_id: text({ type: 'string' }, `The records after this ${kind} id, in list order.`),
    before_id: text({ type: 'string' }, `The nearest records before this ${kind} id, in list order.`),
    page: text({ type: 'string' }, 'An opaque token that a page of this list has answered, such as its `next_page`.'),
    order: text(
      { type: 'string', enum: ['asc', 'desc'], default: defaultOrder },
      '`asc`: oldest first. `desc`: newest first.',
    ),
  } as const;
}

export const CREATED_AT = {
  'created_at[gt]': text({ type: 'string', format: 'date-time' }, 'Created after this instant.'),
  'created_at[gte]': text({ type: 'string', format: 'date-time' }, 'Created at or after this instant.'),
  'created_at[lt]': text({ type: 'string', format: 'date-time' }, 'Created before this instant.'),
  'created_at[lte]': text({ type: 'string', format: 'date-time' }, 'Created at or before this instant.'),
} as const;

/** The members that every page has besides `data`. */
export const PAGE_MEMBERS = {
  first_id: z.string().nullable().openapi({ description: 'Id of the first record, null when empty.' }),
  last_id: z.string().nullable().openapi({ description: 'Id of the last record, null when empty.' }),
  has_more: z.boolean().openapi({ description: 'Whether there is more in the direction of travel.' }),
  next_page: z
    .string()
    .nullable()
    .openapi({ description: 'Opaque token of the next page in the direction of travel; null when there is none.' }),
};

const BOUNDS = [
  ['gt', 'created_at[gt]'],
  ['gte', 'created_at[gte]'],
  ['gte', 'since'],
  ['lt', 'created_at[lt]'],
  ['lt', 'until'],
  ['lte', 'created_at[lte]'],
] as const;

export type RangeParameters = { readonly [Name in (typeof BOUNDS)[number][1]]?: string };

/** Reads `created_at[…]`, and the feed's names for two of them. Throws `invalid_request` naming the parameter. */
export function readRange(query: RangeParameters): TimeRange {
  return readBounds(BOUNDS.map(([bound, param]) => [bound, param, query[param]]));
}

/** The paging parameters among a query's values. */
export function pageParameters(query: { readonly [Name in keyof PageParameters]?: string }): PageParameters {
  const { limit, order, after_id, before_id, page } = query;
  return { limit, order, after_id, before_id, page };
}

interface Edges<Kind extends CursorKind> {
  readonly firstId: Id<Kind> | null;
  readonly lastId: Id<Kind> | null;
  readonly hasMore: boolean;
  /** The last id looked at in the direction of travel, where that is more than what was found. */
  readonly scannedThrough?: Id<Kind> | null;
}

const PAGE_START = '{"data":[';
const PAGE_START_BYTES = Buffer.from(PAGE_START);

/** A page of records as JSON text; `texts` are theirs, in list order. With `prevPage` it also leads back. */
export function presentPage<Kind extends CursorKind>(
  list: ListName<Kind>,
  query: PageQuery<Kind>,
  edges: Edges<Kind> & { readonly texts: readonly string[] },
  options: { readonly prevPage: boolean } = { prevPage: false },
): string {
  return `${PAGE_START}${edges.texts.join(',')}${pageEnd(list, query, edges, options.prevPage)}}`;
}

/** A page of events as JSON in UTF-8, around the bytes that the store answered. */
export function presentEventPage(list: ListName<'evt'>, query: PageQuery<'evt'>, page: EventPage): Uint8Array {
  return Buffer.concat([PAGE_START_BYTES, page.json, Buffer.from(`${pageEnd(list, query, page, false)}}`)]);
}

/** A page of the feed: it also says how far it has looked, and leads on from there. */
export function presentFeedPage(query: PageQuery<'evt'>, page: FeedPage): Uint8Array {
  const { hasMore, scannedThrough } = page;
  const next = hasMore ? nextToken(FEED, query, page) : 'null';
  const end = `${idsOf(page)},"has_more":${hasMore},"next_page":${next},"scanned_through":${JSON.stringify(scannedThrough)}}`;
  return Buffer.concat([PAGE_START_BYTES, page.json, Buffer.from(`]${end}`)]);
}

/** What follows the records, up to the last brace. */
function pageEnd<Kind extends CursorKind>(
  list: ListName<Kind>,
  query: PageQuery<Kind>,
  edges: Edges<Kind>,
  prevPage: boolean,
): string {
  const next = edges.hasMore ? nextToken(list, query, edges) : 'null';
  const back = query.cursor === null ? 'null' : token(list, query, edges, opposite(query.cursor.direction));
  const prev = prevPage ? `,"prev_page":${back}` : '';
  return `]${idsOf(edges)},"has_more":${next !== 'null'},"next_page":${next}${prev}`;
}

function idsOf({ firstId, lastId }: Pick<Edges<CursorKind>, 'firstId' | 'lastId'>): string {
  return `,"first_id":${JSON.stringify(firstId)},"last_id":${JSON.stringify(lastId)}`;
}

/** The token that leads on in the direction of travel. */
function nextToken<Kind extends CursorKind>(list: ListName<Kind>, query: PageQuery<Kind>, edges: Edges<Kind>): string {
  const { scannedThrough } = edges;
  const reached = scannedThrough === undefined ? edges : { ...edges, firstId: scannedThrough, lastId: scannedThrough };
  return token(list, query, reached, query.cursor?.direction ?? 'after');
}

function token<Kind extends CursorKind>(
  list: ListName<Kind>,
  query: PageQuery<Kind>,
  { firstId, lastId }: Edges<Kind>,
  direction: Direction,
): string {
  const id = direction === 'after' ? lastId : firstId;
  return id === null ? 'null' : `"${pageToken(list, query.order, { direction, id })}"`;
}

function opposite(direction: Direction): Direction {
  return direction === 'after' ? 'before' : 'after';
}

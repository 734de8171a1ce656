/** Lists: their query parameters, and pages in the native form. */
import { z } from '@hono/zod-openapi';
import { parseInstant, type TimeRange, timeRange } from '@turnlog/core/clock';
import {
  type CursorKind,
  type Direction,
  type ListName,
  type PageParameters,
  type PageQuery,
  pageToken,
} from '@turnlog/core/cursors';
import { invalid } from '@turnlog/core/errors';
import type { Id } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import type { EventPage } from '@turnlog/core/store';
import type { QueryParameter } from '../../../http/query.ts';

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

export function text(schema: QueryParameter['schema'], description: string) {
  return { form: 'text', schema, description } as const;
}

export function list(items: QueryParameter['schema'], description: string) {
  return { form: 'list', schema: { type: 'array', items }, description } as const;
}

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
  ['lt', 'created_at[lt]'],
  ['lte', 'created_at[lte]'],
] as const;

type RangeParameters = { readonly [Name in keyof typeof CREATED_AT]?: string };

/** Reads `created_at[…]`. Throws `invalid_request` naming the parameter. */
export function readRange(query: RangeParameters): TimeRange {
  const bounds: { gt?: Instant; gte?: Instant; lt?: Instant; lte?: Instant } = {};
  for (const [bound, param] of BOUNDS) {
    const value = query[param];
    if (value === undefined) continue;
    const instant = parseInstant(value);
    if (instant === null) throw notAnInstant(param);
    bounds[bound] = instant;
  }
  const { fromUs, untilUs } = timeRange(bounds);
  return { fromUs: sinceEpoch(fromUs), untilUs: sinceEpoch(untilUs) };
}

export function notAnInstant(param: string): Error {
  return invalid(param, `'${param}' must be an RFC 3339 time with a zone, such as '2026-01-31T09:30:00Z'.`);
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
  return `${PAGE_START}${edges.texts.join(',')}${pageEnd(list, query, edges, options.prevPage)}`;
}

/** A page of events as JSON in UTF-8, around the bytes that the store answered. */
export function presentEventPage(list: ListName<'evt'>, query: PageQuery<'evt'>, page: EventPage): Uint8Array {
  return Buffer.concat([PAGE_START_BYTES, page.json, Buffer.from(pageEnd(list, query, page, false))]);
}

function pageEnd<Kind extends CursorKind>(
  list: ListName<Kind>,
  query: PageQuery<Kind>,
  { firstId, lastId, hasMore }: Edges<Kind>,
  prevPage: boolean,
): string {
  const travel = query.cursor?.direction ?? 'after';
  const token = (direction: Direction): string => {
    const id = direction === 'after' ? lastId : firstId;
    return id === null ? 'null' : `"${pageToken(list, query.order, { direction, id })}"`;
  };
  const next = hasMore ? token(travel) : 'null';
  const back = query.cursor === null ? 'null' : token(travel === 'after' ? 'before' : 'after');
  const prev = prevPage ? `,"prev_page":${back}` : '';
  return `],"first_id":${quoted(firstId)},"last_id":${quoted(lastId)},"has_more":${next !== 'null'},"next_page":${next}${prev}}`;
}

type Instant = NonNullable<ReturnType<typeof parseInstant>>;

function quoted(id: string | null): string {
  return id === null ? 'null' : `"${id}"`;
}

/** Nothing is older than 1970, and no id can say so. */
function sinceEpoch(micros: number | null): number | null {
  return micros === null ? null : Math.max(0, micros);
}

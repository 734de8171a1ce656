/** Pages of events out of a span of numbers. Texts stay bytes on their way from the file to the socket. */
import { idFromBytes } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import type { EventPage } from '@turnlog/core/store';
import type { Statements } from '../statements.ts';
import { FillingPage } from './filling-page.ts';
import { idOf, TEXT_COLUMNS } from './stored-texts.ts';

/** The part of a session that a page may come from, and the way through it. */
export interface Span {
  readonly org: number;
  readonly session: number;
  readonly low: number;
  readonly high: number;
  readonly ascending: boolean;
}

/** Stored texts in the order of travel. */
export type Texts = Pick<FillingPage<Buffer>, 'data' | 'hasMore'>;

/** Types that one statement merges; more are found by a scan in slices. */
export const MERGED_TYPES = 16;
/** Pages up to the default length are concatenated by SQLite: 4 MiB hold them, unless their events are exceptionally large. */
const CONCATENATED_ROWS = 20;
const COMMA = Buffer.from(',');

/** A page of a span without gaps, in list order. `descending` is the list's order, not the way of travel. */
export function densePage(statements: Statements, span: Span, limit: number, descending: boolean): EventPage {
  const low = span.ascending ? span.low : Math.max(span.low, span.high - limit + 1);
  const high = span.ascending ? Math.min(span.high, span.low + limit - 1) : span.high;
  const hasMore = span.ascending ? high < span.high : low > span.low;
  if (limit <= CONCATENATED_ROWS) {
    const page = concatenated(statements, { ...span, low, high }, descending);
    if (page.json.length <= limits.pageBytes || low === high) return { ...page, hasMore };
  }
  const text = `SELECT CAST(text AS BLOB) AS text FROM events WHERE org = ? AND session = ? AND seq BETWEEN ? AND ?
    ORDER BY seq ${span.ascending ? 'ASC' : 'DESC'}`;
  const texts = readTexts(statements, text, [span.org, span.session, low, high], limit);
  return joined({ data: texts.data, hasMore: texts.hasMore || hasMore }, span.ascending === descending);
}

/** A page of the events of some types, in list order; their indexes are merged. */
export function mergedPage(
  statements: Statements,
  span: Span,
  types: readonly number[],
  limit: number,
  descending: boolean,
): EventPage {
  if (types.length === 0) return joined({ data: [], hasMore: false }, false);
  const { text, values } = mergeTypes(span, types);
  return joined(readTexts(statements, text, [...values, limit + 1], limit), span.ascending === descending);
}

/** Numbers and texts of the events of some types, at most `MERGED_TYPES`; the last value, a limit, is the caller's. */
export function mergeTypes(span: Span, types: readonly number[]): { readonly text: string; readonly values: number[] } {
  const part = `SELECT seq, ${TEXT_COLUMNS} FROM events
    WHERE org = ? AND session = ? AND type_no = ? AND seq BETWEEN ? AND ?`;
  return {
    text: `${types.map(() => part).join(' UNION ALL ')} ORDER BY seq ${span.ascending ? 'ASC' : 'DESC'} LIMIT ?`,
    values: types.flatMap((type) => [span.org, span.session, type, span.low, span.high]),
  };
}

/** Texts as a page; `reversed` when they were read against the order of the list. */
export function joined({ data, hasMore }: Texts, reversed: boolean): EventPage {
  const inOrder = reversed ? data.toReversed() : data;
  const pieces = inOrder.flatMap((text, index) => (index === 0 ? [text] : [COMMA, text]));
  const [first, last] = [inOrder[0], inOrder.at(-1)];
  return {
    json: Buffer.concat(pieces),
    firstId: first === undefined ? null : idOf(first),
    lastId: last === undefined ? null : idOf(last),
    hasMore,
  };
}

/** Aggregates see the rows of a subquery in its order. */
function concatenated(statements: Statements, span: Span, descending: boolean): Omit<EventPage, 'hasMore'> {
  const row = statements.row<{ json: Buffer | null; low: Buffer; high: Buffer }>(
    `SELECT CAST(group_concat(text, ',') AS BLOB) AS json, min(id) AS low, max(id) AS high
     FROM (SELECT id, text FROM events WHERE org = ? AND session = ? AND seq BETWEEN ? AND ?
           ORDER BY seq ${descending ? 'DESC' : 'ASC'})`,
    span.org,
    span.session,
    span.low,
    span.high,
  );
  if (!row || row.json === null) return { json: Buffer.alloc(0), firstId: null, lastId: null };
  const [low, high] = [idFromBytes('evt', row.low), idFromBytes('evt', row.high)];
  return { json: row.json, firstId: descending ? high : low, lastId: descending ? low : high };
}

/** Reads up to `limit` rows or a page's bytes; `hasMore` when the query has a row beyond. */
function readTexts(statements: Statements, text: string, values: number[], limit: number): Texts {
  const page = new FillingPage<Buffer>(limit);
  for (const row of statements.get(text).iterate(...values)) {
    const { text: bytes } = row as { text: Buffer };
    if (!page.add(bytes, bytes.length)) break;
  }
  return page;
}

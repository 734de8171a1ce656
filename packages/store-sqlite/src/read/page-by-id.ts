/** Pages of records that an org has few of, ordered by their ids; a cursor is a position. */
import { type CursorKind, type PageQuery, readsAscending } from '@turnlog/core/cursors';
import { bytesFromId } from '@turnlog/core/ids';
import type { Page } from '@turnlog/core/store';
import type { Statements } from '../statements.ts';
import { MAX_ID, MIN_ID } from './candidates.ts';

/** A query up to its last condition, whose first value is the org, and the column of its ids. */
interface Source {
  readonly select: string;
  readonly id: string;
}

export function pageById<Row, Item>(
  statements: Statements,
  { select, id }: Source,
  org: number,
  query: PageQuery<CursorKind>,
  present: (row: Row) => Item,
): Page<Item> {
  const ascending = readsAscending(query);
  const cursor = query.cursor === null ? (ascending ? MIN_ID : MAX_ID) : bytesFromId(query.cursor.id);
  const text = `${select} AND ${id} ${ascending ? '>' : '<'} ? ORDER BY ${id} ${ascending ? 'ASC' : 'DESC'} LIMIT ?`;
  const rows = statements.rows<Row>(text, org, cursor, query.limit + 1);
  const data = rows.slice(0, query.limit).map(present);
  if (query.cursor?.direction === 'before') data.reverse();
  return { data, hasMore: rows.length > query.limit };
}

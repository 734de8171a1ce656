/** Ids between which a read looks, and filling a page from between them, a slice a turn. */
import type { TimeRange } from '@turnlog/core/clock';
import { type CursorKind, type PageQuery, readsAscending } from '@turnlog/core/cursors';
import { bytesFromId, highestIdBytes, lowestIdBytes } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import { MAX_ID, MIN_ID } from './candidates.ts';
import type { LookEnd } from './feed-scan.ts';
import type { FillingPage } from './filling-page.ts';
import { turnOfTheLoop } from './turn.ts';

/** Both exclusive. */
export interface Bounds {
  readonly low: Uint8Array;
  readonly high: Uint8Array;
}

/** Where a page may lie. */
export function boundsOf(query: PageQuery<CursorKind> & { readonly range: TimeRange }): Bounds {
  const { cursor, range } = query;
  if (cursor === null) return within({ low: MIN_ID, high: MAX_ID }, range);
  const id = bytesFromId(cursor.id);
  return within(readsAscending(query) ? { low: id, high: MAX_ID } : { low: MIN_ID, high: id }, range);
}

/** What a range of time leaves of bounds. */
export function within({ low, high }: Bounds, { fromUs, untilUs }: TimeRange): Bounds {
  const from = fromUs !== null && fromUs > 0 ? highestIdBytes(fromUs - 1) : MIN_ID;
  const until = untilUs === null ? MAX_ID : lowestIdBytes(Math.max(untilUs, 0));
  return {
    low: Buffer.compare(from, low) > 0 ? from : low,
    high: Buffer.compare(until, high) < 0 ? until : high,
  };
}

/**
 * Looks, a slice of `rows` a turn, until the page is full, the bounds are exhausted, or enough was looked at and something
 * found. `lookedAt`: the last id looked at; null: nothing stands there.
 */
export async function fillBetween(
  { low, high }: Bounds,
  ascending: boolean,
  page: Pick<FillingPage<unknown>, 'data' | 'hasMore'>,
  look: (bounds: Bounds, rows: number) => LookEnd | 'behind',
): Promise<{ readonly lookedAt: Uint8Array | null; readonly hasMore: boolean }> {
  let left: Bounds = { low, high };
  let lookedAt: Uint8Array | null = null;
  let hasMore = true;
  for (let rows = 0; page.data.length === 0 || rows < limits.feedScanRows; rows += limits.readRows) {
    const end = look(left, limits.readRows);
    if (end !== 'behind') {
      lookedAt = end.lookedAt ?? lookedAt;
      hasMore = !end.exhausted;
      if (page.hasMore || end.exhausted) break;
      if (lookedAt !== null) left = ascending ? { ...left, low: lookedAt } : { ...left, high: lookedAt };
    }
    await turnOfTheLoop();
  }
  return { lookedAt, hasMore };
}

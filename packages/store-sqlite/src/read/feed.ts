/** Pages of the feed: every event of an org, all sessions and the account stream, in one order. */
import { type PageQuery, readsAscending } from '@turnlog/core/cursors';
import type { StoredEvent } from '@turnlog/core/events';
import { bytesFromId, type EventId, highestIdBytes, idFromBytes, lowestIdBytes } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import type { Provenance } from '@turnlog/core/origins';
import type { FeedPage, FeedQuery } from '@turnlog/core/store';
import { MAX_ID, MIN_ID } from './candidates.ts';
import { joined } from './event-pages.ts';
import type { FeedScan } from './feed-scan.ts';
import { FillingPage } from './filling-page.ts';
import type { Reader } from './reader.ts';
import { provenanceOf, recordOf, type TextRow } from './stored-texts.ts';
import { turnOfTheLoop } from './turn.ts';

/** The ids between which a page may lie, both exclusive. */
interface Bounds {
  readonly low: Uint8Array;
  readonly high: Uint8Array;
}

export class FeedReader {
  readonly #reader: Reader;
  readonly #scan: FeedScan;

  constructor(reader: Reader, scan: FeedScan) {
    this.#reader = reader;
    this.#scan = scan;
  }

  /** Null: no such event, or its session is deleted. */
  get(org: number, id: EventId): (StoredEvent & Provenance) | null {
    const row = this.#reader.statements.row<{ text: string; origin: number; request_id: Uint8Array }>(
      `SELECT e.text, e.origin, e.request_id FROM events e LEFT JOIN sessions s ON s.org = e.org AND s.no = e.session
       WHERE e.org = ? AND e.id = ? AND s.deleted_us IS NULL`,
      org,
      bytesFromId(id),
    );
    return row ? { id, text: row.text, ...provenanceOf(row) } : null;
  }

  /** Looks until the page is full, the bounds are exhausted, or enough was looked at and something found. */
  async list(org: number, query: FeedQuery): Promise<FeedPage> {
    const ascending = readsAscending(query);
    const page = new FillingPage<TextRow>(query.limit);
    let { low, high } = boundsOf(query, ascending);
    let lookedAt: Uint8Array | null = null;
    let hasMore = true;
    for (let rows = 0; page.data.length === 0 || rows < limits.feedScanRows; rows += limits.readRows) {
      const look = { org, filter: query.filter, ascending, low, high, rows: limits.readRows };
      const end = this.#reader.snapshot(() => this.#scan.look(look, (_, row) => page.add(row, row.text.length)));
      if (end !== 'behind') {
        lookedAt = end.lookedAt ?? lookedAt;
        hasMore = !end.exhausted;
        if (page.hasMore || end.exhausted) break;
        if (lookedAt !== null && ascending) low = lookedAt;
        else if (lookedAt !== null) high = lookedAt;
      }
      await turnOfTheLoop();
    }
    const inOrder = ascending === (query.order === 'desc') ? page.data.toReversed() : page.data;
    const found = joined({ data: inOrder.map(({ text }) => text), hasMore }, false);
    const scannedThrough = lookedAt === null ? (query.cursor?.id ?? null) : idFromBytes('evt', lookedAt);
    return {
      ...found,
      scannedThrough,
      get events() {
        return inOrder.map(recordOf); // a third of the cost of a page, which native readers spare
      },
    };
  }
}

function boundsOf({ cursor, range }: FeedQuery & PageQuery<'evt'>, ascending: boolean): Bounds {
  const lows: Uint8Array[] = [MIN_ID];
  const highs: Uint8Array[] = [MAX_ID];
  if (cursor !== null) (ascending ? lows : highs).push(bytesFromId(cursor.id));
  if (range.fromUs !== null && range.fromUs > 0) lows.push(highestIdBytes(range.fromUs - 1));
  if (range.untilUs !== null) highs.push(lowestIdBytes(Math.max(range.untilUs, 0)));
  return {
    low: lows.reduce((a, b) => (Buffer.compare(a, b) < 0 ? b : a)),
    high: highs.reduce((a, b) => (Buffer.compare(a, b) <= 0 ? a : b)),
  };
}

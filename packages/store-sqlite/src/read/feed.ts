/** Pages of the feed: every event of an org, all sessions and the account stream, in one order. */
import { readsAscending } from '@turnlog/core/cursors';
import type { StoredEvent } from '@turnlog/core/events';
import { bytesFromId, type EventId, idFromBytes } from '@turnlog/core/ids';
import type { Provenance } from '@turnlog/core/origins';
import type { FeedPage, FeedQuery } from '@turnlog/core/store';
import { boundsOf, fillBetween } from './bounds.ts';
import { joined } from './event-pages.ts';
import type { FeedScan } from './feed-scan.ts';
import { FillingPage } from './filling-page.ts';
import type { Reader } from './reader.ts';
import { provenanceOf, recordOf, type TextRow } from './stored-texts.ts';

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
    const { lookedAt, hasMore } = await fillBetween(boundsOf(query), ascending, page, (bounds, rows) => {
      const look = { org, filter: query.filter, ascending, ...bounds, rows };
      return this.#reader.snapshot(() => this.#scan.look(look, (_, row) => page.add(row, row.text.length)));
    });
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

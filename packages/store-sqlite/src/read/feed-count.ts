/** Counting matching events of the feed, a slice a turn. */
import { bytesFromId, type EventId, idFromBytes } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import type { FeedCount, FeedCountQuery } from '@turnlog/core/webhook-store';
import { within } from './bounds.ts';
import { MIN_ID } from './candidates.ts';
import type { FeedScan, LookEnd } from './feed-scan.ts';
import type { Reader } from './reader.ts';
import { turnOfTheLoop } from './turn.ts';

export class FeedCounter {
  readonly #reader: Reader;
  readonly #scan: FeedScan;

  constructor(reader: Reader, scan: FeedScan) {
    this.#reader = reader;
    this.#scan = scan;
  }

  /** Without `through`, the head of the moment is the last event that counts, however long the counting takes. */
  async count(org: number, query: FeedCountQuery): Promise<FeedCount> {
    const through = query.through ?? this.#reader.snapshot(() => this.#scan.headOf(org));
    if (through === null) return { count: 0, first: null };
    const after = query.after === null ? MIN_ID : bytesFromId(query.after);
    const bounds = within({ low: after, high: justBehind(through) }, query);
    let { low } = bounds;
    let count = 0;
    let first: EventId | null = null;
    const take = (id: Uint8Array) => {
      first ??= idFromBytes('evt', id);
      count++;
      return count < query.max;
    };
    while (count < query.max) {
      const look = { org, filter: query.filter, ascending: true, ...bounds, low, rows: limits.readRows };
      const end: LookEnd | 'behind' = this.#reader.snapshot(() => this.#scan.lookAtIds(look, take));
      if (end !== 'behind') {
        if (end.exhausted) break;
        low = end.lookedAt ?? low;
      }
      await turnOfTheLoop();
    }
    return { count, first };
  }
}

/** Above this id, and below every later one. */
function justBehind(id: EventId): Uint8Array {
  return Buffer.concat([bytesFromId(id), Buffer.alloc(1)]);
}

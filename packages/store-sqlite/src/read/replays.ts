/** Reading replays. */
import type { PageQuery } from '@turnlog/core/cursors';
import type { ReplayId } from '@turnlog/core/ids';
import type { Replay } from '@turnlog/core/replays';
import type { Page } from '@turnlog/core/store';
import { findReplay, type ReplayRow, SELECT_REPLAYS, toReplay } from '../replay-rows.ts';
import { pageById } from './page-by-id.ts';
import type { Reader } from './reader.ts';

export class ReplayReader {
  readonly #reader: Reader;

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  /** Null: no such replay in this org. */
  get(org: number, id: ReplayId): Replay | null {
    return findReplay(this.#reader.statements, org, id) ?? null;
  }

  list(org: number, query: PageQuery<'rpl'>): Page<Replay> {
    const source = { select: SELECT_REPLAYS, id: 'r.id' };
    return pageById<ReplayRow, Replay>(this.#reader.statements, source, org, query, toReplay);
  }
}

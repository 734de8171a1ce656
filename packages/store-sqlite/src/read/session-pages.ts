/** Numbered pages of sessions, newest first, and the one session between two ids. */
import { bytesFromId, idFromBytes, type SessionId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import type { Session } from '@turnlog/core/sessions';
import { findSessionByNumber } from '../session-rows.ts';
import type { Reader } from './reader.ts';
import { turnOfTheLoop } from './turn.ts';

/** Sessions read in one turn of the loop: the largest that there can be stay below 4 MiB together. */
const SLICE_ROWS = 20;

/** How many sessions an org has, and the number of its newest. */
interface Extent {
  readonly session_count: number;
  readonly last_session: number;
}

export class SessionPages {
  readonly #reader: Reader;

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  /** The sessions that were there at the first slice; those that are deleted while it reads are left out. */
  async page(
    org: number,
    { offset, limit }: { readonly offset: number; readonly limit: number },
  ): Promise<{ readonly data: readonly Session[]; readonly total: number }> {
    const { session_count: total, last_session: last } = this.#reader.snapshot(() => this.#extent(org));
    if (offset >= total) return { data: [], total };
    let high = total === last ? last - offset : await this.#skip(org, last, offset);
    const data: Session[] = [];
    while (high > 0 && data.length < limit) {
      high = this.#reader.snapshot(() => this.#take(org, high, limit, data));
      await turnOfTheLoop();
    }
    return { data, total };
  }

  /** Null: none lies between the two, or several do. */
  async onlyBetween(org: number, low: SessionId, high: SessionId): Promise<SessionId | null> {
    const bounds = { low: bytesFromId(low), high: bytesFromId(high) };
    let only: Uint8Array | null = null;
    for (let operator: '>=' | '>' = '>='; ; operator = '>') {
      const slice = this.#reader.snapshot(() => this.#liveBetween(org, operator, bounds, only));
      if (slice === 'several') return null;
      only = slice.only;
      if (slice.next === null) return only && idFromBytes('sess', only);
      bounds.low = slice.next;
      await turnOfTheLoop();
    }
  }

  #extent(org: number): Extent {
    const text = 'SELECT session_count, last_session FROM orgs WHERE no = ?';
    return this.#reader.statements.row<Extent>(text, org) as Extent;
  }

  /** The number of the session that stands after `offset` others; 0: there are no more. */
  async #skip(org: number, last: number, offset: number): Promise<number> {
    let left = offset;
    let high = last;
    for (;;) {
      const rows = this.#reader.snapshot(() =>
        this.#reader.statements.rows<{ no: number; live: number }>(
          `SELECT no, deleted_us IS NULL AS live FROM sessions WHERE org = ? AND no <= ? ORDER BY no DESC LIMIT ?`,
          org,
          high,
          limits.readRows,
        ),
      );
      for (const { no, live } of rows) {
        if (live === 1 && left-- === 0) return no;
        high = no - 1;
      }
      if (rows.length < limits.readRows) return 0;
      await turnOfTheLoop();
    }
  }

  /** Adds the next sessions, from a number downwards; answers the number to go on with, 0 when there are no more. */
  #take(org: number, high: number, limit: number, data: Session[]): number {
    const text = 'SELECT no FROM sessions WHERE org = ? AND no <= ? ORDER BY no DESC LIMIT ?';
    const numbers = this.#reader.statements.rows<{ no: number }>(text, org, high, SLICE_ROWS);
    for (const { no } of numbers) {
      if (data.length === limit) return no;
      const found = findSessionByNumber(this.#reader.statements, org, no);
      if (found) data.push(found.session);
    }
    const last = numbers.at(-1);
    return last === undefined || numbers.length < SLICE_ROWS ? 0 : last.no - 1;
  }

  /** Looks for live sessions, past the deleted ones that wait for their purge; `next`: where to go on, null at the end. */
  #liveBetween(
    org: number,
    operator: '>=' | '>',
    { low, high }: { readonly low: Uint8Array; readonly high: Uint8Array },
    before: Uint8Array | null,
  ): { readonly only: Uint8Array | null; readonly next: Uint8Array | null } | 'several' {
    let only = before;
    let looked = 0;
    const text = `SELECT id, deleted_us IS NULL AS live FROM sessions
      WHERE org = ? AND id ${operator} ? AND id <= ? ORDER BY id LIMIT ?`;
    for (const row of this.#reader.statements.get(text).iterate(org, low, high, limits.readRows)) {
      const { id, live } = row as { id: Uint8Array; live: number };
      looked++;
      if (live === 1 && only !== null) return 'several';
      if (live === 1) only = id;
      if (looked === limits.readRows) return { only, next: id };
    }
    return { only, next: null };
  }
}

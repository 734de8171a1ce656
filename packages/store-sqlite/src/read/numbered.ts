/** Reading a session by the numbers of its events: slices between two of them, and counts that tell where a page begins. */
import { highestIdBytes, idFromBytes } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import type { SessionRef } from '@turnlog/core/sessions';
import type { CountQuery, EventCount, EventRecord, EventSlice, SliceQuery } from '@turnlog/core/store';
import type { Span } from './event-pages.ts';
import { checkSame, type Extent, extentOf } from './extents.ts';
import { fillFrom } from './fill-from.ts';
import { FillingPage } from './filling-page.ts';
import type { Reader } from './reader.ts';
import { firstSeqFromEnd, type SeqRange } from './seqs.ts';
import { recordOf, type TextRow } from './stored-texts.ts';
import { turnOfTheLoop } from './turn.ts';
import type { TypeNumbers } from './types.ts';

/** The events of one type in a range that does not change any more. */
interface TypeWalk extends SeqRange {
  readonly type: number;
}

export class NumberedReader {
  readonly #reader: Reader;
  readonly #types: TypeNumbers;

  constructor(reader: Reader, types: TypeNumbers) {
    this.#reader = reader;
    this.#types = types;
  }

  /** `session_not_found`. */
  async slice(org: number, ref: SessionRef, query: SliceQuery): Promise<EventSlice> {
    for (;;) {
      const slice = this.#reader.snapshot(() => this.#slice(org, ref, query));
      if (slice !== 'behind') return slice;
      await turnOfTheLoop();
    }
  }

  #slice(org: number, ref: SessionRef, query: SliceQuery): EventSlice | 'behind' {
    const { no, id, first_seq, count } = extentOf(this.#reader.statements, org, ref);
    const low = Math.max(query.low, first_seq);
    const high = Math.min(query.high ?? count, count);
    const page = new FillingPage<EventRecord>(Math.min(query.limit, limits.sliceEvents), limits.sliceBytes);
    const types = this.#types.choose(org, query);
    if (types === 'behind') return types;
    const span: Span = { org, session: no, low, high, ascending: !query.descending };
    const take = (row: TextRow) => page.add(recordOf(row), row.text.length);
    const next = low > high ? null : fillFrom(this.#reader.statements, span, types, take);
    return { session: idFromBytes('sess', id), events: page.data, next, head: count };
  }

  /** `session_not_found`, also when the session is deleted between two slices. */
  async count(org: number, ref: SessionRef, { afterUs, type, offset }: CountQuery): Promise<EventCount> {
    const { extent, range, typeNo } = this.#reader.snapshot(() => {
      const found = extentOf(this.#reader.statements, org, ref);
      return { extent: found, range: this.#rangeAfter(org, found, afterUs), typeNo: this.#typeNumber(org, type) };
    });
    const session = idFromBytes('sess', extent.id);
    const { low, high } = range;
    if (type !== null) {
      if (typeNo === null) return { session, total: 0, page: null };
      const { total, begin } = await this.#walk(ref, { ...range, type: typeNo }, offset);
      return { session, total, page: begin === null ? null : { low, high: begin } };
    }
    const begin = high - offset;
    return { session, total: high - low + 1, page: begin < low ? null : { low, high: begin } };
  }

  /** The numbers of the events of later microseconds; readers that follow a session ask for its last ones. */
  #rangeAfter(org: number, { no, first_seq, count }: Extent, afterUs: number | null): SeqRange {
    const whole = { org, session: no, low: first_seq, high: count };
    if (afterUs === null || afterUs < 0) return whole;
    return { ...whole, low: firstSeqFromEnd(this.#reader.statements, whole, highestIdBytes(afterUs)) };
  }

  #typeNumber(org: number, type: string | null): number | null {
    if (type === null) return null;
    const text = 'SELECT no FROM types WHERE org = ? AND name = ?';
    return this.#reader.statements.row<{ no: number }>(text, org, type)?.no ?? null;
  }

  /** Counts newest first, and finds the number that stands after `offset` others. */
  async #walk(
    ref: SessionRef,
    walk: TypeWalk,
    offset: number,
  ): Promise<{ readonly total: number; readonly begin: number | null }> {
    let total = 0;
    let begin: number | null = null;
    let { high } = walk;
    for (;;) {
      const slice = this.#reader.snapshot(() => {
        checkSame(this.#reader.statements, walk, ref);
        const part = { ...walk, high };
        const found = this.#countSlice(part);
        if (begin === null && offset < total + found.n) begin = this.#seqAfter(part, offset - total);
        return found;
      });
      total += slice.n;
      if (slice.n < limits.readRows || slice.last === null) return { total, begin };
      high = slice.last - 1;
      await turnOfTheLoop();
    }
  }

  /** How many of the next events of a type there are, a slice at most, and the number of the last. */
  #countSlice({ org, session, type, low, high }: TypeWalk): { readonly n: number; readonly last: number | null } {
    const found = this.#reader.statements.row<{ n: number; last: number | null }>(
      `SELECT count(*) AS n, min(seq) AS last FROM (
         SELECT seq FROM events WHERE org = ? AND session = ? AND type_no = ? AND seq BETWEEN ? AND ?
         ORDER BY seq DESC LIMIT ?)`,
      org,
      session,
      type,
      low,
      high,
      limits.readRows,
    );
    return found ?? { n: 0, last: null };
  }

  #seqAfter({ org, session, type, low, high }: TypeWalk, offset: number): number | null {
    const found = this.#reader.statements.row<{ seq: number }>(
      `SELECT seq FROM events WHERE org = ? AND session = ? AND type_no = ? AND seq BETWEEN ? AND ?
       ORDER BY seq DESC LIMIT 1 OFFSET ?`,
      org,
      session,
      type,
      low,
      high,
      offset,
    );
    return found?.seq ?? null;
  }
}

/** Reading the events of one session. Numbers are dense, so a page without filters is arithmetic on them. */
import type { TimeRange } from '@turnlog/core/clock';
import { sessionNotFound } from '@turnlog/core/errors';
import type { StoredEvent } from '@turnlog/core/events';
import { bytesFromId, type EventId, idFromBytes, microsOfId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import { idOfText } from '@turnlog/core/plan/event-text';
import type { SessionRef } from '@turnlog/core/sessions';
import type { EventQuery, Page } from '@turnlog/core/store';
import { FillingPage } from './filling-page.ts';
import type { Reader } from './reader.ts';
import { turnOfTheLoop } from './turn.ts';
import { TypeNumbers } from './types.ts';

/** Types that one statement merges; more are found by a scan in slices. */
const MERGED_TYPES = 16;
/** Pages up to this length are read at once: their events fit into a page's bytes, or nearly. */
const EAGER_ROWS = 32;

/** The part of a session that a page may come from, and the way through it. */
interface Span {
  readonly org: number;
  readonly session: number;
  readonly low: number;
  readonly high: number;
  readonly ascending: boolean;
}

interface Row {
  readonly seq: number;
  readonly text: string;
}

type Rows = Pick<FillingPage<Row>, 'data' | 'hasMore'>;

export class EventReader {
  readonly #reader: Reader;
  readonly #types: TypeNumbers;

  constructor(reader: Reader) {
    this.#reader = reader;
    this.#types = new TypeNumbers(reader.statements);
  }

  /** Null: no such event in this session, or no such session. */
  get(org: number, ref: SessionRef, id: EventId): StoredEvent | null {
    return this.#reader.snapshot(() => {
      const session = this.#session(org, ref);
      const row = this.#reader.statements.row<{ session: number; text: string }>(
        'SELECT session, text FROM events WHERE org = ? AND id = ?',
        org,
        bytesFromId(id),
      );
      return row && row.session === session?.no ? { id, text: row.text } : null;
    });
  }

  /** `session_not_found`; null when the cursor is no event of the session. */
  async list(org: number, ref: SessionRef, query: EventQuery): Promise<Page<StoredEvent> | null> {
    const types = query.types === null ? null : await this.#types.matching(org, query.types);
    const first = this.#reader.snapshot(() => {
      const span = this.#span(org, ref, query);
      if (span === null) return null;
      if (types !== null && types.length > MERGED_TYPES) return { span, types: new Set(types) };
      return this.#page(span, types, query.limit);
    });
    if (first === null) return null;
    const { data, hasMore } = 'span' in first ? await this.#scan(ref, first.span, first.types, query.limit) : first;
    if (query.cursor?.direction === 'before') data.reverse();
    return { data: data.map(({ text }) => ({ id: idOfText(text), text })), hasMore };
  }

  #session(org: number, ref: SessionRef): { no: number; first_seq: number; count: number } | undefined {
    const select = `SELECT s.no, s.first_seq, h.count FROM sessions s
      JOIN session_heads h ON h.org = s.org AND h.session = s.no
      WHERE s.deleted_us IS NULL AND s.org = ? AND`;
    return 'id' in ref
      ? this.#reader.statements.row(`${select} s.id = ?`, org, bytesFromId(ref.id))
      : this.#reader.statements.row(`${select} s.external_id = ?`, org, ref.externalId);
  }

  #span(org: number, ref: SessionRef, query: EventQuery): Span | null {
    const session = this.#session(org, ref);
    if (!session) throw sessionNotFound('id' in ref ? ref.id : ref.externalId);
    const ascending = (query.order === 'asc') === (query.cursor?.direction !== 'before');
    let low = session.first_seq;
    let high = session.count;
    if (query.cursor !== null) {
      const at = this.#reader.statements.row<{ session: number; seq: number }>(
        'SELECT session, seq FROM events WHERE org = ? AND id = ?',
        org,
        bytesFromId(query.cursor.id),
      );
      if (at?.session !== session.no) return null;
      if (ascending) low = at.seq + 1;
      else high = at.seq - 1;
    }
    const whole = { org, session: session.no, low, high, ascending };
    return this.#within(whole, query.range);
  }

  /** Narrows a span to a time range, by bisection: times rise with numbers. */
  #within(span: Span, { fromUs, untilUs }: TimeRange): Span {
    const low = fromUs === null ? span.low : this.#firstSeqSince(span, fromUs);
    const high = untilUs === null ? span.high : this.#firstSeqSince(span, untilUs) - 1;
    return { ...span, low, high };
  }

  #firstSeqSince({ org, session, low, high }: Span, micros: number): number {
    let below = low;
    let above = high + 1;
    while (below < above) {
      const middle = Math.floor((below + above) / 2);
      const row = this.#reader.statements.row<{ id: Uint8Array }>(
        'SELECT id FROM events WHERE org = ? AND session = ? AND seq = ?',
        org,
        session,
        middle,
      );
      if (row && microsOfId(idFromBytes('evt', row.id)) < micros) below = middle + 1;
      else above = middle;
    }
    return below;
  }

  #page(span: Span, types: readonly number[] | null, limit: number): Rows {
    if (types === null) return this.#dense(span, limit);
    if (types.length === 0) return { data: [], hasMore: false };
    const part = 'SELECT seq, text FROM events WHERE org = ? AND session = ? AND type_no = ? AND seq BETWEEN ? AND ?';
    const parts = types.map(() => part).join(' UNION ALL ');
    const values = types.flatMap((type) => [span.org, span.session, type, span.low, span.high]);
    const text = `${parts} ORDER BY seq ${span.ascending ? 'ASC' : 'DESC'} LIMIT ?`;
    return this.#read(text, [...values, limit + 1], limit);
  }

  #dense(span: Span, limit: number): Rows {
    const low = span.ascending ? span.low : Math.max(span.low, span.high - limit + 1);
    const high = span.ascending ? Math.min(span.high, span.low + limit - 1) : span.high;
    const text = `SELECT seq, text FROM events WHERE org = ? AND session = ? AND seq BETWEEN ? AND ?
      ORDER BY seq ${span.ascending ? 'ASC' : 'DESC'}`;
    const { data, hasMore } = this.#read(text, [span.org, span.session, low, high], limit);
    return { data, hasMore: hasMore || (span.ascending ? high < span.high : low > span.low) };
  }

  /** Reads up to `limit` rows or a page's bytes; `hasMore` when the query has a row beyond. */
  #read(text: string, values: number[], limit: number): Rows {
    const statement = this.#reader.statements.get(text);
    const source = limit <= EAGER_ROWS ? statement.all(...values) : statement.iterate(...values);
    const page = new FillingPage<Row>(limit);
    for (const row of source) {
      if (!addRow(page, row as Row)) break;
    }
    return page;
  }

  /** Looks at every number of the span, a slice at a time, for types too many to merge. */
  async #scan(ref: SessionRef, span: Span, types: ReadonlySet<number>, limit: number): Promise<Rows> {
    const page = new FillingPage<Row>(limit);
    let { low, high } = span;
    while (low <= high && !page.hasMore) {
      const from = span.ascending ? low : Math.max(low, high - limits.readRows + 1);
      const to = span.ascending ? Math.min(high, low + limits.readRows - 1) : high;
      this.#reader.snapshot(() => this.#scanSlice(ref, { ...span, low: from, high: to }, types, page));
      if (span.ascending) low = to + 1;
      else high = from - 1;
      await turnOfTheLoop();
    }
    return page;
  }

  #scanSlice(ref: SessionRef, span: Span, types: ReadonlySet<number>, page: FillingPage<Row>): void {
    if (this.#session(span.org, ref)?.no !== span.session) throw sessionNotFound('id' in ref ? ref.id : ref.externalId);
    const slice = this.#reader.statements.rows<{ seq: number; type_no: number }>(
      `SELECT seq, type_no FROM events WHERE org = ? AND session = ? AND seq BETWEEN ? AND ?
       ORDER BY seq ${span.ascending ? 'ASC' : 'DESC'}`,
      span.org,
      span.session,
      span.low,
      span.high,
    );
    for (const { seq, type_no } of slice) {
      if (types.has(type_no) && !addRow(page, { seq, text: this.#text(span, seq) })) return;
    }
  }

  #text(span: Span, seq: number): string {
    return this.#reader.statements.row<{ text: string }>(
      'SELECT text FROM events WHERE org = ? AND session = ? AND seq = ?',
      span.org,
      span.session,
      seq,
    )?.text as string;
  }
}

function addRow(page: FillingPage<Row>, row: Row): boolean {
  return page.add(row, Buffer.byteLength(row.text));
}

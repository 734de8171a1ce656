/** Reading the events of one session. Numbers are dense, so a page without filters is arithmetic on them. */
import type { TimeRange } from '@turnlog/core/clock';
import { readsAscending } from '@turnlog/core/cursors';
import type { StoredEvent } from '@turnlog/core/events';
import { bytesFromId, type EventId, lowestIdBytes } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import type { SessionRef } from '@turnlog/core/sessions';
import type { EventPage, EventQuery } from '@turnlog/core/store';
import { densePage, joined, MERGED_TYPES, mergedPage, type Span, type Texts } from './event-pages.ts';
import { checkSame, extentOf, findExtent } from './extents.ts';
import { offerSlice } from './fill-from.ts';
import { FillingPage } from './filling-page.ts';
import type { Reader } from './reader.ts';
import { firstSeq, seqOf } from './seqs.ts';
import { turnOfTheLoop } from './turn.ts';
import type { TypeNumbers } from './types.ts';

export class EventReader {
  readonly #reader: Reader;
  readonly #types: TypeNumbers;

  constructor(reader: Reader, types: TypeNumbers) {
    this.#reader = reader;
    this.#types = types;
  }

  /** Null: no such event in this session, or no such session. */
  get(org: number, ref: SessionRef, id: EventId): StoredEvent | null {
    return this.#reader.snapshot(() => {
      const session = findExtent(this.#reader.statements, org, ref);
      const row = this.#reader.statements.row<{ session: number; text: string }>(
        'SELECT session, text FROM events WHERE org = ? AND id = ?',
        org,
        bytesFromId(id),
      );
      return row && row.session === session?.no ? { id, text: row.text } : null;
    });
  }

  /** `session_not_found`; null when the cursor is no event of the session. */
  async list(org: number, ref: SessionRef, query: EventQuery): Promise<EventPage | null> {
    for (;;) {
      const found = this.#reader.snapshot(() => this.#find(org, ref, query));
      if (found === 'behind') {
        await turnOfTheLoop();
      } else if (found !== null && 'span' in found) {
        const texts = await this.#scan(ref, found.span, found.types, query.limit);
        return joined(texts, found.span.ascending === (query.order === 'desc'));
      } else {
        return found;
      }
    }
  }

  /** The page, or where to scan for it. Types and span are of one snapshot: a type that comes later lies beyond the span. */
  #find(
    org: number,
    ref: SessionRef,
    query: EventQuery,
  ): EventPage | { readonly span: Span; readonly types: ReadonlySet<number> } | 'behind' | null {
    const { statements } = this.#reader;
    const descending = query.order === 'desc';
    const span = this.#span(org, ref, query);
    if (span === null) return null;
    const types = query.types === null ? null : this.#types.matching(org, query.types);
    if (types === 'behind') return 'behind';
    if (types === null) return densePage(statements, span, query.limit, descending);
    if (types.length > MERGED_TYPES) return { span, types: new Set(types) };
    return mergedPage(statements, span, types, query.limit, descending);
  }

  #span(org: number, ref: SessionRef, query: EventQuery): Span | null {
    const session = extentOf(this.#reader.statements, org, ref);
    const ascending = readsAscending(query);
    let low = session.first_seq;
    let high = session.count;
    if (query.cursor !== null) {
      const seq = seqOf(this.#reader.statements, org, session.no, query.cursor.id);
      if (seq === null) return null;
      if (ascending) low = seq + 1;
      else high = seq - 1;
    }
    const whole = { org, session: session.no, low, high, ascending };
    return this.#within(whole, query.range);
  }

  /** Narrows a span to a time range, by bisection: ids rise with numbers. */
  #within(span: Span, { fromUs, untilUs }: TimeRange): Span {
    const firstSince = (us: number) => firstSeq(this.#reader.statements, span, '>=', lowestIdBytes(Math.max(us, 0)));
    const low = fromUs === null ? span.low : firstSince(fromUs);
    const high = untilUs === null ? span.high : firstSince(untilUs) - 1;
    return { ...span, low, high };
  }

  /** Looks at every number of the span, a slice at a time, for types too many to merge. */
  async #scan(ref: SessionRef, span: Span, types: ReadonlySet<number>, limit: number): Promise<Texts> {
    const page = new FillingPage<Buffer>(limit);
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

  #scanSlice(ref: SessionRef, span: Span, types: ReadonlySet<number>, page: FillingPage<Buffer>): void {
    checkSame(this.#reader.statements, span, ref);
    offerSlice(
      this.#reader.statements,
      span,
      (type) => types.has(type),
      ({ text }) => page.add(text, text.length),
    );
  }
}

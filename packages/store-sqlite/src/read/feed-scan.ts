/**
 * Looking through an org's events in the order of the feed: one index proposes candidates, a slice at a time, and each is
 * checked against the rest of the filter. Events of a session that waits for its purge are passed over.
 */
import type { EventFilter } from '@turnlog/core/event-filter';
import { type EventId, idFromBytes, microsOfId } from '@turnlog/core/ids';
import type { Statements, Value } from '../statements.ts';
import { MERGED_TYPES } from './event-pages.ts';
import { firstSeqSince } from './seqs.ts';
import { findSessionNumber } from './session-numbers.ts';
import type { TypeNumbers } from './types.ts';

/** Ids outside of which no event lies. */
export const MIN_ID = new Uint8Array();
export const MAX_ID = new Uint8Array(17).fill(0xff);

export interface Candidate {
  readonly id: Uint8Array;
  readonly session: number;
  readonly type_no: number;
  readonly agent_no: number | null;
  readonly about_session: number | null;
}

export interface Look {
  readonly org: number;
  readonly filter: EventFilter | null;
  readonly ascending: boolean;
  /** Both exclusive. */
  readonly low: Uint8Array;
  readonly high: Uint8Array;
  /** How many matching events are wanted, and how many candidates may be looked at for them. */
  readonly wanted: number;
  readonly rows: number;
}

/** How a look ended. */
export interface LookEnd {
  /** The last id looked at; the last of all between the bounds when they are exhausted; null: there is none. */
  readonly lookedAt: Uint8Array | null;
  readonly exhausted: boolean;
}

/** A filter in numbers; null members let everything through. */
interface NumberedFilter {
  readonly types: readonly number[] | null;
  readonly session: number | null;
  readonly agent: number | null;
}

/** A query for candidates; `covers`: all that it proposes match, so their texts come along. */
interface Proposal {
  readonly text: string;
  readonly values: readonly Value[];
  readonly covers: boolean;
}

const COLUMNS = 'id, session, type_no, agent_no, about_session';
const WITH_TEXT = `${COLUMNS}, CAST(text AS BLOB) AS text`;
const BETWEEN = 'id > ? AND id < ?';

export class FeedScan {
  readonly #statements: Statements;
  readonly #types: TypeNumbers;

  constructor(statements: Statements, types: TypeNumbers) {
    this.#statements = statements;
    this.#types = types;
  }

  headOf(org: number): EventId | null {
    const row = this.#edge({ org, low: MIN_ID, high: MAX_ID, ascending: true });
    return row === null ? null : idFromBytes('evt', row);
  }

  /** Offers matching events in the direction of travel until `take` refuses one; inside a snapshot. 'behind': ask again after a turn. */
  look(look: Look, take: (candidate: Candidate, text: Buffer) => boolean): LookEnd | 'behind' {
    const filter = look.filter === null ? ALL : this.#numbered(look.org, look.filter);
    if (filter === 'behind') return filter;
    if (filter === null) return { lookedAt: this.#edge(look), exhausted: true };
    const proposal = this.#propose(look, filter);
    const rows = proposal.covers ? Math.min(look.rows, look.wanted + 1) : look.rows;
    const hidden = this.#hiddenSessions(look.org);
    let lookedAt: Uint8Array | null = null;
    let looked = 0;
    for (const row of this.#statements.get(proposal.text).iterate(...proposal.values, rows)) {
      const candidate = row as Candidate & { readonly text?: Buffer };
      const shown = matches(filter, candidate) && !hidden(candidate.session);
      if (shown && !take(candidate, candidate.text ?? this.#text(look.org, candidate.id))) {
        return { lookedAt, exhausted: false };
      }
      lookedAt = candidate.id;
      looked++;
    }
    return looked < rows ? { lookedAt: this.#edge(look), exhausted: true } : { lookedAt, exhausted: false };
  }

  /** Null: nothing can match. */
  #numbered(org: number, { types, session, agentId }: EventFilter): NumberedFilter | null | 'behind' {
    const numbers = types === null ? null : this.#types.matching(org, types);
    if (numbers === 'behind') return numbers;
    const sessionNo = session === null || session === 'none' ? null : findSessionNumber(this.#statements, org, session);
    const agent = agentId === null ? null : this.#agent(org, agentId);
    const impossible =
      numbers?.length === 0 || (session !== null && sessionNo === null) || (agentId !== null && agent === null);
    return impossible ? null : { types: numbers, session: sessionNo, agent };
  }

  #agent(org: number, name: string): number | null {
    const text = 'SELECT no FROM agents WHERE org = ? AND name = ?';
    return this.#statements.row<{ no: number }>(text, org, name)?.no ?? null;
  }

  #propose(look: Look, { types, session, agent }: NumberedFilter): Proposal {
    const { org, low, high, ascending } = look;
    const order = ascending ? 'ASC' : 'DESC';
    const from = (columns: string) => `SELECT ${columns} FROM events WHERE org = ?`;
    if (session !== null) {
      const seqs = this.#seqs(look, session);
      const own = `${from(COLUMNS)} AND session = ? AND seq BETWEEN ? AND ? ORDER BY seq ${order} LIMIT ?`;
      const about = `${from(COLUMNS)} AND about_session = ? AND ${BETWEEN} ORDER BY id ${order} LIMIT ?`;
      return {
        text: `SELECT * FROM (${own}) UNION ALL SELECT * FROM (${about}) ORDER BY id ${order} LIMIT ?`,
        values: [org, session, ...seqs, look.rows, org, session, low, high, look.rows],
        covers: false,
      };
    }
    if (agent !== null) {
      const covers = types === null;
      const text = `${from(covers ? WITH_TEXT : COLUMNS)} AND agent_no = ? AND ${BETWEEN} ORDER BY id ${order} LIMIT ?`;
      return { text, values: [org, agent, low, high], covers };
    }
    if (types !== null && types.length <= MERGED_TYPES) {
      const part = `${from(WITH_TEXT)} AND type_no = ? AND ${BETWEEN}`;
      const text = `${types.map(() => part).join(' UNION ALL ')} ORDER BY id ${order} LIMIT ?`;
      return { text, values: types.flatMap((type) => [org, type, low, high]), covers: true };
    }
    const covers = types === null;
    const text = `${from(covers ? WITH_TEXT : COLUMNS)} AND ${BETWEEN} ORDER BY id ${order} LIMIT ?`;
    return { text, values: [org, low, high], covers };
  }

  /** The numbers of a session that lie between the bounds of a look. */
  #seqs({ org, low, high }: Look, session: number): [low: number, high: number] {
    const head = this.#statements.row<{ count: number }>(
      'SELECT count FROM session_heads WHERE org = ? AND session = ?',
      org,
      session,
    );
    const span = { org, session, low: 1, high: head?.count ?? 0 };
    return [
      low === MIN_ID ? 1 : firstSeqSince(this.#statements, span, microsOf(low) + 1),
      high === MAX_ID ? span.high : firstSeqSince(this.#statements, span, microsOf(high)) - 1,
    ];
  }

  /** Tells whether a session waits for its purge; usually none does. */
  #hiddenSessions(org: number): (session: number) => boolean {
    if (!this.#statements.row('SELECT 1 FROM sessions WHERE deleted_us IS NOT NULL LIMIT 1')) return () => false;
    const known = new Map<number, boolean>();
    return (session) => {
      let hidden = known.get(session);
      if (hidden === undefined) {
        const text = 'SELECT 1 FROM sessions WHERE org = ? AND no = ? AND deleted_us IS NOT NULL';
        hidden = this.#statements.row(text, org, session) !== undefined;
        known.set(session, hidden);
      }
      return hidden;
    };
  }

  /** The event between two bounds that a travel meets last. */
  #edge({ org, low, high, ascending }: Pick<Look, 'org' | 'low' | 'high' | 'ascending'>): Uint8Array | null {
    const text = `SELECT id FROM events WHERE org = ? AND ${BETWEEN} ORDER BY id ${ascending ? 'DESC' : 'ASC'} LIMIT 1`;
    return this.#statements.row<{ id: Uint8Array }>(text, org, low, high)?.id ?? null;
  }

  #text(org: number, id: Uint8Array): Buffer {
    const text = 'SELECT CAST(text AS BLOB) AS text FROM events WHERE org = ? AND id = ?';
    return this.#statements.row<{ text: Buffer }>(text, org, id)?.text as Buffer;
  }
}

function microsOf(id: Uint8Array): number {
  return microsOfId(idFromBytes('evt', id));
}

const ALL: NumberedFilter = { types: null, session: null, agent: null };

function matches({ types, session, agent }: NumberedFilter, candidate: Candidate): boolean {
  if (session !== null && candidate.session !== session && candidate.about_session !== session) return false;
  if (agent !== null && candidate.agent_no !== agent) return false;
  return types === null || types.includes(candidate.type_no);
}

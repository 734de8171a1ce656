/**
 * Looking through an org's events in the order of the feed: one index proposes candidates, a slice at a time, and each is
 * checked against the rest of the filter. Events of a session that waits for its purge are passed over.
 */
import type { EventFilter } from '@turnlog/core/event-filter';
import { type EventId, idFromBytes } from '@turnlog/core/ids';
import type { Statements, Value } from '../statements.ts';
import { MERGED_TYPES } from './event-pages.ts';
import { firstSeq } from './seqs.ts';
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
  readonly about_agent: number | null;
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
  readonly types: ReadonlySet<number> | null;
  readonly session: number | null;
  readonly agent: number | null;
}

/** A query for candidates, and how many of them it may give. */
interface Proposal {
  readonly text: string;
  readonly values: readonly Value[];
  readonly rows: number;
}

/** Tells whether a session waits for its purge; null: none does. */
type Hidden = ((session: number) => boolean) | null;

const COLUMNS = 'id, session, type_no, agent_no, about_session, about_agent';
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
    const hidden = this.#hiddenSessions(look.org);
    const { text, values, rows } = this.#propose(look, filter, hidden);
    let lookedAt: Uint8Array | null = null;
    let looked = 0;
    for (const row of this.#statements.get(text).iterate(...values, rows)) {
      looked++;
      const candidate = row as Candidate & { readonly text?: Buffer };
      // a row that names the session which holds it as the one that it is about is proposed twice
      if (lookedAt !== null && Buffer.compare(lookedAt, candidate.id) === 0) continue;
      const shown = matches(filter, candidate) && hidden?.(candidate.session) !== true;
      if (shown && !take(candidate, candidate.text ?? this.#text(look.org, candidate.id))) {
        return { lookedAt, exhausted: false };
      }
      lookedAt = candidate.id;
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
    return impossible ? null : { types: numbers && new Set(numbers), session: sessionNo, agent };
  }

  #agent(org: number, name: string): number | null {
    const text = 'SELECT no FROM agents WHERE org = ? AND name = ?';
    return this.#statements.row<{ no: number }>(text, org, name)?.no ?? null;
  }

  /** When all candidates match, no more are asked for than are wanted, and their texts come along where they can. */
  #propose(look: Look, { types, session, agent }: NumberedFilter, hidden: Hidden): Proposal {
    const { org, low, high, ascending } = look;
    const order = ascending ? 'ASC' : 'DESC';
    const merges = session === null && agent === null && types !== null && types.size <= MERGED_TYPES;
    const oneIndex = merges || (types === null && (session === null || agent === null));
    const covers = hidden === null && oneIndex;
    const most = session === null ? look.rows : look.rows / 2; // a session's events come from two indexes
    const rows = covers ? Math.min(most, look.wanted + 1) : most;
    const columns = covers ? WITH_TEXT : COLUMNS;
    if (session !== null) {
      const own = `SELECT ${COLUMNS} FROM events WHERE org = ? AND session = ? AND seq BETWEEN ? AND ? ORDER BY seq ${order} LIMIT ?`;
      const about = `SELECT ${COLUMNS} FROM events WHERE org = ? AND about_session = ? AND ${BETWEEN} ORDER BY id ${order} LIMIT ?`;
      const text = `SELECT * FROM (${own}) UNION ALL SELECT * FROM (${about}) ORDER BY id ${order} LIMIT ?`;
      return { text, values: [org, session, ...this.#seqs(look, session), rows, org, session, low, high, rows], rows };
    }
    if (agent !== null) {
      const own = `SELECT ${columns} FROM events INDEXED BY events_agent WHERE org = ? AND agent_no = ? AND ${BETWEEN}`;
      const about = `SELECT ${columns} FROM events INDEXED BY events_about_agent WHERE org = ? AND about_agent = ? AND ${BETWEEN}`;
      const text = `${own} UNION ALL ${about} ORDER BY id ${order} LIMIT ?`;
      return { text, values: [org, agent, low, high, org, agent, low, high], rows };
    }
    if (merges) {
      const part = `SELECT ${columns} FROM events INDEXED BY events_type WHERE org = ? AND type_no = ? AND ${BETWEEN}`;
      const parts = [...types];
      const text = `${parts.map(() => part).join(' UNION ALL ')} ORDER BY id ${order} LIMIT ?`;
      return { text, values: parts.flatMap((type) => [org, type, low, high]), rows };
    }
    const text = `SELECT ${columns} FROM events WHERE org = ? AND ${BETWEEN} ORDER BY id ${order} LIMIT ?`;
    return { text, values: [org, low, high], rows };
  }

  /** The numbers of a live session that lie between the bounds of a look. */
  #seqs({ org, low, high }: Look, session: number): [low: number, high: number] {
    const head = this.#statements.row<{ count: number }>(
      `SELECT h.count FROM sessions s JOIN session_heads h ON h.org = s.org AND h.session = s.no
       WHERE s.org = ? AND s.no = ? AND s.deleted_us IS NULL`,
      org,
      session,
    );
    const span = { org, session, low: 1, high: head?.count ?? 0 };
    return [
      low === MIN_ID ? 1 : firstSeq(this.#statements, span, '>', low),
      high === MAX_ID ? span.high : firstSeq(this.#statements, span, '>=', high) - 1,
    ];
  }

  #hiddenSessions(org: number): Hidden {
    if (!this.#statements.row('SELECT 1 FROM sessions WHERE deleted_us IS NOT NULL LIMIT 1')) return null;
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

const ALL: NumberedFilter = { types: null, session: null, agent: null };

function matches({ types, session, agent }: NumberedFilter, candidate: Candidate): boolean {
  if (session !== null && candidate.session !== session && candidate.about_session !== session) return false;
  if (agent !== null && candidate.agent_no !== agent && candidate.about_agent !== agent) return false;
  return types === null || types.has(candidate.type_no);
}

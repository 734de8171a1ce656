/**
 * Looking through an org's events in the order of the feed: indexes propose candidates, a slice at a time, and each is
 * checked against the rest of the filter. Events of a session that waits for its purge are passed over.
 */
import type { EventFilter } from '@turnlog/core/event-filter';
import { type EventId, idFromBytes } from '@turnlog/core/ids';
import type { Statements } from '../statements.ts';
import { type Candidate, Candidates, type Look, MAX_ID, MIN_ID, type NumberedFilter } from './candidates.ts';
import { findSessionNumber } from './session-numbers.ts';
import { TEXT_COLUMNS, type TextRow } from './stored-texts.ts';
import type { TypeNumbers } from './types.ts';

/** How a look ended. */
export interface LookEnd {
  /** The last id looked at; the last of all between the bounds when they are exhausted; null: there is none. */
  readonly lookedAt: Uint8Array | null;
  readonly exhausted: boolean;
}

/** Tells whether a session waits for its purge; null: none does. */
type Hidden = ((session: number) => boolean) | null;

export class FeedScan {
  readonly #statements: Statements;
  readonly #types: TypeNumbers;
  readonly #candidates: Candidates;

  constructor(statements: Statements, types: TypeNumbers) {
    this.#statements = statements;
    this.#types = types;
    this.#candidates = new Candidates(statements);
  }

  headOf(org: number): EventId | null {
    const row = this.#edge({ org, low: MIN_ID, high: MAX_ID, ascending: true });
    return row === null ? null : idFromBytes('evt', row);
  }

  /** Offers matching events in the direction of travel until `take` refuses one; inside a snapshot. 'behind': ask again after a turn. */
  look(look: Look, take: (candidate: Candidate, row: TextRow) => boolean): LookEnd | 'behind' {
    return this.#walk(look, true, (candidate) =>
      take(candidate, hasText(candidate) ? candidate : this.#text(look.org, candidate.id)),
    );
  }

  /** As `look`, for a taker that wants no texts. */
  lookAtIds(look: Look, take: (id: Uint8Array) => boolean): LookEnd | 'behind' {
    return this.#walk(look, false, ({ id }) => take(id));
  }

  #walk(look: Look, withTexts: boolean, take: (candidate: Candidate) => boolean): LookEnd | 'behind' {
    const filter = look.filter === null ? ALL : this.#numbered(look.org, look.filter);
    if (filter === 'behind') return filter;
    if (filter === null) return { lookedAt: this.#edge(look), exhausted: true };
    const hidden = this.#hiddenSessions(look.org);
    let lookedAt: Uint8Array | null = null;
    let looked = 0;
    for (const candidate of this.#candidates.of(look, filter, withTexts && hidden === null)) {
      const shown = matches(filter, candidate) && hidden?.(candidate.session) !== true;
      if (shown && !take(candidate)) return { lookedAt, exhausted: false };
      lookedAt = candidate.id;
      looked++;
      if (looked === look.rows) return { lookedAt, exhausted: false };
    }
    return { lookedAt: this.#edge(look), exhausted: true };
  }

  /** Null: nothing can match. */
  #numbered(org: number, filter: EventFilter): NumberedFilter | null | 'behind' {
    const { session, agentId } = filter;
    const choice = this.#types.choose(org, filter);
    if (choice === 'behind') return choice;
    const { only, except } = choice;
    const sessionNo = session === null || session === 'none' ? null : findSessionNumber(this.#statements, org, session);
    const agent = agentId === null ? null : this.#agent(org, agentId);
    const impossible =
      only?.length === 0 || (session !== null && sessionNo === null) || (agentId !== null && agent === null);
    return impossible ? null : { types: only && new Set(only), except, session: sessionNo, agent };
  }

  #agent(org: number, name: string): number | null {
    const text = 'SELECT no FROM agents WHERE org = ? AND name = ?';
    return this.#statements.row<{ no: number }>(text, org, name)?.no ?? null;
  }

  #hiddenSessions(org: number): Hidden {
    const text =
      'SELECT 1 FROM sessions INDEXED BY sessions_deleted_org WHERE org = ? AND deleted_us IS NOT NULL LIMIT 1';
    if (!this.#statements.row(text, org)) return null;
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
    const text = `SELECT id FROM events WHERE org = ? AND id > ? AND id < ? ORDER BY id ${ascending ? 'DESC' : 'ASC'} LIMIT 1`;
    return this.#statements.row<{ id: Uint8Array }>(text, org, low, high)?.id ?? null;
  }

  #text(org: number, id: Uint8Array): TextRow {
    const text = `SELECT ${TEXT_COLUMNS} FROM events WHERE org = ? AND id = ?`;
    return this.#statements.row<TextRow>(text, org, id) as TextRow;
  }
}

function hasText(candidate: Candidate): candidate is Candidate & TextRow {
  return candidate.text !== undefined && candidate.text !== null;
}

const ALL: NumberedFilter = { types: null, except: new Set(), session: null, agent: null };

function matches({ types, except, session, agent }: NumberedFilter, candidate: Candidate): boolean {
  if (session !== null && candidate.session !== session && candidate.about_session !== session) return false;
  if (agent !== null && candidate.agent_no !== agent && candidate.about_agent !== agent) return false;
  return types === null ? !except.has(candidate.type_no) : types.has(candidate.type_no);
}

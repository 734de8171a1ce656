/**
 * What the writer knows by heart: orgs, sessions and dictionaries as they stand after the last planned command. Read from
 * the file when missing; dropped whole when a batch fails or another connection has written.
 */
import { bytesFromId, type OrgId } from '@turnlog/core/ids';
import type { OrgHead } from '@turnlog/core/plan/plan';
import type { Session, SessionRef } from '@turnlog/core/sessions';
import { findSession, type NumberedSession } from '../session-rows.ts';
import type { Statements } from '../statements.ts';

export interface OrgState {
  readonly id: OrgId;
  readonly no: number;
  head: OrgHead;
  lastSession: number;
  /** Live ones. */
  sessionCount: number;
  readonly types: Dictionary;
  readonly agents: Dictionary;
}

export interface SessionState {
  readonly no: number;
  session: Session;
  deleted: boolean;
}

interface OrgRow {
  readonly no: number;
  readonly last_us: number;
  readonly account_count: number;
  readonly last_session: number;
  readonly session_count: number;
}

/** Holds the events that belong to no session; it cannot be deleted. */
export const ACCOUNT_STREAM = { no: 0, deleted: false } as const;

/** With all the metadata that a session may have, a few dozen megabytes. */
const SESSIONS_KEPT = 2_000;
const NAMES_KEPT = 5_000;

export class Heads {
  readonly #statements: Statements;
  readonly #orgs = new Map<OrgId, OrgState>();
  /** By org and id: an id alone must not reach across orgs (I7). */
  readonly #sessions = new Map<string, SessionState>();
  /** What this batch has planned and not yet written: the sessions behind external ids. */
  readonly #planned = new Map<string, SessionState>();

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  org(id: OrgId): OrgState {
    let org = this.#orgs.get(id);
    if (!org) {
      const row = this.#statements.row<OrgRow>(
        'SELECT no, last_us, account_count, last_session, session_count FROM orgs WHERE id = ?',
        bytesFromId(id),
      );
      if (!row) throw new Error('The credential names an org that is not stored.');
      org = {
        id,
        no: row.no,
        head: { lastUs: row.last_us, accountCount: row.account_count },
        lastSession: row.last_session,
        sessionCount: row.session_count,
        types: new Dictionary(this.#statements, 'types', row.no),
        agents: new Dictionary(this.#statements, 'agents', row.no),
      };
      this.#orgs.set(id, org);
    }
    return org;
  }

  /** A live session; undefined when there is none. */
  session(org: OrgState, ref: SessionRef): SessionState | undefined {
    const planned =
      'id' in ref ? this.#sessions.get(keyOf(org, ref.id)) : this.#planned.get(keyOf(org, ref.externalId));
    if (planned !== undefined) return planned.deleted ? undefined : planned;
    const found = findSession(this.#statements, org.no, ref);
    return found && this.#remember(org, found);
  }

  /** Registers a session that this batch creates. */
  create(org: OrgState, session: Session): SessionState {
    org.lastSession++;
    org.sessionCount++;
    const state = { no: org.lastSession, session, deleted: false };
    this.#sessions.set(keyOf(org, session.id), state);
    if (session.externalId !== null) this.#planned.set(keyOf(org, session.externalId), state);
    return state;
  }

  /** Notes that this batch deletes a session. */
  delete(org: OrgState, state: SessionState): void {
    org.sessionCount--;
    state.deleted = true;
  }

  /** What was planned is written: reads see it now. */
  settle(): void {
    this.#planned.clear();
    for (const oldest of this.#sessions.keys()) {
      if (this.#sessions.size <= SESSIONS_KEPT) break;
      this.#sessions.delete(oldest);
    }
  }

  forget(): void {
    this.#orgs.clear();
    this.#sessions.clear();
    this.#planned.clear();
  }

  #remember(org: OrgState, { no, session }: NumberedSession): SessionState | undefined {
    const key = keyOf(org, session.id);
    let state = this.#sessions.get(key);
    if (!state) {
      state = { no, session, deleted: false };
      this.#sessions.set(key, state);
    }
    return state.deleted ? undefined : state;
  }
}

/** Names of an org as numbers; a new name takes the next one. */
export class Dictionary {
  readonly #statements: Statements;
  readonly #table: 'types' | 'agents';
  readonly #org: number;
  readonly #numbers = new Map<string, number>();

  constructor(statements: Statements, table: 'types' | 'agents', org: number) {
    this.#statements = statements;
    this.#table = table;
    this.#org = org;
  }

  /** The number of a name; writes a row for a new one. */
  number(name: string): number {
    let no = this.#numbers.get(name) ?? this.#find(name);
    if (no === undefined) {
      no = this.#statements.row<{ no: number }>(
        `INSERT INTO ${this.#table} (org, no, name)
         SELECT ?, coalesce((SELECT max(no) FROM ${this.#table} WHERE org = ?), 0) + 1, ? RETURNING no`,
        this.#org,
        this.#org,
        name,
      )?.no as number;
    }
    if (this.#numbers.size >= NAMES_KEPT) this.#numbers.clear();
    this.#numbers.set(name, no);
    return no;
  }

  #find(name: string): number | undefined {
    const text = `SELECT no FROM ${this.#table} WHERE org = ? AND name = ?`;
    return this.#statements.row<{ no: number }>(text, this.#org, name)?.no;
  }
}

function keyOf(org: OrgState, name: string): string {
  return `${org.no}/${name}`;
}

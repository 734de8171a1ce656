/** The names that events carry as numbers, as tails want them: sessions by their number, agents by theirs. */
import { idFromBytes, type SessionId } from '@turnlog/core/ids';
import type { Statements } from '../statements.ts';

/** Names of each kind that are kept in memory; a number never changes its name. */
const NAMES_KEPT = 10_000;

export class Names {
  readonly #statements: Statements;
  readonly #agents = new Map<string, string>();
  readonly #sessions = new Map<string, SessionId>();

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  agent(org: number, no: number | null): string | null {
    if (no === null) return null;
    return kept(this.#agents, `${org}/${no}`, () => {
      const text = 'SELECT name FROM agents WHERE org = ? AND no = ?';
      return this.#statements.row<{ name: string }>(text, org, no)?.name;
    });
  }

  session(org: number, no: number | null): SessionId | null {
    if (no === null) return null;
    return kept(this.#sessions, `${org}/${no}`, () => {
      const row =
        this.#statements.row<{ id: Uint8Array }>('SELECT id FROM sessions WHERE org = ? AND no = ?', org, no) ??
        this.#statements.row<{ id: Uint8Array }>('SELECT id FROM deleted_sessions WHERE org = ? AND no = ?', org, no);
      return row && idFromBytes('sess', row.id);
    });
  }
}

function kept<Name extends string>(names: Map<string, Name>, key: string, find: () => Name | undefined): Name | null {
  const known = names.get(key);
  if (known !== undefined) return known;
  const found = find();
  if (found === undefined) return null;
  if (names.size >= NAMES_KEPT) names.clear();
  names.set(key, found);
  return found;
}

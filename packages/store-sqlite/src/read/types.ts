/** Type patterns as type numbers. Dictionaries only grow, so what was read of one stays true. */
import { matchesPattern } from '@turnlog/core/events';
import type { Statements } from '../statements.ts';

interface KnownTypes {
  readonly names: Map<string, number>;
  lastNo: number;
}

/** Orgs whose dictionary is kept in memory. */
const ORGS_KEPT = 1_000;

export class TypeNumbers {
  readonly #statements: Statements;
  readonly #byOrg = new Map<number, KnownTypes>();

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /** The numbers of all types that a pattern matches; null when every type does. */
  matching(org: number, patterns: readonly string[]): readonly number[] | null {
    if (patterns.includes('*')) return null;
    const { names } = this.#refreshed(org);
    const numbers = new Set<number>();
    for (const pattern of patterns) {
      if (!pattern.includes('*')) {
        const no = names.get(pattern);
        if (no !== undefined) numbers.add(no);
        continue;
      }
      for (const [name, no] of names) {
        if (matchesPattern(pattern, name)) numbers.add(no);
      }
    }
    return [...numbers];
  }

  #refreshed(org: number): KnownTypes {
    let known = this.#byOrg.get(org);
    if (!known) {
      if (this.#byOrg.size >= ORGS_KEPT) this.#byOrg.clear();
      known = { names: new Map(), lastNo: 0 };
      this.#byOrg.set(org, known);
    }
    const added = this.#statements.rows<{ no: number; name: string }>(
      'SELECT no, name FROM types WHERE org = ? AND no > ? ORDER BY no',
      org,
      known.lastNo,
    );
    for (const { no, name } of added) {
      known.names.set(name, no);
      known.lastNo = no;
    }
    return known;
  }
}

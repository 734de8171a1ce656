/** Type patterns as type numbers. Dictionaries only grow, so what was read of one stays true. */
import { matchesPattern } from '@turnlog/core/events';
import { limits } from '@turnlog/core/limits';
import type { Statements } from '../statements.ts';
import { turnOfTheLoop } from './turn.ts';

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

  /** The numbers of all types that a pattern matches; null when every type does. Reads what is new of the dictionary first. */
  async matching(org: number, patterns: readonly string[]): Promise<readonly number[] | null> {
    if (patterns.includes('*')) return null;
    const { names } = await this.#refreshed(org);
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

  async #refreshed(org: number): Promise<KnownTypes> {
    const known = this.#known(org);
    while (this.#readOn(org, known) === limits.readRows) await turnOfTheLoop();
    return known;
  }

  /** Reads the next types of a dictionary, a slice at most; answers how many. */
  #readOn(org: number, known: KnownTypes): number {
    const added = this.#statements.rows<{ no: number; name: string }>(
      'SELECT no, name FROM types WHERE org = ? AND no > ? ORDER BY no LIMIT ?',
      org,
      known.lastNo,
      limits.readRows,
    );
    for (const { no, name } of added) {
      known.names.set(name, no);
      known.lastNo = no;
    }
    return added.length;
  }

  #known(org: number): KnownTypes {
    let known = this.#byOrg.get(org);
    if (!known) {
      if (this.#byOrg.size >= ORGS_KEPT) this.#byOrg.clear();
      known = { names: new Map(), lastNo: 0 };
      this.#byOrg.set(org, known);
    }
    return known;
  }
}

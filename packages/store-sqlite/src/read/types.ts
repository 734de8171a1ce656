/**
 * Type patterns as type numbers. A dictionary only grows, so what was found of a pattern stays true, and only names that
 * came since are compared. The numbers hold for one snapshot: they are asked for inside it, beside the rows they select.
 */
import type { EventFilter } from '@turnlog/core/event-filter';
import { matchesPattern } from '@turnlog/core/events';
import type { Statements } from '../statements.ts';

/** What is known of a pattern: the numbers it matches among the first `seen` names. */
interface Found {
  readonly numbers: number[];
  seen: number;
}

/** Which types pass. */
export interface TypeChoice {
  /** Null: every one but those of `except`. */
  readonly only: readonly number[] | null;
  /** Empty unless `only` is null. */
  readonly except: ReadonlySet<number>;
}

const NONE: ReadonlySet<number> = new Set();

interface Dictionary {
  /** By number less one: numbers are dense. */
  readonly names: string[];
  readonly found: Map<string, Found>;
}

/** Orgs whose dictionary is kept in memory, and patterns of each. */
const ORGS_KEPT = 200;
const PATTERNS_KEPT = 200;
/** Names read, or compared with a pattern, before the loop gets a turn. */
const NAMES_A_TURN = 2_000;
const COMPARISONS_A_TURN = 20_000;

export class TypeNumbers {
  readonly #statements: Statements;
  readonly #byOrg = new Map<number, Dictionary>();

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /** The numbers of all types that the patterns match as of now; null: every type; 'behind': ask again after a turn. */
  matching(org: number, patterns: readonly string[]): readonly number[] | null | 'behind' {
    if (patterns.includes('*')) return null;
    const dictionary = this.#dictionary(org);
    if (this.#readOn(org, dictionary) === NAMES_A_TURN) return 'behind';
    const matching = new Set<number>();
    let comparisons = 0;
    for (const pattern of patterns) {
      const found = foundOf(dictionary, pattern);
      for (; found.seen < dictionary.names.length; found.seen++) {
        if (comparisons++ === COMPARISONS_A_TURN) return 'behind';
        if (matchesPattern(pattern, dictionary.names[found.seen] as string)) found.numbers.push(found.seen + 1);
      }
      for (const no of found.numbers) matching.add(no);
    }
    return [...matching];
  }

  /** The types that a filter lets through as of now; 'behind': ask again after a turn. */
  choose(org: number, { types, exceptTypes = [] }: Pick<EventFilter, 'types' | 'exceptTypes'>): TypeChoice | 'behind' {
    const only = types === null ? null : this.matching(org, types);
    const excluded = exceptTypes.length === 0 ? [] : this.matching(org, exceptTypes);
    if (only === 'behind' || excluded === 'behind') return 'behind';
    if (excluded === null) return { only: [], except: NONE };
    const except = new Set(excluded);
    if (only === null) return { only, except };
    return { only: except.size === 0 ? only : only.filter((no) => !except.has(no)), except: NONE };
  }

  /** Reads the next names of a dictionary, a turn's worth at most; answers how many. */
  #readOn(org: number, { names }: Dictionary): number {
    const added = this.#statements.rows<{ name: string }>(
      'SELECT name FROM types WHERE org = ? AND no > ? ORDER BY no LIMIT ?',
      org,
      names.length,
      NAMES_A_TURN,
    );
    for (const { name } of added) names.push(name);
    return added.length;
  }

  #dictionary(org: number): Dictionary {
    let dictionary = this.#byOrg.get(org);
    if (!dictionary) {
      if (this.#byOrg.size >= ORGS_KEPT) this.#byOrg.clear();
      dictionary = { names: [], found: new Map() };
      this.#byOrg.set(org, dictionary);
    }
    return dictionary;
  }
}

function foundOf(dictionary: Dictionary, pattern: string): Found {
  let found = dictionary.found.get(pattern);
  if (!found) {
    if (dictionary.found.size >= PATTERNS_KEPT) dictionary.found.clear();
    found = { numbers: [], seen: 0 };
    dictionary.found.set(pattern, found);
  }
  return found;
}

/** What a reader of the log wants to see of it. */
import { matchesPattern, patternMatcher } from './events.ts';
import type { SessionId } from './ids.ts';
import { limits } from './limits.ts';

/** Null members let everything through. */
export interface EventFilter {
  /** Type patterns. */
  readonly types: readonly string[] | null;
  /** Type patterns whose events never pass. */
  readonly exceptTypes?: readonly string[];
  /**
   * Events of this session, account events about it, and events of other sessions whose `data.session_id` names it.
   * `none`: a name that stands for no session.
   */
  readonly session: SessionId | 'none' | null;
  /** Events of this agent's sessions, account events about it, and events of other sessions whose `data.agent_id` names it. */
  readonly agentId: string | null;
}

/** The members of an event by which readers choose. */
export interface Filtered {
  readonly type: string;
  readonly sessionId: SessionId | null;
  /** The session that the event is about, by its `data.session_id`, when it is not the one that holds it: it shows under both. */
  readonly aboutSession: SessionId | null;
  /** The agent of the session that holds the event; of an account event, the agent that it is about. */
  readonly agentId: string | null;
  /** The agent that an event of a session is about, by its `data.agent_id`, when it is not the session's: it shows under both. */
  readonly aboutAgent: string | null;
}

export function passes(filter: EventFilter | null, event: Filtered): boolean {
  if (filter === null) return true;
  const { types, exceptTypes = [] } = filter;
  const matches = (pattern: string) => matchesPattern(pattern, event.type);
  return concerns(filter, event) && (types === null || types.some(matches)) && !exceptTypes.some(matches);
}

/** Whether an event passes but for its type. */
function concerns({ session, agentId }: EventFilter, event: Filtered): boolean {
  if (session !== null && event.sessionId !== session && event.aboutSession !== session) return false;
  return agentId === null || event.agentId === agentId || event.aboutAgent === agentId;
}

/** A filter ready for a stream of events: what its patterns say of a type is remembered. */
export class LiveFilter {
  /** Lets everything through. */
  static readonly ALL: LiveFilter = new LiveFilter(null);
  /** Equal for equal filters; empty when everything passes. */
  readonly key: string;
  readonly wanted: EventFilter | null;
  /** Null: every type passes. */
  readonly #types: TypeMatchers | null;
  readonly #byType = new Map<string, boolean>();

  constructor(filter: EventFilter | null) {
    this.key = filterKey(filter);
    this.wanted = filter;
    this.#types = filter === null ? null : typeMatchers(filter);
  }

  /** How many comparisons an event of this type takes, at most. */
  cost(type: string): number {
    return this.#types === null || this.#byType.has(type) ? 1 : 1 + this.#types.count;
  }

  passes(event: Filtered): boolean {
    if (this.wanted === null) return true;
    return concerns(this.wanted, event) && (this.#types === null || this.#ofType(event.type, this.#types));
  }

  #ofType(type: string, { wanted, unwanted }: TypeMatchers): boolean {
    let matches = this.#byType.get(type);
    if (matches === undefined) {
      if (this.#byType.size >= limits.filterTypesKept) this.#byType.clear();
      matches = wanted.some((matcher) => matcher(type)) && !unwanted.some((matcher) => matcher(type));
      this.#byType.set(type, matches);
    }
    return matches;
  }
}

type Matcher = (type: string) => boolean;

interface TypeMatchers {
  readonly wanted: readonly Matcher[];
  readonly unwanted: readonly Matcher[];
  readonly count: number;
}

/** Null: every type passes. */
function typeMatchers({ types, exceptTypes = [] }: EventFilter): TypeMatchers | null {
  if (types === null && exceptTypes.length === 0) return null;
  const wanted = types?.map(patternMatcher) ?? [() => true];
  return { wanted, unwanted: exceptTypes.map(patternMatcher), count: wanted.length + exceptTypes.length };
}

/** Equal for equal filters, so that their readers share the work; empty for none, and for one that lets everything through. */
export function filterKey(filter: EventFilter | null): string {
  if (filter === null) return '';
  const { types, session, agentId, exceptTypes = [] } = filter;
  const members = [types, session, agentId, exceptTypes.length === 0 ? null : exceptTypes];
  return members.every((member) => member === null) ? '' : JSON.stringify(members);
}

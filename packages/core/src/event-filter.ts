/** What a reader of the log wants to see of it. */
import { matchesPattern } from './events.ts';
import type { SessionId } from './ids.ts';

/** Null members let everything through. */
export interface EventFilter {
  /** Type patterns. */
  readonly types: readonly string[] | null;
  /** Events of this session, and account events about it. `none`: a name that stands for no session. */
  readonly session: SessionId | 'none' | null;
  /** Events of this agent's sessions, and account events about it. */
  readonly agentId: string | null;
}

/** The members of an event by which readers choose. */
export interface Filtered {
  readonly type: string;
  readonly sessionId: SessionId | null;
  /** The session that an account event is about. */
  readonly aboutSession: SessionId | null;
  readonly agentId: string | null;
}

export function passes(filter: EventFilter | null, event: Filtered): boolean {
  if (filter === null) return true;
  const { types, session, agentId } = filter;
  if (session !== null && event.sessionId !== session && event.aboutSession !== session) return false;
  if (agentId !== null && event.agentId !== agentId) return false;
  return types === null || types.some((pattern) => matchesPattern(pattern, event.type));
}

/** Equal for equal filters, so that their readers share the work; empty for none, and for one whose members are all null. */
export function filterKey(filter: EventFilter | null): string {
  if (filter === null) return '';
  const members = [filter.types, filter.session, filter.agentId];
  return members.every((member) => member === null) ? '' : JSON.stringify(members);
}

/** The Wakeups port: who waits for more of an org's log learns that there is some, and never what (I6). */
import type { OrgId, SessionId } from './ids.ts';

export interface WakeupListener {
  /** A commit of an org: these sessions took events, or were archived or deleted; the account stream may have grown. */
  woken(org: OrgId, sessions: readonly SessionId[]): void;
  /** A commit of an org has made, changed or ended a webhook or a replay, or has asked for a delivery. */
  lanesChanged?(org: OrgId): void;
  /** A commit of an org has deleted these sessions. */
  sessionsDeleted?(org: OrgId, sessions: readonly SessionId[]): void;
  /** Wake-ups may have been lost on the way: anything may have happened. */
  reconnected(): void;
}

export interface Wakeups {
  /** Calls the listener after every commit, as soon as reads see it; answers how to stop that. */
  listen(listener: WakeupListener): () => void;
}

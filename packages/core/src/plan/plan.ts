/**
 * Planning: the pure decisions that a store makes under its lock. A store loads heads, asks for a plan, and writes the
 * plan's rows; every rule lives here, once. A refusal is a thrown `TurnlogError` and never reaches a write.
 */
import { advance } from '../clock.ts';
import type { EventId, RandomBytes, RequestId, SessionId } from '../ids.ts';
import type { Origin } from '../origins.ts';
import type { Session } from '../sessions.ts';

/** What planning needs to know of an org, and leaves changed. */
export interface OrgHead {
  /** The org clock (I1). */
  readonly lastUs: number;
  /** Events in the account stream. */
  readonly accountCount: number;
}

/** Where a command meets the world. */
export interface PlanContext {
  readonly nowUs: number;
  readonly random: RandomBytes;
  readonly requestId: RequestId;
}

/** One row of the log. */
export interface EventRow {
  readonly stream: 'session' | 'account';
  readonly seq: number;
  readonly id: EventId;
  readonly type: string;
  readonly origin: Origin;
  /** The agent of the session that holds the event; of an account event, the agent that it is about. */
  readonly agentId: string | null;
  /** The agent that an event of a session is about, when it is not the session's. */
  readonly aboutAgent: string | null;
  /** The session that the event is about, by our id or the caller's, when it is not the one that holds it. */
  readonly aboutSession: string | null;
  readonly text: string;
}

/** What a store writes in one atomic step. */
export interface Plan<Value> {
  readonly org: OrgHead;
  /** The session after the step; null when the step concerns none. */
  readonly session: Session | null;
  /** Set when the step deletes its session. */
  readonly deleted: boolean;
  /** In commit order: the batch first, then what the server derives from it. */
  readonly events: readonly EventRow[];
  readonly value: Value;
}

/** Hands out an org's next microseconds one by one. */
export class OrgClock {
  #lastUs: number;
  readonly #nowUs: number;

  constructor(org: OrgHead, nowUs: number) {
    this.#lastUs = org.lastUs;
    this.#nowUs = nowUs;
  }

  get lastUs(): number {
    return this.#lastUs;
  }

  /** The next microsecond: after every earlier one, and not before now. */
  tick(): number {
    this.#lastUs = advance(this.#lastUs, this.#nowUs, 1).lastUs;
    return this.#lastUs;
  }
}

/** What events of one session and of the account stream need in common. */
export interface Author {
  readonly clock: OrgClock;
  readonly context: PlanContext;
  readonly sessionId: SessionId;
  readonly externalId: string | null;
  readonly agentId: string | null;
}

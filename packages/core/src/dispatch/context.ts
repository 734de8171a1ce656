/** What the lanes of one org stand on, and what they answer. */
import type { DispatcherOptions } from '../dispatch.ts';
import { makeId, type OrgId, type SessionId } from '../ids.ts';
import type { WriteContext } from '../store.ts';
import type { Turnstile } from '../tails/turnstile.ts';
import type { Tails } from '../tails.ts';
import type { Slots } from './slots.ts';

export interface LaneContext {
  readonly org: OrgId;
  readonly options: DispatcherOptions;
  readonly slots: Slots;
  readonly tails: Tails;
  /** The way of reads that no tail makes. */
  readonly history: Turnstile;
  /** Waiting rows beyond which a webhook takes no new events. */
  readonly retryRows: number;
  /** Whether this process owns its lanes at this moment. */
  owns(): boolean;
}

/**
 * Why a lane has ended: it was closed, or has nothing more to do; somebody else owns it; or something went wrong inside,
 * which `onFault` was told of.
 */
export type LaneEnd = 'over' | 'fenced' | 'fault';

/** A lane that is being served. */
export interface RunningLane {
  /** Begins; what goes wrong ends the lane. */
  open(): Promise<void>;
  /** Begins no more attempts, waits for those under way and records them. */
  close(): void;
  /** The lease was renewed; `changed`: somebody may have asked for a delivery. */
  renewed(changed: boolean): void;
  sessionsDeleted(sessions: ReadonlySet<SessionId>): void;
}

/** A write of the server's own. */
export function ownWrite({ nowUs, random }: DispatcherOptions): WriteContext {
  return { requestId: makeId('req', nowUs(), random), idempotency: null };
}

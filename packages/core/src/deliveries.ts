/** Deliveries: one event on its way to one webhook, with every attempt that is over. */
import type { TimeRange } from './clock.ts';
import type { PageQuery } from './cursors.ts';
import type { DeliveryId, EventId, ReplayId, SessionId, WebhookId } from './ids.ts';

/**
 * `retrying`: failed, and waits for its next attempt by itself; `pending`: somebody asked for another attempt; `failed`:
 * no attempt is left; `canceled`: nobody will try. Stored by their index.
 */
export const DELIVERY_STATES = ['succeeded', 'retrying', 'pending', 'failed', 'canceled'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** Why a delivery was canceled: its event went with its session, or the webhook was enabled from now on. */
export const CANCEL_REASONS = ['session_deleted', 'skipped'] as const;
export type CancelReason = (typeof CANCEL_REASONS)[number];

/** One request to an endpoint, over. */
export interface Attempt {
  readonly startedUs: number;
  readonly durationMs: number;
  /** Null: there was no answer. */
  readonly statusCode: number | null;
  /** Why it failed, in a few words that tell nothing of the inside; null: it succeeded. */
  readonly error: string | null;
  /** The beginning of the answer's body; null: it had none. */
  readonly excerpt: string | null;
}

/** A delivery as lists show it: with its last attempt. */
export interface DeliverySummary {
  readonly id: DeliveryId;
  readonly webhook: WebhookId;
  readonly event: EventId;
  readonly eventType: string;
  /** The session in whose order it goes. */
  readonly session: SessionId | null;
  readonly replay: ReplayId | null;
  readonly state: DeliveryState;
  readonly cancelReason: CancelReason | null;
  readonly attemptCount: number;
  /** When the next attempt may begin; null: there will be none. */
  readonly nextUs: number | null;
  /** Null: there was no attempt. */
  readonly lastAttempt: Omit<Attempt, 'excerpt'> | null;
}

export interface Delivery extends DeliverySummary {
  /** The last ones, oldest first. */
  readonly attempts: readonly Attempt[];
}

/** A delivery that waits for another attempt. */
export interface WaitingDelivery {
  readonly id: DeliveryId;
  readonly event: EventId;
  readonly eventType: string;
  readonly session: SessionId | null;
  readonly state: 'retrying' | 'pending';
  /** Not before. */
  readonly nextUs: number;
}

export interface DeliveryQuery extends PageQuery<'del'> {
  /** When the first attempt was over. */
  readonly range: TimeRange;
  readonly states: readonly DeliveryState[] | null;
  /** Type patterns; null: every type. */
  readonly types: readonly string[] | null;
}

const JITTER = 0.2;
const MICROS_PER_SECOND = 1_000_000;

/**
 * When the attempt after this many failed ones may begin; null: none is left. `retrySeconds` says how long each attempt
 * waits after the one before it (the first one: 0), give or take a fifth; `chance` is from 0 to 1. An endpoint that asks
 * for more time gets it.
 */
export function nextAttemptUs(
  failedAttempts: number,
  retrySeconds: readonly number[],
  nowUs: number,
  chance: number,
  retryAfterUs: number | null,
): number | null {
  const seconds = retrySeconds[failedAttempts];
  if (seconds === undefined) return null;
  const spread = 1 - JITTER + 2 * JITTER * chance;
  return Math.max(nowUs + Math.round(seconds * spread * MICROS_PER_SECOND), retryAfterUs ?? 0);
}

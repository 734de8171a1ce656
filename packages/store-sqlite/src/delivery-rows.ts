/** A delivery as its row, beside the name of its event's type. */
import {
  type Attempt,
  CANCEL_REASONS,
  type CancelReason,
  DELIVERY_STATES,
  type DeliveryState,
  type DeliverySummary,
} from '@turnlog/core/deliveries';
import { bytesFromId, type DeliveryId, idFromBytes, type WebhookId } from '@turnlog/core/ids';
import type { KnownDelivery } from '@turnlog/core/plan/deliveries';
import type { Statements } from './statements.ts';

export interface DeliveryRow {
  readonly id: Uint8Array;
  readonly event: Uint8Array;
  readonly type: string;
  readonly session: Uint8Array | null;
  readonly replay: Uint8Array | null;
  readonly state: number;
  readonly cancel_reason: number | null;
  readonly attempt_count: number;
  readonly resent_after: number;
  readonly manual: number;
  readonly next_us: number | null;
  readonly attempts: string;
}

/** What `attempts` holds: one attempt. */
type StoredAttempt = readonly [
  startedUs: number,
  durationMs: number,
  statusCode: number | null,
  error: string | null,
  excerpt: string | null,
];

/** Deliveries of a webhook; org and webhook are the first two values. */
export const SELECT_DELIVERIES = `
  SELECT d.id, d.event, t.name AS type, d.session, d.replay, d.state, d.cancel_reason, d.attempt_count, d.resent_after,
         d.manual, d.next_us, d.attempts
  FROM deliveries d
  JOIN types t ON t.org = d.org AND t.no = d.type_no
  WHERE d.org = ? AND d.webhook = ?`;

/** `webhook`: the number and the id of the one that it goes to. Undefined: there is no such delivery. */
export function findDelivery(
  statements: Statements,
  org: number,
  webhook: { readonly no: number; readonly id: WebhookId },
  id: DeliveryId,
): KnownDelivery | undefined {
  const row = statements.row<DeliveryRow>(`${SELECT_DELIVERIES} AND d.id = ?`, org, webhook.no, bytesFromId(id));
  return row && toDelivery(row, webhook.id);
}

export function toDelivery(row: DeliveryRow, webhook: WebhookId): KnownDelivery {
  const attempts = attemptsOf(row.attempts);
  return {
    ...summaryOf(row, webhook, attempts),
    attempts,
    resentAfter: row.resent_after,
    manual: row.manual === 1,
  };
}

export function toDeliverySummary(row: DeliveryRow, webhook: WebhookId): DeliverySummary {
  return summaryOf(row, webhook, attemptsOf(row.attempts));
}

/** The text that `deliveries.attempts` holds. */
export function attemptsText(attempts: readonly Attempt[]): string {
  const stored = attempts.map(
    ({ startedUs, durationMs, statusCode, error, excerpt }): StoredAttempt => [
      startedUs,
      durationMs,
      statusCode,
      error,
      excerpt,
    ],
  );
  return JSON.stringify(stored);
}

function attemptsOf(text: string): Attempt[] {
  const stored = JSON.parse(text) as StoredAttempt[];
  return stored.map(([startedUs, durationMs, statusCode, error, excerpt]) => ({
    startedUs,
    durationMs,
    statusCode,
    error,
    excerpt,
  }));
}

function summaryOf(row: DeliveryRow, webhook: WebhookId, attempts: readonly Attempt[]): DeliverySummary {
  return {
    id: idFromBytes('del', row.id),
    webhook,
    event: idFromBytes('evt', row.event),
    eventType: row.type,
    session: row.session && idFromBytes('sess', row.session),
    replay: row.replay && idFromBytes('rpl', row.replay),
    state: DELIVERY_STATES[row.state] as DeliveryState,
    cancelReason: row.cancel_reason === null ? null : (CANCEL_REASONS[row.cancel_reason] as CancelReason),
    attemptCount: row.attempt_count,
    nextUs: row.next_us,
    lastAttempt: lastOf(attempts),
  };
}

function lastOf(attempts: readonly Attempt[]): DeliverySummary['lastAttempt'] {
  const last = attempts.at(-1);
  if (last === undefined) return null;
  const { excerpt: _, ...attempt } = last;
  return attempt;
}

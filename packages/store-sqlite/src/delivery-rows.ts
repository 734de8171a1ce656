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

interface BaseRow {
  readonly id: Uint8Array;
  readonly event: Uint8Array;
  readonly type: string;
  readonly session: Uint8Array | null;
  readonly replay: Uint8Array | null;
  readonly state: number;
  readonly cancel_reason: number | null;
  readonly attempt_count: number;
  readonly next_us: number | null;
}

interface DeliveryRow extends BaseRow {
  readonly resent_after: number;
  readonly manual: number;
  readonly attempts: string;
}

interface SummaryRow extends BaseRow {
  /** JSON: the last attempt without its excerpt; four nulls when there was none. */
  readonly last: string;
  /** Of all attempts. */
  readonly bytes: number;
}

/** What `attempts` holds: one attempt. */
type StoredAttempt = readonly [
  startedUs: number,
  durationMs: number,
  statusCode: number | null,
  error: string | null,
  excerpt: string | null,
];
type StoredSummary = readonly [
  startedUs: number | null,
  durationMs: number | null,
  statusCode: number | null,
  error: string | null,
];

const COLUMNS =
  'd.id, d.event, t.name AS type, d.session, d.replay, d.state, d.cancel_reason, d.attempt_count, d.next_us';
const FROM = `FROM deliveries d JOIN types t ON t.org = d.org AND t.no = d.type_no
  WHERE d.org = ? AND d.webhook = ? AND d.id = ?`;
const SELECT = `SELECT ${COLUMNS}, d.resent_after, d.manual, d.attempts ${FROM}`;
/** Attempts hold up to 4 KiB of answer each: lists leave all but the last where they are. */
const LAST = "json_extract(d.attempts, '$[#-1][0]', '$[#-1][1]', '$[#-1][2]', '$[#-1][3]')";
const SELECT_SUMMARY = `SELECT ${COLUMNS}, ${LAST} AS last, octet_length(d.attempts) AS bytes ${FROM}`;

/** The number and the id of a webhook. */
export interface DeliveredTo {
  readonly no: number;
  readonly id: WebhookId;
}

/** Undefined: the webhook has no such delivery. */
export function findDelivery(
  statements: Statements,
  org: number,
  webhook: DeliveredTo,
  id: DeliveryId,
): KnownDelivery | undefined {
  const row = statements.row<DeliveryRow>(SELECT, org, webhook.no, bytesFromId(id));
  if (!row) return undefined;
  const attempts = attemptsOf(row.attempts);
  const summary = summaryOf(row, webhook.id, lastOf(attempts));
  return { ...summary, attempts, resentAfter: row.resent_after, manual: row.manual === 1 };
}

/** A delivery that is known to be there, and the bytes that its attempts take. */
export function summaryAt(
  statements: Statements,
  org: number,
  webhook: DeliveredTo,
  id: Uint8Array,
): { readonly summary: DeliverySummary; readonly bytes: number } {
  const row = statements.row<SummaryRow>(SELECT_SUMMARY, org, webhook.no, id) as SummaryRow;
  const [startedUs, durationMs, statusCode, error] = JSON.parse(row.last) as StoredSummary;
  const last = startedUs === null ? null : { startedUs, durationMs: durationMs as number, statusCode, error };
  return { summary: summaryOf(row, webhook.id, last), bytes: row.bytes };
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

function summaryOf(row: BaseRow, webhook: WebhookId, lastAttempt: DeliverySummary['lastAttempt']): DeliverySummary {
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
    lastAttempt,
  };
}

function lastOf(attempts: readonly Attempt[]): DeliverySummary['lastAttempt'] {
  const last = attempts.at(-1);
  if (last === undefined) return null;
  const { excerpt: _, ...attempt } = last;
  return attempt;
}

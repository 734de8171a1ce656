/** A webhook as its rows: `webhooks` joined with `webhook_health`, its lane and its secrets. */
import { bytesFromId, idFromBytes, type WebhookId } from '@turnlog/core/ids';
import type { Metadata } from '@turnlog/core/sessions';
import {
  ANNOUNCEMENTS,
  type Announcements,
  DELIVERY_DIALECTS,
  type DeliveryDialect,
  DISABLED_REASONS,
  type DisabledReason,
  ORDERINGS,
  type Ordering,
  type SealedSecret,
  type Webhook,
} from '@turnlog/core/webhooks';
import type { Statements } from './statements.ts';

/** A webhook and its number within the org. */
export interface NumberedWebhook {
  readonly no: number;
  readonly webhook: Webhook;
}

export interface WebhookRow {
  readonly no: number;
  readonly id: Uint8Array;
  readonly dialect: number;
  readonly url: string;
  readonly events: string;
  readonly description: string | null;
  readonly metadata: string;
  readonly ordering: number;
  readonly rate_limit: number | null;
  readonly announce: number;
  readonly created_us: number;
  readonly updated_us: number;
  readonly disabled_us: number | null;
  readonly disabled_reason: number | null;
  readonly last_success_us: number | null;
  readonly last_failure_us: number | null;
  readonly consecutive_failures: number;
  readonly failing_since_us: number | null;
  readonly position: Uint8Array;
  readonly previous_expires_us: number | null;
}

/** Live webhooks of an org, whose number is the first value. */
export const SELECT_WEBHOOKS = `
  SELECT w.no, w.id, w.dialect, w.url, w.events, w.description, w.metadata, w.ordering, w.rate_limit, w.announce,
         w.created_us, w.updated_us, w.disabled_us, w.disabled_reason, h.last_success_us, h.last_failure_us,
         h.consecutive_failures, h.failing_since_us, l.position, s.expires_us AS previous_expires_us
  FROM webhooks w
  JOIN webhook_health h ON h.org = w.org AND h.webhook = w.no
  JOIN lanes l ON l.org = w.org AND l.id = w.id
  LEFT JOIN webhook_secrets s ON s.org = w.org AND s.webhook = w.no AND s.no = 1
  WHERE w.org = ? AND w.deleted_us IS NULL`;

/** Finds a live webhook; undefined when there is none. */
export function findWebhook(
  statements: Statements,
  org: number,
  id: WebhookId,
  nowUs: number,
): NumberedWebhook | undefined {
  const row = statements.row<WebhookRow>(`${SELECT_WEBHOOKS} AND w.id = ?`, org, bytesFromId(id));
  return row && { no: row.no, webhook: toWebhook(row, nowUs) };
}

/** The number of a live webhook; undefined when there is none. */
export function findWebhookNumber(statements: Statements, org: number, id: WebhookId): number | undefined {
  const text = 'SELECT no FROM webhooks WHERE org = ? AND id = ? AND deleted_us IS NULL';
  return statements.row<{ no: number }>(text, org, bytesFromId(id))?.no;
}

/** The secrets of a webhook that sign, the current one first. */
export function findSecrets(statements: Statements, org: number, webhook: number, nowUs: number): SealedSecret[] {
  const rows = statements.rows<{ sealed: Uint8Array; expires_us: number | null }>(
    'SELECT sealed, expires_us FROM webhook_secrets WHERE org = ? AND webhook = ? ORDER BY no',
    org,
    webhook,
  );
  return rows
    .filter(({ expires_us }) => expires_us === null || expires_us > nowUs)
    .map(({ sealed, expires_us }) => ({ sealed, expiresUs: expires_us }));
}

/** `nowUs`: a secret that has expired by then does not sign. */
export function toWebhook(row: WebhookRow, nowUs: number): Webhook {
  const { disabled_us: disabledUs, disabled_reason: reason, previous_expires_us: previousUs } = row;
  return {
    id: idFromBytes('wh', row.id),
    dialect: DELIVERY_DIALECTS[row.dialect] as DeliveryDialect,
    url: row.url,
    events: JSON.parse(row.events) as string[],
    description: row.description,
    metadata: JSON.parse(row.metadata) as Metadata,
    ordering: ORDERINGS[row.ordering] as Ordering,
    rateLimit: row.rate_limit,
    announce: ANNOUNCEMENTS[row.announce] as Announcements,
    createdUs: row.created_us,
    updatedUs: row.updated_us,
    disabled:
      disabledUs === null ? null : { us: disabledUs, reason: DISABLED_REASONS[reason as number] as DisabledReason },
    lastSuccessUs: row.last_success_us,
    lastFailureUs: row.last_failure_us,
    consecutiveFailures: row.consecutive_failures,
    failingSinceUs: row.failing_since_us,
    position: idFromBytes('evt', row.position),
    previousSecretExpiresUs: previousUs !== null && previousUs > nowUs ? previousUs : null,
  };
}

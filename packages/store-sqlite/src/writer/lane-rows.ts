/** Writing webhooks, replays and their lanes. */
import { bytesFromId } from '@turnlog/core/ids';
import { REPLAY_REASONS, REPLAY_STATUSES, type Replay } from '@turnlog/core/replays';
import type { LaneId } from '@turnlog/core/webhook-store';
import {
  ANNOUNCEMENTS,
  DELIVERY_DIALECTS,
  DISABLED_REASONS,
  type Health,
  ORDERINGS,
  type SealedSecret,
  type Webhook,
} from '@turnlog/core/webhooks';
import { replaySessionBytes } from '../replay-rows.ts';
import type { Statements } from '../statements.ts';
import type { LaneState, ReplayState, WebhookState } from './lane-heads.ts';

export class LaneRows {
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  insertWebhook(org: number, { no, webhook, lane, secrets }: WebhookState): void {
    this.#statements.run(
      `INSERT INTO webhooks (org, no, id, dialect, url, events, description, metadata, ordering, rate_limit, announce,
                             created_us, updated_us)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      org,
      no,
      bytesFromId(webhook.id),
      DELIVERY_DIALECTS.indexOf(webhook.dialect),
      ...changingColumns(webhook),
      webhook.createdUs,
      webhook.updatedUs,
    );
    this.#statements.run('INSERT INTO webhook_health (org, webhook, consecutive_failures) VALUES (?, ?, 0)', org, no);
    this.secrets(org, no, secrets ?? []);
    this.#insertLane(org, webhook.id, no, lane, webhook.position);
  }

  updateWebhook(org: number, no: number, webhook: Webhook): void {
    const { disabled } = webhook;
    this.#statements.run(
      `UPDATE webhooks SET url = ?, events = ?, description = ?, metadata = ?, ordering = ?, rate_limit = ?,
              announce = ?, updated_us = ?, disabled_us = ?, disabled_reason = ?
       WHERE org = ? AND no = ?`,
      ...changingColumns(webhook),
      webhook.updatedUs,
      disabled === null ? null : disabled.us,
      disabled === null ? null : DISABLED_REASONS.indexOf(disabled.reason),
      org,
      no,
    );
  }

  /** Hides a webhook from every read; its deliveries and its row go later (`purgeWebhook`). */
  deleteWebhook(org: number, no: number, { id }: Webhook, nowUs: number): void {
    this.#statements.run('UPDATE webhooks SET deleted_us = ? WHERE org = ? AND no = ?', nowUs, org, no);
    this.#statements.run('DELETE FROM lanes WHERE org = ? AND id = ?', org, bytesFromId(id));
    this.#statements.run('DELETE FROM webhook_secrets WHERE org = ? AND webhook = ?', org, no);
    this.#statements.run('DELETE FROM blocks WHERE org = ? AND webhook = ?', org, no);
  }

  health(org: number, no: number, health: Health): void {
    this.#statements.run(
      `UPDATE webhook_health SET last_success_us = ?, last_failure_us = ?, consecutive_failures = ?, failing_since_us = ?
       WHERE org = ? AND webhook = ?`,
      health.lastSuccessUs,
      health.lastFailureUs,
      health.consecutiveFailures,
      health.failingSinceUs,
      org,
      no,
    );
  }

  /** Replaces all secrets of a webhook. */
  secrets(org: number, no: number, secrets: readonly SealedSecret[]): void {
    this.#statements.run('DELETE FROM webhook_secrets WHERE org = ? AND webhook = ?', org, no);
    for (const [index, { sealed, expiresUs }] of secrets.entries()) {
      this.#statements.run(
        'INSERT INTO webhook_secrets (org, webhook, no, sealed, expires_us) VALUES (?, ?, ?, ?, ?)',
        org,
        no,
        index,
        sealed,
        expiresUs,
      );
    }
  }

  /** Whether a lane is to be served; apart from its cursor and its owner, because it costs an index entry. */
  active(org: number, id: LaneId, { active }: LaneState): void {
    const text = 'UPDATE lanes SET active = ? WHERE org = ? AND id = ?';
    this.#statements.run(text, active ? 1 : 0, org, bytesFromId(id));
  }

  owner(org: number, id: LaneId, { fence, owner, leaseUs }: LaneState): void {
    const text = 'UPDATE lanes SET fence = ?, owner = ?, lease_us = ? WHERE org = ? AND id = ?';
    this.#statements.run(text, fence, owner, leaseUs, org, bytesFromId(id));
  }

  position(org: number, id: LaneId, position: Webhook['position']): void {
    const text = 'UPDATE lanes SET position = ? WHERE org = ? AND id = ?';
    this.#statements.run(text, bytesFromId(position), org, bytesFromId(id));
  }

  /** Frees all lanes of an owner. */
  release(org: number, owner: string): void {
    this.#statements.run('UPDATE lanes SET owner = NULL, lease_us = NULL WHERE org = ? AND owner = ?', org, owner);
  }

  insertReplay(org: number, { replay, lane, sealedSecret }: ReplayState): void {
    this.#statements.run(
      `INSERT INTO replays (org, id, dialect, webhook, url, sealed_secret, since_us, until_us, types, session, rate,
                            through, total, delivered, failed, status, reason, created_us, updated_us, ended_us)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      org,
      bytesFromId(replay.id),
      DELIVERY_DIALECTS.indexOf(replay.dialect),
      replay.webhook && bytesFromId(replay.webhook),
      replay.url,
      sealedSecret,
      replay.sinceUs,
      replay.untilUs,
      replay.types && JSON.stringify(replay.types),
      replaySessionBytes(replay.session),
      replay.rate,
      replay.through && bytesFromId(replay.through),
      replay.total,
      replay.delivered,
      replay.failed,
      ...standing(replay),
      replay.createdUs,
      replay.updatedUs,
      replay.endedUs,
    );
    this.#insertLane(org, replay.id, null, lane, replay.position);
  }

  updateReplay(org: number, replay: Replay): void {
    this.#statements.run(
      'UPDATE replays SET delivered = ?, failed = ?, status = ?, reason = ?, updated_us = ? WHERE org = ? AND id = ?',
      replay.delivered,
      replay.failed,
      ...standing(replay),
      replay.updatedUs,
      org,
      bytesFromId(replay.id),
    );
  }

  /** Apart from the other changes, because it costs an index entry. */
  endReplay(org: number, { id, endedUs }: Replay): void {
    this.#statements.run('UPDATE replays SET ended_us = ? WHERE org = ? AND id = ?', endedUs, org, bytesFromId(id));
  }

  #insertLane(
    org: number,
    id: LaneId,
    webhook: number | null,
    { active, fence, owner, leaseUs }: LaneState,
    position: Replay['position'],
  ): void {
    this.#statements.run(
      'INSERT INTO lanes (org, id, webhook, position, active, fence, owner, lease_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      org,
      bytesFromId(id),
      webhook,
      position && bytesFromId(position),
      active ? 1 : 0,
      fence,
      owner,
      leaseUs,
    );
  }
}

/** Url, events, description, metadata, ordering, rate_limit, announce. */
function changingColumns(webhook: Webhook) {
  return [
    webhook.url,
    JSON.stringify(webhook.events),
    webhook.description,
    JSON.stringify(webhook.metadata),
    ORDERINGS.indexOf(webhook.ordering),
    webhook.rateLimit,
    ANNOUNCEMENTS.indexOf(webhook.announce),
  ] as const;
}

/** Status, reason. */
function standing({ status, reason }: Replay) {
  return [REPLAY_STATUSES.indexOf(status), reason === null ? null : REPLAY_REASONS.indexOf(reason)] as const;
}

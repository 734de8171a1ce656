/** Work that shares commits with commands, a bounded number of rows at a time. */
import { bytesFromId } from '@turnlog/core/ids';
import type { Statements } from '../statements.ts';
import { DeliverySweep } from './delivery-sweep.ts';
import type { BatchRequest, Touch } from './protocol.ts';

export class BackgroundWork {
  readonly #statements: Statements;
  readonly #sweep: DeliverySweep;

  constructor(statements: Statements) {
    this.#statements = statements;
    this.#sweep = new DeliverySweep(statements);
  }

  /** Does up to the requested rows of work, uses first, the sweep of deliveries last; answers whether more is left. */
  run(request: BatchRequest['background']): boolean {
    const statements = this.#statements;
    if (request.sweepDue) this.#sweep.begin();
    for (const touch of request.touches) touchToken(statements, touch);
    let rows = request.rows - request.touches.length;
    if (request.sweepBeforeUs !== null) {
      const swept = sweepAnswers(statements, request.sweepBeforeUs, rows);
      if (swept === rows) return true;
      rows -= swept;
    }
    if (purgeSession(statements, rows) || purgeWebhook(statements, rows)) return true;
    return this.#sweep.goOn(request.deliveriesBeforeUs, rows);
  }
}

function touchToken(statements: Statements, { org, token, usedUs }: Touch): void {
  statements.run(
    `UPDATE tokens SET last_used_us = max(coalesce(last_used_us, 0), ?)
     WHERE org = (SELECT no FROM orgs WHERE id = ?) AND id = ?`,
    usedUs,
    bytesFromId(org),
    bytesFromId(token),
  );
}

/** Removes the oldest kept answers that are past their time; answers how many. */
function sweepAnswers(statements: Statements, beforeUs: number, rows: number): number {
  return statements.run(
    `DELETE FROM idempotency WHERE rowid IN (
       SELECT rowid FROM idempotency WHERE created_us < ? ORDER BY created_us LIMIT ?)`,
    beforeUs,
    rows,
  );
}

/** Removes rows of the session that was deleted first; the session itself, but for its id, with its last events. */
function purgeSession(statements: Statements, rows: number): boolean {
  const session = statements.row<{ org: number; no: number }>(
    'SELECT org, no FROM sessions WHERE deleted_us IS NOT NULL ORDER BY deleted_us LIMIT 1',
  );
  if (!session) return false;
  const removed = statements.run(
    `DELETE FROM events WHERE rowid IN (
       SELECT rowid FROM events WHERE org = ? AND session = ? ORDER BY seq LIMIT ?)`,
    session.org,
    session.no,
    rows,
  );
  if (removed < rows) {
    statements.run(
      'INSERT INTO deleted_sessions (org, id, no) SELECT org, id, no FROM sessions WHERE org = ? AND no = ?',
      session.org,
      session.no,
    );
    statements.run('DELETE FROM session_heads WHERE org = ? AND session = ?', session.org, session.no);
    statements.run('DELETE FROM sessions WHERE org = ? AND no = ?', session.org, session.no);
  }
  return true;
}

/** Removes deliveries of the webhook that was deleted first; the webhook itself with the last of them. */
function purgeWebhook(statements: Statements, rows: number): boolean {
  const webhook = statements.row<{ org: number; no: number }>(
    'SELECT org, no FROM webhooks WHERE deleted_us IS NOT NULL ORDER BY deleted_us LIMIT 1',
  );
  if (!webhook) return false;
  const removed = statements.run(
    `DELETE FROM deliveries WHERE rowid IN (
       SELECT rowid FROM deliveries WHERE org = ? AND webhook = ? ORDER BY id LIMIT ?)`,
    webhook.org,
    webhook.no,
    rows,
  );
  if (removed < rows) {
    statements.run('DELETE FROM webhook_health WHERE org = ? AND webhook = ?', webhook.org, webhook.no);
    statements.run('DELETE FROM webhooks WHERE org = ? AND no = ?', webhook.org, webhook.no);
  }
  return true;
}

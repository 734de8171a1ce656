/** The delivery log as commands look at it and write it, and the sessions that deliveries hold up. */
import { CANCEL_REASONS, DELIVERY_STATES, type DeliveryState } from '@turnlog/core/deliveries';
import { bytesFromId, type EventId, highestIdBytes, idFromBytes, microsOfId, type SessionId } from '@turnlog/core/ids';
import type { BlockChange, DeliveryRow } from '@turnlog/core/plan/deliveries';
import type { RecoverQuery } from '@turnlog/core/webhook-store';
import { attemptsText } from '../delivery-rows.ts';
import type { Statements } from '../statements.ts';
import { ACCOUNT_STREAM, type OrgState } from './heads.ts';
import type { ResentDelivery } from './lane-heads.ts';

const CANCELED = DELIVERY_STATES.indexOf('canceled');
const SKIPPED = CANCEL_REASONS.indexOf('skipped');

interface HeadRow {
  readonly id: Uint8Array;
  readonly event: Uint8Array;
  readonly state: number;
  readonly attempt_count: number;
  readonly resent_after: number;
  readonly manual: number;
  readonly next_us: number | null;
}

export class DeliveryLog {
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /** The deliveries of a webhook that a recovery looks at, the oldest first, without their attempts. */
  behind(org: number, webhook: number, { sinceUs, after }: RecoverQuery, limit: number): ResentDelivery[] {
    const begin =
      after !== null && microsOfId(after) >= sinceUs ? bytesFromId(after) : highestIdBytes(Math.max(sinceUs - 1, 0));
    const rows = this.#statements.rows<HeadRow>(
      `SELECT id, event, state, attempt_count, resent_after, manual, next_us FROM deliveries
       WHERE org = ? AND webhook = ? AND id > ? ORDER BY id LIMIT ?`,
      org,
      webhook,
      begin,
      limit,
    );
    return rows.map(toHead);
  }

  /** Deliveries that wait because somebody asked for them, so many at most: beyond them there is no bound. */
  asked(org: number, webhook: number, limit: number): ResentDelivery[] {
    const rows = this.#statements.rows<HeadRow>(
      `SELECT id, event, state, attempt_count, resent_after, manual, next_us
       FROM deliveries INDEXED BY deliveries_next
       WHERE org = ? AND webhook = ? AND next_us IS NOT NULL AND manual = 1 LIMIT ?`,
      org,
      webhook,
      limit,
    );
    return rows.map(toHead);
  }

  /** The session that holds a stored event; null: the account stream; undefined: the event is gone. */
  holderOf(org: number, event: EventId): SessionId | null | undefined {
    const row = this.#statements.row<{ no: number; session: Uint8Array | null }>(
      `SELECT e.session AS no, s.id AS session FROM events e LEFT JOIN sessions s ON s.org = e.org AND s.no = e.session
       WHERE e.org = ? AND e.id = ?`,
      org,
      bytesFromId(event),
    );
    if (!row || (row.no !== ACCOUNT_STREAM.no && row.session === null)) return undefined;
    return row.session && idFromBytes('sess', row.session);
  }

  record(org: OrgState, webhook: number, row: DeliveryRow): void {
    if (row.isNew) this.#insert(org, webhook, row);
    else this.#update(org, webhook, row);
  }

  /** Writes what asking for another attempt changes, or canceling it. */
  resend(org: number, webhook: number, delivery: ResentDelivery): void {
    this.#statements.run(
      `UPDATE deliveries SET state = ?, cancel_reason = ?, next_us = ?, resent_after = ?, manual = ?
       WHERE org = ? AND webhook = ? AND id = ?`,
      ...standing(delivery),
      delivery.nextUs,
      delivery.resentAfter,
      delivery.manual ? 1 : 0,
      org,
      webhook,
      bytesFromId(delivery.id),
    );
  }

  /** Cancels all that waits, and holds no session up any longer. */
  cancelWaiting(org: number, webhook: number): void {
    this.#statements.run(
      `UPDATE deliveries SET state = ?, cancel_reason = ?, next_us = NULL
       WHERE org = ? AND webhook = ? AND next_us IS NOT NULL`,
      CANCELED,
      SKIPPED,
      org,
      webhook,
    );
    this.#statements.run('DELETE FROM blocks WHERE org = ? AND webhook = ?', org, webhook);
  }

  /** A session that is not held up has no cursor to move. */
  block(org: number, webhook: number, { kind, session, after, waiting }: BlockChange): void {
    this.#statements.run(
      kind === 'begins'
        ? 'INSERT OR REPLACE INTO blocks (after, waiting, org, webhook, session) VALUES (?, ?, ?, ?, ?)'
        : 'UPDATE blocks SET after = ?, waiting = ? WHERE org = ? AND webhook = ? AND session = ?',
      bytesFromId(after),
      waiting ? 1 : 0,
      org,
      webhook,
      bytesFromId(session as SessionId),
    );
  }

  unblock(org: number, webhook: number, session: SessionId): void {
    const text = 'DELETE FROM blocks WHERE org = ? AND webhook = ? AND session = ?';
    this.#statements.run(text, org, webhook, bytesFromId(session));
  }

  #insert(org: OrgState, webhook: number, row: DeliveryRow): void {
    this.#statements.run(
      `INSERT INTO deliveries (org, webhook, id, event, type_no, session, replay, state, cancel_reason, attempt_count,
                               resent_after, manual, next_us, attempts)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      org.no,
      webhook,
      bytesFromId(row.id),
      bytesFromId(row.event),
      org.types.number(row.eventType),
      row.session && bytesFromId(row.session),
      row.replay && bytesFromId(row.replay),
      ...standing(row),
      row.attemptCount,
      row.resentAfter,
      row.manual ? 1 : 0,
      row.nextUs,
      attemptsText(row.attempts),
    );
  }

  #update(org: OrgState, webhook: number, row: DeliveryRow): void {
    this.#statements.run(
      `UPDATE deliveries SET state = ?, cancel_reason = ?, attempt_count = ?, next_us = ?, attempts = ?
       WHERE org = ? AND webhook = ? AND id = ?`,
      ...standing(row),
      row.attemptCount,
      row.nextUs,
      attemptsText(row.attempts),
      org.no,
      webhook,
      bytesFromId(row.id),
    );
  }
}

/** State, cancel_reason. */
function standing({ state, cancelReason }: Pick<DeliveryRow, 'state' | 'cancelReason'>) {
  const reason = cancelReason === null ? null : CANCEL_REASONS.indexOf(cancelReason);
  return [DELIVERY_STATES.indexOf(state), reason] as const;
}

function toHead(row: HeadRow): ResentDelivery {
  return {
    id: idFromBytes('del', row.id),
    event: idFromBytes('evt', row.event),
    state: DELIVERY_STATES[row.state] as DeliveryState,
    cancelReason: null,
    attemptCount: row.attempt_count,
    resentAfter: row.resent_after,
    manual: row.manual === 1,
    nextUs: row.next_us,
  };
}

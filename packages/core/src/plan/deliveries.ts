/** Recording deliveries: what becomes of each, of its webhook, and what the account stream says of it. */
import { formatMicros } from '../clock.ts';
import { type Attempt, type CancelReason, type Delivery, type DeliveryState, nextAttemptUs } from '../deliveries.ts';
import type { DeliveryId } from '../ids.ts';
import { makeId } from '../ids.ts';
import { limits } from '../limits.ts';
import { isOver, type Replay } from '../replays.ts';
import type { FinishedDelivery, LostDelivery, RecordDeliveries, RecordedDelivery } from '../webhook-store.ts';
import type { DisabledReason, Webhook } from '../webhooks.ts';
import { serverEvent } from './event-text.ts';
import { failed, isHopeless, succeeded } from './health.ts';
import { type EventRow, OrgClock, type OrgHead, type PlanContext } from './plan.ts';

/** A delivery that has been recorded before, as recording needs it. */
export interface KnownDelivery extends Delivery {
  /** Attempts before the last time that somebody asked for another one: its schedule begins behind them. */
  readonly resentAfter: number;
  /** Whether somebody asked: then nothing is announced. */
  readonly manual: boolean;
}

/** A row of the delivery log, new or changed. */
export interface DeliveryRow extends KnownDelivery {
  readonly isNew: boolean;
}

/** What happens to the cursor of a held-up session; `begins`: it is held up from now on. */
export interface BlockChange {
  readonly session: string;
  readonly kind: 'begins' | 'moves';
  readonly after: FinishedDelivery['event'];
  readonly waiting: boolean;
}

export interface RecordPlan {
  readonly org: OrgHead;
  /** The webhook after the step; null: the lane of a replay. */
  readonly webhook: Webhook | null;
  /** The replay after the step; null: the lane of a webhook. */
  readonly replay: Replay | null;
  readonly deliveries: readonly DeliveryRow[];
  readonly blocks: readonly BlockChange[];
  readonly events: readonly EventRow[];
  readonly value: readonly RecordedDelivery[];
  readonly disabled: boolean;
}

/** The rows that the deliveries of a lane are recorded over. */
export interface RecordedOver {
  /** Where the deliveries go; null: to a URL of a replay, and nothing is logged. */
  readonly webhook: Webhook | null;
  readonly replay: Replay | null;
  known(id: DeliveryId): KnownDelivery | undefined;
}

/** Plans what one write records of a lane. Whether the lane is the writer's is the store's to check. */
export function planRecord(
  org: OrgHead,
  over: RecordedOver,
  command: RecordDeliveries,
  context: PlanContext,
): RecordPlan {
  const ledger = new Ledger(org, over, command, context);
  for (const lost of command.lost) ledger.lose(lost);
  const value = command.finished.map((finished) => ledger.finish(finished));
  return ledger.plan(value);
}

class Ledger {
  readonly #org: OrgHead;
  readonly #clock: OrgClock;
  readonly #over: RecordedOver;
  readonly #command: RecordDeliveries;
  readonly #context: PlanContext;
  readonly #rows: DeliveryRow[] = [];
  readonly #blocks: BlockChange[] = [];
  readonly #events: EventRow[] = [];
  #webhook: Webhook | null;

  constructor(org: OrgHead, over: RecordedOver, command: RecordDeliveries, context: PlanContext) {
    this.#org = org;
    this.#clock = new OrgClock(org, context.nowUs);
    this.#over = over;
    this.#command = command;
    this.#context = context;
    this.#webhook = over.webhook;
  }

  /** Notes an event that is gone before it was delivered. */
  lose(lost: LostDelivery): void {
    if (this.#webhook === null) return;
    const known = lost.delivery === null ? undefined : this.#over.known(lost.delivery);
    if (lost.delivery !== null && known === undefined) return;
    this.#row(lost, known, [], 'canceled', null, 'session_deleted');
    if (lost.session === null || known?.manual) return;
    if (lost.delivery !== null || lost.blocked) this.#moveBlock(lost, false);
  }

  /** Notes an attempt that is over, and answers what becomes of its delivery. */
  finish(finished: FinishedDelivery): RecordedDelivery {
    if (this.#webhook === null) return { id: null, nextUs: null };
    const known = finished.delivery === null ? undefined : this.#over.known(finished.delivery);
    if (finished.delivery !== null && known === undefined) return { id: null, nextUs: null };
    const last = finished.attempts.at(-1) as Attempt;
    const nextUs = last.error === null ? null : this.#nextUs(finished, known);
    const state = last.error === null ? 'succeeded' : nextUs === null ? 'failed' : 'retrying';
    const row = this.#row(finished, known, finished.attempts, state, nextUs, null);
    if (this.#over.replay === null) {
      this.#orderBehind(finished, known, nextUs);
      this.#judge(finished, last);
      if (!row.manual) this.#announce(row, last);
    }
    return { id: row.id, nextUs };
  }

  plan(value: readonly RecordedDelivery[]): RecordPlan {
    const { position } = this.#command;
    const ofWebhook = this.#over.replay === null;
    const webhook =
      ofWebhook && this.#webhook ? { ...this.#webhook, position: position ?? this.#webhook.position } : null;
    return {
      org: { lastUs: this.#clock.lastUs, accountCount: this.#org.accountCount + this.#events.length },
      webhook,
      replay: this.#over.replay && this.#progressed(this.#over.replay),
      deliveries: this.#rows,
      blocks: this.#blocks,
      events: this.#events,
      value,
      disabled: webhook !== null && webhook.disabled !== null,
    };
  }

  #nextUs({ gone, retryAfterUs, attempts }: FinishedDelivery, known: KnownDelivery | undefined): number | null {
    if (this.#over.replay !== null || gone) return null;
    const failed = (known === undefined ? 0 : known.attemptCount - known.resentAfter) + attempts.length;
    const chance = (this.#context.random(1)[0] as number) / 255;
    return nextAttemptUs(failed, this.#command.retrySeconds, this.#context.nowUs, chance, retryAfterUs);
  }

  #row(
    { event, eventType, session }: LostDelivery | FinishedDelivery,
    known: KnownDelivery | undefined,
    attempts: readonly Attempt[],
    state: DeliveryState,
    nextUs: number | null,
    cancelReason: CancelReason | null,
  ): DeliveryRow {
    const all = [...(known?.attempts ?? []), ...attempts];
    const { webhook, replay } = this.#over;
    const row: DeliveryRow = {
      id: known?.id ?? makeId('del', this.#clock.tick(), this.#context.random),
      webhook: (webhook as Webhook).id,
      event,
      eventType,
      session,
      replay: replay?.id ?? known?.replay ?? null,
      state,
      cancelReason,
      attemptCount: (known?.attemptCount ?? 0) + attempts.length,
      nextUs,
      lastAttempt: all.at(-1) ?? null,
      attempts: all.slice(-limits.attemptsKept),
      resentAfter: known?.resentAfter ?? 0,
      manual: known?.manual ?? false,
      isNew: known === undefined,
    };
    this.#rows.push(row);
    return row;
  }

  /** A delivery that waits for its next attempt holds its session up, until it is over. */
  #orderBehind(finished: FinishedDelivery, known: KnownDelivery | undefined, nextUs: number | null): void {
    if (finished.session === null || known?.manual) return;
    const waits = nextUs !== null;
    if (known === undefined && waits) this.#moveBlock(finished, true, 'begins');
    else if (known !== undefined || finished.blocked) this.#moveBlock(finished, waits);
  }

  #moveBlock(
    { session, event }: FinishedDelivery | LostDelivery,
    waiting: boolean,
    kind: BlockChange['kind'] = 'moves',
  ): void {
    this.#blocks.push({ session: session as string, kind, after: event, waiting });
  }

  /** What an attempt says of the endpoint. */
  #judge({ gone }: FinishedDelivery, { error, startedUs, durationMs }: Attempt): void {
    const webhook = this.#webhook as Webhook;
    const overUs = startedUs + Math.round(durationMs * 1000);
    const health = error === null ? succeeded(webhook, overUs) : failed(webhook, overUs);
    this.#webhook = { ...webhook, ...health };
    if (webhook.disabled !== null) return;
    if (gone) this.#disable('gone');
    else if (isHopeless(health, overUs)) this.#disable('failing');
  }

  #disable(reason: DisabledReason): void {
    const us = this.#clock.tick();
    const webhook = { ...(this.#webhook as Webhook), disabled: { us, reason }, updatedUs: us };
    this.#webhook = webhook;
    this.#tell('webhook.disabled', {
      webhook_id: webhook.id,
      url: webhook.url,
      reason,
      consecutive_failures: webhook.consecutiveFailures,
      caused_by: webhook.id,
    });
  }

  #announce(row: DeliveryRow, { error, statusCode, durationMs }: Attempt): void {
    const { announce, id, url } = this.#webhook as Webhook;
    if (announce === 'none' || (announce === 'failures' && error === null)) return;
    const subject = { webhook_id: id, delivery_id: row.id, url };
    if (error === null) {
      const answer = { status_code: statusCode, duration_ms: durationMs };
      this.#tell('webhook.sent', { ...subject, ...answer, caused_by: row.event });
      return;
    }
    const retries = { retry_count: row.attemptCount - 1, next_retry_at: row.nextUs && formatMicros(row.nextUs) };
    this.#tell('webhook.failed', { ...subject, error, ...retries, caused_by: row.event });
  }

  #tell(type: string, data: Parameters<typeof serverEvent>[3]): void {
    const author = { clock: this.#clock, context: this.#context };
    this.#events.push(serverEvent(author, this.#org.accountCount + this.#events.length + 1, type, data));
  }

  #progressed(replay: Replay): Replay {
    const { progress, position } = this.#command;
    const delivered = replay.delivered + (progress?.delivered ?? 0);
    // Attempts that were under way when somebody ended it are counted, and end it no more.
    const end = isOver(replay) ? null : (progress?.end ?? null);
    const ends = end !== null && end.status !== 'paused';
    const updatedUs = end === null ? replay.updatedUs : this.#clock.tick();
    return {
      ...replay,
      position: position ?? replay.position,
      delivered,
      // What was deleted before its turn came counts as failed, and so does what never had one.
      failed: ends ? replay.total - delivered : replay.failed + (progress?.failed ?? 0),
      status: end?.status ?? replay.status,
      reason: end?.reason ?? replay.reason,
      updatedUs,
      endedUs: ends ? updatedUs : replay.endedUs,
    };
  }
}

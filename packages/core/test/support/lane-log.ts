/** One org with webhooks and replays in memory: the state that outlives a process, changed by core's own plans. */

import type { WaitingDelivery } from '../../src/deliveries.ts';
import { type EventFilter, passes } from '../../src/event-filter.ts';
import { type DeliveryId, type EventId, makeId, type OrgId, type SessionId, type WebhookId } from '../../src/ids.ts';
import { type KnownDelivery, planRecord } from '../../src/plan/deliveries.ts';
import type { OrgHead, PlanContext } from '../../src/plan/plan.ts';
import { planCreateReplay, planMoveReplay } from '../../src/plan/replay.ts';
import { planResend } from '../../src/plan/resend.ts';
import {
  planCreateWebhook,
  planDisableWebhook,
  planEnableWebhook,
  planUpdateWebhook,
  type WebhookPlan,
} from '../../src/plan/webhook.ts';
import { type CreateReplay, isUnderWay, type Replay, type ReplayMove, replayFilter } from '../../src/replays.ts';
import type { LogEvent, LogSlice } from '../../src/store.ts';
import type { Block, Lane, LaneId, RecordDeliveries, Recorded } from '../../src/webhook-store.ts';
import type { CreateWebhook, EnableFrom, SealedSecret, UpdateWebhook, Webhook } from '../../src/webhooks.ts';
import { NOW_US, REQUEST } from './plans.ts';
import { seededBytes } from './random.ts';
import { CREATE_WEBHOOK, UNCHANGED } from './webhooks.ts';

interface LaneState {
  active: boolean;
  fence: number;
  owner: string | null;
  leaseUs: number;
}

/** What a commit has to tell. */
export interface Told {
  readonly woken?: readonly SessionId[];
  readonly lanesChanged?: boolean;
  readonly deleted?: readonly SessionId[];
}

export const NOTE = 'note.added';

export class LaneLog {
  readonly org: OrgId;
  readonly rows: LogEvent[] = [];
  readonly deleted = new Set<SessionId>();
  readonly webhooks = new Map<WebhookId, Webhook>();
  readonly replays = new Map<string, Replay>();
  readonly deliveries = new Map<DeliveryId, KnownDelivery>();
  readonly blocks = new Map<WebhookId, Map<SessionId, Block>>();
  /** Everything that was recorded, in the order of its commits. */
  readonly records: RecordDeliveries[] = [];
  /** Those that sign, of every lane. */
  secrets: readonly SealedSecret[] = [{ sealed: Uint8Array.of(1), expiresUs: null }];
  /** Faults that tests plant. */
  ignoresFences = false;
  readonly #lanes = new Map<LaneId, LaneState>();
  readonly #random: ReturnType<typeof seededBytes>;
  readonly #nowUs: () => number;
  readonly #tell: (told: Told) => void;
  #head: OrgHead = { lastUs: NOW_US - 1_000_000, accountCount: 0 };

  constructor(seed: number, nowUs: () => number, tell: (told: Told) => void) {
    this.#random = seededBytes(seed);
    this.#nowUs = nowUs;
    this.#tell = tell;
    this.org = makeId('org', NOW_US, this.#random);
  }

  get lastUs(): number {
    return this.#head.lastUs;
  }

  newSession(): SessionId {
    return makeId('sess', this.#tick(), this.#random);
  }

  append(session: SessionId | null, type = NOTE, about: SessionId | null = null): EventId {
    const id = makeId('evt', this.#tick(), this.#random);
    this.#add(id, type, session, about);
    this.#tell({ woken: session === null ? [] : [session] });
    return id;
  }

  deleteSession(session: SessionId): void {
    this.deleted.add(session);
    this.#add(makeId('evt', this.#tick(), this.#random), 'session.deleted', null, session);
    this.#tell({ woken: [session], deleted: [session] });
  }

  createWebhook(changes: Partial<CreateWebhook> = {}): WebhookId {
    const command = { ...CREATE_WEBHOOK, events: ['note.*'], announce: 'none', ...changes } as const;
    const plan = planCreateWebhook(this.#head, this.webhooks.size, command, this.#context());
    this.#lanes.set(plan.webhook.id, { active: true, fence: 0, owner: null, leaseUs: 0 });
    this.blocks.set(plan.webhook.id, new Map());
    this.#changeWebhook(plan);
    return plan.webhook.id;
  }

  updateWebhook(id: WebhookId, changes: Partial<UpdateWebhook>): void {
    this.#changeWebhook(planUpdateWebhook(this.#head, this.webhook(id), { ...UNCHANGED, ...changes }, this.#context()));
  }

  disableWebhook(id: WebhookId): void {
    this.#changeWebhook(planDisableWebhook(this.#head, this.webhook(id), this.#context()));
  }

  enableWebhook(id: WebhookId, from: EnableFrom): void {
    this.#changeWebhook(planEnableWebhook(this.#head, this.webhook(id), from, this.#context()));
  }

  deleteWebhook(id: WebhookId): void {
    this.webhooks.delete(id);
    this.#lanes.delete(id);
    this.#tell({ lanesChanged: true });
  }

  resend(id: DeliveryId): void {
    const before = this.deliveries.get(id) as KnownDelivery;
    this.deliveries.set(id, planResend(before, this.event(before.event) !== null, this.#nowUs()));
    this.#tell({ lanesChanged: true });
  }

  createReplay(target: CreateReplay['target'], changes: Partial<CreateReplay> = {}): string {
    const range = { sinceUs: 0, untilUs: this.lastUs + 1, types: null, session: null, ...changes };
    const through = this.rows.at(-1)?.id ?? null;
    const total = this.visible().filter((row) => passes(replayFilter(range), row)).length;
    const webhook = 'webhook' in target ? this.webhook(target.webhook) : null;
    const command = { dialect: 'cloud', target, rate: null, total, through, ...range } as const;
    const plan = planCreateReplay(this.#head, command, webhook, 0, this.#context());
    this.#head = plan.org;
    this.#lanes.set(plan.replay.id, { active: isUnderWay(plan.replay), fence: 0, owner: null, leaseUs: 0 });
    this.replays.set(plan.replay.id, plan.replay);
    this.#tell({ lanesChanged: true });
    return plan.replay.id;
  }

  moveReplay(id: string, move: ReplayMove): void {
    const plan = planMoveReplay(this.#head, this.replay(id), move, this.#context());
    this.#head = plan.org;
    this.#setReplay(plan.replay);
    this.#tell({ lanesChanged: true });
  }

  webhook(id: WebhookId): Webhook {
    return this.webhooks.get(id) as Webhook;
  }

  replay(id: string): Replay {
    return this.replays.get(id) as Replay;
  }

  /** Takes the lanes of an org from whoever owns them, as if its lease had ended. */
  endLeases(): void {
    for (const lane of this.#lanes.values()) lane.leaseUs = 0;
  }

  // What a store does for the dispatcher.

  hasLanes(): boolean {
    return [...this.#lanes.values()].some(({ active }) => active);
  }

  claim(owner: string, untilUs: number): readonly Lane[] {
    const claimed: Lane[] = [];
    for (const [id, lane] of this.#lanes) {
      if (!lane.active || (lane.owner !== null && lane.owner !== owner && lane.leaseUs >= this.#nowUs())) continue;
      if (lane.owner !== owner) lane.fence++;
      lane.owner = owner;
      lane.leaseUs = untilUs;
      claimed.push(this.#laneOf(id, lane.fence));
    }
    return claimed;
  }

  release(owner: string): void {
    for (const lane of this.#lanes.values()) if (lane.owner === owner) lane.owner = null;
  }

  record(command: RecordDeliveries): Recorded {
    const lane = this.#lanes.get(command.lane);
    const isFenced = lane?.owner === null || lane?.fence !== command.fence;
    if (lane === undefined || (isFenced && !this.ignoresFences)) return { kind: 'fenced' };
    this.records.push(command);
    const replay = this.replays.get(command.lane) ?? null;
    const webhookId = (replay === null ? command.lane : replay.webhook) as WebhookId | null;
    const webhook = (webhookId && this.webhooks.get(webhookId)) || null;
    const over = { webhook, replay, known: (id: DeliveryId) => this.deliveries.get(id) };
    const plan = planRecord(this.#head, over, command, this.#context());
    this.#head = plan.org;
    for (const { isNew: _, ...row } of plan.deliveries) this.deliveries.set(row.id, row);
    this.#moveBlocks(webhookId, command.unblocked, plan.blocks);
    for (const { id, type } of plan.events) this.#add(id, type, null, null);
    if (plan.events.length > 0) this.#tell({ woken: [] });
    if (plan.replay !== null) this.#setReplay(plan.replay);
    if (plan.webhook !== null) {
      this.webhooks.set(plan.webhook.id, plan.webhook);
      if (plan.disabled) lane.active = false;
      if (plan.disabled) this.#tell({ lanesChanged: true });
    }
    return { kind: 'recorded', deliveries: plan.value, disabled: plan.disabled };
  }

  waiting(webhook: WebhookId, limit: number) {
    const data = [...this.deliveries.values()]
      .filter((delivery) => delivery.webhook === webhook && delivery.nextUs !== null)
      .map((delivery) => delivery as unknown as WaitingDelivery)
      .toSorted((a, b) => a.nextUs - b.nextUs);
    return { data: data.slice(0, limit), retrying: data.filter(({ state }) => state === 'retrying').length };
  }

  blocksOf(webhook: WebhookId): readonly Block[] {
    return [...(this.blocks.get(webhook)?.values() ?? [])];
  }

  visible(): readonly LogEvent[] {
    return this.rows.filter(({ sessionId }) => sessionId === null || !this.deleted.has(sessionId));
  }

  event(id: EventId): LogEvent | null {
    return this.visible().find((row) => row.id === id) ?? null;
  }

  slice(after: EventId | null, filter: EventFilter | null, bound: number): LogSlice {
    const next = this.visible().filter(({ id }) => id > (after ?? ''));
    const looked = next.slice(0, bound);
    return {
      events: looked.filter((row) => passes(filter, row)),
      position: looked.at(-1)?.id ?? after,
      atHead: looked.length === next.length,
      ended: false,
    };
  }

  /** Deliveries of a state, in the order in which they were made. */
  inState(state: KnownDelivery['state']): readonly KnownDelivery[] {
    return [...this.deliveries.values()].filter((delivery) => delivery.state === state);
  }

  #tick(): number {
    const lastUs = Math.max(this.#nowUs(), this.#head.lastUs + 1);
    this.#head = { ...this.#head, lastUs };
    return lastUs;
  }

  #context(): PlanContext {
    return { nowUs: this.#nowUs(), random: this.#random, requestId: REQUEST };
  }

  #add(id: EventId, type: string, sessionId: SessionId | null, aboutSession: SessionId | null): void {
    const references = { sessionId, aboutSession, agentId: null, aboutAgent: null };
    this.rows.push({ id, type, text: new Uint8Array(10), ...references, origin: 'native', requestId: REQUEST });
  }

  #changeWebhook({ org, webhook, changed, restarted }: WebhookPlan): void {
    if (!changed) return;
    this.#head = org;
    this.webhooks.set(webhook.id, webhook);
    const lane = this.#lanes.get(webhook.id) as LaneState;
    lane.active = webhook.disabled === null;
    if (restarted) {
      lane.fence++;
      lane.owner = null;
      this.blocks.get(webhook.id)?.clear();
      for (const [id, delivery] of this.deliveries) {
        if (delivery.webhook !== webhook.id || delivery.nextUs === null) continue;
        this.deliveries.set(id, { ...delivery, state: 'canceled', cancelReason: 'skipped', nextUs: null });
      }
    }
    this.#tell({ lanesChanged: true });
  }

  #setReplay(replay: Replay): void {
    this.replays.set(replay.id, replay);
    (this.#lanes.get(replay.id) as LaneState).active = isUnderWay(replay);
  }

  #laneOf(id: LaneId, fence: number): Lane {
    const { secrets } = this;
    const replay = this.replays.get(id);
    if (replay === undefined) {
      const webhook = this.webhook(id as WebhookId);
      return { kind: 'webhook', id, fence, revision: webhook.updatedUs, secrets, webhook };
    }
    const webhook = (replay.webhook && this.webhooks.get(replay.webhook)) || null;
    const revision = Math.max(replay.updatedUs, webhook?.updatedUs ?? 0);
    const running: Replay = { ...replay, status: 'running' };
    this.replays.set(id, running);
    return { kind: 'replay', id, fence, revision, secrets, replay: running, webhook };
  }

  #moveBlocks(
    webhook: WebhookId | null,
    unblocked: readonly SessionId[],
    changes: ReturnType<typeof planRecord>['blocks'],
  ): void {
    const blocks = webhook === null ? undefined : this.blocks.get(webhook);
    for (const session of unblocked) blocks?.delete(session);
    for (const change of changes) {
      const session = change.session as SessionId;
      if (change.kind === 'begins' || blocks?.has(session)) {
        blocks?.set(session, { session, after: change.after, waiting: change.waiting });
      }
    }
  }
}

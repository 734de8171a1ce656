/** What a store keeps of webhooks, their deliveries and replays; part of the Store port, under its rules. */

import type { PageQuery } from './cursors.ts';
import type { Attempt, Delivery, DeliveryQuery, DeliverySummary, WaitingDelivery } from './deliveries.ts';
import type { EventFilter } from './event-filter.ts';
import type { DeliveryId, EventId, OrgId, ReplayId, SessionId, WebhookId } from './ids.ts';
import type { Provenance } from './origins.ts';
import type { CreateReplay, Replay, ReplayMove, ReplayReason } from './replays.ts';
import type { LogEvent, Outcome, Page, WriteContext } from './store.ts';
import type {
  CreateWebhook,
  EnableFrom,
  RotateWebhookSecret,
  SealedSecret,
  UpdateWebhook,
  Webhook,
} from './webhooks.ts';

export interface WebhookStore {
  /** Begins at the head. `too_many_webhooks`, `idempotency_key_reused`. */
  createWebhook(org: OrgId, command: CreateWebhook, context: WriteContext): Promise<Outcome<Webhook>>;
  /** `webhook_not_found`, `invalid_request` (too many metadata pairs), `idempotency_key_reused`. */
  updateWebhook(org: OrgId, id: WebhookId, command: UpdateWebhook, context: WriteContext): Promise<Outcome<Webhook>>;
  /** From its commit on nobody finds the webhook; its deliveries go in the background. `webhook_not_found`. */
  deleteWebhook(org: OrgId, id: WebhookId, context: WriteContext): Promise<Outcome<{ readonly id: WebhookId }>>;
  /**
   * An enabled webhook stays as it is. From `now`: the cursor moves to the head, what waits is canceled, and whoever owns
   * the lane loses it. `webhook_not_found`, `idempotency_key_reused`.
   */
  enableWebhook(org: OrgId, id: WebhookId, from: EnableFrom, context: WriteContext): Promise<Outcome<Webhook>>;
  /** A disabled webhook stays as it is; its cursor stays where it is. `webhook_not_found`, `idempotency_key_reused`. */
  disableWebhook(org: OrgId, id: WebhookId, context: WriteContext): Promise<Outcome<Webhook>>;
  /** Forgets expired secrets. `webhook_not_found`, `secrets_overlap`, `idempotency_key_reused`. */
  rotateWebhookSecret(
    org: OrgId,
    id: WebhookId,
    command: RotateWebhookSecret,
    context: WriteContext,
  ): Promise<Outcome<Webhook>>;
  /**
   * Asks for another attempt now, with a schedule that begins anew. `webhook_not_found`, `webhook_disabled`,
   * `delivery_not_found`, `delivery_running` (pending, or due by its own schedule), `event_gone`, `idempotency_key_reused`.
   */
  resendDelivery(
    org: OrgId,
    webhook: WebhookId,
    delivery: DeliveryId,
    context: WriteContext,
  ): Promise<Outcome<Delivery>>;
  /**
   * Does the same with failed deliveries, oldest first, at most `limits.recoveredDeliveries` of them; `more`: ask again,
   * from `after`, with what was counted. Deliveries of events that are gone are passed over. The step that leaves nothing
   * keeps its answer under the idempotency key. `webhook_not_found`, `webhook_disabled`, `idempotency_key_reused`.
   */
  recoverDeliveries(
    org: OrgId,
    webhook: WebhookId,
    query: RecoverQuery,
    context: WriteContext,
  ): Promise<Outcome<Recovered>>;

  /** Null: no such webhook in this org. */
  getWebhook(org: OrgId, id: WebhookId): Promise<Webhook | null>;
  /** A cursor is a position, as in `listSessions`. */
  listWebhooks(org: OrgId, query: PageQuery<'wh'>): Promise<Page<Webhook>>;
  /** Those that sign now, the current one first. `webhook_not_found`. */
  webhookSecrets(org: OrgId, id: WebhookId): Promise<readonly SealedSecret[]>;
  /** Null: no such delivery of this webhook. */
  getDelivery(org: OrgId, webhook: WebhookId, id: DeliveryId): Promise<Delivery | null>;
  /**
   * A page may end before it is full, with more to look at, once it has found something; a cursor is a position.
   * `webhook_not_found`.
   */
  listDeliveries(org: OrgId, webhook: WebhookId, query: DeliveryQuery): Promise<DeliveryPage>;
  /** Counts matching events behind a position, in slices. */
  countFeed(org: OrgId, query: FeedCountQuery): Promise<FeedCount>;
}

export interface RecoverQuery {
  /** Deliveries whose first attempt was over at or after this microsecond. */
  readonly sinceUs: number;
  /** Only behind this delivery; null: from the oldest on. */
  readonly after: DeliveryId | null;
  /** What earlier steps of the same request have counted. */
  readonly counted: number;
}

export interface Recovered {
  /** Together with what earlier steps have counted. */
  readonly count: number;
  readonly more: boolean;
  /** The last delivery that was looked at; null: none. */
  readonly after: DeliveryId | null;
}

export interface DeliveryPage extends Page<DeliverySummary> {
  /** The last id looked at in the direction of travel; null: nothing stands there. */
  readonly scannedThrough: DeliveryId | null;
}

export interface FeedCountQuery {
  readonly filter: EventFilter;
  /** Events behind this one; null: from the first. */
  readonly after: EventId | null;
  /** Events of these microseconds only; the second is excluded. Null: no bound. */
  readonly fromUs: number | null;
  readonly untilUs: number | null;
  /** Events up to this one, included; null: up to the head. */
  readonly through: EventId | null;
  /** Count no further. */
  readonly max: number;
}

export interface FeedCount {
  readonly count: number;
  /** The first match; null: there is none. */
  readonly first: EventId | null;
}

export interface ReplayStore {
  /** `webhook_not_found`, `webhook_disabled`, `too_many_replays`, `idempotency_key_reused`. */
  createReplay(org: OrgId, command: CreateReplay, context: WriteContext): Promise<Outcome<Replay>>;
  /** A move to where it stands changes nothing. `replay_not_found`, `replay_ended`, `idempotency_key_reused`. */
  moveReplay(org: OrgId, id: ReplayId, move: ReplayMove, context: WriteContext): Promise<Outcome<Replay>>;
  /** Null: no such replay in this org. */
  getReplay(org: OrgId, id: ReplayId): Promise<Replay | null>;
  /** A cursor is a position, as in `listSessions`. */
  listReplays(org: OrgId, query: PageQuery<'rpl'>): Promise<Page<Replay>>;
}

/** A durable cursor with an owner: that of a webhook, or of a replay. */
export type LaneId = WebhookId | ReplayId;

/** What the owner of a lane works with. */
export type Lane = {
  readonly id: LaneId;
  /** Goes with every write; a write with another one than the lane's is refused. */
  readonly fence: number;
  /** Rises when somebody changes what the lane does. */
  readonly revision: number;
  /** Those that sign now, the current one first. */
  readonly secrets: readonly SealedSecret[];
} & (
  | { readonly kind: 'webhook'; readonly webhook: Webhook }
  /** `webhook`: where it goes to, when that is a webhook. */
  | { readonly kind: 'replay'; readonly replay: Replay; readonly webhook: Webhook | null }
);

/**
 * A session whose order a failed delivery holds up: its events behind `after`, up to the webhook's cursor and what was
 * read beyond it, are delivered one by one. `waiting`: the delivery of `after` itself waits for its next attempt.
 */
export interface Block {
  readonly session: SessionId;
  readonly after: EventId;
  readonly waiting: boolean;
}

/** An event whose attempt is over; of a replay, all its attempts. */
export interface FinishedDelivery {
  readonly event: EventId;
  readonly eventType: string;
  /** In whose order it goes; null also when nobody asked for order. */
  readonly session: SessionId | null;
  /** Null: nothing is recorded of it yet. */
  readonly delivery: DeliveryId | null;
  /** Behind a delivery that held its session up. */
  readonly blocked: boolean;
  /** Oldest first, at least one. */
  readonly attempts: readonly Attempt[];
  /** The endpoint wants no more of it, ever: it answered 410. */
  readonly gone: boolean;
  /** Not before this microsecond, as the endpoint asked. */
  readonly retryAfterUs: number | null;
}

/** An event that is gone before it was delivered. */
export interface LostDelivery {
  readonly event: EventId;
  readonly eventType: string;
  readonly session: SessionId | null;
  readonly delivery: DeliveryId | null;
  readonly blocked: boolean;
}

export interface RecordDeliveries {
  readonly lane: LaneId;
  readonly fence: number;
  /** The cursor moves here; null: it stays. */
  readonly position: EventId | null;
  /** In the order in which they were over. */
  readonly finished: readonly FinishedDelivery[];
  readonly lost: readonly LostDelivery[];
  /** Sessions that nothing holds up any longer. */
  readonly unblocked: readonly SessionId[];
  /** The waits before each attempt; see `nextAttemptUs`. */
  readonly retrySeconds: readonly number[];
  /** Of a replay: what the cursor has moved over, and how the replay goes on. */
  readonly progress?: {
    readonly delivered: number;
    readonly failed: number;
    readonly end: { readonly status: 'completed' | 'paused' | 'failed'; readonly reason: ReplayReason | null } | null;
  };
}

/** What became of a recorded delivery. */
export interface RecordedDelivery {
  /** Null: nothing is logged of it (a replay to a URL). */
  readonly id: DeliveryId | null;
  /** When its next attempt may begin; null: it is over. */
  readonly nextUs: number | null;
}

/** `fenced`: somebody else owns the lane, or it is gone; nothing was written. */
export type Recorded =
  | { readonly kind: 'recorded'; readonly deliveries: readonly RecordedDelivery[]; readonly disabled: boolean }
  | { readonly kind: 'fenced' };

export interface LaneStore {
  /**
   * Takes the org's lanes that are to be served and that nobody else owns, keeps those that this owner has, until the
   * given microsecond, and answers them all. A lane that changes hands gets a new fence; a queued replay is running.
   */
  claimLanes(org: OrgId, claim: { readonly owner: string; readonly untilUs: number }): Promise<readonly Lane[]>;
  /** Lets go of all lanes of this owner. */
  releaseLanes(org: OrgId, owner: string): Promise<void>;
  /** All in one step, with the account events that tell of it. */
  recordDeliveries(org: OrgId, command: RecordDeliveries, context: WriteContext): Promise<Recorded>;
  /** Deliveries that wait for another attempt, the earliest first; and how many `retrying` there are. */
  waitingDeliveries(
    org: OrgId,
    webhook: WebhookId,
    limit: number,
  ): Promise<{ readonly data: readonly WaitingDelivery[]; readonly retrying: number }>;
  blocksOf(org: OrgId, webhook: WebhookId): Promise<readonly Block[]>;
}

/** An event as deliveries show it. */
export type DeliveredEvent = Pick<LogEvent, 'id'> & Provenance & { readonly text: Uint8Array | string };

/** Replays: a bounded second reading of the feed, delivered to a webhook or to a URL. */
import { invalid } from './errors.ts';
import type { EventFilter } from './event-filter.ts';
import type { EventId, ReplayId, SessionId, WebhookId } from './ids.ts';
import { DELIVERY_EVENTS, type DeliveryDialect } from './webhooks.ts';

/** Stored by their index. */
export const REPLAY_STATUSES = ['queued', 'running', 'paused', 'completed', 'canceled', 'failed'] as const;
export type ReplayStatus = (typeof REPLAY_STATUSES)[number];

/** Why a replay stands as it does, where nobody asked for it. */
export const REPLAY_REASONS = ['endpoint_failing', 'endpoint_gone', 'webhook_deleted', 'webhook_disabled'] as const;
export type ReplayReason = (typeof REPLAY_REASONS)[number];

/** What is replayed: the matching events between two positions of the feed. */
export interface ReplayRange {
  readonly sinceUs: number;
  readonly untilUs: number;
  /** Type patterns; null: every type but the server's own about deliveries. */
  readonly types: readonly string[] | null;
  /** `none`: a name that stands for no session. */
  readonly session: SessionId | 'none' | null;
}

export interface Replay extends ReplayRange {
  readonly id: ReplayId;
  readonly dialect: DeliveryDialect;
  /** Null: it goes to a URL of its own. */
  readonly webhook: WebhookId | null;
  readonly url: string;
  /** Deliveries a second, at most; null: as many as the endpoint takes. */
  readonly rate: number | null;
  readonly status: ReplayStatus;
  readonly reason: ReplayReason | null;
  /** Matching events, counted before it began. */
  readonly total: number;
  readonly delivered: number;
  readonly failed: number;
  /** The cursor: every matching event up to here is counted as delivered or failed; null: none yet. */
  readonly position: EventId | null;
  /** The last event of the feed that it reads; null: there is nothing to read. */
  readonly through: EventId | null;
  readonly createdUs: number;
  readonly updatedUs: number;
  /** When it was over; null: it is not. */
  readonly endedUs: number | null;
}

export interface CreateReplay extends ReplayRange {
  readonly dialect: DeliveryDialect;
  readonly target: { readonly webhook: WebhookId } | { readonly url: string; readonly sealedSecret: Uint8Array };
  readonly rate: number | null;
  readonly total: number;
  readonly through: EventId | null;
}

export const REPLAY_MOVES = ['pause', 'resume', 'cancel'] as const;
export type ReplayMove = (typeof REPLAY_MOVES)[number];

const UNDER_WAY: ReadonlySet<ReplayStatus> = new Set(['queued', 'running']);
const ENDED: ReadonlySet<ReplayStatus> = new Set(['completed', 'canceled', 'failed']);

/** Whether a replay is to be served. */
export function isUnderWay({ status }: Pick<Replay, 'status'>): boolean {
  return UNDER_WAY.has(status);
}

export function isOver({ status }: Pick<Replay, 'status'>): boolean {
  return ENDED.has(status);
}

/** Throws `invalid_request` unless the range can hold an event. */
export function checkReplayRange({ sinceUs, untilUs }: Pick<ReplayRange, 'sinceUs' | 'untilUs'>): void {
  if (sinceUs < untilUs) return;
  throw invalid('until', "'until' must lie after 'since': the range includes 'since' and ends before 'until'.");
}

/** What a replay reads of its range: the server's own events about deliveries only when they are asked for. */
export function replayFilter({ types, session }: Pick<ReplayRange, 'types' | 'session'>): EventFilter {
  return { types, exceptTypes: types === null ? [DELIVERY_EVENTS] : [], session, agentId: null };
}

/** Webhooks, deliveries and replays for tests of what is decided about them. */
import type { Attempt } from '../../src/deliveries.ts';
import type { EventId } from '../../src/ids.ts';
import type { KnownDelivery } from '../../src/plan/deliveries.ts';
import type { Replay } from '../../src/replays.ts';
import type { FinishedDelivery, RecordDeliveries } from '../../src/webhook-store.ts';
import type { CreateWebhook, UpdateWebhook, Webhook } from '../../src/webhooks.ts';
import { NOW_US } from './plans.ts';

export const WEBHOOK_ID = 'wh_01KRWJR38XFMSY8PMCZS0ANP7Z';
export const EVENT_ID: EventId = 'evt_01KRWJR38XFMSY8PMCZS0ANP7Z';
export const NEXT_EVENT_ID: EventId = 'evt_01KRWJR38XFMSY8PMCZS0ANP80';
export const SESSION_ID = 'sess_01KRWJR38XFMSY8PMCZS0ANP7Z';

export const CREATE_WEBHOOK: CreateWebhook = {
  dialect: 'cloud',
  url: 'https://example.com/hook',
  events: ['session.*'],
  description: null,
  metadata: { team: 'a' },
  ordering: 'none',
  rateLimit: null,
  announce: 'all',
  sealedSecret: Uint8Array.of(1, 2, 3),
};

export const UNCHANGED: UpdateWebhook = {
  url: undefined,
  events: undefined,
  description: undefined,
  metadata: undefined,
  ordering: undefined,
  rateLimit: undefined,
  announce: undefined,
};

export function webhookOf(changes: Partial<Webhook> = {}): Webhook {
  const { sealedSecret: _, ...members } = CREATE_WEBHOOK;
  return {
    ...members,
    id: WEBHOOK_ID,
    createdUs: NOW_US - 10,
    updatedUs: NOW_US - 10,
    disabled: null,
    lastSuccessUs: null,
    lastFailureUs: null,
    consecutiveFailures: 0,
    failingSinceUs: null,
    position: EVENT_ID,
    previousSecretExpiresUs: null,
    ...changes,
  };
}

export function attemptOf(changes: Partial<Attempt> = {}): Attempt {
  return { startedUs: NOW_US - 5_000, durationMs: 5, statusCode: 200, error: null, excerpt: null, ...changes };
}

export const FAILURE: Attempt = attemptOf({ statusCode: 500, error: 'HTTP 500', excerpt: 'oops' });

export function finishedOf(changes: Partial<FinishedDelivery> = {}): FinishedDelivery {
  return {
    event: EVENT_ID,
    eventType: 'session.started',
    session: null,
    delivery: null,
    blocked: false,
    attempts: [attemptOf()],
    gone: false,
    retryAfterUs: null,
    ...changes,
  };
}

export function recordOf(
  finished: readonly FinishedDelivery[],
  changes: Partial<RecordDeliveries> = {},
): RecordDeliveries {
  return {
    lane: WEBHOOK_ID,
    fence: 1,
    position: null,
    finished,
    lost: [],
    unblocked: [],
    retrySeconds: [0, 5, 30],
    ...changes,
  };
}

export function knownOf(changes: Partial<KnownDelivery> = {}): KnownDelivery {
  return {
    id: 'del_01KRWJR38XFMSY8PMCZS0ANP7Z',
    webhook: WEBHOOK_ID,
    event: EVENT_ID,
    eventType: 'session.started',
    session: null,
    replay: null,
    state: 'retrying',
    cancelReason: null,
    attemptCount: 1,
    nextUs: NOW_US + 1,
    lastAttempt: FAILURE,
    attempts: [FAILURE],
    resentAfter: 0,
    manual: false,
    ...changes,
  };
}

export function replayOf(changes: Partial<Replay> = {}): Replay {
  return {
    id: 'rpl_01KRWJR38XFMSY8PMCZS0ANP7Z',
    dialect: 'cloud',
    webhook: null,
    url: 'https://example.com/replay',
    sinceUs: 0,
    untilUs: NOW_US,
    types: null,
    session: null,
    rate: null,
    status: 'running',
    reason: null,
    total: 10,
    delivered: 3,
    failed: 1,
    position: EVENT_ID,
    through: NEXT_EVENT_ID,
    createdUs: NOW_US - 100,
    updatedUs: NOW_US - 100,
    endedUs: null,
    ...changes,
  };
}

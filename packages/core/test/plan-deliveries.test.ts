import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMicros } from '../src/clock.ts';
import { nextAttemptUs } from '../src/deliveries.ts';
import type { SessionId } from '../src/ids.ts';
import { limits } from '../src/limits.ts';
import { type KnownDelivery, planRecord, type RecordPlan } from '../src/plan/deliveries.ts';
import { planResend } from '../src/plan/resend.ts';
import type { Replay } from '../src/replays.ts';
import type { FinishedDelivery, RecordDeliveries } from '../src/webhook-store.ts';
import type { Webhook } from '../src/webhooks.ts';
import { contextOf, headOf, NOW_US } from './support/plans.ts';
import { expectRefusal } from './support/refusals.ts';
import {
  attemptOf,
  EVENT_ID,
  FAILURE,
  finishedOf,
  knownOf,
  NEXT_EVENT_ID,
  recordOf,
  replayOf,
  SESSION_ID,
  WEBHOOK_ID,
  webhookOf,
} from './support/webhooks.ts';

const SECOND_US = 1_000_000;
const DAY_US = 24 * 60 * 60 * SECOND_US;

interface Over {
  readonly webhook?: Webhook | null;
  readonly replay?: Replay | null;
  readonly known?: readonly KnownDelivery[];
  readonly command?: Partial<RecordDeliveries>;
}

function record(finished: readonly FinishedDelivery[], over: Over = {}): RecordPlan {
  const { webhook = webhookOf(), replay = null, known = [], command } = over;
  const rows = { webhook, replay, known: (id: string) => known.find((row) => row.id === id) };
  return planRecord(headOf(), rows, recordOf(finished, command), contextOf());
}

function dataOf(plan: RecordPlan): unknown[] {
  return plan.events.map(({ text }) => JSON.parse(text).data);
}

describe('the time of the next attempt', () => {
  it('keeps to the schedule, give or take a fifth, and ends with it', () => {
    fc.assert(
      fc.property(fc.nat(12), fc.double({ min: 0, max: 1, noNaN: true }), (failed, chance) => {
        const next = nextAttemptUs(failed, limits.retrySeconds, NOW_US, chance, null);
        const seconds = limits.retrySeconds[failed];
        if (seconds === undefined) {
          expect(next).toBeNull();
          return;
        }
        expect(next).toBeGreaterThanOrEqual(NOW_US + Math.floor(seconds * 0.8 * SECOND_US));
        expect(next).toBeLessThanOrEqual(NOW_US + Math.ceil(seconds * 1.2 * SECOND_US));
      }),
    );
  });

  it('is ten attempts over two days: 0, 5 s, 30 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h', () => {
    expect(limits.retrySeconds).toEqual([0, 5, 30, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000]);
  });

  it('is not before the endpoint wants it', () => {
    const askedUs = NOW_US + 3_600 * SECOND_US;
    expect(nextAttemptUs(1, [0, 5], NOW_US, 0.5, askedUs)).toBe(askedUs);
    expect(nextAttemptUs(1, [0, 5], NOW_US, 0.5, NOW_US + 1)).toBe(NOW_US + 5 * SECOND_US);
    expect(nextAttemptUs(2, [0, 5], NOW_US, 0.5, askedUs)).toBeNull();
  });
});

describe('recording an attempt', () => {
  it('of a delivered event: one row, one announcement as the seed shows it, and a healthy endpoint', () => {
    const before = webhookOf({ consecutiveFailures: 3, failingSinceUs: 5, lastFailureUs: 5 });
    const plan = record([finishedOf()], { webhook: before, command: { position: NEXT_EVENT_ID } });
    const [row] = plan.deliveries;
    expect(row).toMatchObject({ isNew: true, state: 'succeeded', attemptCount: 1, nextUs: null, event: EVENT_ID });
    expect(plan.value).toEqual([{ id: row?.id, nextUs: null }]);
    expect(plan.webhook).toEqual({
      ...before,
      position: NEXT_EVENT_ID,
      lastSuccessUs: NOW_US,
      consecutiveFailures: 0,
      failingSinceUs: null,
    });
    expect(plan.events.map(({ type, seq, origin }) => [type, seq, origin])).toEqual([['webhook.sent', 8, 'server']]);
    expect(dataOf(plan)).toEqual([
      {
        webhook_id: WEBHOOK_ID,
        delivery_id: row?.id,
        url: 'https://example.com/hook',
        status_code: 200,
        duration_ms: 5,
        caused_by: EVENT_ID,
      },
    ]);
    expect(plan.org).toEqual({ lastUs: NOW_US + 1, accountCount: 8 });
  });

  it('that failed: it waits for its next attempt, and the announcement says until when', () => {
    const plan = record([finishedOf({ attempts: [FAILURE] })]);
    const [row] = plan.deliveries;
    expect(row).toMatchObject({ state: 'retrying', attemptCount: 1 });
    expect(row?.nextUs).toBeGreaterThanOrEqual(NOW_US + 4 * SECOND_US);
    expect(plan.webhook).toMatchObject({ consecutiveFailures: 1, failingSinceUs: NOW_US, lastFailureUs: NOW_US });
    expect(dataOf(plan)).toEqual([
      {
        webhook_id: WEBHOOK_ID,
        delivery_id: row?.id,
        url: 'https://example.com/hook',
        error: 'HTTP 500',
        retry_count: 0,
        next_retry_at: formatMicros(row?.nextUs ?? 0),
        caused_by: EVENT_ID,
      },
    ]);
  });

  it('that was the last of the schedule: the delivery has failed, with next_retry_at null', () => {
    const known = knownOf({ attemptCount: 2, attempts: [FAILURE, FAILURE] });
    const plan = record([finishedOf({ delivery: known.id, attempts: [FAILURE] })], { known: [known] });
    expect(plan.deliveries).toMatchObject([
      { isNew: false, id: known.id, state: 'failed', attemptCount: 3, nextUs: null },
    ]);
    expect(plan.deliveries[0]?.attempts).toHaveLength(3);
    expect(dataOf(plan)).toMatchObject([{ error: 'HTTP 500', retry_count: 2, next_retry_at: null }]);
  });

  it('shows the last attempts only, and counts all', () => {
    const attempts = Array.from({ length: limits.attemptsKept }, () => FAILURE);
    const known = knownOf({ attemptCount: 50, attempts, resentAfter: 50, manual: true });
    const plan = record([finishedOf({ delivery: known.id, attempts: [attemptOf()] })], { known: [known] });
    expect(plan.deliveries[0]).toMatchObject({ attemptCount: 51, state: 'succeeded' });
    expect(plan.deliveries[0]?.attempts).toHaveLength(limits.attemptsKept);
    expect(plan.deliveries[0]?.attempts.at(-1)?.error).toBeNull();
  });

  it('announces what the webhook wants announced, and nothing that somebody asked for', () => {
    const both = [finishedOf(), finishedOf({ attempts: [FAILURE] })];
    const typesOf = (over: Over) => record(both, over).events.map(({ type }) => type);
    expect(typesOf({})).toEqual(['webhook.sent', 'webhook.failed']);
    expect(typesOf({ webhook: webhookOf({ announce: 'failures' }) })).toEqual(['webhook.failed']);
    expect(typesOf({ webhook: webhookOf({ announce: 'none' }) })).toEqual([]);
    const manual = knownOf({ manual: true });
    expect(record([finishedOf({ delivery: manual.id })], { known: [manual] }).events).toEqual([]);
  });

  it('of a delivery that is gone writes nothing', () => {
    const plan = record([finishedOf({ delivery: knownOf().id })]);
    expect([plan.deliveries, plan.events, plan.value]).toEqual([[], [], [{ id: null, nextUs: null }]]);
  });
});

describe('disabling', () => {
  it('410 disables at once, and the delivery is not tried again', () => {
    const gone = attemptOf({ statusCode: 410, error: 'HTTP 410' });
    const plan = record([finishedOf({ attempts: [gone], gone: true })]);
    expect(plan.disabled).toBe(true);
    expect(plan.deliveries).toMatchObject([{ state: 'failed', nextUs: null }]);
    expect(plan.webhook?.disabled?.reason).toBe('gone');
    expect(plan.events.map(({ type }) => type)).toEqual(['webhook.disabled', 'webhook.failed']);
    expect(dataOf(plan)[0]).toMatchObject({ webhook_id: WEBHOOK_ID, reason: 'gone', consecutive_failures: 1 });
  });

  it.each([
    [18, DAY_US, false],
    [19, DAY_US - SECOND_US, false],
    [19, DAY_US, true],
    [500, DAY_US - SECOND_US, false],
  ])('after %i failures over %i µs, one more disables: %s', (failures, overUs, disabled) => {
    const webhook = webhookOf({ consecutiveFailures: failures, failingSinceUs: NOW_US - overUs });
    const plan = record([finishedOf({ attempts: [FAILURE] })], { webhook });
    expect(plan.disabled).toBe(disabled);
    expect(plan.events.some(({ type }) => type === 'webhook.disabled')).toBe(disabled);
    expect(plan.webhook?.disabled?.reason).toBe(disabled ? 'failing' : undefined);
  });

  it('a success in between begins the count anew', () => {
    const webhook = webhookOf({ consecutiveFailures: 19, failingSinceUs: NOW_US - 2 * DAY_US });
    const plan = record([finishedOf(), finishedOf({ attempts: [FAILURE] })], { webhook });
    expect(plan.webhook).toMatchObject({ disabled: null, consecutiveFailures: 1, failingSinceUs: NOW_US });
  });
});

describe('order within a session', () => {
  const session: SessionId = SESSION_ID;

  it('a failure with an attempt left holds its session up', () => {
    const plan = record([finishedOf({ session, attempts: [FAILURE] })]);
    expect(plan.blocks).toEqual([{ session, kind: 'begins', after: EVENT_ID, waiting: true }]);
  });

  it('success, and failure without order, hold nothing up', () => {
    expect(record([finishedOf({ session }), finishedOf({ attempts: [FAILURE] })]).blocks).toEqual([]);
    expect(record([finishedOf({ session, attempts: [FAILURE], gone: true })]).blocks).toEqual([]);
  });

  it.each([
    ['succeeds', attemptOf(), 1, false],
    ['fails again', FAILURE, 1, true],
    ['fails for good', FAILURE, 2, false],
  ])('the delivery that held it up %s: the cursor of the session follows', (_, attempt, attemptCount, waiting) => {
    const known = knownOf({ session, attemptCount });
    const plan = record([finishedOf({ session, delivery: known.id, attempts: [attempt] })], { known: [known] });
    expect(plan.blocks).toEqual([{ session, kind: 'moves', after: EVENT_ID, waiting }]);
  });

  it('events behind it move the cursor one by one', () => {
    const plan = record([finishedOf({ session, blocked: true })]);
    expect(plan.blocks).toEqual([{ session, kind: 'moves', after: EVENT_ID, waiting: false }]);
  });

  it('a failure behind it holds it up again', () => {
    const plan = record([finishedOf({ session, blocked: true, attempts: [FAILURE] })]);
    expect(plan.blocks).toMatchObject([{ session, after: EVENT_ID, waiting: true }]);
  });

  it('an attempt that somebody asked for moves nothing', () => {
    const known = knownOf({ session, manual: true });
    expect(record([finishedOf({ session, delivery: known.id })], { known: [known] }).blocks).toEqual([]);
  });

  it('an event that is gone lets its session go on', () => {
    const lost = { event: EVENT_ID, eventType: 'a', session, delivery: knownOf().id, blocked: false };
    const plan = record([], { known: [knownOf({ session })], command: { lost: [lost] } });
    expect(plan.deliveries).toMatchObject([{ state: 'canceled', cancelReason: 'session_deleted', nextUs: null }]);
    expect(plan.blocks).toEqual([{ session, kind: 'moves', after: EVENT_ID, waiting: false }]);
    expect(plan.events).toEqual([]);
  });

  it('one that is gone after somebody asked for it moves nothing either', () => {
    const known = knownOf({ session, manual: true });
    const lost = { event: EVENT_ID, eventType: 'a', session, delivery: known.id, blocked: false };
    const plan = record([], { known: [known], command: { lost: [lost] } });
    expect(plan.deliveries).toMatchObject([{ state: 'canceled' }]);
    expect(plan.blocks).toEqual([]);
  });
});

describe('recording a replay', () => {
  it('moves its counters with its cursor, announces nothing and judges nobody', () => {
    const replay = replayOf({ webhook: WEBHOOK_ID });
    const twice = [FAILURE, attemptOf()];
    const plan = record([finishedOf({ attempts: twice }), finishedOf({ event: NEXT_EVENT_ID, attempts: [FAILURE] })], {
      replay,
      command: { position: NEXT_EVENT_ID, progress: { delivered: 1, failed: 1, end: null } },
    });
    expect(plan.replay).toEqual({ ...replay, delivered: 4, failed: 2, position: NEXT_EVENT_ID });
    expect(plan.deliveries).toMatchObject([
      { state: 'succeeded', attemptCount: 2, replay: replay.id },
      { state: 'failed', attemptCount: 1, replay: replay.id, nextUs: null },
    ]);
    expect([plan.events, plan.webhook, plan.disabled]).toEqual([[], null, false]);
  });

  it('to a URL of its own logs nothing', () => {
    const plan = record([finishedOf()], {
      webhook: null,
      replay: replayOf(),
      command: { progress: { delivered: 1, failed: 0, end: null } },
    });
    expect(plan.deliveries).toEqual([]);
    expect(plan.replay?.delivered).toBe(4);
  });

  it('that is over: delivered + failed = total, whatever was deleted meanwhile', () => {
    const end = { status: 'completed', reason: null } as const;
    const { replay } = record([], {
      webhook: null,
      replay: replayOf(),
      command: { progress: { delivered: 1, failed: 0, end } },
    });
    expect(replay).toMatchObject({ status: 'completed', delivered: 4, failed: 6, total: 10, endedUs: NOW_US });
  });

  it('that somebody has ended counts what was under way, and stays as it ended', () => {
    const canceled = replayOf({ status: 'canceled', endedUs: NOW_US - 5 });
    const end = { status: 'completed', reason: null } as const;
    const command = { progress: { delivered: 1, failed: 0, end } };
    const { replay } = record([], { webhook: null, replay: canceled, command });
    expect(replay).toEqual({ ...canceled, delivered: 4 });
  });

  it('that pauses by itself can go on', () => {
    const end = { status: 'paused', reason: 'endpoint_failing' } as const;
    const { replay } = record([], {
      webhook: null,
      replay: replayOf(),
      command: { progress: { delivered: 0, failed: 2, end } },
    });
    expect(replay).toMatchObject({ status: 'paused', reason: 'endpoint_failing', failed: 3, endedUs: null });
  });
});

describe('asking for another attempt', () => {
  it.each(['succeeded', 'failed', 'canceled'] as const)(
    'of a delivery that is %s: it waits for it, unannounced',
    (state) => {
      const delivery = knownOf({ state, nextUs: null, attemptCount: 7 });
      expect(planResend(delivery, true, NOW_US)).toEqual({
        ...delivery,
        state: 'pending',
        cancelReason: null,
        nextUs: NOW_US,
        resentAfter: 7,
        manual: true,
      });
    },
  );

  it('of one that waits by itself: it is brought forward, and still holds its session up', () => {
    expect(planResend(knownOf({ nextUs: NOW_US + 1 }), true, NOW_US)).toMatchObject({
      state: 'pending',
      manual: false,
    });
  });

  it('is refused while it is on its way', () => {
    expectRefusal(() => planResend(knownOf({ state: 'pending' }), true, NOW_US), 'delivery_running');
    expectRefusal(() => planResend(knownOf({ nextUs: NOW_US }), true, NOW_US), 'delivery_running');
  });

  it('is refused when its event is deleted', () => {
    expectRefusal(() => planResend(knownOf({ state: 'failed', nextUs: null }), false, NOW_US), 'event_gone');
  });

  it('begins the schedule anew', () => {
    const known = { ...knownOf({ attemptCount: 3, resentAfter: 3, manual: true }), state: 'pending' as const };
    const plan = record([finishedOf({ delivery: known.id, attempts: [FAILURE] })], { known: [known] });
    expect(plan.deliveries).toMatchObject([{ state: 'retrying', attemptCount: 4 }]);
    expect(plan.deliveries[0]?.nextUs).toBeLessThanOrEqual(NOW_US + 6 * SECOND_US);
  });
});

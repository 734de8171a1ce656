/** Deliveries: what one write records of them, what becomes of each, and what the account stream says of it. */
import { formatMicros } from '@turnlog/core/clock';
import type { Delivery, DeliveryQuery, DeliverySummary } from '@turnlog/core/deliveries';
import { type DeliveryId, makeId, microsOfId, type OrgId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import { ANNOUNCEMENTS } from '@turnlog/core/webhooks';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { StoreHarness } from '../harness.ts';
import { context, deliveryQuery, notes, random, sessionCommand } from '../support/commands.ts';
import { accountViews, allDeliveries, expectedPage, snapshot, walk } from '../support/reading.ts';
import { refusal } from '../support/refusals.ts';
import { type Sandbox, useStore, withStore } from '../support/sandbox.ts';
import {
  again,
  attempt,
  claim,
  deliveryOf,
  failedAttempt,
  finished,
  lost,
  REFUSED,
  record,
  recordCommand,
  recordOne,
  type StagedWebhook,
  stageWebhook,
  waitingEvents,
  webhookOf,
} from '../support/webhooks.ts';

const SECOND_US = 1_000_000;
const DAY_US = 86_400 * SECOND_US;

export function describeDeliveries(harness: StoreHarness): void {
  describe('deliveries', () => {
    const sandbox = useStore(harness);
    describeRecording(sandbox);
    describeRetries(sandbox);
    describeAnnouncing(sandbox);
    describeDisabling(sandbox);
    describeAtomic(harness);
    describeListing(sandbox);
    describeLongLog(sandbox);
  });
}

/** The account events about deliveries of an org. */
async function announced(sandbox: Sandbox, org: OrgId) {
  const views = await accountViews(sandbox.open, org);
  return views.filter(({ type }) => type.startsWith('webhook.')).map(({ type, data }) => ({ type, data }));
}

function describeRecording(sandbox: Sandbox): void {
  test('a delivery that succeeded is one row, a healthy webhook and a cursor that has moved', async () => {
    const { store, clock } = sandbox;
    const staged = await stageWebhook(sandbox);
    const { org, webhook, events } = staged;
    const [event] = events;
    const session = makeId('sess', clock.us, random);
    const attempts = [attempt(sandbox, { durationMs: 12.75, statusCode: 204, excerpt: null })];
    clock.advanceSeconds(1);
    const recorded = await record(sandbox, staged, {
      finished: [finished(sandbox, event, { attempts, session })],
      position: event?.id ?? null,
    });
    const [{ id, nextUs } = { id: null, nextUs: 0 }] = recorded.deliveries;
    expect({ nextUs, disabled: recorded.disabled }).toEqual({ nextUs: null, disabled: false });
    const { excerpt: _, ...lastAttempt } = attempts[0] ?? expect.fail();
    expect(await deliveryOf(store, staged, id)).toEqual({
      id,
      webhook: webhook.id,
      event: event?.id,
      eventType: event?.type,
      session,
      replay: null,
      state: 'succeeded',
      cancelReason: null,
      attemptCount: 1,
      nextUs: null,
      lastAttempt,
      attempts,
    });
    const overUs = (attempts[0]?.startedUs ?? 0) + 12_750;
    expect(await webhookOf(store, org, webhook.id)).toEqual({
      ...webhook,
      position: event?.id,
      lastSuccessUs: overUs,
      lastFailureUs: null,
      consecutiveFailures: 0,
      failingSinceUs: null,
    });
    const left = (await waitingEvents(sandbox, org, await webhookOf(store, org, webhook.id))).map((each) => each.id);
    expect(left, 'its own announcement is no event for it').toEqual(events.slice(1).map((each) => each.id));
  });

  test('of many in one write each has a row, in the order in which they were over', async () => {
    const { store } = sandbox;
    const staged = await stageWebhook(sandbox, {}, 128);
    const { deliveries } = await record(sandbox, staged, {
      finished: staged.events.map((event) => finished(sandbox, event)),
      position: staged.events.at(-1)?.id ?? null,
    });
    const all = await allDeliveries(store, staged.org, staged.webhook);
    expect(all.map(({ id }) => id)).toEqual(deliveries.map(({ id }) => id));
    expect(all.map(({ event }) => event)).toEqual(staged.events.map(({ id }) => id));
  });

  test('a write without a position leaves the cursor where it is, and one without anything leaves everything', async () => {
    const staged = await stageWebhook(sandbox);
    await record(sandbox, staged, { finished: [finished(sandbox, staged.events[0])] });
    expect((await webhookOf(sandbox.store, staged.org, staged.webhook.id)).position).toBe(staged.webhook.position);
    const before = await snapshot(sandbox.open, staged.org);
    await record(sandbox, staged, {});
    expect(await snapshot(sandbox.open, staged.org)).toEqual(before);
  });

  test('an event that is gone before its turn is logged as canceled, without an attempt, and told to nobody', async () => {
    const { store } = sandbox;
    const staged = await stageWebhook(sandbox);
    const session = makeId('sess', 1, random);
    await record(sandbox, staged, { lost: [lost(staged.events[0], { session })] });
    const [delivery] = await allDeliveries(store, staged.org, staged.webhook);
    expect(delivery).toMatchObject({
      ...{ state: 'canceled', cancelReason: 'session_deleted', session, event: staged.events[0]?.id },
      ...{ attemptCount: 0, attempts: [], lastAttempt: null, nextUs: null },
    });
    const summary = (await store.listDeliveries(staged.org, staged.webhook.id, deliveryQuery())).data[0];
    expect(summary?.lastAttempt).toBeNull();
    expect(await announced(sandbox, staged.org)).toEqual([]);
    expect((await webhookOf(store, staged.org, staged.webhook.id)).lastFailureUs).toBeNull();
  });

  test('a delivery that waited for an event that is gone is canceled, and waits no longer', async () => {
    const { store } = sandbox;
    const staged = await stageWebhook(sandbox);
    const waiting = await recordOne(
      sandbox,
      staged,
      finished(sandbox, staged.events[0], { attempts: [failedAttempt(sandbox)] }),
    );
    await record(sandbox, staged, { lost: [lost(staged.events[0], { delivery: waiting.id })] });
    expect(await deliveryOf(store, staged, waiting.id)).toEqual({
      ...waiting,
      state: 'canceled',
      cancelReason: 'session_deleted',
      nextUs: null,
    });
    expect(await store.waitingDeliveries(staged.org, staged.webhook.id, 10)).toEqual({ data: [], retrying: 0 });
  });

  test('an attempt at a delivery that is not there any more writes nothing of it', async () => {
    const staged = await stageWebhook(sandbox);
    const unknown = makeId('del', sandbox.clock.us, random);
    const before = await snapshot(sandbox.open, staged.org);
    const recorded = await record(sandbox, staged, {
      finished: [finished(sandbox, staged.events[0], { delivery: unknown })],
    });
    expect(recorded.deliveries).toEqual([{ id: null, nextUs: null }]);
    expect(await snapshot(sandbox.open, staged.org)).toEqual(before);
  });

  test('I7: a delivery of another webhook is none of this one', async () => {
    const { store } = sandbox;
    const [one, other] = [await stageWebhook(sandbox), await stageWebhook(sandbox)];
    const delivery = await recordOne(sandbox, one, finished(sandbox, one.events[0]));
    expect(await store.getDelivery(one.org, other.webhook.id, delivery.id)).toBeNull();
    expect(await store.getDelivery(other.org, other.webhook.id, delivery.id)).toBeNull();
    expect(await store.getDelivery(one.org, one.webhook.id, makeId('del', 1, random))).toBeNull();
    expect(await allDeliveries(store, other.org, other.webhook)).toEqual([]);
  });

  test('I1: ids of deliveries rise with everything else of an org', async () => {
    const { store, clock } = sandbox;
    const staged = await stageWebhook(sandbox);
    const ids: DeliveryId[] = [];
    for (let n = 0; n < 5; n++) {
      clock.us -= 1_000;
      ids.push((await recordOne(sandbox, staged, finished(sandbox, staged.events[0]))).id);
    }
    expect(ids).toEqual(ids.toSorted());
    expect(await store.lastUs(staged.org)).toBeGreaterThanOrEqual(microsOfId(ids.at(-1) ?? 'del_'));
  });
}

function describeRetries(sandbox: Sandbox): void {
  test('a failed delivery waits for its next attempts by the schedule, and has failed when none is left', async () => {
    const { store, clock } = sandbox;
    const staged = await stageWebhook(sandbox, { announce: 'none' });
    const { org, webhook, events } = staged;
    const failing = { attempts: [failedAttempt(sandbox)] };
    let delivery = await recordOne(sandbox, staged, finished(sandbox, events[0], failing));
    for (const [index, seconds] of [60, 3_600, 86_400].entries()) {
      expect(delivery).toMatchObject({ state: 'retrying', attemptCount: index + 1 });
      const wait = (delivery.nextUs ?? 0) - clock.us;
      expect(wait).toBeGreaterThanOrEqual(0.8 * seconds * SECOND_US);
      expect(wait).toBeLessThanOrEqual(1.2 * seconds * SECOND_US);
      const { id, event, eventType, session, nextUs } = delivery;
      expect(await store.waitingDeliveries(org, webhook.id, 10)).toEqual({
        data: [{ id, event, eventType, session, state: 'retrying', nextUs }],
        retrying: 1,
      });
      clock.us = delivery.nextUs ?? 0;
      const next = { attempts: [failedAttempt(sandbox)] };
      delivery = await recordOne(sandbox, staged, again(sandbox, delivery, next));
      expect(delivery.id).toBe(id);
    }
    expect(delivery).toMatchObject({ state: 'failed', attemptCount: 4, nextUs: null });
    const { excerpt: _, ...last } = delivery.attempts.at(-1) ?? expect.fail();
    expect(delivery.lastAttempt).toEqual(last);
    expect(delivery.attempts.map(({ startedUs }) => startedUs)).toEqual(
      delivery.attempts.map(({ startedUs }) => startedUs).toSorted((a, b) => a - b),
    );
    expect(await store.waitingDeliveries(org, webhook.id, 10)).toEqual({ data: [], retrying: 0 });
    expect(await allDeliveries(store, org, webhook), 'it is one row all along').toHaveLength(1);
  });

  test('a retry that succeeds ends the waiting, and the failures in a row', async () => {
    const { store, clock } = sandbox;
    const staged = await stageWebhook(sandbox);
    const failing = { attempts: [failedAttempt(sandbox)] };
    const waiting = await recordOne(sandbox, staged, finished(sandbox, staged.events[0], failing));
    const overUs = clock.us + 1_500;
    const unwell = await webhookOf(store, staged.org, staged.webhook.id);
    expect(unwell).toMatchObject({ consecutiveFailures: 1, failingSinceUs: overUs, lastFailureUs: overUs });
    clock.advanceSeconds(60);
    const done = await recordOne(sandbox, staged, again(sandbox, waiting));
    expect(done).toMatchObject({ state: 'succeeded', attemptCount: 2, nextUs: null });
    expect(await store.waitingDeliveries(staged.org, staged.webhook.id, 10)).toEqual({ data: [], retrying: 0 });
    expect(await webhookOf(store, staged.org, staged.webhook.id)).toMatchObject({
      ...{ consecutiveFailures: 0, failingSinceUs: null, lastFailureUs: overUs },
      lastSuccessUs: clock.us + 1_500,
    });
  });

  test('an endpoint that asks for more time gets it', async () => {
    const { clock } = sandbox;
    const staged = await stageWebhook(sandbox);
    const retryAfterUs = clock.us + 5_000 * SECOND_US;
    const failing = { attempts: [failedAttempt(sandbox)], retryAfterUs };
    const delivery = await recordOne(sandbox, staged, finished(sandbox, staged.events[0], failing));
    expect(delivery.nextUs).toBe(retryAfterUs);
  });

  test('what waits comes earliest first, as many as are asked for, and all that retry are counted', async () => {
    const { store, clock } = sandbox;
    const staged = await stageWebhook(sandbox, { announce: 'none' }, 12);
    const { org, webhook, events } = staged;
    await record(sandbox, staged, {
      finished: events.map((event, n) => {
        const retryAfterUs = clock.us + (200 + ((n * 7) % 12)) * SECOND_US;
        return finished(sandbox, event, { attempts: [failedAttempt(sandbox)], retryAfterUs });
      }),
    });
    const all = await allDeliveries(store, org, webhook);
    const inOrder = all.toSorted((a, b) => (a.nextUs ?? 0) - (b.nextUs ?? 0)).map(({ id }) => id);
    for (const limit of [0, 1, 5, 12, 100]) {
      const { data, retrying } = await store.waitingDeliveries(org, webhook.id, limit);
      expect(data.map(({ id }) => id)).toEqual(inOrder.slice(0, limit));
      expect(retrying).toBe(12);
    }
    const resent = all.slice(0, 3);
    for (const { id } of resent) await store.resendDelivery(org, webhook.id, id, context());
    const { data, retrying } = await store.waitingDeliveries(org, webhook.id, 100);
    expect(retrying, 'what somebody asked for is not counted').toBe(9);
    const first = data.slice(0, 3);
    expect(first.map(({ id }) => id).sort()).toEqual(resent.map(({ id }) => id).sort());
    expect(first.every(({ state, nextUs }) => state === 'pending' && nextUs === clock.us)).toBe(true);
  });

  test('the last attempts are shown, and all are counted', async () => {
    const { store } = sandbox;
    const staged = await stageWebhook(sandbox, { announce: 'none' });
    const retrySeconds = Array<number>(100).fill(1);
    const many = limits.attemptsKept + 5;
    const attempts = Array.from({ length: many }, (_, n) =>
      attempt(sandbox, { ...REFUSED, startedUs: sandbox.clock.us + n, excerpt: `answer ${n} "quoted" 😀` }),
    );
    const { deliveries } = await record(sandbox, staged, {
      finished: [finished(sandbox, staged.events[0], { attempts: attempts.slice(0, 1) })],
      retrySeconds,
    });
    const id = deliveries[0]?.id ?? null;
    for (const next of attempts.slice(1)) {
      const known = await deliveryOf(store, staged, id);
      await record(sandbox, staged, { finished: [again(sandbox, known, { attempts: [next] })], retrySeconds });
    }
    const delivery = await deliveryOf(store, staged, id);
    expect(delivery.attemptCount).toBe(many);
    expect(delivery.attempts).toEqual(attempts.slice(-limits.attemptsKept));
  });
}

function describeAnnouncing(sandbox: Sandbox): void {
  const EXPECTED = {
    all: ['webhook.sent', 'webhook.failed', 'webhook.failed'],
    failures: ['webhook.failed', 'webhook.failed'],
    none: [],
  } as const;

  test.each(ANNOUNCEMENTS)('what a webhook wants announced is announced, and nothing else: %s', async (announce) => {
    const staged = await stageWebhook(sandbox, { announce });
    const [one, two] = staged.events;
    const { deliveries } = await record(sandbox, staged, {
      finished: [finished(sandbox, one), finished(sandbox, two, { attempts: [failedAttempt(sandbox)] })],
    });
    const waiting = await deliveryOf(sandbox.store, staged, deliveries[1]?.id ?? null);
    await record(sandbox, staged, { finished: [again(sandbox, waiting, { attempts: [failedAttempt(sandbox)] })] });
    expect((await announced(sandbox, staged.org)).map(({ type }) => type)).toEqual(EXPECTED[announce]);
  });

  test('announcements say of which delivery, to where, how it went and what caused it', async () => {
    const { store } = sandbox;
    const staged = await stageWebhook(sandbox);
    const { webhook, events } = staged;
    const retrySeconds = [0, 60];
    const { deliveries } = await record(sandbox, staged, {
      finished: [finished(sandbox, events[0]), finished(sandbox, events[1], { attempts: [failedAttempt(sandbox)] })],
      retrySeconds,
    });
    const [sent, waiting] = deliveries;
    const known = await deliveryOf(store, staged, waiting?.id ?? null);
    await record(sandbox, staged, {
      finished: [again(sandbox, known, { attempts: [failedAttempt(sandbox)] })],
      retrySeconds,
    });
    const subject = { webhook_id: webhook.id, url: webhook.url };
    const failed = { ...subject, delivery_id: waiting?.id, error: REFUSED.error, caused_by: events[1]?.id };
    expect(await announced(sandbox, staged.org)).toEqual([
      {
        type: 'webhook.sent',
        data: { ...subject, delivery_id: sent?.id, status_code: 200, duration_ms: 1.5, caused_by: events[0]?.id },
      },
      {
        type: 'webhook.failed',
        data: { ...failed, retry_count: 0, next_retry_at: formatMicros(waiting?.nextUs ?? 0) },
      },
      { type: 'webhook.failed', data: { ...failed, retry_count: 1, next_retry_at: null } },
    ]);
  });

  test('whoever is woken by an announcement finds the delivery and the cursor as it says', async () => {
    const { store, wakeups } = sandbox;
    const staged = await stageWebhook(sandbox);
    const { org, webhook, events } = staged;
    const seen: Promise<unknown>[] = [];
    const stop = wakeups.listen({
      woken: (woken) => {
        if (woken !== org) return;
        const reads = [announced(sandbox, org), allDeliveries(store, org, webhook), webhookOf(store, org, webhook.id)];
        seen.push(Promise.all(reads));
      },
      reconnected: () => {},
    });
    const position = events[0]?.id ?? null;
    await record(sandbox, staged, { finished: [finished(sandbox, events[0])], position });
    stop();
    expect(await Promise.all(seen)).toEqual([
      [[expect.anything()], [expect.anything()], expect.objectContaining({ position })],
    ]);
  });
}

function describeDisabling(sandbox: Sandbox): void {
  test('an endpoint that answers 410 is served no more, and its delivery is not tried again', async () => {
    const { store, clock } = sandbox;
    const staged = await stageWebhook(sandbox);
    const { org, webhook, events } = staged;
    const attempts = [attempt(sandbox, { ...REFUSED, statusCode: 410 })];
    clock.advanceSeconds(1);
    const recorded = await record(sandbox, staged, {
      finished: [finished(sandbox, events[0], { attempts, gone: true })],
      position: events[0]?.id ?? null,
    });
    expect(recorded).toMatchObject({ deliveries: [{ nextUs: null }], disabled: true });
    const value = await webhookOf(store, org, webhook.id);
    expect(value.disabled?.reason).toBe('gone');
    expect(value.updatedUs).toBe(value.disabled?.us);
    expect(await store.claimLanes(org, { owner: 'anybody', untilUs: clock.us + DAY_US })).toEqual([]);
    expect(await deliveryOf(store, staged, recorded.deliveries[0]?.id ?? null)).toMatchObject({ state: 'failed' });
    const told = await announced(sandbox, org);
    expect(told.at(told.findIndex(({ type }) => type === 'webhook.disabled'))?.data).toEqual({
      ...{ webhook_id: webhook.id, url: webhook.url, reason: 'gone' },
      ...{ consecutive_failures: 1, caused_by: webhook.id },
    });
    expect(told).toHaveLength(2);
  });

  /** Records failures, one after the other, each over at the clock of the moment. */
  const fail = async (staged: StagedWebhook, times: number): Promise<boolean> => {
    let disabled = false;
    for (let n = 0; n < times; n++) {
      const attempts = [attempt(sandbox, { ...REFUSED, durationMs: 0 })];
      ({ disabled } = await record(sandbox, staged, { finished: [finished(sandbox, staged.events[0], { attempts })] }));
    }
    return disabled;
  };

  test('twenty failures in a row over a day disable a webhook, and neither fewer nor a shorter time do', async () => {
    const { store, clock } = sandbox;
    const staged = await stageWebhook(sandbox, { announce: 'none' });
    const { org, webhook } = staged;
    expect(await fail(staged, 50), 'many in no time').toBe(false);
    clock.us += DAY_US - 1;
    expect(await fail(staged, 1), 'a microsecond too early').toBe(false);
    clock.us += 1;
    expect(await fail(staged, 1)).toBe(true);
    expect(await webhookOf(store, org, webhook.id)).toMatchObject({
      consecutiveFailures: 52,
      disabled: { reason: 'failing' },
    });
    expect(await announced(sandbox, org), 'this is told whatever is announced').toEqual([
      {
        type: 'webhook.disabled',
        data: {
          ...{ webhook_id: webhook.id, url: webhook.url, reason: 'failing' },
          ...{ consecutive_failures: 52, caused_by: webhook.id },
        },
      },
    ]);
    await fail(staged, 1);
    expect(await announced(sandbox, org), 'and once').toHaveLength(1);

    const slow = await stageWebhook(sandbox, { announce: 'none' });
    expect(await fail(slow, 1)).toBe(false);
    clock.us += 3 * DAY_US;
    expect(await fail(slow, limits.disableAfterFailures - 2), 'over a long time, but too few').toBe(false);
    expect(await fail(slow, 1)).toBe(true);
  });

  test('a success in between begins the count anew, and so does enabling', async () => {
    const { store, clock } = sandbox;
    const staged = await stageWebhook(sandbox, { announce: 'none' });
    const { org, webhook, events } = staged;
    await fail(staged, 30);
    clock.us += 2 * DAY_US;
    await record(sandbox, staged, { finished: [finished(sandbox, events[0])] });
    expect(await fail(staged, 30)).toBe(false);
    clock.us += DAY_US;
    expect(await fail(staged, 1)).toBe(true);
    await store.enableWebhook(org, webhook.id, 'stopped', context());
    await claim(sandbox, org, webhook.id);
    expect(await fail(staged, 30)).toBe(false);
    clock.us += DAY_US;
    expect(await fail(staged, 1)).toBe(true);
  });
}

/** I9: the attempt, the cursor, the health of the webhook and what is told of it are one step. */
function describeAtomic(harness: StoreHarness): void {
  test('I9: a fault at any statement of a record leaves nothing of it, and it can be recorded again', async () => {
    await withStore(harness, async (own) => {
      for (let statement = 1; ; statement++) {
        expect(statement, 'a batch ends some time').toBeLessThan(200);
        const staged = await stageWebhook(own, { ordering: 'session' });
        const { org, events } = staged;
        const session = makeId('sess', own.clock.us, random);
        const fields = {
          finished: [
            finished(own, events[0]),
            finished(own, events[1], { attempts: [attempt(own, { ...REFUSED, statusCode: 410 })], gone: true }),
            finished(own, events[2], { attempts: [failedAttempt(own)], session }),
          ],
          position: events[2]?.id ?? null,
        };
        const before = await snapshot(own.open, org);
        await own.open.idle();
        const planted = await own.open.plantFault({ kind: 'full', statement });
        const recording = own.store.recordDeliveries(org, recordCommand(staged.lane, fields), context());
        const [result] = await Promise.allSettled([recording]);
        if (!(await planted.struck())) {
          expect(result.status).toBe('fulfilled');
          return;
        }
        const { code } = await refusal(recording);
        expect(['storage_full', 'outcome_unknown']).toContain(code);
        if (code === 'outcome_unknown') await own.reopen();
        expect(await snapshot(own.open, org)).toEqual(before);
        const lane = await claim(own, org, staged.webhook.id);
        await record(own, { org, lane }, fields);
        expect((await snapshot(own.open, org)).webhooks).toMatchObject([
          {
            webhook: { position: fields.position, disabled: { reason: 'gone' } },
            deliveries: [{ state: 'succeeded' }, { state: 'failed' }, { state: 'retrying' }],
            blocks: [{ session }],
          },
        ]);
      }
    });
  });
}

const WAYS = [
  { order: 'asc', direction: 'after' },
  { order: 'asc', direction: 'before' },
  { order: 'desc', direction: 'after' },
  { order: 'desc', direction: 'before' },
] as const;

const TYPES = ['note.added', 'note.other', 'a_b', 'agent.note', ...Array.from({ length: 20 }, (_, n) => `step.s${n}`)];

function describeListing(sandbox: Sandbox): void {
  describe('the delivery log, against a model', () => {
    let staged: StagedWebhook;
    let model: Delivery[];

    beforeAll(async () => {
      staged = await stageWebhook(sandbox, { announce: 'none' }, 0);
      model = await stageLog(sandbox, staged);
    });

    const passing = ({ states, types, range }: DeliveryQuery): DeliverySummary[] =>
      model
        .filter(({ state, eventType }) => {
          const ofType = types?.some((pattern) => new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(eventType));
          return (states?.includes(state) ?? true) && (ofType ?? true);
        })
        .filter(({ id }) => range.fromUs === null || microsOfId(id) >= range.fromUs)
        .filter(({ id }) => range.untilUs === null || microsOfId(id) < range.untilUs)
        .map(({ attempts: _, ...summary }) => summary);

    const queries = () => {
      const id = fc.constantFrom(...model.map((delivery) => delivery.id));
      const moment = fc.tuple(id, fc.integer({ min: -1, max: 1 })).map(([at, by]) => microsOfId(at) + by);
      const place = fc.oneof(
        id,
        moment.map((us) => makeId('del', us, random)),
      );
      return fc.record({
        order: fc.constantFrom('asc', 'desc'),
        cursor: fc.option(fc.record({ direction: fc.constantFrom('after', 'before'), id: place })),
        limit: fc.constantFrom(1, 2, 7, 1000),
        range: fc.record({ fromUs: fc.option(moment), untilUs: fc.option(moment) }),
        states: fc.option(
          fc.uniqueArray(fc.constantFrom('succeeded', 'retrying', 'pending', 'failed', 'canceled'), { maxLength: 3 }),
        ),
        types: fc.option(
          fc.uniqueArray(fc.constantFrom('*', 'note.*', 'step.*', 'no.such', ...TYPES), { minLength: 1 }),
        ),
      }) as fc.Arbitrary<DeliveryQuery>;
    };

    test('every state is there', () => {
      const states = new Set(model.map(({ state }) => state));
      expect(states).toEqual(new Set(['succeeded', 'retrying', 'pending', 'failed', 'canceled']));
    });

    test('order, direction, position, range, states and types together give the page that the model expects', async () => {
      await fc.assert(
        fc.asyncProperty(queries(), async (query) => {
          const page = await sandbox.store.listDeliveries(staged.org, staged.webhook.id, query);
          const { scannedThrough, ...rest } = page;
          expect(rest).toEqual(expectedPage<'del', DeliverySummary>(passing(query), query));
          if (page.data.length > 0) expect(scannedThrough).not.toBeNull();
        }),
        { numRuns: 400 },
      );
    });

    test('a list is walked to its end, both ways', async () => {
      for (const { order, direction } of WAYS) {
        const read = (query: object) =>
          sandbox.store.listDeliveries(staged.org, staged.webhook.id, deliveryQuery({ ...query, types: ['step.*'] }));
        const walked = await walk<'del', DeliverySummary>(read, { order, direction, limit: 3 });
        const expected = passing(deliveryQuery({ types: ['step.*'] }));
        expect(walked).toEqual(order === 'asc' ? expected : expected.toReversed());
      }
    });
  });
}

/** A log with deliveries in every state, of many types and moments; answers them oldest first. */
async function stageLog(sandbox: Sandbox, staged: StagedWebhook): Promise<Delivery[]> {
  const { store, clock } = sandbox;
  const { org, webhook } = staged;
  for (const [n, type] of TYPES.entries()) {
    const { value: session } = await store.createSession(org, sessionCommand({ events: notes(1, type) }), context());
    const [event] = (await waitingEvents(sandbox, org, await webhookOf(store, org, webhook.id))).slice(-1);
    clock.us += [0, 1, 1_000, 60_000_000][n % 4] ?? 0;
    const failing = { attempts: [failedAttempt(sandbox)], session: session.id };
    await record(sandbox, staged, {
      finished: [
        finished(sandbox, event),
        finished(sandbox, event, failing),
        finished(sandbox, event, { ...failing, attempts: [failedAttempt(sandbox), attempt(sandbox, REFUSED)] }),
      ],
      lost: n % 3 === 0 ? [lost(event)] : [],
      position: event?.id ?? null,
      retrySeconds: n % 2 === 0 ? [0] : [0, 60, 600],
    });
  }
  const all = await allDeliveries(store, org, webhook);
  for (const { id } of all.filter((_, n) => n % 7 === 0)) await store.resendDelivery(org, webhook.id, id, context());
  return allDeliveries(store, org, webhook);
}

function describeLongLog(sandbox: Sandbox): void {
  test('a page of a long log ends early once it has found something, and looks to the end for the first match', async () => {
    const { store } = sandbox;
    const staged = await stageWebhook(sandbox, { announce: 'none' });
    const { org, webhook, events } = staged;
    const common = finished(sandbox, events[0], { eventType: 'note.common' });
    const rare = finished(sandbox, events[1], { eventType: 'note.rare' });
    const rares = [await recordOne(sandbox, staged, rare)];
    for (let rows = 0; rows < limits.feedScanRows + limits.readRows; rows += 1_000) {
      await record(sandbox, staged, { finished: Array(1_000).fill(common) });
    }
    rares.push(await recordOne(sandbox, staged, rare));
    for (const order of ['asc', 'desc'] as const) {
      const inOrder = (order === 'asc' ? rares : rares.toReversed()).map(({ id }) => id);
      const list = (fields: Partial<DeliveryQuery>) =>
        store.listDeliveries(org, webhook.id, deliveryQuery({ types: ['note.rare'], order, limit: 10, ...fields }));
      const page = await list({});
      expect({ ids: page.data.map(({ id }) => id), hasMore: page.hasMore }).toEqual({
        ids: inOrder.slice(0, 1),
        hasMore: true,
      });
      const cursor = {
        direction: 'after',
        id: page.scannedThrough ?? expect.fail('it says how far it has looked'),
      } as const;
      expect(cursor.id, 'beyond what it has found').not.toBe(inOrder[0]);
      const rest = await list({ cursor });
      expect({ ids: rest.data.map(({ id }) => id), hasMore: rest.hasMore }).toEqual({
        ids: inOrder.slice(1),
        hasMore: false,
      });
      const none = await list({ types: ['note.never'] });
      expect({ data: none.data, hasMore: none.hasMore }).toEqual({ data: [], hasMore: false });
      const last = await list({ cursor: { direction: 'after', id: inOrder[0] ?? 'del_' } });
      expect(
        last.data.map(({ id }) => id),
        'behind the first match, the next one',
      ).toEqual(inOrder.slice(1));
    }
  });
}

/** Asking for another attempt: of one delivery, or of all that failed since some moment. */
import type { Delivery } from '@turnlog/core/deliveries';
import { type EventId, makeId, microsOfId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import type { Recovered, RecoverQuery } from '@turnlog/core/webhook-store';
import { describe, expect, test } from 'vitest';
import type { StoreHarness } from '../harness.ts';
import { byId, context, newKey, notes, random, sessionCommand } from '../support/commands.ts';
import { accountViews, allDeliveries, snapshot } from '../support/reading.ts';
import { refusal, refusalCode } from '../support/refusals.ts';
import { type Sandbox, useStore } from '../support/sandbox.ts';
import {
  again,
  deliveryOf,
  failedAttempt,
  finished,
  record,
  recordOne,
  type StagedWebhook,
  stageWebhook,
  waitingEvents,
} from '../support/webhooks.ts';
import { gathered } from '../support/writes.ts';

export function describeResending(harness: StoreHarness): void {
  describe('asking for another attempt', () => {
    const sandbox = useStore(harness);
    describeResend(sandbox);
    describeRefusals(sandbox);
    describeRecover(sandbox);
  });
}

/** A delivery that has failed for good, after so many attempts. */
async function failedDelivery(sandbox: Sandbox, staged: StagedWebhook, attempts = 2): Promise<Delivery> {
  const { deliveries } = await record(sandbox, staged, {
    finished: [finished(sandbox, staged.events[0], { attempts: Array(attempts).fill(failedAttempt(sandbox)) })],
    retrySeconds: [0],
  });
  return deliveryOf(sandbox.store, staged, deliveries[0]?.id ?? null);
}

async function announcements(sandbox: Sandbox, { org }: StagedWebhook): Promise<string[]> {
  return (await accountViews(sandbox.open, org)).map(({ type }) => type).filter((type) => type.startsWith('webhook.'));
}

function describeResend(sandbox: Sandbox): void {
  test.each(['failed', 'succeeded', 'canceled'] as const)(
    'a delivery that %s waits for an attempt now, with all it has had, and nothing is announced of it',
    async (state) => {
      const { store, clock } = sandbox;
      const staged = await stageWebhook(sandbox);
      const { org, webhook, events } = staged;
      const delivery = await stand(sandbox, staged, state);
      const before = await announcements(sandbox, staged);
      clock.advanceSeconds(5);
      const { value } = await store.resendDelivery(org, webhook.id, delivery.id, context());
      expect(value).toEqual({ ...delivery, state: 'pending', cancelReason: null, nextUs: clock.us });
      expect(await deliveryOf(store, staged, delivery.id)).toEqual(value);
      expect(await store.waitingDeliveries(org, webhook.id, 10)).toMatchObject({
        data: [{ id: delivery.id, event: events[0]?.id, state: 'pending', nextUs: clock.us }],
        retrying: 0,
      });
      const failing = { attempts: [failedAttempt(sandbox)] };
      const again1 = await recordOne(sandbox, staged, again(sandbox, value, failing));
      const wait = (again1.nextUs ?? 0) - clock.us;
      expect(again1, 'its schedule begins anew').toMatchObject({ state: 'retrying' });
      expect(wait).toBeGreaterThanOrEqual(48_000_000);
      expect(wait).toBeLessThanOrEqual(72_000_000);
      const done = await recordOne(sandbox, staged, again(sandbox, again1));
      expect(done).toMatchObject({ state: 'succeeded', attemptCount: delivery.attemptCount + 2, nextUs: null });
      expect(await announcements(sandbox, staged)).toEqual(before);
    },
  );

  test('a delivery that waits by itself is only brought forward: what comes of it is announced', async () => {
    const { store, clock } = sandbox;
    const staged = await stageWebhook(sandbox, { announce: 'failures' });
    const failing = { attempts: [failedAttempt(sandbox)] };
    const waiting = await recordOne(sandbox, staged, finished(sandbox, staged.events[0], failing));
    const { value } = await store.resendDelivery(staged.org, staged.webhook.id, waiting.id, context());
    expect(value).toEqual({ ...waiting, state: 'pending', nextUs: clock.us });
    await recordOne(sandbox, staged, again(sandbox, value, failing));
    expect(await announcements(sandbox, staged)).toEqual(['webhook.failed', 'webhook.failed']);
  });

  test('those who serve lanes are told of it', async () => {
    const staged = await stageWebhook(sandbox);
    const delivery = await failedDelivery(sandbox, staged);
    const told: string[] = [];
    const listener = { woken: () => {}, lanesChanged: (org: string) => told.push(org), reconnected: () => {} };
    const stop = sandbox.wakeups.listen(listener);
    await sandbox.store.resendDelivery(staged.org, staged.webhook.id, delivery.id, context());
    stop();
    expect(told).toEqual([staged.org]);
  });

  test('of two who ask at the same time, one is told that it is on its way', async () => {
    const { store } = sandbox;
    const staged = await stageWebhook(sandbox);
    const { id } = await failedDelivery(sandbox, staged);
    const resend = () => store.resendDelivery(staged.org, staged.webhook.id, id, context());
    const [one, other] = await Promise.allSettled(await gathered(sandbox, () => [resend(), resend()]));
    expect(one?.status).toBe('fulfilled');
    expect(other).toMatchObject({ status: 'rejected', reason: { code: 'delivery_running' } });
  });
}

async function stand(sandbox: Sandbox, staged: StagedWebhook, state: 'failed' | 'succeeded' | 'canceled') {
  const { store } = sandbox;
  const { org, webhook, events } = staged;
  if (state === 'failed') return failedDelivery(sandbox, staged);
  if (state === 'succeeded') return recordOne(sandbox, staged, finished(sandbox, events[0]));
  const failing = { attempts: [failedAttempt(sandbox)] };
  const { id } = await recordOne(sandbox, staged, finished(sandbox, events[0], failing));
  await store.disableWebhook(org, webhook.id, context());
  await store.enableWebhook(org, webhook.id, 'now', context());
  const lane = (await store.claimLanes(org, { owner: 'next', untilUs: sandbox.clock.us + 60_000_000 }))[0];
  Object.assign(staged, { lane });
  return deliveryOf(store, staged, id);
}

function describeRefusals(sandbox: Sandbox): void {
  test('one that is on its way is refused: pending, or due by its own schedule', async () => {
    const { store, clock } = sandbox;
    const staged = await stageWebhook(sandbox);
    const resend = (id: Delivery['id']) => store.resendDelivery(staged.org, staged.webhook.id, id, context());
    const failing = { attempts: [failedAttempt(sandbox)] };
    const waiting = await recordOne(sandbox, staged, finished(sandbox, staged.events[0], failing));
    clock.us = waiting.nextUs ?? 0;
    expect(await refusalCode(resend(waiting.id))).toBe('delivery_running');
    const failed = await failedDelivery(sandbox, staged);
    await resend(failed.id);
    const before = await snapshot(sandbox.open, staged.org);
    expect(await refusalCode(resend(failed.id))).toBe('delivery_running');
    expect(await snapshot(sandbox.open, staged.org)).toEqual(before);
  });

  test('one of a deleted event is refused, before its rows are gone and after', async () => {
    const { store } = sandbox;
    const { staged, sessions } = await stageSessions(sandbox, 1);
    await store.deleteSession(staged.org, byId(sessions[0] ?? expect.fail()), context());
    const [delivery] = await allDeliveries(store, staged.org, staged.webhook);
    const resend = () => store.resendDelivery(staged.org, staged.webhook.id, delivery?.id ?? 'del_', context());
    expect(await refusalCode(resend())).toBe('event_gone');
    await sandbox.open.idle();
    expect(await refusalCode(resend())).toBe('event_gone');
    expect((await allDeliveries(store, staged.org, staged.webhook))[0]).toEqual(delivery);
  });

  test('one of a disabled webhook is refused, and so is its recovery', async () => {
    const { store } = sandbox;
    const staged = await stageWebhook(sandbox);
    const { org, webhook } = staged;
    const { id } = await failedDelivery(sandbox, staged);
    await store.disableWebhook(org, webhook.id, context());
    const before = await snapshot(sandbox.open, org);
    expect(await refusalCode(store.resendDelivery(org, webhook.id, id, context()))).toBe('webhook_disabled');
    const recover = store.recoverDeliveries(org, webhook.id, { sinceUs: 0, after: null, counted: 0 }, context());
    expect(await refusalCode(recover)).toBe('webhook_disabled');
    expect(await snapshot(sandbox.open, org)).toEqual(before);
  });

  test('I7: one of another webhook, or of another org, looks like one that never was', async () => {
    const { store } = sandbox;
    const [mine, theirs] = [await stageWebhook(sandbox), await stageWebhook(sandbox)];
    const foreign = await failedDelivery(sandbox, theirs);
    const before = await snapshot(sandbox.open, theirs.org);
    for (const id of [foreign.id, makeId('del', 1, random)]) {
      const { code, message } = await refusal(store.resendDelivery(mine.org, mine.webhook.id, id, context()));
      expect(code).toBe('delivery_not_found');
      expect(message).toContain(id);
    }
    expect(await snapshot(sandbox.open, theirs.org)).toEqual(before);
  });
}

/** A webhook with one failed delivery of an event of each of some sessions. */
async function stageSessions(sandbox: Sandbox, count: number) {
  const { store } = sandbox;
  const staged = await stageWebhook(sandbox, { announce: 'none', events: ['note.*'] }, 0);
  const sessions = [];
  for (let n = 0; n < count; n++) {
    const command = sessionCommand({ events: notes(1) });
    sessions.push((await store.createSession(staged.org, command, context())).value);
  }
  const events = await waitingEvents(sandbox, staged.org, staged.webhook);
  const attempts = [failedAttempt(sandbox)];
  await record(sandbox, staged, {
    finished: events.map((event) => finished(sandbox, event, { attempts })),
    retrySeconds: [0],
  });
  return { staged, sessions, events };
}

function describeRecover(sandbox: Sandbox): void {
  const recover = (staged: StagedWebhook, query: Partial<RecoverQuery> = {}, key = newKey()) =>
    sandbox.store.recoverDeliveries(
      staged.org,
      staged.webhook.id,
      { sinceUs: 0, after: null, counted: 0, ...query },
      context(key),
    );

  test('all that failed since a moment waits again, and nothing else does', async () => {
    const { store, clock } = sandbox;
    const staged = await stageWebhook(sandbox, { announce: 'none' });
    const early = await failedDelivery(sandbox, staged);
    clock.advanceSeconds(60);
    const first = await failedDelivery(sandbox, staged);
    const waiting = await recordOne(
      sandbox,
      staged,
      finished(sandbox, staged.events[1], { attempts: [failedAttempt(sandbox)] }),
    );
    const done = await recordOne(sandbox, staged, finished(sandbox, staged.events[2]));
    const last = await failedDelivery(sandbox, staged);
    clock.advanceSeconds(1);
    const { value } = await recover(staged, { sinceUs: microsOfId(first.id) });
    expect(value).toEqual({ count: 2, more: false, after: last.id });
    const pending = (delivery: Delivery) => ({ ...delivery, state: 'pending', nextUs: clock.us });
    expect(await allDeliveries(store, staged.org, staged.webhook)).toEqual([
      early,
      pending(first),
      waiting,
      done,
      pending(last),
    ]);
    expect((await recover(staged)).value.count, 'what is on its way is not asked for twice').toBe(1);
    expect((await recover(staged, { sinceUs: clock.us + 1 })).value).toEqual({ count: 0, more: false, after: null });
  });

  test('deliveries of events that are gone are passed over', async () => {
    const { store } = sandbox;
    const { staged, sessions } = await stageSessions(sandbox, 4);
    await store.deleteSession(staged.org, byId(sessions[1] ?? expect.fail()), context());
    expect((await recover(staged)).value).toMatchObject({ count: 3, more: false });
    const states = (await allDeliveries(store, staged.org, staged.webhook)).map(({ state }) => state);
    expect(states).toEqual(['pending', 'failed', 'pending', 'pending']);
  });

  test('more than one write may take are sent again step by step, oldest first, each once', async () => {
    const { store } = sandbox;
    const staged = await stageWebhook(sandbox, { announce: 'none' });
    const total = 2 * limits.recoveredDeliveries + 100;
    const failing = finished(sandbox, staged.events[0], { attempts: [failedAttempt(sandbox)] });
    for (let left = total; left > 0; left -= 350) {
      await record(sandbox, staged, { finished: Array(Math.min(left, 350)).fill(failing), retrySeconds: [0] });
    }
    const key = newKey();
    const steps: Recovered[] = [];
    for (let step: Recovered | null = null; step === null || step.more; ) {
      const { value, replayed } = await recover(staged, { after: step?.after ?? null, counted: step?.count ?? 0 }, key);
      expect(replayed).toBe(false);
      const before = step?.count ?? 0;
      expect(value.count - before).toBeLessThanOrEqual(limits.recoveredDeliveries);
      if (value.more) expect(value.after, 'it goes on').not.toBe(step?.after ?? null);
      step = value;
      steps.push(value);
    }
    expect(steps.length).toBeGreaterThan(2);
    expect(steps.at(-1)?.count, 'the last one has the whole count').toBe(total);
    const { data } = await store.waitingDeliveries(staged.org, staged.webhook.id, total + 1);
    expect(data).toHaveLength(total);
    const repeated = await recover(staged, {}, key);
    expect(repeated, 'the key answers with the whole count').toMatchObject({
      replayed: true,
      value: { count: total, more: false },
    });
  });

  test('a webhook without failed deliveries has nothing to recover', async () => {
    const staged = await stageWebhook(sandbox);
    expect((await recover(staged)).value).toEqual({ count: 0, more: false, after: null });
    const { id } = await recordOne(sandbox, staged, finished(sandbox, staged.events[0]));
    expect((await recover(staged)).value).toEqual({ count: 0, more: false, after: id });
  });

  test('I7: deliveries of another webhook are left alone', async () => {
    const [mine, theirs] = [await stageWebhook(sandbox), await stageWebhook(sandbox)];
    await failedDelivery(sandbox, theirs);
    const before = await snapshot(sandbox.open, theirs.org);
    expect((await recover(mine)).value.count).toBe(0);
    expect(await snapshot(sandbox.open, theirs.org)).toEqual(before);
    const position: EventId | undefined = theirs.events[0]?.id;
    expect(before.webhooks[0]?.deliveries[0]?.event).toBe(position);
  });
}

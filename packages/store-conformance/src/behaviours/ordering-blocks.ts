/** Sessions that a failed delivery holds up: each a small cursor that begins, moves and ends with what is recorded. */
import type { Delivery } from '@turnlog/core/deliveries';
import { makeId, type SessionId } from '@turnlog/core/ids';
import type { Block, FinishedDelivery } from '@turnlog/core/webhook-store';
import { describe, expect, test } from 'vitest';
import type { StoreHarness } from '../harness.ts';
import { context, random } from '../support/commands.ts';
import { type Sandbox, useStore, withStore } from '../support/sandbox.ts';
import {
  again,
  deliveryOf,
  failedAttempt,
  finished,
  lost,
  record,
  recordOne,
  type StagedWebhook,
  stageWebhook,
  webhookCommand,
} from '../support/webhooks.ts';

export function describeOrderingBlocks(harness: StoreHarness): void {
  describe('sessions that are held up', () => {
    const sandbox = useStore(harness);
    describeLife(sandbox);
    describeApart(sandbox, harness);
  });
}

interface HeldUp {
  readonly staged: StagedWebhook;
  readonly session: SessionId;
  /** The one that holds the session up. */
  readonly delivery: Delivery;
}

async function holdUp(sandbox: Sandbox): Promise<HeldUp> {
  const staged = await stageWebhook(sandbox, { ordering: 'session', announce: 'none' }, 5);
  const session = makeId('sess', sandbox.clock.us, random);
  const failing = { attempts: [failedAttempt(sandbox)], session };
  const delivery = await recordOne(sandbox, staged, finished(sandbox, staged.events[0], failing));
  return { staged, session, delivery };
}

function blocks({ store }: Pick<Sandbox, 'store'>, { org, webhook }: StagedWebhook): Promise<readonly Block[]> {
  return store.blocksOf(org, webhook.id);
}

function describeLife(sandbox: Sandbox): void {
  const behind = ({ staged, session }: HeldUp, n: number, fields: Partial<FinishedDelivery> = {}) =>
    finished(sandbox, staged.events[n], { session, blocked: true, ...fields });

  test('a failure with an attempt left holds its session up, from its event on', async () => {
    const { staged, session } = await holdUp(sandbox);
    expect(await blocks(sandbox, staged)).toEqual([{ session, after: staged.events[0]?.id, waiting: true }]);
  });

  test('a success, a failure without an attempt left and one without order hold nothing up', async () => {
    const staged = await stageWebhook(sandbox, { ordering: 'session' }, 5);
    const session = makeId('sess', sandbox.clock.us, random);
    const attempts = [failedAttempt(sandbox)];
    await record(sandbox, staged, {
      finished: [
        finished(sandbox, staged.events[0], { session }),
        finished(sandbox, staged.events[1], { session: null, attempts }),
      ],
    });
    await record(sandbox, staged, {
      finished: [finished(sandbox, staged.events[2], { session, attempts })],
      retrySeconds: [0],
    });
    expect(await blocks(sandbox, staged)).toEqual([]);
  });

  test('it goes on waiting while its delivery fails, and then reads on from there', async () => {
    const { staged, session, delivery } = await holdUp(sandbox);
    const after = staged.events[0]?.id;
    const failing = { attempts: [failedAttempt(sandbox)] };
    const failed = await recordOne(sandbox, staged, again(sandbox, delivery, failing));
    expect(await blocks(sandbox, staged)).toEqual([{ session, after, waiting: true }]);
    await recordOne(sandbox, staged, again(sandbox, failed));
    expect(await blocks(sandbox, staged)).toEqual([{ session, after, waiting: false }]);
  });

  test('it reads on, too, when the last attempt has failed', async () => {
    const { staged, session, delivery } = await holdUp(sandbox);
    await record(sandbox, staged, {
      finished: [again(sandbox, delivery, { attempts: [failedAttempt(sandbox)] })],
      retrySeconds: [0],
    });
    expect(await blocks(sandbox, staged)).toEqual([{ session, after: staged.events[0]?.id, waiting: false }]);
  });

  test('each delivery behind it moves it on, and a failure among them makes it wait again', async () => {
    const held = await holdUp(sandbox);
    const { staged, session, delivery } = held;
    await recordOne(sandbox, staged, again(sandbox, delivery));
    await recordOne(sandbox, staged, behind(held, 1));
    expect(await blocks(sandbox, staged)).toEqual([{ session, after: staged.events[1]?.id, waiting: false }]);
    const failing = { attempts: [failedAttempt(sandbox)] };
    const failed = await recordOne(sandbox, staged, behind(held, 2, failing));
    expect(await blocks(sandbox, staged)).toEqual([{ session, after: staged.events[2]?.id, waiting: true }]);
    await recordOne(sandbox, staged, again(sandbox, failed));
    await recordOne(sandbox, staged, behind(held, 3));
    expect(await blocks(sandbox, staged)).toEqual([{ session, after: staged.events[3]?.id, waiting: false }]);
  });

  test('it ends when its owner says that nothing is left, in the step that records the last delivery or later', async () => {
    for (const together of [true, false]) {
      const held = await holdUp(sandbox);
      const { staged, session, delivery } = held;
      await recordOne(sandbox, staged, again(sandbox, delivery));
      const unblocked = together ? [session] : [];
      await record(sandbox, staged, { finished: [behind(held, 1)], unblocked });
      if (!together) await record(sandbox, staged, { unblocked: [session] });
      expect(await blocks(sandbox, staged)).toEqual([]);
      await record(sandbox, staged, { unblocked: [session] });
      expect(await blocks(sandbox, staged), 'what is not held up is left alone').toEqual([]);
    }
  });

  test('an event that is gone lets its session go on, whether it waited or stood behind', async () => {
    const { staged, session, delivery } = await holdUp(sandbox);
    await record(sandbox, staged, { lost: [lost(staged.events[0], { session, delivery: delivery.id })] });
    expect(await blocks(sandbox, staged)).toEqual([{ session, after: staged.events[0]?.id, waiting: false }]);
    await record(sandbox, staged, { lost: [lost(staged.events[1], { session, blocked: true })] });
    expect(await blocks(sandbox, staged)).toEqual([{ session, after: staged.events[1]?.id, waiting: false }]);
    const other = makeId('sess', sandbox.clock.us, random);
    await record(sandbox, staged, { lost: [lost(staged.events[2], { session: other })] });
    expect(await blocks(sandbox, staged), 'and begins none').toHaveLength(1);
  });

  test('an attempt that somebody asked for moves nothing', async () => {
    const { store } = sandbox;
    const held = await holdUp(sandbox);
    const { staged, session, delivery } = held;
    await record(sandbox, staged, {
      finished: [again(sandbox, delivery, { attempts: [failedAttempt(sandbox)] })],
      retrySeconds: [0],
    });
    await record(sandbox, staged, { finished: [behind(held, 1)] });
    const before = await blocks(sandbox, staged);
    const { value } = await store.resendDelivery(staged.org, staged.webhook.id, delivery.id, context());
    await recordOne(sandbox, staged, again(sandbox, value, { attempts: [failedAttempt(sandbox)] }));
    expect(await blocks(sandbox, staged)).toEqual(before);
    await recordOne(sandbox, staged, again(sandbox, await deliveryOf(store, staged, delivery.id)));
    expect(await blocks(sandbox, staged)).toEqual([{ session, after: staged.events[1]?.id, waiting: false }]);
  });
}

function describeApart(sandbox: Sandbox, harness: StoreHarness): void {
  test('each session, each webhook and each org has its own', async () => {
    const { store } = sandbox;
    const [one, other] = [await holdUp(sandbox), await holdUp(sandbox)];
    const { staged } = one;
    const second = makeId('sess', sandbox.clock.us, random);
    const failing = { attempts: [failedAttempt(sandbox)], session: second };
    await recordOne(sandbox, staged, finished(sandbox, staged.events[1], failing));
    const all = await blocks(sandbox, staged);
    expect(all.map(({ session }) => session).sort()).toEqual([one.session, second].sort());
    await record(sandbox, staged, { unblocked: [one.session, other.session] });
    expect((await blocks(sandbox, staged)).map(({ session }) => session)).toEqual([second]);
    expect(await blocks(sandbox, other.staged)).toHaveLength(1);
    expect(await store.blocksOf(other.staged.org, staged.webhook.id), 'I7').toEqual([]);
  });

  test('they are there after a reopening, and go with their webhook', async () => {
    await withStore(harness, async (own) => {
      const { staged } = await holdUp(own);
      const before = await blocks(own, staged);
      await own.reopen();
      expect(await blocks(own, staged)).toEqual(before);
      const { org } = staged;
      await own.store.deleteWebhook(org, staged.webhook.id, context());
      expect(await blocks(own, staged)).toEqual([]);
      await own.open.idle();
      const { value: next } = await own.store.createWebhook(org, webhookCommand(), context());
      expect(await own.store.blocksOf(org, next.id), 'of the one that comes in its place').toEqual([]);
      expect(await own.store.waitingDeliveries(org, next.id, 10)).toEqual({ data: [], retrying: 0 });
    });
  });
}

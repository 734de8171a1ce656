/** Webhooks: a cursor on the feed with what somebody wants of it, from the head on until it is deleted. */
import { type EventId, makeId, type OrgId, type WebhookId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import type { Store } from '@turnlog/core/store';
import type { Webhook } from '@turnlog/core/webhooks';
import { describe, expect, test } from 'vitest';
import type { StoreHarness } from '../harness.ts';
import { context, deliveryQuery, notes, random } from '../support/commands.ts';
import { allWebhooks, expectedPage, secretsOf, snapshot, walk } from '../support/reading.ts';
import { refusal, refusalCode } from '../support/refusals.ts';
import { type Sandbox, useStore, withStore } from '../support/sandbox.ts';
import {
  claim,
  failedAttempt,
  finished,
  OWNER,
  record,
  recordCommand,
  recordOne,
  replayCommand,
  stageWebhook,
  waitingEvents,
  webhookCommand,
  webhookOf,
  webhookUpdate,
} from '../support/webhooks.ts';
import { gathered } from '../support/writes.ts';

const WAYS = [
  { order: 'asc', direction: 'after' },
  { order: 'asc', direction: 'before' },
  { order: 'desc', direction: 'after' },
  { order: 'desc', direction: 'before' },
] as const;

type Attempt = (store: Store, org: OrgId, id: WebhookId) => Promise<unknown>;

/** Everything that names a webhook and refuses one that there is not. */
const REFUSING: Readonly<Record<string, Attempt>> = {
  updateWebhook: (store, org, id) => store.updateWebhook(org, id, webhookUpdate({ description: 'mine' }), context()),
  deleteWebhook: (store, org, id) => store.deleteWebhook(org, id, context()),
  'enableWebhook from now': (store, org, id) => store.enableWebhook(org, id, 'now', context()),
  'enableWebhook from where it stopped': (store, org, id) => store.enableWebhook(org, id, 'stopped', context()),
  disableWebhook: (store, org, id) => store.disableWebhook(org, id, context()),
  rotateWebhookSecret: (store, org, id) =>
    store.rotateWebhookSecret(org, id, { sealedSecret: random(32), overlapSeconds: 0 }, context()),
  resendDelivery: (store, org, id) => store.resendDelivery(org, id, makeId('del', 1, random), context()),
  recoverDeliveries: (store, org, id) =>
    store.recoverDeliveries(org, id, { sinceUs: 0, after: null, counted: 0 }, context()),
  createReplay: (store, org, id) => store.createReplay(org, replayCommand({ target: { webhook: id } }), context()),
  webhookSecrets: (store, org, id) => store.webhookSecrets(org, id),
  listDeliveries: (store, org, id) => store.listDeliveries(org, id, deliveryQuery()),
};

export function describeWebhooks(harness: StoreHarness): void {
  describe('webhooks', () => {
    const sandbox = useStore(harness);
    describeMaking(sandbox, harness);
    describeChanging(sandbox);
    describeStanding(sandbox);
    describeGoing(sandbox);
    describeGathered(sandbox);
  });
}

function describeMaking(sandbox: Sandbox, harness: StoreHarness): void {
  test('a webhook is what was asked for, enabled, and found by its id and in the list', async () => {
    const { store, clock } = sandbox;
    const org = await sandbox.newOrg();
    clock.advanceSeconds(1);
    const command = webhookCommand({
      dialect: 'platform',
      url: 'https://example.com/höök?a=1',
      events: ['session.*', 'note.added'],
      description: 'what it is for 😀',
      metadata: { team: 'blue', __proto__x: 'y' },
      ordering: 'session',
      rateLimit: 7,
      announce: 'failures',
    });
    const { value: webhook } = await store.createWebhook(org, command, context());
    const { sealedSecret, ...members } = command;
    expect(webhook).toEqual({
      ...members,
      id: webhook.id,
      createdUs: clock.us,
      updatedUs: clock.us,
      disabled: null,
      lastSuccessUs: null,
      lastFailureUs: null,
      consecutiveFailures: 0,
      failingSinceUs: null,
      position: webhook.position,
      previousSecretExpiresUs: null,
    });
    expect(await store.getWebhook(org, webhook.id)).toEqual(webhook);
    expect(await allWebhooks(store, org)).toEqual([webhook]);
    expect(await secretsOf(store, org, webhook.id)).toEqual([{ sealed: [...sealedSecret], expiresUs: null }]);
  });

  test('it begins at the head: what was there before is not its', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    await store.publishEvents(org, notes(3, 'note.before'), context());
    const { value: webhook } = await store.createWebhook(org, webhookCommand(), context());
    expect(await waitingEvents(sandbox, org, webhook)).toEqual([]);
    await store.publishEvents(org, notes(2, 'note.after'), context());
    const types = (await waitingEvents(sandbox, org, webhook)).map(({ type }) => type);
    expect(types).toEqual(['note.after', 'note.after']);
  });

  test('a second webhook of the same URL is one of its own', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const command = webhookCommand();
    const made = [
      (await store.createWebhook(org, command, context())).value,
      (await store.createWebhook(org, command, context())).value,
    ];
    expect(await allWebhooks(store, org)).toEqual(made);
    expect(made[0]?.id).not.toBe(made[1]?.id);
  });

  test('lists go both ways, and a cursor is a position, whether or not a webhook stands there', async () => {
    const { store, clock } = sandbox;
    const org = await sandbox.newOrg();
    const all: Webhook[] = [];
    for (let n = 0; n < 7; n++) {
      clock.us += 10;
      all.push((await store.createWebhook(org, webhookCommand({ description: `${n}` }), context())).value);
    }
    await store.deleteWebhook(org, (all.splice(3, 1)[0] as Webhook).id, context());
    for (const { order, direction } of WAYS) {
      const walked = await walk<'wh', Webhook>((query) => store.listWebhooks(org, query), {
        order,
        direction,
        limit: 2,
      });
      expect(walked).toEqual(order === 'asc' ? all : all.toReversed());
      const places = [...all.map(({ id }) => id), makeId('wh', clock.us - 35, random), makeId('wh', 0, random)];
      for (const id of places) {
        const query = { order, cursor: { direction, id }, limit: 3 } as const;
        expect(await store.listWebhooks(org, query)).toEqual(expectedPage<'wh', Webhook>(all, query));
      }
    }
  });

  test('too many webhooks are refused, until one is deleted', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const create = () => store.createWebhook(org, webhookCommand(), context());
    await Promise.all(Array.from({ length: limits.webhooksPerOrg - 1 }, create));
    const [first, second] = await Promise.allSettled(await gathered(sandbox, () => [create(), create()]));
    expect(first?.status).toBe('fulfilled');
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'too_many_webhooks' } });
    expect(await refusalCode(create())).toBe('too_many_webhooks');
    const all = await allWebhooks(store, org);
    expect(all).toHaveLength(limits.webhooksPerOrg);
    await store.deleteWebhook(org, (all[0] as Webhook).id, context());
    await create();
  });

  test('everything about a webhook is there after a reopening', async () => {
    await withStore(harness, async (own) => {
      const staged = await stageWebhook(own, { ordering: 'session', metadata: { a: 'b' } });
      const rotate = { sealedSecret: random(32), overlapSeconds: 3_600 };
      await own.store.rotateWebhookSecret(staged.org, staged.webhook.id, rotate, context());
      const session = makeId('sess', own.clock.us, random);
      await recordOne(own, staged, finished(own, staged.events[0], { attempts: [failedAttempt(own)], session }));
      const before = await snapshot(own.open, staged.org);
      expect(before.webhooks[0]).toMatchObject({ secrets: [{}, {}], deliveries: [{}], blocks: [{ session }] });
      await own.reopen();
      expect(await snapshot(own.open, staged.org)).toEqual(before);
    });
  });
}

function describeChanging(sandbox: Sandbox): void {
  test('an update changes what it names, and leaves the rest', async () => {
    const { store, clock } = sandbox;
    const org = await sandbox.newOrg();
    const command = webhookCommand({
      description: 'before',
      rateLimit: 5,
      metadata: { keep: '1', drop: '2', set: '3' },
    });
    const { value: webhook } = await store.createWebhook(org, command, context());
    const changes = {
      url: 'https://example.com/other',
      events: ['a.*'],
      description: null,
      ordering: 'session',
      rateLimit: null,
      announce: 'none',
    } as const;
    let expected = webhook;
    for (const [name, value] of Object.entries(changes)) {
      clock.advanceSeconds(1);
      const { value: changed } = await store.updateWebhook(
        org,
        webhook.id,
        webhookUpdate({ [name]: value }),
        context(),
      );
      expected = { ...expected, [name]: value, updatedUs: clock.us };
      expect(changed).toEqual(expected);
    }
    const metadata = { drop: null, set: '4', fresh: '5', absent: null };
    const { value } = await store.updateWebhook(org, webhook.id, webhookUpdate({ metadata }), context());
    expect(value.metadata).toEqual({ keep: '1', set: '4', fresh: '5' });
    expect(value.position).toBe(webhook.position);
    expect(await webhookOf(store, org, webhook.id)).toEqual(value);
  });

  test('too many metadata pairs are refused, and change nothing', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const pairs = (count: number, from = 0) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`key-${from + n}`, 'value']));
    const { value: webhook } = await store.createWebhook(org, webhookCommand({ metadata: pairs(40) }), context());
    const update = (metadata: Record<string, string>) =>
      store.updateWebhook(org, webhook.id, webhookUpdate({ metadata, description: 'changed' }), context());
    expect(await refusalCode(update(pairs(11, 40)))).toBe('invalid_request');
    expect(await webhookOf(store, org, webhook.id)).toEqual(webhook);
    expect(Object.keys((await update(pairs(10, 40))).value.metadata)).toHaveLength(limits.metadataPairs);
  });
}

function describeStanding(sandbox: Sandbox): void {
  test('a disabled webhook keeps its cursor, says since when and why, and stays as it is when disabled again', async () => {
    const { store, clock } = sandbox;
    const { org, webhook, events } = await stageWebhook(sandbox);
    clock.advanceSeconds(1);
    const { value } = await store.disableWebhook(org, webhook.id, context());
    expect(value).toEqual({ ...webhook, updatedUs: clock.us, disabled: { us: clock.us, reason: 'requested' } });
    clock.advanceSeconds(1);
    expect((await store.disableWebhook(org, webhook.id, context())).value).toEqual(value);
    expect(await webhookOf(store, org, webhook.id)).toEqual(value);
    expect(await waitingEvents(sandbox, org, value)).toEqual(events);
  });

  test('enabled from where it stopped, it goes on with what came meanwhile, and failures are forgiven', async () => {
    const { store, clock } = sandbox;
    const staged = await stageWebhook(sandbox);
    const { org, webhook } = staged;
    const failed = await recordOne(
      sandbox,
      staged,
      finished(sandbox, staged.events[0], { attempts: [failedAttempt(sandbox)] }),
    );
    await store.disableWebhook(org, webhook.id, context());
    await store.publishEvents(org, notes(2, 'note.meanwhile'), context());
    clock.advanceSeconds(1);
    const before = await webhookOf(store, org, webhook.id);
    expect(before).toMatchObject({ consecutiveFailures: 1, disabled: { reason: 'requested' } });
    const { value } = await store.enableWebhook(org, webhook.id, 'stopped', context());
    const forgiven = { consecutiveFailures: 0, failingSinceUs: null };
    expect(value).toEqual({ ...before, ...forgiven, disabled: null, updatedUs: clock.us });
    expect(await webhookOf(store, org, webhook.id)).toEqual(value);
    const types = (await waitingEvents(sandbox, org, value)).map(({ type }) => type);
    expect(types.filter((type) => type === 'note.meanwhile')).toHaveLength(2);
    const waiting = await store.waitingDeliveries(org, webhook.id, 10);
    expect(
      waiting.data.map(({ id }) => id),
      'what waited goes on waiting',
    ).toEqual([failed.id]);
    expect((await store.enableWebhook(org, webhook.id, 'now', context())).value, 'enabled already').toEqual(value);
  });

  test('enabled from now on, it passes what came, cancels what waited, and takes the lane from its owner', async () => {
    const { store, clock } = sandbox;
    const staged = await stageWebhook(sandbox, { ordering: 'session', announce: 'none' });
    const { org, webhook, events } = staged;
    const session = makeId('sess', clock.us, random);
    const failing = { attempts: [failedAttempt(sandbox)], session };
    const waiting = await recordOne(sandbox, staged, finished(sandbox, events[0], failing));
    const done = await recordOne(sandbox, staged, finished(sandbox, events[1]));
    await store.disableWebhook(org, webhook.id, context());
    await store.publishEvents(org, notes(2), context());
    const { value } = await store.enableWebhook(org, webhook.id, 'now', context());
    expect(value).toMatchObject({ disabled: null, consecutiveFailures: 0 });
    expect(value.position > webhook.position).toBe(true);
    expect(await waitingEvents(sandbox, org, value)).toEqual([]);
    expect(await store.waitingDeliveries(org, webhook.id, 10)).toEqual({ data: [], retrying: 0 });
    expect(await store.blocksOf(org, webhook.id)).toEqual([]);
    expect(await store.getDelivery(org, webhook.id, waiting.id)).toEqual({
      ...waiting,
      state: 'canceled',
      cancelReason: 'skipped',
      nextUs: null,
    });
    expect(await store.getDelivery(org, webhook.id, done.id), 'what is over stays as it is').toEqual(done);
    const late = recordCommand(staged.lane, {
      finished: [finished(sandbox, events[2])],
      position: events[2]?.id as EventId,
    });
    const before = await snapshot(sandbox.open, org);
    expect(await store.recordDeliveries(org, late, context())).toEqual({ kind: 'fenced' });
    expect(await snapshot(sandbox.open, org)).toEqual(before);
    expect((await claim(sandbox, org, webhook.id)).fence).toBeGreaterThan(staged.lane.fence);
  });

  test('what each change does to a lane is told to those who listen, and to nobody of another org', async () => {
    const { store } = sandbox;
    const { org, webhook } = await stageWebhook(sandbox);
    const told: OrgId[] = [];
    const stop = sandbox.wakeups.listen({
      woken: () => {},
      lanesChanged: (changed) => told.push(changed),
      reconnected: () => {},
    });
    const { id } = webhook;
    const changes: (() => Promise<unknown>)[] = [
      () => store.createWebhook(org, webhookCommand(), context()),
      () => store.updateWebhook(org, id, webhookUpdate({ rateLimit: 1 }), context()),
      () => store.rotateWebhookSecret(org, id, { sealedSecret: random(32), overlapSeconds: 0 }, context()),
      () => store.disableWebhook(org, id, context()),
      () => store.enableWebhook(org, id, 'now', context()),
      () => store.createReplay(org, replayCommand(), context()),
      () => store.deleteWebhook(org, id, context()),
    ];
    for (const change of changes) {
      told.length = 0;
      await change();
      expect(told).toEqual([org]);
    }
    told.length = 0;
    expect(await refusalCode(store.disableWebhook(org, id, context()))).toBe('webhook_not_found');
    await store.publishEvents(org, notes(1), context());
    expect(told).toEqual([]);
    stop();
  });
}

function describeGoing(sandbox: Sandbox): void {
  test('a deleted webhook is found by nobody, nobody serves it, and its deliveries go in the background', async () => {
    const { store } = sandbox;
    const staged = await stageWebhook(sandbox, { announce: 'none', ordering: 'session' }, 300);
    const { org, webhook, lane, events } = staged;
    const session = makeId('sess', 1, random);
    const attempts = [failedAttempt(sandbox)];
    await record(sandbox, staged, { finished: events.map((event) => finished(sandbox, event, { attempts, session })) });
    const [delivery] = (await store.listDeliveries(org, webhook.id, deliveryQuery())).data;
    expect((await store.deleteWebhook(org, webhook.id, context())).value).toEqual({ id: webhook.id });
    const nothingLeft = async () => {
      expect(await store.getWebhook(org, webhook.id)).toBeNull();
      expect(await allWebhooks(store, org)).toEqual([]);
      expect(await store.getDelivery(org, webhook.id, delivery?.id ?? 'del_')).toBeNull();
      expect(await store.waitingDeliveries(org, webhook.id, 10)).toEqual({ data: [], retrying: 0 });
      expect(await store.blocksOf(org, webhook.id)).toEqual([]);
      expect(await store.claimLanes(org, { owner: OWNER, untilUs: sandbox.clock.us + 1_000_000 })).toEqual([]);
      const late = recordCommand(lane, { finished: [finished(sandbox, events[0])] });
      expect(await store.recordDeliveries(org, late, context())).toEqual({ kind: 'fenced' });
      for (const attempt of Object.values(REFUSING)) {
        expect(await refusalCode(attempt(store, org, webhook.id))).toBe('webhook_not_found');
      }
    };
    await nothingLeft();
    await sandbox.open.idle();
    expect((await sandbox.open.storedRows(org)).deliveries).toBe(0);
    await nothingLeft();
  });

  test.each(Object.entries(REFUSING))(
    "I7: %s refuses another org's webhook as one that never was, and echoes the id",
    async (_name, attempt) => {
      const { store } = sandbox;
      const mine = await sandbox.newOrg();
      const theirs = await stageWebhook(sandbox);
      await recordOne(sandbox, theirs, finished(sandbox, theirs.events[0], { attempts: [failedAttempt(sandbox)] }));
      const before = await snapshot(sandbox.open, theirs.org);
      const unknown = makeId('wh', sandbox.clock.us, random);
      const foreign = await refusal(attempt(store, mine, theirs.webhook.id));
      const never = await refusal(attempt(store, mine, unknown));
      expect(foreign.code).toBe('webhook_not_found');
      expect(foreign.message).toContain(theirs.webhook.id);
      expect(never.code).toBe(foreign.code);
      expect(never.message.replaceAll(unknown, '')).toBe(foreign.message.replaceAll(theirs.webhook.id, ''));
      expect(await snapshot(sandbox.open, theirs.org)).toEqual(before);
    },
  );

  test("I7: another org's webhook is not found, not listed, and nothing of it is read", async () => {
    const { store } = sandbox;
    const mine = await sandbox.newOrg();
    const theirs = await stageWebhook(sandbox, { ordering: 'session' });
    const session = makeId('sess', 1, random);
    const failing = { attempts: [failedAttempt(sandbox)], session };
    const { id } = await recordOne(sandbox, theirs, finished(sandbox, theirs.events[0], failing));
    expect(await store.getWebhook(mine, theirs.webhook.id)).toBeNull();
    expect(await allWebhooks(store, mine)).toEqual([]);
    expect(await store.getDelivery(mine, theirs.webhook.id, id)).toBeNull();
    expect(await store.waitingDeliveries(mine, theirs.webhook.id, 10)).toEqual({ data: [], retrying: 0 });
    expect(await store.blocksOf(mine, theirs.webhook.id)).toEqual([]);
    expect(await store.waitingDeliveries(theirs.org, theirs.webhook.id, 10)).toMatchObject({ retrying: 1 });
    expect(await store.blocksOf(theirs.org, theirs.webhook.id)).toHaveLength(1);
  });
}

/** Steps that a store may commit together: each sees what those before it have done. */
function describeGathered(sandbox: Sandbox): void {
  const cases: readonly {
    readonly name: string;
    readonly steps: readonly Attempt[];
    readonly leaves: Partial<Webhook> | 'deleted';
  }[] = [
    {
      name: 'two updates of different members',
      steps: [
        (store, org, id) => store.updateWebhook(org, id, webhookUpdate({ description: 'new' }), context()),
        (store, org, id) => store.updateWebhook(org, id, webhookUpdate({ metadata: { b: '2' } }), context()),
      ],
      leaves: { description: 'new', metadata: { a: '1', b: '2' } },
    },
    {
      name: 'a disabling and an enabling',
      steps: [REFUSING['disableWebhook'] as Attempt, REFUSING['enableWebhook from now'] as Attempt],
      leaves: { disabled: null },
    },
    {
      name: 'an enabling, which changes nothing, and a disabling',
      steps: [REFUSING['enableWebhook from now'] as Attempt, REFUSING['disableWebhook'] as Attempt],
      leaves: { disabled: { us: expect.any(Number) as number, reason: 'requested' } },
    },
    {
      name: 'a rotation and an update',
      steps: [REFUSING['rotateWebhookSecret'] as Attempt, REFUSING['updateWebhook'] as Attempt],
      leaves: { description: 'mine' },
    },
    {
      name: 'an update and a deletion',
      steps: [REFUSING['updateWebhook'] as Attempt, REFUSING['deleteWebhook'] as Attempt],
      leaves: 'deleted',
    },
  ];

  test.each(cases)('at the same time: $name', async ({ steps, leaves }) => {
    const { store } = sandbox;
    const { org, webhook } = await stageWebhook(sandbox, { metadata: { a: '1' } });
    await Promise.all(await gathered(sandbox, () => steps.map((step) => step(store, org, webhook.id))));
    const found = await store.getWebhook(org, webhook.id);
    if (leaves === 'deleted') expect(found).toBeNull();
    else expect(found).toMatchObject(leaves);
  });

  test('at the same time: what follows a deletion finds nothing', async () => {
    const { store } = sandbox;
    for (const attempt of Object.values(REFUSING).slice(0, 9)) {
      const { org, webhook } = await stageWebhook(sandbox);
      const [deleted, after] = await Promise.allSettled(
        await gathered<unknown>(sandbox, () => [
          store.deleteWebhook(org, webhook.id, context()),
          attempt(store, org, webhook.id),
        ]),
      );
      expect(deleted?.status).toBe('fulfilled');
      expect(after).toMatchObject({ status: 'rejected', reason: { code: 'webhook_not_found' } });
    }
  });

  test('at the same time: a record and a disabling both count', async () => {
    const { store } = sandbox;
    const { org, webhook, lane, events } = await stageWebhook(sandbox);
    const position = events[0]?.id ?? null;
    const command = recordCommand(lane, { finished: [finished(sandbox, events[0])], position });
    const [recorded] = await Promise.all(
      await gathered<unknown>(sandbox, () => [
        store.recordDeliveries(org, command, context()),
        store.disableWebhook(org, webhook.id, context()),
      ]),
    );
    expect(recorded).toMatchObject({ kind: 'recorded' });
    expect(await webhookOf(store, org, webhook.id)).toMatchObject({
      position,
      lastSuccessUs: expect.any(Number),
      disabled: { reason: 'requested' },
    });
  });
}

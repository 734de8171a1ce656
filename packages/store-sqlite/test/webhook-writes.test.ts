/** What recording, claiming and asking again leave behind in the file, and what waits in the same commit. */
import type { Delivery } from '@turnlog/core/deliveries';
import type { EventId, OrgId, ReplayId, WebhookId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import type { CreateReplay } from '@turnlog/core/replays';
import type { Outcome } from '@turnlog/core/store';
import type { FinishedDelivery, Lane, RecordDeliveries, Recorded, Recovered } from '@turnlog/core/webhook-store';
import type { Webhook } from '@turnlog/core/webhooks';
import { context, newKey, notes } from '@turnlog/store-conformance/commands';
import { webhookCommand } from '@turnlog/store-conformance/webhooks';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openStore, type SqliteStore } from '../src/index.ts';
import { failure, newOrg, newSession, START_US } from './support/commands.ts';
import { newFile, numberIn } from './support/folder.ts';
import { Watched } from './support/watched.ts';

const LEASE_US = 60_000_000;

interface Bench {
  readonly file: string;
  readonly clock: { us: number };
  readonly store: SqliteStore;
  readonly org: OrgId;
}

function open(file = newFile(), clock = { us: START_US }): Bench {
  const store = openStore({ file, nowUs: () => clock.us, onUnknown: () => {} });
  onTestFinished(() => store.close());
  return { file, clock, store, org: newOrg(store) };
}

const claimBy = ({ store, org, clock }: Bench, owner: string) =>
  store.claimLanes(org, { owner, untilUs: clock.us + LEASE_US });

/** Commands that share a commit: the first write of a quiet store goes alone. */
async function together<Values extends readonly unknown[]>(
  { store, org }: Bench,
  write: () => { readonly [Key in keyof Values]: Promise<Values[Key]> },
): Promise<Values> {
  const alone = store.publishEvents(org, notes(1), context());
  const values = await Promise.all(write());
  await alone;
  return values as unknown as Values;
}

async function onlyLane(bench: Bench, owner = 'one'): Promise<Lane> {
  const [lane = expect.fail(), ...others] = await claimBy(bench, owner);
  expect(others).toEqual([]);
  return lane;
}

const recordOf = (lane: Lane, fields: Partial<RecordDeliveries> = {}): RecordDeliveries => ({
  lane: lane.id,
  fence: lane.fence,
  position: null,
  finished: [],
  lost: [],
  unblocked: [],
  retrySeconds: [0, 5, 30],
  ...fields,
});

/** An event of the feed that one attempt has delivered, or has failed to. */
function finished(event: FinishedDelivery['event'], us: number, error: string | null): FinishedDelivery {
  const statusCode = error === null ? 200 : 500;
  const attempts = [{ startedUs: us, durationMs: 12, statusCode, error, excerpt: 'ok' }];
  return {
    event,
    eventType: 'note.added',
    session: null,
    delivery: null,
    blocked: false,
    attempts,
    gone: false,
    retryAfterUs: null,
  };
}

/** The ids of so many new events, oldest first. */
async function eventsOf({ store, org }: Bench, count: number): Promise<EventId[]> {
  const { value: texts } = await store.appendEvents(org, await newSession(store, org), notes(count), context());
  return texts.map((text) => JSON.parse(text).id);
}

const replayCommand = (target: CreateReplay['target'], fields: Partial<CreateReplay> = {}): CreateReplay => ({
  dialect: 'cloud',
  target,
  rate: null,
  total: 3,
  through: null,
  sinceUs: START_US,
  untilUs: START_US + 1,
  types: null,
  session: null,
  ...fields,
});

describe('owning lanes', () => {
  test('a lane is one owner’s until its lease ends or it lets go; each change of hands has a new fence', async () => {
    const bench = open();
    const command = webhookCommand();
    await bench.store.createWebhook(bench.org, command, context());
    const first = await onlyLane(bench, 'one');
    const sealed = new Uint8Array(command.sealedSecret);
    expect(first).toMatchObject({ kind: 'webhook', fence: 1, secrets: [{ sealed }] });
    expect(await claimBy(bench, 'two')).toEqual([]);
    expect((await onlyLane(bench, 'one')).fence).toBe(1);
    bench.clock.us += LEASE_US + 1;
    expect((await onlyLane(bench, 'two')).fence).toBe(2);
    await bench.store.releaseLanes(bench.org, 'one');
    expect(await claimBy(bench, 'one')).toEqual([]);
    await bench.store.releaseLanes(bench.org, 'two');
    expect((await onlyLane(bench, 'one')).fence).toBe(3);
  });

  test('of two who claim in one commit the first one has it, and one who lets go there frees it', async () => {
    const bench = open();
    await bench.store.createWebhook(bench.org, webhookCommand(), context());
    const both = await together(bench, () => [claimBy(bench, 'one'), claimBy(bench, 'two')]);
    expect(both.map(({ length }) => length)).toEqual([1, 0]);
    const [, after] = await together<[unknown, readonly Lane[]]>(bench, () => [
      bench.store.releaseLanes(bench.org, 'one'),
      claimBy(bench, 'two'),
    ]);
    expect(after).toHaveLength(1);
  });

  test('nobody owns a lane of a file that is opened: the file’s lock says so', async () => {
    const bench = open();
    await bench.store.createWebhook(bench.org, webhookCommand(), context());
    const before = await onlyLane(bench, 'one');
    await bench.store.close();
    const again = { ...bench, ...reopened(bench) };
    expect(await again.store.recordDeliveries(bench.org, recordOf(before), context())).toEqual({ kind: 'fenced' });
    expect((await onlyLane(again, 'two')).fence).toBe(before.fence + 1);
  });
});

function reopened({ file, clock }: Bench): { readonly store: SqliteStore } {
  const store = openStore({ file, nowUs: () => clock.us, onUnknown: () => {} });
  onTestFinished(() => store.close());
  return { store };
}

describe('recording', () => {
  test('writes deliveries, health, the cursor and what the account stream says of it', async () => {
    const bench = open();
    const { store, org } = bench;
    await store.createWebhook(org, webhookCommand(), context());
    const [one = expect.fail(), two = expect.fail()] = await eventsOf(bench, 2);
    const lane = await onlyLane(bench);
    const over = [finished(one, START_US, null), finished(two, START_US, 'timeout')];
    const recorded = await store.recordDeliveries(org, recordOf(lane, { position: two, finished: over }), context());
    if (recorded.kind === 'fenced') expect.fail();
    const [sent, failed] = recorded.deliveries;
    expect(sent?.nextUs).toBeNull();
    expect(failed?.nextUs).toBeGreaterThan(START_US);
    const id = lane.id as WebhookId;
    expect(await store.getWebhook(org, id)).toMatchObject({ position: two, consecutiveFailures: 1 });
    expect(await store.waitingDeliveries(org, id, 10)).toMatchObject({ retrying: 1, data: [{ event: two }] });
    const told = "SELECT count(*) FROM events e JOIN types t ON t.no = e.type_no WHERE t.name LIKE 'webhook.%'";
    expect(numberIn(bench.file, told)).toBe(2);
    expect(
      numberIn(bench.file, 'SELECT account_count - (SELECT count(*) FROM events WHERE session = 0) FROM orgs'),
    ).toBe(0);
  });

  test('with another fence than the lane’s writes nothing', async () => {
    const bench = open();
    const { store, org } = bench;
    await store.createWebhook(org, webhookCommand(), context());
    const [one = expect.fail()] = await eventsOf(bench, 1);
    const lane = await onlyLane(bench);
    const record = recordOf(lane, { fence: lane.fence - 1, position: one, finished: [finished(one, START_US, null)] });
    expect(await store.recordDeliveries(org, record, context())).toEqual({ kind: 'fenced' });
    expect(numberIn(bench.file, 'SELECT count(*) FROM deliveries')).toBe(0);
    expect((await store.getWebhook(org, lane.id as WebhookId))?.position).toBe(
      lane.kind === 'webhook' ? lane.webhook.position : null,
    );
  });

  test('in the commit that enables from now on, what waits is canceled and the fence is another one', async () => {
    const bench = open();
    const { store, org } = bench;
    const { value: webhook } = await store.createWebhook(org, webhookCommand(), context());
    const [one = expect.fail()] = await eventsOf(bench, 1);
    const lane = await onlyLane(bench);
    const failedOnce = recordOf(lane, { finished: [finished(one, START_US, 'timeout')] });
    await store.recordDeliveries(org, failedOnce, context());
    const [, enabled, late] = await together<[unknown, Outcome<Webhook>, Recorded]>(bench, () => [
      store.disableWebhook(org, webhook.id, context()),
      store.enableWebhook(org, webhook.id, 'now', context()),
      store.recordDeliveries(org, recordOf(lane, { finished: [finished(one, START_US, null)] }), context()),
    ]);
    expect(enabled.value).toMatchObject({ disabled: null, consecutiveFailures: 0 });
    expect(late).toEqual({ kind: 'fenced' });
    expect(await store.waitingDeliveries(org, webhook.id, 10)).toEqual({ data: [], retrying: 0 });
    expect(numberIn(bench.file, 'SELECT count(*) FROM deliveries WHERE state = 4 AND cancel_reason = 1')).toBe(1);
    expect((await onlyLane(bench)).fence).toBe(lane.fence + 2);
  });

  /** The file of a disabled webhook: so many deliveries wait because somebody asked, and one by itself. */
  async function askedFor(count: number) {
    const bench = open();
    const { store, org, clock, file } = bench;
    const { value: webhook } = await store.createWebhook(org, webhookCommand({ announce: 'none' }), context());
    const [one = expect.fail(), two = expect.fail()] = await eventsOf(bench, 2);
    const lane = await onlyLane(bench);
    const over = Array.from({ length: count }, () => finished(one, clock.us, 'timeout'));
    await store.recordDeliveries(org, recordOf(lane, { finished: over, retrySeconds: [0] }), context());
    const waits = recordOf(lane, { finished: [finished(two, clock.us, 'timeout')] });
    await store.recordDeliveries(org, waits, context());
    clock.us += LEASE_US;
    for (let asked: Recovered = { count: 0, more: true, after: null }; asked.more; ) {
      const next = { sinceUs: 0, after: asked.after, counted: asked.count };
      asked = (await store.recoverDeliveries(org, webhook.id, next, context())).value;
    }
    await store.disableWebhook(org, webhook.id, context());
    await store.close();
    return { watched: new Watched({ file, nowUs: () => clock.us }), org, id: webhook.id, file, waits: two };
  }

  test('enabled from now on, what thousands of deliveries wait for is canceled in as many writes as it needs', async () => {
    const count = 2 * limits.canceledDeliveries + 10;
    const { watched, org, id, file } = await askedFor(count);
    await watched.store.settled();
    const before = watched.batches().length;
    const key = context(newKey());
    const enabled = await watched.store.enableWebhook(org, id, 'now', key);
    expect(enabled).toMatchObject({ value: { id, disabled: null }, replayed: false });
    const changed = watched.batches().map(({ changes }, n, all) => changes - (all[n - 1]?.changes ?? 0));
    expect(Math.max(...changed.slice(before))).toBeLessThan(limits.canceledDeliveries + 20);
    expect(await watched.store.waitingDeliveries(org, id, 10)).toEqual({ data: [], retrying: 0 });
    const skipped = 'SELECT count(*) FROM deliveries WHERE state = 4 AND cancel_reason = 1';
    expect(numberIn(file, skipped)).toBe(count + 1);
    const again = await watched.store.enableWebhook(org, id, 'now', key);
    expect(again).toEqual({ ...enabled, replayed: true });
  });

  test('enabled from where it stopped in the middle of that, it keeps what waits by itself', async () => {
    const { watched, org, id, waits } = await askedFor(limits.canceledDeliveries);
    const { store } = watched;
    await watched.hold();
    const first = store.enableWebhook(org, id, 'now', context());
    await watched.standing();
    const stopped = store.enableWebhook(org, id, 'stopped', context());
    watched.release();
    expect((await first).value).toEqual((await stopped).value);
    const { data } = await store.waitingDeliveries(org, id, 10);
    expect(data.map(({ event, state }) => ({ event, state }))).toEqual([{ event: waits, state: 'retrying' }]);
  });

  test('a delivery that was just canceled is sent again as one that somebody asked for', async () => {
    const bench = open();
    const { store, org, file } = bench;
    const { value: webhook } = await store.createWebhook(org, webhookCommand(), context());
    const [one = expect.fail()] = await eventsOf(bench, 1);
    const failedOnce = recordOf(await onlyLane(bench), { finished: [finished(one, START_US, 'timeout')] });
    await store.recordDeliveries(org, failedOnce, context());
    const [waiting = expect.fail()] = (await store.waitingDeliveries(org, webhook.id, 10)).data;
    await store.disableWebhook(org, webhook.id, context());
    const [, resent] = await together<[Outcome<Webhook>, Outcome<Delivery>]>(bench, () => [
      store.enableWebhook(org, webhook.id, 'now', context()),
      store.resendDelivery(org, webhook.id, waiting.id, context()),
    ]);
    expect(resent.value).toMatchObject({ state: 'pending', cancelReason: null });
    expect(numberIn(file, 'SELECT manual FROM deliveries')).toBe(1);
    expect((await store.waitingDeliveries(org, webhook.id, 10)).data).toMatchObject([{ state: 'pending' }]);
  });

  test('a webhook that answers 410 is served no more, and whoever waits is told', async () => {
    const bench = open();
    const { store, org } = bench;
    await store.createWebhook(org, webhookCommand(), context());
    const [one = expect.fail()] = await eventsOf(bench, 1);
    const lane = await onlyLane(bench);
    const told: OrgId[] = [];
    store.listen({ woken: () => {}, reconnected: () => {}, lanesChanged: (of) => told.push(of) });
    const gone = { ...finished(one, START_US, 'gone'), gone: true };
    const recorded = await store.recordDeliveries(org, recordOf(lane, { finished: [gone] }), context());
    expect(recorded).toMatchObject({ kind: 'recorded', disabled: true });
    expect(told).toEqual([org]);
    expect(await claimBy(bench, 'one')).toEqual([]);
    expect(await store.orgsWithLanes()).toEqual([]);
    const later = await store.recordDeliveries(org, recordOf(lane, { position: one }), context());
    expect(later, 'what was under way is still recorded').toMatchObject({ kind: 'recorded' });
    expect(told).toEqual([org]);
  });
});

describe('asking for deliveries again', () => {
  test('a recovery sends failed deliveries again in the order of their ids, apart from those whose event is gone', async () => {
    const bench = open();
    const { store, org } = bench;
    const { value: webhook } = await store.createWebhook(org, webhookCommand({ announce: 'none' }), context());
    const ids = await eventsOf(bench, 4);
    const doomed = await newSession(store, org, { events: notes(1) });
    const slice = await store.readOn(org, 'feed', ids.at(-1) ?? null, null);
    const lostEvent = slice?.events.find(({ type }) => type === 'note.added')?.id ?? expect.fail();
    const lane = await onlyLane(bench);
    const over = [...ids, lostEvent].map((id) => finished(id, START_US, 'timeout'));
    await store.recordDeliveries(org, recordOf(lane, { finished: over, retrySeconds: [0] }), context());
    await store.deleteSession(org, doomed, context());
    const query = { sinceUs: START_US, after: null, counted: 0 };
    const [first, second] = await together<[Outcome<Recovered>, Outcome<Recovered>]>(bench, () => [
      store.recoverDeliveries(org, webhook.id, query, context()),
      store.recoverDeliveries(org, webhook.id, query, context()),
    ]);
    expect(first.value).toMatchObject({ count: 4, more: false });
    expect(second.value).toMatchObject({ count: 0, more: false });
    const { data, retrying } = await store.waitingDeliveries(org, webhook.id, 10);
    expect(retrying).toBe(0);
    expect(data.map(({ event }) => event)).toEqual(ids);
    const [waiting = expect.fail()] = data;
    expect(await failure(store.resendDelivery(org, webhook.id, waiting.id, context()))).toMatchObject({
      code: 'delivery_running',
    });
    expect(await store.getDelivery(org, webhook.id, waiting.id)).toMatchObject({ attempts: [{ error: 'timeout' }] });
  });
});

describe('replays', () => {
  test('run once claimed, count with their cursor, and are served no more when they are over', async () => {
    const bench = open();
    const { store, org } = bench;
    const target = { url: 'https://example.com/other', sealedSecret: new Uint8Array([9]) };
    const ids = await eventsOf(bench, 3);
    const { value: replay } = await store.createReplay(org, replayCommand(target), context());
    const lane = await onlyLane(bench);
    expect(lane).toMatchObject({ kind: 'replay', webhook: null, secrets: [{ sealed: new Uint8Array([9]) }] });
    expect(await store.getReplay(org, replay.id)).toMatchObject({ status: 'running', updatedUs: replay.updatedUs });
    const [one = expect.fail(), , last = expect.fail()] = ids;
    const progress = { delivered: 1, failed: 0, end: null };
    await store.recordDeliveries(org, recordOf(lane, { position: one, progress }), context());
    const end = { delivered: 1, failed: 1, end: { status: 'completed', reason: null } } as const;
    await store.recordDeliveries(org, recordOf(lane, { position: last, progress: end }), context());
    expect(await store.getReplay(org, replay.id)).toMatchObject({
      status: 'completed',
      position: last,
      delivered: 2,
      failed: 1,
    });
    expect(await claimBy(bench, 'one')).toEqual([]);
    expect(numberIn(bench.file, 'SELECT count(*) FROM deliveries')).toBe(0);
  });

  test('one to a webhook goes on without it when that is deleted, for its owner to end', async () => {
    const bench = open();
    const { store, org } = bench;
    const { value: webhook } = await store.createWebhook(org, webhookCommand(), context());
    const { value: replay } = await store.createReplay(org, replayCommand({ webhook: webhook.id }), context());
    await store.deleteWebhook(org, webhook.id, context());
    await store.settled();
    expect(numberIn(bench.file, 'SELECT count(*) FROM webhooks')).toBe(0);
    const lane = await onlyLane(bench);
    expect(lane).toMatchObject({ kind: 'replay', webhook: null, secrets: [], replay: { webhook: webhook.id } });
    const end = { delivered: 0, failed: 0, end: { status: 'failed', reason: 'webhook_deleted' } } as const;
    await store.recordDeliveries(org, recordOf(lane, { progress: end }), context());
    expect(await store.getReplay(org, replay.id)).toMatchObject({
      status: 'failed',
      reason: 'webhook_deleted',
      failed: 3,
    });
  });

  test('eleven at once are one too many, also in one commit', async () => {
    const { store, org } = open();
    const target = { url: 'https://example.com/other', sealedSecret: new Uint8Array([9]) };
    const made = Array.from({ length: 11 }, () => store.createReplay(org, replayCommand(target), context()));
    const settled = await Promise.allSettled(made);
    const ids = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value.value.id] : []));
    expect(ids).toHaveLength(10);
    const [id = expect.fail()] = ids as ReplayId[];
    const canceled = store.moveReplay(org, id, 'cancel', context());
    await Promise.all([canceled, store.createReplay(org, replayCommand(target), context())]);
    expect(await failure(store.moveReplay(org, id, 'resume', context()))).toMatchObject({ code: 'replay_ended' });
  });
});

describe('who waits for changes of lanes', () => {
  test('is told of them after their commit, of deleted sessions too, and of nothing that was only recorded', async () => {
    const bench = open();
    const { store, org } = bench;
    const session = await newSession(store, org);
    const [one = expect.fail()] = await eventsOf(bench, 1);
    const told: string[] = [];
    store.listen({
      woken: () => told.push('woken'),
      lanesChanged: () => told.push('lanes'),
      sessionsDeleted: (_, sessions) => told.push(...sessions),
      reconnected: () => {},
    });
    const { value: webhook } = await store.createWebhook(org, webhookCommand({ announce: 'failures' }), context());
    expect(told.splice(0)).toEqual(['lanes']);
    await store.enableWebhook(org, webhook.id, 'now', context());
    const lane = await onlyLane(bench);
    const sent = recordOf(lane, { finished: [finished(one, START_US, null)] });
    await store.recordDeliveries(org, sent, context());
    expect(told.splice(0)).toEqual([]);
    await store.recordDeliveries(org, recordOf(lane, { finished: [finished(one, START_US, 'timeout')] }), context());
    expect(told.splice(0), 'the account stream has grown').toEqual(['woken']);
    await store.rotateWebhookSecret(org, webhook.id, { sealedSecret: new Uint8Array(1), overlapSeconds: 0 }, context());
    await store.deleteWebhook(org, webhook.id, context());
    expect(told.splice(0)).toEqual(['lanes', 'lanes']);
    await store.deleteSession(org, session, context());
    expect(told).toEqual([session.id, 'woken']);
  });
});

describe('what is past its time', () => {
  const DAY_US = 24 * 60 * 60 * 1_000_000;

  test('deliveries that are over go after 30 days, and replays that have ended; what still waits stays', async () => {
    const bench = open();
    const { store, org, clock } = bench;
    const { value: webhook } = await store.createWebhook(org, webhookCommand({ announce: 'none' }), context());
    await store.createWebhook(org, webhookCommand({ url: 'https://example.com/quiet' }), context());
    const ids = await eventsOf(bench, 260);
    const lane = (await claimBy(bench, 'one')).find(({ id }) => id === webhook.id) ?? expect.fail();
    const old = ids.map((id, n) => finished(id, clock.us, n % 2 === 0 ? null : 'timeout'));
    await store.recordDeliveries(org, recordOf(lane, { finished: old }), context());
    const target = { url: 'https://example.com/other', sealedSecret: new Uint8Array([9]) };
    const ended = await store.createReplay(org, replayCommand(target, { total: 0 }), context());
    const going = await store.createReplay(org, replayCommand(target), context());
    clock.us += 15 * DAY_US;
    await store.recordDeliveries(org, recordOf(lane, { finished: old.slice(0, 5) }), context());
    await store.close();
    const left = (file: string) => [
      numberIn(file, 'SELECT count(*) FROM deliveries WHERE next_us IS NULL'),
      numberIn(file, 'SELECT count(*) FROM deliveries WHERE next_us IS NOT NULL'),
      numberIn(file, 'SELECT count(*) FROM replays'),
    ];
    expect(left(bench.file)).toEqual([133, 132, 2]);
    clock.us += 15 * DAY_US - 1_000_000;
    await (await sweptBy(bench)).close();
    expect(left(bench.file), 'of not quite 30 days').toEqual([133, 132, 2]);
    clock.us += 2_000_000;
    const again = await sweptBy(bench);
    expect(left(bench.file)).toEqual([3, 132, 1]);
    expect(await again.getReplay(org, ended.value.id)).toBeNull();
    expect(await again.getReplay(org, going.value.id)).not.toBeNull();
    expect(numberIn(bench.file, 'SELECT count(*) FROM lanes')).toBe(3);
  });

  /** A store that has opened the file and swept it. */
  async function sweptBy(bench: Bench): Promise<SqliteStore> {
    const { store } = reopened(bench);
    await store.settled();
    return store;
  }

  test('the rows of a deleted webhook go in the background, at most 200 of them in a commit', async () => {
    const bench = open();
    const { store, org, clock, file } = bench;
    const { value: webhook } = await store.createWebhook(org, webhookCommand({ announce: 'none' }), context());
    const ids = await eventsOf(bench, 150);
    const lane = await onlyLane(bench);
    const over = ids.map((id) => finished(id, clock.us, null));
    for (let n = 0; n < 4; n++) await store.recordDeliveries(org, recordOf(lane, { finished: over }), context());
    await store.close();
    clock.us += 2_000_000;
    const watched = new Watched({ file, nowUs: () => clock.us });
    await watched.store.deleteWebhook(org, webhook.id, context());
    expect(await watched.store.getWebhook(org, webhook.id)).toBeNull();
    await watched.store.settled();
    for (const table of ['webhooks', 'webhook_health', 'webhook_secrets', 'lanes', 'deliveries', 'blocks']) {
      expect(numberIn(file, `SELECT count(*) FROM ${table}`), table).toBe(0);
    }
    const changed = watched.batches().map(({ changes }, n, all) => changes - (all[n - 1]?.changes ?? 0));
    expect(Math.max(...changed)).toBeLessThanOrEqual(limits.backgroundRows + 2);
    expect(changed.length).toBeGreaterThanOrEqual(600 / limits.backgroundRows);
  });
});

describe('the check value of the key', () => {
  test('is made once, and only when asked for', async () => {
    const { store } = open();
    expect(store.secretKeyCheck(null)).toBeNull();
    expect(store.secretKeyCheck(() => new Uint8Array([7]))).toMatchObject({ isNew: true });
    const known = store.secretKeyCheck(() => expect.fail());
    expect([...(known?.stored ?? [])]).toEqual([7]);
    expect(known?.isNew).toBe(false);
  });
});

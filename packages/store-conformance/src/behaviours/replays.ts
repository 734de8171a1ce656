/** Replays: a second reading of the feed with a durable cursor, moved by whoever asks and counted by whoever serves it. */
import { makeId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import { REPLAY_MOVES, type Replay, type ReplayMove, type ReplayStatus } from '@turnlog/core/replays';
import type { RecordDeliveries } from '@turnlog/core/webhook-store';
import { describe, expect, test } from 'vitest';
import type { StoreHarness } from '../harness.ts';
import { context, random } from '../support/commands.ts';
import { accountViews, allDeliveries, allReplays, expectedPage, snapshot, walk } from '../support/reading.ts';
import { refusal, refusalCode } from '../support/refusals.ts';
import { type Sandbox, useStore, withStore } from '../support/sandbox.ts';
import {
  claim,
  failedAttempt,
  finished,
  record,
  recordCommand,
  replayCommand,
  replayOf,
  stageWebhook,
  webhookCommand,
  webhookOf,
} from '../support/webhooks.ts';
import { gathered } from '../support/writes.ts';

export function describeReplays(harness: StoreHarness): void {
  describe('replays', () => {
    const sandbox = useStore(harness);
    describeMaking(sandbox);
    describeMoves(sandbox);
    describeCounting(sandbox, harness);
    describeTargets(sandbox);
    describeLists(sandbox);
  });
}

function describeMaking(sandbox: Sandbox): void {
  test('a replay to a URL is what was asked for, and waits for somebody to serve it', async () => {
    const { store, clock } = sandbox;
    const org = await sandbox.newOrg();
    clock.advanceSeconds(1);
    const through = makeId('evt', clock.us, random);
    const sessions = [null, 'none' as const, makeId('sess', 1, random)];
    for (const session of sessions) {
      for (const types of [null, ['note.*', 'a_b']]) {
        const command = replayCommand({ dialect: 'platform', session, types, rate: 9, total: 7, through, sinceUs: 5 });
        const { value } = await store.createReplay(org, command, context());
        const { target: _, ...members } = command;
        expect(value).toEqual({
          ...members,
          id: value.id,
          webhook: null,
          url: 'https://example.com/replay',
          status: 'queued',
          reason: null,
          delivered: 0,
          failed: 0,
          position: null,
          createdUs: value.createdUs,
          updatedUs: value.createdUs,
          endedUs: null,
        });
        expect(value.createdUs).toBeGreaterThanOrEqual(clock.us);
        expect(await store.getReplay(org, value.id)).toEqual(value);
      }
    }
    expect(await store.getReplay(org, makeId('rpl', clock.us, random))).toBeNull();
  });

  test('one to a webhook speaks its dialect, and goes where it goes', async () => {
    const { store } = sandbox;
    const { org, webhook } = await stageWebhook(sandbox, { dialect: 'platform', url: 'https://example.com/its-own' });
    const command = replayCommand({ dialect: 'cloud', target: { webhook: webhook.id } });
    const { value } = await store.createReplay(org, command, context());
    expect(value).toMatchObject({ dialect: 'platform', webhook: webhook.id, url: webhook.url });
  });

  test('one of a range without events is over at once', async () => {
    const { store, clock } = sandbox;
    const org = await sandbox.newOrg();
    const { value } = await store.createReplay(org, replayCommand({ total: 0 }), context());
    expect(value).toMatchObject({ status: 'completed', delivered: 0, failed: 0, endedUs: value.createdUs });
    expect(await store.claimLanes(org, { owner: 'anybody', untilUs: clock.us + 1_000_000 })).toEqual([]);
  });

  test('one to a disabled webhook is refused', async () => {
    const { store } = sandbox;
    const { org, webhook } = await stageWebhook(sandbox);
    await store.disableWebhook(org, webhook.id, context());
    const create = store.createReplay(org, replayCommand({ target: { webhook: webhook.id } }), context());
    expect(await refusalCode(create)).toBe('webhook_disabled');
    expect(await allReplays(store, org)).toEqual([]);
  });

  test('too many that are not over are refused, also at the same time, until one is over', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const create = () => store.createReplay(org, replayCommand(), context());
    await store.createReplay(org, replayCommand({ total: 0 }), context());
    for (let n = 1; n < limits.replaysPerOrg; n++) await create();
    const [fits, refused] = await Promise.allSettled(await gathered(sandbox, () => [create(), create()]));
    expect(fits?.status).toBe('fulfilled');
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'too_many_replays' } });
    const [, paused, canceled] = await allReplays(store, org);
    await store.moveReplay(org, paused?.id ?? 'rpl_', 'pause', context());
    expect(await refusalCode(create()), 'a paused one is not over').toBe('too_many_replays');
    await store.moveReplay(org, canceled?.id ?? 'rpl_', 'cancel', context());
    await create();
    expect(await refusalCode(create())).toBe('too_many_replays');
  });
}

/** What each move makes of each status; null: it is refused. */
const AFTER: Readonly<Record<ReplayStatus, Readonly<Record<ReplayMove, ReplayStatus | null>>>> = {
  queued: { pause: 'paused', resume: 'queued', cancel: 'canceled' },
  running: { pause: 'paused', resume: 'running', cancel: 'canceled' },
  paused: { pause: 'paused', resume: 'queued', cancel: 'canceled' },
  completed: { pause: null, resume: null, cancel: null },
  canceled: { pause: null, resume: null, cancel: 'canceled' },
  failed: { pause: null, resume: null, cancel: null },
};

/** A replay that stands as told. */
async function stand(
  sandbox: Sandbox,
  status: ReplayStatus,
): Promise<{ readonly org: `org_${string}`; readonly replay: Replay }> {
  const { store } = sandbox;
  const org = await sandbox.newOrg();
  const { value } = await store.createReplay(org, replayCommand(), context());
  if (status === 'paused') await store.moveReplay(org, value.id, 'pause', context());
  if (status === 'canceled') await store.moveReplay(org, value.id, 'cancel', context());
  if (status === 'running' || status === 'completed' || status === 'failed') {
    const lane = await claim(sandbox, org, value.id);
    const end = status === 'running' ? null : { status, reason: null };
    if (end !== null) await record(sandbox, { org, lane }, { progress: { delivered: 0, failed: 0, end } });
  }
  const replay = await replayOf(store, org, value);
  expect(replay.status).toBe(status);
  return { org, replay };
}

function describeMoves(sandbox: Sandbox): void {
  const cases = Object.entries(AFTER).flatMap(([status, moves]) =>
    REPLAY_MOVES.map((move) => ({ status: status as ReplayStatus, move, after: moves[move] })),
  );

  test.each(cases)('$move, of one that is $status: $after', async ({ status, move, after }) => {
    const { store, clock } = sandbox;
    const { org, replay } = await stand(sandbox, status);
    clock.advanceSeconds(1);
    const moved = store.moveReplay(org, replay.id, move, context());
    if (after === null) {
      const { code, message } = await refusal(moved);
      expect(code).toBe('replay_ended');
      expect(message).toContain(replay.id);
      expect(await replayOf(store, org, replay)).toEqual(replay);
      return;
    }
    const { value } = await moved;
    const endedUs = after === 'canceled' ? clock.us : null;
    const expected = after === status ? replay : { ...replay, status: after, updatedUs: clock.us, endedUs };
    expect(value).toEqual(expected);
    expect(await replayOf(store, org, replay)).toEqual(expected);
    expect((await store.moveReplay(org, replay.id, move, context())).value, 'twice is once').toEqual(expected);
  });

  test('of two moves at the same time the second sees what the first has done', async () => {
    const { store } = sandbox;
    const { org, replay } = await stand(sandbox, 'running');
    const move = (which: ReplayMove) => store.moveReplay(org, replay.id, which, context());
    const [canceled, resumed] = await Promise.allSettled(
      await gathered(sandbox, () => [move('cancel'), move('resume')]),
    );
    expect(canceled?.status).toBe('fulfilled');
    expect(resumed).toMatchObject({ status: 'rejected', reason: { code: 'replay_ended' } });
  });

  test("I7: another org's replay is neither found nor moved, and looks like one that never was", async () => {
    const { store } = sandbox;
    const mine = await sandbox.newOrg();
    const { org, replay } = await stand(sandbox, 'queued');
    const unknown = makeId('rpl', sandbox.clock.us, random);
    expect(await store.getReplay(mine, replay.id)).toBeNull();
    for (const move of REPLAY_MOVES) {
      const foreign = await refusal(store.moveReplay(mine, replay.id, move, context()));
      const never = await refusal(store.moveReplay(mine, unknown, move, context()));
      expect([foreign.code, never.code]).toEqual(['replay_not_found', 'replay_not_found']);
      expect(never.message.replace(unknown, '')).toBe(foreign.message.replace(replay.id, ''));
    }
    expect(await allReplays(store, mine)).toEqual([]);
    expect(await replayOf(store, org, replay)).toEqual(replay);
  });
}

function describeCounting(sandbox: Sandbox, harness: StoreHarness): void {
  type Progress = NonNullable<RecordDeliveries['progress']>;
  const progress = (delivered: number, failed: number, end: Progress['end'] = null): Progress => ({
    delivered,
    failed,
    end,
  });

  test('counters move with the cursor, in one step, and are there after a reopening', async () => {
    await withStore(harness, async (own) => {
      const org = await own.newOrg();
      const { value } = await own.store.createReplay(org, replayCommand({ total: 10 }), context());
      let lane = await claim(own, org, value.id);
      const [first, second] = [makeId('evt', 1, random), makeId('evt', 2, random)];
      await record(own, { org, lane }, { position: first, progress: progress(3, 1) });
      expect(await replayOf(own.store, org, value)).toMatchObject({ position: first, delivered: 3, failed: 1 });
      const before = await snapshot(own.open, org);
      await own.reopen();
      expect(await snapshot(own.open, org)).toEqual(before);
      own.clock.us += 2 * limits.leaseSeconds * 1_000_000;
      const old = lane;
      lane = await claim(own, org, value.id, 'a new process');
      expect(lane).toMatchObject({ replay: { position: first, delivered: 3, failed: 1, status: 'running' } });
      const late = recordCommand(old, { position: second, progress: progress(5, 0) });
      expect(await own.store.recordDeliveries(org, late, context())).toEqual({ kind: 'fenced' });
      await record(own, { org, lane }, { position: second, progress: progress(2, 0) });
      expect(await replayOf(own.store, org, value)).toMatchObject({ position: second, delivered: 5, failed: 1 });
    });
  });

  test('a fault at any statement leaves cursor and counters together', async () => {
    await withStore(harness, async (own) => {
      const org = await own.newOrg();
      const { value } = await own.store.createReplay(org, replayCommand({ total: 1_000 }), context());
      for (let statement = 1; ; statement++) {
        expect(statement, 'a batch ends some time').toBeLessThan(100);
        const lane = await claim(own, org, value.id);
        const position = makeId('evt', statement, random);
        const before = await replayOf(own.store, org, value);
        await own.open.idle();
        const planted = await own.open.plantFault({ kind: 'io', statement });
        const command = recordCommand(lane, { position, progress: progress(1, 1) });
        const recording = own.store.recordDeliveries(org, command, context());
        await Promise.allSettled([recording]);
        const struck = await planted.struck();
        if (struck) await own.reopen();
        const after = await replayOf(own.store, org, value);
        if (after.position === before.position) expect(after).toEqual(before);
        else expect(after).toEqual({ ...before, position, delivered: before.delivered + 1, failed: before.failed + 1 });
        if (!struck) return;
      }
    });
  });

  test('over at the end: what was not delivered has failed, whatever was deleted meanwhile', async () => {
    const { store, clock } = sandbox;
    const org = await sandbox.newOrg();
    const { value } = await store.createReplay(org, replayCommand({ total: 10 }), context());
    const lane = await claim(sandbox, org, value.id);
    const position = makeId('evt', 1, random);
    await record(sandbox, { org, lane }, { progress: progress(4, 1) });
    clock.advanceSeconds(1);
    await record(sandbox, { org, lane }, { position, progress: progress(3, 0, { status: 'completed', reason: null }) });
    const done = await replayOf(store, org, value);
    expect(done).toMatchObject({ status: 'completed', reason: null, delivered: 7, failed: 3, position });
    expect(done.endedUs).toBe(done.updatedUs);
    expect(done.endedUs).toBeGreaterThanOrEqual(clock.us);
    expect(await store.claimLanes(org, { owner: 'anybody', untilUs: clock.us + 120_000_000 })).toEqual([]);
  });

  test('one that pauses by itself says why, and goes on from there without that', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const { value } = await store.createReplay(org, replayCommand({ total: 200 }), context());
    const lane = await claim(sandbox, org, value.id);
    const position = makeId('evt', 1, random);
    const end = { status: 'paused', reason: 'endpoint_failing' } as const;
    await record(sandbox, { org, lane }, { position, progress: progress(5, 100, end) });
    const paused = await replayOf(store, org, value);
    expect(paused).toMatchObject({ ...end, delivered: 5, failed: 100, endedUs: null, position });
    const { value: resumed } = await store.moveReplay(org, value.id, 'resume', context());
    expect(resumed).toMatchObject({ status: 'queued', reason: null, delivered: 5, failed: 100, position });
    expect(await claim(sandbox, org, value.id)).toMatchObject({ replay: { status: 'running', position } });
  });

  test('one that fails says why, and counts all that was not delivered', async () => {
    const { store } = sandbox;
    for (const reason of ['endpoint_gone', 'webhook_deleted'] as const) {
      const org = await sandbox.newOrg();
      const { value } = await store.createReplay(org, replayCommand({ total: 10 }), context());
      const lane = await claim(sandbox, org, value.id);
      await record(sandbox, { org, lane }, { progress: progress(2, 1, { status: 'failed', reason }) });
      const failed = await replayOf(store, org, value);
      expect(failed).toMatchObject({ status: 'failed', reason, delivered: 2, failed: 8 });
      expect(failed.endedUs).not.toBeNull();
    }
  });

  test('one that was canceled keeps what it has counted, and takes what was under way', async () => {
    const { store } = sandbox;
    const { org, replay } = await stand(sandbox, 'running');
    const lane = await claim(sandbox, org, replay.id);
    await record(sandbox, { org, lane }, { progress: progress(2, 1) });
    await store.moveReplay(org, replay.id, 'cancel', context());
    await record(sandbox, { org, lane }, { progress: progress(1, 0) });
    expect(await replayOf(store, org, replay)).toMatchObject({ status: 'canceled', delivered: 3, failed: 1 });
  });
}

function describeTargets(sandbox: Sandbox): void {
  test('what goes to a webhook is logged with its replay, announced to nobody, and says nothing of its health', async () => {
    const { store } = sandbox;
    const staged = await stageWebhook(sandbox);
    const { org, webhook, events } = staged;
    const command = replayCommand({ target: { webhook: webhook.id }, total: 2 });
    const { value } = await store.createReplay(org, command, context());
    const lane = await claim(sandbox, org, value.id);
    const { deliveries } = await record(
      sandbox,
      { org, lane },
      {
        finished: [
          finished(sandbox, events[0]),
          finished(sandbox, events[1], { attempts: Array(3).fill(failedAttempt(sandbox)) }),
        ],
        position: events[1]?.id ?? null,
        progress: { delivered: 1, failed: 1, end: { status: 'completed', reason: null } },
      },
    );
    expect(
      deliveries.map(({ nextUs }) => nextUs),
      'nothing of it waits for a retry',
    ).toEqual([null, null]);
    const logged = await allDeliveries(store, org, webhook);
    expect(logged).toMatchObject([
      { id: deliveries[0]?.id, replay: value.id, state: 'succeeded', attemptCount: 1 },
      { id: deliveries[1]?.id, replay: value.id, state: 'failed', attemptCount: 3, nextUs: null },
    ]);
    expect(await webhookOf(store, org, webhook.id), 'neither cursor nor health').toEqual(webhook);
    const told = (await accountViews(sandbox.open, org)).filter(({ type }) => type.startsWith('webhook.'));
    expect(told).toEqual([]);
  });

  test('what goes to a URL is logged nowhere', async () => {
    const { store } = sandbox;
    const staged = await stageWebhook(sandbox);
    const { org, webhook, events } = staged;
    const { value } = await store.createReplay(org, replayCommand(), context());
    const lane = await claim(sandbox, org, value.id);
    const { deliveries } = await record(
      sandbox,
      { org, lane },
      {
        finished: [finished(sandbox, events[0])],
        progress: { delivered: 1, failed: 0, end: null },
      },
    );
    expect(deliveries).toEqual([{ id: null, nextUs: null }]);
    expect(await allDeliveries(store, org, webhook)).toEqual([]);
  });

  test('one whose webhook is deleted can still be told to have failed, and remembers where it went', async () => {
    const { store } = sandbox;
    const { org, webhook } = await stageWebhook(sandbox);
    const command = replayCommand({ target: { webhook: webhook.id }, total: 4 });
    const { value } = await store.createReplay(org, command, context());
    await store.deleteWebhook(org, webhook.id, context());
    await sandbox.open.idle();
    const lane = await claim(sandbox, org, value.id);
    expect(lane).toMatchObject({ kind: 'replay', webhook: null });
    const end = { status: 'failed', reason: 'webhook_deleted' } as const;
    await record(sandbox, { org, lane }, { progress: { delivered: 0, failed: 0, end } });
    expect(await replayOf(store, org, value)).toMatchObject({ ...end, webhook: webhook.id, failed: 4 });
  });
}

function describeLists(sandbox: Sandbox): void {
  test('lists go both ways, and a cursor is a position, whether or not a replay stands there', async () => {
    const { store, clock } = sandbox;
    const org = await sandbox.newOrg();
    await store.createWebhook(await sandbox.newOrg(), webhookCommand(), context());
    const all: Replay[] = [];
    for (let n = 0; n < 7; n++) {
      clock.us += 10;
      all.push((await store.createReplay(org, replayCommand({ rate: n + 1 }), context())).value);
    }
    const read = (query: Parameters<typeof store.listReplays>[1]) => store.listReplays(org, query);
    for (const order of ['asc', 'desc'] as const) {
      for (const direction of ['after', 'before'] as const) {
        const walked = await walk<'rpl', Replay>(read, { order, direction, limit: 3 });
        expect(walked).toEqual(order === 'asc' ? all : all.toReversed());
        for (const id of [...all.map((replay) => replay.id), makeId('rpl', clock.us - 25, random)]) {
          const query = { order, cursor: { direction, id }, limit: 2 } as const;
          expect(await read(query)).toEqual(expectedPage<'rpl', Replay>(all, query));
        }
      }
    }
  });
}

/** Lanes: durable cursors, each of one owner at a time, who proves it with a fencing token. */
import { makeId, type OrgId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import type { Lane } from '@turnlog/core/webhook-store';
import { describe, expect, test } from 'vitest';
import type { StoreHarness } from '../harness.ts';
import { context, random } from '../support/commands.ts';
import { plainSecrets, snapshot } from '../support/reading.ts';
import { type Sandbox, useStore, withStore } from '../support/sandbox.ts';
import {
  claim,
  finished,
  lost,
  OWNER,
  record,
  recordCommand,
  replayCommand,
  replayOf,
  type StagedWebhook,
  stageWebhook,
  webhookCommand,
  webhookOf,
  webhookUpdate,
} from '../support/webhooks.ts';
import { gathered } from '../support/writes.ts';

const LEASE_US = limits.leaseSeconds * 1_000_000;

export function describeLanes(harness: StoreHarness): void {
  describe('lanes', () => {
    const sandbox = useStore(harness);
    describeOwning(sandbox, harness);
    describeServing(sandbox);
    describeFencing(sandbox);
  });
}

function describeOwning(sandbox: Sandbox, harness: StoreHarness): void {
  test('a lane comes with all that its owner works with', async () => {
    const sealedSecret = random(32);
    const { org, webhook, lane } = await stageWebhook(sandbox, { sealedSecret });
    expect({ ...lane, secrets: plainSecrets(lane.secrets) }).toEqual({
      kind: 'webhook',
      id: webhook.id,
      fence: lane.fence,
      revision: lane.revision,
      secrets: [{ sealed: [...sealedSecret], expiresUs: null }],
      webhook,
    });
    expect(await webhookOf(sandbox.store, org, webhook.id), 'owning changes nothing of it').toEqual(webhook);
  });

  test('whoever owns a lane keeps it by asking again, and its fence stays', async () => {
    const { clock } = sandbox;
    const { org, lane } = await stageWebhook(sandbox);
    for (let n = 0; n < 5; n++) {
      clock.us += LEASE_US / 2;
      expect(ids(await take(sandbox, org, 'somebody else'))).toEqual([]);
      expect((await take(sandbox, org, OWNER)).map(({ fence }) => fence)).toEqual([lane.fence]);
    }
  });

  test('a lease that is over leaves the lane to another, with a higher fence', async () => {
    const { clock } = sandbox;
    const { org, lane } = await stageWebhook(sandbox);
    clock.us += LEASE_US - 1;
    expect(await take(sandbox, org, 'another')).toEqual([]);
    clock.us += 2;
    const [taken] = await take(sandbox, org, 'another');
    expect(taken).toMatchObject({ id: lane.id });
    expect(taken?.fence).toBeGreaterThan(lane.fence);
    expect(await take(sandbox, org, OWNER), 'the first owner has lost it').toEqual([]);
  });

  test('a lane that nobody else has taken stays its owner’s, though the lease was over', async () => {
    const { clock } = sandbox;
    const { org, lane } = await stageWebhook(sandbox);
    clock.us += 10 * LEASE_US;
    expect((await take(sandbox, org, OWNER)).map(({ fence }) => fence)).toEqual([lane.fence]);
  });

  test('lanes that are let go are free at once, those of one owner and one org alone', async () => {
    const { store } = sandbox;
    const { org, lane } = await stageWebhook(sandbox);
    const other = await stageWebhook(sandbox);
    await store.releaseLanes(org, 'nobody in particular');
    expect(await take(sandbox, org, 'another')).toEqual([]);
    await store.releaseLanes(org, OWNER);
    const [taken] = await take(sandbox, org, 'another');
    expect(taken).toMatchObject({ id: lane.id });
    expect(taken?.fence).toBeGreaterThan(lane.fence);
    expect(await take(sandbox, other.org, 'another'), 'of another org').toEqual([]);
  });

  test('of owners who ask at the same time, each lane has one', async () => {
    const { store, clock } = sandbox;
    const org = await sandbox.newOrg();
    for (let n = 0; n < 3; n++) await store.createWebhook(org, webhookCommand(), context());
    const untilUs = clock.us + LEASE_US;
    const owners = ['one', 'two', 'three', 'four'];
    const claims = await Promise.all(
      await gathered(sandbox, () => owners.map((owner) => store.claimLanes(org, { owner, untilUs }))),
    );
    const all = claims.flatMap(ids);
    expect(all).toHaveLength(3);
    expect(new Set(all).size).toBe(3);
  });

  test('what is released and claimed at the same time is the claimant’s, with a new fence', async () => {
    const { store, clock } = sandbox;
    const { org, lane } = await stageWebhook(sandbox);
    const [, claimed] = await Promise.all(
      await gathered<unknown>(sandbox, () => [
        store.releaseLanes(org, OWNER),
        store.claimLanes(org, { owner: 'another', untilUs: clock.us + LEASE_US }),
      ]),
    );
    const [taken] = claimed as readonly Lane[];
    expect(taken?.fence).toBeGreaterThan(lane.fence);
    expect(await store.recordDeliveries(org, recordCommand(lane), context())).toEqual({ kind: 'fenced' });
    expect(await store.recordDeliveries(org, recordCommand(taken as Lane), context())).toMatchObject({
      kind: 'recorded',
    });
  });

  test('I7: lanes of another org are not to be had', async () => {
    const { store, clock } = sandbox;
    const [mine, theirs] = [await sandbox.newOrg(), await sandbox.newOrg()];
    const { value } = await store.createWebhook(theirs, webhookCommand(), context());
    expect(await store.claimLanes(mine, { owner: OWNER, untilUs: clock.us + LEASE_US })).toEqual([]);
    const lane = await claim(sandbox, theirs, value.id);
    const before = await snapshot(sandbox.open, theirs);
    const foreign = recordCommand(lane, { position: makeId('evt', clock.us, random) });
    expect(await store.recordDeliveries(mine, foreign, context())).toEqual({ kind: 'fenced' });
    expect(await snapshot(sandbox.open, theirs)).toEqual(before);
  });

  test('after a reopening a lane goes on where it was, and an old fence is of no use once it is taken', async () => {
    await withStore(harness, async (own) => {
      const staged = await stageWebhook(own);
      const { org, webhook, lane, events } = staged;
      const position = events[1]?.id ?? null;
      await record(own, staged, { finished: [finished(own, events[0])], position });
      await own.reopen();
      own.clock.us += 2 * LEASE_US;
      const [taken] = await take(own, org, 'a new process');
      expect(taken).toMatchObject({ id: webhook.id, webhook: { position } });
      expect(taken?.fence).toBeGreaterThan(lane.fence);
      expect(await own.store.recordDeliveries(org, recordCommand(lane), context())).toEqual({ kind: 'fenced' });
    });
  });
}

function describeServing(sandbox: Sandbox): void {
  test('enabled webhooks and replays under way are served, and no others', async () => {
    const { store, directory } = sandbox;
    const org = await sandbox.newOrg();
    const served = async () => ids(await take(sandbox, org, OWNER)).sort();
    const listed = async () => (await directory.orgsWithLanes()).includes(org);
    expect({ served: await served(), listed: await listed() }).toEqual({ served: [], listed: false });
    const { value: webhook } = await store.createWebhook(org, webhookCommand(), context());
    expect({ served: await served(), listed: await listed() }).toEqual({ served: [webhook.id], listed: true });
    await store.disableWebhook(org, webhook.id, context());
    expect({ served: await served(), listed: await listed() }).toEqual({ served: [], listed: false });
    const { value: replay } = await store.createReplay(org, replayCommand(), context());
    expect({ served: await served(), listed: await listed() }).toEqual({ served: [replay.id], listed: true });
    await store.moveReplay(org, replay.id, 'pause', context());
    expect({ served: await served(), listed: await listed() }).toEqual({ served: [], listed: false });
    await store.moveReplay(org, replay.id, 'resume', context());
    await store.enableWebhook(org, webhook.id, 'stopped', context());
    expect(await served()).toEqual([replay.id, webhook.id].sort());
    await store.moveReplay(org, replay.id, 'cancel', context());
    await store.deleteWebhook(org, webhook.id, context());
    expect({ served: await served(), listed: await listed() }).toEqual({ served: [], listed: false });
  });

  test('a queued replay runs from the moment that somebody takes it', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const sealedSecret = random(32);
    const target = { url: 'https://example.com/replay', sealedSecret };
    const { value } = await store.createReplay(org, replayCommand({ target }), context());
    expect(value.status).toBe('queued');
    const lane = await claim(sandbox, org, value.id);
    expect(lane).toMatchObject({ kind: 'replay', replay: { ...value, status: 'running' }, webhook: null });
    expect(plainSecrets(lane.secrets)).toEqual([{ sealed: [...sealedSecret], expiresUs: null }]);
    expect((await replayOf(store, org, value)).status).toBe('running');
  });

  test('the lane of a replay to a webhook comes with it, and changes with it', async () => {
    const { store, clock } = sandbox;
    const { org, webhook } = await stageWebhook(sandbox);
    const command = replayCommand({ target: { webhook: webhook.id } });
    const { value } = await store.createReplay(org, command, context());
    const lane = await claim(sandbox, org, value.id);
    expect(lane).toMatchObject({ kind: 'replay', webhook });
    clock.advanceSeconds(1);
    const update = webhookUpdate({ url: 'https://example.com/moved' });
    const { value: moved } = await store.updateWebhook(org, webhook.id, update, context());
    const later = await claim(sandbox, org, value.id);
    expect(later).toMatchObject({ fence: lane.fence, webhook: moved });
    expect(later.revision).toBeGreaterThan(lane.revision);
    await store.deleteWebhook(org, webhook.id, context());
    expect(await claim(sandbox, org, value.id)).toMatchObject({ webhook: null, secrets: [] });
  });

  test('the revision of a lane rises when somebody changes what it does, and for nothing else', async () => {
    const { store, clock } = sandbox;
    const staged = await stageWebhook(sandbox);
    const { org, webhook } = staged;
    const revision = async () => (await claim(sandbox, org, webhook.id)).revision;
    clock.advanceSeconds(1);
    await record(sandbox, staged, { finished: [finished(sandbox, staged.events[0])] });
    expect(await revision()).toBe(staged.lane.revision);
    await store.updateWebhook(org, webhook.id, webhookUpdate({ rateLimit: 3 }), context());
    const updated = await revision();
    expect(updated).toBeGreaterThan(staged.lane.revision);
    await store.disableWebhook(org, webhook.id, context());
    await store.enableWebhook(org, webhook.id, 'stopped', context());
    expect(await revision()).toBeGreaterThan(updated);
  });
}

function describeFencing(sandbox: Sandbox): void {
  /** Everything that a record may say. */
  const everything = ({ events }: StagedWebhook) => ({
    position: events[1]?.id ?? null,
    finished: [finished(sandbox, events[0])],
    lost: [lost(events[1])],
    unblocked: [makeId('sess', 1, random)],
  });

  test.each([
    { who: 'whose lease is over, once another has the lane', fence: 0, lose: expire },
    { who: 'whose lane was released', fence: 0, lose: release },
    { who: 'with a fence that is to come', fence: 1, lose: async () => {} },
    { who: 'with a fence of long ago', fence: -1, lose: async () => {} },
    { who: 'whose webhook is deleted', fence: 0, lose: remove },
  ])('I9: the record of one $who writes nothing', async ({ fence, lose }) => {
    const { store } = sandbox;
    const staged = await stageWebhook(sandbox);
    const { org, lane } = staged;
    await lose(sandbox, staged);
    const before = await snapshot(sandbox.open, org);
    const command = recordCommand({ ...lane, fence: lane.fence + fence }, everything(staged));
    expect(await store.recordDeliveries(org, command, context())).toEqual({ kind: 'fenced' });
    expect(await snapshot(sandbox.open, org)).toEqual(before);
  });

  test('a lane that never was is nobody’s', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    for (const id of [makeId('wh', 1, random), makeId('rpl', 1, random)]) {
      const command = recordCommand({ id, fence: 1 });
      expect(await store.recordDeliveries(org, command, context())).toEqual({ kind: 'fenced' });
    }
  });

  test('the owner of a lane that was disabled may still record what was under way', async () => {
    const { store } = sandbox;
    const staged = await stageWebhook(sandbox);
    await store.disableWebhook(staged.org, staged.webhook.id, context());
    const position = staged.events[0]?.id ?? null;
    const recorded = await record(sandbox, staged, { finished: [finished(sandbox, staged.events[0])], position });
    expect(recorded).toMatchObject({ deliveries: [{ nextUs: null }], disabled: true });
    expect((await webhookOf(store, staged.org, staged.webhook.id)).position).toBe(position);
  });
}

async function expire(sandbox: Sandbox, { org }: StagedWebhook): Promise<void> {
  sandbox.clock.us += LEASE_US + 1;
  await take(sandbox, org, 'another');
}

async function release({ store }: Sandbox, { org }: StagedWebhook): Promise<void> {
  await store.releaseLanes(org, OWNER);
}

async function remove({ store }: Sandbox, { org, webhook }: StagedWebhook): Promise<void> {
  await store.deleteWebhook(org, webhook.id, context());
}

function take({ store, clock }: Pick<Sandbox, 'store' | 'clock'>, org: OrgId, owner: string): Promise<readonly Lane[]> {
  return store.claimLanes(org, { owner, untilUs: clock.us + LEASE_US });
}

function ids(lanes: readonly Lane[]): string[] {
  return lanes.map(({ id }) => id);
}

/** Every method of a store that concerns webhooks, deliveries and replays, with what its queries can ask. */
import { DELIVERY_STATES } from '@turnlog/core/deliveries';
import { makeId, type OrgId } from '@turnlog/core/ids';
import type { LogEvent } from '@turnlog/core/store';
import type { Lane, RecordDeliveries } from '@turnlog/core/webhook-store';
import { context, deliveryQuery, newKey, notes, random, sessionCommand } from '@turnlog/store-conformance/commands';
import {
  finished,
  lost,
  REFUSED,
  recordCommand,
  replayCommand,
  webhookCommand,
  webhookUpdate,
} from '@turnlog/store-conformance/webhooks';
import type { SqliteStore } from '../../src/index.ts';
import { START_US } from './commands.ts';

const CLOCK = { clock: { us: START_US, now: () => START_US, advanceSeconds: () => {} } };
const FAILED = { attempts: [{ startedUs: START_US, durationMs: 1, ...REFUSED }] };
const SECOND_US = 1_000_000;

export async function useDeliveries(store: SqliteStore, org: OrgId): Promise<void> {
  store.secretKeyCheck(() => new Uint8Array(1));
  const { value: webhook } = await store.createWebhook(org, webhookCommand({ ordering: 'session' }), context(newKey()));
  const { value: doomed } = await store.createWebhook(org, webhookCommand(), context());
  const session = (await store.createSession(org, sessionCommand({ events: notes(3) }), context())).value.id;
  const { events } = (await store.readOn(org, 'feed', webhook.position, null)) ?? { events: [] };
  const lane = await claim(store, org, webhook.id);
  const record = (fields: Partial<RecordDeliveries>) => recordFor(store, org, lane, fields);
  const all = events.map((event) => finished(CLOCK, event, { ...FAILED, session }));
  await record({
    finished: [...all, finished(CLOCK, events[0])],
    lost: [lost(events[1])],
    position: events.at(-1)?.id ?? null,
  });
  await recordFor(store, org, await claim(store, org, doomed.id), { finished: all });
  const [failed] = (await store.listDeliveries(org, webhook.id, deliveryQuery({ states: ['retrying'] }))).data;
  const id = failed?.id ?? 'del_';
  await record({ finished: [finished(CLOCK, events[0], { ...FAILED, delivery: id, session })], unblocked: [session] });
  await store.resendDelivery(org, webhook.id, id, context());
  await record({ finished: [finished(CLOCK, events[1], { ...FAILED })], retrySeconds: [0] });
  await store.recoverDeliveries(org, webhook.id, { sinceUs: 0, after: null, counted: 0 }, context());
  await store.recoverDeliveries(org, webhook.id, { sinceUs: 0, after: id, counted: 0 }, context());
  await readDeliveries(store, org, webhook.id, id);
  await changeWebhook(store, org, webhook.id);
  await store.deleteWebhook(org, doomed.id, context());
  await store.settled();
  await useReplays(store, org, webhook.id, events);
  await store.orgsWithLanes();
  await store.releaseLanes(org, 'owner');
}

async function claim(store: SqliteStore, org: OrgId, id: Lane['id']): Promise<Lane> {
  const lanes = await store.claimLanes(org, { owner: 'owner', untilUs: START_US + 60 * SECOND_US });
  const lane = lanes.find((each) => each.id === id);
  if (lane === undefined) throw new Error('The lane is to be had.');
  return lane;
}

async function recordFor(store: SqliteStore, org: OrgId, lane: Lane, fields: Partial<RecordDeliveries>): Promise<void> {
  const { kind } = await store.recordDeliveries(org, recordCommand(lane, fields), context());
  if (kind !== 'recorded') throw new Error('The lane is the caller’s.');
}

async function readDeliveries(
  store: SqliteStore,
  org: OrgId,
  webhook: `wh_${string}`,
  id: `del_${string}`,
): Promise<void> {
  await store.getWebhook(org, webhook);
  await store.webhookSecrets(org, webhook);
  await store.getDelivery(org, webhook, id);
  await store.waitingDeliveries(org, webhook, 10);
  await store.blocksOf(org, webhook);
  const cursors = [null, ...(['after', 'before'] as const)];
  for (const order of ['asc', 'desc'] as const) {
    for (const direction of cursors) {
      await store.listWebhooks(org, { order, cursor: direction && { direction, id: webhook }, limit: 10 });
      const cursor = direction && { direction, id };
      for (const states of [null, DELIVERY_STATES]) {
        for (const types of [null, ['note.*']]) {
          await store.listDeliveries(org, webhook, deliveryQuery({ order, cursor, states, types, limit: 2 }));
        }
      }
    }
  }
}

async function changeWebhook(store: SqliteStore, org: OrgId, id: `wh_${string}`): Promise<void> {
  const update = webhookUpdate({ description: 'changed', metadata: { a: 'b' } });
  await store.updateWebhook(org, id, update, context(newKey()));
  await store.rotateWebhookSecret(org, id, { sealedSecret: random(32), overlapSeconds: 60 }, context());
  await store.disableWebhook(org, id, context());
  await store.enableWebhook(org, id, 'stopped', context());
  await store.disableWebhook(org, id, context());
  await store.enableWebhook(org, id, 'now', context());
}

async function useReplays(
  store: SqliteStore,
  org: OrgId,
  webhook: `wh_${string}`,
  events: readonly LogEvent[],
): Promise<void> {
  const { value: replay } = await store.createReplay(org, replayCommand({ target: { webhook } }), context(newKey()));
  const { value: other } = await store.createReplay(org, replayCommand(), context());
  await store.moveReplay(org, other.id, 'cancel', context());
  await store.createReplay(org, replayCommand(), context());
  const lane = await claim(store, org, replay.id);
  await recordFor(store, org, lane, {
    finished: [finished(CLOCK, events[0])],
    position: makeId('evt', START_US, random),
    progress: { delivered: 1, failed: 0, end: { status: 'completed', reason: null } },
  });
  await store.getReplay(org, replay.id);
  for (const order of ['asc', 'desc'] as const) {
    for (const direction of [null, 'after', 'before'] as const) {
      await store.listReplays(org, { order, cursor: direction && { direction, id: replay.id }, limit: 10 });
    }
  }
}

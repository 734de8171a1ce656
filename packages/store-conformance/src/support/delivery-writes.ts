/** Every write of the port that concerns webhooks and replays; see `writes.ts`. */
import { makeId, type OrgId } from '@turnlog/core/ids';
import type { Store } from '@turnlog/core/store';
import type { Webhook } from '@turnlog/core/webhooks';
import { context, notes, random } from './commands.ts';
import { REFUSED, recordCommand, replayCommand, webhookCommand, webhookUpdate } from './webhooks.ts';
import type { WriteCase } from './write-case.ts';

export const DELIVERY_WRITES: readonly WriteCase[] = [
  {
    name: 'createWebhook',
    prepare: async (_store, org) => {
      const command = webhookCommand({ description: 'made once', metadata: { team: 'blue' }, ordering: 'session' });
      return (store, write) => store.createWebhook(org, command, write);
    },
  },
  {
    name: 'updateWebhook',
    prepare: async (store, org) => {
      const { id } = await webhook(store, org);
      const update = webhookUpdate({ url: 'https://example.com/after', metadata: { team: 'red' }, rateLimit: 3 });
      return (again, write) => again.updateWebhook(org, id, update, write);
    },
  },
  {
    name: 'deleteWebhook',
    prepare: async (store, org) => {
      const { id } = await failing(store, org);
      return (again, write) => again.deleteWebhook(org, id, write);
    },
  },
  {
    name: 'disableWebhook',
    prepare: async (store, org) => {
      const { id } = await webhook(store, org);
      return (again, write) => again.disableWebhook(org, id, write);
    },
  },
  {
    name: 'enableWebhook from where it stopped',
    prepare: async (store, org) => {
      const { id } = await failing(store, org);
      await store.disableWebhook(org, id, context());
      return (again, write) => again.enableWebhook(org, id, 'stopped', write);
    },
  },
  {
    name: 'enableWebhook from now',
    prepare: async (store, org) => {
      const { id } = await failing(store, org);
      await store.disableWebhook(org, id, context());
      return (again, write) => again.enableWebhook(org, id, 'now', write);
    },
  },
  {
    name: 'rotateWebhookSecret',
    prepare: async (store, org) => {
      const { id } = await webhook(store, org);
      const rotate = { sealedSecret: random(32), overlapSeconds: 3_600 };
      return (again, write) => again.rotateWebhookSecret(org, id, rotate, write);
    },
  },
  {
    name: 'resendDelivery',
    prepare: async (store, org) => {
      const { id, deliveries } = await failing(store, org);
      return (again, write) => again.resendDelivery(org, id, deliveries[0] ?? 'del_', write);
    },
  },
  {
    name: 'recoverDeliveries',
    prepare: async (store, org) => {
      const { id } = await failing(store, org, [0]);
      const query = { sinceUs: 0, after: null, counted: 0 };
      return (again, write) => again.recoverDeliveries(org, id, query, write);
    },
  },
  {
    name: 'createReplay to a URL',
    prepare: async (_store, org) => {
      const command = replayCommand({ types: ['note.*'], rate: 5 });
      return (store, write) => store.createReplay(org, command, write);
    },
  },
  {
    name: 'createReplay to a webhook',
    prepare: async (store, org) => {
      const { id } = await webhook(store, org);
      const command = replayCommand({ target: { webhook: id } });
      return (again, write) => again.createReplay(org, command, write);
    },
  },
  {
    name: 'moveReplay',
    prepare: async (store, org) => {
      const { value } = await store.createReplay(org, replayCommand(), context());
      return (again, write) => again.moveReplay(org, value.id, 'cancel', write);
    },
  },
];

async function webhook(store: Store, org: OrgId): Promise<Webhook> {
  return (await store.createWebhook(org, webhookCommand({ metadata: { team: 'blue' } }), context())).value;
}

/** A webhook with two deliveries that have failed, in sessions that wait for them unless no attempt is left. */
async function failing(store: Store, org: OrgId, retrySeconds: readonly number[] = [0, 60]) {
  const { id } = await webhook(store, org);
  await store.publishEvents(org, notes(1), context());
  const event = (await store.headOf(org, 'feed')) ?? 'evt_';
  const [lane] = await store.claimLanes(org, { owner: 'the first', untilUs: 4_000_000_000_000_000 });
  const attempts = [{ startedUs: 1_000_000, durationMs: 5, ...REFUSED }];
  const finished = [1, 2].map((us) => ({
    ...{ event, eventType: 'note.added', session: makeId('sess', us, random), delivery: null },
    ...{ blocked: false, attempts, gone: false, retryAfterUs: null },
  }));
  const command = recordCommand(lane ?? { id, fence: 0 }, { finished, retrySeconds });
  const recorded = await store.recordDeliveries(org, command, context());
  const rows = recorded.kind === 'recorded' ? recorded.deliveries : [];
  return { id, deliveries: rows.map((row) => row.id ?? 'del_') };
}

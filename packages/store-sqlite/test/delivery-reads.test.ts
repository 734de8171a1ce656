/** Reads of the delivery log and counts of the feed are bounded, in rows and in bytes, and give the loop its turns. */
import type { OrgId, WebhookId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import type { FinishedDelivery } from '@turnlog/core/webhook-store';
import { webhookFilter } from '@turnlog/core/webhooks';
import { context, deliveryQuery, notes } from '@turnlog/store-conformance/commands';
import { finished, REFUSED, recordCommand, webhookCommand } from '@turnlog/store-conformance/webhooks';
import { describe, expect, test } from 'vitest';
import type { SqliteStore } from '../src/index.ts';
import { START_US } from './support/commands.ts';
import { readsDuring, turnsDuring, withStore } from './support/turns.ts';

const TIMEOUT = { timeout: 120_000 };
const CLOCK = { clock: { us: START_US, now: () => START_US, advanceSeconds: () => {} } };

/** A webhook whose log holds one delivery again and again. */
async function logged(
  store: SqliteStore,
  org: OrgId,
  count: number,
  fields: Partial<FinishedDelivery> = {},
): Promise<WebhookId> {
  const command = webhookCommand({ announce: 'none' });
  const { value: webhook } = await store.createWebhook(org, command, context());
  await store.publishEvents(org, notes(1), context());
  const id = (await store.headOf(org, 'feed')) ?? expect.fail('there is an event');
  const [lane] = await store.claimLanes(org, { owner: 'owner', untilUs: START_US + 60_000_000 });
  const one = finished(CLOCK, { id, type: 'note.added' }, fields);
  for (let left = count; left > 0; left -= 1_000) {
    const many = Array<FinishedDelivery>(Math.min(left, 1_000)).fill(one);
    await store.recordDeliveries(org, recordCommand(lane ?? expect.fail(), { finished: many }), context());
  }
  return webhook.id;
}

describe('a long delivery log', TIMEOUT, () => {
  test('is looked through 2,000 rows at a time, and other reads are answered in between', async () => {
    await withStore(async (store, org) => {
      const rows = 7 * limits.readRows;
      const webhook = await logged(store, org, rows);
      const query = deliveryQuery({ states: ['failed'] });
      for (const order of ['asc', 'desc'] as const) {
        const { turns, value } = await turnsDuring(() => store.listDeliveries(org, webhook, { ...query, order }));
        expect(value).toMatchObject({ data: [], hasMore: false });
        expect(turns).toBeGreaterThanOrEqual(rows / limits.readRows);
      }
      const read = store.listDeliveries(org, webhook, query);
      expect(await readsDuring(read, () => store.getWebhook(org, webhook))).toBeGreaterThanOrEqual(5);
    });
  });

  test('of long answers is read no more than 4 MiB at a time, and a reader meets every delivery', async () => {
    await withStore(async (store, org) => {
      const attempt = { startedUs: START_US, durationMs: 1, ...REFUSED, excerpt: 'x'.repeat(limits.answerKeptBytes) };
      const attempts = Array(limits.attemptsKept).fill(attempt);
      const bytes = limits.attemptsKept * limits.answerKeptBytes;
      const count = 130;
      const webhook = await logged(store, org, count, { attempts });
      for (const order of ['asc', 'desc'] as const) {
        const ids: string[] = [];
        for (let more = true, query = deliveryQuery({ order }); more; ) {
          const { data, hasMore, scannedThrough } = await store.listDeliveries(org, webhook, query);
          expect(data.length * bytes).toBeLessThanOrEqual(limits.pageBytes);
          ids.push(...data.map(({ id }) => id));
          expect(scannedThrough).toBe(data.at(-1)?.id);
          more = hasMore;
          query = { ...query, cursor: { direction: 'after', id: data.at(-1)?.id ?? expect.fail('a page holds some') } };
        }
        expect(new Set(ids).size).toBe(count);
        expect(ids).toEqual(order === 'asc' ? ids.toSorted() : ids.toSorted().reverse());
      }
    });
  });
});

describe('a count of the feed', TIMEOUT, () => {
  const EVENTS = 12_000;

  test.each([
    { how: 'of everything but some types', events: ['*'] },
    { how: 'of a few types', events: ['note.*'] },
  ])('gives the loop a turn every 2,000 rows ($how)', async ({ events }) => {
    await withStore(async (store, org) => {
      for (let n = 0; n < EVENTS; n += limits.batchEvents) {
        await store.publishEvents(org, notes(limits.batchEvents), context());
      }
      const query = { filter: webhookFilter(events), after: null, fromUs: null, untilUs: null, through: null };
      const { turns, value } = await turnsDuring(() => store.countFeed(org, { ...query, max: EVENTS + 1 }));
      expect(value.count).toBe(EVENTS);
      expect(turns).toBeGreaterThanOrEqual(EVENTS / limits.readRows);
      const read = store.countFeed(org, { ...query, max: EVENTS + 1 });
      expect(await readsDuring(read, () => store.headOf(org, 'feed'))).toBeGreaterThanOrEqual(4);
    });
  });
});

describe('types that a filter excludes', TIMEOUT, () => {
  test('never pass, few or many of them, though each batch brings one that was never seen before', async () => {
    await withStore(async (store, org) => {
      const filter = webhookFilter(['*']);
      let position = await store.headOf(org, 'feed');
      for (let n = 0; n < 20; n++) {
        await store.publishEvents(
          org,
          [...notes(1, `webhook.kind_${n}`), ...notes(2), ...notes(1, 'webhook.known')],
          context(),
        );
        const slice = (await store.readOn(org, 'feed', position, filter)) ?? expect.fail('the feed is there');
        expect(slice.events.map(({ type }) => type)).toEqual(['note.added', 'note.added']);
        expect(slice).toMatchObject({ atHead: true, position: await store.headOf(org, 'feed') });
        position = slice.position;
      }
    });
  });
});

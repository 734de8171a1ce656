/** Counting the matching events of a part of the feed: exactly, whatever the filter, and no further than asked. */
import type { EventFilter } from '@turnlog/core/event-filter';
import { microsOfId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import type { FeedCountQuery } from '@turnlog/core/webhook-store';
import { webhookFilter } from '@turnlog/core/webhooks';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { StoreHarness } from '../harness.ts';
import { byId, context, notes, sessionCommand } from '../support/commands.ts';
import {
  expectedFeed,
  type ModelEvent,
  passing,
  positionsAround,
  type Staged,
  stageFeed,
} from '../support/feed-model.ts';
import { type Sandbox, useStore } from '../support/sandbox.ts';

const EVERYTHING: EventFilter = { types: null, session: null, agentId: null };

export function describeCountFeed(harness: StoreHarness): void {
  describe('counting the feed', () => {
    const sandbox = useStore(harness);
    describeModel(sandbox);
    describeSlices(sandbox);
    describeOrgs(sandbox);
  });
}

function countQuery(fields: Partial<FeedCountQuery> = {}): FeedCountQuery {
  return { filter: EVERYTHING, after: null, fromUs: null, untilUs: null, through: null, max: 1_000_000, ...fields };
}

function describeModel(sandbox: Sandbox): void {
  describe('against a model', () => {
    let staged: Staged;
    let model: ModelEvent[];

    beforeAll(async () => {
      staged = await stageFeed(sandbox);
      model = await expectedFeed(sandbox, staged.org, staged.live);
    });

    const patterns = ['*', 'agent.*', '*.message', 'a_b', 'step.*', 'step.s1*', 'session*', 'no.such'];
    const types = (maxLength: number) => fc.uniqueArray(fc.constantFrom(...patterns, ...staged.types), { maxLength });

    const queries = (): fc.Arbitrary<FeedCountQuery> => {
      const sessions = [...staged.live.map(({ id }) => id), ...staged.deleted, 'none' as const];
      const id = fc.constantFrom(...model.map((event) => event.id), ...staged.gone);
      const place = fc.oneof(
        id,
        id.chain((at) => fc.constantFrom(...positionsAround(at))),
      );
      const moment = fc.tuple(id, fc.integer({ min: -1, max: 1 })).map(([at, by]) => microsOfId(at) + by);
      return fc.record({
        filter: fc.record({
          types: fc.option(types(26)),
          exceptTypes: fc.oneof(fc.constant([]), types(3)),
          session: fc.option(fc.constantFrom(...sessions), { freq: 2 }),
          agentId: fc.option(fc.constantFrom(...staged.agents, 'nobody'), { freq: 2 }),
        }),
        after: fc.option(place),
        fromUs: fc.option(moment),
        untilUs: fc.option(moment),
        through: fc.option(place),
        max: fc.constantFrom(0, 1, 2, 10, 1_000_000),
      });
    };

    test('filter, positions, range and bound together give what the model counts, and its first match', async () => {
      const property = fc.asyncProperty(queries(), async (query) => {
        const { filter, after, fromUs, untilUs, through, max } = query;
        const matching = passing(model, filter)
          .filter(({ id }) => (after === null || id > after) && (through === null || id <= through))
          .filter(({ id }) => fromUs === null || microsOfId(id) >= fromUs)
          .filter(({ id }) => untilUs === null || microsOfId(id) < untilUs);
        const { count, first } = await sandbox.store.countFeed(staged.org, query);
        expect(count).toBe(Math.min(matching.length, max));
        if (max > 0) expect(first).toBe(matching[0]?.id ?? null);
      });
      await fc.assert(property, { numRuns: 500 });
    });

    test('what waits for a webhook is counted as it is delivered: without events about deliveries', async () => {
      for (const events of [['*'], ['step.*', 'session.*'], ['webhook*', 'a_b']]) {
        const filter = webhookFilter(events);
        const { count } = await sandbox.store.countFeed(staged.org, countQuery({ filter }));
        expect(count).toBe(passing(model, filter).length);
      }
    });
  });
}

function describeSlices(sandbox: Sandbox): void {
  test('many slices are counted exactly, while others write and read', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const { value: session } = await store.createSession(org, sessionCommand(), context());
    const total = 2 * limits.readRows + 500;
    for (let n = 0; n < total; n += limits.batchEvents) {
      await store.appendEvents(
        org,
        byId(session),
        notes(limits.batchEvents, n % 1_000 ? 'note.odd' : 'note.even'),
        context(),
      );
    }
    const head = await store.headOf(org, 'feed');
    const filter = { ...EVERYTHING, types: ['note.*'] };
    const counts = [
      store.countFeed(org, countQuery({ filter, through: head })),
      store.countFeed(org, countQuery({ filter: { ...filter, session: session.id }, through: head })),
      store.countFeed(org, countQuery({ filter: { ...EVERYTHING, exceptTypes: ['session.*'] }, through: head })),
    ];
    const openEnded = store.countFeed(org, countQuery({ filter }));
    const added = 20;
    for (let n = 0; n < added; n++) await store.publishEvents(org, notes(1), context());
    for (const { count } of await Promise.all(counts)) expect(count).toBe(total);
    const { count } = await openEnded;
    expect(count, 'the head of some moment since it was asked').toBeGreaterThanOrEqual(total);
    expect(count).toBeLessThanOrEqual(total + added);
    for (const max of [limits.readRows - 1, limits.readRows, limits.readRows + 1]) {
      expect((await store.countFeed(org, countQuery({ filter, max }))).count).toBe(max);
    }
    const even = { ...EVERYTHING, types: ['note.even'] };
    expect((await store.countFeed(org, countQuery({ filter: even, through: head }))).count).toBe(2_500);
  });

  test('events of a deleted session count no more, whether or not they are still stored', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const { value: doomed } = await store.createSession(org, sessionCommand({ events: notes(400) }), context());
    const { value: kept } = await store.createSession(org, sessionCommand({ events: notes(3) }), context());
    const filter = { ...EVERYTHING, types: ['note.*'] };
    const count = async (session: EventFilter['session'] = null) =>
      (await store.countFeed(org, countQuery({ filter: { ...filter, session } }))).count;
    expect(await count()).toBe(403);
    await store.deleteSession(org, byId(doomed), context());
    expect([await count(), await count(doomed.id), await count(kept.id)]).toEqual([3, 0, 3]);
    await sandbox.open.idle();
    expect([await count(), await count(doomed.id), await count(kept.id)]).toEqual([3, 0, 3]);
  });
}

function describeOrgs(sandbox: Sandbox): void {
  test('an org without events has nothing to count', async () => {
    const org = await sandbox.newOrg();
    const queries: readonly Partial<FeedCountQuery>[] = [
      {},
      { after: 'evt_00000000000000000000000000' },
      { fromUs: 0, untilUs: 1 },
      { filter: { ...EVERYTHING, types: ['a'] } },
    ];
    for (const query of queries) {
      expect(await sandbox.store.countFeed(org, countQuery(query))).toEqual({ count: 0, first: null });
    }
  });

  test('I7: events of another org are not counted, whatever the position', async () => {
    const { store } = sandbox;
    const [mine, theirs] = [await sandbox.newOrg(), await sandbox.newOrg()];
    await store.publishEvents(theirs, notes(1), context());
    const early = await store.headOf(theirs, 'feed');
    sandbox.clock.advanceSeconds(1);
    await store.publishEvents(mine, notes(2), context());
    sandbox.clock.advanceSeconds(1);
    const { value: session } = await store.createSession(theirs, sessionCommand({ events: notes(5) }), context());
    const late = await store.headOf(theirs, 'feed');
    const count = async (query: Partial<FeedCountQuery>) => (await store.countFeed(mine, countQuery(query))).count;
    expect(await count({})).toBe(2);
    expect([await count({ through: early }), await count({ after: early })]).toEqual([0, 2]);
    expect([await count({ through: late }), await count({ after: late })]).toEqual([2, 0]);
    const filter = { ...EVERYTHING, session: session.id };
    expect(await store.countFeed(mine, countQuery({ filter }))).toEqual({ count: 0, first: null });
  });
}

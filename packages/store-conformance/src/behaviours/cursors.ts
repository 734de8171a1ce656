/** I2: whoever reads on from a cursor skips nothing and repeats nothing, in either direction, whoever writes meanwhile. */
import type { StoredEvent } from '@turnlog/core/events';
import { idFromBytes, lowestIdBytes, makeId, microsOfId, type OrgId, type SessionId } from '@turnlog/core/ids';
import type { Session, SessionRef } from '@turnlog/core/sessions';
import type { Token } from '@turnlog/core/tokens';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { StoreHarness } from '../harness.ts';
import {
  byId,
  context,
  eventQuery,
  notes,
  random,
  sessionCommand,
  sessionQuery,
  tokenCommand,
} from '../support/commands.ts';
import {
  accountViews,
  allEvents,
  allSessions,
  allTokens,
  eventPage,
  expectedPage,
  viewOf,
  walk,
} from '../support/reading.ts';
import { type Sandbox, useStore } from '../support/sandbox.ts';
import { turnOfTheLoop } from './concurrency.ts';

const PAGE_SIZES = [1, 2, 7, 20, 1000] as const;
const orders = fc.constantFrom('asc', 'desc');
const directions = fc.constantFrom('after', 'before');
const pageSizes = fc.oneof(fc.constantFrom(...PAGE_SIZES), fc.integer({ min: 1, max: 60 }));

export function describeCursors(harness: StoreHarness): void {
  describe('cursors', () => {
    const sandbox = useStore(harness);
    describeEventCursors(sandbox);
    describePositions(sandbox);

    describe.each(PAGE_SIZES)('I2: with pages of %i', (limit) => {
      test('readers of a session see every event once while writers append', async () => {
        const { store } = sandbox;
        const org = await sandbox.newOrg();
        const { value: session } = await store.createSession(org, sessionCommand({ events: notes(40) }), context());
        const ref = byId(session);
        const writing = writers(8, async () => void (await store.appendEvents(org, ref, notes(5), context())));
        const back = (direction: 'after' | 'before', order: 'asc' | 'desc') =>
          walk<'evt', { readonly id: `evt_${string}` }>((query) => eventPage(store, org, ref, query), {
            order,
            direction,
            limit,
          });
        const [followed, newest, oldestBefore, again] = await Promise.all([
          follow<StoredEvent>(writing, (cursor) => eventPage(store, org, ref, { limit, cursor })),
          back('after', 'desc'),
          back('before', 'asc'),
          follow<StoredEvent>(writing, (cursor) => eventPage(store, org, ref, { limit, cursor })),
        ]);
        const all = (await allEvents(store, org, ref)).map(({ id }) => id);
        expect(all).toHaveLength(240);
        expect(followed).toEqual(all);
        expect(again).toEqual(all);
        expectBackwards(newest.map(({ id }) => id).toReversed(), all);
        expectBackwards(
          oldestBefore.map(({ id }) => id),
          all,
        );
      });

      test('a reader of some types misses none, though each batch brings a type that was never seen before', async () => {
        const { store } = sandbox;
        const org = await sandbox.newOrg();
        const kinds = Array.from({ length: 500 }, (_, n) => notes(1, `odd.kind_${n}`)).flat();
        const { value: session } = await store.createSession(org, sessionCommand({ events: kinds }), context());
        const ref = byId(session);
        let made = 0;
        const append = async () => {
          const batch = [...notes(1, `agent.new_${made++}`), ...notes(1, 'agent.old'), ...notes(1, 'other.new')];
          await store.appendEvents(org, ref, batch, context());
        };
        const writing = writers(1, append, 250);
        const page = (query: object) => eventPage(store, org, ref, { limit, types: ['agent.*'], ...query });
        const followed = await follow<StoredEvent>(writing, (cursor) => page({ cursor }));
        const all = (await allEvents(store, org, ref, { types: ['agent.*'] })).map(({ id }) => id);
        expect(all).toHaveLength(500);
        expect(followed).toEqual(all);
      });

      test('readers of the list of sessions see every session once while others are created', async () => {
        const { store } = sandbox;
        const org = await sandbox.newOrg();
        const create = async () => void (await store.createSession(org, sessionCommand(), context()));
        for (let n = 0; n < 10; n++) await create();
        const writing = writers(6, create, 12);
        const page = (cursor: { readonly direction: 'after'; readonly id: SessionId } | null) =>
          store.listSessions(org, sessionQuery({ limit, cursor }));
        const [followed, newest] = await Promise.all([
          follow<Session>(writing, page),
          walk<'sess', Session>((query) => store.listSessions(org, sessionQuery(query)), {
            order: 'desc',
            direction: 'after',
            limit,
          }),
        ]);
        const all = (await allSessions(store, org)).map(({ id }) => id);
        expect(all).toHaveLength(82);
        expect(followed).toEqual(all);
        expectBackwards(newest.map(({ id }) => id).toReversed(), all);
      });
    });
  });
}

function describeEventCursors(sandbox: Sandbox): void {
  describe("of a session's events", () => {
    let org: OrgId;
    let ref: SessionRef;
    let ids: { readonly id: `evt_${string}` }[];

    beforeAll(async () => {
      org = await sandbox.newOrg();
      const { value } = await sandbox.store.createSession(org, sessionCommand({ events: notes(60) }), context());
      ref = byId(value);
      await sandbox.store.appendEvents(org, ref, notes(33), context());
      ids = (await allEvents(sandbox.store, org, ref)).map(({ id }) => ({ id }));
    });

    test('every page, in both orders and directions, is the one that the model expects', async () => {
      await fc.assert(
        fc.asyncProperty(orders, fc.option(directions), pageSizes, fc.nat(92), async (order, direction, limit, at) => {
          const cursor = direction === null ? null : { direction, id: ids[at]?.id ?? 'evt_' };
          const query = { order, limit, cursor } as const;
          const page = await eventPage(sandbox.store, org, ref, query);
          expect({ ...page, data: page.data.map(({ id }) => ({ id })) }).toEqual(
            expectedPage<'evt', { readonly id: `evt_${string}` }>(ids, query),
          );
        }),
        { numRuns: 300 },
      );
    });

    test('a whole list is walked without a gap in both orders and directions, with every page size', async () => {
      for (const limit of PAGE_SIZES) {
        for (const order of ['asc', 'desc'] as const) {
          for (const direction of ['after', 'before'] as const) {
            const walked = await walk<'evt', { readonly id: `evt_${string}` }>(
              (query) => eventPage(sandbox.store, org, ref, query),
              {
                order,
                direction,
                limit,
              },
            );
            const expected = order === 'asc' ? ids : ids.toReversed();
            expect(walked.map(({ id }) => ({ id }))).toEqual(expected);
          }
        }
      }
    });

    test('an empty session has an empty page, and nothing more', async () => {
      const { value } = await sandbox.store.createSession(org, sessionCommand(), context());
      for (const order of ['asc', 'desc'] as const) {
        expect(await eventPage(sandbox.store, org, byId(value), { order })).toEqual({ data: [], hasMore: false });
      }
    });

    test('a cursor that is no event of the session is unknown: foreign, account event, made up or deleted', async () => {
      const { store } = sandbox;
      const other = await sandbox.newOrg();
      const elsewhere = async (inOrg: OrgId) => {
        const { value } = await store.createSession(inOrg, sessionCommand({ events: notes(2) }), context());
        return { id: value.id, event: (await allEvents(store, inOrg, byId(value)))[0]?.id ?? 'evt_' };
      };
      const deleted = await elsewhere(org);
      await store.deleteSession(org, deleted, context());
      const account = (await accountViews(sandbox.open, org))[0]?.id ?? 'evt_';
      const known = ids[5]?.id ?? 'evt_';
      const strangers = [
        (await elsewhere(org)).event,
        (await elsewhere(other)).event,
        deleted.event,
        account,
        makeId('evt', microsOfId(known), random),
        idFromBytes('evt', lowestIdBytes(microsOfId(known))),
        makeId('evt', sandbox.clock.us + 3_600_000_000, random),
        makeId('evt', 0, random),
      ];
      for (const id of strangers) {
        for (const direction of ['after', 'before'] as const) {
          for (const order of ['asc', 'desc'] as const) {
            expect(await store.listEvents(org, ref, eventQuery({ order, cursor: { direction, id } }))).toBeNull();
          }
        }
        expect(await store.getEvent(org, ref, id)).toBeNull();
      }
    });

    test('a cursor stays valid beside filters that its own event does not pass', async () => {
      const { store } = sandbox;
      const { value } = await store.createSession(
        org,
        sessionCommand({ events: [...notes(3, 'note.kept'), ...notes(1, 'note.other'), ...notes(3, 'note.kept')] }),
        context(),
      );
      const events = await allEvents(store, org, byId(value));
      const id = events[3]?.id ?? 'evt_';
      const read = async (direction: 'after' | 'before', filters: object) =>
        (await eventPage(store, org, byId(value), { cursor: { direction, id }, ...filters })).data;
      expect(await read('after', { types: ['note.kept'] })).toEqual(events.slice(4));
      expect(await read('before', { types: ['note.kept'] })).toEqual(events.slice(0, 3));
      const range = { fromUs: microsOfId(id) + 2, untilUs: null };
      expect(await read('after', { range })).toEqual(events.slice(5));
      expect(await read('before', { range })).toEqual([]);
      const sooner = { fromUs: null, untilUs: microsOfId(id) - 1 };
      expect(await read('before', { range: sooner })).toEqual(events.slice(0, 2));
      expect(await read('after', { range: sooner })).toEqual([]);
    });

    test('an event is read alone by its id, with the same text', async () => {
      const page = await eventPage(sandbox.store, org, ref, { limit: 7 });
      for (const event of page.data) {
        expect(await sandbox.store.getEvent(org, ref, event.id)).toEqual(event);
        expect(viewOf(event.text).id).toBe(event.id);
      }
    });
  });
}

/** Lists in which a cursor is a position. */
function describePositions(sandbox: Sandbox): void {
  describe('of the lists of sessions and tokens', () => {
    test('any well-formed id that is not in the future is a position, stored, deleted or never made', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      for (let n = 0; n < 12; n++) {
        sandbox.clock.us += 1_000;
        await store.createSession(org, sessionCommand({ events: notes(n % 3) }), context());
        await store.createToken(org, tokenCommand(), context());
      }
      const created = await allSessions(store, org);
      for (const n of [0, 4, 5, 11]) await store.deleteSession(org, { id: created[n]?.id ?? 'sess_' }, context());
      const live = (await allSessions(store, org)).map(({ id }) => ({ id }));
      const tokens = (await allTokens(store, org)).map(({ id }) => ({ id }));
      expect(live).toHaveLength(8);
      const lastUs = await store.lastUs(org);
      const firstUs = created[0]?.createdUs ?? 0;
      const micros = fc.oneof(
        fc.constantFrom(0, 1, lastUs, firstUs, firstUs - 1, firstUs + 1),
        fc.integer({ min: firstUs - 10, max: lastUs }),
      );
      const place = fc.oneof(
        fc.constantFrom(...created.map(({ id }) => id.slice(5))),
        fc.constantFrom(...tokens.map(({ id }) => id.slice(4))),
        micros.map((us) => makeId('sess', us, random).slice(5)),
        micros.map((us) => idFromBytes('sess', lowestIdBytes(us)).slice(5)),
      );
      await fc.assert(
        fc.asyncProperty(orders, directions, pageSizes, place, async (order, direction, limit, bits) => {
          const sessionsQuery = { order, limit, cursor: { direction, id: `sess_${bits}` } } as const;
          const sessions = await store.listSessions(org, sessionQuery(sessionsQuery));
          expect(idsOnly(sessions)).toEqual(expectedPage<'sess', { readonly id: SessionId }>(live, sessionsQuery));
          const tokensQuery = { order, limit, cursor: { direction, id: `tok_${bits}` } } as const;
          const expected = expectedPage<'tok', { readonly id: Token['id'] }>(tokens, tokensQuery);
          expect(idsOnly(await store.listTokens(org, tokensQuery))).toEqual(expected);
        }),
        { numRuns: 200 },
      );
    });

    test('sessions and tokens are walked without a gap in both orders and directions, with every page size', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      for (let n = 0; n < 25; n++) {
        await store.createSession(org, sessionCommand(), context());
        await store.createToken(org, tokenCommand(), context());
      }
      const sessions = await allSessions(store, org);
      const tokens = await allTokens(store, org);
      expect(sessions).toHaveLength(25);
      for (const limit of PAGE_SIZES) {
        for (const order of ['asc', 'desc'] as const) {
          for (const direction of ['after', 'before'] as const) {
            const way = { order, direction, limit };
            const inOrder = <Item>(items: readonly Item[]) => (order === 'asc' ? items : items.toReversed());
            expect(await walk<'sess', Session>((query) => store.listSessions(org, sessionQuery(query)), way)).toEqual(
              inOrder(sessions),
            );
            expect(await walk<'tok', Token>((query) => store.listTokens(org, query), way)).toEqual(inOrder(tokens));
          }
        }
      }
    });
  });
}

/** Writers at work, and whether they still are. */
interface Writing {
  busy: boolean;
  readonly done: Promise<unknown>;
}

function writers(count: number, write: () => Promise<void>, writesEach = 5): Writing {
  const work = Array.from({ length: count }, async () => {
    for (let n = 0; n < writesEach; n++) await write();
  });
  const writing: Writing = {
    busy: true,
    done: Promise.all(work).finally(() => {
      writing.busy = false;
    }),
  };
  return writing;
}

/** Reads forward from the start and goes on at the head until the writers have finished: the ids, in order of arrival. */
async function follow<Item extends { readonly id: string }>(
  writing: Writing,
  page: (
    cursor: { readonly direction: 'after'; readonly id: Item['id'] } | null,
  ) => Promise<{ readonly data: readonly Item[]; readonly hasMore: boolean }>,
): Promise<Item['id'][]> {
  const ids: Item['id'][] = [];
  for (;;) {
    const wasBusy = writing.busy;
    const last = ids.at(-1);
    const { data, hasMore } = await page(last === undefined ? null : { direction: 'after', id: last });
    ids.push(...data.map(({ id }) => id));
    if (hasMore) continue;
    if (!wasBusy) break;
    await turnOfTheLoop();
  }
  await writing.done;
  return ids;
}

/** A reader that went back to the start saw everything up to where it began. */
function expectBackwards(oldestFirst: readonly string[], all: readonly string[]): void {
  expect(oldestFirst.length).toBeGreaterThan(0);
  expect(oldestFirst).toEqual(all.slice(0, oldestFirst.length));
}

function idsOnly<Id extends string>(page: {
  readonly data: readonly { readonly id: Id }[];
  readonly hasMore: boolean;
}) {
  return { hasMore: page.hasMore, data: page.data.map(({ id }) => ({ id })) };
}

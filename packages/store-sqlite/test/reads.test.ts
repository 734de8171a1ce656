/** Reads are bounded: a page in bytes, a synchronous step in rows; whatever takes longer gives the loop its turns. */
import type { OrgId, SessionId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import type { EventQuery } from '@turnlog/core/store';
import { eventsOf } from '@turnlog/store-conformance';
import {
  context,
  draft,
  eventQuery,
  feedQuery,
  notes,
  sessionCommand,
  sessionQuery,
} from '@turnlog/store-conformance/commands';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openStore, type SqliteStore } from '../src/index.ts';
import { newOrg, newSession, noteOf, START_US } from './support/commands.ts';
import { inspect, newFile } from './support/folder.ts';
import { readsDuring, turnsDuring, withStore } from './support/turns.ts';

const MANY_TYPES = Array.from({ length: 20 }, (_, n) => `note.kind_${n}`);
/** More than a statement merges. */
const SCANNED_TYPES = MANY_TYPES.slice(0, 17);
const TIMEOUT = { timeout: 120_000 };

async function page(store: SqliteStore, org: OrgId, ref: { readonly id: SessionId }, query: Partial<EventQuery>) {
  return eventsOf(
    (await store.listEvents(org, ref, eventQuery(query))) ?? expect.fail('the cursor belongs to the session'),
  );
}

describe('a page of large events', TIMEOUT, () => {
  const EVENTS = 64;
  const ends: (() => void | Promise<void>)[] = [];
  let store: SqliteStore;
  let org: OrgId;
  let ref: { readonly id: SessionId };

  beforeAll(async () => {
    const atEnd = (end: () => void | Promise<void>) => ends.unshift(end);
    store = openStore({ file: newFile(atEnd), nowUs: () => START_US, onUnknown: () => {} });
    atEnd(() => store.close());
    org = newOrg(store);
    ref = await newSession(store, org);
    const event = (n: number) => noteOf(limits.eventBytes - 1_000, MANY_TYPES[n % 16]);
    for (let n = 0; n < EVENTS; n += 8) {
      await store.appendEvents(
        org,
        ref,
        Array.from({ length: 8 }, (_, i) => event(n + i)),
        context(),
      );
    }
  });
  afterAll(async () => {
    for (const end of ends) await end();
  });

  test.each([
    { how: 'all events', types: null, limit: 1000 },
    { how: 'all events, few at a time', types: null, limit: 32 },
    { how: 'some types', types: MANY_TYPES.slice(0, 16), limit: 1000 },
    { how: 'some types, few at a time', types: MANY_TYPES.slice(0, 16), limit: 32 },
    { how: 'more types than are merged', types: SCANNED_TYPES, limit: 1000 },
  ])('never has more than 4 MiB, and a reader meets every event ($how)', async ({ types, limit }) => {
    for (const order of ['asc', 'desc'] as const) {
      const ids: string[] = [];
      let query: Partial<EventQuery> = { order, types, limit };
      for (let more = true; more; ) {
        const { data, hasMore } = await page(store, org, ref, query);
        const bytes = data.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
        expect(bytes).toBeLessThanOrEqual(limits.pageBytes);
        expect(data.length, 'a page that is not the last is well filled').toBeGreaterThan(hasMore ? 14 : 0);
        ids.push(...data.map(({ id }) => id));
        more = hasMore;
        query = { ...query, cursor: { direction: 'after', id: data.at(-1)?.id ?? expect.fail('a page has events') } };
      }
      expect(new Set(ids).size).toBe(EVENTS);
      expect(ids).toEqual(order === 'asc' ? ids.toSorted() : ids.toSorted().reverse());
    }
  });
});

describe('a scan for more types than a statement merges, over 50,000 events', TIMEOUT, () => {
  const EVENTS = 50_000;

  test('gives the loop a turn at least every 2,000 rows, and other reads are answered in between', async () => {
    await withStore(async (store, org) => {
      const ref = await newSession(store, org);
      const other = await newSession(store, org, { events: [draft({ type: 'note.other' })] });
      const batch = Array.from({ length: limits.batchEvents }, () => draft({ type: 'note.common' }));
      const rare = MANY_TYPES.map((type) => draft({ type }));
      await store.appendEvents(org, ref, rare, context());
      const appends = Array.from({ length: EVENTS / batch.length }, () =>
        store.appendEvents(org, ref, batch, context()),
      );
      await Promise.all(appends);
      await store.appendEvents(org, ref, rare, context());
      const slices = EVENTS / limits.readRows;
      for (const order of ['asc', 'desc'] as const) {
        const scan = () => page(store, org, ref, { order, types: SCANNED_TYPES, limit: 1000 });
        const { turns, value } = await turnsDuring(scan);
        expect(turns).toBeGreaterThanOrEqual(slices);
        expect(value).toMatchObject({ hasMore: false });
        expect(value.data).toHaveLength(2 * SCANNED_TYPES.length);
        const answered = await readsDuring(scan(), () => page(store, org, other, { limit: 20 }));
        expect(answered).toBeGreaterThanOrEqual(slices / 2);
        const many = await turnsDuring(() => Promise.all(Array.from({ length: 5 }, scan)));
        expect(many.turns, 'of many long reads, one goes on in a turn').toBeGreaterThanOrEqual(5 * (slices - 1));
      }
      for (const order of ['asc', 'desc'] as const) {
        const filter = { types: SCANNED_TYPES, session: null, agentId: null };
        const feed = () => store.listFeed(org, feedQuery({ order, filter }));
        const { turns, value } = await turnsDuring(feed);
        expect(turns).toBeGreaterThanOrEqual(limits.feedScanRows / limits.readRows);
        expect(eventsOf(value).data).toHaveLength(SCANNED_TYPES.length);
        expect(value.hasMore, 'a page of the feed that has found something does not look at everything').toBe(true);
      }
      const first = await page(store, org, ref, { types: SCANNED_TYPES, limit: 5 });
      expect(first, 'a scan ends where its page is full').toMatchObject({ hasMore: true });
      expect((await turnsDuring(() => page(store, org, ref, { types: SCANNED_TYPES, limit: 5 }))).turns).toBeLessThan(
        5,
      );
    });
  });

  test('refuses to go on once its session is deleted', async () => {
    await withStore(async (store, org) => {
      const ref = await newSession(store, org, { events: MANY_TYPES.map((type) => draft({ type })) });
      const batch = Array.from({ length: limits.batchEvents }, () => draft({ type: 'note.common' }));
      await Promise.all(Array.from({ length: 20 }, () => store.appendEvents(org, ref, batch, context())));
      const deleted = store.deleteSession(org, ref, context());
      const scanUntilGone = async () => {
        for (;;) await page(store, org, ref, { types: SCANNED_TYPES });
      };
      await expect(scanUntilGone()).rejects.toMatchObject({ code: 'session_not_found' });
      await deleted;
    });
  });
});

test('a page of the feed takes no event apart for who wants its text alone', TIMEOUT, async () => {
  await withStore(async (store, org) => {
    const ref = await newSession(store, org);
    await store.appendEvents(org, ref, notes(200), context());
    const decode = vi.spyOn(Buffer.prototype, 'toString');
    const feed = await store.listFeed(org, feedQuery({ limit: 200 }));
    const decodings = decode.mock.calls.length;
    decode.mockRestore();
    expect(eventsOf(feed).data).toHaveLength(200);
    expect(feed.events.map(({ id }) => id)).toEqual(eventsOf(feed).data.map(({ id }) => id));
    expect(decodings).toBeLessThan(20);
  });
});

describe('a sessions list with a sparse filter, over thousands of sessions', TIMEOUT, () => {
  const SESSIONS = 4_000;

  test('gives the loop its turns, finds what is there, and other reads are answered in between', async () => {
    await withStore(async (store, org) => {
      const create = (n: number) => {
        const metadata: Record<string, string> = { team: 'blue', ...(n % 1_000 === 7 ? { rare: 'yes' } : {}) };
        return store.createSession(org, sessionCommand({ title: `session ${n}`, metadata }), context());
      };
      for (let n = 0; n < SESSIONS; n += 1_000) {
        await Promise.all(Array.from({ length: 1_000 }, (_, i) => create(n + i)));
      }
      const filter = { metadata: { team: 'blue', rare: 'yes' } };
      for (const order of ['asc', 'desc'] as const) {
        for (const limit of [1, 3, 1000]) {
          const list = () => store.listSessions(org, sessionQuery({ ...filter, order, limit }));
          const { turns, value } = await turnsDuring(list);
          expect(value.data.map(({ title }) => title)).toEqual(
            [7, 1_007, 2_007, 3_007]
              .map((n) => `session ${n}`)
              .sort((a, b) => (order === 'asc' ? 1 : -1) * (Number(a.slice(8)) - Number(b.slice(8))))
              .slice(0, limit),
          );
          expect(value.hasMore).toBe(limit < 4);
          if (limit === 1000) expect(turns).toBeGreaterThanOrEqual(SESSIONS / 500);
          expect(turns, 'a small page looks at as many candidates in a turn as a large one').toBeLessThan(100);
        }
      }
      const [some] = (await store.listSessions(org, sessionQuery({ limit: 1 }))).data;
      const other = () => store.getSession(org, { id: some?.id ?? expect.fail('there is a session') });
      const list = store.listSessions(org, sessionQuery(filter));
      expect(await readsDuring(list, other)).toBeGreaterThanOrEqual(SESSIONS / 500 / 2);
    });
  });

  test('answers an empty page when no status is asked for', async () => {
    await withStore(async (store, org) => {
      await newSession(store, org);
      expect(await store.listSessions(org, sessionQuery({ statuses: [] }))).toEqual({ data: [], hasMore: false });
    });
  });
});

describe('rows are compact', TIMEOUT, () => {
  /** What integers and 16-byte ids cost beside the text; text keys cost 600 to 950. */
  const BYTES_BESIDE_TEXT_MAX = 250;

  test('an event takes less than 250 bytes of the file beside its text, indexes included', async () => {
    await withStore(async (store, org, file) => {
      const events = 20_000;
      const sessions = await Promise.all(Array.from({ length: 20 }, () => newSession(store, org)));
      const types = ['note.added', 'note.changed', 'note.read', 'note.removed'];
      const batch = Array.from({ length: 100 }, (_, n) => draft({ type: types[n % 4], text: 'x'.repeat(200) }));
      const appends = Array.from({ length: events / batch.length }, (_, n) =>
        store.appendEvents(org, sessions[n % 20] ?? expect.fail('there are 20'), batch, context()),
      );
      await Promise.all(appends);
      const parts = inspect(file, (db) => {
        db.pragma('wal_checkpoint(TRUNCATE)');
        const text = db.prepare('SELECT sum(length(CAST(text AS BLOB))) FROM events').pluck().get() as number;
        const sizes = db
          .prepare(
            "SELECT name, sum(pgsize) AS bytes FROM dbstat WHERE name LIKE '%events%' GROUP BY name ORDER BY name",
          )
          .all() as { readonly name: string; readonly bytes: number }[];
        const count = db.prepare('SELECT count(*) FROM events').pluck().get() as number;
        return { text, sizes, count };
      });
      const bytes = parts.sizes.reduce((sum, part) => sum + part.bytes, 0);
      const beside = (bytes - parts.text) / parts.count;
      const list = parts.sizes.map((part) => `${part.name} ${(part.bytes / parts.count).toFixed(0)}`).join(', ');
      console.log(
        `bytes an event: text ${(parts.text / parts.count).toFixed(0)}, beside it ${beside.toFixed(0)} (${list})`,
      );
      expect(beside).toBeLessThan(BYTES_BESIDE_TEXT_MAX);
    });
  });
});

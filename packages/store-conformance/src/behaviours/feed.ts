/** The feed: every event of an org in one order, filtered, paged by positions. */
import type { TimeRange } from '@turnlog/core/clock';
import { type Cursor, readsAscending } from '@turnlog/core/cursors';
import type { EventFilter } from '@turnlog/core/event-filter';
import { type EventId, makeId, microsOfId, type OrgId, type SessionId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import type { FeedQuery } from '@turnlog/core/store';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { StoreHarness } from '../harness.ts';
import { byId, context, draft, draftOfBytes, feedQuery, notes, random, sessionCommand } from '../support/commands.ts';
import {
  expectedFeed,
  feedPage,
  type ModelEvent,
  passing,
  positionsAround,
  readToHead,
  type Staged,
  stageFeed,
  telling,
  walkFeed,
} from '../support/feed-model.ts';
import { allEvents, expectedPage, viewOf } from '../support/reading.ts';
import { type Sandbox, useStore } from '../support/sandbox.ts';

const WAYS = [
  { order: 'asc', direction: 'after' },
  { order: 'asc', direction: 'before' },
  { order: 'desc', direction: 'after' },
  { order: 'desc', direction: 'before' },
] as const;
const FIRST_POSITION: EventId = `evt_${'0'.repeat(26)}`;
const LAST_POSITION: EventId = `evt_7${'Z'.repeat(25)}`;

const ofTypes = (...types: string[]): EventFilter => ({ types, session: null, agentId: null });
const ofSession = (session: EventFilter['session']): EventFilter => ({ types: null, session, agentId: null });
const ofAgent = (agentId: string): EventFilter => ({ types: null, session: null, agentId });

export function describeFeed(harness: StoreHarness): void {
  describe('the feed', () => {
    const sandbox = useStore(harness);
    describeOneOrder(sandbox);
    describeModel(sandbox);
    describeManyTypes(sandbox);
    describeAgents(sandbox);
    describeDeleted(sandbox);
    describeSparse(sandbox);
    describeBounds(sandbox);
    describeEvent(sandbox);
  });
}

function describeOneOrder(sandbox: Sandbox): void {
  test('I1: all sessions and the account stream stand in one order, in which they were committed', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const [one, two] = [
      (await store.createSession(org, sessionCommand(), context())).value,
      (await store.createSession(org, sessionCommand(), context())).value,
    ];
    const written: string[] = [];
    for (let n = 0; n < 12; n++) {
      sandbox.clock.us += [0, 3, -50_000_000][n % 3] ?? 0;
      const write = [
        () => store.appendEvents(org, byId(one), notes(2), context()),
        () => store.publishEvents(org, notes(1), context()),
        () => store.appendEvents(org, byId(two), notes(1), context()),
      ][n % 3];
      written.push(...((await write?.())?.value ?? []));
    }
    const { data } = await feedPage(sandbox, org, { filter: ofTypes('note.added') });
    expect(data.map(({ text }) => text)).toEqual(written);
    expect(data.map(({ id }) => id)).toEqual(data.map(({ id }) => id).toSorted());
  });

  test('I3: a batch stands together, followed by what the server derives from it', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const { value: session } = await store.createSession(org, sessionCommand(), context());
    const batch = [draft({ type: 'session_start' }), ...notes(3), draft({ type: 'session_stop' })];
    await Promise.all([
      store.appendEvents(org, byId(session), batch, context()),
      ...Array.from({ length: 5 }, () => store.publishEvents(org, notes(1, 'note.other'), context())),
    ]);
    const types = (await feedPage(sandbox, org)).data.map(({ text }) => viewOf(text).type);
    const start = types.indexOf('session_start');
    expect(types.slice(start, start + 7)).toEqual([
      ...['session_start', 'note.added', 'note.added', 'note.added', 'session_stop'],
      ...['session.started', 'session.completed'],
    ]);
  });

  test('an org without events has an empty feed', async () => {
    const org = await sandbox.newOrg();
    for (const filter of [null, ofTypes('*'), ofTypes('no.such'), ofSession('none')]) {
      expect(await feedPage(sandbox, org, { filter })).toEqual({ data: [], hasMore: false, scannedThrough: null });
    }
  });
}

/** A filter, with what it is made of. */
function filtersOf({ agents, types, live, deleted }: Staged): fc.Arbitrary<EventFilter | null> {
  const patterns = ['*', 'agent.*', '*.message', 'a*b', 'a_b', 'step.*', 'step.s1*', 'session*', 'no.such', '*nothing'];
  const sessions: (SessionId | 'none')[] = [
    ...[...live.map(({ id }) => id), ...deleted, 'none' as const],
    makeId('sess', microsOfId(live[0]?.id ?? 'sess_'), random),
  ];
  return fc.option(
    fc.record({
      types: fc.option(
        fc.uniqueArray(fc.constantFrom(...patterns, ...types), { minLength: 1, maxLength: 26, size: 'max' }),
      ),
      exceptTypes: fc.oneof(
        { weight: 3, arbitrary: fc.constant([]) },
        { weight: 2, arbitrary: fc.uniqueArray(fc.constantFrom(...patterns, ...types), { maxLength: 3 }) },
      ),
      session: fc.option(fc.constantFrom(...sessions), { freq: 2 }),
      agentId: fc.option(fc.constantFrom(...agents, 'nobody'), { freq: 2 }),
    }),
  );
}

function queriesOf(staged: Staged, model: readonly ModelEvent[]): fc.Arbitrary<FeedQuery> {
  return filtersOf(staged).chain((filter) => {
    const near = passing(model, filter);
    const shown = fc.constantFrom(...(near.length > 0 ? near : model).map(({ id }) => id));
    const place = fc.oneof(
      { weight: 3, arbitrary: shown },
      { weight: 3, arbitrary: shown.chain((id) => fc.constantFrom(...positionsAround(id))) },
      { weight: 2, arbitrary: fc.constantFrom(...model.map(({ id }) => id), ...staged.gone) },
      { weight: 1, arbitrary: fc.constantFrom(FIRST_POSITION, LAST_POSITION) },
    );
    const moment = fc.tuple(shown, fc.integer({ min: -1, max: 1 })).map(([id, by]) => microsOfId(id) + by);
    const far = fc.constantFrom(-62_167_219_200_000_000, -1, 0, 1, 253_402_300_800_000_000);
    const edge = fc.option(fc.oneof({ weight: 8, arbitrary: moment }, { weight: 1, arbitrary: far }));
    return fc.record({
      order: fc.constantFrom('asc', 'desc'),
      cursor: fc.option(fc.record({ direction: fc.constantFrom('after', 'before'), id: place }), { freq: 3 }),
      limit: fc.constantFrom(1, 2, 7, 20, 1000),
      range: fc.record({ fromUs: edge, untilUs: edge }),
      filter: fc.constant(filter),
    });
  });
}

/** Compares a page with the model, and what it says of how far it has looked. */
async function expectPage(sandbox: Sandbox, org: OrgId, model: readonly ModelEvent[], query: FeedQuery): Promise<void> {
  const matching = passing(model, query.filter).filter(({ id }) => inRange(microsOfId(id), query.range));
  const { scannedThrough, ...page } = await feedPage(sandbox, org, query);
  const { data, hasMore } = expectedPage<'evt', ModelEvent>(matching, query);
  expect(page).toEqual({ data: data.map(({ id, text }) => ({ id, text })), hasMore });
  const ascending = readsAscending(query);
  const isPast = (id: EventId, place: EventId) => (ascending ? id > place : id < place);
  const travel = matching.filter(({ id }) => query.cursor === null || isPast(id, query.cursor.id));
  if (scannedThrough === null) {
    expect(travel, 'nothing stands where nothing was looked at').toEqual([]);
    return;
  }
  if (query.cursor !== null) expect(isPast(query.cursor.id, scannedThrough), 'it never goes back').toBe(false);
  const left = travel.filter(({ id }) => isPast(id, scannedThrough));
  expect(left.length, 'what was looked at is what was shown').toBe(travel.length - page.data.length);
  if (!hasMore) expect(left).toEqual([]);
}

function describeModel(sandbox: Sandbox): void {
  describe('against a model', () => {
    let staged: Staged;
    let model: ModelEvent[];

    beforeAll(async () => {
      staged = await stageFeed(sandbox);
      model = await expectedFeed(sandbox, staged.org, staged.live);
    });

    test('I2: order, direction, limit, position, range and filter together give the page that the model expects', async () => {
      await fc.assert(
        fc.asyncProperty(queriesOf(staged, model), (query) => expectPage(sandbox, staged.org, model, query)),
        { numRuns: 800 },
      );
    });

    test('I2: going on from what was looked at meets every matching event once, both ways', async () => {
      const property = fc.asyncProperty(
        filtersOf(staged),
        fc.constantFrom(...WAYS),
        fc.constantFrom(1, 3, 50),
        async (filter, { order, direction }, limit) => {
          const start = direction === 'before' ? edgeOf(order) : null;
          const { events } = await walkFeed(sandbox, staged.org, { filter, order, direction, limit, cursor: start });
          const ascending = (order === 'asc') === (direction === 'after');
          const expected = passing(model, filter).map(({ id }) => id);
          expect(events.map(({ id }) => id)).toEqual(ascending ? expected : expected.toReversed());
        },
      );
      await fc.assert(property, { numRuns: 100 });
    });

    test('the walk of a session holds what is its own and what is about it, each event once', async () => {
      for (const { id } of staged.live) {
        const { data } = await feedPage(sandbox, staged.org, { filter: ofSession(id) });
        expect(data.map((event) => event.id)).toEqual(passing(model, ofSession(id)).map((event) => event.id));
        const own = (await allEvents(sandbox.store, staged.org, { id })).map((event) => event.id);
        expect(data.map((event) => event.id)).toEqual(expect.arrayContaining(own));
        expect(data.length).toBeGreaterThan(own.length);
      }
    });

    test('the walk of an agent holds what its sessions hold and what names it, each event once', async () => {
      for (const agentId of staged.agents) {
        const { data } = await feedPage(sandbox, staged.org, { filter: ofAgent(agentId) });
        const expected = passing(model, ofAgent(agentId));
        expect(data.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
        const named = expected.filter(({ aboutAgent }) => aboutAgent === agentId);
        expect(named.length, 'sessions of others name it').toBeGreaterThan(0);
        if (agentId !== 'agent-c') expect(named.some((event) => event.agentId !== null)).toBe(true);
      }
    });

    test('a range of time is exact to the microsecond: its start belongs to it, its end does not', async () => {
      const filters = [null, ofTypes('*.*'), ofSession(staged.live[0]?.id ?? 'none'), ofAgent('agent-a')];
      for (const filter of filters) {
        const ids = passing(model, filter).map(({ id }) => id);
        for (const n of [0, 1, Math.floor(ids.length / 2), ids.length - 1]) {
          const us = microsOfId(ids[n] ?? 'evt_');
          const read = async (fromUs: number | null, untilUs: number | null) =>
            (await feedPage(sandbox, staged.org, { filter, range: { fromUs, untilUs } })).data.map(({ id }) => id);
          expect(await read(us, null)).toEqual(ids.slice(n));
          expect(await read(us + 1, null)).toEqual(ids.slice(n + 1));
          expect(await read(null, us)).toEqual(ids.slice(0, n));
          expect(await read(null, us + 1)).toEqual(ids.slice(0, n + 1));
          expect(await read(us, us + 1)).toEqual([ids[n]]);
          expect(await read(us, us)).toEqual([]);
          expect(await read(us + 1, us)).toEqual([]);
        }
        expect((await feedPage(sandbox, staged.org, { filter, range: { fromUs: null, untilUs: -1 } })).data).toEqual(
          [],
        );
      }
    });

    test('more types than an engine merges, and a type used for the first time, are found', async () => {
      const types = Array.from({ length: 24 }, (_, n) => `step.s${n}`);
      const expected = passing(model, ofTypes(...types)).map(({ id }) => id);
      expect(new Set(passing(model, ofTypes(...types)).map(({ type }) => type)).size).toBeGreaterThan(16);
      const { data } = await feedPage(sandbox, staged.org, { filter: ofTypes(...types) });
      expect(data.map(({ id }) => id)).toEqual(expected);
      const org = await sandbox.newOrg();
      for (const type of ['fresh.one', 'fresh.two']) {
        await sandbox.store.publishEvents(org, notes(1, type), context());
        const page = await feedPage(sandbox, org, { filter: ofTypes('fresh.*'), order: 'desc', limit: 1 });
        expect(viewOf(page.data[0]?.text ?? '').type).toBe(type);
      }
    });
  });
}

function describeManyTypes(sandbox: Sandbox): void {
  test('a pattern that thousands of types match is found in the feed and by reading on', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const types = Array.from({ length: 5 * limits.batchEvents }, (_, n) => `kind.${n % 2 === 0 ? 'even' : 'odd'}_${n}`);
    for (let n = 0; n < types.length; n += limits.batchEvents) {
      const events = types.slice(n, n + limits.batchEvents).map((type) => draft({ type }));
      await store.publishEvents(org, events, context());
    }
    const filter = ofTypes('kind.even*', 'nor.this');
    const expected = types.filter((type) => type.startsWith('kind.even'));
    const { events } = await walkFeed(sandbox, org, { filter });
    expect(events.map(({ text }) => viewOf(text).type)).toEqual(expected);
    const again = await sandbox.newOrg();
    await store.publishEvents(again, notes(1, 'kind.even_0'), context());
    for (const [own, count] of [
      [org, expected.length],
      [again, 1],
    ] as const) {
      expect((await readToHead(sandbox, own, 'feed', null, filter)).events).toHaveLength(count);
    }
  });
}

function edgeOf(order: 'asc' | 'desc'): Cursor<'evt'> {
  return { direction: 'before', id: order === 'asc' ? LAST_POSITION : FIRST_POSITION };
}

function describeAgents(sandbox: Sandbox): void {
  test('an event in a session of one agent whose data names another agent is found under both', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const create = async (id: string | null) =>
      (await store.createSession(org, sessionCommand({ agent: id === null ? null : { id, version: null } }), context()))
        .value;
    const [a, b, none] = [await create('agent-a'), await create('agent-b'), await create(null)];
    const about = { session: b.id, agent: 'agent-b', means: b.id };
    await store.appendEvents(org, byId(a), [telling('hand.over', about)], context());
    await store.appendEvents(org, byId(a), [telling('to.itself', { agent: 'agent-a' })], context());
    await store.appendEvents(org, byId(none), [telling('from.none', { agent: 'agent-b' })], context());
    await store.publishEvents(org, [telling('from.outside', { agent: 'agent-b' })], context());
    const found = async (filter: Partial<EventFilter>) => {
      const whole = { ...ofTypes('hand.*', 'to.*', 'from.*'), ...filter };
      const types = (await feedPage(sandbox, org, { filter: whole })).data.map(({ text }) => viewOf(text).type);
      const read = (await readToHead(sandbox, org, 'feed', null, whole)).events.map(({ type }) => type);
      expect(read).toEqual(types);
      return types;
    };
    expect(await found({ agentId: 'agent-a' })).toEqual(['hand.over', 'to.itself']);
    expect(await found({ agentId: 'agent-b' })).toEqual(['hand.over', 'from.none', 'from.outside']);
    expect(await found({ agentId: 'agent-b', session: b.id })).toEqual(['hand.over']);
    expect(await found({ agentId: 'agent-b', session: none.id })).toEqual(['from.none']);
    await store.deleteSession(org, byId(a), context());
    expect(await found({ agentId: 'agent-b' })).toEqual(['from.none', 'from.outside']);
    expect(await found({ agentId: 'agent-a' })).toEqual([]);
  });
}

function describeDeleted(sandbox: Sandbox): void {
  test('from its commit on a deleted session is gone from the feed, while its rows go in the background', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const kept = (await store.createSession(org, sessionCommand({ events: notes(5) }), context())).value;
    const command = sessionCommand({ agent: { id: 'agent-a', version: null } });
    const doomed = (await store.createSession(org, command, context())).value;
    for (let n = 0; n < 6; n++) {
      await store.appendEvents(org, byId(doomed), notes(limits.batchEvents), context());
      await store.appendEvents(org, byId(kept), [telling('note.about', { session: doomed.id })], context());
    }
    const last = (await allEvents(store, org, byId(doomed))).at(-1); // the purge begins with the first
    const rows = (await sandbox.open.storedRows(org)).events;
    await store.deleteSession(org, byId(doomed), context());
    const model = await expectedFeed(sandbox, org, [{ id: kept.id, agent: null }]);
    const filters = [
      ...[null, ofTypes('note.*'), ofSession(doomed.id), { ...ofTypes('note.added'), agentId: 'agent-a' }],
      ofTypes('session.deleted'),
    ];
    let rounds = 0;
    for (let left = rows; left > model.length; rounds++) {
      for (const filter of filters) {
        for (const { order, direction } of WAYS.filter((_, n) => n % 2 === 0)) {
          const { events } = await walkFeed(sandbox, org, { filter, order, direction, limit: 7 });
          expect(new Set(events.map(({ id }) => id))).toEqual(
            new Set(
              model.filter(({ text, ...event }) => matchesAbout(filter, event, doomed.id, text)).map(({ id }) => id),
            ),
          );
        }
      }
      expect(await store.getFeedEvent(org, last?.id ?? 'evt_')).toBeNull();
      await new Promise((resolve) => setImmediate(resolve)); // reads alone may leave the purge no turn of the loop
      left = (await sandbox.open.storedRows(org)).events;
    }
    expect(rounds, 'the feed was read while rows of the session were still there').toBeGreaterThan(0);
  });

  test('account events about a session stay when it is deleted, and are found by its id after the purge', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const command = sessionCommand({ externalId: 'run-1', events: notes(3) });
    const { value: session } = await store.createSession(org, command, context());
    await store.publishEvents(org, [telling('note.published', { session: 'run-1' })], context());
    await store.deleteSession(org, byId(session), context());
    const types = async () =>
      (await feedPage(sandbox, org, { filter: ofSession(session.id) })).data.map(({ text }) => viewOf(text).type);
    const expected = ['session.created', 'note.published', 'session.deleted'];
    expect(await types()).toEqual(expected);
    expect(await store.sessionNamed(org, byId(session))).toBe(session.id);
    await sandbox.open.idle();
    expect(await types()).toEqual(expected);
    expect(await store.sessionNamed(org, byId(session))).toBe(session.id);
    expect(await store.sessionNamed(org, { externalId: 'run-1' })).toBeNull();
    const { value: heir } = await store.createSession(org, command, context());
    expect(await store.sessionNamed(org, { externalId: 'run-1' })).toBe(heir.id);
    expect(await types()).toEqual(expected);
  });

  test('a reader whose position is an event of a deleted session goes on from there', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const { value: session } = await store.createSession(org, sessionCommand({ events: notes(4) }), context());
    const [, event] = await allEvents(store, org, byId(session));
    const cursor = { direction: 'after', id: event?.id ?? 'evt_' } as const;
    await store.deleteSession(org, byId(session), context());
    for (const settle of [false, true]) {
      if (settle) await sandbox.open.idle();
      const { data } = await feedPage(sandbox, org, { cursor });
      expect(data.map(({ text }) => viewOf(text).type)).toEqual(['session.deleted']);
    }
  });
}

/** The model of a filter by a session that is gone: only what the account stream says of it is left. */
function matchesAbout(
  filter: EventFilter | null,
  event: Omit<ModelEvent, 'text'>,
  doomed: SessionId,
  text: string,
): boolean {
  const about = event.aboutSession ?? (text.includes('"note.about"') ? doomed : null);
  return passing([{ ...event, text, aboutSession: about }], filter).length > 0;
}

function describeSparse(sandbox: Sandbox): void {
  describe('a sparse filter over more events than a page looks at', () => {
    const EVERY = 5_000;
    const EVENTS = 9 * EVERY;
    /** So many types that an engine looks at events one by one; events of a session that is gone had all but one. */
    const GONE = Array.from({ length: 20 }, (_, n) => `gone.kind_${n}`);
    const ofAgentAndTypes = (...types: string[]): EventFilter => ({ types, session: null, agentId: 'agent-a' });
    const rare = ofAgentAndTypes(...GONE, 'rare.find');
    const finds = Array.from({ length: 9 }, (_, n) => (n + 1) * EVERY + 1);
    const seqsOf = (events: readonly { readonly text: string }[]) => events.map(({ text }) => viewOf(text).seq);
    let org: OrgId;
    let holder: SessionId;

    beforeAll(async () => {
      org = await sandbox.newOrg();
      const { store } = sandbox;
      const command = sessionCommand({ agent: { id: 'agent-a', version: null } });
      const { value: session } = await store.createSession(org, command, context());
      const events = GONE.map((type) => draft({ type }));
      const { value: gone } = await store.createSession(org, sessionCommand({ events }), context());
      await store.deleteSession(org, byId(gone), context());
      await sandbox.open.idle();
      holder = session.id;
      const batch = notes(limits.batchEvents);
      const edge = (type: string) => store.appendEvents(org, byId(session), notes(1, type), context());
      await edge('first.only');
      for (let n = limits.batchEvents; n <= EVENTS; n += limits.batchEvents) {
        const last = n % EVERY === 0 ? notes(1, 'rare.find') : notes(1);
        await store.appendEvents(org, byId(session), [...batch.slice(1), ...last], context());
        if (n % EVERY === 0) await store.publishEvents(org, notes(1, 'rare.find'), context());
      }
      await edge('last.only');
    });

    test.each(WAYS)(
      'a page ends early once it has found something ($order, $direction)',
      async ({ order, direction }) => {
        const cursor = direction === 'before' ? edgeOf(order) : null;
        const first = await feedPage(sandbox, org, { filter: rare, order, cursor });
        expect(first.hasMore).toBe(true);
        expect(first.data.length).toBeGreaterThan(0);
        expect(first.data.length).toBeLessThanOrEqual(limits.feedScanRows / EVERY + 1);
        const { events, pages } = await walkFeed(sandbox, org, { filter: rare, order, direction, cursor });
        expect(seqsOf(events).sort((a, b) => (a ?? 0) - (b ?? 0))).toEqual(finds);
        expect(new Set(events.map(({ id }) => id)).size).toBe(9);
        expect(pages, 'no row is looked at twice').toBeLessThanOrEqual(Math.ceil(EVENTS / limits.feedScanRows) + 1);
      },
    );

    test('a page that has found nothing goes on until it has, or until there is no more', async () => {
      const find = async (type: string, query: Partial<FeedQuery>) => {
        const filter = ofAgentAndTypes(...GONE, type);
        const { data, hasMore } = await feedPage(sandbox, org, { ...query, filter });
        return { types: data.map(({ text }) => viewOf(text).type), hasMore };
      };
      expect(await find('last.only', { order: 'asc' })).toEqual({ types: ['last.only'], hasMore: false });
      expect(await find('first.only', { order: 'desc' })).toMatchObject({ types: ['first.only'] });
      await sandbox.store.publishEvents(org, notes(1, 'nobody.s'), context());
      expect(await find('nobody.s', { order: 'asc' })).toEqual({ types: [], hasMore: false });
    });

    test.each(WAYS)(
      'few types, seldom or often, of an agent or of a session are met once each ($order, $direction)',
      async ({ order, direction }) => {
        const cursor = direction === 'before' ? edgeOf(order) : null;
        const ascending = (order === 'asc') === (direction === 'after');
        const found = async (filter: EventFilter) => {
          const { events } = await walkFeed(sandbox, org, { filter, order, direction, cursor });
          return seqsOf(ascending ? events : events.toReversed());
        };
        const often = Array.from({ length: EVENTS }, (_, n) => n + 2).filter((seq) => !finds.includes(seq));
        for (const whose of [ofAgent('agent-a'), ofSession(holder), { ...ofAgent('agent-a'), session: holder }]) {
          expect(await found({ ...whose, types: ['rare.find', 'nobody.s'] })).toEqual(finds);
          expect(await found({ ...whose, types: ['first.only', 'rare.find', 'last.only'] })).toHaveLength(11);
          expect(await found({ ...whose, types: ['note.added'] })).toEqual(often);
        }
      },
    );

    test('the end of what was looked at is the head when nothing is left', async () => {
      const filter = ofAgentAndTypes(...GONE, 'last.only');
      const page = await feedPage(sandbox, org, { filter });
      expect(page.scannedThrough).toBe(await sandbox.store.headOf(org, 'feed'));
    });
  });
}

function describeBounds(sandbox: Sandbox): void {
  test('a page ends at 4 MiB, and a reader meets every event', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const { value: session } = await store.createSession(org, sessionCommand(), context());
    const large = draftOfBytes(limits.eventBytes - 1_000);
    for (let n = 0; n < 20; n++) {
      await store.appendEvents(org, byId(session), [large], context());
      await store.publishEvents(org, [large], context());
    }
    const types = ['note.large', ...Array.from({ length: 20 }, (_, n) => `note.other_${n}`)];
    await store.publishEvents(
      org,
      types.slice(1).map((type) => draft({ type })),
      context(),
    );
    for (const filter of [null, ofTypes('note.large'), ofTypes(...types), ofSession(session.id)]) {
      const expected = await expectedFeed(sandbox, org, [{ id: session.id, agent: null }]);
      for (const order of ['asc', 'desc'] as const) {
        const { json, hasMore } = await store.listFeed(org, feedQuery({ filter, order }));
        expect(json.length).toBeLessThanOrEqual(limits.pageBytes + limits.pageMax);
        expect(hasMore).toBe(true);
        const { events } = await walkFeed(sandbox, org, { filter, order });
        const ids = passing(expected, filter).map(({ id }) => id);
        expect(events.map(({ id }) => id)).toEqual(order === 'asc' ? ids : ids.toReversed());
      }
    }
  });
}

function describeEvent(sandbox: Sandbox): void {
  test('an event is read by its id, from whatever stream holds it', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const { value: session } = await store.createSession(org, sessionCommand({ events: notes(2) }), context());
    await store.publishEvents(org, notes(1, 'note.published'), context());
    const { data } = await feedPage(sandbox, org);
    expect(data).toHaveLength(4);
    const { events } = await store.listFeed(org, feedQuery());
    const stored = events.map(({ text, ...event }) => ({ ...event, text: Buffer.from(text).toString() }));
    expect(stored).toEqual(data.map((event) => expect.objectContaining(event)));
    for (const event of stored) expect(await store.getFeedEvent(org, event.id)).toEqual(event);
    expect(await store.getFeedEvent(org, makeId('evt', sandbox.clock.us, random))).toBeNull();
    const [own] = await allEvents(store, org, byId(session));
    await store.deleteSession(org, byId(session), context());
    expect(await store.getFeedEvent(org, own?.id ?? 'evt_')).toBeNull();
    await sandbox.open.idle();
    expect(await store.getFeedEvent(org, own?.id ?? 'evt_')).toBeNull();
    for (const event of stored.filter(({ text }) => viewOf(text).session_id === null)) {
      expect(await store.getFeedEvent(org, event.id)).toEqual(event);
    }
  });
}

function inRange(us: number, { fromUs, untilUs }: TimeRange): boolean {
  return (fromUs === null || us >= fromUs) && (untilUs === null || us < untilUs);
}

/** Filters: exact bounds, every pattern, every combination, in both orders and directions. */
import type { TimeRange } from '@turnlog/core/clock';
import { microsOfId, type OrgId } from '@turnlog/core/ids';
import { type SessionStatus, STATUS_OF_PHASE } from '@turnlog/core/lifecycle';
import type { Session, SessionRef } from '@turnlog/core/sessions';
import type { SessionQuery } from '@turnlog/core/store';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { StoreHarness } from '../harness.ts';
import { byId, context, draft, sessionCommand, sessionQuery } from '../support/commands.ts';
import { allEvents, allSessions, type EventView, eventPage, expectedPage, viewOf, walk } from '../support/reading.ts';
import { type Sandbox, useStore } from '../support/sandbox.ts';

const orders = fc.constantFrom('asc', 'desc');
const directions = fc.constantFrom('after', 'before');
const limits = fc.constantFrom(1, 2, 7, 20, 1000);

const TYPES = [
  ...['agent.message', 'agent.tool_use', 'agent.tool_result', 'agent', 'user.message', 'user.interrupt'],
  ...['session.status_idle', 'session.error', 'a_b', 'axb', 'a.b', 'a_bc', 'workflow_started', 'note.added'],
  ...Array.from({ length: 24 }, (_, n) => `step.s${n}`),
];

const PATTERNS = [
  ...['*', '**', '*.*', 'agent.*', 'agent*', '*.message', '*_*', 'a_b', 'a*b', 'a.b', 'a_*', '*s*s*', 'step.s1*'],
  ...['session.status_idle', 'user.message', 'nobody.uses_this', '*nothing', 'agent.message*', '.', '_', 'a_b*c'],
];

export function describeFilters(harness: StoreHarness): void {
  describe('filters', () => {
    const sandbox = useStore(harness);
    describeEventFilters(sandbox);
    describeSessionFilters(sandbox);
  });
}

function describeEventFilters(sandbox: Sandbox): void {
  describe("of a session's events", () => {
    let org: OrgId;
    let ref: SessionRef;
    let events: EventView[];

    beforeAll(async () => {
      org = await sandbox.newOrg();
      ref = byId((await sandbox.store.createSession(org, sessionCommand(), context())).value);
      const neighbour = byId((await sandbox.store.createSession(org, sessionCommand(), context())).value);
      for (let n = 0; n < 40; n++) {
        sandbox.clock.us += [0, 1, 1_000, 60_000_000, -1_000_000][n % 5] ?? 0;
        const batch = Array.from({ length: 1 + (n % 9) }, (_, k) => event(TYPES[(n * 7 + k * k) % TYPES.length] ?? ''));
        await sandbox.store.appendEvents(org, ref, batch, context());
        await sandbox.store.appendEvents(org, neighbour, batch.slice(0, 2), context());
      }
      events = (await allEvents(sandbox.store, org, ref)).map(({ text }) => viewOf(text));
    });

    const expectAll = async (types: readonly string[], expected: readonly EventView[]) => {
      for (const order of ['asc', 'desc'] as const) {
        for (const direction of ['after', 'before'] as const) {
          const read = (query: object) => eventPage(sandbox.store, org, ref, { ...query, types });
          const walked = await walk<'evt', { readonly id: `evt_${string}` }>(read, { order, direction, limit: 7 });
          const ids = expected.map(({ id }) => id);
          expect(walked.map(({ id }) => id)).toEqual(order === 'asc' ? ids : ids.toReversed());
        }
      }
    };

    test.each(PATTERNS)('the pattern %s gives exactly the types that it describes', async (pattern) => {
      await expectAll(
        [pattern],
        events.filter(({ type }) => matches(pattern, type)),
      );
    });

    test('more than sixteen types at once are merged into one order', async () => {
      const types = TYPES.slice(-22);
      const expected = events.filter(({ type }) => types.includes(type));
      expect(new Set(expected.map(({ type }) => type)).size).toBeGreaterThan(16);
      await expectAll(types, expected);
    });

    test('patterns that overlap, and types given twice, give an event once', async () => {
      const types = ['agent.*', 'agent.message', 'agent.message', '*.message'];
      await expectAll(
        types,
        events.filter(({ type }) => types.some((pattern) => matches(pattern, type))),
      );
    });

    test('types that nobody uses match nothing, and take nothing away from those beside them', async () => {
      await expectAll(['nobody.uses_this', 'nor.that'], []);
      const types = ['nobody.uses_this', 'user.message'];
      await expectAll(
        types,
        events.filter(({ type }) => type === 'user.message'),
      );
    });

    test('a type that is used for the first time is found by the next read', async () => {
      const { value } = await sandbox.store.createSession(org, sessionCommand(), context());
      for (const type of ['fresh.one', 'fresh.two']) {
        await sandbox.store.appendEvents(org, byId(value), [event(type)], context());
        const page = await eventPage(sandbox.store, org, byId(value), { types: ['fresh.*'], order: 'desc' });
        expect(viewOf(page.data[0]?.text ?? '').type).toBe(type);
      }
    });

    test('a range of time is exact to the microsecond: its start belongs to it, its end does not', async () => {
      for (const n of [0, 1, 50, events.length - 1]) {
        const us = microsOfId(events[n]?.id ?? 'evt_');
        const read = async (range: TimeRange) =>
          (await eventPage(sandbox.store, org, ref, { range })).data.map(({ id }) => id);
        const from = (first: number) => events.slice(Math.max(first, 0)).map(({ id }) => id);
        const until = (end: number) => events.slice(0, end).map(({ id }) => id);
        expect(await read({ fromUs: us, untilUs: null })).toEqual(from(n));
        expect(await read({ fromUs: us + 1, untilUs: null })).toEqual(from(n + 1));
        expect(await read({ fromUs: null, untilUs: us })).toEqual(until(n));
        expect(await read({ fromUs: null, untilUs: us + 1 })).toEqual(until(n + 1));
        expect(await read({ fromUs: us, untilUs: us + 1 })).toEqual([events[n]?.id]);
        expect(await read({ fromUs: us, untilUs: us })).toEqual([]);
        expect(await read({ fromUs: us + 1, untilUs: us })).toEqual([]);
      }
    });

    test('types, range, cursor, order and limit together give the page that the model expects', async () => {
      const patterns = fc.uniqueArray(fc.constantFrom(...PATTERNS, ...TYPES), { minLength: 1, maxLength: 24 });
      const edge = fc.option(fc.tuple(fc.nat(events.length - 1), fc.integer({ min: -1, max: 1 })));
      await fc.assert(
        fc.asyncProperty(
          fc.record({ order: orders, direction: fc.option(directions), limit: limits, at: fc.nat(events.length - 1) }),
          fc.option(patterns),
          edge,
          edge,
          async ({ order, direction, limit, at }, types, from, until) => {
            const bound = (place: typeof from) => place && microsOfId(events[place[0]]?.id ?? 'evt_') + place[1];
            const range = { fromUs: bound(from), untilUs: bound(until) };
            const cursor = direction && { direction, id: events[at]?.id ?? 'evt_' };
            const passing = events.filter(
              ({ id, type }) => inRange(microsOfId(id), range) && (types?.some((each) => matches(each, type)) ?? true),
            );
            const expected = expectedPage<'evt', EventView>(passing, { order, cursor, limit });
            const page = await eventPage(sandbox.store, org, ref, { order, cursor, limit, range, types });
            expect({ ...page, data: page.data.map(({ text }) => viewOf(text)) }).toEqual(expected);
          },
        ),
        { numRuns: 400 },
      );
    });
  });
}

const MOVES = {
  idle: [],
  running: ['session_start'],
  rescheduling: ['session.status_rescheduled'],
  terminated: ['session_start', 'terminated'],
} as const satisfies Record<SessionStatus, readonly string[]>;
const STATUSES = Object.keys(MOVES) as SessionStatus[];
const AGENTS = ['agent-a', 'agent-b', 'Agent-A', ''] as const;
const VALUES = ['blue', 'Blue', '', 'é', 'e\u0301', '10', '10.0', 'null', '%', '\u0000'] as const;
const KEYS = ['colour', 'Colour', 'team.name', '__proto__', 'a key', 'ключ'] as const;

function describeSessionFilters(sandbox: Sandbox): void {
  describe('of the list of sessions', () => {
    let org: OrgId;
    let sessions: Session[];

    beforeAll(async () => {
      org = await sandbox.newOrg();
      const neighbour = await sandbox.newOrg();
      for (let n = 0; n < 90; n++) {
        sandbox.clock.us += [0, 1, 999, 5_000_000][n % 4] ?? 0;
        const agent = AGENTS[n % 6];
        const pairs = KEYS.slice(0, n % (KEYS.length + 1)).map((key, k) => [
          key,
          VALUES[(n + k) % VALUES.length] ?? '',
        ]);
        const command = sessionCommand({
          externalId: n % 3 === 0 ? `run ${n}` : null,
          agent: agent === undefined ? null : { id: agent, version: null },
          metadata: Object.fromEntries(pairs) as Record<string, string>,
          events: MOVES[STATUSES[n % STATUSES.length] ?? 'idle'].map((type) => event(type)),
        });
        const { value } = await sandbox.store.createSession(org, command, context());
        if (n % 7 === 0) await sandbox.store.archiveSession(org, byId(value), context());
        if (n % 10 === 9) await sandbox.store.deleteSession(org, byId(value), context());
        if (n % 5 === 0) await sandbox.store.createSession(neighbour, command, context());
        if (n % 8 === 3) {
          const update = { title: undefined, metadata: { colour: 'blue', Colour: null } };
          if (n % 10 !== 9) await sandbox.store.updateSession(org, byId(value), update, context());
        }
      }
      sessions = await allSessions(sandbox.store, org);
    });

    const expectSame = async (filters: Partial<SessionQuery>, passes: (session: Session) => boolean) => {
      const expected = sessions.filter(passes);
      for (const order of ['asc', 'desc'] as const) {
        for (const direction of ['after', 'before'] as const) {
          const read = (query: object) => sandbox.store.listSessions(org, sessionQuery({ ...query, ...filters }));
          const walked = await walk<'sess', Session>(read, { order, direction, limit: 7 });
          expect(walked).toEqual(order === 'asc' ? expected : expected.toReversed());
        }
      }
      return expected;
    };

    test('the list holds what each session is when it is read alone', async () => {
      expect(sessions).toHaveLength(81);
      for (const session of sessions) expect(await sandbox.store.getSession(org, byId(session))).toEqual(session);
    });

    test('archived sessions are left out unless they are asked for', async () => {
      const left = await expectSame({ includeArchived: false }, ({ archivedUs }) => archivedUs === null);
      expect(left.length).toBeLessThan(sessions.length);
    });

    test.each(STATUSES)('status %s', async (status) => {
      const found = await expectSame(
        { statuses: [status] },
        (session) => STATUS_OF_PHASE[session.phase].cloud === status,
      );
      expect(found.length).toBeGreaterThan(5);
    });

    test('several statuses are alternatives', async () => {
      const statuses = ['running', 'terminated'] as const;
      await expectSame({ statuses }, ({ phase }) => phase === 'running' || phase === 'terminated');
      await expectSame({ statuses: ['running', 'running'] }, ({ phase }) => phase === 'running');
      await expectSame({ statuses: STATUSES }, () => true);
    });

    test('idle covers all phases in which nothing goes on', async () => {
      const own = await sandbox.newOrg();
      const lists = [
        [],
        ['workflow_paused'],
        ['session_start', 'session_stop'],
        ['workflow_failed'],
        ['session.status_running'],
      ];
      for (const types of lists) {
        await sandbox.store.createSession(own, sessionCommand({ events: types.map((type) => event(type)) }), context());
      }
      const idle = await allSessions(sandbox.store, own, { statuses: ['idle'] });
      expect(idle.map(({ phase }) => phase)).toEqual(['created', 'paused', 'finished', 'failed']);
    });

    test('agent and external id are compared exactly', async () => {
      for (const agentId of [...AGENTS, 'agent', 'agent-a ', 'agent-%']) {
        await expectSame({ agentId }, ({ agent }) => agent?.id === agentId);
      }
      for (const externalId of ['run 0', 'run 3', 'RUN 3', 'run 9', 'run', 'run %', 'run 39']) {
        await expectSame({ externalId }, (session) => session.externalId === externalId);
      }
    });

    test.each(KEYS)('metadata %j: one pair, compared exactly', async (key) => {
      for (const value of [...VALUES, 'BLUE', 'blu']) {
        const metadata = Object.fromEntries([[key, value]]);
        await expectSame(
          { metadata },
          (session) => Object.hasOwn(session.metadata, key) && session.metadata[key] === value,
        );
      }
    });

    test('a range of time is exact to the microsecond', async () => {
      for (const session of [sessions[0], sessions[40], sessions.at(-1)]) {
        const us = session?.createdUs ?? 0;
        await expectSame({ range: { fromUs: us, untilUs: null } }, ({ createdUs }) => createdUs >= us);
        await expectSame({ range: { fromUs: us + 1, untilUs: null } }, ({ createdUs }) => createdUs > us);
        await expectSame({ range: { fromUs: null, untilUs: us } }, ({ createdUs }) => createdUs < us);
        await expectSame({ range: { fromUs: us, untilUs: us + 1 } }, ({ createdUs }) => createdUs === us);
        await expectSame({ range: { fromUs: us, untilUs: us } }, () => false);
      }
    });

    test('all filters together, with cursor, order and limit, give the page that the model expects', async () => {
      const place = fc.nat(sessions.length - 1);
      const edge = fc.option(place.map((at) => sessions[at]?.createdUs ?? 0));
      const pairs = fc.oneof(
        { weight: 2, arbitrary: fc.constant({}) },
        { weight: 3, arbitrary: place.chain((at) => subset(sessions[at]?.metadata ?? {})) },
        fc.tuple(fc.constantFrom(...KEYS), fc.constantFrom(...VALUES)).map((pair) => Object.fromEntries([pair])),
      );
      const filters = fc.record({
        statuses: fc.option(fc.uniqueArray(fc.constantFrom(...STATUSES), { minLength: 1, maxLength: 4 })),
        agentId: fc.option(fc.constantFrom(...AGENTS)),
        externalId: fc.option(
          place.map((at) => sessions[at]?.externalId ?? 'nobody'),
          { freq: 2 },
        ),
        includeArchived: fc.boolean(),
        metadata: pairs,
        range: fc.record({ fromUs: edge, untilUs: edge }),
      });
      const paging = fc.record({ order: orders, direction: fc.option(directions), limit: limits, at: place });
      await fc.assert(
        fc.asyncProperty(filters, paging, async (filter, { order, direction, limit, at }) => {
          const cursor = direction && { direction, id: sessions[at]?.id ?? 'sess_' };
          const query = sessionQuery({ ...filter, order, cursor, limit });
          const passing = sessions.filter((session) => passes(session, query));
          expect(await sandbox.store.listSessions(org, query)).toEqual(expectedPage<'sess', Session>(passing, query));
        }),
        { numRuns: 400 },
      );
    });
  });
}

/** The model of the list of sessions. */
function passes(session: Session, query: SessionQuery): boolean {
  return (
    (query.includeArchived || session.archivedUs === null) &&
    (query.statuses === null || query.statuses.includes(STATUS_OF_PHASE[session.phase].cloud)) &&
    (query.agentId === null || session.agent?.id === query.agentId) &&
    (query.externalId === null || session.externalId === query.externalId) &&
    inRange(session.createdUs, query.range) &&
    Object.entries(query.metadata).every(
      ([key, value]) => Object.hasOwn(session.metadata, key) && session.metadata[key] === value,
    )
  );
}

function inRange(us: number, { fromUs, untilUs }: TimeRange): boolean {
  return (fromUs === null || us >= fromUs) && (untilUs === null || us < untilUs);
}

/** Some of the pairs of a session's metadata. */
function subset(metadata: Session['metadata']): fc.Arbitrary<Record<string, string>> {
  return fc.subarray(Object.entries(metadata)).map((pairs) => Object.fromEntries(pairs));
}

/** The suite's own idea of a pattern, independent of core's. */
function matches(pattern: string, type: string): boolean {
  const source = pattern
    .split('*')
    .map((part) => part.replaceAll('.', '\\.'))
    .join('.*');
  return new RegExp(`^${source}$`).test(type);
}

/** An event of any type with what the type requires. */
function event(type: string) {
  const content = type.endsWith('.message') ? { content: [{ type: 'text', text: 'hello' }] } : {};
  return draft({ type, ...content });
}

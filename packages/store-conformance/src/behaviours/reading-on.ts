/** Reading on: what follows a position, in slices, as tails read it; and it is what the lists show. */
import { type EventFilter, LiveFilter, passes } from '@turnlog/core/event-filter';
import { matchesPattern } from '@turnlog/core/events';
import { type EventId, makeId, microsOfId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import type { LogSlice, LogStream } from '@turnlog/core/store';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { StoreHarness } from '../harness.ts';
import { byId, context, draft, draftOfBytes, notes, random, sessionCommand } from '../support/commands.ts';
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
} from '../support/feed-model.ts';
import { allEvents, viewOf } from '../support/reading.ts';
import { refusalCode } from '../support/refusals.ts';
import { type Sandbox, useStore } from '../support/sandbox.ts';

const PATTERNS = ['*', 'agent.*', '*.message', 'a_b', 'step.*', 'step.s1*', 'session*', 'no.such'];
const MANY_TYPES = Array.from({ length: 24 }, (_, n) => `step.s${n}`);

export function describeReadingOn(harness: StoreHarness): void {
  describe('reading on', () => {
    const sandbox = useStore(harness);
    describeModel(sandbox);
    describeSlices(sandbox);
    describePositions(sandbox);
    describeEnds(sandbox);
  });
}

function describeModel(sandbox: Sandbox): void {
  describe('against a model', () => {
    let staged: Staged;
    let model: ModelEvent[];

    beforeAll(async () => {
      staged = await stageFeed(sandbox);
      model = await expectedFeed(sandbox, staged.org, staged.live);
    });

    const typeLists = () =>
      fc.option(
        fc.uniqueArray(fc.constantFrom(...PATTERNS, ...MANY_TYPES), { minLength: 1, maxLength: 26, size: 'max' }),
      );

    const exceptions = () =>
      fc.oneof(fc.constant([]), fc.uniqueArray(fc.constantFrom(...PATTERNS, ...MANY_TYPES), { maxLength: 3 }));

    test('I6: the feed is what its list shows, from every position and through every filter', async () => {
      const sessions = [...staged.live.map(({ id }) => id), ...staged.deleted, 'none' as const];
      const filters = fc.option(
        fc.record({
          types: typeLists(),
          exceptTypes: exceptions(),
          session: fc.option(fc.constantFrom(...sessions), { freq: 2 }),
          agentId: fc.option(fc.constantFrom(...staged.agents, 'nobody'), { freq: 2 }),
        }),
      );
      const stored = fc.constantFrom(...model.map(({ id }) => id), ...staged.gone);
      const positions = fc.option(stored.chain((id) => fc.constantFrom(...positionsAround(id))));
      await fc.assert(
        fc.asyncProperty(filters, positions, async (filter, after) => {
          const { events } = await readToHead(sandbox, staged.org, 'feed', after, filter);
          const expected = passing(model, filter).filter(({ id }) => after === null || id > after);
          expect(events.map(toText)).toEqual(expected.map(({ text }) => text));
          const cursor = after && ({ direction: 'after', id: after } as const);
          const { data } = await feedPage(sandbox, staged.org, { filter, cursor });
          expect(data).toEqual(expected.map(({ id, text }) => ({ id, text })));
        }),
        { numRuns: 300 },
      );
    });

    test('I6: a session is what its list shows, from each of its events and through every filter of types', async () => {
      const { store } = sandbox;
      const property = fc.asyncProperty(
        fc.constantFrom(...staged.live),
        typeLists(),
        exceptions(),
        fc.option(fc.nat(1_000)),
        async ({ id }, types, exceptTypes, at) => {
          const all = await allEvents(store, staged.org, { id });
          const after = at === null ? null : (all[at % all.length]?.id ?? null);
          const filter = { types, exceptTypes, session: null, agentId: null };
          const { events } = await readToHead(
            sandbox,
            staged.org,
            id,
            after,
            types || exceptTypes.length ? filter : null,
          );
          const listed = (await allEvents(store, staged.org, { id }, { types })).filter(
            (event) => after === null || event.id > after,
          );
          const isExcluded = (type: string) => exceptTypes.some((pattern) => matchesPattern(pattern, type));
          expect(events.map(toText)).toEqual(
            listed.filter(({ text }) => !isExcluded(viewOf(text).type)).map(({ text }) => text),
          );
          for (const event of events) expect(event).toMatchObject({ id: viewOf(toText(event)).id, sessionId: id });
        },
      );
      await fc.assert(property, { numRuns: 150 });
    });

    test('every event comes with the members by which readers choose', async () => {
      const { events } = await readToHead(sandbox, staged.org, 'feed', null, null);
      const members = events.map(({ aboutSession, text: _, requestId: __, ...rest }) => {
        return { ...rest, aboutSession: aboutSession === rest.sessionId ? null : aboutSession };
      });
      expect(members).toEqual(model.map(({ text: _, ...rest }) => rest));
    });

    test('core lets through exactly the events that the store finds, whatever the filter', async () => {
      const { events } = await readToHead(sandbox, staged.org, 'feed', null, null);
      const sessions = [null, 'none' as const, ...staged.live.map(({ id }) => id), ...staged.deleted];
      for (const session of sessions) {
        for (const agentId of [null, 'nobody', ...staged.agents]) {
          for (const types of [null, ['*'], ['step.*', 'a_b'], MANY_TYPES]) {
            for (const exceptTypes of [[], ['session.*', 'step.s1']]) {
              const filter: EventFilter = { types, exceptTypes, session, agentId };
              const found = await readToHead(sandbox, staged.org, 'feed', null, filter);
              const live = new LiveFilter(filter);
              const expected = events.filter((event) => passes(filter, event));
              expect(events.filter((event) => live.passes(event))).toEqual(expected);
              expect(found.events.map(toText)).toEqual(expected.map(toText));
            }
          }
        }
      }
    });
  });
}

function describeSlices(sandbox: Sandbox): void {
  test('a slice holds no more events and bytes than tails take, and a larger event comes alone', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const { value: session } = await store.createSession(org, sessionCommand(), context());
    const large = () => draftOfBytes(limits.sliceBytes + 1);
    const middling = () => draftOfBytes(Math.floor(limits.sliceBytes / 3));
    const batches = [notes(500), notes(500), notes(120), [large()], [large()], notes(3), [middling(), middling()]];
    for (const batch of [...batches, [middling(), middling(), large()], notes(2)]) {
      await store.appendEvents(org, byId(session), batch, context());
    }
    const streams: readonly LogStream[] = ['feed', session.id];
    for (const stream of streams) {
      for (const types of [null, ['note.*'], ['note.added', ...MANY_TYPES, 'note.large']]) {
        const filter = types && { types, session: null, agentId: null };
        const { events, slices } = await readToHead(sandbox, org, stream, null, filter);
        const own = events.filter(({ sessionId }) => sessionId !== null);
        expect(own.map(toText)).toEqual((await allEvents(store, org, byId(session))).map(({ text }) => text));
        for (const slice of slices) expectBounded(slice);
        expect(Math.max(...slices.map((slice) => slice.events.length))).toBe(limits.sliceEvents);
        const alone = slices.filter((slice) => bytesOf(slice) > limits.sliceBytes);
        expect(alone.map((slice) => slice.events.length)).toEqual([1, 1, 1]);
        expect(slices.length).toBeLessThan(20);
      }
    }
  });

  test('types too many to merge are looked for in slices, over thousands of others', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const { value: session } = await store.createSession(org, sessionCommand(), context());
    const rare = MANY_TYPES.map((type) => draft({ type }));
    await store.appendEvents(org, byId(session), rare, context());
    for (let n = 0; n < 10; n++) await store.appendEvents(org, byId(session), notes(500), context());
    const ROUNDS = 20; // more than a slice holds
    for (let n = 0; n < ROUNDS; n++) await store.appendEvents(org, byId(session), rare, context());
    const filter = { types: MANY_TYPES, session: null, agentId: null };
    for (const stream of ['feed', session.id] as const) {
      const { events, slices } = await readToHead(sandbox, org, stream, null, filter);
      expect(events.map(({ type }) => type)).toEqual(
        Array(1 + ROUNDS)
          .fill(MANY_TYPES)
          .flat(),
      );
      for (const slice of slices) expectBounded(slice);
      expect(slices.at(-1)?.position).toBe(await store.headOf(org, stream));
      const positions = slices.map(({ position }) => position ?? '');
      expect(positions).toEqual(positions.toSorted());
    }
  });

  function expectBounded(slice: LogSlice): void {
    expect(slice.events.length).toBeLessThanOrEqual(limits.sliceEvents);
    if (slice.events.length !== 1) expect(bytesOf(slice)).toBeLessThanOrEqual(limits.sliceBytes);
  }

  function bytesOf({ events }: LogSlice): number {
    return events.reduce((sum, { text }) => sum + text.length, 0);
  }
}

function describePositions(sandbox: Sandbox): void {
  test('a stream without events has no head, and reading it on stays where it is', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const nothing = { events: [], atHead: true, ended: false };
    expect(await store.headOf(org, 'feed')).toBeNull();
    expect(await store.readOn(org, 'feed', null, null)).toEqual({ ...nothing, position: null });
    const position = makeId('evt', sandbox.clock.us, random);
    expect(await store.readOn(org, 'feed', position, null)).toEqual({ ...nothing, position });
    const { value: session } = await store.createSession(org, sessionCommand(), context());
    expect(await store.headOf(org, session.id)).toBeNull();
    expect(await store.readOn(org, session.id, null, null)).toEqual({ ...nothing, position: null });
    expect(await store.headOf(org, 'feed')).not.toBeNull();
  });

  test('a filter that matches nothing moves on to the head, and from the head nothing moves', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const { value: session } = await store.createSession(org, sessionCommand({ events: notes(30) }), context());
    await store.publishEvents(org, notes(1), context());
    for (const stream of ['feed', session.id] as const) {
      const head = await store.headOf(org, stream);
      const events = await readToHead(sandbox, org, stream, null, null);
      expect(head).toBe(events.events.at(-1)?.id);
      for (const types of [null, ['no.such'], ['session.nothing', 'note.*'], MANY_TYPES]) {
        const filter = types && { types, session: null, agentId: null };
        const from = { events: [], position: head, atHead: true, ended: false };
        expect(await store.readOn(org, stream, head, filter)).toEqual(from);
        const slice = await store.readOn(org, stream, null, filter);
        expect(slice).toMatchObject({ position: head, atHead: true });
      }
    }
    for (const filter of [
      { types: null, session: 'none', agentId: null },
      { types: null, session: null, agentId: 'nobody' },
    ] as const) {
      const slice = await store.readOn(org, 'feed', null, filter);
      expect(slice).toEqual({ events: [], position: await store.headOf(org, 'feed'), atHead: true, ended: false });
    }
  });

  test('what comes after the head is what was committed since, and no more', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const { value: session } = await store.createSession(org, sessionCommand({ events: notes(2) }), context());
    const streams: readonly LogStream[] = ['feed', session.id];
    const heads = await Promise.all(streams.map((stream) => store.headOf(org, stream)));
    const { value: texts } = await store.appendEvents(org, byId(session), notes(3, 'note.late'), context());
    for (const [n, stream] of streams.entries()) {
      const { events } = await readToHead(sandbox, org, stream, heads[n] ?? null, null);
      expect(events.map(toText)).toEqual(texts);
    }
  });

  test('a position in a session is one of its events: any other is none', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const [one, two] = [
      (await store.createSession(org, sessionCommand({ events: notes(1) }), context())).value,
      (await store.createSession(org, sessionCommand({ events: notes(1) }), context())).value,
    ];
    const [account] = (await sandbox.open.accountTexts(org)).map((text) => viewOf(text).id);
    const foreign = (await store.headOf(org, two.id)) ?? 'evt_';
    for (const id of [foreign, account ?? 'evt_', makeId('evt', sandbox.clock.us, random)]) {
      expect(await store.readOn(org, one.id, id, null)).toBeNull();
      expect(await store.readOn(org, 'feed', id, null)).toMatchObject({ atHead: true });
    }
  });

  test('events of a deleted session are passed over at once, and a reader whose position was one goes on', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const doomed = (await store.createSession(org, sessionCommand(), context())).value;
    for (let n = 0; n < 6; n++) await store.appendEvents(org, byId(doomed), notes(500), context());
    const kept = (await store.createSession(org, sessionCommand({ events: notes(1) }), context())).value;
    const [some] = await allEvents(store, org, byId(doomed));
    await store.deleteSession(org, byId(doomed), context());
    const expected = ['session.created', 'note.added', 'session.deleted'];
    for (const settle of [false, true]) {
      if (settle) await sandbox.open.idle();
      for (const filter of [null, { types: ['*.created', '*.deleted', 'note.*'], session: null, agentId: null }]) {
        const { events } = await readToHead(sandbox, org, 'feed', some?.id ?? null, filter);
        expect(events.map(({ type }) => type)).toEqual(expected);
        expect(events.map(({ aboutSession }) => aboutSession)).toEqual([kept.id, null, doomed.id]);
      }
    }
  });
}

function describeEnds(sandbox: Sandbox): void {
  test('a session that is terminated or archived has ended, until it is reopened', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const { value: session } = await store.createSession(org, sessionCommand({ events: notes(1) }), context());
    const ended = async () => (await store.readOn(org, session.id, null, null))?.ended;
    const append = (type: string) => store.appendEvents(org, byId(session), [telling(type)], context());
    expect(await ended()).toBe(false);
    await append('terminated');
    expect(await ended()).toBe(true);
    await append('session_start');
    expect(await ended()).toBe(false);
    await append('session.status_terminated');
    expect(await ended()).toBe(true);
    await append('session.status_running');
    expect(await ended()).toBe(false);
    await append('session_stop');
    expect(await ended(), 'what has finished may go on').toBe(false);
    await store.archiveSession(org, byId(session), context());
    expect(await ended()).toBe(true);
    expect((await store.readOn(org, 'feed', null, null))?.ended, 'the feed never ends').toBe(false);
  });

  test('a deleted session is refused, whoever was reading it', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const { value: session } = await store.createSession(org, sessionCommand({ events: notes(3) }), context());
    const head = await store.headOf(org, session.id);
    const refused = async (id: typeof session.id, after: EventId | null) => {
      expect(await refusalCode(store.headOf(org, id))).toBe('session_not_found');
      expect(await refusalCode(store.readOn(org, id, after, null))).toBe('session_not_found');
    };
    await refused(makeId('sess', microsOfId(session.id), random), head);
    await store.deleteSession(org, byId(session), context());
    for (const after of [null, head]) await refused(session.id, after);
    await sandbox.open.idle();
    for (const after of [null, head]) await refused(session.id, after);
  });
}

function toText({ text }: { readonly text: Uint8Array }): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(text);
}

/** Reading a session by the numbers of its events: slices between two of them, and counts that find where a page begins. */
import { makeId, microsOfId, type OrgId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import type { SessionRef } from '@turnlog/core/sessions';
import type { EventRecord, EventSlice, SliceQuery, Store } from '@turnlog/core/store';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { StoreHarness } from '../harness.ts';
import {
  byId,
  context,
  countQuery,
  draft,
  draftOfBytes,
  notes,
  random,
  sessionCommand,
  sliceQuery,
} from '../support/commands.ts';
import { allEvents, type EventView, viewOf } from '../support/reading.ts';
import { refusalCode } from '../support/refusals.ts';
import { type Sandbox, useStore } from '../support/sandbox.ts';

const STEPS = Array.from({ length: 24 }, (_, n) => `step.s${n}`);
const TYPES = ['agent.tool_use', 'note.added', 'a_b', 'a.b', 'user.interrupt', ...STEPS];
const PATTERNS = ['*', 'agent.*', 'step.*', 'step.s1*', 'a_b', 'no.such', '*b', ...STEPS];

export function describeNumberedReading(harness: StoreHarness): void {
  describe('reading by number', () => {
    const sandbox = useStore(harness);
    describeModel(sandbox);
    describeBounds(sandbox);
    describeRefusals(sandbox);
  });
}

function describeModel(sandbox: Sandbox): void {
  describe('against a model', () => {
    let org: OrgId;
    let ref: { readonly id: `sess_${string}` };
    let events: EventView[];

    beforeAll(async () => {
      const { store, clock } = sandbox;
      org = await sandbox.newOrg();
      ref = byId((await store.createSession(org, sessionCommand(), context())).value);
      const neighbour = byId((await store.createSession(org, sessionCommand(), context())).value);
      for (let n = 0; n < 60; n++) {
        clock.us += [0, 1, 1_000, 60_000_000, -1_000_000][n % 5] ?? 0;
        const type = (k: number) => TYPES[(n * 7 + k * k) % TYPES.length] ?? '';
        const batch = Array.from({ length: 1 + (n % 9) }, (_, k) => draft({ type: type(k), n }));
        await store.appendEvents(org, ref, batch, context());
        await store.appendEvents(org, neighbour, batch, context());
      }
      events = (await allEvents(store, org, ref)).map(({ text }) => viewOf(text));
    });

    test('slices, one after the other, hold every event between the bounds that passes, once and in order', async () => {
      const query = fc.record({
        low: fc.integer({ min: 0, max: 330 }),
        high: fc.option(fc.integer({ min: 0, max: 330 })),
        descending: fc.boolean(),
        types: fc.option(fc.uniqueArray(fc.constantFrom(...PATTERNS), { maxLength: 26, size: 'max' })),
        limit: fc.constantFrom(1, 2, 7, 100, 1000),
      });
      await fc.assert(
        fc.asyncProperty(query, async (asked) => {
          const slices = await slicesOf(sandbox.store, org, ref, asked);
          const expected = within(events, asked);
          expect(slices.flatMap((slice) => slice.events.map(seqOf))).toEqual(expected.map(({ seq }) => seq));
          for (const slice of slices) {
            expect(slice).toMatchObject({ session: ref.id, head: events.length });
            expect(slice.events.length).toBeLessThanOrEqual(Math.min(asked.limit, limits.sliceEvents));
          }
        }),
        { numRuns: 200 },
      );
    });

    test('a count tells how many events pass, and where the page after an offset begins', async () => {
      const micros = fc.constantFrom(...events.map(({ id }) => microsOfId(id)));
      const query = fc.record({
        afterUs: fc.option(
          fc.oneof(
            micros.chain((us) => fc.constantFrom(us - 1, us, us + 1)),
            fc.constantFrom(0, -1, 4e15),
          ),
        ),
        type: fc.option(fc.constantFrom(...TYPES, 'no.such', '*', 'step.*')),
        offset: fc.oneof(fc.nat(5), fc.nat(330)),
      });
      const property = fc.asyncProperty(query, fc.integer({ min: 1, max: 20 }), async (asked, limit) => {
        const counted = await sandbox.store.countEvents(org, ref, asked);
        const later = events.filter(({ id }) => asked.afterUs === null || microsOfId(id) > asked.afterUs);
        const passing = later.filter(({ type }) => asked.type === null || type === asked.type).toReversed();
        const first = passing[asked.offset]?.seq;
        const page = first === undefined ? null : { low: later[0]?.seq, high: first };
        expect(counted).toEqual({ session: ref.id, total: passing.length, page });
        if (counted.page === null) return;
        const types = asked.type === null ? null : [asked.type];
        const read = sliceQuery({ ...counted.page, descending: true, types, limit });
        const { events: shown } = await sandbox.store.sliceEvents(org, ref, read);
        expect(shown.map(seqOf)).toEqual(passing.slice(asked.offset, asked.offset + limit).map(({ seq }) => seq));
      });
      await fc.assert(property, { numRuns: 250 });
    });
  });
}

function describeBounds(sandbox: Sandbox): void {
  test('a session without events has no slice to go on from, and counts none', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const { value: session } = await store.createSession(org, sessionCommand(), context());
    for (const descending of [false, true]) {
      const slice = await store.sliceEvents(org, byId(session), sliceQuery({ descending }));
      expect(slice).toEqual({ session: session.id, events: [], next: null, head: 0 });
    }
    for (const query of [{}, { type: 'note.added' }, { afterUs: 0 }, { afterUs: 5, offset: 3 }]) {
      const counted = await store.countEvents(org, byId(session), countQuery(query));
      expect(counted).toEqual({ session: session.id, total: 0, page: null });
    }
  });

  test('a slice holds no more events and bytes than tails take, and a larger event comes alone', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const { value: session } = await store.createSession(org, sessionCommand({ events: notes(450) }), context());
    const large = () => draftOfBytes(limits.sliceBytes + 1);
    const middling = () => draftOfBytes(Math.floor(limits.sliceBytes / 3));
    const rest = [large(), ...notes(3), middling(), middling(), middling(), middling(), large(), ...notes(2)];
    await store.appendEvents(org, byId(session), rest, context());
    for (const descending of [false, true]) {
      for (const types of [null, ['note.*'], ['note.added', 'note.large', ...STEPS]]) {
        const slices = await slicesOf(store, org, byId(session), sliceQuery({ descending, types }));
        const seqs = slices.flatMap(({ events }) => events.map(seqOf));
        expect(descending ? seqs.toReversed() : seqs).toEqual(Array.from({ length: 461 }, (_, n) => n + 1));
        for (const { events } of slices) {
          const bytes = events.reduce((sum, { text }) => sum + text.length, 0);
          expect(events.length).toBeLessThanOrEqual(limits.sliceEvents);
          if (events.length > 1) expect(bytes).toBeLessThanOrEqual(limits.sliceBytes);
        }
        expect(slices.length).toBeLessThan(12);
      }
    }
  });

  test('more types than are merged are looked for in bounded slices, which may find nothing and still go on', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const { value: session } = await store.createSession(org, sessionCommand(), context());
    const batches = Math.ceil((2.5 * limits.readRows) / limits.batchEvents);
    const events = STEPS.map((type) => draft({ type }));
    await store.appendEvents(org, byId(session), events, context());
    for (let n = 0; n < batches; n++) {
      await store.appendEvents(org, byId(session), notes(limits.batchEvents), context());
    }
    await store.appendEvents(org, byId(session), events, context());
    for (const descending of [false, true]) {
      const slices = await slicesOf(store, org, byId(session), sliceQuery({ descending, types: STEPS }));
      expect(slices.flatMap((slice) => slice.events)).toHaveLength(2 * STEPS.length);
      expect(slices.length).toBeGreaterThan(2);
      expect(slices.length).toBeLessThan(6);
    }
  });

  test('what stands at the ends of such a slice comes once, in both directions', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const { value: session } = await store.createSession(org, sessionCommand(), context());
    const total = 5 * limits.batchEvents * Math.ceil(limits.readRows / 2 / limits.batchEvents);
    const ends = [limits.readRows, 2 * limits.readRows].flatMap((n) => [n, n + 1, total - n, total - n + 1]);
    const marked = new Set([1, ...ends, total].filter((seq) => seq >= 1 && seq <= total));
    const typeAt = (seq: number) => (marked.has(seq) ? (STEPS[0] ?? '') : 'note.added');
    for (let seq = 1; seq <= total; seq += limits.batchEvents) {
      const batch = Array.from({ length: limits.batchEvents }, (_, n) => draft({ type: typeAt(seq + n) }));
      await store.appendEvents(org, byId(session), batch, context());
    }
    await store.publishEvents(
      org,
      STEPS.map((type) => draft({ type })),
      context(),
    );
    for (const descending of [false, true]) {
      const slices = await slicesOf(store, org, byId(session), sliceQuery({ descending, types: STEPS }));
      const seqs = slices.flatMap(({ events }) => events.map(seqOf));
      const rising = [...marked].sort((a, b) => a - b);
      expect(seqs).toEqual(descending ? rising.toReversed() : rising);
    }
  });

  test('counts of a type go through any number of events, and agree with themselves at any offset', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const { value: session } = await store.createSession(org, sessionCommand(), context());
    const batch = (n: number) => [...notes(limits.batchEvents - 1), draft({ type: 'note.rare', n })];
    const batches = Math.ceil((2.2 * limits.readRows) / (limits.batchEvents - 1));
    for (let n = 0; n < batches; n++) await store.appendEvents(org, byId(session), batch(n), context());
    const all = (await allEvents(store, org, byId(session))).map(({ text }) => viewOf(text)).toReversed();
    for (const type of ['note.added', 'note.rare']) {
      const matches = all.filter((event) => event.type === type);
      const ends = [0, 1, limits.readRows - 1, limits.readRows, limits.readRows + 1, 2 * limits.readRows];
      for (const offset of [...ends, matches.length - 1, matches.length, matches.length + limits.readRows]) {
        const high = matches[offset]?.seq;
        expect(await store.countEvents(org, byId(session), countQuery({ type, offset }))).toEqual({
          session: session.id,
          total: matches.length,
          page: high === undefined ? null : { low: 1, high },
        });
      }
    }
  });

  test('a count that meets appends is the count of one moment', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const { value: session } = await store.createSession(org, sessionCommand(), context());
    const append = () => store.appendEvents(org, byId(session), notes(limits.batchEvents), context());
    for (let n = 0; n < 9; n++) await append();
    const appends = Array.from({ length: 6 }, append);
    let last = 0;
    for (let n = 0; n < 6; n++) {
      const type = n % 2 === 0 ? 'note.added' : null;
      const { total, page } = await store.countEvents(org, byId(session), countQuery({ type }));
      expect(total % limits.batchEvents, 'whole batches').toBe(0);
      expect(page).toEqual({ low: 1, high: total });
      expect(total).toBeGreaterThanOrEqual(last);
      last = total;
    }
    await Promise.all(appends);
  });
}

function describeRefusals(sandbox: Sandbox): void {
  test('a session that never was, and one that is deleted, are refused by either name', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const command = sessionCommand({ externalId: 'run-1', events: notes(3) });
    const { value: session } = await store.createSession(org, command, context());
    await store.deleteSession(org, byId(session), context());
    const unknown = { id: makeId('sess', sandbox.clock.us, random) };
    const refs: readonly SessionRef[] = [unknown, { externalId: 'nobody' }, byId(session), { externalId: 'run-1' }];
    for (const ref of refs) {
      for (const attempt of [
        store.sliceEvents(org, ref, sliceQuery()),
        store.sliceEvents(org, ref, sliceQuery({ types: [] })),
        store.sliceEvents(org, ref, sliceQuery({ low: 9, high: 3, types: STEPS })),
        store.countEvents(org, ref, countQuery()),
        store.countEvents(org, ref, countQuery({ type: 'no.such' })),
      ]) {
        expect(await refusalCode(attempt)).toBe('session_not_found');
      }
    }
  });

  test('whoever goes on with slices or counts of a session that is deleted meanwhile is told so', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const { value: session } = await store.createSession(org, sessionCommand({ events: notes(500) }), context());
    const { next } = await store.sliceEvents(org, byId(session), sliceQuery());
    await store.deleteSession(org, byId(session), context());
    const onward = sliceQuery({ low: next ?? expect.fail('there is more') });
    expect(await refusalCode(store.sliceEvents(org, byId(session), onward))).toBe('session_not_found');
  });
}

/** All slices of a query, going on where each one says. */
async function slicesOf(store: Store, org: OrgId, ref: SessionRef, query: SliceQuery): Promise<EventSlice[]> {
  const slices: EventSlice[] = [];
  for (let rest = query; ; ) {
    const slice = await store.sliceEvents(org, ref, rest);
    slices.push(slice);
    if (slice.next === null) return slices;
    const { low, high } = rest;
    if (query.types === null)
      expect(slice.events.length, 'a slice that is not the last one has events').toBeGreaterThan(0);
    expect(slice.next).toBeGreaterThanOrEqual(low);
    expect(slice.next).toBeLessThanOrEqual(high ?? slice.head);
    rest = query.descending ? { ...rest, high: slice.next } : { ...rest, low: slice.next };
    expect(slices.length, 'slices come to an end').toBeLessThan(1_000);
  }
}

/** What a slice query deserves when it is followed to its end. */
function within(events: readonly EventView[], { low, high, descending, types }: SliceQuery): EventView[] {
  const expressions = types?.map((type) => new RegExp(`^${type.replaceAll('.', '\\.').replaceAll('*', '.*')}$`));
  const found = events.filter(({ seq, type }) => {
    const number = seq ?? 0;
    if (number < low || (high !== null && number > high)) return false;
    return expressions === undefined || expressions.some((expression) => expression.test(type));
  });
  return descending ? found.toReversed() : found;
}

function seqOf({ id, text }: EventRecord): number {
  const view = viewOf(Buffer.from(text).toString());
  expect(view.id).toBe(id);
  return view.seq ?? 0;
}

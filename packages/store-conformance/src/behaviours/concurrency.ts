/** Many writers at once: every rule holds for each of them, and readers see only whole steps. */
import { createHash } from 'node:crypto';
import { type EventId, microsOfId, type OrgId } from '@turnlog/core/ids';
import type { SessionRef } from '@turnlog/core/sessions';
import type { Store } from '@turnlog/core/store';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StoreHarness } from '../harness.ts';
import { byId, context, draft, notes, sessionCommand, startCommand, tokenCommand } from '../support/commands.ts';
import {
  accountViews,
  allEvents,
  allSessions,
  type EventView,
  eventPage,
  sessionOf,
  snapshot,
  viewOf,
} from '../support/reading.ts';
import { settle } from '../support/refusals.ts';
import { useStore } from '../support/sandbox.ts';
import { gathered } from '../support/writes.ts';

export function describeConcurrency(harness: StoreHarness): void {
  describe('concurrency', () => {
    const sandbox = useStore(harness);

    test('I3: batches of many writers are contiguous in their session and in the feed, and nothing is lost', async () => {
      const writer = fc.record({
        session: fc.nat(3),
        sizes: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
        moves: fc.boolean(),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(writer, { minLength: 2, maxLength: 40 }), async (writers) => {
          const { store } = sandbox;
          const orgs = [await sandbox.newOrg(), await sandbox.newOrg()];
          const refs = await Promise.all([0, 1, 2, 3].map((n) => newSession(store, orgs[n % 2] as OrgId)));
          const batches = await Promise.all(
            writers.map(async ({ session, sizes, moves }) => {
              const written: { readonly session: number; readonly events: readonly EventView[] }[] = [];
              for (const size of sizes) {
                const drafts = moves
                  ? [draft({ type: 'session_start' }), ...notes(size - 1), draft({ type: 'session_stop' })]
                  : notes(size);
                const org = orgs[session % 2] as OrgId;
                const { value } = await store.appendEvents(org, refs[session] as SessionRef, drafts, context());
                expect(value).toHaveLength(drafts.length);
                written.push({ session, events: value.map(viewOf) });
              }
              return written;
            }),
          );
          for (const [n, org] of orgs.entries()) {
            const mine = batches.flat().filter(({ session }) => session % 2 === n);
            await expectWholeBatches(
              sandbox.open,
              org,
              mine.map(({ events }) => events),
            );
          }
          expectRisingPerWriter(batches.map((written) => written.map(({ events }) => events)));
        }),
        { numRuns: 8 },
      );
    });

    test('commands that are handed in at once have the effect that they would have one by one', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(command, { minLength: 2, maxLength: 40 }), async (commands) => {
          const { store, open } = sandbox;
          sandbox.clock.us += 1_000_000;
          const [slow, quick] = [await sandbox.newOrg(), await sandbox.newOrg()];
          const oneByOne = [];
          for (const each of commands) oneByOne.push(await ending(perform(store, slow, each)));
          const atOnce = await Promise.all(
            (await gathered(sandbox, () => commands.map((each) => perform(store, quick, each)))).map(ending),
          );
          expect(atOnce).toEqual(oneByOne);
          expect(anonymous(await snapshot(open, quick))).toEqual(anonymous(await snapshot(open, slow)));
        }),
        { numRuns: 40 },
      );
    });

    test('of many creations with one external id exactly one succeeds', async () => {
      const org = await sandbox.newOrg();
      const create = () => sandbox.store.createSession(org, sessionCommand({ externalId: 'run-1' }), context());
      const { values, refusals } = await settle(await gathered(sandbox, () => Array.from({ length: 20 }, create)));
      expect(values).toHaveLength(1);
      expect(new Set(refusals.map(({ code }) => code))).toEqual(new Set(['external_id_taken']));
      expect(await allSessions(sandbox.store, org)).toEqual([values[0]?.value]);
    });

    test('of many starts of one name exactly one creates, and the events of all are there, each batch in one piece', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const start = (_: unknown, n: number) =>
        store.startSession(org, startCommand('run-1', { events: notes(3, `note.n${n}`) }), context());
      const outcomes = await Promise.all(await gathered(sandbox, () => Array.from({ length: 20 }, start)));
      const sessions = await allSessions(store, org);
      expect(sessions).toMatchObject([{ externalId: 'run-1', eventCount: 60 }]);
      expect(new Set(outcomes.map(({ value }) => value.id))).toEqual(new Set([sessions[0]?.id]));
      const types = (await allEvents(store, org, { externalId: 'run-1' })).map(({ text }) => viewOf(text).type);
      for (let n = 0; n < 60; n += 3) expect(new Set(types.slice(n, n + 3)).size).toBe(1);
      expect(new Set(types).size).toBe(20);
      const created = (await accountViews(sandbox.open, org)).filter(({ type }) => type === 'session.created');
      expect(created).toHaveLength(1);
    });

    test('of many equal moves of one session exactly one is one', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const ref = byId((await store.createSession(org, sessionCommand({ origin: 'wave' }), context())).value);
      const stop = () => store.moveSession(org, ref, 'stop', context());
      const outcomes = await Promise.all(await gathered(sandbox, () => Array.from({ length: 10 }, stop)));
      expect(new Set(outcomes.map(({ value }) => value.phase))).toEqual(new Set(['failed']));
      expect(await allEvents(store, org, ref)).toHaveLength(1);
    });

    test('of many deletions of one session exactly one succeeds', async () => {
      const org = await sandbox.newOrg();
      const ref = await newSession(sandbox.store, org);
      const remove = () => sandbox.store.deleteSession(org, ref, context());
      const { values, refusals } = await settle(await gathered(sandbox, () => Array.from({ length: 10 }, remove)));
      expect(values).toHaveLength(1);
      expect(new Set(refusals.map(({ code }) => code))).toEqual(new Set(['session_not_found']));
      const deleted = (await accountViews(sandbox.open, org)).filter(({ type }) => type === 'session.deleted');
      expect(deleted).toHaveLength(1);
    });

    test('appends that race an archive are stored or refused, and none is stored after it', async () => {
      const org = await sandbox.newOrg();
      const ref = await newSession(sandbox.store, org);
      const append = () => sandbox.store.appendEvents(org, ref, notes(2), context());
      const before = Array.from({ length: 15 }, append);
      const archive = sandbox.store.archiveSession(org, ref, context());
      const after = Array.from({ length: 15 }, append);
      const { value: archived } = await archive;
      const { values, refusals } = await settle([...before, ...after]);
      expect(values.length + refusals.length).toBe(30);
      expect(refusals.every(({ code }) => code === 'session_archived')).toBe(true);
      const events = await allEvents(sandbox.store, org, ref);
      expect(events).toHaveLength(2 * values.length);
      for (const { id } of events) expect(microsOfId(id)).toBeLessThan(archived.archivedUs ?? 0);
      expect((await sessionOf(sandbox.store, org, ref)).eventCount).toBe(events.length);
    });

    test('updates that race each other are all merged', async () => {
      const org = await sandbox.newOrg();
      const ref = await newSession(sandbox.store, org);
      const update = (n: number) =>
        sandbox.store.updateSession(org, ref, { title: undefined, metadata: { [`k${n}`]: `${n}` } }, context());
      await Promise.all(Array.from({ length: 30 }, (_, n) => update(n)));
      const expected = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`k${n}`, `${n}`]));
      expect((await sessionOf(sandbox.store, org, ref)).metadata).toEqual(expected);
    });

    test('a reader never sees a part of a batch, nor a count that its events do not bear out', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const ref = await newSession(store, org);
      let writing = true;
      const writers = Array.from({ length: 6 }, async () => {
        for (let n = 0; n < 8; n++) await store.appendEvents(org, ref, notes(5), context());
      });
      const readers = Array.from({ length: 3 }, async () => {
        let seen = 0;
        while (writing) {
          const { eventCount } = await sessionOf(store, org, ref);
          const { data } = await eventPage(store, org, ref);
          expect(data.length % 5).toBe(0);
          expect(eventCount % 5).toBe(0);
          expect(eventCount).toBeGreaterThanOrEqual(seen);
          expect(data.length).toBeGreaterThanOrEqual(eventCount);
          seen = data.length;
          await turnOfTheLoop();
        }
      });
      await Promise.all(writers).finally(() => {
        writing = false;
      });
      await Promise.all(readers);
      expect((await eventPage(store, org, ref)).data).toHaveLength(240);
    });

    test('what a write has answered is there for the very next read, and for other writers', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      await Promise.all(
        Array.from({ length: 10 }, async (_, n) => {
          const { value: session } = await store.createSession(
            org,
            sessionCommand({ externalId: `run-${n}` }),
            context(),
          );
          expect(await store.getSession(org, { externalId: `run-${n}` })).toEqual(session);
          for (let k = 1; k <= 5; k++) {
            const { value } = await store.appendEvents(org, byId(session), notes(1), context());
            const last = await eventPage(store, org, byId(session), { order: 'desc', limit: 1 });
            expect(last.data.map(({ text }) => text)).toEqual(value);
            expect((await sessionOf(store, org, byId(session))).eventCount).toBe(k);
          }
        }),
      );
    });
  });
}

interface Command {
  readonly kind:
    | 'create'
    | 'start'
    | 'shift'
    | 'append'
    | 'move'
    | 'update'
    | 'archive'
    | 'cancel'
    | 'delete'
    | 'token';
  readonly name: string;
  readonly value: number;
  /** Which key it is sent with; null: none. Two commands with one key are one request when they are equal. */
  readonly key: number | null;
}

const command: fc.Arbitrary<Command> = fc.record({
  kind: fc.constantFrom(
    ...(['create', 'create', 'start', 'start', 'append', 'append', 'move', 'shift', 'update'] as const),
    ...(['archive', 'cancel', 'delete', 'token'] as const),
  ),
  name: fc.constantFrom('a', 'b', 'c'),
  value: fc.integer({ min: 1, max: 3 }),
  key: fc.option(fc.nat(9), { freq: 2 }),
});

/** One write; sessions are known by their external ids, so that it can be prepared before any has been answered. */
function perform(store: Store, org: OrgId, { key, ...request }: Command): Promise<unknown> {
  const { kind, name, value } = request;
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const digest = (text: string) => hash(text).slice(0, 32);
  const idempotency = key === null ? null : { key: digest(`${key}`), fingerprint: digest(JSON.stringify(request)) };
  const write = context(idempotency);
  const ref = { externalId: name };
  const moves = ['session_start', 'session_stop', 'terminated', 'workflow_failed'].slice(value - 1);
  switch (kind) {
    case 'create': {
      const fields = { externalId: name, metadata: { team: name }, agent: { id: `agent-${value}`, version: null } };
      return store.createSession(org, sessionCommand({ ...fields, events: notes(value - 1, `note.${name}`) }), write);
    }
    case 'start': {
      const events = [draft({ type: moves[0] ?? 'terminated' }), ...notes(value)];
      const fields = { origin: value === 1 ? ('wave' as const) : ('runtime' as const), running: value === 2, events };
      return store.startSession(
        org,
        startCommand(name, { ...fields, capability: hash(`${org} ${commandNumber++}`) }),
        write,
      );
    }
    case 'shift':
      return store.moveSession(org, ref, (['start', 'pause', 'stop'] as const)[value - 1] ?? 'stop', write);
    case 'append':
      return store.appendEvents(org, ref, notes(value, `note.${name}${value}`), write);
    case 'move':
      return store.appendEvents(org, ref, [draft({ type: moves[0] ?? 'terminated' }), ...notes(1)], write);
    case 'update': {
      const metadata = { [`k${value}`]: name, team: value === 1 ? null : 'x' };
      return store.updateSession(org, ref, { title: `${value}`, metadata, agentId: `agent-${value}` }, write);
    }
    case 'archive':
      return store.archiveSession(org, ref, write);
    case 'cancel':
      return store.cancelSession(org, ref, write);
    case 'delete':
      return store.deleteSession(org, ref, write);
    case 'token':
      return store.createToken(org, tokenCommand({ name, hash: hash(`${org} ${commandNumber++}`) }), write);
  }
}

let commandNumber = 0;

async function ending(attempt: Promise<unknown>): Promise<unknown> {
  const { values, refusals } = await settle([attempt]);
  return anonymous(refusals[0] === undefined ? values[0] : { code: refusals[0].code });
}

/** A value without what is random in it: of an id its kind and its microsecond are left. */
function anonymous(value: unknown): unknown {
  const text = JSON.stringify(value).replaceAll(/\b(sess|evt|turn|tok|req)_[0-9A-Z]{26}\b/g, (id, kind) =>
    kind === 'req' ? kind : `${kind} at ${microsOfId(id as EventId)}`,
  );
  return JSON.parse(text);
}

export async function turnOfTheLoop(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

async function newSession(store: Store, org: OrgId): Promise<SessionRef> {
  return byId((await store.createSession(org, sessionCommand(), context())).value);
}

/** Every batch stands in one piece in its session and in the feed, followed by what was derived from it. */
async function expectWholeBatches(
  open: Parameters<typeof accountViews>[0],
  org: OrgId,
  batches: readonly (readonly EventView[])[],
): Promise<void> {
  const sessions = await allSessions(open.store, org);
  const stored: EventView[] = [];
  for (const session of sessions) {
    const events = (await allEvents(open.store, org, byId(session))).map(({ text }) => viewOf(text));
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, n) => n + 1));
    expect(session.eventCount).toBe(events.length);
    expect(events.map(({ id }) => id)).toEqual(events.map(({ id }) => id).sort());
    stored.push(...events);
  }
  const feed = [...stored, ...(await accountViews(open, org))].sort((a, b) => (a.id < b.id ? -1 : 1));
  const place = new Map(feed.map(({ id }, n) => [id, n]));
  expect(batches.flat()).toHaveLength(stored.length);
  for (const batch of batches) {
    const first = place.get(batch[0]?.id ?? 'evt_') ?? -1;
    expect(feed.slice(first, first + batch.length)).toEqual(batch);
    const ids = new Set<unknown>(batch.map(({ id }) => id));
    const derived = feed.filter(({ session_id, data }) => session_id === null && ids.has(data?.['caused_by']));
    const next = first + batch.length;
    expect(feed.slice(next, next + derived.length)).toEqual(derived);
  }
}

/** What one writer wrote, one write after the other, stands in that order. */
function expectRisingPerWriter(writers: readonly (readonly (readonly EventView[])[])[]): void {
  for (const batches of writers) {
    const ids = batches.flat().map(({ id }) => id);
    expect(ids).toEqual([...ids].sort());
  }
}

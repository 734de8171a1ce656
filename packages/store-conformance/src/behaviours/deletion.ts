/** Deletion: at once for every reader, in the background on disk, and without a trace. */
import { makeId, type OrgId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import { nameOf, type SessionRef } from '@turnlog/core/sessions';
import { describe, expect, test } from 'vitest';
import type { StoreHarness } from '../harness.ts';
import {
  byId,
  context,
  countQuery,
  draft,
  eventQuery,
  newHash,
  notes,
  random,
  sessionCommand,
  sliceQuery,
} from '../support/commands.ts';
import { accountViews, allEvents, allSessions, eventPage, sessionOf, viewOf } from '../support/reading.ts';
import { refusal, refusalCode } from '../support/refusals.ts';
import { type Sandbox, useStore, withStore } from '../support/sandbox.ts';

export function describeDeletion(harness: StoreHarness): void {
  describe('deletion', () => {
    const sandbox = useStore(harness);

    test('from its commit on a deleted session looks to every method like one that never was', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const capability = newHash();
      const { value: session } = await store.createSession(
        org,
        sessionCommand({
          externalId: 'run-1',
          metadata: { team: 'blue' },
          events: [draft({ type: 'session_start' })],
          capability,
        }),
        context(),
      );
      const [event] = await allEvents(store, org, byId(session));
      expect((await store.deleteSession(org, byId(session), context())).value).toEqual({
        id: session.id,
        eventCount: 1,
      });
      const expectGone = async () => {
        const unknown = makeId('sess', sandbox.clock.us, random);
        for (const [ref, other] of [
          [byId(session), { id: unknown }],
          [{ externalId: 'run-1' }, { externalId: 'nobody' }],
        ] as const) {
          const gone = await attempts(sandbox, org, ref, event?.id ?? 'evt_');
          expect(gone).toEqual(await attempts(sandbox, org, other, event?.id ?? 'evt_'));
          expect(gone.slice(0, 2)).toEqual([null, null]);
        }
        const filters = [
          {},
          { externalId: 'run-1' },
          { metadata: { team: 'blue' } },
          { statuses: ['running'] as const },
        ];
        for (const filter of filters) expect(await allSessions(store, org, filter)).toEqual([]);
        expect(await store.pageOfSessions(org, { offset: 0, limit: 10 })).toEqual({ data: [], total: 0 });
        expect(await store.onlySessionBetween(org, session.id, session.id)).toBeNull();
        expect(await store.getFeedEvent(org, event?.id ?? 'evt_')).toBeNull();
        expect(await sandbox.directory.findCapability(capability)).toBeNull();
      };
      await expectGone();
      await sandbox.open.idle();
      await expectGone();
    });

    test('the account stream says what was deleted and how much it held', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const command = sessionCommand({ externalId: 'run-1', events: notes(7) });
      const { value: session } = await store.createSession(org, command, context());
      await store.deleteSession(org, byId(session), context());
      const views = await accountViews(sandbox.open, org);
      expect(views.map(({ type, data }) => [type, data])).toMatchObject([
        ['session.created', { session_id: session.id }],
        ['session.deleted', { session_id: session.id, external_id: 'run-1', events_count: 7 }],
      ]);
      await sandbox.open.idle();
      expect(await accountViews(sandbox.open, org)).toEqual(views);
    });

    test('the purge leaves nothing of a session, and everything of its neighbours', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const make = (n: number) =>
        store.createSession(
          org,
          sessionCommand({ externalId: `run-${n}`, metadata: { team: 'blue', n: `${n}` }, events: notes(30) }),
          context(),
        );
      const kept = [await make(0), await make(1), await make(2)].map(({ value }) => value);
      const before = await sandbox.open.storedRows(org);
      const doomed = [];
      for (let n = 3; n < 8; n++) doomed.push((await make(n)).value);
      const change = { title: undefined, metadata: { n: null, team: 'red', shift: 'night' } };
      for (const session of doomed) await store.updateSession(org, byId(session), change, context());
      const full = await sandbox.open.storedRows(org);
      expect(full).toEqual({
        ...before,
        sessions: before.sessions + 5,
        events: before.events + 5 * 32,
        metadata: before.metadata + 10,
      });
      for (const session of doomed) await store.deleteSession(org, byId(session), context());
      await sandbox.open.idle();
      expect(await sandbox.open.storedRows(org)).toEqual({ ...before, events: before.events + 5 * 3 });
      expect(await allSessions(store, org)).toEqual(kept);
      for (const session of kept) expect(await allEvents(store, org, byId(session))).toHaveLength(30);
    });

    test('the purge of a large session disturbs neither readers nor writers of another', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const { value: large } = await store.createSession(org, sessionCommand({ externalId: 'run-1' }), context());
      const { value: small } = await store.createSession(org, sessionCommand({ events: notes(20) }), context());
      const batch = notes(limits.batchEvents);
      for (let n = 0; n < 8; n++) await store.appendEvents(org, byId(large), batch, context());
      await store.deleteSession(org, byId(large), context());
      const { value: heir } = await store.createSession(org, sessionCommand({ externalId: 'run-1' }), context());
      const rows = await sandbox.open.storedRows(org);
      for (let n = 0; n < 20; n++) {
        await Promise.all([
          store.appendEvents(org, byId(small), notes(1), context()),
          store.appendEvents(org, byId(heir), notes(2), context()),
        ]);
        expect((await eventPage(store, org, byId(small))).data).toHaveLength(21 + n);
        expect(await store.getSession(org, byId(large))).toBeNull();
      }
      await sandbox.open.idle();
      const after = await sandbox.open.storedRows(org);
      expect(after.events).toBeLessThanOrEqual(rows.events + 60);
      expect(after.events).toBe(20 + 20 + 40 + (await sandbox.open.accountTexts(org)).length);
      expect((await allEvents(store, org, byId(heir))).map(({ text }) => viewOf(text).seq)).toEqual(
        Array.from({ length: 40 }, (_, n) => n + 1),
      );
      expect(await sessionOf(store, org, { externalId: 'run-1' })).toMatchObject({ id: heir.id, eventCount: 40 });
    });

    test('a reader in the middle of a list is told that the session is gone', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const { value: session } = await store.createSession(org, sessionCommand({ events: notes(100) }), context());
      const page = await eventPage(store, org, byId(session), { limit: 10 });
      const cursor = { direction: 'after', id: page.data.at(-1)?.id ?? 'evt_' } as const;
      await store.deleteSession(org, byId(session), context());
      const query = eventQuery({ limit: 10, cursor });
      expect(await refusalCode(store.listEvents(org, byId(session), query))).toBe('session_not_found');
    });

    test('a purge that a restart interrupts is taken up again', async () => {
      await withStore(harness, async (own) => {
        const org = await own.newOrg();
        const { value: session } = await own.store.createSession(org, sessionCommand(), context());
        const { value: kept } = await own.store.createSession(org, sessionCommand({ events: notes(3) }), context());
        for (let n = 0; n < 4; n++) {
          await own.store.appendEvents(org, byId(session), notes(limits.batchEvents), context());
        }
        await own.store.deleteSession(org, byId(session), context());
        await own.reopen();
        expect(await own.store.getSession(org, byId(session))).toBeNull();
        expect(await allSessions(own.store, org)).toHaveLength(1);
        await own.open.idle();
        const rows = await own.open.storedRows(org);
        expect(rows.sessions).toBe(1);
        expect(rows.events).toBe(3 + (await own.open.accountTexts(org)).length);
        expect(await allEvents(own.store, org, byId(kept))).toHaveLength(3);
      });
    });

    test('an archived and a terminated session can be deleted, and so can one without events', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      for (const types of [[], ['terminated']]) {
        const events = types.map((type) => draft({ type }));
        const { value: session } = await store.createSession(org, sessionCommand({ events }), context());
        await store.archiveSession(org, byId(session), context());
        await store.deleteSession(org, byId(session), context());
        expect(await store.getSession(org, byId(session))).toBeNull();
      }
    });
  });
}

/** What every method that names a session answers; the echoed name is taken out. */
async function attempts({ store }: Pick<Sandbox, 'store'>, org: OrgId, ref: SessionRef, event: `evt_${string}`) {
  const name = nameOf(ref);
  const told = async (attempt: Promise<unknown>) => {
    const { code, message } = await refusal(attempt);
    return { code, message: message.replaceAll(name, '<name>') };
  };
  const answers = [await store.getSession(org, ref), await store.getEvent(org, ref, event)];
  const refusals = [
    await told(store.listEvents(org, ref, eventQuery())),
    await told(store.sliceEvents(org, ref, sliceQuery())),
    await told(store.countEvents(org, ref, countQuery())),
    await told(store.countEvents(org, ref, countQuery({ type: 'session_start' }))),
    await told(store.moveSession(org, ref, 'start', context())),
    await told(store.appendEvents(org, ref, notes(1), context())),
    await told(store.updateSession(org, ref, { title: 'x', metadata: undefined }, context())),
    await told(store.archiveSession(org, ref, context())),
    await told(store.cancelSession(org, ref, context())),
    await told(store.deleteSession(org, ref, context())),
  ];
  expect(new Set(refusals.map(({ code }) => code))).toEqual(new Set(['session_not_found']));
  return [...answers, ...refusals];
}

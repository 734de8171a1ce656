/** Changing a session: updates, archives, cancels, and its two names. */
import { describe, expect, test } from 'vitest';
import type { StoreHarness } from '../harness.ts';
import { byId, context, countQuery, draft, notes, sessionCommand, sliceQuery } from '../support/commands.ts';
import { accountViews, allEvents, allSessions, sessionOf, snapshot, viewOf } from '../support/reading.ts';
import { refusal, refusalCode } from '../support/refusals.ts';
import { useStore } from '../support/sandbox.ts';

export function describeSessions(harness: StoreHarness): void {
  describe('sessions', () => {
    const sandbox = useStore(harness);

    test('a new session is what was asked for, by either of its names, and is announced', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      sandbox.clock.us += 1_000_000;
      const command = sessionCommand({
        externalId: 'run-1',
        agent: { id: 'agent-1', version: 7 },
        environmentId: 'staging',
        title: 'a title',
        metadata: { team: 'blue' },
        events: [...notes(2), draft({ type: 'session_start' })],
      });
      const { value: session, replayed } = await store.createSession(org, command, context());
      expect(replayed).toBe(false);
      const { events: _events, ...labels } = command;
      expect(session).toMatchObject({ ...labels, phase: 'running', eventCount: 3, archivedUs: null, turnId: null });
      expect(session.createdUs).toBe(sandbox.clock.us);
      expect(session.updatedUs).toBe(session.startedUs);
      expect(await sessionOf(store, org, byId(session))).toEqual(session);
      expect(await sessionOf(store, org, { externalId: 'run-1' })).toEqual(session);
      expect(await allSessions(store, org)).toEqual([session]);
      expect((await accountViews(sandbox.open, org)).map(({ type }) => type)).toEqual([
        'session.created',
        'session.started',
      ]);
    });

    test('every method takes both names of a session', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const { value: session } = await store.createSession(org, sessionCommand({ externalId: 'run-1' }), context());
      const ref = { externalId: 'run-1' };
      const { value: texts } = await store.appendEvents(org, ref, [draft({ type: 'session_start' })], context());
      expect(viewOf(texts[0] ?? '').session_id).toBe(session.id);
      const [event] = await allEvents(store, org, ref);
      expect(await store.getEvent(org, ref, event?.id ?? 'evt_')).toEqual(event);
      expect(await allEvents(store, org, byId(session))).toEqual([event]);
      expect((await store.cancelSession(org, ref, context())).value.interrupted).toBe(true);
      expect((await store.updateSession(org, ref, { title: 'x', metadata: undefined }, context())).value.title).toBe(
        'x',
      );
      expect((await store.archiveSession(org, ref, context())).value.archivedUs).not.toBeNull();
      expect((await store.moveSession(org, ref, 'stop', context())).value.id).toBe(session.id);
      expect(await store.sliceEvents(org, ref, sliceQuery())).toMatchObject({ session: session.id, head: 2 });
      expect(await store.countEvents(org, ref, countQuery())).toMatchObject({ session: session.id, total: 2 });
      expect((await store.deleteSession(org, ref, context())).value).toEqual({ id: session.id, eventCount: 2 });
    });

    test('a taken external id is refused and leaves no trace; it is free again once its session is deleted', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const command = sessionCommand({ externalId: 'run-1', events: notes(2), metadata: { team: 'blue' } });
      const { value: first } = await store.createSession(org, command, context());
      const before = await snapshot(sandbox.open, org);
      const { code, param } = await refusal(store.createSession(org, command, context()));
      expect({ code, param }).toEqual({ code: 'external_id_taken', param: 'external_id' });
      expect(await snapshot(sandbox.open, org)).toEqual(before);
      await store.archiveSession(org, byId(first), context());
      expect(await refusalCode(store.createSession(org, command, context()))).toBe('external_id_taken');
      await store.deleteSession(org, byId(first), context());
      const { value: second } = await store.createSession(org, command, context());
      await sandbox.open.idle();
      expect(await sessionOf(store, org, { externalId: 'run-1' })).toEqual(second);
      expect(await allEvents(store, org, { externalId: 'run-1' })).toHaveLength(2);
      expect(await store.getSession(org, byId(first))).toBeNull();
    });

    test('sessions without an external id are never in each other’s way', async () => {
      const org = await sandbox.newOrg();
      const create = () => sandbox.store.createSession(org, sessionCommand(), context());
      await Promise.all(Array.from({ length: 20 }, create));
      expect(await allSessions(sandbox.store, org)).toHaveLength(20);
    });

    test('an update sets what it names, merges metadata, deletes by null, and is announced with old and new', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const { value: session } = await store.createSession(
        org,
        sessionCommand({ title: 'before', metadata: { keep: '1', change: 'old', drop: 'x' } }),
        context(),
      );
      const ref = byId(session);
      sandbox.clock.us += 1_000_000;
      const metadata = { change: 'new', drop: null, add: 'y', never_was: null };
      const { value } = await store.updateSession(org, ref, { title: 'after', metadata }, context());
      expect(value).toEqual({
        ...session,
        title: 'after',
        metadata: { keep: '1', change: 'new', add: 'y' },
        updatedUs: sandbox.clock.us,
      });
      expect(await sessionOf(store, org, ref)).toEqual(value);
      const updated = (await accountViews(sandbox.open, org)).filter(({ type }) => type === 'session.updated');
      expect(updated.map(({ data }) => data['changes'])).toEqual([
        {
          title: { old: 'before', new: 'after' },
          'metadata.change': { old: 'old', new: 'new' },
          'metadata.drop': { old: 'x', new: null },
          'metadata.add': { old: null, new: 'y' },
        },
      ]);
      const cleared = await store.updateSession(org, ref, { title: null, metadata: undefined }, context());
      expect(cleared.value).toMatchObject({ title: null, metadata: value.metadata });
      for (const [key, found] of [
        ['change', 'new'],
        ['add', 'y'],
        ['keep', '1'],
      ] as const) {
        expect(await allSessions(store, org, { metadata: { [key]: found } })).toHaveLength(1);
      }
      for (const gone of [{ change: 'old' }, { drop: 'x' }]) {
        expect(await allSessions(store, org, { metadata: gone })).toEqual([]);
      }
    });

    test('an update that changes nothing writes nothing', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const { value: session } = await store.createSession(
        org,
        sessionCommand({ title: 'same', metadata: { team: 'blue' } }),
        context(),
      );
      const before = await snapshot(sandbox.open, org);
      sandbox.clock.us += 1_000_000;
      for (const update of [
        { title: undefined, metadata: undefined },
        { title: 'same', metadata: {} },
        { title: undefined, metadata: { team: 'blue', absent: null } },
      ]) {
        expect((await store.updateSession(org, byId(session), update, context())).value).toEqual(session);
      }
      expect(await snapshot(sandbox.open, org)).toEqual(before);
    });

    test('an update that is to be announced always is, though nothing changes', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const { value: session } = await store.createSession(org, sessionCommand({ title: 'same' }), context());
      sandbox.clock.us += 1_000_000;
      const update = { title: 'same', metadata: undefined, always: true };
      const { value } = await store.updateSession(org, byId(session), update, context());
      expect(value).toEqual({ ...session, updatedUs: sandbox.clock.us });
      const updated = (await accountViews(sandbox.open, org)).filter(({ type }) => type === 'session.updated');
      expect(updated.map(({ data }) => data['changes'])).toEqual([{}]);
    });

    test('an archive is idempotent, and an archived session takes no more events', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const { value: session } = await store.createSession(org, sessionCommand({ events: notes(1) }), context());
      const ref = byId(session);
      sandbox.clock.us += 1_000_000;
      const { value: archived } = await store.archiveSession(org, ref, context());
      expect(archived).toEqual({ ...session, archivedUs: sandbox.clock.us, updatedUs: sandbox.clock.us });
      const before = await snapshot(sandbox.open, org);
      sandbox.clock.us += 1_000_000;
      expect((await store.archiveSession(org, ref, context())).value).toEqual(archived);
      expect(await refusalCode(store.appendEvents(org, ref, notes(1), context()))).toBe('session_archived');
      const reopening = [draft({ type: 'session_start' })];
      expect(await refusalCode(store.appendEvents(org, ref, reopening, context()))).toBe('session_archived');
      expect(await snapshot(sandbox.open, org)).toEqual(before);
      expect(await allEvents(store, org, ref)).toHaveLength(1);
      expect((await accountViews(sandbox.open, org)).map(({ type }) => type)).toEqual([
        'session.created',
        'session.archived',
      ]);
    });

    test('a cancel interrupts work that goes on, and appends nothing where none does', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      for (const [types, active] of [
        [[], false],
        [['session_start'], true],
        [['session.status_rescheduled'], true],
        [['session_start', 'workflow_paused'], false],
        [['session_start', 'session_stop'], false],
        [['workflow_failed'], false],
        [['terminated'], false],
      ] as const) {
        const events = types.map((type) => draft({ type }));
        const { value: session } = await store.createSession(org, sessionCommand({ events }), context());
        const { value } = await store.cancelSession(org, byId(session), context());
        expect(value.interrupted).toBe(active);
        const stored = (await allEvents(store, org, byId(session))).map(({ text }) => viewOf(text).type);
        expect(stored).toEqual(active ? [...types, 'user.interrupt'] : types);
        expect(await sessionOf(store, org, byId(session))).toEqual(value.session);
        expect(value.session.phase).toBe(session.phase);
      }
    });

    test('a cancel of an archived session is refused while its work would go on, and harmless otherwise', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const archive = async (types: readonly string[]) => {
        const events = types.map((type) => draft({ type }));
        const { value } = await store.createSession(org, sessionCommand({ events }), context());
        return byId((await store.archiveSession(org, byId(value), context())).value);
      };
      expect(await refusalCode(store.cancelSession(org, await archive(['session_start']), context()))).toBe(
        'session_archived',
      );
      expect((await store.cancelSession(org, await archive([]), context())).value.interrupted).toBe(false);
    });

    test('an event that is appended changes when a session was last updated', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const { value: session } = await store.createSession(org, sessionCommand(), context());
      sandbox.clock.us += 1_000_000;
      await store.appendEvents(org, byId(session), notes(3), context());
      const after = await sessionOf(store, org, byId(session));
      expect(after.updatedUs).toBe(sandbox.clock.us + 2);
      sandbox.clock.us += 1_000_000;
      await store.updateSession(org, byId(session), { title: 'x', metadata: undefined }, context());
      expect((await sessionOf(store, org, byId(session))).updatedUs).toBe(sandbox.clock.us);
    });
  });
}

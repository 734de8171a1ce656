/** Starting by name, moving, beginning as running, and the change of an agent: each one command, whatever stood there before. */
import { isActive, type Move, PHASES, type Phase } from '@turnlog/core/lifecycle';
import { ORIGINS } from '@turnlog/core/origins';
import { describe, expect, test } from 'vitest';
import type { StoreHarness } from '../harness.ts';
import {
  byId,
  context,
  draft,
  draftFrom,
  feedQuery,
  newKey,
  notes,
  sessionCommand,
  startCommand,
} from '../support/commands.ts';
import { accountViews, allEvents, allSessions, eventsOf, sessionOf, snapshot, viewOf } from '../support/reading.ts';
import { refusalCode } from '../support/refusals.ts';
import { type Sandbox, useStore } from '../support/sandbox.ts';

/** Where each move leads from each phase; absent: nowhere. */
const MOVES: Readonly<Record<Move, Readonly<Partial<Record<Phase, Phase>>>>> = {
  start: { created: 'running', paused: 'running' },
  pause: { running: 'paused', rescheduling: 'paused' },
  stop: { created: 'failed', running: 'failed', rescheduling: 'failed', paused: 'failed' },
};
const WORDS: Readonly<Record<Move, string>> = { start: 'running', pause: 'paused', stop: 'aborted' };

const WAYS: Readonly<Record<Phase, readonly string[]>> = {
  created: [],
  running: ['workflow_started'],
  rescheduling: ['session.status_rescheduled'],
  paused: ['workflow_started', 'workflow_paused'],
  finished: ['workflow_started', 'workflow_completed'],
  failed: ['workflow_failed'],
  terminated: ['terminated'],
};

export function describeStarting(harness: StoreHarness): void {
  describe('starting and moving', () => {
    const sandbox = useStore(harness);
    describeStart(sandbox);
    describeMove(sandbox);
    describeRunning(sandbox);
    describeAgent(sandbox);
  });
}

function describeStart(sandbox: Sandbox): void {
  test('a start of a new name does what a creation does', async () => {
    const { store, open } = sandbox;
    const [mine, other] = [await sandbox.newOrg(), await sandbox.newOrg()];
    const agent = { id: 'agent-1', version: '2' };
    const fields = { agent, title: 'a title', metadata: { team: 'blue' }, origin: 'runtime' as const };
    const command = startCommand('run-1', { ...fields, events: [...notes(2), draft({ type: 'session_start' })] });
    const { value: started } = await store.startSession(mine, command, context());
    const { value: created } = await store.createSession(other, command, context());
    const { id, createdUs, updatedUs, startedUs } = started;
    expect({ ...created, id, createdUs, updatedUs, startedUs }).toEqual(started);
    expect(await sessionOf(store, mine, { externalId: 'run-1' })).toEqual(started);
    const typesOf = async (org: typeof mine) => (await accountViews(open, org)).map(({ type }) => type);
    expect(await typesOf(mine)).toEqual(await typesOf(other));
  });

  test('a start of a known name appends its events and leaves everything else as it was', async () => {
    const { store, open } = sandbox;
    const org = await sandbox.newOrg();
    const { value: session } = await store.createSession(
      org,
      sessionCommand({ externalId: 'run-1', title: 'first', metadata: { team: 'blue' }, events: notes(2) }),
      context(),
    );
    const fields = { title: 'second', metadata: { team: 'red' }, occurredAt: '2020-01-01T00:00:00Z', running: true };
    const events = [draft({ type: 'session_start' }), ...notes(1)];
    const command = startCommand('run-1', { ...fields, origin: 'wave', agent: { id: 'x', version: null }, events });
    const { value: again } = await store.startSession(org, command, context());
    const { phase, eventCount, updatedUs, startedUs } = again;
    expect({ phase, eventCount }).toEqual({ phase: 'running', eventCount: 4 });
    expect(again).toEqual({ ...session, phase, eventCount, updatedUs, startedUs });
    expect(await sessionOf(store, org, byId(session))).toEqual(again);
    expect(await allSessions(store, org)).toEqual([again]);
    const types = (await accountViews(open, org)).map(({ type }) => type);
    expect(types).toEqual(['session.created', 'session.started']);
  });

  test('a start without events of a known name changes nothing', async () => {
    const { store, open } = sandbox;
    const org = await sandbox.newOrg();
    const { value: session } = await store.startSession(org, startCommand('run-1', { events: notes(1) }), context());
    const before = await snapshot(open, org);
    expect((await store.startSession(org, startCommand('run-1'), context())).value).toEqual(session);
    expect(await snapshot(open, org)).toEqual(before);
  });

  test('an archived session is not gone on with, and a terminated one only by what reopens it', async () => {
    const { store, open } = sandbox;
    const org = await sandbox.newOrg();
    const start = (type: string) =>
      store.startSession(org, startCommand('run-1', { events: [draft({ type })] }), context());
    const { value: session } = await start('terminated');
    const terminated = await snapshot(open, org);
    expect(await refusalCode(start('note.added'))).toBe('session_terminated');
    expect(await snapshot(open, org)).toEqual(terminated);
    expect((await start('session_start')).value).toMatchObject({ id: session.id, phase: 'running', eventCount: 2 });
    await store.archiveSession(org, byId(session), context());
    const archived = await snapshot(open, org);
    expect(await refusalCode(start('session_start'))).toBe('session_archived');
    expect(await snapshot(open, org)).toEqual(archived);
  });

  test('a start after a deletion makes a new session, before and after the purge', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const ids = new Set<string>();
    for (let n = 0; n < 3; n++) {
      const { value } = await store.startSession(org, startCommand('run-1', { events: notes(n + 1) }), context());
      expect(value.eventCount).toBe(n + 1);
      ids.add(value.id);
      if (n === 1) await sandbox.open.idle();
      if (n < 2) await store.deleteSession(org, byId(value), context());
    }
    expect(ids.size).toBe(3);
    expect(await allSessions(store, org)).toHaveLength(1);
  });

  test('I5: a repeated start answers the first session, whatever has become of it since', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const keys = [newKey(), newKey()];
    const start = (n: 0 | 1) =>
      store.startSession(org, startCommand('run-1', { events: notes(2) }), context(keys[n] ?? null));
    const [created, appended] = [await start(0), await start(1)];
    expect(appended.value).toMatchObject({ id: created.value.id, eventCount: 4 });
    await store.deleteSession(org, byId(created.value), context());
    expect(await start(0)).toEqual({ ...created, replayed: true });
    expect(await start(1)).toEqual({ ...appended, replayed: true });
    expect(await allSessions(store, org)).toEqual([]);
  });
}

function describeMove(sandbox: Sandbox): void {
  test.each(PHASES)(
    'from %s every move leads a wave session where the table says, with an event that tells of it',
    async (from) => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      for (const move of Object.keys(MOVES) as Move[]) {
        const events = WAYS[from].map((type) => draftFrom('workflow', type));
        const { value: before } = await store.createSession(org, sessionCommand({ origin: 'wave', events }), context());
        expect(before.phase).toBe(from);
        const to = MOVES[move][from];
        const { value: after } = await store.moveSession(org, byId(before), move, context());
        expect(await sessionOf(store, org, byId(before))).toEqual(after);
        const added = (await allEvents(store, org, byId(before))).slice(events.length).map(({ text }) => viewOf(text));
        if (to === undefined) {
          expect(after).toEqual(before);
          expect(added).toEqual([]);
        } else {
          expect(after).toMatchObject({ phase: to, eventCount: events.length + 1 });
          expect(added).toMatchObject([{ type: 'status', data: WORDS[move], seq: events.length + 1 }]);
        }
      }
    },
  );

  test('moves are announced, and found by their status', async () => {
    const { store, open } = sandbox;
    const org = await sandbox.newOrg();
    const { value } = await store.createSession(org, sessionCommand({ origin: 'wave' }), context());
    const found = async () => (await allSessions(store, org, { statuses: ['running'] })).map(({ id }) => id);
    for (const move of ['start', 'pause', 'start', 'pause'] as const) {
      const { value: moved } = await store.moveSession(org, byId(value), move, context());
      expect(await found()).toEqual(isActive(moved.phase) ? [value.id] : []);
    }
    await store.moveSession(org, byId(value), 'stop', context());
    const types = (await accountViews(open, org)).map(({ type }) => type);
    expect(types).toEqual(['session.created', 'session.started', 'session.failed']);
  });

  test.each(ORIGINS.filter((origin) => origin !== 'wave'))('a %s session is moved by nobody', async (origin) => {
    const { store, open } = sandbox;
    const org = await sandbox.newOrg();
    const { value } = await store.createSession(org, sessionCommand({ origin }), context());
    const before = await snapshot(open, org);
    for (const move of Object.keys(MOVES) as Move[]) {
      expect((await store.moveSession(org, byId(value), move, context())).value).toEqual(value);
    }
    expect(await snapshot(open, org)).toEqual(before);
  });

  test('an archived session is moved by nobody, and nobody is told off', async () => {
    const { store, open } = sandbox;
    const org = await sandbox.newOrg();
    const { value } = await store.createSession(org, sessionCommand({ origin: 'wave' }), context());
    const { value: archived } = await store.archiveSession(org, byId(value), context());
    const before = await snapshot(open, org);
    expect((await store.moveSession(org, byId(value), 'start', context())).value).toEqual(archived);
    expect(await snapshot(open, org)).toEqual(before);
  });

  test('a status event moves wave sessions only', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    for (const origin of ORIGINS) {
      const { value } = await store.createSession(org, sessionCommand({ origin }), context());
      await store.appendEvents(org, byId(value), [draftFrom('wave', 'status', { data: 'running' })], context());
      expect((await sessionOf(store, org, byId(value))).phase).toBe(origin === 'wave' ? 'running' : 'created');
    }
  });
}

function describeRunning(sandbox: Sandbox): void {
  test('a session that begins as running is running for every reader, since its creation, and says so', async () => {
    const { store, open } = sandbox;
    const org = await sandbox.newOrg();
    const { value } = await store.createSession(org, sessionCommand({ running: true, events: notes(1) }), context());
    expect(value).toMatchObject({ phase: 'running', startedUs: value.createdUs, eventCount: 1 });
    for (let opening = 0; opening < 2; opening++) {
      expect(await sessionOf(sandbox.store, org, byId(value))).toEqual(value);
      expect(await allSessions(sandbox.store, org, { statuses: ['running'] })).toEqual([value]);
      expect(await allSessions(sandbox.store, org, { statuses: ['idle'] })).toEqual([]);
      await sandbox.reopen();
    }
    expect((await accountViews(sandbox.open, org)).map(({ type }) => type)).toEqual([
      'session.created',
      'session.started',
    ]);
    expect(open).not.toBe(sandbox.open);
  });

  test('its work is measured from its creation', async () => {
    const { store, clock } = sandbox;
    const org = await sandbox.newOrg();
    const { value } = await store.startSession(org, startCommand('run-1', { running: true }), context());
    clock.advanceSeconds(90);
    await store.appendEvents(org, byId(value), [draft({ type: 'workflow_completed' })], context());
    const [, , completed] = await accountViews(sandbox.open, org);
    expect(completed).toMatchObject({ type: 'session.completed', data: { duration_ms: 90_000 } });
  });
}

function describeAgent(sandbox: Sandbox): void {
  test('a new agent is announced, found by, and named by what comes later; a version does not outlive its agent', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const command = sessionCommand({
      agent: { id: 'agent-1', version: 3 },
      events: notes(1),
      metadata: { team: 'blue' },
    });
    const { value: before } = await store.createSession(org, command, context());
    const change = { title: undefined, metadata: undefined, agentId: 'agent-2' };
    const { value: after } = await store.updateSession(org, byId(before), change, context());
    expect(after).toEqual({ ...before, agent: { id: 'agent-2', version: null }, updatedUs: after.updatedUs });
    await store.appendEvents(org, byId(before), notes(2, 'note.later'), context());
    await sandbox.reopen();
    const later = await sessionOf(sandbox.store, org, byId(before));
    expect(later.agent).toEqual({ id: 'agent-2', version: null });
    expect(await allSessions(sandbox.store, org, { agentId: 'agent-1' })).toEqual([]);
    expect(await allSessions(sandbox.store, org, { agentId: 'agent-2' })).toEqual([later]);
    const of = async (agentId: string) => {
      const page = await sandbox.store.listFeed(
        org,
        feedQuery({ filter: { types: ['note.*'], session: null, agentId } }),
      );
      return eventsOf(page).data.map(({ text }) => viewOf(text).type);
    };
    expect(await of('agent-1')).toEqual(['note.added']);
    expect(await of('agent-2')).toEqual(['note.later', 'note.later']);
    const updated = (await accountViews(sandbox.open, org)).find(({ type }) => type === 'session.updated');
    expect(updated?.data).toMatchObject({ changes: { agent_id: { old: 'agent-1', new: 'agent-2' } } });
  });

  test('the agent that a session has already is no change, and keeps its version', async () => {
    const { store, open } = sandbox;
    const org = await sandbox.newOrg();
    const command = sessionCommand({ agent: { id: 'agent-1', version: 3 } });
    const { value } = await store.createSession(org, command, context());
    const before = await snapshot(open, org);
    const change = { title: undefined, metadata: undefined, agentId: 'agent-1' };
    expect((await store.updateSession(org, byId(value), change, context())).value).toEqual(value);
    expect(await snapshot(open, org)).toEqual(before);
  });
}

/** Every write of the port, ready to be run more than once: what holds for one must hold for all. */
import type { OrgId } from '@turnlog/core/ids';
import type { Store } from '@turnlog/core/store';
import {
  byId,
  context,
  draft,
  draftFrom,
  newHash,
  notes,
  ownerOf,
  sessionCommand,
  startCommand,
  tokenCommand,
} from './commands.ts';
import { DELIVERY_WRITES } from './delivery-writes.ts';
import type { Sandbox } from './sandbox.ts';
import type { WriteCase } from './write-case.ts';

const LOG_WRITES: readonly WriteCase[] = [
  {
    name: 'createSession',
    prepare: async (_store, org) => {
      const command = sessionCommand({
        externalId: 'made once',
        agent: { id: 'agent-1', version: 3 },
        environmentId: 'staging',
        title: 'a title',
        metadata: { team: 'blue', shift: 'night' },
        events: [...notes(1), draft({ type: 'session_start' })],
      });
      return (store, write) => store.createSession(org, command, write);
    },
  },
  {
    name: 'createSession, running and with a capability',
    prepare: async (_store, org) => {
      const events = [draftFrom('runtime', 'session_start', { session_name: 'made once' })];
      const command = sessionCommand({ origin: 'runtime', running: true, capability: newHash(), events });
      return (store, write) => store.createSession(org, command, write);
    },
  },
  {
    name: 'startSession of a new name',
    prepare: async (_store, org) => {
      const fields = { metadata: { team: 'blue' }, occurredAt: '2026-01-31T09:30:00Z', capability: newHash() };
      const command = startCommand('started', { ...fields, origin: 'runtime', events: notes(2) });
      return (store, write) => store.startSession(org, command, write);
    },
  },
  {
    name: 'startSession of a known name',
    prepare: async (store, org) => {
      await session(store, org, { externalId: 'started', events: notes(2) });
      const command = startCommand('started', { capability: newHash(), events: [draft({ type: 'session_start' })] });
      return (again, write) => again.startSession(org, command, write);
    },
  },
  {
    name: 'moveSession',
    prepare: async (store, org) => {
      const ref = await session(store, org, { origin: 'wave', running: true });
      return (again, write) => again.moveSession(org, ref, 'stop', write);
    },
  },
  {
    name: 'updateSession',
    prepare: async (store, org) => {
      const ref = await session(store, org, { metadata: { team: 'red', shift: 'day' }, title: 'before' });
      const update = { title: 'after', agentId: 'agent-9', metadata: { team: 'blue', shift: null, floor: '3' } };
      return (again, write) => again.updateSession(org, ref, update, write);
    },
  },
  {
    name: 'archiveSession',
    prepare: async (store, org) => {
      const ref = await session(store, org);
      return (again, write) => again.archiveSession(org, ref, write);
    },
  },
  {
    name: 'cancelSession',
    prepare: async (store, org) => {
      const ref = await session(store, org, { events: [draft({ type: 'session_start' })] });
      return (again, write) => again.cancelSession(org, ref, write);
    },
  },
  {
    name: 'deleteSession',
    prepare: async (store, org) => {
      const ref = await session(store, org, { externalId: 'gone', metadata: { team: 'red' }, events: notes(5) });
      return (again, write) => again.deleteSession(org, ref, write);
    },
  },
  {
    name: 'appendEvents',
    prepare: async (store, org) => {
      const ref = await session(store, org, { events: notes(2) });
      const drafts = [
        draft({ type: 'session_start' }),
        ...notes(1, 'note.fresh'),
        draft({ type: 'user.message', content: 'hello' }),
        draft({ type: 'session_stop' }),
      ];
      return (again, write) => again.appendEvents(org, ref, drafts, write);
    },
  },
  {
    name: 'publishEvents',
    prepare: async (store, org) => {
      await session(store, org, { externalId: 'run-1', agent: { id: 'agent-1', version: null } });
      const drafts = [
        ...notes(1, 'note.published'),
        draft({ type: 'resource.changed', data: { agent_id: 'agent-2', session_id: 'run-1' } }),
      ];
      return (again, write) => again.publishEvents(org, drafts, write);
    },
  },
  {
    name: 'createToken',
    prepare: async (_store, org) => {
      const command = tokenCommand({ name: 'made once', expiresUs: 4_000_000_000_000_000 });
      return (store, write) => store.createToken(org, command, write);
    },
  },
  {
    name: 'rotateToken',
    prepare: async (store, org) => {
      const { value: token } = await store.createToken(org, tokenCommand(), context());
      const command = { maker: ownerOf(org, token), hash: newHash(), prefix: 'tlog_pat_new0', overlapSeconds: 60 };
      return (again, write) => again.rotateToken(org, token.id, command, write);
    },
  },
  {
    name: 'revokeToken',
    prepare: async (store, org) => {
      const { value: token } = await store.createToken(org, tokenCommand(), context());
      return (again, write) => again.revokeToken(org, token.id, write);
    },
  },
];

export const WRITES: readonly WriteCase[] = [...LOG_WRITES, ...DELIVERY_WRITES];

async function session(store: Store, org: OrgId, fields: Parameters<typeof sessionCommand>[0] = {}) {
  return byId((await store.createSession(org, sessionCommand(fields), context())).value);
}

/**
 * Hands in writes behind one of another org that is being committed: a store that commits in groups then takes them
 * together, and has to see in each what those before it have done.
 */
export async function gathered<Value>(
  sandbox: Pick<Sandbox, 'store' | 'newOrg'>,
  start: () => readonly Promise<Value>[],
): Promise<readonly Promise<Value>[]> {
  const org = await sandbox.newOrg();
  const lead = sandbox.store.createSession(org, sessionCommand(), context());
  const writes = start();
  await Promise.allSettled([lead, ...writes]);
  await lead;
  return writes;
}

/** Every method of a store with every combination of what its queries can ask: so that every statement is prepared. */
import type { EventFilter } from '@turnlog/core/event-filter';
import type { OrgId, SessionId } from '@turnlog/core/ids';
import { SESSION_STATUSES } from '@turnlog/core/lifecycle';
import { limits } from '@turnlog/core/limits';
import type { Session, SessionRef } from '@turnlog/core/sessions';
import type { EventQuery, FeedQuery, LogStream, SessionQuery } from '@turnlog/core/store';
import { SCOPES } from '@turnlog/core/tokens';
import {
  context,
  draft,
  eventQuery,
  feedQuery,
  newHash,
  newKey,
  notes,
  sessionCommand,
  sessionQuery,
  sliceQuery,
  startCommand,
  tokenCommand,
} from '@turnlog/store-conformance/commands';
import type { SqliteStore } from '../../src/index.ts';
import { newOrg, newSession, START_US } from './commands.ts';
import { useDeliveries } from './delivery-api.ts';
import type { Watched } from './watched.ts';

const MANY_TYPES = Array.from({ length: 24 }, (_, n) => `note.kind_${n}`);
const ORDERS = ['asc', 'desc'] as const;
const DIRECTIONS = ['after', 'before'] as const;
const RANGES = [
  { fromUs: null, untilUs: null },
  { fromUs: START_US, untilUs: START_US + 3_600_000_000 },
] as const;

export async function useWholeApi(watched: Watched): Promise<void> {
  const { store } = watched;
  const org = newOrg(store);
  newOrg(store);
  const token = { name: 'again', hash: newHash(), prefix: 'tlog_pat_abcd' };
  store.bootstrap({ name: 'unused', token }, true);
  const session = await write(store, org);
  await readEvents(store, org, { id: session.id });
  await readSessions(store, org, session.id);
  await readNumbers(store, org);
  await store.settled();
  await readFeed(store, org, session.id);
  await deleteLarge(watched, org);
  await readFeed(store, org, session.id);
  await readPages(store, org, session.id);
  watched.release();
  await useTokens(store, org);
  await useDeliveries(store, org);
  await store.lastUs(org);
  await store.settled();
}

async function write(store: SqliteStore, org: OrgId): Promise<Session> {
  for (let n = 0; n < 40; n++) {
    await newSession(store, org, {
      externalId: `external ${n}`,
      agent: { id: `agent-${n % 3}`, version: n },
      metadata: { team: n % 2 === 0 ? 'blue' : 'red', number: String(n) },
      events: [...notes(10), draft({ type: 'session_start' })],
    });
  }
  const refs: readonly SessionRef[] = [{ externalId: 'external 1' }, { externalId: 'external 2' }];
  for (const ref of refs) {
    const about = { type: 'resource.changed', data: { agent_id: 'agent-1', session_id: 'external 3' } };
    const key = newKey();
    const events = [...MANY_TYPES.map((type) => draft({ type })), draft(about)];
    await store.appendEvents(org, ref, events, context(key));
    await store.appendEvents(org, ref, events, context(key));
    await store.keptFingerprint(org, key.key);
    const published = newKey();
    await store.publishEvents(org, events, context(published));
    await store.publishEvents(org, events, context(published));
    const update = { title: 'changed', agentId: 'agent-9', metadata: { team: 'green', number: null } };
    await store.updateSession(org, ref, update, context(newKey()));
    await store.cancelSession(org, ref, context());
  }
  for (let n = 0; n <= limits.readRows; n += limits.batchEvents) {
    await store.appendEvents(org, { externalId: 'external 4' }, notes(limits.batchEvents), context());
  }
  const start = startCommand('external 40', { origin: 'wave', capability: newHash(), events: notes(2) });
  await store.startSession(org, start, context());
  await store.startSession(org, start, context());
  await store.moveSession(org, { externalId: 'external 40' }, 'start', context());
  await store.findCapability(start.capability ?? '');
  await store.firstOrg();
  await store.archiveSession(org, { externalId: 'external 5' }, context());
  await store.deleteSession(org, { externalId: 'external 6' }, context());
  const command = sessionCommand({ events: [...notes(30), ...MANY_TYPES.map((type) => draft({ type }))] });
  return (await store.createSession(org, command, context())).value;
}

async function readEvents(store: SqliteStore, org: OrgId, ref: { readonly id: SessionId }): Promise<void> {
  const some = await store.listEvents(org, ref, eventQuery({ limit: 10 }));
  const id = some?.lastId ?? null;
  if (id === null) throw new Error('The session has events.');
  await store.getEvent(org, ref, id);
  await store.getEvent(org, { externalId: 'external 1' }, id);
  const typeLists = [null, ['*'], ['no.such'], ...MANY_TYPES.map((_, n) => MANY_TYPES.slice(0, n + 1))];
  for (const types of typeLists) {
    for (const query of pageQueries<EventQuery>({ id }))
      await store.listEvents(org, ref, eventQuery({ ...query, types }));
  }
  await store.listEvents(org, { externalId: 'external 1' }, eventQuery());
}

async function readNumbers(store: SqliteStore, org: OrgId): Promise<void> {
  const typeLists = [null, ['*'], ['no.such'], ...MANY_TYPES.map((_, n) => MANY_TYPES.slice(0, n + 1))];
  for (const ref of [{ externalId: 'external 1' }, { externalId: 'external 4' }]) {
    for (const types of typeLists) {
      for (const descending of [false, true]) {
        await store.sliceEvents(org, ref, sliceQuery({ types, descending }));
      }
    }
    for (const type of [null, 'no.such', 'note.added']) {
      for (const afterUs of [null, 0, START_US + 1]) {
        for (const offset of [0, limits.readRows]) await store.countEvents(org, ref, { type, afterUs, offset });
      }
    }
  }
}

/** The org has deleted sessions: pages are found by looking. */
async function readPages(store: SqliteStore, org: OrgId, id: SessionId): Promise<void> {
  await store.pageOfSessions(org, { offset: 3, limit: 30 });
  await store.onlySessionBetween(org, id, id);
}

/** A session whose rows wait for their purge while the feed is read: the writer stands after the deletion. */
async function deleteLarge(watched: Watched, org: OrgId): Promise<void> {
  const large = await newSession(watched.store, org, { events: notes(500) });
  await watched.hold();
  watched.letThrough(1);
  await watched.store.deleteSession(org, large, context());
}

async function readFeed(store: SqliteStore, org: OrgId, session: SessionId): Promise<void> {
  const { lastId: id } = await store.listFeed(org, feedQuery({ limit: 10 }));
  if (id === null) throw new Error('The org has events.');
  await store.getFeedEvent(org, id);
  const gone = (
    await store.listFeed(org, feedQuery({ filter: { types: ['session.deleted'], session: null, agentId: null } }))
  ).json;
  const deleted = JSON.parse(`[${Buffer.from(gone)}]`)[0].data.session_id as SessionId;
  for (const ref of [{ id: session }, { id: deleted }, { externalId: 'external 1' }])
    await store.sessionNamed(org, ref);
  const typeLists = [null, ['*'], ['no.such'], ...MANY_TYPES.map((_, n) => MANY_TYPES.slice(0, n + 1))];
  for (const types of typeLists) {
    const filters: readonly EventFilter[] = [
      { types, session: null, agentId: null },
      { types, exceptTypes: ['note.kind_0', 'no.such'], session: null, agentId: null },
      { types, exceptTypes: ['note.kind*'], session: null, agentId: null },
      { types, session, agentId: null },
      { types, session: deleted, agentId: 'agent-1' },
      { types, session: null, agentId: 'agent-1' },
      { types, session: 'none', agentId: null },
    ];
    for (const filter of filters) {
      for (const query of pageQueries<FeedQuery>({ id })) await store.listFeed(org, feedQuery({ ...query, filter }));
      for (const stream of ['feed', session] as const) await readOn(store, org, stream, filter);
      const bounds = { after: null, fromUs: null, untilUs: null, through: null };
      for (const through of [null, id]) await store.countFeed(org, { filter, ...bounds, through, max: 10 });
    }
  }
}

async function readOn(store: SqliteStore, org: OrgId, stream: LogStream, filter: EventFilter): Promise<void> {
  const head = await store.headOf(org, stream);
  for (const given of [null, filter]) {
    for (const after of [null, head]) {
      const slice = await store.readOn(org, stream, after, given);
      if (slice?.atHead === false) await store.readOn(org, stream, slice.position, given);
    }
  }
}

async function readSessions(store: SqliteStore, org: OrgId, id: SessionId): Promise<void> {
  await store.getSession(org, { id });
  await store.getSession(org, { externalId: 'external 1' });
  const statusLists = [null, ...SESSION_STATUSES.map((_, n) => SESSION_STATUSES.slice(0, n + 1)), ['idle'] as const];
  const metadatas: readonly Record<string, string>[] = [{}, { team: 'blue' }, { team: 'blue', number: '4' }];
  for (const statuses of statusLists) {
    for (const metadata of metadatas) {
      for (const agentId of [null, 'agent-1']) {
        for (const externalId of [null, 'external 1']) {
          for (const query of pageQueries<SessionQuery>({ id })) {
            const filters = { statuses, metadata, agentId, externalId, includeArchived: metadata['team'] !== 'blue' };
            await store.listSessions(org, sessionQuery({ ...query, ...filters, limit: 5 }));
          }
        }
      }
    }
  }
}

/** Orders, cursors and ranges, in every combination. */
function pageQueries<Query extends EventQuery | FeedQuery | SessionQuery>(place: {
  readonly id: NonNullable<Query['cursor']>['id'];
}): Partial<Query>[] {
  const cursors = [null, ...DIRECTIONS.map((direction) => ({ direction, id: place.id }))];
  return ORDERS.flatMap((order) =>
    RANGES.flatMap((range) => cursors.map((cursor) => ({ order, range, cursor }) as Partial<Query>)),
  );
}

async function useTokens(store: SqliteStore, org: OrgId): Promise<void> {
  const command = tokenCommand();
  const { value: token } = await store.createToken(org, command, context(newKey()));
  const maker = { org, tokenId: token.id, scopes: SCOPES, expiresUs: null, tokenExpiresUs: null };
  const rotate = { maker, hash: newHash(), prefix: 'tlog_pat_efgh', overlapSeconds: 60 };
  await store.rotateToken(org, token.id, rotate, context());
  await store.findPrincipal(command.hash);
  store.touchTokens(new Map([[token.id, { org, usedUs: START_US }]]));
  await store.settled();
  for (const order of ORDERS) {
    for (const cursor of [null, ...DIRECTIONS.map((direction) => ({ direction, id: token.id }))]) {
      await store.listTokens(org, { order, cursor, limit: 10 });
    }
  }
  await store.getToken(org, token.id);
  await store.revokeToken(org, token.id, context());
}

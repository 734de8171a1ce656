/** Origins: every event and every session keep which vocabulary they come from, and an event which request wrote it. */
import type { OrgId, RequestId, SessionId } from '@turnlog/core/ids';
import { ORIGINS, type Origin, type Provenance } from '@turnlog/core/origins';
import type { EventRecord, LogStream } from '@turnlog/core/store';
import { beforeAll, describe, expect, test } from 'vitest';
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
  sessionQuery,
  sliceQuery,
} from '../support/commands.ts';
import { readToHead } from '../support/feed-model.ts';
import { eventsOf, sessionOf } from '../support/reading.ts';
import { type Sandbox, useStore } from '../support/sandbox.ts';

/** Those of producers. */
const SENT = ORIGINS.filter((origin) => origin !== 'server');
const MANY_TYPES = Array.from({ length: 20 }, (_, n) => `note.kind_${n}`);

export function describeOrigins(harness: StoreHarness): void {
  describe('origins', () => {
    const sandbox = useStore(harness);
    describeEvents(sandbox);
    describeSessions(sandbox);
  });
}

function describeEvents(sandbox: Sandbox): void {
  describe('of events', () => {
    let org: OrgId;
    let session: SessionId;
    /** In the order of the feed. */
    const expected: Provenance[] = [];

    const wrote = (requestId: RequestId, ...origins: readonly Origin[]) => {
      expected.push(...origins.map((origin) => ({ origin, requestId })));
    };

    beforeAll(async () => {
      const { store } = sandbox;
      org = await sandbox.newOrg();
      const created = context();
      const events = [draftFrom('workflow', 'session_created', { data: { a: 1 } })];
      session = (await store.createSession(org, sessionCommand({ origin: 'workflow', events }), created)).value.id;
      wrote(created.requestId, 'server', 'workflow');
      const appended = context();
      const batch = [
        ...SENT.map((origin) => draftFrom(origin, 'note.added', { data: {} })),
        draft({ type: 'session_start' }),
      ];
      await store.appendEvents(org, { id: session }, batch, appended);
      wrote(appended.requestId, ...SENT, 'native', 'server');
      const published = context();
      await store.publishEvents(
        org,
        SENT.map((origin) => draftFrom(origin, 'note.added')),
        published,
      );
      wrote(published.requestId, ...SENT);
      const canceled = context();
      await store.cancelSession(org, { id: session }, canceled);
      wrote(canceled.requestId, 'native');
      const typed = context();
      await store.appendEvents(
        org,
        { id: session },
        MANY_TYPES.map((type) => draftFrom('platform', type)),
        typed,
      );
      wrote(typed.requestId, ...MANY_TYPES.map(() => 'platform' as const));
      await sandbox.reopen();
    });

    test('are known by id, and in every list and slice of the feed', async () => {
      const { store } = sandbox;
      const { events } = await store.listFeed(org, feedQuery());
      expect(events.map(provenance)).toEqual(expected);
      for (const { id, origin, requestId, text } of events) {
        const stored = { id, text: Buffer.from(text).toString(), origin, requestId };
        expect(await store.getFeedEvent(org, id)).toEqual(stored);
      }
      expect((await readToHead(sandbox, org, 'feed', null, null)).events.map(provenance)).toEqual(expected);
    });

    test('are known in every filtered page of the feed, in both orders and directions, and pages are their events', async () => {
      const { store } = sandbox;
      const all = (await store.listFeed(org, feedQuery())).events;
      const types = [null, ['note.*'], MANY_TYPES, ['session.*', 'note.kind_1*']];
      const filters = types.flatMap((list) =>
        [null, session, 'none' as const].map((of) => ({ types: list, session: of })),
      );
      const places = [
        null,
        ...(['after', 'before'] as const).map((direction) => ({ direction, id: all[9]?.id ?? 'evt_' })),
      ];
      for (const filter of filters) {
        for (const order of ['asc', 'desc'] as const) {
          for (const cursor of places) {
            const query = feedQuery({ order, cursor, limit: 7, filter: { ...filter, agentId: null } });
            const page = await store.listFeed(org, query);
            expect(page.events.map(({ id, text }) => ({ id, text: Buffer.from(text).toString() }))).toEqual(
              eventsOf(page).data,
            );
            const known = page.events.map(({ id }) => all.find((event) => event.id === id));
            expect(page.events.map(provenance)).toEqual(known.map((event) => event && provenance(event)));
          }
        }
      }
    });

    test('are known in slices by number and to tails, whatever the types', async () => {
      const { store } = sandbox;
      const { events: all } = await store.listFeed(org, feedQuery());
      const byEvent = new Map(all.map((event) => [event.id, provenance(event)]));
      const streams: readonly LogStream[] = [session, 'feed'];
      for (const types of [null, ['note.*'], ['note.added'], MANY_TYPES]) {
        for (const descending of [false, true]) {
          const slice = await store.sliceEvents(org, { id: session }, sliceQuery({ types, descending }));
          expect(slice.events.length).toBeGreaterThan(0);
          for (const event of slice.events) expect(provenance(event)).toEqual(byEvent.get(event.id));
        }
        for (const stream of streams) {
          const { events } = await readToHead(
            sandbox,
            org,
            stream,
            null,
            types && { types, session: null, agentId: null },
          );
          expect(events.length).toBeGreaterThan(0);
          for (const event of events) expect(provenance(event)).toEqual(byEvent.get(event.id));
        }
      }
    });

    test('a repeat with the same key leaves the request that wrote it', async () => {
      const { store } = sandbox;
      const own = await sandbox.newOrg();
      const { value } = await store.createSession(own, sessionCommand(), context());
      const key = newKey();
      const first = context(key);
      await store.appendEvents(own, byId(value), notes(1), first);
      await store.appendEvents(own, byId(value), notes(1), context(key));
      const { events } = await store.sliceEvents(own, byId(value), sliceQuery());
      expect(events.map(provenance)).toEqual([{ origin: 'native', requestId: first.requestId }]);
    });
  });
}

function describeSessions(sandbox: Sandbox): void {
  test.each(ORIGINS)('a session from there keeps it, and when its producer says that it began (%s)', async (origin) => {
    const org = await sandbox.newOrg();
    const occurredAt = '2020-02-29T23:59:60.5+01:00';
    const command = sessionCommand({ origin, occurredAt });
    const { value } = await sandbox.store.createSession(org, command, context());
    expect(value).toMatchObject({ origin, occurredAt });
    const title = { title: 'another', metadata: undefined };
    const { value: session } = await sandbox.store.updateSession(org, byId(value), title, context());
    expect(session).toMatchObject({ origin, occurredAt });
    for (let opening = 0; opening < 2; opening++) {
      const { store } = sandbox;
      expect(await sessionOf(store, org, byId(value))).toEqual(session);
      expect((await store.listSessions(org, sessionQuery())).data).toEqual([session]);
      expect((await store.pageOfSessions(org, { offset: 0, limit: 5 })).data).toEqual([session]);
      await sandbox.reopen();
    }
  });

  test('one that says nothing is native, and began when nobody says', async () => {
    const org = await sandbox.newOrg();
    const { value } = await sandbox.store.createSession(org, sessionCommand(), context());
    expect(value).toMatchObject({ origin: 'native', occurredAt: null });
    expect(await sessionOf(sandbox.store, org, byId(value))).toEqual(value);
  });
}

function provenance({ origin, requestId }: EventRecord | Provenance): Provenance {
  return { origin, requestId };
}

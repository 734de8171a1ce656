/** I7: nothing crosses orgs, and what is another's looks like what never was. */
import { type EventId, makeId, type OrgId, type SessionId, type TokenId } from '@turnlog/core/ids';
import type { SessionRef } from '@turnlog/core/sessions';
import type { Store } from '@turnlog/core/store';
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
  ownerOf,
  random,
  sessionCommand,
  sessionQuery,
  sliceQuery,
  startCommand,
  tokenCommand,
} from '../support/commands.ts';
import { feedPage, readToHead } from '../support/feed-model.ts';
import { allEvents, allSessions, allTokens, snapshot } from '../support/reading.ts';
import { refusal } from '../support/refusals.ts';
import { type Sandbox, useStore } from '../support/sandbox.ts';

interface Belongings {
  readonly org: OrgId;
  readonly session: SessionId;
  readonly event: EventId;
  readonly token: TokenId;
}

const update = { title: 'theirs', metadata: undefined, agentId: 'agent-2' };

/** Every write and read that names a session, as one org would try it with whatever reference it has. */
const BY_REFERENCE: Readonly<
  Record<string, (store: Store, org: OrgId, ref: SessionRef, event: EventId) => Promise<unknown>>
> = {
  updateSession: (store, org, ref) => store.updateSession(org, ref, update, context()),
  moveSession: (store, org, ref) => store.moveSession(org, ref, 'start', context()),
  archiveSession: (store, org, ref) => store.archiveSession(org, ref, context()),
  cancelSession: (store, org, ref) => store.cancelSession(org, ref, context()),
  deleteSession: (store, org, ref) => store.deleteSession(org, ref, context()),
  appendEvents: (store, org, ref) => store.appendEvents(org, ref, notes(1), context()),
  getSession: (store, org, ref) => store.getSession(org, ref),
  getEvent: (store, org, ref, event) => store.getEvent(org, ref, event),
  listEvents: (store, org, ref) => store.listEvents(org, ref, eventQuery()),
  sliceEvents: (store, org, ref) => store.sliceEvents(org, ref, sliceQuery()),
  countEvents: (store, org, ref) => store.countEvents(org, ref, countQuery()),
  'countEvents of a type': (store, org, ref) => store.countEvents(org, ref, countQuery({ type: 'note.added' })),
  sessionNamed: (store, org, ref) => store.sessionNamed(org, ref),
};

export function describeIsolation(harness: StoreHarness): void {
  describe('isolation', () => {
    const sandbox = useStore(harness);

    test.each(Object.entries(BY_REFERENCE))(
      "I7: %s answers for another org's session as for one that never was, by either kind of id",
      async (_name, attempt) => {
        const { store } = sandbox;
        const [mine, theirs] = [await belongings(sandbox), await belongings(sandbox, 'theirs')];
        const before = await snapshot(sandbox.open, theirs.org);
        const unknown = makeId('sess', sandbox.clock.us, random);
        const foreignById = await ending(
          attempt(store, mine.org, { id: theirs.session }, theirs.event),
          theirs.session,
        );
        expect(await ending(attempt(store, mine.org, { id: unknown }, theirs.event), unknown)).toEqual(foreignById);
        const foreign = await ending(attempt(store, mine.org, { externalId: 'theirs' }, theirs.event), 'theirs');
        expect(await ending(attempt(store, mine.org, { externalId: 'nobody' }, theirs.event), 'nobody')).toEqual(
          foreign,
        );
        expect(foreign).toEqual(foreignById);
        expect(foreignById.code ?? foreignById.value).toBe(foreignById.code === null ? null : 'session_not_found');
        expect(await snapshot(sandbox.open, theirs.org)).toEqual(before);
      },
    );

    test('I7: an event is found only in its own session of its own org', async () => {
      const { store } = sandbox;
      const [mine, theirs] = [await belongings(sandbox), await belongings(sandbox)];
      const sibling = byId((await store.createSession(mine.org, sessionCommand(), context())).value);
      expect(await store.getEvent(mine.org, { id: mine.session }, mine.event)).not.toBeNull();
      expect(await store.getEvent(mine.org, { id: mine.session }, theirs.event)).toBeNull();
      expect(await store.getEvent(mine.org, sibling, mine.event)).toBeNull();
      expect(await store.getEvent(theirs.org, { id: mine.session }, mine.event)).toBeNull();
    });

    test('I7: a start with a name of another org makes a session of the own one', async () => {
      const { store } = sandbox;
      const [mine, theirs] = [await belongings(sandbox), await belongings(sandbox, 'same')];
      const before = await snapshot(sandbox.open, theirs.org);
      const { value } = await store.startSession(mine.org, startCommand('same', { events: notes(1) }), context());
      expect(value).toMatchObject({ eventCount: 1 });
      expect(value.id).not.toBe(theirs.session);
      expect(await store.getSession(theirs.org, byId(value))).toBeNull();
      expect(await snapshot(sandbox.open, theirs.org)).toEqual(before);
    });

    test('I7: numbered pages, and what lies between two ids, are of the own org', async () => {
      const { store } = sandbox;
      const [mine, theirs] = [await belongings(sandbox), await belongings(sandbox)];
      const { data, total } = await store.pageOfSessions(mine.org, { offset: 0, limit: 10 });
      expect({ ids: data.map(({ id }) => id), total }).toEqual({ ids: [mine.session], total: 1 });
      expect(await store.onlySessionBetween(mine.org, theirs.session, theirs.session)).toBeNull();
      const [low, high] = [mine.session, theirs.session].sort() as [SessionId, SessionId];
      expect(await store.onlySessionBetween(mine.org, low, high)).toBe(mine.session);
      expect(await store.onlySessionBetween(theirs.org, low, high)).toBe(theirs.session);
    });

    test('I7: an event of the feed is found by its own org alone, whatever its request', async () => {
      const { store } = sandbox;
      const [mine, theirs] = [await belongings(sandbox), await belongings(sandbox)];
      expect(await store.getFeedEvent(mine.org, mine.event)).not.toBeNull();
      expect(await store.getFeedEvent(mine.org, theirs.event)).toBeNull();
    });

    test('I7: a capability leads into its own session of its own org, and dies with that one alone', async () => {
      const { store, directory } = sandbox;
      const made = await Promise.all(
        [await sandbox.newOrg(), await sandbox.newOrg()].map(async (org) => {
          const command = sessionCommand({ externalId: 'same', capability: newHash() });
          const { value } = await store.createSession(org, command, context());
          return { org, session: value.id, hash: command.capability ?? '' };
        }),
      );
      const found = () => Promise.all(made.map(({ hash }) => directory.findCapability(hash)));
      const expected = made.map(({ org, session }) => ({ org, session }));
      expect(await found()).toEqual(expected);
      await store.deleteSession(made[0]?.org ?? 'org_', { externalId: 'same' }, context());
      await sandbox.open.idle();
      expect(await found()).toEqual([null, expected[1]]);
    });

    test("I7: another org's token can be neither rotated nor revoked, and looks like none", async () => {
      const { store, directory } = sandbox;
      const [mine, theirs] = [await belongings(sandbox), await belongings(sandbox)];
      const before = await allTokens(store, theirs.org);
      const [own] = await allTokens(store, mine.org);
      const unknown = makeId('tok', sandbox.clock.us, random);
      const hash = newHash();
      for (const attempt of [
        (id: TokenId) => store.revokeToken(mine.org, id, context()),
        (id: TokenId) => {
          const maker = ownerOf(mine.org, own ?? expect.fail('an org has the token it was given'));
          return store.rotateToken(mine.org, id, { maker, hash, prefix: 'tlog', overlapSeconds: 0 }, context());
        },
      ]) {
        const foreign = await ending(attempt(theirs.token), theirs.token);
        expect(foreign).toEqual(await ending(attempt(unknown), unknown));
        expect(foreign.code).toBe('token_not_found');
      }
      expect(await directory.findPrincipal(hash)).toBeNull();
      expect(await allTokens(store, theirs.org)).toEqual(before);
    });

    test('I7: lists, filters and positions show only what is the own org’s', async () => {
      const { store } = sandbox;
      const mine = await belongings(sandbox, 'same');
      sandbox.clock.us += 1_000_000;
      const theirs = await belongings(sandbox, 'same');
      sandbox.clock.us += 1_000_000;
      expect((await allSessions(store, mine.org)).map(({ id }) => id)).toEqual([mine.session]);
      for (const filter of [
        { externalId: 'same' },
        { agentId: 'agent-1' },
        { metadata: { team: 'blue' } },
        { statuses: ['running'] as const },
      ]) {
        expect((await allSessions(store, mine.org, filter)).map(({ id }) => id)).toEqual([mine.session]);
        expect((await allSessions(store, theirs.org, filter)).map(({ id }) => id)).toEqual([theirs.session]);
      }
      const cursor = { direction: 'before', id: theirs.session } as const;
      expect((await store.listSessions(mine.org, sessionQuery({ cursor }))).data.map(({ id }) => id)).toEqual([
        mine.session,
      ]);
      expect((await allTokens(store, mine.org)).map(({ id }) => id)).not.toContain(theirs.token);
      expect((await sandbox.open.accountTexts(mine.org)).join()).not.toContain(theirs.session);
    });

    test("I7: the feed, its events and its head are the own org's, whatever the filter", async () => {
      const { store } = sandbox;
      const mine = await belongings(sandbox, 'same');
      const theirs = await belongings(sandbox, 'same');
      const own = (await feedPage(sandbox, mine.org)).data;
      expect(own).toHaveLength(5);
      const foreign = (await feedPage(sandbox, theirs.org)).data;
      expect(own.map(({ id }) => id)).not.toEqual(expect.arrayContaining(foreign.map(({ id }) => id)));
      for (const { id } of foreign) expect(await store.getFeedEvent(mine.org, id)).toBeNull();
      for (const { id } of own) expect(await store.getFeedEvent(mine.org, id)).not.toBeNull();
      expect(await store.headOf(mine.org, 'feed')).toBe(own.at(-1)?.id);
      for (const filter of [
        { types: ['*'], session: null, agentId: null },
        { types: null, session: null, agentId: 'agent-1' },
        { types: null, session: mine.session, agentId: null },
      ]) {
        expect((await feedPage(sandbox, mine.org, { filter })).data).toEqual(own);
        expect((await readToHead(sandbox, mine.org, 'feed', null, filter)).events.map(({ id }) => id)).toEqual(
          own.map(({ id }) => id),
        );
      }
      const filter = { types: null, session: theirs.session, agentId: null };
      expect((await feedPage(sandbox, mine.org, { filter })).data).toEqual([]);
      const cursor = { direction: 'after', id: foreign[0]?.id ?? 'evt_' } as const;
      expect((await feedPage(sandbox, mine.org, { cursor })).data, 'a position of another org is just a place').toEqual(
        own.filter(({ id }) => id > cursor.id),
      );
    });

    test("I7: another org's session has neither head nor events to read on, nor is any position in it one", async () => {
      const { store } = sandbox;
      const [mine, theirs] = [await belongings(sandbox), await belongings(sandbox)];
      const unknown = makeId('sess', sandbox.clock.us, random);
      for (const attempt of [
        (id: SessionId) => store.headOf(mine.org, id),
        (id: SessionId) => store.readOn(mine.org, id, null, null),
        (id: SessionId) => store.readOn(mine.org, id, theirs.event, null),
      ]) {
        const foreign = await ending(attempt(theirs.session), theirs.session);
        expect(foreign).toEqual(await ending(attempt(unknown), unknown));
        expect(foreign.code).toBe('session_not_found');
      }
      expect(await store.readOn(mine.org, mine.session, theirs.event, null)).toBeNull();
      expect(await store.readOn(mine.org, mine.session, mine.event, null)).not.toBeNull();
    });

    test("I7: what is published about another org's session is about none", async () => {
      const { store } = sandbox;
      const [mine, theirs] = [await belongings(sandbox, 'mine'), await belongings(sandbox, 'theirs')];
      const before = await snapshot(sandbox.open, theirs.org);
      for (const name of [theirs.session, 'theirs']) {
        await store.publishEvents(mine.org, [draft({ type: 'note.about', data: { session_id: name } })], context());
      }
      expect(await snapshot(sandbox.open, theirs.org)).toEqual(before);
      const { events } = await readToHead(sandbox, mine.org, 'feed', null, null);
      expect(events.filter(({ type }) => type === 'note.about')).toMatchObject([
        { aboutSession: null },
        { aboutSession: null },
      ]);
      for (const { org } of [mine, theirs]) {
        const filter = { types: ['note.about'], session: theirs.session, agentId: null };
        expect((await feedPage(sandbox, org, { filter })).data).toEqual([]);
      }
    });

    test('I7: the types that one org uses do not show in what another finds', async () => {
      const { store } = sandbox;
      const [mine, theirs] = [await belongings(sandbox), await belongings(sandbox)];
      await store.appendEvents(theirs.org, { id: theirs.session }, notes(3, 'theirs.only'), context());
      await store.appendEvents(mine.org, { id: mine.session }, notes(2, 'mine.only'), context());
      const read = (org: OrgId, id: SessionId, types: readonly string[]) => allEvents(store, org, { id }, { types });
      expect(await read(mine.org, mine.session, ['*.only'])).toHaveLength(2);
      expect(await read(theirs.org, theirs.session, ['*.only'])).toHaveLength(3);
      expect(await read(mine.org, mine.session, ['theirs.only'])).toEqual([]);
    });

    test('I7: a use of a token is noted only for the org it belongs to', async () => {
      const { store, directory } = sandbox;
      const [mine, theirs] = [await belongings(sandbox), await belongings(sandbox)];
      const before = await allTokens(store, theirs.org);
      directory.touchTokens(new Map([[theirs.token, { org: mine.org, usedUs: sandbox.clock.us }]]));
      await sandbox.open.idle();
      expect(await allTokens(store, theirs.org)).toEqual(before);
    });

    test('I7: a deletion in one org leaves the sessions of another alone', async () => {
      const { store } = sandbox;
      const [mine, theirs] = [await belongings(sandbox, 'same'), await belongings(sandbox, 'same')];
      const before = await snapshot(sandbox.open, theirs.org);
      await store.deleteSession(mine.org, { externalId: 'same' }, context());
      await sandbox.open.idle();
      expect(await snapshot(sandbox.open, theirs.org)).toEqual(before);
      expect(await store.getSession(theirs.org, { externalId: 'same' })).not.toBeNull();
    });
  });
}

/** An org with a session, an event and a token. */
async function belongings(sandbox: Sandbox, externalId: string | null = null): Promise<Belongings> {
  const { store } = sandbox;
  const org = await sandbox.newOrg();
  const command = sessionCommand({
    externalId,
    agent: { id: 'agent-1', version: null },
    metadata: { team: 'blue' },
    events: [...notes(2), draft({ type: 'session_start' })],
  });
  const { value: session } = await store.createSession(org, command, context());
  const [event] = await allEvents(store, org, byId(session));
  const { value: token } = await store.createToken(org, tokenCommand(), context());
  return { org, session: session.id, event: event?.id ?? 'evt_', token: token.id };
}

/** How an attempt ended, with the id that it echoes taken out. */
async function ending(
  attempt: Promise<unknown>,
  id: string,
): Promise<{ readonly code: string | null; readonly message: string | null; readonly value: unknown }> {
  const [result] = await Promise.allSettled([attempt]);
  if (result.status === 'fulfilled') return { code: null, message: null, value: result.value };
  const { code, message } = await refusal(attempt);
  return { code, message: message.replaceAll(id, '<id>'), value: undefined };
}

/** I1 and I3: one clock per org, and numbers without holes. */
import { formatMicros } from '@turnlog/core/clock';
import { microsOfId, type OrgId, type SessionId } from '@turnlog/core/ids';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StoreHarness } from '../harness.ts';
import { byId, context, draft, newHash, notes, ownerOf, sessionCommand, tokenCommand } from '../support/commands.ts';
import { accountViews, allEvents, allSessions, allTokens, sessionOf, viewOf } from '../support/reading.ts';
import { type Sandbox, useStore, withStore } from '../support/sandbox.ts';

export function describeOrder(harness: StoreHarness): void {
  describe('order', () => {
    const sandbox = useStore(harness);

    test('I1: ids rise strictly across sessions, batches, tokens and the account stream, whatever the clock does', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.tuple(clockMove, step), { minLength: 1, maxLength: 12 }), async (steps) => {
          const org = await sandbox.newOrg();
          const sessions: SessionId[] = [];
          for (const [moveUs, { kind, count, target }] of steps) {
            sandbox.clock.us += moveUs;
            const before = { lastUs: await sandbox.store.lastUs(org), ids: new Set(await idsOf(sandbox, org)) };
            await perform(sandbox, org, sessions, kind, count, target);
            const made = (await idsOf(sandbox, org)).filter((id) => !before.ids.has(id)).map(microsOfId);
            const lastUs = await sandbox.store.lastUs(org);
            if (made.length > 0) expect(made[0]).toBe(Math.max(sandbox.clock.us, before.lastUs + 1));
            else expect(lastUs).toBe(before.lastUs);
            expect(made).toEqual([...new Set(made)].sort((a, b) => a - b));
            expect(lastUs).toBe(made.at(-1) ?? before.lastUs);
          }
        }),
        { numRuns: 20 },
      );
    });

    test("I1: an event's created_at is the microsecond of its id, and a session's and a token's likewise", async () => {
      const org = await sandbox.newOrg();
      sandbox.clock.us += 123_457;
      const { value: session } = await sandbox.store.createSession(
        org,
        sessionCommand({ events: notes(3) }),
        context(),
      );
      const { value: token } = await sandbox.store.createToken(org, tokenCommand(), context());
      await sandbox.store.appendEvents(org, byId(session), notes(3), context());
      const texts = [
        ...(await allEvents(sandbox.store, org, byId(session))).map(({ text }) => text),
        ...(await sandbox.open.accountTexts(org)),
      ];
      expect(texts.length).toBeGreaterThanOrEqual(7);
      for (const event of texts.map(viewOf)) {
        expect(event.created_at).toBe(formatMicros(microsOfId(event.id)));
        expect(event.processed_at).toBe(event.created_at);
      }
      expect(session.createdUs).toBe(microsOfId(session.id));
      expect(token.createdUs).toBe(microsOfId(token.id));
    });

    test('I1: the clock of an org goes on from where it was when the store is opened again', async () => {
      await withStore(harness, async (own) => {
        const org = await own.newOrg();
        own.clock.advanceSeconds(3600);
        const { value: session } = await own.store.createSession(org, sessionCommand({ events: notes(5) }), context());
        const lastUs = await own.store.lastUs(org);
        own.clock.advanceSeconds(-7200);
        await own.reopen();
        expect(await own.store.lastUs(org)).toBe(lastUs);
        const { value: texts } = await own.store.appendEvents(org, byId(session), notes(2), context());
        expect(texts.map((text) => microsOfId(viewOf(text).id))).toEqual([lastUs + 1, lastUs + 2]);
        const { value: second } = await own.store.createSession(org, sessionCommand(), context());
        expect(second.createdUs).toBe(lastUs + 3);
      });
    });

    test('I1: a clock that ran ahead in one org does not move the clock of another', async () => {
      const [ahead, steady] = [await sandbox.newOrg(), await sandbox.newOrg()];
      sandbox.clock.advanceSeconds(86_400);
      await sandbox.store.createSession(ahead, sessionCommand(), context());
      sandbox.clock.advanceSeconds(-86_400);
      const { value: session } = await sandbox.store.createSession(steady, sessionCommand(), context());
      expect(session.createdUs).toBeLessThan(sandbox.clock.us + 1_000);
      expect(await sandbox.store.lastUs(ahead)).toBeGreaterThan((await sandbox.store.lastUs(steady)) + 80_000_000_000);
    });

    test('I3: seq is 1, 2, 3 … from the first events of a session through all of its batches', async () => {
      const org = await sandbox.newOrg();
      const { value: session } = await sandbox.store.createSession(
        org,
        sessionCommand({ events: notes(3) }),
        context(),
      );
      expect(session.eventCount).toBe(3);
      let count = 3;
      for (const size of [1, 7, 2, 20]) {
        const { value } = await sandbox.store.appendEvents(org, byId(session), notes(size), context());
        expect(value.map((text) => viewOf(text).seq)).toEqual(Array.from({ length: size }, (_, n) => count + n + 1));
        count += size;
      }
      const events = (await allEvents(sandbox.store, org, byId(session))).map(({ text }) => viewOf(text));
      expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: count }, (_, n) => n + 1));
      expect((await sessionOf(sandbox.store, org, byId(session))).eventCount).toBe(count);
    });

    test('I3: events that the server derives from a batch follow the whole batch, in the order of their causes', async () => {
      const org = await sandbox.newOrg();
      const { value: session } = await sandbox.store.createSession(org, sessionCommand({ title: 'goal' }), context());
      const batch = [
        { type: 'user.message', content: 'go' },
        { type: 'session.status_running' },
        { type: 'session.status_idle', stop_reason: { type: 'end_turn' } },
        { type: 'session_start' },
        { type: 'workflow_failed', error: 'no more' },
        { type: 'note.added' },
      ].map(draft);
      const { value } = await sandbox.store.appendEvents(org, byId(session), batch, context());
      const stored = value.map(viewOf);
      const derived = (await accountViews(sandbox.open, org)).filter(({ type }) => type !== 'session.created');
      expect(derived.map(({ type }) => type)).toEqual([
        'session.started',
        'session.completed',
        'session.started',
        'session.failed',
      ]);
      expect(derived.map(({ data }) => data['caused_by'])).toEqual([1, 2, 3, 4].map((n) => stored[n]?.id));
      expect((derived[0]?.id ?? '') > (stored.at(-1)?.id ?? '')).toBe(true);
      expect(derived.every((event) => event.session_id === null && event.seq === null && event.turn_id === null)).toBe(
        true,
      );
      expect(stored.map(({ id }) => microsOfId(id) - microsOfId(stored[0]?.id ?? 'evt_'))).toEqual([0, 1, 2, 3, 4, 5]);
    });
  });
}

const clockMove = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 5 }) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 10_000_000 }) },
  { weight: 2, arbitrary: fc.integer({ min: -10_000_000, max: -1 }) },
);

const step = fc.record({
  kind: fc.constantFrom('create', 'append', 'move', 'update', 'archive', 'token', 'rotate', 'delete'),
  count: fc.integer({ min: 1, max: 5 }),
  target: fc.nat(),
});

async function perform(
  { store }: Pick<Sandbox, 'store'>,
  org: OrgId,
  sessions: SessionId[],
  kind: string,
  count: number,
  target: number,
): Promise<void> {
  const id = sessions[target % Math.max(sessions.length, 1)];
  if (kind === 'token' || kind === 'rotate') {
    const { value: token } = await store.createToken(org, tokenCommand(), context());
    const rotation = { maker: ownerOf(org, token), hash: newHash(), prefix: 'tlog', overlapSeconds: 0 };
    if (kind === 'rotate') await store.rotateToken(org, token.id, rotation, context());
  } else if (id === undefined || kind === 'create') {
    const { value } = await store.createSession(org, sessionCommand({ events: notes(count - 1) }), context());
    sessions.push(value.id);
  } else if (kind === 'update') {
    await store.updateSession(org, { id }, { title: String(count), metadata: undefined }, context());
  } else if (kind === 'archive') {
    const { value } = await store.createSession(org, sessionCommand({ events: notes(count - 1) }), context());
    await store.archiveSession(org, byId(value), context());
  } else if (kind === 'delete') {
    sessions.splice(sessions.indexOf(id), 1);
    await store.deleteSession(org, { id }, context());
  } else {
    const moving = kind === 'move' ? ['session.status_running', 'workflow_completed'] : [];
    await store.appendEvents(org, { id }, [...notes(count), ...moving.map((type) => draft({ type }))], context());
  }
}

/** Every id of an org that can be seen, in the order of their microseconds. */
async function idsOf({ store, open }: Pick<Sandbox, 'store' | 'open'>, org: OrgId): Promise<`evt_${string}`[]> {
  const sessions = await allSessions(store, org);
  const events = await Promise.all(sessions.map((session) => allEvents(store, org, byId(session))));
  const ids: string[] = [
    ...sessions.map(({ id }) => id),
    ...events.flat().map(({ id }) => id),
    ...(await allTokens(store, org)).map(({ id }) => id),
    ...(await accountViews(open, org)).map(({ id }) => id),
  ];
  const bits = (id: string) => id.slice(id.indexOf('_') + 1);
  return ids.sort((a, b) => (bits(a) < bits(b) ? -1 : 1)) as `evt_${string}`[];
}

/** Publishing: events of the account stream, beside the server's own. */
import type { EventFilter } from '@turnlog/core/event-filter';
import { limits } from '@turnlog/core/limits';
import { describe, expect, test } from 'vitest';
import type { StoreHarness } from '../harness.ts';
import { byId, context, draft, newKey, notes, sessionCommand } from '../support/commands.ts';
import { feedPage, telling } from '../support/feed-model.ts';
import { accountViews, sessionOf, viewOf } from '../support/reading.ts';
import { refusalCode } from '../support/refusals.ts';
import { useStore } from '../support/sandbox.ts';
import { gathered } from '../support/writes.ts';

export function describePublishing(harness: StoreHarness): void {
  describe('publishing', () => {
    const sandbox = useStore(harness);

    test('published events have neither session nor turn nor number, and keep what was sent', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const source = '{"type":"agent.noted","n":9007199254740993,"data":{"agent_id":"agent-1"},"__proto__":1.0}';
      const { value, replayed } = await store.publishEvents(org, [draft(source)], context());
      expect(replayed).toBe(false);
      expect(value[0]).toContain('"n":9007199254740993,"data":{"agent_id":"agent-1"},"__proto__":1.0}');
      const [view] = value.map(viewOf);
      expect(view).toMatchObject({ type: 'agent.noted', session_id: null, turn_id: null, seq: null });
      expect(view?.processed_at).toBe(view?.created_at);
      expect(await sandbox.open.accountTexts(org)).toEqual(value);
    });

    test('I1: they stand in the account stream in the order of their commits, between the server’s own', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      await store.publishEvents(org, notes(2, 'note.first'), context());
      const { value: session } = await store.createSession(org, sessionCommand(), context());
      await store.publishEvents(org, notes(1, 'note.second'), context());
      await store.appendEvents(org, byId(session), [draft({ type: 'session_start' })], context());
      await store.publishEvents(org, notes(limits.batchEvents, 'note.third'), context());
      await store.archiveSession(org, byId(session), context());
      const views = await accountViews(sandbox.open, org);
      const types = views.map(({ type }) => type);
      expect(types.filter((type, n) => type !== types[n - 1])).toEqual([
        ...['note.first', 'session.created', 'note.second', 'session.started', 'note.third', 'session.archived'],
      ]);
      expect(types).toHaveLength(2 + 1 + 1 + 1 + limits.batchEvents + 1);
      expect(views.map(({ id }) => id)).toEqual(views.map(({ id }) => id).toSorted());
    });

    test('I5: a repeat is answered with the same texts, and nothing is published twice', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const key = newKey();
      const first = await store.publishEvents(org, notes(3), context(key));
      await store.createSession(org, sessionCommand(), context());
      const again = await store.publishEvents(org, notes(3), context(key));
      expect(again).toMatchObject({ value: first.value, replayed: true });
      const other = { ...key, fingerprint: newKey().fingerprint };
      expect(await refusalCode(store.publishEvents(org, notes(3), context(other)))).toBe('idempotency_key_reused');
      expect(await accountViews(sandbox.open, org)).toHaveLength(4);
    });

    test('I5: repeats within one commit, among other account events, are answered with the same texts', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const { value: session } = await store.createSession(org, sessionCommand(), context());
      const key = newKey();
      const publish = () => store.publishEvents(org, notes(2, 'note.published'), context(key));
      const writes = await gathered(sandbox, () => [
        store.appendEvents(org, byId(session), [draft({ type: 'session_start' })], context()),
        publish(),
        store.publishEvents(org, notes(1, 'note.between'), context()),
        publish(),
        store.appendEvents(org, byId(session), [draft({ type: 'session_stop' })], context()),
        publish(),
      ]);
      const answers = await Promise.all([writes[1], writes[3], writes[5], publish()]);
      expect(answers.map((answer) => answer?.replayed)).toEqual([false, true, true, true]);
      for (const answer of answers) expect(answer?.value).toEqual(answers[0]?.value);
      expect((await accountViews(sandbox.open, org)).map(({ type }) => type)).toEqual([
        ...['session.created', 'session.started', 'note.published', 'note.published', 'note.between'],
        'session.completed',
      ]);
    });

    test('nothing published moves a session, whatever its type says', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const { value: session } = await store.createSession(org, sessionCommand({ externalId: 'run-1' }), context());
      for (const type of ['session.status_running', 'session.status_terminated', 'session_start', 'terminated']) {
        for (const name of [session.id, 'run-1']) {
          await store.publishEvents(org, [telling(type, { session: name, means: session.id })], context());
        }
      }
      expect(await sessionOf(store, org, byId(session))).toEqual(session);
      expect((await accountViews(sandbox.open, org)).map(({ type }) => type)).not.toContain('session.started');
      await store.appendEvents(org, byId(session), notes(1), context());
    });

    test('what they are about is found by filters: agents by name, sessions by either kind of id', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const command = sessionCommand({ externalId: 'run-1', agent: { id: 'agent-1', version: null } });
      const { value: session } = await store.createSession(org, command, context());
      const drafts = [
        telling('note.by_id', { session: session.id }),
        telling('note.by_name', { session: 'run-1', agent: 'agent-2' }),
        telling('note.of_nobody', { session: 'nobody' }),
        telling('note.of_agent', { agent: 'agent-1' }),
      ];
      await store.publishEvents(org, drafts, context());
      const types = async (filter: Partial<EventFilter>) => {
        const page = await feedPage(sandbox, org, { filter: { types: null, session: null, agentId: null, ...filter } });
        return page.data.map(({ text }) => viewOf(text).type);
      };
      expect(await types({ session: session.id })).toEqual(['session.created', 'note.by_id', 'note.by_name']);
      expect(await types({ agentId: 'agent-1' })).toEqual(['session.created', 'note.of_agent']);
      expect(await types({ agentId: 'agent-2' })).toEqual(['note.by_name']);
      expect(await types({ agentId: 'agent-2', session: session.id })).toEqual(['note.by_name']);
    });

    test('a session of the same commit is found, and one that is deleted before is not', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const doomed = (await store.createSession(org, sessionCommand({ externalId: 'old' }), context())).value;
      const about = (name: string) => store.publishEvents(org, [telling('note.about', { session: name })], context());
      const made = store.createSession.bind(store, org, sessionCommand({ externalId: 'new' }));
      const [, creation] = await gathered<unknown>(sandbox, () => [
        about('new'),
        made(context()),
        about('new'),
        about('old'),
        store.deleteSession(org, byId(doomed), context()),
        about('old'),
      ]);
      const { value: fresh } = (await creation) as Awaited<ReturnType<typeof made>>;
      const found = async (session: EventFilter['session']) => {
        const filter = { types: ['note.*'], session, agentId: null };
        return (await feedPage(sandbox, org, { filter })).data.length;
      };
      expect(await found(fresh.id)).toBe(1);
      expect(await found(doomed.id)).toBe(1);
      expect(await found(null)).toBe(4);
    });
  });
}

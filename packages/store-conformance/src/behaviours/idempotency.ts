/** I5: a request repeated with its key has one effect, and the first answer. */
import { limits } from '@turnlog/core/limits';
import { describe, expect, test } from 'vitest';
import type { StoreHarness } from '../harness.ts';
import { byId, context, draft, newKey, notes, sessionCommand, tokenCommand } from '../support/commands.ts';
import { allEvents, allSessions, snapshot } from '../support/reading.ts';
import { refusalCode } from '../support/refusals.ts';
import { useStore, withStore } from '../support/sandbox.ts';
import { gathered, WRITES } from '../support/writes.ts';

export function describeIdempotency(harness: StoreHarness): void {
  describe('idempotency', () => {
    const sandbox = useStore(harness);

    test('an append that is repeated after its session was deleted finds nothing, in the same batch and ever after', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const { value: session } = await store.createSession(org, sessionCommand(), context());
      const ref = byId(session);
      const key = newKey();
      const append = () => store.appendEvents(org, ref, notes(1), context(key));
      const requests = (): Promise<unknown>[] => [append(), store.deleteSession(org, ref, context()), append()];
      const results = await gathered(sandbox, requests);
      const [first, , second] = await Promise.allSettled(results);
      expect(first?.status).toBe('fulfilled');
      expect(second).toMatchObject({ status: 'rejected', reason: { code: 'session_not_found' } });
      expect(await refusalCode(append())).toBe('session_not_found');
      await sandbox.open.idle();
      expect(await refusalCode(append())).toBe('session_not_found');
      expect(await refusalCode(store.appendEvents(org, ref, notes(1), context()))).toBe('session_not_found');
    });

    describe.each(WRITES)('I5: $name', ({ prepare }) => {
      test('has one effect and one answer, however often it is repeated, and remembers after a reopening', async () => {
        const org = await sandbox.newOrg();
        const run = await prepare(sandbox.store, org);
        const key = newKey();
        expect(await sandbox.store.keptFingerprint(org, key.key)).toBeNull();
        const first = await run(sandbox.store, context(key));
        expect(first.replayed).toBe(false);
        const after = await snapshot(sandbox.open, org);
        sandbox.clock.advanceSeconds(60);
        for (let n = 0; n < 3; n++)
          expect(await run(sandbox.store, context(key))).toEqual({ ...first, replayed: true });
        await sandbox.reopen();
        expect(await run(sandbox.store, context(key))).toEqual({ ...first, replayed: true });
        expect(await sandbox.store.keptFingerprint(org, key.key)).toBe(key.fingerprint);
        expect(await snapshot(sandbox.open, org)).toEqual(after);
      });

      test('two requests with one key at the same time have one effect and one answer', async () => {
        const org = await sandbox.newOrg();
        const run = await prepare(sandbox.store, org);
        const key = newKey();
        const requests = () => [1, 2, 3, 4].map(() => run(sandbox.store, context(key)));
        const outcomes = await Promise.all(await gathered(sandbox, requests));
        expect(outcomes.map(({ replayed }) => replayed).sort()).toEqual([false, true, true, true]);
        const after = await snapshot(sandbox.open, org);
        const again = await run(sandbox.store, context(key));
        expect(again.replayed).toBe(true);
        for (const { value } of outcomes) expect(value).toEqual(again.value);
        expect(await snapshot(sandbox.open, org)).toEqual(after);
      });

      test('I7: one key means two things in two orgs, even in one batch', async () => {
        const [mine, theirs] = [await sandbox.newOrg(), await sandbox.newOrg()];
        const runs = [await prepare(sandbox.store, mine), await prepare(sandbox.store, theirs)];
        const key = newKey();
        const outcomes = await Promise.all(
          await gathered(sandbox, () => runs.map((run) => run(sandbox.store, context(key)))),
        );
        expect(outcomes.map(({ replayed }) => replayed)).toEqual([false, false]);
      });

      test('another request with the same key is refused and changes nothing', async () => {
        const org = await sandbox.newOrg();
        const run = await prepare(sandbox.store, org);
        const key = newKey();
        await run(sandbox.store, context(key));
        const after = await snapshot(sandbox.open, org);
        const other = context({ key: key.key, fingerprint: newKey().fingerprint });
        expect(await refusalCode(run(sandbox.store, other))).toBe('idempotency_key_reused');
        const append = sandbox.store.createSession(org, sessionCommand(), other);
        expect(await refusalCode(append)).toBe('idempotency_key_reused');
        expect(await snapshot(sandbox.open, org)).toEqual(after);
        expect(await sandbox.store.keptFingerprint(org, key.key)).toBe(key.fingerprint);
      });

      test('a key of another org is another key', async () => {
        const [mine, theirs] = [await sandbox.newOrg(), await sandbox.newOrg()];
        const key = newKey();
        await (await prepare(sandbox.store, mine))(sandbox.store, context(key));
        expect(await sandbox.store.keptFingerprint(theirs, key.key)).toBeNull();
        const run = await prepare(sandbox.store, theirs);
        const other = { key: key.key, fingerprint: newKey().fingerprint };
        expect((await run(sandbox.store, context(other))).replayed).toBe(false);
        expect(await sandbox.store.keptFingerprint(mine, key.key)).toBe(key.fingerprint);
      });
    });

    test('I5: different requests that race with one key: one is done, the others are refused', async () => {
      const org = await sandbox.newOrg();
      const { key } = newKey();
      const create = (n: number) =>
        sandbox.store.createSession(
          org,
          sessionCommand({ title: String(n) }),
          context({ key, fingerprint: newKey().fingerprint }),
        );
      const results = await Promise.allSettled(await gathered(sandbox, () => [1, 2, 3, 4, 5].map(create)));
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'idempotency_key_reused' });
      }
      expect(await allSessions(sandbox.store, org)).toHaveLength(1);
    });

    test('I5: a refusal is not kept: the same request is tried anew', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const key = newKey();
      const command = sessionCommand({ externalId: 'taken' });
      const { value: holder } = await store.createSession(org, command, context());
      expect(await refusalCode(store.createSession(org, command, context(key)))).toBe('external_id_taken');
      expect(await store.keptFingerprint(org, key.key)).toBeNull();
      await store.deleteSession(org, byId(holder), context());
      const { replayed, value } = await store.createSession(org, command, context(key));
      expect(replayed).toBe(false);
      expect(value.id).not.toBe(holder.id);
    });

    test('I5: a refusal does not use up its key for another request', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const { key } = newKey();
      const missing = { externalId: 'nobody' };
      const attempt = context({ key, fingerprint: newKey().fingerprint });
      expect(await refusalCode(store.appendEvents(org, missing, notes(1), attempt))).toBe('session_not_found');
      expect(await refusalCode(store.deleteSession(org, missing, attempt))).toBe('session_not_found');
      const other = context({ key, fingerprint: newKey().fingerprint });
      expect((await store.createToken(org, tokenCommand(), other)).replayed).toBe(false);
    });

    test('I5: a retried success stays a success, whatever has become of the session since', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const keys = { create: newKey(), append: newKey(), end: newKey(), archive: newKey(), remove: newKey() };
      const create = () => store.createSession(org, sessionCommand({ externalId: 'once' }), context(keys.create));
      const first = await create();
      const ref = byId(first.value);
      const append = () => store.appendEvents(org, ref, notes(3), context(keys.append));
      const appended = await append();
      const end = () => store.appendEvents(org, ref, [draft({ type: 'terminated' })], context(keys.end));
      const ended = await end();
      expect(await append()).toEqual({ ...appended, replayed: true });
      const archive = () => store.archiveSession(org, ref, context(keys.archive));
      const archived = await archive();
      expect(await append()).toEqual({ ...appended, replayed: true });
      expect(await end()).toEqual({ ...ended, replayed: true });
      expect(await create()).toEqual({ ...first, replayed: true });
      expect(await allEvents(store, org, ref)).toHaveLength(4);
      const remove = () => store.deleteSession(org, ref, context(keys.remove));
      const removed = await remove();
      await sandbox.open.idle();
      expect(await create()).toEqual({ ...first, replayed: true });
      expect(await archive()).toEqual({ ...archived, replayed: true });
      expect(await remove()).toEqual({ ...removed, replayed: true });
      expect(await allSessions(store, org)).toEqual([]);
    });

    test('I5: an answer is the first one, not what the session has become', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const key = newKey();
      const pairs = Array.from({ length: limits.metadataPairs }, (_, n) => [
        `key ${n} `.padEnd(limits.metadataKeyCharacters, '键'),
        '值'.repeat(limits.metadataValueCharacters),
      ]);
      const command = sessionCommand({
        title: '题'.repeat(limits.titleCharacters),
        metadata: Object.fromEntries(pairs) as Record<string, string>,
      });
      const first = await store.createSession(org, command, context(key));
      const update = { title: 'another', metadata: Object.fromEntries(pairs.map(([name]) => [name, null])) };
      await store.updateSession(org, byId(first.value), update, context());
      expect(await store.createSession(org, command, context(key))).toEqual({ ...first, replayed: true });
      const cancelKey = newKey();
      const cancel = () => store.cancelSession(org, byId(first.value), context(cancelKey));
      const idle = await cancel();
      await store.appendEvents(org, byId(first.value), [draft({ type: 'session_start' })], context());
      expect(await cancel()).toEqual({ ...idle, replayed: true });
      expect(idle.value.interrupted).toBe(false);
    });

    test('I5: an answer of five hundred events is given again, byte for byte', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const { value: session } = await store.createSession(org, sessionCommand({ events: notes(7) }), context());
      const key = newKey();
      const batch = notes(limits.batchEvents);
      const first = await store.appendEvents(org, byId(session), batch, context(key));
      await store.appendEvents(org, byId(session), notes(7), context());
      expect(await store.appendEvents(org, byId(session), batch, context(key))).toEqual({ ...first, replayed: true });
    });

    test('I5: a key is kept for 48 hours, and may be used anew when they are over', async () => {
      await withStore(harness, async (own) => {
        const org = await own.newOrg();
        const key = newKey();
        const create = (fields = key) => own.store.createSession(org, sessionCommand(), context(fields));
        const first = await create();
        own.clock.advanceSeconds(limits.idempotencyKeptMs / 1000 - 60);
        await create(newKey());
        await own.open.idle();
        expect(await create()).toEqual({ ...first, replayed: true });
        own.clock.advanceSeconds(3600);
        await create(newKey());
        await own.open.idle();
        expect(await own.store.keptFingerprint(org, key.key)).toBeNull();
        expect((await create({ ...key, fingerprint: newKey().fingerprint })).replayed).toBe(false);
        expect(await allSessions(own.store, org)).toHaveLength(4);
      });
    });
  });
}

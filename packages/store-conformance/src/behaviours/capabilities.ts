/** Capabilities: secrets that let into one session each, from its creation to its deletion. */
import { describe, expect, test } from 'vitest';
import type { StoreHarness } from '../harness.ts';
import { byId, context, newHash, newKey, notes, sessionCommand, startCommand } from '../support/commands.ts';
import { refusalCode } from '../support/refusals.ts';
import { useStore } from '../support/sandbox.ts';
import { gathered } from '../support/writes.ts';

export function describeCapabilities(harness: StoreHarness): void {
  describe('capabilities', () => {
    const sandbox = useStore(harness);

    test('one leads into the session that was made with it, also after a reopening; an unknown one leads nowhere', async () => {
      const org = await sandbox.newOrg();
      const [created, started] = [newHash(), newHash()];
      const { value: first } = await sandbox.store.createSession(
        org,
        sessionCommand({ capability: created }),
        context(),
      );
      const start = startCommand('run-1', { capability: started });
      const { value: second } = await sandbox.store.startSession(org, start, context());
      await sandbox.store.createSession(org, sessionCommand(), context());
      for (let opening = 0; opening < 2; opening++) {
        expect(await sandbox.directory.findCapability(created)).toEqual({ org, session: first.id });
        expect(await sandbox.directory.findCapability(started)).toEqual({ org, session: second.id });
        expect(await sandbox.directory.findCapability(newHash())).toBeNull();
        await sandbox.reopen();
      }
    });

    test('one is no token, and a token is none', async () => {
      const { store, directory } = sandbox;
      const org = await sandbox.newOrg();
      const [capability, hash] = [newHash(), newHash()];
      await store.createSession(org, sessionCommand({ capability }), context());
      await store.createToken(org, { name: 'a token', scopes: [], expiresUs: null, hash, prefix: 'tlog' }, context());
      expect(await directory.findPrincipal(capability)).toBeNull();
      expect(await directory.findCapability(hash)).toBeNull();
    });

    test('whoever goes on with a session by its name gets none: the first one stays the only one', async () => {
      const { store, directory } = sandbox;
      const org = await sandbox.newOrg();
      const [first, second] = [newHash(), newHash()];
      const start = (capability: string) =>
        store.startSession(org, startCommand('run-1', { capability, events: notes(1) }), context());
      const { value: session } = await start(first);
      await start(second);
      expect(await directory.findCapability(first)).toEqual({ org, session: session.id });
      expect(await directory.findCapability(second)).toBeNull();
    });

    test('a creation that is refused, and a repeat that finds its kept answer, leave none', async () => {
      const { store, directory } = sandbox;
      const org = await sandbox.newOrg();
      const [refused, first, repeated] = [newHash(), newHash(), newHash()];
      const key = newKey();
      const create = (capability: string) =>
        store.createSession(org, sessionCommand({ externalId: 'run-1', capability }), context(key));
      const { value: session } = await create(first);
      expect((await create(repeated)).replayed).toBe(true);
      const command = sessionCommand({ externalId: 'run-1', capability: refused });
      expect(await refusalCode(store.createSession(org, command, context()))).toBe('external_id_taken');
      expect(await directory.findCapability(first)).toEqual({ org, session: session.id });
      for (const hash of [refused, repeated]) expect(await directory.findCapability(hash)).toBeNull();
    });

    test('from the commit of a deletion on it is dead, and stays dead when its session has a successor', async () => {
      const { store, directory } = sandbox;
      const org = await sandbox.newOrg();
      const [dead, alive] = [newHash(), newHash()];
      const create = (capability: string) => {
        const events = notes(250);
        return store.createSession(org, sessionCommand({ externalId: 'run-1', capability, events }), context());
      };
      await create(dead);
      await store.deleteSession(org, { externalId: 'run-1' }, context());
      expect(await directory.findCapability(dead)).toBeNull();
      const { value: successor } = await create(alive);
      for (let looks = 0; looks < 2; looks++) {
        expect(await directory.findCapability(dead)).toBeNull();
        expect(await directory.findCapability(alive)).toEqual({ org, session: successor.id });
        await sandbox.open.idle();
      }
      await sandbox.reopen();
      expect(await sandbox.directory.findCapability(dead)).toBeNull();
    });

    test('one whose session is made and deleted in the same batch never leads anywhere', async () => {
      const { store, directory } = sandbox;
      const org = await sandbox.newOrg();
      const capability = newHash();
      const writes = await gathered<unknown>(sandbox, () => [
        store.createSession(org, sessionCommand({ externalId: 'run-1', capability }), context()),
        store.deleteSession(org, { externalId: 'run-1' }, context()),
      ]);
      await Promise.all(writes);
      expect(await directory.findCapability(capability)).toBeNull();
      expect((await store.pageOfSessions(org, { offset: 0, limit: 10 })).total).toBe(0);
    });

    test('an archived session still knows its own', async () => {
      const { store, directory } = sandbox;
      const org = await sandbox.newOrg();
      const capability = newHash();
      const { value: session } = await store.createSession(org, sessionCommand({ capability }), context());
      await store.archiveSession(org, byId(session), context());
      expect(await directory.findCapability(capability)).toEqual({ org, session: session.id });
    });

    test('the first org stays the first, however many follow', async () => {
      const first = await sandbox.directory.firstOrg();
      expect(first).not.toBeNull();
      const later = await sandbox.newOrg();
      expect(later).not.toBe(first);
      expect(await sandbox.directory.firstOrg()).toBe(first);
    });
  });
}

/** Numbered pages of sessions, and the one session between two ids. */
import { highestIdBytes, idFromBytes, lowestIdBytes, microsOfId, type OrgId, type SessionId } from '@turnlog/core/ids';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StoreHarness } from '../harness.ts';
import { byId, context, notes, sessionCommand, startCommand } from '../support/commands.ts';
import { allSessions } from '../support/reading.ts';
import { type Sandbox, useStore } from '../support/sandbox.ts';

export function describePageOfSessions(harness: StoreHarness): void {
  describe('numbered pages of sessions', () => {
    const sandbox = useStore(harness);
    describePages(sandbox);
    describeBetween(sandbox);
  });
}

function describePages(sandbox: Sandbox): void {
  test('an org without sessions has none and counts none', async () => {
    const org = await sandbox.newOrg();
    expect(await sandbox.store.pageOfSessions(org, { offset: 0, limit: 10 })).toEqual({ data: [], total: 0 });
    expect(await sandbox.store.pageOfSessions(org, { offset: 7, limit: 10 })).toEqual({ data: [], total: 0 });
  });

  test('every page holds what the whole list has there, archived sessions included, deleted ones not', async () => {
    const doomed = fc.uniqueArray(fc.nat(44), { maxLength: 44 });
    const pages = fc.array(fc.record({ offset: fc.nat(50), limit: fc.integer({ min: 0, max: 50 }) }), {
      minLength: 3,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(doomed, fc.boolean(), fc.nat(2), pages, async (deleted, purged, reopenings, queries) => {
        const org = await stage(sandbox, deleted);
        if (purged) await sandbox.open.idle();
        if (reopenings === 2) await sandbox.reopen();
        const newestFirst = (await allSessions(sandbox.store, org)).toReversed();
        expect(newestFirst).toHaveLength(45 - deleted.length);
        for (const query of [...queries, { offset: 0, limit: 100 }]) {
          expect(await sandbox.store.pageOfSessions(org, query)).toEqual({
            data: newestFirst.slice(query.offset, query.offset + query.limit),
            total: newestFirst.length,
          });
        }
      }),
      { numRuns: 15 },
    );
  });

  test('the count follows every creation, start and deletion, and nothing else', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const total = async () => (await store.pageOfSessions(org, { offset: 0, limit: 1 })).total;
    const { value: first } = await store.createSession(org, sessionCommand({ externalId: 'run-1' }), context());
    expect(await total()).toBe(1);
    await store.startSession(org, startCommand('run-1', { events: notes(1) }), context());
    expect(await total()).toBe(1);
    await store.startSession(org, startCommand('run-2'), context());
    expect(await total()).toBe(2);
    await expect(store.createSession(org, sessionCommand({ externalId: 'run-1' }), context())).rejects.toThrow();
    await store.archiveSession(org, byId(first), context());
    expect(await total()).toBe(2);
    await store.deleteSession(org, byId(first), context());
    await expect(store.deleteSession(org, byId(first), context())).rejects.toThrow();
    expect(await total()).toBe(1);
    await sandbox.open.idle();
    expect(await total()).toBe(1);
    await store.createSession(org, sessionCommand({ externalId: 'run-1' }), context());
    expect(await total()).toBe(2);
  });
}

function describeBetween(sandbox: Sandbox): void {
  test('the only session between two ids is found, both bounds included; none and several are null', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const ids: SessionId[] = [];
    for (let n = 0; n < 12; n++) {
      sandbox.clock.us += [0, 1, 1_000, 60_000_000][n % 4] ?? 0;
      ids.push((await store.createSession(org, sessionCommand(), context())).value.id);
    }
    const live = new Set(ids);
    const around = (id: SessionId) => {
      const micros = microsOfId(id);
      const beside = [micros - 1, micros, micros + 1].flatMap((us) => [lowestIdBytes(us), highestIdBytes(us)]);
      return [id, ...beside.map((bytes) => idFromBytes('sess', bytes))];
    };
    const places = fc.constantFrom(...ids.flatMap(around));
    const expectModel = () =>
      fc.assert(
        fc.asyncProperty(places, places, async (low, high) => {
          const within = ids.filter((id) => live.has(id) && id >= low && id <= high);
          expect(await store.onlySessionBetween(org, low, high)).toBe(within.length === 1 ? within[0] : null);
        }),
        { numRuns: 150 },
      );
    await expectModel();
    for (const id of ids.filter((_, n) => n % 3 !== 0)) {
      await store.deleteSession(org, { id }, context());
      live.delete(id);
    }
    await expectModel();
    await sandbox.open.idle();
    await expectModel();
  });
}

/** An org with 45 sessions, of which some are archived and some are deleted again. */
async function stage(sandbox: Sandbox, deleted: readonly number[]): Promise<OrgId> {
  const { store } = sandbox;
  const org = await sandbox.newOrg();
  const made = await Promise.all(
    Array.from({ length: 45 }, (_, n) => store.createSession(org, sessionCommand({ title: `${n}` }), context())),
  );
  for (const [n, { value }] of made.entries()) {
    if (n % 7 === 0) await store.archiveSession(org, byId(value), context());
    if (deleted.includes(n)) await store.deleteSession(org, byId(value), context());
  }
  return org;
}

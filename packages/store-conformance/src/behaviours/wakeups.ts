/** I6: whoever waits for more of a log is woken when there is some, and then reads see it. */
import type { OrgId, SessionId } from '@turnlog/core/ids';
import { describe, expect, test } from 'vitest';
import type { StoreHarness } from '../harness.ts';
import { byId, context, draft, newKey, notes, sessionCommand, tokenCommand } from '../support/commands.ts';
import { readToHead } from '../support/feed-model.ts';
import { refusalCode } from '../support/refusals.ts';
import { type Sandbox, useStore } from '../support/sandbox.ts';
import { gathered, WRITES } from '../support/writes.ts';

interface Wake {
  readonly org: OrgId;
  readonly sessions: readonly SessionId[];
}

/** Notes what wakes a listener while some work runs. */
async function wakesDuring(
  { wakeups }: Pick<Sandbox, 'wakeups'>,
  work: () => Promise<unknown>,
  onWake: (wake: Wake) => void = () => {},
): Promise<readonly Wake[]> {
  const wakes: Wake[] = [];
  const stop = wakeups.listen({
    woken: (org, sessions) => {
      wakes.push({ org, sessions });
      onWake({ org, sessions });
    },
    reconnected: () => {},
  });
  try {
    await work();
  } finally {
    stop();
  }
  return wakes;
}

export function describeWakeups(harness: StoreHarness): void {
  describe('wake-ups', () => {
    const sandbox = useStore(harness);
    describeCommits(sandbox);
    describeOrder(sandbox);
    describeSilence(sandbox);
  });
}

function describeCommits(sandbox: Sandbox): void {
  test('every step of a session wakes its org and names the session', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const { value: session } = await store.createSession(org, sessionCommand(), context());
    const ref = byId(session);
    for (const step of [
      () => store.appendEvents(org, ref, notes(3), context()),
      () => store.appendEvents(org, ref, [draft({ type: 'session_start' })], context()),
      () => store.cancelSession(org, ref, context()),
      () => store.updateSession(org, ref, { title: 'another', metadata: undefined }, context()),
      () => store.archiveSession(org, ref, context()),
      () => store.deleteSession(org, ref, context()),
    ]) {
      expect(await wakesDuring(sandbox, step)).toEqual([{ org, sessions: [session.id] }]);
    }
  });

  test('a creation wakes with the session that it has made', async () => {
    const org = await sandbox.newOrg();
    const made: SessionId[] = [];
    const wakes = await wakesDuring(sandbox, async () => {
      const { value } = await sandbox.store.createSession(org, sessionCommand({ events: notes(2) }), context());
      made.push(value.id);
    });
    expect(wakes).toEqual([{ org, sessions: made }]);
  });

  test('a publication wakes its org and names no session', async () => {
    const org = await sandbox.newOrg();
    const publish = () => sandbox.store.publishEvents(org, notes(2), context());
    expect(await wakesDuring(sandbox, publish)).toEqual([{ org, sessions: [] }]);
  });

  test('commands that share a commit wake each org with all of its sessions', async () => {
    const { store } = sandbox;
    const orgs = [await sandbox.newOrg(), await sandbox.newOrg()] as const;
    const sessions = await Promise.all(
      [0, 0, 0, 1].map(async (n) => {
        const org = orgs[n] ?? orgs[0];
        return { org, id: (await store.createSession(org, sessionCommand(), context())).value.id };
      }),
    );
    const wakes = await wakesDuring(sandbox, () =>
      gathered<unknown>(sandbox, () => [
        ...[...sessions, ...sessions].map(({ org, id }) => store.appendEvents(org, { id }, notes(1), context())),
        store.publishEvents(orgs[1], notes(1), context()),
      ]),
    );
    for (const org of orgs) {
      const named = wakes.filter((wake) => wake.org === org).flatMap((wake) => wake.sessions);
      const own = sessions.filter((session) => session.org === org).map(({ id }) => id);
      expect(new Set(named)).toEqual(new Set(own));
    }
  });
}

function describeOrder(sandbox: Sandbox): void {
  test('reads see the commit when the wake-up comes, and the write is acknowledged after it', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const { value: session } = await store.createSession(org, sessionCommand(), context());
    for (let n = 1; n <= 10; n++) {
      const told: string[] = [];
      const reads: Promise<unknown>[] = [];
      const before = await store.headOf(org, 'feed');
      const work = async () => {
        const { value } = await store.appendEvents(org, byId(session), notes(1), context());
        told.push('acknowledged');
        return value;
      };
      await wakesDuring(sandbox, work, () => {
        told.push('woken');
        reads.push(store.readOn(org, 'feed', before, null), store.readOn(org, session.id, null, null));
        reads.push(store.getSession(org, byId(session)));
      });
      expect(told).toEqual(['woken', 'acknowledged']);
      const [feed, own, read] = await Promise.all(reads);
      expect(feed).toMatchObject({ events: [{ type: 'note.added' }], atHead: true });
      expect((own as { events: unknown[] }).events).toHaveLength(n);
      expect(read).toMatchObject({ eventCount: n });
    }
  });

  test('a reader that reads on whenever it is woken meets every event, though many write at once', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const { value: session } = await store.createSession(org, sessionCommand(), context());
    const seen: string[] = [];
    let position = await store.headOf(org, 'feed');
    let reading = Promise.resolve();
    const readOn = async () => {
      for (;;) {
        const slice = await store.readOn(org, 'feed', position, null);
        seen.push(...(slice?.events ?? []).map(({ id }) => id));
        position = slice?.position ?? null;
        if (slice?.atHead !== false) return;
      }
    };
    const start = position;
    await wakesDuring(
      sandbox,
      () =>
        Promise.all(
          Array.from({ length: 120 }, (_, n) =>
            n % 3 === 0
              ? store.publishEvents(org, notes(2), context())
              : store.appendEvents(org, byId(session), notes(1 + (n % 3)), context()),
          ),
        ),
      () => {
        reading = reading.then(readOn);
      },
    );
    await reading;
    const { events } = await readToHead(sandbox, org, 'feed', start, null);
    expect(events).toHaveLength(80 + 40 * 2 + 40 * 3);
    expect(seen).toEqual(events.map(({ id }) => id));
  });
}

function describeSilence(sandbox: Sandbox): void {
  test('a refused command wakes nobody of its session', async () => {
    const { store } = sandbox;
    const org = await sandbox.newOrg();
    const { value: session } = await store.createSession(org, sessionCommand({ externalId: 'run-1' }), context());
    await store.archiveSession(org, byId(session), context());
    const wakes = await wakesDuring(sandbox, async () => {
      const append = store.appendEvents(org, byId(session), notes(1), context());
      expect(await refusalCode(append)).toBe('session_archived');
      const create = store.createSession(org, sessionCommand({ externalId: 'run-1' }), context());
      expect(await refusalCode(create)).toBe('external_id_taken');
    });
    expect(wakes.flatMap(({ sessions }) => sessions)).toEqual([]);
    const gatheredWakes = await wakesDuring(sandbox, () =>
      gathered<unknown>(sandbox, () => [
        store.publishEvents(org, notes(1), context()),
        store.appendEvents(org, byId(session), notes(1), context()),
      ]),
    );
    expect(gatheredWakes.filter((wake) => wake.org === org)).toEqual([{ org, sessions: [] }]);
  });

  test.each(WRITES)('a repeat with the same key wakes nobody of a session ($name)', async ({ prepare }) => {
    const org = await sandbox.newOrg();
    const run = await prepare(sandbox.store, org);
    const key = newKey();
    await run(sandbox.store, context(key));
    const wakes = await wakesDuring(sandbox, () => run(sandbox.store, context(key)));
    expect(wakes).toEqual([]);
  });

  test('a listener that has stopped is not woken again, and the others are', async () => {
    const { store, wakeups } = sandbox;
    const org = await sandbox.newOrg();
    const counts = [0, 0, 0];
    const listen = (n: number) =>
      wakeups.listen({
        woken: () => {
          counts[n] = (counts[n] ?? 0) + 1;
          if (n === 1) stops[1]?.();
        },
        reconnected: () => {},
      });
    const stops = [listen(0), listen(1), listen(2)];
    await store.publishEvents(org, notes(1), context());
    stops[0]?.();
    stops[0]?.();
    await store.publishEvents(org, notes(1), context());
    stops[2]?.();
    await store.publishEvents(org, notes(1), context());
    expect(counts).toEqual([1, 1, 2]);
  });

  test('I7: a commit of one org never wakes with another', async () => {
    const { store } = sandbox;
    const [mine, theirs] = [await sandbox.newOrg(), await sandbox.newOrg()];
    const { value: session } = await store.createSession(mine, sessionCommand({ externalId: 'same' }), context());
    const { value: other } = await store.createSession(theirs, sessionCommand({ externalId: 'same' }), context());
    const wakes = await wakesDuring(sandbox, async () => {
      await store.appendEvents(mine, { externalId: 'same' }, notes(1), context());
      await store.publishEvents(mine, [draft({ type: 'note.about', data: { session_id: other.id } })], context());
      await store.createToken(mine, tokenCommand(), context());
      await store.deleteSession(mine, { externalId: 'same' }, context());
      await sandbox.open.idle();
    });
    expect(new Set(wakes.map(({ org }) => org))).toEqual(new Set([mine]));
    expect(new Set(wakes.flatMap(({ sessions }) => sessions))).toEqual(new Set([session.id]));
  });
}

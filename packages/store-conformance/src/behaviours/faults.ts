/**
 * A fault at the k-th statement of a batch, for every k. The rule: an answer never says "not stored" unless that is
 * certain, a step is there as a whole or not at all, and a retry with the same key has one effect in the end (I3, I4, I5).
 */
import type { OrgId } from '@turnlog/core/ids';
import type { SessionRef } from '@turnlog/core/sessions';
import type { Idempotency } from '@turnlog/core/store';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FaultKind, StoreHarness } from '../harness.ts';
import { byId, context, newKey, notes, sessionCommand } from '../support/commands.ts';
import { DELIVERY_WRITES } from '../support/delivery-writes.ts';
import {
  accountViews,
  allEvents,
  allSessions,
  type Snapshot,
  sessionOf,
  snapshot,
  viewOf,
} from '../support/reading.ts';
import { refusal, refusalCode, settle } from '../support/refusals.ts';
import { type Sandbox, useStore, withStore } from '../support/sandbox.ts';
import type { Run } from '../support/write-case.ts';
import { WRITES } from '../support/writes.ts';

/** More statements than any one command needs: a harness whose faults never stop striking is told so. */
const STATEMENTS_MAX = 200;

/**
 * Rounds at the same time: a fatal fault costs a reopening, which is mostly waiting. Of the writes about webhooks each run
 * plays one lane alone, drawn by lot: what a store does then hardly depends on what it was writing.
 */
const LANES = 3;

/** What one round of a write under a planted fault came to. */
interface Round {
  readonly struck: boolean;
  /** How the write ended; null: well. */
  readonly code: string | null;
}

type Play = (own: Sandbox, org: OrgId, run: Run, statement: number) => Promise<Round>;

interface Append {
  readonly org: OrgId;
  readonly ref: SessionRef;
  readonly key: Idempotency;
  readonly size: number;
}

export function describeFaults(harness: StoreHarness): void {
  describe('faults', () => {
    const sandbox = useStore(harness);

    describe.each(WRITES)('$name', (write) => {
      const playAt = async (own: Sandbox, play: Play, statement: number): Promise<Round> => {
        const org = await own.newOrg();
        const round = await play(own, org, await write.prepare(own.store, org), statement);
        if (!round.struck) expect(round.code, 'a write that no fault struck succeeds').toBeNull();
        return round;
      };

      /** Plays rounds from one statement on, by steps, until the batch ends before it. */
      const playFrom = async (own: Sandbox, play: Play, first: number, step: number): Promise<(string | null)[]> => {
        const codes: (string | null)[] = [];
        for (let statement = first; ; statement += step) {
          expect(statement, 'a batch ends some time').toBeLessThan(STATEMENTS_MAX);
          const { struck, code } = await playAt(own, play, statement);
          if (!struck) {
            expect(statement, 'a write takes a statement, and a COMMIT').toBeGreaterThan(2);
            return codes;
          }
          codes.push(code);
        }
      };

      /** Plays no other than those, and then in any case the last, which is the COMMIT. */
      const playSome: typeof playFrom = async (own, play, first, step) => {
        const codes = await playFrom(own, play, first, step);
        for (let statement = first + codes.length * step - 1; statement > 0; statement--) {
          const { struck, code } = await playAt(own, play, statement);
          if (struck) return [...codes, code];
        }
        return expect.fail('a COMMIT can be struck');
      };

      test('no space left, at any statement: storage_full, nothing of it is there, and a retry has one effect', async () => {
        const full: Play = async (own, org, run, statement) => {
          const before = await snapshot(own.open, org);
          const key = newKey();
          const round = await strike(own, run, key, { kind: 'full', statement });
          if (round.code === 'outcome_unknown') {
            await own.reopen();
            await expectAllOrNothing(own, org, before, run, key);
          } else if (round.code !== null) {
            expect(await snapshot(own.open, org)).toEqual(before);
            expect(await own.store.keptFingerprint(org, key.key)).toBeNull();
            expect((await run(own.store, context(key))).replayed).toBe(false);
          }
          await expectOnce(own, org, run, key);
          return round;
        };
        const codes = await playFrom(sandbox, full, 1, 1);
        // Only a COMMIT that fails may leave it open whether something is stored.
        expect(new Set(codes.slice(0, -1))).toEqual(new Set(['storage_full']));
        expect(['storage_full', 'outcome_unknown']).toContain(codes.at(-1));
      });

      test('the disk fails, at any statement: outcome_unknown, all or nothing is there, and a retry has one effect', async () => {
        const io: Play = async (own, org, run, statement) => {
          const before = await snapshot(own.open, org);
          const key = newKey();
          const round = await strike(own, run, key, { kind: 'io', statement });
          if (round.code !== null) {
            expect(await snapshot(own.open, org), 'reads go on').toEqual(before);
            const refused = await refusalCode(own.store.createSession(org, sessionCommand(), context()));
            expect(['outcome_unknown', 'shutting_down'], 'no write is taken after it').toContain(refused);
            await own.reopen();
            await expectAllOrNothing(own, org, before, run, key);
          }
          await expectOnce(own, org, run, key);
          return round;
        };
        const lane = async (first: number, playLane: typeof playFrom) => {
          const codes = await withStore(harness, (own) => playLane(own, io, first, LANES));
          expect(new Set(codes)).toEqual(new Set(['outcome_unknown']));
        };
        if (DELIVERY_WRITES.includes(write)) {
          const drawn = fc.asyncProperty(fc.integer({ min: 1, max: LANES }), (first) => lane(first, playSome));
          await fc.assert(drawn, { numRuns: 1, endOnFailure: true });
        } else {
          await Promise.all(Array.from({ length: LANES }, (_, n) => lane(n + 1, playFrom)));
        }
      });

      test('a lock is held for a moment, at any statement: it is tried again, and has one effect', async () => {
        const busy: Play = async (own, org, run, statement) => {
          const key = newKey();
          const round = await strike(own, run, key, { kind: 'busy', statement });
          await expectOnce(own, org, run, key);
          return round;
        };
        expect(new Set(await playFrom(sandbox, busy, 1, 1))).toEqual(new Set([null]));
      });
    });

    test('a violated constraint that planning should have excluded stores nothing of its batch', async () => {
      await withStore(harness, async (own) => {
        for (let statement = 1; statement < STATEMENTS_MAX; statement++) {
          const org = await own.newOrg();
          const before = await snapshot(own.open, org);
          const command = sessionCommand({ externalId: 'run-1', metadata: { team: 'blue' }, events: notes(3) });
          const run: Run = (store, write) => store.createSession(org, command, write);
          const key = newKey();
          const { struck, code } = await strike(own, run, key, { kind: 'constraint', statement });
          if (code !== null) {
            expect(['internal', 'outcome_unknown']).toContain(code);
            expect(await snapshot(own.open, org)).toEqual(before);
            if (code === 'outcome_unknown') await own.reopen();
            await run(own.store, context(key));
          }
          await expectOnce(own, org, run, key);
          if (!struck) return;
        }
        expect.fail('a batch ends some time');
      });
    });

    test('a fault in a batch of many commands strikes them all, and none is there by half', async () => {
      await withStore(harness, async (own) => {
        for (const statement of [1, 2, 3, 5, 8, 13, 21, 34]) {
          const orgs = [await own.newOrg(), await own.newOrg()];
          const writes: Append[] = [];
          for (const org of orgs) {
            const { value } = await own.store.createSession(org, sessionCommand({ events: notes(1) }), context());
            for (let n = 0; n < 8; n++) writes.push({ org, ref: byId(value), key: newKey(), size: (n % 4) + 1 });
          }
          const append = ({ org, ref, key, size }: Append) =>
            own.store.appendEvents(org, ref, notes(size), context(key));
          await own.open.plantFault({ kind: 'full', statement });
          const { values, refusals } = await settle(writes.map(append));
          expect(values.length + refusals.length).toBe(writes.length);
          expect(refusals.every(({ code }) => code === 'storage_full' || code === 'outcome_unknown')).toBe(true);
          if (refusals.some(({ code }) => code === 'outcome_unknown')) await own.reopen();
          const retried = await Promise.all(writes.map(append));
          expect(retried.filter(({ replayed }) => replayed).length).toBeGreaterThanOrEqual(values.length);
          for (const org of orgs) {
            const [session] = await allSessions(own.store, org);
            const views = (await allEvents(own.store, org, byId(session ?? expect.fail()))).map(({ text }) =>
              viewOf(text),
            );
            expect(views.map(({ seq }) => seq)).toEqual(Array.from({ length: 21 }, (_, n) => n + 1));
          }
        }
      });
    });

    test('a purge goes on after a fault, and later commands are not disturbed', async () => {
      await withStore(harness, async (own) => {
        const org = await own.newOrg();
        const { value: doomed } = await own.store.createSession(org, sessionCommand({ events: notes(400) }), context());
        const { value: kept } = await own.store.createSession(org, sessionCommand(), context());
        await own.store.deleteSession(org, byId(doomed), context());
        await own.open.plantFault({ kind: 'full', statement: 2 });
        const append = () => own.store.appendEvents(org, byId(kept), notes(1), context());
        expect(await refusalCode(append())).toBe('storage_full');
        await append();
        await own.open.idle();
        expect((await own.open.storedRows(org)).events).toBe(1 + (await own.open.accountTexts(org)).length);
        expect((await sessionOf(own.store, org, byId(kept))).eventCount).toBe(1);
      });
    });
  });
}

/** Runs a write under a fault, when nothing else shares its batch. */
async function strike(
  { store, open }: Sandbox,
  run: Run,
  key: Idempotency,
  fault: { readonly kind: FaultKind; readonly statement: number },
): Promise<Round> {
  await open.idle();
  const planted = await open.plantFault(fault);
  const outcome = run(store, context(key));
  const [result] = await Promise.allSettled([outcome]);
  const struck = await planted.struck();
  if (result.status === 'fulfilled') {
    expect(result.value.replayed).toBe(false);
    return { struck, code: null };
  }
  return { struck, code: (await refusal(outcome)).code };
}

/** After an unknown outcome: nothing is there and the key is free, or all is and the key gives it. */
async function expectAllOrNothing(
  { store, open }: Sandbox,
  org: OrgId,
  before: Snapshot,
  run: Run,
  key: Idempotency,
): Promise<void> {
  const kept = await store.keptFingerprint(org, key.key);
  const after = await snapshot(open, org);
  if (kept === null) expect(after).toEqual(before);
  const { replayed } = await run(store, context(key));
  expect(replayed).toBe(kept !== null);
  if (replayed) expect(await snapshot(open, org)).toEqual(after);
}

/** The write has had one effect: its key answers, nothing is added, and every number is in its place. */
async function expectOnce({ store, open }: Sandbox, org: OrgId, run: Run, key: Idempotency): Promise<void> {
  const before = await snapshot(open, org);
  expect((await run(store, context(key))).replayed).toBe(true);
  expect(await snapshot(open, org)).toEqual(before);
  for (const session of before.sessions) {
    const views = (await allEvents(store, org, byId(session))).map(({ text }) => viewOf(text));
    expect(views.map(({ seq }) => seq)).toEqual(views.map((_, n) => n + 1));
    expect(session.eventCount).toBe(views.length);
    for (const type of new Set(views.map((view) => view.type))) {
      const found = await allEvents(store, org, byId(session), { types: [type] });
      expect(found.map(({ id }) => id)).toEqual(views.filter((view) => view.type === type).map(({ id }) => id));
    }
    const { id, agent, metadata } = session;
    const sought = await allSessions(store, org, { agentId: agent?.id ?? null, metadata });
    expect(sought.map((each) => each.id)).toContain(id);
  }
  const ids = (await accountViews(open, org)).map(({ id }) => id);
  expect(ids).toEqual([...new Set(ids)].sort());
  const { value: next } = await store.createSession(org, sessionCommand({ events: notes(2) }), context());
  expect(next.eventCount).toBe(2);
}

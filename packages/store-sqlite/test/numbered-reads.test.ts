/** Reads by number cost what they answer: nothing is counted or skipped from the start, and long ones run in slices. */
import { limits } from '@turnlog/core/limits';
import type { Session } from '@turnlog/core/sessions';
import {
  context,
  countQuery,
  draft,
  newHash,
  notes,
  sessionCommand,
  sliceQuery,
} from '@turnlog/store-conformance/commands';
import { describe, expect, test } from 'vitest';
import { newOrg, newSession, sessionOf } from './support/commands.ts';
import { executionsDuring } from './support/executions.ts';
import { inspect, numberIn } from './support/folder.ts';
import { readsDuring, turnsDuring, withStore } from './support/turns.ts';
import { Watched } from './support/watched.ts';

const TIMEOUT = { timeout: 120_000 };
/** More than a statement merges. */
const SCANNED_TYPES = Array.from({ length: 17 }, (_, n) => `note.kind_${n}`);

describe('a count at the tail', TIMEOUT, () => {
  test('asks SQLite as often among 100,000 events as among 10, with a time and without', async () => {
    await withStore(async (store, org) => {
      const [small, large] = [await newSession(store, org), await newSession(store, org)];
      await store.appendEvents(org, small, notes(10), context());
      const batches = 100_000 / limits.batchEvents;
      const appends = Array.from({ length: batches }, () =>
        store.appendEvents(org, large, notes(limits.batchEvents), context()),
      );
      await Promise.all(appends);
      const costs = async (ref: typeof small) => {
        const { updatedUs, eventCount } = await sessionOf(store, org, ref);
        const found = [];
        for (const later of [null, 0, 1, 2, 3, 4, 5, 6]) {
          const query = countQuery({ afterUs: later === null ? null : updatedUs - later });
          const { executions, value } = await executionsDuring(() => store.countEvents(org, ref, query));
          const total = later ?? eventCount;
          expect(value).toEqual({
            session: ref.id,
            total,
            page: total === 0 ? null : { low: eventCount - total + 1, high: eventCount },
          });
          found.push(executions);
        }
        return found;
      };
      const few = await costs(small);
      expect(Math.min(...few), 'executions are seen').toBeGreaterThan(0);
      expect(Math.max(...few)).toBeLessThan(10);
      expect(await costs(large)).toEqual(few);
    });
  });

  test('asks about twice the logarithm of the distance, wherever the time lies', async () => {
    await withStore(async (store, org) => {
      const ref = await newSession(store, org);
      for (let n = 0; n < 20; n++) await store.appendEvents(org, ref, notes(limits.batchEvents), context());
      const { updatedUs, eventCount } = await sessionOf(store, org, ref);
      for (let later = 1; later <= eventCount; later *= 3) {
        const query = countQuery({ afterUs: updatedUs - later });
        const { executions, value } = await executionsDuring(() => store.countEvents(org, ref, query));
        expect(value.total).toBe(later);
        expect(executions).toBeLessThanOrEqual(2 * Math.log2(later) + 6);
      }
      const { value } = await executionsDuring(() => store.countEvents(org, ref, countQuery({ afterUs: 1 })));
      expect(value.total).toBe(eventCount);
    });
  });
});

describe('a count of a type, over 50,000 events', TIMEOUT, () => {
  test('gives the loop a turn every 2,000 of them, and other reads are answered in between', async () => {
    await withStore(async (store, org) => {
      const ref = await newSession(store, org);
      const other = await newSession(store, org, { events: notes(3) });
      const appends = Array.from({ length: 100 }, () =>
        store.appendEvents(org, ref, notes(limits.batchEvents), context()),
      );
      await Promise.all(appends);
      const slices = 50_000 / limits.readRows;
      const count = () => store.countEvents(org, ref, countQuery({ type: 'note.added', offset: 33_333 }));
      const { turns, value } = await turnsDuring(count);
      expect(value).toEqual({ session: ref.id, total: 50_000, page: { low: 1, high: 50_000 - 33_333 } });
      expect(turns).toBeGreaterThanOrEqual(slices);
      expect(await readsDuring(count(), () => store.getSession(org, other))).toBeGreaterThanOrEqual(slices / 2);
    });
  });

  test('is refused when its session is deleted between two of its slices', async () => {
    await withStore(async (store, org, file) => {
      const ref = await newSession(store, org);
      const appends = Array.from({ length: 10 }, () =>
        store.appendEvents(org, ref, notes(limits.batchEvents), context()),
      );
      await Promise.all(appends);
      const counted = store.countEvents(org, ref, countQuery({ type: 'note.added' }));
      inspect(file, (db) => db.exec('UPDATE sessions SET deleted_us = 1, external_id = NULL'));
      await expect(counted).rejects.toMatchObject({ code: 'session_not_found' });
    });
  });

  test('and slices of more types than are merged, refuse to go on once their session is deleted', async () => {
    await withStore(async (store, org) => {
      const reads = [
        (ref: { readonly id: Session['id'] }) => store.countEvents(org, ref, countQuery({ type: 'note.added' })),
        (ref: { readonly id: Session['id'] }) => store.sliceEvents(org, ref, sliceQuery({ types: SCANNED_TYPES })),
      ];
      for (const read of reads) {
        const ref = await newSession(store, org, { events: SCANNED_TYPES.map((type) => draft({ type })) });
        await Promise.all(
          Array.from({ length: 20 }, () => store.appendEvents(org, ref, notes(limits.batchEvents), context())),
        );
        const deleted = store.deleteSession(org, ref, context());
        const readUntilGone = async () => {
          for (;;) await Promise.all([read(ref), new Promise((resolve) => setImmediate(resolve))]);
        };
        await expect(readUntilGone()).rejects.toMatchObject({ code: 'session_not_found' });
        await deleted;
      }
    });
  });
});

describe('numbered pages, over thousands of sessions', TIMEOUT, () => {
  const SESSIONS = 5_000;

  test('a page of an org that has deleted none is found by arithmetic, after deletions by skipping in slices', async () => {
    await withStore(async (store, org) => {
      const create = (n: number) => store.createSession(org, sessionCommand({ title: `${n}` }), context());
      const made: Session[] = [];
      for (let n = 0; n < SESSIONS; n += 1_000) {
        const outcomes = await Promise.all(Array.from({ length: 1_000 }, (_, i) => create(n + i)));
        made.unshift(...outcomes.map(({ value }) => value).toReversed());
      }
      const page = (offset: number) => store.pageOfSessions(org, { offset, limit: 50 });
      const expectPage = async (offset: number) => {
        const { executions, value } = await executionsDuring(() => page(offset));
        expect(value).toEqual({ data: made.slice(offset, offset + 50), total: made.length });
        return executions;
      };
      await expectPage(0); // which also finds the number of the org
      const first = await expectPage(0);
      for (const offset of [1, 2_345, SESSIONS - 50]) expect(await expectPage(offset)).toBe(first);
      const doomed = [made[4_990], made[4_000], made[100], made[3]].flatMap((session) => session ?? []);
      for (const session of doomed) {
        await store.deleteSession(org, { id: session.id }, context());
        made.splice(made.indexOf(session), 1);
        for (const offset of [0, 2, 3, 99, 2_345, made.length - 50, made.length - 1, made.length]) {
          await expectPage(offset);
        }
      }
      await store.settled();
      for (const offset of [0, 3, 4_500, made.length - 1]) await expectPage(offset);
      for (const offset of [made.length, 2 ** 31]) expect(await expectPage(offset), 'nothing is skipped').toBe(1);
      expect((await turnsDuring(() => page(4_500))).turns).toBeGreaterThanOrEqual(Math.floor(4_500 / limits.readRows));
    });
  });
});

test('deleted sessions that wait for their purge are neither counted nor shown nor the only one, and let nobody in', async () => {
  const watched = new Watched();
  const { store } = watched;
  const org = newOrg(store);
  const made: Session[] = [];
  for (let n = 0; n < 12; n++) {
    const capability = newHash();
    const { value } = await store.createSession(org, sessionCommand({ capability, events: notes(300) }), context());
    made.unshift(value);
  }
  const live = made.filter((_, n) => n % 3 === 1);
  await watched.hold();
  const deletions = made
    .filter((session) => !live.includes(session))
    .map(({ id }) => store.deleteSession(org, { id }, context()));
  watched.letThrough(deletions.length);
  await Promise.all(deletions);
  const waiting = 'SELECT count(*) FROM sessions WHERE deleted_us IS NOT NULL';
  expect(numberIn(watched.file, waiting), 'some wait').toBeGreaterThan(5);
  for (let offset = 0; offset <= live.length; offset++) {
    const page = await store.pageOfSessions(org, { offset, limit: 2 });
    expect(page).toEqual({ data: live.slice(offset, offset + 2), total: live.length });
  }
  const [newest, oldest] = [made[0]?.id, made.at(-1)?.id];
  if (newest === undefined || oldest === undefined) expect.fail('there are sessions');
  expect(await store.onlySessionBetween(org, oldest, newest)).toBeNull();
  expect(await store.onlySessionBetween(org, made[2]?.id ?? oldest, newest)).toBe(live[0]?.id);
  expect(await store.onlySessionBetween(org, made[3]?.id ?? oldest, made[2]?.id ?? newest)).toBeNull();
  expect(numberIn(watched.file, 'SELECT count(*) FROM capabilities')).toBe(live.length);
});

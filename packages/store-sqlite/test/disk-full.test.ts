/** A full disk: writes are refused and certainly not stored, reads go on, and space is all that it takes to recover. */
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { OrgId } from '@turnlog/core/ids';
import type { SessionRef } from '@turnlog/core/sessions';
import { context, newKey, notes, sessionCommand } from '@turnlog/store-conformance/commands';
import { describe, expect, test } from 'vitest';
import { openStore } from '../src/index.ts';
import { allTexts, failure, newOrg, newSession, noteOf, START_US, sessionOf } from './support/commands.ts';
import { mountMemory } from './support/disk.ts';
import { newFolder, numberIn } from './support/folder.ts';
import { Watched } from './support/watched.ts';

interface Full {
  readonly watched: Watched;
  readonly org: OrgId;
  readonly ref: SessionRef;
  /** Makes room again. */
  readonly free: () => void;
}

const PAGE_BYTES = 4_096;
const DISK_BYTES = 24 * 1024 * 1024;

describe('a file that may not grow (max_page_count)', { timeout: 60_000 }, () => {
  const fill = async (): Promise<Full> => {
    const watched = new Watched();
    const org = newOrg(watched.store);
    const ref = await newSession(watched.store, org, { events: notes(3) });
    const spare = 20;
    watched.limitPages(numberIn(watched.file, 'PRAGMA page_count') + spare);
    return { watched, org, ref, free: () => watched.limitPages(null) };
  };

  test('refuses a write as storage_full, stores nothing of it, and reads go on', async () => {
    await refusesAndReads(await fill());
  });

  test('takes the same write, with the same key, once there is room: with exactly one effect', async () => {
    await recovers(await fill());
  });

  test('refuses a whole commit: each of its writes may be sent again and has one effect', async () => {
    const full = await fill();
    const { watched, org, ref, free } = full;
    await watched.hold();
    const running = watched.store.appendEvents(org, ref, notes(1), context());
    await watched.standing();
    const keys = Array.from({ length: 5 }, newKey);
    const write = (key: (typeof keys)[number]) => watched.store.appendEvents(org, ref, [noteOf(60_000)], context(key));
    const writes = keys.map((key) => failure(write(key)));
    watched.release();
    await running;
    for (const error of await Promise.all(writes)) expect(error).toMatchObject({ code: 'storage_full' });
    expect(await sessionOf(watched.store, org, ref)).toMatchObject({ eventCount: 4 });
    free();
    for (const key of keys) expect(await write(key)).toMatchObject({ replayed: false });
    for (const key of keys) expect(await write(key)).toMatchObject({ replayed: true });
    expect(await sessionOf(watched.store, org, ref)).toMatchObject({ eventCount: 9 });
  });
});

describe('a disk without room (tmpfs)', { timeout: 60_000 }, () => {
  test('refuses a write as storage_full, stores nothing of it, and reads go on', async ({ skip }) => {
    await refusesAndReads(await fillDisk(skip));
  });

  test('takes the same write, with the same key, once there is room: with exactly one effect', async ({ skip }) => {
    await recovers(await fillDisk(skip));
  });

  test('has whole commits only, after a restart too, when it fills up in the middle of writing', async ({ skip }) => {
    const { watched, org, ref, free } = await fillDisk(skip);
    const texts = await allTexts(watched.store, org, ref);
    await watched.store.close();
    free();
    const again = openStore({ file: watched.file, nowUs: () => START_US, onUnknown: () => {} });
    expect(await allTexts(again, org, ref)).toEqual(texts);
    expect(numberIn(watched.file, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'")).toBe(1);
    await again.appendEvents(org, ref, notes(1), context());
    await again.close();
  });
});

async function refusesAndReads({ watched, org, ref }: Full): Promise<void> {
  const { store } = watched;
  const before = await allTexts(store, org, ref);
  const session = await sessionOf(store, org, ref);
  const [appendKey, createKey] = [newKey(), newKey()];
  const large = Array.from({ length: 12 }, () => noteOf(250_000));
  const command = sessionCommand({ externalId: 'not stored', events: large });
  expect(await failure(store.appendEvents(org, ref, large, context(appendKey)))).toMatchObject({
    code: 'storage_full',
    message: 'The disk is full; nothing was stored. Free some space, then try again.',
  });
  expect(await failure(store.createSession(org, command, context(createKey)))).toMatchObject({ code: 'storage_full' });
  expect(await allTexts(store, org, ref)).toEqual(before);
  expect(await sessionOf(store, org, ref)).toEqual(session);
  expect(await store.getSession(org, { externalId: 'not stored' })).toBeNull();
  expect(await store.keptFingerprint(org, appendKey.key)).toBeNull();
  expect(await store.keptFingerprint(org, createKey.key)).toBeNull();
  expect(numberIn(watched.file, 'SELECT count(*) FROM sessions')).toBe(1);
  expect(watched.unknown, 'a full disk is no reason to end the process').toEqual([]);
}

async function recovers({ watched, org, ref, free }: Full): Promise<void> {
  const { store } = watched;
  const key = newKey();
  const large = Array.from({ length: 12 }, () => noteOf(250_000));
  const write = () => store.appendEvents(org, ref, large, context(key));
  const { eventCount } = await sessionOf(store, org, ref);
  expect(await failure(write())).toMatchObject({ code: 'storage_full' });
  expect(await failure(write())).toMatchObject({ code: 'storage_full' });
  free();
  const first = await write();
  expect(first.replayed).toBe(false);
  const second = await write();
  expect(second.replayed).toBe(true);
  expect(isDeepStrictEqual(second.value, first.value), 'the kept answer is the first one').toBe(true);
  expect(await sessionOf(store, org, ref)).toMatchObject({ eventCount: eventCount + 12 });
  const seqs = (await allTexts(store, org, ref)).map((text) => (JSON.parse(text) as { seq: number }).seq);
  expect(seqs).toEqual(seqs.map((_, n) => n + 1));
  expect(watched.unknown).toEqual([]);
}

/** A store on a disk of its own that other files, and events until a write is refused, have filled. */
async function fillDisk(skip: (note: string) => never): Promise<Full> {
  const disk = join(newFolder(), 'disk');
  if (!mountMemory(disk, DISK_BYTES)) return skip('needs root on Linux, to mount a tmpfs');
  const watched = new Watched({ file: join(disk, 'turnlog.db') });
  const org = newOrg(watched.store);
  const ref = await newSession(watched.store, org, { events: notes(3) });
  const ballast = join(disk, 'ballast');
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(ballast, Buffer.alloc(bavail * bsize - 256 * PAGE_BYTES, 1));
  for (let written = true; written; ) {
    const end = await Promise.allSettled([watched.store.appendEvents(org, ref, [noteOf(20_000)], context())]);
    written = end[0].status === 'fulfilled';
  }
  return { watched, org, ref, free: () => rmSync(ballast) };
}

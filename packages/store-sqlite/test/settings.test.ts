/** I4: the settings under which an acknowledged write is on disk, as the writer's connection has them. */
import { statSync } from 'node:fs';
import { context, notes, sessionCommand } from '@turnlog/store-conformance/commands';
import { expect, test } from 'vitest';
import { openReadConnection, openWriteConnection } from '../src/connection.ts';
import { failure, newOrg, newSession, noteOf } from './support/commands.ts';
import { newFile } from './support/folder.ts';
import { Watched } from './support/watched.ts';

const FULL = 2;
const NORMAL = 1;
const MEMORY = 2;
const WAL_LEFT_BYTES = 16 * 1024 * 1024;

test("the writer's connection commits with synchronous=FULL into a WAL of bounded size, after its first write too", async () => {
  const watched = new Watched();
  const org = newOrg(watched.store);
  const ref = await newSession(watched.store, org);
  await watched.store.appendEvents(org, ref, notes(3), context());
  const batches = watched.batches().filter(({ orgs }) => orgs.length > 0);
  expect(batches).toHaveLength(2);
  for (const { pragmas } of batches) {
    expect(pragmas).toEqual({
      synchronous: FULL,
      journal_mode: 'wal',
      wal_autocheckpoint: 2_000,
      journal_size_limit: WAL_LEFT_BYTES,
      temp_store: MEMORY,
    });
  }
});

test('a writer whose synchronous was lowered to NORMAL does not confirm its first write', async () => {
  const watched = new Watched();
  const org = newOrg(watched.store);
  await watched.hold();
  const write = watched.store.createSession(org, sessionCommand(), context());
  watched.lowerSynchronous(NORMAL);
  watched.release();
  expect(await failure(write)).toMatchObject({ code: 'outcome_unknown' });
  expect(watched.unknown).toEqual([expect.stringContaining('synchronous=1: commits would not be durable')]);
});

test('a connection that reads cannot write', () => {
  const file = newFile();
  openWriteConnection(file).close();
  const db = openReadConnection(file);
  expect(() => db.exec('CREATE TABLE notes (text TEXT)')).toThrow(/readonly/);
  db.close();
});

test('the WAL is cut back to its bound after a long read has let it grow', { timeout: 60_000 }, async () => {
  const watched = new Watched();
  const org = newOrg(watched.store);
  const ref = await newSession(watched.store, org);
  const walBytes = () => statSync(`${watched.file}-wal`).size;
  const append = () => watched.store.appendEvents(org, ref, Array(8).fill(noteOf(250_000)), context());
  const reader = openReadConnection(watched.file);
  reader.exec('BEGIN; SELECT count(*) FROM events');
  while (walBytes() < 2 * WAL_LEFT_BYTES) await append();
  reader.exec('COMMIT');
  reader.close();
  await append();
  await append();
  expect(walBytes()).toBeLessThanOrEqual(WAL_LEFT_BYTES);
});

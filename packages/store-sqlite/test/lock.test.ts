/** One server per file, and the operator's desk beside it. */

import { context, newHash, sessionCommand } from '@turnlog/store-conformance/commands';
import { describe, expect, test } from 'vitest';
import { openOrgDesk, openStore, type SqliteStore, StoreFileError } from '../src/index.ts';
import { turnOfTheLoop } from '../src/read/turn.ts';
import { Child } from './support/child.ts';
import { failure, newOrg, newSession, START_US } from './support/commands.ts';
import { inspect, newFile, numberIn } from './support/folder.ts';
import { SCHEMA_VERSION } from './support/schema-versions.ts';

const HOLDER = new URL('./support/holder.ts', import.meta.url);

const open = (file: string): SqliteStore => openStore({ file, nowUs: () => START_US, onUnknown: () => {} });
const inUse = (file: string) =>
  `Another Turnlog server is using ${file}: stop it, or set DATABASE_URL to another file.`;

describe('the lock', { timeout: 60_000 }, () => {
  test('refuses a second store in the same process with one sentence, until the first is closed', async () => {
    const file = newFile();
    const first = open(file);
    expect(() => open(file)).toThrow(new StoreFileError(inUse(file)));
    expect(() => open(file), 'a refused opening takes nothing from the first').toThrow(StoreFileError);
    await first.close();
    await open(file).close();
  });

  test('refuses a store of another process while the first runs', async () => {
    const file = newFile();
    const first = open(file);
    expect(await new Child(HOLDER, [file]).line()).toBe(`StoreFileError: ${inUse(file)}`);
    await first.close();
    expect(await new Child(HOLDER, [file]).line()).toBe('open');
  });

  test('of a process that was killed is free at once', async () => {
    const file = newFile();
    const holder = new Child(HOLDER, [file]);
    expect(await holder.line()).toBe('open');
    expect(() => open(file)).toThrow(new StoreFileError(inUse(file)));
    await holder.kill();
    const store = open(file);
    const org = newOrg(store);
    await newSession(store, org);
    await store.close();
  });
});

describe('the org desk', () => {
  test('works beside a running store, which knows a new org and its token in the next turn of its loop', async () => {
    const file = newFile();
    const store = open(file);
    const first = newOrg(store);
    await newSession(store, first);
    const desk = openOrgDesk(file, () => START_US);
    expect(desk.firstOrg()).toBe(first);
    const [hash, second] = [newHash(), newHash()];
    const org = desk.createOrg({ name: 'beside', token: { name: 'first', hash, prefix: 'tlog_pat_abcd' } });
    await turnOfTheLoop();
    expect(await store.findPrincipal(hash)).toMatchObject({ org });
    const ref = await newSession(store, org);
    expect(await store.getSession(org, ref)).toMatchObject({ id: ref.id });
    expect(desk.createToken(org, { name: 'second', hash: second, prefix: 'tlog_pat_abcd' })).toBe(true);
    await turnOfTheLoop();
    expect(await store.findPrincipal(second)).toMatchObject({ org });
    desk.close();
    await store.close();
  });

  test("moves the clock of an org beside the store's writer, which goes on after it", async () => {
    const file = newFile();
    const store = open(file);
    const org = newOrg(store);
    await newSession(store, org);
    const desk = openOrgDesk(file, () => START_US + 60_000_000);
    desk.createToken(org, { name: 'second', hash: newHash(), prefix: 'tlog_pat_abcd' });
    desk.close();
    const { value } = await store.createSession(org, sessionCommand(), context());
    expect(value.createdUs).toBeGreaterThan(START_US + 60_000_000);
    await store.close();
  });

  test('answers false for a token of an org that is not there', async () => {
    const elsewhere = open(newFile());
    const unknown = newOrg(elsewhere);
    await elsewhere.close();
    const desk = openOrgDesk(newFile(), () => START_US);
    expect(desk.firstOrg()).toBeNull();
    expect(desk.createToken(unknown, { name: 'none', hash: newHash(), prefix: 'tlog_pat_abcd' })).toBe(false);
    desk.close();
  });

  test('makes a file by itself when no server runs, and holds it meanwhile', async () => {
    const file = newFile();
    const desk = openOrgDesk(file, () => START_US);
    expect(numberIn(file, 'PRAGMA user_version')).toBe(SCHEMA_VERSION);
    expect(() => open(file)).toThrow(new StoreFileError(inUse(file)));
    desk.close();
    await open(file).close();
  });

  test.each([
    { running: SCHEMA_VERSION - 1, advice: 'restart the server first.' },
    { running: SCHEMA_VERSION + 1, advice: 'start the newer Turnlog that wrote it.' },
  ])('refuses the file of a running server of schema version $running, and leaves it alone', async (kind) => {
    const file = newFile();
    const store = open(file);
    inspect(file, (db) => db.pragma(`user_version = ${kind.running}`));
    const sentence = `${file} has schema version ${kind.running}, and this Turnlog knows ${SCHEMA_VERSION}: ${kind.advice}`;
    expect(() => openOrgDesk(file, () => START_US)).toThrow(new StoreFileError(sentence));
    expect(numberIn(file, 'PRAGMA user_version')).toBe(kind.running);
    await store.close();
  });
});

describe('a closed store', () => {
  test('may be closed again', async () => {
    const store = open(newFile());
    await Promise.all([store.close(), store.close()]);
    await store.close();
  });

  test('refuses writes as shutting down', async () => {
    const store = open(newFile());
    const org = newOrg(store);
    await store.close();
    expect(await failure(store.createSession(org, sessionCommand(), context()))).toMatchObject({
      code: 'shutting_down',
    });
  });
});

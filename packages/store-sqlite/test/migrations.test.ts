/** What a file must be to be opened, and how it becomes a file of this version. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OrgId, SessionId } from '@turnlog/core/ids';
import { context, feedQuery, newKey, notes, sessionCommand, tokenCommand } from '@turnlog/store-conformance/commands';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { openWriteConnection } from '../src/connection.ts';
import { openOrgDesk, openStore, type SqliteStore, StoreFileError } from '../src/index.ts';
import { migrate } from '../src/migrate.ts';
import { Child } from './support/child.ts';
import { allTexts, newOrg, newSession, START_US } from './support/commands.ts';
import { inspect, newFile, newFolder, numberIn } from './support/folder.ts';
import {
  earlierMigrations,
  laterMigrations,
  MIGRATIONS,
  SCHEMA_VERSION,
  statementsOf,
} from './support/schema-versions.ts';

const KILLED_MIGRATION = new URL('./support/killed-migration.ts', import.meta.url);
const APPLICATION_ID = 0x544c4f47;
/** Children at the same time. */
const LANES = 2;
/** More than a migration asks of SQLite: a child that never comes to its end is told so. */
const ASKED_MAX = 200;

const open = (file: string): SqliteStore => openStore({ file, nowUs: () => START_US, onUnknown: () => {} });

/** Both ways into a file. */
const DOORS = [
  { door: 'the server', enter: open },
  { door: 'the org desk', enter: (file: string) => openOrgDesk(file, () => START_US) },
] as const;

function refusalOf(enter: () => unknown): string {
  try {
    enter();
  } catch (error) {
    expect(error).toBeInstanceOf(StoreFileError);
    return (error as StoreFileError).message;
  }
  return expect.fail('the file was opened');
}

function schemaOf(file: string): unknown {
  return inspect(file, (db) => ({
    version: db.pragma('user_version', { simple: true }),
    application: db.pragma('application_id', { simple: true }),
    objects: db.prepare('SELECT type, name, sql FROM sqlite_master ORDER BY type, name').all(),
    check: db.pragma('integrity_check', { simple: true }),
  }));
}

describe('a fresh file', () => {
  test('is marked as ours, counts its migrations and has every table', async () => {
    const file = newFile();
    await open(file).close();
    expect(numberIn(file, 'PRAGMA application_id')).toBe(APPLICATION_ID);
    expect(numberIn(file, 'PRAGMA user_version')).toBe(SCHEMA_VERSION);
    const tables = inspect(file, (db) =>
      db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").pluck().all(),
    );
    expect(tables).toEqual([
      'agents',
      'blocks',
      'capabilities',
      'deleted_sessions',
      'deliveries',
      'events',
      'idempotency',
      'lanes',
      'orgs',
      'replays',
      'session_heads',
      'session_metadata',
      'sessions',
      'settings',
      'token_secrets',
      'tokens',
      'types',
      'webhook_health',
      'webhook_secrets',
      'webhooks',
    ]);
  });

  test('of no bytes is taken as a new one', async () => {
    const file = newFile();
    writeFileSync(file, '');
    await open(file).close();
    expect(numberIn(file, 'PRAGMA user_version')).toBe(SCHEMA_VERSION);
  });

  test('is migrated once: a second opening changes nothing', async () => {
    const file = newFile();
    await open(file).close();
    const first = readFileSync(file);
    await open(file).close();
    expect(readFileSync(file).equals(first)).toBe(true);
  });
});

describe.each(DOORS)('$door refuses', ({ enter }) => {
  test('a file of a newer version, with the sentence that names both versions, and leaves it alone', async () => {
    const file = newFile();
    await open(file).close();
    inspect(file, (db) => db.pragma('user_version = 77'));
    const before = readFileSync(file);
    expect(refusalOf(() => enter(file))).toBe(
      `${file} has schema version 77, and this Turnlog knows ${SCHEMA_VERSION}: start the newer Turnlog that wrote it.`,
    );
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  test.each([
    { what: 'tables and no marks', make: (db: Database.Database) => db.exec('CREATE TABLE notes (text TEXT)') },
    { what: 'another application id', make: (db: Database.Database) => db.pragma('application_id = 42') },
    { what: 'a version and no application id', make: (db: Database.Database) => db.pragma('user_version = 1') },
  ])('a database of another program ($what) and leaves it byte for byte as it was', ({ make }) => {
    const file = newFile();
    const db = new Database(file);
    make(db);
    db.close();
    const before = readFileSync(file);
    expect(refusalOf(() => enter(file))).toBe(
      `${file} is a database of another program: point DATABASE_URL at a new or a Turnlog file.`,
    );
    expect(readFileSync(file).equals(before), 'the file is unchanged').toBe(true);
  });

  test.each([
    { what: 'a line of text', bytes: Buffer.from('not a database\n') },
    { what: 'a page of text', bytes: Buffer.from('This is a letter. '.repeat(1_000)) },
    { what: 'zeros', bytes: Buffer.alloc(8_192) },
  ])('a file that is no database ($what) and leaves it as it was', ({ bytes }) => {
    const file = newFile();
    writeFileSync(file, bytes);
    expect(refusalOf(() => enter(file))).toBe(
      `${file} is not a database: point DATABASE_URL at a new or a Turnlog file.`,
    );
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  test('a file whose folder does not exist', () => {
    const file = join(newFolder(), 'nowhere', 'turnlog.db');
    expect(refusalOf(() => enter(file))).toMatch(
      /cannot be opened \(.+\): check that its folder exists and can be written/,
    );
  });

  test('a folder', () => {
    const file = newFolder();
    expect(refusalOf(() => enter(file))).toMatch(/cannot be opened/);
  });

  test('and keeps nothing: the file can be put right and opened in the same process', async () => {
    const file = newFile();
    writeFileSync(file, 'not a database\n');
    refusalOf(() => enter(file));
    writeFileSync(file, '');
    await open(file).close();
    expect(numberIn(file, 'PRAGMA user_version')).toBe(SCHEMA_VERSION);
  });
});

describe('a kill in the middle of a migration', { timeout: 120_000 }, () => {
  test('leaves a fresh file empty, at every statement, and the next opening completes it', async () => {
    const wanted = newFile();
    await open(wanted).close();
    const schema = schemaOf(wanted);
    const survived = await killAtEachStatement({
      prepare: () => newFile(),
      check: async (file) => {
        expect(schemaOf(file)).toMatchObject({ version: 0, application: 0, objects: [], check: 'ok' });
        migrateTo(file);
        expect(schemaOf(file)).toEqual(schema);
      },
    });
    expect(survived, 'every statement of the migration was met').toBeGreaterThan(statementsOf(MIGRATIONS));
  });

  test('leaves the old schema and its rows intact when another migration comes, at every statement', async () => {
    const folder = laterMigrations(LATER);
    const { file: old, textsIn } = await fileWithEvents();
    const events = numberIn(old, 'SELECT count(*) FROM events');
    const before = schemaOf(old);
    const wanted = copyOf(old);
    migrateTo(wanted, folder);
    const after = schemaOf(wanted);
    expect(after).toMatchObject({ version: SCHEMA_VERSION + 1 });
    const survived = await killAtEachStatement({
      folder,
      prepare: () => copyOf(old),
      check: async (file) => {
        expect(schemaOf(file)).toEqual(before);
        const store = open(file);
        expect(await textsIn(store)).toHaveLength(5);
        await store.close();
        migrateTo(file, folder);
        expect(schemaOf(file)).toEqual(after);
        expect(numberIn(file, 'SELECT count(*) FROM events')).toBe(events);
      },
    });
    expect(survived).toBeGreaterThan(3);
  });
});

test('a later migration runs alone on a file that has seen the others, and this version then refuses the file', async () => {
  const folder = laterMigrations(LATER);
  const { file } = await fileWithEvents();
  migrateTo(file, folder);
  migrateTo(file, folder);
  expect(numberIn(file, 'PRAGMA user_version')).toBe(SCHEMA_VERSION + 1);
  expect(numberIn(file, "SELECT count(*) FROM marks WHERE name = 'later'")).toBe(1);
  expect(refusalOf(() => open(file))).toContain(`has schema version ${SCHEMA_VERSION + 1}, and this Turnlog knows`);
});

test('a migration that fails leaves the file as it was', async () => {
  const folder = laterMigrations('CREATE TABLE marks (name text);--> statement-breakpoint\nCREATE TABLE events (x);');
  const { file } = await fileWithEvents();
  const before = schemaOf(file);
  expect(() => migrateTo(file, folder)).toThrow(/already exists/);
  expect(schemaOf(file)).toEqual(before);
});

describe.each(DOORS)('a file of the first version', ({ door, enter }) => {
  test(`is brought to this one by ${door}: its data stays, and what it was about to purge is purged`, async () => {
    const { file: filled, org, refs, textsIn } = await fileWithEvents();
    const [kept, doomed] = refs;
    const file = await fileOfVersion(filled, 1);
    const count = numberIn(file, 'SELECT count(*) FROM events');
    inspect(file, (db) => {
      db.exec('UPDATE sessions SET deleted_us = 1 WHERE no = 2');
      db.exec('UPDATE events SET about_session = session WHERE session = 1'); // as the first version wrote it
    });
    await enter(file).close();
    expect(numberIn(file, 'PRAGMA user_version')).toBe(SCHEMA_VERSION);
    const fresh = newFile();
    await open(fresh).close();
    expect(schemaOf(file)).toEqual(schemaOf(fresh));
    const store = open(file);
    await store.settled();
    expect(await textsIn(store)).toHaveLength(5);
    await store.appendEvents(org, kept, notes(1), context());
    expect(await store.getSession(org, doomed)).toBeNull();
    expect(await store.sessionNamed(org, doomed)).toBe(doomed.id);
    const filter = { types: null, session: doomed.id, agentId: null };
    expect((await store.readOn(org, 'feed', null, filter))?.events.map(({ type }) => type)).toEqual([
      'session.created',
    ]);
    const { events = [] } = (await store.readOn(org, 'feed', null, { ...filter, session: kept.id })) ?? {};
    expect(events.map(({ type }) => type)).toEqual(['session.created', ...Array(6).fill('note.added')]);
    expect(numberIn(file, 'SELECT count(*) FROM events')).toBe(count - 5 + 1);
    await store.close();
  });
});

test('a file from before origins tells its own events from others, counts its sessions and keeps its answers', async () => {
  const file = newFile();
  const filled = open(file);
  const org = newOrg(filled);
  newOrg(filled, 'another org');
  const keys = { create: newKey(), cancel: newKey(), remove: newKey(), append: newKey(), token: newKey() };
  const create = (store: SqliteStore) =>
    store.createSession(org, sessionCommand({ externalId: 'run-1', metadata: { phase: 'x' } }), context(keys.create));
  const { value: session } = await create(filled);
  const doomed = await newSession(filled, org);
  const marked = await newSession(filled, org);
  const command = tokenCommand();
  const repeats = {
    create,
    cancel: (store: SqliteStore) => store.cancelSession(org, { id: session.id }, context(keys.cancel)),
    remove: (store: SqliteStore) => store.deleteSession(org, doomed, context(keys.remove)),
    append: (store: SqliteStore) => store.appendEvents(org, { id: session.id }, notes(2), context(keys.append)),
    token: (store: SqliteStore) => store.createToken(org, command, context(keys.token)),
  };
  await filled.publishEvents(org, notes(2, 'note.published'), context());
  const before = [];
  for (const repeat of Object.values(repeats)) before.push((await repeat(filled)).value);
  await filled.close();
  const old = await fileOfVersion(file, 4);
  inspect(old, (db) => {
    const removed = "'$.origin', '$.occurredAt', '$.session.origin', '$.session.occurredAt', '$.eventCount'";
    db.exec(`UPDATE idempotency SET answer = json_remove(answer, '$.origin', '$.occurredAt')
             WHERE answer IS NOT NULL AND json_type(answer, '$.phase') IS NOT NULL`);
    db.exec(`UPDATE idempotency SET answer = json_remove(answer, ${removed})
             WHERE answer IS NOT NULL AND json_type(answer, '$.phase') IS NULL`);
    db.prepare('UPDATE sessions SET deleted_us = 1 WHERE no = 3').run();
  });
  const store = open(old);
  const after = [];
  for (const repeat of Object.values(repeats)) {
    const outcome = await repeat(store);
    expect(outcome.replayed).toBe(true);
    after.push(outcome.value);
  }
  expect(after).toEqual(before);
  expect(await store.getSession(org, marked)).toBeNull();
  expect(await store.pageOfSessions(org, { offset: 0, limit: 9 })).toMatchObject({
    data: [{ id: session.id }],
    total: 1,
  });
  const { events } = await store.listFeed(org, feedQuery());
  expect(events.map(({ text, origin }) => [JSON.parse(Buffer.from(text).toString()).type, origin])).toEqual([
    ...Array(3).fill(['session.created', 'server']),
    ...Array(2).fill(['note.published', 'native']),
    ['session.deleted', 'server'],
    ...Array(2).fill(['note.added', 'native']),
  ]);
  expect(await store.getSession(org, { id: session.id })).toMatchObject({ origin: 'native', occurredAt: null });
  await newSession(store, org);
  expect((await store.pageOfSessions(org, { offset: 0, limit: 9 })).total).toBe(2);
  await store.close();
});

interface Kills {
  readonly folder?: string;
  prepare(): string;
  /** Looks at a file whose migration was killed. */
  check(file: string): Promise<void>;
}

/** Kills a migration before its first statement, its second, and so on until one comes through; answers how many died. */
async function killAtEachStatement({ folder, prepare, check }: Kills): Promise<number> {
  let killed = 0;
  const lane = async (first: number) => {
    for (let k = first; ; k += LANES) {
      expect(k, 'a migration ends some time').toBeLessThan(ASKED_MAX);
      const file = prepare();
      const child = new Child(KILLED_MIGRATION, [file, String(k), ...(folder === undefined ? [] : [folder])]);
      const { signal, code, stderr } = await child.ended;
      if (signal !== 'SIGKILL') return expect(code, stderr).toBe(0);
      killed++;
      await check(file);
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, n) => lane(n + 1)));
  return killed;
}

function migrateTo(file: string, folder?: string): void {
  const db = openWriteConnection(file);
  try {
    migrate(db, file, folder);
  } finally {
    db.close();
  }
}

const LATER = `CREATE TABLE marks (name text NOT NULL);--> statement-breakpoint
INSERT INTO marks VALUES ('later');--> statement-breakpoint
ALTER TABLE sessions ADD COLUMN colour text;--> statement-breakpoint
UPDATE sessions SET colour = 'blue';`;

interface Filled {
  readonly file: string;
  readonly org: OrgId;
  /** Its two sessions. */
  readonly refs: readonly [{ readonly id: SessionId }, { readonly id: SessionId }];
  /** The events of its first session, as a store finds them. */
  readonly textsIn: (store: SqliteStore) => Promise<string[]>;
}

async function fileWithEvents(): Promise<Filled> {
  const file = newFile();
  const store = open(file);
  const org = newOrg(store);
  const ref = await newSession(store, org, { events: notes(5) });
  const other = await newSession(store, org, { events: notes(5) });
  await store.close();
  return { file, org, refs: [ref, other], textsIn: (again) => allTexts(again, org, ref) };
}

/** The rows of a file in a file as an earlier version made it. */
async function fileOfVersion(filled: string, version: number): Promise<string> {
  const file = newFile();
  migrateTo(file, earlierMigrations(version));
  inspect(file, (db) => {
    const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all() as string[];
    db.prepare('ATTACH ? AS filled').run(filled);
    for (const table of tables) {
      const columns = db.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(table).join(', ');
      db.exec(`INSERT INTO main.${table} (${columns}) SELECT ${columns} FROM filled.${table}`);
    }
  });
  expect(numberIn(file, 'PRAGMA user_version')).toBe(version);
  return file;
}

function copyOf(file: string): string {
  const copy = newFile();
  cpSync(file, copy);
  return copy;
}

/** Bringing a file to the schema of this version, in one transaction: a kill in the middle leaves the old file. */
import { fileURLToPath } from 'node:url';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import type { Connection } from './connection.ts';
import { StoreFileError } from './file-error.ts';

/** "TLOG": marks the file as ours (`PRAGMA application_id`). */
const APPLICATION_ID = 0x544c4f47;
const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url));

/** Runs what is missing; `PRAGMA user_version` counts the migrations a file has seen. */
export function migrate(db: Connection, file: string): void {
  const migrations = readMigrationFiles({ migrationsFolder: MIGRATIONS });
  db.exec('BEGIN IMMEDIATE');
  try {
    const version = checkedVersion(db, file, migrations.length);
    for (const migration of migrations.slice(version)) {
      for (const statement of migration.sql) db.exec(statement);
    }
    if (version < migrations.length) {
      db.pragma(`application_id = ${APPLICATION_ID}`);
      db.pragma(`user_version = ${migrations.length}`);
    }
    db.exec('COMMIT');
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** Throws unless the file has exactly the schema of this version. */
export function checkMigrated(db: Connection, file: string): void {
  const known = readMigrationFiles({ migrationsFolder: MIGRATIONS }).length;
  const version = checkedVersion(db, file, known);
  if (version < known) {
    throw new StoreFileError(
      `${file} has schema version ${version}, and this Turnlog knows ${known}: restart the server first.`,
    );
  }
}

function checkedVersion(db: Connection, file: string, known: number): number {
  const version = db.pragma('user_version', { simple: true }) as number;
  const application = db.pragma('application_id', { simple: true }) as number;
  const tables = db.prepare("SELECT count(*) FROM sqlite_master WHERE type = 'table'").pluck().get() as number;
  const empty = version === 0 && application === 0 && tables === 0;
  if (!empty && application !== APPLICATION_ID) {
    throw new StoreFileError(
      `${file} is a database of another program: point DATABASE_URL at a new or a Turnlog file.`,
    );
  }
  if (version > known) {
    throw new StoreFileError(
      `${file} has schema version ${version}, and this Turnlog knows ${known}: start the newer Turnlog that wrote it.`,
    );
  }
  return version;
}

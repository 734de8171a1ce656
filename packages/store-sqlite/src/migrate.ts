/** Bringing a file to the schema of this version, in one transaction: a kill in the middle leaves the old file. */
import { fileURLToPath } from 'node:url';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { type Connection, openWriteConnection } from './connection.ts';
import { StoreFileError } from './file-error.ts';
import { APPLICATION_ID, markedVersion } from './file-mark.ts';

const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url));

/** A connection that writes, once the file is brought to this version's schema or `prepare` has found it there. */
export function openMigrated(file: string, prepare: (db: Connection, file: string) => void = migrate): Connection {
  const db = openWriteConnection(file);
  try {
    prepare(db, file);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Runs what is missing of a folder's migrations; `PRAGMA user_version` counts those that a file has seen. */
export function migrate(db: Connection, file: string, migrationsFolder = MIGRATIONS): void {
  const migrations = readMigrationFiles({ migrationsFolder });
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
  const version = markedVersion(db, file);
  if (version > known) {
    throw new StoreFileError(
      `${file} has schema version ${version}, and this Turnlog knows ${known}: start the newer Turnlog that wrote it.`,
    );
  }
  return version;
}

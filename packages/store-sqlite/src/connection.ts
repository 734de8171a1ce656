/** Connections to the file, each with its settings stated and checked. */
import Database from 'better-sqlite3';
import { StoreFileError } from './file-error.ts';
import { markedVersion } from './file-mark.ts';

export type Connection = Database.Database;

/** Pages of 4 KiB that the WAL holds before a commit checkpoints it: 8 MiB, and one page of shared index. */
const WAL_PAGES = 2_000;
/** What a checkpoint leaves of a WAL that a long read let grow. */
const WAL_LEFT_BYTES = 16 * 1024 * 1024;
const CACHE_KIB = 64 * 1024;
/** How long a connection waits for another process's lock. */
const BUSY_MS = 5_000;
const SYNCHRONOUS_FULL = 2;

/** The one connection that writes; used from the writer's thread. */
export function openWriteConnection(file: string): Connection {
  return configured(file, (db) => {
    markedVersion(db, file);
    db.pragma('journal_mode = WAL');
    db.pragma(`wal_autocheckpoint = ${WAL_PAGES}`);
    db.pragma(`journal_size_limit = ${WAL_LEFT_BYTES}`);
    db.pragma('synchronous = FULL');
    assertDurable(db);
  });
}

/** A connection that cannot write. */
export function openReadConnection(file: string): Connection {
  return configured(file, (db) => db.pragma('query_only = ON'));
}

/** Throws unless a commit of this connection reaches the disk before it returns (I4). */
export function assertDurable(db: Connection): void {
  const synchronous = db.pragma('synchronous', { simple: true });
  const journal = db.pragma('journal_mode', { simple: true });
  if (synchronous !== SYNCHRONOUS_FULL || journal !== 'wal') {
    throw new StoreFileError(
      `SQLite runs with journal_mode=${journal}, synchronous=${synchronous}: commits would not be durable.`,
    );
  }
}

function configured(file: string, configure: (db: Connection) => void): Connection {
  const db = openDatabase(file, BUSY_MS);
  try {
    configure(db);
    db.pragma(`cache_size = -${CACHE_KIB}`);
    db.pragma('temp_store = MEMORY');
    return db;
  } catch (error) {
    db.close();
    throw explained(error, file);
  }
}

/** Opens a database or throws the operator's sentence; `timeoutMs` is how long it waits for another's lock. */
export function openDatabase(file: string, timeoutMs: number): Connection {
  try {
    return new Database(file, { timeout: timeoutMs });
  } catch (error) {
    throw explained(error, file);
  }
}

/** The operator's sentence for a file that SQLite cannot open. */
function explained(error: unknown, file: string): unknown {
  if (!(error instanceof Error) || error instanceof StoreFileError) return error;
  const code = error instanceof Database.SqliteError ? error.code : '';
  if (code === 'SQLITE_NOTADB') {
    return new StoreFileError(`${file} is not a database: point DATABASE_URL at a new or a Turnlog file.`);
  }
  return new StoreFileError(
    `${file} cannot be opened (${error.message}): check that its folder exists and can be written.`,
  );
}

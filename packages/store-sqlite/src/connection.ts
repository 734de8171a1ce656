/** Connections to the file, each with its settings stated and checked. */
import Database from 'better-sqlite3';
import { StoreFileError } from './file-error.ts';

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
  const db = open(file);
  try {
    db.pragma('journal_mode = WAL');
  } catch (error) {
    db.close();
    throw explained(error, file);
  }
  db.pragma(`wal_autocheckpoint = ${WAL_PAGES}`);
  db.pragma(`journal_size_limit = ${WAL_LEFT_BYTES}`);
  db.pragma('synchronous = FULL');
  assertDurable(db);
  return db;
}

/** A connection that cannot write. */
export function openReadConnection(file: string): Connection {
  const db = open(file);
  db.pragma('query_only = ON');
  return db;
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

function open(file: string): Connection {
  const db = opened(file);
  db.pragma(`cache_size = -${CACHE_KIB}`);
  db.pragma('temp_store = MEMORY');
  return db;
}

function opened(file: string): Connection {
  try {
    return new Database(file, { timeout: BUSY_MS });
  } catch (error) {
    throw explained(error, file);
  }
}

/** The operator's sentence for a file that SQLite cannot open. */
function explained(error: unknown, file: string): unknown {
  if (!(error instanceof Error)) return error;
  const code = error instanceof Database.SqliteError ? error.code : '';
  if (code === 'SQLITE_NOTADB') {
    return new StoreFileError(`${file} is not a database: point DATABASE_URL at a new or a Turnlog file.`);
  }
  return new StoreFileError(
    `${file} cannot be opened (${error.message}): check that its folder exists and can be written.`,
  );
}

/** One server per file: an exclusive lock on `<file>.lock`, which the system frees when its process ends, however. */
import { existsSync, realpathSync } from 'node:fs';
import Database from 'better-sqlite3';
import { openDatabase } from './connection.ts';
import { StoreFileError } from './file-error.ts';

export interface FileLock {
  release(): void;
}

/** Takes the lock or throws one sentence. */
export function lockFile(file: string): FileLock {
  const db = openDatabase(`${realPath(file)}.lock`, 0);
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (error instanceof Database.SqliteError && error.code === 'SQLITE_BUSY') {
      throw new StoreFileError(
        `Another Turnlog server is using ${file}: stop it, or set DATABASE_URL to another file.`,
      );
    }
    throw error;
  }
  return { release: () => db.close() };
}

/** The file itself, however many links lead to it. */
function realPath(file: string): string {
  return existsSync(file) ? realpathSync(file) : file;
}

/** A folder of a test's own, and what it looks at in a file without the store. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';

/** Takes what is to be done at the end, the last thing first. */
export type AtEnd = (end: () => void | Promise<void>) => void;

/** A folder that is removed at the end of the test. */
export function newFolder(atEnd: AtEnd = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), 'turnlog-sqlite-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The path of a file that does not exist yet, in a folder of its own. */
export function newFile(atEnd: AtEnd = onTestFinished): string {
  return join(newFolder(atEnd), 'turnlog.db');
}

/** Runs work whose things are put away before it ends, for what several tests look at. */
export async function withEnd<Value>(work: (atEnd: AtEnd) => Promise<Value>): Promise<Value> {
  const ends: (() => void | Promise<void>)[] = [];
  try {
    return await work((end) => ends.unshift(end));
  } finally {
    for (const end of ends) await end();
  }
}

/** Looks into a file with a connection of its own. */
export function inspect<Value>(file: string, read: (db: Database.Database) => Value): Value {
  const db = new Database(file, { fileMustExist: true });
  try {
    return read(db);
  } finally {
    db.close();
  }
}

/** The one number that a query answers. */
export function numberIn(file: string, text: string): number {
  return inspect(file, (db) => db.prepare(text).pluck().get() as number);
}

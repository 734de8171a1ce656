/** What the domain asks of the machine. */
import { randomBytes as systemRandomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { pooled } from '@turnlog/core/random';
import { StoreFileError } from '@turnlog/store-sqlite';

/** Microseconds since 1970, to the millisecond. */
export function nowUs(): number {
  return Date.now() * 1000;
}

/** Resolves in the next turn of the event loop, when what has come meanwhile was served. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Calls back after so many milliseconds, unless what it answers is called before; keeps no process alive. */
export function after(milliseconds: number, call: () => void): () => void {
  const timer = setTimeout(call, milliseconds).unref();
  return () => clearTimeout(timer);
}

export const randomBytes = pooled(systemRandomBytes);

/** Makes the folder of a file, for its owner alone. Throws `StoreFileError` when that cannot be. */
export function makeFolder(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StoreFileError(`The folder of ${file} cannot be made (${reason}): set DATABASE_URL to a path of yours.`);
  }
}

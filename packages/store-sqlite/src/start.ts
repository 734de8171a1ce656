/** What a server settles in its file before it serves it. */
import type { Connection } from './connection.ts';
import { Statements } from './statements.ts';

/** Frees every lane: whoever owned one served this file, and the file's lock says that nobody does now. */
export function freeLanes(db: Connection): void {
  new Statements(db).run('UPDATE lanes SET owner = NULL, lease_us = NULL WHERE owner IS NOT NULL');
}

export interface SecretKeyCheck {
  readonly stored: Uint8Array;
  /** Whether it was made just now. */
  readonly isNew: boolean;
}

const SECRET_KEY_CHECK = 'secret_key_check';

/** The stored check value of the key that seals secrets; where there is none, what `make` makes is stored. */
export function secretKeyCheck(db: Connection, make: (() => Uint8Array) | null): SecretKeyCheck | null {
  const work = (): SecretKeyCheck | null => {
    const statements = new Statements(db);
    const known = statements.row<{ value: Uint8Array }>('SELECT value FROM settings WHERE name = ?', SECRET_KEY_CHECK);
    if (known) return { stored: known.value, isNew: false };
    if (make === null) return null;
    const stored = make();
    statements.run('INSERT INTO settings (name, value) VALUES (?, ?)', SECRET_KEY_CHECK, stored);
    return { stored, isNew: true };
  };
  return db.transaction(work).immediate();
}

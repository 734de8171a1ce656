/** The operator's access to a file, beside a running server or without one: orgs and their tokens. */
import type { NewOrg } from '@turnlog/core/directory';
import type { OrgId } from '@turnlog/core/ids';
import { StoreFileError } from './file-error.ts';
import { type FileLock, lockFile } from './lock.ts';
import { checkMigrated, migrate, openMigrated } from './migrate.ts';
import { createOperatorToken, createOrg, firstOrg } from './orgs.ts';
import { Statements } from './statements.ts';

export interface OrgDesk {
  createOrg(org: NewOrg): OrgId;
  /** False when there is no such org. */
  createToken(org: OrgId, token: NewOrg['token']): boolean;
  firstOrg(): OrgId | null;
  close(): void;
}

export function openOrgDesk(file: string, nowUs: () => number): OrgDesk {
  const lock = lockUnlessServed(file);
  try {
    const db = openMigrated(file, lock ? migrate : checkMigrated);
    return {
      createOrg: (org) => createOrg(db, org, nowUs()),
      createToken: (org, token) => createOperatorToken(db, org, token, nowUs()),
      firstOrg: () => firstOrg(new Statements(db)),
      close: () => {
        db.close();
        lock?.release();
      },
    };
  } catch (error) {
    lock?.release();
    throw error;
  }
}

/** Null while a server uses the file: then the file must not change its schema. */
function lockUnlessServed(file: string): FileLock | null {
  try {
    return lockFile(file);
  } catch (error) {
    if (error instanceof StoreFileError) return null;
    throw error;
  }
}

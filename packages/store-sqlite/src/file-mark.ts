/** What marks a file as ours; looked at before anything is set or written, so that a foreign file stays as it is. */
import type { Connection } from './connection.ts';
import { StoreFileError } from './file-error.ts';

/** "TLOG" (`PRAGMA application_id`). */
export const APPLICATION_ID = 0x544c4f47;

/** How many migrations the file has seen; throws unless it is empty or ours. */
export function markedVersion(db: Connection, file: string): number {
  const version = db.pragma('user_version', { simple: true }) as number;
  const application = db.pragma('application_id', { simple: true }) as number;
  const tables = db.prepare("SELECT count(*) FROM sqlite_master WHERE type = 'table'").pluck().get() as number;
  const empty = version === 0 && application === 0 && tables === 0;
  if (!empty && application !== APPLICATION_ID) {
    throw new StoreFileError(
      `${file} is a database of another program: point DATABASE_URL at a new or a Turnlog file.`,
    );
  }
  return version;
}

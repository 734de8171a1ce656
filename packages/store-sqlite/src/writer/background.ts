/** Work that shares commits with commands, a bounded number of rows at a time. */
import { bytesFromId } from '@turnlog/core/ids';
import type { Statements } from '../statements.ts';
import type { BatchRequest, Touch } from './protocol.ts';

/** Does up to the requested rows of work, uses first, the purge last; answers whether more is left. */
export function workInBackground(statements: Statements, request: BatchRequest['background']): boolean {
  for (const touch of request.touches) touchToken(statements, touch);
  let rows = request.rows - request.touches.length;
  if (request.sweepBeforeUs !== null) {
    const swept = sweepAnswers(statements, request.sweepBeforeUs, rows);
    if (swept === rows) return true;
    rows -= swept;
  }
  return purge(statements, rows);
}

function touchToken(statements: Statements, { org, token, usedUs }: Touch): void {
  statements.run(
    `UPDATE tokens SET last_used_us = max(coalesce(last_used_us, 0), ?)
     WHERE org = (SELECT no FROM orgs WHERE id = ?) AND id = ?`,
    usedUs,
    bytesFromId(org),
    bytesFromId(token),
  );
}

/** Removes the oldest kept answers that are past their time; answers how many. */
function sweepAnswers(statements: Statements, beforeUs: number, rows: number): number {
  return statements.run(
    `DELETE FROM idempotency WHERE rowid IN (
       SELECT rowid FROM idempotency WHERE created_us < ? ORDER BY created_us LIMIT ?)`,
    beforeUs,
    rows,
  );
}

/** Removes rows of the session that was deleted first; the session itself, but for its id, with its last events. */
function purge(statements: Statements, rows: number): boolean {
  const session = statements.row<{ org: number; no: number }>(
    'SELECT org, no FROM sessions WHERE deleted_us IS NOT NULL ORDER BY deleted_us LIMIT 1',
  );
  if (!session) return false;
  const removed = statements.run(
    `DELETE FROM events WHERE rowid IN (
       SELECT rowid FROM events WHERE org = ? AND session = ? ORDER BY seq LIMIT ?)`,
    session.org,
    session.no,
    rows,
  );
  if (removed < rows) {
    statements.run(
      'INSERT INTO deleted_sessions (org, id, no) SELECT org, id, no FROM sessions WHERE org = ? AND no = ?',
      session.org,
      session.no,
    );
    statements.run('DELETE FROM session_heads WHERE org = ? AND session = ?', session.org, session.no);
    statements.run('DELETE FROM sessions WHERE org = ? AND no = ?', session.org, session.no);
  }
  return true;
}

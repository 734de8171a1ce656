/** From a session's names to its id and number, also when the session is deleted: its account events stay. */
import { bytesFromId, idFromBytes, type SessionId } from '@turnlog/core/ids';
import type { SessionRef } from '@turnlog/core/sessions';
import type { Statements } from '../statements.ts';

/** The id that a name stands for; null: none. An external id stands for nothing once its session is deleted. */
export function findSessionId(statements: Statements, org: number, ref: SessionRef): SessionId | null {
  if ('id' in ref) return findSessionNumber(statements, org, ref.id) === null ? null : ref.id;
  const text = 'SELECT id FROM sessions WHERE org = ? AND external_id = ?';
  const row = statements.row<{ id: Uint8Array }>(text, org, ref.externalId);
  return row ? idFromBytes('sess', row.id) : null;
}

/** Null: there never was one in this org. */
export function findSessionNumber(statements: Statements, org: number, id: SessionId): number | null {
  const bytes = bytesFromId(id);
  const row =
    statements.row<{ no: number }>('SELECT no FROM sessions WHERE org = ? AND id = ?', org, bytes) ??
    statements.row<{ no: number }>('SELECT no FROM deleted_sessions WHERE org = ? AND id = ?', org, bytes);
  return row?.no ?? null;
}

/** How far a live session reaches: its number and the numbers of its events. */
import { sessionNotFound } from '@turnlog/core/errors';
import { bytesFromId } from '@turnlog/core/ids';
import { nameOf, type SessionRef } from '@turnlog/core/sessions';
import type { Statements } from '../statements.ts';

export interface Extent {
  readonly no: number;
  readonly id: Uint8Array;
  readonly first_seq: number;
  /** The number of its last event. */
  readonly count: number;
}

const SELECT = `SELECT s.no, s.id, s.first_seq, h.count FROM sessions s
  JOIN session_heads h ON h.org = s.org AND h.session = s.no
  WHERE s.deleted_us IS NULL AND s.org = ? AND`;

/** Undefined: there is no such live session. */
export function findExtent(statements: Statements, org: number, ref: SessionRef): Extent | undefined {
  return 'id' in ref
    ? statements.row<Extent>(`${SELECT} s.id = ?`, org, bytesFromId(ref.id))
    : statements.row<Extent>(`${SELECT} s.external_id = ?`, org, ref.externalId);
}

/** `session_not_found`. */
export function extentOf(statements: Statements, org: number, ref: SessionRef): Extent {
  const extent = findExtent(statements, org, ref);
  if (!extent) throw sessionNotFound(nameOf(ref));
  return extent;
}

/** Between the slices of a read: `session_not_found` once the session that it began with is gone. */
export function checkSame(
  statements: Statements,
  { org, session }: { readonly org: number; readonly session: number },
  ref: SessionRef,
): void {
  if (findExtent(statements, org, ref)?.no !== session) throw sessionNotFound(nameOf(ref));
}

/** The next events of a session, of some types or of all, until a taker has enough. */
import { limits } from '@turnlog/core/limits';
import type { Statements } from '../statements.ts';
import { MERGED_TYPES, mergeTypes, type Span } from './event-pages.ts';

/** Takes a text; false: it does not fit any more. */
type Take = (text: Buffer) => boolean;

interface Row {
  readonly seq: number;
  readonly text: Buffer;
}

/** Hands over texts in ascending order; answers the last number looked at, at least `span.low`. */
export function fillFrom(statements: Statements, span: Span, types: readonly number[] | null, take: Take): number {
  if (types === null) {
    const text = `SELECT seq, CAST(text AS BLOB) AS text FROM events
      WHERE org = ? AND session = ? AND seq BETWEEN ? AND ? ORDER BY seq`;
    return drain(statements, text, [span.org, span.session, span.low, span.high], span.high, take);
  }
  if (types.length === 0) return span.high;
  if (types.length > MERGED_TYPES) return scanSlice(statements, span, new Set(types), take);
  const { text, values } = mergeTypes(span, types);
  return drain(statements, text, [...values, limits.sliceEvents + 1], span.high, take);
}

function drain(statements: Statements, text: string, values: number[], high: number, take: Take): number {
  let lookedAt = 0;
  for (const row of statements.get(text).iterate(...values)) {
    const { seq, text: bytes } = row as Row;
    if (!take(bytes)) return lookedAt;
    lookedAt = seq;
  }
  return high;
}

/** For types too many to merge: looks at a slice of numbers, whatever stands there. */
function scanSlice(statements: Statements, span: Span, types: ReadonlySet<number>, take: Take): number {
  const high = Math.min(span.high, span.low + limits.readRows - 1);
  const refused = offerSlice(statements, { ...span, high }, types, take);
  return refused === null ? high : refused - 1;
}

/** Looks at every number of a span, in its direction; answers the number whose text was refused, null when none was. */
export function offerSlice(
  statements: Statements,
  { org, session, low, high, ascending }: Span,
  types: ReadonlySet<number>,
  take: Take,
): number | null {
  const rows = statements.rows<{ seq: number; type_no: number }>(
    `SELECT seq, type_no FROM events WHERE org = ? AND session = ? AND seq BETWEEN ? AND ?
     ORDER BY seq ${ascending ? 'ASC' : 'DESC'}`,
    org,
    session,
    low,
    high,
  );
  for (const { seq, type_no } of rows) {
    if (types.has(type_no) && !take(textAt(statements, org, session, seq))) return seq;
  }
  return null;
}

/** The text at a number that is known to be there. */
function textAt(statements: Statements, org: number, session: number, seq: number): Buffer {
  const text = 'SELECT CAST(text AS BLOB) AS text FROM events WHERE org = ? AND session = ? AND seq = ?';
  return statements.row<{ text: Buffer }>(text, org, session, seq)?.text as Buffer;
}

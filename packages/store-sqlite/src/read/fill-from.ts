/** The next events of a session, of some types or of all, until a taker has enough. */
import { limits } from '@turnlog/core/limits';
import type { Statements } from '../statements.ts';
import { MERGED_TYPES, mergeTypes, type Span } from './event-pages.ts';
import { TEXT_COLUMNS, type TextRow } from './stored-texts.ts';
import type { TypeChoice } from './types.ts';

/** Takes an event; false: it does not fit any more. */
type Take = (row: TextRow) => boolean;

/** Whether events of a type are wanted. */
type TypePasses = (type: number) => boolean;

interface Row extends TextRow {
  readonly seq: number;
}

/**
 * Hands over the events of a span in its direction; a taker that has none takes one, and at most `limits.sliceEvents`.
 * Answers the number with which to go on; null: nothing is left.
 */
export function fillFrom(statements: Statements, span: Span, { only, except }: TypeChoice, take: Take): number | null {
  if (only === null && except.size > 0) return scanSlice(statements, span, (type) => !except.has(type), take);
  if (only === null) {
    const text = `SELECT seq, ${TEXT_COLUMNS} FROM events
      WHERE org = ? AND session = ? AND seq BETWEEN ? AND ? ORDER BY seq ${span.ascending ? 'ASC' : 'DESC'}`;
    return drain(statements, text, [span.org, span.session, span.low, span.high], take);
  }
  if (only.length === 0) return null;
  if (only.length > MERGED_TYPES) {
    const types = new Set(only);
    return scanSlice(statements, span, (type) => types.has(type), take);
  }
  const { text, values } = mergeTypes(span, only);
  return drain(statements, text, [...values, limits.sliceEvents + 1], take);
}

function drain(statements: Statements, text: string, values: number[], take: Take): number | null {
  for (const row of statements.get(text).iterate(...values)) {
    if (!take(row as Row)) return (row as Row).seq;
  }
  return null;
}

/** For types too many to merge: looks at a slice of numbers, whatever stands there. */
function scanSlice(statements: Statements, span: Span, passes: TypePasses, take: Take): number | null {
  const low = span.ascending ? span.low : Math.max(span.low, span.high - limits.readRows + 1);
  const high = span.ascending ? Math.min(span.high, span.low + limits.readRows - 1) : span.high;
  const refused = offerSlice(statements, { ...span, low, high }, passes, take);
  if (refused !== null) return refused;
  if (span.ascending) return high < span.high ? high + 1 : null;
  return low > span.low ? low - 1 : null;
}

/** Looks at every number of a span, in its direction; answers the number whose event was refused, null when none was. */
export function offerSlice(
  statements: Statements,
  { org, session, low, high, ascending }: Span,
  passes: TypePasses,
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
    if (passes(type_no) && !take(rowAt(statements, org, session, seq))) return seq;
  }
  return null;
}

/** The event at a number that is known to be there. */
function rowAt(statements: Statements, org: number, session: number, seq: number): TextRow {
  const text = `SELECT ${TEXT_COLUMNS} FROM events WHERE org = ? AND session = ? AND seq = ?`;
  return statements.row<TextRow>(text, org, session, seq) as TextRow;
}

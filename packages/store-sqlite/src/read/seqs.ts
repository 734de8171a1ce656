/** Numbers and ids of a session's events: ids rise with numbers, so an id, or a time, is found by bisection. */
import type { Statements } from '../statements.ts';

export interface SeqRange {
  readonly org: number;
  readonly session: number;
  readonly low: number;
  readonly high: number;
}

/** The first number of a range whose event's id is past the given one, or not below it; one past the range: none is. */
export function firstSeq(
  statements: Statements,
  { org, session, low, high }: SeqRange,
  past: '>' | '>=',
  id: Uint8Array,
): number {
  let below = low;
  let above = high + 1;
  while (below < above) {
    const middle = Math.floor((below + above) / 2);
    const row = statements.row<{ id: Uint8Array }>(
      'SELECT id FROM events WHERE org = ? AND session = ? AND seq = ?',
      org,
      session,
      middle,
    );
    const order = row ? Buffer.compare(row.id, id) : 1;
    if (order < 0 || (order === 0 && past === '>')) below = middle + 1;
    else above = middle;
  }
  return below;
}

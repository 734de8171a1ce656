/** Numbers and ids of a session's events: ids rise with numbers, so an id, or a time, is found by bisection. */
import { bytesFromId, type EventId } from '@turnlog/core/ids';
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
    const found = idAt(statements, org, session, middle);
    const order = found ? Buffer.compare(found, id) : 1;
    if (order < 0 || (order === 0 && past === '>')) below = middle + 1;
    else above = middle;
  }
  return below;
}

/** As `firstSeq` past an id, at a cost that grows with the distance from the end of the range, whatever stands before. */
export function firstSeqFromEnd(statements: Statements, range: SeqRange, id: Uint8Array): number {
  let above = range.high;
  for (let step = 1; ; step *= 2) {
    const probe = range.high - step + 1;
    if (probe < range.low) return firstSeq(statements, { ...range, high: above }, '>', id);
    const found = idAt(statements, range.org, range.session, probe);
    if (found && Buffer.compare(found, id) <= 0) {
      return firstSeq(statements, { ...range, low: probe + 1, high: above }, '>', id);
    }
    above = probe - 1;
  }
}

/** Null: nothing stands at this number. */
export function idAt(statements: Statements, org: number, session: number, seq: number): Uint8Array | null {
  const text = 'SELECT id FROM events WHERE org = ? AND session = ? AND seq = ?';
  return statements.row<{ id: Uint8Array }>(text, org, session, seq)?.id ?? null;
}

/** Null: no event of this session. */
export function seqOf(statements: Statements, org: number, session: number, id: EventId): number | null {
  const text = 'SELECT session, seq FROM events WHERE org = ? AND id = ?';
  const row = statements.row<{ session: number; seq: number }>(text, org, bytesFromId(id));
  return row?.session === session ? row.seq : null;
}

/** Numbers and times of a session's events: times rise with numbers, so a time is found by bisection. */
import { idFromBytes, microsOfId } from '@turnlog/core/ids';
import type { Statements } from '../statements.ts';

export interface SeqRange {
  readonly org: number;
  readonly session: number;
  readonly low: number;
  readonly high: number;
}

/** The first number of a range whose event is not older than a microsecond; one past the range when all are. */
export function firstSeqSince(statements: Statements, { org, session, low, high }: SeqRange, micros: number): number {
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
    if (row && microsOfId(idFromBytes('evt', row.id)) < micros) below = middle + 1;
    else above = middle;
  }
  return below;
}

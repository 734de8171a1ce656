/** What planning a command works with, and what it leaves to be written. */
import type { SessionId } from '@turnlog/core/ids';
import type { EventRow, PlanContext } from '@turnlog/core/plan/plan';
import { sessionRef } from '@turnlog/core/sessions';
import type { DeliveryLog } from './delivery-log.ts';
import type { ACCOUNT_STREAM, Heads, OrgState, SessionState } from './heads.ts';
import type { Answer, KeptAnswers } from './kept-answers.ts';
import type { LaneHeads } from './lane-heads.ts';
import type { LaneRows } from './lane-rows.ts';
import type { RowWriter } from './rows.ts';
import type { TokenWriter } from './tokens.ts';

export interface Planned {
  readonly value: unknown;
  /** Null: nothing is kept for a repeated request. */
  readonly answer: Answer | null;
  readonly write: () => void;
}

/** The parts of a writer that commands work with. */
export interface Workbench {
  readonly heads: Heads;
  readonly kept: KeptAnswers;
  readonly rows: RowWriter;
  readonly tokens: TokenWriter;
  readonly lanes: LaneHeads;
  readonly laneRows: LaneRows;
  readonly deliveries: DeliveryLog;
  /** What the batch has done to orgs: their heads are written once, when all its commands are, and then who waits is told. */
  readonly touched: Map<OrgState, Touched>;
}

export interface Touched {
  /** Heads to write. */
  readonly sessions: Map<SessionState, { readonly phaseChanged: boolean }>;
  readonly deleted: SessionId[];
  /** Whether there may be more to read. */
  wakes: boolean;
  /** Whether a webhook or a replay was made, changed or ended, or a delivery asked for. */
  lanesChanged: boolean;
}

/** What holds events: a session, or the account stream. */
type Holder = SessionState | typeof ACCOUNT_STREAM;

/** Notes that the org's head is to be written, and what else its commit has done. */
export function touch(
  bench: Workbench,
  org: OrgState,
  done: { readonly wakes?: boolean; readonly lanesChanged?: boolean; readonly deleted?: SessionId } = {},
): Touched {
  let touched = bench.touched.get(org);
  if (!touched) {
    touched = { sessions: new Map(), deleted: [], wakes: false, lanesChanged: false };
    bench.touched.set(org, touched);
  }
  touched.wakes ||= done.wakes === true;
  touched.lanesChanged ||= done.lanesChanged === true;
  if (done.deleted !== undefined) touched.deleted.push(done.deleted);
  return touched;
}

/** Answers with what writes planned events; whom they are about, beside who holds them, is settled now. */
export function eventRows(
  bench: Workbench,
  org: OrgState,
  holder: Holder,
  events: readonly EventRow[],
  context: PlanContext,
): () => void {
  const about = events.map(({ stream, aboutSession }) => {
    const no = numberOf(bench.heads, org, holder, aboutSession);
    return stream === 'session' && no === holder.no ? null : no;
  });
  return () => bench.rows.events(org, holder.no, events, about, context.requestId);
}

/** A value that is kept as it is for a repeated request. */
export function valued(value: unknown): { readonly value: unknown; readonly answer: Answer } {
  return { value, answer: { kind: 'value', value } };
}

/** The number of the session that an event is about, as of this command; null when it names none. */
function numberOf(heads: Heads, org: OrgState, holder: Holder, name: string | null): number | null {
  if (name === null) return null;
  if ('session' in holder && name === holder.session.id) return holder.no;
  const ref = sessionRef(name);
  return ref === null ? null : (heads.session(org, ref)?.no ?? null);
}

/** Appending a batch to a session: numbers, turns, phases, sums, and what the account stream says of them. */
import { TurnlogError } from '../errors.ts';
import type { EventDraft, Usage } from '../events.ts';
import { makeId, type TurnId } from '../ids.ts';
import { announcementOf, nextPhase, type Phase } from '../lifecycle.ts';
import type { Session } from '../sessions.ts';
import { accountEvent, eventText } from './event-text.ts';
import { type Author, type EventRow, OrgClock, type OrgHead, type Plan, type PlanContext } from './plan.ts';

/** What an append answers: the stored events, in order. */
export interface Appended {
  readonly session: Session;
  readonly firstSeq: number;
  readonly texts: readonly string[];
}

/** Plans an append. Refuses with `session_archived` or `session_terminated`. */
export function planAppend(
  org: OrgHead,
  session: Session,
  drafts: readonly EventDraft[],
  context: PlanContext,
): Plan<Appended> {
  checkOpen(session, drafts);
  const author = authorOf(org, session, context);
  const batch = appendBatch(author, session, drafts);
  const derived = announce(author, org.accountCount, session, batch);
  return {
    org: { lastUs: author.clock.lastUs, accountCount: org.accountCount + derived.length },
    session: batch.session,
    deleted: false,
    events: [...batch.rows, ...derived],
    value: {
      session: batch.session,
      firstSeq: session.eventCount + 1,
      texts: batch.rows.map((row) => row.text),
    },
  };
}

export function authorOf(org: OrgHead, session: Session, context: PlanContext): Author {
  return {
    clock: new OrgClock(org, context.nowUs),
    context,
    sessionId: session.id,
    externalId: session.externalId,
    agentId: session.agent?.id ?? null,
  };
}

interface Move {
  readonly from: Phase;
  readonly to: Phase;
  readonly row: EventRow;
  readonly draft: EventDraft;
  /** The session as it stood after the event that moved it. */
  readonly session: Session;
  readonly micros: number;
}

interface Batch {
  readonly session: Session;
  readonly rows: readonly EventRow[];
  readonly moves: readonly Move[];
}

/** Gives every draft its number, microsecond, turn and text, and moves the session along. */
export function appendBatch(author: Author, before: Session, drafts: readonly EventDraft[]): Batch {
  const { clock, context } = author;
  const rows: EventRow[] = [];
  const moves: Move[] = [];
  let { turnId, phase, usage, startedUs, updatedUs } = before;
  let seq = before.eventCount;
  for (const draft of drafts) {
    const micros = clock.tick();
    seq++;
    if (draft.turnId !== null) turnId = draft.turnId;
    else if (draft.type === 'user.message') turnId = makeId('turn', micros, context.random);
    const row = sessionRow(author, draft, micros, seq, turnId);
    rows.push(row);
    if (draft.usage !== null) usage = addUsage(usage, draft.usage);
    updatedUs = micros;
    const from = phase;
    if (draft.signal !== null) phase = nextPhase(from, draft.signal);
    if (announcementOf(from, phase) === 'session.started') startedUs = micros;
    if (from !== phase) {
      const session = { ...before, turnId, phase, usage, startedUs, updatedUs, eventCount: seq };
      moves.push({ from, to: phase, row, draft, session, micros });
    }
  }
  return { session: { ...before, turnId, phase, usage, startedUs, updatedUs, eventCount: seq }, rows, moves };
}

function sessionRow(author: Author, draft: EventDraft, micros: number, seq: number, turnId: TurnId | null): EventRow {
  const id = makeId('evt', micros, author.context.random);
  const { type, schemaVersion, occurredAt, aboutSession } = draft;
  const text = eventText(
    { id, type, sessionId: author.sessionId, turnId, schemaVersion, micros, occurredAt, seq },
    draft.fields,
  );
  return { stream: 'session', seq, id, type, agentId: draft.aboutAgent ?? author.agentId, aboutSession, text };
}

/** The account events that a batch's phase changes cause; they follow the whole batch (I3). */
export function announce(author: Author, accountCount: number, before: Session, batch: Batch): EventRow[] {
  const rows: EventRow[] = [];
  let startedUs = before.startedUs;
  for (const { from, to, row, draft, session, micros } of batch.moves) {
    const type = announcementOf(from, to);
    if (type === null) continue;
    if (type === 'session.started') startedUs = micros;
    const data = {
      'session.started': () => ({ goal: session.title, model: null }),
      'session.completed': () => ({
        status: 'completed',
        steps: session.eventCount,
        duration_ms: Math.round((micros - (startedUs ?? session.createdUs)) / 1000),
        tokens_used: session.usage.inputTokens + session.usage.outputTokens,
      }),
      'session.failed': () => ({
        error_code: draft.failure?.code ?? null,
        error_message: draft.failure?.message ?? null,
        step_number: session.eventCount,
      }),
    }[type]();
    rows.push(accountEvent(author, accountCount + rows.length + 1, type, row.id, data));
  }
  return rows;
}

function checkOpen(session: Session, drafts: readonly EventDraft[]): void {
  if (session.archivedUs !== null) {
    throw new TurnlogError('session_archived', `Session '${session.id}' is archived and takes no more events.`);
  }
  if (session.phase === 'terminated' && drafts[0]?.signal !== 'reopen') {
    throw new TurnlogError(
      'session_terminated',
      `Session '${session.id}' is terminated: only 'session.status_running' or 'session_start' can reopen it.`,
    );
  }
}

function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: addCapped(a.inputTokens, b.inputTokens),
    outputTokens: addCapped(a.outputTokens, b.outputTokens),
    cacheReadInputTokens: addCapped(a.cacheReadInputTokens, b.cacheReadInputTokens),
    cacheCreationInputTokens: addCapped(a.cacheCreationInputTokens, b.cacheCreationInputTokens),
  };
}

/** Sums stay exact: they stop at the largest safe integer. */
function addCapped(a: number, b: number): number {
  return Math.min(a + b, Number.MAX_SAFE_INTEGER);
}

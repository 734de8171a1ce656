/** Appending a batch to a session: numbers, turns, phases, sums, and what the account stream says of them. */
import { TurnlogError } from '../errors.ts';
import type { EventDraft, Usage } from '../events.ts';
import { makeId } from '../ids.ts';
import { announcementOf, nextPhase, type Phase, signalIn } from '../lifecycle.ts';
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
  const author = authorOf(new OrgClock(org, context.nowUs), session, context);
  const batch = appendBatch(author, session, drafts);
  const derived = announce(author, org.accountCount, batch);
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

export function authorOf(clock: OrgClock, session: Session, context: PlanContext): Author {
  return {
    clock,
    context,
    sessionId: session.id,
    externalId: session.externalId,
    agentId: session.agent?.id ?? null,
  };
}

/** A change of its session's phase. */
interface Move {
  readonly from: Phase;
  /** The event or the request that caused it. */
  readonly causedBy: string;
  readonly failure: EventDraft['failure'];
  /** The session as it stood after the event. */
  readonly session: Session;
}

interface Batch {
  readonly session: Session;
  readonly rows: readonly EventRow[];
  readonly moves: readonly Move[];
}

/** Gives every draft its number, microsecond, turn and text, and moves the session along. */
export function appendBatch(author: Author, before: Session, drafts: readonly EventDraft[]): Batch {
  const rows: EventRow[] = [];
  const moves: Move[] = [];
  let session = before;
  for (const draft of drafts) {
    const from = session.phase;
    session = afterEvent(author, session, draft);
    const row = sessionRow(author, draft, session);
    rows.push(row);
    if (session.phase !== from) moves.push({ from, causedBy: row.id, failure: draft.failure, session });
  }
  return { session, rows, moves };
}

/** The session once it holds one event more, at the org's next microsecond. */
function afterEvent({ clock, context }: Author, before: Session, draft: EventDraft): Session {
  const micros = clock.tick();
  const signal = signalIn(before.origin, draft);
  const phase = signal === null ? before.phase : nextPhase(before.phase, signal);
  const starts = announcementOf(before.phase, phase) === 'session.started';
  const ownTurn = () => (draft.type === 'user.message' ? makeId('turn', micros, context.random) : before.turnId);
  return {
    ...before,
    turnId: draft.turnId ?? ownTurn(),
    phase,
    usage: draft.usage === null ? before.usage : addUsage(before.usage, draft.usage),
    startedUs: starts ? micros : before.startedUs,
    updatedUs: micros,
    eventCount: before.eventCount + 1,
  };
}

/** The row of the event that a session has just taken. */
function sessionRow(author: Author, draft: EventDraft, session: Session): EventRow {
  const { updatedUs: micros, eventCount: seq, turnId } = session;
  const id = makeId('evt', micros, author.context.random);
  const { type, origin, schemaVersion, occurredAt, aboutSession } = draft;
  const { agentId } = author;
  const aboutAgent = draft.aboutAgent === agentId ? null : draft.aboutAgent;
  const text = eventText(
    { id, type, sessionId: author.sessionId, turnId, schemaVersion, micros, occurredAt, seq },
    draft.fields,
  );
  return { stream: 'session', seq, id, type, origin, agentId, aboutAgent, aboutSession, text };
}

/** The account events that a batch's phase changes cause; they follow the whole batch (I3). */
export function announce(author: Author, accountCount: number, { moves }: Pick<Batch, 'moves'>): EventRow[] {
  const rows: EventRow[] = [];
  for (const { from, causedBy, failure, session } of moves) {
    const type = announcementOf(from, session.phase);
    if (type === null) continue;
    const data = {
      'session.started': () => ({ goal: session.title, model: null }),
      'session.completed': () => ({
        status: 'completed',
        steps: session.eventCount,
        duration_ms: Math.round((session.updatedUs - (session.startedUs ?? session.createdUs)) / 1000),
        tokens_used: session.usage.inputTokens + session.usage.outputTokens,
      }),
      'session.failed': () => ({
        error_code: failure?.code ?? null,
        error_message: failure?.message ?? null,
        step_number: session.eventCount,
      }),
    }[type]();
    rows.push(accountEvent(author, accountCount + rows.length + 1, type, causedBy, data));
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

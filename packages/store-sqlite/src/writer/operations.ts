/** Each command as a plan and the rows that carry it out. Planning may refuse; nothing is written before all has been planned. */
import { sessionNotFound } from '@turnlog/core/errors';
import { planAppend } from '@turnlog/core/plan/append';
import type { Plan, PlanContext } from '@turnlog/core/plan/plan';
import { planPublish } from '@turnlog/core/plan/publish';
import {
  planArchive,
  planCancel,
  planCreate,
  planDelete,
  planMove,
  planStart,
  planUpdate,
} from '@turnlog/core/plan/session';
import {
  type CreateSession,
  nameOf,
  type Session,
  type SessionRef,
  type StartSession,
  sessionRef,
} from '@turnlog/core/sessions';
import { randomBytes } from '../random.ts';
import { ACCOUNT_STREAM, type Heads, type OrgState, type SessionState } from './heads.ts';
import type { Answer, KeptAnswers } from './kept-answers.ts';
import type { Command } from './protocol.ts';
import type { RowWriter } from './rows.ts';
import type { TokenStep, TokenWriter } from './tokens.ts';

export interface Planned {
  readonly value: unknown;
  readonly answer: Answer;
  readonly write: () => void;
}

/** The parts of a writer that commands work with. */
export interface Workbench {
  readonly heads: Heads;
  readonly kept: KeptAnswers;
  readonly rows: RowWriter;
  readonly tokens: TokenWriter;
  /** Heads to write once, when all commands of the batch are written. */
  readonly touched: Map<OrgState, Map<SessionState, { readonly phaseChanged: boolean }>>;
}

/** What holds events: a session, or the account stream. */
type Holder = SessionState | typeof ACCOUNT_STREAM;

/** Plans one command against the heads as the batch has left them so far. */
export function planCommand(bench: Workbench, org: OrgState, command: Command, nowUs: number): Planned {
  const context: PlanContext = { nowUs, random: randomBytes, requestId: command.context.requestId };
  switch (command.kind) {
    case 'create-session':
      return createSession(bench, org, command.create, context);
    case 'start-session':
      return startSession(bench, org, command.start, context);
    case 'move-session': {
      const state = live(bench, org, command.ref);
      const plan = planMove(org.head, state.session, command.move, context);
      return { ...valued(plan.value), write: advance(bench, org, state, plan, context) };
    }
    case 'append-events': {
      const state = live(bench, org, command.ref);
      const plan = planAppend(org.head, state.session, command.events, context);
      const { firstSeq, texts } = plan.value;
      const answer: Answer = { kind: 'events', session: state, firstSeq, n: texts.length };
      return { value: texts, answer, write: advance(bench, org, state, plan, context) };
    }
    case 'publish-events':
      return publishEvents(bench, org, command, context);
    case 'update-session':
      return changeSession(bench, org, command.ref, context, (state) =>
        planUpdate(org.head, state.session, command.update, context),
      );
    case 'archive-session':
      return changeSession(bench, org, command.ref, context, (state) => planArchive(org.head, state.session, context));
    case 'cancel-session': {
      const state = live(bench, org, command.ref);
      const plan = planCancel(org.head, state.session, context);
      return { ...valued(plan.value), write: advance(bench, org, state, plan, context) };
    }
    case 'delete-session':
      return deleteSession(bench, org, command.ref, context);
    case 'create-token':
      return tokenStep(bench, org, bench.tokens.planCreate(org, command.create, context));
    case 'rotate-token':
      return tokenStep(bench, org, bench.tokens.planRotate(org, command.id, command.rotate, context));
    case 'revoke-token':
      return tokenStep(bench, org, bench.tokens.planRevoke(org, command.id, context));
  }
}

function createSession(bench: Workbench, org: OrgState, create: CreateSession, context: PlanContext): Planned {
  const { externalId } = create;
  const taken = externalId !== null && bench.heads.session(org, { externalId }) !== undefined;
  return begin(bench, org, create, planCreate(org.head, create, taken, context), context);
}

function startSession(bench: Workbench, org: OrgState, start: StartSession, context: PlanContext): Planned {
  const state = bench.heads.session(org, { externalId: start.externalId });
  const plan = planStart(org.head, start, state?.session ?? null, context);
  if (!state) return begin(bench, org, start, plan, context);
  return { ...valued(plan.value), write: advance(bench, org, state, plan, context) };
}

/** Registers a session that is planned, and answers with what writes it. */
function begin(
  bench: Workbench,
  org: OrgState,
  { capability }: CreateSession,
  plan: Plan<Session>,
  context: PlanContext,
): Planned {
  const state = bench.heads.create(org, plan.value);
  const insert = { no: state.no, session: plan.value, deleted: false };
  const append = advance(bench, org, state, plan, context, plan.value.phase !== 'created');
  return {
    ...valued(plan.value),
    write: () => {
      bench.rows.insertSession(org, insert);
      if (capability !== undefined) bench.rows.capability(org, insert.no, capability);
      append();
    },
  };
}

function changeSession(
  bench: Workbench,
  org: OrgState,
  ref: SessionRef,
  context: PlanContext,
  decide: (state: SessionState) => Plan<unknown>,
): Planned {
  const state = live(bench, org, ref);
  const before = state.session;
  const plan = decide(state);
  const after = plan.session ?? before;
  const append = advance(bench, org, state, plan, context);
  return {
    ...valued(plan.value),
    write: () => {
      if (after === before) return;
      bench.rows.updateSession(org, state.no, before, after);
      append();
    },
  };
}

function deleteSession(bench: Workbench, org: OrgState, ref: SessionRef, context: PlanContext): Planned {
  const state = live(bench, org, ref);
  const { session } = state;
  const plan = planDelete(org.head, session, context);
  const append = advance(bench, org, state, plan, context);
  bench.heads.delete(org, state);
  return {
    ...valued(plan.value),
    write: () => {
      bench.rows.deleteSession(org, state.no, session);
      append();
    },
  };
}

/** Moves the heads to where the plan leaves them, and answers with what writes its events. */
function advance(
  bench: Workbench,
  org: OrgState,
  state: SessionState,
  plan: Plan<unknown>,
  context: PlanContext,
  phaseChanged = plan.session !== null && plan.session.phase !== state.session.phase,
): () => void {
  org.head = plan.org;
  if (plan.session !== null) state.session = plan.session;
  if (plan.events.length === 0) return () => {};
  const sessions = bench.touched.get(org) ?? new Map();
  sessions.set(state, { phaseChanged: phaseChanged || sessions.get(state)?.phaseChanged === true });
  bench.touched.set(org, sessions);
  return rowsOf(bench, org, state, plan, context);
}

function publishEvents(
  bench: Workbench,
  org: OrgState,
  command: Extract<Command, { kind: 'publish-events' }>,
  context: PlanContext,
): Planned {
  const plan = planPublish(org.head, command.events, context);
  org.head = plan.org;
  touch(bench, org);
  const { firstSeq, texts } = plan.value;
  const answer: Answer = { kind: 'events', session: ACCOUNT_STREAM, firstSeq, n: texts.length };
  return { value: texts, answer, write: rowsOf(bench, org, ACCOUNT_STREAM, plan, context) };
}

/** Answers with what writes the events of a plan; whom they are about, beside who holds them, is settled now. */
function rowsOf(bench: Workbench, org: OrgState, holder: Holder, plan: Plan<unknown>, context: PlanContext) {
  const about = plan.events.map(({ stream, aboutSession }) => {
    const no = numberOf(bench.heads, org, holder, aboutSession);
    return stream === 'session' && no === holder.no ? null : no;
  });
  return () => bench.rows.events(org, holder.no, plan.events, about, context.requestId);
}

function touch(bench: Workbench, org: OrgState): void {
  if (!bench.touched.has(org)) bench.touched.set(org, new Map());
}

/** The number of the session that an event is about, as of this command; null when it names none. */
function numberOf(heads: Heads, org: OrgState, holder: Holder, name: string | null): number | null {
  if (name === null) return null;
  if ('session' in holder && name === holder.session.id) return holder.no;
  const ref = sessionRef(name);
  return ref === null ? null : (heads.session(org, ref)?.no ?? null);
}

function live(bench: Workbench, org: OrgState, ref: SessionRef): SessionState {
  const state = bench.heads.session(org, ref);
  if (!state) throw sessionNotFound(nameOf(ref));
  return state;
}

function tokenStep(bench: Workbench, org: OrgState, step: TokenStep): Planned {
  org.head = step.plan.org;
  touch(bench, org);
  return { ...valued(step.plan.token), write: step.write };
}

function valued(value: unknown): { readonly value: unknown; readonly answer: Answer } {
  return { value, answer: { kind: 'value', value } };
}

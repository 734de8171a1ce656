/** Commands on sessions and their events, and on the account stream. */
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
import { type CreateSession, nameOf, type Session, type SessionRef, type StartSession } from '@turnlog/core/sessions';
import { ACCOUNT_STREAM, type OrgState, type SessionState } from './heads.ts';
import type { Answer } from './kept-answers.ts';
import type { Command, SessionOperation } from './protocol.ts';
import { eventRows, type Planned, touch, valued, type Workbench } from './workbench.ts';

type SessionCommand = Command & SessionOperation;

/** Plans one command against the sessions as the batch has left them so far. */
export function planSessionCommand(
  bench: Workbench,
  org: OrgState,
  command: SessionCommand,
  context: PlanContext,
): Planned {
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
  touch(bench, org, { deleted: session.id });
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
  const { sessions } = touch(bench, org, { wakes: true });
  sessions.set(state, { phaseChanged: phaseChanged || sessions.get(state)?.phaseChanged === true });
  return eventRows(bench, org, state, plan.events, context);
}

function publishEvents(
  bench: Workbench,
  org: OrgState,
  command: Extract<SessionCommand, { kind: 'publish-events' }>,
  context: PlanContext,
): Planned {
  const plan = planPublish(org.head, command.events, context);
  org.head = plan.org;
  touch(bench, org, { wakes: true });
  const { firstSeq, texts } = plan.value;
  const answer: Answer = { kind: 'events', session: ACCOUNT_STREAM, firstSeq, n: texts.length };
  return { value: texts, answer, write: eventRows(bench, org, ACCOUNT_STREAM, plan.events, context) };
}

function live(bench: Workbench, org: OrgState, ref: SessionRef): SessionState {
  const state = bench.heads.session(org, ref);
  if (!state) throw sessionNotFound(nameOf(ref));
  return state;
}

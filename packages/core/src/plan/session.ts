/** Creating, changing, archiving, cancelling and deleting a session. */
import { TurnlogError } from '../errors.ts';
import { type EventDraft, NO_USAGE } from '../events.ts';
import { makeId } from '../ids.ts';
import { isActive, type Move, moveFrom, WAVE_STATUS } from '../lifecycle.ts';
import {
  type Agent,
  type CreateSession,
  checkMetadataPairs,
  type DeletedSession,
  mergedMetadata,
  type Session,
  type StartSession,
  type UpdateSession,
} from '../sessions.ts';
import { announce, appendBatch, authorOf, planAppend } from './append.ts';
import { accountEvent } from './event-text.ts';
import { OrgClock, type OrgHead, type Plan, type PlanContext } from './plan.ts';

/** Plans a new session with its first events. Refuses with `external_id_taken`. */
export function planCreate(
  org: OrgHead,
  command: CreateSession,
  externalIdTaken: boolean,
  context: PlanContext,
): Plan<Session> {
  if (externalIdTaken) {
    throw new TurnlogError(
      'external_id_taken',
      `A session with external_id '${command.externalId}' exists already.`,
      'external_id',
    );
  }
  const clock = new OrgClock(org, context.nowUs);
  const createdUs = clock.tick();
  const empty = newSession(command, createdUs, context);
  const author = authorOf(clock, empty, context);
  const created = accountEvent(author, org.accountCount + 1, 'session.created', context.requestId, {
    title: empty.title,
  });
  const begun: Session = command.running === true ? { ...empty, phase: 'running', startedUs: createdUs } : empty;
  const begin = { from: empty.phase, causedBy: context.requestId, failure: null, session: begun };
  const batch = appendBatch(author, begun, command.events);
  const moves = begun === empty ? batch.moves : [begin, ...batch.moves];
  const derived = announce(author, org.accountCount + 1, { moves });
  return {
    org: { lastUs: clock.lastUs, accountCount: org.accountCount + 1 + derived.length },
    session: batch.session,
    deleted: false,
    events: [created, ...batch.rows, ...derived],
    value: batch.session,
  };
}

/** Plans to make a session, or to go on with the one that has its name: appends its events. */
export function planStart(
  org: OrgHead,
  command: StartSession,
  existing: Session | null,
  context: PlanContext,
): Plan<Session> {
  if (existing === null) return planCreate(org, command, false, context);
  const plan = planAppend(org, existing, command.events, context);
  return { ...plan, value: plan.value.session };
}

/** Plans a controller's move: an event that tells of it when it is one, else nothing. Only wave sessions can be moved. */
export function planMove(org: OrgHead, session: Session, move: Move, context: PlanContext): Plan<Session> {
  const target = session.origin === 'wave' && session.archivedUs === null ? moveFrom(session.phase, move) : null;
  if (target === null) return unchanged(org, session);
  const { word, signal } = target;
  const status: EventDraft = { ...INTERRUPT, origin: 'wave', type: WAVE_STATUS, fields: `"data":"${word}"`, signal };
  const plan = planAppend(org, session, [status], context);
  return { ...plan, value: plan.value.session };
}

/**
 * Plans a change of title, agent or metadata; one that changes nothing writes nothing, unless it is to be announced always.
 * Refuses too many metadata pairs.
 */
export function planUpdate(
  org: OrgHead,
  session: Session,
  command: UpdateSession,
  context: PlanContext,
): Plan<Session> {
  const title = command.title === undefined ? session.title : command.title;
  const agent = agentAfter(session.agent, command.agentId);
  const metadata =
    command.metadata === undefined ? session.metadata : mergedMetadata(session.metadata, command.metadata);
  checkMetadataPairs(Object.keys(metadata).length, 'metadata');
  const changes = new Map<string, { old: string | null; new: string | null }>();
  if (title !== session.title) changes.set('title', { old: session.title, new: title });
  for (const key of new Set([...Object.keys(session.metadata), ...Object.keys(metadata)])) {
    const before = valueAt(session.metadata, key);
    const after = valueAt(metadata, key);
    if (before !== after) changes.set(`metadata.${key}`, { old: before, new: after });
  }
  if (agent !== session.agent) {
    changes.set('agent_id', { old: session.agent?.id ?? null, new: agent?.id ?? null });
  }
  if (changes.size === 0 && command.always !== true) return unchanged(org, session);
  return noted(org, session, context, 'session.updated', { changes: Object.fromEntries(changes) }, (micros) => ({
    ...session,
    title,
    metadata,
    agent,
    updatedUs: micros,
  }));
}

/** Plans an archive; a second one changes nothing. */
export function planArchive(org: OrgHead, session: Session, context: PlanContext): Plan<Session> {
  if (session.archivedUs !== null) return unchanged(org, session);
  return noted(org, session, context, 'session.archived', {}, (micros) => ({
    ...session,
    archivedUs: micros,
    updatedUs: micros,
  }));
}

/** Plans a deletion. */
export function planDelete(org: OrgHead, session: Session, context: PlanContext): Plan<DeletedSession> {
  const { id, eventCount } = session;
  const plan = noted(org, session, context, 'session.deleted', { events_count: eventCount }, () => session);
  return { ...plan, deleted: true, value: { id, eventCount } };
}

/** What a cancel answers: whether there was work to interrupt. */
export interface Canceled {
  readonly session: Session;
  readonly interrupted: boolean;
}

const INTERRUPT: EventDraft = {
  type: 'user.interrupt',
  origin: 'native',
  turnId: null,
  occurredAt: null,
  schemaVersion: '"1.0"',
  fields: '',
  signal: null,
  usage: null,
  failure: null,
  aboutAgent: null,
  aboutSession: null,
};

/** Plans a cancel: a `user.interrupt` event when work is going on, else nothing. Refuses with `session_archived`. */
export function planCancel(org: OrgHead, session: Session, context: PlanContext): Plan<Canceled> {
  if (!isActive(session.phase)) return { ...unchanged(org, session), value: { session, interrupted: false } };
  const plan = planAppend(org, session, [INTERRUPT], context);
  return { ...plan, value: { session: plan.value.session, interrupted: true } };
}

function agentAfter(before: Agent | null, id: string | undefined): Agent | null {
  return id === undefined || id === before?.id ? before : { id, version: null };
}

function newSession(command: CreateSession, createdUs: number, context: PlanContext): Session {
  return {
    id: makeId('sess', createdUs, context.random),
    origin: command.origin ?? 'native',
    externalId: command.externalId,
    agent: command.agent,
    environmentId: command.environmentId,
    title: command.title,
    metadata: command.metadata,
    phase: 'created',
    turnId: null,
    usage: NO_USAGE,
    eventCount: 0,
    createdUs,
    occurredAt: command.occurredAt ?? null,
    updatedUs: createdUs,
    archivedUs: null,
    startedUs: null,
  };
}

/** A step that one account event announces. */
function noted(
  org: OrgHead,
  before: Session,
  context: PlanContext,
  type: string,
  data: Readonly<Record<string, unknown>>,
  change: (micros: number) => Session,
): Plan<Session> {
  const author = authorOf(new OrgClock(org, context.nowUs), before, context);
  const event = accountEvent(author, org.accountCount + 1, type, context.requestId, data);
  const session = change(author.clock.lastUs);
  return {
    org: { lastUs: author.clock.lastUs, accountCount: org.accountCount + 1 },
    session,
    deleted: false,
    events: [event],
    value: session,
  };
}

function unchanged(org: OrgHead, session: Session): Plan<Session> {
  return { org, session, deleted: false, events: [], value: session };
}

function valueAt(metadata: Session['metadata'], key: string): string | null {
  return Object.hasOwn(metadata, key) ? (metadata[key] ?? null) : null;
}

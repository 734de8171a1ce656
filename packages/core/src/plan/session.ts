/** Creating, changing, archiving, cancelling and deleting a session. */
import { TurnlogError } from '../errors.ts';
import { type EventDraft, NO_USAGE } from '../events.ts';
import { makeId } from '../ids.ts';
import { isActive } from '../lifecycle.ts';
import {
  type CreateSession,
  checkMetadataPairs,
  mergedMetadata,
  type Session,
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
  const batch = appendBatch(author, empty, command.events);
  const derived = announce(author, org.accountCount + 1, batch);
  return {
    org: { lastUs: clock.lastUs, accountCount: org.accountCount + 1 + derived.length },
    session: batch.session,
    deleted: false,
    events: [created, ...batch.rows, ...derived],
    value: batch.session,
  };
}

/** Plans a change of title or metadata; one that changes nothing writes nothing. Refuses too many metadata pairs. */
export function planUpdate(
  org: OrgHead,
  session: Session,
  command: UpdateSession,
  context: PlanContext,
): Plan<Session> {
  const title = command.title === undefined ? session.title : command.title;
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
  if (changes.size === 0) return unchanged(org, session);
  return noted(org, session, context, 'session.updated', { changes: Object.fromEntries(changes) }, (micros) => ({
    ...session,
    title,
    metadata,
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
export function planDelete(org: OrgHead, session: Session, context: PlanContext): Plan<Session> {
  const plan = noted(org, session, context, 'session.deleted', { events_count: session.eventCount }, () => session);
  return { ...plan, deleted: true };
}

/** What a cancel answers: whether there was work to interrupt. */
export interface Canceled {
  readonly session: Session;
  readonly interrupted: boolean;
}

const INTERRUPT: EventDraft = {
  type: 'user.interrupt',
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

function newSession(command: CreateSession, createdUs: number, context: PlanContext): Session {
  return {
    id: makeId('sess', createdUs, context.random),
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

/** Events of a session: list and send, below the session and at the older paths. */
import { createRoute } from '@hono/zod-openapi';
import { invalid, sessionNotFound, TurnlogError } from '@turnlog/core/errors';
import type { OrgId } from '@turnlog/core/ids';
import { checkExternalId, type SessionRef, sessionRef } from '@turnlog/core/sessions';
import type { Store, WriteContext } from '@turnlog/core/store';
import { written } from '../../http/answers.ts';
import { requireScope } from '../../http/credentials.ts';
import type { Exchange } from '../../http/exchange.ts';
import type { Operations } from '../../http/operations.ts';
import { answers, refuses, takes } from '../../http/reference.ts';
import type { Services } from '../../http/services.ts';
import { answerInPieces } from '../../http/streams/pieces.ts';
import { missingSession, SESSION_PARAMETER, sessionOf } from './subjects.ts';
import { timeline } from './timeline.ts';
import { Accepted, EventInput, EventList, parseEvent, presentEvent, type SentEvent } from './wire/event.ts';
import { EVENT, SENT_EVENT, STARTED } from './wire/examples.ts';
import { checkTitle } from './wire/session.ts';

const PATH = '/sessions/{session_id}/events';
const parameters = [SESSION_PARAMETER];
const tags = ['Events'];
const STORED = { ok: true };
const NO_EVENTS = '{"events":[]}';

export function eventRoutes(operations: Operations, services: Services): void {
  listEvents(operations, services);
  sendEvent(operations, services);
  listEventsLegacy(operations, services);
  sendEventLegacy(operations, services);
}

const LISTED = answers(200, EventList, 'All events.', { events: [EVENT] });

function listEvents(operations: Operations, services: Services): void {
  operations.operation(
    createRoute({
      method: 'get',
      path: PATH,
      operationId: 'runtime.events.list',
      tags,
      summary: "List a session's events",
      description: 'All of them, the earliest `timestamp` first, those of one instant in the order in which they came.',
      parameters,
      responses: { ...LISTED, ...refuses('read', 404) },
    }),
    { scope: 'events:read', missing: missingSession(services.store) },
    async (call, exchange) => {
      const answer = await allEvents(services, call.org, sessionOf(call), exchange);
      if (answer === null) throw sessionNotFound(call.pathIds[0] ?? '');
      return answer;
    },
  );
}

function listEventsLegacy(operations: Operations, services: Services): void {
  operations.operation(
    createRoute({
      method: 'get',
      path: '/events/{session_id}',
      operationId: 'runtime.events.list_legacy',
      tags,
      summary: "List a session's events, at the older path",
      description: 'As `GET /sessions/{session_id}/events`, but a session that does not exist has no events.',
      deprecated: true,
      parameters,
      responses: { ...LISTED, ...refuses('read') },
    }),
    { scope: 'events:read' },
    async ({ org, pathIds }, exchange) => {
      const ref = sessionRef(pathIds[0] ?? '');
      const answer = ref === null ? null : await allEvents(services, org, ref, exchange).catch(nullOfDeleted);
      return answer ?? { status: 200, body: NO_EVENTS };
    },
  );
}

/** Null: no such session. */
async function allEvents(services: Services, org: OrgId, ref: SessionRef, exchange: Exchange) {
  const { store } = services;
  const session = await store.getSession(org, ref);
  if (session === null) return null;
  const texts = timeline({
    store,
    org,
    ref: { id: session.id },
    textOf: (view) => presentEvent(view, session),
    isLeft: () => exchange.outgoing?.destroyed === true,
  });
  return answerInPieces(services, exchange, { head: '{"events":[', tail: ']}', texts });
}

/** A session may be deleted between the look at it and the look at its events. */
function nullOfDeleted(error: unknown): null {
  if (error instanceof TurnlogError && error.code === 'session_not_found') return null;
  throw error;
}

function sendEvent(operations: Operations, { store }: Services): void {
  operations.operation(
    createRoute({
      method: 'post',
      path: PATH,
      operationId: 'runtime.events.send',
      tags,
      summary: 'Send an event',
      description:
        'The session must exist. `session_stop` finishes it; with an `exit_code` other than 0 it has failed.',
      parameters,
      request: takes(EventInput, SENT_EVENT),
      responses: { ...answers(200, Accepted, 'It is stored.', STORED), ...refuses('write', 404) },
    }),
    { scope: 'events:write', body: 'required', oneEvent: true, missing: missingSession(store) },
    async (call) => {
      const { sessionId, draft } = parseEvent(call.body);
      if (sessionId !== call.pathIds[0]) throw invalid('session_id', 'Event session_id must match URL session_id');
      const outcome = await store.appendEvents(call.org, sessionOf(call), [draft], call.context);
      return written(200, outcome, JSON.stringify(STORED));
    },
  );
}

function sendEventLegacy(operations: Operations, { store }: Services): void {
  operations.operation(
    createRoute({
      method: 'post',
      path: '/events',
      operationId: 'runtime.events.send_legacy',
      tags,
      summary: 'Send an event, at the older path',
      description:
        'As `POST /sessions/{session_id}/events`, of the session that the event names. A `session_start` makes that ' +
        'session when it does not exist, begun at its timestamp; any other event of such a session is a 404. It needs the scope ' +
        '`sessions:write` too.',
      deprecated: true,
      request: takes(EventInput, STARTED),
      responses: { ...answers(200, Accepted, 'It is stored.', STORED), ...refuses('write', 404) },
    }),
    { scope: 'events:write', body: 'required', oneEvent: true },
    async ({ org, caller, body, context }) => {
      const sent = parseEvent(body);
      if (sent.draft.type === 'session_start') requireScope(caller, 'sessions:write');
      const outcome = await storeWherever(store, org, sent, context);
      return written(200, outcome, JSON.stringify(STORED));
    },
  );
}

/** Stores an event in the session that it names, which a `session_start` makes if need be. */
function storeWherever(store: Store, org: OrgId, sent: SentEvent, context: WriteContext) {
  const { sessionId, sessionName, timestamp, draft } = sent;
  const ref = sessionRef(sessionId);
  if (draft.type !== 'session_start' || (ref !== null && 'id' in ref)) {
    if (ref === null) throw sessionNotFound(sessionId);
    return store.appendEvents(org, ref, [draft], context);
  }
  checkExternalId(sessionId, 'session_id');
  checkTitle(sessionName);
  const named = { origin: 'runtime', externalId: sessionId, title: sessionName, occurredAt: timestamp } as const;
  const bare = { agent: null, environmentId: null, metadata: {}, running: true } as const;
  return store.startSession(org, { ...named, ...bare, events: [draft] }, context);
}

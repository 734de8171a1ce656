/** Events of a session: send, list, retrieve, stream. */
import { createRoute } from '@hono/zod-openapi';
import { cursorParam, invalidCursor, readPage } from '@turnlog/core/cursors';
import { eventNotFound, sessionNotFound, TurnlogError } from '@turnlog/core/errors';
import type { EventFilter } from '@turnlog/core/event-filter';
import { checkPatterns } from '@turnlog/core/events';
import { isId, type SessionId } from '@turnlog/core/ids';
import { read as answer, written } from '../../http/answers.ts';
import { checkObject } from '../../http/body-members.ts';
import { TYPES } from '../../http/feed-query.ts';
import { readStart } from '../../http/follow.ts';
import { type Behaviour, behaviour, type Operations, type Subject } from '../../http/operations.ts';
import type { QueryTable } from '../../http/query.ts';
import { answers, pathId, refuses, streams, takes } from '../../http/reference.ts';
import type { Services } from '../../http/services.ts';
import { holdPoll } from '../../http/streams/long-poll.ts';
import { openStream } from '../../http/streams/open-stream.ts';
import { missingEvent, missingSession, sessionOf } from './subjects.ts';
import { presentRefusal } from './wire/error.ts';
import { EventPage, EventResource, parseEvents, SendEventsParams, SendEventsResult } from './wire/event.ts';
import { EVENT_ID, page, SENT_EVENTS, SESSION_ID, STATUS_IDLE, USER_MESSAGE } from './wire/examples.ts';
import { readWait, STREAM_DESCRIPTION, STREAM_EXAMPLE, STREAM_QUERY, WAIT_SECONDS } from './wire/follow.ts';
import { CREATED_AT, pageParameters, paging, presentEventPage, readRange } from './wire/page.ts';

const PATH = '/sessions/{session_id}/events';
const SESSION_PARAMETER = pathId('session_id', SESSION_ID, "The session's id, or its external id.");
const tags = ['Events'];

const EVENT_QUERY = {
  ...paging('event', 'asc'),
  types: TYPES,
  wait: WAIT_SECONDS,
  ...CREATED_AT,
} as const;

export function eventRoutes(operations: Operations, services: Services): void {
  sendEvents(operations, services);
  listEvents(operations, services, streamEvents(operations, services));
  retrieveEvent(operations, services);
}

function sendEvents(operations: Operations, { store }: Services): void {
  operations.operation(
    createRoute({
      method: 'post',
      path: PATH,
      operationId: 'sessions.events.send',
      tags,
      summary: 'Send events',
      description:
        'Appends 1 to 500 events of at most 256 KiB each, in order: all of them or none. Every member is kept as sent; ' +
        'the answer repeats the events as stored.',
      parameters: [SESSION_PARAMETER],
      request: takes(SendEventsParams, { events: SENT_EVENTS }),
      responses: {
        ...answers(200, SendEventsResult, 'The stored events.', { data: [USER_MESSAGE, STATUS_IDLE] }),
        ...refuses('write', 404),
      },
    }),
    { scope: 'events:write', body: 'required', missing: missingSession(store) },
    async (call) => {
      checkObject(call.body);
      const events = parseEvents(call.body, 'events');
      const outcome = await store.appendEvents(call.org, sessionOf(call), events, call.context);
      return written(200, outcome, Buffer.from(`{"data":[${outcome.value.join(',')}]}`));
    },
  );
}

function listEvents(operations: Operations, services: Services, stream: Behaviour<QueryTable>): void {
  const { store } = services;
  operations.operation(
    createRoute({
      method: 'get',
      path: PATH,
      operationId: 'sessions.events.list',
      'x-long-poll': true,
      tags,
      summary: 'List events',
      description:
        'Oldest first. A cursor must be an event of this session. With `Accept: text/event-stream` this is the stream.',
      parameters: [SESSION_PARAMETER],
      responses: {
        ...answers(200, EventPage, 'A page of events.', page([USER_MESSAGE, STATUS_IDLE])),
        ...refuses('read', 404, 429),
      },
    }),
    { scope: 'events:read', query: EVENT_QUERY, missing: missingSession(store), stream },
    async (call, exchange) => {
      const { org, caller, query } = call;
      const paging = pageParameters(query);
      const id = await idOf(store, call);
      const name = { kind: 'evt', of: id } as const;
      const position = readPage(paging, name, 'asc');
      const waitMs = readWait(query.wait, position);
      const { types = null } = query;
      if (types !== null) checkPatterns(types, 'types');
      const range = readRange(query);
      const read = async () => {
        const found = await store.listEvents(org, { id }, { ...position, range, types }).catch(inNameOf(call));
        if (found === null) throw invalidCursor(cursorParam(paging));
        return found;
      };
      const request = { caller, stream: id, filter: filterOf(types), range, waitMs };
      const found = await holdPoll(services, exchange, request, read, ({ firstId }) => firstId === null);
      return answer(presentEventPage(name, position, found));
    },
  );
}

function streamEvents(operations: Operations, services: Services): Behaviour<QueryTable> {
  const { store } = services;
  const rules = { scope: 'events:read', query: STREAM_QUERY, missing: missingSession(store) } as const;
  const stream = behaviour(rules, async (call, exchange) => {
    const { caller, query } = call;
    const session = await idOf(store, call);
    const { start, cursorParam } = readStart(query, exchange.header('last-event-id'), session);
    const { types = null } = query;
    if (types !== null) checkPatterns(types, 'types');
    const request = { caller, stream: session, start, filter: filterOf(types), origin: session, cursorParam };
    return openStream(services, presentRefusal, exchange, request);
  });
  operations.operation(
    createRoute({
      method: 'get',
      path: `${PATH}/stream`,
      operationId: 'sessions.events.stream',
      tags,
      summary: 'Stream events',
      description: STREAM_DESCRIPTION,
      parameters: [SESSION_PARAMETER],
      responses: {
        ...streams(EventResource, STREAM_EXAMPLE),
        ...refuses('read', 404, 429),
      },
    }),
    stream.rules,
    stream.handle,
  );
  return stream;
}

function retrieveEvent(operations: Operations, { store }: Services): void {
  const missing = missingEvent(store);
  operations.operation(
    createRoute({
      method: 'get',
      path: `${PATH}/{event_id}`,
      operationId: 'sessions.events.retrieve',
      tags,
      summary: 'Retrieve an event',
      description: 'One event of the session, as stored.',
      parameters: [SESSION_PARAMETER, pathId('event_id', EVENT_ID, "The event's id.")],
      responses: { ...answers(200, EventResource, 'The event.', USER_MESSAGE), ...refuses('read', 404) },
    }),
    { scope: 'events:read', missing },
    async (call) => {
      const id = call.pathIds[1] ?? '';
      const event = isId('evt', id) ? await store.getEvent(call.org, sessionOf(call), id) : null;
      if (event === null) throw (await missing(call)) ?? eventNotFound(id);
      return answer(Buffer.from(event.text));
    },
  );
}

/** Page tokens and streams name a session by our id, whatever the path calls it. */
async function idOf(store: Services['store'], subject: Subject): Promise<SessionId> {
  const ref = sessionOf(subject);
  if ('id' in ref) return ref.id;
  const session = await store.getSession(subject.org, ref);
  if (session === null) throw sessionNotFound(subject.pathIds[0] ?? '');
  return session.id;
}

/** A session that is deleted meanwhile is refused by the name that was asked for. */
function inNameOf({ pathIds }: Subject): (error: unknown) => never {
  return (error) => {
    const deleted = error instanceof TurnlogError && error.code === 'session_not_found';
    throw deleted ? sessionNotFound(pathIds[0] ?? '') : error;
  };
}

/** A filter by types alone. */
function filterOf(types: readonly string[] | null): EventFilter | null {
  return types === null ? null : { types, session: null, agentId: null };
}

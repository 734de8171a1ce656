/** Events of a session: send, list, retrieve. */
import { createRoute } from '@hono/zod-openapi';
import { cursorParam, invalidCursor, readPage } from '@turnlog/core/cursors';
import { eventNotFound, sessionNotFound } from '@turnlog/core/errors';
import { checkPatterns } from '@turnlog/core/events';
import { isId, type SessionId } from '@turnlog/core/ids';
import type { Operations, Subject } from '../../http/operations.ts';
import type { Services } from '../../http/services.ts';
import { read, written } from './present.ts';
import { answers, pathId, refuses, takes } from './reference.ts';
import { missingEvent, missingSession, sessionOf } from './subjects.ts';
import { EventPage, EventResource, parseEvents, SendEventsParams, SendEventsResult } from './wire/event.ts';
import { EVENT_ID, page, SENT_EVENTS, SESSION_ID, STATUS_IDLE, USER_MESSAGE } from './wire/examples.ts';
import { CREATED_AT, list, pageParameters, paging, presentEventPage, readRange } from './wire/page.ts';
import { checkObject } from './wire/params.ts';

const PATH = '/sessions/{session_id}/events';
const SESSION_PARAMETER = pathId('session_id', SESSION_ID, "The session's id, or its external id.");
const tags = ['Events'];

const EVENT_QUERY = {
  ...paging('event', 'asc'),
  types: list(
    { type: 'string' },
    'Only events of these types; `*` stands for any run of characters, as in `session.*`.',
  ),
  ...CREATED_AT,
} as const;

export function eventRoutes(operations: Operations, services: Services): void {
  sendEvents(operations, services);
  listEvents(operations, services);
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

function listEvents(operations: Operations, { store }: Services): void {
  operations.operation(
    createRoute({
      method: 'get',
      path: PATH,
      operationId: 'sessions.events.list',
      tags,
      summary: 'List events',
      description: 'Oldest first. A cursor must be an event of this session.',
      parameters: [SESSION_PARAMETER],
      responses: {
        ...answers(200, EventPage, 'A page of events.', page([USER_MESSAGE, STATUS_IDLE])),
        ...refuses('read', 404),
      },
    }),
    { scope: 'events:read', query: EVENT_QUERY, missing: missingSession(store) },
    async (call) => {
      const { org, query } = call;
      const ref = sessionOf(call);
      const paging = pageParameters(query);
      const name = { kind: 'evt', session: 'id' in ref ? ref.id : await resolve(store, call) } as const;
      const position = readPage(paging, name, 'asc');
      const { types = null } = query;
      if (types !== null) checkPatterns(types, 'types');
      const found = await store.listEvents(org, ref, { ...position, range: readRange(query), types });
      if (found === null) throw invalidCursor(cursorParam(paging));
      return read(presentEventPage(name, position, found));
    },
  );
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
      return read(Buffer.from(event.text));
    },
  );
}

/** Page tokens name a session by our id, whatever the path calls it. */
async function resolve(store: Services['store'], subject: Subject): Promise<SessionId> {
  const session = await store.getSession(subject.org, sessionOf(subject));
  if (session === null) throw sessionNotFound(subject.pathIds[0] ?? '');
  return session.id;
}

/** Sessions: create, list, retrieve, update, archive, cancel, delete. */
import { createRoute } from '@hono/zod-openapi';
import { checkReached, cursorParam, readPage } from '@turnlog/core/cursors';
import { sessionNotFound } from '@turnlog/core/errors';
import { read, written } from '../../http/answers.ts';
import { checkObject } from '../../http/body-members.ts';
import { requireScope } from '../../http/credentials.ts';
import type { Operations } from '../../http/operations.ts';
import { answers, pathId, refuses, takes } from '../../http/reference.ts';
import type { Services } from '../../http/services.ts';
import { documentPatch } from './reference.ts';
import { missingSession, sessionOf } from './subjects.ts';
import { parseEvents } from './wire/event.ts';
import { page, SENT_EVENTS, SESSION, SESSION_ID } from './wire/examples.ts';
import { pageParameters, presentPage } from './wire/page.ts';
import {
  CreateSessionParams,
  parseCreateSession,
  parseUpdateSession,
  presentSession,
  SessionCanceling,
  SessionDeleted,
  SessionPage,
  SessionResource,
  UpdateSessionParams,
} from './wire/session.ts';
import { readSessionFilters, SESSION_QUERY } from './wire/session-query.ts';

const LIST = { kind: 'sess', of: null } as const;
const PATH = '/sessions/{session_id}';
const parameters = [pathId('session_id', SESSION_ID, "The session's id, or its external id.")];
const tags = ['Sessions'];

export function sessionRoutes(operations: Operations, services: Services): void {
  createSession(operations, services);
  listSessions(operations, services);
  retrieveSession(operations, services);
  updateSession(operations, services);
  archiveSession(operations, services);
  cancelSession(operations, services);
  deleteSession(operations, services);
}

function createSession(operations: Operations, { store }: Services): void {
  operations.operation(
    createRoute({
      method: 'post',
      path: '/sessions',
      operationId: 'sessions.create',
      tags,
      summary: 'Create a session',
      description:
        'Creates a session, with its first events if any are sent: all of it or nothing. `agent` and `environment_id` ' +
        'are labels of yours. Sending `initial_events` needs the scope `events:write` too.',
      request: takes(CreateSessionParams, {
        agent: 'researcher',
        title: SESSION.title,
        external_id: SESSION.external_id,
        metadata: SESSION.metadata,
        initial_events: SENT_EVENTS,
      }),
      responses: { ...answers(201, SessionResource, 'The new session.', SESSION), ...refuses('write') },
    }),
    { scope: 'sessions:write', body: 'required' },
    async ({ org, caller, body, context }) => {
      checkObject(body);
      const events = parseEvents(body, 'initial_events');
      if (events.length > 0) requireScope(caller, 'events:write');
      const outcome = await store.createSession(org, parseCreateSession(body, events), context);
      return written(201, outcome, JSON.stringify(presentSession(outcome.value)));
    },
  );
}

function listSessions(operations: Operations, { store, nowUs }: Services): void {
  operations.operation(
    createRoute({
      method: 'get',
      path: '/sessions',
      operationId: 'sessions.list',
      tags,
      summary: 'List sessions',
      description: 'Newest first. Cursors are positions: they stay valid when the session they name is deleted.',
      responses: {
        ...answers(200, SessionPage, 'A page of sessions.', { ...page([SESSION]), prev_page: null }),
        ...refuses('read'),
      },
    }),
    { scope: 'sessions:read', query: SESSION_QUERY },
    async ({ org, query }) => {
      const paging = pageParameters(query);
      const position = readPage(paging, LIST, 'desc');
      const filters = readSessionFilters(query);
      await checkReached(store, org, nowUs(), position.cursor, cursorParam(paging));
      const { data, hasMore } = await store.listSessions(org, { ...position, ...filters });
      const texts = data.map((session) => JSON.stringify(presentSession(session)));
      const records = { texts, firstId: data[0]?.id ?? null, lastId: data.at(-1)?.id ?? null, hasMore };
      return read(presentPage(LIST, position, records, { prevPage: true }));
    },
  );
}

function retrieveSession(operations: Operations, { store }: Services): void {
  operations.operation(
    createRoute({
      method: 'get',
      path: PATH,
      operationId: 'sessions.retrieve',
      tags,
      summary: 'Retrieve a session',
      description: 'By its id or by its external id.',
      parameters,
      responses: { ...answers(200, SessionResource, 'The session.', SESSION), ...refuses('read', 404) },
    }),
    { scope: 'sessions:read', missing: missingSession(store) },
    async (call) => {
      const session = await store.getSession(call.org, sessionOf(call));
      if (session === null) throw sessionNotFound(call.pathIds[0] ?? '');
      return read(JSON.stringify(presentSession(session)));
    },
  );
}

function updateSession(operations: Operations, { store }: Services): void {
  const route = createRoute({
    method: 'post',
    path: PATH,
    operationId: 'sessions.update',
    tags,
    summary: 'Update a session',
    description: 'Changes the title, merges metadata; a metadata key set to null is deleted. `PATCH` does the same.',
    parameters,
    request: takes(UpdateSessionParams, { title: 'Fix the login test, again', metadata: { repository: null } }),
    responses: {
      ...answers(200, SessionResource, 'The session after the change.', {
        ...SESSION,
        title: 'Fix the login test, again',
        metadata: {},
      }),
      ...refuses('write', 404),
    },
  });
  operations.operation(
    route,
    { scope: 'sessions:write', body: 'required', alias: 'patch', missing: missingSession(store) },
    async (call) => {
      const command = parseUpdateSession(call.body);
      const outcome = await store.updateSession(call.org, sessionOf(call), command, call.context);
      return written(200, outcome, JSON.stringify(presentSession(outcome.value)));
    },
  );
  documentPatch(operations.app, route, 'sessions.patch');
}

function archiveSession(operations: Operations, { store }: Services): void {
  operations.operation(
    createRoute({
      method: 'post',
      path: `${PATH}/archive`,
      operationId: 'sessions.archive',
      tags,
      summary: 'Archive a session',
      description: 'It takes no more events and leaves the list. Takes no body; archiving twice is archiving once.',
      parameters,
      responses: {
        ...answers(200, SessionResource, 'The archived session.', { ...SESSION, archived_at: SESSION.updated_at }),
        ...refuses('write', 404),
      },
    }),
    { scope: 'sessions:write', missing: missingSession(store) },
    async (call) => {
      const outcome = await store.archiveSession(call.org, sessionOf(call), call.context);
      return written(200, outcome, JSON.stringify(presentSession(outcome.value)));
    },
  );
}

function cancelSession(operations: Operations, { store }: Services): void {
  const example = { id: SESSION_ID, type: 'session', status: 'canceling' };
  operations.operation(
    createRoute({
      method: 'post',
      path: `${PATH}/cancel`,
      operationId: 'sessions.cancel',
      tags,
      summary: 'Cancel a session',
      description: 'Asks a running session to stop, by a `user.interrupt` event; does nothing to one that rests.',
      parameters,
      responses: {
        ...answers(200, SessionCanceling, 'Nothing was running; nothing was appended.', example),
        ...answers(202, SessionCanceling, 'A `user.interrupt` event was appended.', example),
        ...refuses('write', 404),
      },
    }),
    { scope: 'sessions:write', missing: missingSession(store) },
    async (call) => {
      const outcome = await store.cancelSession(call.org, sessionOf(call), call.context);
      const { session, interrupted } = outcome.value;
      const body = JSON.stringify({ id: session.id, type: 'session', status: 'canceling' });
      return written(interrupted ? 202 : 200, outcome, body);
    },
  );
}

function deleteSession(operations: Operations, { store }: Services): void {
  const example = { id: SESSION_ID, type: 'session_deleted' };
  operations.operation(
    createRoute({
      method: 'delete',
      path: PATH,
      operationId: 'sessions.delete',
      tags,
      summary: 'Delete a session',
      description: 'Deletes the session and its events for good, and frees its external id.',
      parameters,
      responses: { ...answers(200, SessionDeleted, 'It is gone.', example), ...refuses('read', 404) },
    }),
    { scope: 'sessions:write', missing: missingSession(store) },
    async (call) => {
      const outcome = await store.deleteSession(call.org, sessionOf(call), call.context);
      return written(200, outcome, JSON.stringify({ id: outcome.value.id, type: 'session_deleted' }));
    },
  );
}

/** Sessions: list, create, retrieve, their status and result, change, delete. */
import { createRoute } from '@hono/zod-openapi';
import { ALL_TIME } from '@turnlog/core/clock';
import { sessionNotFound } from '@turnlog/core/errors';
import { STATUS_OF_PHASE } from '@turnlog/core/lifecycle';
import { nameOf, sessionRef } from '@turnlog/core/sessions';
import { read, written } from '../../http/answers.ts';
import type { Operations } from '../../http/operations.ts';
import { answers, refuses, takes } from '../../http/reference.ts';
import type { Services } from '../../http/services.ts';
import { answerInPieces } from '../../http/streams/pieces.ts';
import { resultOf } from './result.ts';
import { sessionTexts } from './session-texts.ts';
import { missingSession, SESSION_PARAMETER, sessionOf } from './subjects.ts';
import { SESSION, SESSION_ID } from './wire/examples.ts';
import {
  CreateSessionParams,
  parseCreateSession,
  parseUpdateMetadata,
  presentSession,
  SessionAnswer,
  SessionDeleted,
  SessionList,
  SessionResult,
  SessionStatus,
  SessionWritten,
  UpdateMetadataParams,
} from './wire/session.ts';

const PATH = '/sessions/{session_id}';
const parameters = [SESSION_PARAMETER];
const tags = ['Sessions'];

export function sessionRoutes(operations: Operations, services: Services): void {
  listSessions(operations, services);
  createSession(operations, services);
  retrieveSession(operations, services);
  retrieveStatus(operations, services);
  retrieveResult(operations, services);
  updateMetadata(operations, services);
  deleteSession(operations, services);
}

function listSessions(operations: Operations, services: Services): void {
  operations.operation(
    createRoute({
      method: 'get',
      path: '/sessions',
      operationId: 'runtime.sessions.list',
      tags,
      summary: 'List all sessions',
      description: 'Every session of the org, newest first, however it was made. The answer is not paged.',
      responses: {
        ...answers(200, SessionList, 'All sessions.', { sessions: [SESSION] }),
        ...refuses('read'),
      },
    }),
    { scope: 'sessions:read' },
    ({ org }, exchange) => {
      const texts = sessionTexts(services.store, org, ALL_TIME);
      return answerInPieces(services, exchange, { head: '{"sessions":[', tail: ']}', texts });
    },
  );
}

function createSession(operations: Operations, { store }: Services): void {
  const { session_id, session_name, project_dir, agent_name } = SESSION;
  operations.operation(
    createRoute({
      method: 'post',
      path: '/sessions',
      operationId: 'runtime.sessions.create',
      tags,
      summary: 'Create a session',
      description: 'It is running from the start. A `session_id` that is taken is a conflict.',
      request: takes(CreateSessionParams, { session_id, session_name, project_dir, agent_name }),
      responses: {
        ...answers(200, SessionWritten, 'The new session.', { ok: true, session: SESSION }),
        ...refuses('write'),
      },
    }),
    { scope: 'sessions:write', body: 'required' },
    async ({ org, body, context }) => {
      const outcome = await store.createSession(org, parseCreateSession(body), context);
      return written(200, outcome, `{"ok":true,"session":${presentSession(outcome.value)}}`);
    },
  );
}

function retrieveSession(operations: Operations, { store }: Services): void {
  operations.operation(
    createRoute({
      method: 'get',
      path: PATH,
      operationId: 'runtime.sessions.retrieve',
      tags,
      summary: 'Retrieve a session',
      description: 'By its `session_id`, however it was made.',
      parameters,
      responses: { ...answers(200, SessionAnswer, 'The session.', { session: SESSION }), ...refuses('read', 404) },
    }),
    { scope: 'sessions:read', missing: missingSession(store) },
    async (call) => {
      const session = await store.getSession(call.org, sessionOf(call));
      if (session === null) throw sessionNotFound(call.pathIds[0] ?? '');
      return read(`{"session":${presentSession(session)}}`);
    },
  );
}

function retrieveStatus(operations: Operations, { store }: Services): void {
  operations.operation(
    createRoute({
      method: 'get',
      path: `${PATH}/status`,
      operationId: 'runtime.sessions.status',
      tags,
      summary: "Retrieve a session's status",
      description: '`not_existent` for a session that does not exist.',
      parameters,
      responses: { ...answers(200, SessionStatus, 'The status.', { status: 'finished' }), ...refuses('read') },
    }),
    { scope: 'sessions:read' },
    async ({ org, pathIds }) => {
      const ref = sessionRef(pathIds[0] ?? '');
      const session = ref === null ? null : await store.getSession(org, ref);
      const status = session === null ? 'not_existent' : STATUS_OF_PHASE[session.phase].runtime;
      return read(JSON.stringify({ status }));
    },
  );
}

function retrieveResult(operations: Operations, { store }: Services): void {
  const example = { result: "The assistant's final response text..." };
  operations.operation(
    createRoute({
      method: 'get',
      path: `${PATH}/result`,
      operationId: 'runtime.sessions.result',
      tags,
      summary: "Retrieve a finished session's result",
      description: "The text of the last assistant's message. A session that is not finished is a 400.",
      parameters,
      responses: { ...answers(200, SessionResult, 'The result.', example), ...refuses('read', 404) },
    }),
    { scope: 'events:read', missing: missingSession(store) },
    async (call) => {
      const session = await store.getSession(call.org, sessionOf(call));
      if (session === null) throw sessionNotFound(call.pathIds[0] ?? '');
      return read(JSON.stringify({ result: await resultOf(store, call.org, session) }));
    },
  );
}

function updateMetadata(operations: Operations, { store }: Services): void {
  const session = { ...SESSION, session_name: 'New Name', project_dir: '/new/path', agent_name: 'new-agent' };
  const { session_name, project_dir, agent_name } = session;
  operations.operation(
    createRoute({
      method: 'patch',
      path: `${PATH}/metadata`,
      operationId: 'runtime.sessions.update',
      tags,
      summary: "Change a session's metadata",
      description: 'Changes what is given, and tells the sockets of it, even if nothing is other than before.',
      parameters,
      request: takes(UpdateMetadataParams, { session_name, project_dir, agent_name }),
      responses: {
        ...answers(200, SessionWritten, 'The session after the change.', { ok: true, session }),
        ...refuses('write', 404),
      },
    }),
    { scope: 'sessions:write', body: 'required', missing: missingSession(store) },
    async (call) => {
      const command = parseUpdateMetadata(call.body);
      const outcome = await store.updateSession(call.org, sessionOf(call), command, call.context);
      return written(200, outcome, `{"ok":true,"session":${presentSession(outcome.value)}}`);
    },
  );
}

function deleteSession(operations: Operations, { store }: Services): void {
  const example = { ok: true, session_id: SESSION_ID, deleted: { session: true, events_count: 42 } };
  operations.operation(
    createRoute({
      method: 'delete',
      path: PATH,
      operationId: 'runtime.sessions.delete',
      tags,
      summary: 'Delete a session',
      description:
        'Deletes the session and its events for good, and frees its `session_id`, which the answer repeats as sent.',
      parameters,
      responses: { ...answers(200, SessionDeleted, 'It is gone.', example), ...refuses('read', 404) },
    }),
    { scope: 'sessions:write', missing: missingSession(store) },
    async (call) => {
      const ref = sessionOf(call);
      const outcome = await store.deleteSession(call.org, ref, call.context);
      const deleted = { session: true, events_count: outcome.value.eventCount };
      return written(200, outcome, JSON.stringify({ ok: true, session_id: nameOf(ref), deleted }));
    },
  );
}

/** Sessions: create, read, find, update, delete. */
import { randomUUID } from 'node:crypto';
import { createRoute } from '@hono/zod-openapi';
import { sessionNotFound } from '@turnlog/core/errors';
import { uuidOfId } from '@turnlog/core/ids';
import { z } from 'zod';
import { read, written } from '../../http/answers.ts';
import { sha256 } from '../../http/credentials.ts';
import type { Call, Operations } from '../../http/operations.ts';
import type { QueryTable } from '../../http/query.ts';
import { answers, answersNothing, takes } from '../../http/reference.ts';
import type { Services } from '../../http/services.ts';
import type { TokenedSessions } from './admission.ts';
import { OPEN_TO_TOKENS, refusesHere, TOKEN_PARAMETER } from './reference.ts';
import { ConfigurationParams, parseChanges, parseConfiguration, parseLabels } from './wire/configuration.ts';
import { CONFIGURATION, SESSION, STATUS, TOKEN } from './wire/examples.ts';
import {
  CreatedSession,
  FoundSession,
  presentSession,
  presentStatus,
  SessionConfiguration,
  SessionStatus,
} from './wire/session.ts';
import { idsBeginningWith, isWholeToken } from './wire/token.ts';

const PATH = '/sessions/{token}';
const PUBLIC_PATH = '/sessions/public';
const tags = ['Sessions'];
const common = { ...OPEN_TO_TOKENS, tags, parameters: [TOKEN_PARAMETER] };
const NOTHING_CHANGES = { replayed: false };

type AnyCall = Call<QueryTable>;

export function sessionRoutes(operations: Operations, services: Services, sessions: TokenedSessions): void {
  createSession(operations, services);
  listPublicSessions(operations);
  retrieveSession(operations, services, sessions);
  retrieveStatus(operations, sessions);
  updateSession(operations, services, sessions);
  updateLabels(operations, services, sessions);
  deleteSession(operations, services, sessions);
}

function createSession(operations: Operations, { store }: Services): void {
  operations.operation(
    createRoute({
      method: 'post',
      path: '/sessions',
      operationId: 'wave.sessions.create',
      tags,
      summary: 'Create a session',
      description: 'The token of the answer is shown once. The body may be left out; other members are ignored.',
      request: takes(ConfigurationParams, CONFIGURATION, false),
      responses: {
        ...answers(200, CreatedSession, 'The token of the new session.', { token: TOKEN }),
        ...refusesHere('write'),
      },
    }),
    { scope: 'sessions:write', body: 'optional' },
    async ({ org, body, context }, exchange) => {
      const metadata = parseConfiguration(body, exchange.header('user-agent'));
      const token = randomUUID();
      const unnamed = { externalId: null, agent: null, environmentId: null, title: null, events: [] };
      const command = { ...unnamed, origin: 'wave', metadata, capability: sha256(token) } as const;
      const outcome = await store.createSession(org, command, context);
      return written(200, outcome, JSON.stringify({ token: outcome.replayed ? null : token }));
    },
  );
}

function listPublicSessions(operations: Operations): void {
  operations.operation(
    createRoute({
      method: 'get',
      path: PUBLIC_PATH,
      operationId: 'wave.sessions.public',
      tags,
      summary: 'List public sessions',
      description: 'There are none: no session is public.',
      responses: { ...answers(200, z.array(z.string()), 'An empty array.', []), ...refusesHere('read') },
    }),
    { scope: 'sessions:read' },
    async () => read('[]'),
  );
  operations.reserve(PUBLIC_PATH);
}

function retrieveSession(operations: Operations, { store }: Services, sessions: TokenedSessions): void {
  const find = async ({ org, pathIds: [beginning = ''] }: AnyCall) => {
    const between = idsBeginningWith(beginning);
    const found = between && (await store.onlySessionBetween(org, between.low, between.high));
    if (found === null) throw sessionNotFound(beginning);
    return JSON.stringify({ token: uuidOfId(found) });
  };
  operations.operation(
    createRoute({
      ...common,
      method: 'get',
      path: PATH,
      operationId: 'wave.sessions.retrieve',
      summary: 'Retrieve or find a session',
      description:
        'What is to be run in a session. With a personal access token the path may have only the beginning of the UUID ' +
        'form, 8 characters or more: when one session alone begins so, the answer is its token, and nothing else.',
      responses: {
        ...answers(200, z.union([SessionConfiguration, FoundSession]), 'The session.', SESSION),
        ...refusesHere('read', 404),
      },
    }),
    {
      scope: 'sessions:read',
      missing: async (subject) => (isWholeToken(subject.pathIds[0] ?? '') ? sessions.missing(subject) : null),
    },
    async (call) => {
      const [token = ''] = call.pathIds;
      return read(isWholeToken(token) ? presentSession(await sessions.get(call), token) : await find(call));
    },
  );
}

function retrieveStatus(operations: Operations, sessions: TokenedSessions): void {
  operations.operation(
    createRoute({
      ...common,
      method: 'get',
      path: `${PATH}/status`,
      operationId: 'wave.sessions.status',
      summary: "Retrieve a session's status",
      description: 'How far the session is, whichever dialect has moved it.',
      responses: { ...answers(200, SessionStatus, 'The status.', STATUS), ...refusesHere('read', 404) },
    }),
    { scope: 'sessions:read', missing: sessions.missing },
    async (call) => read(presentStatus(await sessions.get(call), call.pathIds[0] ?? '')),
  );
}

function updateSession(operations: Operations, services: Services, sessions: TokenedSessions): void {
  operations.operation(
    createRoute({
      ...common,
      method: 'put',
      path: PATH,
      operationId: 'wave.sessions.update',
      summary: 'Update a session',
      description: 'Changes what is sent, in `tests` and `timeouts` member by member; the rest stays as it is.',
      request: takes(ConfigurationParams, { labels: CONFIGURATION.labels }, false),
      responses: { ...answersNothing('It is changed.'), ...refusesHere('write', 404) },
    }),
    { scope: 'sessions:write', body: 'optional', missing: sessions.missing },
    (call) => change(services, sessions, call, parseChanges(call.body)),
  );
}

function updateLabels(operations: Operations, services: Services, sessions: TokenedSessions): void {
  const Labels = z.union([z.array(z.string()), z.object({ labels: z.array(z.string()) })]);
  operations.operation(
    createRoute({
      ...common,
      method: 'put',
      path: `${PATH}/labels`,
      operationId: 'wave.sessions.labels',
      summary: 'Replace the labels of a session',
      description: 'Takes the array itself, or an object with it as `labels`.',
      request: takes(Labels, { labels: CONFIGURATION.labels }),
      responses: { ...answersNothing('They are replaced.'), ...refusesHere('write', 404) },
    }),
    { scope: 'sessions:write', body: 'required', missing: sessions.missing },
    (call) => change(services, sessions, call, parseLabels(call.body)),
  );
}

async function change(
  { store }: Services,
  sessions: TokenedSessions,
  call: AnyCall,
  metadata: Readonly<Record<string, string>>,
) {
  if (Object.keys(metadata).length === 0) return written(200, NOTHING_CHANGES, null);
  const ref = { id: await sessions.idOf(call) };
  const outcome = await store.updateSession(call.org, ref, { title: undefined, metadata }, call.context);
  return written(200, outcome, null);
}

function deleteSession(operations: Operations, { store }: Services, sessions: TokenedSessions): void {
  operations.operation(
    createRoute({
      ...common,
      method: 'delete',
      path: PATH,
      operationId: 'wave.sessions.delete',
      summary: 'Delete a session',
      description:
        'Deletes the session and its events for good; its token counts no longer, and who listens gets a 404.',
      responses: { ...answersNothing('It is gone.'), ...refusesHere('read', 404) },
    }),
    { scope: 'sessions:write', missing: sessions.missing },
    async (call) => {
      const outcome = await store.deleteSession(call.org, { id: await sessions.idOf(call) }, call.context);
      return written(200, outcome, null);
    },
  );
}

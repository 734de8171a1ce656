/** Sessions: list in numbered pages, create. */
import { createRoute } from '@hono/zod-openapi';
import { read, written } from '../../http/answers.ts';
import type { Operations } from '../../http/operations.ts';
import { answers, refuses, takes } from '../../http/reference.ts';
import type { Services } from '../../http/services.ts';
import { PAGINATION, SENT_SESSION, SESSION } from './wire/examples.ts';
import { PAGING, presentPagination, readPaging } from './wire/pagination.ts';
import { CreateSessionParams, parseCreateSession, presentSession, SessionItem, SessionList } from './wire/session.ts';

const PATH = '/sessions';
const tags = ['Sessions'];

export function sessionRoutes(operations: Operations, services: Services): void {
  listSessions(operations, services);
  createSession(operations, services);
}

function listSessions(operations: Operations, { store }: Services): void {
  operations.operation(
    createRoute({
      method: 'get',
      path: PATH,
      operationId: 'workflow.sessions.list',
      tags,
      summary: 'List sessions',
      description: 'Newest first: every session of the organisation, wherever it was made, archived ones included.',
      responses: {
        ...answers(200, SessionList, 'A page of sessions.', { items: [SESSION], pagination: PAGINATION }),
        ...refuses('read'),
      },
    }),
    { scope: 'sessions:read', query: PAGING },
    async ({ org, query }) => {
      const request = readPaging(query);
      const { data, total } = await store.pageOfSessions(org, { offset: request.offset, limit: request.perPage });
      const list = { items: data.map(presentSession), pagination: presentPagination(request, total) };
      return read(Buffer.from(JSON.stringify(list)));
    },
  );
}

function createSession(operations: Operations, { store }: Services): void {
  operations.operation(
    createRoute({
      method: 'post',
      path: PATH,
      operationId: 'workflow.sessions.create',
      tags,
      summary: 'Create a session',
      description: 'A new session is `pending` until its events say more.',
      request: takes(CreateSessionParams, SENT_SESSION),
      responses: {
        ...answers(201, SessionItem, 'The new session.', { ...SESSION, status: 'pending' }),
        ...refuses('write'),
      },
    }),
    { scope: 'sessions:write', body: 'required' },
    async ({ org, body, context }) => {
      const outcome = await store.createSession(org, parseCreateSession(body), context);
      return written(201, outcome, Buffer.from(JSON.stringify(presentSession(outcome.value))));
    },
  );
}

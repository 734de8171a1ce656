/** Access tokens of an org: create, list, revoke, rotate. */
import { createRoute } from '@hono/zod-openapi';
import { checkReached, cursorParam, readPage } from '@turnlog/core/cursors';
import { checkExpiry, checkNotWider, makeSecret, secretPrefix } from '@turnlog/core/tokens';
import { read, written } from '../../http/answers.ts';
import { type Credentials, sha256 } from '../../http/credentials.ts';
import type { Operations } from '../../http/operations.ts';
import { answers, pathId, refuses, takes } from '../../http/reference.ts';
import type { Services } from '../../http/services.ts';
import { missingToken, tokenOf } from './subjects.ts';
import { page, SECRET, TOKEN, TOKEN_ID } from './wire/examples.ts';
import { pageParameters, paging, presentPage } from './wire/page.ts';
import {
  CreateTokenParams,
  parseCreateToken,
  parseRotateToken,
  presentToken,
  RotateTokenParams,
  TokenPage,
  TokenResource,
  TokenWithSecret,
} from './wire/token.ts';

const LIST = { kind: 'tok', of: null } as const;
const TOKEN_QUERY = paging('token', 'desc');
const parameters = [pathId('token_id', TOKEN_ID, "The token's id.")];
const tags = ['Tokens'];

export function tokenRoutes(operations: Operations, services: Services, credentials: Credentials): void {
  createToken(operations, services);
  listTokens(operations, services);
  revokeToken(operations, services, credentials);
  rotateToken(operations, services, credentials);
}

function createToken(operations: Operations, { store, nowUs, random }: Services): void {
  operations.operation(
    createRoute({
      method: 'post',
      path: '/tokens',
      operationId: 'tokens.create',
      tags,
      summary: 'Create a token',
      description:
        'The secret is shown in this answer alone; only its hash is stored, so a repeat with the same idempotency key ' +
        'answers `token: null`. A token never has more scopes, nor a longer life, than its maker.',
      request: takes(CreateTokenParams, { name: TOKEN.name, scopes: TOKEN.scopes, expires_at: '2026-09-25T00:00:00Z' }),
      responses: {
        ...answers(201, TokenWithSecret, 'The new token.', { ...TOKEN, token: SECRET }),
        ...refuses('write'),
      },
    }),
    { scope: 'tokens:manage', body: 'required' },
    async ({ org, caller, body, context, replaying }) => {
      const input = parseCreateToken(body);
      if (!replaying) {
        checkExpiry(input.expiresUs, nowUs());
        checkNotWider(caller, input.scopes, input.expiresUs);
      }
      const secret = makeSecret(random);
      const stored = { hash: sha256(secret), prefix: secretPrefix(secret) };
      const outcome = await store.createToken(org, { ...input, ...stored }, context);
      const token = outcome.replayed ? null : secret;
      return written(201, outcome, JSON.stringify({ ...presentToken(outcome.value), token }));
    },
  );
}

function listTokens(operations: Operations, { store, nowUs }: Services): void {
  operations.operation(
    createRoute({
      method: 'get',
      path: '/tokens',
      operationId: 'tokens.list',
      tags,
      summary: 'List tokens',
      description: 'Newest first, revoked and expired ones included; never with their secrets.',
      responses: { ...answers(200, TokenPage, 'A page of tokens.', page([TOKEN])), ...refuses('read') },
    }),
    { scope: 'tokens:manage', query: TOKEN_QUERY },
    async ({ org, query }) => {
      const parameters = pageParameters(query);
      const position = readPage(parameters, LIST, 'desc');
      await checkReached(store, org, nowUs(), position.cursor, cursorParam(parameters));
      const { data, hasMore } = await store.listTokens(org, position);
      const texts = data.map((token) => JSON.stringify(presentToken(token)));
      return read(
        presentPage(LIST, position, { texts, firstId: data[0]?.id ?? null, lastId: data.at(-1)?.id ?? null, hasMore }),
      );
    },
  );
}

function revokeToken(operations: Operations, { store, streams }: Services, credentials: Credentials): void {
  operations.operation(
    createRoute({
      method: 'delete',
      path: '/tokens/{token_id}',
      operationId: 'tokens.revoke',
      tags,
      summary: 'Revoke a token',
      description: 'From this answer on the token is refused. Revoking twice is revoking once.',
      parameters,
      responses: {
        ...answers(200, TokenResource, 'The revoked token.', { ...TOKEN, revoked_at: '2025-09-26T10:00:00.000000Z' }),
        ...refuses('read', 404),
      },
    }),
    { scope: 'tokens:manage', missing: missingToken(store) },
    async (call) => {
      const id = tokenOf(call);
      const outcome = await store.revokeToken(call.org, id, call.context);
      credentials.forget(id);
      await streams.recheck(id, (secretHash) => credentials.recheck(secretHash));
      return written(200, outcome, JSON.stringify(presentToken(outcome.value)));
    },
  );
}

function rotateToken(operations: Operations, { store, streams, random }: Services, credentials: Credentials): void {
  operations.operation(
    createRoute({
      method: 'post',
      path: '/tokens/{token_id}/rotate',
      operationId: 'tokens.rotate',
      tags,
      summary: 'Rotate a token',
      description:
        'Gives the token a new secret, shown in this answer alone. Earlier secrets end at once, or after ' +
        '`overlap_seconds` (at most seven days).',
      parameters,
      request: takes(RotateTokenParams, { overlap_seconds: 3600 }, false),
      responses: {
        ...answers(200, TokenWithSecret, 'The token with its new secret.', { ...TOKEN, token: SECRET }),
        ...refuses('write', 404),
      },
    }),
    { scope: 'tokens:manage', body: 'optional', missing: missingToken(store) },
    async (call) => {
      const id = tokenOf(call);
      const overlapSeconds = parseRotateToken(call.body);
      const secret = makeSecret(random);
      const stored = { hash: sha256(secret), prefix: secretPrefix(secret) };
      const command = { maker: call.caller, ...stored, overlapSeconds };
      const outcome = await store.rotateToken(call.org, id, command, call.context);
      credentials.forget(id);
      await streams.recheck(id, (secretHash) => credentials.recheck(secretHash));
      const token = outcome.replayed ? null : secret;
      return written(200, outcome, JSON.stringify({ ...presentToken(outcome.value), token }));
    },
  );
}

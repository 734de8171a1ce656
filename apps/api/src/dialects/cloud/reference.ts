/** The document of the native API: what its operations share, and the whole as OpenAPI 3.1. */
import type { OpenAPIHono, RouteConfig } from '@hono/zod-openapi';
import type { z } from 'zod';
import { describeOperation, type HeaderName, headersOf, registerShared } from '../../http/openapi.ts';
import { ErrorResponse } from './wire/error.ts';
import { SESSION_ID } from './wire/examples.ts';

/** Where the reference shows the operations. */
export const DOCUMENTED_AT = '/v1';

type Responses = RouteConfig['responses'];
type Status = keyof typeof REFUSALS;

interface SharedRefusal {
  readonly name: string;
  readonly type: string;
  readonly description: string;
  /** The message of the example, and its param. */
  readonly message: string;
  readonly param?: string;
  readonly code?: string;
  /** Besides the request id. */
  readonly headers: readonly HeaderName[];
}

const NO_RETRY = 'x-should-retry';

const REFUSALS = {
  400: {
    name: 'BadRequest',
    type: 'invalid_request_error',
    description: 'The request is malformed: `param` names the input at fault.',
    message: "'limit' must be a whole number from 1 to 1000, in plain digits.",
    param: 'limit',
    headers: [NO_RETRY],
  },
  401: {
    name: 'Unauthenticated',
    type: 'authentication_error',
    description: 'No access token was sent, or one that does not count.',
    message: 'The access token is malformed, unknown, expired or revoked.',
    headers: [NO_RETRY, 'www-authenticate'],
  },
  403: {
    name: 'PermissionDenied',
    type: 'permission_error',
    description: 'The token lacks the scope for this, or would make a wider one.',
    message: "This needs a token with the scope 'sessions:write'.",
    headers: [NO_RETRY],
  },
  404: {
    name: 'NotFound',
    type: 'not_found_error',
    description: 'No such record in this org: it never was, was deleted, or belongs to another.',
    message: `No session '${SESSION_ID}' exists.`,
    code: 'session_not_found',
    headers: [NO_RETRY],
  },
  405: {
    name: 'MethodNotAllowed',
    type: 'invalid_request_error',
    description: 'The path does not take this method: `Allow` lists what it takes.',
    message: 'This path does not take PUT: it takes GET, HEAD, POST.',
    code: 'method_not_allowed',
    headers: [NO_RETRY, 'allow'],
  },
  408: {
    name: 'RequestTimeout',
    type: 'invalid_request_error',
    description: 'The headers did not come within 10 seconds, or the whole request within 60. It may be sent again.',
    message: 'The request did not come in time: send it again.',
    code: 'request_timeout',
    headers: [],
  },
  409: {
    name: 'Conflict',
    type: 'conflict_error',
    description: 'The state of the record, or an idempotency key used before, forbids it. No retry can cure it.',
    message: `Session '${SESSION_ID}' is archived and takes no more events.`,
    code: 'session_archived',
    headers: [NO_RETRY],
  },
  413: {
    name: 'BodyTooLarge',
    type: 'invalid_request_error',
    description: 'The body is larger than 4 MiB.',
    message: 'The body is larger than 4194304 bytes (4 MiB): send less at once.',
    code: 'body_too_large',
    headers: [NO_RETRY],
  },
  415: {
    name: 'UnsupportedMediaType',
    type: 'invalid_request_error',
    description: 'The body is not JSON in UTF-8.',
    message: "The body must be JSON: send it with 'Content-Type: application/json'.",
    code: 'unsupported_media_type',
    headers: [NO_RETRY],
  },
  429: {
    name: 'TooManyStreams',
    type: 'rate_limit_error',
    description: 'The token holds as many streams and held polls as it may.',
    message: 'This token holds 1000 streams and held polls, which is as many as it may: close one first.',
    code: 'too_many_streams',
    headers: ['retry-after'],
  },
  431: {
    name: 'HeadersTooLarge',
    type: 'invalid_request_error',
    description: 'The request line and the headers are larger than 16 KiB.',
    message: 'The request line and headers are larger than 16 KiB: send less in them.',
    code: 'header_too_large',
    headers: [NO_RETRY],
  },
  500: {
    name: 'InternalError',
    type: 'api_error',
    description: 'Something went wrong on our side.',
    message: 'Something went wrong on our side. If it goes on, report it with the request id.',
    headers: [],
  },
  503: {
    name: 'Overloaded',
    type: 'overloaded_error',
    description: 'Not now: `code` says why, `Retry-After` when to try again.',
    message: 'Too many writes are waiting: try again in a moment.',
    code: 'overloaded',
    headers: ['retry-after'],
  },
} as const satisfies Record<number, SharedRefusal>;

const ALWAYS = [400, 401, 403, 405, 408, 431, 500, 503] as const;
const OF_WRITES = [409, 413, 415] as const;

/** A successful answer. */
export function answers(status: number, schema: z.ZodType, description: string, example: unknown): Responses {
  return { [status]: { description, content: { 'application/json': { schema, example } } } };
}

/** A successful answer that is a stream of server-sent events. */
export function streams(schema: z.ZodType, example: string): Responses {
  const description = 'The stream; each `data` is one event.';
  return { 200: { description, content: { 'text/event-stream': { schema, example } } } };
}

/** The refusals of an operation: those that all have, those of its kind, and more. */
export function refuses(kind: 'read' | 'write', ...more: readonly Status[]): Responses {
  const statuses = [...ALWAYS, ...(kind === 'write' ? OF_WRITES : []), ...more].sort();
  return Object.fromEntries(
    statuses.map((status) => [status, { $ref: `#/components/responses/${REFUSALS[status].name}` }]),
  );
}

/** Shows that a route is also served by PATCH, under an operationId of its own. The SDK needs it once only. */
export function documentPatch(app: OpenAPIHono, route: RouteConfig, operationId: string): void {
  const alias = {
    ...route,
    method: 'patch',
    operationId,
    description: 'The same as `POST`.',
    'x-sdk-skip': true,
  } as const;
  app.openAPIRegistry.registerPath(describeOperation(alias, undefined, DOCUMENTED_AT));
}

/** A JSON body with an example. */
export function takes(schema: z.ZodType, example: unknown, required = true) {
  return { body: { required, content: { 'application/json': { schema, example } } } };
}

/** An id in a path. */
export function pathId(name: string, example: string, description: string) {
  return { name, in: 'path', required: true, schema: { type: 'string' }, example, description } as const;
}

const DESCRIPTION = `The system of record for AI-agent sessions: a durable, strictly ordered log of session events.

Send a personal access token as \`Authorization: Bearer <token>\` or \`X-API-Key: <token>\`. The same API is served at
\`/v1\` and at \`/api/v1/cloud\`. Every answer carries a \`request-id\`. Lists are read by cursor: \`after_id\` and
\`before_id\` speak of the list in the order in which it is shown, and \`next_page\` leads on in the direction of travel.

Every \`POST\`, and \`PATCH\` too, takes an \`Idempotency-Key\` (alias \`X-Idempotency-Key\`) of 1 to 255 visible ASCII
characters: for 48 hours the same key with the same request has one effect and one answer, which a repeat marks
\`Idempotent-Replayed: true\`; with another request it is a conflict.`;

/** Builds the document from the operations that an app has registered. */
export function cloudDocument(app: OpenAPIHono) {
  const { openAPIRegistry: registry } = app;
  registry.register('ErrorResponse', ErrorResponse);
  registry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'A personal access token: `tlog_pat_…`.',
  });
  registry.registerComponent('securitySchemes', 'apiKey', {
    type: 'apiKey',
    in: 'header',
    name: 'X-API-Key',
    description: 'The same token, where Authorization cannot be set. Authorization counts when both are sent.',
  });
  registerShared(registry);
  for (const refusal of Object.values(REFUSALS)) registerRefusal(registry, refusal);
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'Turnlog', version: '1', description: DESCRIPTION, license: { name: 'MIT' } },
    servers: [{ url: '/', description: 'This server' }],
    security: [{ bearer: [] }, { apiKey: [] }],
    tags: [
      { name: 'Sessions', description: 'One agent run or conversation each.' },
      { name: 'Events', description: 'The immutable facts of a session, in order.' },
      { name: 'Feed', description: 'Every event of the org in one order: of all sessions, and of the account stream.' },
      { name: 'Tokens', description: 'Personal access tokens of the org.' },
    ],
  });
}

function registerRefusal(registry: OpenAPIHono['openAPIRegistry'], refusal: SharedRefusal): void {
  const { name, type, description, message, param, code, headers } = refusal;
  const error = { type, message, ...(param && { param }), ...(code && { code }) };
  registry.registerComponent('responses', name, {
    description,
    headers: headersOf(...headers),
    content: {
      'application/json': {
        schema: { $ref: '#/components/schemas/ErrorResponse' },
        example: { type: 'error', error, request_id: 'req_01K5ZV7T3D7M7F0R5Q8W1E6YHC' },
      },
    },
  });
}

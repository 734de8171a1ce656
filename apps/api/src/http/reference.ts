/** The OpenAPI document of one dialect: what its operations share, and the whole as OpenAPI 3.1. */
import type { OpenAPIHono, RouteConfig } from '@hono/zod-openapi';
import { type ErrorCode, TurnlogError } from '@turnlog/core/errors';
import type { z } from 'zod';
import { type Dialect, MethodNotAllowed, type PresentRefusal } from './dialect.ts';
import { type HeaderName, headersOf, registerShared } from './openapi.ts';
import type { Operations } from './operations.ts';

type Responses = RouteConfig['responses'];
export type RefusedStatus = keyof typeof REFUSALS;

interface SharedRefusal {
  readonly name: string;
  readonly description: string;
  readonly example: TurnlogError;
}

const REQUEST_ID = 'req_01K5ZV7T3D7M7F0R5Q8W1E6YHC';
const SESSION_ID = 'sess_01K5ZV7QH37MZTXN4T6B9D0RFE';

const REFUSALS = {
  400: refusal(
    'BadRequest',
    'The request is malformed: the message says which input is at fault.',
    'invalid_request',
    "'limit' must be a whole number from 1 to 1000, in plain digits.",
    'limit',
  ),
  401: refusal(
    'Unauthenticated',
    'No access token was sent, or one that does not count.',
    'credential_refused',
    'The access token is malformed, unknown, expired or revoked.',
  ),
  403: refusal(
    'PermissionDenied',
    'The token lacks the scope for this, or would make a wider one.',
    'permission_denied',
    "This needs a token with the scope 'sessions:write'.",
  ),
  404: refusal(
    'NotFound',
    'No such record in this org: it never was, was deleted, or belongs to another.',
    'session_not_found',
    `No session '${SESSION_ID}' exists.`,
  ),
  405: {
    name: 'MethodNotAllowed',
    description: 'The path does not take this method: `Allow` lists what it takes.',
    example: new MethodNotAllowed('PUT', 'GET, HEAD, POST'),
  },
  408: refusal(
    'RequestTimeout',
    'The headers did not come within 10 seconds, or the whole request within 60. It may be sent again.',
    'request_timeout',
    'The request did not come in time: send it again.',
  ),
  409: refusal(
    'Conflict',
    'The state of the record, or an idempotency key used before, forbids it. No retry can cure it.',
    'session_archived',
    `Session '${SESSION_ID}' is archived and takes no more events.`,
  ),
  413: refusal(
    'BodyTooLarge',
    'The body is larger than 4 MiB.',
    'body_too_large',
    'The body is larger than 4194304 bytes (4 MiB): send less at once.',
  ),
  415: refusal(
    'UnsupportedMediaType',
    'The body is not JSON in UTF-8.',
    'unsupported_media_type',
    "The body must be JSON: send it with 'Content-Type: application/json'.",
  ),
  429: refusal(
    'TooManyStreams',
    'The token holds as many streams, sockets and held polls as it may.',
    'too_many_streams',
    'This token holds 1000 streams, sockets and held polls, which is as many as it may: close one first.',
  ),
  431: refusal(
    'HeadersTooLarge',
    'The request line and the headers are larger than 16 KiB.',
    'header_too_large',
    'The request line and headers are larger than 16 KiB: send less in them.',
  ),
  500: refusal('InternalError', 'Something went wrong on our side.', 'internal', 'An unexpected error.'),
  503: refusal(
    'Overloaded',
    'Not now: `Retry-After` says when to try again.',
    'overloaded',
    'Too many writes are waiting: try again in a moment.',
  ),
} as const satisfies Record<number, SharedRefusal>;

const ALWAYS = [400, 401, 403, 405, 408, 431, 500, 503] as const;
const OF_WRITES = [409, 413, 415] as const;
const LISTED_HEADERS: ReadonlySet<string> = new Set([
  'x-should-retry',
  'retry-after',
  'allow',
  'www-authenticate',
] satisfies HeaderName[]);

/** What the document of a dialect says besides its operations. */
export interface DialectReference {
  readonly title: string;
  readonly description: string;
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  /** The envelope of refusals, as a component of this name. */
  readonly envelope: { readonly name: string; readonly schema: z.ZodType };
  /** Refusals that a dialect words in its own way. */
  readonly examples?: Partial<Record<RefusedStatus, TurnlogError>>;
}

/** A dialect of the operations that are registered. */
export function dialectOf(operations: Operations, reference: DialectReference): Dialect {
  const { app, manners } = operations;
  return {
    app,
    manners,
    unmatched: (exchange, path) => operations.unmatched(exchange, path),
    document: () => describeDialect(app, manners.presentRefusal, reference),
  };
}

/** Builds the document of a dialect from the operations that its app has registered. */
function describeDialect(app: OpenAPIHono, presentRefusal: PresentRefusal, reference: DialectReference): object {
  const { title, description, tags, envelope } = reference;
  const { openAPIRegistry: registry } = app;
  registry.register(envelope.name, envelope.schema);
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
  for (const status of Object.keys(REFUSALS)) {
    registerRefusal(registry, Number(status) as RefusedStatus, presentRefusal, reference);
  }
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title, version: '1', description, license: { name: 'MIT' } },
    servers: [{ url: '/', description: 'This server' }],
    security: [{ bearer: [] }, { apiKey: [] }],
    tags: [...tags],
  });
}

/** A successful answer in JSON. */
export function answers(status: number, schema: z.ZodType, description: string, example: unknown): Responses {
  return { [status]: { description, content: { 'application/json': { schema, example } } } };
}

/** A successful answer that comes when a member of the body is true, and never otherwise; the SDK's types say so. */
export function answersWhen(
  member: string,
  status: number,
  schema: z.ZodType,
  description: string,
  example: unknown,
): Responses {
  const when = { 'x-sdk-when': member };
  return { [status]: { ...when, description, content: { 'application/json': { schema, example } } } };
}

/** A successful answer without a body. */
export function answersNothing(description: string): Responses {
  return { 200: { description } };
}

/** A successful answer that is a stream of server-sent events. */
export function streams(schema: z.ZodType, example: string): Responses {
  const description = 'The stream; each `data` is one event.';
  return { 200: { description, content: { 'text/event-stream': { schema, example } } } };
}

/** The refusals of an operation: those that all have, those of its kind, and more. */
export function refuses(kind: 'read' | 'write', ...more: readonly RefusedStatus[]): Responses {
  const statuses = [...ALWAYS, ...(kind === 'write' ? OF_WRITES : []), ...more].sort();
  return Object.fromEntries(
    statuses.map((status) => [status, { $ref: `#/components/responses/${REFUSALS[status].name}` }]),
  );
}

/** A JSON body with an example. */
export function takes(schema: z.ZodType, example: unknown, required = true) {
  return { body: { required, content: { 'application/json': { schema, example } } } };
}

/** An id in a path. */
export function pathId(name: string, example: string, description: string) {
  return { name, in: 'path', required: true, schema: { type: 'string' }, example, description } as const;
}

function registerRefusal(
  registry: OpenAPIHono['openAPIRegistry'],
  status: RefusedStatus,
  presentRefusal: PresentRefusal,
  { envelope, examples }: DialectReference,
): void {
  const { name, description, example }: SharedRefusal = REFUSALS[status];
  const shown = presentRefusal(examples?.[status] ?? example, REQUEST_ID);
  const headers = Object.keys(shown.headers ?? {}).filter((header) => LISTED_HEADERS.has(header)) as HeaderName[];
  registry.registerComponent('responses', name, {
    description,
    headers: headersOf(...headers),
    content: {
      'application/json': {
        schema: { $ref: `#/components/schemas/${envelope.name}` },
        example: JSON.parse(String(shown.body)),
      },
    },
  });
}

function refusal(name: string, description: string, code: ErrorCode, message: string, param?: string): SharedRefusal {
  return { name, description, example: new TurnlogError(code, message, param) };
}

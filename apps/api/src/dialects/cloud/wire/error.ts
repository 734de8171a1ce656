/** The native envelope of every refusal. */
import { z } from '@hono/zod-openapi';
import type { ErrorCode, TurnlogError } from '@turnlog/core/errors';
import type { RequestId } from '@turnlog/core/ids';
import { MethodNotAllowed } from '../../../http/dialect.ts';
import type { Answer } from '../../../http/exchange.ts';

const ERROR_TYPES = [
  'invalid_request_error',
  'authentication_error',
  'permission_error',
  'not_found_error',
  'conflict_error',
  'rate_limit_error',
  'api_error',
  'overloaded_error',
] as const;

export const ErrorResponse = z
  .object({
    type: z.literal('error'),
    error: z.object({
      type: z.enum(ERROR_TYPES).openapi('ErrorType', { description: 'Kind of a refusal: a closed set.' }),
      message: z.string().openapi({ description: 'One sentence for a person: what is wrong and what to do.' }),
      param: z.string().optional().openapi({ description: 'The input at fault, such as `events[3].type`.' }),
      code: z.string().optional().openapi({ description: 'A stable word for programs, where the type is not enough.' }),
    }),
    request_id: z.string().openapi({ description: "Names this request in the server's log." }),
  })
  .openapi('ErrorResponse', { description: 'The envelope of every refusal.' });

interface Refusal {
  readonly status: number;
  readonly type: (typeof ERROR_TYPES)[number];
  /** `never`: no retry can cure it; a number: seconds until one may. */
  readonly retry: 'never' | 'soon' | number;
  /** Whether the code says more than the type. */
  readonly telling: boolean;
}

const REFUSALS = {
  unauthenticated: refusal(401, 'authentication_error', 'never', false),
  credential_refused: refusal(401, 'authentication_error', 'never', false),
  permission_denied: refusal(403, 'permission_error', 'never', false),
  origin_refused: refusal(403, 'permission_error', 'never', false),
  route_not_found: refusal(404, 'not_found_error', 'never'),
  session_not_found: refusal(404, 'not_found_error', 'never'),
  event_not_found: refusal(404, 'not_found_error', 'never'),
  token_not_found: refusal(404, 'not_found_error', 'never'),
  method_not_allowed: refusal(405, 'invalid_request_error', 'never'),
  request_timeout: refusal(408, 'invalid_request_error', 'soon'),
  body_too_large: refusal(413, 'invalid_request_error', 'never'),
  unsupported_media_type: refusal(415, 'invalid_request_error', 'never'),
  header_too_large: refusal(431, 'invalid_request_error', 'never'),
  invalid_request: refusal(400, 'invalid_request_error', 'never', false),
  invalid_json: refusal(400, 'invalid_request_error', 'never', false),
  invalid_body: refusal(400, 'invalid_request_error', 'never', false),
  external_id_taken: refusal(409, 'conflict_error', 'never'),
  session_archived: refusal(409, 'conflict_error', 'never'),
  session_terminated: refusal(409, 'conflict_error', 'never'),
  session_unfinished: refusal(409, 'conflict_error', 'never'),
  result_not_found: refusal(404, 'not_found_error', 'never'),
  token_revoked: refusal(409, 'conflict_error', 'never'),
  idempotency_key_reused: refusal(409, 'conflict_error', 'never'),
  too_many_streams: refusal(429, 'rate_limit_error', 5),
  streams_exhausted: refusal(503, 'overloaded_error', 5),
  overloaded: refusal(503, 'overloaded_error', 1),
  storage_full: refusal(503, 'overloaded_error', 10),
  outcome_unknown: refusal(503, 'overloaded_error', 2),
  shutting_down: refusal(503, 'overloaded_error', 2),
  internal: refusal(500, 'api_error', 'soon', false),
} as const satisfies Record<ErrorCode, Refusal>;

const INTERNAL = 'Something went wrong on our side. If it goes on, report it with the request id.';

/** Who may challenge a 401 is said by RFC 9110. */
const CHALLENGE = { 'www-authenticate': 'Bearer' };

export function presentRefusal(error: TurnlogError, requestId: RequestId): Answer {
  const { status, type, retry, telling }: Refusal = REFUSALS[error.code];
  const envelope = {
    type: 'error',
    error: {
      type,
      message: error.code === 'internal' ? INTERNAL : error.message,
      ...(error.param === undefined ? {} : { param: error.param }),
      ...(telling ? { code: error.code } : {}),
    },
    request_id: requestId,
  };
  return {
    status,
    body: JSON.stringify(envelope),
    headers: {
      ...(retry === 'never' ? { 'x-should-retry': 'false' } : {}),
      ...(typeof retry === 'number' ? { 'retry-after': String(retry) } : {}),
      ...(error instanceof MethodNotAllowed ? { allow: error.allow } : {}),
      ...(status === 401 ? CHALLENGE : {}),
    },
  };
}

function refusal(status: number, type: Refusal['type'], retry: Refusal['retry'], telling = true): Refusal {
  return { status, type, retry, telling };
}

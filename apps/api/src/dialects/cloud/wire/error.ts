/** The native envelope of every refusal. */
import { z } from '@hono/zod-openapi';
import type { ErrorCode, TurnlogError } from '@turnlog/core/errors';
import type { RequestId } from '@turnlog/core/ids';
import { MethodNotAllowed } from '../../../http/dialect.ts';
import type { Answer } from '../../../http/exchange.ts';
import { sentenceOf, statusOf } from '../../../http/refusals.ts';

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
  readonly type: (typeof ERROR_TYPES)[number];
  /** `never`: no retry can cure it; a number: seconds until one may. */
  readonly retry: 'never' | 'soon' | number;
  /** Whether the code says more than the type. */
  readonly telling: boolean;
}

const REFUSALS = {
  unauthenticated: refusal('authentication_error', 'never', false),
  credential_refused: refusal('authentication_error', 'never', false),
  permission_denied: refusal('permission_error', 'never', false),
  origin_refused: refusal('permission_error', 'never', false),
  route_not_found: refusal('not_found_error', 'never'),
  session_not_found: refusal('not_found_error', 'never'),
  event_not_found: refusal('not_found_error', 'never'),
  token_not_found: refusal('not_found_error', 'never'),
  webhook_not_found: refusal('not_found_error', 'never'),
  delivery_not_found: refusal('not_found_error', 'never'),
  replay_not_found: refusal('not_found_error', 'never'),
  method_not_allowed: refusal('invalid_request_error', 'never'),
  request_timeout: refusal('invalid_request_error', 'soon'),
  body_too_large: refusal('invalid_request_error', 'never'),
  unsupported_media_type: refusal('invalid_request_error', 'never'),
  header_too_large: refusal('invalid_request_error', 'never'),
  invalid_request: refusal('invalid_request_error', 'never', false),
  invalid_json: refusal('invalid_request_error', 'never', false),
  invalid_body: refusal('invalid_request_error', 'never', false),
  external_id_taken: refusal('conflict_error', 'never'),
  session_archived: refusal('conflict_error', 'never'),
  session_terminated: refusal('conflict_error', 'never'),
  session_unfinished: refusal('conflict_error', 'never'),
  result_not_found: refusal('not_found_error', 'never'),
  token_revoked: refusal('conflict_error', 'never'),
  webhook_disabled: refusal('conflict_error', 'never'),
  secrets_overlap: refusal('conflict_error', 'never'),
  too_many_webhooks: refusal('conflict_error', 'never'),
  delivery_running: refusal('conflict_error', 'never'),
  event_gone: refusal('conflict_error', 'never'),
  replay_ended: refusal('conflict_error', 'never'),
  too_many_replays: refusal('conflict_error', 'never'),
  idempotency_key_reused: refusal('conflict_error', 'never'),
  too_many_streams: refusal('rate_limit_error', 5),
  streams_exhausted: refusal('overloaded_error', 5),
  overloaded: refusal('overloaded_error', 1),
  storage_full: refusal('overloaded_error', 10),
  outcome_unknown: refusal('overloaded_error', 2),
  shutting_down: refusal('overloaded_error', 2),
  internal: refusal('api_error', 'soon', false),
} as const satisfies Record<ErrorCode, Refusal>;

/** Who may challenge a 401 is said by RFC 9110. */
const CHALLENGE = { 'www-authenticate': 'Bearer' };

export function presentRefusal(error: TurnlogError, requestId: RequestId): Answer {
  const { type, retry, telling }: Refusal = REFUSALS[error.code];
  const status = statusOf(error);
  const envelope = {
    type: 'error',
    error: {
      type,
      message: sentenceOf(error),
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

function refusal(type: Refusal['type'], retry: Refusal['retry'], telling = true): Refusal {
  return { type, retry, telling };
}

/** The envelope of this dialect's refusals. */
import { z } from '@hono/zod-openapi';
import type { ErrorCode, TurnlogError } from '@turnlog/core/errors';
import type { RequestId } from '@turnlog/core/ids';
import type { Answer } from '../../../http/exchange.ts';
import { refusalHeaders, sentenceOf, statusOf } from '../../../http/refusals.ts';

const CODES = {
  unauthenticated: 'api_key_invalid',
  credential_refused: 'api_key_invalid',
  permission_denied: 'insufficient_permissions',
  origin_refused: 'insufficient_permissions',
  route_not_found: 'not_found',
  session_not_found: 'not_found',
  event_not_found: 'not_found',
  token_not_found: 'not_found',
  webhook_not_found: 'not_found',
  delivery_not_found: 'not_found',
  replay_not_found: 'not_found',
  result_not_found: 'not_found',
  method_not_allowed: 'method_not_allowed',
  request_timeout: 'request_timeout',
  body_too_large: 'payload_too_large',
  unsupported_media_type: 'unsupported_media_type',
  header_too_large: 'header_too_large',
  invalid_request: 'invalid_parameter',
  invalid_json: 'invalid_json',
  invalid_body: 'validation_error',
  external_id_taken: 'already_exists',
  session_archived: 'conflict',
  session_terminated: 'conflict',
  session_unfinished: 'conflict',
  token_revoked: 'conflict',
  webhook_disabled: 'conflict',
  secrets_overlap: 'conflict',
  too_many_webhooks: 'conflict',
  delivery_running: 'conflict',
  event_gone: 'conflict',
  replay_ended: 'conflict',
  too_many_replays: 'conflict',
  idempotency_key_reused: 'conflict',
  too_many_streams: 'rate_limit_exceeded',
  streams_exhausted: 'service_unavailable',
  overloaded: 'service_unavailable',
  storage_full: 'service_unavailable',
  outcome_unknown: 'service_unavailable',
  shutting_down: 'service_unavailable',
  internal: 'internal_error',
} as const satisfies Record<ErrorCode, string>;

export const ErrorEnvelope = z
  .object({
    error: z.object({
      code: z.enum([...new Set(Object.values(CODES))]).openapi({ description: 'Kind of a refusal: a closed set.' }),
      message: z.string().openapi({ description: 'One sentence for a person: what is wrong and what to do.' }),
      details: z
        .object({
          param: z.string().optional().openapi({ description: 'The input at fault, such as `data.agent_id`.' }),
        })
        .openapi({ description: 'More for programs, perhaps nothing.' }),
      request_id: z.string().openapi({ description: "Names this request in the server's log." }),
    }),
  })
  .openapi('ErrorEnvelope', { description: 'The envelope of every refusal.' });

export function presentRefusal(error: TurnlogError, requestId: RequestId): Answer {
  const envelope = {
    code: CODES[error.code],
    message: sentenceOf(error),
    details: error.param === undefined ? {} : { param: error.param },
    request_id: requestId,
  };
  return { status: statusOf(error), body: JSON.stringify({ error: envelope }), headers: refusalHeaders(error) };
}

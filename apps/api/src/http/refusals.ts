/** What refusals have in common: status, sentence, and the headers of all dialects but the native one, which says more. */
import type { ErrorCode, TurnlogError } from '@turnlog/core/errors';
import { MethodNotAllowed } from './dialect.ts';

const STATUS = {
  unauthenticated: 401,
  credential_refused: 401,
  permission_denied: 403,
  origin_refused: 403,
  route_not_found: 404,
  session_not_found: 404,
  event_not_found: 404,
  token_not_found: 404,
  webhook_not_found: 404,
  delivery_not_found: 404,
  replay_not_found: 404,
  result_not_found: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  body_too_large: 413,
  unsupported_media_type: 415,
  header_too_large: 431,
  invalid_request: 400,
  invalid_json: 400,
  invalid_body: 400,
  session_unfinished: 400,
  external_id_taken: 409,
  session_archived: 409,
  session_terminated: 409,
  token_revoked: 409,
  webhook_disabled: 409,
  secrets_overlap: 409,
  too_many_webhooks: 409,
  delivery_running: 409,
  event_gone: 409,
  replay_ended: 409,
  too_many_replays: 409,
  idempotency_key_reused: 409,
  too_many_streams: 429,
  internal: 500,
  streams_exhausted: 503,
  overloaded: 503,
  storage_full: 503,
  outcome_unknown: 503,
  shutting_down: 503,
} as const satisfies Record<ErrorCode, number>;

const INTERNAL = 'Something went wrong on our side. If it goes on, report it with the request id.';
const RETRY_AFTER = { 'retry-after': '2' };
const RETRIED: ReadonlySet<number> = new Set([429, 503]);
const UNAUTHENTICATED = 401;
/** Who may challenge a 401 is said by RFC 9110. */
const CHALLENGE = { 'www-authenticate': 'Bearer' };

export function statusOf({ code }: TurnlogError): number {
  return STATUS[code];
}

/** The sentence of a refusal; nothing is told of an error that is no refusal of ours. */
export function sentenceOf({ code, message }: TurnlogError): string {
  return code === 'internal' ? INTERNAL : message;
}

export function refusalHeaders(error: TurnlogError): Readonly<Record<string, string>> {
  const status = statusOf(error);
  return {
    ...(RETRIED.has(status) ? RETRY_AFTER : {}),
    ...(status === UNAUTHENTICATED ? CHALLENGE : {}),
    ...(error instanceof MethodNotAllowed ? { allow: error.allow } : {}),
  };
}

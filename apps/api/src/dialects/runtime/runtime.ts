/** The runtime dialect, as far as it speaks for paths that nobody else serves: refusals as `{"detail": …}`. */
import type { ErrorCode, TurnlogError } from '@turnlog/core/errors';
import { type Dialect, MethodNotAllowed, routeNotFound } from '../../http/dialect.ts';
import type { Answer } from '../../http/exchange.ts';

/** A status, and the dialect's own words where it has any. */
const REFUSALS = {
  unauthenticated: [401],
  permission_denied: [403],
  route_not_found: [404, 'Not Found'],
  session_not_found: [404, 'Session not found'],
  event_not_found: [404, 'Not Found'],
  token_not_found: [404, 'Not Found'],
  method_not_allowed: [405, 'Method Not Allowed'],
  request_timeout: [408],
  body_too_large: [413],
  unsupported_media_type: [415],
  header_too_large: [431],
  invalid_request: [400],
  external_id_taken: [409, 'Session already exists'],
  session_archived: [409],
  session_terminated: [409],
  token_revoked: [409],
  idempotency_key_reused: [409],
  too_many_streams: [429],
  streams_exhausted: [503],
  overloaded: [503],
  storage_full: [503],
  outcome_unknown: [503],
  shutting_down: [503],
  internal: [500, 'Internal Server Error'],
} as const satisfies Record<ErrorCode, readonly [status: number, detail?: string]>;

const RETRY_AFTER = { 'retry-after': '2' };
const RETRIED: ReadonlySet<number> = new Set([429, 503]);

export function presentRefusal(error: TurnlogError): Answer {
  const [status, detail = error.message]: readonly [number, string?] = REFUSALS[error.code];
  const allow = error instanceof MethodNotAllowed ? { allow: error.allow } : {};
  return {
    status,
    body: JSON.stringify({ detail }),
    headers: { ...allow, ...(RETRIED.has(status) ? RETRY_AFTER : {}) },
  };
}

export const runtime: Dialect = {
  presentRefusal,
  unmatched: async () => routeNotFound(),
};

/** Every way in which Turnlog refuses. A dialect maps each of them, exhaustively, to its own envelope. */
export const ERROR_CODES = [
  'unauthenticated',
  'credential_refused',
  'permission_denied',
  'origin_refused',
  'route_not_found',
  'method_not_allowed',
  'session_not_found',
  'event_not_found',
  'token_not_found',
  'webhook_not_found',
  'delivery_not_found',
  'replay_not_found',
  'body_too_large',
  'header_too_large',
  'unsupported_media_type',
  'request_timeout',
  'invalid_request',
  'invalid_json',
  'invalid_body',
  'external_id_taken',
  'session_archived',
  'session_terminated',
  'session_unfinished',
  'result_not_found',
  'token_revoked',
  'webhook_disabled',
  'secrets_overlap',
  'too_many_webhooks',
  'delivery_running',
  'event_gone',
  'replay_ended',
  'too_many_replays',
  'idempotency_key_reused',
  'too_many_streams',
  'streams_exhausted',
  'storage_full',
  'overloaded',
  'outcome_unknown',
  'shutting_down',
  'internal',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** A refusal: a code, one sentence for a person, and the input it is about (`events[3].type`, `limit`). */
export class TurnlogError extends Error {
  override readonly name = 'TurnlogError';
  readonly code: ErrorCode;
  readonly param: string | undefined;

  constructor(code: ErrorCode, message: string, param?: string) {
    super(message);
    this.code = code;
    this.param = param;
  }
}

/** The refusal of a request under a key that stands for another one (I5). */
export function idempotencyKeyReused(): TurnlogError {
  return new TurnlogError(
    'idempotency_key_reused',
    'This idempotency key was used for another request: use a new key for each request, and the same key only to repeat it.',
  );
}

/** A 400: what is wrong, where, and what to do. */
export function invalid(param: string, message: string): TurnlogError {
  return new TurnlogError('invalid_request', message, param);
}

/** The same refusal of something in the body, for dialects that tell bodies from parameters. */
export function ofBody(error: unknown): unknown {
  const ours = error instanceof TurnlogError && error.code === 'invalid_request';
  return ours ? new TurnlogError('invalid_body', error.message, error.param) : error;
}

const ECHOED_CHARACTERS = 100;

/** What an answer repeats of a name that somebody sent. */
export function echo(name: string): string {
  return name.length <= ECHOED_CHARACTERS ? name : `${name.slice(0, ECHOED_CHARACTERS).toWellFormed()}…`;
}

/** The same answer for an id that never was, was deleted, or belongs to another org. */
export function sessionNotFound(echoedId: string): TurnlogError {
  return new TurnlogError('session_not_found', `No session '${echo(echoedId)}' exists.`);
}

export function eventNotFound(echoedId: string, place = ' in this session'): TurnlogError {
  return new TurnlogError('event_not_found', `No event '${echo(echoedId)}' exists${place}.`);
}

export function tokenNotFound(echoedId: string): TurnlogError {
  return new TurnlogError('token_not_found', `No token '${echo(echoedId)}' exists.`);
}

export function webhookNotFound(echoedId: string): TurnlogError {
  return new TurnlogError('webhook_not_found', `No webhook '${echo(echoedId)}' exists.`);
}

export function deliveryNotFound(echoedId: string): TurnlogError {
  return new TurnlogError('delivery_not_found', `No delivery '${echo(echoedId)}' of this webhook exists.`);
}

export function replayNotFound(echoedId: string): TurnlogError {
  return new TurnlogError('replay_not_found', `No replay '${echo(echoedId)}' exists.`);
}

import type { ErrorType } from '../generated/types.ts';

/** What is known about a failure; each part is undefined where no answer came. */
export interface ErrorDetails {
  readonly status?: number | undefined;
  readonly type?: ErrorType | undefined;
  readonly code?: string | undefined;
  readonly param?: string | undefined;
  readonly requestId?: string | undefined;
  readonly retryAfter?: number | undefined;
  readonly headers?: Headers | undefined;
  readonly body?: string | undefined;
  readonly cause?: unknown;
}

/**
 * Every error of this package is one of these: also when a call holds what cannot be sent, such as a bigint or a line
 * break in a header. It never holds the token.
 */
export class TurnlogError extends Error {
  /** HTTP status; undefined when no answer came. */
  readonly status: number | undefined;
  /** The kind of refusal, as the server named it. */
  readonly type: ErrorType | undefined;
  /** A stable word for programs, where the type is not enough. */
  readonly code: string | undefined;
  /** The parameter at fault, such as `events[3].type`. */
  readonly param: string | undefined;
  /** Names the request in the server's log. */
  readonly requestId: string | undefined;
  /** Seconds to wait before another try, as the server asked. */
  readonly retryAfter: number | undefined;
  /** Headers of the answer. */
  readonly headers: Headers | undefined;
  /** Body of the answer as text, JSON or not. */
  readonly body: string | undefined;

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.status = details.status;
    this.type = details.type;
    this.code = details.code;
    this.param = details.param;
    this.requestId = details.requestId;
    this.retryAfter = details.retryAfter;
    this.headers = details.headers;
    this.body = details.body;
  }
}

/** The request itself is wrong: 400, 405, 413, 415 and every other 4xx without a class of its own. */
export class InvalidRequestError extends TurnlogError {
  declare readonly name: 'InvalidRequestError';
}
/** 401: no token, or one that is unknown, expired or revoked. */
export class AuthenticationError extends TurnlogError {
  declare readonly name: 'AuthenticationError';
}
/** 403: the token lacks a scope. */
export class PermissionError extends TurnlogError {
  declare readonly name: 'PermissionError';
}
/** 404: no such thing, or not yours. */
export class NotFoundError extends TurnlogError {
  declare readonly name: 'NotFoundError';
}
/** 409: the state of the log does not allow it. */
export class ConflictError extends TurnlogError {
  declare readonly name: 'ConflictError';
}
/** 429: too much; see `retryAfter`. */
export class RateLimitError extends TurnlogError {
  declare readonly name: 'RateLimitError';
}
/** 5xx: the server failed. */
export class ApiError extends TurnlogError {
  declare readonly name: 'ApiError';
}
/** 503: the server is too busy; see `retryAfter`. */
export class OverloadedError extends TurnlogError {
  declare readonly name: 'OverloadedError';
}
/** No answer came, or it broke off. `cause` holds what `fetch` threw. */
export class ConnectionError extends TurnlogError {
  declare readonly name: 'ConnectionError' | 'TimeoutError';
}
/** No complete answer came within `timeoutMs`. */
export class TimeoutError extends ConnectionError {
  declare readonly name: 'TimeoutError';
}
/** The caller's signal ended the call. `cause` holds the signal's reason. */
export class AbortError extends TurnlogError {
  declare readonly name: 'AbortError';
}

/** Names as text, since a minifier renames classes; each class declares its own, so that `instanceof` tells them apart. */
const names = {
  TurnlogError,
  InvalidRequestError,
  AuthenticationError,
  PermissionError,
  NotFoundError,
  ConflictError,
  RateLimitError,
  ApiError,
  OverloadedError,
  ConnectionError,
  TimeoutError,
  AbortError,
};
for (const [name, { prototype }] of Object.entries(names)) Object.defineProperty(prototype, 'name', { value: name });

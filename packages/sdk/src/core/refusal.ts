import type { ErrorResponse, ErrorType } from '../generated/types.ts';
import {
  ApiError,
  AuthenticationError,
  ConflictError,
  InvalidRequestError,
  NotFoundError,
  OverloadedError,
  PermissionError,
  RateLimitError,
  type TurnlogError,
} from './errors.ts';

const byType: Readonly<Record<ErrorType, typeof TurnlogError>> = {
  invalid_request_error: InvalidRequestError,
  authentication_error: AuthenticationError,
  permission_error: PermissionError,
  not_found_error: NotFoundError,
  conflict_error: ConflictError,
  rate_limit_error: RateLimitError,
  api_error: ApiError,
  overloaded_error: OverloadedError,
};

const byStatus: Readonly<Record<number, typeof TurnlogError>> = {
  401: AuthenticationError,
  403: PermissionError,
  404: NotFoundError,
  409: ConflictError,
  429: RateLimitError,
  503: OverloadedError,
};

/** The error that an answer outside of 2xx stands for, whoever wrote it: the server, a proxy, or something else. */
export function errorFromAnswer(status: number, headers: Headers, body: string): TurnlogError {
  const { error, request_id } = parseEnvelope(body);
  const known = error?.type !== undefined && Object.hasOwn(byType, error.type);
  const Kind = known
    ? byType[error.type]
    : (byStatus[status] ?? (status >= 400 && status < 500 ? InvalidRequestError : ApiError));
  const text = error?.message ?? redirection(status, headers) ?? body.slice(0, 200);
  return new Kind(`${status} ${text}`.trim(), {
    status,
    type: known ? error.type : undefined,
    code: error?.code,
    param: error?.param,
    requestId: headers.get('request-id') ?? request_id,
    retryAfter: retryAfter(headers.get('retry-after')),
    headers,
    body,
  });
}

/** A redirected POST would arrive as a GET, so none is followed. Browsers show one as status 0. */
function redirection(status: number, headers: Headers): string | undefined {
  if (status >= 400) return undefined;
  return `redirected to ${headers.get('location') ?? 'another place'}; set baseURL to where it leads`;
}

/** Seconds from now, out of seconds or an HTTP date. */
function retryAfter(value: string | null): number | undefined {
  if (!value) return undefined;
  const seconds = /^\d+(\.\d+)?$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}

/** What comes back is only as good as its sender, so every part of it may be missing. */
function parseEnvelope(body: string): Partial<ErrorResponse> {
  try {
    return JSON.parse(body) ?? {};
  } catch {
    return {};
  }
}

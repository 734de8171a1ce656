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

const kinds: Readonly<Record<ErrorType, readonly [status: number, Kind: typeof TurnlogError]>> = {
  invalid_request_error: [400, InvalidRequestError],
  authentication_error: [401, AuthenticationError],
  permission_error: [403, PermissionError],
  not_found_error: [404, NotFoundError],
  conflict_error: [409, ConflictError],
  rate_limit_error: [429, RateLimitError],
  api_error: [500, ApiError],
  overloaded_error: [503, OverloadedError],
};

const byStatus: Readonly<Record<number, typeof TurnlogError>> = Object.fromEntries(Object.values(kinds));

/** The error that an answer outside of 2xx stands for, whoever wrote it: the server, a proxy, or something else. */
export function errorFromAnswer(status: number, headers: Headers, body: string): TurnlogError {
  const { error, request_id } = parseEnvelope(body);
  const known = kindOf(error?.type);
  const Kind = known?.[1] ?? byStatus[status] ?? (status >= 400 && status < 500 ? InvalidRequestError : ApiError);
  const text = error?.message ?? redirection(status, headers) ?? body.slice(0, 200);
  return new Kind(`${status} ${text}`.trim(), {
    status,
    type: known && error?.type,
    code: error?.code,
    param: error?.param,
    requestId: headers.get('request-id') ?? request_id,
    retryAfter: retryAfter(headers.get('retry-after')),
    headers,
    body,
  });
}

/** The error that a stream ends with, which has no status of its own: that of its type stands for it. */
export const errorFromFrame = (data: string): TurnlogError =>
  errorFromAnswer(kindOf(parseEnvelope(data).error?.type)?.[0] ?? 500, new Headers(), data);

const kindOf = (type: ErrorType | undefined) =>
  type !== undefined && Object.hasOwn(kinds, type) ? kinds[type] : undefined;

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

/** Cross-origin rules: who may call from a browser, and what a page may send and read. */
import type { Exchange } from './exchange.ts';
import type { Manners } from './operations.ts';

/** Named literally, because a wildcard does not cover Authorization. */
const ALLOWED_HEADERS = [
  'Authorization',
  'X-API-Key',
  'Content-Type',
  'Last-Event-ID',
  'Idempotency-Key',
  'X-Idempotency-Key',
];
const EXPOSED_HEADERS = 'request-id, idempotent-replayed, retry-after, x-should-retry';
const ALLOWED_METHODS = 'GET, HEAD, POST, PATCH, PUT, DELETE';
const PREFLIGHT_SECONDS = '600';
const HEADER_NAMES = /^[A-Za-z0-9!#$%&'*+.^_`|~, -]{1,1000}$/;

type Headers = Readonly<Record<string, string>>;

/** What an answer says to the page of an origin; undefined when it is no page. Where all may call, every answer says so. */
export function corsHeaders(allowed: readonly string[], origin: string | undefined): Headers {
  if (allowed.includes('*')) return allowing('*');
  const vary: Headers = { vary: 'Origin' };
  return origin !== undefined && allowed.includes(origin) ? { ...vary, ...allowing(origin) } : vary;
}

function allowing(origin: string): Headers {
  return { 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED_HEADERS };
}

/** A browser's question before the request, or what a dialect takes for one; it carries no credential. */
export function isPreflight(
  exchange: Pick<Exchange, 'method' | 'header'>,
  { optionsStatus }: Pick<Manners, 'optionsStatus'>,
): boolean {
  const asks = optionsStatus !== undefined || exchange.header('access-control-request-method') !== undefined;
  return asks && exchange.method === 'OPTIONS';
}

/** What a preflight is told besides; `requested` are the headers that the page means to send. */
export function preflightHeaders(requested: string | undefined): Headers {
  const known = new Set(ALLOWED_HEADERS.map((name) => name.toLowerCase()));
  const others = requested !== undefined && HEADER_NAMES.test(requested) ? requested.split(',') : [];
  const more = others.map((name) => name.trim()).filter((name) => name !== '' && !known.has(name.toLowerCase()));
  return {
    'access-control-allow-methods': ALLOWED_METHODS,
    'access-control-allow-headers': [...ALLOWED_HEADERS, ...more].join(', '),
    'access-control-max-age': PREFLIGHT_SECONDS,
  };
}

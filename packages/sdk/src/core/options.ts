import { TurnlogError } from './errors.ts';

/** The part of `fetch` that is used. `(url, init) => app.request(url, init)` fits as well. */
export type Fetch = (url: string, init: RequestInit) => Response | Promise<Response>;

/**
 * Wraps every attempt of every request.
 *
 * @example
 * ```ts
 * const timed: Middleware = (next) => async (url, init) => {
 *   const start = performance.now();
 *   const response = await next(url, init);
 *   console.log(response.status, performance.now() - start);
 *   return response;
 * };
 * ```
 */
export type Middleware = (next: (url: string, init: RequestInit) => Promise<Response>) => Fetch;

/** Takes what the client does, without secrets. `console` fits. */
export interface Logger {
  /** Each attempt and each answer. */
  debug(message: string, details: object): void;
  /** Each retry. */
  warn(message: string, details: object): void;
}

/** What `new Turnlog()` takes. */
export interface TurnlogOptions {
  /** The access token. Absent: `TURNLOG_TOKEN` from the environment. */
  readonly token?: string | undefined;
  /**
   * Where the server is, without `/v1`. Absent: `TURNLOG_BASE_URL` from the environment.
   *
   * @defaultValue `'http://127.0.0.1:8080'`
   */
  readonly baseURL?: string | undefined;
  /** Instead of the global `fetch`. */
  readonly fetch?: Fetch | undefined;
  /**
   * Milliseconds for one attempt, its answer read to the end: more than 0, `Infinity` for no limit.
   *
   * @defaultValue `60000`
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Attempts after the first.
   *
   * @defaultValue `2`
   */
  readonly maxRetries?: number | undefined;
  /** Sent with every request; they win over the client's own. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Absent: silence. */
  readonly logger?: Logger | undefined;
  /** Wrapped around `fetch`, the first outermost. */
  readonly middleware?: readonly Middleware[] | undefined;
}

/** What every method takes last. */
export interface RequestOptions {
  /** Ends the call, be it waiting for an answer or for its next attempt. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for one attempt, instead of the client's. */
  readonly timeoutMs?: number | undefined;
  /** Attempts after the first, instead of the client's. */
  readonly maxRetries?: number | undefined;
  /** The key of a POST, the same for all its attempts. Absent: a random one for each call. */
  readonly idempotencyKey?: string | undefined;
  /** Sent with this request; they win over all others. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** What a method that returns a stream takes last. */
export interface StreamOptions extends Omit<RequestOptions, 'idempotencyKey'> {
  /** Ends the stream: what waits for its next event is rejected with an `AbortError`, and the connection is closed. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for a connection to be accepted, instead of the client's. How long it then lasts is unlimited. */
  readonly timeoutMs?: number | undefined;
  /** Attempts after the first, instead of the client's, until the stream was open once. */
  readonly maxRetries?: number | undefined;
  /**
   * Reconnects in a row that bring nothing, once the stream was open; then their error is thrown. A connection that
   * lasted brings something, though no event came.
   *
   * @defaultValue `Infinity`
   */
  readonly maxReconnects?: number | undefined;
  /**
   * Milliseconds without a byte after which a connection counts as lost. The server sends something every 15 seconds.
   *
   * @defaultValue `45000`
   */
  readonly idleTimeoutMs?: number | undefined;
}

/** Options with nothing left to decide. */
export interface Config {
  readonly token: string;
  readonly baseURL: string;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly timeoutMs: number;
  readonly maxRetries: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly logger: Logger | undefined;
}

export function configure(options: TurnlogOptions): Config {
  const { fetch: custom, middleware = [] } = options;
  const token = options.token ?? environment('TURNLOG_TOKEN');
  if (!token) throw new TurnlogError('There is no token: pass new Turnlog({ token }), or set TURNLOG_TOKEN.');
  // Checked here because the error of a header that cannot be sent would quote it.
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new TurnlogError('The token holds a space, a line break or another character that it cannot.');
  return {
    token,
    baseURL: checkBaseURL(options.baseURL ?? environment('TURNLOG_BASE_URL') ?? 'http://127.0.0.1:8080'),
    fetch: middleware.reduceRight<Config['fetch']>(
      (next, wrap) => asynchronous(wrap(next)),
      asynchronous(custom ?? ((url, init) => fetch(url, init))),
    ),
    timeoutMs: checkTimeout(options.timeoutMs ?? 60_000),
    maxRetries: options.maxRetries ?? 2,
    headers: options.headers ?? {},
    logger: options.logger,
  };
}

/** A timer would take NaN and what is below zero for "at once", and so would every attempt fail. */
export function checkTimeout(timeoutMs: number, name = 'timeoutMs'): number {
  if (timeoutMs > 0) return timeoutMs;
  throw new TurnlogError(`${name} must be more than 0, or Infinity for no limit: got ${timeoutMs}.`);
}

const asynchronous =
  (inner: Fetch): Config['fetch'] =>
  async (url, init) =>
    inner(url, init);

function checkBaseURL(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
    throw new TurnlogError('baseURL must be an http or https URL without user, query and fragment.');
  }
  return url.href.replace(/\/+$/, '');
}

/** Undefined where there is no environment: browsers, workers, Deno without the permission to read it. */
function environment(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Readonly<Record<string, string | undefined>> } };
  try {
    return process?.env?.[name]?.trim() || undefined;
  } catch {
    return undefined;
  }
}

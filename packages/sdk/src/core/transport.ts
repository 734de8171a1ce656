import { ConnectionError, TimeoutError, TurnlogError } from './errors.ts';
import {
  type Config,
  checkTimeout,
  configure,
  type RequestOptions,
  type StreamOptions,
  type TurnlogOptions,
} from './options.ts';
import { errorFromAnswer } from './refusal.ts';
import { bounded, type FailedAttempt, retryDelayMs, sleep } from './retry.ts';
import { pathOf, queryOf } from './url.ts';

/** What a request carries besides its path. */
export interface Payload {
  readonly query?: object | undefined;
  readonly body?: object | undefined;
  readonly options?: RequestOptions | undefined;
}

/** What opens a stream: `query` and `lastEventId` of this attempt, and what ends it. */
export interface StreamPayload {
  readonly query: object;
  readonly lastEventId?: string | undefined;
  readonly options: StreamOptions;
  readonly signal: AbortSignal;
  readonly attempt: number;
}

/** What may be told of anything that was thrown. */
interface Thrown {
  readonly message?: string;
  readonly cause?: { readonly code?: string; readonly message?: string };
}

const responses = new WeakMap<object, Response>();

/**
 * The response behind a value that a method returned: its status and headers, the body being read. Undefined for any
 * other value.
 *
 * @example
 * ```ts
 * const session = await client.sessions.create();
 * console.log(responseOf(session)?.headers.get('request-id'));
 * ```
 */
export const responseOf = (value: object): Response | undefined => responses.get(value);

/** Carries the response of one value over to another. */
export function shareResponse<T extends object>(from: object, to: T): T {
  const response = responses.get(from);
  if (response) responses.set(to, response);
  return to;
}

/**
 * Sends requests: one URL, one body and one idempotency key over all attempts, each attempt with its own time limit.
 * Resources are built on it; clients only hand it around.
 */
export class Transport {
  readonly #config: Config;

  constructor(options: TurnlogOptions) {
    this.#config = configure(options);
  }

  /** The answer's JSON, or a {@link TurnlogError}. */
  async request<T>(method: string, path: readonly string[], payload: Payload = {}): Promise<T> {
    const { options = {} } = payload;
    const { signal, maxRetries } = options;
    const timeoutMs = checkTimeout(options.timeoutMs ?? this.#config.timeoutMs);
    const { url, text, headers } = this.#prepare(method, path, payload);
    const onTimeout = (): TurnlogError => new TimeoutError(`${method} ${url}: no answer within ${timeoutMs} ms.`);
    for (let attempt = 0; ; attempt++) {
      try {
        return await bounded(timeoutMs, onTimeout, signal, (stopped) =>
          this.#attempt<T>(method, url, attempt, {
            method,
            headers: new Headers(headers),
            body: text ?? null,
            signal: stopped,
            redirect: 'manual',
          }),
        );
      } catch (thrown) {
        const error = this.#because(ConnectionError, `${method} ${url}: no answer`, thrown);
        await this.backOff(error, { method, path, query: payload.query, attempt, maxRetries, signal });
      }
    }
  }

  /**
   * One attempt at an answer without an end: its bytes as they come, and before them an empty piece, as soon as the server
   * has accepted. No byte is read before it is asked for. Ends where the answer ends; whoever stops before, by `return` or
   * by `signal`, closes the connection. Throws a {@link TurnlogError}.
   */
  async *stream(
    path: readonly string[],
    { query, lastEventId, options, signal, attempt }: StreamPayload,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const timeoutMs = checkTimeout(options.timeoutMs ?? this.#config.timeoutMs);
    const idleTimeoutMs = checkTimeout(options.idleTimeoutMs ?? 45_000, 'idleTimeoutMs');
    const { url, headers } = this.#prepare('GET', path, { query, options });
    headers.set('accept', 'text/event-stream');
    if (lastEventId) headers.set('last-event-id', lastEventId);
    const late = (what: string, ms: number) => (): TurnlogError =>
      new TimeoutError(`GET ${url}: ${what} within ${ms} ms.`);
    const connection = new AbortController();
    let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
    // Both: a server in the same process may look at the body alone, a runtime at the signal alone.
    const end = (): void => {
      reader?.cancel().catch(() => {});
      connection.abort();
    };
    signal.addEventListener('abort', end);
    try {
      const init: RequestInit = { method: 'GET', headers, signal: connection.signal, redirect: 'manual' };
      const response = await bounded(timeoutMs, late('no answer', timeoutMs), signal, () =>
        this.#fetch('GET', url, attempt, init),
      );
      reader = response.body?.getReader();
      if (!reader || !response.headers.get('content-type')?.startsWith('text/event-stream'))
        throw this.#unexpected('GET', url, response, 'an event stream');
      yield new Uint8Array();
      const read = reader.read.bind(reader);
      for (;;) {
        const { done, value } = await bounded(idleTimeoutMs, late('nothing came', idleTimeoutMs), signal, read);
        if (done) return;
        yield value;
      }
    } catch (thrown) {
      throw this.#because(ConnectionError, `GET ${url}: ${reader ? 'the stream broke off' : 'no answer'}`, thrown);
    } finally {
      signal.removeEventListener('abort', end);
      end();
    }
  }

  /** Waits until another attempt is due, or `signal` aborts. Throws the error itself when no attempt is left or can help. */
  async backOff(
    error: unknown,
    { method, path, query, attempt, maxRetries, signal, ...backoff }: FailedAttempt,
  ): Promise<void> {
    if (!(error instanceof TurnlogError) || attempt >= (maxRetries ?? this.#config.maxRetries)) throw error;
    const delayMs = retryDelayMs(error, attempt, backoff);
    if (delayMs === undefined) throw error;
    const url = this.#url(path, query);
    this.#config.logger?.warn('turnlog retry', { method, url, attempt, delayMs, reason: error.message });
    await sleep(delayMs, signal);
  }

  /** A proxy's error page may quote the request, and errors end up in logs. */
  redact(text: string): string {
    return text.replaceAll(this.#config.token, '[token]');
  }

  /** What a caller gave that has no form on the wire (a bigint, a line break in a header) is refused as our own error. */
  #prepare(method: string, path: readonly string[], { query, body, options = {} }: Payload) {
    try {
      const url = this.#url(path, query);
      const text = body === undefined ? undefined : JSON.stringify(body);
      return { url, text, headers: this.#headers(method, text !== undefined, options) };
    } catch (thrown) {
      throw this.#because(TurnlogError, `${method} /${path.join('/')}: this cannot be sent`, thrown);
    }
  }

  #url(path: readonly string[], query: object | undefined): string {
    return this.#config.baseURL + pathOf(path) + queryOf(query);
  }

  async #attempt<T>(method: string, url: string, attempt: number, init: RequestInit): Promise<T> {
    const response = await this.#fetch(method, url, attempt, init);
    const text = await response.text();
    // Only an operation that answers so is typed as void.
    if (response.status === 204) return undefined as T;
    const value = parseJson(text);
    if (value === undefined) throw this.#unexpected(method, url, response, 'JSON', text);
    if (typeof value === 'object' && value !== null) responses.set(value, response);
    return value as T;
  }

  /** The answer to one attempt, its body unread. */
  async #fetch(method: string, url: string, attempt: number, init: RequestInit): Promise<Response> {
    const { fetch, logger } = this.#config;
    logger?.debug('turnlog request', { method, url, attempt });
    const response = await fetch(url, init);
    const { ok, status, headers } = response;
    logger?.debug('turnlog response', { method, url, status, requestId: headers.get('request-id') });
    if (!ok) throw errorFromAnswer(status, this.#redacted(headers), this.redact(await response.text()));
    return response;
  }

  #unexpected(method: string, url: string, { status, headers }: Response, wanted: string, body?: string): TurnlogError {
    return new TurnlogError(
      `${method} ${url}: the answer (${status}, ${headers.get('content-type')}) is not ${wanted}; is baseURL right?`,
      { status, headers: this.#redacted(headers), body: body === undefined ? body : this.redact(body) },
    );
  }

  #headers(method: string, hasBody: boolean, options: RequestOptions): Headers {
    const headers = new Headers({ accept: 'application/json', authorization: `Bearer ${this.#config.token}` });
    if (hasBody) headers.set('content-type', 'application/json');
    if (method === 'POST') headers.set('idempotency-key', options.idempotencyKey ?? randomKey());
    for (const [name, value] of Object.entries({ ...this.#config.headers, ...options.headers }))
      headers.set(name, value);
    return headers;
  }

  /** One of our errors as it is; any other becomes one, without the token that it may quote. */
  #because(Kind: typeof TurnlogError, sentence: string, cause: unknown): TurnlogError {
    if (cause instanceof TurnlogError) return cause;
    // What fetch throws says only "fetch failed"; why it did is in its own cause.
    const { message, cause: inner } = (cause ?? {}) as Thrown;
    const reason = String(inner?.message || inner?.code || message || cause);
    const quoting = `${reason} ${message}`.includes(this.#config.token);
    return new Kind(`${sentence} (${this.redact(reason)}).`, quoting ? {} : { cause });
  }

  #redacted(headers: Headers): Headers {
    return new Headers([...headers].map(([name, value]): [string, string] => [name, this.redact(value)]));
  }
}

/** Undefined for what is not JSON, which no JSON text is. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Browsers have `randomUUID` only in secure contexts. */
function randomKey(): string {
  return (
    crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16)).join('-')
  );
}

import { ConnectionError, TimeoutError, TurnlogError } from './errors.ts';
import { type Config, checkTimeout, configure, type RequestOptions, type TurnlogOptions } from './options.ts';
import { errorFromAnswer } from './refusal.ts';
import { abortError, bounded, retryDelayMs, sleep } from './retry.ts';
import { pathOf, queryOf } from './url.ts';

/** What a request carries besides its path. */
export interface Payload {
  readonly query?: object | undefined;
  readonly body?: object | undefined;
  readonly options?: RequestOptions | undefined;
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
    const { logger, ...defaults } = this.#config;
    const { signal, maxRetries = defaults.maxRetries } = options;
    const timeoutMs = checkTimeout(options.timeoutMs ?? defaults.timeoutMs);
    const { url, text, headers } = this.#prepare(method, path, payload);
    for (let attempt = 0; ; attempt++) {
      if (signal?.aborted) throw abortError(signal);
      logger?.debug('turnlog request', { method, url, attempt });
      try {
        const onTimeout = (): TurnlogError => new TimeoutError(`${method} ${url}: no answer within ${timeoutMs} ms.`);
        return await bounded(timeoutMs, onTimeout, signal, (stopped) =>
          this.#attempt<T>(method, url, {
            method,
            headers: new Headers(headers),
            body: text ?? null,
            signal: stopped,
            redirect: 'manual',
          }),
        );
      } catch (thrown) {
        const error = this.#because(ConnectionError, `${method} ${url}: no answer`, thrown);
        const delayMs = attempt < maxRetries ? retryDelayMs(error, attempt) : undefined;
        if (delayMs === undefined) throw error;
        logger?.warn('turnlog retry', { method, url, attempt, delayMs, reason: error.message });
        await sleep(delayMs, signal);
      }
    }
  }

  /** What a caller gave that has no form on the wire (a bigint, a line break in a header) is refused as our own error. */
  #prepare(method: string, path: readonly string[], { query, body, options = {} }: Payload) {
    try {
      const url = this.#config.baseURL + pathOf(path) + queryOf(query);
      const text = body === undefined ? undefined : JSON.stringify(body);
      return { url, text, headers: this.#headers(method, text !== undefined, options) };
    } catch (thrown) {
      throw this.#because(TurnlogError, `${method} /${path.join('/')}: this cannot be sent`, thrown);
    }
  }

  async #attempt<T>(method: string, url: string, init: RequestInit): Promise<T> {
    const response = await this.#config.fetch(url, init);
    const { status, headers } = response;
    this.#config.logger?.debug('turnlog response', { method, url, status, requestId: headers.get('request-id') });
    const text = await response.text();
    if (!response.ok) throw errorFromAnswer(status, this.#redacted(headers), this.#redact(text));
    // Only an operation that answers so is typed as void.
    if (status === 204) return undefined as T;
    const value = parse(text);
    if (value === undefined) {
      throw new TurnlogError(
        `${method} ${url}: the answer (${status}, ${headers.get('content-type')}) is not JSON; is baseURL right?`,
        {
          status,
          headers: this.#redacted(headers),
          body: this.#redact(text),
        },
      );
    }
    if (typeof value === 'object' && value !== null) responses.set(value, response);
    return value as T;
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
    return new Kind(`${sentence} (${this.#redact(reason)}).`, quoting ? {} : { cause });
  }

  /** A proxy's error page may quote the request, and errors end up in logs. */
  #redact(text: string): string {
    return text.replaceAll(this.#config.token, '[token]');
  }

  #redacted(headers: Headers): Headers {
    return new Headers([...headers].map(([name, value]): [string, string] => [name, this.#redact(value)]));
  }
}

/** Undefined for what is not JSON, which no JSON text is. */
function parse(text: string): unknown {
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

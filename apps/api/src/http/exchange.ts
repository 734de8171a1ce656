/** One request and its answer: what every dialect needs of both, read lazily and without copies. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { makeId, type RequestId } from '@turnlog/core/ids';
import type { Context } from 'hono';
import { corsHeaders } from './cors.ts';
import type { Services } from './services.ts';

/** What @hono/node-server puts into a context; absent under `app.request()`. */
export interface NodeBindings {
  readonly incoming?: IncomingMessage;
  readonly outgoing?: ServerResponse;
}

export interface Answer {
  readonly status: number;
  /** Null: no body at all. Bytes for what producers wrote: Node writes strings beyond Latin-1 many times slower. */
  readonly body: string | Uint8Array | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A path that climbs: `/./`, `/../`, or the same percent-encoded. */
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:\/|$)/i;

const requestIds = new WeakMap<IncomingMessage, RequestId>();

/** The id that a request was given; undefined when none of ours has answered it, or requests are not logged. */
export function requestIdOf(incoming: IncomingMessage): RequestId | undefined {
  return requestIds.get(incoming);
}

export class Exchange {
  readonly requestId: RequestId;
  readonly raw: Request;
  readonly incoming: IncomingMessage | undefined;
  readonly outgoing: ServerResponse | undefined;
  readonly #corsOrigins: readonly string[];

  /** `corsOrigins`: the dialect's own, where it has any. */
  constructor(context: Context, services: Services, corsOrigins: readonly string[] = services.corsOrigins) {
    this.requestId = makeId('req', services.nowUs(), services.random);
    this.raw = context.req.raw;
    const bindings = context.env as NodeBindings | undefined;
    this.incoming = bindings?.incoming;
    this.outgoing = bindings?.outgoing;
    this.#corsOrigins = corsOrigins;
    if (services.logRequests && this.incoming !== undefined) requestIds.set(this.incoming, this.requestId);
  }

  get method(): string {
    return this.raw.method;
  }

  /** A header by its lower-case name; several of one name are joined by commas. */
  header(name: string): string | undefined {
    if (this.incoming === undefined) return this.raw.headers.get(name) ?? undefined;
    const value = this.incoming.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  /** The path as sent, still percent-encoded. */
  get path(): string {
    const { url } = this.raw;
    const start = url.indexOf('/', url.indexOf(':') + 3);
    const query = url.indexOf('?', start);
    const end = url.indexOf('#', start);
    if (query < 0) return end < 0 ? url.slice(start) : url.slice(start, end);
    return url.slice(start, end < 0 ? query : Math.min(query, end));
  }

  /** The query as sent, without its question mark. */
  get search(): string {
    const { url } = this.raw;
    const start = url.indexOf('?');
    if (start < 0) return '';
    const end = url.indexOf('#', start);
    return end < 0 ? url.slice(start + 1) : url.slice(start + 1, end);
  }

  /** Whether the path as it came over the wire has dot segments, which the URL parser resolves silently. */
  get climbs(): boolean {
    return DOT_SEGMENT.test(this.incoming?.url?.split(/[?#]/, 1)[0] ?? '');
  }

  answer({ status, body, headers }: Answer): Response {
    const all = this.headersOf(body === null ? {} : { 'content-type': 'application/json' });
    if (headers !== undefined) Object.assign(all, headers);
    return new Response(body, { status, headers: all });
  }

  /** Headers of an answer: its own, and those that all have. */
  headersOf(own: Readonly<Record<string, string>>): Record<string, string> {
    const all: Record<string, string> = { 'request-id': this.requestId, ...own };
    if (this.#corsOrigins.length > 0) Object.assign(all, corsHeaders(this.#corsOrigins, this.header('origin')));
    return all;
  }
}

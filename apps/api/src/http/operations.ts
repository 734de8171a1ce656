/**
 * The operations of a dialect. Each is registered once, for the reference and for serving, and answers in one order:
 * 401, 405, 403, the kept answer of an idempotent repeat, 404, 413, 415, 400, 409. A read looks its 404 up only when a
 * later refusal would hide it: on the good path the verb finds out by itself. A write looks before it takes the body.
 */
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { OpenAPIHono, type RouteConfig } from '@hono/zod-openapi';
import { idempotencyKeyReused, TurnlogError } from '@turnlog/core/errors';
import type { OrgId } from '@turnlog/core/ids';
import type { JsonNode } from '@turnlog/core/json';
import type { Idempotency, WriteContext } from '@turnlog/core/store';
import type { Scope } from '@turnlog/core/tokens';
import type { Context } from 'hono';
import { checkContentType, checkDeclaredLength, checkHoldsOneEvent, parseJson, readBytes } from './body.ts';
import { type Caller, requireScope } from './credentials.ts';
import { MethodNotAllowed, type PresentRefusal, refuse, routeNotFound } from './dialect.ts';
import { type Answer, Exchange } from './exchange.ts';
import { fingerprintOf, invalidKey, readKey } from './idempotency.ts';
import { describeOperation } from './openapi.ts';
import { PathTemplate } from './paths.ts';
import { type PassedOver, parseQuery, type QueryTable, type QueryValues } from './query.ts';
import type { Services } from './services.ts';

/** What names the thing an operation is about: the caller's org and the ids in its path. */
export interface Subject {
  readonly org: OrgId;
  readonly pathIds: readonly string[];
}

/** A request that has passed the door: what a handler works with. */
export interface Call<Table extends QueryTable> extends Subject {
  readonly caller: Caller;
  readonly query: QueryValues<Table>;
  /** Null when the operation takes no body, or an optional one was not sent. */
  readonly body: JsonNode | null;
  readonly context: WriteContext;
  /** Whether this repeats a request whose answer is kept: what was right then is not judged again. */
  readonly replaying: boolean;
}

export interface Rules<Table extends QueryTable> {
  readonly scope: Scope;
  readonly query?: Table;
  readonly body?: 'required' | 'optional';
  /** Whether the body is one event. */
  readonly oneEvent?: true;
  /** A second method that does the same. */
  readonly alias?: 'patch';
  /** Does its work when the caller accepts a stream. */
  readonly stream?: Behaviour<QueryTable>;
  /** The 404 of a subject that does not exist, else null. */
  readonly missing?: (subject: Subject) => Promise<TurnlogError | null>;
}

/** Answers a call, or has written the answer to the socket itself. */
export type Handle<Table extends QueryTable> = (call: Call<Table>, exchange: Exchange) => Promise<Answer | typeof SENT>;

/** Said by a handler that has taken the socket over. */
export const SENT = Symbol('sent');

/** What an operation checks and does. */
export interface Behaviour<Table extends QueryTable> {
  readonly rules: Rules<Table>;
  readonly handle: Handle<Table>;
}

/** What an operation does, for whoever serves it too; its handler gets the parameters of its own table. */
export function behaviour<Table extends QueryTable>(rules: Rules<Table>, handle: Handle<Table>): Behaviour<QueryTable> {
  return { rules, handle } as Behaviour<QueryTable>;
}

/** The ways in which the operations of one dialect are alike. */
export interface Manners {
  /** The prefix under which the reference shows the operations, which may be served at others too. */
  readonly documentedAt: string;
  readonly presentRefusal: PresentRefusal;
  /** Who asks; `pathIds` are empty when the path is none of an operation. Throws when that is nobody we know. */
  admit(exchange: Exchange, pathIds: readonly string[]): Caller | Promise<Caller>;
  /** Query parameters that are passed over where an operation does not know them. */
  readonly passedOver: PassedOver;
  /** Whether a body may say that it is something else than JSON. */
  readonly anyContentType?: boolean;
  /** Origins whose pages may call, where they are others than the server's. */
  readonly corsOrigins?: readonly string[];
  /** The status of the answer to every OPTIONS; absent: only preflights are answered, with 204. */
  readonly optionsStatus?: number;
}

interface Operation<Table extends QueryTable> extends Behaviour<Table> {
  readonly id: string;
  /** Whether it takes bodies and idempotency keys. */
  readonly writes: boolean;
  readonly path: PathTemplate;
}

/** Faults of the request itself: all that a 404 comes before. */
const REQUEST_FAULTS: ReadonlySet<string> = new Set([
  'body_too_large',
  'unsupported_media_type',
  'invalid_request',
  'invalid_json',
  'invalid_body',
]);
const NO_BYTES = Buffer.alloc(0);

export class Operations {
  readonly app = new OpenAPIHono();
  readonly #services: Services;
  readonly manners: Manners;
  readonly #served: { readonly path: PathTemplate; readonly method: string }[] = [];
  readonly #reserved = new Set<string>();

  constructor(services: Services, manners: Manners) {
    this.#services = services;
    this.manners = manners;
  }

  /** Registers a route for the reference and serves it. */
  operation<Table extends QueryTable>(
    route: RouteConfig & { readonly operationId: string },
    rules: Rules<Table>,
    handle: Handle<Table>,
  ): void {
    this.app.openAPIRegistry.registerPath(describeOperation(route, rules.query, this.manners.documentedAt));
    const path = new PathTemplate(route.path);
    const writes = route.method === 'post' || rules.body !== undefined;
    const operation = { id: route.operationId, writes, path, rules, handle };
    for (const method of rules.alias === undefined ? [route.method] : [route.method, rules.alias]) {
      this.#served.push({ path, method: method.toUpperCase() });
      this.app.on(method.toUpperCase(), path.hono, (context) => this.#serve(operation, context));
    }
  }

  /** Keeps a path from operations registered later, in whose place for an id its last segment would fit. */
  reserve(path: string): void {
    this.#reserved.add(path);
    this.app.all(path, (context) => context.notFound());
  }

  /** What to say to a request that no operation took; `path` is relative to the dialect's prefix. */
  async unmatched(exchange: Exchange, path: string): Promise<TurnlogError> {
    const known = this.#served.find((served) => served.path.matches(path));
    await this.manners.admit(exchange, known?.path.idsOf(exchange.path) ?? []);
    const ownPath = (served: PathTemplate) => (this.#reserved.has(path) ? served.hono === path : served.matches(path));
    const allowed = new Set(this.#served.filter((served) => ownPath(served.path)).map(({ method }) => method));
    if (allowed.size === 0 || exchange.climbs) return routeNotFound();
    if (allowed.has('GET')) allowed.add('HEAD');
    return new MethodNotAllowed(exchange.method, [...allowed].sort().join(', '));
  }

  async #serve<Table extends QueryTable>(operation: Operation<Table>, context: Context): Promise<Response> {
    const exchange = new Exchange(context, this.#services, this.manners.corsOrigins);
    try {
      const pathIds = operation.path.idsOf(exchange.path);
      const known = this.manners.admit(exchange, pathIds ?? []);
      const caller = known instanceof Promise ? await known : known;
      requireScope(caller, operation.rules.scope);
      if (pathIds === null || exchange.climbs) throw routeNotFound();
      const { stream } = operation.rules;
      const streams = stream !== undefined && acceptsStream(exchange);
      const answer = streams
        ? await this.#perform({ ...operation, ...stream }, exchange, caller, pathIds)
        : await this.#perform(operation, exchange, caller, pathIds);
      return answer === SENT ? RESPONSE_ALREADY_SENT : exchange.answer(answer);
    } catch (error) {
      return refuse(exchange, this.manners.presentRefusal, this.#services.log, error);
    }
  }

  async #perform<Table extends QueryTable>(
    operation: Operation<Table>,
    exchange: Exchange,
    caller: Caller,
    pathIds: readonly string[],
  ): Promise<Answer | typeof SENT> {
    const { rules } = operation;
    const subject = { org: caller.org, pathIds };
    const key = operation.writes ? readKey(exchange) : undefined;
    const kept = typeof key === 'string' ? await this.#services.store.keptFingerprint(subject.org, key) : null;
    const replaying = kept !== null;
    try {
      if (operation.writes && !replaying) await this.#checkBeforeBody(operation, exchange, subject);
      const bytes = operation.writes ? await readBytes(exchange) : NO_BYTES;
      const idempotency = typeof key === 'string' ? identify(operation, exchange, pathIds, key, bytes) : null;
      if (replaying && kept !== idempotency?.fingerprint) throw idempotencyKeyReused();
      if (rules.body !== undefined && !replaying) this.#checkContentType(exchange);
      if (rules.oneEvent && !replaying) checkHoldsOneEvent(bytes);
      const body = rules.body === undefined ? null : parseJson(bytes);
      if (rules.body === 'required' && body === null) throw noBody();
      if (key === null) throw invalidKey();
      const query = parseQuery<Table>(exchange.search, rules.query, this.manners.passedOver);
      const context = { requestId: exchange.requestId, idempotency };
      return await operation.handle({ ...subject, caller, query, body, context, replaying }, exchange);
    } catch (error) {
      throw await ranked(rules, subject, kept, error);
    }
  }

  /** What the head of a request already tells is not kept waiting for its body. */
  async #checkBeforeBody<Table extends QueryTable>(
    { rules }: Operation<Table>,
    exchange: Exchange,
    subject: Subject,
  ): Promise<void> {
    const missing = await rules.missing?.(subject);
    if (missing) throw missing;
    if (!checkDeclaredLength(exchange)) return;
    if (rules.body !== undefined) this.#checkContentType(exchange);
    parseQuery<Table>(exchange.search, rules.query, this.manners.passedOver);
  }

  #checkContentType(exchange: Exchange): void {
    if (this.manners.anyContentType !== true) checkContentType(exchange);
  }
}

/** The error that comes first: a reused key or a missing subject hides what is wrong with the request itself. */
async function ranked<Table extends QueryTable>(
  rules: Rules<Table>,
  subject: Subject,
  kept: string | null,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof TurnlogError && REQUEST_FAULTS.has(error.code))) return error;
  if (kept !== null) return error.code === 'body_too_large' ? idempotencyKeyReused() : error;
  return (await rules.missing?.(subject)) ?? error;
}

const EVENT_STREAM = /^\s*text\/event-stream\s*(?:;(?!.*\bq=0(?:\.0*)?\s*(?:;|$))|$)/i;

/** Whether a caller asks for a stream by name: a browser's `*\/*` does not. */
function acceptsStream(exchange: Exchange): boolean {
  const accept = exchange.header('accept');
  return accept?.split(',').some((range) => EVENT_STREAM.test(range)) === true;
}

function identify<Table extends QueryTable>(
  operation: Operation<Table>,
  exchange: Exchange,
  pathIds: readonly string[],
  key: string,
  bytes: Buffer,
): Idempotency {
  return { key, fingerprint: fingerprintOf(operation.id, pathIds, exchange.search, bytes) };
}

function noBody(): TurnlogError {
  return new TurnlogError('invalid_body', 'This request needs a body: send a JSON object.');
}

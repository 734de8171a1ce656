/** What tells one dialect from another before any of its routes is reached: how it refuses, and what it serves. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import { TurnlogError } from '@turnlog/core/errors';
import type { RequestId } from '@turnlog/core/ids';
import type { SocketDescription } from './asyncapi.ts';
import type { Answer, Exchange } from './exchange.ts';
import type { Manners } from './operations.ts';
import { withoutCapabilities } from './paths.ts';
import type { Log } from './services.ts';

/** The envelope of a refusal. */
export type PresentRefusal = (error: TurnlogError, requestId: RequestId) => Answer;

export interface Dialect {
  readonly app: OpenAPIHono;
  readonly manners: Manners;
  /** Why no route took a request: 401, else 405 with what is allowed, else 404. `path` is relative to the prefix. */
  unmatched(exchange: Exchange, path: string): Promise<TurnlogError>;
  /** The OpenAPI document. */
  document(): object;
  /** The socket beside its routes, where it has one. */
  readonly socket?: SocketDescription;
}

/** What the log says of a request. */
type Asked = Pick<Exchange, 'requestId' | 'method' | 'path'>;

const FIRST_SERVER_ERROR = 500;

/** Turns whatever was thrown into an answer. */
export function refuse(exchange: Exchange, present: PresentRefusal, log: Log, cause: unknown): Response {
  return exchange.answer(refusalOf(exchange, present, log, cause));
}

/** What is no refusal of ours is logged and told apart by nothing but its id. */
export function refusalOf(asked: Asked, present: PresentRefusal, log: Log, cause: unknown): Answer {
  const error = cause instanceof TurnlogError ? cause : new TurnlogError('internal', 'An unexpected error.');
  const answer = present(error, asked.requestId);
  if (answer.status >= FIRST_SERVER_ERROR) {
    const fields = {
      request_id: asked.requestId,
      method: asked.method,
      path: withoutCapabilities(asked.path),
      err: cause,
    };
    if (error.code === 'internal') log.error(fields, 'a request failed');
    else log.warn(fields, 'a request was turned away');
  }
  return answer;
}

/** A 405; `allow` lists what the path takes instead. */
export class MethodNotAllowed extends TurnlogError {
  readonly allow: string;

  constructor(method: string, allow: string) {
    super('method_not_allowed', `This path does not take ${method}: it takes ${allow}.`);
    this.allow = allow;
  }
}

export function routeNotFound(): TurnlogError {
  return new TurnlogError('route_not_found', 'Nothing is served at this path.');
}

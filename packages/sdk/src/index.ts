import type { TurnlogOptions } from './core/options.ts';
import { Transport } from './core/transport.ts';
import { Resources } from './generated/resources.ts';

export * from './core/errors.ts';
export type { Fetch, Logger, Middleware, RequestOptions, StreamOptions, TurnlogOptions } from './core/options.ts';
export type { ItemOf, Page, PageBody, PageMethods, PagePromise, PageQuery } from './core/page.ts';
export type { Resource } from './core/resource.ts';
export type { Backoff, FailedAttempt } from './core/retry.ts';
export type { EventStream, StreamQuery } from './core/stream.ts';
export { type Payload, responseOf, type StreamPayload, type Transport } from './core/transport.ts';
export type { SessionWaiter, WaitForParams } from './core/wait.ts';
export type * from './generated/resources.ts';
export type * from './generated/types.ts';

/**
 * The client. One is enough for a program; it holds no connection and needs no closing.
 *
 * @example
 * ```ts
 * const client = new Turnlog({ token: 'tlog_pat_…', baseURL: 'http://127.0.0.1:8080' });
 * const session = await client.sessions.create({ title: 'Fix the login test' });
 * await client.sessions.events.send(session.id, { events: [{ type: 'user.message', content: 'Hello' }] });
 * for await (const event of client.sessions.events.list(session.id)) console.log(event.type);
 * ```
 */
export class Turnlog extends Resources {
  /** Throws a `TurnlogError` when there is no token, neither here nor in `TURNLOG_TOKEN`. */
  constructor(options: TurnlogOptions = {}) {
    super(new Transport(options));
  }
}

// Written by scripts/generate.ts from openapi.json. Do not edit: change the document and run `pnpm generate`.

import { PagePromise } from '../core/page.ts';
import { type RequestOptions, Resource } from '../core/resource.ts';
import type {
  CreateSessionParams,
  CreateTokenParams,
  Event,
  EventPage,
  RotateTokenParams,
  SendEventsParams,
  SendEventsResult,
  Session,
  SessionCanceling,
  SessionDeleted,
  SessionPage,
  SessionsEventsListParams,
  SessionsListParams,
  Token,
  TokenPage,
  TokenWithSecret,
  TokensListParams,
  UpdateSessionParams,
} from './types.ts';

/** All resources of the API. */
export class Resources extends Resource {
  /** `client.sessions` */
  readonly sessions: Sessions = new Sessions(this.transport);
  /** `client.tokens` */
  readonly tokens: Tokens = new Tokens(this.transport);
}

/** `client.sessions` */
export class Sessions extends Resource {
  /** `client.sessions.events` */
  readonly events: SessionsEvents = new SessionsEvents(this.transport);

  /**
   * Create a session.
   *
   * @example
   * ```ts
   * const session = await client.sessions.create({
   *   agent: 'researcher',
   *   title: 'Fix the login test',
   * });
   * ```
   */
  create(params: CreateSessionParams = {}, options?: RequestOptions): Promise<Session> {
    return this.transport.request('POST', ['v1', 'sessions'], { body: params, options });
  }

  /**
   * List sessions, newest first.
   *
   * @example
   * ```ts
   * for await (const session of client.sessions.list()) {
   *   console.log(session.id);
   * }
   * ```
   */
  list(params?: SessionsListParams, options?: RequestOptions): PagePromise<SessionPage> {
    return new PagePromise(this.transport, ['v1', 'sessions'], params, options);
  }

  /**
   * Retrieve a session.
   *
   * @param sessionId - Id or external id of the session.
   * @example
   * ```ts
   * const session = await client.sessions.retrieve('sess_01K5ZV7QH3M8W2XN4T6B9D0RFE');
   * ```
   */
  retrieve(sessionId: string, options?: RequestOptions): Promise<Session> {
    return this.transport.request('GET', ['v1', 'sessions', sessionId], { options });
  }

  /**
   * Change a session's title and metadata.
   *
   * Metadata is merged; a key set to null is deleted.
   *
   * @param sessionId - Id or external id of the session.
   * @example
   * ```ts
   * const session = await client.sessions.update('sess_01K5ZV7QH3M8W2XN4T6B9D0RFE', {
   *   title: 'Fix the login test, again',
   * });
   * ```
   */
  update(sessionId: string, params: UpdateSessionParams = {}, options?: RequestOptions): Promise<Session> {
    return this.transport.request('POST', ['v1', 'sessions', sessionId], { body: params, options });
  }

  /**
   * Delete a session and its events.
   *
   * @param sessionId - Id or external id of the session.
   * @example
   * ```ts
   * const sessionDeleted = await client.sessions.delete('sess_01K5ZV7QH3M8W2XN4T6B9D0RFE');
   * ```
   */
  delete(sessionId: string, options?: RequestOptions): Promise<SessionDeleted> {
    return this.transport.request('DELETE', ['v1', 'sessions', sessionId], { options });
  }

  /**
   * Archive a session.
   *
   * Idempotent. Appending to an archived session is a conflict.
   *
   * @param sessionId - Id or external id of the session.
   * @example
   * ```ts
   * const session = await client.sessions.archive('sess_01K5ZV7QH3M8W2XN4T6B9D0RFE');
   * ```
   */
  archive(sessionId: string, options?: RequestOptions): Promise<Session> {
    return this.transport.request('POST', ['v1', 'sessions', sessionId, 'archive'], { options });
  }

  /**
   * Ask a running session to stop.
   *
   * Appends a `user.interrupt` event when the session is running, else nothing.
   *
   * @param sessionId - Id or external id of the session.
   * @example
   * ```ts
   * const sessionCanceling = await client.sessions.cancel('sess_01K5ZV7QH3M8W2XN4T6B9D0RFE');
   * ```
   */
  cancel(sessionId: string, options?: RequestOptions): Promise<SessionCanceling> {
    return this.transport.request('POST', ['v1', 'sessions', sessionId, 'cancel'], { options });
  }
}

/** `client.sessions.events` */
export class SessionsEvents extends Resource {
  /**
   * Append events to a session, all or nothing.
   *
   * @param sessionId - Id or external id of the session.
   * @example
   * ```ts
   * const sendEventsResult = await client.sessions.events.send('sess_01K5ZV7QH3M8W2XN4T6B9D0RFE', {
   *   events: [{ type: 'user.message', content: 'Hello' }],
   * });
   * ```
   */
  send(sessionId: string, params: SendEventsParams, options?: RequestOptions): Promise<SendEventsResult> {
    return this.transport.request('POST', ['v1', 'sessions', sessionId, 'events'], { body: params, options });
  }

  /**
   * List the events of a session, oldest first.
   *
   * @param sessionId - Id or external id of the session.
   * @example
   * ```ts
   * for await (const event of client.sessions.events.list('sess_01K5ZV7QH3M8W2XN4T6B9D0RFE')) {
   *   console.log(event.id);
   * }
   * ```
   */
  list(sessionId: string, params?: SessionsEventsListParams, options?: RequestOptions): PagePromise<EventPage> {
    return new PagePromise(this.transport, ['v1', 'sessions', sessionId, 'events'], params, options);
  }

  /**
   * Retrieve one event of a session.
   *
   * @param sessionId - Id or external id of the session.
   * @param eventId - Id of the event.
   * @example
   * ```ts
   * const event = await client.sessions.events.retrieve('sess_01K5ZV7QH3M8W2XN4T6B9D0RFE', 'evt_01K5ZV7R2C5N8Y1P3S7V0X4ZAB');
   * ```
   */
  retrieve(sessionId: string, eventId: string, options?: RequestOptions): Promise<Event> {
    return this.transport.request('GET', ['v1', 'sessions', sessionId, 'events', eventId], { options });
  }
}

/** `client.tokens` */
export class Tokens extends Resource {
  /**
   * Make an access token.
   *
   * The secret is in this answer and nowhere else.
   *
   * @example
   * ```ts
   * const tokenWithSecret = await client.tokens.create({ name: 'ci', scopes: ['events:write'] });
   * ```
   */
  create(params: CreateTokenParams, options?: RequestOptions): Promise<TokenWithSecret> {
    return this.transport.request('POST', ['v1', 'tokens'], { body: params, options });
  }

  /**
   * List access tokens.
   *
   * @example
   * ```ts
   * for await (const token of client.tokens.list()) {
   *   console.log(token.id);
   * }
   * ```
   */
  list(params?: TokensListParams, options?: RequestOptions): PagePromise<TokenPage> {
    return new PagePromise(this.transport, ['v1', 'tokens'], params, options);
  }

  /**
   * Revoke an access token.
   *
   * @param tokenId - Id of the token.
   * @example
   * ```ts
   * const token = await client.tokens.revoke('tok_01K5ZV7QH3M8W2XN4T6B9D0RFG');
   * ```
   */
  revoke(tokenId: string, options?: RequestOptions): Promise<Token> {
    return this.transport.request('DELETE', ['v1', 'tokens', tokenId], { options });
  }

  /**
   * Replace the secret of an access token.
   *
   * The new secret is in this answer and nowhere else.
   *
   * @param tokenId - Id of the token.
   * @example
   * ```ts
   * const tokenWithSecret = await client.tokens.rotate('tok_01K5ZV7QH3M8W2XN4T6B9D0RFG', {
   *   overlap_seconds: 3600,
   * });
   * ```
   */
  rotate(tokenId: string, params?: RotateTokenParams, options?: RequestOptions): Promise<TokenWithSecret> {
    return this.transport.request('POST', ['v1', 'tokens', tokenId, 'rotate'], { body: params, options });
  }
}

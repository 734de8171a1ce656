// Written by scripts/generate.ts from openapi.json. Do not edit: change the document and run `pnpm generate`.

import { PagePromise } from '../core/page.ts';
import { type RequestOptions, Resource } from '../core/resource.ts';
import { EventStream, type StreamOptions } from '../core/stream.ts';
import { SessionWaiter } from '../core/wait.ts';
import type {
  CreateSessionParams,
  CreateTokenParams,
  Event,
  EventPage,
  EventsListParams,
  EventsSubscribeParams,
  FeedPage,
  PublishEventsParams,
  RotateTokenParams,
  SendEventsParams,
  SendEventsResult,
  Session,
  SessionCanceling,
  SessionDeleted,
  SessionPage,
  SessionsEventsListParams,
  SessionsEventsStreamParams,
  SessionsListParams,
  Token,
  TokenPage,
  TokenWithSecret,
  TokensListParams,
  UpdateSessionParams,
} from './types.ts';

/** All resources of the API. */
export class Resources extends Resource {
  readonly sessions: Sessions = new Sessions(this.transport);
  readonly events: Events = new Events(this.transport);
  readonly tokens: Tokens = new Tokens(this.transport);
}

/** `client.sessions` */
export class Sessions extends SessionWaiter {
  readonly events: SessionsEvents = new SessionsEvents(this.transport);

  /**
   * Create a session
   *
   * Creates a session, with its first events if any are sent: all of it or nothing. `agent` and `environment_id` are labels of yours. Sending `initial_events` needs the scope `events:write` too.
   *
   * @example
   * ```ts
   * const session = await client.sessions.create({
   *   agent: 'researcher',
   *   title: 'Fix the login test',
   *   external_id: 'ticket-4711',
   *   metadata: { repository: 'web' },
   *   initial_events: [
   *     { type: 'user.message', content: 'Hello, this is a test message.' },
   *     {
   *       type: 'session.status_idle',
   *       status: 'idle',
   *       usage: {
   *         input_tokens: 150,
   *         output_tokens: 42,
   *         cache_read_input_tokens: 0,
   *         cache_creation_input_tokens: 0,
   *       },
   *       stop_reason: { type: 'end_turn' },
   *     },
   *   ],
   * });
   * ```
   */
  create(params: CreateSessionParams = {}, options?: RequestOptions): Promise<Session> {
    return this.transport.request('POST', ['v1', 'sessions'], { body: params, options });
  }

  /**
   * List sessions
   *
   * Newest first. Cursors are positions: they stay valid when the session they name is deleted.
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
   * Retrieve a session
   *
   * By its id or by its external id.
   *
   * @param sessionId - The session's id, or its external id.
   * @example
   * ```ts
   * const session = await client.sessions.retrieve('sess_01K5ZV7QH37MZTXN4T6B9D0RFE');
   * ```
   */
  retrieve(sessionId: string, options?: RequestOptions): Promise<Session> {
    return this.transport.request('GET', ['v1', 'sessions', sessionId], { options });
  }

  /**
   * Update a session
   *
   * Changes the title, merges metadata; a metadata key set to null is deleted. `PATCH` does the same.
   *
   * @param sessionId - The session's id, or its external id.
   * @example
   * ```ts
   * const session = await client.sessions.update('sess_01K5ZV7QH37MZTXN4T6B9D0RFE', {
   *   title: 'Fix the login test, again',
   *   metadata: { repository: null },
   * });
   * ```
   */
  update(sessionId: string, params: UpdateSessionParams = {}, options?: RequestOptions): Promise<Session> {
    return this.transport.request('POST', ['v1', 'sessions', sessionId], { body: params, options });
  }

  /**
   * Delete a session
   *
   * Deletes the session and its events for good, and frees its external id.
   *
   * @param sessionId - The session's id, or its external id.
   * @example
   * ```ts
   * const sessionDeleted = await client.sessions.delete('sess_01K5ZV7QH37MZTXN4T6B9D0RFE');
   * ```
   */
  delete(sessionId: string, options?: RequestOptions): Promise<SessionDeleted> {
    return this.transport.request('DELETE', ['v1', 'sessions', sessionId], { options });
  }

  /**
   * Archive a session
   *
   * It takes no more events and leaves the list. Takes no body; archiving twice is archiving once.
   *
   * @param sessionId - The session's id, or its external id.
   * @example
   * ```ts
   * const session = await client.sessions.archive('sess_01K5ZV7QH37MZTXN4T6B9D0RFE');
   * ```
   */
  archive(sessionId: string, options?: RequestOptions): Promise<Session> {
    return this.transport.request('POST', ['v1', 'sessions', sessionId, 'archive'], { options });
  }

  /**
   * Cancel a session
   *
   * Asks a running session to stop, by a `user.interrupt` event; does nothing to one that rests.
   *
   * @param sessionId - The session's id, or its external id.
   * @example
   * ```ts
   * const sessionCanceling = await client.sessions.cancel('sess_01K5ZV7QH37MZTXN4T6B9D0RFE');
   * ```
   */
  cancel(sessionId: string, options?: RequestOptions): Promise<SessionCanceling> {
    return this.transport.request('POST', ['v1', 'sessions', sessionId, 'cancel'], { options });
  }
}

/** `client.sessions.events` */
export class SessionsEvents extends Resource {
  /**
   * Send events
   *
   * Appends 1 to 500 events of at most 256 KiB each, in order: all of them or none. Every member is kept as sent; the answer repeats the events as stored.
   *
   * @param sessionId - The session's id, or its external id.
   * @example
   * ```ts
   * const sendEventsResult = await client.sessions.events.send('sess_01K5ZV7QH37MZTXN4T6B9D0RFE', {
   *   events: [
   *     { type: 'user.message', content: 'Hello, this is a test message.' },
   *     {
   *       type: 'session.status_idle',
   *       status: 'idle',
   *       usage: {
   *         input_tokens: 150,
   *         output_tokens: 42,
   *         cache_read_input_tokens: 0,
   *         cache_creation_input_tokens: 0,
   *       },
   *       stop_reason: { type: 'end_turn' },
   *     },
   *   ],
   * });
   * ```
   */
  send(sessionId: string, params: SendEventsParams, options?: RequestOptions): Promise<SendEventsResult> {
    return this.transport.request('POST', ['v1', 'sessions', sessionId, 'events'], { body: params, options });
  }

  /**
   * List events
   *
   * Oldest first. A cursor must be an event of this session. With `Accept: text/event-stream` this is the stream.
   *
   * @param sessionId - The session's id, or its external id.
   * @example
   * ```ts
   * for await (const event of client.sessions.events.list('sess_01K5ZV7QH37MZTXN4T6B9D0RFE')) {
   *   console.log(event.id);
   * }
   * ```
   */
  list(sessionId: string, params?: SessionsEventsListParams, options?: RequestOptions): PagePromise<EventPage> {
    return new PagePromise(this.transport, ['v1', 'sessions', sessionId, 'events'], params, options);
  }

  /**
   * Stream events
   *
   * Server-sent events: `id`, `event` (the type) and `data` (the whole event) of each. A comment comes every 15 seconds when nothing else does. `data: [DONE]` without a name ends a stream whose session takes no more events; after any other end, connect again with the last id as `Last-Event-ID`, as the SDK does by itself: nothing is skipped and nothing comes twice.
   *
   * @param sessionId - The session's id, or its external id.
   * @example
   * ```ts
   * for await (const event of client.sessions.events.stream('sess_01K5ZV7QH37MZTXN4T6B9D0RFE')) {
   *   console.log(event.id);
   * }
   * ```
   */
  stream(sessionId: string, params?: SessionsEventsStreamParams, options?: StreamOptions): EventStream<Event> {
    return new EventStream(this.transport, ['v1', 'sessions', sessionId, 'events', 'stream'], params, options);
  }

  /**
   * Retrieve an event
   *
   * One event of the session, as stored.
   *
   * @param sessionId - The session's id, or its external id.
   * @param eventId - The event's id.
   * @example
   * ```ts
   * const event = await client.sessions.events.retrieve('sess_01K5ZV7QH37MZTXN4T6B9D0RFE', 'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB');
   * ```
   */
  retrieve(sessionId: string, eventId: string, options?: RequestOptions): Promise<Event> {
    return this.transport.request('GET', ['v1', 'sessions', sessionId, 'events', eventId], { options });
  }
}

/** `client.events` */
export class Events extends Resource {
  /**
   * Subscribe to the feed
   *
   * Server-sent events: `id`, `event` (the type) and `data` (the whole event) of each. A comment comes every 15 seconds when nothing else does. It never ends for good: after any end, connect again with the last id as `Last-Event-ID`, as the SDK does by itself: nothing is skipped and nothing comes twice.
   *
   * @example
   * ```ts
   * for await (const event of client.events.subscribe()) {
   *   console.log(event.id);
   * }
   * ```
   */
  subscribe(params?: EventsSubscribeParams, options?: StreamOptions): EventStream<Event> {
    const { events, ...rest } = params ?? {};
    const query = { ...rest, types: events };
    return new EventStream(this.transport, ['v1', 'events', 'stream'], query, options);
  }

  /**
   * List the feed
   *
   * Every event of the org, oldest first: of all sessions, and of the account stream. A page may end before it is full; `scanned_through` says how far it has looked, and is a valid `after_id`. Cursors are positions: they stay valid when the event they name is deleted.
   *
   * @example
   * ```ts
   * for await (const event of client.events.list()) {
   *   console.log(event.id);
   * }
   * ```
   */
  list(params?: EventsListParams, options?: RequestOptions): PagePromise<FeedPage> {
    return new PagePromise(this.transport, ['v1', 'events'], params, options);
  }

  /**
   * Publish events
   *
   * Appends 1 to 500 events to the account stream, in order: all of them or none. They belong to no session and never change one, whatever their type.
   *
   * @example
   * ```ts
   * const sendEventsResult = await client.events.publish({
   *   events: [
   *     { type: 'agent.created', data: { agent_id: 'researcher', name: 'Researcher' } },
   *   ],
   * });
   * ```
   */
  publish(params: PublishEventsParams, options?: RequestOptions): Promise<SendEventsResult> {
    return this.transport.request('POST', ['v1', 'events'], { body: params, options });
  }

  /**
   * Retrieve an event of the feed
   *
   * One event, of any session or of the account stream, as stored.
   *
   * @param eventId - The event's id.
   * @example
   * ```ts
   * const event = await client.events.retrieve('evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB');
   * ```
   */
  retrieve(eventId: string, options?: RequestOptions): Promise<Event> {
    return this.transport.request('GET', ['v1', 'events', eventId], { options });
  }
}

/** `client.tokens` */
export class Tokens extends Resource {
  /**
   * Create a token
   *
   * The secret is shown in this answer alone; only its hash is stored, so a repeat with the same idempotency key answers `token: null`. A token never has more scopes, nor a longer life, than its maker.
   *
   * @example
   * ```ts
   * const tokenWithSecret = await client.tokens.create({
   *   name: 'ci',
   *   scopes: ['sessions:read', 'events:read'],
   *   expires_at: '2026-09-25T00:00:00Z',
   * });
   * ```
   */
  create(params: CreateTokenParams, options?: RequestOptions): Promise<TokenWithSecret> {
    return this.transport.request('POST', ['v1', 'tokens'], { body: params, options });
  }

  /**
   * List tokens
   *
   * Newest first, revoked and expired ones included; never with their secrets.
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
   * Revoke a token
   *
   * From this answer on the token is refused. Revoking twice is revoking once.
   *
   * @param tokenId - The token's id.
   * @example
   * ```ts
   * const token = await client.tokens.revoke('tok_01K5ZV6A9P74HSQ5F2J8T1Y3BN');
   * ```
   */
  revoke(tokenId: string, options?: RequestOptions): Promise<Token> {
    return this.transport.request('DELETE', ['v1', 'tokens', tokenId], { options });
  }

  /**
   * Rotate a token
   *
   * Gives the token a new secret, shown in this answer alone. Earlier secrets end at once, or after `overlap_seconds` (at most seven days).
   *
   * @param tokenId - The token's id.
   * @example
   * ```ts
   * const tokenWithSecret = await client.tokens.rotate('tok_01K5ZV6A9P74HSQ5F2J8T1Y3BN', {
   *   overlap_seconds: 3600,
   * });
   * ```
   */
  rotate(tokenId: string, params?: RotateTokenParams, options?: RequestOptions): Promise<TokenWithSecret> {
    return this.transport.request('POST', ['v1', 'tokens', tokenId, 'rotate'], { body: params, options });
  }
}

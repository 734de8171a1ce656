// Written by scripts/generate.ts from openapi.json. Do not edit: change the document and run `pnpm generate`.

import { PagePromise } from '../core/page.ts';
import { type RequestOptions, Resource } from '../core/resource.ts';
import { EventStream, type StreamOptions } from '../core/stream.ts';
import { SessionWaiter } from '../core/wait.ts';
import type {
  CreateReplayParams,
  CreateSessionParams,
  CreateTokenParams,
  CreateWebhookParams,
  Delivery,
  DeliveryPage,
  DeliveryWithAttempts,
  EnableWebhookParams,
  Event,
  EventPage,
  EventsListParams,
  EventsSubscribeParams,
  FeedPage,
  PublishEventsParams,
  RecoverDeliveriesParams,
  RecoveredDeliveries,
  Replay,
  ReplayDryRun,
  ReplayPage,
  ReplayStarted,
  ReplaysListParams,
  RotateTokenParams,
  RotateWebhookSecretParams,
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
  UpdateWebhookParams,
  Webhook,
  WebhookDeleted,
  WebhookPage,
  WebhookTest,
  WebhookWithSecret,
  WebhooksDeliveriesListParams,
  WebhooksListParams,
} from './types.ts';

/** All resources of the API. */
export class Resources extends Resource {
  readonly sessions: Sessions = new Sessions(this.transport);
  readonly events: Events = new Events(this.transport);
  readonly webhooks: Webhooks = new Webhooks(this.transport);
  readonly replays: Replays = new Replays(this.transport);
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

  /**
   * Replay events
   *
   * Counts the matching events of the feed up to now, exactly, and delivers them once more: to a webhook, or to any URL, beside live deliveries. Each has the `webhook-id` that it always has, and the `webhook-replay-id` of this replay. A dry run only counts. What matches nothing is completed at once.
   *
   * The same as `client.replays.create`.
   *
   * @example
   * ```ts
   * const replayStarted = await client.events.replay({
   *   since: '2025-09-24T00:00:00Z',
   *   until: '2025-09-25T00:00:00Z',
   *   types: ['session.*'],
   *   webhook_url: 'https://example.com/replay',
   * });
   * ```
   */
  replay(params: CreateReplayParams & { readonly dry_run?: false | null | undefined }, options?: RequestOptions): Promise<ReplayStarted>;
  /** With `dry_run`. */
  replay(params: CreateReplayParams & { readonly dry_run: true }, options?: RequestOptions): Promise<ReplayDryRun>;
  /** With or without `dry_run`. */
  replay(params: CreateReplayParams, options?: RequestOptions): Promise<ReplayStarted | ReplayDryRun>;
  replay(params: CreateReplayParams, options?: RequestOptions): Promise<ReplayStarted | ReplayDryRun> {
    return this.transport.request('POST', ['v1', 'replays'], { body: params, options });
  }

  /**
   * Retrieve a replay
   *
   * How far it has come: of `total` events, `delivered` and `failed` are over.
   *
   * The same as `client.replays.retrieve`.
   *
   * @param replayId - The replay's id.
   * @example
   * ```ts
   * const replay = await client.events.getReplayStatus('rpl_01K5ZV9F2T4W7Y0A3C6E9G2J5M');
   * ```
   */
  getReplayStatus(replayId: string, options?: RequestOptions): Promise<Replay> {
    return this.transport.request('GET', ['v1', 'replays', replayId], { options });
  }
}

/** `client.webhooks` */
export class Webhooks extends Resource {
  readonly deliveries: WebhooksDeliveries = new WebhooksDeliveries(this.transport);

  /**
   * Create a webhook
   *
   * It is told of what is stored from now on. A second webhook of the same URL is allowed, and gets every event again. The secret is shown in this answer and in that of a rotation alone; a repeat with the same idempotency key answers `secret: null`.
   *
   * @example
   * ```ts
   * const webhookWithSecret = await client.webhooks.create({
   *   url: 'https://example.com/webhook',
   *   events: ['agent.created', 'session.completed', 'session.failed'],
   *   description: 'Tickets',
   * });
   * ```
   */
  create(params: CreateWebhookParams, options?: RequestOptions): Promise<WebhookWithSecret> {
    return this.transport.request('POST', ['v1', 'webhooks'], { body: params, options });
  }

  /**
   * List webhooks
   *
   * Newest first, those of every dialect; never with their secrets.
   *
   * @example
   * ```ts
   * for await (const webhook of client.webhooks.list()) {
   *   console.log(webhook.id);
   * }
   * ```
   */
  list(params?: WebhooksListParams, options?: RequestOptions): PagePromise<WebhookPage> {
    return new PagePromise(this.transport, ['v1', 'webhooks'], params, options);
  }

  /**
   * Retrieve a webhook
   *
   * With how far it is behind.
   *
   * @param webhookId - The webhook's id.
   * @example
   * ```ts
   * const webhook = await client.webhooks.retrieve('wh_01K5ZV8B3M6R9T2W5Y8B1D4F7H');
   * ```
   */
  retrieve(webhookId: string, options?: RequestOptions): Promise<Webhook> {
    return this.transport.request('GET', ['v1', 'webhooks', webhookId], { options });
  }

  /**
   * Update a webhook
   *
   * Changes what is sent. Its cursor stays where it is, and what waits for another attempt goes to the new URL.
   *
   * @param webhookId - The webhook's id.
   * @example
   * ```ts
   * const webhook = await client.webhooks.update('wh_01K5ZV8B3M6R9T2W5Y8B1D4F7H', {
   *   events: ['session.*'],
   *   rate_limit: 50,
   * });
   * ```
   */
  update(webhookId: string, params: UpdateWebhookParams = {}, options?: RequestOptions): Promise<Webhook> {
    return this.transport.request('PATCH', ['v1', 'webhooks', webhookId], { body: params, options });
  }

  /**
   * Delete a webhook
   *
   * For good, with its deliveries. Attempts under way are finished; a replay to it fails.
   *
   * @param webhookId - The webhook's id.
   * @example
   * ```ts
   * const webhookDeleted = await client.webhooks.delete('wh_01K5ZV8B3M6R9T2W5Y8B1D4F7H');
   * ```
   */
  delete(webhookId: string, options?: RequestOptions): Promise<WebhookDeleted> {
    return this.transport.request('DELETE', ['v1', 'webhooks', webhookId], { options });
  }

  /**
   * Enable a webhook
   *
   * A disabled webhook keeps its cursor, so this asks where to go on: `stopped` delivers what came meanwhile, first; `now` leaves it out, and cancels what waits for another attempt. An enabled webhook stays as it is.
   *
   * @param webhookId - The webhook's id.
   * @example
   * ```ts
   * const webhook = await client.webhooks.enable('wh_01K5ZV8B3M6R9T2W5Y8B1D4F7H', { from: 'stopped' });
   * ```
   */
  enable(webhookId: string, params: EnableWebhookParams, options?: RequestOptions): Promise<Webhook> {
    return this.transport.request('POST', ['v1', 'webhooks', webhookId, 'enable'], { body: params, options });
  }

  /**
   * Disable a webhook
   *
   * Nothing more is sent; its cursor stays. Takes no body; disabling twice is disabling once.
   *
   * @param webhookId - The webhook's id.
   * @example
   * ```ts
   * const webhook = await client.webhooks.disable('wh_01K5ZV8B3M6R9T2W5Y8B1D4F7H');
   * ```
   */
  disable(webhookId: string, options?: RequestOptions): Promise<Webhook> {
    return this.transport.request('POST', ['v1', 'webhooks', webhookId, 'disable'], { options });
  }

  /**
   * Test a webhook
   *
   * Sends a `webhook.test` event now, once, signed like any other, and answers what became of it. It is stored nowhere, and changes nothing of the webhook, which may be disabled. Takes no body. Every call sends one, also with an idempotency key.
   *
   * @param webhookId - The webhook's id.
   * @example
   * ```ts
   * const webhookTest = await client.webhooks.test('wh_01K5ZV8B3M6R9T2W5Y8B1D4F7H');
   * ```
   */
  test(webhookId: string, options?: RequestOptions): Promise<WebhookTest> {
    return this.transport.request('POST', ['v1', 'webhooks', webhookId, 'test'], { options });
  }

  /**
   * Rotate the secret of a webhook
   *
   * Gives the webhook a new secret, shown in this answer alone. For `overlap_seconds` deliveries are signed with the earlier ones as well: time to change the receiver. At most five secrets sign at once.
   *
   * @param webhookId - The webhook's id.
   * @example
   * ```ts
   * const webhookWithSecret = await client.webhooks.rotateSecret('wh_01K5ZV8B3M6R9T2W5Y8B1D4F7H', {
   *   overlap_seconds: 3600,
   * });
   * ```
   */
  rotateSecret(webhookId: string, params?: RotateWebhookSecretParams, options?: RequestOptions): Promise<WebhookWithSecret> {
    return this.transport.request('POST', ['v1', 'webhooks', webhookId, 'rotate_secret'], { body: params, options });
  }

  /**
   * Send failed deliveries again
   *
   * All that have failed for good since a time, oldest first. Those of deleted events are passed over.
   *
   * @param webhookId - The webhook's id.
   * @example
   * ```ts
   * const recoveredDeliveries = await client.webhooks.recover('wh_01K5ZV8B3M6R9T2W5Y8B1D4F7H', {
   *   since: '2025-09-24T00:00:00Z',
   * });
   * ```
   */
  recover(webhookId: string, params: RecoverDeliveriesParams, options?: RequestOptions): Promise<RecoveredDeliveries> {
    return this.transport.request('POST', ['v1', 'webhooks', webhookId, 'recover'], { body: params, options });
  }
}

/** `client.webhooks.deliveries` */
export class WebhooksDeliveries extends Resource {
  /**
   * List the deliveries of a webhook
   *
   * Newest first, from when their first attempt was over; kept for 30 days. A page may end before it is full, but one with `has_more` is never empty. Cursors are positions: they stay valid when the delivery is gone.
   *
   * @param webhookId - The webhook's id.
   * @example
   * ```ts
   * for await (const delivery of client.webhooks.deliveries.list('wh_01K5ZV8B3M6R9T2W5Y8B1D4F7H')) {
   *   console.log(delivery.id);
   * }
   * ```
   */
  list(webhookId: string, params?: WebhooksDeliveriesListParams, options?: RequestOptions): PagePromise<DeliveryPage> {
    return new PagePromise(this.transport, ['v1', 'webhooks', webhookId, 'deliveries'], params, options);
  }

  /**
   * Retrieve a delivery
   *
   * With its attempts: what was sent, and how the endpoint answered.
   *
   * @param webhookId - The webhook's id.
   * @param deliveryId - The delivery's id.
   * @example
   * ```ts
   * const deliveryWithAttempts = await client.webhooks.deliveries.retrieve('wh_01K5ZV8B3M6R9T2W5Y8B1D4F7H', 'del_01K5ZV8D7Q2S5V8X1Z4B7D0F3H');
   * ```
   */
  retrieve(webhookId: string, deliveryId: string, options?: RequestOptions): Promise<DeliveryWithAttempts> {
    return this.transport.request('GET', ['v1', 'webhooks', webhookId, 'deliveries', deliveryId], { options });
  }

  /**
   * Send a delivery again
   *
   * Whatever became of it: the same event with the same `webhook-id`, now, and with a schedule of retries that begins anew. Takes no body. A delivery that is on its way, a disabled webhook and a deleted event are conflicts.
   *
   * @param webhookId - The webhook's id.
   * @param deliveryId - The delivery's id.
   * @example
   * ```ts
   * const delivery = await client.webhooks.deliveries.resend('wh_01K5ZV8B3M6R9T2W5Y8B1D4F7H', 'del_01K5ZV8D7Q2S5V8X1Z4B7D0F3H');
   * ```
   */
  resend(webhookId: string, deliveryId: string, options?: RequestOptions): Promise<Delivery> {
    return this.transport.request('POST', ['v1', 'webhooks', webhookId, 'deliveries', deliveryId, 'resend'], { options });
  }
}

/** `client.replays` */
export class Replays extends Resource {
  /**
   * Replay events
   *
   * Counts the matching events of the feed up to now, exactly, and delivers them once more: to a webhook, or to any URL, beside live deliveries. Each has the `webhook-id` that it always has, and the `webhook-replay-id` of this replay. A dry run only counts. What matches nothing is completed at once.
   *
   * @example
   * ```ts
   * const replayStarted = await client.replays.create({
   *   since: '2025-09-24T00:00:00Z',
   *   until: '2025-09-25T00:00:00Z',
   *   types: ['session.*'],
   *   webhook_url: 'https://example.com/replay',
   * });
   * ```
   */
  create(params: CreateReplayParams & { readonly dry_run?: false | null | undefined }, options?: RequestOptions): Promise<ReplayStarted>;
  /** With `dry_run`. */
  create(params: CreateReplayParams & { readonly dry_run: true }, options?: RequestOptions): Promise<ReplayDryRun>;
  /** With or without `dry_run`. */
  create(params: CreateReplayParams, options?: RequestOptions): Promise<ReplayStarted | ReplayDryRun>;
  create(params: CreateReplayParams, options?: RequestOptions): Promise<ReplayStarted | ReplayDryRun> {
    return this.transport.request('POST', ['v1', 'replays'], { body: params, options });
  }

  /**
   * List replays
   *
   * Newest first, those that are over included.
   *
   * @example
   * ```ts
   * for await (const replay of client.replays.list()) {
   *   console.log(replay.id);
   * }
   * ```
   */
  list(params?: ReplaysListParams, options?: RequestOptions): PagePromise<ReplayPage> {
    return new PagePromise(this.transport, ['v1', 'replays'], params, options);
  }

  /**
   * Retrieve a replay
   *
   * How far it has come: of `total` events, `delivered` and `failed` are over.
   *
   * @param replayId - The replay's id.
   * @example
   * ```ts
   * const replay = await client.replays.retrieve('rpl_01K5ZV9F2T4W7Y0A3C6E9G2J5M');
   * ```
   */
  retrieve(replayId: string, options?: RequestOptions): Promise<Replay> {
    return this.transport.request('GET', ['v1', 'replays', replayId], { options });
  }

  /**
   * Pause a replay
   *
   * It stays where it is until it is resumed. Takes no body; pausing twice is pausing once.
   *
   * @param replayId - The replay's id.
   * @example
   * ```ts
   * const replay = await client.replays.pause('rpl_01K5ZV9F2T4W7Y0A3C6E9G2J5M');
   * ```
   */
  pause(replayId: string, options?: RequestOptions): Promise<Replay> {
    return this.transport.request('POST', ['v1', 'replays', replayId, 'pause'], { options });
  }

  /**
   * Resume a replay
   *
   * It goes on where it stopped. Takes no body; one that is under way stays as it is.
   *
   * @param replayId - The replay's id.
   * @example
   * ```ts
   * const replay = await client.replays.resume('rpl_01K5ZV9F2T4W7Y0A3C6E9G2J5M');
   * ```
   */
  resume(replayId: string, options?: RequestOptions): Promise<Replay> {
    return this.transport.request('POST', ['v1', 'replays', replayId, 'resume'], { options });
  }

  /**
   * Cancel a replay
   *
   * It ends where it is, for good. Takes no body; canceling twice is canceling once.
   *
   * @param replayId - The replay's id.
   * @example
   * ```ts
   * const replay = await client.replays.cancel('rpl_01K5ZV9F2T4W7Y0A3C6E9G2J5M');
   * ```
   */
  cancel(replayId: string, options?: RequestOptions): Promise<Replay> {
    return this.transport.request('POST', ['v1', 'replays', replayId, 'cancel'], { options });
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

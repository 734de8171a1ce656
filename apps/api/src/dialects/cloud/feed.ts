/** The feed: every event of an org, all sessions and the account stream, in one order. List, publish, retrieve, subscribe. */
import { createRoute } from '@hono/zod-openapi';
import { checkReached, cursorParam, type PageQuery, readPage } from '@turnlog/core/cursors';
import { eventNotFound } from '@turnlog/core/errors';
import { isId } from '@turnlog/core/ids';
import { read as answer, written } from '../../http/answers.ts';
import { checkObject } from '../../http/body-members.ts';
import { FEED, FEED_FILTERS, readFeedFilter, TYPES } from '../../http/feed-query.ts';
import { followFeed } from '../../http/follow.ts';
import { type Behaviour, behaviour, type Operations, type Subject } from '../../http/operations.ts';
import type { QueryTable } from '../../http/query.ts';
import { answers, pathId, refuses, streams, takes } from '../../http/reference.ts';
import type { Services } from '../../http/services.ts';
import { holdPoll } from '../../http/streams/long-poll.ts';
import { presentRefusal } from './wire/error.ts';
import { EventResource, FeedPage, PublishEventsParams, parseAccountEvents, SendEventsResult } from './wire/event.ts';
import { ACCOUNT_EVENT, EVENT_ID, feedPage, PUBLISHED_EVENTS, USER_MESSAGE } from './wire/examples.ts';
import { FEED_RANGE, readFeedRange } from './wire/feed-query.ts';
import { FEED_STREAM_DESCRIPTION, readWait, STREAM_EXAMPLE, STREAM_QUERY, WAIT_SECONDS } from './wire/follow.ts';
import { pageParameters, paging, presentFeedPage } from './wire/page.ts';

const PATH = '/events';
const tags = ['Feed'];

const LIST_QUERY = {
  ...paging('event', 'asc'),
  ...FEED_FILTERS,
  types: TYPES,
  ...FEED_RANGE,
  wait: WAIT_SECONDS,
} as const;
const SUBSCRIBE_QUERY = { ...STREAM_QUERY, ...FEED_FILTERS, types: { ...TYPES, sdkName: 'events' } } as const;

export function feedRoutes(operations: Operations, services: Services): void {
  const stream = subscription(services);
  subscribe(operations, stream);
  listFeed(operations, services, stream);
  publishEvents(operations, services);
  retrieveFeedEvent(operations, services);
}

function listFeed(operations: Operations, services: Services, stream: Behaviour<QueryTable>): void {
  const { store, nowUs } = services;
  operations.operation(
    createRoute({
      method: 'get',
      path: PATH,
      operationId: 'events.list',
      'x-long-poll': true,
      tags,
      summary: 'List the feed',
      description:
        'Every event of the org, oldest first: of all sessions, and of the account stream. A page may end before it is ' +
        'full; `scanned_through` says how far it has looked, and is a valid `after_id`. Cursors are positions: they stay ' +
        'valid when the event they name is deleted.',
      responses: {
        ...answers(200, FeedPage, 'A page of the feed.', feedPage([ACCOUNT_EVENT, USER_MESSAGE])),
        ...refuses('read', 429),
      },
    }),
    { scope: 'events:read', query: LIST_QUERY, stream },
    async ({ org, caller, query }, exchange) => {
      const paging = pageParameters(query);
      const position = readPage(paging, FEED, 'asc');
      const waitMs = readWait(query.wait, position);
      const range = readFeedRange(query);
      const filter = await readFeedFilter(store, org, query);
      await checkReached(store, org, nowUs(), position.cursor, cursorParam(paging));
      let from: PageQuery<'evt'> = position;
      const read = async () => {
        const found = await store.listFeed(org, { ...from, range, filter });
        // What was looked at in vain is not looked at again.
        if (found.scannedThrough !== null)
          from = { ...position, cursor: { direction: 'after', id: found.scannedThrough } };
        return found;
      };
      const request = { caller, stream: 'feed', filter, range, waitMs } as const;
      const found = await holdPoll(services, exchange, request, read, ({ firstId }) => firstId === null);
      return answer(presentFeedPage(position, found));
    },
  );
}

/** The stream of the feed, at its own path and at the list's. */
function subscription(services: Services): Behaviour<QueryTable> {
  return behaviour({ scope: 'events:read', query: SUBSCRIBE_QUERY }, ({ caller, query }, exchange) =>
    followFeed(services, presentRefusal, exchange, { caller, query }),
  );
}

function subscribe(operations: Operations, stream: Behaviour<QueryTable>): void {
  operations.operation(
    createRoute({
      method: 'get',
      path: `${PATH}/stream`,
      operationId: 'events.subscribe',
      tags,
      summary: 'Subscribe to the feed',
      description: FEED_STREAM_DESCRIPTION,
      responses: { ...streams(EventResource, STREAM_EXAMPLE), ...refuses('read', 429) },
    }),
    stream.rules,
    stream.handle,
  );
}

function publishEvents(operations: Operations, { store }: Services): void {
  operations.operation(
    createRoute({
      method: 'post',
      path: PATH,
      operationId: 'events.publish',
      tags,
      summary: 'Publish events',
      description:
        'Appends 1 to 500 events to the account stream, in order: all of them or none. They belong to no session and ' +
        'never change one, whatever their type.',
      request: takes(PublishEventsParams, { events: PUBLISHED_EVENTS }),
      responses: {
        ...answers(200, SendEventsResult, 'The stored events.', { data: [ACCOUNT_EVENT] }),
        ...refuses('write'),
      },
    }),
    { scope: 'events:write', body: 'required' },
    async (call) => {
      checkObject(call.body);
      const events = parseAccountEvents(call.body);
      const outcome = await store.publishEvents(call.org, events, call.context);
      return written(200, outcome, Buffer.from(`{"data":[${outcome.value.join(',')}]}`));
    },
  );
}

function retrieveFeedEvent(operations: Operations, { store }: Services): void {
  const find = async ({ org, pathIds }: Subject) => {
    const id = pathIds[0] ?? '';
    return isId('evt', id) ? store.getFeedEvent(org, id) : null;
  };
  const notFound = ({ pathIds }: Subject) => eventNotFound(pathIds[0] ?? '', '');
  const missing = async (subject: Subject) => ((await find(subject)) === null ? notFound(subject) : null);
  operations.operation(
    createRoute({
      method: 'get',
      path: `${PATH}/{event_id}`,
      operationId: 'events.retrieve',
      tags,
      summary: 'Retrieve an event of the feed',
      description: 'One event, of any session or of the account stream, as stored.',
      parameters: [pathId('event_id', EVENT_ID, "The event's id.")],
      responses: { ...answers(200, EventResource, 'The event.', USER_MESSAGE), ...refuses('read', 404) },
    }),
    { scope: 'events:read', missing },
    async (call) => {
      const event = await find(call);
      if (event === null) throw notFound(call);
      return answer(Buffer.from(event.text));
    },
  );
}

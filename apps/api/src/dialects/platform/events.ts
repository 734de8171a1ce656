/** Events of the whole org: list, subscribe, publish, retrieve. */
import { createRoute } from '@hono/zod-openapi';
import { checkReached, cursorParam } from '@turnlog/core/cursors';
import { eventNotFound } from '@turnlog/core/errors';
import { viewEvent } from '@turnlog/core/event-view';
import { isId } from '@turnlog/core/ids';
import { read, written } from '../../http/answers.ts';
import { readFeedFilter } from '../../http/feed-query.ts';
import { followFeed } from '../../http/follow.ts';
import type { Operations, Subject } from '../../http/operations.ts';
import { answers, pathId, refuses, streams, takes } from '../../http/reference.ts';
import type { Services } from '../../http/services.ts';
import { shownInTurns } from '../../http/views.ts';
import { FramesByOrg } from './frames.ts';
import { presentRefusal } from './wire/error.ts';
import { parseEvent, presentEvent } from './wire/event.ts';
import { EventPage, EventResource, PublishEventParams } from './wire/event-types.ts';
import { EVENT, EVENT_ID, PAGE, PUBLISHED, STREAM } from './wire/examples.ts';
import { LIST_QUERY, pageParameters, presentPage, readPosition, readTimes, SUBSCRIBE_QUERY } from './wire/page.ts';

const PATH = '/events';
/** No event: replays are made there. */
const REPLAY_PATH = `${PATH}/replay`;
const tags = ['Events'];

export function eventRoutes(operations: Operations, services: Services): void {
  listEvents(operations, services);
  subscribe(operations, services);
  publishEvent(operations, services);
  operations.reserve(REPLAY_PATH);
  retrieveEvent(operations, services);
}

function listEvents(operations: Operations, { store, nowUs }: Services): void {
  operations.operation(
    createRoute({
      method: 'get',
      path: PATH,
      operationId: 'platform.events.list',
      tags,
      summary: 'List events',
      description:
        'Every event of the org, oldest first: of all sessions, and of the account. A page may end before it is full, ' +
        'but one with `has_more` is never empty: `last_id` is the next `after_id`. Cursors are positions: they stay ' +
        'valid when the event they name is deleted.',
      responses: { ...answers(200, EventPage, 'A page of events.', PAGE), ...refuses('read') },
    }),
    { scope: 'events:read', query: LIST_QUERY },
    async ({ org, query }) => {
      const paging = pageParameters(query);
      const position = readPosition(paging);
      const range = readTimes(query);
      const filter = await readFeedFilter(store, org, query);
      await checkReached(store, org, nowUs(), position.cursor, cursorParam(paging));
      const page = await store.listFeed(org, { ...position, range, filter });
      const texts = await shownInTurns(page.events, (view) => presentEvent(view, org));
      return read(Buffer.from(presentPage(texts, page)));
    },
  );
}

function subscribe(operations: Operations, services: Services): void {
  const frames = new FramesByOrg();
  operations.operation(
    createRoute({
      method: 'get',
      path: `${PATH}/subscribe`,
      operationId: 'platform.events.subscribe',
      tags,
      summary: 'Subscribe to events',
      description:
        'Server-sent events: `id`, `event` (the type) and `data` (the whole event) of each. A comment comes every 15 ' +
        'seconds when nothing else does. It never ends for good: after any end, connect again with the last id as ' +
        '`Last-Event-ID`, as an `EventSource` does by itself (that of a browser cannot send a token); nothing is skipped and ' +
        'nothing comes twice.',
      responses: { ...streams(EventResource, STREAM), ...refuses('read', 429) },
    }),
    { scope: 'events:read', query: SUBSCRIBE_QUERY },
    ({ org, caller, query }, exchange) => {
      const { events: types, ...asked } = query;
      const request = { caller, query: { ...asked, types }, typesParam: 'events', frames: frames.of(org) };
      return followFeed(services, presentRefusal, exchange, request);
    },
  );
}

function publishEvent(operations: Operations, { store }: Services): void {
  operations.operation(
    createRoute({
      method: 'post',
      path: PATH,
      operationId: 'platform.events.publish',
      tags,
      summary: 'Publish an event',
      description:
        "Appends one event to the account. It belongs to no session and never changes one, whatever its type. A listed type's " +
        '`data` must have its first member, and the others in their JSON types; all other members are kept as sent.',
      request: takes(PublishEventParams, PUBLISHED),
      responses: { ...answers(201, EventResource, 'The stored event.', EVENT), ...refuses('write') },
    }),
    { scope: 'events:write', body: 'required', oneEvent: true },
    async ({ org, body, context }) => {
      const outcome = await store.publishEvents(org, [parseEvent(body)], context);
      const [text = ''] = outcome.value;
      const sent = viewEvent({ text, origin: 'platform', requestId: context.requestId });
      const first = outcome.replayed ? await store.getFeedEvent(org, sent.id) : null;
      const event = first === null ? sent : { ...sent, requestId: first.requestId };
      return written(201, outcome, Buffer.from(presentEvent(event, org)));
    },
  );
}

function retrieveEvent(operations: Operations, { store }: Services): void {
  const find = async ({ org, pathIds }: Subject) => {
    const id = pathIds[0] ?? '';
    return isId('evt', id) ? store.getFeedEvent(org, id) : null;
  };
  const notFound = ({ pathIds }: Subject) => eventNotFound(pathIds[0] ?? '', '');
  operations.operation(
    createRoute({
      method: 'get',
      path: `${PATH}/{event_id}`,
      operationId: 'platform.events.retrieve',
      tags,
      summary: 'Retrieve an event',
      description: 'One event, of any session or of the account.',
      parameters: [pathId('event_id', EVENT_ID, "The event's id.")],
      responses: { ...answers(200, EventResource, 'The event.', EVENT), ...refuses('read', 404) },
    }),
    {
      scope: 'events:read',
      missing: async (subject) => ((await find(subject)) === null ? notFound(subject) : null),
    },
    async (call) => {
      const event = await find(call);
      if (event === null) throw notFound(call);
      return read(Buffer.from(presentEvent(viewEvent(event), call.org)));
    },
  );
}

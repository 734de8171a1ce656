/** Events of a session: list in numbered pages, append one. */
import { createRoute } from '@hono/zod-openapi';
import { viewEvent } from '@turnlog/core/event-view';
import type { EventSlice, SliceQuery, Store } from '@turnlog/core/store';
import { written } from '../../http/answers.ts';
import type { Operations, Subject } from '../../http/operations.ts';
import { answers, pathId, refuses, takes } from '../../http/reference.ts';
import type { Services } from '../../http/services.ts';
import { answerInPieces } from '../../http/streams/pieces.ts';
import { viewOf } from '../../http/views.ts';
import { inNameOf, missingSession, sessionOf } from './subjects.ts';
import {
  CreateEventParams,
  EVENT_QUERY,
  EventItem,
  EventList,
  parseEvent,
  presentEvent,
  readChoice,
} from './wire/event.ts';
import { EVENT, PAGINATION, SENT_EVENT, SESSION_UUID } from './wire/examples.ts';
import { presentPagination, readPaging } from './wire/pagination.ts';

const PATH = '/sessions/{session_id}/events';
const parameters = [pathId('session_id', SESSION_UUID, "The session's UUID, in lower case.")];
const tags = ['Events'];

export function eventRoutes(operations: Operations, services: Services): void {
  listEvents(operations, services);
  createEvent(operations, services);
}

function listEvents(operations: Operations, services: Services): void {
  const { store } = services;
  operations.operation(
    createRoute({
      method: 'get',
      path: PATH,
      operationId: 'workflow.events.list',
      tags,
      summary: 'List events',
      description:
        'Newest first. Feed the `timestamp` of the newest event back as `since` to get only what came after it. ' +
        'Filters are combined; a page past the end is empty.',
      parameters,
      responses: {
        ...answers(200, EventList, 'A page of events.', { items: [EVENT], pagination: PAGINATION }),
        ...refuses('read', 404),
      },
    }),
    { scope: 'events:read', query: EVENT_QUERY, missing: missingSession(store) },
    async (call, exchange) => {
      const request = readPaging(call.query);
      const { afterUs, type } = readChoice(call.query);
      const { offset, perPage } = request;
      const query = { afterUs, type, offset };
      const { total, page } = await store.countEvents(call.org, sessionOf(call), query).catch(inNameOf(call));
      const texts = itemsOf(store, call, { page, type, limit: perPage });
      const tail = `],"pagination":${JSON.stringify(presentPagination(request, total))}}`;
      return answerInPieces(services, exchange, { head: '{"items":[', tail, texts });
    },
  );
}

function createEvent(operations: Operations, { store }: Services): void {
  operations.operation(
    createRoute({
      method: 'post',
      path: PATH,
      operationId: 'workflow.events.create',
      tags,
      summary: 'Append an event',
      description: 'Appends one event of at most 256 KiB. `event_data`, `message` and `step_id` come back as sent.',
      parameters,
      request: takes(CreateEventParams, SENT_EVENT),
      responses: { ...answers(201, EventItem, 'The stored event.', EVENT), ...refuses('write', 404) },
    }),
    { scope: 'events:write', body: 'required', oneEvent: true, missing: missingSession(store) },
    async (call) => {
      const draft = parseEvent(call.body);
      const outcome = await store.appendEvents(call.org, sessionOf(call), [draft], call.context).catch(inNameOf(call));
      const { requestId } = call.context;
      const items = outcome.value.map((text) => presentEvent(viewEvent({ text, origin: draft.origin, requestId })));
      return written(201, outcome, Buffer.from(items.join()));
    },
  );
}

/** Where a page lies, and what of it is shown. */
interface Shown {
  readonly page: { readonly low: number; readonly high: number } | null;
  readonly type: string | null;
  readonly limit: number;
}

/** The items of a page, a slice at a time. */
async function* itemsOf(store: Store, subject: Subject, { page, type, limit }: Shown): AsyncGenerator<string[]> {
  if (page === null) return;
  const types = type === null ? null : [type];
  let left = limit;
  for (let high: number | null = page.high; high !== null && left > 0; ) {
    const query: SliceQuery = { low: page.low, high, descending: true, types, limit: left };
    const slice: EventSlice = await store.sliceEvents(subject.org, sessionOf(subject), query).catch(inNameOf(subject));
    yield slice.events.map((event) => presentEvent(viewOf(event)));
    left -= slice.events.length;
    high = slice.next;
  }
}

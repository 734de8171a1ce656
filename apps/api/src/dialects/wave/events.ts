/** Events of a session: listen and push. */
import { createRoute } from '@hono/zod-openapi';
import { ALL_TIME } from '@turnlog/core/clock';
import { limits } from '@turnlog/core/limits';
import type { EventSlice } from '@turnlog/core/store';
import { z } from 'zod';
import { written } from '../../http/answers.ts';
import type { Operations, Subject } from '../../http/operations.ts';
import { answers, answersNothing, takes } from '../../http/reference.ts';
import type { Services } from '../../http/services.ts';
import { holdPoll } from '../../http/streams/long-poll.ts';
import { answerInPieces } from '../../http/streams/pieces.ts';
import { viewOf } from '../../http/views.ts';
import type { TokenedSessions } from './admission.ts';
import { OPEN_TO_TOKENS, refusesHere, TOKEN_PARAMETER } from './reference.ts';
import { NumberedEvent, PushEventParams, parseEvent, presentEvent } from './wire/event.ts';
import { EVENTS, PAUSED } from './wire/examples.ts';
import { firstWanted, LISTEN_QUERY } from './wire/last-event.ts';

const PATH = '/sessions/{token}/events';
const common = { ...OPEN_TO_TOKENS, tags: ['Events'], parameters: [TOKEN_PARAMETER] };

export function eventRoutes(operations: Operations, services: Services, sessions: TokenedSessions): void {
  listen(operations, services, sessions);
  push(operations, services, sessions);
}

function listen(operations: Operations, services: Services, sessions: TokenedSessions): void {
  operations.operation(
    createRoute({
      ...common,
      method: 'get',
      path: PATH,
      operationId: 'wave.events.listen',
      'x-long-poll': true,
      summary: 'Listen for events',
      description:
        'All events with a number above `last_event`, oldest first, at once; while there are none, the answer is held ' +
        'until one comes, and is an empty array when none has come in time: listen again. Every listener gets every event.',
      responses: {
        ...answers(200, z.array(NumberedEvent), 'Events in the order of their numbers; perhaps none.', EVENTS),
        ...refusesHere('read', 404, 429),
      },
    }),
    { scope: 'events:read', query: LISTEN_QUERY, missing: sessions.missing },
    async (call, exchange) => {
      const wanted = firstWanted(call.query.last_event);
      const id = await sessions.idOf(call);
      const low = wanted ?? (await headOf(services, call, id)) + 1;
      const slice = (from: number, high: number | null) =>
        services.store.sliceEvents(call.org, { id }, { ...FORWARD, low: from, high });
      const request = { caller: call.caller, stream: id, filter: null, range: ALL_TIME, waitMs: services.waveHoldMs };
      const first = await holdPoll(services, exchange, request, () => slice(low, null), isEmpty);
      const texts = textsFrom(first, (from) => slice(from, first.head));
      return answerInPieces(services, exchange, { head: '[', tail: ']', texts });
    },
  );
}

const FORWARD = { descending: false, types: null, limit: limits.sliceEvents } as const;

function push(operations: Operations, { store }: Services, sessions: TokenedSessions): void {
  operations.operation(
    createRoute({
      ...common,
      method: 'post',
      path: PATH,
      operationId: 'wave.events.push',
      summary: 'Push an event',
      description: 'Appends one event, for every listener to receive.',
      request: takes(PushEventParams, PAUSED),
      responses: { ...answersNothing('It is stored.'), ...refusesHere('write', 404) },
    }),
    { scope: 'events:write', body: 'required', oneEvent: true, missing: sessions.missing },
    async (call) => {
      const event = parseEvent(call.body);
      const outcome = await store.appendEvents(call.org, { id: await sessions.idOf(call) }, [event], call.context);
      return written(200, outcome, null);
    },
  );
}

/** The number of the last event; 0: there is none yet. */
async function headOf({ store }: Services, { org }: Subject, id: EventSlice['session']): Promise<number> {
  const beyond = { ...FORWARD, low: Number.MAX_SAFE_INTEGER, high: null };
  return (await store.sliceEvents(org, { id }, beyond)).head;
}

function isEmpty({ events }: EventSlice): boolean {
  return events.length === 0;
}

async function* textsFrom(
  first: EventSlice,
  read: (from: number) => Promise<EventSlice>,
): AsyncGenerator<readonly string[], void> {
  for (let slice = first; ; ) {
    yield slice.events.map((event) => presentEvent(viewOf(event)));
    if (slice.next === null) return;
    slice = await read(slice.next);
  }
}

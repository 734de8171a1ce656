/** Events in the native form. They are stored and answered as text; these schemas describe that text. */
import { z } from '@hono/zod-openapi';
import { invalid } from '@turnlog/core/errors';
import { draftAccountEvent, draftEvent, type EventDraft } from '@turnlog/core/events';
import { type JsonNode, member } from '@turnlog/core/json';
import { limits } from '@turnlog/core/limits';
import { LISTED_TYPES } from './event-types.ts';
import { EVENT_ID } from './examples.ts';
import { PAGE_MEMBERS } from './page.ts';

const TYPE_NAMES = Object.keys(LISTED_TYPES);
const SCHEMA_VERSION_LENGTH = { minLength: 1, maxLength: limits.schemaVersionCharacters };
const TYPE_PATTERN = '^[a-z][a-z0-9_]*(\\.[a-z0-9_]+)*$';

const envelope = (type: z.ZodType) => ({
  id: z.string().openapi({ description: '`evt_` and a ULID; rises strictly within an org.', example: EVENT_ID }),
  type,
  session_id: z.string().nullable().openapi({ description: 'The session of the event; null for account events.' }),
  turn_id: z.string().nullable().openapi({ description: 'The turn of the event; null before the first turn.' }),
  schema_version: z.string().openapi({ ...SCHEMA_VERSION_LENGTH, description: 'As the producer sent it, else `1.0`.' }),
  created_at: z
    .string()
    .openapi({ format: 'date-time', description: "The log's time: strictly increasing within an org." }),
  processed_at: z.string().openapi({ format: 'date-time', description: 'Equal to `created_at`.' }),
  occurred_at: z
    .string()
    .optional()
    .openapi({ format: 'date-time', description: "The producer's own time, verbatim; absent when none was sent." }),
  seq: z.int().nullable().openapi({ description: 'Number within the session, from 1; null for account events.' }),
});

/** Every type takes any further fields: what a producer sends is kept. */
const listed = Object.entries(LISTED_TYPES).map(([type, { name, description, fields }]) =>
  z.looseObject({ ...envelope(z.literal(type)), ...fields }).openapi(name, { description }),
);

const UnknownEvent = z
  .looseObject(envelope(z.string().openapi({ not: { enum: TYPE_NAMES } })))
  .openapi('UnknownEvent', {
    description: 'An event of a type that this document does not list. The set of types is open.',
  });

export const EventResource = z.union([...listed, UnknownEvent]).openapi(
  'Event',
  {
    description: "One event of the log: the envelope and the event's own fields, as they were sent.",
    discriminator: {
      propertyName: 'type',
      mapping: Object.fromEntries(
        Object.entries(LISTED_TYPES).map(([type, { name }]) => [type, `#/components/schemas/${name}`]),
      ),
    },
  },
  { unionPreferredType: 'oneOf' },
);

const EventType = z
  .union([
    z.string().openapi({ enum: TYPE_NAMES }),
    z.string().openapi({ pattern: TYPE_PATTERN, maxLength: limits.eventTypeCharacters }),
  ])
  .openapi('EventType', {
    description: 'A known type of event, or any other: lower-case words joined by dots, at most 100 characters.',
  });

export const EventInput = z
  .looseObject({
    type: EventType,
    turn_id: z.string().nullish().openapi({
      pattern: '^turn_[A-Za-z0-9]{1,64}$',
      description: 'Left out, a `user.message` starts a turn and any other event takes the current one.',
    }),
    occurred_at: z
      .string()
      .nullish()
      .openapi({ format: 'date-time', description: 'Your own time of the event, kept verbatim.' }),
    schema_version: z
      .string()
      .nullish()
      .openapi({ ...SCHEMA_VERSION_LENGTH, default: '1.0', description: "Version of the event's shape." }),
  })
  .openapi('EventInput', { description: 'An event to append: any type, any own fields. They are kept as sent.' });

export const SendEventsParams = z
  .object({ events: z.array(EventInput).openapi({ minItems: 1, maxItems: limits.batchEvents }) })
  .openapi('SendEventsParams', { description: 'Events to append, in order, all or nothing.' });

export const SendEventsResult = z
  .object({ data: z.array(EventResource) })
  .openapi('SendEventsResult', { description: 'The events as they were stored, in the order sent.' });

export const EventPage = z
  .object({ data: z.array(EventResource), ...PAGE_MEMBERS })
  .openapi('EventPage', { description: 'A page of events.' });

export const PublishEventsParams = z
  .object({ events: z.array(EventInput).openapi({ minItems: 1, maxItems: limits.batchEvents }) })
  .openapi('PublishEventsParams', {
    description: 'Account events to publish, in order, all or nothing; none has a turn.',
  });

export const FeedPage = z
  .object({
    data: z.array(EventResource),
    ...PAGE_MEMBERS,
    scanned_through: z.string().nullable().openapi({
      description: 'The last id looked at, whether it matched or not: a valid `after_id`. Null: nothing stands there.',
    }),
  })
  .openapi('FeedPage', { description: 'A page of the feed.' });

/** The events of a body, for the account stream. Throws `invalid_request` naming the first at fault. */
export function parseAccountEvents(body: JsonNode | null): readonly EventDraft[] {
  return readEvents(body, 'events', draftAccountEvent);
}

/** The events of a body's member. Throws `invalid_request` naming the first at fault. */
export function parseEvents(body: JsonNode | null, name: 'events' | 'initial_events'): readonly EventDraft[] {
  return readEvents(body, name, draftEvent);
}

function readEvents(
  body: JsonNode | null,
  name: 'events' | 'initial_events',
  draft: typeof draftEvent,
): readonly EventDraft[] {
  const list = body === null ? undefined : member(body, name)?.value;
  if (name === 'initial_events' && (list === undefined || list.kind === 'null')) return [];
  if (list?.kind !== 'array') {
    throw invalid(name, `'${name}' must be an array of events, such as [{"type":"user.message","content":"…"}].`);
  }
  const { length } = list.items;
  if (length > limits.batchEvents || (length === 0 && name === 'events')) {
    const count = length === 0 ? 'no events' : `more than ${limits.batchEvents} events`;
    throw invalid(name, `'${name}' has ${count}; send 1 to ${limits.batchEvents} at once.`);
  }
  return list.items.map((event, index) => draft(event, `${name}[${index}]`));
}

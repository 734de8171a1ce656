/** Events as the document describes them: the types that it lists, and any other. */
import { z } from '@hono/zod-openapi';
import { limits } from '@turnlog/core/limits';
import { RESOURCE_TYPES, SESSION_RESOURCE_TYPES } from '../../../http/resource-events.ts';
import { EVENT_ID, ORGANIZATION_ID, REQUEST_ID } from './examples.ts';

const LISTED = { ...SESSION_RESOURCE_TYPES, ...RESOURCE_TYPES };

const UserId = z.string().nullish().openapi({ description: 'The user on whose behalf the event was published.' });

const EventMetadata = z
  .looseObject({
    user_id: UserId,
    organization_id: z.string().openapi({ description: 'The org of the token.', example: ORGANIZATION_ID }),
    request_id: z.string().openapi({ description: 'The request that wrote the event.', example: REQUEST_ID }),
  })
  .openapi('EventMetadata', { description: 'Context: what was published in it, and what the server adds.' });

const envelope = (type: z.ZodType, data: z.ZodType) => ({
  id: z.string().openapi({ description: '`evt_` and a ULID; rises strictly within an org.', example: EVENT_ID }),
  type,
  created_at: z
    .string()
    .openapi({ format: 'date-time', description: "The log's time: strictly increasing within an org." }),
  data,
  metadata: EventMetadata,
});

const listed = Object.entries(LISTED).map(([type, { name, description, data }]) =>
  z.object(envelope(z.literal(type), data)).openapi(name, { description }),
);

const OtherEvent = z
  .object(
    envelope(
      z.string(),
      z.unknown().openapi({ description: 'What the event says: an object, but for what wave clients have sent.' }),
    ),
  )
  .openapi('OtherEvent', {
    description:
      'An event of any other type, of which the set is open; or of a listed one that came in through another dialect, ' +
      'whose `data` is then the whole of its own fields.',
  });

export const EventResource = z
  .union([...listed, OtherEvent])
  .openapi('Event', { description: 'One event of the log, of a session or of the account.' });

export const EventPage = z
  .object({
    data: z.array(EventResource),
    has_more: z.boolean().openapi({
      description: 'Whether there is more in the direction of travel, or some that was not looked at yet.',
    }),
    first_id: z.string().nullable().openapi({ description: 'Id of the first event, null when empty.' }),
    last_id: z.string().nullable().openapi({ description: 'Id of the last event, null when empty.' }),
  })
  .openapi('EventPage', { description: 'A page of events.' });

export const PublishEventParams = z
  .object({
    type: z
      .union([
        z.string().openapi({ enum: Object.keys(LISTED) }),
        z.string().openapi({
          pattern: '^[a-z][a-z0-9_]*(\\.[a-z0-9_]+)*$',
          maxLength: limits.eventTypeCharacters,
        }),
      ])
      .openapi({ description: 'A known type, or any other: lower-case words joined by dots.' }),
    data: z.looseObject({}).openapi({ description: 'What the event says. It is kept as sent.' }),
    metadata: z
      .looseObject({ user_id: UserId })
      .nullish()
      .openapi({ description: 'Context, kept as sent; `organization_id` and `request_id` are added by the server.' }),
  })
  .strict()
  .openapi('PublishEventParams', { description: 'An event to publish.' });

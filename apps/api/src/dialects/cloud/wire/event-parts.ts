/**
 * What events are made of. Their producers' fields are kept as sent, so a member that is listed here may be absent or
 * null, and others may stand beside it; only those that the server itself answers are always there.
 */
import { z } from '@hono/zod-openapi';

const text = (description: string) => z.string().nullish().openapi({ description });
const count = z.number().nullish();

export const Usage = z
  .object({
    input_tokens: z.int(),
    output_tokens: z.int(),
    cache_read_input_tokens: z.int(),
    cache_creation_input_tokens: z.int(),
  })
  .openapi('Usage', {
    description: 'Token counts of a session: the sums over its `session.status_idle` events.',
  });

export const EventUsage = z
  .looseObject({
    input_tokens: count,
    output_tokens: count,
    cache_read_input_tokens: count,
    cache_creation_input_tokens: count,
  })
  .openapi('EventUsage', { description: 'Token counts, as the producer of the event sent them.' });

const TextBlock = z
  .looseObject({ type: z.literal('text'), text: z.string().nullish() })
  .openapi('TextBlock', { description: 'A block of text.' });

const UnknownBlock = z
  .looseObject({
    type: z
      .string()
      .nullish()
      .openapi({ not: { enum: ['text'] } }),
  })
  .openapi('UnknownBlock', { description: 'A block of a type that this document does not list, or of none.' });

export const ContentBlock = z.union([TextBlock, UnknownBlock]).openapi(
  'ContentBlock',
  {
    description: 'One block of a message.',
    discriminator: { propertyName: 'type', mapping: { text: '#/components/schemas/TextBlock' } },
  },
  { unionPreferredType: 'oneOf' },
);

export const StopReason = z
  .looseObject({ type: text('`end_turn`, or what else stopped it.') })
  .openapi('StopReason', { description: 'Why the session came to rest.' });

export const SessionErrorCause = z
  .looseObject({ type: text('Its kind.'), message: text('What went wrong, for a person.') })
  .openapi('SessionErrorCause', { description: 'What went wrong.' });

export const SessionErrorDetails = z
  .looseObject({ name: text('Its name.'), message: text('Its message.') })
  .openapi('SessionErrorDetails', { description: 'Whatever the producer knows about it.' });

export const RetryStatus = z
  .looseObject({ type: text('`exhausted` and `terminal` end the run.') })
  .openapi('RetryStatus', { description: 'Whether the run is tried again.' });

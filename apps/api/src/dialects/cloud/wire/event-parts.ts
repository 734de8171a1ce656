/** What events are made of. */
import { z } from '@hono/zod-openapi';

export const Usage = z
  .object({
    input_tokens: z.int(),
    output_tokens: z.int(),
    cache_read_input_tokens: z.int(),
    cache_creation_input_tokens: z.int(),
  })
  .openapi('Usage', {
    description: 'Token counts; those of a session are the sums over its `session.status_idle` events.',
  });

const TextBlock = z
  .object({ type: z.literal('text'), text: z.string() })
  .openapi('TextBlock', { description: 'A block of text.' });

const UnknownBlock = z
  .looseObject({ type: z.string().openapi({ not: { enum: ['text'] } }) })
  .openapi('UnknownBlock', { description: 'A block of a type that this document does not list.' });

export const ContentBlock = z.union([TextBlock, UnknownBlock]).openapi(
  'ContentBlock',
  {
    description: 'One block of a message.',
    discriminator: { propertyName: 'type', mapping: { text: '#/components/schemas/TextBlock' } },
  },
  { unionPreferredType: 'oneOf' },
);

export const StopReason = z
  .looseObject({ type: z.string().openapi({ description: '`end_turn`, or what else stopped it.' }) })
  .openapi('StopReason', { description: 'Why the session came to rest.' });

export const SessionErrorCause = z
  .looseObject({ type: z.string(), message: z.string() })
  .openapi('SessionErrorCause', { description: 'What went wrong.' });

export const RetryStatus = z
  .looseObject({ type: z.string().openapi({ description: '`exhausted` and `terminal` end the run.' }) })
  .openapi('RetryStatus', { description: 'Whether the run is tried again.' });

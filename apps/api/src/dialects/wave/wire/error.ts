/** The envelope of this dialect's refusals: `{"error": sentence}`. */
import { z } from '@hono/zod-openapi';
import type { TurnlogError } from '@turnlog/core/errors';
import type { Answer } from '../../../http/exchange.ts';
import { refusalHeaders, sentenceOf, statusOf } from '../../../http/refusals.ts';

export const ErrorSentence = z
  .object({ error: z.string().openapi({ description: 'One sentence for a person: what is wrong and what to do.' }) })
  .openapi('ErrorSentence', { description: 'The envelope of every refusal.' });

export function presentRefusal(error: TurnlogError): Answer {
  return {
    status: statusOf(error),
    body: JSON.stringify({ error: sentenceOf(error) }),
    headers: refusalHeaders(error),
  };
}

/** The envelope of this dialect's refusals: `{"error": sentence}`. */
import { z } from '@hono/zod-openapi';
import type { TurnlogError } from '@turnlog/core/errors';
import { corsHeaders } from '../../../http/cors.ts';
import type { Answer } from '../../../http/exchange.ts';
import { refusalHeaders, sentenceOf, statusOf } from '../../../http/refusals.ts';
import { ORIGINS } from './origins.ts';

export const ErrorSentence = z
  .object({ error: z.string().openapi({ description: 'One sentence for a person: what is wrong and what to do.' }) })
  .openapi('ErrorSentence', { description: 'The envelope of every refusal.' });

/** Says the same of every token, and repeats none: it may be a secret. */
const NO_SESSION =
  'No session has this token: send the one that making the session has answered, or the UUID form of its id with a ' +
  'personal access token.';

export function presentRefusal(error: TurnlogError): Answer {
  const sentence = error.code === 'session_not_found' ? NO_SESSION : sentenceOf(error);
  return {
    status: statusOf(error),
    body: JSON.stringify({ error: sentence }),
    headers: { ...corsHeaders(ORIGINS, undefined), ...refusalHeaders(error) },
  };
}

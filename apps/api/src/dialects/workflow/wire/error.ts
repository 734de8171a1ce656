/** The envelope of this dialect's refusals: `{"detail": sentence}`. */
import { z } from '@hono/zod-openapi';
import type { ErrorCode, TurnlogError } from '@turnlog/core/errors';
import type { Answer } from '../../../http/exchange.ts';
import { refusalHeaders, sentenceOf, statusOf } from '../../../http/refusals.ts';

export const ErrorDetail = z
  .object({ detail: z.string().openapi({ description: 'One sentence for a person: what is wrong and what to do.' }) })
  .openapi('ErrorDetail', { description: 'The envelope of every refusal.' });

const WORDS: Partial<Record<ErrorCode, string>> = {
  unauthenticated: 'Missing API key',
  credential_refused: 'Invalid API key',
};

export function presentRefusal(error: TurnlogError): Answer {
  return {
    status: statusOf(error),
    body: JSON.stringify({ detail: WORDS[error.code] ?? sentenceOf(error) }),
    headers: refusalHeaders(error),
  };
}

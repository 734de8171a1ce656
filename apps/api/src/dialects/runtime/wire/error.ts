/** The envelope of this dialect's refusals, and of paths that nobody else serves: `{"detail": sentence}`. */
import { z } from '@hono/zod-openapi';
import type { ErrorCode, TurnlogError } from '@turnlog/core/errors';
import type { Answer } from '../../../http/exchange.ts';
import { refusalHeaders, sentenceOf, statusOf } from '../../../http/refusals.ts';

export const ErrorDetail = z
  .object({ detail: z.string().openapi({ description: 'What is wrong.' }) })
  .openapi('ErrorDetail', { description: 'The envelope of every refusal.' });

/** The dialect's own words, where it has any. */
const WORDS: Partial<Record<ErrorCode, string>> = {
  route_not_found: 'Not Found',
  session_not_found: 'Session not found',
  event_not_found: 'Not Found',
  token_not_found: 'Not Found',
  result_not_found: 'No result found',
  session_unfinished: 'Session not finished',
  method_not_allowed: 'Method Not Allowed',
  external_id_taken: 'Session already exists',
  internal: 'Internal Server Error',
};

export function presentRefusal(error: TurnlogError): Answer {
  return {
    status: statusOf(error),
    body: JSON.stringify({ detail: WORDS[error.code] ?? sentenceOf(error) }),
    headers: refusalHeaders(error),
  };
}

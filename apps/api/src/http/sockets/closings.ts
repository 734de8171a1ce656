/** Why a socket is closed: a code of RFC 6455 or, from 4000, of our own, and a few words for a person. */
import { type ErrorCode, TurnlogError } from '@turnlog/core/errors';

export interface Closing {
  readonly code: number;
  /** At most 123 bytes. */
  readonly reason: string;
}

export const UNAUTHENTICATED: Closing = {
  code: 4401,
  reason: 'The access token is missing, malformed, unknown, expired or revoked.',
};
export const AGED: Closing = { code: 1001, reason: 'The socket has come of age: connect again.' };
export const DRAINED: Closing = { code: 1001, reason: 'The server is stopping: connect again.' };
export const TALKATIVE: Closing = { code: 1008, reason: 'Too many messages: nothing is expected here.' };
export const FAILED: Closing = { code: 1011, reason: 'Something went wrong on our side: connect again.' };
const LATER: Closing = { code: 1013, reason: 'Not now: connect again later.' };

const OF_CODE: Partial<Record<ErrorCode, Closing>> = {
  unauthenticated: UNAUTHENTICATED,
  credential_refused: UNAUTHENTICATED,
  permission_denied: { code: 4403, reason: "This needs a token with the scopes 'sessions:read' and 'events:read'." },
  too_many_streams: { code: 4429, reason: 'This token holds as many streams, sockets and held polls as it may.' },
  streams_exhausted: LATER,
  overloaded: LATER,
  shutting_down: DRAINED,
};

export function closingOf(error: unknown): Closing {
  return (error instanceof TurnlogError ? OF_CODE[error.code] : undefined) ?? FAILED;
}

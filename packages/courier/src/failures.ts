/** Why a request failed, in words that tell nothing of the inside. */
import { errors } from 'undici';

/** With `HTTP` and the status of an answer that is no success, these are all the words there are. */
export type Failure =
  /** The host has none, or others: which, would tell what there is inside. */
  | 'No allowed address'
  | 'Connection timeout'
  | 'Connection refused'
  | 'Connection closed'
  | 'Host not reachable'
  | 'TLS handshake failed'
  | 'Redirect not followed'
  | 'Answer timed out'
  | 'Answer not understood'
  /** The server stopped meanwhile. */
  | 'Delivery interrupted'
  | 'Request failed';

/** A connection that there will not be. */
export class DialError extends Error {
  override readonly name = 'DialError';
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure);
    this.failure = failure;
  }
}

const BY_CODE: Readonly<Record<string, Failure>> = {
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'Connection closed',
  EPIPE: 'Connection closed',
  EHOSTUNREACH: 'Host not reachable',
  ENETUNREACH: 'Host not reachable',
  EADDRNOTAVAIL: 'Host not reachable',
  ETIMEDOUT: 'Connection timeout',
  UND_ERR_SOCKET: 'Connection closed',
  UND_ERR_CLOSED: 'Delivery interrupted',
  UND_ERR_DESTROYED: 'Delivery interrupted',
  UND_ERR_HEADERS_OVERFLOW: 'Answer not understood',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'Answer not understood',
};

/** What an error of a connection or of undici comes to. */
export function failureOf(error: Error): Failure {
  if (error instanceof DialError) return error.failure;
  if (error instanceof errors.HTTPParserError) return 'Answer not understood';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return BY_CODE[code] ?? 'Request failed';
}

/** What Node or the adapter would answer by themselves, said in an envelope with a request id. */
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ErrorCode, TurnlogError } from '@turnlog/core/errors';
import { makeId } from '@turnlog/core/ids';
import { placeOf } from '../dialects/prefixes.ts';
import type { Services } from './services.ts';

type Clocked = Pick<Services, 'nowUs' | 'random'>;

/** What Node says of a request that it could not take. */
export interface ClientError extends Error {
  readonly code?: string;
  readonly rawPacket?: Buffer;
}

const CODES: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['header_too_large', 'The request line and headers are larger than 16 KiB: send less in them.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request_timeout', 'The request did not come in time: send it again.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['body_too_large', 'The chunk extensions of the body are too large: leave them out.'],
};
const MALFORMED = ['invalid_request', 'This is not a well-formed HTTP/1.1 request.'] as const;
const REQUEST_LINE = /^[A-Z]+ ([^ ?#\r\n]*)/;
const LONGEST_LINE = 2048;

/** For a server's `clientError`: answers in the envelope of the path that was asked for, as far as that can be read. */
export function answerClientError(error: ClientError, socket: Duplex, services: Clocked): void {
  if (error.code === 'ECONNRESET' || !socket.writable || hasAnswered(socket)) {
    socket.destroy();
    return;
  }
  const [code, message] = CODES[error.code ?? ''] ?? MALFORMED;
  const start = error.rawPacket?.subarray(0, LONGEST_LINE).toString('latin1') ?? '';
  const { status, body, headers } = present(services, new TurnlogError(code, message), REQUEST_LINE.exec(start)?.[1]);
  const lines = Object.entries({ ...headers, 'content-length': Buffer.byteLength(body), connection: 'close' });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head}\r\n${body}`);
}

/** For a request from which the adapter cannot build a URL. */
export function malformedRequest(services: Clocked, path: string | undefined): Response {
  const error = new TurnlogError('invalid_request', 'The request target or the Host header is malformed.');
  const { status, body, headers } = present(services, error, path);
  return new Response(body, { status, headers });
}

function present(services: Clocked, error: TurnlogError, path: string | undefined) {
  const requestId = makeId('req', services.nowUs(), services.random);
  const { status, body, headers } = placeOf(path ?? '').presentRefusal(error, requestId);
  const all = { 'content-type': 'application/json', 'request-id': requestId, ...headers };
  return { status, body: body ?? '', headers: all };
}

/** Whether an answer is on its way already; a second one would garble it. */
function hasAnswered(socket: Duplex): boolean {
  const { _httpMessage: message } = socket as { _httpMessage?: { readonly _headerSent?: boolean } };
  return message?._headerSent === true;
}

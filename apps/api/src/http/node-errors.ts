/** What Node or the adapter would answer by themselves, said in an envelope with a request id. */
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ErrorCode, TurnlogError } from '@turnlog/core/errors';
import { makeId } from '@turnlog/core/ids';
import { placeOf } from '../dialects/prefixes.ts';
import { MethodNotAllowed } from './dialect.ts';
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
/** A method, then a path or a whole URL. */
const REQUEST_LINE = /^[A-Z-]+ (?:https?:\/\/[^/ ]*)?([^ ?#\r\n]*)/i;
const LONGEST_LINE = 2048;

/** For a server's `clientError`: answers in the envelope of the path that was asked for, as far as that can be read. */
export function answerClientError(error: ClientError, socket: Duplex, services: Clocked): void {
  if (error.code === 'ECONNRESET' || !socket.writable || hasAnswered(socket)) {
    socket.destroy();
    return;
  }
  const [code, message] = CODES[error.code ?? ''] ?? MALFORMED;
  endWith(socket, present(services, new TurnlogError(code, message), pathOf(error, socket)));
}

/** For a server's `connect`: this is no proxy. */
export function answerConnect(incoming: IncomingMessage, socket: Duplex, services: Clocked): void {
  endWith(socket, present(services, new MethodNotAllowed('CONNECT', 'GET, HEAD, POST, PATCH, DELETE'), incoming.url));
}

/** Answers a request to become a socket, whose connection is given up; `headers` are added. Says with what status. */
export function refuseUpgrade(
  error: TurnlogError,
  incoming: IncomingMessage,
  socket: Duplex,
  services: Clocked,
  headers: Readonly<Record<string, string>> = {},
): number {
  const answer = present(services, error, incoming.url?.split(/[?#]/, 1)[0]);
  socket.once('finish', () => socket.destroy());
  endWith(socket, { ...answer, headers: { ...answer.headers, ...headers } });
  return answer.status;
}

/** The path of the request under way, or of the one whose first line is in the packet at fault. */
function pathOf(error: ClientError, socket: Duplex): string | undefined {
  const underWay = messageOf(socket)?.req?.url?.split(/[?#]/, 1)[0];
  if (underWay !== undefined) return underWay;
  const start = error.rawPacket?.subarray(0, LONGEST_LINE).toString('latin1') ?? '';
  return REQUEST_LINE.exec(start)?.[1];
}

function endWith(socket: Duplex, { status, body, headers }: ReturnType<typeof present>): void {
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

interface MessageUnderWay {
  readonly _headerSent?: boolean;
  readonly req?: IncomingMessage;
}

/** The answer that Node has attached to a connection (`_httpMessage`, since its first versions). */
function messageOf(socket: Duplex): MessageUnderWay | undefined {
  return (socket as { _httpMessage?: MessageUnderWay })._httpMessage;
}

/** Whether an earlier request of this connection still waits for its answer, or for the end of it. */
export function isAnswering(socket: Duplex): boolean {
  return (messageOf(socket) ?? null) !== null;
}

/** Whether an answer is on its way already; a second one would garble it. */
function hasAnswered(socket: Duplex): boolean {
  return messageOf(socket)?._headerSent === true;
}

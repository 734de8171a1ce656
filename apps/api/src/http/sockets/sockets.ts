/**
 * Connections that become WebSockets. Who asks is told by a header, by a subprotocol, for pages that cannot set headers, or
 * by the first message. What is wrong with the handshake itself is answered like any request; what is wrong with the
 * credential closes the socket, since a browser tells a page nothing of a refused handshake.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { TurnlogError } from '@turnlog/core/errors';
import { makeId, type RequestId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import type { Scope } from '@turnlog/core/tokens';
import { type WebSocket, WebSocketServer } from 'ws';
import type { DialectName } from '../../dialects/prefixes.ts';
import { type Caller, type Credentials, readSecret, requireScope } from '../credentials.ts';
import { isAnswering, refuseUpgrade } from '../node-errors.ts';
import type { Services } from '../services.ts';
import { hold } from '../streams/hold.ts';
import type { Leave } from '../streams/streams.ts';
import { closingOf, UNAUTHENTICATED } from './closings.ts';
import { Connection } from './connection.ts';
import { SocketFrames, type SocketWords } from './frames.ts';
import { PROTOCOL, tokenIn, tokenOffered } from './tokens.ts';

/** A path at which connections become sockets. */
export interface SocketRoute {
  readonly path: string;
  readonly dialect: DialectName;
  readonly scopes: readonly Scope[];
  readonly words: SocketWords;
}

interface ServedRoute extends SocketRoute {
  readonly frames: SocketFrames;
}

/** A connection that asks to become a socket. */
interface Visit {
  readonly route: ServedRoute;
  readonly requestId: RequestId;
  readonly incoming: IncomingMessage;
  readonly socket: Socket;
  readonly head: Buffer;
}

const OPTIONS = {
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: limits.socketMessageBytes,
  maxFragments: limits.socketMessageFragments,
  /** Pieces in which a frame may arrive: a message byte by byte is slow, not many. */
  maxBufferedChunks: 4_096,
  /** How long a client may take to agree to an end; shorter than a server that stops would wait. */
  closeTimeout: 2_000,
  handleProtocols: (offered: Set<string>) => (offered.has(PROTOCOL) ? PROTOCOL : false),
} as const;
/** Whose sockets are counted together as long as nobody knows whose they are. */
const NOBODY = { holder: 'sockets of nobody', secretHash: null, expiresUs: null } as const;
const VERSION = { 'sec-websocket-version': '13' };

export class Sockets {
  readonly #services: Services;
  readonly #credentials: Credentials;
  readonly #routes: ReadonlyMap<string, ServedRoute>;
  readonly #server = new WebSocketServer(OPTIONS);
  readonly #requestIds = new WeakMap<IncomingMessage, RequestId>();

  constructor(services: Services, credentials: Credentials, routes: readonly SocketRoute[]) {
    this.#services = services;
    this.#credentials = credentials;
    this.#routes = new Map(routes.map((route) => [route.path, { ...route, frames: new SocketFrames(route.words) }]));
    this.#server.on('headers', (headers, incoming) => {
      headers.push(`request-id: ${this.#requestIds.get(incoming)}`);
    });
    this.#server.on('wsClientError', (error, socket, incoming) => {
      const refusal = new TurnlogError('invalid_request', `This is not a WebSocket handshake: ${error.message}.`);
      refuseUpgrade(refusal, incoming, socket, services, VERSION);
    });
  }

  /** Whether a request is to become a socket; any other is served, whatever it would like to become. */
  takes(incoming: IncomingMessage): boolean {
    const { method, headers } = incoming;
    return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket' && this.#routes.has(pathOf(incoming));
  }

  /** For a server's `upgrade`. */
  upgrade(incoming: IncomingMessage, socket: Socket, head: Buffer): void {
    socket.on('error', () => socket.destroy()); // Node has taken its own listeners off
    const route = this.#routes.get(pathOf(incoming));
    const requestId = makeId('req', this.#services.nowUs(), this.#services.random);
    this.#requestIds.set(incoming, requestId);
    if (route === undefined || isAnswering(socket)) socket.destroy();
    else void this.#visit({ route, requestId, incoming, socket, head });
  }

  async #visit(visit: Visit): Promise<void> {
    try {
      this.#checkOrigin(visit.incoming);
      const known = await this.#known(visit);
      if (visit.socket.destroyed) return;
      const connection = this.#connectionOf(visit);
      const leave =
        known instanceof TurnlogError || known === null ? this.#wait(connection) : this.#hold(visit, connection, known);
      connection.holds(leave);
      this.#server.handleUpgrade(visit.incoming, visit.socket, visit.head, (ws) => {
        connection.accepted(ws);
        this.#note(visit, ws);
        if (known instanceof TurnlogError) connection.close(closingOf(known));
        else if (known === null) this.#authenticate(visit, connection, ws, leave);
        else void connection.open(known.org);
      });
    } catch (error) {
      this.#refuse(visit, error);
    }
  }

  #checkOrigin({ headers: { origin } }: IncomingMessage): void {
    const { corsOrigins } = this.#services;
    if (origin === undefined || corsOrigins.includes('*') || corsOrigins.includes(origin)) return;
    throw new TurnlogError(
      'origin_refused',
      'Pages of this origin may not connect: CORS_ORIGINS lists those that may.',
    );
  }

  /** Who asks; null: nobody has said so yet. What is wrong with the credential is returned. */
  async #known({ route, incoming }: Visit): Promise<Caller | TurnlogError | null> {
    const asked = { header: (name: string) => headerOf(incoming, name) };
    const secret = readSecret(asked) ?? tokenOffered(asked.header('sec-websocket-protocol'));
    try {
      const { dialect } = route;
      const caller = await (secret === undefined
        ? this.#credentials.admit(asked, dialect)
        : this.#credentials.admitSecret(secret));
      checkScopes(caller, route);
      return caller;
    } catch (error) {
      if (!(error instanceof TurnlogError) || error.code === 'origin_refused') throw error;
      return error.code === 'unauthenticated' ? null : error;
    }
  }

  #connectionOf({ route, requestId, socket }: Visit): Connection {
    const { streams, tails, log } = this.#services;
    const failed = (error: unknown) => log.error({ request_id: requestId, err: error }, 'a socket failed');
    return new Connection({ socket, limits: streams.limits, tails, words: route.words, frames: route.frames, failed });
  }

  #hold({ requestId }: Visit, connection: Connection, caller: Caller): Leave {
    return hold(this.#services, { requestId }, caller, connection);
  }

  /** A slot of those that nobody knows yet: their number is bounded too. */
  #wait(connection: Connection): Leave {
    try {
      return this.#services.streams.enter(NOBODY, connection).leave;
    } catch (error) {
      if (!(error instanceof TurnlogError) || error.code !== 'too_many_streams') throw error;
      const sentence =
        'As many sockets as may be wait for a credential: send it with the handshake, or try again later.';
      throw new TurnlogError('streams_exhausted', sentence);
    }
  }

  /** Waits for the first message. */
  #authenticate(visit: Visit, connection: Connection, ws: WebSocket, leave: Leave): void {
    const late = setTimeout(() => connection.close(UNAUTHENTICATED), this.#services.socketAuthMs);
    ws.once('close', () => clearTimeout(late));
    ws.once('message', (data: Buffer, isBinary) => {
      clearTimeout(late);
      const token = isBinary ? null : tokenIn(data);
      if (token === null) connection.close(UNAUTHENTICATED);
      else void this.#enter(visit, connection, token, leave);
    });
  }

  async #enter(visit: Visit, connection: Connection, token: string, leave: Leave): Promise<void> {
    try {
      const caller = await this.#credentials.admitSecret(token);
      checkScopes(caller, visit.route);
      if (connection.over) return;
      const held = this.#hold(visit, connection, caller);
      leave();
      connection.holds(held);
      await connection.open(caller.org);
    } catch (error) {
      if (!(error instanceof TurnlogError)) {
        this.#services.log.error({ request_id: visit.requestId, err: error }, 'a socket failed');
      }
      connection.close(closingOf(error));
    }
  }

  #refuse({ requestId, incoming, socket }: Visit, error: unknown): void {
    const { log, logRequests } = this.#services;
    const refusal = error instanceof TurnlogError ? error : new TurnlogError('internal', 'An unexpected error.');
    if (refusal !== error) log.error({ request_id: requestId, err: error }, 'a socket failed');
    const status = refuseUpgrade(refusal, incoming, socket, this.#services, { 'request-id': requestId });
    if (logRequests) log.debug({ request_id: requestId, path: pathOf(incoming), status }, 'a socket was refused');
  }

  /** Says when a socket begins and how it ends; never what it carries. */
  #note({ requestId, incoming }: Visit, ws: WebSocket): void {
    const { log, logRequests } = this.#services;
    if (!logRequests) return;
    const startMs = performance.now();
    log.debug({ request_id: requestId, path: pathOf(incoming) }, 'a socket has opened');
    ws.once('close', (code) => {
      const ms = Math.round(performance.now() - startMs);
      log.debug({ request_id: requestId, path: pathOf(incoming), code, ms }, 'a socket has closed');
    });
  }
}

function checkScopes(caller: Caller, { scopes }: SocketRoute): void {
  for (const scope of scopes) requireScope(caller, scope);
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split(/[?#]/, 1)[0] ?? '';
}

function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

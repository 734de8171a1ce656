/** A node:http server around the app, with bounds on how slowly and how largely a request may come. */
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { createApp, socketRoutes } from '../app.ts';
import { Credentials } from './credentials.ts';
import { requestIdOf } from './exchange.ts';
import { answerClientError, answerConnect, malformedRequest } from './node-errors.ts';
import { withoutCapabilities } from './paths.ts';
import type { Log, Services } from './services.ts';
import { Sockets } from './sockets/sockets.ts';

export const SERVER_OPTIONS = {
  /** Between the first byte and the end of the headers. */
  headersTimeout: 10_000,
  /** Between the first byte and the end of the body. */
  requestTimeout: 60_000,
  /** How often both are looked at. */
  connectionsCheckingInterval: 2_000,
  /** Longer than the idle time of usual load balancers, so that they hang up first. */
  keepAliveTimeout: 75_000,
  maxHeaderSize: 16 * 1024,
  /** A missing Host is refused by us, with an envelope. */
  requireHostHeader: false,
} as const satisfies ServerOptions;

/** A server that is not listening yet. */
export function createServer(services: Services): Server {
  let current: IncomingMessage | undefined;
  const credentials = new Credentials(services);
  const sockets = new Sockets(services, credentials, socketRoutes(services));
  const listener = getRequestListener(createApp(services, credentials).fetch, {
    errorHandler: () => malformedRequest(services, current?.url),
  });
  const serve = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    if (!services.ready()) outgoing.shouldKeepAlive = false; // a draining server ends connections with their requests
    current = incoming; // the adapter builds its request, or fails to, before it returns
    void listener(incoming, outgoing);
    if (services.logRequests) logRequest(incoming, outgoing, services.log);
  };
  const shouldUpgradeCallback = (incoming: IncomingMessage) => sockets.takes(incoming);
  const server = createHttpServer({ ...SERVER_OPTIONS, shouldUpgradeCallback }, serve);
  server.on('upgrade', (incoming, socket, head) => sockets.upgrade(incoming, socket as Socket, head));
  server.on('checkExpectation', serve);
  server.on('connect', (incoming, socket) => answerConnect(incoming, socket, services));
  server.on('clientError', (error, socket) => answerClientError(error, socket, services));
  return server;
}

/** Says what was asked and how it ended; never a query, a header or a capability, which nobody should read. */
function logRequest(incoming: IncomingMessage, outgoing: ServerResponse, log: Log): void {
  const startMs = performance.now();
  const { method, url = '' } = incoming;
  outgoing.once('close', () => {
    const fields = {
      request_id: requestIdOf(incoming),
      method,
      path: withoutCapabilities(url.split('?', 1)[0] ?? ''),
      status: outgoing.statusCode,
      complete: outgoing.writableFinished,
      ms: Math.round(performance.now() - startMs),
    };
    log.debug(fields, 'request');
  });
}

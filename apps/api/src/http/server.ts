/** A node:http server around the app, with bounds on how slowly and how largely a request may come. */
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { createApp } from '../app.ts';
import { requestIdOf } from './exchange.ts';
import { answerClientError, answerConnect, malformedRequest } from './node-errors.ts';
import type { Log, Services } from './services.ts';

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
  const listener = getRequestListener(createApp(services).fetch, {
    errorHandler: () => malformedRequest(services, current?.url),
  });
  const serve = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    if (!services.ready()) outgoing.shouldKeepAlive = false; // a draining server ends connections with their requests
    current = incoming; // the adapter builds its request, or fails to, before it returns
    void listener(incoming, outgoing);
    if (services.logRequests) logRequest(incoming, outgoing, services.log);
  };
  const server = createHttpServer(SERVER_OPTIONS, serve);
  server.on('checkExpectation', serve);
  server.on('connect', (incoming, socket) => answerConnect(incoming, socket, services));
  server.on('clientError', (error, socket) => answerClientError(error, socket, services));
  return server;
}

/** Says what was asked and how it ended; never a query or a header, which may hold what nobody should read. */
function logRequest(incoming: IncomingMessage, outgoing: ServerResponse, log: Log): void {
  const startMs = performance.now();
  const { method, url = '' } = incoming;
  outgoing.once('close', () => {
    const fields = {
      request_id: requestIdOf(incoming),
      method,
      path: url.split('?')[0],
      status: outgoing.statusCode,
      complete: outgoing.writableFinished,
      ms: Math.round(performance.now() - startMs),
    };
    log.debug(fields, 'request');
  });
}

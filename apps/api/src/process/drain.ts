/** Ending a server's connections in good order. */
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/** How long requests under way may take once the server stops. */
const DRAIN_MS = 8_000;
/** How often connections are ended whose request has ended meanwhile. */
const LOOK_MS = 50;
/** After so many a request that was on its way has been read, and its connection is not unused. */
const LOOKS_FOR_REQUESTS = 10;

/** Watches a server's connections; answers how to drain it, `endStreams` ending the answers that would not end. */
export function drainOf(server: Server, endStreams: () => void): () => Promise<void> {
  // Node takes a connection that has not asked for anything for a busy one.
  const unused = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  const use = ({ socket }: IncomingMessage) => unused.delete(socket);
  server.on('request', use).on('upgrade', use);
  return async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    endStreams();
    let looks = 0;
    const look = setInterval(() => {
      server.closeIdleConnections();
      if (++looks >= LOOKS_FOR_REQUESTS) for (const socket of unused) socket.destroy();
    }, LOOK_MS);
    const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
    await closed;
    clearInterval(look);
    clearTimeout(cut);
  };
}

/** Endpoints on loopback: servers that count who comes, and couriers that may reach them. */
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import type { Courier, Letter } from '@turnlog/core/courier';
import { type CourierOptions, createCourier } from '../../src/index.ts';

/** A listener that takes connections and counts them. */
export interface Receiver {
  readonly port: number;
  /** Connections so far, those that are still open, and bytes that came over them. */
  readonly seen: { connections: number; open: number; bytes: number };
}

const toClose: (() => Promise<unknown>)[] = [];

/** Ends everything that a test has opened. */
export async function closeAll(): Promise<void> {
  await Promise.all(toClose.splice(0).map((close) => close()));
}

/** Rejects when the address or the port cannot be had. */
export async function listen(server: Server, host = '127.0.0.1', port = 0): Promise<Receiver> {
  const seen = { connections: 0, open: 0, bytes: 0 };
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    seen.connections++;
    seen.open++;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      seen.open--;
      sockets.delete(socket);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  toClose.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return { port: (server.address() as AddressInfo).port, seen };
}

/** Takes connections and bytes, and says nothing. */
export async function canary(host?: string, port?: number): Promise<Receiver> {
  const server = createServer();
  const made = await listen(server, host, port);
  server.on('connection', (socket) => {
    socket.on('data', (chunk) => {
      made.seen.bytes += chunk.length;
    });
  });
  return made;
}

export type Answer = (request: IncomingMessage & { readonly body: string }, response: ServerResponse) => void;

/** Speaks HTTP, once a request's body is there; ends no connection by itself. */
export function receiver(answer: Answer, host?: string, port?: number): Promise<Receiver> {
  return listen(
    createHttpServer({ keepAliveTimeout: 0 }, (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => answer(Object.assign(request, { body: Buffer.concat(chunks).toString() }), response));
    }),
    host,
    port,
  );
}

/** Sends these bytes to whoever has sent any, over TLS when there is a certificate. */
export function raw(talk: (socket: Socket) => void, tls?: TlsOptions): Promise<Receiver> {
  const onSocket = (socket: Socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => talk(socket));
  };
  return listen(tls === undefined ? createServer(onSocket) : createTlsServer(tls, onSocket));
}

/** The names that tests resolve; others are unknown. */
export type Names = Readonly<Record<string, readonly string[]>>;

export function courierFor(options: Partial<CourierOptions> & { readonly names?: Names } = {}): Courier {
  const { names = {}, ...own } = options;
  const courier = createCourier({
    allow: ['127.0.0.0/8', '::1/128'],
    timeoutMs: 10_000,
    nowUs: () => Date.now() * 1000,
    lookup: async (name) => names[name] ?? [],
    ...own,
  });
  toClose.push(() => courier.close());
  return courier;
}

export function letterTo(url: string, body = '{"type":"agent.created"}'): Letter {
  return { url, headers: { 'content-type': 'application/json', 'webhook-id': 'evt_1' }, body: Buffer.from(body) };
}

/** A real HTTP server that keeps what is delivered to it. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from './sse.ts';

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly received: readonly Received[];
  /** The first delivery of an event; with `replay` the first that this replay has brought. */
  delivery(event: string, replay?: string): Promise<Received>;
}

/** Answers every request with `status`; it is gone when its scope ends. */
export async function openReceiver(status = 204): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    received.push({ headers: request.headers, body });
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    async delivery(event, replay) {
      const find = (): Received | undefined =>
        received.find(({ headers }) => headers['webhook-id'] === event && headers['webhook-replay-id'] === replay);
      await eventually(() => find() !== undefined);
      return find() as Received;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

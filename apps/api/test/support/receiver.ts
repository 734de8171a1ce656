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
  /** Every request that comes from now on is answered with this status. */
  answer(status: number): void;
  /** The first delivery of an event; with `replay` the first that this replay has brought. */
  delivery(event: string, replay?: string): Promise<Received>;
}

/** It is gone when its scope ends. */
export async function openReceiver(answering = 204): Promise<Receiver> {
  let status = answering;
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
    answer: (next) => {
      status = next;
    },
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

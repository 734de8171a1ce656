/**
 * The endpoint of the webhook benchmark: answers each POST with 204 at once and counts it. `GET /N` is answered when N
 * have come since the start.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

let received = 0;
const waiting = new Map<number, () => void>();

const server = createServer((request, response) => {
  if (request.method === 'POST') {
    request.resume();
    request.on('end', () => {
      received += 1;
      response.writeHead(204).end();
      waiting.get(received)?.();
    });
    return;
  }
  const count = Number(request.url?.slice(1));
  const answer = () => response.end(String(received));
  if (received >= count) answer();
  else waiting.set(count, answer);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  console.log(`listens on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.on('SIGTERM', () => process.exit(0));

/**
 * The peer of the webhook benchmark: undici in a loop. `POST /?url=…&count=…&concurrency=…` delivers the request's body so
 * often, with the headers of a delivery, signed each time, and is answered when the last one was.
 */
import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, request } from 'undici';

const KEY = createSecretKey(randomBytes(32));
const ID = 'evt_01M7ZY0MFHE01A9TKZEM7T689P';

const server = createServer((asked, response) => {
  run(asked).then(
    () => response.end(),
    (error: Error) => response.writeHead(500).end(error.message),
  );
});
server.listen(0, '127.0.0.1', () => {
  console.log(`listens on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.on('SIGTERM', () => process.exit(0));

async function run(asked: IncomingMessage): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of asked) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const { searchParams } = new URL(asked.url ?? '', 'http://localhost');
  const url = searchParams.get('url') ?? '';
  const concurrency = Number(searchParams.get('concurrency'));
  let left = Number(searchParams.get('count'));
  const dispatcher = new Agent({ connections: concurrency });
  const worker = async () => {
    while (left-- > 0) {
      const options = { method: 'POST', headers: headersOf(body), body, dispatcher } as const;
      const answer = await request(url, options);
      await answer.body.dump();
      if (answer.statusCode !== 204) throw new Error(`The receiver answered ${answer.statusCode}.`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  await dispatcher.close();
}

function headersOf(body: Buffer): Record<string, string> {
  const seconds = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', KEY).update(`${ID}.${seconds}.`).update(body).digest('base64');
  return {
    'content-type': 'application/json',
    'user-agent': 'Turnlog-Webhooks/1',
    'webhook-id': ID,
    'webhook-timestamp': seconds,
    'webhook-signature': `v1,${signature}`,
  };
}

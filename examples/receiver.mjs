/** A receiver of webhooks: checks every delivery, prints the type and the id of its event. */
import { createServer } from 'node:http';
import { unwrap, WebhookVerificationError } from '../packages/sdk/src/webhooks.ts'; // for you: '@turnlog/sdk/webhooks'

const { WEBHOOK_SECRET: secret = '', PORT = '4000' } = process.env;

const server = createServer(async (request, response) => {
  try {
    const rawBody = Buffer.concat(await request.toArray());
    const event = await unwrap(rawBody, request.headers, secret);
    console.log(event.type, event.id);
    response.writeHead(204).end();
  } catch (error) {
    console.error(error.message);
    response.writeHead(error instanceof WebhookVerificationError ? 400 : 500).end(error.message);
  }
});

server.listen(Number(PORT), '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${server.address().port}`));

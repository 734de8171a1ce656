import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const script = fileURLToPath(new URL('../../../examples/receiver.mjs', import.meta.url));

/** Starts the example as its page says; it is gone when the test is over. */
async function startReceiver(secret: string | undefined) {
  const env = { ...process.env, WEBHOOK_SECRET: secret, PORT: '0' };
  const child = spawn(process.execPath, [script], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(async () => {
    const gone = once(child, 'exit');
    child.kill();
    await gone;
  });
  const said = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const complained = createInterface({ input: child.stderr })[Symbol.asyncIterator]();
  const [, url = ''] = /^listening on (http:\/\/127\.0\.0\.1:\d+)$/.exec((await said.next()).value ?? '') ?? [];
  return {
    says: async (): Promise<unknown> => (await said.next()).value,
    complains: async (): Promise<unknown> => (await complained.next()).value,
    /** Posts an event as a delivery, signed by a key. */
    async deliver(event: object, key: string | Uint8Array, extra: Record<string, string> = {}): Promise<Response> {
      const body = JSON.stringify(event);
      const timestamp = `${Math.floor(Date.now() / 1000)}`;
      const signature = createHmac('sha256', key).update(`evt_1.${timestamp}.${body}`).digest('base64');
      const signed = { 'webhook-id': 'evt_1', 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
      const headers = { 'content-type': 'application/json', ...signed, ...extra };
      return fetch(url, { method: 'POST', body, headers });
    },
  };
}

const key = Buffer.from('0123456789abcdefghijklmnopqrstuv');
const event = { id: 'evt_1', type: 'user.message', content: 'Grüße, 世界' };

test('the example receiver prints what is delivered to it, and answers 204', async () => {
  const receiver = await startReceiver(`whsec_${key.toString('base64')}`);
  const { status } = await receiver.deliver(event, key);
  expect([status, await receiver.says()]).toEqual([204, 'user.message evt_1']);
  const replay = await receiver.deliver({ ...event, type: 'agent.message' }, key, { 'webhook-replay-id': 'rpl_1' });
  expect([replay.status, await receiver.says()]).toEqual([204, 'agent.message evt_1']);
});

test('it takes a secret of free text, too, and answers 400 to what is not signed with it', async () => {
  const receiver = await startReceiver('your_webhook_secret');
  expect((await receiver.deliver(event, 'your_webhook_secret')).status).toBe(204);
  expect(await receiver.says()).toBe('user.message evt_1');
  const refused = await receiver.deliver(event, 'another_secret');
  expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('check the secret')]);
  expect(await receiver.complains()).toContain('check the secret');
});

test('without a secret it answers 500, and says why', async () => {
  const receiver = await startReceiver(undefined);
  expect((await receiver.deliver(event, key)).status).toBe(500);
  expect(await receiver.complains()).toContain('is the variable set that it comes from?');
});

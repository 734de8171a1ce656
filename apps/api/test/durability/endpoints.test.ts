/** Proof that endpoints see what no server of ours may send. */
import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterEach, expect, test } from 'vitest';
import { Bell } from './bell.ts';
import { type Answer, digestOf, Endpoint } from './endpoints.ts';
import { Random } from './random.ts';

const opened: Endpoint[] = [];

afterEach(async () => {
  for (const endpoint of opened.splice(0)) await endpoint.close();
});

async function endpoint(answer: Answer = 'ok', dialect: 'cloud' | 'platform' = 'cloud'): Promise<Endpoint> {
  const shared = { name: 'one', withinMs: 0, random: new Random(1), bell: new Bell() };
  const started = await Endpoint.start({ ...shared, dialect, answers: () => answer });
  opened.push(started);
  return started;
}

const BODY = '{"id":"evt_1","type":"agent.note"}';

/** The headers of a delivery as it should be. */
function headers(secret: string, id = 'evt_1', body = BODY): Record<string, string> {
  const now = new Date();
  const signature = new Webhook(secret).sign(id, now, body);
  const timestamp = String(Math.floor(now.getTime() / 1000));
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature };
}

function post(url: string, sent: Record<string, string>, body = BODY): Promise<Response> {
  return fetch(url, { method: 'POST', headers: sent, body, redirect: 'manual', signal: AbortSignal.timeout(10_000) });
}

test('an arrival is remembered, with its digest and when it was over', async () => {
  const good = await endpoint();
  const answer = await post(good.url, { ...headers(good.secret), 'webhook-replay-id': 'rpl_1' });
  expect(answer.status).toBe(200);
  expect(good.problems).toEqual([]);
  expect(good.arrivals).toMatchObject([
    { id: 'evt_1', type: 'agent.note', replay: 'rpl_1', digest: digestOf(BODY), succeeded: expect.any(Number) },
  ]);
});

test('a wrong signature, another id than the event has, and another path are problems', async () => {
  const good = await endpoint();
  await post(good.url, { ...headers(good.secret), 'webhook-signature': 'v1,AAAA' });
  expect(good.problems.splice(0).join()).toMatch(/refused by the official verifier/);
  await post(good.url, headers(good.secret, 'evt_2'));
  expect(good.problems.splice(0)).toEqual(['one: webhook-id evt_2 is not that of the event, evt_1']);
  await expect(post(new URL('/elsewhere', good.url).href, headers(good.secret))).rejects.toThrow();
  expect(good.problems).toEqual(['one: POST /elsewhere was asked for']);
});

test('the platform dialect signs in its own way too, and no other does', async () => {
  const platform = await endpoint('ok', 'platform');
  const key = Buffer.from(platform.secret.slice('whsec_'.length), 'base64');
  const own = { 'x-webhook-signature': `sha256=${createHmac('sha256', key).update(BODY).digest('hex')}` };
  await post(platform.url, { ...headers(platform.secret), ...own });
  expect(platform.problems).toEqual([]);
  await post(platform.url, headers(platform.secret));
  expect(platform.problems).toEqual(['one: evt_1 came with x-webhook-signature undefined']);
});

test.each<[Answer, number]>([
  ['error', 500],
  ['busy', 429],
  ['gone', 410],
  ['redirect', 307],
])('an endpoint that answers %s takes nothing', async (answer, status) => {
  const bad = await endpoint(answer);
  expect((await post(bad.url, headers(bad.secret))).status).toBe(status);
  expect(bad.arrivals).toMatchObject([{ id: 'evt_1', succeeded: null }]);
});

test('an endpoint that closes, hangs or drips leaves its caller without an answer', async () => {
  const closing = await endpoint('close');
  await expect(post(closing.url, headers(closing.secret))).rejects.toThrow();
  for (const answer of ['hang', 'drip'] as const) {
    const silent = await endpoint(answer);
    const asked = post(silent.url, headers(silent.secret)).then((response) => response.text());
    const failed = expect(asked).rejects.toThrow();
    await expect.poll(() => silent.arrivals.length).toBe(1);
    await silent.close();
    opened.pop();
    await failed;
    expect(silent.arrivals).toMatchObject([{ succeeded: null }]);
  }
});

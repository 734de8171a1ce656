/** Those who verify deliveries in the world, and our own `unwrap`, accept ours; and `unwrap` accepts what they sign. */
import Anthropic from '@anthropic-ai/sdk';
import { verify as verifyBody } from '@octokit/webhooks-methods';
import type { Dispatcher } from '@turnlog/core/dispatch';
import { unwrap } from '@turnlog/sdk/webhooks';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Harness, openHarness } from '../harness.ts';
import { Dice } from '../support/dice.ts';
import { openReceiver, type Received } from '../support/receiver.ts';

const SEED_SECRET = 'your_webhook_secret';
const MINUTE_US = 60_000_000;
const shownOf = (text: string): string => `whsec_${Buffer.from(text).toString('base64')}`;
const textOf = (shown: string): string => Buffer.from(shown.slice('whsec_'.length), 'base64').toString();

/** Each throws, or resolves to false, when it refuses. */
type Verifier = (body: string, headers: Record<string, string>, secret: string) => unknown;

const STANDARD: Readonly<Record<string, Verifier>> = {
  standardwebhooks: (body, headers, secret) => new StandardWebhook(secret).verify(body, headers),
  svix: (body, headers, secret) => new SvixWebhook(secret).verify(body, headers),
  anthropic: (body, headers, secret) =>
    new Anthropic({ apiKey: 'none', webhookKey: secret }).beta.webhooks.unwrap(body, { headers }),
  unwrap: (body, headers, secret) => unwrap(body, headers, secret),
};

/** Over the body alone, with a secret of text; beside the current secret the one before signs, under another name. */
const octokit: Verifier = async (body, headers, secret) => {
  const names = ['x-webhook-signature', 'x-webhook-signature-previous'];
  const signatures = names.flatMap((name) => headers[name] ?? []);
  const verdicts = await Promise.all(signatures.map((signature) => verifyBody(textOf(secret), body, signature)));
  return verdicts.includes(true);
};

const verifiersOf = (dialect: Dialect): Readonly<Record<string, Verifier>> =>
  dialect === 'platform' ? { ...STANDARD, octokit } : STANDARD;

/** Who accepts a delivery. */
async function accepting(
  verifiers: Readonly<Record<string, Verifier>>,
  { headers, body }: Received,
  secret: string,
): Promise<string[]> {
  const names: string[] = [];
  for (const [name, verifier] of Object.entries(verifiers)) {
    try {
      if ((await verifier(body.toString(), headers as Record<string, string>, secret)) !== false) names.push(name);
    } catch {
      // Refused.
    }
  }
  return names;
}

const DIALECTS = ['cloud', 'platform'] as const;
type Dialect = (typeof DIALECTS)[number];
const PREFIX = { cloud: '/v1', platform: '/api/v1' } as const satisfies Record<Dialect, string>;

describe.each(DIALECTS)('what a webhook of the %s dialect is sent', (dialect) => {
  const verifiers = verifiersOf(dialect);
  const everybody = Object.keys(verifiers);
  let h: Harness;
  let dispatcher: Dispatcher;
  beforeEach(async () => {
    h = await openHarness();
    ({ dispatcher } = await h.deliver());
  });
  afterEach(() => h.close());

  const post = async (path: string, body: object, status: number) => {
    const reply = await h.ask('POST', `${PREFIX[dialect]}${path}`, { body });
    expect(reply.status, reply.text).toBe(status);
    return reply.json;
  };
  const webhook = (url: string, more: object = {}) => post('/webhooks', { url, events: ['*'], ...more }, 201);
  /** An event whose text has more bytes than characters. */
  const publish = async (): Promise<string> => {
    const data = { agent_id: 'agent_123', name: 'Grüße, 世界 🌍 "\\" \u0000' };
    const { json } = await h.ask('POST', '/api/v1/events', { body: { type: 'agent.created', data } });
    return json.id;
  };

  it.each([
    ['a secret that we made', undefined],
    ['a secret of theirs', shownOf('0123456789abcdef0123456789abcdef')],
    ['the secret of free text that the document shows', SEED_SECRET],
    ['a secret of other letters', 'Schlüssel für 世界 🔑'],
  ])('is accepted by everybody with %s, and by nobody when a byte is another', async (_, sent) => {
    await using receiver = await openReceiver();
    const { secret } = await webhook(receiver.url, sent === undefined ? {} : { secret: sent });
    if (sent !== undefined) expect(secret).toBe(sent.startsWith('whsec_') ? sent : shownOf(sent));
    const delivery = await receiver.delivery(await publish());
    expect(await accepting(verifiers, delivery, secret)).toEqual(everybody);
    const { headers, body } = delivery;
    const changes: Received[] = [
      { headers, body: changed(body, 3) },
      { headers, body: changed(body, body.length - 4) },
      { headers, body: body.subarray(1) },
    ];
    for (const change of changes) expect(await accepting(verifiers, change, secret)).toEqual([]);
    for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
      const value = Buffer.from(String(headers[name]));
      const other = changed(value, value.length - 3).toString();
      const change = { headers: { ...headers, [name]: other }, body };
      expect(await accepting(STANDARD, change, secret), name).toEqual([]);
    }
    expect(await accepting(verifiers, delivery, shownOf('0123456789abcdef'))).toEqual([]);
  });

  it('is read by our own unwrap with the free text as it was sent, too', async () => {
    await using receiver = await openReceiver();
    await webhook(receiver.url, { secret: SEED_SECRET });
    const id = await publish();
    const { headers, body } = await receiver.delivery(id);
    const { json } = await h.ask('GET', `${PREFIX[dialect]}/events/${id}`);
    expect(await unwrap(body, headers, SEED_SECRET)).toEqual(json);
    expect(body.toString()).toBe((await h.ask('GET', `${PREFIX[dialect]}/events/${id}`)).text);
  });

  it('shows its secret once, and never again', async () => {
    const made = await webhook('http://127.0.0.1:9/hook', { secret: SEED_SECRET });
    expect(made.secret).toBe(shownOf(SEED_SECRET));
    for (const path of [`/webhooks/${made.id}`, '/webhooks']) {
      const { text } = await h.ask('GET', `${PREFIX[dialect]}${path}`);
      expect(text).toContain(made.id);
      expect(text).not.toContain(made.secret);
      expect(text).not.toContain(SEED_SECRET);
    }
  });

  it('is accepted with the old and the new secret during a rotation, and with the new one alone after it', async () => {
    await using receiver = await openReceiver();
    const { id, secret: old } = await webhook(receiver.url, { secret: SEED_SECRET });
    const { secret: fresh } = await post(`/webhooks/${id}/rotate_secret`, { overlap_seconds: 60 }, 200);
    expect(fresh).not.toBe(old);
    const during = await receiver.delivery(await publish());
    expect(await accepting(verifiers, during, old)).toEqual(everybody);
    expect(await accepting(verifiers, during, fresh)).toEqual(everybody);
    expect(await accepting(verifiers, { ...during, body: changed(during.body, 9) }, old)).toEqual([]);
    // Who owned the lane has lost it within that minute.
    await dispatcher.stop();
    h.clock.offsetUs += MINUTE_US;
    await h.deliver();
    const after = await receiver.delivery(await publish());
    expect(await accepting(verifiers, after, old)).toEqual([]);
    expect(await accepting(verifiers, after, fresh)).toEqual(everybody);
  });

  it('is refused with the old secret at once where there is no overlap', async () => {
    await using receiver = await openReceiver();
    const { id, secret: old } = await webhook(receiver.url);
    const rotated = await post(`/webhooks/${id}/rotate_secret`, { overlap_seconds: 0, secret: SEED_SECRET }, 200);
    expect(rotated.secret).toBe(shownOf(SEED_SECRET));
    const delivery = await receiver.delivery(await publish());
    expect(await accepting(verifiers, delivery, old)).toEqual([]);
    expect(await accepting(verifiers, delivery, rotated.secret)).toEqual(everybody);
  });

  it('is accepted like any other when it is a test, or a replay to the webhook or to a URL', async () => {
    await using receiver = await openReceiver();
    const { id, secret } = await webhook(receiver.url);
    expect(await post(`/webhooks/${id}/test`, {}, 200)).toMatchObject({ delivered: true, status_code: 204 });
    expect(await accepting(verifiers, receiver.received[0] as Received, secret)).toEqual(everybody);
    const event = await publish();
    await receiver.delivery(event);
    const range = { since: '2026-01-01T00:00:00Z', until: new Date(Date.now() + 1000).toISOString() };
    const replays = dialect === 'cloud' ? '/replays' : '/events/replay';
    const toWebhook = await post(replays, { ...range, webhook_id: id }, 202);
    expect(await accepting(verifiers, await receiver.delivery(event, toWebhook.id), secret)).toEqual(everybody);
    const toUrl = await post(replays, { ...range, webhook_url: receiver.url }, 202);
    expect(await accepting(verifiers, await receiver.delivery(event, toUrl.id), toUrl.secret)).toEqual(everybody);
    expect(await accepting(verifiers, await receiver.delivery(event, toUrl.id), secret)).toEqual([]);
  });
});

describe('what others sign', () => {
  it('is accepted by unwrap, and by no other secret, whatever is in it', async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const dice = new Dice(seed);
    const signers = { standardwebhooks: StandardWebhook, svix: SvixWebhook };
    for (let round = 0; round < 200; round++) {
      const secret = `whsec_${Buffer.from(Array.from({ length: 1 + dice.below(80) }, () => dice.below(256))).toString('base64')}`;
      const characters = Array.from({ length: dice.below(60) }, () => String.fromCodePoint(codePoint(dice)));
      const body = JSON.stringify({ type: 'x', text: characters.join('') });
      const sent = new Date();
      for (const [name, Signer] of Object.entries(signers)) {
        const headers = {
          'webhook-id': `evt_${round}`,
          'webhook-timestamp': `${Math.floor(sent.getTime() / 1000)}`,
          'webhook-signature': new Signer(secret).sign(`evt_${round}`, sent, body),
        };
        const said = `${name}, seed ${seed}, round ${round}`;
        expect(await unwrap(body, headers, ['another secret', secret]), said).toEqual(JSON.parse(body));
        expect(await unwrap(Buffer.from(body), headers, secret), said).toEqual(JSON.parse(body));
        await expect(unwrap(body, headers, `${secret.slice(0, 6)}AAAA${secret.slice(6)}`), said).rejects.toMatchObject({
          reason: 'no_match',
        });
      }
    }
  });
});

/** Any character but a half of a pair. */
function codePoint(dice: Dice): number {
  const point = dice.below(dice.below(2) === 0 ? 0x80 : 0x110000);
  return point >= 0xd800 && point < 0xe000 ? 0x20 : point;
}

/** Other bytes of the same length: the one at `index` is another, still a letter or a digit of base64. */
function changed(bytes: Buffer, index: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[index] = copy[index] === 0x39 ? 0x38 : 0x39;
  return copy;
}

import { createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, test } from 'vitest';
import { unwrap, WebhookVerificationError, type WebhookVerificationReason } from '../src/webhooks.ts';
import { rejection } from './fake.ts';

const now = new Date('2026-02-21T03:27:00.999Z');
const seconds = Math.floor(now.getTime() / 1000);
const keyBytes = Buffer.from('0123456789abcdefghijklmnopqrstuv');
const secret = `whsec_${keyBytes.toString('base64')}`;
const body = '{"id":"evt_1","type":"user.message","content":"Grüße, 世界 🌍 \\ud800"}';

/** The headers of a delivery, signed with each key as Standard Webhooks says. */
function headersOf(
  content: string | Uint8Array,
  keys: readonly (string | Uint8Array)[] = [keyBytes],
  timestamp: string | number = seconds,
  id = 'evt_1',
): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  const sign = (key: string | Uint8Array): string =>
    `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(content).digest('base64')}`;
  return { 'webhook-id': id, 'webhook-timestamp': `${timestamp}`, 'webhook-signature': keys.map(sign).join(' ') };
}

async function refusalOf(promise: Promise<unknown>): Promise<{ reason: WebhookVerificationReason; message: string }> {
  const error = await rejection(promise);
  expect(error).toBeInstanceOf(WebhookVerificationError);
  expect((error as Error).name).toBe('WebhookVerificationError');
  return error as WebhookVerificationError;
}

const reasonOf = async (promise: Promise<unknown>): Promise<string> => (await refusalOf(promise)).reason;

test('the vector that Standard Webhooks publishes is accepted, and not with another byte', async () => {
  const headers = {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  };
  const at = { now: new Date(1614265330_000) };
  const published = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  expect(await unwrap('{"test": 2432232314}', headers, published, at)).toEqual({ test: 2432232314 });
  expect(await reasonOf(unwrap('{"test": 2432232315}', headers, published, at))).toBe('no_match');
  expect(await reasonOf(unwrap('{"test":2432232314}', headers, published, at))).toBe('no_match');
});

describe('a delivery', () => {
  const event = JSON.parse(body);

  test('is read from text and from bytes, also from those inside of a larger buffer', async () => {
    const bytes = new TextEncoder().encode(body);
    const pool = new Uint8Array(bytes.length + 20);
    pool.set(bytes, 7);
    for (const raw of [body, bytes, Buffer.from(body), pool.subarray(7, 7 + bytes.length)]) {
      expect(await unwrap(raw, headersOf(body), secret, { now })).toEqual(event);
    }
  });

  test.each<[string, (headers: ReturnType<typeof headersOf>) => Parameters<typeof unwrap>[1]]>([
    ['Headers of fetch', (headers) => new Headers(headers)],
    ["Node's headers", (headers): IncomingHttpHeaders => ({ ...headers, host: 'x', 'set-cookie': ['a', 'b'] })],
    ["Node's distinct headers", (headers) => mapped(headers, (name, value) => [name, [value]])],
    ['names in capitals', (headers) => mapped(headers, (name, value) => [name.toUpperCase(), value])],
    ['an own header of the name get', (headers) => ({ ...headers, get: 'x' })],
    [
      'an undefined one beside it',
      (headers) => ({ 'Webhook-Id': undefined, 'Webhook-Timestamp': undefined, ...headers }),
    ],
    ['a Map', (headers) => ({ get: (name) => new Map(Object.entries(headers)).get(name) ?? null })],
  ])('is accepted with %s', async (_, form) => {
    expect(await unwrap(body, form(headersOf(body)), secret, { now })).toEqual(event);
  });

  test('is read where it is empty of all but JSON, and however long it is', async () => {
    for (const text of ['{}', 'null', `{"text":"${'ä€🌍'.repeat(40_000)}"}`]) {
      expect(await unwrap(text, headersOf(text), secret, { now })).toEqual(JSON.parse(text));
    }
  });

  test('of a replay is a delivery like any other, and may come again and again', async () => {
    const headers = { ...headersOf(body), 'webhook-replay-id': 'rpl_1' };
    for (let time = 0; time < 3; time++) expect(await unwrap(body, headers, secret, { now })).toEqual(event);
  });
});

describe('secrets', () => {
  const other = Buffer.from('another secret of the same bytes');

  test('of free text stand for their UTF-8 bytes', async () => {
    for (const text of ['your_webhook_secret', 'Schlüssel für Ärzte 🔑', ' padded\n', 'WHSEC_abc']) {
      await unwrap(body, headersOf(body, [text]), text, { now });
      await unwrap(body, headersOf(body, [text]), `whsec_${Buffer.from(text).toString('base64')}`, { now });
      expect(await reasonOf(unwrap(body, headersOf(body, [text]), `${text}x`, { now }))).toBe('no_match');
    }
  });

  test('during a rotation: any of ours may fit any signature of the delivery', async () => {
    const both = headersOf(body, [other, keyBytes]);
    const otherSecret = `whsec_${other.toString('base64')}`;
    await unwrap(body, both, secret, { now });
    await unwrap(body, both, otherSecret, { now });
    await unwrap(body, headersOf(body, [keyBytes]), [otherSecret, secret], { now });
    await unwrap(body, headersOf(body, [other]), [otherSecret, secret], { now });
    expect(await reasonOf(unwrap(body, both, ['neither', 'of them'], { now }))).toBe('no_match');
  });

  test('that are none are the mistake of the caller, who is told so', async () => {
    for (const [wrong, sentence] of [
      [undefined, /is empty or no string: is the variable set/],
      ['', /is empty or no string/],
      [[secret, ''], /is empty or no string/],
      [[], /There is no secret/],
      ['whsec_', /no base64 follows/],
      ['whsec_a', /no base64 follows/],
      ['whsec_###=', /no base64 follows/],
    ] as const) {
      const error = await rejection(unwrap(body, headersOf(body), wrong as string, { now }));
      expect(error).toBeInstanceOf(TypeError);
      expect(String(error)).toMatch(sentence);
    }
  });
});

describe('signatures', () => {
  const good = headersOf(body)['webhook-signature'];
  const verdict = async (signature: string): Promise<string> => {
    try {
      await unwrap(body, { ...headersOf(body), 'webhook-signature': signature }, secret, { now });
      return 'accepted';
    } catch (error) {
      return (error as WebhookVerificationError).reason;
    }
  };

  test('of other versions, and such as are none, are passed over', async () => {
    for (const signature of [`v1a,xyz ${good}`, `v2,${good.slice(3)} ${good}`, `v1, , ${good}`, `${good}, ${good}`]) {
      expect(await verdict(signature), signature).toBe('accepted');
    }
    const wrong = [
      good.slice(3),
      `v2,${good.slice(3)}`,
      `V1,${good.slice(3)}`,
      good.slice(0, -1),
      `${good}=`,
      'v1,',
      ',',
    ];
    for (const signature of wrong) expect(await verdict(signature), signature).toBe('no_match');
  });

  test('are looked at up to sixteen: who sends thousands does not make us compute thousands', async () => {
    const bad = `v1,${'A'.repeat(43)}=`;
    expect(await verdict(`${`${bad} `.repeat(15)}${good}`)).toBe('accepted');
    expect(await verdict(`${`${bad} `.repeat(16)}${good}`)).toBe('no_match');
  });
});

describe('time', () => {
  const at = (offset: number, toleranceSeconds?: number): Promise<unknown> =>
    unwrap(body, headersOf(body, [keyBytes], seconds + offset), secret, { now, toleranceSeconds });

  test('may be five minutes off either way, or what the caller allows', async () => {
    for (const offset of [-300, -1, 0, 1, 300]) await at(offset);
    expect(await reasonOf(at(-301))).toBe('too_old');
    expect(await reasonOf(at(301))).toBe('too_new');
    await at(-10, 10);
    expect(await reasonOf(at(-11, 10))).toBe('too_old');
    expect(await reasonOf(at(11, 10))).toBe('too_new');
    await at(-9_999_999, Number.POSITIVE_INFINITY);
  });

  test('that is no number, of the delivery or of the caller, lets nothing pass', async () => {
    const texts = ['', 'soon', '-1', '1e9', '0x10', '1771644420.5', now.toISOString(), '１７７１６４４４２０'];
    for (const text of texts) {
      const reason = text === '' ? 'missing_header' : 'malformed_timestamp';
      expect(await reasonOf(unwrap(body, headersOf(body, [keyBytes], text), secret, { now })), text).toBe(reason);
    }
    expect(await reasonOf(unwrap(body, headersOf(body, [keyBytes], now.getTime()), secret, { now }))).toBe('too_new');
    expect(await reasonOf(unwrap(body, headersOf(body, [keyBytes], '9'.repeat(400)), secret, { now }))).toBe('too_new');
    expect(await reasonOf(at(0, Number.NaN))).toBe('too_old');
    expect(await reasonOf(unwrap(body, headersOf(body), secret, { now: new Date('never') }))).toBe('too_old');
  });

  test('is that of this machine when nobody says otherwise', async () => {
    const signed = headersOf(body, [keyBytes], Math.floor(Date.now() / 1000));
    expect(await unwrap(body, signed, secret)).toEqual(JSON.parse(body));
    expect(await reasonOf(unwrap(body, headersOf(body, [keyBytes], 1), secret))).toBe('too_old');
  });
});

describe('no other byte passes', () => {
  /** Every text that differs from this one in one bit. */
  function* flipped(bytes: Uint8Array): Generator<Buffer> {
    for (let index = 0; index < bytes.length; index++) {
      for (let bit = 0; bit < 8; bit++) {
        const changed = Buffer.from(bytes);
        changed[index] = (changed[index] ?? 0) ^ (1 << bit);
        yield changed;
      }
    }
  }

  test('in the body', async () => {
    for (const changed of flipped(Buffer.from(body))) {
      expect(await reasonOf(unwrap(changed, headersOf(body), secret, { now }))).toBe('no_match');
    }
  });

  test.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const)('in %s', async (name) => {
    const headers = headersOf(body);
    for (const changed of flipped(Buffer.from(headers[name]))) {
      await refusalOf(unwrap(body, { ...headers, [name]: changed.toString('latin1') }, secret, { now }));
    }
  });

  test('nor one more or less, anywhere', async () => {
    const headers = headersOf(body);
    for (const changed of [`${body}\n`, ` ${body}`, body.slice(1), body.slice(0, -1), `\u{feff}${body}`]) {
      expect(await reasonOf(unwrap(changed, headers, secret, { now }))).toBe('no_match');
    }
    for (let cut = 0; cut < body.length; cut++) {
      expect(await reasonOf(unwrap(body.slice(0, cut), headers, secret, { now }))).toBe('no_match');
    }
  });

  test('nor what moves from the id into the body, over the dots that part them', async () => {
    const { 'webhook-id': id, ...others } = headersOf(`1.${body}`, [keyBytes], seconds, `evt.${seconds}`);
    const moved = unwrap(`${id.slice(4)}.1.${body}`, { ...others, 'webhook-id': 'evt' }, secret, { now });
    expect(await reasonOf(moved)).toBe('not_json');
  });
});

describe('what is missing or wrong is said', () => {
  test.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])('%s', async (name) => {
    for (const value of [undefined, '', []]) {
      const { reason, message } = await refusalOf(unwrap(body, { ...headersOf(body), [name]: value }, secret, { now }));
      expect([reason, message]).toEqual(['missing_header', expect.stringMatching(`^The header ${name} is missing: `)]);
    }
    const headers = new Headers(headersOf(body));
    headers.delete(name);
    expect(await reasonOf(unwrap(body, headers, secret, { now }))).toBe('missing_header');
  });

  test('a body that was parsed already', async () => {
    for (const wrong of [JSON.parse(body), undefined, null, 7, [1]]) {
      const error = await rejection(unwrap(wrong, headersOf(body), secret, { now }));
      expect(error).toBeInstanceOf(TypeError);
      expect(String(error)).toContain('not parsed JSON');
    }
    const { message } = await refusalOf(
      unwrap(JSON.stringify(JSON.parse(body)), headersOf(`${body} `), secret, { now }),
    );
    expect(message).toContain('pass the raw body as it came');
  });

  test('a body that is signed and no JSON, or no UTF-8', async () => {
    for (const wrong of ['', 'hello', '{"a":1', `\u{feff}${body}`, Buffer.from([0x22, 0xff, 0x22])]) {
      expect(await reasonOf(unwrap(wrong, headersOf(wrong), secret, { now }))).toBe('not_json');
    }
  });

  test('without a secret in it, nor anything of the body', async () => {
    const wrong: readonly [Parameters<typeof unwrap>[0], object, string][] = [
      ['hunter2', headersOf('hunter3'), secret],
      ['hunter2', headersOf('hunter2', ['not base64 ###']), 'whsec_hunter2###'],
      ['hunter2', headersOf('hunter2'), secret],
    ];
    for (const [raw, headers, own] of wrong) {
      const said = String(await rejection(unwrap(raw, { ...headers }, own, { now })));
      expect(said).not.toContain('hunter2');
      expect(said).not.toContain(secret.slice(6));
    }
  });
});

function mapped<T>(
  headers: Readonly<Record<string, string>>,
  map: (name: string, value: string) => readonly [string, T],
): Record<string, T> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => map(name, value)));
}

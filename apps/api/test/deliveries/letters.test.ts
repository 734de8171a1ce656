import { randomBytes } from 'node:crypto';
import { makeId, type OrgId } from '@turnlog/core/ids';
import type { LetterRequest } from '@turnlog/core/letters';
import type { SealedSecret } from '@turnlog/core/webhooks';
import { describe, expect, test, vi } from 'vitest';
import { createLetterWriter, requestHeadersOf } from '../../src/deliveries/letters.ts';
import { bodySignature, signingKey, standardSignature } from '../../src/deliveries/signatures.ts';
import { Vault } from '../../src/deliveries/vault.ts';
import { presentDelivery } from '../../src/dialects/deliveries.ts';

const SENT_US = 1_771_643_220_987_654;
const TIMESTAMP = 1_771_643_220;
const ORG: OrgId = makeId('org', SENT_US, randomBytes);
const EVENT = makeId('evt', SENT_US, randomBytes);
const REQUEST = makeId('req', SENT_US, randomBytes);
const REPLAY = makeId('rpl', SENT_US, randomBytes);
const CURRENT = Buffer.from('the current secret');
const PREVIOUS = Buffer.from('the secret before');
const OLDEST = Buffer.from('the secret before that');

const TEXT =
  `{"id":"${EVENT}","type":"agent.created","session_id":null,"turn_id":null,"schema_version":"1.0",` +
  `"created_at":"2026-02-21T03:07:00.987654Z","processed_at":"2026-02-21T03:07:00.987654Z","seq":null,` +
  `"data":{"agent_id":"agent_123","big":9007199254740993},"metadata":{"user_id":"user_456"}}`;

const vault = new Vault(Buffer.alloc(32, 3));
const sealed = (secret: Buffer, expiresUs: number | null = null): SealedSecret => ({
  sealed: vault.seal(secret, ORG),
  expiresUs,
});

function requestOf(own: Partial<LetterRequest> = {}): LetterRequest {
  const event = { id: EVENT, text: TEXT, origin: 'platform', requestId: REQUEST } as const;
  const where = { org: ORG, dialect: 'cloud', url: 'https://example.com/hooks' } as const;
  return { ...where, event, secrets: [sealed(CURRENT)], sentUs: SENT_US, replay: null, ...own };
}

const write = createLetterWriter({ vault, present: presentDelivery });
const head = { id: EVENT, timestamp: TIMESTAMP };

describe('the letter of an event', () => {
  test('for cloud is its stored text, signed as Standard Webhooks has it', () => {
    for (const text of [TEXT, Buffer.from(TEXT)]) {
      const letter = write(requestOf({ event: { ...requestOf().event, text } }));
      expect(letter.url).toBe('https://example.com/hooks');
      expect(Buffer.from(letter.body).toString()).toBe(TEXT);
      expect(letter.headers).toEqual({
        'content-type': 'application/json',
        'user-agent': 'Turnlog-Webhooks/1',
        'webhook-id': EVENT,
        'webhook-timestamp': `${TIMESTAMP}`,
        'webhook-signature': standardSignature(signingKey(CURRENT), head, Buffer.from(TEXT)),
      });
    }
  });

  test('for platform is the event in its words, and its body is signed alone, too', () => {
    for (const text of [TEXT, Buffer.from(TEXT)]) {
      const letter = write(requestOf({ dialect: 'platform', event: { ...requestOf().event, text } }));
      expect(Buffer.from(letter.body).toString()).toBe(
        `{"id":"${EVENT}","type":"agent.created","created_at":"2026-02-21T03:07:00.987654Z",` +
          `"data":{"agent_id":"agent_123","big":9007199254740993},` +
          `"metadata":{"user_id":"user_456","organization_id":"${ORG}","request_id":"${REQUEST}"}}`,
      );
      expect(letter.headers).toMatchObject({
        'webhook-signature': standardSignature(signingKey(CURRENT), head, letter.body),
        'x-webhook-signature': bodySignature(signingKey(CURRENT), letter.body),
      });
      expect(letter.headers).not.toHaveProperty('x-webhook-signature-previous');
    }
  });

  test('is signed by all secrets that are valid when it goes out, the current one first', () => {
    const secrets = [sealed(CURRENT), sealed(PREVIOUS, SENT_US + 1), sealed(OLDEST, SENT_US)];
    const letter = write(requestOf({ dialect: 'platform', secrets }));
    const signatures = [CURRENT, PREVIOUS].map((secret) => standardSignature(signingKey(secret), head, letter.body));
    expect(letter.headers).toMatchObject({
      'webhook-signature': signatures.join(' '),
      'x-webhook-signature': bodySignature(signingKey(CURRENT), letter.body),
      'x-webhook-signature-previous': bodySignature(signingKey(PREVIOUS), letter.body),
    });
    const cloud = write(requestOf({ secrets }));
    expect(Object.keys(cloud.headers).filter((name) => name.startsWith('x-'))).toEqual([]);
  });

  test('of a replay names the replay beside the same id', () => {
    expect(write(requestOf({ replay: REPLAY })).headers).toMatchObject({
      'webhook-id': EVENT,
      'webhook-replay-id': REPLAY,
    });
  });

  test('is not written with a secret of another org', () => {
    const other: OrgId = makeId('org', SENT_US, randomBytes);
    expect(() => write(requestOf({ org: other }))).toThrow();
  });

  test('opens each sealed secret once', () => {
    const counted = new Vault(Buffer.alloc(32, 3));
    const open = vi.spyOn(counted, 'open');
    const writeCounted = createLetterWriter({ vault: counted, present: presentDelivery });
    const secrets = [sealed(CURRENT), sealed(PREVIOUS, SENT_US + 1)];
    for (let sent = 0; sent < 5; sent++) writeCounted(requestOf({ secrets, sentUs: SENT_US - sent }));
    expect(open).toHaveBeenCalledTimes(2);
  });
});

test('the headers of a past attempt are those it went out with, without its signatures', () => {
  for (const dialect of ['cloud', 'platform'] as const) {
    for (const replay of [null, REPLAY]) {
      const { headers } = write(requestOf({ dialect, replay }));
      const told = requestHeadersOf({ dialect, event: EVENT, sentUs: SENT_US, replay });
      const redacted = Object.entries(headers).map(([name, value]) => [
        name,
        name.includes('signature') ? '[redacted]' : value,
      ]);
      expect(told).toEqual(Object.fromEntries(redacted));
    }
  }
});

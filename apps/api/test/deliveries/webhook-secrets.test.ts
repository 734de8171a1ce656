import { randomBytes } from 'node:crypto';
import { TurnlogError } from '@turnlog/core/errors';
import { describe, expect, test } from 'vitest';
import { makeWebhookSecret, parseWebhookSecret, shownWebhookSecret } from '../../src/deliveries/webhook-secrets.ts';

function refusalOf(text: string): TurnlogError {
  try {
    parseWebhookSecret(text);
  } catch (error) {
    if (error instanceof TurnlogError) return error;
    throw error;
  }
  throw new Error(`Taken: ${JSON.stringify(text)}`);
}

describe('a secret that is sent', () => {
  test('as text is its bytes, of 16 to 255', () => {
    for (const text of [
      'your_webhook_secret',
      'x'.repeat(16),
      'x'.repeat(255),
      'é'.repeat(8),
      '  spaces are kept ',
      '\0'.repeat(16),
    ]) {
      expect(Buffer.from(parseWebhookSecret(text)).toString(), text).toBe(text);
    }
  });

  test('as whsec_ is what its base64 stands for, with padding and without', () => {
    for (const length of [16, 17, 18, 24, 64, 255]) {
      const bytes = randomBytes(length);
      const shown = shownWebhookSecret(bytes);
      expect(Buffer.from(parseWebhookSecret(shown))).toEqual(bytes);
      expect(Buffer.from(parseWebhookSecret(shown.replace(/=+$/, '')))).toEqual(bytes);
    }
  });

  test.each([
    ['', /must have 16 to 255 bytes; it has 0/],
    ['x'.repeat(15), /must have 16 to 255 bytes; it has 15/],
    ['x'.repeat(256), /must have 16 to 255 bytes; it has 256/],
    ['é'.repeat(128), /must have 16 to 255 bytes; it has 256/],
    ['whsec_', /must have 16 to 255 bytes; what follows 'whsec_' stands for 0/],
    [`whsec_${Buffer.alloc(15).toString('base64')}`, /what follows 'whsec_' stands for 15/],
    [`whsec_${Buffer.alloc(256).toString('base64')}`, /what follows 'whsec_' stands for 256/],
    ['whsec_not base64, surely', /what follows is not base64/],
    [`whsec_${'-_'.repeat(16)}`, /what follows is not base64/],
    [`whsec_${'A'.repeat(33)}`, /what follows is not base64/],
    [`${'x'.repeat(20)}\ud800`, /half a surrogate pair/],
  ])('%j is refused in a sentence that names it and does not show it', (text, sentence) => {
    const refusal = refusalOf(text);
    expect(refusal).toMatchObject({
      code: 'invalid_request',
      param: 'secret',
      message: expect.stringMatching(sentence),
    });
    if (text.length > 6) expect(refusal.message).not.toContain(text);
  });
});

test('a secret that we make is 32 characters, and signs the same as bytes and as text', () => {
  const secrets = Array.from({ length: 100 }, () => makeWebhookSecret(randomBytes));
  for (const secret of secrets) expect(Buffer.from(secret).toString()).toMatch(/^[0-9A-Za-z]{32}$/);
  expect(new Set(secrets.map(String)).size).toBe(100);
  const [first = Buffer.alloc(0)] = secrets;
  expect(shownWebhookSecret(first)).toBe(`whsec_${Buffer.from(first).toString('base64')}`);
});

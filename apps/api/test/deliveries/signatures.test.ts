import { randomBytes } from 'node:crypto';
import { verify } from '@octokit/webhooks-methods';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { bodySignature, signingKey, standardSignature } from '../../src/deliveries/signatures.ts';
import { parseWebhookSecret } from '../../src/deliveries/webhook-secrets.ts';

/** The one that Standard Webhooks publishes with its libraries. */
const VECTOR = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestamp: 1614265330,
  body: '{"test": 2432232314}',
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};

test('the published vector of Standard Webhooks comes out as published', () => {
  const { secret, id, timestamp, body, signature } = VECTOR;
  expect(standardSignature(signingKey(parseWebhookSecret(secret)), { id, timestamp }, Buffer.from(body))).toBe(
    signature,
  );
  expect(new Webhook(secret).sign(id, new Date(timestamp * 1000), body)).toBe(signature);
});

test('signatures are those of the libraries, whatever the body and the secret', async () => {
  for (const body of ['{}', '{"text":"é 😀 \\u0000"}', 'x'.repeat(100_000)]) {
    const secret = randomBytes(24);
    const bytes = Buffer.from(body);
    const timestamp = 1_771_643_220;
    const expected = new Webhook(secret.toString('base64')).sign('evt_1', new Date(timestamp * 1000), body);
    expect(standardSignature(signingKey(secret), { id: 'evt_1', timestamp }, bytes)).toBe(expected);
    expect(
      await verify('a secret of text', body, bodySignature(signingKey(Buffer.from('a secret of text')), bytes)),
    ).toBe(true);
  }
});

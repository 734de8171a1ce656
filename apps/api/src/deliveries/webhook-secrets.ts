/** Secrets of webhooks as callers send and see them; what signs is their bytes. */
import { invalid } from '@turnlog/core/errors';
import type { RandomBytes } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import { randomText } from '@turnlog/core/tokens';

const PREFIX = 'whsec_';
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;
const MADE_CHARACTERS = 32;

/**
 * The bytes of a secret that was sent: of `whsec_` and base64 what that stands for, of any other text its own UTF-8.
 * Throws `invalid_request` naming `secret`, and never the secret itself.
 */
export function parseWebhookSecret(text: string): Uint8Array {
  if (!text.isWellFormed()) throw invalid('secret', "'secret' has half a surrogate pair in it: send well-formed text.");
  const encoded = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : null;
  if (encoded !== null && !BASE64.test(encoded)) {
    throw invalid('secret', "'secret' begins with 'whsec_', but what follows is not base64: copy it again.");
  }
  const bytes = encoded === null ? Buffer.from(text) : Buffer.from(encoded, 'base64');
  const { webhookSecretBytesMin: min, webhookSecretBytesMax: max } = limits;
  if (bytes.length >= min && bytes.length <= max) return bytes;
  const what = encoded === null ? 'it has' : "what follows 'whsec_' stands for";
  throw invalid(
    'secret',
    `'secret' must have ${min} to ${max} bytes; ${what} ${bytes.length}. Leave it out to get one.`,
  );
}

/** A new secret. Its bytes are characters, so it also works where secrets are taken as text. */
export function makeWebhookSecret(random: RandomBytes): Uint8Array {
  return Buffer.from(randomText(random, MADE_CHARACTERS));
}

/** A secret as its owner is shown it, once: `whsec_` and base64. */
export function shownWebhookSecret(secret: Uint8Array): string {
  return PREFIX + Buffer.from(secret).toString('base64');
}

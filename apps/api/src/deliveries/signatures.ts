/** How deliveries are signed: as Standard Webhooks has it, and over the body alone. */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

/** What the signature covers besides the body. */
export interface SignedHead {
  readonly id: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
}

/** The bytes of a secret, made ready to sign often: as bare bytes they would cost more than the signature each time. */
export function signingKey(secret: Uint8Array): KeyObject {
  return createSecretKey(secret);
}

/** One signature of `webhook-signature`, as https://www.standardwebhooks.com specifies it: `v1,` and base64. */
export function standardSignature(key: KeyObject, { id, timestamp }: SignedHead, body: Uint8Array): string {
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`;
}

/** `sha256=` and hexadecimal digits, over the body alone. */
export function bodySignature(key: KeyObject, body: Uint8Array): string {
  return `sha256=${createHmac('sha256', key).update(body).digest('hex')}`;
}

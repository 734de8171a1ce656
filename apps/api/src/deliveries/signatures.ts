/** How deliveries are signed: as Standard Webhooks has it, and over the body alone. */
import { createHmac } from 'node:crypto';

/** What the signature covers besides the body. */
export interface SignedHead {
  readonly id: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
}

/** One signature of `webhook-signature`, as https://www.standardwebhooks.com specifies it: `v1,` and base64. */
export function standardSignature(secret: Uint8Array, { id, timestamp }: SignedHead, body: Uint8Array): string {
  return `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.`).update(body).digest('base64')}`;
}

/** `sha256=` and hexadecimal digits, over the body alone. */
export function bodySignature(secret: Uint8Array, body: Uint8Array): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

/** Deliveries of webhooks, checked and read. By WebCrypto alone, so that it runs wherever there is a global `crypto`. */
import type { Event } from './generated/types.ts';

/** Node's `request.headers`, the `Headers` of fetch, or names and values of any other kind; the case of names is nothing. */
export type WebhookHeaders =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

export interface UnwrapOptions {
  /** How far the clocks of sender and receiver may stand apart, either way. Every attempt is signed anew. @defaultValue `300` */
  readonly toleranceSeconds?: number | undefined;
  /** When the delivery came, if that is not now. */
  readonly now?: Date | undefined;
}

/** An event as webhooks made at `/api/v1/webhooks` receive it; `Data` is whatever your producers send under its type. */
export interface PlatformEvent<Data = unknown> {
  readonly id: string;
  readonly type: string;
  readonly created_at: string;
  readonly data: Data;
  readonly metadata: {
    readonly user_id?: string | null;
    readonly organization_id: string;
    readonly request_id: string;
    readonly [field: string]: unknown;
  };
}

/** Why a delivery was not accepted. */
export type WebhookVerificationReason =
  | 'missing_header'
  | 'malformed_timestamp'
  | 'too_old'
  | 'too_new'
  | 'no_match'
  | 'not_json';

/** The delivery is not what a holder of the secret sent just now: answer 400, and do nothing with it. */
export class WebhookVerificationError extends Error {
  override readonly name = 'WebhookVerificationError';
  readonly reason: WebhookVerificationReason;

  constructor(reason: WebhookVerificationReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Of each secret that signs there is one; whoever sends more makes us compute. */
const MAX_SIGNATURES = 16;
/** 32 bytes in base64, in the one way that there is to write them. */
const SIGNATURE = /^v1,([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)$/;
const PREFIX = 'whsec_';
const HMAC = { name: 'HMAC', hash: 'SHA-256' };

/**
 * The event of a delivery, once its signature (Standard Webhooks) and its time are found to be right. Throws a
 * {@link WebhookVerificationError} when they are not, and a `TypeError` when it was not given what it needs.
 *
 * An event may come more than once: retries, resends and replays have the same `id`, which is also the `webhook-id`.
 * A replay says so by the header `webhook-replay-id`.
 *
 * @param rawBody - The body as it came, before anything has parsed it.
 * @param secret - As shown when the webhook was made (`whsec_…`), or the text that you chose; during a rotation both, old and new.
 * @example
 * ```ts
 * export async function receive(request: Request): Promise<Response> {
 *   const event = await unwrap(await request.text(), request.headers, 'whsec_…');
 *   console.log(event.type, event.id);
 *   return new Response(null, { status: 204 });
 * }
 * ```
 */
export async function unwrap<E extends { readonly type: string } = Event>(
  rawBody: string | Uint8Array,
  headers: WebhookHeaders,
  secret: string | readonly string[],
  options: UnwrapOptions = {},
): Promise<E> {
  const body = bytesOf(rawBody);
  const keys = keysOf(secret);
  const id = headerOf(headers, 'webhook-id');
  const timestamp = headerOf(headers, 'webhook-timestamp');
  const signatures = headerOf(headers, 'webhook-signature');
  checkTime(timestamp, options);
  const head = encode(`${id}.${timestamp}.`);
  const signed = new Uint8Array(head.length + body.length);
  signed.set(head);
  signed.set(body, head.length);
  if (!(await isSigned(signed, signatures, keys))) {
    throw new WebhookVerificationError(
      'no_match',
      'No signature of the delivery fits: check the secret, and pass the raw body as it came, not parsed or printed JSON.',
    );
  }
  return parse<E>(signed.subarray(head.length));
}

function checkTime(timestamp: string, { now = new Date(), toleranceSeconds = 300 }: UnwrapOptions): void {
  if (!/^\d+$/.test(timestamp)) {
    throw new WebhookVerificationError('malformed_timestamp', 'The header webhook-timestamp is no number of seconds.');
  }
  const ageSeconds = Math.floor(now.getTime() / 1000) - Number(timestamp);
  const beyond = `beyond the ${toleranceSeconds} that are allowed; if it should not be, look at this machine's clock.`;
  if (ageSeconds < -toleranceSeconds) {
    throw new WebhookVerificationError('too_new', `The delivery was sent ${-ageSeconds} seconds from now, ${beyond}`);
  }
  // Turned round, so that a time or a tolerance that is no number lets nothing pass.
  if (!(ageSeconds <= toleranceSeconds)) {
    throw new WebhookVerificationError('too_old', `The delivery was sent ${ageSeconds} seconds ago, ${beyond}`);
  }
}

/** Compares nothing by itself: `verify` takes the same time wherever two signatures differ. */
async function isSigned(
  signed: Uint8Array<ArrayBuffer>,
  header: string,
  keys: readonly Uint8Array<ArrayBuffer>[],
): Promise<boolean> {
  const signatures = header.split(/,?\s+/).flatMap((one) => SIGNATURE.exec(one)?.[1] ?? []);
  for (const bytes of keys) {
    const key = await crypto.subtle.importKey('raw', bytes, HMAC, false, ['verify']);
    for (const signature of signatures.slice(0, MAX_SIGNATURES)) {
      if (await crypto.subtle.verify('HMAC', key, decodeBase64(signature), signed)) return true;
    }
  }
  return false;
}

/** What was signed is what is read. */
function parse<E>(body: Uint8Array): E {
  try {
    // Our own server signs nothing but events.
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)) as E;
  } catch {
    throw new WebhookVerificationError(
      'not_json',
      'The delivery is signed as it should be, but is not JSON: no event.',
    );
  }
}

/** Node and proxies join what came twice by a comma. */
function headerOf(headers: WebhookHeaders, name: string): string {
  const value = hasGet(headers)
    ? headers.get(name)
    : Object.entries(headers).find(([key, found]) => key.toLowerCase() === name && found !== undefined)?.[1];
  const text = Array.isArray(value) ? value.join(', ') : value;
  if (typeof text === 'string' && text !== '') return text;
  throw new WebhookVerificationError(
    'missing_header',
    `The header ${name} is missing: pass all headers of the request, or refuse it, for it is no delivery.`,
  );
}

function hasGet(headers: WebhookHeaders): headers is { get(name: string): string | null } {
  return typeof headers.get === 'function';
}

function bytesOf(body: string | Uint8Array): Uint8Array {
  if (typeof body === 'string') return encode(body);
  if (ArrayBuffer.isView(body)) return body;
  throw new TypeError('rawBody must be a string or a Uint8Array: the body of the request as it came, not parsed JSON.');
}

function keysOf(secret: string | readonly string[]): Uint8Array<ArrayBuffer>[] {
  const keys = [secret].flat().map(keyOf);
  if (keys.length > 0) return keys;
  throw new TypeError('There is no secret: give at least one.');
}

function keyOf(secret: unknown): Uint8Array<ArrayBuffer> {
  if (typeof secret !== 'string' || secret === '') {
    throw new TypeError('A secret is empty or no string: is the variable set that it comes from?');
  }
  if (!secret.startsWith(PREFIX)) return encode(secret);
  try {
    const bytes = decodeBase64(secret.slice(PREFIX.length));
    if (bytes.length > 0) return bytes;
  } catch {
    // Said below.
  }
  throw new TypeError(`A secret begins with "${PREFIX}", but no base64 follows: copy all of it.`);
}

const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** Throws on what is no base64. */
const decodeBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

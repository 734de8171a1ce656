/** The WriteLetter port: events as signed requests. */
import type { KeyObject } from 'node:crypto';
import type { EventId, OrgId, ReplayId } from '@turnlog/core/ids';
import type { LetterRequest, WriteLetter } from '@turnlog/core/letters';
import type { DeliveredEvent } from '@turnlog/core/webhook-store';
import { type DeliveryDialect, type SealedSecret, signsAt } from '@turnlog/core/webhooks';
import { bodySignature, signingKey, standardSignature } from './signatures.ts';
import type { Vault } from './vault.ts';

/** The body of a delivery: an event in the words of one dialect, as JSON. */
export type PresentDelivery = (event: DeliveredEvent, org: OrgId) => string | Uint8Array;

export interface LetterWriterOptions {
  readonly vault: Vault;
  readonly present: Readonly<Record<DeliveryDialect, PresentDelivery>>;
}

const MICROS_PER_SECOND = 1_000_000;
const REDACTED = '[redacted]';

export function createLetterWriter({ vault, present }: LetterWriterOptions): WriteLetter {
  // A lane hands in the same sealed secrets with every event; what was opened goes when they go.
  const opened = new WeakMap<Uint8Array, KeyObject>();
  const open = ({ sealed }: SealedSecret, org: OrgId) => {
    const key = opened.get(sealed) ?? signingKey(vault.open(sealed, org));
    opened.set(sealed, key);
    return key;
  };
  return (request) => {
    const { org, dialect, url, event, secrets, sentUs } = request;
    const shown = present[dialect](event, org);
    const body = typeof shown === 'string' ? Buffer.from(shown) : shown;
    // Secrets that have expired since they were read sign no more.
    const keys = secrets.filter((secret) => signsAt(secret, sentUs)).map((secret) => open(secret, org));
    return {
      url,
      headers: { ...headersOf({ ...request, event: event.id }), ...signatures(request, keys, body) },
      body,
    };
  };
}

/** What a delivery is known by. */
export interface SentRequest {
  readonly dialect: DeliveryDialect;
  readonly event: EventId;
  /** When the attempt began. */
  readonly sentUs: number;
  readonly replay: ReplayId | null;
}

/** The headers that a past attempt went out with; signatures are not told. */
export function requestHeadersOf(sent: SentRequest): Readonly<Record<string, string>> {
  return {
    ...headersOf(sent),
    'webhook-signature': REDACTED,
    ...(sent.dialect === 'platform' ? { 'x-webhook-signature': REDACTED } : {}),
  };
}

function headersOf({ event, sentUs, replay }: SentRequest): Readonly<Record<string, string>> {
  return {
    'content-type': 'application/json',
    'user-agent': 'Turnlog-Webhooks/1',
    'webhook-id': event,
    'webhook-timestamp': `${secondsOf(sentUs)}`,
    ...(replay === null ? {} : { 'webhook-replay-id': replay }),
  };
}

function signatures({ dialect, event, sentUs }: LetterRequest, keys: readonly KeyObject[], body: Uint8Array) {
  const head = { id: event.id, timestamp: secondsOf(sentUs) };
  const standard = keys.map((key) => standardSignature(key, head, body)).join(' ');
  const [current, previous] = dialect === 'platform' ? keys : [];
  return {
    'webhook-signature': standard,
    ...(current === undefined ? {} : { 'x-webhook-signature': bodySignature(current, body) }),
    ...(previous === undefined ? {} : { 'x-webhook-signature-previous': bodySignature(previous, body) }),
  };
}

function secondsOf(us: number): number {
  return Math.floor(us / MICROS_PER_SECOND);
}

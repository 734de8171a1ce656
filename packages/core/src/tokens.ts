/** Personal access tokens: the only credential, each of one org, with scopes. */
import { invalid, TurnlogError } from './errors.ts';
import type { OrgId, RandomBytes, TokenId } from './ids.ts';
import { limits } from './limits.ts';

export const SCOPES = [
  'sessions:read',
  'sessions:write',
  'events:read',
  'events:write',
  'webhooks:read',
  'webhooks:write',
  'tokens:manage',
] as const;
export type Scope = (typeof SCOPES)[number];

/** A token as it may be shown; its secret is never stored. */
export interface Token {
  readonly id: TokenId;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** The first characters of the secret, to tell tokens apart. */
  readonly prefix: string;
  readonly createdUs: number;
  readonly expiresUs: number | null;
  readonly lastUsedUs: number | null;
  readonly revokedUs: number | null;
}

/** Who a credential speaks for. */
export interface Principal {
  readonly org: OrgId;
  /** Null: a capability, or a caller who was let in without a credential. */
  readonly tokenId: TokenId | null;
  readonly scopes: readonly Scope[];
  /** The token's expiry, or the earlier end of a rotated secret. */
  readonly expiresUs: number | null;
  /** The token's own expiry, which no token it makes may outlive. */
  readonly tokenExpiresUs: number | null;
}

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SECRET_PREFIX = 'tlog_pat_';
const RANDOM_CHARACTERS = 33;
const CHECKSUM_CHARACTERS = 6;
const SECRET = /^tlog_pat_[0-9A-Za-z]{39}$/;
/** A secret of the operator's own: visible ASCII. */
const FOREIGN_SECRET = /^[\x21-\x7e]{32,255}$/;

/** A new secret: `tlog_pat_`, 33 random base-62 characters (196 bits) and the base-62 CRC-32 of all before it. */
export function makeSecret(random: RandomBytes): string {
  const text = SECRET_PREFIX + randomText(random, RANDOM_CHARACTERS);
  return text + checksum(text);
}

/** So many random base-62 characters, of 5.95 bits each. */
export function randomText(random: RandomBytes, characters: number): string {
  let text = '';
  while (text.length < characters) {
    for (const byte of random(characters)) {
      const unbiased = byte < 248; // 4 × 62
      if (unbiased && text.length < characters) text += BASE62[byte % 62];
    }
  }
  return text;
}

/** Whether a text can be a secret at all; decided without a look-up. */
export function isSecret(text: string): boolean {
  if (!text.startsWith(SECRET_PREFIX)) return FOREIGN_SECRET.test(text);
  return SECRET.test(text) && checksum(text.slice(0, -CHECKSUM_CHARACTERS)) === text.slice(-CHECKSUM_CHARACTERS);
}

/** What may be shown of a secret: enough to recognise it, too little to guess it. */
export function secretPrefix(secret: string): string {
  return secret.slice(0, secret.startsWith(SECRET_PREFIX) ? SECRET_PREFIX.length + 4 : 4);
}

/** Throws `permission_denied` when a token would be wider than its maker, in scopes or in time. */
export function checkNotWider(maker: Principal, scopes: readonly Scope[], expiresUs: number | null): void {
  const wider = scopes.find((scope) => !maker.scopes.includes(scope));
  if (wider !== undefined) {
    throw new TurnlogError(
      'permission_denied',
      `A token cannot give '${wider}', which it does not have itself.`,
      'scopes',
    );
  }
  if (maker.tokenExpiresUs !== null && (expiresUs === null || expiresUs > maker.tokenExpiresUs)) {
    throw new TurnlogError('permission_denied', 'A token cannot give a longer life than its own.', 'expires_at');
  }
}

/** Throws `invalid_request` unless the expiry lies ahead. */
export function checkExpiry(expiresUs: number | null, nowUs: number): void {
  if (expiresUs !== null && expiresUs <= nowUs) throw invalid('expires_at', `'expires_at' must lie in the future.`);
}

/** Throws `invalid_request` unless the overlap is a whole number of seconds within bounds. */
export function checkOverlap(seconds: number): void {
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= limits.tokenOverlapSeconds) return;
  throw invalid('overlap_seconds', `'overlap_seconds' must be a whole number from 0 to ${limits.tokenOverlapSeconds}.`);
}

function checksum(text: string): string {
  let rest = crc32(text);
  let encoded = '';
  for (let i = 0; i < CHECKSUM_CHARACTERS; i++) {
    encoded = BASE62[rest % 62] + encoded;
    rest = Math.floor(rest / 62);
  }
  return encoded;
}

/** CRC-32 (IEEE 802.3) of an ASCII text. */
function crc32(ascii: string): number {
  let crc = 0xffffffff;
  for (let i = 0; i < ascii.length; i++) {
    crc ^= ascii.charCodeAt(i);
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** Idempotency keys: what identifies a request, so that a repeat has one effect and one answer (I5). */
import { createHash } from 'node:crypto';
import { invalid, type TurnlogError } from '@turnlog/core/errors';
import { limits } from '@turnlog/core/limits';
import { sha256 } from './credentials.ts';
import type { Exchange } from './exchange.ts';

const HEADER = 'idempotency-key';
const ALIAS = 'x-idempotency-key';
const HEX_DIGITS = 32;
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

/** The hash of a request's key: undefined without one, null when what was sent can be no key. */
export function readKey(exchange: Exchange): string | null | undefined {
  const alias = exchange.header(ALIAS);
  const key = exchange.header(HEADER) ?? alias;
  if (key === undefined) return undefined;
  if (alias !== undefined && alias !== key) return null;
  if (key.length > limits.idempotencyKeyCharacters || !VISIBLE_ASCII.test(key)) return null;
  return sha256(key).slice(0, HEX_DIGITS);
}

/** The hash of all that a request says; the same at both mounts of a dialect. */
export function fingerprintOf(operationId: string, pathIds: readonly string[], search: string, body: Buffer): string {
  const head = JSON.stringify([operationId, pathIds, search]);
  return createHash('sha256').update(head).update('\n').update(body).digest('hex').slice(0, HEX_DIGITS);
}

export function invalidKey(): TurnlogError {
  return invalid(
    'Idempotency-Key',
    `'Idempotency-Key' must have 1 to ${limits.idempotencyKeyCharacters} visible ASCII characters, and be sent once, under one name.`,
  );
}

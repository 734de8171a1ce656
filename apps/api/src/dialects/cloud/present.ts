/** Answers of the native API. */
import type { Outcome } from '@turnlog/core/store';
import type { Answer } from '../../http/exchange.ts';

const REPLAYED = { 'idempotent-replayed': 'true' };

export function read(body: string | Uint8Array): Answer {
  return { status: 200, body };
}

/** The answer to a write; a repeat says that it is one. */
export function written(status: number, outcome: Outcome<unknown>, body: string | Uint8Array): Answer {
  return outcome.replayed ? { status, body, headers: REPLAYED } : { status, body };
}

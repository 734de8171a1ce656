/** Successful answers, as all dialects give them. */
import type { Outcome } from '@turnlog/core/store';
import type { Answer } from './exchange.ts';

const REPLAYED = { 'idempotent-replayed': 'true' };

export function read(body: string | Uint8Array): Answer {
  return { status: 200, body };
}

/** The answer to a write; a repeat says that it is one. Null: without a body. */
export function written(
  status: number,
  { replayed }: Pick<Outcome<unknown>, 'replayed'>,
  body: string | Uint8Array | null,
): Answer {
  return replayed ? { status, body, headers: REPLAYED } : { status, body };
}

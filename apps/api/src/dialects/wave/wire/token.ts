/**
 * What a path calls a session: by a capability, which is a random UUID (version 4), or by the UUID form of its id
 * (version 7), of which the first characters may be enough.
 */
import { idOfUuid, type SessionId } from '@turnlog/core/ids';

/** Characters that the beginning of a token has at least. */
const SHORTEST_BEGINNING = 8;
const LOWEST = '00000000-0000-0000-0000-000000000000';
const HIGHEST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
const VERSION_AT = 14;
const VERSION_OF_IDS = '7';

/** The session whose id has this UUID form; null for everything else. */
export function sessionOfUuid(token: string): SessionId | null {
  return token[VERSION_AT] === VERSION_OF_IDS ? idOfUuid('sess', token) : null;
}

/** Whether a text has the form of a whole token. */
export function isWholeToken(token: string): boolean {
  return idOfUuid('sess', token) !== null;
}

/** The lowest and the highest id whose UUID forms begin so; null: none does, or it is too short to ask. */
export function idsBeginningWith(beginning: string): { readonly low: SessionId; readonly high: SessionId } | null {
  if (beginning.length < SHORTEST_BEGINNING) return null;
  const low = idOfUuid('sess', beginning + LOWEST.slice(beginning.length));
  const high = idOfUuid('sess', beginning + HIGHEST.slice(beginning.length));
  return low === null || high === null ? null : { low, high };
}

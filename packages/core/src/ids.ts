/**
 * Identifiers: a prefix that names the kind, then 26 characters of Crockford base 32 (a ULID) over 128 bits:
 *
 *     48 bits milliseconds | 4 bits version 7 | 10 bits microseconds | 2 random | 2 bits variant | 62 random
 *
 * The same bits are a valid UUIDv7, and the first 62 of them are an exact microsecond. Two ids made at different
 * microseconds compare, as text, as bytes and as UUIDs, in the order of those microseconds (I1).
 */
export type IdKind = 'sess' | 'evt' | 'turn' | 'tok' | 'org' | 'req' | 'wh' | 'del' | 'rpl';
export type Id<Kind extends IdKind> = `${Kind}_${string}`;
export type SessionId = Id<'sess'>;
export type EventId = Id<'evt'>;
export type TurnId = Id<'turn'>;
export type TokenId = Id<'tok'>;
export type OrgId = Id<'org'>;
export type RequestId = Id<'req'>;
export type WebhookId = Id<'wh'>;
export type DeliveryId = Id<'del'>;
export type ReplayId = Id<'rpl'>;

/** Fills and returns `length` unpredictable bytes. */
export type RandomBytes = (length: number) => Uint8Array;

/** Random bytes that one id consumes. */
const RANDOM_BYTES_PER_ID = 9;
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const VALUES = new Uint8Array(128);
for (let value = 0; value < 32; value++) VALUES[ALPHABET.charCodeAt(value)] = value;

/** The 16 bytes of a new id for one microsecond since 1970. */
export function idBytes(micros: number, random: RandomBytes): Uint8Array {
  const millis = Math.floor(micros / 1000);
  const micro = micros - millis * 1000;
  const high = Math.floor(millis / 0x1_0000_0000);
  const low = millis >>> 0;
  const noise = random(RANDOM_BYTES_PER_ID);
  const bytes = new Uint8Array(16);
  bytes[0] = high >>> 8;
  bytes[1] = high;
  bytes[2] = low >>> 24;
  bytes[3] = low >>> 16;
  bytes[4] = low >>> 8;
  bytes[5] = low;
  bytes[6] = 0x70 | (micro >>> 6);
  bytes[7] = (micro << 2) | (at(noise, 0) & 0b11);
  bytes[8] = 0x80 | (at(noise, 1) & 0x3f);
  for (let i = 9; i < 16; i++) bytes[i] = at(noise, i - 7);
  return bytes;
}

/** A new id of a kind for one microsecond since 1970. */
export function makeId<Kind extends IdKind>(kind: Kind, micros: number, random: RandomBytes): Id<Kind> {
  return idFromBytes(kind, idBytes(micros, random));
}

/** The text form of 16 bytes. */
export function idFromBytes<Kind extends IdKind>(kind: Kind, bytes: Uint8Array): Id<Kind> {
  let text = '';
  let pending = 0;
  let bits = 2; // 26 characters hold 130 bits; the first two are zero
  for (let i = 0; i < 16; i++) {
    pending = (pending << 8) | at(bytes, i);
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(pending >>> bits) & 31];
    }
    pending &= (1 << bits) - 1;
  }
  return `${kind}_${text}`;
}

/** The 16 bytes of an id whose form has been checked (`isId`). */
export function bytesFromId(id: Id<IdKind>): Uint8Array {
  const bytes = new Uint8Array(16);
  const start = id.length - 26;
  let pending = 0;
  let bits = -2;
  let next = 0;
  for (let i = start; i < id.length; i++) {
    pending = (pending << 5) | at(VALUES, id.charCodeAt(i));
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[next++] = pending >>> bits;
      pending &= (1 << bits) - 1;
    }
  }
  return bytes;
}

/** Whether a text is an id of a kind, in canonical form. */
export function isId<Kind extends IdKind>(kind: Kind, text: string): text is Id<Kind> {
  const start = kind.length + 1;
  return text.length === start + 26 && text.startsWith(`${kind}_`) && ULID.test(text.slice(start));
}

/** The microsecond since 1970 at which an id stands in its org's order. */
export function microsOfId(id: Id<IdKind>): number {
  const bytes = bytesFromId(id);
  const millis =
    (at(bytes, 0) * 0x100 + at(bytes, 1)) * 0x1_0000_0000 +
    at(bytes, 2) * 0x100_0000 +
    at(bytes, 3) * 0x1_0000 +
    at(bytes, 4) * 0x100 +
    at(bytes, 5);
  return millis * 1000 + ((at(bytes, 6) & 0x0f) << 6) + (at(bytes, 7) >>> 2);
}

/** The lowest possible 16 bytes at a microsecond: every id made before it is smaller, every id made at or after it is not. */
export function lowestIdBytes(micros: number): Uint8Array {
  return idBytes(micros, (length) => new Uint8Array(length));
}

/** The highest possible 16 bytes at a microsecond. */
export function highestIdBytes(micros: number): Uint8Array {
  return idBytes(micros, (length) => new Uint8Array(length).fill(0xff));
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** The same 128 bits as a UUID in lower case. */
export function uuidOfId(id: Id<IdKind>): string {
  const bytes = bytesFromId(id);
  let hex = '';
  for (let i = 0; i < 16; i++) hex += HEX[at(bytes, i)];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The id of a kind with the bits of a UUID; null when the text is not a UUID in lower case. */
export function idOfUuid<Kind extends IdKind>(kind: Kind, uuid: string): Id<Kind> | null {
  if (!UUID.test(uuid)) return null;
  const hex = uuid.replaceAll('-', '');
  const bytes = new Uint8Array(16);
  for (let i = 0; i < 16; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return idFromBytes(kind, bytes);
}

/** An element that the caller knows to be inside the array. */
function at(bytes: Uint8Array, index: number): number {
  return bytes[index] as number;
}

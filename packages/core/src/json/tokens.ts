/**
 * The tokens of JSON, where the scanner spends its time. `…End` is given the index at which a token or a part of one
 * starts and returns the index after it, or `~offset` (negative) when what stands at `offset` cannot stand there.
 * Nothing is read at or past the end of a string: V8 then gives up its fast path for the whole function.
 */

/** What `codeAt` returns at the end of the source. */
export const END = -1;
export const SPACE = 0x20;
export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const MINUS = 0x2d;
export const ZERO = 0x30;
export const NINE = 0x39;

const PLUS = 0x2b;
const DOT = 0x2e;
const UPPER_E = 0x45;
const LOWER_E = 0x65;

/** Characters of a string that are looked at here, before it is worth a call of STRING_RUN. */
const SHORT_STRING = 24;
/** Plain characters and at most 100 escapes, so that the engine's stack stays small; matches at every index. */
const STRING_RUN = /[ !#-[\]-\uffff]*(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})[ !#-[\]-\uffff]*){0,100}/y;
/** A number without an exponent and with at most this many characters is finite as a double. */
const FINITE_CHARACTERS = 300;

export function codeAt(source: string, at: number): number {
  return at < source.length ? source.charCodeAt(at) : END;
}

/** `~offset` is that of a control character, of the backslash of a wrong escape, or of the end of the source. */
export function stringEnd(source: string, start: number): number {
  const length = source.length;
  const near = Math.min(start + SHORT_STRING, length);
  let at = start + 1;
  for (; at < near; at++) {
    const code = source.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code === BACKSLASH || code < SPACE) break;
  }
  for (;;) {
    STRING_RUN.lastIndex = at;
    STRING_RUN.test(source);
    const end = STRING_RUN.lastIndex;
    if (end >= length) return ~length;
    if (source.charCodeAt(end) === QUOTE) return end + 1;
    if (end === at) return ~end;
    at = end;
  }
}

/** The sign, the integer and the fraction of a number. */
export function decimalEnd(source: string, start: number): number {
  const integer = codeAt(source, start) === MINUS ? start + 1 : start;
  const end = codeAt(source, integer) === ZERO ? integer + 1 : digitsEnd(source, integer);
  return end >= 0 && codeAt(source, end) === DOT ? digitsEnd(source, end + 1) : end;
}

/** The exponent of a number; `start` itself when it has none. */
export function exponentEnd(source: string, start: number): number {
  const code = codeAt(source, start);
  if (code !== LOWER_E && code !== UPPER_E) return start;
  const sign = codeAt(source, start + 1);
  return digitsEnd(source, sign === PLUS || sign === MINUS ? start + 2 : start + 1);
}

/** Whether a valid number is finite as a double; one that underflows to 0 is. */
export function isFiniteNumber(source: string, start: number, decimal: number, end: number): boolean {
  if (end === decimal && end - start <= FINITE_CHARACTERS) return true;
  return Number.isFinite(Number(source.slice(start, end)));
}

/** The value of a valid string token. */
export function decodeString(source: string, start: number, end: number): string {
  const token = source.slice(start, end);
  return token.includes('\\') ? String(JSON.parse(token)) : token.slice(1, -1);
}

/** A small non-negative integer, the same for every spelling of one valid string token. */
export function stringHash(source: string, start: number, end: number): number {
  let hash = 0;
  for (let at = start + 1; at < end - 1; at++) {
    const code = source.charCodeAt(at);
    if (code === BACKSLASH) return textHash(decodeString(source, start, end));
    hash = mixed(hash, code);
  }
  return hash;
}

function textHash(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = mixed(hash, text.charCodeAt(at));
  return hash;
}

/** Stays within V8's small integers, which need no allocation. */
function mixed(hash: number, code: number): number {
  return (Math.imul(hash, 31) + code) & 0x3fffffff;
}

/** One digit or more. */
function digitsEnd(source: string, start: number): number {
  const length = source.length;
  let at = start;
  for (; at < length; at++) {
    const code = source.charCodeAt(at);
    if (code < ZERO || code > NINE) break;
  }
  return at > start ? at : ~at;
}

/**
 * The JSON scanner (I8): reads a text once, refuses what the log does not take, and hands out its parts as source text.
 *
 * It accepts exactly what `JSON.parse` accepts, less: nesting past a limit, an object with the same key twice (compared
 * decoded, at every depth), and a number that is not finite as a double. Nothing is parsed and printed again: escapes,
 * number spelling, key order and `__proto__` stay as sent, and only insignificant white space goes, so the compact text
 * holds no raw CR, LF or tab. Members and items become nodes down to `keepDepth`; what lies deeper is checked and
 * compacted without an allocation per value.
 */
import { Scanner } from './json/scanner.ts';
import type { JsonMember, JsonNode } from './json/tree.ts';
import { limits } from './limits.ts';

export { JsonFault } from './json/fault.ts';
export type { JsonKind, JsonMember, JsonNode } from './json/tree.ts';

export interface JsonScanOptions {
  /** Levels of nested arrays and objects that are accepted, at most 1,000; by default `limits.jsonDepth`. */
  readonly maxDepth?: number;
  /** Levels whose members and items become nodes: 0 keeps the root only, 3 (the default) the members of a batch's events. */
  readonly keepDepth?: number;
  /** Items of one array that become nodes, by default all: later ones are checked and compacted, but not handed out. */
  readonly keepItems?: number;
}

/** A level takes two frames of the machine's stack. */
const DEEPEST = 1_000;

/** Throws JsonFault for a text that is refused, and RangeError for a `maxDepth` that the stack may not hold. */
export function scanJson(source: string, options: JsonScanOptions = {}): JsonNode {
  const { maxDepth = limits.jsonDepth, keepDepth = 3, keepItems = Number.POSITIVE_INFINITY } = options;
  if (maxDepth > DEEPEST) throw new RangeError(`maxDepth is ${maxDepth}; it can be at most ${DEEPEST}.`);
  return new Scanner(source, maxDepth, keepDepth, keepItems).document();
}

/** The member of a kept object by its decoded name. */
export function member(node: JsonNode, name: string): JsonMember | undefined {
  return node.members.find((candidate) => candidate.name === name);
}

/** Bytes of a text in UTF-8; a lone surrogate counts as the three bytes of its replacement character. */
export function utf8Length(text: string): number {
  const units = text.length;
  const first = text.search(/[\u0080-\uffff]/);
  if (first === -1) return units;
  let bytes = units;
  for (let at = first; at < units; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x80) continue;
    bytes += code < 0x800 ? 1 : 2;
    const isPair = (code & 0xfc00) === 0xd800 && at + 1 < units && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00;
    if (isPair) at++;
  }
  return bytes;
}

/**
 * The JSON scanner (I8): reads a text once, refuses what the log does not take, and hands out its parts as source text.
 *
 * It accepts exactly what `JSON.parse` accepts, less: nesting past a limit, an object with the same key twice (compared
 * decoded, at every depth), and a number that is not finite as a double. Nothing is parsed and printed again: escapes,
 * number spelling, key order and `__proto__` stay as sent, and only insignificant white space goes, so the compact text
 * holds no raw CR, LF or tab. Members and items become nodes down to `keepDepth`; what lies deeper is checked and
 * compacted without an allocation per value.
 */
import { foundAt, JsonFault, type JsonFaultReason, pathStep } from './json-fault.ts';
import { limits } from './limits.ts';

export { JsonFault, type JsonFaultReason } from './json-fault.ts';

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';

/** A value. `text` is its compact source; `members` and `items` are empty for scalars and from `keepDepth` on. */
export interface JsonNode {
  readonly kind: JsonKind;
  readonly text: string;
  readonly members: readonly JsonMember[];
  readonly items: readonly JsonNode[];
}

/** A member of an object. `name` is decoded; `text` is `"name":value` as compact source, to splice into another object. */
export interface JsonMember {
  readonly name: string;
  readonly text: string;
  readonly value: JsonNode;
}

export interface JsonScanOptions {
  /** Levels of nested arrays and objects that are accepted, at most 1,000; by default `limits.jsonDepth`. */
  readonly maxDepth?: number;
  /** Levels whose members and items become nodes: 0 keeps only the root, 3 (the default) the members of each event of a batch. */
  readonly keepDepth?: number;
}

/** Throws JsonFault for a text that is refused, RangeError for a `maxDepth` past 1,000. */
export function scanJson(source: string, options: JsonScanOptions = {}): JsonNode {
  const { maxDepth = limits.jsonDepth, keepDepth = 3 } = options;
  if (maxDepth > DEEPEST) throw new RangeError(`maxDepth is at most ${DEEPEST}.`);
  return new Scanner(source, maxDepth, keepDepth).document();
}

/** The member of a kept object by its decoded name. */
export function member(node: JsonNode, name: string): JsonMember | undefined {
  return node.members.find((candidate) => candidate.name === name);
}

/** Bytes of a text in UTF-8; a lone surrogate counts as the three bytes of its replacement. */
export function utf8Length(text: string): number {
  const first = text.search(/[\u0080-\uffff]/);
  if (first === -1) return text.length;
  let length = text.length;
  for (let at = first; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x80) continue;
    length += code < 0x800 ? 1 : 2;
    if (code >= 0xd800 && code < 0xdc00 && at + 1 < text.length && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00) at++;
  }
  return length;
}

/** A level takes two frames of the machine's stack. */
const DEEPEST = 1_000;
/** Keys of one object that are compared one by one; beyond, a Set. */
const KEYS_ON_STACK = 32;
const NO_MEMBERS: readonly JsonMember[] = Object.freeze([]);
const NO_ITEMS: readonly JsonNode[] = Object.freeze([]);

/** The end of the source, where a character code is expected. */
const END = -1;
const SPACE = 0x20;
const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const BRACKET_OPEN = 0x5b;
const BACKSLASH = 0x5c;
const BRACKET_CLOSE = 0x5d;
const LOWER_E = 0x65;
const LOWER_F = 0x66;
const LOWER_N = 0x6e;
const LOWER_T = 0x74;
const LOWER_U = 0x75;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;

/** The compact text of one document, known when the scan is over. */
interface Compact {
  text: string;
}

/** A range of the compact text, cut out when it is asked for. */
class Span {
  private readonly compact: Compact;
  private readonly start: number;
  private readonly end: number;

  constructor(compact: Compact, start: number, end: number) {
    this.compact = compact;
    this.start = start;
    this.end = end;
  }

  get text(): string {
    return this.compact.text.slice(this.start, this.end);
  }
}

import { limits } from '../limits.ts';
import { foundAt, JsonFault, type JsonFaultReason, pathStep } from './fault.ts';
import { OpenKeys } from './keys.ts';
import {
  BACKSLASH,
  codeAt,
  decimalEnd,
  decodeString,
  END,
  exponentEnd,
  isFiniteNumber,
  MINUS,
  NINE,
  QUOTE,
  SPACE,
  stringEnd,
  ZERO,
} from './tokens.ts';
import {
  type CompactText,
  type JsonKind,
  type JsonMember,
  type JsonNode,
  Member,
  NO_ITEMS,
  NO_MEMBERS,
  Node,
} from './tree.ts';

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const COMMA = 0x2c;
const COLON = 0x3a;
const BRACKET_OPEN = 0x5b;
const BRACKET_CLOSE = 0x5d;
const LOWER_F = 0x66;
const LOWER_N = 0x6e;
const LOWER_T = 0x74;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;

/** Stands for every value that is too deep to be kept, and is never handed out. */
const UNKEPT: JsonNode = new Node({ text: '' }, 0, 0, 'null', NO_MEMBERS, NO_ITEMS);

/**
 * One pass over one text, by recursive descent: the depth limit bounds the machine's stack. A position in the compact
 * text is the cursor less the white space dropped so far, so nodes are made before the compact text exists.
 */
export class Scanner {
  private readonly source: string;
  private readonly maxDepth: number;
  private readonly keepItems: number;
  /** Lowered while items are passed that are too many to be kept. */
  private keepDepth: number;
  private readonly compact: CompactText = { text: '' };
  private readonly keys: OpenKeys;
  private at = 0;
  /** How much insignificant white space has been passed, where its last run ended, and the compact text before that run. */
  private dropped = 0;
  private passedTo = 0;
  private passed = '';
  /** How many arrays and objects are around the cursor, and where it stands in each: `~index`, or where the key starts. */
  private depth = 0;
  private readonly trail: number[] = [];

  constructor(source: string, maxDepth: number, keepDepth: number, keepItems: number) {
    this.source = source;
    this.maxDepth = maxDepth;
    this.keepDepth = keepDepth;
    this.keepItems = keepItems;
    this.keys = new OpenKeys(source);
  }

  document(): JsonNode {
    const first = this.space();
    if (first === END) throw this.fault('empty', 'There is no value');
    const root = this.value(first);
    if (this.space() !== END) throw this.unexpected('the end of the text');
    this.compact.text = this.dropped === 0 ? this.source : this.passed + this.source.slice(this.passedTo);
    return root;
  }

  /** The value at the cursor, which stands on `code`. */
  private value(code: number): JsonNode {
    const start = this.at - this.dropped;
    let kind: JsonKind;
    let members = NO_MEMBERS;
    let items = NO_ITEMS;
    switch (code) {
      case QUOTE:
        kind = 'string';
        this.string();
        break;
      case BRACE_OPEN:
        kind = 'object';
        members = this.object();
        break;
      case BRACKET_OPEN:
        kind = 'array';
        items = this.array();
        break;
      case LOWER_T:
      case LOWER_F:
        kind = 'boolean';
        this.literal(code === LOWER_T ? 'true' : 'false');
        break;
      case LOWER_N:
        kind = 'null';
        this.literal('null');
        break;
      default:
        kind = 'number';
        this.number(code);
    }
    if (this.depth > this.keepDepth) return UNKEPT;
    return new Node(this.compact, start, this.at - this.dropped, kind, members, items);
  }

  private object(): readonly JsonMember[] {
    const level = this.enter();
    let code = this.space();
    if (code === BRACE_CLOSE) return this.leave(NO_MEMBERS);
    const members: JsonMember[] | null = level < this.keepDepth ? [] : null;
    const object = this.keys.open();
    for (let count = 1; ; count++) {
      if (code !== QUOTE) throw this.unexpected('a key in double quotes');
      if (count > limits.jsonObjectMembers) {
        throw this.fault('too_wide', `An object has more than ${limits.jsonObjectMembers} members`);
      }
      const keyStart = this.at;
      const start = keyStart - this.dropped;
      this.string();
      const keyEnd = this.at;
      this.trail[level] = keyStart;
      this.depth = level + 1;
      if (!this.keys.add(object, keyStart, keyEnd)) throw this.fault('duplicate_key', 'A key is repeated', keyStart);
      if (this.space() !== COLON) throw this.unexpected("':'");
      this.at++;
      const value = this.value(this.space());
      this.depth = level;
      if (members) {
        const name = decodeString(this.source, keyStart, keyEnd);
        members.push(new Member(this.compact, start, this.at - this.dropped, name, value));
      }
      code = this.space();
      if (code === BRACE_CLOSE) break;
      if (code !== COMMA) throw this.unexpected("',' or '}'");
      this.at++;
      code = this.space();
    }
    this.keys.close(object);
    return this.leave(members ?? NO_MEMBERS);
  }

  private array(): readonly JsonNode[] {
    const level = this.enter();
    let code = this.space();
    if (code === BRACKET_CLOSE) return this.leave(NO_ITEMS);
    const { keepDepth } = this;
    const items: JsonNode[] | null = level < keepDepth ? [] : null;
    for (let index = 0; ; index++) {
      if (index === this.keepItems) this.keepDepth = Math.min(keepDepth, level);
      this.trail[level] = ~index;
      this.depth = level + 1;
      const item = this.value(code);
      this.depth = level;
      if (items && index < this.keepItems) items.push(item);
      code = this.space();
      if (code === BRACKET_CLOSE) break;
      if (code !== COMMA) throw this.unexpected("',' or ']'");
      this.at++;
      code = this.space();
    }
    this.keepDepth = keepDepth;
    return this.leave(items ?? NO_ITEMS);
  }

  /** Passes an opening bracket; returns how many arrays and objects are around it. */
  private enter(): number {
    if (this.depth >= this.maxDepth) throw this.fault('too_deep', `There are more than ${this.maxDepth} levels`);
    this.at++;
    return this.depth;
  }

  /** Passes a closing bracket. */
  private leave<Children>(children: Children): Children {
    this.at++;
    return children;
  }

  private string(): void {
    const end = stringEnd(this.source, this.at);
    if (end < 0) throw this.stringFault(~end);
    this.at = end;
  }

  private number(code: number): void {
    if (code !== MINUS && (code < ZERO || code > NINE)) throw this.unexpected('a value');
    const { source, at } = this;
    const decimal = decimalEnd(source, at);
    const end = decimal < 0 ? decimal : exponentEnd(source, decimal);
    if (end < 0) throw this.unexpected('a digit', ~end);
    if (!isFiniteNumber(source, at, decimal, end))
      throw this.fault('number_range', 'The number is too large for a double');
    this.at = end;
  }

  private literal(word: string): void {
    if (!this.source.startsWith(word, this.at)) throw this.unexpected('a value');
    this.at += word.length;
  }

  /** Passes insignificant white space; returns the character after it, which the cursor then stands on. */
  private space(): number {
    const { source, at: start } = this;
    let code = codeAt(source, start);
    if (code > SPACE) return code;
    let at = start;
    while (code === SPACE || code === LF || code === CR || code === TAB) code = codeAt(source, ++at);
    if (at > start) {
      this.passed += source.slice(this.passedTo, start);
      this.passedTo = at;
      this.dropped += at - start;
      this.at = at;
    }
    return code;
  }

  private stringFault(offset: number): JsonFault {
    const code = codeAt(this.source, offset);
    if (code === END) return this.fault('syntax', 'The string is not closed', offset);
    if (code === BACKSLASH) return this.fault('syntax', 'The string holds an escape that JSON does not have', offset);
    return this.fault('syntax', `The string holds ${foundAt(this.source, offset)} without an escape`, offset);
  }

  private unexpected(expected: string, offset = this.at): JsonFault {
    return this.fault('syntax', `Expected ${expected} but found ${foundAt(this.source, offset)}`, offset);
  }

  private fault(reason: JsonFaultReason, problem: string, offset = this.at): JsonFault {
    return new JsonFault(reason, problem, { source: this.source, offset, path: this.path() });
  }

  private path(): string {
    const { source, trail, depth } = this;
    let path = '';
    for (const step of trail.slice(0, depth)) {
      path += pathStep(step < 0 ? ~step : decodeString(source, step, stringEnd(source, step)));
    }
    return path.startsWith('.') ? path.slice(1) : path;
  }
}

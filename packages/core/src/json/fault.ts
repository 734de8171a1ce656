/** Why a text was refused: it is not JSON (`empty`, `syntax`), or it is JSON that the log does not take. */
export type JsonFaultReason = 'empty' | 'syntax' | 'too_deep' | 'too_wide' | 'duplicate_key' | 'number_range';

const ADVICE: Readonly<Record<JsonFaultReason, string>> = {
  empty: 'send a JSON value',
  syntax: 'send JSON as RFC 8259 defines it',
  too_deep: 'flatten the value, or send its inner part as a string',
  too_wide: 'use an array, or split the object',
  duplicate_key: 'keep one of the two',
  number_range: 'send the number as a string',
};

/** Longest path shown, in UTF-16 units: room for 64 array levels, and a bound on what a hostile key can echo. */
const PATH_UNITS = 256;
const LF = 0x0a;
const CR = 0x0d;

/** Where in the source a fault is: `path` like `events[3].content`, '' for the root; `offset` in UTF-16 units. */
export interface JsonFaultPlace {
  readonly source: string;
  readonly offset: number;
  readonly path: string;
}

/**
 * A refused text. `message` is one sentence for a person: what, where, and what to do. `path` names the innermost
 * value that is known to hold the fault; `line` and `column` count from 1, the column in UTF-16 units.
 */
export class JsonFault extends Error {
  override readonly name = 'JsonFault';
  readonly reason: JsonFaultReason;
  readonly path: string;
  readonly line: number;
  readonly column: number;

  constructor(reason: JsonFaultReason, problem: string, place: JsonFaultPlace) {
    const path = shortened(place.path);
    const { line, column } = lineAndColumn(place.source, place.offset);
    super(`${problem} at ${path || 'the top level'} (line ${line}, column ${column}): ${ADVICE[reason]}.`);
    this.reason = reason;
    this.path = path;
    this.line = line;
    this.column = column;
  }
}

/** One step of a path: `[3]`, `.content`, or `["not an identifier"]`. */
export function pathStep(step: string | number): string {
  if (typeof step === 'number') return `[${step}]`;
  return /^[A-Za-z_$][\w$]*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}

/** What stands at an offset, in words that are safe to print. */
export function foundAt(source: string, offset: number): string {
  const code = source.codePointAt(offset);
  if (code === undefined) return 'the end of the text';
  if (code > 0x20 && code < 0x7f) return `'${String.fromCodePoint(code)}'`;
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

function shortened(path: string): string {
  return path.length <= PATH_UNITS ? path : `${path.slice(0, PATH_UNITS - 1).toWellFormed()}…`;
}

/** A line ends with LF, CR LF or a lone CR. */
function lineAndColumn(source: string, offset: number): { line: number; column: number } {
  let line = 1;
  let lineStart = 0;
  for (let at = 0; at < offset; at++) {
    const code = source.charCodeAt(at);
    if (code === LF || (code === CR && source.charCodeAt(at + 1) !== LF)) {
      line++;
      lineStart = at + 1;
    }
  }
  return { line, column: offset - lineStart + 1 };
}

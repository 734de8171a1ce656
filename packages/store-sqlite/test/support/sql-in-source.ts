/** The SQL that stands in the source, as far as it can be read off its text. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('../../src/', import.meta.url));
const LITERAL = /'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g;
const STATEMENT = /^\s*(SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH)\s/;
const HOLE = /\$\{[^}]*\}/;

/** A statement, or the constant part of one, and the file that holds it. */
export interface SourceSql {
  readonly file: string;
  readonly text: string;
  /** Matches a prepared text that was made from it. */
  readonly pattern: RegExp;
}

export function sqlInSource(): SourceSql[] {
  return globSync('**/*.ts', { cwd: SOURCE })
    .sort()
    .flatMap((file) => {
      const source = withoutComments(readFileSync(join(SOURCE, file), 'utf8'));
      return [...source.matchAll(LITERAL)]
        .map(([, single, double, template]) => single ?? double ?? template ?? '')
        .filter((text) => STATEMENT.test(text) && !text.includes('sqlite_master'))
        .map((text) => ({ file, text: oneLine(text), pattern: patternOf(text) }));
    });
}

/** A text on one line, as plans are listed. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function patternOf(text: string): RegExp {
  const parts = oneLine(text.replaceAll("\\'", "'")).split(HOLE);
  return new RegExp(parts.map((part) => escaped(part.replaceAll('?', '+?'))).join('.*'));
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** Doc comments hold apostrophes. */
function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

/** Names, literals and comments: everything that turns words of the document into TypeScript text. */

const words = (name: string): string[] => name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

export const pascalCase = (...names: readonly string[]): string => names.flatMap(words).map(capital).join('');

export function camelCase(name: string): string {
  const pascal = pascalCase(name);
  return pascal.charAt(0).toLowerCase() + pascal.slice(1);
}

/** A property name, quoted only when it must be. */
export const key = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name));

export const quote = (text: string): string =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;

/** A JSON value as a TypeScript literal, over several lines when it is longer than `room` characters. */
export function literal(value: unknown, indent = '', room = 80): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  const deeper = `${indent}  `;
  const list = Array.isArray(value);
  const parts = list
    ? value.map((item) => literal(item, deeper))
    : Object.entries(value).map(([name, item]) => `${key(name)}: ${literal(item, deeper)}`);
  if (parts.length === 0) return list ? '[]' : '{}';
  const line = parts.join(', ');
  const fits = line.length + 4 <= room && !line.includes('\n');
  if (fits) return list ? `[${line}]` : `{ ${line} }`;
  const [open, close] = list ? ['[', ']'] : ['{', '}'];
  return `${open}\n${parts.map((part) => `${deeper}${part},\n`).join('')}${indent}${close}`;
}

export interface Comment {
  readonly text?: readonly (string | undefined)[];
  readonly params?: readonly (readonly [name: string, text: string | undefined])[];
  readonly defaultValue?: unknown;
  readonly deprecated?: boolean | undefined;
  readonly example?: string | undefined;
  readonly exampleLanguage?: 'ts' | 'json';
}

/** A TSDoc block, ending in a newline; nothing at all when there is nothing to say. */
export function comment(parts: Comment, indent = ''): string {
  const lines = (parts.text ?? []).filter((text) => text !== undefined && text !== '');
  const body = lines.map((text) => escapeProse(String(text))).join('\n\n');
  const tags: string[] = [];
  for (const [name, text] of parts.params ?? []) if (text) tags.push(`@param ${name} - ${escapeProse(text)}`);
  if (parts.defaultValue !== undefined) tags.push(`@defaultValue \`${literal(parts.defaultValue)}\``);
  if (parts.deprecated) tags.push('@deprecated The document marks it so.');
  if (parts.example !== undefined) {
    tags.push(`@example\n\`\`\`${parts.exampleLanguage ?? 'ts'}\n${parts.example.replaceAll('*/', '*\\/')}\n\`\`\``);
  }
  const all = [body, tags.join('\n')].filter((part) => part !== '').join('\n\n');
  if (all === '') return '';
  if (!all.includes('\n')) return `${indent}/** ${all} */\n`;
  const starred = all.split('\n').map((line) => `${indent} * ${line}`.trimEnd());
  return `${indent}/**\n${starred.join('\n')}\n${indent} */\n`;
}

/** TSDoc reads braces, angles and at-signs as its own outside of code. */
const escapeProse = (text: string): string =>
  text
    .trim()
    .replaceAll('*/', '*\\/')
    .replace(/`[^`]*`|[{}<>@]/g, (found) => (found.length > 1 ? found : `\\${found}`));

/** Query parameters: a table says which an operation takes; everything else is refused by name. */
import { echo, invalid } from '@turnlog/core/errors';

/** How a parameter is written: once; as `a,b`, repeated or `name[]=`; or as `name[key]=value`. */
export type QueryForm = 'text' | 'list' | 'map';

export interface QueryParameter {
  readonly form: QueryForm;
  /** For the reference: JSON Schema and one sentence. */
  readonly schema: object;
  readonly description: string;
  /** Taken, but not shown. */
  readonly hidden?: boolean;
  /** What the SDK calls it, when it is something else. */
  readonly sdkName?: string;
}

export type QueryTable = Readonly<Record<string, QueryParameter>>;

/** A parameter that is sent once. */
export function text(schema: QueryParameter['schema'], description: string) {
  return { form: 'text', schema, description } as const;
}

/** A parameter that takes several values. */
export function list(items: QueryParameter['schema'], description: string) {
  return { form: 'list', schema: { type: 'array', items }, description } as const;
}

interface ValueOfForm {
  text: string;
  list: readonly string[];
  map: Readonly<Record<string, string>>;
}

/** The values of a table's parameters; absent when not sent. */
export type QueryValues<Table extends QueryTable> = {
  readonly [Name in keyof Table]?: ValueOfForm[Table[Name]['form']];
};

const NONE: QueryTable = {};
const SUBSCRIPT = /^([^[\]]+)\[(.*)\]$/s;

/** Parameters that a dialect passes over when an operation does not know them. */
export type PassedOver = 'all' | readonly string[];

/** Reads a query. Throws `invalid_request` naming the parameter: unknown, repeated, or not decodable. */
export function parseQuery<Table extends QueryTable>(
  search: string,
  table: Table | undefined,
  passedOver: PassedOver,
): QueryValues<Table> {
  const values: Values = {};
  for (const pair of search.split('&')) if (pair !== '') take(pair, table ?? NONE, passedOver, values);
  return asValues<Table>(values);
}

type Values = Record<string, string | string[] | Record<string, string>>;

function take(pair: string, table: QueryTable, passedOver: PassedOver, values: Values): void {
  const equals = pair.indexOf('=');
  const sent = equals < 0 ? pair : pair.slice(0, equals);
  if (isPassedOver(sent, table, passedOver)) return;
  const name = decode(sent, undefined);
  const text = decode(equals < 0 ? '' : pair.slice(equals + 1), name);
  if (formOf(table, name) === 'text') {
    if (Object.hasOwn(values, name)) throw repeated(name);
    values[name] = text;
    return;
  }
  const [, base = name, key = ''] = SUBSCRIPT.exec(name) ?? [];
  const form = formOf(table, base);
  const earlier = values[base];
  if (form === 'list' && key === '') {
    const list = Array.isArray(earlier) ? earlier : [];
    list.push(...text.split(','));
    values[base] = list;
  } else if (form === 'map' && key !== '') {
    const map = typeof earlier === 'object' && !Array.isArray(earlier) ? earlier : emptyMap();
    if (Object.hasOwn(map, key)) throw repeated(name);
    map[key] = text;
    values[base] = map;
  } else {
    throw unknown(name, table);
  }
}

function isPassedOver(sent: string, table: QueryTable, passedOver: PassedOver): boolean {
  if (passedOver !== 'all') return passedOver.includes(sent);
  try {
    const name = decode(sent, undefined);
    const base = SUBSCRIPT.exec(name)?.[1] ?? name;
    return formOf(table, name) === undefined && (formOf(table, base) ?? 'text') === 'text';
  } catch {
    return true; // no name of ours is malformed
  }
}

/** Without a prototype, so that every key is data. */
function emptyMap(): Record<string, string> {
  return Object.create(null) as Record<string, string>;
}

function repeated(name: string): Error {
  return invalid(echo(name), `'${echo(name)}' is given twice: send it once.`);
}

function formOf(table: QueryTable, name: string): QueryForm | undefined {
  return Object.hasOwn(table, name) ? table[name]?.form : undefined;
}

function unknown(name: string, table: QueryTable): Error {
  const shown = Object.keys(table).filter((known) => table[known]?.hidden !== true);
  const known = shown.map((known) => (formOf(table, known) === 'map' ? `${known}[key]` : known));
  const advice = known.length === 0 ? 'This operation takes none.' : `Known are: ${known.join(', ')}.`;
  return invalid(echo(name), `'${echo(name)}' is not a query parameter here. ${advice}`);
}

function decode(text: string, name: string | undefined): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    const param = echo(name ?? text);
    throw invalid(param, `'${param}' is not percent-encoded UTF-8: encode '%' itself as '%25'.`);
  }
}

/** `take` put a value of the table's form under every name. */
function asValues<Table extends QueryTable>(values: object): QueryValues<Table> {
  return values as QueryValues<Table>;
}

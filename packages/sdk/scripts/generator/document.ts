/** The parts of an OpenAPI 3.1 document that the generator reads. Everything else in it is ignored or refused by name. */
export interface Document {
  readonly openapi?: string;
  readonly paths?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly discriminator?: { readonly propertyName: string };
  readonly format?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly example?: unknown;
  readonly examples?: readonly unknown[];
  readonly deprecated?: boolean;
}

export interface MediaType {
  readonly schema?: Schema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value?: unknown }>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: Schema;
  readonly example?: unknown;
  readonly description?: string;
  readonly deprecated?: boolean;
  /** What the SDK calls it, when that is not the name that is sent. */
  readonly 'x-sdk-name'?: string;
  readonly 'x-sdk-skip'?: boolean;
}

export interface RawOperation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly deprecated?: boolean;
  readonly parameters?: readonly unknown[];
  readonly requestBody?: unknown;
  readonly responses?: Readonly<Record<string, unknown>>;
  readonly 'x-sdk-skip'?: boolean;
  /** Another dotted name, under which the SDK has the method too. */
  readonly 'x-sdk-alias'?: string;
}

export interface RawResponse {
  readonly content?: Readonly<Record<string, MediaType>>;
  /** The member of the body that brings this answer when it is true, and never otherwise. */
  readonly 'x-sdk-when'?: string;
}

/** What the generator does not understand: one sentence that names the place and what to do about it. */
export class Refusal extends Error {}

export function refuse(where: string, sentence: string): never {
  throw new Refusal(`${where}: ${sentence}`);
}

const schemaPrefix = '#/components/schemas/';

export function schemaName(ref: string, where: string): string {
  if (!ref.startsWith(schemaPrefix)) refuse(where, `"${ref}" is no reference to a component schema.`);
  return ref.slice(schemaPrefix.length);
}

export function componentSchema(document: Document, name: string, where: string): Schema {
  const schema = document.components?.['schemas']?.[name];
  if (schema === undefined) refuse(where, `there is no component schema "${name}".`);
  return asSchema(schema);
}

/** Follows a reference to a parameter, a body or a response; anything else is returned as it is. */
export function deref<T>(document: Document, value: unknown, where: string): T {
  const ref = (value as { $ref?: unknown }).$ref;
  if (ref === undefined) return trusted<T>(value);
  const match = /^#\/components\/(\w+)\/([^/]+)$/.exec(String(ref));
  const target = match && document.components?.[match[1] ?? '']?.[match[2] ?? ''];
  if (!target) refuse(where, `the reference "${ref}" leads nowhere.`);
  return trusted<T>(target);
}

function asSchema(value: unknown): Schema {
  return trusted<Schema>(value);
}

/** The document is OpenAPI by contract (its writer validates it); what is not is refused where it is read. */
function trusted<T>(value: unknown): T {
  return value as T;
}

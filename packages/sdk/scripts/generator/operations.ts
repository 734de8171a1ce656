import {
  componentSchema,
  type Document,
  deref,
  type MediaType,
  type Parameter,
  type RawOperation,
  type RawResponse,
  refuse,
  type Schema,
  schemaName,
} from './document.ts';
import { camelCase } from './text.ts';

export interface PathArgument {
  readonly name: string;
  readonly description: string | undefined;
  readonly example: unknown;
}

/** One operation, ready to be written as a method. */
export interface Operation {
  /** `sessions.events.list` is `['sessions', 'events']` and `list`. */
  readonly resource: readonly string[];
  readonly name: string;
  readonly verb: string;
  readonly path: readonly (string | PathArgument)[];
  readonly query: readonly Parameter[];
  readonly body: { readonly schema: Schema; readonly required: boolean; readonly example: unknown } | undefined;
  readonly result: {
    readonly kind: 'void' | 'value' | 'page' | 'stream';
    readonly schema: string;
    readonly item: string;
    /** The answer to a body in which this member is true. */
    readonly when?: { readonly member: string; readonly schema: string };
  };
  readonly errors: readonly Schema[];
  readonly summary: string | undefined;
  readonly description: string | undefined;
  readonly deprecated: boolean | undefined;
  readonly where: string;
}

const dotted = /^[a-z]\w*(\.[a-z]\w*)+$/;
const verbs = new Set(['get', 'post', 'put', 'patch', 'delete']);
const notOperations = new Set(['parameters', 'summary', 'description', 'servers', 'head', 'options']);
/** Headers that the transport sends by itself. */
const transportHeaders = new Set([
  'authorization',
  'x-api-key',
  'idempotency-key',
  'x-idempotency-key',
  'last-event-id',
]);

export function readOperations(document: Document): Operation[] {
  if (!document.openapi?.startsWith('3.1')) refuse('openapi', 'the document must be OpenAPI 3.1.');
  const operations: Operation[] = [];
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const [verb, raw] of Object.entries(item)) {
      if (notOperations.has(verb) || verb.startsWith('x-')) continue;
      const where = `${verb.toUpperCase()} ${path}`;
      if (!verbs.has(verb)) refuse(where, `"${verb}" is no method that the generator knows.`);
      const operation = raw as RawOperation;
      if (operation['x-sdk-skip']) continue;
      const read = readOperation(document, verb, path, operation, (item['parameters'] ?? []) as unknown[], where);
      operations.push(read, ...aliasOf(read, operation['x-sdk-alias']));
    }
  }
  return operations;
}

/** The same operation by another name. */
function aliasOf(operation: Operation, alias: string | undefined): Operation[] {
  if (alias === undefined) return [];
  const { resource, name, query, description, where } = operation;
  if (!dotted.test(alias)) refuse(where, `the alias "${alias}" is not dotted, as in "sessions.list".`);
  if (query.length > 0) refuse(where, `"${alias}" cannot be an alias: its query would need a second type.`);
  const names = alias.split('.');
  const same = `The same as \`client.${[...resource, name].join('.')}\`.`;
  return [
    {
      ...operation,
      resource: names.slice(0, -1),
      name: names.at(-1) ?? '',
      description: description === undefined ? same : `${description}\n\n${same}`,
    },
  ];
}

function readOperation(
  document: Document,
  verb: string,
  path: string,
  raw: RawOperation,
  shared: readonly unknown[],
  where: string,
): Operation {
  const id = raw.operationId ?? '';
  if (!dotted.test(id)) {
    refuse(where, `the operationId "${id}" is not dotted, as in "sessions.list"; "x-sdk-skip": true leaves it out.`);
  }
  const parameters = [...shared, ...(raw.parameters ?? [])].map((one) => deref<Parameter>(document, one, where));
  for (const { in: place, name } of parameters) {
    const known =
      place === 'path' || place === 'query' || (place === 'header' && transportHeaders.has(name.toLowerCase()));
    if (!known) refuse(where, `the SDK cannot send the ${place} parameter "${name}".`);
  }
  const names = id.split('.');
  const body = readBody(document, raw, where);
  const query = readQuery(parameters, where);
  if (body && query.length > 0) refuse(where, 'a method takes either query parameters or a body, not both.');
  return {
    resource: names.slice(0, -1),
    name: names.at(-1) ?? '',
    verb: verb.toUpperCase(),
    path: readPath(path, parameters, where),
    query,
    body,
    result: readResult(document, raw, body, where),
    errors: readErrors(document, raw, where),
    summary: raw.summary,
    description: raw.description,
    deprecated: raw.deprecated,
    where,
  };
}

function readQuery(parameters: readonly Parameter[], where: string): Parameter[] {
  const query = parameters.filter((parameter) => parameter.in === 'query' && !parameter['x-sdk-skip']);
  const names = query.map((parameter) => parameter['x-sdk-name'] ?? parameter.name);
  for (const [index, { name, 'x-sdk-name': own }] of query.entries()) {
    if (own === undefined) continue;
    if (!/^[a-z]\w*$/.test(own) || name.includes('[')) refuse(where, `"${name}" cannot be called "${own}".`);
    if (names.indexOf(own) !== index || names.lastIndexOf(own) !== index) refuse(where, `the name "${own}" is taken.`);
  }
  return query;
}

function readPath(path: string, parameters: readonly Parameter[], where: string): (string | PathArgument)[] {
  return path
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment) => {
      const name = /^\{(.+)\}$/.exec(segment)?.[1];
      if (name === undefined && /[{}]/.test(segment)) refuse(where, `"${segment}" must be all text or all parameter.`);
      if (name === undefined) return segment;
      const parameter = parameters.find((one) => one.in === 'path' && one.name === name);
      if (!parameter) refuse(where, `the path parameter "${name}" is not declared.`);
      const { description, schema } = parameter;
      return {
        name: camelCase(name),
        description: description ?? schema?.description,
        example: parameter.example ?? schema?.example,
      };
    });
}

function readBody(document: Document, raw: RawOperation, where: string): Operation['body'] {
  if (raw.requestBody === undefined) return undefined;
  const body = deref<{ required?: boolean; content?: Record<string, MediaType> }>(document, raw.requestBody, where);
  const media = body.content?.['application/json'] ?? refuse(where, 'the request body must be application/json.');
  const schema = media.schema;
  if (schema?.$ref === undefined) return refuse(where, 'the request body must be a component schema: give it a name.');
  const example = media.example ?? Object.values(media.examples ?? {})[0]?.value;
  return { schema, required: body.required ?? false, example: example ?? schemaExample(document, schema, where) };
}

function schemaExample(document: Document, schema: Schema, where: string): unknown {
  const target = componentSchema(document, schemaName(schema.$ref ?? '', where), where);
  return target.example ?? target.examples?.[0];
}

function readResult(
  document: Document,
  raw: RawOperation,
  body: Operation['body'],
  where: string,
): Operation['result'] {
  const names = new Set<string>();
  let when: { readonly member: string; readonly schema: string } | undefined;
  for (const [status, value] of Object.entries(raw.responses ?? {})) {
    if (!status.startsWith('2')) continue;
    const response = deref<RawResponse>(document, value, where);
    const stream = response.content?.[eventStream];
    if (stream && Object.keys(response.content ?? {}).length === 1) return readStream(stream.schema, where);
    const schema = answerOf(response, status, where);
    const member = response['x-sdk-when'];
    if (member === undefined) names.add(schema);
    else if (when !== undefined) refuse(where, 'only one of the answers may have "x-sdk-when".');
    else when = { member: readMember(document, body, member, where), schema };
  }
  const [name, ...others] = names;
  if (name === undefined) return refuse(where, 'it has no 2xx response.');
  if (others.length > 0) refuse(where, 'all 2xx responses must have one schema; "x-sdk-when" tells one of two apart.');
  if (name === '') return { kind: 'void', schema: '', item: '' };
  const { properties } = componentSchema(document, name, where);
  if (!properties?.['data'] || !properties['has_more']) {
    return { kind: 'value', schema: name, item: '', ...(when && { when }) };
  }
  const item = properties['data'].items?.$ref ?? refuse(where, 'the items of a page must be a component schema.');
  return { kind: 'page', schema: name, item: schemaName(item, where) };
}

/** The name of an answer's schema; of an answer without a body the empty one. */
function answerOf({ content = {} }: RawResponse, status: string, where: string): string {
  const types = Object.keys(content);
  if (types.length === 0) return '';
  const media = content['application/json'] ?? refuse(where, `the SDK cannot read ${types.join(', ')}.`);
  const ref = media.schema?.$ref;
  return schemaName(ref ?? refuse(where, `the ${status} response must be a component schema: give it a name.`), where);
}

/** A member that decides upon the answer must be one of the body's own, and a boolean. */
function readMember(document: Document, body: Operation['body'], member: string, where: string): string {
  const name = body && schemaName(body.schema.$ref ?? '', where);
  const types = [name && componentSchema(document, name, where).properties?.[member]?.type].flat();
  if (!types.includes('boolean')) refuse(where, `"x-sdk-when": "${member}" is no boolean member of the body.`);
  return member;
}

const eventStream = 'text/event-stream';

/** The schema of a stream is that of each event. */
function readStream(schema: Schema | undefined, where: string): Operation['result'] {
  const ref = schema?.$ref ?? refuse(where, 'the events of a stream must be a component schema.');
  return { kind: 'stream', schema: schemaName(ref, where), item: schemaName(ref, where) };
}

function readErrors(document: Document, raw: RawOperation, where: string): Schema[] {
  return Object.entries(raw.responses ?? {})
    .filter(([status]) => /^[45]|^default$/.test(status))
    .map(([, value]) => deref<{ content?: Record<string, MediaType> }>(document, value, where))
    .map((response) => response.content?.['application/json']?.schema)
    .filter((schema) => schema !== undefined);
}

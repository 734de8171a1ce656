/**
 * The AsyncAPI 3 document: everything that goes on telling (streams, held polls, the socket), out of the OpenAPI documents
 * of the dialects, so that both are of the same schemas.
 */

/** A part of a document whose form its own generator guarantees. */
type Json = Readonly<Record<string, unknown>>;

/** A socket that a dialect serves; messages are named by their component in the dialect's OpenAPI document. */
export interface SocketDescription {
  readonly address: string;
  readonly summary: string;
  readonly description: string;
  /** From the server. */
  readonly sends: readonly string[];
  /** From clients. */
  readonly receives: readonly string[];
}

export interface DescribedDialect {
  readonly name: string;
  /** Its OpenAPI document. */
  readonly document: object;
  readonly socket?: SocketDescription;
}

interface OpenApiOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly parameters?: readonly { readonly name?: string; readonly in?: string; readonly description?: string }[];
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, MediaType>> }>>;
  /** Says that the operation holds its answer open until there is something to tell. */
  readonly 'x-long-poll'?: true;
}

interface MediaType {
  readonly schema: Json;
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

type Protocol = 'sse' | 'long-poll';

const STREAM_TYPE = 'text/event-stream';
const SCHEMA_REF = '#/components/schemas/';
const TITLES = {
  sse: 'Server-sent events',
  'long-poll': 'Long polling',
} as const satisfies Record<Protocol, string>;

const DESCRIPTION = `What Turnlog tells while it happens: streams of server-sent events, held polls and a WebSocket, in all
dialects. The requests, their parameters and their refusals are described by the OpenAPI document of each dialect.`;

export function asyncApiDocument(dialects: readonly DescribedDialect[]): object {
  const channels: Record<string, object> = {};
  const operations: Record<string, object> = {};
  const schemas: Record<string, unknown> = {};
  for (const { name, document, socket } of dialects) {
    const { paths, components } = document as OpenApi;
    for (const [schema, value] of Object.entries(components.schemas)) schemas[`${name}.${schema}`] = owned(value, name);
    for (const [path, { get }] of Object.entries(paths)) {
      const told = get && toldBy(get);
      if (get === undefined || told === null || told === undefined) continue;
      const id = channelName(name, get.operationId);
      channels[id] = channelOf(name, path, get, told);
      operations[`${id}.send`] = operationOf('send', id, ['message']);
    }
    if (socket === undefined) continue;
    const id = channelName(name, 'socket');
    channels[id] = socketChannel(name, socket);
    operations[`${id}.send`] = operationOf('send', id, socket.sends);
    operations[`${id}.receive`] = operationOf('receive', id, socket.receives);
  }
  return {
    asyncapi: '3.0.0',
    info: { title: 'Turnlog', version: '1', description: DESCRIPTION, license: { name: 'MIT' } },
    defaultContentType: 'application/json',
    servers: { http: server('http'), ws: server('ws') },
    channels,
    operations,
    components: { schemas },
  };
}

interface Told {
  readonly protocol: Protocol;
  readonly schema: Json;
}

/** What an operation goes on telling; null: it answers at once. */
function toldBy(operation: OpenApiOperation): Told | null {
  const content = operation.responses['200']?.content ?? {};
  const stream = content[STREAM_TYPE];
  if (stream !== undefined) return { protocol: 'sse', schema: stream.schema };
  const held = operation['x-long-poll'] === true ? content['application/json'] : undefined;
  return held === undefined ? null : { protocol: 'long-poll', schema: held.schema };
}

function channelOf(dialect: string, address: string, operation: OpenApiOperation, { protocol, schema }: Told): object {
  const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
  return {
    address,
    title: TITLES[protocol],
    summary: operation.summary,
    description: operation.description,
    servers: [{ $ref: '#/servers/http' }],
    parameters: Object.fromEntries(inPath.map(({ name = '', description = '' }) => [name, { description }])),
    messages: {
      message: {
        title: protocol === 'sse' ? 'The data of one event' : 'The answer to one poll',
        contentType: 'application/json',
        payload: owned(schema, dialect),
      },
    },
    bindings: { http: {} },
  };
}

function socketChannel(dialect: string, { address, summary, description, sends, receives }: SocketDescription): object {
  const messages = [...new Set([...sends, ...receives])].map((name) => [
    name,
    { title: name, contentType: 'application/json', payload: { $ref: `${SCHEMA_REF}${dialect}.${name}` } },
  ]);
  return {
    address,
    title: 'WebSocket',
    summary,
    description,
    servers: [{ $ref: '#/servers/ws' }],
    messages: Object.fromEntries(messages),
    bindings: { ws: { method: 'GET' } },
  };
}

/** `send` is what the server does, `receive` what it takes. */
function operationOf(action: 'send' | 'receive', channel: string, messages: readonly string[]): object {
  const refs = messages.map((name) => ({ $ref: `#/channels/${channel}/messages/${name}` }));
  return { action, channel: { $ref: `#/channels/${channel}` }, messages: refs };
}

function server(protocol: string): object {
  return {
    host: '{host}',
    protocol,
    description: 'This server',
    variables: { host: { default: '127.0.0.1:8080', description: 'Where it is reached.' } },
  };
}

/** Operation ids of the dialects begin with their name, but for the native ones. */
function channelName(dialect: string, operationId: string): string {
  return operationId.startsWith(`${dialect}.`) ? operationId : `${dialect}.${operationId}`;
}

/** A schema whose references lead to the components of its dialect; AsyncAPI's discriminators are mere names. */
function owned(value: unknown, dialect: string): unknown {
  if (Array.isArray(value)) return value.map((item) => owned(item, dialect));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      if (key === '$ref') return [key, String(member).replace(SCHEMA_REF, `${SCHEMA_REF}${dialect}.`)];
      const isDiscriminator = key === 'discriminator' && typeof member === 'object';
      return [key, isDiscriminator ? (member as { propertyName: string }).propertyName : owned(member, dialect)];
    }),
  );
}

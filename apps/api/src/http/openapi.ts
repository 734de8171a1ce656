/** How an operation's rules, and what all operations have in common, appear in the reference. */
import type { OpenAPIHono, RouteConfig } from '@hono/zod-openapi';
import { limits } from '@turnlog/core/limits';
import type { QueryForm, QueryParameter, QueryTable } from './query.ts';

type Registry = OpenAPIHono['openAPIRegistry'];
type Parameter = NonNullable<RouteConfig['parameters']>[number];
type Responses = RouteConfig['responses'];
export type HeaderName = keyof typeof HEADERS;

const STYLES = {
  text: {},
  list: { style: 'form', explode: false },
  map: { style: 'deepObject', explode: true },
} as const satisfies Record<QueryForm, object>;

/** Headers of answers. Where one is listed it is always sent, but for `Idempotent-Replayed`. */
const HEADERS = {
  'request-id': {
    required: true,
    schema: { type: 'string' },
    description: "Names this request in the server's log.",
    example: 'req_01K5ZV7T3D7M7F0R5Q8W1E6YHC',
  },
  'Idempotent-Replayed': {
    required: false,
    schema: { type: 'string', const: 'true' },
    description: 'Sent when this repeats the answer to an earlier request with the same `Idempotency-Key`.',
  },
  'x-should-retry': {
    required: true,
    schema: { type: 'string', const: 'false' },
    description: 'No retry of the same request can cure this.',
  },
  'retry-after': {
    required: true,
    schema: { type: 'integer', minimum: 0 },
    description: 'Seconds to wait before another try.',
    example: 1,
  },
  allow: {
    required: true,
    schema: { type: 'string' },
    description: 'The methods that the path takes.',
    example: 'GET, HEAD, POST',
  },
  'www-authenticate': {
    required: true,
    schema: { type: 'string' },
    description: 'The scheme to send the token with.',
    example: 'Bearer',
  },
} as const;

const IDEMPOTENCY_KEY = 'IdempotencyKey';
/** Scalar's samples would else send every optional parameter, and without an example an empty one. */
const LEFT_OUT = { 'x-disabled': true } as const;

/** Values of query parameters whose schema has none to show. */
const EXAMPLES: Readonly<Record<string, unknown>> = {
  types: ['session.*'],
  events: ['session.*'],
  statuses: ['running'],
  states: ['failed'],
  metadata: { ticket: '4711' },
  include_archived: 'true',
  wait: 30,
};

/** Registers what the operations refer to. */
export function registerShared(registry: Registry): void {
  for (const [name, header] of Object.entries(HEADERS)) registry.registerComponent('headers', name, header);
  registry.registerComponent('parameters', IDEMPOTENCY_KEY, {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    schema: { type: 'string', minLength: 1, maxLength: limits.idempotencyKeyCharacters, pattern: '^[!-~]+$' },
    examples: { default: { value: '9f3c1a52-7d0e-4b8f-a6c4-2e5d8b71f093', ...LEFT_OUT } },
    description:
      'A name of your own for this request. For 48 hours the same request with the same key has one effect and one ' +
      'answer; another request with it is a conflict.',
  });
}

/** Headers of an answer, besides its `request-id`. */
export function headersOf(...names: readonly HeaderName[]) {
  return Object.fromEntries(
    (['request-id', ...names] as const).map((name) => [name, { $ref: `#/components/headers/${name}` }]),
  );
}

/** The route as the document shows it, below the prefix where it is documented. */
export function describeOperation(route: RouteConfig, query: QueryTable | undefined, prefix: string): RouteConfig {
  const parameters: Parameter[] = [...((route.parameters ?? []) as Parameter[])];
  for (const [name, parameter] of Object.entries(query ?? {})) {
    if (parameter.hidden !== true) parameters.push(describeQuery(name, parameter));
  }
  const repeatable = route.method === 'post' || route.request?.body !== undefined;
  if (repeatable) parameters.push({ $ref: `#/components/parameters/${IDEMPOTENCY_KEY}` });
  const responses = describeSuccesses(route.responses, repeatable);
  return { ...route, path: `${prefix}${route.path}`, parameters, responses } as RouteConfig;
}

/** What every success of an operation carries; refusals are components of their own. */
function describeSuccesses(responses: Responses, repeatable: boolean): Responses {
  const headers = headersOf(...(repeatable ? (['Idempotent-Replayed'] as const) : []));
  return Object.fromEntries(
    Object.entries(responses).map(([status, response]) => [
      status,
      '$ref' in response ? response : { ...response, headers },
    ]),
  );
}

function describeQuery(name: string, { form, schema, description, sdkName }: QueryParameter): Parameter {
  const examples = { default: { value: exampleOf(name, schema), ...LEFT_OUT } };
  const renamed = sdkName === undefined ? {} : { 'x-sdk-name': sdkName };
  return { name, in: 'query', required: false, schema, description, examples, ...STYLES[form], ...renamed };
}

function exampleOf(name: string, schema: object): unknown {
  const { default: fallback, enum: choices } = schema as { readonly default?: unknown; readonly enum?: unknown[] };
  const range =
    name.startsWith('created_at') || name === 'since' || name === 'until' ? '2026-01-31T09:30:00Z' : undefined;
  return fallback ?? choices?.[0] ?? range ?? EXAMPLES[name] ?? name;
}

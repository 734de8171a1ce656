/** How an operation's rules appear in the reference. */
import type { RouteConfig } from '@hono/zod-openapi';
import type { QueryForm, QueryParameter, QueryTable } from './query.ts';

type Parameter = NonNullable<RouteConfig['parameters']>[number];

const STYLES = {
  text: {},
  list: { style: 'form', explode: false },
  map: { style: 'deepObject', explode: true },
} as const satisfies Record<QueryForm, object>;

const IDEMPOTENCY_KEY: Parameter = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]+$' },
  description:
    'Makes the request safe to repeat: for 48 hours the same key with the same request has one effect and one answer, ' +
    'marked `Idempotent-Replayed: true`; with another request it is a 409. Alias: `X-Idempotency-Key`.',
};

/** The route as the document shows it, below the prefix where it is documented. */
export function describeOperation(route: RouteConfig, query: QueryTable | undefined, prefix: string): RouteConfig {
  const parameters: Parameter[] = [...((route.parameters ?? []) as Parameter[])];
  for (const [name, parameter] of Object.entries(query ?? {})) parameters.push(describeQuery(name, parameter));
  if (route.method === 'post') parameters.push(IDEMPOTENCY_KEY);
  return { ...route, path: `${prefix}${route.path}`, parameters } as RouteConfig;
}

function describeQuery(name: string, { form, schema, description }: QueryParameter): Parameter {
  return { name, in: 'query', required: false, schema, description, ...STYLES[form] };
}

/** How an operation's rules appear in the reference. */
import type { RouteConfig } from '@hono/zod-openapi';
import type { QueryForm, QueryParameter, QueryTable } from './query.ts';

type Parameter = NonNullable<RouteConfig['parameters']>[number];

const STYLES = {
  text: {},
  list: { style: 'form', explode: false },
  map: { style: 'deepObject', explode: true },
} as const satisfies Record<QueryForm, object>;

/** The route as the document shows it, below the prefix where it is documented. */
export function describeOperation(route: RouteConfig, query: QueryTable | undefined, prefix: string): RouteConfig {
  const parameters: Parameter[] = [...((route.parameters ?? []) as Parameter[])];
  for (const [name, parameter] of Object.entries(query ?? {})) parameters.push(describeQuery(name, parameter));
  return { ...route, path: `${prefix}${route.path}`, parameters } as RouteConfig;
}

function describeQuery(name: string, { form, schema, description }: QueryParameter): Parameter {
  return { name, in: 'query', required: false, schema, description, ...STYLES[form] };
}

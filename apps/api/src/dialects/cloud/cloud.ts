/** The cloud dialect: the native API, at `/v1` and `/api/v1/cloud`. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Credentials } from '../../http/credentials.ts';
import type { Dialect } from '../../http/dialect.ts';
import { Operations } from '../../http/operations.ts';
import type { Services } from '../../http/services.ts';
import { eventRoutes } from './events.ts';
import { feedRoutes } from './feed.ts';
import { cloudDocument, DOCUMENTED_AT } from './reference.ts';
import { sessionRoutes } from './sessions.ts';
import { tokenRoutes } from './tokens.ts';
import { presentRefusal } from './wire/error.ts';

export interface CloudDialect extends Dialect {
  readonly app: OpenAPIHono;
  /** The OpenAPI document, as JSON text. */
  document(): string;
}

export function createCloud(services: Services, credentials: Credentials): CloudDialect {
  const operations = new Operations(DOCUMENTED_AT, presentRefusal, services, credentials);
  sessionRoutes(operations, services);
  eventRoutes(operations, services);
  feedRoutes(operations, services);
  tokenRoutes(operations, services, credentials);
  let text: string | undefined;
  return {
    app: operations.app,
    presentRefusal,
    unmatched: (exchange, path) => operations.unmatched(exchange, path),
    document: () => (text ??= `${JSON.stringify(cloudDocument(operations.app), null, 2)}\n`),
  };
}

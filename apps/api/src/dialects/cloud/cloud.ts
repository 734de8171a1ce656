/** The cloud dialect: the native API, at `/v1` and `/api/v1/cloud`. */
import type { Credentials } from '../../http/credentials.ts';
import type { Dialect } from '../../http/dialect.ts';
import { type Manners, Operations } from '../../http/operations.ts';
import { dialectOf } from '../../http/reference.ts';
import { resourceRoutes } from '../../http/resources/routes.ts';
import type { Tests } from '../../http/resources/tests.ts';
import type { Services } from '../../http/services.ts';
import { eventRoutes } from './events.ts';
import { feedRoutes } from './feed.ts';
import { DOCUMENTED_AT, REFERENCE } from './reference.ts';
import { RESOURCES } from './resources.ts';
import { sessionRoutes } from './sessions.ts';
import { tokenRoutes } from './tokens.ts';
import { presentRefusal } from './wire/error.ts';

/** With every request of Claude's clients. */
const SENT_BY_CLAUDE = ['beta'];

export function createCloud(services: Services, credentials: Credentials, tests: Tests): Dialect {
  const manners: Manners = {
    documentedAt: DOCUMENTED_AT,
    presentRefusal,
    admit: (exchange) => credentials.admit(exchange, 'cloud'),
    passedOver: SENT_BY_CLAUDE,
  };
  const operations = new Operations(services, manners);
  sessionRoutes(operations, services);
  eventRoutes(operations, services);
  feedRoutes(operations, services);
  resourceRoutes(operations, services, RESOURCES, tests);
  tokenRoutes(operations, services, credentials);
  return dialectOf(operations, REFERENCE);
}

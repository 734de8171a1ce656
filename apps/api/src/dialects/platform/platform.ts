/** The platform dialect: events of the whole org, at `/api/v1`. */
import type { Credentials } from '../../http/credentials.ts';
import type { Dialect } from '../../http/dialect.ts';
import { type Manners, Operations } from '../../http/operations.ts';
import { describeDialect } from '../../http/reference.ts';
import type { Services } from '../../http/services.ts';
import { ErrorEnvelope, presentRefusal } from './wire/error.ts';

export const DOCUMENTED_AT = '/api/v1';

const DESCRIPTION = `Events of the whole org: list, retrieve, publish, subscribe.`;

export function createPlatform(services: Services, credentials: Credentials): Dialect {
  const manners: Manners = {
    documentedAt: DOCUMENTED_AT,
    presentRefusal,
    admit: (exchange) => credentials.admit(exchange, 'platform'),
    passedOver: [],
  };
  const operations = new Operations(services, manners);
  return {
    app: operations.app,
    manners,
    unmatched: (exchange, path) => operations.unmatched(exchange, path),
    document: () =>
      describeDialect(operations.app, {
        title: 'Turnlog: the platform dialect',
        description: DESCRIPTION,
        presentRefusal,
        envelope: { name: 'ErrorEnvelope', schema: ErrorEnvelope },
        tags: [],
      }),
  };
}

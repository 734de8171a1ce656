/** The wave dialect: long polls of one session, at `/api/sessions` and below `/_wave`. */
import type { Credentials } from '../../http/credentials.ts';
import type { Dialect } from '../../http/dialect.ts';
import { type Manners, Operations } from '../../http/operations.ts';
import { describeDialect } from '../../http/reference.ts';
import type { Services } from '../../http/services.ts';
import { ErrorSentence, presentRefusal } from './wire/error.ts';

export const DOCUMENTED_AT = '/api';

const DESCRIPTION = `Events of one session by long polling.`;

export function createWave(services: Services, credentials: Credentials): Dialect {
  const manners: Manners = {
    documentedAt: DOCUMENTED_AT,
    presentRefusal,
    admit: (exchange) => credentials.admit(exchange, 'wave'),
    passedOver: 'all',
    anyContentType: true,
    corsOrigins: ['*'],
  };
  const operations = new Operations(services, manners);
  return {
    app: operations.app,
    manners,
    unmatched: (exchange, path) => operations.unmatched(exchange, path),
    document: () =>
      describeDialect(operations.app, {
        title: 'Turnlog: the wave dialect',
        description: DESCRIPTION,
        presentRefusal,
        envelope: { name: 'ErrorSentence', schema: ErrorSentence },
        tags: [],
      }),
  };
}

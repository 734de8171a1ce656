/** The wave dialect: long polls of one session, at `/api/sessions` and below `/_wave`. */
import type { Credentials } from '../../http/credentials.ts';
import type { Dialect } from '../../http/dialect.ts';
import { type Manners, Operations } from '../../http/operations.ts';
import { dialectOf } from '../../http/reference.ts';
import type { Services } from '../../http/services.ts';
import { admit, TokenedSessions } from './admission.ts';
import { controlRoutes } from './control.ts';
import { eventRoutes } from './events.ts';
import { DOCUMENTED_AT, REFERENCE } from './reference.ts';
import { sessionRoutes } from './sessions.ts';
import { presentRefusal } from './wire/error.ts';
import { ORIGINS } from './wire/origins.ts';

export function createWave(services: Services, credentials: Credentials): Dialect {
  const manners: Manners = {
    documentedAt: DOCUMENTED_AT,
    presentRefusal,
    admit: (exchange, pathIds) => admit(credentials, exchange, pathIds),
    passedOver: 'all',
    anyContentType: true,
    corsOrigins: ORIGINS,
    optionsStatus: 200,
  };
  const operations = new Operations(services, manners);
  const sessions = new TokenedSessions(services);
  sessionRoutes(operations, services, sessions);
  controlRoutes(operations, services, sessions);
  eventRoutes(operations, services, sessions);
  return dialectOf(operations, REFERENCE);
}

/** The workflow dialect: numbered pages of a session's events, at `/api/v2`. */
import type { Credentials } from '../../http/credentials.ts';
import type { Dialect } from '../../http/dialect.ts';
import { type Manners, Operations } from '../../http/operations.ts';
import { type DialectReference, dialectOf } from '../../http/reference.ts';
import type { Services } from '../../http/services.ts';
import { eventRoutes } from './events.ts';
import { sessionRoutes } from './sessions.ts';
import { ErrorDetail, presentRefusal } from './wire/error.ts';

const DOCUMENTED_AT = '/api/v2';

const DESCRIPTION = `Events of a session in numbered pages, newest first, for clients that poll with \`since\`.
Sessions and events are those of the log: what other dialects wrote shows here, and what is written here shows there.

Send a personal access token as \`X-API-Key: <token>\` or \`Authorization: Bearer <token>\`. Ids are UUIDs in lower case.
Refusals are \`{"detail": sentence}\`. Query parameters that are not known are passed over.`;

const TAGS = [
  { name: 'Sessions', description: 'Runs, each with its own log of events.' },
  { name: 'Events', description: 'What happened in a session.' },
];

const REFERENCE: DialectReference = {
  title: 'Turnlog: the workflow dialect',
  description: DESCRIPTION,
  envelope: { name: 'ErrorDetail', schema: ErrorDetail },
  tags: TAGS,
};

export function createWorkflow(services: Services, credentials: Credentials): Dialect {
  const manners: Manners = {
    documentedAt: DOCUMENTED_AT,
    presentRefusal,
    admit: (exchange) => credentials.admit(exchange, 'workflow'),
    passedOver: 'all',
  };
  const operations = new Operations(services, manners);
  sessionRoutes(operations, services);
  eventRoutes(operations, services);
  return dialectOf(operations, REFERENCE);
}

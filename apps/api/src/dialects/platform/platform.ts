/** The platform dialect: events of the whole org, at `/api/v1`. */
import { eventNotFound, idempotencyKeyReused, invalid } from '@turnlog/core/errors';
import type { Credentials } from '../../http/credentials.ts';
import type { Dialect } from '../../http/dialect.ts';
import { type Manners, Operations } from '../../http/operations.ts';
import { type DialectReference, dialectOf } from '../../http/reference.ts';
import { RESOURCE_TAGS, resourceRoutes } from '../../http/resources/routes.ts';
import type { Tests } from '../../http/resources/tests.ts';
import type { Services } from '../../http/services.ts';
import { eventRoutes } from './events.ts';
import { RESOURCES } from './resources.ts';
import { ErrorEnvelope, presentRefusal } from './wire/error.ts';
import { EVENT_ID } from './wire/examples.ts';

const DOCUMENTED_AT = '/api/v1';

const DESCRIPTION = `Events of the whole org, of all sessions and of the account: list, retrieve, publish, subscribe, have delivered to
webhooks, replay.

Send a personal access token as \`Authorization: Bearer <token>\` or \`X-API-Key: <token>\`. Every answer carries a
\`request-id\`. What other dialects have written is shown here too: \`data\` is then what they call payload, or all of
the event's own fields.

\`POST\` takes an \`Idempotency-Key\` (alias \`X-Idempotency-Key\`) of 1 to 255 visible ASCII characters: for 48 hours the
same key with the same request has one effect and one answer, which a repeat marks \`Idempotent-Replayed: true\`; with
another request it is a conflict.`;

/** Refusals as they read here. */
const EXAMPLES = {
  400: invalid('limit', "'limit' must be a whole number from 1 to 100, in plain digits."),
  404: eventNotFound(EVENT_ID, ''),
  409: idempotencyKeyReused(),
};

const REFERENCE: DialectReference = {
  title: 'Turnlog: the platform dialect',
  description: DESCRIPTION,
  envelope: { name: 'ErrorEnvelope', schema: ErrorEnvelope },
  tags: [
    { name: 'Events', description: 'Every event of the org in one order: of all sessions, and of the account.' },
    ...RESOURCE_TAGS,
  ],
  examples: EXAMPLES,
};

export function createPlatform(services: Services, credentials: Credentials, tests: Tests): Dialect {
  const manners: Manners = {
    documentedAt: DOCUMENTED_AT,
    presentRefusal,
    admit: (exchange) => credentials.admit(exchange, 'platform'),
    passedOver: [],
  };
  const operations = new Operations(services, manners);
  resourceRoutes(operations, services, RESOURCES, tests); // before events, among whose paths those of replays lie
  eventRoutes(operations, services);
  return dialectOf(operations, REFERENCE);
}

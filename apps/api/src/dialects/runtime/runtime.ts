/** The runtime dialect: sessions, their events and a socket, at the root. It speaks for every path that nobody else serves. */
import type { Credentials } from '../../http/credentials.ts';
import type { Dialect } from '../../http/dialect.ts';
import { type Manners, Operations } from '../../http/operations.ts';
import { type DialectReference, dialectOf } from '../../http/reference.ts';
import type { Services } from '../../http/services.ts';
import type { SocketRoute } from '../../http/sockets/sockets.ts';
import { eventRoutes } from './events.ts';
import { sessionRoutes } from './sessions.ts';
import { describeSocket, socketRoute } from './socket.ts';
import { ErrorDetail, presentRefusal } from './wire/error.ts';

const DOCUMENTED_AT = '';

const DESCRIPTION = `Runs of agents as sessions, their events, and a WebSocket at \`/ws\` that tells of every change; its
messages are in the AsyncAPI document.

Send a personal access token as \`Authorization: Bearer <token>\` or \`X-API-Key: <token>\`. Refusals are
\`{"detail": sentence}\`. Lists are not paged: they are streamed, and whoever reads too slowly is cut off. Query parameters
and members of bodies that are not known are passed over.`;

const REFERENCE: DialectReference = {
  title: 'Turnlog: the runtime dialect',
  description: DESCRIPTION,
  envelope: { name: 'ErrorDetail', schema: ErrorDetail },
  tags: [
    { name: 'Sessions', description: 'One run of an agent each.' },
    { name: 'Events', description: 'What happens in a session.' },
  ],
};

export function createRuntime(services: Services, credentials: Credentials): Dialect {
  const manners: Manners = {
    documentedAt: DOCUMENTED_AT,
    presentRefusal,
    admit: (exchange) => credentials.admit(exchange, 'runtime'),
    passedOver: 'all',
  };
  const operations = new Operations(services, manners);
  sessionRoutes(operations, services);
  eventRoutes(operations, services);
  const socket = describeSocket(operations.app);
  return { ...dialectOf(operations, REFERENCE), socket };
}

export function runtimeSocket({ store }: Pick<Services, 'store'>): SocketRoute {
  return socketRoute(store);
}

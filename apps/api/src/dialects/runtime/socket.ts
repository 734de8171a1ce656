/** The socket: it opens with all sessions, and carries on with every change. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { ALL_TIME } from '@turnlog/core/clock';
import type { Store } from '@turnlog/core/store';
import type { SocketDescription } from '../../http/asyncapi.ts';
import type { SocketRoute } from '../../http/sockets/sockets.ts';
import { Changes } from './changes.ts';
import { sessionTexts } from './session-texts.ts';
import { INIT_HEAD, INIT_TAIL, SENT_MESSAGES, TAKEN_MESSAGES } from './wire/message.ts';

const PATH = '/ws';
const DESCRIPTION = `The first message has all sessions; then comes every change of the org, in the order of the log, each once.

The token is sent as a header of the handshake; by the subprotocols \`turnlog\` and \`turnlog.token.<the token in
base64url>\`; or in the first message, within 10 seconds. Whatever else a client sends is passed over.`;

/** Describes the socket, the schemas of whose messages become components of the dialect. */
export function describeSocket({ openAPIRegistry }: OpenAPIHono): SocketDescription {
  for (const [name, schema] of Object.entries({ ...SENT_MESSAGES, ...TAKEN_MESSAGES })) {
    openAPIRegistry.register(name, schema);
  }
  return {
    address: PATH,
    summary: 'All sessions, and every change',
    description: DESCRIPTION,
    sends: Object.keys(SENT_MESSAGES),
    receives: Object.keys(TAKEN_MESSAGES),
  };
}

/** Events that are put into words before other work gets a turn. */
const EVENTS_PER_TURN = 50;

export function socketRoute(store: Pick<Store, 'listSessions' | 'getSession' | 'sliceEvents'>): SocketRoute {
  return {
    path: PATH,
    dialect: 'runtime',
    scopes: ['sessions:read', 'events:read'],
    words: {
      /** Of the sessions that were made later than the position, the feed tells. */
      async *opening(org, positionUs) {
        const range = { ...ALL_TIME, untilUs: positionUs ?? 0 };
        let waiting = INIT_HEAD;
        let isFirst = true;
        for await (const texts of sessionTexts(store, org, range)) {
          if (texts.length === 0) continue;
          if (!isFirst) yield waiting;
          waiting = `${isFirst ? waiting : ','}${texts.join(',')}`;
          isFirst = false;
        }
        yield waiting + INIT_TAIL;
      },
      async messages(org, events) {
        const changes = new Changes(store, org);
        const messages: string[] = [];
        for (const [index, event] of events.entries()) {
          if (index > 0 && index % EVENTS_PER_TURN === 0) await nextTurn();
          messages.push(...(await changes.of(event)));
        }
        return messages;
      },
    },
  };
}

/** The socket: it opens with all sessions, and carries on with every change. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ALL_TIME } from '@turnlog/core/clock';
import type { Store } from '@turnlog/core/store';
import type { SocketRoute } from '../../http/sockets/sockets.ts';
import { Changes } from './changes.ts';
import { sessionTexts } from './session-texts.ts';
import { INIT_HEAD, INIT_TAIL } from './wire/message.ts';

/** Events that are put into words before other work gets a turn. */
const EVENTS_PER_TURN = 50;

export function socketRoute(store: Pick<Store, 'listSessions' | 'getSession' | 'sliceEvents'>): SocketRoute {
  return {
    path: '/ws',
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

/** How a controller moves a session: start, pause, stop. */
import { createRoute } from '@hono/zod-openapi';
import type { Move } from '@turnlog/core/lifecycle';
import { written } from '../../http/answers.ts';
import type { Operations } from '../../http/operations.ts';
import { answersNothing } from '../../http/reference.ts';
import type { Services } from '../../http/services.ts';
import type { TokenedSessions } from './admission.ts';
import { OPEN_TO_TOKENS, refusesHere, TOKEN_PARAMETER } from './reference.ts';

const MOVES = {
  start: { summary: 'Start a session', description: 'A pending or paused session runs.' },
  pause: { summary: 'Pause a session', description: 'A running session pauses.' },
  stop: { summary: 'Stop a session', description: 'A session that has not ended is aborted.' },
} as const satisfies Record<Move, object>;

export function controlRoutes(operations: Operations, services: Services, sessions: TokenedSessions): void {
  for (const move of Object.keys(MOVES) as Move[]) moveSession(operations, services, sessions, move);
}

function moveSession(operations: Operations, { store }: Services, sessions: TokenedSessions, move: Move): void {
  const { summary, description } = MOVES[move];
  operations.operation(
    createRoute({
      ...OPEN_TO_TOKENS,
      method: 'post',
      path: `/sessions/{token}/${move}`,
      operationId: `wave.sessions.${move}`,
      tags: ['Sessions'],
      summary,
      description: `${description} Appends a \`status\` event that says so; in any other state, and to sessions of other dialects, nothing happens.`,
      parameters: [TOKEN_PARAMETER],
      responses: { ...answersNothing('Done, or nothing to do.'), ...refusesHere('write', 404) },
    }),
    { scope: 'sessions:write', missing: sessions.missing },
    async (call) => {
      const outcome = await store.moveSession(call.org, { id: await sessions.idOf(call) }, move, call.context);
      return written(200, outcome, null);
    },
  );
}

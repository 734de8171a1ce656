/** What a socket is told, as JSON texts. */
import { z } from '@hono/zod-openapi';
import type { EventView } from '@turnlog/core/event-view';
import type { Session } from '@turnlog/core/sessions';
import { NamedEvent, presentNamedEvent } from './event.ts';
import { presentSession, SessionResource, type Status } from './session.ts';

/** By the names of their components: what the server sends, and the one message that it takes. */
export const SENT_MESSAGES = {
  InitMessage: z.strictObject({ type: z.literal('init'), sessions: z.array(SessionResource) }),
  SessionCreatedMessage: z.strictObject({ type: z.literal('session_created'), session: SessionResource }),
  SessionUpdatedMessage: z.strictObject({ type: z.literal('session_updated'), session: SessionResource }),
  SessionDeletedMessage: z.strictObject({ type: z.literal('session_deleted'), session_id: z.string() }),
  EventMessage: z.strictObject({ type: z.literal('event'), data: NamedEvent }),
} as const;
export const TAKEN_MESSAGES = {
  AuthMessage: z.strictObject({ type: z.literal('auth'), token: z.string() }),
} as const;

/** Around the texts of sessions, joined by commas. */
export const INIT_HEAD = '{"type":"init","sessions":[';
export const INIT_TAIL = ']}';

export function sessionMessage(type: 'session_created' | 'session_updated', session: Session, status?: Status): string {
  return `{"type":"${type}","session":${presentSession(session, status)}}`;
}

export function sessionDeletedMessage(sessionId: string): string {
  return `{"type":"session_deleted","session_id":${JSON.stringify(sessionId)}}`;
}

export function eventMessage(view: EventView, session: Session): string {
  return `{"type":"event","data":${presentNamedEvent(view, session)}}`;
}

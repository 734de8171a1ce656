/** The sessions and tokens that paths name. */
import { eventNotFound, sessionNotFound, type TurnlogError, tokenNotFound } from '@turnlog/core/errors';
import { isId, type TokenId } from '@turnlog/core/ids';
import { type SessionRef, sessionRef } from '@turnlog/core/sessions';
import type { Store } from '@turnlog/core/store';
import type { Subject } from '../../http/operations.ts';

/** The session that a path names. Throws `session_not_found` for a segment that can name none. */
export function sessionOf({ pathIds }: Subject): SessionRef {
  const segment = pathIds[0] ?? '';
  const ref = sessionRef(segment);
  if (ref === null) throw sessionNotFound(segment);
  return ref;
}

/** The token that a path names. Throws `token_not_found` for a segment that can name none. */
export function tokenOf({ pathIds }: Subject): TokenId {
  const segment = pathIds[0] ?? '';
  if (!isId('tok', segment)) throw tokenNotFound(segment);
  return segment;
}

export function missingSession(store: Store) {
  return async (subject: Subject): Promise<TurnlogError | null> => {
    const session = await store.getSession(subject.org, sessionOf(subject));
    return session === null ? sessionNotFound(subject.pathIds[0] ?? '') : null;
  };
}

/** The 404 of an event's path: of the session first, then of the event. */
export function missingEvent(store: Store) {
  const missingItsSession = missingSession(store);
  return async (subject: Subject): Promise<TurnlogError | null> => {
    const segment = subject.pathIds[1] ?? '';
    const ref = sessionOf(subject);
    if (isId('evt', segment) && (await store.getEvent(subject.org, ref, segment)) !== null) return null;
    return (await missingItsSession(subject)) ?? eventNotFound(segment);
  };
}

export function missingToken(store: Store) {
  return async (subject: Subject): Promise<TurnlogError | null> => {
    const id = tokenOf(subject);
    return (await store.getToken(subject.org, id)) === null ? tokenNotFound(id) : null;
  };
}

/** The sessions that paths name. */
import { sessionNotFound, type TurnlogError } from '@turnlog/core/errors';
import { type SessionRef, sessionRef } from '@turnlog/core/sessions';
import type { Store } from '@turnlog/core/store';
import type { Subject } from '../../http/operations.ts';
import { pathId } from '../../http/reference.ts';
import { SESSION_ID } from './wire/examples.ts';

export const SESSION_PARAMETER = pathId('session_id', SESSION_ID, "The session's `session_id`, or its `sess_` id.");

/** The session that a path names. Throws `session_not_found` for a segment that can name none. */
export function sessionOf({ pathIds }: Subject): SessionRef {
  const segment = pathIds[0] ?? '';
  const ref = sessionRef(segment);
  if (ref === null) throw sessionNotFound(segment);
  return ref;
}

export function missingSession(store: Store) {
  return async (subject: Subject): Promise<TurnlogError | null> => {
    const session = await store.getSession(subject.org, sessionOf(subject));
    return session === null ? sessionNotFound(subject.pathIds[0] ?? '') : null;
  };
}

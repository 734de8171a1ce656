/** The sessions that paths name by UUID, and refusals that name them as the path does. */
import { type ErrorCode, invalid, TurnlogError } from '@turnlog/core/errors';
import { idOfUuid, type SessionId } from '@turnlog/core/ids';
import type { Store } from '@turnlog/core/store';
import type { Subject } from '../../http/operations.ts';

/** What is said of a session under the UUID that was asked for. */
const SENTENCES: Partial<Record<ErrorCode, (uuid: string) => string>> = {
  session_not_found: (uuid) => `Session not found: ${uuid}`,
  session_archived: (uuid) => `Session ${uuid} is archived and takes no more events`,
  session_terminated: (uuid) =>
    `Session ${uuid} is cancelled: only 'session.status_running' or 'session_start' can reopen it`,
};

/** The session that a path names. Throws `invalid_request` for a segment that is no UUID in lower case. */
export function sessionOf({ pathIds }: Subject): { readonly id: SessionId } {
  const id = idOfUuid('sess', pathIds[0] ?? '');
  if (id === null) throw invalid('session_id', 'Invalid session_id: expected a UUID');
  return { id };
}

/** The refusal of a path's session: a malformed name first (thrown), then one that nobody has. */
export function missingSession(store: Store) {
  return async (subject: Subject): Promise<TurnlogError | null> => {
    const session = await store.getSession(subject.org, sessionOf(subject));
    return session === null ? reworded('session_not_found', subject) : null;
  };
}

/** What the log refuses of a session, said by the name that was asked for. */
export function inNameOf(subject: Subject): (error: unknown) => never {
  return (error) => {
    throw error instanceof TurnlogError ? (reworded(error.code, subject) ?? error) : error;
  };
}

function reworded(code: ErrorCode, { pathIds }: Subject): TurnlogError | null {
  const sentence = SENTENCES[code];
  return sentence === undefined ? null : new TurnlogError(code, sentence(pathIds[0] ?? ''));
}

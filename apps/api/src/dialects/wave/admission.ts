/**
 * Who is let into which session. A token counts first and speaks for its org; without one, a capability lets into its
 * session, and an open dialect lets callers of this machine act for the first org.
 */
import type { Directory } from '@turnlog/core/directory';
import { sessionNotFound, TurnlogError } from '@turnlog/core/errors';
import type { SessionId } from '@turnlog/core/ids';
import type { Session } from '@turnlog/core/sessions';
import { type Caller, type Credentials, readSecret, sha256 } from '../../http/credentials.ts';
import type { Exchange } from '../../http/exchange.ts';
import type { Subject } from '../../http/operations.ts';
import type { Services } from '../../http/services.ts';
import { isWholeToken, sessionOfUuid } from './wire/token.ts';

/** `pathIds` are empty, or begin with what the path calls a session. */
export async function admit(credentials: Credentials, exchange: Exchange, [token]: readonly string[]): Promise<Caller> {
  if (token === undefined || readSecret(exchange) !== undefined) return credentials.admit(exchange, 'wave');
  const bearer = await credentials.admitCapability(token);
  if (bearer !== null) return bearer;
  try {
    return await credentials.admit(exchange, 'wave');
  } catch (error) {
    const nobody = error instanceof TurnlogError && error.code === 'unauthenticated';
    throw nobody && !looksUp(exchange, token) ? sessionNotFound(token) : error;
  }
}

/** The sessions that tokens in paths stand for. */
export class TokenedSessions {
  readonly #directory: Directory;
  readonly #store: Services['store'];

  constructor({ directory, store }: Services) {
    this.#directory = directory;
    this.#store = store;
  }

  /** Its id, by its own form or by a capability of the caller's org. Rejects with `session_not_found`. */
  async idOf({ org, pathIds }: Subject): Promise<SessionId> {
    const token = pathIds[0] ?? '';
    const id = sessionOfUuid(token);
    if (id !== null) return id;
    const capability = await this.#directory.findCapability(sha256(token));
    if (capability?.org !== org) throw sessionNotFound(token);
    return capability.session;
  }

  /** Rejects with `session_not_found`. */
  async get(subject: Subject): Promise<Session> {
    const session = await this.#store.getSession(subject.org, { id: await this.idOf(subject) });
    if (session === null) throw sessionNotFound(subject.pathIds[0] ?? '');
    return session;
  }

  /** The 404 of a subject; null when its session exists. */
  readonly missing = (subject: Subject): Promise<TurnlogError | null> =>
    this.get(subject).then(
      () => null,
      (error) => {
        if (error instanceof TurnlogError && error.code === 'session_not_found') return error;
        throw error;
      },
    );
}

/** Whether a request asks for the session whose token begins so. */
function looksUp(exchange: Exchange, token: string): boolean {
  return !isWholeToken(token) && exchange.path.split('/').at(-2) === 'sessions';
}

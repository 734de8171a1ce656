import type { Event, Session, SessionStatus } from '../generated/types.ts';
import { TimeoutError } from './errors.ts';
import { follow } from './follow.ts';
import { checkTimeout, type RequestOptions } from './options.ts';
import { Resource } from './resource.ts';
import { bounded, sleep } from './retry.ts';

/** What to wait for, and how long. */
export interface WaitForParams {
  /** Any of these statuses will do. */
  readonly until: readonly SessionStatus[];
  /** Milliseconds for all of it. Absent: no limit. */
  readonly timeout?: number | undefined;
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined;
}

/** Written by hand: what `client.sessions` can do besides its operations. */
export abstract class SessionWaiter extends Resource {
  abstract retrieve(sessionId: string, options?: RequestOptions): Promise<Session>;

  /**
   * Wait for a session
   *
   * Resolves with the session as soon as its status is one of `until`, be it at once. A session that is terminated or
   * archived is returned whatever was waited for, since nothing more will come of it: look at its `status`. The server
   * tells when to look; nothing is asked in intervals.
   *
   * @param sessionId - The session's id, or its external id.
   * @throws `NotFoundError` when there is no such session, or no longer; `TimeoutError` after `timeout`; `AbortError`.
   * @example
   * ```ts
   * const session = await client.sessions.waitFor('sess_01K5ZV7QH37MZTXN4T6B9D0RFE', {
   *   until: ['idle', 'terminated'],
   *   timeout: 60_000,
   * });
   * ```
   */
  async waitFor(sessionId: string, params: WaitForParams): Promise<Session> {
    const { until, timeout = Number.POSITIVE_INFINITY, signal } = params;
    const onTimeout = (): TimeoutError =>
      new TimeoutError(`Session ${sessionId}: not ${until.join(' or ')} within ${timeout} ms.`);
    return bounded(checkTimeout(timeout, 'timeout'), onTimeout, signal, (stopped) =>
      this.#waitFor(sessionId, until, stopped),
    );
  }

  /**
   * Looks whenever the stream has opened, so that nothing between two connections is missed; on each event that could
   * move the session; and at the stream's end, which archiving and deleting bring about without an event.
   */
  async #waitFor(sessionId: string, until: readonly SessionStatus[], signal: AbortSignal): Promise<Session> {
    const path = ['v1', 'sessions', sessionId, 'events', 'stream'];
    const source = { transport: this.transport, path, query: {}, options: {} };
    // As patient as the stream, once that was open.
    const options = { signal, maxRetries: Number.POSITIVE_INFINITY };
    const look = async (): Promise<Session | undefined> => {
      const session = await this.retrieve(sessionId, options);
      return isOver(session) || until.includes(session.status) ? session : undefined;
    };
    for (;;) {
      for await (const event of follow<Event>(source, { lastEventId: undefined, ended: false }, signal)) {
        const session = event && neverMoves.test(event.type) ? undefined : await look();
        if (session) return session;
      }
      const session = await look();
      if (session) return session;
      // The stream has ended, but the session was reopened since.
      await sleep(1_000, signal);
    }
  }
}

/**
 * Types whose families say what was said and done. The stream itself is unfiltered: which of the others move a session is
 * the server's to know, and a type that a filter forgot would be waited for in vain.
 */
const neverMoves = /^(agent|span|system|user)\./;

const isOver = ({ status, archived_at }: Session): boolean => status === 'terminated' || archived_at !== null;

/**
 * Delivering the log to webhooks and replays: at least once, in order where asked, however often the process dies (I9).
 * A webhook is a tail with a durable cursor, owned through a lease with a fencing token.
 */
import type { NowMicros } from './clock.ts';
import type { Courier } from './courier.ts';
import type { Directory } from './directory.ts';
import type { RandomBytes } from './ids.ts';
import type { WriteLetter } from './letters.ts';
import type { Store } from './store.ts';
import type { Wakeups } from './wakeups.ts';

export interface DispatcherOptions {
  readonly store: Store;
  readonly directory: Pick<Directory, 'orgsWithLanes'>;
  readonly wakeups: Wakeups;
  readonly courier: Courier;
  readonly writeLetter: WriteLetter;
  readonly nowUs: NowMicros;
  readonly random: RandomBytes;
  /** Calls back after so many milliseconds, unless what it answers is called before. */
  readonly after: (milliseconds: number, call: () => void) => () => void;
  /** Resolves in the next turn of the event loop. */
  readonly nextTurn: () => Promise<void>;
  /** The waits before each attempt at a webhook; see `nextAttemptUs`. */
  readonly retrySeconds: readonly number[];
  /** Told of what went wrong inside; deliveries go on. */
  readonly onFault: (error: unknown) => void;
}

export class Dispatcher {
  constructor(_options: DispatcherOptions) {}

  /** Takes the lanes that wait for an owner, and goes on doing so. */
  async start(): Promise<void> {}

  /** Begins no more attempts, waits for those under way, records them, and lets go of its lanes. */
  async stop(): Promise<void> {}
}

/** Tails over a log in memory: every read is two steps (its snapshot, its answer), every wake-up one. */
import { sessionNotFound } from '../../src/errors.ts';
import type { SessionId } from '../../src/ids.ts';
import type { LogEvent, LogStream, Store } from '../../src/store.ts';
import { type TailEnd, type TailReader, Tails } from '../../src/tails.ts';
import type { WakeupListener, Wakeups } from '../../src/wakeups.ts';
import { Steps } from './steps.ts';
import type { Fate, LogState, NewRow, TailLog } from './tail-log.ts';

type TailStore = Pick<Store, 'readOn' | 'headOf' | 'getEvent' | 'lastUs'>;

/** What a stage may do otherwise than well. */
export interface StageOptions {
  readonly lagBytes: number;
  /** How many rows the next read may look at. */
  readonly bound?: () => number;
  /** The state that the next read sees. */
  readonly snapshot?: () => LogState;
  /** What the next call fails with. */
  readonly failure?: () => Error | null;
  readonly wakeups?: (wakeups: Wakeups) => Wakeups;
}

export class TailStage {
  readonly log: TailLog;
  readonly steps = new Steps();
  readonly tails: Tails;
  /** Calls of the store so far. */
  readonly calls = { readOn: 0, headOf: 0, getEvent: 0, lastUs: 0 };
  readonly #options: StageOptions;
  #listener: WakeupListener | null = null;

  constructor(log: TailLog, options: StageOptions) {
    this.log = log;
    this.#options = options;
    const wakeups: Wakeups = {
      listen: (listener) => {
        this.#listener = listener;
        return () => {
          this.#listener = null;
        };
      },
    };
    this.tails = new Tails({
      store: this.#store(),
      wakeups: options.wakeups?.(wakeups) ?? wakeups,
      lagBytes: options.lagBytes,
      nextTurn: () => new Promise((resolve) => this.steps.add('turn', resolve)),
    });
  }

  /** Commits at once; the wake-up is a step. */
  commit(added: readonly NewRow[], fates: readonly (readonly [SessionId, Fate])[] = []): void {
    const woken = this.log.commit(added, fates);
    this.steps.add('wake-up', () => this.wake(woken));
  }

  wake(sessions: readonly SessionId[]): void {
    this.#listener?.woken(this.log.org, sessions);
  }

  reconnected(): void {
    this.#listener?.reconnected();
  }

  #store(): TailStore {
    const { log, calls } = this;
    const { bound = () => 1_000 } = this.#options;
    return {
      readOn: (_org, stream, after, filter) => {
        calls.readOn++;
        return this.#read(stream, (state) => log.slice([stream, after, filter], bound(), state));
      },
      headOf: (_org, stream) => {
        calls.headOf++;
        return this.#read(stream, (state) => log.headOf(stream, state));
      },
      getEvent: (_org, ref, id) => {
        calls.getEvent++;
        if (!('id' in ref)) throw new Error('Tails name sessions by their ids.');
        return this.#read('feed', (state) => {
          const found = log.visible(ref.id, state).find((row) => row.id === id);
          return found === undefined ? null : { id, text: '{}' };
        });
      },
      lastUs: () => {
        calls.lastUs++;
        return this.#read('feed', ({ lastUs }) => lastUs);
      },
    };
  }

  #read<Value>(stream: LogStream, answer: (state: LogState) => Value): Promise<Value> {
    const { snapshot = () => this.log.now, failure = () => null } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    this.steps.add('snapshot', () => {
      const state = snapshot();
      const fate = stream === 'feed' ? 'open' : (state.fates.get(stream) ?? 'deleted');
      const refusal = failure() ?? (fate === 'deleted' ? sessionNotFound(stream) : null);
      const value = refusal === null ? answer(state) : null;
      this.steps.add('answer', () => (refusal === null ? resolve(value as Value) : reject(refusal)));
    });
    return promise;
  }
}

/** A reader that keeps what it is handed, array by array. */
export class Keeper implements TailReader {
  readonly arrays: (readonly LogEvent[])[] = [];
  end: TailEnd | null = null;
  /** Whether it takes more after the next array. */
  takesMore = true;

  get ids(): readonly string[] {
    return this.arrays.flat().map(({ id }) => id);
  }

  take(events: readonly LogEvent[]): boolean {
    this.arrays.push(events);
    return this.takesMore;
  }

  ended(end: TailEnd): void {
    this.end = end;
  }
}

/** A long poll while it is held: it waits for something to come, and for whatever ends the wait. */
import type { ServerResponse } from 'node:http';
import type { Tail, TailReader } from '@turnlog/core/tails';
import type { Held } from './streams.ts';

/** What a wait has ended with: there may be more to read, or there will be none in time. */
export type WaitEnd = 'more' | 'over' | 'revoked';

export class HeldPoll implements TailReader, Held {
  readonly #tail: Tail;
  readonly #waitMs: number;
  /** Runs from the first wait on. */
  #timer: NodeJS.Timeout | null = null;
  #end: WaitEnd | null = null;
  #wake: ((end: WaitEnd) => void) | null = null;

  constructor(tail: Tail, waitMs: number, outgoing: ServerResponse | undefined) {
    this.#tail = tail;
    this.#waitMs = waitMs;
    if (outgoing?.destroyed === true) this.#settle('over');
    else outgoing?.once('close', () => this.#settle('over'));
  }

  /** Resolves when events have come since the last call, or the wait is over. */
  async next(): Promise<WaitEnd> {
    if (this.#end === 'more') this.#end = null;
    if (this.#timer === null) {
      this.#timer = setTimeout(() => this.#settle('over'), this.#waitMs);
      this.#tail.start(this);
    } else this.#tail.resume();
    if (this.#end !== null) return this.#end;
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  /** One batch is enough to look again; more may come when the next wait begins. */
  take(): boolean {
    this.#settle('more');
    return false;
  }

  /** The end of a session ends the wait; what is there to say, the list says. */
  ended(): void {
    this.#settle('over');
  }

  look(): void {}

  revoke(): void {
    this.#settle('revoked');
  }

  drain(): void {
    this.#settle('over');
  }

  #settle(end: WaitEnd): void {
    if (this.#end !== null && this.#end !== 'more') return;
    this.#end = end;
    this.#wake?.(end);
    this.#wake = null;
  }
}

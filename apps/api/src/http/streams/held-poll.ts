/** A long poll while it is held: it waits for something to come, and for whatever ends the wait. */
import type { ServerResponse } from 'node:http';
import type { Tail, TailReader } from '@turnlog/core/tails';
import type { Held } from './streams.ts';

/** What a wait has ended with: there may be more to read, or there will be none in time. */
export type WaitEnd = 'more' | 'over' | 'revoked';

export class HeldPoll implements TailReader, Held {
  readonly #tail: Tail;
  readonly #timer: NodeJS.Timeout;
  #started = false;
  #end: WaitEnd | null = null;
  #wake: ((end: WaitEnd) => void) | null = null;

  constructor(tail: Tail, waitMs: number, outgoing: ServerResponse | undefined) {
    this.#tail = tail;
    this.#timer = setTimeout(() => this.#settle('over'), waitMs);
    if (outgoing?.destroyed === true) this.#settle('over');
    else outgoing?.once('close', () => this.#settle('over'));
  }

  /** Resolves when events have come since the last call, or the wait is over. */
  async next(): Promise<WaitEnd> {
    if (this.#end === 'more') this.#end = null;
    if (!this.#started) this.#tail.start(this);
    else this.#tail.resume();
    this.#started = true;
    if (this.#end !== null) return this.#end;
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#tail.close();
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

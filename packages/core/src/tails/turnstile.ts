/**
 * Lets a bounded number of readers through in one turn of the event loop, first come first served: however many read
 * history at once, other work waits for a few of their reads at most.
 */
export class Turnstile {
  readonly #perTurn: number;
  readonly #nextTurn: () => Promise<void>;
  readonly #waiting: (() => void)[] = [];
  #passed = 0;
  #turning = false;

  constructor(perTurn: number, nextTurn: () => Promise<void>) {
    this.#perTurn = perTurn;
    this.#nextTurn = nextTurn;
  }

  /** Resolves when it is the caller's turn. */
  async pass(): Promise<void> {
    if (!this.#turning) void this.#turn();
    if (this.#waiting.length === 0 && this.#passed < this.#perTurn) {
      this.#passed++;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async #turn(): Promise<void> {
    this.#turning = true;
    do {
      await this.#nextTurn();
      const next = this.#waiting.splice(0, this.#perTurn);
      this.#passed = next.length;
      for (const resolve of next) resolve();
    } while (this.#passed > 0);
    this.#turning = false;
  }
}

/** Tells those who wait that something has happened. */
export class Bell {
  /** How often it was rung. */
  count = 0;
  readonly #waiting = new Set<() => void>();

  ring(): void {
    this.count++;
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** Resolves once it has been rung more than `count` times. */
  async rungSince(count: number): Promise<void> {
    while (this.count <= count) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }
}

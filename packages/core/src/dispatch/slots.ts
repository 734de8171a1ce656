/** Attempts under way in the process: a bounded number, shared out so that no lane takes all. */

export interface Sender {
  /** Begins one attempt, whose promise never rejects; null: there is nothing to send now. Asked again until null. */
  begin(): Promise<void> | null;
}

export class Slots {
  #free: number;
  /** Who may have something to send; whoever was served goes to the end. */
  readonly #queue = new Set<Sender>();
  #serving = false;

  constructor(slots: number) {
    this.#free = slots;
  }

  /** Lets a sender begin what it has, as slots become free. */
  enter(sender: Sender): void {
    this.#queue.add(sender);
    this.#serve();
  }

  leave(sender: Sender): void {
    this.#queue.delete(sender);
  }

  #serve(): void {
    if (this.#serving) return;
    this.#serving = true;
    try {
      // A set hands out what is added to its end while it is gone through: the round goes on until nobody is left.
      for (const sender of this.#queue) {
        if (this.#free === 0) break;
        this.#queue.delete(sender);
        const attempt = sender.begin();
        if (attempt === null) continue;
        this.#free--;
        this.#queue.add(sender);
        void attempt.then(() => this.#release());
      }
    } finally {
      this.#serving = false;
    }
  }

  #release(): void {
    this.#free++;
    this.#serve();
  }
}

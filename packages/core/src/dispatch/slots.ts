/** Attempts under way in the process: a bounded number, shared out so that no lane takes all. */

export interface Sender {
  /** Begins one attempt, whose promise never rejects; null: there is nothing to send now. Never throws; asked again until null. */
  begin(): Promise<void> | null;
}

/** Attempts that are begun, each with a letter to write and sign, before other work gets a turn. */
const BEGUN_PER_TURN = 32;

export class Slots {
  readonly #nextTurn: () => Promise<void>;
  #free: number;
  /** Who may have something to send; whoever was served goes to the end. */
  readonly #queue = new Set<Sender>();
  #serving = false;

  constructor(slots: number, nextTurn: () => Promise<void>) {
    this.#free = slots;
    this.#nextTurn = nextTurn;
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
    if (this.#round() < BEGUN_PER_TURN) this.#serving = false;
    else void this.#nextTurn().then(() => this.#serveAgain());
  }

  #serveAgain(): void {
    this.#serving = false;
    this.#serve();
  }

  /** Answers how many attempts were begun. */
  #round(): number {
    let begun = 0;
    // A set hands out what is added to its end while it is gone through: the round goes on until nobody is left.
    for (const sender of this.#queue) {
      if (this.#free === 0 || begun === BEGUN_PER_TURN) break;
      this.#queue.delete(sender);
      const attempt = sender.begin();
      if (attempt === null) continue;
      begun++;
      this.#free--;
      this.#queue.add(sender);
      void attempt.then(() => this.#release());
    }
    return begun;
  }

  #release(): void {
    this.#free++;
    this.#serve();
  }
}

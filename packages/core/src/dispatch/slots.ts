/** Attempts under way in the process: a bounded number, shared out so that no lane takes all. */

export interface Sender {
  /** Whether its endpoint has only failed of late: all such share half of the slots, so that they never hold all of them. */
  readonly isSuspect: boolean;
  /** Begins one attempt, whose promise never rejects; null: there is nothing to send now. Never throws; asked again until null. */
  begin(): Promise<void> | null;
}

/** Attempts that are begun, each with a letter to write and sign, before other work gets a turn. */
const BEGUN_PER_TURN = 32;

/** Senders that wait for slots of one kind; whoever was served goes to the end. */
interface Line {
  readonly waiting: Set<Sender>;
  free: number;
}

export class Slots {
  readonly #nextTurn: () => Promise<void>;
  #free: number;
  /** Of those whose endpoints answer, which are served first, and of the others. */
  readonly #sound: Line;
  readonly #suspect: Line;
  #serving = false;

  constructor(slots: number, nextTurn: () => Promise<void>) {
    this.#free = slots;
    this.#sound = { waiting: new Set(), free: slots };
    this.#suspect = { waiting: new Set(), free: Math.ceil(slots / 2) };
    this.#nextTurn = nextTurn;
  }

  /** Lets a sender begin what it has, as slots become free. */
  enter(sender: Sender): void {
    this.#wait(sender);
    this.#serve();
  }

  leave(sender: Sender): void {
    this.#sound.waiting.delete(sender);
    this.#suspect.waiting.delete(sender);
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
    for (const line of [this.#sound, this.#suspect]) {
      // A set hands out what is added to its end while it is gone through: the round goes on until nobody is left.
      for (const sender of line.waiting) {
        if (this.#free === 0 || line.free === 0 || begun === BEGUN_PER_TURN) break;
        line.waiting.delete(sender);
        const attempt = sender.begin();
        if (attempt === null) continue;
        begun++;
        this.#free--;
        line.free--;
        this.#wait(sender);
        void attempt.then(() => this.#release(line));
      }
    }
    return begun;
  }

  #wait(sender: Sender): void {
    this.leave(sender);
    (sender.isSuspect ? this.#suspect : this.#sound).waiting.add(sender);
  }

  #release(line: Line): void {
    this.#free++;
    line.free++;
    this.#serve();
  }
}

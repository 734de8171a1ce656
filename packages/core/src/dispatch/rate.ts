/** At most so many sends in any second, spread evenly; a send that came a little late is caught up with. */

const SECOND_US = 1_000_000;
/** How far behind its even pace a lane may catch up. */
const LATE_US = 50_000;

export class Rate {
  readonly #intervalUs: number;
  /** When the last sends were, as many as fit into a second, in a ring. */
  readonly #sentUs: Float64Array;
  #oldest = 0;
  #nextUs = Number.NEGATIVE_INFINITY;

  /** `perSecond`: a whole number from 1. */
  constructor(perSecond: number) {
    this.#intervalUs = SECOND_US / perSecond;
    this.#sentUs = new Float64Array(perSecond).fill(Number.NEGATIVE_INFINITY);
  }

  /** When the next send may be; not later than now: at once. */
  get nextUs(): number {
    return Math.max(this.#nextUs, (this.#sentUs[this.#oldest] as number) + SECOND_US);
  }

  /** Notes a send. */
  take(nowUs: number): void {
    this.#nextUs = Math.max(this.#nextUs, nowUs - LATE_US) + this.#intervalUs;
    this.#sentUs[this.#oldest] = nowUs;
    this.#oldest = (this.#oldest + 1) % this.#sentUs.length;
  }
}

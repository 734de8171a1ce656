/** Many instants in little memory, exact to the nanosecond, and the order in which they lie. */
import { parseInstant } from '@turnlog/core/clock';

const FRACTION = /\.(\d{1,9})/;
const NANO_DIGITS = 9;
const MICROS_PER_SECOND = 1_000_000;
const FIRST_ROOM = 256;

export class Instants {
  length = 0;
  /** Whether each that was added is not before the one added before it. */
  rising = true;
  #seconds = new Float64Array(FIRST_ROOM);
  #nanos = new Uint32Array(FIRST_ROOM);

  /** Adds a checked RFC 3339 time. */
  add(text: string): void {
    if (this.length === this.#seconds.length) this.#grow();
    const whole = parseInstant(text.replace(FRACTION, ''));
    const index = this.length++;
    this.#seconds[index] = (whole?.floorUs ?? 0) / MICROS_PER_SECOND;
    this.#nanos[index] = Number((FRACTION.exec(text)?.[1] ?? '').padEnd(NANO_DIGITS, '0'));
    if (index > 0 && this.compare(index - 1, index) > 0) this.rising = false;
  }

  /** Negative when the first lies before the second. */
  compare(a: number, b: number): number {
    return at(this.#seconds, a) - at(this.#seconds, b) || at(this.#nanos, a) - at(this.#nanos, b);
  }

  /**
   * The numbers in which they were added, earliest first, those of one instant in the order of their numbers. Merges what
   * rises already; resolves `turn` between bounded pieces of work.
   */
  async order(turn: () => Promise<void>): Promise<Uint32Array> {
    let from = Uint32Array.from({ length: this.length }, (_, index) => index);
    let into = new Uint32Array(this.length);
    let ends = this.#risingRuns(from);
    while (ends.length > 1) {
      const merged: number[] = [];
      for (let run = 0; run < ends.length; run += 2) {
        const start = run === 0 ? 0 : at(ends, run - 1);
        const middle = at(ends, run);
        const end = ends[run + 1] ?? middle;
        await this.#merge(from, into, { start, middle, end }, turn);
        merged.push(end);
      }
      [from, into] = [into, from];
      ends = merged;
    }
    return from;
  }

  /** Where the runs that rise end. */
  #risingRuns(order: Uint32Array): readonly number[] {
    const ends: number[] = [];
    for (let i = 1; i < order.length; i++) if (this.compare(i - 1, i) > 0) ends.push(i);
    ends.push(order.length);
    return ends;
  }

  async #merge(
    from: Uint32Array,
    into: Uint32Array,
    { start, middle, end }: { readonly start: number; readonly middle: number; readonly end: number },
    turn: () => Promise<void>,
  ): Promise<void> {
    let left = start;
    let right = middle;
    for (let i = start; i < end; i++) {
      const takesLeft = left < middle && (right >= end || this.compare(at(from, left), at(from, right)) <= 0);
      into[i] = takesLeft ? at(from, left++) : at(from, right++);
      if (i % STEPS_PER_TURN === STEPS_PER_TURN - 1) await turn();
    }
  }

  #grow(): void {
    const seconds = new Float64Array(2 * this.length);
    const nanos = new Uint32Array(2 * this.length);
    seconds.set(this.#seconds);
    nanos.set(this.#nanos);
    this.#seconds = seconds;
    this.#nanos = nanos;
  }
}

const STEPS_PER_TURN = 16_384;

/** An element that the caller knows to be inside the list. */
function at(list: ArrayLike<number>, index: number): number {
  return list[index] as number;
}

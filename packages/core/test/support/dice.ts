/** Choices that are the same for the same seed. */
import { seededBytes } from './random.ts';

export class Dice {
  readonly #bytes: ReturnType<typeof seededBytes>;

  constructor(seed: number) {
    this.#bytes = seededBytes(seed);
  }

  /** A whole number from 0 up to, and without, `limit`. */
  below(limit: number): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#bytes(4);
    return (((a << 24) | (b << 16) | (c << 8) | d) >>> 0) % limit;
  }

  chance(probability: number): boolean {
    return this.below(1_000_000) < probability * 1_000_000;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item;
  }
}

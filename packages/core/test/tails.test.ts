/** Whatever happens in whatever order, a tail equals history (I6). */
import { describe, expect, it } from 'vitest';
import { violationsOf } from './support/tail-world.ts';

const WORLDS = 3_000;

describe('tails', () => {
  it('hand over everything behind their start, in order and once, and end when their session has ended', async () => {
    for (let seed = 1; seed <= WORLDS; seed++) {
      expect(await violationsOf(seed), `the world of seed ${seed}`).toEqual([]);
    }
  });
});

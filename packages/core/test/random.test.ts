import { expect, it } from 'vitest';
import { pooled } from '../src/random.ts';

it('hands out every byte of its source once, whatever lengths are asked for', () => {
  let drawn = 0;
  const random = pooled((length) => Uint8Array.from({ length }, () => drawn++ % 251));
  const bytes: number[] = [];
  for (const length of [1, 9, 0, 8_182, 9, 20_000, 3]) {
    const piece = random(length);
    expect(piece).toHaveLength(length);
    bytes.push(...piece);
  }
  const fromFirstPool = bytes.slice(0, 8_192);
  expect(fromFirstPool).toEqual(Array.from({ length: 8_192 }, (_, n) => n % 251));
  expect(drawn).toBe(8_192 + 8_192 + 20_000 + 8_192);
});

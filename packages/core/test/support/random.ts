/** Unpredictable bytes that a test can predict. */
import type { RandomBytes } from '../../src/ids.ts';

/** Bytes of good quality (SplitMix32), the same for the same seed. */
export function seededBytes(seed: number): RandomBytes {
  let state = seed | 0;
  return (length) =>
    Uint8Array.from({ length }, () => {
      state = (state + 0x9e3779b9) | 0;
      let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
      return (mixed ^ (mixed >>> 15)) & 0xff;
    });
}

export const allBytes =
  (byte: number): RandomBytes =>
  (length) =>
    new Uint8Array(length).fill(byte);

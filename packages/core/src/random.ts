/** Randomness drawn from the system in larger pieces: ids take eight or nine bytes each. */
import type { RandomBytes } from './ids.ts';

const POOL_BYTES = 8_192;

/** The same bytes as `source` gives, none of them twice, from a pool that it fills. */
export function pooled(source: RandomBytes): RandomBytes {
  let pool = new Uint8Array(0);
  return (length) => {
    if (pool.length < length) pool = Uint8Array.from(source(Math.max(POOL_BYTES, length)));
    const bytes = pool.subarray(0, length);
    pool = pool.subarray(length);
    return bytes;
  };
}

/** Random lives of webhooks: processes that die at any moment, endpoints that fail, orders that must hold. */
import { describe, expect, it } from 'vitest';
import { type Fault, violationsOf } from './support/dispatch-world.ts';

const WORLDS = Number(process.env['DISPATCH_WORLDS'] ?? 60);
const FIRST = Number(process.env['DISPATCH_SEED'] ?? 1);
/** Worlds of which one must show a fault. */
const FAULTY_WORLDS = 100;

describe('however often processes die', () => {
  it.each(Array.from({ length: 6 }, (_, n) => n))('nothing is lost and orders hold, part %i', async (part) => {
    for (let seed = FIRST + part; seed < FIRST + WORLDS; seed += 6) {
      expect(await violationsOf(seed), `seed ${seed}`).toEqual([]);
    }
  });
});

describe('the worlds notice when', () => {
  const FAULTS: readonly NonNullable<Fault>[] = ['cursor ahead of its attempts', 'no fence'];
  it.each(FAULTS)('there is %s', async (fault) => {
    for (let seed = 1; seed <= FAULTY_WORLDS; seed++) {
      if ((await violationsOf(seed, fault)).length > 0) return;
    }
    expect.fail(`No world of ${FAULTY_WORLDS} shows it.`);
  });
});

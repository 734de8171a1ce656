import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { PlantedFault } from './durability/faulty-server.ts';
import { runRounds } from './durability/rounds.ts';

const FAULTY_SERVER = fileURLToPath(new URL('./durability/faulty-server.ts', import.meta.url));
const MINUTES = 60_000;
const seed = Number(process.env['TURNLOG_SEED'] ?? Math.floor(Math.random() * 0xffff_ffff));

test(
  'I4, I5: 25 crashes under 8 writers lose no acknowledged event, store none twice and leave no hole',
  async () => {
    const report = await runRounds({ rounds: 25, seed });
    console.log(`durability, seed ${seed}:`, report);
    expect(report.violations, `TURNLOG_SEED=${seed}`).toEqual([]);
    expect(report.rounds).toBe(25);
    expect(report.acknowledged).toBeGreaterThan(25 * 8);
    expect(report.replays).toBeGreaterThan(0);
  },
  4 * MINUTES,
);

test.each<[PlantedFault, RegExp]>([
  ['acknowledged-before-commit', /is lost/],
  ['key-after-commit', /stored twice/],
  ['cursor-off-by-one', /seq \d+ stands at place \d+/],
])(
  'the rounds see a planted fault: %s',
  async (fault, expected) => {
    const environment = { PLANTED_FAULT: fault };
    const report = await runRounds({ rounds: 25, seed, entry: FAULTY_SERVER, environment, untilViolated: true });
    expect(report.violations.join('\n'), `TURNLOG_SEED=${seed}`).toMatch(expected);
  },
  4 * MINUTES,
);

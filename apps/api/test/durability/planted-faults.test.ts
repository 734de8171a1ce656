/** Proof that the rounds see what they are there for. */
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { PlantedFault } from './faulty-server.ts';
import { runRounds } from './rounds.ts';

const FAULTY_SERVER = fileURLToPath(new URL('./faulty-server.ts', import.meta.url));
const MINUTES = 60_000;
const seed = Number(process.env['TURNLOG_SEED'] ?? Math.floor(Math.random() * 0xffff_ffff));

test.each<[PlantedFault, RegExp]>([
  ['acknowledged-before-commit', /is lost/],
  ['shown-before-commit', /was shown before a crash and is gone after it/],
  ['key-after-commit', /stored twice/],
  ['cursor-off-by-one', /seq \d+ stands at place \d+|order=desc is not order=asc reversed/],
  ['subscribe-after-reading', /\((tail|poller)\): stuck at \S+, missing \d+ from/],
  ['dropped-wake-up', /\((tail|poller)\): stuck at \S+, missing \d+ from/],
  ['resume-id-too-late', /\(tail\): \d+ events were skipped/],
  ['resume-id-too-early', /\(tail\): \S+ was shown again/],
])(
  'the rounds see a planted fault: %s',
  async (fault, expected) => {
    console.log(`durability, ${fault}, seed ${seed}`);
    const report = await runRounds({
      ...{ rounds: 25, seed, untilViolated: expected, catchUpMs: 500, batchesBefore: 50 },
      ...{ entry: FAULTY_SERVER, environment: { PLANTED_FAULT: fault } },
    });
    expect(report.violations.join('\n'), `TURNLOG_SEED=${seed}`).toMatch(expected);
  },
  4 * MINUTES,
);

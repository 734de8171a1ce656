/** Proof that the rounds of webhooks see what they are there for. */
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { PlantedFault } from './faulty-server.ts';
import { runWebhookRounds } from './webhook-rounds.ts';

const FAULTY_SERVER = fileURLToPath(new URL('./faulty-server.ts', import.meta.url));
const MINUTES = 60_000;
const seed = Number(process.env['TURNLOG_SEED'] ?? Math.floor(Math.random() * 0xffff_ffff));
/** What those do to whom a lane goes while its last owner does not know it: they begin with what that one has under way. */
const OVERLAP = /came again without a crash|attempts were under way at once|events are logged twice/;

/** With how long the rounds may take to settle: what never arrives must have had its time. */
test.each<[PlantedFault, RegExp, number]>([
  ['cursor-before-attempt', /: \d+ events never arrived/, 15_000],
  ['lease-shared', /came again without a crash/, 5_000],
  ['lease-not-fenced', /^rpl_\w+: (?:it counts \d+ as delivered|-?\d+ delivered \+ -?\d+ failed are not)/m, 5_000],
])(
  'the rounds see a planted fault: %s',
  async (fault, expected, settleMs) => {
    console.log(`webhook-durability, ${fault}, seed ${seed}`);
    const { violations } = await rounds(fault, settleMs);
    expect(violations.join('\n'), `TURNLOG_SEED=${seed}`).toMatch(expected);
  },
  4 * MINUTES,
);

test(
  'of two servers over one log one alone delivers',
  async () => {
    const { violations } = await rounds('two-servers');
    expect(violations, `TURNLOG_SEED=${seed}`).toEqual([]);
  },
  4 * MINUTES,
);

test(
  'lanes whose owner loses them again and again lose nothing, keep the order, and count replays exactly',
  async () => {
    const { violations } = await rounds('lease-lapses');
    const found = violations.filter((violation) => !OVERLAP.test(violation));
    expect(found, `TURNLOG_SEED=${seed}`).toEqual([]);
  },
  4 * MINUTES,
);

function rounds(fault: PlantedFault, settleMs = 60_000) {
  const environment = { PLANTED_FAULT: fault };
  return runWebhookRounds({ kills: 3, seed, cast: 'recovering', settleMs, entry: FAULTY_SERVER, environment });
}

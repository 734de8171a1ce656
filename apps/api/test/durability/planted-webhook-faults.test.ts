/** Proof that the rounds of webhooks see what they are there for. */
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { PlantedFault } from './faulty-server.ts';
import { runWebhookRounds } from './webhook-rounds.ts';

const FAULTY_SERVER = fileURLToPath(new URL('./faulty-server.ts', import.meta.url));
const MINUTES = 60_000;
const seed = Number(process.env['TURNLOG_SEED'] ?? Math.floor(Math.random() * 0xffff_ffff));
/** What two who deliver at once may do for as long as the one does not know of the other. */
const OVERLAP = /came again without a crash|attempts were under way at once/;

test.each<[PlantedFault, RegExp]>([
  ['cursor-before-attempt', /: \d+ events never arrived/],
  ['lease-not-fenced', /events are logged twice/],
])(
  'the rounds see a planted fault: %s',
  async (fault, expected) => {
    console.log(`webhook-durability, ${fault}, seed ${seed}`);
    const { violations } = await rounds(fault);
    expect(violations.join('\n'), `TURNLOG_SEED=${seed}`).toMatch(expected);
  },
  4 * MINUTES,
);

test(
  'lanes that change hands again and again lose nothing, keep the order, and log everything once',
  async () => {
    const { violations } = await rounds('lease-lapses');
    const found = violations.filter((violation) => !OVERLAP.test(violation));
    expect(found, `TURNLOG_SEED=${seed}`).toEqual([]);
  },
  4 * MINUTES,
);

function rounds(fault: PlantedFault) {
  const environment = { PLANTED_FAULT: fault };
  return runWebhookRounds({ kills: 4, seed, cast: 'recovering', settleMs: 20_000, entry: FAULTY_SERVER, environment });
}

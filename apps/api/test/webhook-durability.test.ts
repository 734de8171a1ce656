import { expect, test } from 'vitest';
import { runReplayCrash } from './durability/replay-crash.ts';
import { runWebhookRounds } from './durability/webhook-rounds.ts';

const MINUTES = 60_000;
const seed = Number(process.env['TURNLOG_SEED'] ?? Math.floor(Math.random() * 0xffff_ffff));

test(
  'I9: webhooks get every event at least once, in session order where asked, though the server is killed 5 times',
  async () => {
    const report = await runWebhookRounds({ kills: 5, seed });
    console.log(`webhook-durability, seed ${seed}:`, report);
    expect(report.violations, `TURNLOG_SEED=${seed}`).toEqual([]);
    expect(report.kills).toBe(5);
    expect(report.events).toBeGreaterThan(100);
    for (const requests of Object.values(report.byEndpoint)) expect(requests).toBeGreaterThan(0);
    expect(report.replays.length).toBeGreaterThan(1);
    expect(report.replayed).toBeGreaterThan(0);
  },
  4 * MINUTES,
);

test(
  'I9: a replay that is killed in the middle ends with delivered + failed = total, while live deliveries go on',
  async () => {
    const options = { events: 2_000, seed, liveRate: 50, liveBefore: 50, settleMs: 60_000 };
    const { violations, replay, live } = await runReplayCrash(options);
    console.log(`replay-durability, seed ${seed}:`, replay, live);
    expect(violations, `TURNLOG_SEED=${seed}`).toEqual([]);
    expect(replay).toMatchObject({ status: 'completed', delivered: 2_000, failed: 0, total: 2_000 });
  },
  4 * MINUTES,
);

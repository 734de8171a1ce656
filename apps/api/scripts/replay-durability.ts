/**
 * `pnpm -C apps/api replay-durability [EVENTS] [SEED]`: replays 100,000 events unless told otherwise, kills the server in
 * the middle, and prints how the replay ended and how live deliveries kept their pace beside it.
 */
import { runReplayCrash } from '../test/durability/replay-crash.ts';

const [events = '100000', seed = String(Date.now() % 0xffff_ffff)] = process.argv.slice(2);
console.log(`${events} events, seed ${seed}`);
const common = { liveRate: 100, liveBefore: 1_000, settleMs: 10 * 60_000 };
const { violations, ...figures } = await runReplayCrash({ ...common, events: Number(events), seed: Number(seed) });
console.log(figures);
for (const violation of violations.slice(0, 100)) console.log(violation);
console.log(`${violations.length} violations`);
process.exitCode = violations.length > 0 ? 1 : 0;

/**
 * `pnpm -C apps/api webhook-durability [KILLS] [SEED]`: kills a server that delivers to endpoints well and ill, 50 times
 * unless told otherwise, lets it settle, and prints what reached them. Ends with 1 when anything was lost, out of order,
 * or none of theirs.
 */
import { runWebhookRounds } from '../test/durability/webhook-rounds.ts';

const [kills = '50', seed = String(Date.now() % 0xffff_ffff)] = process.argv.slice(2);
console.log(`${kills} kills, seed ${seed}`);
const startMs = performance.now();
const { violations, ...figures } = await runWebhookRounds({ kills: Number(kills), seed: Number(seed) });
console.log(figures);
for (const violation of violations.slice(0, 100)) console.log(violation);
console.log(`${violations.length} violations; ${Math.round((performance.now() - startMs) / 1000)} s`);
process.exitCode = violations.length > 0 ? 1 : 0;

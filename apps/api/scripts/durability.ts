/**
 * `pnpm -C apps/api durability [ROUNDS] [SEED]`: crashes and restarts a server under writers and readers, 200 times unless
 * told otherwise, and prints what happened. Ends with 1 when anything was lost, skipped, repeated or shown too early.
 */
import { runRounds } from '../test/durability/rounds.ts';

const [rounds = '200', seed = String(Date.now() % 0xffff_ffff)] = process.argv.slice(2);
console.log(`${rounds} rounds, seed ${seed}`);
const startMs = performance.now();
const report = await runRounds({ rounds: Number(rounds), seed: Number(seed) });
console.log(report);
console.log(`${Math.round((performance.now() - startMs) / 1000)} s`);
process.exitCode = report.violations.length > 0 ? 1 : 0;

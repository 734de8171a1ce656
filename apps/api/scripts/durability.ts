/** `pnpm -C apps/api durability [ROUNDS] [SEED]`: crashes and restarts a server, 200 times unless told otherwise. */
import { runRounds } from '../test/durability/rounds.ts';

const [rounds = '200', seed = String(Date.now() % 0xffff_ffff)] = process.argv.slice(2);
console.log(`${rounds} rounds, seed ${seed}`);
const report = await runRounds({ rounds: Number(rounds), seed: Number(seed) });
console.log(report);
process.exitCode = report.violations.length > 0 ? 1 : 0;

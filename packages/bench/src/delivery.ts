/**
 * How long an event takes from the request that stores it to the clients that follow its session, against a bare
 * `node:http` server that passes the same frame on without storing it, in alternating rounds of one run.
 * `pnpm -C packages/bench delivery`.
 */
import { MeasuredServer } from './measured-server.ts';
import { StreamReaders } from './stream-readers.ts';
import { MESSAGE, quantile, Turnlog } from './turnlog.ts';

const BARE = new URL('./bare-stream-server.ts', import.meta.url);
const TAILS = 100;
const ROUNDS = 7;
const EVENTS = 300;

const turnlog = await Turnlog.start();
const bare = await MeasuredServer.start(BARE, {});
const session = await turnlog.newSession();
const text = await turnlog.append(session, MESSAGE);
const frame = `id: ${(JSON.parse(text) as { id: string }).id}\nevent: ${MESSAGE.type}\ndata: ${text}\n\n`;
const url = `${turnlog.events(session)}/stream`;
const mine = await StreamReaders.open({ url, headers: turnlog.headers, count: TAILS });
const other = await StreamReaders.open({ url: bare.url, headers: {}, count: TAILS });

const ours: number[] = [];
const theirs: number[] = [];
for (let round = 0; round <= ROUNDS; round++) {
  const my = await times(mine, () => turnlog.append(session, MESSAGE));
  const its = await times(other, async () => (await fetch(bare.url, { method: 'POST', body: frame })).arrayBuffer());
  if (round === 0) continue; // it warms up
  ours.push(...my);
  theirs.push(...its);
}
mine.close();
other.close();
await turnlog.stop();
await bare.stop();
console.log(`from the request to the last of ${TAILS} tails; ${ROUNDS} rounds of ${EVENTS} events, one at a time`);
console.log(`  turnlog    ${summary(ours)}, stored with synchronous=FULL first`);
console.log(`  node:http  ${summary(theirs)}, passed on only`);

async function times(readers: StreamReaders, send: () => Promise<unknown>): Promise<number[]> {
  const taken: number[] = [];
  for (let event = 0; event < EVENTS; event++) {
    const arrived = readers.frames(TAILS);
    const startMs = performance.now();
    await send();
    await arrived;
    taken.push(performance.now() - startMs);
  }
  return taken;
}

function summary(milliseconds: readonly number[]): string {
  const at = (share: number) => quantile(milliseconds, share).toFixed(2);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`;
}

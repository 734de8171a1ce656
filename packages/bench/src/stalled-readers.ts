/**
 * A thousand readers that stop reading, under load, beside some that do not: what the server's memory grows by, how soon
 * it has let go of them, and what the others notice. `pnpm -C packages/bench stalled-readers`.
 */
import { StreamReaders } from './stream-readers.ts';
import { quantile, Turnlog } from './turnlog.ts';

const STALLED = 1_000;
const HEALTHY = 20;
const EVENTS = 250;
const EVENT_CHARACTERS = 16 * 1024;
const EVENT = { type: 'note.large', text: 'x'.repeat(EVENT_CHARACTERS) };
const MEBIBYTE = 1024 * 1024;

const turnlog = await Turnlog.start({ STREAMS_PER_TOKEN: '10000' });
const { headers, server } = turnlog;
const session = await turnlog.newSession();
const url = `${turnlog.events(session)}/stream`;

const healthy = await StreamReaders.open({ url, headers, count: HEALTHY });
const alone = await load();
const stalled = await StreamReaders.open({ url, headers, count: STALLED });
stalled.stall();
const before = await server.residentBytes();
let most = before;
const beside = await load(async () => {
  most = Math.max(most, await server.residentBytes());
});
console.log(`${STALLED} stalled readers, ${HEALTHY} healthy ones, ${EVENTS} events of ${EVENT_CHARACTERS / 1024} KiB`);
console.log(
  `  memory      ${((most - before) / MEBIBYTE).toFixed(0)} MiB more at most, of ${mebibytes(EVENTS * STALLED)} MiB held back`,
);
console.log(`  ended       ${await stalled.ended()} of ${STALLED} stalled readers, by the end of the load`);
console.log(`  delivery    p50 ${alone.p50} ms, p99 ${alone.p99} ms to the healthy ones alone`);
console.log(`  delivery    p50 ${beside.p50} ms, p99 ${beside.p99} ms beside the stalled ones`);
healthy.close();
stalled.close();
await turnlog.stop();

/** Sends the events one by one; a delivery lasts from the request until all healthy readers have the event. */
async function load(look: () => Promise<void> = async () => {}): Promise<{ p50: string; p99: string }> {
  const times: number[] = [];
  for (let event = 0; event < EVENTS; event++) {
    const arrived = healthy.frames(HEALTHY);
    const startMs = performance.now();
    await turnlog.append(session, EVENT);
    await arrived;
    times.push(performance.now() - startMs);
    if (event % 20 === 0) await look();
  }
  return { p50: quantile(times, 0.5).toFixed(1), p99: quantile(times, 0.99).toFixed(1) };
}

function mebibytes(events: number): string {
  return ((events * EVENT_CHARACTERS) / MEBIBYTE).toFixed(0);
}

/**
 * What streams cost: resident memory of an idle one, and the CPU of one event to a thousand of them, against a bare
 * `node:http` server that writes the same frame to as many sockets, in alternating rounds of one run.
 * `pnpm -C packages/bench streams`.
 */
import { MeasuredServer } from './measured-server.ts';
import { StreamReaders } from './stream-readers.ts';
import { MESSAGE, median, Turnlog } from './turnlog.ts';

const BARE = new URL('./bare-stream-server.ts', import.meta.url);
const IDLE = 2_000;
const TAILS = 1_000;
const ROUNDS = 7;
const EVENTS = 40;

const turnlog = await Turnlog.start({ STREAMS_PER_TOKEN: '10000' });
const bare = await MeasuredServer.start(BARE, {});
const session = await turnlog.newSession();
const { headers } = turnlog;
const ours = { name: 'turnlog', server: turnlog.server, url: `${turnlog.events(session)}/stream` };
const theirs = { name: 'node:http', server: bare, url: bare.url };

console.log(`resident memory of an idle stream, at ${IDLE}, on a server that was just started:`);
for (const one of [ours, theirs]) console.log(`  ${one.name.padEnd(10)} ${await idleKib(one)} KiB`);
await fanOut();
await turnlog.stop();
await bare.stop();

type Measured = typeof ours;

async function idleKib({ server, url }: Measured): Promise<string> {
  (await StreamReaders.open({ url, headers, count: 200 })).close();
  const before = await server.residentBytes();
  const readers = await StreamReaders.open({ url, headers, count: IDLE });
  const after = await server.residentBytes();
  readers.close();
  return ((after - before) / IDLE / 1024).toFixed(1);
}

async function fanOut(): Promise<void> {
  const frame = await oneFrame();
  const mine = await StreamReaders.open({ ...ours, headers, count: TAILS });
  const other = await StreamReaders.open({ ...theirs, headers: {}, count: TAILS });
  const rounds = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const my = await cpuPerEvent(turnlog.server, mine, () => turnlog.append(session, MESSAGE));
    const its = await cpuPerEvent(bare, other, () => write(frame));
    if (round > 0) rounds.push({ my, its, ratio: my / its }); // the first one warms up
  }
  mine.close();
  other.close();
  console.log(`one event (a frame of ${frame.length} bytes) to ${TAILS} tails; ${ROUNDS} rounds of ${EVENTS} events`);
  console.log('server CPU per event, median of the rounds:');
  console.log(`  turnlog    ${(median(rounds.map(({ my }) => my)) / 1000).toFixed(2)} ms, its append included`);
  console.log(`  node:http  ${(median(rounds.map(({ its }) => its)) / 1000).toFixed(2)} ms, the same frame`);
  console.log(`  ratio      ${median(rounds.map(({ ratio }) => ratio)).toFixed(2)}`);
}

async function cpuPerEvent(
  server: MeasuredServer,
  readers: StreamReaders,
  send: () => Promise<unknown>,
): Promise<number> {
  const before = await server.cpuMicros();
  for (let event = 0; event < EVENTS; event++) {
    const arrived = readers.frames(TAILS);
    await send();
    await arrived;
  }
  return ((await server.cpuMicros()) - before) / EVENTS;
}

/** The frame that a stream sends for the event. */
async function oneFrame(): Promise<string> {
  const text = await turnlog.append(session, MESSAGE);
  const { id } = JSON.parse(text) as { id: string };
  return `id: ${id}\nevent: ${MESSAGE.type}\ndata: ${text}\n\n`;
}

/** Has the bare server write a frame to all its streams. */
async function write(frame: string): Promise<void> {
  await (await fetch(bare.url, { method: 'POST', body: frame })).arrayBuffer();
}

/**
 * What streams cost: resident memory of an idle one, and the CPU of one event to a thousand of them, against a bare
 * `node:http` server that writes the same frame to as many sockets, in alternating rounds of one run.
 * `pnpm -C packages/bench streams`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MeasuredServer } from './measured-server.ts';
import { StreamReaders } from './stream-readers.ts';

const TURNLOG = new URL('../../../apps/api/bin/turnlog.mjs', import.meta.url);
const BARE = new URL('./bare-stream-server.ts', import.meta.url);
const TOKEN = 'benchmark-token-0123456789-abcdefghij';
const IDLE = 2_000;
const TAILS = 1_000;
const ROUNDS = 7;
const EVENTS = 40;
const EVENT = { type: 'agent.message', content: [{ type: 'text', text: 'The test passes now. '.repeat(8) }] };

const folder = mkdtempSync(join(tmpdir(), 'turnlog-bench-'));
const environment = {
  PORT: '0',
  DATABASE_URL: `file:${join(folder, 'turnlog.db')}`,
  BOOTSTRAP_TOKEN: TOKEN,
  STREAMS_PER_TOKEN: '10000',
};
const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
const turnlog = await MeasuredServer.start(TURNLOG, environment);
const bare = await MeasuredServer.start(BARE, {});
const session = await newSession();
const stream = `${turnlog.url}/v1/sessions/${session}/events/stream`;
const frame = await oneFrame();

await memory('turnlog', turnlog, stream);
await memory('node:http', bare, bare.url);
await fanOut();
await turnlog.stop();
await bare.stop();
rmSync(folder, { recursive: true });

async function memory(name: string, server: MeasuredServer, url: string): Promise<void> {
  const warm = await StreamReaders.open({ url, headers, count: 200 });
  warm.close();
  const before = await server.residentBytes();
  const readers = await StreamReaders.open({ url, headers, count: IDLE });
  const after = await server.residentBytes();
  readers.close();
  const kib = (after - before) / IDLE / 1024;
  console.log(`resident memory of an idle stream, at ${IDLE}: ${name.padEnd(10)} ${kib.toFixed(1)} KiB`);
}

async function fanOut(): Promise<void> {
  const ours = await StreamReaders.open({ url: stream, headers, count: TAILS });
  const theirs = await StreamReaders.open({ url: bare.url, headers: {}, count: TAILS });
  const rounds = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const mine = await cpuPerEvent(turnlog, ours, () => append(JSON.stringify({ events: [EVENT] })));
    const other = await cpuPerEvent(bare, theirs, () => post(bare.url, frame));
    if (round > 0) rounds.push({ mine, other, ratio: mine / other }); // the first one warms up
  }
  ours.close();
  theirs.close();
  console.log(`one event (a frame of ${frame.length} bytes) to ${TAILS} tails; ${ROUNDS} rounds of ${EVENTS} events`);
  console.log('server CPU per event, median of the rounds:');
  console.log(`  turnlog    ${(median(rounds.map(({ mine }) => mine)) / 1000).toFixed(2)} ms, its append included`);
  console.log(`  node:http  ${(median(rounds.map(({ other }) => other)) / 1000).toFixed(2)} ms, the same frame`);
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

async function newSession(): Promise<string> {
  const { id } = (await (await post(`${turnlog.url}/v1/sessions`, '{}')).json()) as { id: string };
  return id;
}

function append(body: string): Promise<Response> {
  return post(`${turnlog.url}/v1/sessions/${session}/events`, body);
}

/** The frame that a stream sends for the event. */
async function oneFrame(): Promise<string> {
  const stored = await (await append(JSON.stringify({ events: [EVENT] }))).text();
  const text = stored.slice('{"data":['.length, -']}'.length);
  const { id } = JSON.parse(text) as { id: string };
  return `id: ${id}\nevent: ${EVENT.type}\ndata: ${text}\n\n`;
}

async function post(url: string, body: string): Promise<Response> {
  const response = await fetch(url, { method: 'POST', headers, body });
  if (!response.ok) throw new Error(await response.text());
  return response;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}

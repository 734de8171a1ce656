/**
 * A list of 20 events, against a bare `node:http` server that sends the same bytes from memory: server CPU per request,
 * in alternating rounds of one run. `pnpm -C packages/bench list-events`.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './load.ts';
import { MeasuredServer } from './measured-server.ts';

const TURNLOG = new URL('../../../apps/api/bin/turnlog.mjs', import.meta.url);
const BARE = new URL('./bare-server.ts', import.meta.url);
const RECORDING = new URL('../../../examples/recorded-session.jsonl', import.meta.url);
const TOKEN = 'benchmark-token-0123456789-abcdefghij';
const ROUNDS = 7;
const REQUESTS = 10_000;
const CONNECTIONS = 16;

const folder = mkdtempSync(join(tmpdir(), 'turnlog-bench-'));
const environment = { PORT: '0', DATABASE_URL: `file:${join(folder, 'turnlog.db')}`, BOOTSTRAP_TOKEN: TOKEN };
const headers = { Authorization: `Bearer ${TOKEN}` };

const turnlog = await MeasuredServer.start(TURNLOG, environment);
const list = await recordedSession(turnlog.url);
const body = await (await fetch(list, { headers })).text();
const bare = await MeasuredServer.start(BARE, { BODY: body });
const load = { requests: REQUESTS, connections: CONNECTIONS, headers };

const rounds = [];
await run(list, load);
await run(bare.url, load);
for (let round = 1; round <= ROUNDS; round++) {
  const ours = await cpuPerRequest(turnlog, list);
  const theirs = await cpuPerRequest(bare, bare.url);
  rounds.push({ ours, theirs, ratio: ours / theirs });
}
await turnlog.stop();
await bare.stop();
rmSync(folder, { recursive: true });

console.log(
  `GET 20 events, ${Buffer.byteLength(body)} bytes; ${ROUNDS} rounds of ${REQUESTS} requests, ${CONNECTIONS} connections`,
);
console.log('server CPU per request, median of the rounds:');
console.log(`  turnlog    ${median(rounds.map(({ ours }) => ours)).toFixed(1)} µs`);
console.log(`  node:http  ${median(rounds.map(({ theirs }) => theirs)).toFixed(1)} µs, the same bytes from memory`);
console.log(`  ratio      ${median(rounds.map(({ ratio }) => ratio)).toFixed(2)}`);

/** Stores the recorded session; answers the URL of a page of 20 of its events. */
async function recordedSession(url: string): Promise<string> {
  const lines = readFileSync(RECORDING, 'utf8').trim().split('\n');
  const post = (path: string, text: string) =>
    fetch(`${url}/v1${path}`, {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: text,
    });
  const { id } = (await (await post('/sessions', '{}')).json()) as { id: string };
  const stored = await post(`/sessions/${id}/events`, `{"events":[${lines.join(',')}]}`);
  if (stored.status !== 200) throw new Error(await stored.text());
  const page = `${url}/v1/sessions/${id}/events?limit=20`;
  const { last_id } = (await (await fetch(page, { headers })).json()) as { last_id: string };
  return `${page}&after_id=${last_id}`;
}

async function cpuPerRequest(server: MeasuredServer, url: string): Promise<number> {
  const before = await server.cpuMicros();
  await run(url, load);
  return ((await server.cpuMicros()) - before) / REQUESTS;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}

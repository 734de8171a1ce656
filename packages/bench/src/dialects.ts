/**
 * What the other dialects cost beside the native one, as server CPU per request in alternating rounds of one run: the same
 * events as a list in each, and a poll at the tail of a short session and of a long one. `pnpm -C packages/bench dialects
 * [EVENTS]`; the long session has 1,000,000 events unless told otherwise.
 */
import { readFileSync } from 'node:fs';
import { run } from './load.ts';
import { MESSAGE, median, Turnlog } from './turnlog.ts';

const RECORDING = new URL('../../../examples/recorded-session.jsonl', import.meta.url);
const ROUNDS = 7;
const REQUESTS = 2_000;
const CONNECTIONS = 16;
const LISTED = 20;
const SHORT = 10;
const LONG = Number(process.argv[2] ?? 1_000_000);
const BATCH = 500;
const WRITERS = 16;

const turnlog = await Turnlog.start();
const { url } = turnlog.server;
const { 'content-type': _, ...headers } = turnlog.headers;

interface Listed {
  readonly name: string;
  readonly path: string;
}

await compare('A list of the same 20 recorded events', await sameEvents());
await compare(`A poll with since at the tail of ${SHORT} and of ${LONG} events`, [
  { name: `${SHORT} events`, path: await pollOf(SHORT) },
  { name: `${LONG} events`, path: await pollOf(LONG) },
]);
await turnlog.stop();

/** Prints the CPU per request of each, and its ratio to the first. */
async function compare(title: string, paths: readonly Listed[]): Promise<void> {
  const rounds: number[][] = [];
  for (const { path } of paths) await cpuPerRequest(path);
  for (let round = 0; round < ROUNDS; round++) {
    const costs: number[] = [];
    for (const { path } of paths) costs.push(await cpuPerRequest(path));
    rounds.push(costs);
  }
  console.log(`${title}; ${ROUNDS} rounds of ${REQUESTS} requests, ${CONNECTIONS} connections. Server CPU, medians:`);
  for (const [index, { name }] of paths.entries()) {
    const micros = median(rounds.map((costs) => costs[index] ?? 0));
    const ratio = median(rounds.map((costs) => (costs[index] ?? 0) / (costs[0] ?? 1)));
    console.log(`  ${name.padEnd(16)} ${micros.toFixed(1).padStart(8)} µs   ratio ${ratio.toFixed(2)}`);
  }
}

async function cpuPerRequest(path: string): Promise<number> {
  const before = await turnlog.server.cpuMicros();
  await run(url + path, { requests: REQUESTS, connections: CONNECTIONS, headers });
  return ((await turnlog.server.cpuMicros()) - before) / REQUESTS;
}

/** Twenty events of a recorded run, in a session of their own, as each dialect lists them. */
async function sameEvents(): Promise<readonly Listed[]> {
  const lines = readFileSync(RECORDING, 'utf8')
    .trim()
    .split('\n')
    .slice(LISTED, 2 * LISTED);
  const id = await turnlog.newSession();
  await turnlog.post(`/sessions/${id}/events`, `{"events":[${lines.join(',')}]}`);
  const uuid = await newestUuid();
  return [
    { name: 'cloud', path: `/v1/sessions/${id}/events?limit=${LISTED}` },
    { name: 'workflow', path: `/api/v2/sessions/${uuid}/events?per_page=${LISTED}` },
    { name: 'platform', path: `/api/v1/events?session_id=${id}&types=*.message,agent.*&limit=${LISTED}` },
    { name: 'wave', path: `/api/sessions/${uuid}/events?last_event=0` },
    { name: 'runtime', path: `/sessions/${id}/events` },
  ];
}

/** A session of so many events, polled for what comes after its last. */
async function pollOf(events: number): Promise<string> {
  const id = await turnlog.newSession();
  const uuid = await newestUuid();
  const batches = Array.from({ length: Math.ceil(events / BATCH) }, (_, index) =>
    Math.min(BATCH, events - index * BATCH),
  );
  const write = async () => {
    for (let size = batches.pop(); size !== undefined; size = batches.pop()) {
      const body = JSON.stringify({ events: Array.from({ length: size }, () => MESSAGE) });
      await turnlog.post(`/sessions/${id}/events`, body);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
  const page = await answerOf<{ items: readonly { timestamp: string }[] }>(
    `/api/v2/sessions/${uuid}/events?per_page=1`,
  );
  return `/api/v2/sessions/${uuid}/events?since=${page.items[0]?.timestamp}&per_page=50`;
}

async function newestUuid(): Promise<string> {
  const { items } = await answerOf<{ items: readonly { id: string }[] }>('/api/v2/sessions?per_page=1');
  return items[0]?.id ?? '';
}

async function answerOf<Answer>(path: string): Promise<Answer> {
  return (await (await fetch(url + path, { headers })).json()) as Answer;
}

/**
 * What dead endpoints cost the others: the same events are delivered to good endpoints alone, and with dead ones beside
 * them, in alternating rounds of one run; all at once, and live at an even pace.
 * `pnpm -C packages/bench dead-endpoint [EVENTS] [ROUNDS]`.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { MESSAGE, median, quantile, Turnlog } from './turnlog.ts';

const [events = 2_000, rounds = 7] = process.argv.slice(2).map(Number);
const GOOD = 4;
const DEAD = 2;
const BATCH = 100;
const LIVE_EVENTS = 400;
const LIVE_PER_SECOND = 100;
const PATIENCE_MS = 120_000;
/** In which what is disabled comes to its end. */
const REST_MS = 1_000;

/** How endpoints are dead. */
const KINDS = [
  { name: 'hanging', kind: 'hanging' },
  { name: 'refusing', kind: 'refusing' },
  { name: 'answering 500', kind: 'failing' },
] as const;

interface Round {
  readonly seconds: number;
  readonly cpuMicros: number;
  readonly latencies: readonly number[];
}

/** When each event came to each endpoint, by its id. */
const arrivals = new Map<string, number[]>();
let arrived = 0;
let appended = 0;
let reached: { readonly count: number; readonly resolve: () => void } | null = null;

const servers: Server[] = [];
const goodUrls = await Promise.all(Array.from({ length: GOOD }, () => listen(take)));
const deadUrls = {
  hanging: await listen(() => {}),
  failing: await listen((request, response) => {
    request.resume().on('end', () => response.writeHead(500).end());
  }),
  refusing: await refusingUrl(),
};
const turnlog = await Turnlog.start({ WEBHOOK_ALLOW: '127.0.0.0/8' });
const session = await turnlog.newSession();
const good = await Promise.all(goodUrls.map(newWebhook));
await move(good, 'enable');

console.log(`${GOOD} good endpoints, and ${DEAD} dead ones beside them or not; ${rounds} rounds each way, medians`);
await measure([]); // warms up
for (const kind of KINDS) await compare(kind);
await turnlog.stop();
for (const server of servers) {
  server.close();
  server.closeAllConnections();
}

/** In every round other webhooks die: how they come to be left alone counts too. */
async function compare({ name, kind }: (typeof KINDS)[number]): Promise<void> {
  const alone: Round[] = [];
  const beside: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    const withDead = async () => beside.push(await measure(await deadWebhooks(kind)));
    const without = async () => alone.push(await measure([]));
    for (const half of round % 2 === 0 ? [without, withDead] : [withDead, without]) await half();
  }
  console.log(`  ${name}`);
  console.log(`    alone     ${told(alone)}`);
  console.log(`    beside    ${told(beside)}`);
  const more = (of: (round: Round) => number) => {
    const ratio = median(beside.map((half, round) => of(half) / of(alone[round] as Round)));
    return `${((ratio - 1) * 100).toFixed(1)} %`;
  };
  const atOnce = more(({ seconds }) => seconds);
  const live = more(({ latencies }) => median(latencies));
  console.log(`    more      at once ${atOnce}, live ${live}, CPU ${more(({ cpuMicros }) => cpuMicros)}`);
}

function told(halves: readonly Round[]): string {
  const perSecond = median(halves.map(({ seconds }) => (events * GOOD) / seconds)).toFixed(0);
  const cpu = median(halves.map(({ cpuMicros }) => cpuMicros / (events * GOOD))).toFixed(0);
  const live = (share: number) => median(halves.map(({ latencies }) => quantile(latencies, share))).toFixed(2);
  return `${perSecond} deliveries/s, ${cpu} µs of CPU each; live p50 ${live(0.5)} ms, p99 ${live(0.99)} ms`;
}

/** Events at once, then live ones, with these dead webhooks beside the good ones. */
async function measure(dead: readonly string[]): Promise<Round> {
  await move(dead, 'enable');
  const cpuBefore = await turnlog.server.cpuMicros();
  const startMs = performance.now();
  await append(events);
  await untilArrived();
  const seconds = (performance.now() - startMs) / 1000;
  const cpuMicros = (await turnlog.server.cpuMicros()) - cpuBefore;
  const latencies = await live();
  await move(dead, 'disable');
  await delay(REST_MS);
  return { seconds, cpuMicros, latencies };
}

/** From the request that appends an event to its arrival at the last of the good endpoints, in milliseconds. */
async function live(): Promise<number[]> {
  arrivals.clear();
  const sent = new Map<string, number>();
  const asked: Promise<void>[] = [];
  const startMs = performance.now();
  for (let event = 0; event < LIVE_EVENTS; event++) {
    const atMs = performance.now();
    const note = async () => {
      appended++;
      const { id } = JSON.parse(await turnlog.append(session, MESSAGE)) as { id: string };
      sent.set(id, atMs);
    };
    asked.push(note());
    await delay(Math.max(0, startMs + ((event + 1) * 1000) / LIVE_PER_SECOND - performance.now()));
  }
  await Promise.all(asked);
  await untilArrived();
  return [...sent].map(([id, atMs]) => Math.max(...(arrivals.get(id) ?? [])) - atMs);
}

async function append(count: number): Promise<void> {
  appended += count;
  const body = (size: number) => JSON.stringify({ events: Array.from({ length: size }, () => MESSAGE) });
  for (let at = 0; at < count; at += BATCH) {
    await turnlog.post(`/sessions/${session}/events`, body(Math.min(BATCH, count - at)));
  }
}

function deadWebhooks(kind: keyof typeof deadUrls): Promise<string[]> {
  return Promise.all(Array.from({ length: DEAD }, () => newWebhook(deadUrls[kind])));
}

/** Disabled. */
async function newWebhook(url: string): Promise<string> {
  const asked = JSON.stringify({ url, events: ['agent.*'], announce: 'none' });
  const { id } = JSON.parse(await turnlog.post('/webhooks', asked)) as { id: string };
  await turnlog.post(`/webhooks/${id}/disable`, '');
  return id;
}

async function move(webhooks: readonly string[], to: 'enable' | 'disable'): Promise<void> {
  const body = to === 'enable' ? '{"from":"stopped"}' : '';
  await Promise.all(webhooks.map((id) => turnlog.post(`/webhooks/${id}/${to}`, body)));
}

function take(request: IncomingMessage, response: ServerResponse): void {
  const id = String(request.headers['webhook-id']);
  request.resume().on('end', () => {
    const times = arrivals.get(id);
    if (times === undefined) arrivals.set(id, [performance.now()]);
    else times.push(performance.now());
    arrived++;
    response.writeHead(204).end();
    if (reached !== null && arrived >= reached.count) reached.resolve();
  });
}

/** Resolves once everything has come to every good endpoint; rejects when that takes too long. */
function untilArrived(): Promise<void> {
  const count = appended * GOOD;
  if (arrived >= count) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error(`${count - arrived} events have not come within ${PATIENCE_MS / 1000} s.`));
    const timer = setTimeout(late, PATIENCE_MS);
    reached = {
      count,
      resolve: () => {
        clearTimeout(timer);
        resolve();
      },
    };
  });
}

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer({ keepAliveTimeout: 60_000 }, listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** Of a port on which nobody listens. */
async function refusingUrl(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}/`;
}

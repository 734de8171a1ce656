/** What webhooks cost those who append: a server without any, one with a disabled one, one whose endpoint is dead. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { median, quantile, Turnlog } from './turnlog.ts';

const ROUNDS = 7;
const APPENDS = 4_000;
const CONNECTIONS = 8;
/** More than what a webhook reads ahead: from then on it reads no new events. */
const EVENTS_TO_STALL = 1_500;
/** Failures in a row until an endpoint is tried seldom. */
const FAILURES_TO_STALL = 15;
const LOOK_MS = 100;

interface Side {
  readonly name: string;
  readonly turnlog: Turnlog;
  readonly session: string;
  readonly micros: number[];
  readonly times: number[];
}

/** Prints the CPU and the time of an append beside each kind of webhook, in alternating rounds. */
export async function compareAppends(event: object): Promise<void> {
  const body = JSON.stringify({ events: [event] });
  const sides: Side[] = [];
  for (const name of ['no webhook', 'a disabled webhook', 'a dead endpoint']) sides.push(await newSide(name));
  const [none, disabled, dead] = sides as [Side, Side, Side];
  const { id } = await webhook(disabled.turnlog, await closedPort());
  await disabled.turnlog.post(`/webhooks/${id}/disable`, '');
  const { id: failing } = await webhook(dead.turnlog, await closedPort());
  for (const side of sides) await appends(side, body, EVENTS_TO_STALL);
  await stalled(dead.turnlog, failing);

  for (let round = 0; round <= ROUNDS; round++) {
    for (const side of sides) {
      const before = await side.turnlog.server.cpuMicros();
      const times = await appends(side, body, APPENDS);
      const micros = ((await side.turnlog.server.cpuMicros()) - before) / APPENDS;
      if (round === 0) continue; // it warms up
      side.micros.push(micros);
      side.times.push(...times);
    }
  }
  console.log(`one append at a time on each of ${CONNECTIONS} connections; ${ROUNDS} rounds of ${APPENDS}, medians`);
  for (const side of sides) {
    const ratio = median(side.micros.map((micros, round) => micros / (none.micros[round] as number)));
    const [p50, p99] = [quantile(side.times, 0.5), quantile(side.times, 0.99)];
    const bytes = await side.turnlog.stop();
    console.log(
      `  ${side.name.padEnd(22)}${median(side.micros).toFixed(0)} µs of CPU (${ratio.toFixed(2)}), p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, file ${(bytes / 1024 / 1024).toFixed(1)} MiB`,
    );
  }
}

async function newSide(name: string): Promise<Side> {
  const turnlog = await Turnlog.start({ WEBHOOK_ALLOW: '127.0.0.0/8' });
  return { name, turnlog, session: await turnlog.newSession(), micros: [], times: [] };
}

async function webhook(turnlog: Turnlog, port: number): Promise<{ readonly id: string }> {
  const url = `http://127.0.0.1:${port}/`;
  return JSON.parse(await turnlog.post('/webhooks', JSON.stringify({ url, events: ['*'] }))) as { id: string };
}

/** A port of this machine on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return port;
}

/** Resolves once the endpoint is tried seldom. */
async function stalled(turnlog: Turnlog, id: string): Promise<void> {
  for (;;) {
    const { consecutive_failures } = JSON.parse(await turnlog.get(`/webhooks/${id}`)) as {
      consecutive_failures: number;
    };
    if (consecutive_failures >= FAILURES_TO_STALL) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Answers what each append took, in milliseconds. */
async function appends({ turnlog, session }: Side, body: string, count: number): Promise<readonly number[]> {
  const times: number[] = [];
  let left = count;
  const worker = async () => {
    while (left-- > 0) {
      const startMs = performance.now();
      await turnlog.post(`/sessions/${session}/events`, body);
      times.push(performance.now() - startMs);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  return times;
}

/**
 * How long a server takes from its start to its first ready answer, with many events in its file: wall time of several
 * starts, each after a clean stop. `pnpm -C packages/bench warm-start [EVENTS]`.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MeasuredServer } from './measured-server.ts';

const TURNLOG = new URL('../../../apps/api/bin/turnlog.mjs', import.meta.url);
const TOKEN = 'benchmark-token-0123456789-abcdefghij';
const STARTS = 7;
const BATCH = 500;
const SESSIONS_AT_ONCE = 16;
const EVENTS_PER_SESSION = 5_000;

const events = Number(process.argv[2] ?? 1_000_000);
const folder = mkdtempSync(join(tmpdir(), 'turnlog-bench-'));
const file = join(folder, 'turnlog.db');
const environment = { PORT: '0', DATABASE_URL: `file:${file}`, BOOTSTRAP_TOKEN: TOKEN };

await fill();
const starts: number[] = [];
for (let start = 0; start < STARTS; start++) {
  const begun = performance.now();
  const server = await MeasuredServer.start(TURNLOG, environment);
  const ready = await fetch(`${server.url}/readyz`);
  if (ready.status !== 200) throw new Error(await ready.text());
  starts.push(performance.now() - begun);
  await server.stop();
}
const megabytes = (statSync(file).size / 1024 / 1024).toFixed(0);
rmSync(folder, { recursive: true });
starts.sort((a, b) => a - b);
console.log(
  `start to /readyz with ${events} events (${megabytes} MiB): ${starts.map((ms) => ms.toFixed(0)).join(', ')} ms`,
);

async function fill(): Promise<void> {
  const server = await MeasuredServer.start(TURNLOG, environment);
  const headers = { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' };
  const post = async (path: string, body: string) => {
    const response = await fetch(`${server.url}/v1${path}`, { method: 'POST', headers, body });
    if (!response.ok) throw new Error(await response.text());
    return response.text();
  };
  const event = JSON.stringify({
    type: 'agent.message',
    content: [{ type: 'text', text: 'The test passes now. '.repeat(8) }],
  });
  const body = `{"events":[${Array.from({ length: BATCH }, () => event).join(',')}]}`;
  let left = events;
  const writer = async () => {
    while (left > 0) {
      const { id } = JSON.parse(await post('/sessions', '{}')) as { id: string };
      const own = Math.min(EVENTS_PER_SESSION, left);
      left -= own;
      for (let sent = 0; sent < own; sent += BATCH) await post(`/sessions/${id}/events`, body);
    }
  };
  await Promise.all(Array.from({ length: SESSIONS_AT_ONCE }, writer));
  await server.stop();
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ask } from './durability/client.ts';
import { runRounds } from './durability/rounds.ts';
import { ServerProcess } from './durability/server-process.ts';

const FAULTY_SERVER = fileURLToPath(new URL('./durability/faulty-server.ts', import.meta.url));
const MINUTES = 60_000;
const seed = Number(process.env['TURNLOG_SEED'] ?? Math.floor(Math.random() * 0xffff_ffff));

test(
  'I4, I5: 25 crashes under 8 writers lose no acknowledged event and store none twice; I6: readers see all, in order, once',
  async () => {
    const report = await runRounds({ rounds: 25, seed });
    console.log(`durability, seed ${seed}:`, report);
    expect(report.violations, `TURNLOG_SEED=${seed}`).toEqual([]);
    expect(report.rounds).toBe(25);
    expect(report.acknowledged).toBeGreaterThan(25 * 8);
    expect(report.replays).toBeGreaterThan(0);
    expect(report).toMatchObject({ kills: 25, skipped: 0, repeated: 0 });
    expect(report.reconnects).toBeGreaterThan(25 * 9);
    expect(report.shownBeforeCrash).toBeGreaterThan(0);
    for (const events of Object.values(report.seen)) expect(events).toBeGreaterThan(25 * 8);
  },
  4 * MINUTES,
);

test(
  'readers see all, in order, once when wake-ups come in the middle of slow reads',
  async () => {
    const environment = { PLANTED_FAULT: 'slow-reads' };
    const report = await runRounds({ rounds: 5, seed, entry: FAULTY_SERVER, environment });
    expect(report.violations, `TURNLOG_SEED=${seed}`).toEqual([]);
  },
  4 * MINUTES,
);

test('a commit that fails is answered without a claim, and the server ends so that a restart finds out', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'turnlog-commit-'));
  const file = join(folder, 'turnlog.db');
  const faulty = await ServerProcess.start(file, FAULTY_SERVER, { PLANTED_FAULT: 'commit-fails' });
  const create = (url: string) =>
    ask(url, { method: 'POST', path: '/v1/sessions', body: '{"external_id":"once"}', key: 'the-key' });
  const unknown = await create(faulty.url);
  expect(unknown?.status).toBe(503);
  expect(JSON.parse(unknown?.body ?? '')).toMatchObject({
    error: { type: 'overloaded_error', code: 'outcome_unknown' },
  });
  expect(unknown?.body).not.toMatch(/not stored|nothing was stored/i);
  expect(await faulty.ended()).toBe(1);
  const restarted = await ServerProcess.start(file);
  expect((await create(restarted.url))?.status).toBe(201);
  expect((await create(restarted.url))?.replayed).toBe(true);
  expect(await restarted.stop()).toBe(0);
  rmSync(folder, { recursive: true });
});

test('a full disk is a 503 that says so, reads go on, and writes do again once there is room', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'turnlog-full-'));
  const file = join(folder, 'turnlog.db');
  const server = await ServerProcess.start(file, FAULTY_SERVER, { PLANTED_FAULT: 'disk-full' });
  const post = (path: string, body: string, key: string) => ask(server.url, { method: 'POST', path, body, key });
  expect((await post('/v1/sessions', '{"external_id":"large"}', 'create'))?.status).toBe(201);
  const event = JSON.stringify({ events: [{ type: 'note.large', text: 'x'.repeat(100_000) }] });
  let stored = 0;
  let refused = await post('/v1/sessions/large/events', event, 'append-0');
  while (refused?.status === 200 && stored < 50)
    refused = await post('/v1/sessions/large/events', event, `append-${++stored}`);
  expect(refused?.status).toBe(503);
  expect(JSON.parse(refused?.body ?? '')).toMatchObject({ error: { type: 'overloaded_error', code: 'storage_full' } });
  const count = async () => {
    const session = await ask(server.url, { path: '/v1/sessions/large' });
    return (JSON.parse(session?.body ?? '') as { stats: { event_count: number } }).stats.event_count;
  };
  expect(await count()).toBe(stored);
  expect((await ask(server.url, { path: '/v1/sessions/large/events?limit=1000' }))?.status).toBe(200);
  writeFileSync(`${file}.room`, '');
  const again = await post('/v1/sessions/large/events', event, `append-${stored}`);
  expect([again?.status, again?.replayed]).toEqual([200, false]);
  expect(await count()).toBe(stored + 1);
  await server.kill();
  rmSync(folder, { recursive: true });
});

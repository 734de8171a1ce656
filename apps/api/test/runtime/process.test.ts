/** The whole process: sockets in `npm start`, an open dialect, and a stop with sockets open. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { openSocket } from '../support/sockets.ts';

const ENTRY = fileURLToPath(new URL('../../bin/turnlog.mjs', import.meta.url));
const TOKEN = 'runtime-process-token-0123456789-abcdef';

class Server {
  readonly child;
  readonly #folder = mkdtempSync(join(tmpdir(), 'turnlog-runtime-'));
  readonly exited: Promise<number | null>;
  stdout = '';
  stderr = '';

  constructor(environment: NodeJS.ProcessEnv) {
    const own = { PORT: '0', DATABASE_URL: `file:${join(this.#folder, 'turnlog.db')}`, BOOTSTRAP_TOKEN: TOKEN };
    this.child = spawn(process.execPath, [ENTRY], { env: { ...process.env, ...own, ...environment } });
    this.child.stdout.on('data', (chunk: Buffer) => {
      this.stdout += chunk;
    });
    this.child.stderr.on('data', (chunk: Buffer) => {
      this.stderr += chunk;
    });
    this.exited = once(this.child, 'close').then(([code]) => code as number | null);
  }

  async listening(): Promise<string> {
    while (!this.stderr.includes('"listening"')) await once(this.child.stderr, 'data');
    return /listens on (\S+)/.exec(this.stdout)?.[1] ?? '';
  }

  async end(): Promise<void> {
    if (this.child.exitCode === null) this.child.kill('SIGKILL');
    await this.exited;
    rmSync(this.#folder, { recursive: true });
  }
}

const started: Server[] = [];
function run(environment: NodeJS.ProcessEnv = {}): Server {
  const server = new Server(environment);
  started.push(server);
  return server;
}
afterEach(async () => {
  for (const server of started.splice(0)) await server.end();
});

const body = JSON.stringify({ session_id: 'abc-123', session_name: 'My Session' });
const create = (url: string, headers: Readonly<Record<string, string>> = {}) =>
  fetch(`${url}/sessions`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });

test('an open dialect serves programs of this machine without a credential, by HTTP and by socket', async () => {
  const server = run({ OPEN_DIALECTS: 'runtime' });
  const url = await server.listening();
  const socket = await openSocket(url);
  await socket.count(1);
  expect((await create(url)).status).toBe(200);
  expect((await socket.count(2))[1]).toMatchObject({ type: 'session_created', session: { session_id: 'abc-123' } });
  expect((await fetch(`${url}/v1/sessions`)).status).toBe(401);
});

test('an open dialect is refused on any address but loopback, and none is open by itself', async () => {
  const reachable = run({ OPEN_DIALECTS: 'runtime', HOST: '0.0.0.0' });
  expect(await reachable.exited).toBe(78);
  expect(reachable.stderr).toContain('OPEN_DIALECTS lets in whoever reaches the server');
  const usual = run();
  expect((await fetch(`${await usual.listening()}/sessions`)).status).toBe(401);
});

test('a stop closes sockets with 1001, waits for none that does not answer, and tells of them in the log', async () => {
  const server = run({ DEBUG_LOGGING: 'true' });
  const url = await server.listening();
  const headers = { 'x-api-key': TOKEN };
  const sockets = [await openSocket(url, { headers }), await openSocket(url)];
  const silent = await openSocket(url, { headers });
  await sockets[0]?.count(1);
  await silent.count(1);
  expect((await create(url, headers)).status).toBe(200);
  await sockets[0]?.count(2);
  silent.ws.pause();
  server.child.kill('SIGTERM');
  for (const socket of sockets) expect(await socket.closed).toBe(1001);
  expect(await server.exited).toBe(0);
  const lines = server.stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.filter(({ msg }) => msg === 'a socket has opened')).toHaveLength(3);
  expect(lines.filter(({ msg, code }) => msg === 'a socket has closed' && code === 1001).length).toBeGreaterThanOrEqual(
    2,
  );
  expect(lines).toContainEqual(
    expect.objectContaining({ level: 'debug', msg: 'request', method: 'POST', path: '/sessions' }),
  );
  expect(server.stderr).not.toContain(TOKEN);
});

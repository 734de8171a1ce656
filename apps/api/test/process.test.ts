import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { createLog } from '../src/process/log.ts';
import { openSse, type SseClient } from './support/sse.ts';

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));
const ENTRY = fileURLToPath(new URL('../bin/turnlog.mjs', import.meta.url));
const TOKEN = /tlog_pat_[0-9A-Za-z]{39}/;

const folder = mkdtempSync(join(tmpdir(), 'turnlog-process-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A Turnlog process and what it has said so far. */
class Process {
  readonly child;
  stdout = '';
  stderr = '';
  readonly #exited;

  constructor(words: readonly string[], environment: NodeJS.ProcessEnv) {
    this.child = spawn(process.execPath, [ENTRY, ...words], {
      env: { ...process.env, INIT_CWD: REPOSITORY, PORT: '0', ...environment },
    });
    this.child.stdout.on('data', (chunk: Buffer) => {
      this.stdout += chunk;
    });
    this.child.stderr.on('data', (chunk: Buffer) => {
      this.stderr += chunk;
    });
    this.#exited = once(this.child, 'close');
  }

  async exit(): Promise<number | null> {
    const [code] = (await this.#exited) as [number | null];
    return code;
  }

  /** Resolves with the URL once it listens. */
  async listening(): Promise<string> {
    while (!this.stderr.includes('"listening"')) await once(this.child.stderr, 'data');
    return /listens on (\S+)/.exec(this.stdout)?.[1] ?? '';
  }

  async stop(): Promise<number | null> {
    this.child.kill('SIGTERM');
    return this.exit();
  }
}

const started: Process[] = [];
afterEach(() => {
  for (const { child } of started.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
});

function run(words: readonly string[] = [], environment: NodeJS.ProcessEnv = {}): Process {
  const made = new Process(words, environment);
  started.push(made);
  return made;
}

let files = 0;
const newFile = () => `file:${join(folder, `${++files}`, 'turnlog.db')}`;

async function shell(command: string): Promise<string> {
  const child = spawn('sh', ['-c', command], { cwd: REPOSITORY });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  await once(child, 'close');
  return output;
}

describe('the first start', () => {
  test('prints a token once, where the data lies, and three commands that work as pasted', async () => {
    const DATABASE_URL = newFile();
    const first = run([], { DATABASE_URL });
    await first.listening();
    const token = TOKEN.exec(first.stdout)?.[0] ?? '';
    expect(first.stdout).toContain(`Data: ${DATABASE_URL.slice('file:'.length)}`);
    expect(first.stderr).not.toMatch(TOKEN);

    const commands = first.stdout.split('\n').filter((line) => line.includes('curl -sS'));
    expect(commands).toHaveLength(3);
    expect(JSON.parse(await shell(commands[0] ?? ''))).toMatchObject({ type: 'session', external_id: 'first' });
    expect(await shell(commands[1] ?? '')).toBe('HTTP 200\n');
    const page = JSON.parse(await shell(commands[2] ?? '')) as { data: unknown[]; has_more: boolean };
    expect([page.data.length, page.has_more]).toEqual([5, true]);
    expect(await first.stop()).toBe(0);
    const file = DATABASE_URL.slice('file:'.length);
    expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
    expect(existsSync(`${file}-wal`), 'a stop closes the file').toBe(false);

    const second = run([], { DATABASE_URL });
    const url = await second.listening();
    expect(second.stdout).not.toMatch(TOKEN);
    expect(second.stdout).toContain('npm run org -- token');
    const listed = await fetch(`${url}/v1/sessions`, { headers: { Authorization: `Bearer ${token}` } });
    expect(listed.status).toBe(200);
    expect(await second.stop()).toBe(0);
  });

  test('with BOOTSTRAP_TOKEN makes that the first token, adds it when absent, and shows it nowhere', async () => {
    const DATABASE_URL = newFile();
    for (const token of ['operators-own-token-0123456789-abcdef', 'another-token-of-theirs-0123456789-ab']) {
      const server = run([], { DATABASE_URL, BOOTSTRAP_TOKEN: token, DEBUG_LOGGING: 'true' });
      const url = await server.listening();
      const tokens = await fetch(`${url}/v1/tokens`, { headers: { 'X-API-Key': token } });
      expect(tokens.status).toBe(200);
      expect(await server.stop()).toBe(0);
      expect(server.stdout + server.stderr).not.toContain(token);
    }
  });
});

describe('a start that cannot be', () => {
  test('tells all faults of the configuration in one message and exits with 78', async () => {
    const server = run([], { PORT: 'eighty', CORS_ORIGINS: 'nowhere', DATABASE_URL: 'postgres://x' });
    expect(await server.exit()).toBe(78);
    expect(server.stderr).toMatch(/3 faults:\n {2}- PORT .*\n {2}- DATABASE_URL .*\n {2}- CORS_ORIGINS .*\n$/);
    expect(server.stdout).toBe('');
  });

  test('names the other server that uses the file', async () => {
    const DATABASE_URL = newFile();
    const first = run([], { DATABASE_URL });
    await first.listening();
    const second = run([], { DATABASE_URL });
    expect(await second.exit()).toBe(1);
    expect(second.stderr).toMatch(
      /^Another Turnlog server is using .*: stop it, or set DATABASE_URL to another file\.\n$/,
    );
    expect(await first.stop()).toBe(0);
  });

  test('names the port that is taken', async () => {
    const first = run([], { DATABASE_URL: newFile() });
    const url = await first.listening();
    const second = run([], { DATABASE_URL: newFile(), PORT: new URL(url).port });
    expect(await second.exit()).toBe(1);
    expect(second.stderr).toBe('Another program listens on this port already: stop it, or set PORT to another one.\n');
    expect(await first.stop()).toBe(0);
  });

  test('says what a folder that cannot be made needs', async () => {
    const server = run([], { DATABASE_URL: 'file:/dev/null/turnlog.db' });
    expect(await server.exit()).toBe(1);
    expect(server.stderr).toMatch(/^The folder of \/dev\/null\/turnlog\.db cannot be made/);
  });
});

describe('the key that seals secrets', () => {
  test('lies beside the log for its owner alone, and no start is without it or with another one', async () => {
    const DATABASE_URL = newFile();
    const keyFile = `${DATABASE_URL.slice('file:'.length)}.key`;
    const first = run([], { DATABASE_URL });
    await first.listening();
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    const key = readFileSync(keyFile, 'utf8').trim();
    expect(await first.stop()).toBe(0);

    renameSync(keyFile, `${keyFile}.away`);
    const without = run([], { DATABASE_URL });
    expect(await without.exit()).toBe(78);
    expect(without.stderr).toMatch(
      /^The log holds secrets whose key is missing: restore .*\.key .*SECRET_KEY to it\.\n$/,
    );
    const SECRET_KEY = 'ab'.repeat(32);
    const other = run([], { DATABASE_URL, SECRET_KEY });
    expect(await other.exit()).toBe(78);
    expect(other.stderr).toMatch(/^SECRET_KEY is not the key that the log's secrets were sealed with: .*\n$/);
    expect(existsSync(keyFile)).toBe(false);

    const same = run([], { DATABASE_URL, SECRET_KEY: key });
    await same.listening();
    expect(await same.stop()).toBe(0);
    for (const { stdout, stderr } of [first, without, other, same]) {
      expect(stdout + stderr).not.toContain(key);
      expect(stdout + stderr).not.toContain(SECRET_KEY);
    }
  });
});

describe('npm run org', () => {
  test('makes an organisation beside the running server, which knows its token at once', async () => {
    const DATABASE_URL = newFile();
    const server = run([], { DATABASE_URL });
    const url = await server.listening();
    const command = run(['org', 'create', 'Second Org'], { DATABASE_URL });
    expect(await command.exit()).toBe(0);
    expect(command.stdout).toMatch(
      /^Organisation: org_[0-9A-Z]{26}\nToken, shown only now: tlog_pat_[0-9A-Za-z]{39}\n$/,
    );
    const headers = { Authorization: `Bearer ${TOKEN.exec(command.stdout)?.[0]}` };
    expect((await fetch(`${url}/v1/sessions`, { headers })).status).toBe(200);
    expect(await server.stop()).toBe(0);
  });

  test('makes another token for the first organisation or a named one', async () => {
    const DATABASE_URL = newFile();
    const created = run(['org', 'create', 'One'], { DATABASE_URL });
    expect(await created.exit()).toBe(0);
    const org = /org_[0-9A-Z]{26}/.exec(created.stdout)?.[0] ?? '';
    for (const words of [
      ['org', 'token'],
      ['org', 'token', org],
    ]) {
      const command = run(words, { DATABASE_URL });
      expect(await command.exit()).toBe(0);
      expect(command.stdout).toContain(`Organisation: ${org}\n`);
      expect(command.stdout).toMatch(TOKEN);
    }
    const unknown = run(['org', 'token', `${org.slice(0, -1)}${org.endsWith('0') ? '1' : '0'}`], { DATABASE_URL });
    expect(await unknown.exit()).toBe(1);
    expect(unknown.stdout).toMatch(/^No organisation 'org_/);
  });

  test('explains itself when it is called with other words', async () => {
    const command = run(['org', 'remove'], { DATABASE_URL: newFile() });
    expect(await command.exit()).toBe(2);
    expect(command.stdout).toContain('npm run org -- create NAME');
  });
});

test('logs hold no credential, wherever it stands in a field', () => {
  const lines: string[] = [];
  const log = createLog(true, { write: (line) => void lines.push(line) });
  const secret = 'tlog_pat_secret';
  log.info({ authorization: secret, token: secret, headers: { authorization: secret, 'x-api-key': secret } }, 'said');
  log.debug({ config: { bootstrapToken: secret } }, 'said');
  expect(lines.join()).not.toContain(secret);
  expect(lines).toHaveLength(2);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'info', token: '[redacted]', msg: 'said' });
});

describe('deliveries', () => {
  const token = 'delivering-token-0123456789-012345678';
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  const post = async (url: string, body: object) =>
    (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).json() as Promise<{ id: string }>;

  test('begin with the server; a stop waits for those under way, and the next server does not repeat them', async () => {
    const environment = { DATABASE_URL: newFile(), BOOTSTRAP_TOKEN: token, WEBHOOK_ALLOW: '127.0.0.0/8' };
    const came: { readonly event: unknown; readonly response: ServerResponse }[] = [];
    const endpoint = createServer((request, response) => {
      request.resume().on('end', () => came.push({ event: request.headers['webhook-id'], response }));
      if (came.length > 0) response.end();
    }).listen(0, '127.0.0.1');
    await once(endpoint, 'listening');
    const hook = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/`;

    const first = run([], environment);
    const url = await first.listening();
    await post(`${url}/v1/webhooks`, { url: hook, events: ['agent.*'] });
    const event = { type: 'agent.created', data: { agent_id: 'agent_1' } };
    const { id } = await post(`${url}/api/v1/events`, event);
    await expect.poll(() => came.length, { timeout: 20_000 }).toBe(1);
    const exited = first.stop();
    await expect
      .poll(
        () =>
          fetch(`${url}/health/ready`).then(
            () => 'up',
            () => 'down',
          ),
        { timeout: 20_000 },
      )
      .toBe('down');
    expect(first.child.exitCode).toBeNull();
    came[0]?.response.end();
    expect(await exited).toBe(0);

    const second = run([], environment);
    const { id: next } = await post(`${await second.listening()}/api/v1/events`, event);
    await expect.poll(() => came.length, { timeout: 20_000 }).toBe(2);
    expect(await second.stop()).toBe(0);
    expect(came.map((each) => each.event)).toEqual([id, next]);
    endpoint.closeAllConnections();
    endpoint.close();
  });

  test('that somebody tests are broken off by a stop, and answered', async () => {
    const environment = { DATABASE_URL: newFile(), BOOTSTRAP_TOKEN: token, WEBHOOK_ALLOW: '127.0.0.0/8' };
    let came = 0;
    const endpoint = createServer(() => came++).listen(0, '127.0.0.1');
    await once(endpoint, 'listening');
    const server = run([], environment);
    const url = await server.listening();
    const hook = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/`;
    const { id } = await post(`${url}/v1/webhooks`, { url: hook, events: ['agent.*'] });
    const tested = post(`${url}/v1/webhooks/${id}/test`, {});
    await expect.poll(() => came, { timeout: 20_000 }).toBe(1);
    const exited = server.stop();
    expect(await tested).toMatchObject({ delivered: false, status_code: null, error: 'Delivery interrupted' });
    expect(await exited).toBe(0);
    endpoint.closeAllConnections();
    endpoint.close();
  });

  test('reach nothing inside unless the operator says so', async () => {
    const server = run([], { DATABASE_URL: newFile(), BOOTSTRAP_TOKEN: token });
    const url = await server.listening();
    const refused = await post(`${url}/v1/webhooks`, { url: 'https://127.0.0.1/', events: ['*'] });
    const message = expect.stringMatching(
      /^'url' must lead to a public address: this one is not\. .* WEBHOOK_ALLOW\.$/,
    );
    expect(refused).toMatchObject({ error: { message } });
    expect(await server.stop()).toBe(0);
  });
});

describe('stopping', () => {
  test('SIGTERM finishes the requests under way, refuses new ones, and exits with 0', async () => {
    const BOOTSTRAP_TOKEN = 'stopping-token-0123456789-0123456789';
    const server = run([], { DATABASE_URL: newFile(), BOOTSTRAP_TOKEN });
    const url = await server.listening();
    const headers = { Authorization: `Bearer ${BOOTSTRAP_TOKEN}`, 'Content-Type': 'application/json' };
    const create = (body: string | ReadableStream) =>
      fetch(`${url}/v1/sessions`, { method: 'POST', headers, body, duplex: 'half' } as RequestInit);
    let finish = () => {};
    const slowBody = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"title":'));
        finish = () => {
          controller.enqueue(new TextEncoder().encode('"slow"}'));
          controller.close();
        };
      },
    });
    const slow = create(slowBody);
    expect((await create('{}')).status).toBe(201); // the slow one has reached the server by now
    const exited = server.stop();
    let refused = false;
    while (!refused)
      refused = await create('{}').then(
        () => false,
        () => true,
      );
    finish();
    expect((await slow).status).toBe(201);
    expect(await exited).toBe(0);
    expect(server.stderr).toContain('"stopped"');
  });

  test('SIGTERM ends a connection that has asked for nothing, while a request under way goes on', async () => {
    const server = run([], { DATABASE_URL: newFile(), BOOTSTRAP_TOKEN: 'stopping-token-0123456789-0123456789' });
    const { port } = new URL(await server.listening());
    const unused = connect(Number(port), '127.0.0.1');
    const ended = once(unused, 'close');
    await once(unused, 'connect');
    const asking = connect(Number(port), '127.0.0.1');
    const head =
      'POST /v1/sessions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer stopping-token-0123456789-0123456789\r\n';
    asking.write(`${head}content-type: application/json\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n`);
    await once(asking, 'data'); // the server waits for the body
    const exited = server.stop();
    await ended;
    asking.write('{}');
    const [answer] = (await once(asking, 'data')) as [Buffer];
    expect(answer.toString()).toContain('201 Created');
    expect(await exited).toBe(0);
  });

  test('SIGTERM ends 500 streams and held polls in good order, exits with 0, and the next server loses nothing', async () => {
    const DATABASE_URL = newFile();
    const token = 'stopping-token-0123456789-0123456789';
    const environment = { DATABASE_URL, BOOTSTRAP_TOKEN: token };
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    const post = async (url: string, path: string, body: object) => {
      const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      expect(answer.ok).toBe(true);
      return (await answer.json()) as { id: string; data: { id: string }[] };
    };
    const first = run([], environment);
    const url = await first.listening();
    const { id } = await post(url, '/v1/sessions', {});
    const path = `/v1/sessions/${id}/events`;
    const open = (base: string, position: string | undefined) =>
      openSse(`${base}${path}/stream`, { token, headers: { 'last-event-id': position ?? id } });

    const streams: SseClient[] = [];
    while (streams.length < 500) {
      streams.push(...(await Promise.all(Array.from({ length: 50 }, () => open(url, undefined)))));
    }
    const stalled = streams.at(-1);
    stalled?.stall();
    const feed = await openSse(`${url}/v1/events/stream`, { token });
    const poll = openSse(`${url}/v1/events?types=nothing&wait=55`, { token });
    const stored: string[] = [];
    const append = async (base: string, type: string) =>
      stored.push(...(await post(base, path, { events: [{ type }, { type }] })).data.map((event) => event.id));
    await append(url, 'x');
    let exited: Promise<number | null> | undefined;
    const writing = (async () => {
      for (;;) {
        await append(url, 'x');
        exited ??= first.stop();
      }
    })().catch(() => undefined); // by then the server takes no more

    await writing;
    expect(await exited).toBe(0);
    expect(first.stderr).toContain('"stopped"');
    for (const stream of [...streams, feed]) {
      if (stream === stalled) continue;
      expect(await stream.ended).toBe('ended');
      expect(stream.frames.at(-1)?.text).toMatch(/^retry: \d+$/);
      expect(stream.text).not.toContain('[DONE]');
    }
    const page = await (await poll).all();
    expect([page.status, page.json.data]).toEqual([200, []]);
    stalled?.read();
    await stalled?.ended;

    const second = run([], environment);
    const next = await second.listening();
    await append(next, 'terminated');
    const expected = ((await (await fetch(`${next}${path}?limit=1000`, { headers })).json()) as typeof page.json).data;
    const ids: string[] = expected.map((event: { id: string }) => event.id);
    expect(ids).toEqual(expect.arrayContaining(stored));
    for (const stream of streams) {
      const rest = await (await open(next, stream.lastId)).all();
      expect([...stream.ids, ...rest.ids]).toEqual(ids);
      expect(rest.frames.at(-1)?.text).toBe('retry: 60000\ndata: [DONE]');
    }
    expect(await second.stop()).toBe(0);
  });
});

import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serve } from './fake.ts';

const workspace = fileURLToPath(new URL('../../..', import.meta.url));
const source = join(workspace, 'packages/sdk');
const typescript = join(workspace, 'node_modules/typescript/bin/tsc');
const folder = mkdtempSync(join(tmpdir(), 'turnlog-package-'));
const consumer = join(folder, 'consumer');
const installed = join(consumer, 'node_modules/@turnlog/sdk');

/** Runs a program to its end; a failure shows all that it said. */
async function run(
  program: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const path = [join(workspace, 'node_modules/.bin'), process.env['PATH']].join(delimiter);
  try {
    const all = { ...process.env, PATH: path, NO_COLOR: '1', npm_config_update_notifier: 'false', ...env };
    return (await promisify(execFile)(program, args, { cwd, env: all })).stdout;
  } catch (error) {
    const { message, stdout } = error as { message: string; stdout?: string };
    throw new Error(`${message}\n${stdout}`);
  }
}

/** Packs a clean copy, as a publish from a fresh clone would, and installs the tarball where there is nothing else. */
beforeAll(async () => {
  const copy = join(folder, 'packages/sdk');
  for (const part of ['src', 'package.json', 'README.md', 'LICENSE', 'tsconfig.build.json']) {
    cpSync(join(source, part), join(copy, part), { recursive: true });
  }
  cpSync(join(workspace, 'tsconfig.base.json'), join(folder, 'tsconfig.base.json'));
  await run('npm', ['pack', '--pack-destination', folder], copy);
  mkdirSync(consumer);
  writeFileSync(join(consumer, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }');
  await run(
    'npm',
    ['install', '--offline', '--no-audit', '--no-fund', join(folder, 'turnlog-sdk-0.1.0.tgz')],
    consumer,
  );
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true }));

describe('the package', () => {
  test('brings nothing else with it, and runs nothing on install', async () => {
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    for (const kind of ['dependencies', 'optionalDependencies', 'peerDependencies']) {
      expect(manifest[kind] ?? {}).toEqual({});
    }
    expect(Object.keys(manifest.scripts)).not.toContain('postinstall');
    const lock = JSON.parse(readFileSync(join(consumer, 'package-lock.json'), 'utf8'));
    expect(Object.keys(lock.packages)).toEqual(['', 'node_modules/@turnlog/sdk']);
  });

  test('holds code, types, maps and the sources that the maps lead to', () => {
    const map = JSON.parse(readFileSync(join(installed, 'dist/core/page.d.ts.map'), 'utf8'));
    expect(existsSync(join(installed, 'dist/core', map.sources[0]))).toBe(true);
    const entries = ['dist/index', 'dist/webhooks'].flatMap((path) => [`${path}.js`, `${path}.d.ts`, `${path}.js.map`]);
    for (const file of ['README.md', 'LICENSE', ...entries]) {
      expect(existsSync(join(installed, file)), file).toBe(true);
    }
    for (const folder of ['test', 'scripts', 'openapi.json']) expect(existsSync(join(installed, folder))).toBe(false);
  });
});

describe('the types of the package', () => {
  const strict = {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
    skipLibCheck: false,
  };
  const environments = {
    'Node types and no DOM': { lib: ['es2022'], types: ['node'], typeRoots: [join(workspace, 'node_modules/@types')] },
    'the DOM and no Node types': { lib: ['es2022', 'dom'], types: [] },
    'a bundler': {
      lib: ['es2022', 'dom'],
      types: [],
      module: 'esnext',
      moduleResolution: 'bundler',
      isolatedModules: true,
    },
  };

  test.each(Object.entries(environments))('compile with %s', async (name, options) => {
    const code = `
      import { type Event, NotFoundError, Turnlog } from '@turnlog/sdk';
      import { unwrap, WebhookVerificationError } from '@turnlog/sdk/webhooks';
      export async function received(request: Request): Promise<Event> {
        return await unwrap(await request.text(), request.headers, ['whsec_new', 'whsec_old']);
      }
      export const why = (error: unknown) => (error instanceof WebhookVerificationError ? error.reason : undefined);
      export const text = (event: Event): string => (event.type === 'user.message' ? String(event.content) : event.type);
      export const client = new Turnlog({ fetch: (url, init) => fetch(url, init) });
      export const missing = (error: unknown): boolean => error instanceof NotFoundError && error.headers?.get('a') === null;
      for await (const session of client.sessions.list()) await client.sessions.archive(session.id);`;
    const file = `${name.replaceAll(' ', '-')}.ts`;
    writeFileSync(join(consumer, file), code);
    const config = { compilerOptions: { ...strict, ...options }, files: [file] };
    writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify(config));
    await run(process.execPath, [typescript, '-p', '.'], consumer);
  });

  test('allow every example of the README and of the documentation of the methods', async () => {
    const examples = (text: string): string[] => [...text.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code ?? '');
    const unstarred = (text: string): string => text.replaceAll(/^ *\* ?/gm, '');
    const readme = examples(readFileSync(join(installed, 'README.md'), 'utf8'));
    const declared = (file: string): string => readFileSync(join(installed, `dist/${file}.d.ts`), 'utf8');
    const methods = examples(unstarred(declared('generated/resources')));
    const webhooks = examples(unstarred(declared('webhooks'))).map(
      (code) => `import { unwrap } from '@turnlog/sdk/webhooks';\n${code}`,
    );
    const { paths }: { paths: object } = JSON.parse(readFileSync(join(source, 'openapi.json'), 'utf8'));
    const operations = Object.values(paths).flatMap((path: object) =>
      Object.values(path).filter((operation) => operation.operationId && !operation['x-sdk-skip']),
    );
    const aliases = operations.filter((operation) => operation['x-sdk-alias']);
    const counted = [readme.length, methods.length, webhooks.length];
    expect(counted).toEqual([13, operations.length + aliases.length, 1]);
    const files = [...readme, ...methods, ...webhooks].map((code, index) => {
      const given = /\bclient = /.test(code)
        ? ''
        : "import { Turnlog as Given } from '@turnlog/sdk';\nconst client = new Given();\n";
      writeFileSync(join(consumer, `example-${index}.ts`), `${given}${code}\nexport {};\n`);
      return `example-${index}.ts`;
    });
    const config = { compilerOptions: { ...strict, lib: ['es2022', 'dom'], types: [] }, files };
    writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify(config));
    await run(process.execPath, [typescript, '-p', '.'], consumer);
  });
});

describe('the package runs', () => {
  const script = `
    import { NotFoundError, responseOf, Turnlog } from '@turnlog/sdk';
    import { unwrap } from '@turnlog/sdk/webhooks';
    const client = new Turnlog({ token: 't', baseURL: BASE_URL });
    const session = await client.sessions.create({ title: 'A' });
    const types = [];
    for await (const event of client.sessions.events.list(session.id)) types.push(event.type);
    const stream = client.sessions.events.stream(session.id, { from: 'start' });
    for await (const event of stream) types.push(event.type);
    const endless = client.events.subscribe({ events: ['a.*'] });
    for await (const event of endless) { types.push(event.type, stream.ended, endless.ended); break; }
    await endless[Symbol.asyncDispose]();
    const waited = await client.sessions.waitFor(session.id, { until: ['idle'] });
    types.push(waited.status);
    const missing = await client.tokens.revoke('tok_1').catch((error) => error);
    const tokenless = await (async () => new Turnlog())().catch((error) => error.message.slice(0, 18));
    const headers = new Headers({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
    const unwrapped = (text) =>
      unwrap(text, headers, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', { now: new Date(1614265330000) });
    const { test } = await unwrapped('{"test": 2432232314}');
    const { reason } = await unwrapped('{"test": 2432232315}').catch((error) => error);
    const runtime = globalThis.Bun ? 'Bun' : globalThis.Deno ? 'Deno' : 'Node ' + process.versions.node.split('.')[0];
    console.log(JSON.stringify([runtime, session.id, responseOf(session).status, types, missing instanceof NotFoundError, missing.name, tokenless, test, reason]));`;

  /** Refuses the first attempt of everything, so that each runtime also retries; has two pages of events. */
  const server = (): ReturnType<typeof serve> => {
    const seen = new Set<string>();
    return serve((request, response) => {
      request.resume();
      const call = `${request.method} ${request.url}`;
      response.setHeader('content-type', 'application/json');
      if (!seen.has(call)) {
        seen.add(call);
        response.writeHead(503, { 'retry-after': '0' }).end('{}');
      } else if (call === 'POST /v1/sessions') response.writeHead(201).end('{"id":"sess_1"}');
      else if (call.includes('/stream')) stream(call, request.headers['last-event-id'], response);
      else if (call === 'GET /v1/sessions/sess_1') response.end('{"id":"sess_1","status":"idle","archived_at":null}');
      else if (call.startsWith('GET ')) {
        const second = call.endsWith('?after_id=evt_1');
        const id = second ? 'evt_2' : 'evt_1';
        const data = [{ id, type: second ? 'deploy.finished' : 'user.message' }];
        response.end(
          JSON.stringify({ data, first_id: id, last_id: id, has_more: !second, next_page: second ? null : 'p' }),
        );
      } else response.writeHead(404).end('{"error":{"type":"not_found_error","message":"No."}}');
    });
  };

  /** Drops the connection of a session's stream after each event; the account's stream has one event and stays open. */
  function stream(call: string, lastEventId: unknown, response: ServerResponse): void {
    const account = call === 'GET /v1/events/stream?types=a.*';
    const number = account || lastEventId === undefined ? 1 : Number(lastEventId) + 1;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (number > 2) return void response.end('data: [DONE]\n\n');
    const frame = `id: ${number}\ndata: {"id":"${number}","type":"a.${number}"}\n\n`;
    if (account) response.write(frame);
    else response.write(`retry: 0\n\n${frame}id: cut`, () => response.destroy());
  }

  const runtimes = [
    ['Node 20', `node20-${process.arch}`, 'bin/node', []],
    ['Node 22', `node22-${process.arch}`, 'bin/node', []],
    ['Node 24', `node24-${process.arch}`, 'bin/node', []],
    ['Bun', `@oven/bun-linux-${process.arch === 'arm64' ? 'aarch64' : process.arch}`, 'bin/bun', []],
    ['Deno', `@deno/linux-${process.arch}-glibc`, 'deno', ['run', '--no-prompt', '--allow-net=127.0.0.1']],
  ] as const;

  test.for(runtimes)('on %s', async ([runtime, name, binary, args], { skip }) => {
    const program = binaryOf(name, binary);
    if (program === undefined) return skip(`the optional package ${name} is not installed on this machine`);
    await using real = await server();
    writeFileSync(join(consumer, 'script.mjs'), script.replace('BASE_URL', JSON.stringify(real.url)));
    const env = {
      TURNLOG_TOKEN: undefined,
      DENO_DIR: join(folder, 'deno'),
      DENO_NO_UPDATE_CHECK: '1',
      BUN_INSTALL: join(folder, 'bun'),
    };
    const output = await run(program, [...args, 'script.mjs'], consumer, env);
    expect(JSON.parse(output)).toEqual([
      runtime,
      'sess_1',
      201,
      ['user.message', 'deploy.finished', 'a.1', 'a.2', 'a.1', true, false, 'idle'],
      true,
      'NotFoundError',
      'There is no token:',
      2432232314,
      'no_match',
    ]);
  });
});

/** A runtime's program out of its npm package, or undefined where there is none for this machine. */
function binaryOf(name: string, binary: string): string | undefined {
  const require = createRequire(import.meta.url);
  const runtimes = createRequire(require.resolve('@turnlog/sdk-runtimes/package.json'));
  try {
    const program = join(dirname(runtimes.resolve(`${name}/package.json`)), binary);
    return existsSync(program) ? program : undefined;
  } catch {
    return undefined;
  }
}

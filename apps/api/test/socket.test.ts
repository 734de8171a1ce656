/** What goes wrong before a request is one: Node's own refusals, and bodies that never end well. */
import type { IncomingMessage } from 'node:http';
import { createConnection, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SERVER_OPTIONS } from '../src/http/server.ts';
import { type Harness, openHarness } from './harness.ts';

let h: Harness;
let port: number;
let auth: string;
beforeAll(async () => {
  h = await openHarness();
  ({ port } = await h.listen());
  auth = `Authorization: Bearer ${h.org.token}\r\nHost: x\r\n`;
});
afterAll(() => h.close());

interface RawReply {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: answers are judged member by member
  readonly json: any;
}

/** Writes bytes to a new connection and reads until the server hangs up, or `until` is seen. */
function rawText(bytes: string | Buffer, until?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket: Socket = createConnection(port, '127.0.0.1', () => socket.write(bytes));
    const done = () => {
      socket.destroy();
      resolve(text);
    };
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
      if (until !== undefined && text.includes(until)) done();
    });
    socket.on('end', done).on('error', reject);
  });
}

async function raw(bytes: string | Buffer, until?: string): Promise<RawReply> {
  const [head = '', body = ''] = (await rawText(bytes, until)).split('\r\n\r\n');
  const [line = '', ...lines] = head.split('\r\n');
  const headers = new Map<string, string>();
  for (const one of lines) headers.set(one.slice(0, one.indexOf(':')).toLowerCase(), one.slice(one.indexOf(':') + 2));
  return { status: Number(line.split(' ')[1]), headers, json: body === '' ? undefined : JSON.parse(body) };
}

function expectCloud(reply: RawReply, status: number, code?: string): void {
  expect([reply.status, reply.json?.type, reply.json?.error?.type]).toEqual([status, 'error', 'invalid_request_error']);
  if (code !== undefined) expect(reply.json.error.code).toBe(code);
  expect(reply.json.request_id).toMatch(/^req_/);
  expect(reply.headers.get('request-id')).toBe(reply.json.request_id);
  expect(reply.headers.get('content-type')).toBe('application/json');
}

function expectRuntime(reply: RawReply, status: number): void {
  expect(reply.status).toBe(status);
  expect(Object.keys(reply.json)).toEqual(['detail']);
  expect(reply.headers.get('request-id')).toMatch(/^req_/);
}

it('logs each request with its id when it is told to, and never the query', async () => {
  const own = await openHarness({ logRequests: true });
  const { url } = await own.listen();
  const headers = { Authorization: `Bearer ${own.org.token}` };
  const answer = await fetch(`${url}/v1/sessions?external_id=secret`, { headers });
  await answer.text();
  while (own.logged.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const [line] = own.logged;
  expect(line).toMatchObject({ level: 'debug', fields: { method: 'GET', path: '/v1/sessions', status: 200 } });
  expect(line?.fields).toHaveProperty('request_id', answer.headers.get('request-id'));
  expect(JSON.stringify(own.logged)).not.toMatch(/secret|tlog_pat_/);
  await own.close();
});

describe("Node's own refusals", () => {
  it('a malformed header is a 400 in the envelope of its path', async () => {
    expectCloud(await raw('GET /v1/sessions HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n'), 400);
    expectCloud(await raw('GET /api/v1/cloud/sessions?x HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n'), 400);
    expectRuntime(await raw('GET /sessions HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n'), 400);
  });

  it('those of a dialect that pages of every origin may call can be read by them', async () => {
    const cookie = `cookie: ${'x'.repeat(SERVER_OPTIONS.maxHeaderSize + 1)}`;
    for (const [path, header, status] of [
      ['/api/sessions/x/events', 'Host: x\r\nbad header', 400],
      ['/_wave/api/sessions/x/events', `Host: x\r\n${cookie}`, 431],
      ['/api/sessions/x/events', 'Connection: close', 400],
    ]) {
      const reply = await raw(`GET ${path} HTTP/1.1\r\n${header}\r\n\r\n`);
      expect([reply.status, Object.keys(reply.json)]).toEqual([status, ['error']]);
      expect(reply.headers.get('access-control-allow-origin')).toBe('*');
    }
  });

  it('what is no HTTP at all is a 400', async () => {
    expectRuntime(await raw('hello there\r\n\r\n'), 400);
    expectRuntime(await raw(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])), 400);
  });

  it('too large headers are a 431', async () => {
    const cookie = 'x'.repeat(SERVER_OPTIONS.maxHeaderSize + 1);
    expectCloud(
      await raw(`GET /v1/sessions HTTP/1.1\r\nHost: x\r\ncookie: ${cookie}\r\n\r\n`),
      431,
      'header_too_large',
    );
    expectRuntime(await raw(`GET /${cookie} HTTP/1.1\r\nHost: x\r\n\r\n`), 431);
  });

  it('a request that does not come in time is a 408', async () => {
    const { server, port: slowPort } = await h.listen();
    server.headersTimeout = 100;
    server.requestTimeout = 100;
    const before = port;
    port = slowPort;
    const reply = await raw('GET /v1/sessions HTTP/1.1\r\nHost: x\r\n');
    port = before;
    expect([reply.status, reply.headers.get('request-id')]).toEqual([408, expect.stringMatching(/^req_/)]);
  }, 10_000);

  it('answers in the envelope of the request under way, in whatever packet the fault comes', async () => {
    const head = `POST /v1/sessions HTTP/1.1\r\n${auth}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const socket = createConnection(port, '127.0.0.1');
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    await new Promise((resolve) => socket.write(`${head}2\r\n{"\r\n`, resolve));
    await h.ask('GET', '/v1/sessions'); // the head has reached the server by now
    socket.write('no chunk\r\n');
    await new Promise((resolve) => socket.on('close', resolve));
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(JSON.parse(text.split('\r\n\r\n')[1] ?? '')).toMatchObject({ type: 'error' });
  });

  it('reads the path behind unusual methods and in whole URLs', async () => {
    expectCloud(await raw('M-SEARCH /v1/sessions HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n'), 400);
    expectCloud(await raw('GET http://x/v1/sessions HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n'), 400);
  });

  it('CONNECT is a 405 with Allow and a request id', async () => {
    const reply = await raw('CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n');
    expectRuntime(reply, 405);
    expect(reply.headers.get('allow')).toContain('GET');
  });

  it('an unknown session and a wrong content type are refused before the body has come', async () => {
    const lengthOnly = 'Content-Type: application/json\r\nContent-Length: 99\r\n\r\n';
    expect((await raw(`POST /v1/sessions/none/events HTTP/1.1\r\n${auth}${lengthOnly}`, '}')).status).toBe(404);
    const plain = 'Content-Type: text/plain\r\nContent-Length: 99\r\n\r\n';
    expect((await raw(`POST /v1/sessions HTTP/1.1\r\n${auth}${plain}`, '}')).status).toBe(415);
  });

  it('a missing or malformed Host and a malformed target are 400s', async () => {
    expectCloud(await raw('GET /v1/sessions HTTP/1.1\r\nConnection: close\r\n\r\n'), 400);
    expectCloud(await raw('GET /v1/sessions HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n'), 400);
    expectCloud(await raw('GET /v1/ses\\sions HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'), 400);
    expectRuntime(await raw('OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'), 400);
  });

  it('an expectation that nobody knows is no reason to refuse', async () => {
    const reply = await raw(`GET /v1/sessions HTTP/1.1\r\n${auth}Expect: wonders\r\nConnection: close\r\n\r\n`);
    expect([reply.status, reply.headers.has('request-id')]).toEqual([200, true]);
  });
});

describe('bodies over a socket', () => {
  const post = () => `POST /v1/sessions HTTP/1.1\r\n${auth}Content-Type: application/json\r\n`;

  it('are read in chunks', async () => {
    const reply = await raw(
      `${post()}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n9\r\n{"title":\r\n4\r\n"x"}\r\n0\r\n\r\n`,
    );
    expect([reply.status, reply.json.title]).toEqual([201, 'x']);
  });

  it('are refused by their declared length before a byte of them is sent', async () => {
    expectCloud(await raw(`${post()}Content-Length: 5000000\r\n\r\n`, '"request_id"'), 413, 'body_too_large');
  });

  it('are refused in chunks as soon as they are too large', async () => {
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    expectCloud(await raw(`${post()}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(65)}`, '"request_id"'), 413);
  });

  it('of a stranger are refused before a byte of them is sent', async () => {
    const reply = await raw('POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n', '"request_id"');
    expect(reply.status).toBe(401);
  });

  it('that break off store nothing, and are no fault of ours', async () => {
    const own = await openHarness();
    const { port: ownPort, server } = await own.listen();
    const before = await own.stored();
    const arrived = new Promise<IncomingMessage>((resolve) => server.once('request', resolve));
    const socket = createConnection(ownPort, '127.0.0.1');
    const head = post().replace(h.org.token, own.org.token);
    socket.write(`${head}Content-Length: 50\r\n\r\n{"title"`);
    const incoming = await arrived;
    const broken = new Promise((resolve) => incoming.once('close', resolve));
    socket.destroy();
    await broken;
    expect(await own.stored()).toBe(before);
    expect(own.logged).toEqual([]);
    await own.close();
  });

  it('with broken chunks are a 400', async () => {
    expectCloud(await raw(`${post()}Transfer-Encoding: chunked\r\n\r\nnonsense\r\n`), 400);
  });

  it('a connection goes on after a refusal', async () => {
    const bad = `${post()}Content-Length: 3\r\n\r\nxyz`;
    const good = `GET /v1/sessions?limit=1 HTTP/1.1\r\n${auth}Connection: close\r\n\r\n`;
    const text = await rawText(`${bad}${good}`);
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400', 'HTTP/1.1 200']);
  });
});

/** The socket's door and bounds: who is let in, what ends it, and that nobody's socket harms another's. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createConnection, type Socket } from 'node:net';
import { makeSecret } from '@turnlog/core/tokens';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type Harness, type HarnessOptions, openHarness, streaming } from '../harness.ts';
import { breakable } from '../support/breaking.ts';
import { openSocket, refusedSocket, type SocketClient, type SocketOpening } from '../support/sockets.ts';
import { eventually } from '../support/sse.ts';

let h: Harness;
let url: string;
let port: number;
const sockets: Socket[] = [];
afterEach(() => h.close());

async function start(options: HarnessOptions = {}): Promise<void> {
  h = await openHarness(options);
  const listening = await h.listen();
  ({ url, port } = listening);
  sockets.length = 0;
  listening.server.on('connection', (socket: Socket) => sockets.push(socket));
  await h.ask('POST', '/sessions', { body: { session_id: 's', session_name: 'S' } });
}

const open = (opening: SocketOpening = { token: h.org.token }) => openSocket(url, opening);
const offer = (token: string) => ['turnlog', `turnlog.token.${Buffer.from(token).toString('base64url')}`];
const auth = (token: string) => JSON.stringify({ type: 'auth', token });
const event = (n: number, size = 0) => ({
  ...{ event_type: 'note', session_id: 's', session_name: 'S', timestamp: '2026-01-31T09:30:00Z' },
  tool_output: n,
  reason: 'x'.repeat(size),
});
const send = (n: number, size = 0) => h.ask('POST', '/sessions/s/events', { body: event(n, size) });
const numbersOf = ({ messages }: SocketClient) =>
  messages.filter(({ type }) => type === 'event').map(({ data }) => data.tool_output);

describe('a credential', () => {
  it('lets in as a header, as a subprotocol, and as the first message', async () => {
    await start();
    const ways: readonly SocketOpening[] = [
      { headers: { authorization: `Bearer ${h.org.token}` } },
      { headers: { 'x-api-key': h.org.token } },
      { protocols: offer(h.org.token) },
      { protocols: offer('wrong'), headers: { 'x-api-key': h.org.token } },
    ];
    for (const way of ways) {
      const socket = await open(way);
      expect((await socket.count(1))[0].sessions).toHaveLength(1);
      expect(socket.ws.protocol).toBe(way.protocols === undefined ? '' : 'turnlog');
    }
    const told = await open({});
    told.ws.send(auth(h.org.token));
    expect((await told.count(1))[0].sessions).toHaveLength(1);
    const theirs = await open({});
    theirs.ws.send(auth(h.other.token));
    expect((await theirs.count(1))[0].sessions).toEqual([]);
    await eventually(() => h.services.streams.size === 6);
  });

  it('that does not count closes with 4401, after the handshake', async () => {
    await start();
    const nobodys = makeSecret((n) => new Uint8Array(n).fill(7));
    const ways: readonly SocketOpening[] = [
      { token: 'nonsense' },
      { token: nobodys },
      { headers: { 'x-api-key': nobodys } },
      { protocols: offer(nobodys) },
      { protocols: ['turnlog', 'turnlog.token.'] },
      { protocols: offer(h.org.token), headers: { 'x-api-key': nobodys } },
    ];
    for (const way of ways) {
      const socket = await open(way);
      expect(await socket.closed).toBe(4401);
      expect(socket.messages).toEqual([]);
    }
    await eventually(() => h.services.streams.size === 0);
  });

  it.each<[string, string | Buffer]>([
    ['a wrong token', auth('nonsense')],
    ['no JSON', '{"type":"auth"'],
    ['no object', '[]'],
    ['null', 'null'],
    ['another type', '{"type":"hello","token":"x"}'],
    ['no token', '{"type":"auth"}'],
    ['a token that is no string', '{"type":"auth","token":1}'],
    ['bytes', Buffer.from(auth('nonsense'))],
    ['nothing', ''],
  ])('in a first message with %s closes with 4401', async (_, message) => {
    await start();
    const socket = await open({});
    socket.ws.send(message);
    expect(await socket.closed).toBe(4401);
    expect(socket.messages).toEqual([]);
  });

  it('that does not come in time closes with 4401', async () => {
    await start({ socketAuthMs: 30 });
    const socket = await open({});
    expect(await socket.closed).toBe(4401);
    await eventually(() => h.services.streams.size === 0);
  });

  it('without both scopes closes with 4403', async () => {
    await start();
    for (const scope of ['sessions:read', 'events:read'] as const) {
      const token = await h.tokenWith(scope);
      expect(await (await open({ token })).closed).toBe(4403);
      const told = await open({});
      told.ws.send(auth(token));
      expect(await told.closed).toBe(4403);
    }
    const enough = await h.tokenWith('sessions:read', 'events:read');
    await (await open({ token: enough })).count(1);
  });

  it('that stops to count closes with 4401 what it has opened, and nothing else', async () => {
    await start();
    const { json } = await h.ask('POST', '/v1/tokens', {
      body: { name: 'x', scopes: ['sessions:read', 'events:read'] },
    });
    const byHeader = await open({ token: json.token });
    const told = await open({});
    told.ws.send(auth(json.token));
    const other = await open();
    for (const socket of [byHeader, told, other]) await socket.count(1);
    const headers = { authorization: `Bearer ${h.org.token}` };
    await fetch(`${url}/v1/tokens/${json.id}`, { method: 'DELETE', headers });
    expect([await byHeader.closed, await told.closed]).toEqual([4401, 4401]);
    await send(1);
    await other.until((client) => numbersOf(client).includes(1));
    expect(await (await open({ token: json.token })).closed).toBe(4401);
  });
});

describe('the handshake', () => {
  /** Asks over a bare socket and reads the whole answer. */
  async function raw(lines: readonly string[]): Promise<{ readonly status: number; readonly text: string }> {
    const socket = createConnection(port, '127.0.0.1');
    socket.end(`${lines.join('\r\n')}\r\n\r\n`);
    let text = '';
    for await (const chunk of socket) text += chunk;
    return { status: Number(text.split(' ')[1]), text };
  }
  const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
  const UPGRADE = ['Connection: Upgrade', 'Upgrade: websocket', 'Host: x'];
  const authorization = () => `Authorization: Bearer ${h.org.token}`;

  it('that is malformed is a 400 in the envelope', async () => {
    await start();
    for (const own of [['Sec-WebSocket-Version: 13'], [KEY], [KEY, 'Sec-WebSocket-Version: 7']]) {
      const { status, text } = await raw(['GET /ws HTTP/1.1', ...UPGRADE, authorization(), ...own]);
      expect(status).toBe(400);
      expect(text.toLowerCase()).toMatch(/sec-websocket-version: 13\r\n/);
      expect(text).toMatch(/request-id: req_\S+\r\n/);
      expect(Object.keys(JSON.parse(text.slice(text.indexOf('{'))))).toEqual(['detail']);
    }
    await eventually(() => h.services.streams.size === 0);
  });

  it('is for GET /ws alone: whatever else would like to become something else is served as it is', async () => {
    await start();
    const close = 'Connection: Upgrade, close';
    const asked: readonly (readonly [readonly string[], number])[] = [
      [['GET /sessions HTTP/1.1', 'Upgrade: h2c'], 200],
      [['GET /sessions HTTP/1.1', 'Upgrade: websocket', KEY, 'Sec-WebSocket-Version: 13'], 200],
      [['GET /ws/ HTTP/1.1', 'Upgrade: websocket'], 404],
      [['GET /ws HTTP/1.1', 'Upgrade: h2c'], 404],
      [['POST /ws HTTP/1.1', 'Upgrade: websocket', 'Content-Length: 0'], 404],
    ];
    for (const [[first = '', ...rest], status] of asked) {
      expect((await raw([first, close, 'Host: x', authorization(), ...rest])).status, first).toBe(status);
    }
  });

  it('is answered with the id of its request, as everything is', async () => {
    await start();
    const ws = new WebSocket(`${url.replace('http', 'ws')}/ws`, {
      headers: { authorization: `Bearer ${h.org.token}` },
    });
    const [response] = (await once(ws, 'upgrade')) as [IncomingMessage];
    expect(response.headers['request-id']).toMatch(/^req_[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
    ws.terminate();
  });

  it('that comes before an earlier answer on its connection is not taken: the two would mix', async () => {
    await start();
    const first = ['GET /events/s HTTP/1.1', 'Host: x', authorization(), ''];
    const second = ['GET /ws HTTP/1.1', ...UPGRADE, authorization(), KEY, 'Sec-WebSocket-Version: 13'];
    const { text } = await raw([...first, ...second]).catch(() => ({ text: '' }));
    expect(text).not.toContain('101 Switching');
    await eventually(() => h.services.streams.size === 0);
  });

  it('by a page of a foreign origin is a 403, with a credential and without', async () => {
    await start({ corsOrigins: ['https://app.example'] });
    const headers = { origin: 'https://elsewhere.example' };
    for (const opening of [{ headers }, { headers, token: h.org.token }, { headers, token: 'nonsense' }]) {
      const { status, json } = await refusedSocket(url, opening);
      expect([status, json.detail]).toEqual([
        403,
        'Pages of this origin may not connect: CORS_ORIGINS lists those that may.',
      ]);
    }
    const allowed = await open({ token: h.org.token, headers: { origin: 'https://app.example' } });
    await allowed.count(1);
  });

  it('for one socket too many is a 429, after the first message a 4429; a slot comes back with its socket', async () => {
    await start(streaming({ perToken: 2 }));
    const held = [await open(), await open()];
    const late = await open({});
    const { status, headers, json } = await refusedSocket(url, { token: h.org.token });
    expect([status, headers['retry-after'], Object.keys(json)]).toEqual([429, '2', ['detail']]);
    late.ws.send(auth(h.org.token));
    expect(await late.closed).toBe(4429);
    held[0]?.close();
    await eventually(() => h.services.streams.size === 1);
    await (await open()).count(1);
  });

  it('for one that nobody knows yet too many is a 503, and keeps nobody out who is known', async () => {
    await start(streaming({ perToken: 2 }));
    const waiting = [await open({}), await open({})];
    const { status, json } = await refusedSocket(url);
    expect([status, json.detail]).toEqual([503, expect.stringContaining('send it with the handshake')]);
    await (await open()).count(1);
    waiting[0]?.close();
    await eventually(() => h.services.streams.size === 2);
    await open({});
  });
});

describe('what a client sends', () => {
  it('is passed over once it is let in', async () => {
    await start();
    const socket = await open();
    await socket.count(1);
    for (const message of ['hello', '{"type":"auth","token":"wrong"}', Buffer.alloc(60_000)]) socket.ws.send(message);
    await send(1);
    await socket.until((client) => numbersOf(client).includes(1));
  });

  it('of 1 MiB closes with 1009, before and after it is let in', async () => {
    await start();
    for (const opening of [{}, { token: h.org.token }]) {
      const socket = await open(opening);
      socket.ws.send('x'.repeat(1024 * 1024));
      expect(await socket.closed).toBe(1009);
    }
    await eventually(() => h.services.streams.size === 0);
  });

  it('in 10^5 fragments closes with 1008, before and after it is let in', async () => {
    await start();
    for (const opening of [{}, { token: h.org.token }]) {
      const socket = await open(opening);
      for (let n = 0; n < 100_000; n++) socket.ws.send(n % 2 === 0 ? '' : 'x', { fin: false });
      expect(await socket.closed).toBe(1008);
    }
    await eventually(() => h.services.streams.size === 0);
  });

  it('without end closes with 1008', async () => {
    await start(streaming({ heartbeatMs: 400 }));
    const socket = await open();
    const flood = setInterval(() => {
      for (let n = 0; n < 2_000; n++) socket.ws.send('x');
    }, 5);
    expect(await socket.closed).toBe(1008);
    clearInterval(flood);
  });
});

describe('what ends a socket', () => {
  it('is its age, with 1001', async () => {
    await start(streaming({ maxAgeMs: 40 }));
    expect(await (await open()).closed).toBe(1001);
    expect(await (await open({})).closed).toBe(1001);
    await eventually(() => h.services.streams.size === 0);
  });

  it('is a ping that is not answered, while others that answer stay', async () => {
    await start(streaming({ heartbeatMs: 30 }));
    const answering = await open();
    const silent = await open();
    silent.ws.pong = () => undefined;
    expect(await silent.closed).toBe(1006);
    let pings = 0;
    answering.ws.on('ping', () => pings++);
    await eventually(() => pings > 5);
    expect(h.services.streams.size).toBe(1);
  });

  it('is a server that stops, with 1001, whether it was let in or not; and no more are taken', async () => {
    await start();
    const held = [await open(), await open({})];
    await held[0]?.count(1);
    h.services.streams.drain();
    for (const socket of held) expect(await socket.closed).toBe(1001);
    expect((await refusedSocket(url, { token: h.org.token })).status).toBe(503);
    await eventually(() => h.services.streams.size === 0);
  });

  it('is a failure of ours, with 1011, which is logged', async () => {
    const state = breakable();
    await start(state.options);
    const socket = await open();
    await socket.count(1);
    state.broken = true;
    await send(1);
    expect(await socket.closed).toBe(1011);
    expect(socket.texts.join()).not.toContain('secret');
    expect(h.logged.filter(({ level }) => level === 'error')).toMatchObject([{ message: 'a socket failed' }]);
  });
});

describe('a reader that stalls', () => {
  /** The most that waits in this process for any client, in bytes. */
  const waitingBytes = () => Math.max(0, ...sockets.map(({ writableLength }) => writableLength));

  it('is cut once too much has passed it, holds little memory until then, and harms nobody', async () => {
    await start(streaming({ lagBytes: 512 * 1024 }));
    const healthy = await open();
    const stalled = await open();
    for (const socket of [healthy, stalled]) await socket.count(1);
    stalled.ws.pause();
    let sent = 0;
    let most = 0;
    while (h.services.streams.size === 2) {
      await send(sent++, 200_000);
      most = Math.max(most, waitingBytes());
    }
    expect(most).toBeLessThan(1024 * 1024);
    stalled.ws.resume();
    expect(await stalled.closed).toBe(1006);
    await send(sent++);
    await healthy.until((client) => numbersOf(client).length === sent);
    expect(numbersOf(healthy)).toEqual(Array.from({ length: sent }, (_, n) => n));
    expect(numbersOf(stalled)).toEqual(numbersOf(healthy).slice(0, numbersOf(stalled).length));
  });

  it('is cut when its socket takes nothing for too long', async () => {
    await start(streaming({ lagMs: 60 }));
    const stalled = await open();
    await stalled.count(1);
    stalled.ws.pause();
    for (let n = 0; h.services.streams.size > 0; n++) await send(n, 200_000);
    stalled.ws.resume();
    expect(await stalled.closed).toBe(1006);
  });

  it('that goes on in time has missed nothing', async () => {
    await start(streaming({ lagBytes: 50_000_000 }));
    const socket = await open();
    await socket.count(1);
    socket.ws.pause();
    let sent = 0;
    while (waitingBytes() === 0) await send(sent++, 200_000);
    for (const until = sent + 10; sent < until; ) await send(sent++, 100);
    socket.ws.resume();
    await socket.until((client) => numbersOf(client).length === sent);
    expect(numbersOf(socket)).toEqual(Array.from({ length: sent }, (_, n) => n));
  });

  it('of the first message is cut, too, and nobody waits for it', async () => {
    await start(streaming({ lagMs: 200 }));
    await many(1_500);
    const stalled = await stalledAfter([
      'GET /ws HTTP/1.1',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version: 13',
    ]);
    const healthy = await open();
    expect((await healthy.count(1))[0].sessions).toHaveLength(1_501);
    await send(1);
    await healthy.until((client) => numbersOf(client).includes(1));
    await eventually(() => h.services.streams.size === 1);
    stalled.destroy();
  });

  it.each(['/sessions', '/sessions/s/events'])(
    'of GET %s holds little memory, is cut, and harms nobody',
    async (path) => {
      await start(streaming({ lagMs: 300 }));
      if (path === '/sessions') await many(1_500);
      else for (let n = 0; n < 60; n++) await send(n, 200_000);
      const socket = await open();
      await socket.count(1);
      const stalled = await stalledAfter([`GET ${path} HTTP/1.1`]);
      await eventually(() => waitingBytes() > 0);
      await send(100);
      await socket.until((client) => numbersOf(client).includes(100));
      expect(waitingBytes()).toBeLessThan(2 * 1024 * 1024);
      const headers = { authorization: `Bearer ${h.org.token}` };
      const whole = (await (await fetch(`${url}${path}`, { headers })).json()) as Record<string, unknown[]>;
      expect(Object.values(whole)[0]?.length).toBe(path === '/sessions' ? 1_501 : 61);
      await eventually(() => waitingBytes() === 0);
      stalled.destroy();
    },
  );

  /** Sessions that take as much as sessions may: more together than the system holds for a client. */
  async function many(count: number): Promise<void> {
    const context = { requestId: 'req_01K5ZV7T3D7M7F0R5Q8W1E6YHC', idempotency: null } as const;
    const metadata = { project_dir: '😀'.repeat(512), last_resumed_at: '😀'.repeat(512) };
    const bare = { agent: null, environmentId: null, metadata, events: [] };
    const create = (n: number) =>
      h.store.createSession(
        h.org.id,
        { ...bare, externalId: `${n}${'😀'.repeat(250)}`, title: '😀'.repeat(500) },
        context,
      );
    for (let from = 0; from < count; from += 500) {
      await Promise.all(Array.from({ length: 500 }, (_, n) => create(from + n)));
    }
  }

  /** A client that asks, and reads no further than the first bytes of the answer. */
  async function stalledAfter(lines: readonly string[]): Promise<Socket> {
    const socket = createConnection(port, '127.0.0.1');
    socket.write(`${[...lines, 'Host: x', `Authorization: Bearer ${h.org.token}`].join('\r\n')}\r\n\r\n`);
    await once(socket, 'data');
    socket.pause();
    return socket;
  }
});

it('a change is put into words once, however many sockets are told of it', async () => {
  let looks = 0;
  await start(({ store }) => ({
    store: {
      ...store,
      getSession: (org, ref) => {
        if ('id' in ref) looks++;
        return store.getSession(org, ref);
      },
    },
  }));
  const held = await Promise.all(Array.from({ length: 50 }, () => open()));
  for (const socket of held) await socket.count(1);
  // The first events may still find some of them on their way to the head.
  for (let n = 0; looks !== 1; n++) {
    looks = 0;
    await send(n);
    for (const socket of held) await socket.until((client) => numbersOf(client).includes(n));
  }
});

describe('nothing is lost and nothing comes twice', () => {
  it('whenever a socket connects while others write', async () => {
    await start();
    const writers = 4;
    const each = 40;
    const names: string[] = [];
    const clients: { readonly client: SocketClient }[] = [];
    const write = async (writer: number) => {
      for (let n = 0; n < each; n++) {
        const session_id = `w${writer}-${n % 5}`;
        const own = { ...event(writer * each + n), session_id };
        if (n < 5) {
          await h.ask('POST', '/sessions', { body: { session_id, session_name: session_id } });
          names.push(session_id);
        }
        await h.ask('POST', `/sessions/${session_id}/events`, { body: own });
        if (n % 8 === 0) clients.push({ client: await open() });
      }
    };
    await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
    await send(1_000_000);
    const order = await feedOrder();
    for (const { client } of clients) {
      await client.until((one) => numbersOf(one).at(-1) === 1_000_000);
      const initial = new Set(client.messages[0].sessions.map(({ session_id }: { session_id: string }) => session_id));
      const created = client.changes
        .filter(({ type }) => type === 'session_created')
        .map(({ session }) => session.session_id);
      expect([...initial, ...created].sort()).toEqual(['s', ...names].sort());
      expect(client.eventIds).toEqual(order.slice(-client.eventIds.length));
      const known = new Set(initial);
      for (const { type, session, data } of client.changes) {
        if (type === 'session_created') known.add(session.session_id);
        if (type === 'event') expect(known).toContain(data.session_id);
      }
    }
    expect(clients.length).toBe(writers * 5);
  });

  /** The ids of all events of sessions, in the order of the log. */
  async function feedOrder(): Promise<readonly string[]> {
    const { json } = await h.ask('GET', '/v1/events?types=note&limit=1000');
    return json.data.map(({ id }: { id: string }) => id);
  }
});

/** OPEN_DIALECTS=runtime: programs of this machine need no credential, and nobody else gets in without one. */
import { request } from 'node:http';
import { makeSecret } from '@turnlog/core/tokens';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, openHarness } from '../harness.ts';
import { openSocket, refusedSocket } from '../support/sockets.ts';

const ALLOWED = 'http://localhost:5173';
const FOREIGN = 'https://elsewhere.example';
const NOBODYS = makeSecret((n) => new Uint8Array(n).fill(7));

let h: Harness;
let url: string;
let port: number;
beforeAll(async () => {
  h = await openHarness({ openDialects: ['runtime'], corsOrigins: [ALLOWED] });
  ({ url, port } = await h.listen());
  await h.ask('POST', '/sessions', { body: { session_id: 'first', session_name: 'Of the first org' } });
  await h.ask('POST', '/sessions', { token: h.other.token, body: { session_id: 'second', session_name: 'Other' } });
});
afterAll(() => h.close());

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers are judged member by member
  readonly json: any;
}

/** With whatever headers, Host included. */
function ask(path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ port, host: '127.0.0.1', path, method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, json: JSON.parse(text) }));
    });
    asked.on('error', reject).end();
  });
}

const idsOf = ({ sessions }: { readonly sessions: readonly { readonly session_id: string }[] }) =>
  sessions.map(({ session_id }) => session_id);

describe('a program of this machine', () => {
  it.each(['127.0.0.1', 'localhost', 'localhost:8765', '127.1.2.3:1', '[::1]:8765', 'LocalHost'])(
    'that calls us %s acts for the first org',
    async (host) => {
      const { status, json } = await ask('/sessions', { host });
      expect([status, idsOf(json)]).toEqual([200, ['first']]);
    },
  );

  it('acts for the org of its token when it has one', async () => {
    const { json } = await ask('/sessions', { authorization: `Bearer ${h.other.token}` });
    expect(idsOf(json)).toEqual(['second']);
  });

  it('is refused with a wrong one', async () => {
    for (const headers of [{ authorization: `Bearer ${NOBODYS}` }, { 'x-api-key': 'nonsense' }]) {
      expect((await ask('/sessions', headers)).status).toBe(401);
    }
  });

  it('gets a socket without a credential, and one of its org with one', async () => {
    for (const [opening, ids] of [
      [{}, ['first']],
      [{ headers: { origin: ALLOWED } }, ['first']],
      [{ token: h.other.token }, ['second']],
    ] as const) {
      const socket = await openSocket(url, opening);
      expect(idsOf((await socket.count(1))[0])).toEqual(ids);
      socket.close();
    }
    expect(await (await openSocket(url, { token: NOBODYS })).closed).toBe(4401);
  });

  it('writes, too, and hears of it', async () => {
    const socket = await openSocket(url);
    await socket.count(1);
    const body = JSON.stringify({ session_id: 'mine', session_name: 'Mine' });
    const made = await fetch(`${url}/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(made.status).toBe(200);
    await socket.until(({ changes }) => changes.some(({ type }) => type === 'session_created'));
    expect((await ask('/sessions/mine', {}, 'DELETE')).status).toBe(200);
    await socket.until(({ changes }) => changes.some(({ type }) => type === 'session_deleted'));
    socket.close();
  });
});

describe('somebody else without a credential', () => {
  it.each([
    'example.com',
    '192.168.1.5',
    '127.0.0.1.example.com',
    'localhost.example',
    '0.0.0.0',
    'localhost:8765@evil',
  ])('who calls us %s is a 403, and on the socket, too', async (host) => {
    const { status, json } = await ask('/sessions', { host });
    if (status === 400) return; // no host at all
    expect([status, Object.keys(json)]).toEqual([403, ['detail']]);
    expect((await refusedSocket(url, { headers: { host } })).status).toBe(403);
  });

  it('whose page is of a foreign origin is a 403, and on the socket, too', async () => {
    for (const origin of [FOREIGN, 'null']) {
      expect((await ask('/sessions', { origin })).status).toBe(403);
      expect((await refusedSocket(url, { headers: { origin } })).status).toBe(403);
    }
    expect((await ask('/sessions', { origin: ALLOWED })).status).toBe(200);
  });

  it('gets into no other dialect', async () => {
    for (const path of ['/v1/sessions', '/api/v1/events', '/api/v2/sessions', '/api/sessions/public/events']) {
      expect((await ask(path)).status, path).toBeGreaterThanOrEqual(401);
    }
  });
});

it('a server that is not open asks for a credential', async () => {
  const closed = await openHarness();
  const { url: other } = await closed.listen();
  expect((await fetch(`${other}/sessions`)).status).toBe(401);
  const socket = await openSocket(other);
  socket.ws.send('{}');
  expect(await socket.closed).toBe(4401);
  await closed.close();
});

/** The dialect opened to callers of this machine that know no credentials. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, openHarness } from '../harness.ts';
import { openSse, type SseClient } from '../support/sse.ts';
import { bare, create, newestUuid } from './client.ts';

let h: Harness;
let url: string;
beforeAll(async () => {
  h = await openHarness({ openDialects: ['wave'], corsOrigins: ['https://app.example'], waveHoldMs: 20 });
  ({ url } = await h.listen());
});
afterAll(() => h.close());

const ask = async (method: string, path: string, headers: Record<string, string> = {}): Promise<SseClient> =>
  (await openSse(`${url}${path}`, { method, headers })).all();

describe('without a credential', () => {
  it('callers act for the first org: they make sessions, find them and listen to any of them', async () => {
    const made = await ask('POST', '/api/sessions');
    expect([made.status, Object.keys(made.json)]).toEqual([200, ['token']]);
    const uuid = await newestUuid(h);
    for (const name of [made.json.token, uuid]) {
      expect((await ask('GET', `/_wave/api/sessions/${name}/status`)).json.status).toBe('pending');
      expect((await ask('GET', `/api/sessions/${name}/events`)).text).toBe('[]');
    }
    expect((await ask('GET', `/api/sessions/${uuid.slice(0, 18)}`)).json).toEqual({ token: uuid });
    expect((await ask('GET', '/api/sessions/public')).text).toBe('[]');
    expect((await ask('GET', '/api/nothing')).status).toBe(404);
  });

  it('another org is as far away as ever, but for who knows a token of it', async () => {
    const session = await create(h, { token: h.other.token });
    const uuid = await newestUuid(h, h.other.token);
    expect((await ask('GET', `/api/sessions/${uuid}/status`)).status).toBe(404);
    expect((await ask('GET', `/api/sessions/${session}/status`)).status).toBe(200);
  });

  it('other dialects stay closed', async () => {
    for (const path of ['/v1/sessions', '/api/v1/events', '/api/v2/sessions', '/sessions'])
      expect([path, (await ask('GET', path)).status]).toEqual([path, 401]);
  });
});

describe('a wrong credential', () => {
  it('is a 401 all the same', async () => {
    for (const headers of [
      { authorization: 'Bearer nonsense' },
      { 'x-api-key': 'nonsense' },
      { authorization: 'Bearer' },
    ]) {
      const reply = await ask('POST', '/api/sessions', headers as Record<string, string>);
      expect([reply.status, Object.keys(reply.json)]).toEqual([401, ['error']]);
    }
  });

  it('and a right one counts, from wherever it comes', async () => {
    const headers = {
      authorization: `Bearer ${h.other.token}`,
      host: 'turnlog.example',
      origin: 'https://evil.example',
    };
    expect((await ask('POST', '/api/sessions', headers)).status).toBe(200);
  });
});

describe('pages of elsewhere', () => {
  it.each(['turnlog.example', '192.168.1.5:8080', 'localhost.evil.example', '127.0.0.1.evil.example'])(
    'that reach the server as %j are a 403',
    async (host) => {
      const before = await h.stored();
      const reply = await ask('POST', '/api/sessions', { host });
      expect([reply.status, Object.keys(reply.json), reply.headers['access-control-allow-origin']]).toEqual([
        403,
        ['error'],
        '*',
      ]);
      expect(await h.stored()).toBe(before);
    },
  );

  it.each(['localhost', 'LOCALHOST:8765', '127.0.0.1:1', '127.8.8.8', '[::1]:8765'])(
    'are not meant by %j',
    async (host) => expect((await ask('GET', '/api/sessions/public', { host })).status).toBe(200),
  );

  it('with an origin outside of CORS_ORIGINS are a 403, those within are let in', async () => {
    for (const [origin, status] of [
      ['https://evil.example', 403],
      ['null', 403],
      ['https://app.example', 200],
    ] as const) {
      const reply = await ask('POST', '/api/sessions', { origin });
      expect([origin, reply.status]).toEqual([origin, status]);
    }
  });

  it('that know the token of a session are let into it', async () => {
    const session = await create(h, bare({ headers: { authorization: `Bearer ${h.org.token}` } }));
    const headers = { origin: 'https://evil.example', host: 'turnlog.example' };
    expect((await ask('GET', `/api/sessions/${session}/status`, headers)).status).toBe(200);
  });
});

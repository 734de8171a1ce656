/** Who is let into a session: the bearer of its token, an org by the UUID form of any session, and nobody else. */
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../src/http/credentials.ts';
import { type Ask, type Harness, openHarness, type Reply } from '../harness.ts';
import { eventually } from '../support/sse.ts';
import { bare, create, eventsOf, newestUuid, push } from './client.ts';

const UUID_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const UNKNOWN = '6fdbd1a0-c339-41e9-b775-6d49dd567772';
const NO_SESSION =
  '{"error":"No session has this token: send the one that making the session has answered, or the UUID form of its id with a personal access token."}';

let h: Harness;
beforeAll(async () => {
  h = await openHarness({ logRequests: true, waveHoldMs: 20 });
});
afterAll(() => h.close());

/** Every route of a session, with a body that it takes. */
const ROUTES: readonly (readonly [method: string, path: string, body?: object])[] = [
  ['GET', ''],
  ['GET', '/status'],
  ['GET', '/events?last_event=0'],
  ['POST', '/events', { type: 'x' }],
  ['POST', '/start'],
  ['POST', '/pause'],
  ['POST', '/stop'],
  ['PUT', '/labels', ['a']],
  ['PUT', '', { labels: [] }],
  ['DELETE', ''],
];

async function everywhere(session: string, ask: Ask): Promise<Reply[]> {
  const replies: Reply[] = [];
  for (const [method, path, body] of ROUTES)
    replies.push(await h.ask(method, `/api/sessions/${session}${path}`, body === undefined ? ask : { ...ask, body }));
  return replies;
}

const statuses = (replies: readonly Reply[]): number[] => [...new Set(replies.map(({ status }) => status))];

describe('a token of a session', () => {
  it('is a random UUID, of which only the hash is stored', async () => {
    const tokens = [await create(h), await create(h)];
    for (const token of tokens) expect(token).toMatch(UUID_4);
    expect(tokens[0]).not.toBe(tokens[1]);
    const [token = ''] = tokens;
    await push(h, token, 'x', 1);
    await h.ask('PUT', `/api/sessions/${token}/labels`, bare({ body: ['a'] }));
    const files = [h.file, `${h.file}-wal`].filter((file) => existsSync(file)).map((file) => readFileSync(file));
    const bytes = Buffer.concat(files);
    expect(bytes.includes(token)).toBe(false);
    expect(bytes.includes(Buffer.from(token.replaceAll('-', ''), 'hex'))).toBe(false);
    expect(bytes.includes(Buffer.from(sha256(token), 'hex'))).toBe(true);
  });

  it('lets whoever knows it into all routes of its session, without a credential', async () => {
    const session = await create(h);
    await push(h, session, 'x', 1);
    expect(statuses(await everywhere(session, bare()))).toEqual([200]);
  });

  it('is dead from the deletion on, with or without a credential beside it', async () => {
    const session = await create(h);
    expect((await h.ask('DELETE', `/api/sessions/${session}`, bare())).status).toBe(200);
    for (const ask of [bare(), {}]) {
      const replies = await everywhere(session, ask);
      expect(statuses(replies)).toEqual([404]);
      expect(new Set(replies.map(({ text }) => text))).toEqual(new Set([NO_SESSION]));
    }
  });

  it('lets into no other session, by whatever name', async () => {
    const [mine, yours] = [await create(h), await create(h)];
    const uuid = await newestUuid(h);
    for (const session of [yours, uuid]) {
      const replies = await everywhere(session, bare({ headers: { authorization: `Bearer ${mine}` } }));
      expect(statuses(replies)).toEqual([401]);
    }
    expect(statuses(await everywhere(uuid, bare()))).toEqual([404]);
    expect(await eventsOf(h, yours)).toEqual([]);
  });

  it('is no credential anywhere', async () => {
    const session = await create(h);
    const paths = [
      ['GET', '/v1/sessions'],
      ['GET', '/api/v1/cloud/events'],
      ['GET', '/api/v1/events'],
      ['GET', '/api/v2/sessions'],
      ['POST', '/api/sessions'],
      ['GET', '/api/sessions/public'],
      ['GET', `/api/sessions/${session}`],
      ['GET', `/api/sessions/${session.slice(0, 8)}`],
      ['GET', '/sessions'],
      ['POST', '/v1/tokens'],
    ] as const;
    for (const [method, path] of paths) {
      for (const headers of [{ authorization: `Bearer ${session}` }, { 'x-api-key': session }]) {
        expect([path, (await h.ask(method, path, bare({ headers }))).status]).toEqual([path, 401]);
      }
    }
  });

  it('is no name of the session elsewhere: no external id, no beginning to find it by', async () => {
    const session = await create(h);
    for (const path of [
      `/v1/sessions/${session}`,
      `/api/sessions/${session.slice(0, 8)}`,
      `/sessions/${session}/status`,
    ]) {
      const { status, json } = await h.ask('GET', path);
      expect(status === 404 || json.status === 'not_existent', path).toBe(true);
    }
    const { json } = await h.ask('GET', '/v1/sessions?limit=1');
    expect(json.data[0].external_id).toBeNull();
    expect(JSON.stringify(json)).not.toContain(session);
  });

  it('is shown once: a repeat with the same key makes no second session and shows null', async () => {
    const ask = { headers: { 'idempotency-key': 'a-session' }, body: { labels: ['x'] } };
    const first = await h.ask('POST', '/api/sessions', ask);
    const before = await h.stored();
    const second = await h.ask('POST', '/_wave/api/sessions', ask);
    expect([second.status, second.text]).toEqual([200, '{"token":null}']);
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(await h.stored()).toBe(before);
    expect(first.json.token).toMatch(UUID_4);
    const other = await h.ask('POST', '/api/sessions', { ...ask, body: { labels: ['y'] } });
    expect([other.status, Object.keys(other.json)]).toEqual([409, ['error']]);
  });

  it('in another spelling is another token', async () => {
    const session = await create(h);
    for (const other of [session.toUpperCase(), session.replaceAll('-', ''), `{${session}}`, `${session}%20`])
      expect((await h.ask('GET', `/api/sessions/${other}/status`, bare())).status, other).toBe(404);
    const encoded = `%${session.charCodeAt(0).toString(16)}${session.slice(1)}`;
    const { status, json } = await h.ask('GET', `/api/sessions/${encoded}/status`, bare());
    expect([status, json.token]).toEqual([200, session]);
  });

  it('stands in no log', async () => {
    const { url } = await h.listen();
    const session = await create(h);
    const before = h.logged.length;
    const spellings = [
      session,
      session.replace('-', '%2d'),
      `%${session.charCodeAt(0).toString(16)}${session.slice(1)}`,
    ];
    for (const token of spellings) expect((await fetch(`${url}/api/sessions/${token}/status`)).status).toBe(200);
    await eventually(() => h.logged.length >= before + spellings.length);
    const lines = h.logged.slice(before).map(({ fields }) => (fields as { readonly path?: string }).path);
    expect(lines).toEqual(spellings.map(() => '/api/sessions/[redacted]/status'));
    expect(JSON.stringify(h.logged)).not.toContain(session.slice(9));
  });
});

describe('a personal access token', () => {
  it('goes with a token of a session of its org', async () => {
    const session = await create(h);
    expect(statuses(await everywhere(session, {}))).toEqual([200]);
  });

  it('reaches any session of its org by the UUID form, whichever dialect has made it', async () => {
    await h.ask('POST', '/v1/sessions', { body: { initial_events: [{ type: 'x' }] } });
    const uuid = await newestUuid(h);
    expect(statuses(await everywhere(uuid, {}))).toEqual([200]);
    expect(statuses(await everywhere(uuid, {}))).toEqual([404]);
  });

  it('as X-API-Key will do as well; a scheme other than Bearer counts as absent', async () => {
    const session = await create(h, bare({ headers: { 'x-api-key': h.org.token } }));
    expect(session).toMatch(UUID_4);
    const headers = { authorization: 'Basic dXNlcjpwYXNz' };
    expect((await h.ask('GET', `/api/sessions/${session}/status`, bare({ headers }))).status).toBe(200);
  });

  it('of another org gets the same 404 for a token, a UUID form, and what never was', async () => {
    const session = await create(h);
    const uuid = await newestUuid(h);
    const foreign = { token: h.other.token };
    const unknown = await everywhere(UNKNOWN, foreign);
    expect(statuses(unknown)).toEqual([404]);
    for (const name of [session, uuid]) {
      const replies = await everywhere(name, foreign);
      expect(replies.map(({ text }) => text)).toEqual(unknown.map(({ text }) => text));
      expect(replies.map(({ headers }) => [...headers.keys()])).toEqual(
        unknown.map(({ headers }) => [...headers.keys()]),
      );
    }
    expect((await h.ask('GET', `/api/sessions/${session}/status`, bare())).status).toBe(200);
  });

  it('that is wrong is a 401, though the path alone would do', async () => {
    const session = await create(h);
    for (const token of ['nonsense', '', session, `tlog_pat_${'a'.repeat(39)}`])
      expect(statuses(await everywhere(session, { token }))).toEqual([401]);
  });

  it('without the scope is a 403', async () => {
    const session = await create(h);
    const token = await h.tokenWith('sessions:read');
    const replies = await everywhere(session, { token });
    expect(replies.map(({ status }) => status)).toEqual([200, 200, ...Array.from({ length: 8 }, () => 403)]);
    expect((await h.ask('POST', '/api/sessions', { token })).status).toBe(403);
  });

  it('finds a session by the beginning of its UUID form, if that is the only one', async () => {
    const created = await create(h, { token: h.other.token });
    const uuid = await newestUuid(h, h.other.token);
    const own = { token: h.other.token };
    for (let length = 8; length < uuid.length; length++) {
      const { status, text } = await h.ask('GET', `/api/sessions/${uuid.slice(0, length)}`, own);
      expect([length, status, text]).toEqual([length, 200, `{"token":"${uuid}"}`]);
    }
    expect((await h.ask('GET', `/_wave/api/sessions/${uuid}`, own)).json.token).toBe(uuid);
    const misses = [uuid.slice(0, 7), `${uuid.slice(0, 8)}-x`, uuid.slice(0, 20).toUpperCase(), created.slice(0, 8)];
    misses.push(`${uuid}0`, uuid.replaceAll('-', ''), 'ffffffff', 'zzzzzzzz', `${uuid.slice(0, 8)}--`);
    for (const miss of misses) {
      const { status, text } = await h.ask('GET', `/api/sessions/${miss}`, own);
      expect([miss, status, text]).toEqual([miss, 404, NO_SESSION]);
    }
    expect((await h.ask('GET', `/api/sessions/${uuid.slice(0, 13)}`)).status, 'of another org').toBe(404);
    await create(h, own);
    const second = await newestUuid(h, h.other.token);
    let common = 0;
    while (uuid[common] === second[common]) common++;
    const shared = uuid.slice(0, Math.max(8, common));
    if (common >= 8) expect((await h.ask('GET', `/api/sessions/${shared}`, own)).status, 'two begin so').toBe(404);
    expect((await h.ask('GET', `/api/sessions/${uuid.slice(0, common + 1)}`, own)).status).toBe(200);
  });
});

describe('nobody', () => {
  it('gets a 404 for whatever names a session, and a 401 for what needs a credential', async () => {
    const uuid = await create(h).then(() => newestUuid(h));
    for (const name of [UNKNOWN, uuid]) {
      const replies = await everywhere(name, bare());
      expect(statuses(replies)).toEqual([404]);
      for (const { text } of replies) expect(text).toBe(NO_SESSION);
    }
    for (const name of ['nonsense', 'x'])
      expect((await h.ask('GET', `/api/sessions/${name}/events`, bare())).status).toBe(404);
    const closed = [
      ['POST', '/api/sessions'],
      ['GET', '/api/sessions'],
      ['GET', '/api/sessions/public'],
      ['GET', `/api/sessions/${uuid.slice(0, 8)}`],
      ['GET', '/api/nothing'],
      ['GET', '/_wave/api/sessions/a/b/c'],
      ['GET', '/_wave'],
    ] as const;
    for (const [method, path] of closed) {
      const reply = await h.ask(method, path, bare());
      expect([path, reply.status, Object.keys(reply.json)]).toEqual([path, 401, ['error']]);
      expect(reply.headers.get('www-authenticate')).toBe('Bearer');
    }
  });
});

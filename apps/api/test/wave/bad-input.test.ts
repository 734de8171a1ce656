/** Bad input: the answer is `{"error": sentence}`, says what to do, and nothing is stored. */
import { request } from 'node:http';
import { limits } from '@turnlog/core/limits';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ask, type Harness, openHarness, type Reply } from '../harness.ts';
import { bare, create, newestUuid, push } from './client.ts';

let h: Harness;
let session: string;
let uuid: string;
let archived: string;
beforeAll(async () => {
  h = await openHarness({ waveHoldMs: 20 });
  archived = await create(h);
  const { json } = await h.ask('GET', '/v1/sessions?limit=1');
  await h.ask('POST', `/v1/sessions/${json.data[0].id}/archive`);
  session = await create(h);
  uuid = await newestUuid(h);
  await push(h, session, 'x', 1);
});
afterAll(() => h.close());

/** Expects a refusal whose sentence has some text in it, and that it stored nothing. */
async function refused(method: string, path: string, ask: Ask, status: number, part = ''): Promise<Reply> {
  const before = await h.stored();
  const reply = await h.ask(method, path, ask);
  expect([path, reply.status], reply.text).toEqual([path, status]);
  expect(Object.keys(reply.json)).toEqual(['error']);
  expect(reply.json.error).toMatch(/^.{10,}\.$/s);
  expect(reply.json.error).toContain(part);
  expect(reply.headers.get('content-type')).toBe('application/json');
  expect(reply.headers.get('request-id')).toMatch(/^req_[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
  expect(reply.headers.get('access-control-allow-origin')).toBe('*');
  expect(await h.stored()).toBe(before);
  return reply;
}

const events = (prefix = '/api') => `${prefix}/sessions/${session}/events`;
/** Routes that take a body, with the status of a good one. */
const takers = (): readonly (readonly [method: string, path: string])[] => [
  ['POST', '/api/sessions'],
  ['POST', events()],
  ['POST', events('/_wave/api')],
  ['PUT', `/api/sessions/${session}`],
  ['PUT', `/api/sessions/${uuid}/labels`],
];
const everywhere = async (ask: Ask, status: number, part = ''): Promise<void> => {
  for (const [method, path] of takers()) await refused(method, path, ask, status, part);
};

describe('last_event', () => {
  it.each(['abc', '1.5', '1e3', '', '99999999999999999999', '0x1', '+1', '%20', '1,2', 'null'])(
    '=%s is a 400',
    (value) => refused('GET', `${events()}?last_event=${value}`, bare(), 400, "'last_event'").then(() => undefined),
  );

  it('twice, or not percent-encoded UTF-8, is a 400', async () => {
    for (const query of ['last_event=1&last_event=1', 'last_event=%zz', 'last_event=%ff'])
      await refused('GET', `${events()}?${query}`, bare(), 400, 'last_event');
  });

  it('is judged after the token and the session', async () => {
    await refused('GET', `${events()}?last_event=x`, { token: 'nonsense' }, 401);
    const nobody = `/api/sessions/${session.replace(/^./, (c) => (c === '0' ? '1' : '0'))}/events?last_event=x`;
    for (const ask of [bare(), {}]) await refused('GET', nobody, ask, 404);
    const narrow = await h.tokenWith('sessions:read');
    await refused('GET', `${events()}?last_event=x`, { token: narrow }, 403, 'events:read');
  });
});

describe('bodies', () => {
  it('that are missing are a 400 where one is needed', async () => {
    for (const body of [undefined, '']) {
      await refused('POST', events(), body === undefined ? bare() : bare({ body }), 400, 'needs a body');
      await refused('PUT', `/api/sessions/${session}/labels`, body === undefined ? bare() : bare({ body }), 400);
    }
  });
  it.each(['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'nonsense'])(
    'that are not JSON are a 400 as %s',
    async (type) => {
      const headers = { 'content-type': type };
      for (const body of ['type=x', '{"type":"x', ' ', "{'type':'x'}", '{"type":"x"} {}', '{"type":"x",}'])
        await everywhere({ body, headers }, 400);
    },
  );
  it('that are compressed are a 400: they are no JSON', () =>
    everywhere({ body: new Uint8Array([0x1f, 0x8b, 8, 0]), headers: { 'content-encoding': 'gzip' } }, 400));
  it('that are not UTF-8 are a 400', () =>
    everywhere({ body: new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]) }, 400, 'UTF-8'));
  it('with a key twice are a 400', () => everywhere({ body: '{"type":"x","a":1,"\\u0061":2}' }, 400));
  it('with a key twice somewhere in data are a 400', () =>
    everywhere({ body: '{"type":"x","data":[{"a":1,"a":2}]}' }, 400).then(() => undefined));
  it('deeper than 64 are a 400', () =>
    everywhere({ body: `{"type":"x","data":${'['.repeat(64)}${']'.repeat(64)}}` }, 400));
  it('with a number beyond a double are a 400', () => everywhere({ body: '{"type":"x","data":1e400}' }, 400));
  it('over 4 MiB are a 413', () => everywhere({ body: JSON.stringify({ type: 'x'.repeat(5_000_000) }) }, 413));
  it.each(['null', '5', '"x"', 'true'])('that are %s are a 400', (body) => everywhere({ body }, 400));
  it('that are an array are a 400, but for labels', async () => {
    for (const [method, path] of takers()) {
      if (path.endsWith('/labels')) continue;
      await refused(method, path, { body: '[{"type":"x"}]' }, 400, 'JSON object');
    }
  });
});

describe('an event', () => {
  it.each([
    ['no type', '{"data":1}'],
    ['an empty type', '{"type":"","data":1}'],
    ['a type of null', '{"type":null}'],
    ['a number as type', '{"type":5}'],
    ['an object as type', '{"type":{"a":1}}'],
    ['a type in another case', '{"Type":"x"}'],
  ])('with %s is a 400', (_, body) => refused('POST', events(), bare({ body }), 400, "'type'").then(() => undefined));

  it('with a type of more than 1,000 characters is a 400', async () => {
    for (const type of ['x'.repeat(1_001), '😀'.repeat(1_001), 'x'.repeat(100_000)])
      await refused('POST', events(), bare({ body: { type } }), 400, '1000 characters');
  });

  it('of more than 256 KiB is a 400', async () => {
    const fields = `"data":""`.length;
    const data = (bytes: number) => bare({ body: { type: 'x', data: 'x'.repeat(bytes - fields) } });
    await refused('POST', events(), data(limits.eventBytes + 1), 400, '256 KiB');
    const longest = await create(h);
    expect((await h.ask('POST', `/api/sessions/${longest}/events`, data(limits.eventBytes))).status).toBe(200);
  });

  it("with the mark of the server's own events is a 400", () =>
    refused('POST', events(), bare({ body: { type: 'x', data: { caused_by: 'me' } } }), 400, "'data.caused_by'"));

  it('for an archived session, or one that has ended for good, is a 409', async () => {
    await refused('POST', `/api/sessions/${archived}/events`, bare({ body: { type: 'x' } }), 409);
    const ended = await create(h);
    await push(h, ended, 'terminated', null);
    await refused('POST', `/api/sessions/${ended}/events`, bare({ body: { type: 'x' } }), 409);
  });
});

describe('a configuration', () => {
  const long = Array.from({ length: 100 }, () => 'path');
  it.each([
    ['tests', { tests: [] }],
    ['tests', { tests: '/' }],
    ['tests.include', { tests: { include: '/' } }],
    ['tests.exclude', { tests: { exclude: [1] } }],
    ['tests.include', { tests: { include: long } }],
    ['types', { types: 'automatic' }],
    ['types', { types: [null] }],
    ['types', { types: {} }],
    ['timeouts', { timeouts: 5 }],
    ['timeouts.automatic', { timeouts: { automatic: '5' } }],
    ['timeouts.manual', { timeouts: { manual: [] } }],
    ['reference_tokens', { reference_tokens: 'x' }],
    ['reference_tokens', { reference_tokens: [[]] }],
    ['labels', { labels: 'x' }],
    ['labels', { labels: [5] }],
    ['labels', { labels: ['x'.repeat(509)] }],
  ])('with bad %s is a 400 that names them: %j', async (name, body) => {
    await refused('POST', '/api/sessions', { body }, 400, `'${name}'`);
    await refused('PUT', `/api/sessions/${session}`, bare({ body }), 400, `'${name}'`);
  });

  it('of labels that are none is a 400', async () => {
    for (const body of ['{}', '{"labels":null}', '{"labels":"x"}', '[1]', '["a",null]', '{"Labels":[]}'])
      await refused('PUT', `/api/sessions/${session}/labels`, bare({ body }), 400, "'labels'");
  });
});

describe('keys, methods and paths', () => {
  it('a malformed idempotency key is a 400, one used for something else a 409', async () => {
    for (const key of ['', 'x'.repeat(256), 'a b', 'é']) {
      const headers = { 'idempotency-key': key };
      await refused('POST', '/api/sessions', { headers }, 400, 'Idempotency-Key');
      await refused('POST', events(), bare({ headers, body: { type: 'x' } }), 400, 'Idempotency-Key');
    }
    const headers = { 'idempotency-key': 'used' };
    const other = await create(h);
    expect((await h.ask('POST', events(), bare({ headers, body: { type: 'x' } }))).status).toBe(200);
    await refused('POST', events(), bare({ headers, body: { type: 'y' } }), 409, 'idempotency key');
    await refused('POST', `/api/sessions/${other}/events`, bare({ headers, body: { type: 'x' } }), 409);
  });

  it.each([
    ['GET', '/api/sessions', 'POST'],
    ['PUT', '/api/sessions', 'POST'],
    ['POST', '/api/sessions/public', 'GET, HEAD'],
    ['DELETE', '/_wave/api/sessions/public', 'GET, HEAD'],
    ['POST', '/api/sessions/:token', 'DELETE, GET, HEAD, PUT'],
    ['PATCH', '/api/sessions/:token', 'DELETE, GET, HEAD, PUT'],
    ['PUT', '/api/sessions/:token/events', 'GET, HEAD, POST'],
    ['DELETE', '/_wave/api/sessions/:token/events', 'GET, HEAD, POST'],
    ['GET', '/api/sessions/:token/start', 'POST'],
    ['POST', '/api/sessions/:token/status', 'GET, HEAD'],
    ['POST', '/api/sessions/:token/labels', 'PUT'],
  ])('%s %s is a 405 that says what is taken', async (method, path, allow) => {
    const own = path.replace(':token', session);
    expect((await refused(method, own, {}, 405)).headers.get('allow')).toBe(allow);
    if (path.includes(':token')) await refused(method, own, bare(), 405);
    else await refused(method, own, bare(), 401);
  });

  it.each([
    '/api',
    '/api/',
    '/api/nothing',
    '/_wave',
    '/_wave/nothing',
    '/_wave/sessions',
    '/_wave/sessions/public',
    '/_wave/sessions/6fdbd1a0-c339-41e9-b775-6d49dd567772/status',
    '/_wave/api',
    '/api/v3/sessions',
    '/api/sessions/',
  ])('%s is a 404, and without a credential a 401', async (path) => {
    await refused('GET', path, {}, 404, 'Nothing is served');
    await refused('POST', path, { body: 'x' }, 404);
    await refused('GET', path, bare(), 401);
  });

  it('paths below a session that are none are a 404', async () => {
    for (const path of ['resume', 'results', 'events/1', 'events/'])
      await refused('GET', `/api/sessions/${session}/${path}`, {}, 404);
  });

  it.each([
    '%ff',
    '%zz',
    'a%2Fb',
    '%00',
    'x'.repeat(5_000),
    'sess_01K5ZV7QH37MZTXN4T6B9D0RFE',
    'constructor',
    '{token}',
  ])('a token that can be none (%s) is a 404', async (token) => {
    for (const path of ['', '/status', '/events?last_event=0'])
      await refused('GET', `/api/sessions/${token}${path}`, {}, 404);
    await refused('POST', `/api/sessions/${token}/events`, { body: { type: 'x' } }, 404);
  });

  it('a native id or an external id names nothing here', async () => {
    const { json } = await h.ask('POST', '/v1/sessions', { body: { external_id: 'my-own-name' } });
    for (const name of [json.id, 'my-own-name']) await refused('GET', `/api/sessions/${name}/status`, {}, 404);
  });

  it('a path that climbs is a 404', async () => {
    const { url } = await h.listen();
    const status = await new Promise((resolve) =>
      request(url, { path: `/api/sessions/x/../${session}/status` }, (reply) => {
        reply.resume();
        resolve(reply.statusCode);
      }).end(),
    );
    expect(status).toBe(404);
  });
});

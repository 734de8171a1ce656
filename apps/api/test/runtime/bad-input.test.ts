/** What is wrong is said in this dialect's envelope, in a clear sentence, and stores nothing; it harms nobody else. */
import { makeId } from '@turnlog/core/ids';
import { makeSecret } from '@turnlog/core/tokens';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ask, type Harness, openHarness, type Reply } from '../harness.ts';

let h: Harness;
let nativeId: string;
beforeAll(async () => {
  h = await openHarness();
  await h.ask('POST', '/sessions', { body: { session_id: 'mine', session_name: 'Mine' } });
  await h.ask('POST', '/sessions', { token: h.other.token, body: { session_id: 'theirs', session_name: 'Theirs' } });
  ({ id: nativeId } = (await h.ask('GET', '/v1/sessions/theirs', { token: h.other.token })).json);
  await h.ask('POST', '/v1/sessions', {
    body: { external_id: 'archived', initial_events: [{ type: 'session_stop' }] },
  });
  await h.ask('POST', '/v1/sessions/archived/archive');
  await h.ask('POST', '/v1/sessions', {
    body: { external_id: 'terminated', initial_events: [{ type: 'terminated' }] },
  });
});
afterAll(() => h.close());

const EVENT = { event_type: 'message', session_id: 'mine', session_name: 'Mine', timestamp: '2026-01-31T09:30:00Z' };

/** Expects a refusal in the envelope, and that it stored nothing. */
async function refused(
  method: string,
  path: string,
  ask: Ask,
  status: number,
  detail?: string | RegExp,
): Promise<Reply> {
  const before = await h.stored();
  const reply = await h.ask(method, path, ask);
  expect([reply.status, Object.keys(reply.json ?? {})], reply.text).toEqual([status, ['detail']]);
  if (typeof detail === 'string') expect(reply.json.detail).toBe(detail);
  else expect(reply.json.detail).toMatch(detail ?? /^.{10,}\.$/s);
  expect(reply.headers.get('content-type')).toBe('application/json');
  expect(reply.headers.get('request-id')).toMatch(/^req_[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
  expect(await h.stored()).toBe(before);
  return reply;
}

const WRITES: readonly (readonly [string, string, object])[] = [
  ['POST', '/sessions', { session_id: 'new', session_name: 'New' }],
  ['PATCH', '/sessions/mine/metadata', { session_name: 'Changed' }],
  ['POST', '/sessions/mine/events', EVENT],
  ['POST', '/events', EVENT],
];
const READS = [
  '/sessions',
  '/sessions/mine',
  '/sessions/mine/status',
  '/sessions/mine/result',
  '/sessions/mine/events',
  '/events/mine',
];

describe('credentials', () => {
  const cases: readonly [string, Ask][] = [
    ['none', { token: null }],
    ['an empty one', { token: null, headers: { authorization: 'Bearer ' } }],
    ['another scheme', { token: null, headers: { authorization: 'Basic dXNlcjpwYXNz' } }],
    ['a malformed one', { token: 'tlog_pat_short' }],
    ['one that nobody has', { token: makeSecret((n) => new Uint8Array(n).fill(7)) }],
    ['a wrong X-API-Key', { token: null, headers: { 'x-api-key': 'x'.repeat(40) } }],
  ];
  it.each(cases)('%s: 401 on every route', async (_, ask) => {
    for (const [method, path, body] of WRITES) {
      const reply = await refused(method, path, { ...ask, body }, 401);
      expect(reply.headers.get('www-authenticate')).toBe('Bearer');
    }
    for (const path of READS) await refused('GET', path, ask, 401);
    await refused('DELETE', '/sessions/mine', ask, 401);
    await refused('GET', '/nothing/here', ask, 401);
    await refused('PUT', '/sessions', ask, 401);
  });

  it('a token without the scope: 403 that names it', async () => {
    const token = await h.tokenWith('webhooks:read');
    for (const [method, path, body] of WRITES)
      await refused(method, path, { token, body }, 403, /(sessions|events):write/);
    for (const path of READS) await refused('GET', path, { token }, 403, /(sessions|events):read/);
    await refused('DELETE', '/sessions/mine', { token }, 403, /sessions:write/);
  });

  it('a token for events alone stores them, but makes no sessions', async () => {
    const token = await h.tokenWith('events:write');
    const start = { ...EVENT, event_type: 'session_start', session_id: 'made' };
    await refused('POST', '/events', { token, body: start }, 403, /sessions:write/);
    expect((await h.ask('POST', '/events', { token, body: EVENT })).status).toBe(200);
  });
});

describe('sessions of others', () => {
  const unknown = 'nobodys';
  const unknownId = makeId('sess', 1_700_000_000_000_000, (n) => new Uint8Array(n));
  const answers = async (name: string) => {
    const texts: unknown[] = [];
    const asked: readonly (readonly [string, string, object?])[] = [
      ...['', '/status', '/result', '/events'].map((end) => ['GET', `/sessions/${name}${end}`] as const),
      ['GET', `/events/${name}`],
      ['PATCH', `/sessions/${name}/metadata`, { session_name: 'x' }],
      ['POST', `/sessions/${name}/events`, { ...EVENT, session_id: name }],
      ['POST', '/events', { ...EVENT, session_id: name }],
      ['DELETE', `/sessions/${name}`],
    ];
    for (const [method, path, body] of asked) {
      const { status, text, headers } = await h.ask(method, path, body === undefined ? {} : { body });
      texts.push([
        method,
        path.replace(name, '<id>'),
        status,
        text,
        [...headers].filter(([key]) => key !== 'request-id'),
      ]);
    }
    return texts;
  };

  it('are answered byte by byte like those that never were, by either of their ids', async () => {
    const theirs = await answers('theirs');
    expect(theirs).toEqual(await answers(unknown));
    expect(await answers(nativeId)).toEqual(await answers(unknownId));
    expect(theirs.map((answer) => (answer as unknown[])[2])).toEqual([404, 200, 404, 404, 200, 404, 404, 404, 404]);
    expect((await h.ask('GET', '/sessions/theirs', { token: h.other.token })).status).toBe(200);
  });

  it('a segment that can name no session is a 404, too', async () => {
    for (const segment of ['%00', 'x'.repeat(256), '%2F', '%E0%A4%A']) {
      await refused('GET', `/sessions/${segment}`, {}, 404, /Session not found|Not Found/);
      await refused('POST', `/sessions/${segment}/events`, { body: EVENT }, 404, /Session not found|Not Found/);
    }
  });
});

describe('bodies', () => {
  const everywhere = async (ask: Ask, status: number, detail?: RegExp) => {
    for (const [method, path] of WRITES) await refused(method, path, ask, status, detail);
  };
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  it.each<[string, unknown, number]>([
    ['none', undefined, 400],
    ['an empty one', '', 400],
    ['no JSON', 'title=x', 400],
    ['an unfinished one', '{"session_name":"x', 400],
    ['an array', '[]', 400],
    ['null', 'null', 400],
    ['a string', '"x"', 400],
    ['5 MB', JSON.stringify({ x: 'x'.repeat(5_000_000) }), 413],
    ['a depth of 10^5', `{"x":${deep}}`, 400],
    ['a key twice', '{"a":1,"\\u0061":2}', 400],
    ['invalid UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 400],
    ['1e400', '{"a":1e400}', 400],
  ])('%s', (_, body, status) => everywhere(body === undefined ? {} : { body }, status));

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=latin1'])('%s: 415', (type) =>
    everywhere({ body: '{}', headers: { 'content-type': type } }, 415),
  );

  it('a bad Idempotency-Key: 400', async () => {
    for (const [method, path, body] of WRITES) {
      await refused(method, path, { body, headers: { 'idempotency-key': 'a b' } }, 400, /Idempotency-Key/);
    }
  });
});

describe('sessions', () => {
  const good = { session_id: 'new', session_name: 'New' };
  it.each<[string, object, RegExp]>([
    ['no session_id', { session_name: 'x' }, /'session_id' is required/],
    ['no session_name', { session_id: 'x' }, /'session_name' is required/],
    ['a null session_id', { ...good, session_id: null }, /'session_id' is required/],
    ['a session_id that is no string', { ...good, session_id: 1 }, /'session_id' must be a string/],
    ['an empty session_id', { ...good, session_id: '' }, /'session_id' must have 1 to 255/],
    ['a session_id of 256 characters', { ...good, session_id: 'x'.repeat(256) }, /'session_id' must have 1 to 255/],
    ['a session_id with a slash', { ...good, session_id: 'a/b' }, /'session_id' must not contain/],
    ['a session_id with a control character', { ...good, session_id: 'a\u0000' }, /'session_id' must not contain/],
    ['a session_id of native form', { ...good, session_id: 'sess_01K5ZV7QH37MZTXN4T6B9D0RFE' }, /form of an id/],
    ['a session_name that is no string', { ...good, session_name: {} }, /'session_name' must be a string/],
    ['a session_name of 501 characters', { ...good, session_name: 'x'.repeat(501) }, /'session_name' has 501/],
    [
      'a session_name with half a character',
      { ...good, session_name: '\ud800' },
      /'session_name' must not contain lone/,
    ],
    ['a project_dir that is no string', { ...good, project_dir: 1 }, /'project_dir' must be a string/],
    ['a project_dir of 513 characters', { ...good, project_dir: 'x'.repeat(513) }, /'project_dir' has 513/],
    ['an agent_name that is no string', { ...good, agent_name: [] }, /'agent_name' must be a string/],
    ['an empty agent_name', { ...good, agent_name: '' }, /'agent_name' has 0/],
  ])('%s: 400', async (_, body, detail) => {
    await refused('POST', '/sessions', { body }, 400, detail);
  });

  it('one that exists: 409', () =>
    refused('POST', '/sessions', { body: { ...good, session_id: 'mine' } }, 409, 'Session already exists'));

  it.each<[object, RegExp]>([
    [{ session_name: 1 }, /'session_name' must be a string/],
    [{ project_dir: {} }, /'project_dir' must be a string/],
    [{ agent_name: '' }, /'agent_name' has 0/],
    [{ last_resumed_at: 5 }, /'last_resumed_at' must be a string/],
    [{ session_name: 'ok', last_resumed_at: 'x'.repeat(513) }, /'last_resumed_at' has 513/],
    [{}, /At least one field must be provided/],
    [{ session_id: 'other' }, /At least one field must be provided/],
  ])('metadata %j: 400', async (body, detail) => {
    await refused('PATCH', '/sessions/mine/metadata', { body }, 400, detail);
  });
});

describe('events', () => {
  const both = async (event: object, status: number, detail: RegExp | string) => {
    await refused('POST', '/sessions/mine/events', { body: event }, status, detail);
    await refused('POST', '/events', { body: event }, status, detail);
  };

  it.each(['event_type', 'session_id', 'session_name', 'timestamp'])(
    'without %s, or one that is no string: 400',
    async (name) => {
      await both({ ...EVENT, [name]: undefined }, 400, `'${name}' is required: send a string.`);
      await both({ ...EVENT, [name]: null }, 400, `'${name}' is required: send a string.`);
      await both({ ...EVENT, [name]: 1 }, 400, `'${name}' must be a string.`);
    },
  );

  it.each([
    '',
    'yesterday',
    '2026-01-31',
    '2026-01-31T09:30:00',
    '2026-02-30T09:30:00Z',
    '2026-01-31T09:30:00.1234567890Z',
  ])('the timestamp %j: 400', (timestamp) =>
    both({ ...EVENT, timestamp }, 400, /^'timestamp' must be an RFC 3339 time with a zone/),
  );

  it.each(['', 'Message', 'a..b', 'x'.repeat(101), 'a b'])('the type %j: 400', (event_type) =>
    both({ ...EVENT, event_type }, 400, /^'event_type' is not an event type/),
  );

  it.each<[string, unknown, string]>([
    ['tool_name', 1, 'a string'],
    ['tool_input', [], 'an object'],
    ['error', {}, 'a string'],
    ['exit_code', '0', 'a whole number'],
    ['exit_code', 1.5, 'a whole number'],
    ['reason', true, 'a string'],
    ['role', [], 'a string'],
    ['content', 'text', 'an array of objects'],
    ['content', ['text'], 'an array of objects'],
  ])('%s as %j: 400', async (name, value, form) => {
    for (const event_type of ['message', 'anything.else']) {
      await both({ ...EVENT, event_type, [name]: value }, 400, `'${name}' must be ${form}.`);
    }
  });

  it('one of 257 KiB: 400', () => both({ ...EVENT, tool_output: 'x'.repeat(257 * 1024) }, 400, /256 KiB/));
  it("one that claims to be the server's: 400", () => both({ ...EVENT, data: { caused_by: 'me' } }, 400, /caused_by/));

  it('one of another session than the URL says: 400, after the 404', async () => {
    const detail = 'Event session_id must match URL session_id';
    await refused('POST', '/sessions/mine/events', { body: { ...EVENT, session_id: 'other' } }, 400, detail);
    await refused(
      'POST',
      '/sessions/nobody/events',
      { body: { ...EVENT, session_id: 'other' } },
      404,
      'Session not found',
    );
  });

  it('a session_start of a name that no session can have: 400; of a native id that nobody has: 404', async () => {
    const start = { ...EVENT, event_type: 'session_start' };
    await refused('POST', '/events', { body: { ...start, session_id: 'a/b' } }, 400, /'session_id' must not contain/);
    await refused(
      'POST',
      '/events',
      { body: { ...start, session_name: 'x'.repeat(501), session_id: 'z' } },
      400,
      /has 501/,
    );
    await refused('POST', '/events', { body: { ...start, session_id: nativeId } }, 404, 'Session not found');
    await refused('POST', '/events', { body: { ...EVENT, session_id: 'a/b' } }, 404, 'Session not found');
  });

  it('one of an archived or a terminated session: 409', async () => {
    for (const session_id of ['archived', 'terminated']) {
      const body = { ...EVENT, session_id };
      await refused('POST', `/sessions/${session_id}/events`, { body }, 409);
      await refused('POST', '/events', { body }, 409);
    }
    const start = { ...EVENT, event_type: 'session_start', session_id: 'archived' };
    await refused('POST', '/events', { body: start }, 409);
  });
});

describe('paths and methods', () => {
  it.each<[string, string, string]>([
    ['PUT', '/sessions', 'GET, HEAD, POST'],
    ['POST', '/sessions/mine', 'DELETE, GET, HEAD'],
    ['POST', '/sessions/mine/status', 'GET, HEAD'],
    ['DELETE', '/sessions/mine/result', 'GET, HEAD'],
    ['GET', '/sessions/mine/metadata', 'PATCH'],
    ['DELETE', '/sessions/mine/events', 'GET, HEAD, POST'],
    ['GET', '/events', 'POST'],
    ['POST', '/events/mine', 'GET, HEAD'],
  ])('%s %s: 405 with what is allowed', async (method, path, allow) => {
    const reply = await refused(method, path, {}, 405, 'Method Not Allowed');
    expect(reply.headers.get('allow')).toBe(allow);
  });

  it.each(['/', '/sessions/', '/sessions/mine/', '/sessions/mine/events/1', '/session', '/ws', '/ws/', '/events/a/b'])(
    '%s: 404',
    async (path) => {
      await refused('GET', path, {}, 404, 'Not Found');
    },
  );

  it('query parameters are passed over', async () => {
    expect((await h.ask('GET', '/sessions?limit=nonsense&x=1&x=2')).status).toBe(200);
  });
});

/** Bad input to the workflow dialect: a clear sentence in `{"detail"}`, a request id, and nothing stored. */
import { limits } from '@turnlog/core/limits';
import { makeSecret } from '@turnlog/core/tokens';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ask, type Harness, openHarness, type Reply } from '../harness.ts';
import { SEED, uuid } from './run.ts';

const SINCE_DETAIL =
  "Invalid datetime format for 'since' parameter. Expected ISO 8601 format (e.g., 2026-01-13T14:30:00Z)";
const PAGE_DETAIL = 'page must be at least 1';
const PER_PAGE_DETAIL = 'per_page must be between 1 and 100';
const UUID_DETAIL = 'Invalid session_id: expected a UUID';

let h: Harness;
let session: string;
let foreign: string;
let archived: string;
let terminated: string;

beforeAll(async () => {
  h = await openHarness();
  const create = async (token: string, ...initial_events: object[]): Promise<string> => {
    const { json } = await h.ask('POST', '/v1/sessions', { token, body: { initial_events } });
    return json.id;
  };
  session = uuid(await create(h.org.token, { type: 'note' }));
  foreign = uuid(await create(h.other.token, { type: 'note' }));
  terminated = uuid(await create(h.org.token, { type: 'terminated' }));
  const id = await create(h.org.token);
  await h.ask('POST', `/v1/sessions/${id}/archive`);
  archived = uuid(id);
});
afterAll(() => h.close());

/** Expects a refusal of the dialect, and that it stored nothing. */
async function refused(
  method: string,
  path: string,
  ask: Ask,
  status: number,
  detail: string | RegExp,
): Promise<Reply> {
  const before = await h.stored();
  const reply = await h.ask(method, path, ask);
  expect(reply.status, reply.text).toBe(status);
  expect(Object.keys(reply.json)).toEqual(['detail']);
  if (typeof detail === 'string') expect(reply.json.detail).toBe(detail);
  else expect(reply.json.detail).toMatch(detail);
  expect(reply.json.detail).toMatch(/^.{10,}$/s);
  expect(reply.headers.get('request-id')).toMatch(/^req_[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
  expect(reply.headers.get('content-type')).toBe('application/json');
  expect(await h.stored()).toBe(before);
  return reply;
}

const events = (id = session) => `/api/v2/sessions/${id}/events`;
const SESSIONS = '/api/v2/sessions';
const EVENT = { event_type: 'note' };

describe('credentials', () => {
  const everywhere = async (ask: Ask, status: number, detail: string | RegExp) => {
    for (const path of [events(), events(foreign), events('nonsense'), SESSIONS, `${events()}?page=0`]) {
      await refused('GET', path, ask, status, detail);
      await refused('POST', path, { ...ask, body: 'not json' }, status, detail);
    }
  };

  it('none is a 401, before anything else', async () => {
    await everywhere({ token: null }, 401, 'Missing API key');
    await everywhere({ token: null, headers: { authorization: 'Basic dXNlcjpwYXNz' } }, 401, 'Missing API key');
    await everywhere({ token: null, headers: { 'x-api-key': '' } }, 401, /API key$/);
  });

  it('a wrong one is a 401, however it is sent', async () => {
    for (const key of [SEED.key, 'test-key', makeSecret((n) => new Uint8Array(n).fill(7))]) {
      await everywhere({ token: null, headers: { 'x-api-key': key } }, 401, 'Invalid API key');
      const reply = await refused('GET', SESSIONS, { token: key }, 401, 'Invalid API key');
      expect(reply.headers.get('www-authenticate')).toBe('Bearer');
    }
    await refused('GET', SESSIONS, { token: 'wrong', headers: { 'x-api-key': h.org.token } }, 401, 'Invalid API key');
  });

  it('a missing scope is a 403 that names it, before what is wrong with the request', async () => {
    const none = await h.tokenWith('tokens:manage');
    await refused('GET', `${events('nonsense')}?page=0`, { token: none }, 403, /'events:read'/);
    await refused('POST', events('nonsense'), { token: none, body: 'x' }, 403, /'events:write'/);
    await refused('GET', `${SESSIONS}?page=0`, { token: none }, 403, /'sessions:read'/);
    await refused('POST', SESSIONS, { token: none, body: 'x' }, 403, /'sessions:write'/);
  });
});

describe('sessions in paths', () => {
  const native = () => h.ask('GET', '/v1/sessions?limit=1').then(({ json }) => json.data[0].id);

  it('what is no UUID in lower case is a 400, before parameters and body', async () => {
    const names = [
      'nonsense',
      '123',
      session.toUpperCase(),
      session.replaceAll('-', ''),
      `{${session}}`,
      await native(),
    ];
    for (const name of [...names, `${session}0`, '%00', 'a%2Fb', 'u'.repeat(10_000)]) {
      await refused('GET', `${events(name)}?page=0`, {}, 400, UUID_DETAIL);
      await refused('POST', events(name), { body: 'not json' }, 400, UUID_DETAIL);
    }
  });

  it('an unknown one and one of another org are the same 404 but for the id, before parameters and body', async () => {
    const texts = new Set<string>();
    for (const id of [
      SEED.session,
      foreign,
      '00000000-0000-0000-0000-000000000000',
      'f'.repeat(8) + SEED.session.slice(8),
    ]) {
      for (const query of [
        '',
        '?page=0',
        '?since=yesterday',
        '?per_page=101',
        '?event_type=',
        '?page=1&page=2',
        '?page=%zz',
      ]) {
        const { text } = await refused('GET', `${events(id)}${query}`, {}, 404, `Session not found: ${id}`);
        texts.add(text.replace(id, 'ID'));
      }
      for (const ask of [
        { body: EVENT },
        { body: 'not json' },
        {},
        { body: 'x', headers: { 'content-type': 'text/plain' } },
      ]) {
        const { text } = await refused('POST', events(id), ask, 404, `Session not found: ${id}`);
        texts.add(text.replace(id, 'ID'));
      }
    }
    expect([...texts]).toEqual(['{"detail":"Session not found: ID"}']);
  });

  it('a deleted one is a 404', async () => {
    const { json } = await h.ask('POST', '/v1/sessions', { body: {} });
    await h.ask('DELETE', `/v1/sessions/${json.id}`);
    await refused('GET', events(uuid(json.id)), {}, 404, `Session not found: ${uuid(json.id)}`);
    await refused('POST', events(uuid(json.id)), { body: EVENT }, 404, `Session not found: ${uuid(json.id)}`);
  });

  it('an archived or a terminated one takes no more events: a 409 that names it by its UUID', async () => {
    await refused('POST', events(archived), { body: EVENT }, 409, new RegExp(`^Session ${archived} is archived`));
    await refused('POST', events(terminated), { body: EVENT }, 409, new RegExp(`^Session ${terminated} is cancelled`));
  });
});

describe('parameters', () => {
  const lists = () => [events(), SESSIONS];

  it.each(['0', '-1', '1.5', '', 'x', '1e2', '0x10', '+5', '%205', 'NaN', '٣', 'null'])(
    'page=%s is a 400',
    async (page) => {
      for (const path of lists()) await refused('GET', `${path}?page=${page}`, {}, 400, PAGE_DETAIL);
    },
  );

  it.each(['2147483649', '9007199254740993', '9'.repeat(400)])('page=%s is a 400 that says the bound', async (page) => {
    for (const path of lists()) {
      await refused('GET', `${path}?page=${page}`, {}, 400, 'page must be between 1 and 2147483648');
    }
  });

  it.each(['0', '101', '-1', '1.5', '', 'x', '1e2', '+5', '9'.repeat(400)])('per_page=%s is a 400', async (perPage) => {
    for (const path of lists()) await refused('GET', `${path}?per_page=${perPage}`, {}, 400, PER_PAGE_DETAIL);
  });

  it.each([
    ...[
      '',
      'yesterday',
      '2026-01-13',
      '2026-01-13T14:30:00',
      '2026-01-13T14:30Z',
      '2026-02-30T14:30:00Z',
      '1768314600',
    ],
    ...[
      '2026-01-13T25:30:00Z',
      '2026-01-13T14:30:00.1234567890Z',
      '2026-01-13T14:30:00%2B0000',
      '2026-01-13T14:30:00.Z',
    ],
    ...['null', '0', '%00', '20260113T143000Z', 's'.repeat(10_000)],
  ])('since=%s is a 400', async (since) => {
    await refused('GET', `${events()}?since=${since}`, {}, 400, SINCE_DETAIL);
  });

  it('an empty event_type is a 400', () =>
    refused('GET', `${events()}?event_type=`, {}, 400, 'event_type must not be empty'));

  it('a parameter that is given twice, or is not percent-encoded, is a 400 that names it', async () => {
    for (const name of ['page', 'per_page', 'since', 'event_type']) {
      await refused('GET', `${events()}?${name}=1&${name}=1`, {}, 400, new RegExp(`^'${name}' is given twice`));
      await refused('GET', `${events()}?${name}=%zz`, {}, 400, new RegExp(`^'${name}' is not percent-encoded`));
    }
  });

  it('of several faults the first in the order page, per_page, event_type, since is told', async () => {
    await refused('GET', `${events()}?since=x&event_type=&per_page=0&page=0`, {}, 400, PAGE_DETAIL);
    await refused('GET', `${events()}?since=x&event_type=&per_page=0`, {}, 400, PER_PAGE_DETAIL);
    await refused('GET', `${events()}?since=x&event_type=`, {}, 400, 'event_type must not be empty');
  });
});

describe('bodies', () => {
  const everywhere = async (ask: Ask, status: number, detail: RegExp) => {
    for (const path of [events(), SESSIONS]) await refused('POST', path, ask, status, detail);
  };

  it('none is a 400', () => everywhere({}, 400, /needs a body/));
  it('an empty one is a 400', () => everywhere({ body: '' }, 400, /needs a body/));
  it('what is not JSON is a 400', () => everywhere({ body: 'event_type=x' }, 400, /JSON|value|character/i));
  it('an unfinished one is a 400', () => everywhere({ body: '{"event_type":"x' }, 400, /event_type/));
  it.each(['[]', 'null', '"x"', '1', 'true'])('%s is a 400', (body) =>
    everywhere({ body }, 400, /must be a JSON object/),
  );
  it('5 MB are a 413', () => everywhere({ body: { x: 'x'.repeat(5_000_000) } }, 413, /larger than 4194304 bytes/));
  it('a depth of 10^5 is a 400', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    await everywhere({ body: `{"event_data":${deep}}` }, 400, /64/);
  });
  it('a key twice is a 400 that names it', () => everywhere({ body: '{"a":1,"\\u0061":2}' }, 400, /repeated at a /));
  it('invalid UTF-8 is a 400', () =>
    everywhere({ body: new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]) }, 400, /UTF-8/));
  it('1e400 is a 400', () => everywhere({ body: '{"a":1e400}' }, 400, / a /));
  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=latin1'])(
    '%s is a 415',
    async (type) => {
      const headers = { 'content-type': type };
      await everywhere({ body: '{"event_type":"x"}', headers }, 415, /JSON/);
      await everywhere({ body: 'not json', headers }, 415, /JSON/);
    },
  );
  it('a malformed idempotency key is a 400, a reused one a 409', async () => {
    await everywhere({ body: EVENT, headers: { 'idempotency-key': 'a b' } }, 400, /Idempotency-Key/);
    const headers = { 'idempotency-key': 'once' };
    expect((await h.ask('POST', events(), { body: EVENT, headers })).status).toBe(201);
    await everywhere({ body: { event_type: 'other' }, headers }, 409, /idempotency key was used/);
  });
});

describe('events', () => {
  it.each<[string, unknown, RegExp]>([
    ['no event_type', {}, /^event_type is required/],
    ['a null event_type', { event_type: null }, /^event_type is required/],
    ['an event_type that is no string', { event_type: 1 }, /^event_type must be a string$/],
    ['an empty event_type', { event_type: '' }, /^event_type is malformed/],
    ['a malformed event_type', { event_type: 'Not A Type' }, /^event_type is malformed/],
    ['a pattern', { event_type: 'workflow_*' }, /^event_type is malformed/],
    ['an event_type of 101 characters', { event_type: 'a'.repeat(101) }, /^event_type is malformed/],
    [
      'a type that needs content',
      { event_type: 'user.message', message: 'x' },
      /^event_type 'user.message' needs 'content'/,
    ],
    ['event_data that is a string', { ...EVENT, event_data: 'x' }, /^event_data must be an object$/],
    ['event_data that is an array', { ...EVENT, event_data: [] }, /^event_data must be an object$/],
    ['a message that is no string', { ...EVENT, message: 1 }, /^message must be a string$/],
    ['a step_id that is no string', { ...EVENT, step_id: 1 }, /^step_id must be a string$/],
    ['257 KiB', { ...EVENT, event_data: { x: 'x'.repeat(257 * 1024) } }, /256 KiB/],
    ['257 KiB of message', { ...EVENT, message: 'x'.repeat(257 * 1024) }, /256 KiB/],
    [
      'a field of a wrong type',
      { event_type: 'workflow_error', event_data: { error: 1 } },
      /'event_data.error' must be a string/,
    ],
    ['a resource event without its subject', { event_type: 'agent.created' }, /'event_data.agent_id' is required/],
    ['a mark of the server', { ...EVENT, event_data: { caused_by: 'me' } }, /'event_data.caused_by' marks/],
  ])('%s: 400', async (_, body, detail) => {
    await refused('POST', events(), { body }, 400, detail);
  });
});

describe('new sessions', () => {
  const pairs = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, i]));
  it.each<[unknown, RegExp]>([
    [{ name: 1 }, /^name must be a string$/],
    [{ name: 'x'.repeat(limits.titleCharacters + 1) }, /^'name' has 501 characters/],
    [{ name: '\ud800' }, /^'name' must not contain lone surrogates/],
    [{ config: 'x' }, /^config must be an object$/],
    [{ config: [] }, /^config must be an object$/],
    [{ config: pairs(51) }, /^'config' has 51 pairs/],
    [{ config: { key: 'v'.repeat(513) } }, /^'config.key' has 513 characters/],
    [{ config: { key: Array.from({ length: 300 }, () => 1) } }, /^'config.key' has 601 characters/],
    [{ config: { ['k'.repeat(65)]: 1 } }, /^'config.k{65}' has 65 characters/],
    [{ config: { '': 1 } }, /^'config.' has 0 characters/],
    [{ config: { key: '\ud800' } }, /^'config.key' must not contain lone surrogates/],
  ])('with %j are a 400', async (body, detail) => {
    await refused('POST', SESSIONS, { body }, 400, detail);
  });
});

describe('paths and methods', () => {
  it('a known path with another method is a 405 that says what it takes', async () => {
    for (const path of [events(), events('nonsense'), SESSIONS]) {
      for (const method of ['PUT', 'PATCH', 'DELETE']) {
        const reply = await refused(method, path, {}, 405, new RegExp(`does not take ${method}`));
        expect(reply.headers.get('allow')).toBe('GET, HEAD, POST');
      }
    }
    await refused('PUT', SESSIONS, { token: null }, 401, 'Missing API key');
  });

  it('an unknown path is a 404', async () => {
    for (const path of [
      '/api/v2',
      '/api/v2/',
      '/api/v2/events',
      `${SESSIONS}/`,
      `${SESSIONS}/${session}`,
      `${events()}/1`,
      `${SESSIONS}//events`,
    ]) {
      await refused('GET', path, {}, 404, 'Nothing is served at this path.');
      await refused('GET', path, { token: null }, 401, 'Missing API key');
    }
  });

  it('a path that is not percent-encoded UTF-8 is a 404', () =>
    refused('GET', events('%zz'), {}, 404, 'Nothing is served at this path.'));
});

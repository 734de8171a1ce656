/** Every line of "Bad input" for the platform dialect: its own envelope, the input named where there is one, nothing stored. */
import { makeId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import { makeSecret } from '@turnlog/core/tokens';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ask, type Harness, openHarness, type Reply } from '../harness.ts';

const PATH = '/api/v1/events';
const SUBSCRIBE = `${PATH}/subscribe`;
const UNKNOWN = 'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB';

let h: Harness;
let event: string;
let session: string;
let foreignEvent: string;
let foreignSessionEvent: string;

beforeAll(async () => {
  h = await openHarness();
  const publish = async (token: string): Promise<string> =>
    (await h.ask('POST', PATH, { token, body: { type: 'x', data: {} } })).json.id;
  event = await publish(h.org.token);
  foreignEvent = await publish(h.other.token);
  const create = { body: { initial_events: [{ type: 'agent.thinking' }] } };
  session = (await h.ask('POST', '/v1/sessions', create)).json.id;
  const { json } = await h.ask('POST', '/v1/sessions', { ...create, token: h.other.token });
  const list = await h.ask('GET', `/v1/sessions/${json.id}/events`, { token: h.other.token });
  foreignSessionEvent = list.json.first_id;
});

afterAll(() => h.close());

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly param?: string | undefined;
}

const parameter = (param: string): Refusal => ({ status: 400, code: 'invalid_parameter', param });
const ofBody = (param?: string): Refusal => ({ status: 400, code: 'validation_error', param });
const ofJson = (param?: string): Refusal => ({ status: 400, code: 'invalid_json', param });
const NOT_FOUND: Refusal = { status: 404, code: 'not_found' };
const UNAUTHENTICATED: Refusal = { status: 401, code: 'api_key_invalid' };
const DENIED: Refusal = { status: 403, code: 'insufficient_permissions' };
const good = { type: 'x', data: {} };

/** Expects a refusal, and that it stored nothing. */
async function refused(method: string, path: string, ask: Ask, { status, code, param }: Refusal): Promise<Reply> {
  const before = await h.stored();
  const reply = await h.ask(method, path, ask);
  expect([reply.status, reply.json?.error?.code], reply.text).toEqual([status, code]);
  expect(Object.keys(reply.json)).toEqual(['error']);
  expect(Object.keys(reply.json.error)).toEqual(['code', 'message', 'details', 'request_id']);
  expect(reply.json.error.details).toEqual(param === undefined ? {} : { param });
  expect(reply.json.error.message).toMatch(/^.{10,}\.$/s);
  expect(reply.json.error.request_id).toMatch(/^req_[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
  expect(reply.headers.get('request-id')).toBe(reply.json.error.request_id);
  expect(reply.headers.get('content-type')).toBe('application/json');
  expect(await h.stored()).toBe(before);
  return reply;
}

const future = () => makeId('evt', Date.now() * 1000 + 60_000_000, (n) => new Uint8Array(n));

describe('keys', () => {
  it.each([
    ['no key', { token: null }],
    ['an empty bearer', { token: null, headers: { authorization: 'Bearer ' } }],
    ['another scheme', { token: null, headers: { authorization: 'Basic dXNlcjpwYXNz' } }],
    ['a malformed key', { token: 'tlog_pat_short' }],
    ['a well-formed key that nobody has', { token: makeSecret((n) => new Uint8Array(n).fill(7)) }],
    ['a wrong X-API-Key', { token: null, headers: { 'x-api-key': 'nonsense' } }],
  ] satisfies [string, Ask][])('%s is a 401, on every route and on none', async (_, ask) => {
    for (const [method, path] of [
      ['GET', PATH],
      ['POST', PATH],
      ['GET', `${PATH}/${event}`],
      ['GET', SUBSCRIBE],
      ['PUT', PATH],
      ['POST', `${PATH}/replay`],
      ['GET', '/api/v1/nothing'],
      ['GET', '/api/v1'],
    ] as const) {
      const reply = await refused(method, path, ask, UNAUTHENTICATED);
      expect(reply.headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  it('an X-API-Key is as good as a bearer', async () => {
    const { status } = await h.ask('GET', PATH, { token: null, headers: { 'x-api-key': h.org.token } });
    expect(status).toBe(200);
  });

  it('a key without the scope is a 403 that names the scope, before anything else is read', async () => {
    const reader = await h.tokenWith('events:read');
    const reply = await refused('POST', `${PATH}?x=1`, { token: reader, body: 'not json' }, DENIED);
    expect(reply.json.error.message).toContain("'events:write'");
    const writer = await h.tokenWith('events:write', 'sessions:read');
    for (const path of [`${PATH}?x=1`, `${PATH}/${UNKNOWN}`, `${SUBSCRIBE}?x=1`]) {
      const denied = await refused('GET', path, { token: writer }, DENIED);
      expect(denied.json.error.message).toContain("'events:read'");
    }
  });
});

describe('events by id', () => {
  it('an unknown, foreign or malformed id is a 404, before an unknown parameter', async () => {
    for (const id of [UNKNOWN, foreignEvent, foreignSessionEvent, 'evt_1', 'evt_abc123', session]) {
      await refused('GET', `${PATH}/${id}?x=1`, {}, NOT_FOUND);
    }
    for (const id of [event.toLowerCase(), '%00', 'a%2Fb', '%zz', 'x'.repeat(300)]) {
      await refused('GET', `${PATH}/${id}`, {}, NOT_FOUND);
    }
    await refused('GET', `${PATH}/${event}?x=1`, {}, parameter('x'));
  });

  it("another org's event is answered like one that never was, but for the echoed id and the request id", async () => {
    const answers = await Promise.all(
      [UNKNOWN, foreignEvent, foreignSessionEvent].map(async (id) => {
        const { text, json, headers, status } = await h.ask('GET', `${PATH}/${id}`);
        const others = [...headers].filter(([name]) => name !== 'request-id');
        const same = text.replaceAll(id, '<id>').replaceAll(json.error.request_id, '<request>');
        return { status, others, same };
      }),
    );
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
  });
});

describe('parameters of the list', () => {
  it.each(['0', '101', '1000', '-1', '1.5', '0x10', '', '1e1', '+5', ' 5', '%31%30%31'])(
    'limit=%s is a 400 that says how many may be asked for',
    async (limit) => {
      const { json } = await refused('GET', `${PATH}?limit=${limit}`, {}, parameter('limit'));
      expect(json.error.message).toContain('from 1 to 100');
    },
  );

  it.each([
    ['since=yesterday', 'since'],
    ['since=', 'since'],
    ['since=2026-02-21', 'since'],
    ['since=2026-02-21T00:00:00', 'since'],
    ['since=2026-02-30T00:00:00Z', 'since'],
    ['since=1771632000', 'since'],
    ['since=2026-02-21T00:00:00Z&since=2026-02-21T00:00:00Z', 'since'],
    ['until=tomorrow', 'until'],
    ['until=', 'until'],
    ['until=2026-02-21T25:00:00Z', 'until'],
    ['order=newest', 'order'],
    ['order=', 'order'],
    ['order=DESC', 'order'],
    ['session_id=', 'session_id'],
    ['session_id=a&session_id=b', 'session_id'],
    ['agent_id=', 'agent_id'],
    [`agent_id=${'a'.repeat(256)}`, 'agent_id'],
    ['agent_id=%zz', 'agent_id'],
    ['limit=5&limit=5', 'limit'],
    ['page=page_x', 'page'],
    ['page=1', 'page'],
    ['per_page=10', 'per_page'],
    ['offset=10', 'offset'],
    ['after=evt_1', 'after'],
    ['wait=5', 'wait'],
    ['from=start', 'from'],
    ['events=a', 'events'],
    ['type=a', 'type'],
    ['created_at[gt]=2026-01-31T00:00:00Z', 'created_at[gt]'],
    ['beta=true', 'beta'],
    ['__proto__=1', '__proto__'],
    ['%zz=1', '%zz'],
  ])('?%s is a 400', async (query, param) => {
    await refused('GET', `${PATH}?${query}`, {}, parameter(param));
  });

  it('an until before its since is an empty page', async () => {
    const { status, text } = await h.ask('GET', `${PATH}?since=2999-01-01T00:00:00Z&until=2000-01-01T00:00:00Z`);
    expect([status, text]).toEqual([200, '{"data":[],"has_more":false,"first_id":null,"last_id":null}']);
  });

  it('both cursors are a 400, and the sentence speaks of no third', async () => {
    const path = `${PATH}?after_id=${event}&before_id=${event}`;
    const { json } = await refused('GET', path, {}, parameter('before_id'));
    expect(json.error.message).not.toContain("'page'");
  });
});

describe('patterns', () => {
  const MALFORMED = ['', 'a,,b', ',a', 'a,', 'A', 'Agent.*', 'a%20b', 'a-b', 'a%3F', '[ab]', 'a/b', '%7Ba,b%7D', 'é'];
  it.each([...MALFORMED, 'a'.repeat(101), `${'a,'.repeat(100)}a`])('%s is a 400', async (patterns) => {
    await refused('GET', `${PATH}?types=${patterns}`, {}, parameter('types'));
    await refused('GET', `${SUBSCRIBE}?events=${patterns}`, {}, parameter('events'));
  });

  it('an empty element of a list in brackets is a 400, and so is a key in them', async () => {
    await refused('GET', `${PATH}?types[]=`, {}, parameter('types'));
    await refused('GET', `${SUBSCRIBE}?events[]=a&events[]=`, {}, parameter('events'));
    await refused('GET', `${PATH}?types[0]=a`, {}, parameter('types[0]'));
  });

  it('100 patterns are taken, and one that nobody uses matches nothing', async () => {
    const { status, json } = await h.ask('GET', `${PATH}?types=${Array.from({ length: 100 }, (_, n) => `a${n}.*`)}`);
    expect([status, json.data]).toEqual([200, []]);
  });
});

describe('cursors', () => {
  it('in the future, malformed or of another kind are a 400', async () => {
    for (const cursor of [future(), 'evt_1', 'evt_abc123', '', session, event.toLowerCase(), 'e'.repeat(10_000)]) {
      for (const param of ['after_id', 'before_id']) {
        await refused('GET', `${PATH}?${param}=${cursor}`, {}, parameter(param));
      }
      await refused('GET', `${SUBSCRIBE}?after_id=${cursor}`, {}, parameter('after_id'));
      if (cursor === '') continue;
      await refused('GET', SUBSCRIBE, { headers: { 'last-event-id': cursor } }, parameter('Last-Event-ID'));
    }
  });

  it('are positions: one that names no event of ours is valid', async () => {
    for (const cursor of [UNKNOWN, foreignEvent]) {
      for (const param of ['after_id', 'before_id']) {
        expect((await h.ask('GET', `${PATH}?${param}=${cursor}`)).status).toBe(200);
      }
    }
  });
});

describe('parameters of a subscription', () => {
  it.each([
    ['from=now', 'from'],
    ['from=', 'from'],
    ['from=START', 'from'],
    [`from=start&after_id=${UNKNOWN}`, 'from'],
    ['from=start&from=start', 'from'],
    [`after_id=${UNKNOWN}&after_id=${UNKNOWN}`, 'after_id'],
    [`before_id=${UNKNOWN}`, 'before_id'],
    [`last_event_id=${UNKNOWN}`, 'last_event_id'],
    ['types=a', 'types'],
    ['limit=5', 'limit'],
    ['order=asc', 'order'],
    ['since=2026-02-21T00:00:00Z', 'since'],
    ['until=2026-02-21T00:00:00Z', 'until'],
    ['session_id=', 'session_id'],
    ['agent_id=', 'agent_id'],
    ['event_deltas[]=x', 'event_deltas[]'],
    ['beta=true', 'beta'],
  ])('?%s is a JSON answer, before any stream opens', async (query, param) => {
    await refused('GET', `${SUBSCRIBE}?${query}`, {}, parameter(param));
  });
});

describe('bodies', () => {
  const publish = (ask: Ask, expected: Refusal) => refused('POST', PATH, ask, expected);

  it.each([
    ['none', {}],
    ['no bytes', { body: '' }],
    ['an array', { body: '[]' }],
    ['null', { body: 'null' }],
    ['a string', { body: '"agent.created"' }],
  ] satisfies [string, Ask][])('%s is a 400', async (_, ask) => {
    await publish(ask, ofBody());
  });

  it.each([
    ['no JSON', 'type=x', undefined],
    ['an unfinished text', '{"type":"x', 'type'],
    ['a key twice', '{"type":"x","data":{"a":1,"\\u0061":2}}', 'data.a'],
    ['1e400', '{"type":"x","data":{"a":1e400}}', 'data.a'],
    ['a depth of 10^5', `{"type":"x","data":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, `data${'[0]'.repeat(63)}`],
    ['two values', '{} {}', undefined],
  ])('%s is a 400', async (_, body, param) => {
    await publish({ body }, ofJson(param));
  });

  it('invalid UTF-8 is a 400', () =>
    publish({ body: new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]) }, ofJson()));

  it('5 MB are a 413, and an event of 257 KiB is a 400', async () => {
    const body = JSON.stringify({ type: 'x', data: { x: 'x'.repeat(5_000_000) } });
    await publish({ body }, { status: 413, code: 'payload_too_large' });
    await publish({ body: { type: 'x', data: { x: 'x'.repeat(257 * 1024) } } }, ofBody());
    const metadata = { x: 'x'.repeat(257 * 1024) };
    await publish({ body: { ...good, metadata } }, ofBody());
    const padding = ' '.repeat(limits.bodyBytes - JSON.stringify(good).length);
    expect((await h.ask('POST', PATH, { body: `${JSON.stringify(good)}${padding}` })).status).toBe(201);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=latin1'])(
    '%s is a 415',
    async (type) => {
      const unsupported = { status: 415, code: 'unsupported_media_type' };
      await publish({ body: JSON.stringify(good), headers: { 'content-type': type } }, unsupported);
      await publish({ body: 'not json', headers: { 'content-type': type } }, unsupported);
    },
  );

  it('a compressed body is a 415', () =>
    publish({ body: good, headers: { 'content-encoding': 'gzip' } }, { status: 415, code: 'unsupported_media_type' }));

  it.each([
    ['no type', { data: {} }, 'type'],
    ['a type that is null', { ...good, type: null }, 'type'],
    ['a type that is a number', { ...good, type: 1 }, 'type'],
    ['an empty type', { ...good, type: '' }, 'type'],
    ['a type with capitals', { ...good, type: 'Agent.Created' }, 'type'],
    ['a type with a glob', { ...good, type: 'agent.*' }, 'type'],
    ['a type of 101 characters', { ...good, type: 'a'.repeat(101) }, 'type'],
    ['a message of a session', { ...good, type: 'user.message' }, 'type'],
    ['a message of an agent', { type: 'agent.message', data: { content: [] } }, 'type'],
    ['no data', { type: 'x' }, 'data'],
    ['data that is null', { type: 'x', data: null }, 'data'],
    ['data that is an array', { type: 'x', data: [] }, 'data'],
    ['data that is a string', { type: 'x', data: 'x' }, 'data'],
    ['a mark of the server', { type: 'x', data: { caused_by: 'me' } }, 'data.caused_by'],
    ['metadata that is an array', { ...good, metadata: [] }, 'metadata'],
    ['metadata that is a string', { ...good, metadata: 'user_456' }, 'metadata'],
    ['a user that is a number', { ...good, metadata: { user_id: 1 } }, 'metadata.user_id'],
    ['an org of its own', { ...good, metadata: { organization_id: 'org_789' } }, 'metadata.organization_id'],
    ['a request of its own', { ...good, metadata: { request_id: null } }, 'metadata.request_id'],
    ['an agent event without its agent', { type: 'agent.created', data: {} }, 'data.agent_id'],
    ['an agent event with a wrong agent', { type: 'agent.created', data: { agent_id: 1 } }, 'data.agent_id'],
    ['a wrong field', { type: 'agent.deleted', data: { agent_id: 'a', permanent: 'no' } }, 'data.permanent'],
    ['a list of events', { events: [good] }, 'events'],
  ])('%s is a 400', async (_, body, param) => {
    await publish({ body }, ofBody(param));
  });

  it.each(['id', 'created_at', 'session_id', 'turn_id', 'occurred_at', 'seq', 'schema_version', 'processed_at', 'foo'])(
    'another member (%s) is a 400 that names it, whatever its value',
    async (name) => {
      for (const value of [null, 'x', {}]) await publish({ body: { ...good, [name]: value } }, ofBody(name));
    },
  );

  it('a long name is not repeated whole', async () => {
    const name = 'x'.repeat(5_000);
    const { text } = await publish({ body: { ...good, [name]: 1 } }, ofBody(`${'x'.repeat(100)}…`));
    expect(text.length).toBeLessThan(1_000);
  });

  it('an unknown parameter is a 400 with a good body too', () =>
    refused('POST', `${PATH}?dry_run=1`, { body: good }, parameter('dry_run')));

  it('a malformed idempotency key is a 400', async () => {
    await publish({ body: good, headers: { 'idempotency-key': 'x'.repeat(256) } }, parameter('Idempotency-Key'));
    const headers = { 'idempotency-key': 'a', 'x-idempotency-key': 'b' };
    await publish({ body: good, headers }, parameter('Idempotency-Key'));
  });

  it('a key used for another request is a 409', async () => {
    const headers = { 'idempotency-key': 'once' };
    expect((await h.ask('POST', PATH, { headers, body: good })).status).toBe(201);
    await publish({ headers, body: { ...good, type: 'y' } }, { status: 409, code: 'conflict' });
  });
});

describe('methods and paths', () => {
  it.each(['PUT', 'PATCH', 'DELETE'])('%s is a 405 that says what is allowed', async (method) => {
    const notAllowed = { status: 405, code: 'method_not_allowed' };
    for (const [path, allow] of [
      [PATH, 'GET, HEAD, POST'],
      [`${PATH}/${event}`, 'GET, HEAD'],
      [SUBSCRIBE, 'GET, HEAD'],
    ] as const) {
      const reply = await refused(method, path, { body: 'x' }, notAllowed);
      expect(reply.headers.get('allow')).toBe(allow);
    }
  });

  it.each(['', '/', '/nothing', '/events/', '/events//', `/events/${UNKNOWN}/more`, '/event', '/cloudy'])(
    '/api/v1%s is a 404 in this envelope',
    async (path) => {
      await refused('GET', `/api/v1${path}`, {}, NOT_FOUND);
      await refused('POST', `/api/v1${path}`, { body: {} }, NOT_FOUND);
    },
  );

  it('refusals come in the order 401, 405, 403, 413, 415, 400, 409', async () => {
    const narrow = await h.tokenWith('sessions:read');
    const text = { 'content-type': 'text/plain' };
    const big = 'x'.repeat(5_000_000);
    const path = `${PATH}?nonsense=1`;
    await refused('PUT', path, { token: null, body: big, headers: text }, UNAUTHENTICATED);
    await refused('PUT', path, { token: narrow, body: big }, { status: 405, code: 'method_not_allowed' });
    await refused('POST', path, { token: narrow, body: big, headers: text }, DENIED);
    await refused('POST', path, { body: big, headers: text }, { status: 413, code: 'payload_too_large' });
    await refused('POST', path, { body: 'x', headers: text }, { status: 415, code: 'unsupported_media_type' });
    await refused('POST', path, { body: good }, parameter('nonsense'));
  });
});

/** Every line of "Bad input": the answer is the native envelope, names the input where there is one, and stores nothing. */
import { makeId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import { makeSecret } from '@turnlog/core/tokens';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ask, type Harness, openHarness, type Reply } from './harness.ts';

let h: Harness;
let session: string;
let archived: string;
let terminated: string;
let foreignSession: string;
let foreignEvent: string;
let siblingEvent: string;
let event: string;

beforeAll(async () => {
  h = await openHarness();
  const create = async (token: string, ...initial_events: object[]): Promise<string> => {
    const { json } = await h.ask('POST', '/v1/sessions', { token, body: { initial_events } });
    return json.id;
  };
  const firstEvent = async (token: string, id: string): Promise<string> => {
    const { json } = await h.ask('GET', `/v1/sessions/${id}/events`, { token });
    return json.first_id;
  };
  session = await create(h.org.token, { type: 'user.message', content: 'hello' }, { type: 'agent.thinking' });
  event = await firstEvent(h.org.token, session);
  siblingEvent = await firstEvent(h.org.token, await create(h.org.token, { type: 'agent.thinking' }));
  archived = await create(h.org.token, { type: 'user.message', content: 'hello' });
  await h.ask('POST', `/v1/sessions/${archived}/archive`);
  terminated = await create(h.org.token, { type: 'terminated' });
  foreignSession = await create(h.other.token, { type: 'user.message', content: 'hello' });
  foreignEvent = await firstEvent(h.other.token, foreignSession);
});

afterAll(() => h.close());

interface Refusal {
  readonly status: number;
  readonly type?: string;
  readonly param?: string | undefined;
  readonly code?: string;
}

/** Expects a refusal, and that it stored nothing. */
async function refused(method: string, path: string, ask: Ask, expected: Refusal): Promise<Reply> {
  const before = await h.stored();
  const reply = await h.ask(method, path, ask);
  const { type = 'invalid_request_error', status, param, code } = expected;
  expect([reply.status, reply.json?.error?.type, reply.json?.error?.param], reply.text).toEqual([status, type, param]);
  if (code !== undefined) expect(reply.json.error.code).toBe(code);
  expect(Object.keys(reply.json)).toEqual(['type', 'error', 'request_id']);
  expect(reply.json.type).toBe('error');
  expect(reply.json.error.message).toMatch(/^.{10,}\.$/s);
  expect(reply.json.request_id).toMatch(/^req_[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
  expect(reply.headers.get('request-id')).toBe(reply.json.request_id);
  expect(reply.headers.get('content-type')).toBe('application/json');
  expect(reply.headers.get('x-should-retry')).toBe('false');
  expect(await h.stored()).toBe(before);
  return reply;
}

const events = (list: readonly unknown[]): Ask => ({ body: { events: list } });
const message = { type: 'user.message', content: 'hello' };

describe('credentials', () => {
  const unauthenticated = { status: 401, type: 'authentication_error' };
  const cases: readonly [string, Ask][] = [
    ['no token', { token: null }],
    ['an empty bearer', { token: null, headers: { authorization: 'Bearer ' } }],
    ['a scheme other than Bearer', { token: null, headers: { authorization: 'Basic dXNlcjpwYXNz' } }],
    ['a malformed token', { token: 'tlog_pat_short' }],
    ['a token with a wrong checksum', { token: `tlog_pat_${'a'.repeat(39)}` }],
    ['a well-formed token that nobody has', { token: makeSecret((n) => new Uint8Array(n).fill(7)) }],
    ['a token in the query', { token: null }],
    ['a good X-API-Key beside a bad bearer', { token: 'nonsense-but-long-enough-to-be-a-secret' }],
  ];
  it.each(cases)('%s is a 401', async (name, ask) => {
    const headers = name.startsWith('a good X-API-Key') ? { 'x-api-key': h.org.token } : {};
    const query = name.includes('query') ? `?token=${h.org.token}` : '';
    const reply = await refused(
      'POST',
      `/v1/sessions${query}`,
      { ...ask, headers: { ...ask.headers, ...headers }, body: {} },
      unauthenticated,
    );
    expect(reply.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('an expired token is a 401, though it was remembered a moment ago', async () => {
    const expires_at = new Date(Date.now() + 3_600_000).toISOString();
    const { json } = await h.ask('POST', '/v1/tokens', {
      body: { name: 'short', scopes: ['sessions:read'], expires_at },
    });
    expect((await h.ask('GET', '/v1/sessions', { token: json.token })).status).toBe(200);
    h.clock.offsetUs = 3_601 * 1_000_000;
    await refused('GET', '/v1/sessions', { token: json.token }, unauthenticated);
    h.clock.offsetUs = 0;
  });

  it('a revoked token is a 401 from the answer on, though it was remembered a moment ago', async () => {
    const { json } = await h.ask('POST', '/v1/tokens', { body: { name: 'gone', scopes: ['sessions:read'] } });
    expect((await h.ask('GET', '/v1/sessions', { token: json.token })).status).toBe(200);
    expect((await h.ask('DELETE', `/v1/tokens/${json.id}`)).status).toBe(200);
    await refused('GET', '/v1/sessions', { token: json.token }, unauthenticated);
  });

  it('unknown, malformed and revoked get the same sentence', async () => {
    const { json: revoked } = await h.ask('POST', '/v1/tokens', { body: { name: 'gone', scopes: ['sessions:read'] } });
    expect((await h.ask('DELETE', `/v1/tokens/${revoked.id}`)).status).toBe(200);
    const texts = await Promise.all(
      ['tlog_pat_short', makeSecret((n) => new Uint8Array(n).fill(9)), revoked.token].map(async (token) => {
        const { json } = await h.ask('GET', '/v1/sessions', { token });
        return json.error.message;
      }),
    );
    expect(new Set(texts).size).toBe(1);
  });

  it('a wrong scope is a 403 that names the scope, before anything is read of the request', async () => {
    const token = await h.tokenWith('events:read');
    const denied = { status: 403, type: 'permission_error' };
    const reply = await refused('POST', '/v1/sessions', { token, body: 'not json' }, denied);
    expect(reply.json.error.message).toContain('sessions:write');
    await refused('POST', `/v1/sessions/${session}/events`, { token, ...events([message]) }, denied);
    await refused('GET', '/v1/sessions/unknown?nonsense=1', { token }, denied);
    await refused('GET', '/v1/tokens', { token }, denied);
  });

  it('first events need the scope for events', async () => {
    const token = await h.tokenWith('sessions:write');
    const denied = { status: 403, type: 'permission_error' };
    await refused('POST', '/v1/sessions', { token, body: { initial_events: [message] } }, denied);
  });
});

describe('lists', () => {
  const lists = () => ['/v1/sessions', `/v1/sessions/${session}/events`, '/v1/tokens', '/v1/events'];

  it.each(['0', '1001', '-1', '1.5', '0x10', '', '1e2', '+5', '%31%30%30%30%30', ' 5'])(
    'limit=%s is a 400',
    async (limit) => {
      for (const path of lists()) await refused('GET', `${path}?limit=${limit}`, {}, { status: 400, param: 'limit' });
    },
  );

  it('limit twice is a 400', async () => {
    for (const path of lists()) await refused('GET', `${path}?limit=5&limit=5`, {}, { status: 400, param: 'limit' });
  });

  it('two cursors at once are a 400', async () => {
    for (const path of lists()) {
      await refused('GET', `${path}?after_id=${event}&before_id=${event}`, {}, { status: 400, param: 'before_id' });
      await refused('GET', `${path}?after_id=${event}&page=page_x`, {}, { status: 400, param: 'page' });
    }
  });

  it('a cursor of another session, of another org, unknown and malformed get the same 400', async () => {
    const unknown = makeId('evt', 1_700_000_000_000_000, (n) => new Uint8Array(n));
    const cursors = [
      siblingEvent,
      foreignEvent,
      unknown,
      'evt_1',
      '',
      session,
      event.toLowerCase(),
      'e'.repeat(10_000),
    ];
    for (const param of ['after_id', 'before_id'] as const) {
      const messages = new Set<string>();
      for (const cursor of cursors) {
        const path = `/v1/sessions/${session}/events?${param}=${encodeURIComponent(cursor)}`;
        messages.add((await refused('GET', path, {}, { status: 400, param })).json.error.message);
      }
      expect(messages.size).toBe(1);
    }
  });

  it('a page of another session, of another list, malformed or 10 kB long is a 400', async () => {
    const { json: sibling } = await h.ask('GET', `/v1/sessions/${session}/events?limit=1`);
    const { json: tokens } = await h.ask('GET', '/v1/tokens?limit=1');
    expect(sibling.next_page).not.toBeNull();
    for (const page of [tokens.next_page ?? 'page_td', 'page_', '', 'p'.repeat(10_000), sibling.next_page]) {
      const path = page === sibling.next_page ? `/v1/sessions/${archived}/events` : `/v1/sessions/${session}/events`;
      await refused('GET', `${path}?page=${page}`, {}, { status: 400, param: 'page' });
    }
    await refused('GET', `/v1/sessions?page=${sibling.next_page}`, {}, { status: 400, param: 'page' });
  });

  it('a page with another order is a 400', async () => {
    const { json } = await h.ask('GET', `/v1/sessions/${session}/events?limit=1`);
    const path = `/v1/sessions/${session}/events?page=${json.next_page}`;
    expect((await h.ask('GET', `${path}&order=asc`)).status).toBe(200);
    await refused('GET', `${path}&order=desc`, {}, { status: 400, param: 'page' });
  });

  it('a position in the future is a 400', async () => {
    const future = (kind: 'sess' | 'tok') => makeId(kind, Date.now() * 1000 + 60_000_000, (n) => new Uint8Array(n));
    for (const param of ['after_id', 'before_id']) {
      await refused('GET', `/v1/sessions?${param}=${future('sess')}`, {}, { status: 400, param });
      await refused('GET', `/v1/tokens?${param}=${future('tok')}`, {}, { status: 400, param });
    }
  });

  it('an unknown query parameter is a 400 that names it, on every route', async () => {
    for (const path of [...lists(), `/v1/sessions/${session}`, `/v1/sessions/${session}/events/${event}`]) {
      await refused('GET', `${path}?after=${event}`, {}, { status: 400, param: 'after' });
      await refused('GET', `${path}?__proto__=1`, {}, { status: 400, param: '__proto__' });
    }
    await refused('POST', `/v1/sessions?dry_run=1`, { body: {} }, { status: 400, param: 'dry_run' });
    await refused('DELETE', `/v1/sessions/${session}?force=1`, {}, { status: 400, param: 'force' });
  });

  it.each([
    ['order=newest', 'order'],
    ['order=', 'order'],
    ['created_at[gt]=yesterday', 'created_at[gt]'],
    ['created_at[gte]=2026-01-31', 'created_at[gte]'],
    ['created_at[lt]=2026-02-30T00:00:00Z', 'created_at[lt]'],
    ['created_at[lte]=2026-01-31T00:00:00', 'created_at[lte]'],
    ['created_at%5Bgt%5D=2026-01-31T00:00:00Z&created_at[gt]=2026-01-31T00:00:00Z', 'created_at[gt]'],
    ['created_at=2026-01-31T00:00:00Z', 'created_at'],
    ['created_at[eq]=2026-01-31T00:00:00Z', 'created_at[eq]'],
    ['%zz=1', '%zz'],
    ['order=%zz', 'order'],
    ['order=%C3', 'order'],
  ])('?%s is a 400', async (query, param) => {
    await refused('GET', `/v1/sessions?${query}`, {}, { status: 400, param });
    await refused('GET', `/v1/sessions/${session}/events?${query}`, {}, { status: 400, param });
  });

  it.each([
    ['statuses=asleep', 'statuses'],
    ['statuses=idle,,running', 'statuses'],
    ['include_archived=yes', 'include_archived'],
    ['agent_id=', 'agent_id'],
    ['external_id=', 'external_id'],
    ['metadata=x', 'metadata'],
    ['metadata[]=x', 'metadata[]'],
    ['metadata[a]=x&metadata[a]=x', 'metadata[a]'],
    ['agent_id=a&agent_id=a', 'agent_id'],
    ['agent_id[]=a', 'agent_id[]'],
  ])('sessions?%s is a 400', async (query, param) => {
    await refused('GET', `/v1/sessions?${query}`, {}, { status: 400, param });
  });

  it.each(['types=', 'types=a,,b', 'types[]=', 'types=User.Message', 'types=a%20b', `types=${'a'.repeat(101)}`])(
    'events?%s is a 400',
    async (query) => {
      await refused('GET', `/v1/sessions/${session}/events?${query}`, {}, { status: 400, param: 'types' });
    },
  );
});

describe('streams, held polls and the feed', () => {
  const streams = () => [`/v1/sessions/${session}/events/stream`, '/v1/events/stream'];
  const feedLists = () => [`/v1/sessions/${session}/events`, '/v1/events'];
  const future = () => makeId('evt', Date.now() * 1000 + 60_000_000, (n) => new Uint8Array(n));
  const unknown = 'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB';

  it('a cursor of another session or org, an unknown, malformed or future one is the same 400 for a stream', async () => {
    const path = `/v1/sessions/${session}/events/stream`;
    const cursors = [
      siblingEvent,
      foreignEvent,
      unknown,
      future(),
      'evt_1',
      archived,
      foreignSession,
      'e'.repeat(10_000),
    ];
    for (const [param, ask] of [
      ['after_id', (cursor: string) => [`${path}?after_id=${cursor}`, {}] as const],
      ['Last-Event-ID', (cursor: string) => [path, { headers: { 'last-event-id': cursor } }] as const],
    ] as const) {
      const messages = new Set<string>();
      for (const cursor of cursors) {
        const [asked, headers] = ask(cursor);
        const reply = await refused('GET', asked, headers, { status: 400, param });
        messages.add(reply.json.error.message);
      }
      expect(messages.size).toBe(1);
    }
    await refused('GET', `${path}?after_id=`, {}, { status: 400, param: 'after_id' });
  });

  it('a malformed or future cursor of the feed is a 400', async () => {
    for (const cursor of [future(), 'evt_1', session, 'e'.repeat(10_000), event.toLowerCase()]) {
      for (const param of ['after_id', 'before_id']) {
        await refused('GET', `/v1/events?${param}=${cursor}`, {}, { status: 400, param });
      }
      await refused('GET', `/v1/events/stream?after_id=${cursor}`, {}, { status: 400, param: 'after_id' });
      const headers = { 'last-event-id': cursor };
      await refused('GET', '/v1/events/stream', { headers }, { status: 400, param: 'Last-Event-ID' });
    }
  });

  it('a page of another list is a 400 in the feed, and a page of the feed elsewhere', async () => {
    const { json: ofSession } = await h.ask('GET', `/v1/sessions/${session}/events?limit=1`);
    const { json: ofFeed } = await h.ask('GET', '/v1/events?limit=1');
    expect([ofSession.next_page, ofFeed.next_page]).not.toContain(null);
    await refused('GET', `/v1/events?page=${ofSession.next_page}`, {}, { status: 400, param: 'page' });
    await refused('GET', `/v1/sessions/${session}/events?page=${ofFeed.next_page}`, {}, { status: 400, param: 'page' });
    await refused('GET', `/v1/sessions?page=${ofFeed.next_page}`, {}, { status: 400, param: 'page' });
    await refused('GET', `/v1/events?order=desc&page=${ofFeed.next_page}`, {}, { status: 400, param: 'page' });
  });

  it('two cursors at once are a 400 in the feed', async () => {
    const both = `/v1/events?after_id=${event}&before_id=${event}`;
    await refused('GET', both, {}, { status: 400, param: 'before_id' });
    await refused('GET', `/v1/events?after_id=${event}&page=page_x`, {}, { status: 400, param: 'page' });
  });

  it("a stream's 'after_id' with 'before_id', and 'from' with 'after_id' or another 'from', are 400s", async () => {
    for (const path of streams()) {
      const both = `${path}?after_id=${event}&before_id=${event}`;
      await refused('GET', both, {}, { status: 400, param: 'before_id' });
      await refused('GET', `${path}?from=start&after_id=${event}`, {}, { status: 400, param: 'from' });
      for (const from of ['now', 'START', '', 'start,start', event]) {
        await refused('GET', `${path}?from=${from}`, {}, { status: 400, param: 'from' });
      }
      await refused('GET', `${path}?from=start&from=start`, {}, { status: 400, param: 'from' });
      await refused('GET', `${path}?after_id=${event}&after_id=${event}`, {}, { status: 400, param: 'after_id' });
      const headers = { 'last-event-id': event };
      await refused('GET', `${path}?from=x`, { headers }, { status: 400, param: 'from' });
    }
  });

  it.each(['0', '56', 'x', '-1', '1.5', '', '+5', ' 5', '5s', '055'])('wait=%s is a 400', async (wait) => {
    for (const path of feedLists()) {
      await refused('GET', `${path}?wait=${encodeURIComponent(wait)}`, {}, { status: 400, param: 'wait' });
    }
  });

  it('wait twice, with a stream, downwards or backwards is a 400', async () => {
    for (const path of feedLists()) {
      await refused('GET', `${path}?wait=5&wait=5`, {}, { status: 400, param: 'wait' });
      await refused('GET', `${path}?wait=5&order=desc`, {}, { status: 400, param: 'wait' });
      await refused('GET', `${path}?wait=5&before_id=${event}`, {}, { status: 400, param: 'wait' });
      const headers = { accept: 'text/event-stream' };
      await refused('GET', `${path}?wait=5`, { headers }, { status: 400, param: 'wait' });
    }
    for (const path of streams()) await refused('GET', `${path}?wait=5`, {}, { status: 400, param: 'wait' });
  });

  it('a stream of an unknown or foreign session, or of one with a malformed name, is a 404', async () => {
    for (const id of ['sess_01K5ZV7QH37MZTXN4T6B9D0RFE', foreignSession, 'nobody', '%zz', 'a%2Fb', event]) {
      const expected = { status: 404, type: 'not_found_error' };
      await refused('GET', `/v1/sessions/${id}/events/stream?from=x`, {}, expected);
      await refused('GET', `/v1/sessions/${id}/events?wait=99`, { headers: { accept: 'text/event-stream' } }, expected);
      await refused('GET', `/v1/sessions/${id}/events?wait=99`, {}, expected);
    }
  });

  it.each([
    'types=',
    'types=a,,b',
    'types=,a',
    'types=a,',
    'types[]=',
    'types=A',
    'types=a%20b',
    'types=a-b',
    `types=${'a'.repeat(101)}`,
    `types=${'a,'.repeat(100)}a`,
  ])('?%s is a 400 in every list and stream of events', async (query) => {
    for (const path of [...streams(), ...feedLists()]) {
      await refused('GET', `${path}?${query}`, {}, { status: 400, param: 'types' });
    }
  });

  it.each([
    ['session_id=', 'session_id'],
    ['agent_id=', 'agent_id'],
    ['session_id=a&session_id=b', 'session_id'],
    [`agent_id=${'a'.repeat(256)}`, 'agent_id'],
    ['agent_id=%zz', 'agent_id'],
  ])('?%s is a 400 in the feed and in its stream', async (query, param) => {
    for (const path of ['/v1/events', '/v1/events/stream']) {
      await refused('GET', `${path}?${query}`, {}, { status: 400, param });
    }
  });

  it.each([
    ['since=yesterday', 'since'],
    ['until=2026-01-31', 'until'],
    ['since=', 'since'],
    ['created_at[gt]=2026-02-30T00:00:00Z', 'created_at[gt]'],
    ['created_at=2026-01-31T00:00:00Z', 'created_at'],
    ['since=2026-01-31T00:00:00Z&created_at[gte]=2026-01-31T00:00:00Z', 'since'],
    ['until=2026-01-31T00:00:00Z&created_at[lt]=2026-01-31T00:00:00Z', 'until'],
    ['limit=0', 'limit'],
    ['limit=1001', 'limit'],
    ['limit=5&limit=5', 'limit'],
    ['order=newest', 'order'],
    ['after=evt_1', 'after'],
    ['from=start', 'from'],
    ['statuses=idle', 'statuses'],
  ])('events?%s is a 400', async (query, param) => {
    await refused('GET', `/v1/events?${query}`, {}, { status: 400, param });
  });

  it('an unknown parameter of a stream is a 400 that names it: a misspelt one must not replay or skip', async () => {
    for (const path of streams()) {
      for (const [query, param] of [
        [`after=${event}`, 'after'],
        [`last_event_id=${event}`, 'last_event_id'],
        ['limit=5', 'limit'],
        ['order=asc', 'order'],
        ['created_at[gt]=2026-01-31T00:00:00Z', 'created_at[gt]'],
      ] as const) {
        await refused('GET', `${path}?${query}`, {}, { status: 400, param });
      }
    }
    await refused(
      'GET',
      `/v1/sessions/${session}/events/stream?session_id=x`,
      {},
      { status: 400, param: 'session_id' },
    );
  });

  it('an event of the feed that is unknown, foreign or malformed is a 404, before an unknown parameter', async () => {
    for (const id of [unknown, foreignEvent, 'evt_1', session, event.toLowerCase(), '%00', 'a%2Fb']) {
      await refused('GET', `/v1/events/${id}?x=1`, {}, { status: 404, type: 'not_found_error' });
    }
    await refused('GET', `/v1/events/${event}?x=1`, {}, { status: 400, param: 'x' });
  });

  it('another method is a 405, a token without the scope a 403', async () => {
    const narrow = await h.tokenWith('sessions:read');
    const denied = { status: 403, type: 'permission_error' };
    for (const path of [...streams(), '/v1/events', `/v1/events/${event}`]) {
      await refused('DELETE', path, {}, { status: 405 });
      await refused('GET', `${path}?x=1`, { token: narrow }, denied);
    }
    const reader = await h.tokenWith('events:read');
    await refused('POST', '/v1/events', { token: reader, body: 'x' }, denied);
  });

  it.each([
    ['none', { body: { events: [] } }, 'events'],
    ['no list of them', { body: {} }, 'events'],
    ['501', { body: { events: Array.from({ length: 501 }, () => ({ type: 'x' })) } }, 'events'],
    ['one of 257 KiB', events([{ type: 'x', text: 'x'.repeat(257 * 1024) }]), 'events[0]'],
    ['one that is no object', events([{ type: 'x' }, 1]), 'events[1]'],
    ['one without a type', events([{ type: 'x' }, { data: {} }]), 'events[1].type'],
    ['a bad type', events([{ type: 'Not A Type' }]), 'events[0].type'],
    ['a turn, which the account has not', events([{ type: 'x', turn_id: 'turn_1' }]), 'events[0].turn_id'],
    ['a mark of the server', events([{ type: 'x', data: { caused_by: 'me' } }]), 'events[0].data.caused_by'],
    ['a session of its own', events([{ type: 'x', session_id: 'x' }]), 'events[0].session_id'],
    ['a number of its own', events([{ type: 'x', seq: 1 }]), 'events[0].seq'],
    ['a resource event without its subject', events([{ type: 'agent.created', data: {} }]), 'events[0].data.agent_id'],
    ['a message without content', events([{ type: 'user.message' }]), 'events[0].content'],
    ['a bad time', events([{ type: 'x', occurred_at: 'now' }]), 'events[0].occurred_at'],
    ['a key twice', { body: '{"events":[{"type":"x","a":{"b":1,"b":2}}]}' }, 'events[0].a.b'],
  ] satisfies [string, Ask, string][])('publishing %s is a 400', async (_, ask, param) => {
    await refused('POST', '/v1/events', ask, { status: 400, param });
  });

  it("a browser's Accept gets the list, not a stream", async () => {
    const headers = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };
    for (const path of feedLists()) {
      const reply = await h.ask('GET', path, { headers });
      expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'application/json']);
    }
  });
});

describe('bodies', () => {
  const paths = () => [
    ...['/v1/sessions', `/v1/sessions/${session}`, `/v1/sessions/${session}/events`],
    ...['/v1/tokens', '/v1/events'],
  ];
  const everywhere = async (ask: Ask, expected: Refusal) => {
    for (const path of paths()) await refused('POST', path, ask, expected);
  };

  it('an empty body is a 400 where one is needed', () => everywhere({}, { status: 400 }));
  it('an empty JSON body is a 400', () => everywhere({ body: '' }, { status: 400 }));
  it('what is not JSON is a 400', () => everywhere({ body: 'title=x' }, { status: 400 }));
  it('an unfinished body is a 400 that says where', () =>
    everywhere({ body: '{"title":"x' }, { status: 400, param: 'title' }));
  it('an array is a 400', () => everywhere({ body: '[]' }, { status: 400 }));
  it('null is a 400', () => everywhere({ body: 'null' }, { status: 400 }));
  it('5 MB are a 413', () =>
    everywhere({ body: JSON.stringify({ x: 'x'.repeat(5_000_000) }) }, { status: 413, code: 'body_too_large' }));
  it('5 MB without a declared length are a 413', async () => {
    const body = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(65_536).fill(32));
      },
    });
    const headers = { authorization: `Bearer ${h.org.token}`, 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body, duplex: 'half' } as RequestInit;
    expect((await h.app.request('/v1/sessions', init)).status).toBe(413);
  });
  it('4 MiB exactly are read', async () => {
    const padding = ' '.repeat(limits.bodyBytes - 2);
    expect((await h.ask('POST', '/v1/sessions', { body: `{${padding}}` })).status).toBe(201);
    await refused('POST', '/v1/sessions', { body: `{${padding} }` }, { status: 413 });
  });
  it('a depth of 10^5 is a 400', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    await refused('POST', '/v1/sessions', { body: deep }, { status: 400, param: '[0]'.repeat(64) });
    await everywhere({ body: `{"x":${deep}}` }, { status: 400, param: `x${'[0]'.repeat(63)}` });
  });
  it('a key twice is a 400 that names it', () =>
    everywhere({ body: '{"a":1,"\\u0061":2}' }, { status: 400, param: 'a' }));
  it('invalid UTF-8 is a 400', () =>
    everywhere({ body: new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]) }, { status: 400 }));
  it('1e400 is a 400', () => everywhere({ body: '{"a":1e400}' }, { status: 400, param: 'a' }));

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonx',
    'application/json; charset=latin1',
  ])('%s is a 415', async (type) => {
    await everywhere({ body: '{"title":"x"}', headers: { 'content-type': type } }, { status: 415 });
    await everywhere({ body: 'not json', headers: { 'content-type': type } }, { status: 415 });
  });

  it.each([
    'application/json; charset=UTF-8',
    'application/json;charset="utf-8"',
    'Application/JSON',
    'application/merge-patch+json',
  ])('%s is read', async (type) => {
    expect((await h.ask('POST', '/v1/sessions', { body: '{}', headers: { 'content-type': type } })).status).toBe(201);
  });
});

describe('events', () => {
  const path = () => `/v1/sessions/${session}/events`;
  const many = (n: number) => Array.from({ length: n }, () => ({ type: 'agent.thinking' }));

  it.each([
    ['none', { body: { events: [] } }, 'events'],
    ['no list of them', { body: {} }, 'events'],
    ['an object instead of a list', { body: { events: {} } }, 'events'],
    ['501', { body: { events: many(501) } }, 'events'],
    ['one of 257 KiB', events([message, { type: 'x', text: 'x'.repeat(257 * 1024) }]), 'events[1]'],
    ['one that is no object', events([message, 1]), 'events[1]'],
    ['one without a type', events([message, message, message, { content: 'x' }]), 'events[3].type'],
    [
      'a bad type among good ones',
      events([message, message, message, { type: 'Not A Type' }, message]),
      'events[3].type',
    ],
    ['a type that is no string', events([{ type: 1 }]), 'events[0].type'],
    ['a type of 101 characters', events([{ type: 'a'.repeat(101) }]), 'events[0].type'],
    ['a message without content', events([{ type: 'user.message' }]), 'events[0].content'],
    ['a reply that is a string', events([{ type: 'agent.message', content: 'x' }]), 'events[0].content'],
    ['a reply without blocks', events([{ type: 'agent.message', content: [] }]), 'events[0].content'],
    ['a malformed turn', events([{ ...message, turn_id: 'turn-1' }]), 'events[0].turn_id'],
    ['a bad time', events([{ ...message, occurred_at: '2026-01-31' }]), 'events[0].occurred_at'],
    [
      'usage of a wrong type',
      events([{ type: 'session.status_idle', usage: { input_tokens: '1' } }]),
      'events[0].usage.input_tokens',
    ],
    ['a resource event without its subject', events([{ type: 'agent.created', data: {} }]), 'events[0].data.agent_id'],
    ['a key twice', { body: '{"events":[{"type":"x","a":{"b":1,"b":2}}]}' }, 'events[0].a.b'],
    ['1e400', { body: '{"events":[{"type":"x","a":[1e400]}]}' }, 'events[0].a[0]'],
  ] satisfies [string, Ask, string][])('%s: 400', async (_, ask, param) => {
    await refused('POST', path(), ask, { status: 400, param });
  });

  it.each(['id', 'session_id', 'created_at', 'processed_at', 'seq'])(
    'a server-owned field (%s) is a 400 that names it',
    async (name) => {
      const ask = events([message, { ...message, [name]: null }]);
      await refused('POST', path(), ask, { status: 400, param: `events[1].${name}` });
    },
  );

  it('first events are judged alike, and no session comes of bad ones', () =>
    refused(
      'POST',
      '/v1/sessions',
      { body: { initial_events: [message, { type: '' }] } },
      { status: 400, param: 'initial_events[1].type' },
    ));

  it('an archived session is a 409 that no retry can cure', () =>
    refused('POST', `/v1/sessions/${archived}/events`, events([message]), {
      status: 409,
      type: 'conflict_error',
      code: 'session_archived',
    }));

  it('a terminated session is a 409 that no retry can cure', () =>
    refused('POST', `/v1/sessions/${terminated}/events`, events([message]), {
      status: 409,
      type: 'conflict_error',
      code: 'session_terminated',
    }));
});

describe('sessions', () => {
  const pairs = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, 'v']));
  it.each([
    [{ metadata: pairs(51) }, 'metadata'],
    [{ metadata: { ['k'.repeat(65)]: 'v' } }, `metadata.${'k'.repeat(65)}`],
    [{ metadata: { '': 'v' } }, 'metadata.'],
    [{ metadata: { key: 'v'.repeat(513) } }, 'metadata.key'],
    [{ metadata: { key: 1 } }, 'metadata.key'],
    [{ metadata: { key: null } }, 'metadata.key'],
    [{ metadata: [] }, 'metadata'],
    [{ metadata: 'x' }, 'metadata'],
    [{ title: 'x'.repeat(501) }, 'title'],
    [{ title: 1 }, 'title'],
    [{ title: '\ud800' }, 'title'],
    [{ agent: 1 }, 'agent'],
    [{ agent: '' }, 'agent'],
    [{ agent: {} }, 'agent.id'],
    [{ agent: { id: 1 } }, 'agent.id'],
    [{ agent: { id: 'x'.repeat(256) } }, 'agent.id'],
    [{ agent: { id: 'a', version: {} } }, 'agent.version'],
    [{ environment_id: '' }, 'environment_id'],
    [{ external_id: '' }, 'external_id'],
    [{ external_id: 'a/b' }, 'external_id'],
    [{ external_id: 'a\nb' }, 'external_id'],
    [{ external_id: 'x'.repeat(256) }, 'external_id'],
    [{ external_id: 'sess_01K5ZV7QH37MZTXN4T6B9D0RFE' }, 'external_id'],
    [{ initial_events: {} }, 'initial_events'],
  ])('creating with %j is a 400', async (body, param) => {
    await refused('POST', '/v1/sessions', { body }, { status: 400, param });
  });

  it('a key such as __proto__ is judged and kept like any other', async () => {
    await refused(
      'POST',
      '/v1/sessions',
      { body: '{"metadata":{"__proto__":1}}' },
      { status: 400, param: 'metadata.__proto__' },
    );
    const { json } = await h.ask('POST', '/v1/sessions', { body: '{"metadata":{"__proto__":"x","constructor":"y"}}' });
    const read = await h.ask('GET', `/v1/sessions/${json.id}`);
    expect(read.text).toContain('"metadata":{"__proto__":"x","constructor":"y"}');
    const listed = await h.ask('GET', '/v1/sessions?metadata[__proto__]=x');
    expect(listed.json.data.map(({ id }: { id: string }) => id)).toEqual([json.id]);
  });

  it.each([
    [{ title: 1 }, 'title'],
    [{ metadata: { key: 1 } }, 'metadata.key'],
    [{ metadata: pairs(51) }, 'metadata'],
  ])('updating with %j is a 400', async (body, param) => {
    await refused('POST', `/v1/sessions/${session}`, { body }, { status: 400, param });
    await refused('PATCH', `/v1/sessions/${session}`, { body }, { status: 400, param });
  });

  it('too many pairs after a merge are a 400', async () => {
    const { json } = await h.ask('POST', '/v1/sessions', { body: { metadata: pairs(50) } });
    await refused(
      'POST',
      `/v1/sessions/${json.id}`,
      { body: { metadata: { one: 'more' } } },
      { status: 400, param: 'metadata' },
    );
  });

  it('a taken external_id is a 409 that names it', async () => {
    expect((await h.ask('POST', '/v1/sessions', { body: { external_id: 'taken' } })).status).toBe(201);
    await refused(
      'POST',
      '/v1/sessions',
      { body: { external_id: 'taken' } },
      { status: 409, type: 'conflict_error', param: 'external_id' },
    );
  });
});

describe('tokens', () => {
  const good = { name: 'x', scopes: ['events:read'] };
  it.each([
    [{ ...good, name: undefined }, 'name'],
    [{ ...good, name: '' }, 'name'],
    [{ ...good, name: 'x'.repeat(256) }, 'name'],
    [{ ...good, scopes: undefined }, 'scopes'],
    [{ ...good, scopes: [] }, 'scopes'],
    [{ ...good, scopes: 'events:read' }, 'scopes'],
    [{ ...good, scopes: ['events:read', 'events:delete'] }, 'scopes[1]'],
    [{ ...good, expires_at: 'tomorrow' }, 'expires_at'],
    [{ ...good, expires_at: '2001-01-01T00:00:00Z' }, 'expires_at'],
    [{ ...good, expires_at: '0001-01-01T00:00:00Z' }, 'expires_at'],
    [{ ...good, expires_at: '9999-12-31T23:59:59Z' }, 'expires_at'],
  ])('creating with %j is a 400', async (body, param) => {
    await refused('POST', '/v1/tokens', { body }, { status: 400, param });
  });

  it('a token never gives more than it has, nor for longer', async () => {
    const denied = { status: 403, type: 'permission_error' };
    const narrow = await h.tokenWith('tokens:manage', 'events:read');
    await refused(
      'POST',
      '/v1/tokens',
      { token: narrow, body: { name: 'x', scopes: ['events:write'] } },
      { ...denied, param: 'scopes' },
    );
    const expires_at = new Date(Date.now() + 3_600_000).toISOString();
    const { json } = await h.ask('POST', '/v1/tokens', { body: { name: 'x', scopes: ['tokens:manage'], expires_at } });
    const body = { name: 'x', scopes: ['tokens:manage'] };
    await refused('POST', '/v1/tokens', { token: json.token, body }, { ...denied, param: 'expires_at' });
    const wide = await h.ask('POST', '/v1/tokens', { body: { name: 'wide', scopes: ['events:write'] } });
    await refused('POST', `/v1/tokens/${wide.json.id}/rotate`, { token: narrow }, { ...denied, param: 'scopes' });
  });

  it.each([-1, 1.5, '5', 8 * 24 * 3600, true])('overlap_seconds %j is a 400', async (overlap_seconds) => {
    const { json } = await h.ask('POST', '/v1/tokens', { body: good });
    await refused(
      'POST',
      `/v1/tokens/${json.id}/rotate`,
      { body: { overlap_seconds } },
      { status: 400, param: 'overlap_seconds' },
    );
  });

  it('a revoked token cannot be rotated', async () => {
    const { json } = await h.ask('POST', '/v1/tokens', { body: good });
    await h.ask('DELETE', `/v1/tokens/${json.id}`);
    await refused(
      'POST',
      `/v1/tokens/${json.id}/rotate`,
      {},
      { status: 409, type: 'conflict_error', code: 'token_revoked' },
    );
  });
});

describe('paths', () => {
  const notFound = { status: 404, type: 'not_found_error' };
  it.each([
    'a%2Fb',
    '..%2Ftokens',
    '%2e%2e%2ftokens',
    '%00',
    '%0A',
    '%zz',
    '%C3',
    '%ED%A0%80',
    'evt_01K5ZV7QH37MZTXN4T6B9D0RFE',
    'sess_01k5zv7qh37mztxn4t6b9d0rfe',
    'x'.repeat(300),
  ])('the session %s is a 404', async (segment) => {
    await refused('GET', `/v1/sessions/${segment}`, {}, notFound);
    await refused('GET', `/v1/sessions/${segment}/events`, {}, notFound);
    await refused('POST', `/v1/sessions/${segment}/events`, events([message]), notFound);
    await refused('DELETE', `/v1/sessions/${segment}`, {}, notFound);
  });

  it.each(['/v1', '/v1/', '/v1/sessions/', '/v1/sessions//events', '/v1/nothing', '/api/v1/cloud/nothing'])(
    '%s is a 404',
    async (path) => {
      await refused('GET', path, {}, { ...notFound, code: 'route_not_found' });
    },
  );

  it('PUT on a list is a 405 that says what is allowed', async () => {
    const reply = await refused('PUT', '/v1/sessions', { body: 'not json' }, { status: 405 });
    expect(reply.headers.get('allow')).toBe('GET, HEAD, POST');
  });
});

describe('the order of refusals', () => {
  const big = 'x'.repeat(5_000_000);
  const unknown = 'sess_01K5ZV7QH37MZTXN4T6B9D0RFE';
  it('is 401, 405, 403, 404, 413, 415, 400, 409', async () => {
    const narrow = await h.tokenWith('events:read');
    const text = { 'content-type': 'text/plain' };
    const path = `/v1/sessions/${unknown}/events?nonsense=1`;
    await refused(
      'PUT',
      path,
      { token: null, body: big, headers: text },
      { status: 401, type: 'authentication_error' },
    );
    await refused('PUT', path, { token: narrow, body: big, headers: text }, { status: 405 });
    await refused('POST', path, { token: narrow, body: big, headers: text }, { status: 403, type: 'permission_error' });
    await refused('POST', path, { body: big, headers: text }, { status: 404, type: 'not_found_error' });
    const known = `/v1/sessions/${archived}/events?nonsense=1`;
    await refused('POST', known, { body: big, headers: text }, { status: 413 });
    await refused('POST', known, { body: 'x', headers: text }, { status: 415 });
    await refused('POST', known, events([message]), { status: 400, param: 'nonsense' });
    await refused('POST', `/v1/sessions/${archived}/events`, events([message]), {
      status: 409,
      type: 'conflict_error',
    });
  });

  it('puts the 404 of a token before what is wrong with its rotation', async () => {
    const missing = 'tok_01K5ZV7QH37MZTXN4T6B9D0RFE';
    await refused('POST', `/v1/tokens/${missing}/rotate`, { body: 'x' }, { status: 404, type: 'not_found_error' });
    const { json } = await h.ask('GET', '/v1/tokens');
    await refused('POST', `/v1/tokens/${json.first_id}/rotate`, { body: '[]' }, { status: 400 });
  });

  it('puts the 404 of an event before an unknown parameter', async () => {
    await refused(
      'GET',
      `/v1/sessions/${session}/events/${foreignEvent}?x=1`,
      {},
      { status: 404, type: 'not_found_error' },
    );
    await refused('GET', `/v1/sessions/${session}/events/${event}?x=1`, {}, { status: 400, param: 'x' });
  });
});

function wide(members: number): string {
  return Array.from({ length: members }, (_, n) => `"m${n}":${n}`).join(',');
}

it('takes an object of 10,000 members', async () => {
  const body = `{"events":[{"type":"a","data":{${wide(10_000)}}}]}`;
  expect((await h.ask('POST', `/v1/sessions/${session}/events`, { body })).status).toBe(200);
});

it.each([
  ['a million scopes', `{"name":"x","scopes":[${'1,'.repeat(1_000_000)}1]}`, '/v1/tokens', 'scopes'],
  ['10,000 metadata pairs', `{"metadata":{${wide(10_000)}}}`, '/v1/sessions', 'metadata.m0'],
])('refuses a body that is long in one place: %s', async (_name, body, path, param) => {
  await refused('POST', path, { body }, { status: 400, param });
});

it.each([
  ['.', 'external_id'],
  ['..', 'external_id'],
])('refuses the external id %s, which no path can name', async (external_id, param) => {
  await refused('POST', '/v1/sessions', { body: { external_id } }, { status: 400, param });
});

it('takes dots in a query, which climb nowhere', async () => {
  const { url } = await h.listen();
  const list = (query: string) => fetch(`${url}/v1/sessions?${query}`, { headers: { 'X-API-Key': h.org.token } });
  expect((await list('metadata[cwd]=/srv/../x')).status).toBe(200);
  expect((await list('external_id=/../x')).status).toBe(400);
});

it('a compressed body is a 415, whatever it holds', async () => {
  const ask = { headers: { 'content-encoding': 'gzip' }, body: {} };
  await refused('POST', '/v1/sessions', ask, { status: 415 });
});

it('two different idempotency keys are a 400', async () => {
  const ask = { headers: { 'idempotency-key': 'a', 'x-idempotency-key': 'b' }, body: {} };
  await refused('POST', '/v1/sessions', ask, { status: 400, param: 'Idempotency-Key' });
});

it.each([
  ['one event of 4 MiB', `{"events":[{"type":"a","a":"${'\\u0041'.repeat(690_000)}"}]}`, 'events[0]'],
  ['two million levels', `{"a":${'['.repeat(2_000_000)}`, `a${'[0]'.repeat(63)}`],
  ['a string without an end', `{"a":"${'x'.repeat(4_190_000)}`, 'a'],
  ['an object of 10,001 members', `{"events":[{"type":"a","data":{${wide(10_001)}}}]}`, 'events[0].data'],
  ['two million events', `{"events":[${'1,'.repeat(2_000_000)}1]}`, 'events'],
])('refuses a body as large as bodies may be like any other: %s', async (_name, body, param) => {
  await refused('POST', `/v1/sessions/${session}/events`, { body }, { status: 400, param });
});

import { inspect } from 'node:util';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type Middleware, responseOf, Turnlog, TurnlogError } from '../src/index.ts';
import { baseURL, fakeClient, json, rejection, token } from './fake.ts';

afterEach(() => vi.unstubAllEnvs());
afterEach(() => vi.unstubAllGlobals());

describe('a request', () => {
  test('carries the token, and asks for JSON', async () => {
    const { client, sent } = fakeClient([json({ id: 'sess_1' })]);
    expect(await client.sessions.retrieve('sess_1')).toEqual({ id: 'sess_1' });
    expect(sent[0]).toMatchObject({ method: 'GET', url: new URL(`${baseURL}/v1/sessions/sess_1`), body: undefined });
    expect([...sent[0]!.headers]).toEqual([
      ['accept', 'application/json'],
      ['authorization', `Bearer ${token}`],
    ]);
  });

  test('sends a body as JSON, and none where the operation has none', async () => {
    const { client, sent } = fakeClient([json({}), json({}), json({}), json({})]);
    await client.sessions.create({ title: 'A', metadata: { a: 'b' }, external_id: undefined });
    await client.sessions.create();
    await client.sessions.archive('sess_1');
    await client.tokens.rotate('tok_1');
    expect(sent.map(({ body }) => body)).toEqual([{ title: 'A', metadata: { a: 'b' } }, {}, undefined, undefined]);
    expect(sent.map(({ headers }) => headers.get('content-type'))).toEqual([
      'application/json',
      'application/json',
      null,
      null,
    ]);
  });

  test('reaches every operation by its own method and path', async () => {
    const { client, sent } = fakeClient(Array.from({ length: 14 }, () => () => json({ data: [], has_more: false })));
    const { sessions, tokens } = client;
    await sessions.create();
    await sessions.list();
    await sessions.retrieve('s');
    await sessions.update('s', { title: null });
    await sessions.archive('s');
    await sessions.cancel('s');
    await sessions.delete('s');
    await sessions.events.send('s', { events: [] });
    await sessions.events.list('s');
    await sessions.events.retrieve('s', 'e');
    await tokens.create({ name: 'n', scopes: [] });
    await tokens.list();
    await tokens.revoke('t');
    await tokens.rotate('t', { overlap_seconds: 1 });
    expect(sent.map(({ method, url }) => `${method} ${url.pathname}`)).toEqual([
      'POST /v1/sessions',
      'GET /v1/sessions',
      'GET /v1/sessions/s',
      'POST /v1/sessions/s',
      'POST /v1/sessions/s/archive',
      'POST /v1/sessions/s/cancel',
      'DELETE /v1/sessions/s',
      'POST /v1/sessions/s/events',
      'GET /v1/sessions/s/events',
      'GET /v1/sessions/s/events/e',
      'POST /v1/tokens',
      'GET /v1/tokens',
      'DELETE /v1/tokens/t',
      'POST /v1/tokens/t/rotate',
    ]);
  });

  test('reaches every operation of webhooks and replays, also by their second names', async () => {
    const { client, sent } = fakeClient(Array.from({ length: 21 }, () => () => json({ data: [], has_more: false })));
    const { webhooks, replays, events } = client;
    const range = { since: '2026-02-20T00:00:00Z', until: '2026-02-21T00:00:00Z' };
    await webhooks.create({ url: 'https://example.com/webhook', events: ['*'] });
    await webhooks.list();
    await webhooks.retrieve('w');
    await webhooks.update('w', { events: ['a.*'] });
    await webhooks.delete('w');
    await webhooks.enable('w', { from: 'now' });
    await webhooks.disable('w');
    await webhooks.test('w');
    await webhooks.rotateSecret('w');
    await webhooks.recover('w', { since: range.since });
    await webhooks.deliveries.list('w', { states: ['failed', 'retrying'] });
    await webhooks.deliveries.retrieve('w', 'd');
    await webhooks.deliveries.resend('w', 'd');
    await replays.create({ ...range, webhook_id: 'w' });
    await replays.list();
    await replays.retrieve('r');
    await replays.pause('r');
    await replays.resume('r');
    await replays.cancel('r');
    await events.replay({ ...range, webhook_id: 'w' });
    await events.getReplayStatus('r');
    expect(sent.map(({ method, url }) => `${method} ${url.pathname}${url.search}`)).toEqual([
      'POST /v1/webhooks',
      'GET /v1/webhooks',
      'GET /v1/webhooks/w',
      'PATCH /v1/webhooks/w',
      'DELETE /v1/webhooks/w',
      'POST /v1/webhooks/w/enable',
      'POST /v1/webhooks/w/disable',
      'POST /v1/webhooks/w/test',
      'POST /v1/webhooks/w/rotate_secret',
      'POST /v1/webhooks/w/recover',
      'GET /v1/webhooks/w/deliveries?states=failed%2Cretrying',
      'GET /v1/webhooks/w/deliveries/d',
      'POST /v1/webhooks/w/deliveries/d/resend',
      'POST /v1/replays',
      'GET /v1/replays',
      'GET /v1/replays/r',
      'POST /v1/replays/r/pause',
      'POST /v1/replays/r/resume',
      'POST /v1/replays/r/cancel',
      'POST /v1/replays',
      'GET /v1/replays/r',
    ]);
    expect(sent[3]?.body).toEqual({ events: ['a.*'] });
    expect(sent.at(-2)?.body).toEqual(sent.at(-8)?.body);
  });

  test('writes lists with commas, ranges and metadata with brackets, dates in RFC 3339, and leaves out what is undefined', async () => {
    const { client, sent } = fakeClient([json({ data: [] }), json({ data: [] })]);
    await client.sessions.list({
      statuses: ['idle', 'running'],
      limit: 7,
      agent_id: undefined,
      include_archived: false,
      created_at: { gte: new Date(0), lt: '2026-01-01T00:00:00+02:00', gt: undefined },
      metadata: { 'a&b': 'ä=ü', plus: 'a+b c' },
    });
    expect([...sent[0]!.url.searchParams]).toEqual([
      ['statuses', 'idle,running'],
      ['limit', '7'],
      ['include_archived', 'false'],
      ['created_at[gte]', '1970-01-01T00:00:00.000Z'],
      ['created_at[lt]', '2026-01-01T00:00:00+02:00'],
      ['metadata[a&b]', 'ä=ü'],
      ['metadata[plus]', 'a+b c'],
    ]);
    await client.sessions.list();
    expect(sent[1]!.url.href).toBe(`${baseURL}/v1/sessions`);
  });

  test('leaves out an empty list, which the server would take for a list with one empty element', async () => {
    const { client, sent } = fakeClient([json({ data: [] })]);
    await client.sessions.events.list('s', { types: [], limit: 1 });
    expect(sent[0]!.url.search).toBe('?limit=1');
  });

  test('encodes ids, so that none leads to another path', async () => {
    const { client, sent } = fakeClient([json({})]);
    await client.sessions.events.retrieve('a/../b?c#d%2F ü', '...');
    expect(sent[0]!.url.href).toBe(`${baseURL}/v1/sessions/a%2F..%2Fb%3Fc%23d%252F%20%C3%BC/events/...`);
  });

  test.each(['', '.', '..', undefined, null, 7])('is refused before it is sent when an id is %j', async (id) => {
    const { client, sent } = fakeClient([]);
    const error = await rejection(client.sessions.archive(id as string));
    expect(error).toBeInstanceOf(TurnlogError);
    expect((error as Error).message).toMatch(/^An id must be a string, and neither empty nor "\." nor "\.\."/);
    expect(sent).toEqual([]);
  });

  const circular: Record<string, unknown> = {};
  circular['self'] = circular;

  test.each<[string, (client: Turnlog) => PromiseLike<unknown>]>([
    ['a bigint', ({ sessions }) => sessions.events.send('s', { events: [{ type: 'x', count: 1n }] })],
    ['a circle', ({ sessions }) => sessions.events.send('s', { events: [{ type: 'x', circular }] })],
    ['a line break in the key', ({ sessions }) => sessions.create({}, { idempotencyKey: 'a\nb' })],
    ['a letter beyond Latin-1 in the key', ({ sessions }) => sessions.create({}, { idempotencyKey: '☃' })],
    ['a header name with a space', ({ sessions }) => sessions.retrieve('s', { headers: { 'x y': '1' } })],
    ['no date', ({ sessions }) => sessions.list({ created_at: { gt: new Date('never') } })],
    ['half a character in an id', ({ sessions }) => sessions.retrieve('\ud800')],
  ])('is refused as a TurnlogError, before it is sent, when it holds %s', async (_, call) => {
    const { client, sent } = fakeClient([]);
    const error = (await rejection(call(client))) as TurnlogError;
    expect(error).toBeInstanceOf(TurnlogError);
    expect(error.message).toMatch(/^(GET|POST) \/v1\/sessions.*: this cannot be sent \(.+\)\.$/s);
    expect(error.cause).toBeInstanceOf(Error);
    expect(sent).toEqual([]);
  });

  test('that cannot be sent is refused without quoting the token', async () => {
    const { client } = fakeClient([]);
    const error = await rejection(client.sessions.retrieve('s', { headers: { 'x-a': `${token}\n1` } }));
    expect(error).toBeInstanceOf(TurnlogError);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(token);
  });

  test('takes headers of the client and of the call, the call winning', async () => {
    const { client, sent } = fakeClient([json({})], { headers: { 'x-a': '1', 'x-b': '1' } });
    await client.sessions.retrieve('s', { headers: { 'X-B': '2', accept: 'text/plain' } });
    expect(Object.fromEntries(sent[0]!.headers)).toMatchObject({ 'x-a': '1', 'x-b': '2', accept: 'text/plain' });
  });

  test('returns nothing for 204', async () => {
    const { client } = fakeClient([new Response(null, { status: 204 })]);
    expect(await client.sessions.delete('s')).toBeUndefined();
  });

  test('leads back to its response', async () => {
    const { client } = fakeClient([
      json({ id: 's' }, { headers: { 'request-id': 'req_1' } }),
      json({ data: [], has_more: false }, { headers: { 'request-id': 'req_2' } }),
    ]);
    expect(responseOf(await client.sessions.retrieve('s'))?.headers.get('request-id')).toBe('req_1');
    expect(responseOf(await client.sessions.list())?.headers.get('request-id')).toBe('req_2');
    expect(responseOf({})).toBeUndefined();
  });
});

describe('the options', () => {
  test('come from the environment when they are left out', async () => {
    vi.stubEnv('TURNLOG_TOKEN', ' from-env\n');
    vi.stubEnv('TURNLOG_BASE_URL', 'https://env.test/prefix/');
    const fetch = vi.fn(async () => json({}));
    await new Turnlog({ fetch }).sessions.retrieve('s');
    expect(fetch.mock.calls[0]).toMatchObject(['https://env.test/prefix/v1/sessions/s', {}]);
    const [, init] = fetch.mock.calls[0] as unknown as [string, RequestInit];
    expect(new Headers(init.headers).get('authorization')).toBe('Bearer from-env');
  });

  test('fall back to this machine, and to the global fetch of the moment', async () => {
    vi.stubEnv('TURNLOG_BASE_URL', '');
    const client = new Turnlog({ token });
    const fetch = vi.fn(async () => json({}));
    vi.stubGlobal('fetch', fetch);
    await client.sessions.retrieve('s');
    expect(fetch.mock.calls[0]).toMatchObject(['http://127.0.0.1:8080/v1/sessions/s', {}]);
  });

  test('work where there is no process, and where reading the environment is forbidden', () => {
    vi.stubGlobal('process', undefined);
    expect(() => new Turnlog({ token })).not.toThrow();
    expect(() => new Turnlog()).toThrow('There is no token: pass new Turnlog({ token }), or set TURNLOG_TOKEN.');
    const env = new Proxy({}, { get: () => expect.fail('Requires env access') });
    vi.stubGlobal('process', { env });
    expect(() => new Turnlog()).toThrow('There is no token');
  });

  test.each(['two words', 'line\nbreak', 'snow☃', ' '])('refuse the token %j without quoting it', (bad) => {
    const error = (() => {
      try {
        return new Turnlog({ token: bad });
      } catch (thrown) {
        return thrown as Error;
      }
    })();
    expect(error).toBeInstanceOf(TurnlogError);
    expect(bad.trim() === '' || !(error as Error).message.includes(bad)).toBe(true);
  });

  test.each([
    'log.test',
    'ftp://log.test',
    'http://user:secret@log.test',
    'http://log.test/?a=1',
    'http://log.test/#a',
    '',
  ])('refuse the base URL %j without quoting it', (bad) => {
    expect(() => new Turnlog({ token, baseURL: bad })).toThrow(
      'baseURL must be an http or https URL without user, query and fragment.',
    );
  });

  test.each([Number.NaN, -1, 0, Number.NEGATIVE_INFINITY])('refuse the time limit %d', async (timeoutMs) => {
    const sentence = `timeoutMs must be more than 0, or Infinity for no limit: got ${timeoutMs}.`;
    expect(() => new Turnlog({ token, timeoutMs })).toThrow(new TurnlogError(sentence));
    const { client, sent } = fakeClient([json({})]);
    expect(await rejection(client.sessions.retrieve('s', { timeoutMs }))).toEqual(new TurnlogError(sentence));
    expect(sent).toEqual([]);
  });

  test('take Infinity for no time limit', async () => {
    const { client } = fakeClient([() => new Promise((resolve) => setTimeout(() => resolve(json({ id: 's' })), 20))]);
    expect(await client.sessions.retrieve('s', { timeoutMs: Number.POSITIVE_INFINITY })).toEqual({ id: 's' });
  });

  test('show no token when the client is printed', () => {
    expect(inspect(fakeClient([]).client, { depth: 9, showHidden: true })).not.toContain(token);
    expect(JSON.stringify(fakeClient([]).client)).not.toContain(token);
  });
});

describe('middleware and logger', () => {
  test('middleware wraps every attempt, the first outermost', async () => {
    const order: string[] = [];
    const named =
      (name: string): Middleware =>
      (next) =>
      async (url, init) => {
        order.push(`${name} in`);
        new Headers(init.headers).get('authorization');
        const response = await next(url, {
          ...init,
          headers: { ...Object.fromEntries(new Headers(init.headers)), [name]: '1' },
        });
        order.push(`${name} out`);
        return response;
      };
    const { client, sent } = fakeClient([json({})], { middleware: [named('x-a'), named('x-b')] });
    await client.sessions.retrieve('s');
    expect(order).toEqual(['x-a in', 'x-b in', 'x-b out', 'x-a out']);
    expect(sent[0]!.headers.get('x-b')).toBe('1');
  });

  test('the logger hears of attempts and answers, and never of the token', async () => {
    const logger = { debug: vi.fn(), warn: vi.fn() };
    const { client } = fakeClient([json({ id: token }, { headers: { 'request-id': 'req_1' } })], { logger });
    await client.sessions.retrieve('s');
    expect(logger.debug.mock.calls).toEqual([
      ['turnlog request', { method: 'GET', url: `${baseURL}/v1/sessions/s`, attempt: 0 }],
      ['turnlog response', { method: 'GET', url: `${baseURL}/v1/sessions/s`, status: 200, requestId: 'req_1' }],
    ]);
    expect(logger.warn).not.toHaveBeenCalled();
  });
});

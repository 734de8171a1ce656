/** Sessions as test runners use them: made with a configuration, read, changed, moved, deleted. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, openHarness, type Reply } from '../harness.ts';
import { bare, create, eventsOf, push } from './client.ts';

const CHROME = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

let h: Harness;
beforeAll(async () => {
  h = await openHarness({ waveHoldMs: 20 });
});
afterAll(() => h.close());

const read = (session: string, path = ''): Promise<Reply> => h.ask('GET', `/api/sessions/${session}${path}`, bare());
const done = async (method: string, session: string, path: string, body?: unknown): Promise<void> => {
  const reply = await h.ask(method, `/api/sessions/${session}${path}`, bare(body === undefined ? {} : { body }));
  expect([reply.status, reply.text, reply.headers.get('content-type')]).toEqual([200, '', null]);
};
// biome-ignore lint/suspicious/noExplicitAny: records are judged member by member
const native = async (): Promise<any> => (await h.ask('GET', '/v1/sessions?limit=1')).json.data[0];

describe('a session', () => {
  it('that is made without a body has every default', async () => {
    const session = await create(h);
    const { status, json } = await read(session);
    expect(status).toBe(200);
    expect(json).toEqual({
      token: session,
      tests: { include: ['/'], exclude: [] },
      types: ['automatic', 'manual'],
      timeouts: { automatic: 60000, manual: 300000 },
      reference_tokens: [],
      user_agent: '',
      browser: { name: 'Other', version: '0' },
      is_public: false,
      date_created: expect.stringMatching(TIME),
      labels: [],
    });
    expect(Object.keys(json)).toEqual([
      ...['token', 'tests', 'types', 'timeouts', 'reference_tokens'],
      ...['user_agent', 'browser', 'is_public', 'date_created', 'labels'],
    ]);
  });

  it('that a runner makes has its configuration, its user agent and its browser, under whatever content type', async () => {
    const body = {
      tests: { include: ['/xhr', '/fetch'], exclude: ['/xhr/resources'] },
      types: ['automatic'],
      timeouts: { automatic: 30000 },
      reference_tokens: ['d89bcc00-c35b-11e9-8bb7-9e3c7595d40c'],
      labels: ['nightly', 'été'],
      webhook_urls: ['https://x.example'],
      expiration_date: 1,
    };
    const headers = { 'user-agent': CHROME, 'content-type': 'application/x-www-form-urlencoded' };
    const session = await create(h, { headers, body: JSON.stringify(body) });
    const { json } = await read(session);
    expect(json).toMatchObject({
      tests: body.tests,
      types: body.types,
      timeouts: { automatic: 30000, manual: 300000 },
      reference_tokens: body.reference_tokens,
      labels: body.labels,
      user_agent: CHROME,
      browser: { name: 'Chrome', version: '140.0.0.0' },
    });
    expect((await native()).metadata).toEqual({
      'tests.include': JSON.stringify(body.tests.include),
      'tests.exclude': JSON.stringify(body.tests.exclude),
      types: '["automatic"]',
      'timeouts.automatic': '30000',
      reference_tokens: JSON.stringify(body.reference_tokens),
      labels: '["nightly","été"]',
      user_agent: CHROME,
    });
  });

  it('with a user agent longer than can be kept is made with the beginning of it', async () => {
    const session = await create(h, { headers: { 'user-agent': 'x'.repeat(5_000) } });
    expect((await read(session)).json.user_agent).toBe('x'.repeat(512));
  });

  it('is changed where something is sent, and keeps the rest', async () => {
    const session = await create(h, { body: { tests: { include: ['/a'], exclude: ['/b'] }, labels: ['x'] } });
    await done('PUT', session, '', { tests: { include: ['/c'] }, timeouts: { manual: 5 }, types: null });
    await done('PUT', session, '/labels', ['one', 'two']);
    expect((await read(session)).json).toMatchObject({
      tests: { include: ['/c'], exclude: ['/b'] },
      timeouts: { automatic: 60000, manual: 5 },
      types: ['automatic', 'manual'],
      labels: ['one', 'two'],
    });
    await done('PUT', session, '/labels', { labels: [], more: 1 });
    const before = await h.stored();
    await done('PUT', session, '');
    await done('PUT', session, '', {});
    await done('PUT', session, '', { unknown: 1 });
    expect(await h.stored()).toBe(before);
    expect((await read(session)).json.labels).toEqual([]);
  });

  it('is changed at the same time by many, each its own part', async () => {
    const session = await create(h);
    const changes = [{ tests: { include: ['/c'] } }, { tests: { exclude: ['/d'] } }, { timeouts: { manual: 5 } }];
    await Promise.all(changes.map((change) => done('PUT', session, '', change)));
    expect((await read(session)).json).toMatchObject({
      tests: { include: ['/c'], exclude: ['/d'] },
      timeouts: { automatic: 60000, manual: 5 },
    });
  });

  it('whose labels another dialect has spoiled shows defaults in their place', async () => {
    const session = await create(h, { body: { labels: ['x'] } });
    const { id } = await native();
    const metadata = { labels: 'no json', 'tests.include': '[1]', user_agent: '' };
    await h.ask('PATCH', `/v1/sessions/${id}`, { body: { metadata } });
    const { status, json } = await read(session);
    expect([status, json.labels, json.tests.include, json.user_agent]).toEqual([200, [], ['/'], '']);
  });

  it('that is deleted is gone in every dialect', async () => {
    const session = await create(h);
    const { id } = await native();
    await done('DELETE', session, '');
    expect((await read(session)).status).toBe(404);
    expect((await h.ask('GET', `/v1/sessions/${id}`)).status).toBe(404);
  });
});

describe('control', () => {
  const status = async (session: string) => (await read(session, '/status')).json;

  it('starts, pauses, goes on and stops, and tells of each move by an event', async () => {
    const session = await create(h);
    expect(await status(session)).toEqual({
      token: session,
      status: 'pending',
      date_started: null,
      date_finished: null,
      expiration_date: null,
    });
    const seen: string[] = [];
    for (const move of ['start', 'pause', 'start', 'stop']) {
      await done('POST', session, `/${move}`);
      seen.push((await status(session)).status);
    }
    expect(seen).toEqual(['running', 'paused', 'running', 'aborted']);
    const words = (await eventsOf(h, session)).map(({ type, data, number }) => [type, data, number]);
    expect(words).toEqual([
      ['status', 'running', 1],
      ['status', 'paused', 2],
      ['status', 'running', 3],
      ['status', 'aborted', 4],
    ]);
    const last = await status(session);
    expect(Object.keys(last)).toEqual(['token', 'status', 'date_started', 'date_finished', 'expiration_date']);
    expect([last.date_started, last.date_finished]).toEqual([expect.stringMatching(TIME), expect.stringMatching(TIME)]);
    expect(last.date_started < last.date_finished).toBe(true);
  });

  it('passes over moves that are none, without an event', async () => {
    const session = await create(h);
    const moves: [string, string][] = [
      ['pause', 'pending'],
      ['start', 'running'],
      ['start', 'running'],
      ['pause', 'paused'],
      ['pause', 'paused'],
      ['stop', 'aborted'],
      ['stop', 'aborted'],
      ['start', 'aborted'],
      ['pause', 'aborted'],
    ];
    for (const [move, expected] of moves) {
      await done('POST', session, `/${move}`);
      expect([move, (await status(session)).status]).toEqual([move, expected]);
    }
    expect((await eventsOf(h, session)).map(({ data }) => data)).toEqual(['running', 'paused', 'aborted']);
  });

  it('cannot stop or start what is completed', async () => {
    const session = await create(h);
    await push(h, session, 'status', 'completed');
    for (const move of ['start', 'pause', 'stop']) await done('POST', session, `/${move}`);
    expect((await status(session)).status).toBe('completed');
    expect(await eventsOf(h, session)).toHaveLength(1);
  });

  it('moves once however many ask at once, and once for one key', async () => {
    const session = await create(h);
    await Promise.all(Array.from({ length: 20 }, () => done('POST', session, '/start')));
    expect(await eventsOf(h, session)).toHaveLength(1);
    const ask = bare({ headers: { 'idempotency-key': 'pause-once' } });
    await h.ask('POST', `/api/sessions/${session}/pause`, ask);
    await done('POST', session, '/start');
    const repeat = await h.ask('POST', `/api/sessions/${session}/pause`, ask);
    expect([repeat.status, repeat.text, repeat.headers.get('idempotent-replayed')]).toEqual([200, '', 'true']);
    expect((await status(session)).status).toBe('running');
  });

  it('is told to the org by account events', async () => {
    const session = await create(h);
    const { id } = await native();
    await done('POST', session, '/start');
    await done('POST', session, '/stop');
    const { json } = await h.ask('GET', `/v1/events?session_id=${id}&types=session.*`);
    expect(json.data.map(({ type }: { type: string }) => type)).toEqual([
      'session.created',
      'session.started',
      'session.failed',
    ]);
  });
});

describe('public sessions', () => {
  it('are none', async () => {
    await create(h);
    for (const prefix of ['/api', '/_wave/api']) {
      const { status, text } = await h.ask('GET', `${prefix}/sessions/public`);
      expect([status, text]).toEqual([200, '[]']);
    }
  });
});

/** Seed 004 to the letter: every endpoint, answer, error and status code, every message, the connection flow, the configuration. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/process/config.ts';
import { type Harness, openHarness } from '../harness.ts';
import { openSocket, refusedSocket, type SocketClient } from '../support/sockets.ts';

const ALLOWED = 'http://localhost:5173';
const FOREIGN = 'https://elsewhere.example';
const CREATED_AT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

let h: Harness;
let url: string;
beforeEach(async () => {
  h = await openHarness({ corsOrigins: ['http://localhost:5173', 'http://localhost:3000'], logRequests: true });
  ({ url } = await h.listen());
});
afterEach(() => h.close());

const CREATE = {
  session_id: 'abc-123',
  session_name: 'My Session',
  project_dir: '/path/to/project',
  agent_name: 'researcher',
};
const SESSION = { ...CREATE, status: 'running', created_at: expect.stringMatching(CREATED_AT), last_resumed_at: null };
const at = (second: number) => `2026-01-31T09:30:${String(second).padStart(2, '0')}Z`;
const base = (event_type: string, second: number) => ({
  event_type,
  session_id: 'abc-123',
  session_name: 'My Session',
  timestamp: at(second),
});
const EVENTS = [
  base('session_start', 0),
  { ...base('pre_tool', 1), tool_name: 'Read', tool_input: { file_path: '/a' } },
  { ...base('post_tool', 2), tool_name: 'Read', tool_input: { file_path: '/a' }, tool_output: '# A', error: null },
  {
    ...base('message', 3),
    role: 'assistant',
    content: [{ type: 'text', text: "The assistant's final response text..." }],
  },
  { ...base('session_stop', 4), exit_code: 0, reason: 'completed' },
] as const;
const NOTHING = {
  ...{ tool_name: null, tool_input: null, tool_output: null, error: null },
  ...{ exit_code: null, reason: null, role: null, content: null },
};
const rowOf = ({ session_name: _, ...event }: { readonly session_name: string }) => ({
  id: expect.stringMatching(/^evt_/),
  ...NOTHING,
  ...event,
});

const create = (body: object = CREATE) => h.ask('POST', '/sessions', { body });
const send = (event: object, id = 'abc-123') => h.ask('POST', `/sessions/${id}/events`, { body: event });
const get = (path: string) => h.ask('GET', path);

/** An answer, member by member and in the order of the seed. */
function expectAnswer(
  reply: { status: number; json: unknown; text: string; headers: Headers },
  status: number,
  json: object,
) {
  expect([reply.status, reply.json], reply.text).toEqual([status, json]);
  expect(Object.keys(reply.json as object)).toEqual(Object.keys(json));
  expect(reply.headers.get('content-type')).toBe('application/json');
  expect(reply.headers.get('request-id')).toMatch(/^req_/);
}

async function run(): Promise<void> {
  await create();
  for (const event of EVENTS) await send(event);
}

describe('sessions', () => {
  it('POST /sessions creates one, with full metadata or without, and GET /sessions has all, newest first', async () => {
    expectAnswer(await get('/sessions'), 200, { sessions: [] });
    expectAnswer(await create(), 200, { ok: true, session: SESSION });
    const bare = { session_id: 'def-456', session_name: 'Other' };
    const other = { ...SESSION, ...bare, project_dir: null, agent_name: null };
    expectAnswer(await create(bare), 200, { ok: true, session: other });
    expectAnswer(await get('/sessions'), 200, { sessions: [other, SESSION] });
    expect(Object.keys((await get('/sessions')).json.sessions[0])).toEqual([
      ...['session_id', 'session_name', 'status', 'created_at', 'project_dir', 'agent_name', 'last_resumed_at'],
    ]);
  });

  it('POST /sessions of one that exists is a 409', async () => {
    await create();
    expectAnswer(await create(), 409, { detail: 'Session already exists' });
  });

  it('GET /sessions/{session_id} has one, by either of its ids, or is a 404', async () => {
    await create();
    expectAnswer(await get('/sessions/abc-123'), 200, { session: SESSION });
    const { json } = await get('/v1/sessions/abc-123');
    expectAnswer(await get(`/sessions/${json.id}`), 200, { session: SESSION });
    expectAnswer(await get('/sessions/nobody'), 404, { detail: 'Session not found' });
  });

  it('GET /sessions has sessions that were made elsewhere, archived ones included', async () => {
    const { json } = await h.ask('POST', '/v1/sessions', { body: { agent: { id: 'coder', version: 2 } } });
    const titled = { title: 'T', external_id: 'their-own', metadata: { project_dir: '/p', last_resumed_at: 'once' } };
    await h.ask('POST', '/v1/sessions', { body: titled });
    await h.ask('POST', '/v1/sessions/their-own/archive');
    const { sessions } = (await get('/sessions')).json;
    const nulls = { project_dir: null, agent_name: null, last_resumed_at: null };
    const created_at = expect.stringMatching(CREATED_AT);
    expect(sessions).toEqual([
      { session_id: 'their-own', session_name: 'T', status: 'running', created_at, ...nulls, ...titled.metadata },
      { session_id: json.id, session_name: json.id, status: 'running', created_at, ...nulls, agent_name: 'coder' },
    ]);
  });

  it('GET /sessions/{session_id}/status is always a 200', async () => {
    expectAnswer(await get('/sessions/abc-123/status'), 200, { status: 'not_existent' });
    expectAnswer(await get('/sessions/.%00/status'), 200, { status: 'not_existent' });
    await create();
    expectAnswer(await get('/sessions/abc-123/status'), 200, { status: 'running' });
    await send(base('session_stop', 9));
    expectAnswer(await get('/sessions/abc-123/status'), 200, { status: 'finished' });
  });

  it("GET /sessions/{session_id}/result has the last assistant's text, or says why not", async () => {
    expectAnswer(await get('/sessions/abc-123/result'), 404, { detail: 'Session not found' });
    await create();
    for (const event of EVENTS.slice(0, 4)) await send(event);
    expectAnswer(await get('/sessions/abc-123/result'), 400, { detail: 'Session not finished' });
    await send({ ...base('message', 5), role: 'user', content: [{ type: 'text', text: 'Thanks' }] });
    await send(base('session_stop', 6));
    expectAnswer(await get('/sessions/abc-123/result'), 200, { result: "The assistant's final response text..." });
  });

  it('a finished session without a text of its assistant has no result', async () => {
    await create();
    await send({ ...base('message', 1), role: 'user', content: [{ type: 'text', text: 'Hello' }] });
    await send(base('session_stop', 2));
    expectAnswer(await get('/sessions/abc-123/result'), 404, { detail: 'No result found' });
    await send({ ...base('message', 3), role: 'assistant', content: [{ type: 'image' }] });
    expectAnswer(await get('/sessions/abc-123/result'), 404, { detail: 'No result found' });
    await send({ ...base('message', 4), role: 'assistant', content: [{ type: 'text', text: 'Not the last one' }] });
    const events = Array.from({ length: 250 }, () => ({ type: 'message', role: 'user', content: [] }));
    expect((await h.ask('POST', '/v1/sessions/abc-123/events', { body: { events } })).status).toBe(200);
    await send({ ...base('message', 5), role: 'assistant', content: [{ type: 'image' }] });
    expectAnswer(await get('/sessions/abc-123/result'), 404, { detail: 'No result found' });
  });

  it('the result is found behind many other events, and is what an agent said elsewhere, too', async () => {
    await create();
    const content = [{ type: 'text', text: 'one' }, { type: 'image' }, { type: 'text', text: 'two' }];
    const noise = Array.from({ length: 500 }, () => ({ type: 'message', role: 'user', pad: 'x'.repeat(300) }));
    await h.ask('POST', '/v1/sessions/abc-123/events', { body: { events: [{ type: 'agent.message', content }] } });
    await h.ask('POST', '/v1/sessions/abc-123/events', { body: { events: noise } });
    await send(base('session_stop', 2));
    expectAnswer(await get('/sessions/abc-123/result'), 200, { result: 'one\ntwo' });
  });

  it('PATCH /sessions/{session_id}/metadata changes what is given', async () => {
    await create();
    const patch = (body: object, id = 'abc-123') => h.ask('PATCH', `/sessions/${id}/metadata`, { body });
    const change = { session_name: 'New Name', project_dir: '/new/path', agent_name: 'new-agent' };
    expectAnswer(await patch(change), 200, { ok: true, session: { ...SESSION, ...change } });
    const partly = { ...SESSION, ...change, project_dir: '/third' };
    expectAnswer(await patch({ project_dir: '/third', session_name: null }), 200, { ok: true, session: partly });
    const resumed = { ...partly, last_resumed_at: '2026-02-01T00:00:00Z' };
    expectAnswer(await patch({ last_resumed_at: '2026-02-01T00:00:00Z' }), 200, { ok: true, session: resumed });
    expectAnswer(await get('/sessions/abc-123'), 200, { session: resumed });
    expectAnswer(await patch(change, 'nobody'), 404, { detail: 'Session not found' });
    for (const nothing of [{}, { session_name: null }, { unknown: 'x' }]) {
      const refused = await patch(nothing);
      expect([refused.status, refused.json.detail]).toEqual([
        400,
        'At least one field must be provided: session_name, project_dir, agent_name or last_resumed_at.',
      ]);
    }
  });

  it('DELETE /sessions/{session_id} deletes it with all its events', async () => {
    await run();
    const deleted = { session: true, events_count: EVENTS.length };
    expectAnswer(await h.ask('DELETE', '/sessions/abc-123'), 200, { ok: true, session_id: 'abc-123', deleted });
    expectAnswer(await h.ask('DELETE', '/sessions/abc-123'), 404, { detail: 'Session not found' });
    expectAnswer(await get('/sessions/abc-123/events'), 404, { detail: 'Session not found' });
    expectAnswer(await get('/sessions'), 200, { sessions: [] });
    expect((await create()).status, 'its name is free again').toBe(200);
  });
});

describe('events', () => {
  it('POST and GET /sessions/{session_id}/events store and list them, and GET /events/{session_id} does the same', async () => {
    expectAnswer(await send(EVENTS[0]), 404, { detail: 'Session not found' });
    await create();
    expectAnswer(await get('/sessions/abc-123/events'), 200, { events: [] });
    for (const event of EVENTS) expectAnswer(await send(event), 200, { ok: true });
    const listed = await get('/sessions/abc-123/events');
    expectAnswer(listed, 200, { events: EVENTS.map(rowOf) });
    expect(Object.keys(listed.json.events[0])).toEqual([
      ...['id', 'session_id', 'event_type', 'timestamp'],
      ...['tool_name', 'tool_input', 'tool_output', 'error', 'exit_code', 'reason', 'role', 'content'],
    ]);
    expectAnswer(await get('/events/abc-123'), 200, { events: EVENTS.map(rowOf) });
    expectAnswer(await get('/events/nobody'), 200, { events: [] });
    expectAnswer(await get('/events/%00'), 200, { events: [] });
    expectAnswer(await get('/sessions/nobody/events'), 404, { detail: 'Session not found' });
  });

  it('are listed in ascending timestamp order, exactly, those of one instant in the order in which they came', async () => {
    await create();
    const times = [
      '2026-01-31T09:30:00.000000002Z',
      '2026-01-31T11:30:00.000000001+02:00',
      '2026-01-31T09:30:00Z',
      '2026-01-31T09:30:00.000Z',
    ];
    for (const [n, timestamp] of times.entries()) await send({ ...base('x', 0), timestamp, reason: `${n}` });
    await h.ask('POST', '/v1/sessions/abc-123/events', {
      body: { events: [{ type: 'native', occurred_at: times[2] }] },
    });
    const { events } = (await get('/sessions/abc-123/events')).json;
    expect(events.map(({ reason }: { reason: string }) => reason)).toEqual(['2', '3', '1', '0', null]);
    expect(events.map(({ timestamp }: { timestamp: string }) => timestamp)).toEqual([
      ...[times[2], times[3], times[1], times[0]],
      expect.stringMatching(CREATED_AT),
    ]);
  });

  it.each([1, 199, 200, 201, 1_500])('are all listed, also %i of them, in any order of their times', async (count) => {
    await create();
    const { store, org } = h;
    const context = { requestId: 'req_01K5ZV7T3D7M7F0R5Q8W1E6YHC', idempotency: null } as const;
    const scattered = Array.from({ length: count }, (_, n) => (n * 7_919) % count);
    for (let from = 0; from < count; from += 500) {
      const drafts = scattered.slice(from, from + 500).map((second) => ({
        ...({ type: 'x', origin: 'runtime', turnId: null, schemaVersion: '"1.0"', signal: null, usage: null } as const),
        ...{ failure: null, aboutAgent: null, aboutSession: null, fields: `"tool_output":${second}` },
        occurredAt: `"${new Date(second * 1000).toISOString()}"`,
      }));
      await store.appendEvents(org.id, { externalId: 'abc-123' }, drafts, context);
    }
    const answer = await fetch(`${url}/sessions/abc-123/events`, { headers: { 'x-api-key': org.token } });
    const { events } = (await answer.json()) as { readonly events: readonly { readonly tool_output: number }[] };
    expect(events.map(({ tool_output }) => tool_output)).toEqual(Array.from({ length: count }, (_, n) => n));
  });

  it('of another session than the URL says are a 400', async () => {
    await create();
    const other = { ...EVENTS[0], session_id: 'other' };
    expectAnswer(await send(other), 400, { detail: 'Event session_id must match URL session_id' });
  });

  it('session_stop finishes the session, session_start reopens it', async () => {
    await create();
    for (const [event_type, more, status] of [
      ['session_stop', {}, 'finished'],
      ['session_start', {}, 'running'],
      ['session_stop', { exit_code: 1, error: 'broken' }, 'finished'],
    ] as const) {
      await send({ ...base(event_type, 1), ...more });
      expect((await get('/sessions/abc-123/status')).json).toEqual({ status });
    }
  });

  it('POST /events with session_start makes the session, begun at its timestamp, or reopens it', async () => {
    const post = (event: object) => h.ask('POST', '/events', { body: event });
    expectAnswer(await post(EVENTS[1]), 404, { detail: 'Session not found' });
    const start = { ...EVENTS[0], timestamp: '2026-01-31T11:30:00+02:00' };
    expectAnswer(await post(start), 200, { ok: true });
    const session = { ...SESSION, project_dir: null, agent_name: null, created_at: start.timestamp };
    expectAnswer(await get('/sessions/abc-123'), 200, { session });
    expectAnswer(await post(EVENTS[1]), 200, { ok: true });
    expectAnswer(await post(EVENTS[4]), 200, { ok: true });
    expectAnswer(await get('/sessions/abc-123'), 200, { session: { ...session, status: 'finished' } });
    expectAnswer(await post({ ...start, session_name: 'Ignored' }), 200, { ok: true });
    expectAnswer(await get('/sessions/abc-123'), 200, { session });
    const { id } = (await get('/v1/sessions/abc-123')).json;
    expectAnswer(await post({ ...start, session_id: id }), 200, { ok: true });
    expect((await get(`/events/${id}`)).json.events).toHaveLength(5);
  });

  it('a repeat with the same Idempotency-Key is stored once', async () => {
    await create();
    const ask = { body: EVENTS[1], headers: { 'idempotency-key': 'once' } };
    expectAnswer(await h.ask('POST', '/sessions/abc-123/events', ask), 200, { ok: true });
    const repeated = await h.ask('POST', '/sessions/abc-123/events', ask);
    expect([repeated.status, repeated.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    expect((await get('/events/abc-123')).json.events).toHaveLength(1);
  });
});

describe('the socket', () => {
  const open = () => openSocket(url, { token: h.org.token });

  it('begins with all sessions', async () => {
    const empty = await open();
    expect(await empty.count(1)).toEqual([{ type: 'init', sessions: [] }]);
    await create();
    const socket = await open();
    expect(await socket.count(1)).toEqual([{ type: 'init', sessions: [SESSION] }]);
  });

  it('tells of every change: created, updated, each event, finished before its event, deleted', async () => {
    const socket = await open();
    await socket.count(1);
    await run();
    await h.ask('PATCH', '/sessions/abc-123/metadata', { body: { session_name: 'New Name' } });
    await h.ask('PATCH', '/sessions/abc-123/metadata', { body: { session_name: 'New Name' } });
    await h.ask('DELETE', '/sessions/abc-123');
    await socket.until(({ messages }) => messages.at(-1)?.type === 'session_deleted');
    const data = EVENTS.map((event) => ({ ...rowOf(event), session_name: event.session_name }));
    const finished = { ...SESSION, status: 'finished' };
    expect(socket.changes).toEqual([
      { type: 'session_created', session: SESSION },
      ...data.slice(0, 4).map((event) => ({ type: 'event', data: event })),
      { type: 'session_updated', session: finished },
      { type: 'event', data: data[4] },
      { type: 'session_updated', session: { ...finished, session_name: 'New Name' } },
      { type: 'session_updated', session: { ...finished, session_name: 'New Name' } },
      { type: 'session_deleted', session_id: 'abc-123' },
    ]);
  });

  it('carries the very rows that lists have, with the same ids', async () => {
    const socket = await open();
    await run();
    await socket.until(({ eventIds }) => eventIds.length === EVENTS.length);
    const rows = socket.messages
      .filter(({ type }) => type === 'event')
      .map(({ data: { session_name: _, ...row } }) => row);
    expect(rows).toEqual((await get('/sessions/abc-123/events')).json.events);
  });

  it('tells of sessions and events that are made elsewhere, and of no account events', async () => {
    const socket = await open();
    await socket.count(1);
    const initial_events = [{ type: 'user.message', content: 'hello' }, { type: 'terminated' }];
    const { json } = await h.ask('POST', '/v1/sessions', { body: { title: 'Native', initial_events } });
    await h.ask('POST', '/v1/events', { body: { events: [{ type: 'agent.created', data: { agent_id: 'x' } }] } });
    await h.ask('POST', `/v1/sessions/${json.id}/events`, { body: { events: [{ type: 'session.status_running' }] } });
    await h.ask('POST', `/v1/sessions/${json.id}`, { body: { metadata: { last_resumed_at: 'now' } } });
    await h.ask('POST', `/v1/sessions/${json.id}/archive`);
    await h.ask('DELETE', `/v1/sessions/${json.id}`);
    await socket.until(({ messages }) => messages.at(-1)?.type === 'session_deleted');
    const told = socket.changes.map(({ type, session, data, session_id }) => [
      type,
      session?.status ?? data?.event_type ?? session_id,
    ]);
    expect(told).toEqual([
      ['session_created', 'running'],
      ['event', 'user.message'],
      ['session_updated', 'finished'],
      ['event', 'terminated'],
      ['session_updated', 'running'],
      ['event', 'session.status_running'],
      ['session_updated', 'running'],
      ['session_deleted', json.id],
    ]);
    expect(socket.changes[1].data).toMatchObject({
      session_id: json.id,
      session_name: 'Native',
      content: [{ type: 'text', text: 'hello' }],
    });
  });

  it('tells a status only when it is another, whatever came before', async () => {
    await create();
    const socket = await open();
    await socket.count(1);
    for (const [event_type, more] of [
      ['session_start', {}],
      ['workflow_paused', {}],
      ['session_stop', {}],
      ['session_stop', { exit_code: 1 }],
      ['workflow_resumed', {}],
      ['session.status_idle', {}],
      ['session.error', { retry_status: { type: 'exhausted' } }],
      ['session.status_running', {}],
    ] as const)
      await send({ ...base(event_type, 1), ...more });
    await socket.until(({ eventIds }) => eventIds.length === 8);
    const told = socket.changes.map(({ session, data }) => session?.status ?? data.event_type);
    expect(told).toEqual([
      ...['session_start', 'workflow_paused', 'finished', 'session_stop', 'session_stop'],
      ...['running', 'workflow_resumed', 'finished', 'session.status_idle', 'session.error'],
      ...['running', 'session.status_running'],
    ]);
  });

  it('reaches every client of the org, whatever it is made with, and nobody else', async () => {
    const other = await openSocket(url, { token: h.other.token });
    const byWs = await open();
    const byGlobal = new WebSocket(`${url.replace('http', 'ws')}/ws`, [
      'turnlog',
      `turnlog.token.${Buffer.from(h.org.token).toString('base64url')}`,
    ]);
    const heard: string[] = [];
    const enough = Promise.withResolvers<void>();
    byGlobal.addEventListener('message', ({ data }) => {
      heard.push(String(data));
      if (heard.length === 1 + 1 + EVENTS.length + 1) enough.resolve();
    });
    while (heard.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(byGlobal.protocol).toBe('turnlog');
    await byWs.count(1);
    await run();
    await enough.promise;
    await byWs.count(heard.length);
    expect(heard).toEqual(byWs.texts);
    expect(other.messages.length).toBeLessThanOrEqual(1);
    byGlobal.close();
  });

  it('takes a request for it by an allowed origin, refuses one by another; and HTTP does likewise', async () => {
    const allowed = await openSocket(url, { token: h.org.token, headers: { origin: ALLOWED } });
    await allowed.count(1);
    const refused = await refusedSocket(url, { token: h.org.token, headers: { origin: FOREIGN } });
    expect([refused.status, Object.keys(refused.json)]).toEqual([403, ['detail']]);
    expect(refused.headers['request-id']).toMatch(/^req_/);
    const headers = { authorization: `Bearer ${h.org.token}` };
    for (const [origin, answered] of [
      [ALLOWED, ALLOWED],
      [FOREIGN, null],
    ] as const) {
      const answer = await fetch(`${url}/sessions`, { headers: { ...headers, origin } });
      expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, answered]);
      const preflight = await fetch(`${url}/sessions/abc-123/metadata`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'content-type' },
      });
      expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, answered]);
      expect(preflight.headers.get('access-control-allow-methods')).toContain('PATCH');
    }
  });

  it('is told of in the log, from its beginning to the code of its end, and nothing that it carries', async () => {
    const socket: SocketClient = await open();
    await socket.count(1);
    await create();
    socket.close();
    await socket.closed;
    const lines = () => h.logged.filter(({ message }) => message.startsWith('a socket'));
    while (lines().length < 2) await new Promise((resolve) => setImmediate(resolve));
    expect(lines()).toMatchObject([
      { level: 'debug', message: 'a socket has opened', fields: { path: '/ws' } },
      { level: 'debug', message: 'a socket has closed', fields: { path: '/ws', code: 1005 } },
    ]);
    expect(JSON.stringify(h.logged)).not.toMatch(/abc-123|tlog_pat_/);
  });
});

describe('the configuration', () => {
  it('has the defaults of the seed', () => {
    const { corsOrigins, debugLogging } = readConfig({}, '/a');
    expect([corsOrigins, debugLogging]).toEqual([['http://localhost:5173', 'http://localhost:3000'], false]);
  });

  it('takes what the seed says', () => {
    const { corsOrigins, debugLogging, port } = readConfig(
      { DEBUG_LOGGING: 'true', CORS_ORIGINS: 'https://a.example,https://b.example', PORT: '8765' },
      '/a',
    );
    expect([corsOrigins, debugLogging, port]).toEqual([['https://a.example', 'https://b.example'], true, 8765]);
  });
});

/** I5: a request repeated with the same key has one effect and one answer. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ask, type Harness, openHarness, type Reply } from './harness.ts';

let h: Harness;
beforeAll(async () => {
  h = await openHarness();
});
afterAll(() => h.close());

let keys = 0;
const key = () => ({ 'idempotency-key': `key-${++keys}` });
const message = { events: [{ type: 'user.message', content: 'hello' }] };
const newSession = async (body: object = {}) => (await h.ask('POST', '/v1/sessions', { body })).json.id;

async function repeated(path: string, ask: Ask, between: () => Promise<unknown> = async () => undefined) {
  const headers = { ...key(), ...ask.headers };
  const first = await h.ask('POST', path, { ...ask, headers });
  expect(first.headers.get('idempotent-replayed')).toBeNull();
  await between();
  const before = await h.stored();
  const second = await h.ask('POST', path, { ...ask, headers });
  expect(await h.stored()).toBe(before);
  expect(second.headers.get('idempotent-replayed')).toBe('true');
  expect(second.status).toBe(first.status);
  expect(second.headers.get('request-id')).not.toBe(first.headers.get('request-id'));
  return { first, second };
}

describe('a repeat gets the first answer', () => {
  const same = ({ first, second }: { first: Reply; second: Reply }) => expect(second.text).toBe(first.text);

  it('of creating a session', async () => {
    const body = { title: 'once', external_id: 'once', initial_events: message.events };
    same(await repeated('/v1/sessions', { body }));
  });
  it('of sending events', async () =>
    same(await repeated(`/v1/sessions/${await newSession()}/events`, { body: message })));
  it('whatever content type the repeat names: that is no part of what was asked', async () => {
    const headers = { ...key(), 'content-type': 'application/json' };
    const body = '{"title":"typed"}';
    const first = await h.ask('POST', '/v1/sessions', { headers, body });
    const second = await h.ask('POST', '/v1/sessions', { headers: { ...headers, 'content-type': 'text/plain' }, body });
    expect([second.status, second.text]).toEqual([201, first.text]);
  });
  it('of updating, though the session has changed since', async () => {
    const id = await newSession();
    const path = `/v1/sessions/${id}`;
    same(await repeated(path, { body: { title: 'a' } }, () => h.ask('POST', path, { body: { title: 'b' } })));
    expect((await h.ask('GET', path)).json.title).toBe('b');
  });
  it('of archiving', async () => same(await repeated(`/v1/sessions/${await newSession()}/archive`, {})));
  it('of cancelling work, though it was interrupted then and rests now', async () => {
    const id = await newSession({ initial_events: [{ type: 'session.status_running' }] });
    const rest = { events: [{ type: 'session.status_idle' }] };
    const { first, second } = await repeated(`/v1/sessions/${id}/cancel`, {}, () =>
      h.ask('POST', `/v1/sessions/${id}/events`, { body: rest }),
    );
    expect(first.status).toBe(202);
    expect(second.text).toBe(first.text);
  });
  it('of creating and rotating a token, but for the secret', async () => {
    const create = await repeated('/v1/tokens', { body: { name: 'x', scopes: ['events:read'] } });
    expect(create.first.json.token).toMatch(/^tlog_pat_/);
    expect(create.second.json).toEqual({ ...create.first.json, token: null });
    const rotate = await repeated(`/v1/tokens/${create.first.json.id}/rotate`, {});
    expect(rotate.first.json.token).toMatch(/^tlog_pat_/);
    expect(rotate.second.json).toEqual({ ...rotate.first.json, token: null });
  });
});

describe('a retried success stays a success', () => {
  it('when the session is archived meanwhile', async () => {
    const id = await newSession();
    const archive = () => h.ask('POST', `/v1/sessions/${id}/archive`);
    await repeated(`/v1/sessions/${id}/events`, { body: message }, archive);
  });
  it('when the session is deleted meanwhile', async () => {
    const id = await newSession();
    const remove = () => h.ask('DELETE', `/v1/sessions/${id}`);
    await repeated(`/v1/sessions/${id}`, { body: { title: 'x' } }, remove);
  });
  it('when the new token has expired meanwhile', async () => {
    const expires_at = new Date(Date.now() + 60_000).toISOString();
    await repeated('/v1/tokens', { body: { name: 'x', scopes: ['events:read'], expires_at } }, async () => {
      h.clock.offsetUs = 120 * 1_000_000;
    });
    h.clock.offsetUs = 0;
  });
});

describe('the same key with another request is a 409', () => {
  it.each([
    ['other bytes', '/v1/sessions', { body: '{"title":"b"}' }],
    ['the same value in other bytes', '/v1/sessions', { body: '{ "title":"a"}' }],
    ['another query', '/v1/sessions?beta=true', { body: '{"title":"a"}' }],
    ['another operation', '/v1/tokens', { body: '{"title":"a"}' }],
    ['another operation on an unknown record', '/v1/sessions/unknown/events', { body: '{"title":"a"}' }],
    ['a body that is too large', '/v1/sessions', { body: 'x'.repeat(5_000_000) }],
    ['a body that is no JSON', '/v1/sessions', { body: 'x' }],
  ] satisfies [string, string, Ask][])('%s', async (_, path, ask) => {
    const headers = key();
    expect((await h.ask('POST', '/v1/sessions', { headers, body: '{"title":"a"}' })).status).toBe(201);
    const before = await h.stored();
    const reply = await h.ask('POST', path, { ...ask, headers });
    expect([reply.status, reply.json.error.type, reply.json.error.code]).toEqual([
      409,
      'conflict_error',
      'idempotency_key_reused',
    ]);
    expect(reply.headers.get('x-should-retry')).toBe('false');
    expect(await h.stored()).toBe(before);
  });

  it('another session', async () => {
    const [a, b] = [await newSession(), await newSession()];
    const headers = key();
    expect((await h.ask('POST', `/v1/sessions/${a}/events`, { headers, body: message })).status).toBe(200);
    expect((await h.ask('POST', `/v1/sessions/${b}/events`, { headers, body: message })).status).toBe(409);
  });
});

it('both mounts, both header names and PATCH are the same request', async () => {
  const id = await newSession();
  const body = { title: 'same' };
  const first = await h.ask('POST', `/v1/sessions/${id}`, { headers: { 'idempotency-key': 'same' }, body });
  const second = await h.ask('PATCH', `/api/v1/cloud/sessions/${id}`, {
    headers: { 'x-idempotency-key': 'same' },
    body,
  });
  expect(second.headers.get('idempotent-replayed')).toBe('true');
  expect(second.text).toBe(first.text);
});

it('a refusal is not kept: the corrected request may use the same key', async () => {
  const headers = key();
  expect((await h.ask('POST', '/v1/sessions', { headers, body: { title: 1 } })).status).toBe(400);
  const reply = await h.ask('POST', '/v1/sessions', { headers, body: { title: 'one' } });
  expect([reply.status, reply.headers.get('idempotent-replayed')]).toEqual([201, null]);
});

it('ten at once have one effect', async () => {
  const id = await newSession();
  const headers = key();
  const send = () => h.ask('POST', `/v1/sessions/${id}/events`, { headers, body: message });
  const replies = await Promise.all(Array.from({ length: 10 }, send));
  expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
  expect((await h.ask('GET', `/v1/sessions/${id}`)).json.stats.event_count).toBe(1);
});

it.each(['', ' ', 'a b', 'ä', 'x'.repeat(256), 'a, b'])('the key %j is a 400, after the 404', async (bad) => {
  const headers = { 'idempotency-key': bad };
  const reply = await h.ask('POST', '/v1/sessions', { headers, body: {} });
  expect([reply.status, reply.json.error.param]).toEqual([400, 'Idempotency-Key']);
  expect((await h.ask('POST', '/v1/sessions/unknown/archive', { headers })).status).toBe(404);
});

it('GET and DELETE take no notice of a key', async () => {
  const id = await newSession();
  const headers = key();
  for (const method of ['GET', 'DELETE'])
    expect((await h.ask(method, `/v1/sessions/${id}`, { headers })).status).toBe(200);
  expect((await h.ask('DELETE', `/v1/sessions/${id}`, { headers })).status).toBe(404);
});

it('a wrong scope comes before a kept answer', async () => {
  const headers = key();
  await h.ask('POST', '/v1/sessions', { headers, body: {} });
  const token = await h.tokenWith('sessions:read');
  expect((await h.ask('POST', '/v1/sessions', { token, headers, body: {} })).status).toBe(403);
});

/** What ends a stream against its will, and what keeps it from opening: tokens that stop counting, failures, refusals. */
import { Tails } from '@turnlog/core/tails';
import { afterEach, describe, expect, it } from 'vitest';
import { nextTurn } from '../src/process/machine.ts';
import { type Harness, type HarnessOptions, openHarness, streaming } from './harness.ts';
import { breakable } from './support/breaking.ts';
import { gated } from './support/gated.ts';
import { eventually, type Opening, openSse, type SseClient } from './support/sse.ts';

let h: Harness;
let url: string;
let session: string;
afterEach(() => h.close());

async function start(options: HarnessOptions = {}): Promise<void> {
  h = await openHarness(options);
  ({ url } = await h.listen());
  session = (await h.ask('POST', '/v1/sessions', { body: { initial_events: [{ type: 'first' }] } })).json.id;
}

const append = (...events: object[]) => h.ask('POST', `/v1/sessions/${session}/events`, { body: { events } });
const openAs = (token: string | null, path = `/v1/sessions/${session}/events/stream`, opening: Opening = {}) =>
  openSse(`${url}${path}`, { token, ...opening });

async function newToken(more: object = {}): Promise<{ readonly id: string; readonly token: string }> {
  const { json } = await h.ask('POST', '/v1/tokens', { body: { name: 'x', scopes: ['events:read'], ...more } });
  return json;
}

/** Over the socket: what the server remembers of a token is its own. */
async function change(method: string, path: string, token = h.org.token, body?: object) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
  const answer = await fetch(`${url}/v1/tokens/${path}`, init);
  expect(answer.status).toBe(200);
  return (await answer.json()) as { readonly token: string };
}

/** Two streams and two held polls of one secret, and how each of them ends when it does not count any more. */
async function holdAll(token: string): Promise<{ expectRefused(): Promise<void>; expectLive(): Promise<void> }> {
  const held = h.services.streams.size;
  const streams = await Promise.all([openAs(token), openAs(token, '/v1/events/stream?types=live')]);
  const polls = [`/v1/sessions/${session}/events?types=poll&wait=55`, '/v1/events?types=poll&wait=55'].map((path) =>
    openAs(token, path),
  );
  await eventually(() => h.services.streams.size === held + 4);
  return {
    async expectRefused() {
      for (const stream of streams) {
        expect(await stream.ended).toBe('ended');
        expectError(stream, 'authentication_error', 'The access token is malformed, unknown, expired or revoked.');
        expect(stream.text).not.toContain('[DONE]');
      }
      for (const poll of polls) {
        const answer = await (await poll).all();
        expect([answer.status, answer.json.error.type]).toEqual([401, 'authentication_error']);
        expect([answer.headers['www-authenticate'], answer.headers['x-should-retry']]).toEqual(['Bearer', 'false']);
      }
    },
    async expectLive() {
      const { json } = await append({ type: 'live' });
      for (const stream of streams) {
        await stream.until(({ ids }) => ids.includes(json.data[0].id));
        stream.close();
      }
      await append({ type: 'poll' });
      for (const poll of polls) expect((await (await poll).all()).json.data).toHaveLength(1);
    },
  };
}

/** The last frame is an error in the envelope of every refusal. */
function expectError(stream: SseClient, type: string, message: string): void {
  const last = stream.frames.at(-1);
  expect([last?.event, last?.id]).toEqual(['error', undefined]);
  expect(JSON.parse(last?.data ?? '')).toEqual({
    type: 'error',
    error: { type, message },
    request_id: stream.headers['request-id'],
  });
}

describe('a token that stops to count takes along what it has opened, and nothing else', () => {
  it('when it is revoked', async () => {
    await start();
    const token = await newToken();
    const theirs = await holdAll(token.token);
    const others = await holdAll(h.org.token);
    await change('DELETE', token.id);
    await theirs.expectRefused();
    await eventually(() => h.services.streams.size === 4);
    await others.expectLive();
    expect((await (await openAs(token.token)).all()).status).toBe(401);
  });

  it('when it revokes itself', async () => {
    await start();
    const token = await newToken({ scopes: ['events:read', 'tokens:manage'] });
    const held = await holdAll(token.token);
    await change('DELETE', token.id, token.token);
    await held.expectRefused();
  });

  it('when it is rotated without an overlap', async () => {
    await start();
    const token = await newToken();
    const held = await holdAll(token.token);
    const rotated = await change('POST', `${token.id}/rotate`);
    await held.expectRefused();
    await (await holdAll(rotated.token)).expectLive();
  });

  it('when it is rotated, after the overlap and not before', async () => {
    await start(streaming({ heartbeatMs: 20 }));
    const token = await newToken();
    const old = await holdAll(token.token);
    const rotated = await change('POST', `${token.id}/rotate`, h.org.token, { overlap_seconds: 60 });
    const fresh = await holdAll(rotated.token);
    const watching = await openAs(token.token);
    await watching.until(({ frames }) => frames.some(({ comment }) => comment === 'heartbeat'));
    expect(h.services.streams.size).toBe(9);
    h.clock.offsetUs = 61 * 1_000_000;
    await old.expectRefused();
    await fresh.expectLive();
  });

  it('when it expires', async () => {
    await start(streaming({ heartbeatMs: 20 }));
    const token = await newToken({ expires_at: new Date(Date.now() + 3_600_000).toISOString() });
    const theirs = await holdAll(token.token);
    const others = await holdAll(h.org.token);
    h.clock.offsetUs = 3_601 * 1_000_000;
    await theirs.expectRefused();
    await others.expectLive();
  });

  it('though it was revoked while the stream was being opened', async () => {
    const gate = gated();
    await start(gate.options);
    const token = await newToken();
    const opening = [
      openAs(token.token),
      openAs(token.token, '/v1/events/stream'),
      openAs(token.token, `/v1/sessions/${session}/events?types=poll&wait=55`),
    ];
    await eventually(() => gate.asked === 3);
    await change('DELETE', token.id);
    gate.open();
    for (const stream of await Promise.all(opening)) {
      await stream.all();
      expect(stream.text).toContain('authentication_error');
    }
    await eventually(() => h.services.streams.size === 0);
  });
});

describe('a failure of ours', () => {
  async function startBroken(): Promise<{ broken: boolean }> {
    const state = breakable();
    await start(state.options);
    return state;
  }
  const SENTENCE = 'Something went wrong on our side. If it goes on, report it with the request id.';

  it('in the middle of a stream is told without its inside, logged with it, and can be resumed from', async () => {
    const state = await startBroken();
    const streams = [
      await openAs(h.org.token, `/v1/sessions/${session}/events/stream?from=start`),
      await openAs(h.org.token),
    ];
    await streams[0]?.until(({ events }) => events.length === 1);
    await streams[1]?.until(({ lastId }) => lastId !== undefined);
    state.broken = true;
    const { json } = await append({ type: 'second' });
    for (const stream of streams) {
      expect(await stream.ended).toBe('ended');
      expectError(stream, 'api_error', SENTENCE);
      expect(stream.text).not.toMatch(/secret|disk|DONE/);
      const requestId = stream.headers['request-id'];
      const lines = h.logged.filter(({ fields }) => (fields as { request_id?: string }).request_id === requestId);
      expect(lines).toEqual([
        {
          level: 'error',
          message: 'a request failed',
          fields: expect.objectContaining({
            method: 'GET',
            path: `/v1/sessions/${session}/events/stream`,
            err: expect.objectContaining({ message: 'disk I/O error in /secret/path' }),
          }),
        },
      ]);
    }
    await eventually(() => h.services.streams.size === 0);
    state.broken = false;
    const resumed = await openAs(h.org.token, undefined, { headers: { 'last-event-id': streams[0]?.lastId ?? '' } });
    await resumed.until(({ events }) => events.length === 1);
    expect(resumed.ids).toEqual([json.data[0].id]);
  });

  it('in the first read of a stream is told like one in its middle', async () => {
    const state = await startBroken();
    state.broken = true;
    const stream = await (await openAs(h.org.token, `/v1/sessions/${session}/events/stream?from=start`)).all();
    expectError(stream, 'api_error', SENTENCE);
  });

  it('before a stream opens is a 500', async () => {
    await start(({ store }) => ({
      tails: new Tails({
        store: {
          headOf: () => Promise.reject(new Error('disk I/O error in /secret/path')),
          getEvent: store.getEvent.bind(store),
          lastUs: store.lastUs.bind(store),
          readOn: store.readOn.bind(store),
        },
        wakeups: store,
        lagBytes: 1_000_000,
        nextTurn,
      }),
    }));
    const refused = await (await openAs(h.org.token)).all();
    expect([refused.status, refused.json.error]).toEqual([500, { type: 'api_error', message: SENTENCE }]);
    expect(h.services.streams.size).toBe(0);
  });
});

describe('a refusal comes before the stream, as JSON', () => {
  it('in the order 401, 405, 403, 404, 400, and only then for want of a slot', async () => {
    await start(streaming({ perToken: 1 }));
    const narrow = await h.tokenWith('sessions:read');
    const unknown = '/v1/sessions/sess_01K5ZV7QH37MZTXN4T6B9D0RFE/events/stream?from=nowhere';
    const known = `/v1/sessions/${session}/events/stream`;
    const cases: [string, string, string | null, number, string][] = [
      ['POST', unknown, null, 401, 'authentication_error'],
      ['POST', unknown, narrow, 405, 'invalid_request_error'],
      ['GET', unknown, narrow, 403, 'permission_error'],
      ['GET', unknown, h.org.token, 404, 'not_found_error'],
      ['GET', `${known}?from=nowhere`, h.org.token, 400, 'invalid_request_error'],
      ['POST', '/v1/events/stream?x=1', null, 401, 'authentication_error'],
      ['POST', '/v1/events/stream?x=1', narrow, 405, 'invalid_request_error'],
      ['GET', '/v1/events/stream?x=1', narrow, 403, 'permission_error'],
      ['GET', '/v1/events/stream?x=1', h.org.token, 400, 'invalid_request_error'],
    ];
    const only = await openAs(h.org.token);
    for (const [method, path, token, status, type] of cases) {
      const refused = await (await openAs(token, path, { method })).all();
      expect([refused.status, refused.json.error.type], `${method} ${path}`).toEqual([status, type]);
      expect(refused.headers['content-type']).toBe('application/json');
      expect(refused.headers['request-id']).toBe(refused.json.request_id);
      if (status === 405) expect(refused.headers.allow).toBe('GET, HEAD');
    }
    expect((await (await openAs(h.org.token, known)).all()).status).toBe(429);
    only.close();
  });
});

describe('pages of other origins', () => {
  it('may read a stream when their origin is allowed, and its refusals too', async () => {
    await start({ corsOrigins: ['https://app.example'] });
    const open = (origin: string, query = '') =>
      openAs(h.org.token, `/v1/sessions/${session}/events/stream${query}`, { headers: { origin } });
    for (const query of ['', '?from=x']) {
      const allowed = await open('https://app.example', query);
      expect(allowed.headers).toMatchObject({
        'access-control-allow-origin': 'https://app.example',
        'access-control-expose-headers': expect.stringContaining('request-id'),
        vary: 'Origin',
      });
      allowed.close();
      const foreign = await open('https://elsewhere.example', query);
      expect(foreign.headers['access-control-allow-origin']).toBeUndefined();
      expect(foreign.headers.vary).toBe('Origin');
      foreign.close();
    }
  });

  it('are told that they may resume', async () => {
    await start({ corsOrigins: ['*'] });
    const preflight = await openAs(null, undefined, {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example', 'access-control-request-method': 'GET' },
    });
    expect([preflight.status, preflight.headers['access-control-allow-origin']]).toEqual([204, '*']);
    expect(preflight.headers['access-control-allow-headers']).toMatch(/Authorization.*Last-Event-ID/);
  });
});

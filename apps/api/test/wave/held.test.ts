/** Held polls are bounded in number and in time, end with what ends them, and a reader that stalls holds little. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { limits } from '@turnlog/core/limits';
import { afterEach, describe, expect, it } from 'vitest';
import { type Harness, type HarnessOptions, openHarness, streaming } from '../harness.ts';
import { eventually, openSse } from '../support/sse.ts';
import { bare, create, eventsOf, hold, Listener, newestUuid, push } from './client.ts';

const opened: Harness[] = [];
afterEach(async () => {
  for (const harness of opened.splice(0)) await harness.close();
});

/** Longer than a test may take: what waits a poll out does not pass. */
const HELD = { waveHoldMs: 10 * 60 * 1000 };

async function open(options: HarnessOptions = {}) {
  const h = await openHarness(options);
  opened.push(h);
  const { url, server } = await h.listen();
  return { h, url, server, session: await create(h) };
}

describe('a held poll', () => {
  it('ends empty when the server is draining, and the next is refused until it is back', async () => {
    const { h, url, session } = await open(HELD);
    const { answer } = await hold(h, url, session);
    h.services.streams.drain();
    const { status, text } = await answer;
    expect([status, text]).toEqual([200, '[]']);
    const next = await h.ask('GET', `/api/sessions/${session}/events`, bare());
    expect([next.status, Object.keys(next.json), next.headers.get('retry-after')]).toEqual([503, ['error'], '2']);
    await push(h, session, 'x', 1);
    expect(await eventsOf(h, session), 'history is still read').toHaveLength(1);
  });

  it('ends with a 404 when its session is deleted: there is nothing to listen to any more', async () => {
    const { h, url, session } = await open(HELD);
    const listener = new Listener(url, session, 0);
    const loop = listener.until(() => false);
    await eventually(() => h.services.streams.size === 1);
    await h.ask('DELETE', `/api/sessions/${session}`, bare());
    await loop;
    expect([listener.stoppedBy, listener.got]).toEqual([404, []]);
    expect(h.services.streams.size).toBe(0);
  });

  it('ends with a 401 when the access token that opened it is revoked', async () => {
    const { h, url, session } = await open(HELD);
    const { json } = await h.ask('POST', '/v1/tokens', { body: { name: 'gone', scopes: ['events:read'] } });
    const asked = openSse(`${url}/api/sessions/${session}/events`, { token: json.token });
    await eventually(() => h.services.streams.size === 1);
    await h.ask('DELETE', `/v1/tokens/${json.id}`);
    const { status, json: body } = await (await asked).all();
    expect([status, Object.keys(body)]).toEqual([401, ['error']]);
  });

  it('goes on when the session has ended, which may be started again', async () => {
    const { h, url, session } = await open(HELD);
    await push(h, session, 'terminated', null);
    const { answer } = await hold(h, url, session, '?last_event=1');
    await push(h, session, 'session.status_running', {});
    expect((await answer).json).toEqual([{ type: 'session.status_running', data: {}, number: 2 }]);
  });

  it('gives its slot back when its client leaves', async () => {
    const { h, url, session } = await open(HELD);
    const stop = new AbortController();
    const asked = fetch(`${url}/api/sessions/${session}/events`, { signal: stop.signal }).catch(() => 'left');
    await eventually(() => h.services.streams.size === 1);
    stop.abort();
    expect(await asked).toBe('left');
    await eventually(() => h.services.streams.size === 0);
  });
});

describe('too many held polls', () => {
  it('of one session are a 429 that says so; those of others and what is there already are answered', async () => {
    const { h, url, session } = await open(streaming({ perToken: 2 }));
    const other = await create(h);
    const polls = [await hold(h, url, session), await hold(h, url, session)];
    const refused = await h.ask('GET', `/api/sessions/${session}/events`, bare());
    expect([refused.status, Object.keys(refused.json), refused.headers.get('retry-after')]).toEqual([
      429,
      ['error'],
      '2',
    ]);
    expect(refused.json.error).toContain('as many as it may');
    expect(refused.headers.get('access-control-allow-origin')).toBe('*');
    polls.push(await hold(h, url, other));
    const uuid = await newestUuid(h);
    const own = openSse(`${url}/api/sessions/${uuid}/events`, { token: h.org.token });
    await eventually(() => h.services.streams.size === 4);
    await push(h, session, 'x', 1);
    await push(h, other, 'x', 1);
    for (const { answer } of polls) expect((await answer).status).toBe(200);
    expect((await (await own).all()).status).toBe(200);
    expect(await eventsOf(h, session)).toHaveLength(1);
  });

  it('of the whole server are a 503', async () => {
    const { h, url, session } = await open(streaming({ perProcess: 1 }));
    const { answer } = await hold(h, url, session);
    const refused = await h.ask('GET', `/api/sessions/${await create(h)}/events`, bare());
    expect([refused.status, Object.keys(refused.json), refused.headers.get('retry-after')]).toEqual([
      503,
      ['error'],
      '2',
    ]);
    await push(h, session, 'x', 1);
    expect((await answer).status).toBe(200);
  });
});

describe('a reader that stalls', () => {
  it('holds a slice or two of a long list, and is cut', async () => {
    const { h, url, server, session } = await open(streaming({ lagMs: 300 }));
    const { json } = await h.ask('GET', '/v1/sessions?limit=1');
    const events = Array.from({ length: 500 }, () => ({ type: 'x', text: 'x'.repeat(2_000) }));
    for (let batch = 0; batch < 30; batch++)
      await h.ask('POST', `/v1/sessions/${json.data[0].id}/events`, { body: { events } });
    let most = 0;
    server.on('request', (_: IncomingMessage, outgoing: ServerResponse) => {
      const write = outgoing.write.bind(outgoing) as (chunk: Uint8Array) => boolean;
      outgoing.write = (chunk: Uint8Array) => {
        const takes = write(chunk);
        most = Math.max(most, outgoing.writableLength);
        return takes;
      };
    });
    const client = await openSse(`${url}/api/sessions/${session}/events?last_event=0`);
    client.stall();
    await eventually(() => most > 0 && h.logged.some(({ message }) => message.startsWith('an answer was cut short')));
    client.read();
    expect(await client.ended).toBe('cut');
    expect(most).toBeLessThan(3 * limits.sliceBytes);
    expect(client.text.endsWith(']')).toBe(false);
  });
});

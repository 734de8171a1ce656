/** The third seed: its examples, its shapes, and listeners that lose nothing and get nothing twice. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, openHarness } from '../harness.ts';
import { Dice } from '../support/dice.ts';
import { eventually } from '../support/sse.ts';
import { bare, create, eventsOf, hold, Listener, newestUuid, push, pushAll } from './client.ts';

let h: Harness;
let url: string;
/** Does not hold for long. */
let hasty: Harness;
let hastyUrl: string;
beforeAll(async () => {
  h = await openHarness();
  ({ url } = await h.listen());
  hasty = await openHarness({ waveHoldMs: 60 });
  ({ url: hastyUrl } = await hasty.listen());
});
afterAll(async () => {
  await h.close();
  await hasty.close();
});

const statusOf = async (session: string): Promise<string> =>
  (await h.ask('GET', `/api/sessions/${session}/status`, bare())).json.status;

describe("the document's examples", () => {
  it('listen: everything after number 8 comes at once, ascending', async () => {
    const session = await create(h);
    await pushAll(h, session, 8);
    for (const word of ['paused', 'running', 'paused', 'running']) await push(h, session, 'status', word);
    for (const prefix of ['/api', '/_wave/api']) {
      const reply = await h.ask('GET', `${prefix}/sessions/${session}/events?last_event=8`, bare());
      expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'application/json']);
      expect(reply.json).toEqual([
        { type: 'status', data: 'paused', number: 9 },
        { type: 'status', data: 'running', number: 10 },
        { type: 'status', data: 'paused', number: 11 },
        { type: 'status', data: 'running', number: 12 },
      ]);
      expect(Object.keys(reply.json[0])).toEqual(['type', 'data', 'number']);
    }
  });

  it('push: is answered by 200 without a body, and every listener gets the event', async () => {
    const session = await create(h);
    const listeners = [await hold(h, url, session), await hold(h, url, session, '?last_event=0')];
    const reply = await h.ask('POST', `/_wave/api/sessions/${session}/events`, {
      token: null,
      headers: { 'content-type': 'text/plain;charset=UTF-8' },
      body: '{"type": "status", "data": "paused"}',
    });
    expect([reply.status, reply.text]).toEqual([200, '']);
    for (const { answer } of listeners) {
      const { status, json } = await answer;
      expect([status, json]).toEqual([200, [{ type: 'status', data: 'paused', number: 1 }]]);
    }
  });
});

describe('a listener', () => {
  it('that has nothing yet asks from 0, -1 or any smaller number, and gets everything from number 1', async () => {
    const session = await create(h);
    await pushAll(h, session, 3);
    for (const lastEvent of ['0', '-1', '-17', '-0', '00', '-9007199254740991', '-99999999999999999999']) {
      const { json } = await h.ask('GET', `/api/sessions/${session}/events?last_event=${lastEvent}`, bare());
      expect(
        json.map(({ number }: { number: number }) => number),
        lastEvent,
      ).toEqual([1, 2, 3]);
    }
  });

  it('that names no number gets only what comes after its request', async () => {
    const session = await create(h);
    await pushAll(h, session, 3);
    const listening = await hold(h, url, session);
    await push(h, session, 'status', 'running');
    expect((await listening.answer).json).toEqual([{ type: 'status', data: 'running', number: 4 }]);
  });

  it('that names a number beyond the last waits for what lies beyond it', async () => {
    const session = await create(h);
    const listening = await hold(h, url, session, '?last_event=2');
    await pushAll(h, session, 2);
    await push(h, session, 'third', null);
    expect((await listening.answer).json).toEqual([{ type: 'third', data: null, number: 3 }]);
    const far = `/api/sessions/${await create(hasty)}/events?last_event=9007199254740991`;
    expect((await hasty.ask('GET', far, bare())).text).toBe('[]');
  });

  it('is answered by 200 and an empty array when the time is over, at either prefix', async () => {
    const session = await create(hasty);
    for (const path of [`/api/sessions/${session}/events`, `/_wave/api/sessions/${session}/events?last_event=0`]) {
      const reply = await hasty.ask('GET', path, bare());
      expect([reply.status, reply.text, reply.headers.get('content-type')]).toEqual([200, '[]', 'application/json']);
    }
  });

  it('gets every event once and in order, beside another, over many polls and a burst of pushes', async () => {
    const session = await create(hasty);
    const listeners = [new Listener(hastyUrl, session, 0), new Listener(hastyUrl, session, -1)];
    await Promise.all(listeners.map((listener) => listener.until(() => listener.empty >= 3)));
    const loops = listeners.map((listener) => listener.until(() => listener.got.length >= 50));
    await Promise.all(Array.from({ length: 50 }, (_, n) => push(hasty, session, 'burst', n)));
    await Promise.all(loops);
    const stored = await eventsOf(hasty, session);
    expect(stored.map(({ number }) => number)).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
    expect(new Set(stored.map(({ data }) => data)).size).toBe(50);
    for (const { got, stoppedBy } of listeners) expect([got, stoppedBy]).toEqual([stored, null]);
  });

  it('that begins without a number goes on from the first that it got', async () => {
    const session = await create(h);
    await pushAll(h, session, 3);
    const listener = new Listener(url, session, null);
    const loop = listener.until(() => listener.got.length >= 20);
    await eventually(() => h.services.streams.size === 1);
    await Promise.all(Array.from({ length: 20 }, (_, n) => push(h, session, 'burst', n)));
    await loop;
    expect(listener.got).toEqual(await eventsOf(h, session, 3));
  });

  it('ignores what it does not know in the query, a buster of caches for one', async () => {
    const session = await create(h);
    await pushAll(h, session, 1);
    const path = `/api/sessions/${session}/events?id=${Date.now()}&last_event=0&_=1&x[y]=2`;
    expect((await h.ask('GET', path, bare())).json).toHaveLength(1);
  });

  it('by HEAD is not held', async () => {
    const session = await create(h);
    const reply = await h.ask('HEAD', `/api/sessions/${session}/events`, bare());
    expect([reply.status, reply.text]).toEqual([200, '']);
    expect(h.services.streams.size).toBe(0);
  });
});

describe('an event', () => {
  const roundTrip = async (session: string, body: string) => {
    const path = `/api/sessions/${session}/events`;
    const pushed = await h.ask('POST', path, bare({ body, headers: { 'content-type': 'application/octet-stream' } }));
    expect([pushed.status, pushed.text]).toEqual([200, '']);
    return h.ask('GET', `${path}?last_event=0`, bare());
  };

  it.each([
    ['a number that no double holds', '{"type":"n","data":9007199254740993}', '9007199254740993'],
    ['a number with a fraction of nothing', '{"type":"n","data":[1.0,-0,1E5]}', '[1.0,-0,1E5]'],
    ['escapes', '{"type":"n","data":"\\u0000\\ud800é\\/"}', '"\\u0000\\ud800é\\/"'],
    [
      'odd keys in their order',
      '{"type":"n","data":{"b":1,"__proto__":2,"":3,"a":4}}',
      '{"b":1,"__proto__":2,"":3,"a":4}',
    ],
    ['white space around values only', '{"type":"n","data": { "a b" : [ 1 , 2 ] } }', '{"a b":[1,2]}'],
    ['null', '{"type":"n","data":null}', 'null'],
    ['no data', '{"type":"n"}', 'null'],
    ['members of the envelope as data', '{"data":{"id":1,"seq":2,"type":3},"type":"n"}', '{"id":1,"seq":2,"type":3}'],
  ])('comes back with %s as it was sent', async (_, body, data) => {
    const session = await create(h);
    expect((await roundTrip(session, body)).text).toBe(`[{"type":"n","data":${data},"number":1}]`);
  });

  it.each([
    'Status Changed',
    'UPPER',
    'a..b',
    ' ',
    '1',
    'naïve ✓',
    '\u0000',
    'wave.event',
    'constructor',
    'x'.repeat(101),
    '✓'.repeat(1_000),
  ])('has its type as it was sent: %j', async (type) => {
    const session = await create(h);
    const { json } = await roundTrip(session, JSON.stringify({ type, data: { original_type: 'other' } }));
    expect(json).toEqual([{ type, data: { original_type: 'other' }, number: 1 }]);
  });

  it('has no field of other vocabularies checked, and other members than type and data do not count', async () => {
    const session = await create(h);
    const body = { type: 'agent.message', data: 5, content: 5, number: 99, id: 'x', turn_id: 7, seq: [] };
    expect((await roundTrip(session, JSON.stringify(body))).json).toEqual([
      { type: 'agent.message', data: 5, number: 1 },
    ]);
  });

  it('is kept natively with its data, and with its own type where that can be none of the log', async () => {
    await create(h).then(async (session) => {
      await push(h, session, 'status', 'paused');
      await h.ask('POST', `/api/sessions/${session}/events`, bare({ body: { type: 'Not Ours' } }));
    });
    const { json: list } = await h.ask('GET', '/v1/sessions?limit=1');
    const { json } = await h.ask('GET', `/v1/sessions/${list.data[0].id}/events`);
    expect(json.data).toMatchObject([
      { type: 'status', data: 'paused', seq: 1 },
      { type: 'wave.event', data: null, original_type: 'Not Ours', seq: 2 },
    ]);
  });

  it('of another dialect shows what it says: its data, or its own fields as one object', async () => {
    const session = await create(h);
    const { json: list } = await h.ask('GET', '/v1/sessions?limit=1');
    const events = [
      { type: 'user.message', content: 'hello', occurred_at: '2026-01-31T09:30:00Z' },
      { type: 'agent.thinking' },
      { type: 'wave.event', original_type: 'mine', data: 1 },
    ];
    await h.ask('POST', `/v1/sessions/${list.data[0].id}/events`, { body: { events } });
    expect(await eventsOf(h, session)).toEqual([
      { type: 'user.message', data: { content: 'hello' }, number: 1 },
      { type: 'agent.thinking', data: {}, number: 2 },
      { type: 'wave.event', data: { original_type: 'mine', data: 1 }, number: 3 },
    ]);
  });

  it('of a repeated push with one key is stored once', async () => {
    const session = await create(h);
    const path = `/api/sessions/${session}/events`;
    const ask = bare({ body: { type: 'x' }, headers: { 'idempotency-key': 'once' } });
    const replies = [await h.ask('POST', path, ask), await h.ask('POST', `/_wave${path}`, ask)];
    expect(replies.map(({ status, text }) => [status, text])).toEqual([
      [200, ''],
      [200, ''],
    ]);
    expect(replies.map(({ headers }) => headers.get('idempotent-replayed'))).toEqual([null, 'true']);
    expect(await eventsOf(h, session)).toHaveLength(1);
  });

  it('among many more than one slice comes at once, whole and in order', async () => {
    const session = await create(h);
    const id = (await h.ask('GET', '/v1/sessions?limit=1')).json.data[0].id;
    const dice = new Dice(3);
    const sent: string[] = [];
    for (let batch = 0; batch < 3; batch++) {
      const events = Array.from({ length: 500 }, () => ({ type: 'x', text: 'x'.repeat(dice.below(900)) }));
      sent.push(...events.map(({ text }) => text));
      await h.ask('POST', `/v1/sessions/${id}/events`, { body: { events } });
    }
    const reply = await fetch(`${url}/api/sessions/${session}/events?last_event=0`);
    const got = (await reply.json()) as { readonly data: { readonly text: string }; readonly number: number }[];
    expect(got.map(({ data }) => data.text)).toEqual(sent);
    expect(got.map(({ number }) => number)).toEqual(sent.map((_, index) => index + 1));
    expect(reply.headers.get('access-control-allow-origin')).toBe('*');
  });
});

describe('status events', () => {
  it('of a wave session move it, in every vocabulary', async () => {
    const session = await create(h);
    const { json: list } = await h.ask('GET', '/v1/sessions?limit=1');
    const native = async () => (await h.ask('GET', `/v1/sessions/${list.data[0].id}`)).json.status;
    const seen: [string, string][] = [];
    for (const word of [
      null,
      'running',
      'paused',
      'nonsense',
      { a: 1 },
      'running',
      'completed',
      'running',
      'aborted',
    ]) {
      if (word !== null) await push(h, session, 'status', word);
      seen.push([await statusOf(session), await native()]);
    }
    expect(seen).toEqual([
      ['pending', 'idle'],
      ['running', 'running'],
      ['paused', 'idle'],
      ['paused', 'idle'],
      ['paused', 'idle'],
      ['running', 'running'],
      ['completed', 'idle'],
      ['running', 'running'],
      ['aborted', 'idle'],
    ]);
  });

  it('of any other session move nothing; its own words do', async () => {
    const { json } = await h.ask('POST', '/v1/sessions', { body: {} });
    const session = await newestUuid(h);
    const own = { token: h.org.token };
    const status = async () => (await h.ask('GET', `/api/sessions/${session}/status`, own)).json.status;
    for (const data of ['running', 'paused', 'completed', 'aborted']) {
      const body = { type: 'status', data };
      expect((await h.ask('POST', `/api/sessions/${session}/events`, { ...own, body })).status).toBe(200);
      expect(await status()).toBe('pending');
    }
    await h.ask('POST', `/api/sessions/${session}/events`, { ...own, body: { type: 'session.status_running' } });
    expect(await status()).toBe('running');
    expect((await h.ask('GET', `/v1/sessions/${json.id}`)).json.status).toBe('running');
    for (const move of ['pause', 'stop']) await h.ask('POST', `/api/sessions/${session}/${move}`, own);
    expect(await status()).toBe('running');
  });

  it('sent by another dialect to a wave session move nothing unless they say so in its words', async () => {
    const session = await create(h);
    const { json: list } = await h.ask('GET', '/v1/sessions?limit=1');
    const events = [{ type: 'session.status_idle', stop_reason: { type: 'end_turn' } }];
    await h.ask('POST', `/v1/sessions/${list.data[0].id}/events`, { body: { events } });
    expect(await statusOf(session)).toBe('completed');
  });
});

describe('pages of other origins', () => {
  it.each(['/api', '/_wave/api'])('may read every answer below %s, refusals too', async (prefix) => {
    const session = await create(h);
    await push(h, session, 'x', 1);
    const headers = { origin: 'https://anywhere.example' };
    const asks = [
      ['GET', `/sessions/${session}/events?last_event=0`, 200],
      ['POST', `/sessions/${session}/start`, 200],
      ['GET', `/sessions/${session}/events?last_event=x`, 400],
      ['POST', '/sessions', 401],
      ['GET', `/sessions/${session.replace(/^./, 'z')}`, 401],
      ['PATCH', `/sessions/${session}`, 405],
      ['GET', '/nothing', 401],
    ] as const;
    for (const [method, path, status] of asks) {
      for (const own of [headers, {}]) {
        const reply = await h.ask(method, `${prefix}${path}`, bare({ headers: own }));
        const allowed = reply.headers.get('access-control-allow-origin');
        expect([path, reply.status, allowed, reply.headers.get('vary')]).toEqual([path, status, '*', null]);
        expect(reply.headers.get('access-control-expose-headers')).toContain('request-id');
      }
    }
  });

  it('are answered 200 without a body and without a credential whatever path they ask about', async () => {
    for (const path of ['/api/sessions', '/_wave/api/sessions/x/events', '/api/nothing', '/_wave', '/api']) {
      const preflight = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-mine' };
      for (const headers of [{ origin: 'https://a.example', ...preflight }, {}]) {
        const reply = await h.ask('OPTIONS', path, bare({ headers }));
        expect([path, reply.status, reply.text]).toEqual([path, 200, '']);
        expect(reply.headers.get('access-control-allow-origin')).toBe('*');
        expect(reply.headers.get('access-control-allow-methods')).toContain('PUT');
        for (const name of ['Authorization', 'X-API-Key', 'Content-Type', 'Last-Event-ID', 'Idempotency-Key'])
          expect(reply.headers.get('access-control-allow-headers')).toContain(name);
      }
    }
  });

  it('ask other dialects as CORS_ORIGINS says', async () => {
    const { status, headers } = await h.ask('GET', '/api/v1/events', { headers: { origin: 'https://a.example' } });
    expect([status, headers.get('access-control-allow-origin')]).toEqual([200, null]);
    expect((await h.ask('OPTIONS', '/api/v2/sessions', bare())).status).not.toBe(200);
  });
});

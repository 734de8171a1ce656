/** The feed: every event of an org in one order, of all sessions and of the account stream. */
import { makeId } from '@turnlog/core/ids';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Harness, openHarness, type Reply } from './harness.ts';
import { openSse, type SseClient } from './support/sse.ts';

let h: Harness;
let url: string;
beforeEach(async () => {
  h = await openHarness();
  ({ url } = await h.listen());
});
afterEach(() => h.close());

// biome-ignore lint/suspicious/noExplicitAny: events are judged member by member
type Event = any;

const create = async (body: object = {}): Promise<Event> => (await h.ask('POST', '/v1/sessions', { body })).json;
const append = async (session: string, ...events: object[]): Promise<Event[]> =>
  (await h.ask('POST', `/v1/sessions/${session}/events`, { body: { events } })).json.data;
const publish = async (...events: object[]): Promise<Event[]> =>
  (await h.ask('POST', '/v1/events', { body: { events } })).json.data;
const feed = (query = ''): Promise<Reply> => h.ask('GET', `/v1/events?limit=1000${query}`);
const events = async (query = ''): Promise<Event[]> => {
  const { status, json, text } = await feed(query);
  expect(status, text).toBe(200);
  return json.data;
};
const types = async (query = ''): Promise<string[]> => (await events(query)).map(({ type }: Event) => type);
const idsOf = (list: readonly Event[]): string[] => list.map(({ id }: Event) => id);
const subscribe = (query = '', headers: Record<string, string> = {}): Promise<SseClient> =>
  openSse(`${url}/v1/events/stream${query}`, { token: h.org.token, headers });

describe('the list', () => {
  it('has every event of every session and of the account once, in the order of the log', async () => {
    const [one, two] = [await create({ title: 'one' }), await create({ initial_events: [{ type: 'a' }] })];
    const sent = [...(await append(one.id, { type: 'b' })), ...(await publish({ type: 'c', data: { x: 1.0 } }))];
    sent.push(...(await append(two.id, { type: 'd' }, { type: 'e' })), ...(await append(one.id, { type: 'f' })));
    expect(await types()).toEqual(['session.created', 'session.created', 'a', 'b', 'c', 'd', 'e', 'f']);
    const all = await events();
    expect(all.slice(3)).toEqual(sent);
    expect(idsOf(all)).toEqual([...new Set(idsOf(all))].sort());
    expect(idsOf(await events('&order=desc'))).toEqual(idsOf(all).reverse());
    const stamps = all.map(({ created_at }: Event) => created_at);
    expect(stamps).toEqual([...new Set(stamps)].sort());
    const page = (await feed()).json;
    expect(Object.keys(page)).toEqual(['data', 'first_id', 'last_id', 'has_more', 'next_page', 'scanned_through']);
    expect(page.scanned_through).toBe(all.at(-1).id);
  });

  it('of an org without events is empty, with nothing looked at', async () => {
    const { text } = await feed();
    expect(text).toBe(
      '{"data":[],"first_id":null,"last_id":null,"has_more":false,"next_page":null,"scanned_through":null}',
    );
  });

  it('shows what was stored, byte for byte', async () => {
    const body = '{"events":[{"type":"odd","big":9007199254740993,"one":1.0,"__proto__":{"\\u0000":"é"}}]}';
    await h.ask('POST', '/v1/events', { body });
    const session = await create();
    await h.ask('POST', `/v1/sessions/${session.id}/events`, { body });
    const { text, json } = await feed('&types=odd');
    expect(text.match(/"big":9007199254740993,"one":1\.0,"__proto__":\{"\\u0000":"é"\}/g)).toHaveLength(2);
    for (const { id } of json.data) {
      const { text: single } = await h.ask('GET', `/v1/events/${id}`);
      expect(text).toContain(single);
    }
  });
});

describe('filters', () => {
  it('by type take exact types and patterns in which * stands for any run of characters', async () => {
    await publish(...['a.b', 'a.b.c', 'ab', 'a_b.c', 'x', 'x.y'].map((type) => ({ type })));
    const cases: [string, string[]][] = [
      ['types=a.b', ['a.b']],
      ['types=a.*', ['a.b', 'a.b.c']],
      ['types=a*', ['a.b', 'a.b.c', 'ab', 'a_b.c']],
      ['types=*.c', ['a.b.c', 'a_b.c']],
      ['types=*b*', ['a.b', 'a.b.c', 'ab', 'a_b.c']],
      ['types=*', ['a.b', 'a.b.c', 'ab', 'a_b.c', 'x', 'x.y']],
      ['types=a.b,x', ['a.b', 'x']],
      ['types=x&types=ab', ['ab', 'x']],
      ['types[]=x&types[]=ab', ['ab', 'x']],
      ['types=nobody.uses.this', []],
    ];
    for (const [query, expected] of cases) expect(await types(`&${query}`), query).toEqual(expected);
  });

  it('by session show its events and account events about it, by either name, also once it is deleted', async () => {
    const session = await create({ external_id: 'mine', initial_events: [{ type: 'a' }] });
    await create({ initial_events: [{ type: 'other' }] });
    const [about] = await publish({ type: 'note', data: { session_id: session.id } });
    await publish({ type: 'note', data: { session_id: 'sess_01K5ZV7QH37MZTXN4T6B9D0RFE' } });
    const expected = ['session.created', 'a', 'note'];
    expect(await types(`&session_id=${session.id}`)).toEqual(expected);
    expect(await types('&session_id=mine')).toEqual(expected);
    expect(idsOf(await events('&session_id=mine&types=note'))).toEqual([about.id]);
    for (const unknown of ['nobody', 'sess_01K5ZV7QH37MZTXN4T6B9D0RFF', 'a%2Fb', 'evt_1']) {
      expect(await types(`&session_id=${unknown}`), unknown).toEqual([]);
    }
    await h.ask('DELETE', `/v1/sessions/${session.id}`);
    expect(await types(`&session_id=${session.id}`)).toEqual(['session.created', 'note', 'session.deleted']);
    expect(await types('&session_id=mine'), 'the name is free again').toEqual([]);
    const second = await create({ external_id: 'mine' });
    expect((await events('&session_id=mine')).map(({ data }) => data.session_id)).toEqual([second.id]);
  });

  it('by agent show the events of its sessions and account events about it', async () => {
    const session = await create({ agent: 'researcher', initial_events: [{ type: 'a' }] });
    await create({ agent: 'writer', initial_events: [{ type: 'other' }] });
    await publish({ type: 'agent.created', data: { agent_id: 'researcher' } }, { type: 'note' });
    const expected = ['session.created', 'a', 'agent.created'];
    expect(await types('&agent_id=researcher')).toEqual(expected);
    expect(await types(`&agent_id=researcher&session_id=${session.id}`)).toEqual(expected.slice(0, 2));
    expect(await types('&agent_id=researcher&types=agent.*')).toEqual(['agent.created']);
    expect(await types('&agent_id=nobody')).toEqual([]);
  });

  it('by time are exact to the microsecond, and since and until are names for two bounds', async () => {
    const stamps: string[] = [];
    for (let n = 0; n < 5; n++) stamps.push((await publish({ type: `t${n}` }))[0].created_at);
    const [, second = '', , fourth = ''] = stamps;
    const cases: [string, string[]][] = [
      [`created_at[gt]=${second}`, ['t2', 't3', 't4']],
      [`created_at[gte]=${second}`, ['t1', 't2', 't3', 't4']],
      [`since=${second}`, ['t1', 't2', 't3', 't4']],
      [`created_at[lt]=${fourth}`, ['t0', 't1', 't2']],
      [`until=${fourth}`, ['t0', 't1', 't2']],
      [`created_at[lte]=${fourth}`, ['t0', 't1', 't2', 't3']],
      [`since=${second}&until=${fourth}`, ['t1', 't2']],
      [`since=${second}&until=${fourth}&order=desc`, ['t2', 't1']],
      [`since=${fourth}&until=${second}`, []],
      ['since=2999-01-01T00:00:00Z', []],
    ];
    for (const [query, expected] of cases) expect(await types(`&${query}`), query).toEqual(expected);
  });
});

describe('pages', () => {
  beforeEach(async () => {
    for (let n = 0; n < 4; n++)
      await create({
        initial_events: [
          { type: 'x', n },
          { type: 'y', n },
        ],
      });
    await publish({ type: 'z' });
  });

  async function walk(query: string, next: (page: Event) => string): Promise<Event[][]> {
    const pages: Event[][] = [];
    let cursor = '';
    for (;;) {
      const { json, status } = await h.ask('GET', `/v1/events?${query}${cursor}`);
      expect(status).toBe(200);
      expect(json.has_more).toBe(json.next_page !== null);
      pages.push(json.data);
      if (!json.has_more) return pages;
      expect(json.data, 'an empty page has no next').not.toEqual([]);
      cursor = next(json);
    }
  }

  it.each(['', '&types=x', '&types=x,y', '&types=nothing', '&types=*.created,z'])(
    'lead through the whole list, both ways, by page, by scanned_through and by id (%s)',
    async (filter) => {
      const all = idsOf(await events(filter));
      for (const limit of [1, 2, 3, 1000]) {
        const query = `limit=${limit}${filter}`;
        const byPage = await walk(query, (page) => `&page=${page.next_page}`);
        expect(idsOf(byPage.flat())).toEqual(all);
        for (const page of byPage) expect(page.length).toBeLessThanOrEqual(limit);
        const byScan = await walk(query, (page) => `&after_id=${page.scanned_through}`);
        expect(idsOf(byScan.flat())).toEqual(all);
        const down = await walk(`${query}&order=desc`, (page) => `&page=${page.next_page}`);
        expect(idsOf(down.flat())).toEqual([...all].reverse());
        const downById = await walk(`${query}&order=desc`, (page) => `&after_id=${page.last_id}`);
        expect(idsOf(downById.flat())).toEqual([...all].reverse());
      }
      const back: string[] = [];
      for (let before = all.at(-1); before !== undefined; ) {
        const { json } = await h.ask('GET', `/v1/events?limit=2&before_id=${before}${filter}`);
        back.unshift(...idsOf(json.data));
        before = json.has_more ? json.first_id : undefined;
      }
      expect(back).toEqual(all.slice(0, -1));
    },
  );

  it('say how far they have looked, also when nothing matched', async () => {
    const all = idsOf(await events());
    const empty = (await feed('&types=nothing')).json;
    expect([empty.data, empty.has_more, empty.scanned_through]).toEqual([[], false, all.at(-1)]);
    const { json: later } = await h.ask('GET', `/v1/events?after_id=${empty.scanned_through}&types=nothing`);
    expect([later.data, later.has_more, later.scanned_through]).toEqual([[], false, empty.scanned_through]);
    const [late] = await publish({ type: 'nothing' });
    const { json: found } = await h.ask('GET', `/v1/events?after_id=${empty.scanned_through}&types=nothing`);
    expect(idsOf(found.data)).toEqual([late.id]);
    const down = (await feed('&types=nothing.more&order=desc')).json;
    expect([down.data, down.scanned_through]).toEqual([[], all[0]]);
  });

  it('keep their place when the event of a cursor is deleted', async () => {
    const [, , third] = (await h.ask('GET', '/v1/sessions?order=asc')).json.data;
    const all = await events();
    const cursor = all.find(({ session_id }: Event) => session_id === third.id).id;
    await h.ask('DELETE', `/v1/sessions/${third.id}`);
    const left = await events();
    expect(left.some(({ session_id }: Event) => session_id === third.id)).toBe(false);
    const after = await events(`&after_id=${cursor}`);
    expect(idsOf(after)).toEqual(idsOf(left).filter((id) => id > cursor));
    const before = await events(`&before_id=${cursor}`);
    expect(idsOf(before)).toEqual(idsOf(left).filter((id) => id < cursor));
    const stream = await (await subscribe('', { 'last-event-id': cursor })).until(
      ({ ids }) => ids.length === after.length,
    );
    expect(stream.ids).toEqual(idsOf(after));
    stream.close();
  });
});

describe('one event', () => {
  it('of a session and of the account is found by its id, as stored', async () => {
    const session = await create({ initial_events: [{ type: 'a' }] });
    await publish({ type: 'b' });
    for (const event of await events()) {
      const { status, json } = await h.ask('GET', `/v1/events/${event.id}`);
      expect([status, json]).toEqual([200, event]);
    }
    const own = (await events('&types=a'))[0];
    await h.ask('DELETE', `/v1/sessions/${session.id}`);
    expect((await h.ask('GET', `/v1/events/${own.id}`)).status).toBe(404);
  });
});

describe('publishing', () => {
  it('stores account events in order, with nothing of a session', async () => {
    const sent = [
      { type: 'deploy.finished', data: { version: 7 }, occurred_at: '2026-01-31T09:30:00+01:00' },
      { type: 'agent.created', data: { agent_id: 'a' }, schema_version: '2.1' },
    ];
    const reply = await h.ask('POST', '/v1/events', { body: { events: sent } });
    expect(reply.status).toBe(200);
    const envelope = { session_id: null, turn_id: null, seq: null };
    expect(reply.json.data).toEqual([
      expect.objectContaining({ ...sent[0], ...envelope, schema_version: '1.0' }),
      expect.objectContaining({ ...sent[1], ...envelope }),
    ]);
    expect(await events()).toEqual(reply.json.data);
  });

  it('never moves a session, and never is one of its events', async () => {
    const session = await create({ initial_events: [{ type: 'session.status_running' }] });
    await publish(
      { type: 'terminated', data: { session_id: session.id } },
      { type: 'session.completed', data: { session_id: session.id } },
      { type: 'session.status_idle', usage: { input_tokens: 5 }, data: { session_id: session.id } },
    );
    const { json } = await h.ask('GET', `/v1/sessions/${session.id}`);
    expect([json.status, json.stats.event_count, json.usage.input_tokens]).toEqual(['running', 1, 0]);
    const { json: list } = await h.ask('GET', `/v1/sessions/${session.id}/events`);
    expect(list.data).toHaveLength(1);
  });

  it('is done once for one idempotency key', async () => {
    const ask = {
      headers: { 'idempotency-key': 'publish-1' },
      body: { events: [{ type: 'once' }, { type: 'twice' }] },
    };
    const first = await h.ask('POST', '/v1/events', ask);
    const again = await h.ask('POST', '/v1/events', ask);
    expect([again.status, again.text]).toEqual([200, first.text]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await types()).toEqual(['once', 'twice']);
    const other = await h.ask('POST', '/v1/events', { ...ask, body: { events: [{ type: 'other' }] } });
    expect([other.status, other.json.error.code]).toEqual([409, 'idempotency_key_reused']);
    expect(await types()).toEqual(['once', 'twice']);
  });
});

describe('subscribing', () => {
  it('shows the whole feed, then what comes, and never ends with a session', async () => {
    const session = await create({ initial_events: [{ type: 'a' }] });
    const stream = await subscribe('?from=start');
    await stream.until((client) => client.events.length === 2);
    await append(session.id, { type: 'terminated' });
    const other = await create();
    await h.ask('DELETE', `/v1/sessions/${other.id}`);
    await publish({ type: 'last' });
    await stream.until((client) => client.events.at(-1)?.event === 'last');
    expect(stream.ids).toEqual(idsOf(await events()));
    expect(stream.events.map(({ data }) => JSON.parse(data))).toEqual(await events());
    expect(stream.text).not.toContain('[DONE]');
    stream.close();
  });

  it('begins at the position before all events, which is one to resume from', async () => {
    const empty = await (await subscribe()).until(({ lastId }) => lastId !== undefined);
    expect(empty.lastId).toBe('evt_00000000000000000000000000');
    empty.close();
    const sent = await publish({ type: 'a' }, { type: 'b' });
    const resumed = await subscribe('', { 'last-event-id': empty.lastId ?? '' });
    await resumed.until((client) => client.events.length === 2);
    expect(resumed.ids).toEqual(idsOf(sent));
    resumed.close();
    const live = await (await subscribe()).until(({ lastId }) => lastId !== undefined);
    expect(live.lastId).toBe(sent[1].id);
    expect(await events('&after_id=evt_00000000000000000000000000')).toEqual(sent);
    live.close();
  });

  it('resumes behind every event', async () => {
    for (let n = 0; n < 5; n++) await create({ initial_events: [{ type: 'x' }] });
    const all = idsOf(await events());
    for (const [index, id] of all.slice(0, -1).entries()) {
      const stream = await subscribe(index % 2 === 0 ? '' : '?from=start', { 'last-event-id': id });
      await stream.until(({ ids }) => ids.at(-1) === all.at(-1));
      expect(stream.ids).toEqual(all.slice(index + 1));
      stream.close();
    }
  });

  it('takes the filters of the list, live and in history', async () => {
    const session = await create({ external_id: 'mine', agent: 'writer', initial_events: [{ type: 'a.b' }] });
    const queries = [
      'types=a.*,session.*',
      'session_id=mine',
      `session_id=${session.id}`,
      'agent_id=writer',
      'types=a.c',
    ];
    const streams = await Promise.all(queries.map((query) => subscribe(`?from=start&${query}`)));
    const nobody = await subscribe('?session_id=nobody');
    const other = await create({ initial_events: [{ type: 'other' }] });
    await publish({ type: 'a.c' }, { type: 'about', data: { session_id: session.id } });
    await publish({ type: 'about.writer', data: { agent_id: 'writer' } });
    await append(session.id, { type: 'a.c' }, { type: 'terminated' });
    const [end] = await append(other.id, { type: 'end' });
    const all = await subscribe('?from=start');
    await all.until(({ ids }) => ids.at(-1) === end.id);
    for (const [index, stream] of streams.entries()) {
      const expected = idsOf(await events(`&${queries[index]}`));
      expect(expected.length).toBeGreaterThan(1);
      await stream.until(({ ids }) => ids.length >= expected.length);
      expect(stream.ids, queries[index]).toEqual(expected);
    }
    expect(nobody.events).toEqual([]);
  });
});

describe('the lifecycle of sessions in the account stream', () => {
  const account = (type: string) => events(`&types=${type}`);

  it.each([
    ['created', 'request', { title: 'A title' }],
    ['updated', 'request', { changes: { title: { old: 'A title', new: 'B' }, 'metadata.k': { old: null, new: 'v' } } }],
    ['archived', 'request', {}],
    ['deleted', 'request', { events_count: 2 }],
    ['started', 'session.status_running', { goal: 'A title', model: null }],
    [
      'completed',
      'session.status_idle',
      { status: 'completed', steps: 2, duration_ms: expect.any(Number), tokens_used: 7 },
    ],
    ['failed', 'session.error', { error_code: 'boom', error_message: 'It broke.', step_number: 2 }],
  ] as const)('has session.%s, caused by its %s', async (name, cause, own) => {
    const body = { title: 'A title', external_id: 'x', agent: 'a', initial_events: [{ type: 'first' }] };
    const created = await h.ask('POST', '/v1/sessions', { body });
    const { id } = created.json;
    const one = (event: object) => h.ask('POST', `/v1/sessions/${id}/events`, { body: { events: [event] } });
    if (name === 'deleted') await append(id, { type: 'second' });
    const act = {
      created: () => Promise.resolve(created),
      updated: () => h.ask('PATCH', `/v1/sessions/${id}`, { body: { title: 'B', metadata: { k: 'v' } } }),
      archived: () => h.ask('POST', `/v1/sessions/${id}/archive`),
      deleted: () => h.ask('DELETE', `/v1/sessions/${id}`),
      started: () => one({ type: 'session.status_running' }),
      completed: () => one({ type: 'session.status_idle', usage: { input_tokens: 3, output_tokens: 4 } }),
      failed: () =>
        one({
          type: 'session.error',
          error: { type: 'boom', message: 'It broke.' },
          retry_status: { type: 'terminal' },
        }),
    }[name];
    const reply = await act();
    expect(Math.floor(reply.status / 100), reply.text).toBe(2);
    const [event, ...more] = await account(`session.${name}`);
    expect(more).toEqual([]);
    expect(event).toMatchObject({ type: `session.${name}`, session_id: null, turn_id: null, seq: null });
    const caused_by = cause === 'request' ? reply.headers.get('request-id') : reply.json.data[0].id;
    expect(event.data).toEqual({ session_id: id, external_id: 'x', agent_id: 'a', caused_by, ...own });
    const sessionEvents = name === 'deleted' ? [] : (await h.ask('GET', `/v1/sessions/${id}/events`)).json.data;
    expect(idsOf(sessionEvents)).not.toContain(event.id);
  });

  it('stands there once its cause is answered, right behind it, whoever else writes', async () => {
    const sessions = await Promise.all(Array.from({ length: 8 }, () => create()));
    await Promise.all(
      sessions.map(async ({ id }) => {
        for (let n = 0; n < 10; n++) {
          const batch = [{ type: 'session.status_running' }, { type: 'x' }, { type: 'session.status_idle' }];
          const sent = await append(id, ...batch);
          const told = await events(`&session_id=${id}&types=session.started,session.completed&after_id=${sent[0].id}`);
          expect(told.map(({ data }) => data.caused_by)).toEqual([sent[0].id, sent[2].id]);
        }
      }),
    );
    const all = await events();
    for (const [index, event] of all.entries()) {
      if (event.type === 'session.started') {
        expect(all.slice(index - 3, index + 2).map(({ type }: Event) => type)).toEqual([
          'session.status_running',
          'x',
          'session.status_idle',
          'session.started',
          'session.completed',
        ]);
        expect(event.data.caused_by).toBe(all[index - 3].id);
      }
    }
  });

  it('is not there when its cause was refused, nor when nothing has changed', async () => {
    const session = await create({ title: 'x', initial_events: [{ type: 'terminated' }] });
    const before = await types();
    await append(session.id, { type: 'session.status_idle' });
    await h.ask('POST', `/v1/sessions/${session.id}`, { body: { title: 'x' } });
    await h.ask('POST', `/v1/sessions/${session.id}`, { body: { title: 1 } });
    expect(await types()).toEqual(before);
    await h.ask('POST', `/v1/sessions/${session.id}/archive`);
    await h.ask('POST', `/v1/sessions/${session.id}/archive`);
    expect(await types()).toEqual([...before, 'session.archived']);
  });

  it('proves its author: producers may send no caused_by', async () => {
    const session = await create();
    const forged = { type: 'session.completed', data: { session_id: session.id, caused_by: 'me' } };
    for (const path of ['/v1/events', `/v1/sessions/${session.id}/events`]) {
      const { status, json } = await h.ask('POST', path, { body: { events: [forged] } });
      expect([status, json.error.param]).toEqual([400, 'events[0].data.caused_by']);
    }
    expect(await account('session.completed')).toEqual([]);
  });
});

describe('positions', () => {
  it('in the future or of another kind are refused, in the list and in the stream', async () => {
    await publish({ type: 'x' });
    const future = makeId('evt', Date.now() * 1000 + 60_000_000, (n) => new Uint8Array(n));
    const session = await create();
    for (const cursor of [future, session.id, 'evt_1', '', 'e'.repeat(5_000), (await events())[0].id.toLowerCase()]) {
      for (const param of ['after_id', 'before_id']) {
        const { status, json } = await feed(`&${param}=${cursor}`);
        expect([status, json.error?.param]).toEqual([400, param]);
      }
      for (const [stream, param] of [
        [await subscribe(`?after_id=${cursor}`), 'after_id'],
        ...(cursor === '' ? [] : [[await subscribe('', { 'last-event-id': cursor }), 'Last-Event-ID'] as const]),
      ] as const) {
        const { json, status } = await stream.all();
        expect([status, json.error.param]).toEqual([400, param]);
      }
    }
  });
});

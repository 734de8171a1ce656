/** Lists and publications of the platform dialect: pages that lead to their end, filters, tenants, one effect per key. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Harness, openHarness, type Reply } from '../harness.ts';

let h: Harness;
beforeEach(async () => {
  h = await openHarness();
});
afterEach(() => h.close());

interface Shown {
  readonly id: string;
  readonly type: string;
  readonly created_at: string;
  // biome-ignore lint/suspicious/noExplicitAny: data is judged member by member
  readonly data: any;
  readonly metadata: Readonly<Record<string, unknown>>;
}

const PATH = '/api/v1/events';
const list = async (query = ''): Promise<Reply> => {
  const reply = await h.ask('GET', `${PATH}?${query}`);
  expect(reply.status, reply.text).toBe(200);
  return reply;
};
const events = async (query = ''): Promise<Shown[]> => (await list(`limit=100&${query}`)).json.data;
const typesOf = (shown: readonly Shown[]) => shown.map(({ type }) => type);
const idsOf = (shown: readonly Shown[]) => shown.map(({ id }) => id);
const publish = async (type: string, data: object = {}, more: object = {}): Promise<Shown> => {
  const reply = await h.ask('POST', PATH, { body: { type, data, ...more } });
  expect(reply.status, reply.text).toBe(201);
  return reply.json;
};
const create = async (body: object = {}) => (await h.ask('POST', '/v1/sessions', { body })).json;

describe('publishing', () => {
  it('stores one event of the account, which other dialects read with its data and metadata', async () => {
    const { id } = await publish('deploy.finished', { version: 7 }, { metadata: { user_id: 'user_456', more: [1] } });
    const { json } = await h.ask('GET', `/v1/events/${id}`);
    expect(json).toMatchObject({
      id,
      type: 'deploy.finished',
      session_id: null,
      turn_id: null,
      seq: null,
      schema_version: '1.0',
      data: { version: 7 },
      metadata: { user_id: 'user_456', more: [1] },
    });
    expect(json.metadata).not.toHaveProperty('organization_id');
  });

  it('takes null for what was not sent', async () => {
    const bare = await publish('deploy.finished', {}, { metadata: null });
    expect(Object.keys(bare.metadata)).toEqual(['organization_id', 'request_id']);
    const anonymous = await publish('deploy.finished', {}, { metadata: { user_id: null, more: null } });
    expect(anonymous.metadata).toMatchObject({ user_id: null, more: null });
    const { json } = await h.ask('GET', `/v1/events/${bare.id}`);
    expect(json).not.toHaveProperty('metadata');
  });

  it('never moves a session, whatever the type says', async () => {
    const session = await create({ initial_events: [{ type: 'session.status_running' }] });
    for (const type of ['session.completed', 'session.failed']) await publish(type, { session_id: session.id });
    await publish('terminated', { session_id: session.id });
    const { json } = await h.ask('GET', `/v1/sessions/${session.id}`);
    expect([json.status, json.stats.event_count]).toEqual(['running', 1]);
  });

  it('keeps every member as its source text', async () => {
    const data = '{"big":9007199254740993,"one":1.0,"__proto__":{"\\u0000":"é"},"a":"\\ud800"}';
    const metadata = '"z":1.50,"user_id":"\\u0075","__proto__":null,"a":{}';
    const reply = await h.ask('POST', PATH, { body: `{ "metadata": {${metadata}}, "data" : ${data}, "type":"odd" }` });
    const own = `"organization_id":"${h.org.id}","request_id":"${reply.headers.get('request-id')}"`;
    expect(reply.text).toContain(`"data":${data},"metadata":{${metadata},${own}}}`);
    expect((await h.ask('GET', `${PATH}/${reply.json.id}`)).text).toBe(reply.text);
    expect((await list()).text).toContain(reply.text);
  });

  it('is done once for one idempotency key, and the repeat shows the first request', async () => {
    const ask = { headers: { 'idempotency-key': 'publish-1' }, body: { type: 'once', data: {}, metadata: {} } };
    const first = await h.ask('POST', PATH, ask);
    const again = await h.ask('POST', PATH, ask);
    expect([again.status, again.text]).toEqual([201, first.text]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    expect(again.headers.get('request-id')).not.toBe(first.headers.get('request-id'));
    expect(again.json.metadata.request_id).toBe(first.headers.get('request-id'));
    expect(typesOf(await events())).toEqual(['once']);
    const native = { ...ask, body: { events: [{ type: 'once', data: {} }] } };
    expect((await h.ask('POST', '/v1/events', native)).status, 'another operation').toBe(409);
  });
});

describe('what others wrote', () => {
  it('shows the payload, the org and the request that wrote it', async () => {
    const body = { title: 'A title', agent: 'a', initial_events: [{ type: 'user.message', content: 'hi', n: 1 }] };
    const created = await h.ask('POST', '/v1/sessions', { body });
    const native = await h.ask('POST', '/v1/events', { body: { events: [{ type: 'x', data: { a: 1 }, b: 2 }] } });
    const [noted, message, published] = await events();
    const written = (reply: Reply) => ({ organization_id: h.org.id, request_id: reply.headers.get('request-id') });
    expect(noted).toMatchObject({ type: 'session.created', metadata: written(created) });
    expect(noted?.data).toMatchObject({ session_id: created.json.id, agent_id: 'a', title: 'A title' });
    expect(message).toMatchObject({ type: 'user.message', metadata: written(created) });
    expect(message?.data).toEqual({ content: 'hi', n: 1 });
    expect(published).toMatchObject({ data: { data: { a: 1 }, b: 2 }, metadata: written(native) });
  });

  it('of a deleted session is gone, by id and in lists', async () => {
    const session = await create({ initial_events: [{ type: 'a' }] });
    const own = (await events('types=a'))[0];
    await h.ask('DELETE', `/v1/sessions/${session.id}`);
    expect((await h.ask('GET', `${PATH}/${own?.id}`)).status).toBe(404);
    expect(typesOf(await events())).toEqual(['session.created', 'session.deleted']);
  });
});

describe('filters', () => {
  it('take lists of patterns in three forms', async () => {
    for (const type of ['a.b', 'a.b.c', 'ab', 'x', 'x.y']) await publish(type);
    for (const [query, expected] of [
      ['types=a.*', ['a.b', 'a.b.c']],
      ['types=*.c,x', ['a.b.c', 'x']],
      ['types=x&types=ab', ['ab', 'x']],
      ['types[]=x&types[]=ab', ['ab', 'x']],
      ['types=*', ['a.b', 'a.b.c', 'ab', 'x', 'x.y']],
      ['types=nobody.uses.this', []],
      ['session_id=nobody', []],
      ['agent_id=nobody', []],
    ] as const) {
      expect(typesOf(await events(query)), query).toEqual(expected);
    }
  });

  it('by agent and session hold for events of sessions and of the account alike, and all together', async () => {
    const session = await create({ agent: 'researcher', initial_events: [{ type: 'a' }] });
    await publish('agent.created', { agent_id: 'researcher' });
    await publish('note', { session_id: session.id });
    expect(typesOf(await events('agent_id=researcher'))).toEqual(['session.created', 'a', 'agent.created']);
    expect(typesOf(await events(`session_id=${session.id}`))).toEqual(['session.created', 'a', 'note']);
    const both = `agent_id=researcher&session_id=${session.id}&types=a`;
    expect(typesOf(await events(both))).toEqual(['a']);
  });

  it('since takes and until leaves out the event of the very microsecond, in any offset', async () => {
    const shown: Shown[] = [];
    for (let n = 0; n < 4; n++) shown.push(await publish(`t${n}`));
    const [, second, , fourth] = shown.map(({ created_at }) => created_at);
    const shifted = `${second?.slice(0, -1)}+00:00`;
    for (const since of [second, encodeURIComponent(shifted), shifted]) {
      expect(typesOf(await events(`since=${since}&until=${fourth}`))).toEqual(['t1', 't2']);
    }
    expect(typesOf(await events(`since=${second}&order=desc`))).toEqual(['t3', 't2', 't1']);
  });
});

describe('pages', () => {
  beforeEach(async () => {
    for (let n = 0; n < 5; n++) await create({ initial_events: [{ type: 'x' }, { type: 'y' }] });
    await publish('z');
  });

  it.each(['', 'types=x', 'types=x,y', 'types=nothing', 'types=*.created,z', 'order=desc', 'order=desc&types=x'])(
    'lead by their last id to the end, and one with more is never empty (%s)',
    async (filter) => {
      const all = idsOf(await events(filter));
      for (const limit of [1, 2, 3, 100]) {
        const found: string[] = [];
        for (let cursor = ''; ; ) {
          const { json } = await list(`limit=${limit}&${filter}${cursor}`);
          expect(json.data.length).toBeLessThanOrEqual(limit);
          expect([json.first_id, json.last_id]).toEqual([json.data[0]?.id ?? null, json.data.at(-1)?.id ?? null]);
          found.push(...idsOf(json.data));
          if (!json.has_more) break;
          expect(json.data).not.toEqual([]);
          cursor = `&after_id=${json.last_id}`;
        }
        expect(found).toEqual(all);
      }
    },
  );

  it('of large events leave turns of the loop to others while they are made', async () => {
    for (let n = 0; n < 10; n++) await publish('large', { text: 'x'.repeat(100_000) });
    let turns = 0;
    let over = false;
    const count = () => {
      turns++;
      if (!over) setImmediate(count);
    };
    setImmediate(count);
    const { json } = await list('types=large');
    over = true;
    expect(json.data).toHaveLength(10);
    expect(turns).toBeGreaterThanOrEqual(9);
  });

  it('lead back by their first id', async () => {
    const all = idsOf(await events('types=x,y'));
    const back: string[] = [];
    for (let before = all.at(-1); before !== undefined; ) {
      const { json } = await list(`limit=3&types=x,y&before_id=${before}`);
      back.unshift(...idsOf(json.data));
      before = json.has_more ? json.first_id : undefined;
    }
    expect(back).toEqual(all.slice(0, -1));
  });

  it('end at 4 MiB, and lead on', async () => {
    const large = 'x'.repeat(200 * 1024);
    const sent: string[] = [];
    for (let n = 0; n < 25; n++) sent.push((await publish('large', { large })).id);
    const first = (await list('types=large&limit=100')).json;
    expect([first.has_more, first.data.length < 25]).toEqual([true, true]);
    const rest = (await list(`types=large&limit=100&after_id=${first.last_id}`)).json;
    expect([...idsOf(first.data), ...idsOf(rest.data)]).toEqual(sent);
  });

  it('that end before they are full, because enough was looked at, lead on all the same', async () => {
    const rare: string[] = [];
    for (let n = 0; n < 20; n++) rare.push((await publish(`rare.${n}`)).id);
    const many = { events: Array.from({ length: 500 }, () => ({ type: 'common' })) };
    for (let n = 0; n < 42; n++) await h.ask('POST', '/v1/events', { body: many });
    const query = 'limit=100&types=rare.*';
    const first = (await list(query)).json;
    expect([idsOf(first.data), first.has_more]).toEqual([rare, true]);
    const next = async () => (await list(`${query}&after_id=${first.last_id}`)).json;
    expect(await next()).toEqual({ data: [], has_more: false, first_id: null, last_id: null });
    const last = await publish('rare.0');
    expect(await next()).toMatchObject({ data: [last], has_more: false });
  });
});

describe('another org', () => {
  it('has no event in any list of ours, whatever is asked, and its own in its own', async () => {
    const token = h.other.token;
    const body = { external_id: 'theirs', agent: 'their-agent', initial_events: [{ type: 'secret.one' }] };
    const { json: session } = await h.ask('POST', '/v1/sessions', { token, body });
    const { json: published } = await h.ask('POST', PATH, { token, body: { type: 'secret.two', data: {} } });
    const ours = await publish('ours', { session_id: session.id, agent_id: 'their-agent' });
    for (const query of [
      '',
      'order=desc',
      `after_id=${published.id}`,
      `before_id=${published.id}`,
      `session_id=${session.id}`,
      'session_id=theirs',
      'types=secret.*',
      'since=2020-01-01T00:00:00Z',
    ]) {
      expect((await list(query)).text, query).not.toMatch(/secret|theirs/);
    }
    expect(idsOf(await events('agent_id=their-agent'))).toEqual([ours.id]);
    expect(await events(`session_id=${session.id}`)).toEqual([]);
    const theirs = (await h.ask('GET', PATH, { token })).json.data;
    expect(typesOf(theirs)).toEqual(['session.created', 'secret.one', 'secret.two']);
    for (const { metadata } of theirs) expect(metadata.organization_id).toBe(h.other.id);
  });
});

/**
 * The document that the platform dialect follows: every example of an event, every line of its reference, and its samples
 * through our SDK, whose feed is the same log in the native form. Those for webhooks and replay are in a file of their own.
 */
import { type Event, Turnlog } from '@turnlog/sdk';
import { EventSource } from 'eventsource';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Harness, openHarness, type Reply, replyOf } from '../harness.ts';
import { eventually, openSse } from '../support/sse.ts';
import { BASE, EXAMPLES } from './examples.ts';

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/;
const ulid = (prefix: string) => new RegExp(`^${prefix}_[0-7][0-9A-HJKMNP-TV-Z]{25}$`);
const FIVE = ['id', 'type', 'created_at', 'data', 'metadata'];
/** JSON without insignificant white space, of a text whose strings hold neither line breaks nor runs of spaces. */
const compact = (json: string) => json.replace(/\n\s*/g, '').replace(/([:,{]) /g, '$1');

let h: Harness;
const publish = async (body: unknown): Promise<Reply> => {
  const reply = await h.ask('POST', '/api/v1/events', { body });
  expect(reply.status, reply.text).toBe(201);
  return reply;
};
const list = async (query = ''): Promise<Reply['json']> => {
  const reply = await h.ask('GET', `/api/v1/events${query}`);
  expect(reply.status, reply.text).toBe(200);
  return reply.json;
};
const typesOf = (events: readonly { readonly type: string }[]) => events.map(({ type }) => type);

describe('Event Structure', () => {
  beforeAll(async () => {
    h = await openHarness();
  });
  afterAll(() => h.close());

  it('Base Event Format: what was sent, and what the server adds, in the order of the document', async () => {
    const { type, data, metadata } = JSON.parse(BASE);
    const reply = await publish({ type, data, metadata: { user_id: metadata.user_id } });
    expect(Object.keys(reply.json)).toEqual(FIVE);
    expect(Object.keys(reply.json.metadata)).toEqual(Object.keys(metadata));
    expect(reply.json).toEqual({
      id: expect.stringMatching(ulid('evt')),
      type: 'agent.created',
      created_at: expect.stringMatching(TIME),
      data: { agent_id: 'agent_123', name: 'Research Assistant' },
      metadata: {
        user_id: 'user_456',
        organization_id: h.org.id,
        request_id: reply.headers.get('request-id'),
      },
    });
  });

  it.each(EXAMPLES.map((text) => [JSON.parse(text).type as string, text] as const))(
    '%s is taken as the document shows it, and read back field by field',
    async (type, text) => {
      const sent = await publish(text);
      const { json, text: read } = await h.ask('GET', `/api/v1/events/${sent.json.id}`);
      expect(read).toBe(sent.text);
      expect(json).toMatchObject({ type, data: JSON.parse(text).data });
      expect(Object.keys(json)).toEqual(FIVE);
      expect(Object.keys(json.metadata)).toEqual(['organization_id', 'request_id']);
      expect(read, 'as source text: 99.00 stays 99.00').toContain(
        compact(text).slice(1, -1).replace('","data"', `","created_at":"${json.created_at}","data"`),
      );
      const listed = await list(`?types=${type}&limit=100&order=desc`);
      expect(listed.data[0]).toEqual(json);
    },
  );

  describe.each(EXAMPLES.map((text) => [JSON.parse(text).type as string, JSON.parse(text).data] as const))(
    '%s',
    (type, data) => {
      const [subject = ''] = Object.keys(data);
      const refused = async (changed: object, param: string) => {
        const { status, json } = await h.ask('POST', '/api/v1/events', { body: { type, data: changed } });
        expect([status, json.error?.code, json.error?.details.param]).toEqual([400, 'validation_error', param]);
      };

      it(`needs its ${subject}, as a string`, async () => {
        expect(subject).toMatch(/_id$/);
        const { [subject]: _, ...others } = data;
        await refused(others, `data.${subject}`);
        for (const wrong of [null, 1, true, {}, []]) await refused({ ...data, [subject]: wrong }, `data.${subject}`);
      });

      it('takes its other fields absent, as null and in their JSON types only', async () => {
        await publish({ type, data: { [subject]: 'x' } });
        for (const [name, value] of Object.entries(data).slice(1)) {
          await publish({ type, data: { ...data, [name]: null } });
          const kindOf = (one: unknown) => (Array.isArray(one) ? 'array' : typeof one);
          for (const wrong of ['text', 1.5, true, { a: 1 }, [1]]) {
            if (kindOf(wrong) !== kindOf(value)) await refused({ ...data, [name]: wrong }, `data.${name}`);
          }
        }
        const more = { ...data, mine: { deep: [1, null] } };
        expect((await publish({ type, data: more })).json.data).toEqual(more);
      });
    },
  );

  it('Event Categories: every one has types, and those without an example are open', async () => {
    const open = ['team.created', 'webhook.retried', 'user.settings.changed', 'billing.subscription.renewed'];
    const system = ['system.maintenance', 'system.incident.resolved'];
    for (const type of [...open, ...system]) {
      expect((await publish({ type, data: { anything: [1, 2.5, null] } })).json.data).toEqual({
        anything: [1, 2.5, null],
      });
    }
    for (const category of ['agent', 'session', 'team', 'webhook', 'user', 'billing', 'system']) {
      const { data } = await list(`?types=${category}.*&limit=100`);
      expect(data.length, category).toBeGreaterThan(0);
      for (const { type } of data) expect(type.split('.')[0]).toBe(category);
    }
  });
});

describe('the samples, through the SDK', () => {
  let client: Turnlog;
  beforeEach(async () => {
    h = await openHarness();
    const { url } = await h.listen();
    client = new Turnlog({ token: h.org.token, baseURL: url });
  });
  afterEach(() => h.close());

  /** The samples' midnights: when the first event of each day was created. */
  let midnights: readonly [string, string, string];
  /** One event of every type, published here, and one of the SDK, on each of three days. */
  async function threeDays(): Promise<void> {
    const first: string[] = [];
    for (let day = 0; day < 3; day++) {
      for (const [index, text] of EXAMPLES.entries()) {
        const { json } = await publish(text);
        if (index === 0) first.push(json.created_at);
      }
      await client.events.publish({ events: [{ type: 'agent.published', data: { agent_id: 'agent_sdk' } }] });
    }
    midnights = first as [string, string, string];
  }

  async function all(events: AsyncIterable<Event>): Promise<Event[]> {
    const found: Event[] = [];
    for await (const event of events) found.push(event);
    return found;
  }

  it('Polling: since, types with globs, limit', async () => {
    await threeDays();
    const events = await all(client.events.list({ since: midnights[2], types: ['agent.*', 'session.*'], limit: 100 }));
    const expected = EXAMPLES.map((text) => JSON.parse(text).type).filter((type) => /^(agent|session)\./.test(type));
    expect(typesOf(events)).toEqual([...expected, 'agent.published']);
    const here = await list(`?since=${midnights[2]}&types=agent.*,session.*&limit=100`);
    expect(here.data.map(({ id }: Event) => id)).toEqual(events.map(({ id }) => id));
    for (const [index, event] of events.slice(0, -1).entries()) {
      expect(event).toMatchObject({ data: here.data[index].data, session_id: null });
    }
  });

  it('By Type', async () => {
    await threeDays();
    const events = await all(client.events.list({ types: ['session.completed', 'session.failed'] }));
    expect(typesOf(events)).toEqual(Array.from({ length: 3 }, () => ['session.completed', 'session.failed']).flat());
    const { data } = await list('?types=session.completed&types=session.failed');
    expect(typesOf(data)).toEqual(typesOf(events));
    expect(typesOf((await list('?types[]=session.completed&types[]=session.failed')).data)).toEqual(typesOf(events));
  });

  it('By Resource: an agent', async () => {
    await threeDays();
    const session = await client.sessions.create({ agent: 'agent_123', initial_events: [{ type: 'agent.thinking' }] });
    const events = await all(client.events.list({ agent_id: 'agent_123' }));
    const ofOneDay = EXAMPLES.map((text) => JSON.parse(text)).filter(({ data }) => data.agent_id === 'agent_123');
    expect(events).toHaveLength(3 * ofOneDay.length + 2);
    expect(typesOf(events).slice(-2)).toEqual(['session.created', 'agent.thinking']);
    const { data } = await list('?agent_id=agent_123&limit=100');
    expect(data.map(({ id }: Event) => id)).toEqual(events.map(({ id }) => id));
    expect(data.at(-2).data).toMatchObject({ session_id: session.id, agent_id: 'agent_123' });
  });

  it('By Resource: a session, by the name that its events call it', async () => {
    await publish({ type: 'session.started', data: { session_id: 'sess_456' } });
    expect((await list('?session_id=sess_456')).data, 'a name that stands for no session').toEqual([]);
    const session = await client.sessions.create({ external_id: 'sess_456' });
    const { json: step } = await publish({ type: 'session.step.completed', data: { session_id: 'sess_456' } });
    const { json: end } = await publish({ type: 'session.completed', data: { session_id: session.id } });
    const [own] = (await client.sessions.events.send(session.id, { events: [{ type: 'agent.thinking' }] })).data;
    for (const name of ['sess_456', session.id]) {
      const events = await all(client.events.list({ session_id: name }));
      expect(events.slice(1).map(({ id }) => id)).toEqual([step.id, end.id, own?.id]);
      const { data } = await list(`?session_id=${name}`);
      expect(data.map(({ id }: Event) => id)).toEqual(events.map(({ id }) => id));
    }
  });

  it('By Time Range: since is inclusive, until exclusive', async () => {
    await threeDays();
    const [, since, until] = midnights;
    const events = await all(client.events.list({ since, until }));
    expect(typesOf(events)).toEqual([...EXAMPLES.map((text) => JSON.parse(text).type), 'agent.published']);
    const first = events[0]?.created_at ?? '';
    const last = events.at(-1)?.created_at ?? '';
    expect((await list(`?since=${first}&until=${last}&limit=100`)).data.map(({ id }: Event) => id)).toEqual(
      events.slice(0, -1).map(({ id }) => id),
    );
    for (const [query, count] of [
      ['since=2026-02-20T00:00:00Z&limit=100', 3 * (EXAMPLES.length + 1)],
      ['since=2026-02-20T00:00:00Z&until=2026-02-21T00:00:00Z', 0],
    ] as const) {
      expect((await list(`?${query}`)).data).toHaveLength(count);
    }
  });

  it('Server-Sent Events: the async iterator of a subscription', async () => {
    const session = await client.sessions.create({ external_id: 'sess_123' });
    const stream = client.events.subscribe({ events: ['session.*'], session_id: 'sess_123' });
    await stream.open();
    const sent: string[] = [];
    for (const text of EXAMPLES) {
      const { json } = await publish(text);
      if (json.type.startsWith('session.') && json.data.session_id === 'sess_123') sent.push(json.id);
    }
    const [own] = (
      await client.sessions.events.send(session.id, {
        events: [{ type: 'session.status_running' }, { type: 'agent.thinking' }],
      })
    ).data;
    const seen: string[] = [];
    const lines: string[] = [];
    for await (const event of stream) {
      seen.push(event.id);
      lines.push(`${event.type}: ${JSON.stringify('data' in event ? event.data : null)}`);
      if (event.type === 'session.started' && 'data' in event && event.data?.caused_by === own?.id) break;
    }
    expect(sent).toHaveLength(4);
    expect(seen.slice(0, 4)).toEqual(sent);
    expect(seen).toContain(own?.id);
    expect(seen).toHaveLength(6);
    expect(lines[3]).toBe(
      `session.failed: ${JSON.stringify(EXAMPLES.map((text) => JSON.parse(text)).find(({ type }) => type === 'session.failed').data)}`,
    );
  });
});

describe('API Reference', () => {
  let url: string;
  const headers = () => ({ authorization: `Bearer ${h.org.token}` });
  const get = async (path: string) => replyOf(await fetch(`${url}${path}`, { headers: headers() }));

  beforeEach(async () => {
    h = await openHarness();
    ({ url } = await h.listen());
  });
  afterEach(() => h.close());

  it('GET /api/v1/events', async () => {
    const empty = await get('/api/v1/events');
    expect(empty.text).toBe('{"data":[],"has_more":false,"first_id":null,"last_id":null}');
    const sent = [];
    for (const text of EXAMPLES) sent.push((await publish(text)).json);
    const { json, status, headers: answered } = await get('/api/v1/events');
    expect([status, answered.get('content-type')]).toEqual([200, 'application/json']);
    expect(json).toEqual({ data: sent, has_more: false, first_id: sent[0].id, last_id: sent.at(-1).id });
    expect((await get('/api/v1/events?order=desc')).json.data).toEqual(sent.toReversed());
    const page = (await get('/api/v1/events?limit=4')).json;
    expect(page).toEqual({ data: sent.slice(0, 4), has_more: true, first_id: sent[0].id, last_id: sent[3].id });
    const after = (await get(`/api/v1/events?limit=4&after_id=${page.last_id}`)).json;
    expect(after.data).toEqual(sent.slice(4, 8));
    const before = (await get(`/api/v1/events?limit=3&before_id=${after.last_id}`)).json;
    expect([before.data, before.has_more]).toEqual([sent.slice(4, 7), true]);
  });

  it('a page has 50 events unless it is told otherwise, and 100 at most', async () => {
    await h.ask('POST', '/v1/events', { body: { events: Array.from({ length: 120 }, (_, n) => ({ type: 'x', n })) } });
    expect((await list()).data).toHaveLength(50);
    const { data, has_more } = await list('?limit=100');
    expect([data.length, has_more]).toEqual([100, true]);
    expect((await h.ask('GET', '/api/v1/events?limit=101')).status).toBe(400);
  });

  it('GET /api/v1/events/{event_id}', async () => {
    const { json: sent, text } = await publish(EXAMPLES[0]);
    const reply = await get(`/api/v1/events/${sent.id}`);
    expect([reply.status, reply.text]).toEqual([200, text]);
  });

  it('GET /api/v1/events/subscribe (SSE)', async () => {
    const stop = new AbortController();
    const response = await fetch(`${url}/api/v1/events/subscribe?events=agent.*`, {
      headers: headers(),
      signal: stop.signal,
    });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    const { json, text } = await publish(EXAMPLES[0]);
    let wire = '';
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      wire += chunk;
      if (wire.includes('data: ')) break;
    }
    stop.abort();
    expect(wire).toContain(`id: ${json.id}\nevent: agent.created\ndata: ${text}\n\n`);
  });

  it('a standard EventSource hears every event under its type, with the type inside its data too', async () => {
    const source = new EventSource(`${url}/api/v1/events/subscribe?events=*`, {
      fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...headers() } }),
    });
    const heard: { id: string; type: string; data: string }[] = [];
    for (const text of EXAMPLES) {
      source.addEventListener(JSON.parse(text).type, ({ lastEventId: id, type, data }) =>
        heard.push({ id, type, data }),
      );
    }
    await eventually(() => source.readyState === EventSource.OPEN);
    const sent: Reply[] = [];
    for (const text of EXAMPLES) sent.push(await publish(text));
    await eventually(() => heard.length === sent.length);
    source.close();
    expect(heard).toEqual(sent.map(({ json: { id, type }, text }) => ({ id, type, data: text })));
    for (const { type, data } of heard) expect(JSON.parse(data).type).toBe(type);
  });

  it('subscribe is no event id', async () => {
    const stream = await openSse(`${url}/api/v1/events/subscribe`, { token: h.org.token });
    expect([stream.status, stream.headers['content-type']]).toEqual([200, 'text/event-stream']);
    stream.close();
    const { status, headers: answered } = await h.ask('POST', '/api/v1/events/subscribe', { body: {} });
    expect([status, answered.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});

/** Subscriptions of the platform dialect: history and live without a gap, resuming, heartbeats, refusals, bounds. */
import { afterEach, describe, expect, it } from 'vitest';
import { type Harness, type HarnessOptions, openHarness, streaming } from '../harness.ts';
import { eventually, openSse, type SseClient } from '../support/sse.ts';

let h: Harness;
let url: string;
const opened: SseClient[] = [];

afterEach(async () => {
  for (const stream of opened.splice(0)) stream.close();
  await h.close();
});

async function start(options: HarnessOptions = {}): Promise<void> {
  h = await openHarness(options);
  ({ url } = await h.listen());
}

const PATH = '/api/v1/events';
const publish = async (type: string, data: object = {}, token = h.org.token): Promise<string> => {
  const reply = await h.ask('POST', PATH, { token, body: { type, data } });
  expect(reply.status, reply.text).toBe(201);
  return reply.json.id;
};
const subscribe = async (query = '', headers: Record<string, string> = {}, token = h.org.token): Promise<SseClient> => {
  const stream = await openSse(`${url}${PATH}/subscribe${query}`, { token, headers });
  opened.push(stream);
  return stream;
};

describe('a subscription', () => {
  it('shows history and what comes, once and in order, as the list shows it', async () => {
    await start();
    const sent: string[] = [];
    for (let n = 0; n < 30; n++) sent.push(await publish(`x${n}`));
    const writing = (async () => {
      for (let n = 0; n < 100; n++) sent.push(await publish('live'));
    })();
    const streams = await Promise.all([subscribe('?from=start'), subscribe('?from=start'), subscribe('?from=start')]);
    await writing;
    const listed: object[] = [];
    for (let cursor = ''; ; ) {
      const { json } = await h.ask('GET', `${PATH}?limit=100${cursor}`);
      listed.push(...json.data);
      if (!json.has_more) break;
      cursor = `&after_id=${json.last_id}`;
    }
    for (const stream of streams) {
      await stream.until(({ ids }) => ids.at(-1) === sent.at(-1));
      expect(stream.ids).toEqual(sent);
      expect(stream.events.map(({ data }) => JSON.parse(data))).toEqual(listed);
      for (const { event, data } of stream.events) expect(JSON.parse(data).type).toBe(event);
    }
  });

  it('without a position shows only what comes', async () => {
    await start();
    await publish('before');
    const stream = await subscribe();
    const id = await publish('after');
    await stream.until(({ ids }) => ids.length > 0);
    expect(stream.ids).toEqual([id]);
  });

  it('filters by patterns, session and agent, live and in history', async () => {
    await start();
    const body = { external_id: 'mine', agent: 'writer', initial_events: [{ type: 'a.b' }] };
    const { json: session } = await h.ask('POST', '/v1/sessions', { body });
    const queries = [
      'events=a.*,agent.*',
      'events=a.b&events=agent.*',
      'events[]=a.b',
      'session_id=mine',
      'agent_id=writer',
    ];
    const streams = await Promise.all(queries.map((query) => subscribe(`?from=start&${query}`)));
    const nobody = await subscribe('?from=start&session_id=nobody');
    await publish('agent.created', { agent_id: 'writer' });
    await publish('note', { session_id: session.id });
    await publish('other');
    await h.ask('POST', '/v1/sessions/mine/events', { body: { events: [{ type: 'a.b' }] } });
    for (const [index, stream] of streams.entries()) {
      const query = queries[index]?.replaceAll('events', 'types');
      const { json } = await h.ask('GET', `${PATH}?${query}`);
      const expected = json.data.map(({ id }: { id: string }) => id);
      expect(expected.length).toBeGreaterThan(1);
      await stream.until(({ ids }) => ids.length >= expected.length);
      expect(stream.ids, query).toEqual(expected);
    }
    expect(nobody.events).toEqual([]);
  });

  it('resumes behind any event, and Last-Event-ID beats after_id and from', async () => {
    await start();
    const sent: string[] = [];
    for (let n = 0; n < 5; n++) sent.push(await publish('x'));
    for (const [index, id] of sent.slice(0, -1).entries()) {
      for (const [query, headers] of [
        [`?after_id=${id}`, {}],
        ['', { 'last-event-id': id }],
        ['?from=start', { 'last-event-id': id }],
        [`?after_id=${sent[3]}`, { 'last-event-id': id }],
      ] as const) {
        const stream = await subscribe(query, headers);
        await stream.until(({ ids }) => ids.at(-1) === sent.at(-1));
        expect(stream.ids, query).toEqual(sent.slice(index + 1));
      }
    }
  });

  it('loses nothing and repeats nothing over a connection that breaks', async () => {
    await start();
    let stream = await subscribe('?events=x');
    const sent: string[] = [];
    const seen: string[] = [];
    for (let round = 0; round < 6; round++) {
      sent.push(await publish('x'));
      await publish('y');
      if (round % 2 === 0) {
        await stream.until(({ lastId }) => lastId !== undefined);
        const position = stream.lastId ?? '';
        seen.push(...stream.ids);
        stream.reset();
        sent.push(await publish('x'));
        stream = await subscribe('?events=x', { 'last-event-id': position });
      }
    }
    await stream.until(({ ids }) => ids.at(-1) === sent.at(-1));
    seen.push(...stream.ids);
    expect(seen).toEqual(sent);
  });

  it('tells at its heartbeats how far it has looked, and that is a position to resume from', async () => {
    await start(streaming({ heartbeatMs: 20 }));
    const stream = await subscribe('?events=x');
    const skipped = await publish('other');
    await stream.until(({ text }) => text.includes(`: heartbeat\nid: ${skipped}\n\n`));
    expect(stream.events).toEqual([]);
    stream.reset();
    const sent = await publish('x');
    const resumed = await subscribe('?events=x', { 'last-event-id': stream.lastId ?? '' });
    await resumed.until(({ ids }) => ids.length > 0);
    expect(resumed.ids).toEqual([sent]);
  });

  it('never ends with a session', async () => {
    await start();
    const { json } = await h.ask('POST', '/v1/sessions', { body: {} });
    const stream = await subscribe(`?session_id=${json.id}`);
    await h.ask('DELETE', `/v1/sessions/${json.id}`);
    await stream.until(({ events }) => events.at(-1)?.event === 'session.deleted');
    expect(stream.text).not.toContain('[DONE]');
  });

  it('shows each of two orgs its own events only, under its own name', async () => {
    await start();
    const ours = await subscribe('?from=start');
    const theirs = await subscribe('?from=start', {}, h.other.token);
    const [our, their] = [await publish('same'), await publish('same', {}, h.other.token)];
    await ours.until(({ ids }) => ids.length > 0);
    await theirs.until(({ ids }) => ids.length > 0);
    expect([ours.ids, theirs.ids]).toEqual([[our], [their]]);
    const orgOf = (stream: SseClient) => JSON.parse(stream.events[0]?.data ?? '').metadata.organization_id;
    expect([orgOf(ours), orgOf(theirs)]).toEqual([h.org.id, h.other.id]);
  });

  it('answers HEAD with its head alone', async () => {
    await start();
    const { status, headers, text } = await h.ask('HEAD', `${PATH}/subscribe`);
    expect([status, headers.get('content-type'), text]).toEqual([200, 'text/event-stream', '']);
  });
});

describe('refusals', () => {
  it('come as JSON before the stream opens', async () => {
    await start();
    for (const [query, token, status, code] of [
      ['?events=A', h.org.token, 400, 'invalid_parameter'],
      ['', 'nonsense', 401, 'api_key_invalid'],
      ['', await h.tokenWith('sessions:read'), 403, 'insufficient_permissions'],
    ] as const) {
      const stream = await (await subscribe(query, {}, token)).all();
      expect([stream.status, stream.headers['content-type']]).toEqual([status, 'application/json']);
      expect(stream.json.error.code).toBe(code);
    }
  });

  it('come as an event once it is open: a key that is revoked', async () => {
    await start();
    const { json } = await h.ask('POST', '/v1/tokens', { body: { name: 'short', scopes: ['events:read'] } });
    const stream = await subscribe('', {}, json.token);
    await stream.until(({ lastId }) => lastId !== undefined);
    await h.ask('DELETE', `/v1/tokens/${json.id}`);
    expect(await stream.ended).toBe('ended');
    const { event, data } = stream.frames.at(-1) ?? {};
    expect(event).toBe('error');
    expect(JSON.parse(data ?? '')).toEqual({
      error: {
        code: 'api_key_invalid',
        message: expect.stringMatching(/\.$/),
        details: {},
        request_id: stream.headers['request-id'],
      },
    });
  });

  it('meet the stream that is one too many, of a key and of the server, until another ends', async () => {
    await start(streaming({ perToken: 3, perProcess: 4 }));
    const held = [await subscribe(), await subscribe('?events=a'), await subscribe('?from=start')];
    const tooMany = await (await subscribe()).all();
    expect([tooMany.status, tooMany.json.error.code]).toEqual([429, 'rate_limit_exceeded']);
    expect(tooMany.headers['retry-after']).toMatch(/^\d+$/);
    const elsewhere = await subscribe('', {}, h.other.token);
    expect(elsewhere.status).toBe(200);
    const full = await (await subscribe('', {}, h.other.token)).all();
    expect([full.status, full.json.error.code]).toEqual([503, 'service_unavailable']);
    held[0]?.close();
    await eventually(() => h.services.streams.size === 3);
    expect((await subscribe()).status).toBe(200);
  });
});

/** Streams of a session: what stands in their frames, where they begin, that they miss and repeat nothing, how they end. */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, openHarness } from './harness.ts';
import { Dice } from './support/dice.ts';
import { eventually, type Opening, openSse, type SseClient } from './support/sse.ts';

let h: Harness;
let url: string;
beforeAll(async () => {
  h = await openHarness();
  ({ url } = await h.listen());
});
afterAll(() => h.close());

const DONE = 'retry: 60000\ndata: [DONE]';
const note = (n: number) => ({ type: 'agent.thinking', n });
const notes = (count: number) => Array.from({ length: count }, (_, n) => note(n));

async function create(initial_events: readonly object[] = [], more: object = {}): Promise<string> {
  const { json } = await h.ask('POST', '/v1/sessions', { body: { initial_events, ...more } });
  return json.id;
}

/** The ids of the events, as stored. */
async function append(session: string, ...events: object[]): Promise<string[]> {
  const { json } = await h.ask('POST', `/v1/sessions/${session}/events`, { body: { events } });
  return json.data.map(({ id }: { id: string }) => id);
}

async function idsOf(session: string): Promise<string[]> {
  const { json } = await h.ask('GET', `/v1/sessions/${session}/events?limit=1000`);
  return json.data.map(({ id }: { id: string }) => id);
}

const open = (session: string, query = '', opening: Opening = {}): Promise<SseClient> =>
  openSse(`${url}/v1/sessions/${session}/events/stream${query}`, { token: h.org.token, ...opening });
const resume = (session: string, id: string, query = '') => open(session, query, { headers: { 'last-event-id': id } });

describe('frames', () => {
  it('are id, event and data of each event, byte for byte as stored, behind a retry and the position', async () => {
    const session = await create();
    const odd =
      '{"events":[ {"type":"a.b",\n "big" : 9007199254740993, "one":1.0,\r\n"text":"line\\nbreak \\u0000 é 🎈"} ,{"type":"x"}]}';
    await h.ask('POST', `/v1/sessions/${session}/events`, { body: odd });
    const [first = '', second = ''] = await idsOf(session);
    const stored = async (id: string) => (await h.ask('GET', `/v1/sessions/${session}/events/${id}`)).text;
    const stream = await open(session, '?from=start');
    await stream.until(({ events }) => events.length === 2);
    expect(stream.text).toMatch(/^retry: \d+\n\n/);
    expect(stream.text.slice(stream.text.indexOf('\n\n') + 2)).toBe(
      `id: ${session}\n\nid: ${first}\nevent: a.b\ndata: ${await stored(first)}\n\nid: ${second}\nevent: x\ndata: ${await stored(second)}\n\n`,
    );
    expect(stream.events[0]?.data).toContain('"big":9007199254740993,"one":1.0,"text":"line\\nbreak \\u0000 é 🎈"');
    stream.close();
  });

  it('come with headers that keep caches and proxies from holding them back', async () => {
    const stream = await open(await create());
    expect(stream.status).toBe(200);
    expect(stream.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'request-id': expect.stringMatching(/^req_/),
    });
    expect(stream.headers['content-length']).toBeUndefined();
    stream.close();
  });

  it('tell a client to wait a little before it connects again, some more and some less', async () => {
    const session = await create();
    const waits = new Set<number>();
    for (let i = 0; i < 8; i++) {
      const stream = await (await open(session)).until(({ frames }) => frames.length === 2);
      const retry = stream.frames[0]?.retry ?? 0;
      expect(retry).toBeGreaterThanOrEqual(500);
      expect(retry).toBeLessThanOrEqual(1_000);
      waits.add(retry);
      stream.close();
    }
    expect(waits.size).toBeGreaterThan(1);
  });
});

describe('where a stream begins', () => {
  it('without a position it shows only what comes, and says first where that is', async () => {
    const session = await create(notes(3));
    const head = (await idsOf(session)).at(-1);
    const stream = await (await open(session)).until(({ lastId }) => lastId !== undefined);
    expect(stream.frames.map(({ id }) => id)).toEqual([undefined, head]);
    const ids = await append(session, note(3), note(4));
    await stream.until(({ events }) => events.length === 2);
    expect(stream.ids).toEqual(ids);
    stream.close();
  });

  it("before the first event the session's own id is the position, and is one to resume from", async () => {
    const session = await create();
    for (const query of ['', '?from=start']) {
      const empty = await (await open(session, query)).until(({ lastId }) => lastId !== undefined);
      expect(empty.lastId).toBe(session);
      empty.close();
    }
    const ids = await append(session, ...notes(3));
    for (const stream of [await resume(session, session), await open(session, `?after_id=${session}`)]) {
      await stream.until(({ events }) => events.length === 3);
      expect(stream.ids).toEqual(ids);
      stream.close();
    }
  });

  it('Last-Event-ID beats after_id, and from; an empty one is none', async () => {
    const session = await create(notes(5));
    const ids = await idsOf(session);
    const [first = '', , , fourth = ''] = ids;
    const cases = [
      [await resume(session, fourth, `?after_id=${first}`), ids.slice(4)],
      [await resume(session, fourth, '?from=start'), ids.slice(4)],
      [await resume(session, '', `?after_id=${first}`), ids.slice(1)],
      [await resume(session, '', '?from=start'), ids],
    ] as const;
    for (const [stream, expected] of cases) {
      await stream.until(({ events }) => events.length === expected.length);
      expect(stream.ids).toEqual(expected);
      stream.close();
    }
  });

  it('behind every event it shows exactly those that follow', async () => {
    const session = await create([...notes(39), { type: 'terminated' }]);
    const ids = await idsOf(session);
    for (const [index, id] of ids.entries()) {
      const stream = await (await resume(session, id)).all();
      expect(stream.ids).toEqual(ids.slice(index + 1));
      expect(stream.frames.at(-1)?.text).toBe(DONE);
    }
  });

  it('a cursor of another session, unknown or malformed is refused before the stream opens', async () => {
    const session = await create(notes(1));
    const [sibling = ''] = await idsOf(await create(notes(1)));
    const otherSession = await create();
    for (const cursor of [sibling, otherSession, 'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB', 'evt_1', 'nonsense']) {
      for (const [stream, param] of [
        [await resume(session, cursor), 'Last-Event-ID'],
        [await open(session, `?after_id=${cursor}`), 'after_id'],
      ] as const) {
        const { json, status } = await stream.all();
        expect([status, json.error.type, json.error.param]).toEqual([400, 'invalid_request_error', param]);
      }
    }
  });

  it('the name of a session may be its external id; the position is its own', async () => {
    const session = await create(notes(2), { external_id: 'ticket 1' });
    const stream = await open('ticket%201', '?from=start');
    await stream.until(({ events }) => events.length === 2);
    expect(stream.frames[1]?.id).toBe(session);
    expect(stream.ids).toEqual(await idsOf(session));
    const resumed = await (await resume('ticket%201', session)).until(({ events }) => events.length === 2);
    for (const client of [stream, resumed]) client.close();
  });

  it('is the same at both mounts', async () => {
    const session = await create(notes(2));
    const path = `/api/v1/cloud/sessions/${session}/events/stream?from=start`;
    const stream = await openSse(`${url}${path}`, { token: h.org.token });
    await stream.until(({ events }) => events.length === 2);
    expect(stream.ids).toEqual(await idsOf(session));
    stream.close();
  });
});

describe('history and live', () => {
  it('meet without a gap and without a repeat, whatever is written meanwhile', async () => {
    const seed = randomInt(2 ** 31);
    console.log(`streams under writers: seed ${seed}`);
    const dice = new Dice(seed);
    const session = await create(notes(400));
    await append(session, ...notes(400));
    const writer = async (name: string) => {
      for (let n = 0; n < 40; n++) {
        const batch = notes(1 + dice.below(5)).map((event) => ({
          ...event,
          name,
          text: 'x'.repeat(dice.below(4_000)),
        }));
        await append(session, ...batch);
      }
    };
    const writing = Promise.all([writer('a'), writer('b'), writer('c')]);
    const streams: Promise<SseClient>[] = [];
    /** Hangs up after some events, and resumes behind the last one that came whole. */
    const restless = async (): Promise<string[]> => {
      const seen: string[] = [];
      let position = session;
      while (!over) {
        const stream = await resume(session, position);
        const enough = 1 + dice.below(60);
        await stream.until(({ events }) => over || events.length >= enough);
        seen.push(...stream.ids);
        position = stream.lastId ?? position;
        stream.reset();
      }
      const rest = await (await resume(session, position)).all();
      return [...seen, ...rest.ids];
    };
    let over = false;
    const resting = [restless(), restless()];
    for (let i = 0; i < 6; i++) {
      streams.push(open(session, '?from=start'));
      await append(session, note(i));
    }
    await writing;
    over = true;
    await append(session, { type: 'terminated' });
    const ids: string[] = [];
    let page = '';
    do {
      const { json } = await h.ask('GET', `/v1/sessions/${session}/events?limit=500${page}`);
      ids.push(...json.data.map(({ id }: { id: string }) => id));
      page = json.next_page === null ? '' : `&page=${json.next_page}`;
    } while (page !== '');
    for (const stream of await Promise.all(streams)) {
      await stream.all();
      expect(stream.ids).toEqual(ids);
      expect(stream.frames.at(-1)?.text).toBe(DONE);
    }
    for (const seen of await Promise.all(resting)) expect(seen).toEqual(ids);
  });

  it('of a filtered stream show the types that are asked for, and those alone', async () => {
    const session = await create([{ type: 'agent.tool_use' }, { type: 'x' }, { type: 'agent.thinking' }]);
    const streams = [
      [await open(session, '?from=start&types=agent.*'), ['agent.tool_use', 'agent.thinking', 'agent.x']],
      [await open(session, '?from=start&types=x,y'), ['x', 'y', 'y']],
      [await open(session, '?from=start&types[]=x&types[]=agent.tool_use'), ['agent.tool_use', 'x']],
      [await open(session, '?types=*'), ['y', 'agent.x', 'z', 'y']],
    ] as const;
    await append(session, { type: 'y' }, { type: 'agent.x' }, { type: 'z' });
    await append(session, { type: 'y' });
    for (const [stream, types] of streams) {
      await stream.until(({ events }) => events.length === types.length);
      expect(stream.events.map(({ event }) => event)).toEqual(types);
      stream.close();
    }
  });
});

describe('the end of a session', () => {
  const terminate = (session: string) => append(session, { type: 'terminated' });
  const archive = (session: string) => h.ask('POST', `/v1/sessions/${session}/archive`);
  const remove = (session: string) => h.ask('DELETE', `/v1/sessions/${session}`);

  it.each([
    ['terminated', terminate, 3],
    ['archived', archive, 2],
    ['deleted', remove, 2],
  ] as const)(
    'a session that is %s while it is streamed ends its streams with [DONE], everything sent',
    async (_, end, count) => {
      const session = await create(notes(2));
      const streams = [await open(session, '?from=start'), await open(session, '?from=start&types=agent.*,terminated')];
      const late = await open(session);
      const other = await open(await create());
      for (const stream of streams) await stream.until(({ events }) => events.length === 2);
      await end(session);
      for (const stream of streams) {
        expect(await stream.ended).toBe('ended');
        expect(stream.events).toHaveLength(count);
        expect(stream.text).toMatch(/\n\nretry: 60000\ndata: \[DONE\]\n\n$/);
      }
      await late.all();
      expect([late.events.length, late.frames.at(-1)?.text]).toEqual([count - 2, DONE]);
      other.close();
    },
  );

  it.each([
    ['terminated', terminate],
    ['archived', archive],
  ] as const)('a stream of a session that is %s already shows its history and ends with [DONE]', async (_, end) => {
    const session = await create(notes(2));
    await end(session);
    const ids = await idsOf(session);
    const whole = await (await open(session, '?from=start')).all();
    expect([whole.ids, whole.frames.at(-1)?.text]).toEqual([ids, DONE]);
    for (const stream of [
      await open(session),
      await resume(session, ids.at(-1) ?? ''),
      await open(session, '?from=start&types=z'),
    ]) {
      await stream.all();
      expect(stream.events).toEqual([]);
      expect(stream.frames.at(-1)?.text).toBe(DONE);
    }
  });

  it('an empty session that is archived ends its streams at once', async () => {
    const session = await create();
    await archive(session);
    for (const query of ['', '?from=start'])
      expect((await (await open(session, query)).all()).text).toMatch(/\[DONE\]/);
  });

  it('a deleted session is a 404, and so is resuming in it', async () => {
    const session = await create(notes(2));
    const [first = ''] = await idsOf(session);
    await remove(session);
    for (const stream of [await open(session), await resume(session, first)]) {
      expect([stream.status, (await stream.all()).json.error.type]).toEqual([404, 'not_found_error']);
    }
  });

  it('a session that is reopened goes on: no stream of it ends, old or new', async () => {
    const session = await create();
    const stream = await open(session, '?from=start');
    await append(session, { type: 'terminated' }, { type: 'session.status_running' }, note(1));
    await stream.until(({ events }) => events.length === 3);
    const ended = await create([{ type: 'terminated' }]);
    await append(ended, { type: 'session.status_running' });
    const reopened = await open(ended, '?from=start');
    await reopened.until(({ events }) => events.length === 2);
    for (const [id, client] of [
      [session, stream],
      [ended, reopened],
    ] as const) {
      const [next] = await append(id, note(2));
      await client.until(({ ids }) => ids.at(-1) === next);
      expect(client.text).not.toContain('[DONE]');
      client.close();
    }
  });
});

describe('the list route', () => {
  const list = (session: string, accept: string, query = '?from=start') =>
    openSse(`${url}/v1/sessions/${session}/events${query}`, { token: h.org.token, headers: { accept } });

  it.each([
    'text/event-stream',
    'Text/Event-Stream',
    'text/event-stream, */*',
    'application/json, text/event-stream',
    'text/event-stream;q=0.5',
    'text/event-stream; charset=utf-8',
    'text/event-stream;q=0.001',
  ])('is the stream for Accept: %s', async (accept) => {
    const session = await create(notes(2));
    const stream = await list(session, accept);
    expect(stream.headers['content-type']).toBe('text/event-stream');
    await stream.until(({ events }) => events.length === 2);
    expect(stream.ids).toEqual(await idsOf(session));
    stream.close();
  });

  it.each([
    'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
    '*/*',
    'text/*',
    'application/json',
    'text/event-stream;q=0',
    'text/event-stream; q=0.000, application/json',
    'text/event-streams',
  ])('is the list for Accept: %s', async (accept) => {
    const session = await create(notes(2));
    const page = await (await list(session, accept, '?limit=1')).all();
    expect([page.status, page.headers['content-type'], page.json.data.length]).toEqual([200, 'application/json', 1]);
  });

  it("takes a stream's parameters then, and not a list's", async () => {
    const session = await create(notes(2));
    for (const [query, param] of [
      ['?limit=5', 'limit'],
      ['?wait=5', 'wait'],
      ['?order=asc', 'order'],
    ]) {
      const refused = await (await list(session, 'text/event-stream', query)).all();
      expect([refused.status, refused.json.error.param]).toEqual([400, param]);
    }
  });

  it('of the feed is the stream of the feed', async () => {
    const stream = await openSse(`${url}/v1/events`, {
      token: h.org.token,
      headers: { accept: 'text/event-stream' },
    });
    const { json } = await h.ask('POST', '/v1/events', { body: { events: [note(1)] } });
    await stream.until(({ ids }) => ids.includes(json.data[0].id));
    stream.close();
  });
});

describe('requests of an unusual form', () => {
  it('HEAD tells the headers of a stream and opens none', async () => {
    const session = await create(notes(1));
    await eventually(() => h.services.streams.size === 0);
    for (const path of [`/v1/sessions/${session}/events/stream`, '/v1/events/stream']) {
      const head = await (await openSse(`${url}${path}`, { token: h.org.token, method: 'HEAD' })).all();
      expect([head.status, head.headers['content-type'], head.text]).toEqual([200, 'text/event-stream', '']);
    }
    expect(h.services.streams.size).toBe(0);
    const missing = await openSse(`${url}/v1/sessions/none/events/stream`, { token: h.org.token, method: 'HEAD' });
    expect([missing.status, (await missing.all()).text]).toEqual([404, '']);
  });

  it('a body that nobody asked for is read and forgotten, however large', async () => {
    for (const size of [2, 3_000_000]) {
      const session = await create(notes(1));
      const stream = await open(session, '?from=start', { body: 'x'.repeat(size) });
      await stream.until(({ events }) => events.length === 1);
      const [next] = await append(session, note(1));
      await stream.until(({ ids }) => ids.at(-1) === next);
      stream.close();
      const page = await openSse(`${url}/v1/sessions/${session}/events?limit=1`, {
        token: h.org.token,
        body: 'x'.repeat(size),
      });
      expect([page.status, (await page.all()).json.data.length]).toEqual([200, 1]);
    }
  });

  /** Writes requests to one connection and reads until the server hangs up, or a condition holds of what has come. */
  async function rawly(bytes: string, meanwhile: (text: () => string) => Promise<unknown>): Promise<string> {
    let text = '';
    const socket = createConnection(Number(new URL(url).port), '127.0.0.1');
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    socket.write(bytes);
    const closed = once(socket, 'close');
    await meanwhile(() => text);
    await closed;
    return text;
  }
  const get = (path: string, version = '1.1', more = '') =>
    `GET ${path} HTTP/${version}\r\nHost: x\r\nX-API-Key: ${h.org.token}\r\n${more}\r\n`;
  const chunksOf = (body: string) => {
    let rest = body;
    let text = '';
    for (;;) {
      const end = rest.indexOf('\r\n');
      const size = Number.parseInt(rest.slice(0, end), 16);
      if (!(size > 0)) return { text, rest: rest.slice(end + 4) };
      text += rest.slice(end + 2, end + 2 + size);
      expect(rest.slice(end + 2 + size, end + 4 + size)).toBe('\r\n');
      rest = rest.slice(end + 4 + size);
    }
  };

  it('a client of HTTP/1.0 gets a stream that is not chunked, up to the end of its connection', async () => {
    const session = await create(notes(2));
    const path = `/v1/sessions/${session}/events/stream?from=start`;
    const text = await rawly(get(path, '1.0'), async (come) => {
      await eventually(() => come().split('\nevent: agent.thinking').length === 3);
      await append(session, note(2));
      await eventually(() => come().split('\nevent: agent.thinking').length === 4);
      await append(session, { type: 'terminated' });
    });
    const [head = '', body = ''] = text.split(/\r\n\r\n(.*)/s);
    expect(head).not.toMatch(/transfer-encoding/i);
    const ids = [...body.matchAll(/^id: (evt_.*)$/gm)].map(([, id]) => id);
    expect(ids).toEqual(await idsOf(session));
    expect(body.replace(/^retry: \d+\n\nid: .*\n\n/, '')).toMatch(
      /^(id: .*\nevent: .*\ndata: .*\n\n)+retry: 60000\ndata: \[DONE\]\n\n$/,
    );
  });

  it('a connection carries other answers before a stream and after its end', async () => {
    const session = await create(notes(2));
    const [list, stream] = [
      `/v1/sessions/${session}/events?limit=1`,
      `/v1/sessions/${session}/events/stream?from=start`,
    ];
    const requests = get(list) + get(stream) + get(list, '1.1', 'Connection: close\r\n');
    const text = await rawly(requests, async (come) => {
      await eventually(() => come().includes('\nevent: agent.thinking'));
      await append(session, note(2), { type: 'terminated' });
    });
    const [, before, streamed, ...rest] = text.split('HTTP/1.1 200 OK\r\n');
    expect(rest).toHaveLength(1);
    expect(JSON.parse(before?.split('\r\n\r\n')[1] ?? '').data).toHaveLength(1);
    const { text: body } = chunksOf(streamed?.split(/\r\n\r\n(.*)/s)[1] ?? '');
    const ids = [...body.matchAll(/^id: (evt_.*)$/gm)].map(([, id]) => id);
    expect(ids).toEqual(await idsOf(session));
    expect(body).toMatch(/data: \[DONE\]\n\n$/);
    expect(JSON.parse(rest[0]?.split('\r\n\r\n')[1] ?? '').data).toHaveLength(1);
    await eventually(() => h.services.streams.size === 0);
  });

  it('every chunk of a stream has the length that it says', async () => {
    const session = await create(notes(3));
    const path = `/v1/sessions/${session}/events/stream?from=start`;
    const text = await rawly(get(path, '1.1', 'Connection: close\r\n'), async (come) => {
      await eventually(() => come().split('\nevent: agent.thinking').length === 4);
      for (let n = 0; n < 20; n++) await append(session, { ...note(n), text: 'é'.repeat(n * 500) });
      await append(session, { type: 'terminated' });
    });
    const { text: body, rest } = chunksOf(Buffer.from(text.split(/\r\n\r\n(.*)/s)[1] ?? '').toString('latin1'));
    expect(rest).toBe('');
    const ids = [...body.matchAll(/^id: (evt_.*)$/gm)].map(([, id]) => id);
    expect(ids).toEqual(await idsOf(session));
  });

  it("what Claude's clients send beside is ignored", async () => {
    const session = await create(notes(1));
    const query = '?beta=true&from=start&event_deltas[]=agent.message&event_deltas[]=x&delta_flush_interval_ms=50';
    const stream = await (await open(session, query)).until(({ events }) => events.length === 1);
    stream.close();
  });
});

/** Long polls: an empty list is held open until something comes, or the time is over, and never longer than anybody waits. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { HeldPoll } from '../src/http/streams/held-poll.ts';
import { type Harness, openHarness } from './harness.ts';
import { eventually, openSse, type SseClient } from './support/sse.ts';

let h: Harness;
let url: string;
beforeAll(async () => {
  h = await openHarness();
  ({ url } = await h.listen());
});
afterAll(() => h.close());

// biome-ignore lint/suspicious/noExplicitAny: pages are judged member by member
type Page = any;

/** In milliseconds: shorter than a poll is held, so that a test which waits it out does not pass. */
const SOONER = 30_000;

const held = () => h.services.streams.size;

async function create(...initial_events: object[]): Promise<string> {
  return (await h.ask('POST', '/v1/sessions', { body: { initial_events } })).json.id;
}

const append = async (session: string, ...events: object[]): Promise<{ id: string }[]> =>
  (await h.ask('POST', `/v1/sessions/${session}/events`, { body: { events } })).json.data;
const publish = async (...events: object[]): Promise<{ id: string }[]> =>
  (await h.ask('POST', '/v1/events', { body: { events } })).json.data;

const ask = async (path: string): Promise<SseClient> => (await openSse(`${url}${path}`, { token: h.org.token })).all();
const eventsOf = (session: string, query: string) => `/v1/sessions/${session}/events?${query}`;

/** Asks, and waits until the answer is held; `answer` resolves with it. */
async function hold(path: string): Promise<{ answer: Promise<SseClient> }> {
  const before = held();
  const answer = ask(path);
  await eventually(() => held() === before + 1);
  return { answer };
}

async function page(answer: Promise<SseClient>): Promise<Page> {
  const { status, text, json, headers } = await answer;
  expect(status, text).toBe(200);
  expect(headers['content-type']).toBe('application/json');
  return json;
}

const typesOf = ({ data }: Page): string[] => data.map(({ type }: { type: string }) => type);

describe('a poll', () => {
  it('is answered at once, like any list, when there is something', async () => {
    const session = await create({ type: 'a' }, { type: 'b' });
    const waiting = await ask(eventsOf(session, 'wait=55&limit=1'));
    const plain = await ask(eventsOf(session, 'limit=1'));
    expect([waiting.status, waiting.text]).toEqual([200, plain.text]);
    expect(waiting.json.has_more).toBe(true);
    const [first = ''] = plain.json.data.map(({ id }: { id: string }) => id);
    expect((await ask(eventsOf(session, `wait=55&after_id=${first}`))).text).toBe(
      (await ask(eventsOf(session, `after_id=${first}`))).text,
    );
    expect((await ask('/v1/events?wait=55&limit=1')).text).toBe((await ask('/v1/events?limit=1')).text);
  });

  it('is answered when something comes, with all that came', async () => {
    const session = await create();
    const poll = await hold(eventsOf(session, 'wait=55'));
    const sent = await append(session, { type: 'a' }, { type: 'b' });
    const answer = await page(poll.answer);
    expect(answer).toEqual({
      data: sent,
      first_id: sent[0]?.id,
      last_id: sent[1]?.id,
      has_more: false,
      next_page: null,
    });
    const next = await hold(eventsOf(session, `wait=55&after_id=${answer.last_id}`));
    await append(session, { type: 'c' });
    expect(typesOf(await page(next.answer))).toEqual(['c']);
    expect(held()).toBe(0);
  });

  it('of the feed is answered by sessions and by the account, and says how far it has looked', async () => {
    const { scanned_through } = (await ask('/v1/events?types=none')).json;
    const session = await create();
    const poll = await hold(`/v1/events?wait=55&after_id=${scanned_through}&types=fed.*`);
    await publish({ type: 'x' });
    const [fed] = await append(session, { type: 'fed.a' });
    const answer = await page(poll.answer);
    expect(answer.data).toEqual([fed]);
    expect(answer.scanned_through).toBe(fed?.id);
    const next = await hold(`/v1/events?wait=55&after_id=${answer.scanned_through}&types=fed.*`);
    const [published] = await publish({ type: 'fed.b' });
    expect((await page(next.answer)).data).toEqual([published]);
  });

  it('waits past what its filters hold back', async () => {
    const session = await create({ type: 'x' });
    const polls = [
      await hold(eventsOf(session, 'wait=55&types=rare.*')),
      await hold(`/v1/events?wait=55&types=rare.*&session_id=${session}`),
      await hold(`/v1/events?wait=55&created_at[gt]=2020-01-01T00:00:00Z&types=rare.one`),
    ];
    for (let n = 0; n < 5; n++) await append(session, { type: 'x', n });
    await publish({ type: 'rare.elsewhere' });
    expect(held()).toBe(3);
    const [rare] = await append(session, { type: 'rare.one' });
    for (const poll of polls) expect((await page(poll.answer)).data).toEqual([rare]);
  });

  it('waits past events outside of its time range', async () => {
    const session = await create();
    const poll = await hold(eventsOf(session, 'wait=55&created_at[gt]=2998-01-01T00:00:00Z'));
    await append(session, { type: 'a' });
    await append(session, { type: 'b' });
    expect(held()).toBe(1);
    await h.ask('DELETE', `/v1/sessions/${session}`);
    expect((await poll.answer).status).toBe(404);
  });

  it('is not held for a time range that is over', async () => {
    const session = await create({ type: 'a' });
    const range = 'wait=55&created_at[lt]=2001-01-01T00:00:00Z';
    for (const path of [
      eventsOf(session, range),
      `/v1/events?${range}`,
      '/v1/events?wait=55&until=2001-01-01T00:00:00Z',
    ])
      expect((await page(ask(path))).data).toEqual([]);
  });

  it('looks at history once, however long that is and however narrow its range', async () => {
    const session = await create();
    for (let batch = 0; batch < 10; batch++)
      await append(session, ...Array.from({ length: 100 }, (_, n) => ({ type: 'a', n, text: 'x'.repeat(500) })));
    let reads = 0;
    const { store } = h;
    const original = store.listEvents;
    const spied = vi.spyOn(store, 'listEvents').mockImplementation((...question) => {
      reads++;
      return original(...question);
    });
    const poll = await hold(eventsOf(session, 'wait=55&created_at[gt]=2998-01-01T00:00:00Z'));
    const readsAtRest = reads;
    await append(session, { type: 'b' });
    await h.ask('DELETE', `/v1/sessions/${session}`);
    expect((await poll.answer).status).toBe(404);
    spied.mockRestore();
    expect(readsAtRest).toBe(1);
  });

  it('is answered empty when the time is over, with a place to go on from', async () => {
    const session = await create({ type: 'a' });
    const { last_id } = (await ask(eventsOf(session, ''))).json;
    const polls = [
      await hold(eventsOf(session, `wait=1&after_id=${last_id}`)),
      await hold('/v1/events?wait=1&types=z'),
    ];
    const [last] = await publish({ type: 'late' });
    const empty = { data: [], first_id: null, last_id: null, has_more: false, next_page: null };
    expect(await page(polls[0]!.answer)).toEqual(empty);
    expect(await page(polls[1]!.answer)).toEqual({ ...empty, scanned_through: last?.id });
    expect(held()).toBe(0);
  });

  it(
    'gives its slot back when its client leaves',
    async () => {
      const session = await create();
      const leaving = new AbortController();
      const headers = { authorization: `Bearer ${h.org.token}` };
      const answer = fetch(`${url}${eventsOf(session, 'wait=55')}`, { headers, signal: leaving.signal }).catch(
        () => 'left',
      );
      await eventually(() => held() === 1);
      leaving.abort();
      expect(await answer).toBe('left');
      await eventually(() => held() === 0);
      expect(h.logged).toEqual([]);
    },
    SOONER,
  );

  it('many at once all get everything', async () => {
    const session = await create();
    const polls: { answer: Promise<SseClient> }[] = [];
    for (let n = 0; n < 20; n++) polls.push(await hold(eventsOf(session, 'wait=55')));
    const sent = await append(session, { type: 'a' });
    for (const poll of polls) expect((await page(poll.answer)).data).toEqual(sent);
  });

  it('behind the last one misses nothing while others write', async () => {
    const session = await create();
    const writing = (async () => {
      for (let n = 0; n < 60; n++) await append(session, { type: 'x', n });
      await append(session, { type: 'terminated' });
    })();
    const seen: string[] = [];
    let cursor: string | undefined;
    while (seen.at(-1) !== 'terminated') {
      const after = cursor === undefined ? '' : `&after_id=${cursor}`;
      const { data, last_id } = await page(ask(eventsOf(session, `wait=55${after}`)));
      seen.push(...data.map(({ type, n }: { type: string; n?: number }) => (n === undefined ? type : String(n))));
      cursor = last_id ?? cursor;
    }
    await writing;
    expect(seen).toEqual([...Array.from({ length: 60 }, (_, n) => String(n)), 'terminated']);
  });
});

it('a poll that is refused its slot leaves no timer behind', async () => {
  vi.useFakeTimers();
  const tail = { position: null, live: false, seen: 0, start: () => {}, resume: () => {}, close: () => {} };
  const poll = new HeldPoll(tail, 55_000, undefined);
  expect(vi.getTimerCount()).toBe(0);
  const end = poll.next();
  expect(vi.getTimerCount()).toBe(1);
  poll.drain();
  expect(await end).toBe('over');
  poll.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('a session that ends', () => {
  it('is held for like any other, until something comes or it is deleted', async () => {
    const [terminated, archived, deleted] = [await create({ type: 'a' }), await create({ type: 'a' }), await create()];
    const behind = async (session: string) =>
      hold(eventsOf(session, `wait=55&after_id=${(await ask(eventsOf(session, ''))).json.last_id}`));
    const polls = [await behind(terminated), await behind(archived), await hold(eventsOf(deleted, 'wait=55'))];
    await append(terminated, { type: 'terminated' });
    expect(typesOf(await page(polls[0]!.answer))).toEqual(['terminated']);
    await h.ask('POST', `/v1/sessions/${archived}/archive`);
    expect(held()).toBe(2);
    for (const [index, session] of [archived, deleted].entries()) {
      await h.ask('DELETE', `/v1/sessions/${session}`);
      const gone = await polls[1 + index]!.answer;
      expect([gone.status, gone.json.error.type, gone.json.error.code]).toEqual([
        404,
        'not_found_error',
        'session_not_found',
      ]);
    }
    expect(held()).toBe(0);
  });

  it('and is reopened answers with what reopened it', async () => {
    const session = await create({ type: 'terminated' });
    const { last_id } = (await ask(eventsOf(session, ''))).json;
    const poll = await hold(eventsOf(session, `wait=55&after_id=${last_id}`));
    await append(session, { type: 'session.status_running' });
    expect(typesOf(await page(poll.answer))).toEqual(['session.status_running']);
  });
});

describe('wait', () => {
  it.each(['0', '56', '-1', '1.5', 'x', '', '1e1', '100', '+5'])('%s is refused', async (wait) => {
    const session = await create({ type: 'a' });
    for (const path of [eventsOf(session, ''), '/v1/events?']) {
      const { status, json } = await ask(`${path}wait=${encodeURIComponent(wait)}`);
      expect([status, json.error.type, json.error.param]).toEqual([400, 'invalid_request_error', 'wait']);
    }
  });

  it.each(['order=desc', 'before_id=ID', 'page=BACK', 'page=DOWN'])(
    'looks forward: with %s it is refused',
    async (query) => {
      const session = await create({ type: 'a' }, { type: 'b' }, { type: 'c' });
      for (const path of [eventsOf(session, ''), '/v1/events?']) {
        const last = (await ask(`${path}limit=1000`)).json.last_id;
        const back = (await ask(`${path}limit=1&before_id=${last}`)).json.next_page;
        const down = (await ask(`${path}limit=1&order=desc`)).json.next_page;
        expect([back, down]).not.toContain(null);
        const filled = query.replace('ID', last).replace('BACK', back).replace('DOWN', down);
        const { status, json } = await ask(`${path}wait=5&${filled}`);
        expect([status, json.error.param]).toEqual([400, 'wait']);
      }
    },
  );

  it('goes with a forward page, and with order=asc', async () => {
    const session = await create({ type: 'a' }, { type: 'b' });
    const { next_page } = (await ask(eventsOf(session, 'limit=1'))).json;
    expect(typesOf(await page(ask(eventsOf(session, `wait=5&page=${next_page}`))))).toEqual(['b']);
    expect(typesOf(await page(ask(eventsOf(session, 'wait=5&order=asc'))))).toEqual(['a', 'b']);
  });

  it('is no parameter of a stream', async () => {
    const session = await create();
    for (const path of [`/v1/sessions/${session}/events/stream`, '/v1/events/stream']) {
      const { status, json } = await ask(`${path}?wait=5`);
      expect([status, json.error.param]).toEqual([400, 'wait']);
    }
  });

  it('holds no HEAD', async () => {
    const session = await create();
    for (const path of [eventsOf(session, 'wait=55'), '/v1/events?types=z&wait=55']) {
      const head = await (await openSse(`${url}${path}`, { token: h.org.token, method: 'HEAD' })).all();
      expect([head.status, head.text]).toEqual([200, '']);
    }
  });
});

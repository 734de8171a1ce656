/** What the workflow dialect's lists and writes promise beyond the examples of its seed. */
import type { ServerResponse } from 'node:http';
import { formatMicros, parseInstant } from '@turnlog/core/clock';
import { idOfUuid } from '@turnlog/core/ids';
import { scanJson } from '@turnlog/core/json';
import { limits } from '@turnlog/core/limits';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseEvent } from '../../src/dialects/workflow/wire/event.ts';
import { streaming } from '../harness.ts';
import { eventually, openSse } from '../support/sse.ts';
import { executionsDuring } from './executions.ts';
import { type Item, Run, step, uuid } from './run.ts';

let run: Run;
beforeAll(async () => {
  run = await Run.open();
});
afterAll(() => run.h.close());

const opened: Run[] = [];
async function openRun(...options: Parameters<typeof Run.open>): Promise<Run> {
  const own = await Run.open(...options);
  opened.push(own);
  return own;
}
afterEach(async () => {
  vi.restoreAllMocks();
  for (const own of opened.splice(0)) await own.h.close();
});

const idsOf = (items: readonly Item[]) => items.map(({ id }) => id);

describe('since', () => {
  /** A time near an event's, with as many digits as nanoseconds need. */
  function near({ timestamp }: Item, nanos: number): string {
    const micros = (parseInstant(timestamp) as { floorUs: number }).floorUs + Math.floor(nanos / 1000);
    const rest = ((nanos % 1000) + 1000) % 1000;
    return formatMicros(micros).replace('Z', `${String(rest).padStart(3, '0')}Z`);
  }

  it('is exclusive to the nanosecond', async () => {
    const stored = await run.append(step(1), step(2), step(3));
    const [, second, third] = stored as [Item, Item, Item];
    const later = async (nanos: number) =>
      (await run.list(`?since=${near(second, nanos)}`)).json.items.map(({ id }: Item) => id);
    expect(await later(0)).toEqual([third.id]);
    expect(await later(1)).toEqual([third.id]);
    expect(await later(999)).toEqual([third.id]);
    expect(await later(-1)).toEqual([third.id, second.id]);
    expect(await later(-999)).toEqual([third.id, second.id]);
  });

  it('takes any zone, and an unencoded plus', async () => {
    const [first, second] = (await run.append(step(1), step(2))) as [Item, Item];
    const local = new Date(Date.parse(first.timestamp) + 5.5 * 3_600_000).toISOString().slice(0, 19);
    const digits = first.timestamp.slice(19, 26);
    for (const offset of ['+05:30', '%2B05:30', '%2b05:30', '%2005:30']) {
      const { json } = await run.list(`?since=${local}${digits}${offset}`);
      expect(idsOf(json.items), offset).toEqual([second.id]);
    }
  });

  it('may lie before every time and after every time', async () => {
    const { json: all } = await run.list();
    for (const since of ['0000-01-01T00:00:00Z', '1969-12-31T23:59:59.999999Z', '1970-01-01T00:00:00Z']) {
      expect((await run.list(`?since=${since}`)).json.pagination.total).toBe(all.pagination.total);
    }
    for (const since of ['2999-01-01T00:00:00Z', '9999-12-31T23:59:59.999999999Z']) {
      expect((await run.list(`?since=${since}`)).json.pagination).toMatchObject({ total: 0, total_pages: 0 });
    }
  });

  it('finds every event once when the newest timestamp is fed back, whatever is appended meanwhile', async () => {
    const own = await openRun();
    const seen: string[] = [];
    let since = (await own.append(step(0))).at(-1)?.timestamp;
    let writing = true;
    const writer = (async () => {
      const stored: Item[] = [];
      for (let n = 1; n <= 200; n++) stored.push(...(await own.append(step(n))));
      writing = false;
      return stored;
    })();
    for (let last = false; !last; ) {
      last = !writing;
      const { json } = await own.list(`?since=${since}&per_page=100`);
      seen.push(...idsOf(json.items).reverse());
      since = json.items[0]?.timestamp ?? since;
      await new Promise((resolve) => setImmediate(resolve)); // the writer's turn
    }
    expect(seen).toEqual(idsOf(await writer));
  });
});

describe('pages', () => {
  it('past the end are empty and say which they are, up to 2^31', async () => {
    const own = await openRun();
    for (const page of [2, 2 ** 31]) {
      for (const perPage of [1, 100]) {
        const { json } = await own.list(`?page=${page}&per_page=${perPage}`);
        const none = { total: 0, total_pages: 0, has_next: false, has_prev: true };
        expect(json).toEqual({ items: [], pagination: { page, per_page: perPage, ...none } });
        const { json: sessions } = await own.h.ask('GET', `/api/v2/sessions?page=${page}&per_page=${perPage}`);
        expect(sessions).toEqual({
          items: [],
          pagination: { page, per_page: perPage, ...none, total: 1, total_pages: 1 },
        });
      }
    }
    await own.append(step(1));
    for (const query of ['', '&event_type=step_status_changed', '&since=2000-01-01T00:00:00Z']) {
      const { json } = await own.list(`?page=${2 ** 31}&per_page=100${query}`);
      expect(json.items).toEqual([]);
      expect(json.pagination).toMatchObject({ page: 2 ** 31, total: 1, total_pages: 1, has_next: false });
    }
  });

  it('of one type go through a long session, each event once', async () => {
    const own = await openRun();
    const types = ['workflow_error', 'step_created', 'step_status_changed'];
    const stored: Item[] = [];
    for (let n = 0; n < 70; n++) stored.push(...(await own.append({ event_type: types[n % 3] })));
    const wanted = stored.filter(({ event_type }) => event_type === 'workflow_error').reverse();
    const found: Item[] = [];
    for (let page = 1; page <= 4; page++) {
      const { json } = await own.list(`?event_type=workflow_error&per_page=7&page=${page}`);
      expect(json.pagination).toMatchObject({ total: 24, total_pages: 4, has_next: page < 4, has_prev: page > 1 });
      found.push(...json.items);
    }
    expect(found).toEqual(wanted);
  });

  it('take unknown parameters without a word', async () => {
    const { status } = await run.list('?order=asc&_=123&__proto__=1&x[]=1&limit=0&%ff=1&page[]=9&per_page[x]=0');
    expect(status).toBe(200);
    expect((await run.h.ask('GET', '/api/v2/sessions?status=x&%5B=1')).status).toBe(200);
  });

  it('take plain digits with zeros before them', async () => {
    expect((await run.list('?page=01&per_page=010')).json.pagination).toMatchObject({ page: 1, per_page: 10 });
  });

  it('have no body for HEAD', async () => {
    for (const path of [run.path, '/api/v2/sessions']) {
      const reply = await run.h.ask('HEAD', path);
      expect([reply.status, reply.text]).toEqual([200, '']);
    }
  });
});

describe('sessions', () => {
  it('are listed newest first, wherever they were made, archived ones too, deleted ones not', async () => {
    const own = await openRun();
    const { json: named } = await own.h.ask('POST', '/api/v2/sessions', { body: { name: 'Second', config: { a: 1 } } });
    const { json: cloud } = await own.h.ask('POST', '/v1/sessions', { body: { title: 'Third' } });
    const { json: archived } = await own.h.ask('POST', '/v1/sessions', { body: {} });
    const { json: deleted } = await own.h.ask('POST', '/v1/sessions', { body: {} });
    await own.h.ask('POST', `/v1/sessions/${archived.id}/archive`);
    await own.h.ask('DELETE', `/v1/sessions/${deleted.id}`);
    await own.h.ask('POST', '/v1/sessions', { token: own.h.other.token, body: {} });
    const { json } = await own.h.ask('GET', '/api/v2/sessions');
    expect(json.pagination).toEqual({
      page: 1,
      per_page: 20,
      total: 4,
      total_pages: 1,
      has_next: false,
      has_prev: false,
    });
    expect(json.items.map(({ id, name, status }: Record<string, string>) => [id, name, status])).toEqual([
      [uuid(archived.id), null, 'pending'],
      [uuid(cloud.id), 'Third', 'pending'],
      [named.id, 'Second', 'pending'],
      [own.id, 'Generate tests', 'pending'],
    ]);
    for (const item of json.items)
      expect(Object.keys(item)).toEqual(['id', 'name', 'status', 'created_at', 'updated_at']);
    expect(json.items[2]).toEqual(named);
    expect(json.items[1]).toMatchObject({ created_at: cloud.created_at, updated_at: cloud.updated_at });
    const pages = await Promise.all(
      [1, 2, 3].map((page) => own.h.ask('GET', `/api/v2/sessions?per_page=2&page=${page}`)),
    );
    expect(pages.flatMap((page) => page.json.items)).toEqual(json.items);
    expect((await own.h.ask('GET', `/api/v2/sessions/${uuid(archived.id)}/events`)).status).toBe(200);
  });

  it('keep their config as metadata and their name as title', async () => {
    const body = '{"name":"Caf\\u00e9","config":{"branch":"main","tries":3,"deep":{"a":[1.0]}},"unknown":{"x":1}}';
    const { status, json } = await run.h.ask('POST', '/api/v2/sessions', { body });
    expect([status, json.name, json.status]).toEqual([201, 'Café', 'pending']);
    const { json: native } = await run.h.ask('GET', `/v1/sessions/${idOfUuid('sess', json.id)}`);
    expect([native.title, native.metadata]).toEqual(['Café', { branch: 'main', tries: '3', deep: '{"a":[1.0]}' }]);
  });

  it.each([
    [['workflow_started'], 'in_progress'],
    [['workflow_started', 'workflow_paused'], 'paused'],
    [['workflow_started', 'workflow_paused', 'workflow_resumed'], 'in_progress'],
    [['workflow_started', 'workflow_error'], 'in_progress'],
    [['workflow_started', 'workflow_completed'], 'completed'],
    [['workflow_started', 'workflow_failed'], 'failed'],
    [['terminated'], 'cancelled'],
  ])('that hold %j are %s', async (types, status) => {
    const own = await openRun();
    const stored = await own.append(...types.map((event_type) => ({ event_type })));
    const { json } = await own.h.ask('GET', '/api/v2/sessions');
    expect(json.items[0].status).toBe(status);
    expect(json.items[0].updated_at).toBe(stored.at(-1)?.timestamp);
  });
});

describe('writes', () => {
  it('keep every member as it was sent', async () => {
    const data = '{"big":9007199254740993,"exact":1.0,"b":1,"a":"\\u00e9\\ud800\\u0000","__proto__":{"x":[]},"":null}';
    const path = run.path;
    const body = `{"step_id":"s\\u0031","message":"caf\\u00e9","event_data":${data},"event_type":"note"}`;
    const { status, text } = await run.h.ask('POST', path, { body });
    expect(status).toBe(201);
    expect(text).toContain(`"step_id":"s\\u0031","event_type":"note","event_data":${data},"message":"caf\\u00e9"`);
    expect((await run.list('?per_page=1')).text).toContain(`{"items":[${text}],`);
  });

  it('are told to other dialects in native words', async () => {
    const [item] = (await run.append({ event_type: 'note', event_data: { a: 1 }, message: 'm', step_id: 's' })) as [
      Item,
    ];
    const { json } = await run.h.ask('GET', `/v1/events/${idOfUuid('evt', item.id)}`);
    expect(json).toMatchObject({
      type: 'note',
      data: { a: 1 },
      message: 'm',
      step_id: 's',
      created_at: item.timestamp,
    });
  });

  it('show what others wrote', async () => {
    const id = idOfUuid('sess', run.id);
    const events = [
      { type: 'user.message', content: 'Hello' },
      {
        type: 'agent.message',
        content: [
          { type: 'text', text: 'Hi' },
          { type: 'text', text: 'there' },
        ],
      },
      { type: 'agent.tool_use', name: 'search', input: { q: 1 }, step_id: 's-1' },
    ];
    await run.h.ask('POST', `/v1/sessions/${id}/events`, { body: { events } });
    const { json } = await run.list('?per_page=3');
    expect(
      json.items.map(({ event_data, message, step_id }: Item) => [event_data, message, step_id]).reverse(),
    ).toEqual([
      [{ content: 'Hello' }, 'Hello', null],
      [{ content: events[1]?.content }, 'Hi\nthere', null],
      [{ name: 'search', input: { q: 1 }, step_id: 's-1' }, null, 's-1'],
    ]);
  });

  it('are done once when they are repeated with their key', async () => {
    for (const [path, body] of [
      [run.path, step(1)],
      ['/api/v2/sessions', { name: 'once', config: { a: 1 } }],
    ] as const) {
      const headers = { 'idempotency-key': `key-of-${path}` };
      const first = await run.h.ask('POST', path, { body, headers });
      const before = await run.h.stored();
      const second = await run.h.ask('POST', path, { body, headers });
      expect([first.status, first.headers.get('idempotent-replayed')]).toEqual([201, null]);
      expect([second.status, second.headers.get('idempotent-replayed')]).toEqual([201, 'true']);
      expect(second.text).toBe(first.text);
      expect(await run.h.stored()).toBe(before);
    }
  });
});

describe('the cost of polling at the tail', () => {
  const FEW = 10;
  const MANY = 50_000;
  const context = { requestId: 'req_1', idempotency: null } as const;
  const drafts = (count: number) =>
    Array.from({ length: count }, (_, n) => parseEvent(scanJson(JSON.stringify(step(n)), { keepDepth: 5 })));

  async function fill(own: Run, count: number): Promise<string> {
    const ref = { id: idOfUuid('sess', own.id) as `sess_${string}` };
    for (let left = count; left > 0; left -= limits.batchEvents) {
      await own.h.store.appendEvents(own.h.org.id, ref, drafts(Math.min(left, limits.batchEvents)), context);
    }
    return (await own.list('?per_page=1')).json.items[0].timestamp;
  }

  it('is the same statements after 10 events as after 50,000', async () => {
    const few = await openRun();
    const many = await openRun();
    const costs = [];
    for (const [own, count] of [
      [few, FEW],
      [many, MANY],
    ] as const) {
      const since = await fill(own, count);
      const cost: string[][] = [];
      const poll = async (query: string, found: number) => {
        const executed = await executionsDuring(own.h.file, async () => {
          const { json } = await own.list(query);
          expect(json.pagination.total).toBe(found);
        });
        cost.push([...executed]);
      };
      await poll(`?since=${since}&per_page=50`, 0);
      await poll(`?since=${since}&per_page=50&event_type=step_status_changed`, 0);
      await poll(`?since=${since}&per_page=50&event_type=workflow_error`, 0);
      await own.append(step(1), step(2), step(3));
      await poll(`?since=${since}&per_page=50`, 3);
      await poll(`?since=${since}&per_page=50&event_type=step_status_changed`, 3);
      expect(Math.min(...cost.slice(0, 2).map(({ length }) => length)), 'executions are seen').toBeGreaterThan(0);
      costs.push(cost);
    }
    expect(costs[1]).toEqual(costs[0]);
  });
});

describe('a page of 100 large events', () => {
  const BYTES = 200_000;
  const LARGE = { event_type: 'note', event_data: { text: 'x'.repeat(BYTES) } };
  const ALL = Array.from({ length: 100 }, () => LARGE);

  it('comes whole to who reads it', async () => {
    const own = await openRun();
    await own.append(...ALL);
    const reader = await openSse(`${own.url}${own.path}?per_page=100`, { token: own.key });
    const { items, pagination } = (await reader.all()).json;
    expect(items.map(({ event_data }: Item) => event_data.text.length)).toEqual(ALL.map(() => BYTES));
    expect(pagination).toMatchObject({ total: 100, total_pages: 1 });
  });

  it('is read no further than a slice or two for a reader that stalls, and then cut', async () => {
    const own = await openRun(streaming({ lagMs: 60 }));
    const { url, server } = await own.h.listen();
    await own.append(...ALL);
    const answers: ServerResponse[] = [];
    server.on('request', (_, outgoing: ServerResponse) => answers.push(outgoing));
    const slices = vi.spyOn(own.h.services.store, 'sliceEvents');
    const stalled = await openSse(`${url}${own.path}?per_page=100`, { token: own.key });
    stalled.stall();
    let most = 0;
    await eventually(() => {
      most = Math.max(most, ...answers.map(({ writableLength }) => writableLength));
      return answers[0]?.destroyed === true;
    });
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(3 * BYTES);
    expect(slices.mock.calls.length, 'what is not sent is not read').toBeLessThan(ALL.length);
    stalled.read();
    expect(await stalled.ended).toBe('cut');
  });
});

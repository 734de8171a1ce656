import { describe, expect, test } from 'vitest';
import { type EventPage, responseOf, TurnlogError } from '../src/index.ts';
import { type Answer, baseURL, fakeClient, json, rejection, type Sent } from './fake.ts';

const ids = Array.from({ length: 10 }, (_, index) => `evt_${index}`);

/** A list of ten events behind the server's own rules for cursors: both directions, pages in list order. */
const list: Answer = ({ url: { searchParams: query } }: Sent) => {
  const limit = Number(query.get('limit') ?? 4);
  const before = query.get('before_id') ?? /^before:(.+)/.exec(query.get('page') ?? '')?.[1];
  const after = query.get('after_id') ?? /^after:(.+)/.exec(query.get('page') ?? '')?.[1];
  const end = before ? ids.indexOf(before) : ids.length;
  const start = before ? Math.max(0, end - limit) : after ? ids.indexOf(after) + 1 : 0;
  const data = ids.slice(start, before ? end : start + limit).map((id) => ({ id, type: 'user.message' }));
  const first_id = data[0]?.id ?? null;
  const last_id = data.at(-1)?.id ?? null;
  const has_more = before ? start > 0 : start + limit < ids.length;
  const next_page = has_more ? (before ? `before:${first_id}` : `after:${last_id}`) : null;
  return json({ data, first_id, last_id, has_more, next_page }, { headers: { 'request-id': 'req_1' } });
};
const always = Array.from({ length: 20 }, () => list);
const idsOf = (items: readonly { readonly id: string }[]): string[] => items.map(({ id }) => id);
const queries = (sent: readonly Sent[]): string[] => sent.map(({ url }) => decodeURIComponent(url.search));

describe('a list', () => {
  test('awaited is its first page', async () => {
    const { client, sent } = fakeClient(always);
    const page = await client.sessions.events.list('s');
    expect(idsOf(page.data)).toEqual(ids.slice(0, 4));
    expect(page).toMatchObject({ first_id: 'evt_0', last_id: 'evt_3', has_more: true, next_page: 'after:evt_3' });
    expect(sent).toHaveLength(1);
  });

  test('iterated is every item of all pages, each page read once and with the same filters', async () => {
    const { client, sent } = fakeClient(always);
    const seen: string[] = [];
    for await (const event of client.sessions.events.list('s', { types: ['user.*'], order: 'asc' }))
      seen.push(event.id);
    expect(seen).toEqual(ids);
    expect(queries(sent)).toEqual([
      '?types=user.*&order=asc',
      '?types=user.*&order=asc&after_id=evt_3',
      '?types=user.*&order=asc&after_id=evt_7',
    ]);
  });

  test('goes on from where a page has looked, not from what it has found', async () => {
    const page = (data: object[], scanned_through: string, has_more: boolean) =>
      json({ data, first_id: 'evt_3', last_id: 'evt_3', has_more, next_page: null, scanned_through });
    for (const name of ['after_id', 'before_id']) {
      const { client, sent } = fakeClient([
        () => page([{ id: 'evt_3', type: 'user.message' }], 'evt_7', true),
        () => page([], 'evt_9', false),
      ]);
      await client.events.list({ types: ['user.*'], [name]: 'evt_1' }).toArray();
      expect(queries(sent)).toEqual([`?types=user.*&${name}=evt_1`, `?types=user.*&${name}=evt_7`]);
    }
  });

  test('stops reading when its reader stops', async () => {
    const { client, sent } = fakeClient(always);
    for await (const event of client.sessions.events.list('s')) if (event.id === 'evt_1') break;
    expect(sent).toHaveLength(1);
  });

  test('begun with before_id goes on backward: items nearest first, pages in list order', async () => {
    const { client, sent } = fakeClient(always);
    const backward = client.sessions.events.list('s', { before_id: 'evt_9', limit: 4 });
    expect(idsOf(await backward.toArray())).toEqual(ids.slice(0, 9).reverse());
    expect(queries(sent)).toEqual(['?before_id=evt_9&limit=4', '?before_id=evt_5&limit=4', '?before_id=evt_1&limit=4']);
    const pages: string[][] = [];
    for await (const page of backward.pages()) pages.push(idsOf(page.data));
    expect(pages).toEqual([ids.slice(5, 9), ids.slice(1, 5), ids.slice(0, 1)]);
  });

  test('begun with after_id goes on forward from there', async () => {
    const { client } = fakeClient(always);
    expect(idsOf(await client.sessions.events.list('s', { after_id: 'evt_2' }).toArray())).toEqual(ids.slice(3));
  });

  test.each([
    ['after:evt_4', ids.slice(5, 9), ids.slice(9)],
    ['before:evt_5', ids.slice(1, 5), ids.slice(0, 1)],
  ])('begun with the page token %s goes on by tokens, which know their direction', async (page, first, second) => {
    const { client, sent } = fakeClient(always);
    const pages: string[][] = [];
    for await (const each of client.sessions.events.list('s', { page }).pages()) pages.push(idsOf(each.data));
    expect(pages).toEqual([first, second]);
    expect(queries(sent)[1]).toMatch(/^\?page=/);
  });

  test.each([0, 1, 4, 5, 10, 11, undefined])(
    'gives at most %j items as an array, and reads no page too many',
    async (limit) => {
      const { client, sent } = fakeClient(always);
      expect(idsOf(await client.sessions.events.list('s').toArray({ limit }))).toEqual(ids.slice(0, limit));
      expect(sent).toHaveLength(Math.ceil(Math.min(limit ?? 10, 10) / 4));
    },
  );

  test('is read once, however often it is awaited, and not at all when nobody does', async () => {
    const { client, sent } = fakeClient(always);
    const promise = client.sessions.events.list('s');
    expect(sent).toHaveLength(0);
    expect(await promise).toBe(await promise);
    expect(await Promise.all([promise])).toHaveLength(1);
    expect(sent).toHaveLength(1);
  });

  test('fails as a promise does', async () => {
    const { client } = fakeClient([]);
    const options = { maxRetries: 0 };
    expect(await rejection(client.sessions.events.list('', {}, options))).toBeInstanceOf(TurnlogError);
    expect(await client.sessions.events.list('s', {}, options).catch(() => 'caught')).toBe('caught');
    expect(await rejection(client.sessions.events.list('s', {}, options).finally(() => {}))).toBeInstanceOf(
      TurnlogError,
    );
    expect(await rejection(client.sessions.events.list('s', {}, options).pages().next())).toBeInstanceOf(TurnlogError);
  });
});

describe('a page', () => {
  test('gives the next one until there is none', async () => {
    const { client } = fakeClient(always);
    const lengths: number[] = [];
    let page: Awaited<ReturnType<typeof client.sessions.events.list>> | null = await client.sessions.events.list('s');
    while (page) {
      lengths.push(page.data.length);
      expect(page.hasNextPage()).toBe(page.has_more);
      page = await page.getNextPage();
    }
    expect(lengths).toEqual([4, 4, 2]);
  });

  test('can be iterated from itself on, as often as one likes', async () => {
    const { client } = fakeClient(always);
    const second = await (await client.sessions.events.list('s')).getNextPage();
    for (const _ of [1, 2]) expect(idsOf((await second?.toArray()) ?? [])).toEqual(ids.slice(4));
  });

  test('is, as JSON, what the server sent, and leads back to its response', async () => {
    const { client } = fakeClient(always);
    const page = await client.sessions.events.list('s', { limit: 1 });
    const body: EventPage = JSON.parse(JSON.stringify(page));
    expect(Object.keys(body)).toEqual(['data', 'first_id', 'last_id', 'has_more', 'next_page']);
    expect(responseOf(page)?.headers.get('request-id')).toBe('req_1');
  });

  test('that is empty is the last, whatever it says', async () => {
    const { client } = fakeClient([json({ data: [], first_id: null, last_id: null, has_more: true, next_page: null })]);
    expect((await client.sessions.list()).hasNextPage()).toBe(false);
  });

  test('that repeats its cursor ends in an error instead of an endless loop', async () => {
    const stuck = { data: [{ id: 'evt_1' }], first_id: 'evt_1', last_id: 'evt_1', has_more: true, next_page: 'p' };
    const { client } = fakeClient([json(stuck), json(stuck)]);
    const error = await rejection(client.sessions.events.list('s').toArray());
    expect((error as Error).message).toBe('The list does not move on: after_id is "evt_1" again.');
  });

  test('passes the options of the call on to all pages', async () => {
    const { client, sent } = fakeClient(always, { baseURL });
    await client.sessions.events.list('s', {}, { headers: { 'x-a': '1' } }).toArray();
    expect(sent.map(({ headers }) => headers.get('x-a'))).toEqual(['1', '1', '1']);
  });
});

/** The yardstick beyond the seed: the official Claude SDK for TypeScript, given only our base URL and a token. */
import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Harness, openHarness } from './harness.ts';

let h: Harness;
let client: Anthropic;
beforeAll(async () => {
  h = await openHarness();
  const { url } = await h.listen();
  client = new Anthropic({ baseURL: url, apiKey: h.org.token });
});
afterAll(() => h.close());

const create = (title: string) => client.beta.sessions.create({ agent: 'researcher', environment_id: 'env_1', title });

it('creates, retrieves, updates, archives and deletes a session', async () => {
  const session = await client.beta.sessions.create({
    agent: { type: 'agent', id: 'researcher', version: 2 },
    environment_id: 'env_1',
    title: 'Fix the login test',
    metadata: { repository: 'web' },
    initial_events: [{ type: 'user.message', content: [{ type: 'text', text: 'Where is my order?' }] }],
  });
  expect(session).toMatchObject({
    type: 'session',
    title: 'Fix the login test',
    status: 'idle',
    metadata: { repository: 'web' },
  });
  expect(session.agent).toMatchObject({ id: 'researcher', version: 2 });
  expect(await client.beta.sessions.retrieve(session.id)).toEqual(session);
  const updated = await client.beta.sessions.update(session.id, {
    title: 'Renamed',
    metadata: { repository: null, branch: 'main' },
  });
  expect([updated.title, updated.metadata]).toEqual(['Renamed', { branch: 'main' }]);
  const archived = await client.beta.sessions.archive(session.id);
  expect(archived.archived_at).not.toBeNull();
  const deleted = await client.beta.sessions.delete(session.id);
  expect(deleted).toEqual({ id: session.id, type: 'session_deleted' });
  await expect(client.beta.sessions.retrieve(session.id)).rejects.toBeInstanceOf(Anthropic.NotFoundError);
});

it('lists sessions, page after page by itself', async () => {
  const made: string[] = [];
  for (let i = 0; i < 7; i++) made.unshift((await create(`session ${i}`)).id);
  const seen: string[] = [];
  for await (const session of client.beta.sessions.list({ limit: 3 })) seen.push(session.id);
  expect(seen).toEqual(made);
  const rising: string[] = [];
  const filter = {
    limit: 2,
    order: 'asc',
    agent_id: 'researcher',
    statuses: ['idle', 'running'],
    include_archived: false,
  } as const;
  const since = { 'created_at[gte]': '2020-01-01T00:00:00Z' };
  for await (const session of client.beta.sessions.list({ ...filter, statuses: [...filter.statuses], ...since }))
    rising.push(session.id);
  expect(rising).toEqual([...made].reverse());
  const page = await client.beta.sessions.list({ limit: 3 });
  expect([page.next_page, page.prev_page]).toEqual([expect.stringMatching(/^page_/), null]);
  const second = await page.getNextPage();
  const back = await client.beta.sessions.list({ limit: 3, page: second.prev_page ?? '' });
  expect(back.data).toEqual(page.data);
});

it('sends events and lists them with filters, page after page by itself', async () => {
  const { id } = await create('events');
  const text = (words: string) => ({
    type: 'user.message' as const,
    content: [{ type: 'text' as const, text: words }],
  });
  const sent = await client.beta.sessions.events.send(id, {
    events: [text('one'), text('two'), { type: 'user.interrupt' }],
  });
  expect(sent.data?.map((event) => event.type)).toEqual(['user.message', 'user.message', 'user.interrupt']);
  for (let i = 0; i < 4; i++) await client.beta.sessions.events.send(id, { events: [text(`more ${i}`)] });
  const types: string[] = [];
  for await (const event of client.beta.sessions.events.list(id, { limit: 2 })) types.push(event.type);
  expect(types).toHaveLength(7);
  const words: unknown[] = [];
  const filter = { types: ['user.message' as const, 'agent.message' as const], order: 'desc' as const, limit: 2 };
  const since = { 'created_at[gt]': '2020-01-01T00:00:00Z', 'created_at[lte]': '2999-01-01T00:00:00Z' };
  for await (const event of client.beta.sessions.events.list(id, { ...filter, ...since })) {
    if (event.type === 'user.message') words.push(event.content[0]);
  }
  expect(words.map((block) => (block as { text: string }).text)).toEqual([
    'more 3',
    'more 2',
    'more 1',
    'more 0',
    'two',
    'one',
  ]);
});

it('meets its own error classes, and does not retry what no retry can cure', async () => {
  const { id } = await create('archived');
  await client.beta.sessions.archive(id);
  const send = client.beta.sessions.events.send(id, { events: [{ type: 'user.interrupt' }] });
  await expect(send).rejects.toBeInstanceOf(Anthropic.ConflictError);
  await expect(client.beta.sessions.list({ limit: 5000 })).rejects.toBeInstanceOf(Anthropic.BadRequestError);
  const stranger = new Anthropic({ baseURL: client.baseURL, apiKey: 'tlog_pat_nobody' });
  await expect(stranger.beta.sessions.list()).rejects.toBeInstanceOf(Anthropic.AuthenticationError);
});

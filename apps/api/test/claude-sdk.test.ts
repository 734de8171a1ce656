/** The yardstick beyond the seed: the official Claude SDK for TypeScript, given only our base URL and a token. */
import Anthropic from '@anthropic-ai/sdk';
import type { BetaRunnableTool } from '@anthropic-ai/sdk/lib/tools/BetaRunnableTool';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, openHarness } from './harness.ts';
import { eventually } from './support/sse.ts';

let h: Harness;
let client: Anthropic;
let streamsAsked = 0;
beforeAll(async () => {
  h = await openHarness();
  const { url } = await h.listen();
  const counting: typeof fetch = (input, init) => {
    if (new URL(String(input)).pathname.endsWith('/events/stream')) streamsAsked++;
    return fetch(input, init);
  };
  client = new Anthropic({ baseURL: url, apiKey: h.org.token, fetch: counting });
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

/** What an agent writes; the SDK's own types of `send()` know only what a user sends. */
type Sent = Parameters<Anthropic['beta']['sessions']['events']['send']>[1]['events'][number];
const append = async (id: string, ...events: object[]) =>
  (await client.beta.sessions.events.send(id, { events: events as Sent[] })).data ?? [];

describe('streams', () => {
  it('yields the events that come, as they were stored, and ends with the session', async () => {
    const { id } = await create('streamed');
    await append(id, { type: 'user.interrupt' });
    const stream = await client.beta.sessions.events.stream(id, { event_deltas: ['agent.message', 'agent.thinking'] });
    const sent = await append(
      id,
      { type: 'agent.message', content: [{ type: 'text', text: 'line\nbreak é 🎈' }] },
      { type: 'session.status_idle', stop_reason: { type: 'end_turn' } },
    );
    sent.push(...(await append(id, { type: 'session.status_terminated' })));
    const seen: unknown[] = [];
    for await (const event of stream) seen.push(event);
    expect(seen).toEqual(sent);
  });

  it('throws its own errors before a stream opens', async () => {
    await expect(client.beta.sessions.events.stream('nobody')).rejects.toBeInstanceOf(Anthropic.NotFoundError);
    const stranger = new Anthropic({ baseURL: client.baseURL, apiKey: 'tlog_pat_nobody' });
    const { id } = await create('closed');
    await expect(stranger.beta.sessions.events.stream(id)).rejects.toBeInstanceOf(Anthropic.AuthenticationError);
  });

  it('throws in the middle of a stream whose token is revoked', async () => {
    const { id } = await create('revoked');
    const headers = { authorization: `Bearer ${h.org.token}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ name: 'short', scopes: ['events:read'] });
    const made = await fetch(`${client.baseURL}/v1/tokens`, { method: 'POST', headers, body });
    const token = (await made.json()) as { id: string; token: string };
    const reader = new Anthropic({ baseURL: client.baseURL, apiKey: token.token });
    const stream = await reader.beta.sessions.events.stream(id);
    await append(id, { type: 'user.interrupt' });
    const seen: string[] = [];
    const reading = (async () => {
      for await (const event of stream) {
        seen.push(event.type);
        await fetch(`${client.baseURL}/v1/tokens/${token.id}`, { method: 'DELETE', headers });
      }
    })();
    const error = await reading.catch((thrown) => thrown);
    expect(error).toBeInstanceOf(Anthropic.APIError);
    expect(error.error).toMatchObject({ type: 'error', error: { type: 'authentication_error' } });
    expect(seen).toEqual(['user.interrupt']);
  });

  it('lets go of the stream when the loop is left', async () => {
    const { id } = await create('left');
    const held = h.services.streams.size;
    const stream = await client.beta.sessions.events.stream(id);
    expect(h.services.streams.size).toBe(held + 1);
    await append(id, { type: 'user.interrupt' });
    for await (const _ of stream) break;
    await eventually(() => h.services.streams.size === held);
  });
});

describe('the tool runner', () => {
  it('runs the tools that a session asks for, in its history and as they come, over one stream', async () => {
    const { id } = await create('tools');
    const use = (city: string) => ({ type: 'agent.custom_tool_use', name: 'weather', input: { city } });
    const needs = (eventId: string | undefined) => ({
      type: 'session.status_idle',
      stop_reason: { type: 'requires_action', event_ids: [eventId] },
    });
    // One call waits before the runner attaches: it is found in the history.
    const [early] = await append(id, use('Paris'));
    await append(id, needs(early?.id));

    const ran: string[] = [];
    let closed = 0;
    const weather: BetaRunnableTool<{ city: string }> = {
      type: 'custom',
      name: 'weather',
      description: 'The weather in a city',
      input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
      parse: (input) => input as { city: string },
      run: ({ city }) => {
        ran.push(city);
        return `${city}: sunny`;
      },
      close: () => void closed++,
    };

    const calls: string[] = [];
    const askedBefore = streamsAsked;
    for await (const call of client.beta.sessions.events.toolRunner(id, { tools: [weather], maxIdleMs: 100 })) {
      expect([call.posted, call.isError, call.confirmation]).toEqual([true, false, undefined]);
      expect(call.result).toMatchObject({ type: 'user.custom_tool_result', custom_tool_use_id: call.toolUseId });
      calls.push(call.toolUseId);
      // The agent asks once more after the first result, then ends its turn. Only the stream can bring these.
      if (calls.length === 1) {
        const [late] = await append(id, use('Oslo'));
        await append(id, needs(late?.id));
      } else await append(id, { type: 'session.status_idle', stop_reason: { type: 'end_turn' } });
    }

    expect(ran).toEqual(['Paris', 'Oslo']);
    expect([closed, streamsAsked - askedBefore]).toEqual([1, 1]);
    const types: string[] = [];
    const answers: string[] = [];
    for await (const event of client.beta.sessions.events.list(id, { limit: 1000 })) {
      types.push(event.type);
      if (event.type === 'user.custom_tool_result') answers.push(event.custom_tool_use_id);
    }
    expect(answers).toEqual(calls);
    const tools = types.filter((type) => type.includes('custom_tool'));
    expect(tools).toEqual([...Array(2)].flatMap(() => ['agent.custom_tool_use', 'user.custom_tool_result']));
    expect(types).toHaveLength(7);
  });
});

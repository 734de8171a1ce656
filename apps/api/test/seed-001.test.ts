/** The example request of the document that the native API follows, answered in its example's shape, field by field. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, openHarness, replyOf } from './harness.ts';

let h: Harness;
beforeAll(async () => {
  h = await openHarness();
});
afterAll(() => h.close());

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/;
const ulid = (prefix: string) => new RegExp(`^${prefix}_[0-7][0-9A-HJKMNP-TV-Z]{25}$`);

/** Every event of the document's reference, in its words. */
const EVENTS = [
  { type: 'user.message', content: 'Hello, this is a test message.' },
  { type: 'session.status_rescheduled' },
  { type: 'span.model_request_start' },
  { type: 'agent.thinking' },
  { type: 'agent.message', content: [{ type: 'text', text: "The agent's reply text." }] },
  { type: 'span.model_request_end' },
  {
    type: 'session.status_idle',
    status: 'idle',
    usage: { input_tokens: 150, output_tokens: 42, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 },
    stop_reason: { type: 'end_turn' },
  },
  {
    type: 'session.error',
    error: { message: 'The operation was aborted due to timeout', type: 'unknown_error' },
    details: { message: 'The operation was aborted due to timeout', name: 'TimeoutError' },
    retry_status: { type: 'exhausted' },
  },
  { type: 'terminated' },
];

describe.each(['/v1', '/api/v1/cloud'])('at %s, over a socket', (mount) => {
  let url: string;
  let id: string;
  const get = async (path: string) =>
    replyOf(await fetch(`${url}${mount}${path}`, { headers: { Authorization: `Bearer ${h.org.token}` } }));

  beforeAll(async () => {
    ({ url } = await h.listen());
    const { json } = await h.ask('POST', `${mount}/sessions`, { body: { initial_events: EVENTS } });
    id = json.id;
  });

  it('GET /sessions/{session_id}/events?limit=5', async () => {
    const { status, json, headers } = await get(`/sessions/${id}/events?limit=5`);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/json');
    const [first, second] = json.data;
    expect(Object.keys(json)).toEqual(['data', 'first_id', 'last_id', 'has_more', 'next_page']);
    expect(first).toEqual({
      id: expect.stringMatching(ulid('evt')),
      type: 'user.message',
      content: 'Hello, this is a test message.',
      session_id: id,
      turn_id: expect.stringMatching(ulid('turn')),
      schema_version: '1.0',
      created_at: expect.stringMatching(TIME),
      processed_at: first.created_at,
      seq: 1,
    });
    expect(second).toEqual({
      id: expect.stringMatching(ulid('evt')),
      type: 'session.status_rescheduled',
      session_id: id,
      turn_id: first.turn_id,
      schema_version: '1.0',
      created_at: expect.stringMatching(TIME),
      processed_at: second.created_at,
      seq: 2,
    });
    expect(json.data).toHaveLength(5);
    expect([json.first_id, json.last_id, json.has_more]).toEqual([first.id, json.data[4].id, true]);
    expect(second.created_at > first.created_at).toBe(true);
  });

  it('after_id leads on, before_id leads back', async () => {
    const { json: first } = await get(`/sessions/${id}/events?limit=5`);
    const { json: rest } = await get(`/sessions/${id}/events?limit=5&after_id=${first.last_id}`);
    expect(rest.data.map(({ type }: { type: string }) => type)).toEqual(EVENTS.slice(5).map(({ type }) => type));
    expect([rest.has_more, rest.next_page]).toEqual([false, null]);
    const { json: back } = await get(`/sessions/${id}/events?limit=2&before_id=${rest.first_id}`);
    expect(back.data).toEqual(first.data.slice(3));
    expect(back.has_more).toBe(true);
  });

  it('every type of the event reference keeps its fields', async () => {
    const { json } = await get(`/sessions/${id}/events`);
    for (const [index, sent] of EVENTS.entries()) expect(json.data[index]).toMatchObject(sent);
  });

  it('an empty list has nulls', async () => {
    const { json } = await get(`/sessions/${id}/events?types=nothing.*`);
    expect(json).toEqual({ data: [], first_id: null, last_id: null, has_more: false, next_page: null });
  });

  it('401 and 404 come in the error envelope', async () => {
    const bare = await replyOf(await fetch(`${url}${mount}/sessions/${id}/events`));
    expect([bare.status, bare.json.error.type]).toEqual([401, 'authentication_error']);
    const missing = await get('/sessions/sess_01K5ZV7QH37MZTXN4T6B9D0RFE/events');
    expect([missing.status, missing.json.error.type]).toEqual([404, 'not_found_error']);
  });
});

/**
 * One log: a session written in each dialect, read in all five. A golden file per pair of writer and reader is reviewed by
 * eye; `vitest run test/cross-reading.test.ts --update` writes them anew.
 */
import { uuidOfId } from '@turnlog/core/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DIALECTS, type DialectName } from '../src/dialects/prefixes.ts';
import { type Harness, openHarness } from './harness.ts';
import { spread, stable } from './support/golden.ts';

let h: Harness;

/** Times that producers have sent. */
const SENT_TIMES = ['2026-02-03T04:05:06.700Z', '2026-02-03T04:05:07.123456Z', '2026-02-03T04:05:08.900Z'];

async function sent(method: string, path: string, body: unknown) {
  const reply = await h.ask(method, path, { body });
  expect(reply.status, `${path} ${reply.text}`).toBeLessThan(300);
  return reply;
}

/** Each writes one session in its own words, and answers its native id. */
const WRITERS: Readonly<Record<DialectName, () => Promise<string>>> = {
  async cloud() {
    const created = { title: 'Research', agent: { id: 'agent_1', version: 2 }, external_id: 'run-1' };
    const { json } = await sent('POST', '/v1/sessions', { ...created, metadata: { team: 'blue' } });
    const events = [
      '{"type":"session.status_running"}',
      '{"type":"user.message","content":"Find the price."}',
      '{"type":"agent.message","content":[{"type":"text","text":"Looking."},{"type":"text","text":"One moment."}]}',
      '{"type":"agent.tool_use","name":"search","input":{"q":"caf\\u00e9","n":9007199254740993,"score":1.0}}',
      '{"type":"note.kept","data":{"mine":true},"message":"kept beside it","occurred_at":"2026-02-03T04:05:06.700Z"}',
      '{"type":"session.status_idle","stop_reason":{"type":"end_turn"},"usage":{"input_tokens":3,"output_tokens":4}}',
    ];
    await sent('POST', `/v1/sessions/${json.id}/events`, `{"events":[${events.join(',')}]}`);
    return json.id;
  },
  async workflow() {
    const { json } = await sent('POST', '/api/v2/sessions', {
      name: 'Test generation',
      config: { model: 'm-1', tries: 3 },
    });
    const path = `/api/v2/sessions/${json.id}/events`;
    const events = [
      '{"event_type":"workflow_started","event_data":{"workflow_type":"test_generation"},"message":"Started."}',
      '{"event_type":"step_status_changed","step_id":"step-7","event_data":{"step_code":"plan","old_status":"pending","new_status":"running","cost":0.10}}',
      '{"event_type":"workflow_error","event_data":{"error":"LLM API rate limit exceeded","error_type":"LLMRateLimitError","recoverable":true,"retry_after":60},"message":"Retrying in 60 seconds."}',
      '{"event_type":"artifact_created","event_data":{"artifact_id":"a-1","session_id":"another","agent_id":"agent_9"}}',
      '{"event_type":"workflow_failed"}',
    ];
    for (const event of events) await sent('POST', path, event);
    return nativeId(json.id);
  },
  async platform() {
    const { json } = await sent('POST', '/v1/sessions', { title: 'Told of from outside' });
    const events = [
      { type: 'session.started', data: { session_id: json.id, agent_id: 'agent_456', goal: 'Research AI trends' } },
      {
        type: 'session.step.completed',
        data: { session_id: json.id, step_number: 3, tool: 'web_search' },
        metadata: { user_id: 'user_456' },
      },
      { type: 'session.completed', data: { session_id: json.id, status: 'completed', steps: 5 } },
    ];
    for (const event of events) await sent('POST', '/api/v1/events', event);
    return json.id;
  },
  async wave() {
    const { json } = await sent('POST', '/api/sessions', { labels: ['nightly'] });
    const path = `/api/sessions/${json.token}/events`;
    const events = [
      '{"type":"status","data":"running"}',
      '{"type":"Log Line!","data":[1,2.0,null]}',
      '{"type":"test_completed","data":{"test":"/a.html","session_id":"another"}}',
      '{"type":"ping"}',
      '{"type":"status","data":"completed"}',
    ];
    for (const event of events) await sent('POST', path, event);
    const { json: newest } = await h.ask('GET', '/v1/sessions?limit=1');
    return newest.data[0].id;
  },
  async runtime() {
    const base = { session_id: 'abc-123', session_name: 'My Session' };
    await sent('POST', '/sessions', { ...base, project_dir: '/path/to/project', agent_name: 'researcher' });
    const [first, second, third] = SENT_TIMES;
    const events = [
      { event_type: 'session_start', timestamp: first },
      { event_type: 'message', timestamp: first, role: 'user', content: [{ type: 'text', text: 'Find the price.' }] },
      { event_type: 'pre_tool', timestamp: third, tool_name: 'Bash', tool_input: { command: 'ls' } },
      {
        event_type: 'post_tool',
        timestamp: second,
        tool_name: 'Bash',
        tool_input: { command: 'ls' },
        tool_output: 'a b',
      },
      { event_type: 'message', timestamp: third, role: 'assistant', content: [{ type: 'text', text: 'It is 7.' }] },
      { event_type: 'session_stop', timestamp: third, exit_code: 0, reason: 'done' },
    ];
    for (const event of events) await sent('POST', '/sessions/abc-123/events', { ...base, ...event });
    return (await h.ask('GET', '/v1/sessions/abc-123')).json.id;
  },
};

function nativeId(uuid: string): Promise<string> {
  return h.ask('GET', '/v1/sessions?limit=1').then(({ json }) => {
    expect(uuidOfId(json.data[0].id)).toBe(uuid);
    return json.data[0].id;
  });
}

/** What each shows of a session: the paths that it is read at. */
const READERS: Readonly<Record<DialectName, (id: `sess_${string}`, name: string) => readonly string[]>> = {
  cloud: (id) => [`/v1/sessions/${id}`, `/v1/sessions/${id}/events?limit=100`, `/v1/events?session_id=${id}&limit=100`],
  workflow: (id) => ['/api/v2/sessions?per_page=1', `/api/v2/sessions/${uuidOfId(id)}/events?per_page=100`],
  platform: (id) => [`/api/v1/events?session_id=${id}&limit=100`],
  wave: (id) => [`/api/sessions/${uuidOfId(id)}/status`, `/api/sessions/${uuidOfId(id)}/events?last_event=0`],
  runtime: (_, name) => [
    `/sessions/${name}`,
    `/sessions/${name}/status`,
    `/sessions/${name}/events`,
    `/sessions/${name}/result`,
  ],
};

describe.each(DIALECTS)('a session written in %s', (writer) => {
  const texts: Record<string, string> = {};

  beforeAll(async () => {
    h = await openHarness({ waveHoldMs: 20 });
    const id = (await WRITERS[writer]()) as `sess_${string}`;
    const { json } = await h.ask('GET', `/v1/sessions/${id}`);
    const read: Record<string, string> = {};
    for (const reader of DIALECTS) {
      const answers: string[] = [];
      for (const path of READERS[reader](id, json.external_id ?? id)) {
        const { status, text } = await h.ask('GET', path);
        answers.push(`GET ${path} -> ${status}\n${spread(text)}\n`);
      }
      read[reader] = answers.join('\n');
    }
    Object.assign(texts, stable(read, SENT_TIMES));
  });

  afterAll(() => h.close());

  it.each(DIALECTS)('is read in %s', async (reader) => {
    await expect(texts[reader]).toMatchFileSnapshot(`golden/cross-reading/${writer}-read-in-${reader}.txt`);
  });
});

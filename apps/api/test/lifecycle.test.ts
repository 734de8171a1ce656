/** One lifecycle: a run written in each vocabulary has its status in every other, and the account stream tells of its moves. */
import { uuidOfId } from '@turnlog/core/ids';
import { type Phase, STATUS_OF_PHASE } from '@turnlog/core/lifecycle';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Harness, openHarness } from './harness.ts';

let h: Harness;

beforeAll(async () => {
  h = await openHarness({ waveHoldMs: 20 });
});

afterAll(() => h.close());

type SessionId = `sess_${string}`;

/** A step of a run: what is asked, the phase that it leads to, and what is announced of it. */
interface Step {
  readonly method?: 'POST' | 'PUT';
  readonly path: string;
  readonly body?: unknown;
  readonly phase: Phase;
  readonly announced?: readonly object[];
}

const started = (more: object = {}) => ({ type: 'session.started', data: more });
const completed = (steps: number) => ({ type: 'session.completed', data: { status: 'completed', steps } });
const failed = (error_code: string | null, error_message: string | null, step_number: number) => ({
  type: 'session.failed',
  data: { error_code, error_message, step_number },
});

async function runOf(id: SessionId, steps: readonly Step[]): Promise<void> {
  const announcements: object[] = [];
  for (const { method = 'POST', path, body, phase, announced = [] } of steps) {
    const reply = await h.ask(method, path, body === undefined ? {} : { body });
    expect(reply.status, `${path} ${reply.text}`).toBeLessThan(300);
    expect(await statusesOf(id), JSON.stringify(body ?? path)).toEqual(STATUS_OF_PHASE[phase]);
    announcements.push(...announced);
    expect(await announcedOf(id)).toMatchObject(announcements);
  }
}

/** The status of a session in every dialect that has one. */
async function statusesOf(id: SessionId) {
  const uuid = uuidOfId(id);
  const cloud = await h.ask('GET', `/v1/sessions/${id}`);
  const runtime = await h.ask('GET', `/sessions/${cloud.json.external_id ?? id}/status`);
  const workflow = await h.ask('GET', '/api/v2/sessions?per_page=100');
  const wave = await h.ask('GET', `/api/sessions/${uuid}/status`);
  const item = workflow.json.items.find((found: { id: string }) => found.id === uuid);
  return { cloud: cloud.json.status, runtime: runtime.json.status, workflow: item?.status, wave: wave.json.status };
}

/** What the server itself has told of a session's moves, oldest first. */
async function announcedOf(id: SessionId): Promise<object[]> {
  const types = 'session.started,session.completed,session.failed';
  const { json } = await h.ask('GET', `/v1/events?session_id=${id}&types=${types}&limit=100`);
  return json.data.filter(({ data }: { data: { caused_by?: string } }) => data.caused_by !== undefined);
}

async function newest(): Promise<SessionId> {
  return (await h.ask('GET', '/v1/sessions?limit=1')).json.data[0].id;
}

it('a run in native words', async () => {
  const { json } = await h.ask('POST', '/v1/sessions', { body: { title: 'Goal' } });
  const send = (event: object, phase: Phase, ...announced: object[]): Step => ({
    path: `/v1/sessions/${json.id}/events`,
    body: { events: [event] },
    phase,
    announced,
  });
  await runOf(json.id, [
    send({ type: 'user.message', content: 'go' }, 'created'),
    send({ type: 'session.status_running' }, 'running', started({ goal: 'Goal', model: null })),
    send({ type: 'session.status_rescheduled' }, 'rescheduling'),
    send({ type: 'session.status_running' }, 'running'),
    send({ type: 'session.status_idle', stop_reason: { type: 'requires_action' } }, 'paused'),
    send({ type: 'session.status_running' }, 'running'),
    send({ type: 'session.status_idle', stop_reason: { type: 'end_turn' } }, 'finished', completed(7)),
    send({ type: 'session.status_running' }, 'running', started()),
    send(
      { type: 'session.error', error: { type: 'api_error', message: 'gone' }, retry_status: { type: 'exhausted' } },
      'failed',
      failed('api_error', 'gone', 9),
    ),
    send({ type: 'session.status_idle' }, 'failed'),
    send({ type: 'terminated' }, 'terminated'),
  ]);
});

it('a run in workflow words', async () => {
  await h.ask('POST', '/api/v2/sessions', { body: { name: 'Goal' } });
  const id = await newest();
  const send = (event_type: string, phase: Phase, announced: readonly object[] = [], more: object = {}): Step => ({
    path: `/api/v2/sessions/${uuidOfId(id)}/events`,
    body: { event_type, ...more },
    phase,
    announced,
  });
  await runOf(id, [
    send('session_created', 'created'),
    send('workflow_started', 'running', [started({ goal: 'Goal' })]),
    send('workflow_paused', 'paused'),
    send('workflow_resumed', 'running'),
    send('workflow_error', 'running', [], { event_data: { error: 'limit', recoverable: true } }),
    send('workflow_completed', 'finished', [completed(6)]),
    send('workflow_resumed', 'running', [started()]),
    send('workflow_failed', 'failed', [failed('LLMError', 'gave up', 8)], {
      event_data: { error: 'gave up', error_type: 'LLMError' },
    }),
    send('workflow_started', 'running', [started()]),
    send('workflow_failed', 'failed', [failed(null, 'Told in words.', 10)], { message: 'Told in words.' }),
  ]);
});

it('a run in runtime words', async () => {
  const base = { session_id: 'life-1', session_name: 'Goal' };
  await h.ask('POST', '/sessions', { body: base });
  const id = await newest();
  expect(await statusesOf(id)).toEqual(STATUS_OF_PHASE.running);
  const send = (event_type: string, phase: Phase, announced: readonly object[] = [], more: object = {}): Step => ({
    path: '/sessions/life-1/events',
    body: { ...base, event_type, timestamp: '2026-02-03T04:05:06Z', ...more },
    phase,
    announced,
  });
  await runOf(id, [
    send('session_start', 'running', [started({ goal: 'Goal' })]),
    send('pre_tool', 'running'),
    send('session_stop', 'finished', [completed(3)], { exit_code: 0 }),
    send('session_start', 'running', [started()]),
    send('session_stop', 'failed', [failed(null, 'killed', 5)], { exit_code: 137, reason: 'killed' }),
  ]);
});

it('a run in runtime words that began with an event', async () => {
  const base = { session_id: 'life-2', session_name: 'Goal', timestamp: '2026-02-03T04:05:06Z' };
  await h.ask('POST', '/events', { body: { ...base, event_type: 'session_start' } });
  const id = await newest();
  expect(await statusesOf(id)).toEqual(STATUS_OF_PHASE.running);
  const send = (event_type: string, phase: Phase, ...announced: object[]): Step => ({
    path: '/events',
    body: { ...base, event_type },
    phase,
    announced,
  });
  await runOf(id, [
    send('message', 'running', started({ goal: 'Goal' })),
    send('session_stop', 'finished', completed(3)),
    send('session_start', 'running', started()),
  ]);
});

it('a run in wave words', async () => {
  const { json } = await h.ask('POST', '/api/sessions');
  const id = await newest();
  const path = `/api/sessions/${json.token}`;
  const push = (data: string, phase: Phase, ...announced: object[]): Step => ({
    path: `${path}/events`,
    body: { type: 'status', data },
    phase,
    announced,
  });
  const move = (name: string, phase: Phase, ...announced: object[]): Step => ({
    path: `${path}/${name}`,
    phase,
    announced,
  });
  await runOf(id, [
    move('pause', 'created'),
    move('start', 'running', started()),
    move('start', 'running'),
    move('pause', 'paused'),
    move('start', 'running'),
    push('paused', 'paused'),
    push('running', 'running'),
    push('completed', 'finished', completed(6)),
    move('stop', 'finished'),
    push('running', 'running', started()),
    move('stop', 'failed', failed(null, null, 8)),
    move('start', 'failed'),
  ]);
  const { json: listed } = await h.ask('GET', `${path}/events?last_event=0`);
  expect(listed.map(({ data }: { data: string }) => data)).toEqual([
    ...['running', 'paused', 'running', 'paused', 'running', 'completed', 'running', 'aborted'],
  ]);
});

it("wave's words move nothing in a session of another vocabulary, nor do its controls", async () => {
  const { json } = await h.ask('POST', '/v1/sessions', { body: {} });
  const path = `/api/sessions/${uuidOfId(json.id)}`;
  await runOf(json.id, [
    { path: `${path}/events`, body: { type: 'status', data: 'running' }, phase: 'created' },
    { path: `${path}/start`, phase: 'created' },
    {
      path: `/v1/sessions/${json.id}/events`,
      body: { events: [{ type: 'status', data: 'aborted' }] },
      phase: 'created',
    },
  ]);
});

it('what is published never moves a session', async () => {
  const { json } = await h.ask('POST', '/v1/sessions', { body: {} });
  const publish = (type: string): Step => ({
    path: '/api/v1/events',
    body: { type, data: { session_id: json.id } },
    phase: 'created',
  });
  await runOf(json.id, [
    publish('session.started'),
    publish('session.completed'),
    publish('session.failed'),
    publish('workflow_started'),
    publish('session_stop'),
    publish('terminated'),
  ]);
});

it('nothing but a reopening is taken by a terminated session, in any dialect', async () => {
  const base = { session_id: 'ended-1', session_name: 'Goal', timestamp: '2026-02-03T04:05:06Z' };
  await h.ask('POST', '/sessions', { body: base });
  const id = await newest();
  const end = () => h.ask('POST', `/v1/sessions/${id}/events`, { body: { events: [{ type: 'terminated' }] } });
  await end();
  const uuid = uuidOfId(id);
  const refused = [
    await h.ask('POST', `/v1/sessions/${id}/events`, { body: { events: [{ type: 'note' }] } }),
    await h.ask('POST', `/api/v2/sessions/${uuid}/events`, { body: { event_type: 'workflow_started' } }),
    await h.ask('POST', `/api/sessions/${uuid}/events`, { body: { type: 'note' } }),
    await h.ask('POST', '/sessions/ended-1/events', { body: { ...base, event_type: 'message' } }),
    await h.ask('POST', '/events', { body: { ...base, event_type: 'message' } }),
  ];
  expect(refused.map(({ status }) => status)).toEqual([409, 409, 409, 409, 409]);
  expect((await statusesOf(id)).cloud).toBe('terminated');
  const reopened = await h.ask('POST', '/events', { body: { ...base, event_type: 'session_start' } });
  expect(reopened.status).toBe(200);
  expect(await statusesOf(id)).toEqual(STATUS_OF_PHASE.running);
  await end();
  const again = await h.ask('POST', `/api/v2/sessions/${uuid}/events`, { body: { event_type: 'session_start' } });
  expect(again.status).toBe(201);
  expect(await statusesOf(id)).toEqual(STATUS_OF_PHASE.running);
});

import { describe, expect, it } from 'vitest';
import { draftFrom, draftOf } from './support/drafts.ts';
import { expectRefusal } from './support/refusals.ts';

/** The examples of the native contract that have fields of their own, as its document prints them. */
const SESSION_EXAMPLES = {
  'session.status_idle': {
    status: 'idle',
    usage: { input_tokens: 150, output_tokens: 42, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 },
    stop_reason: { type: 'end_turn' },
  },
  'session.error': {
    error: { message: 'The operation was aborted due to timeout', type: 'unknown_error' },
    details: { message: 'The operation was aborted due to timeout', name: 'TimeoutError' },
    retry_status: { type: 'exhausted' },
  },
};

/** The `data` of the platform's examples, as its document prints them: first in each the id that is required. */
const RESOURCE_EXAMPLES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'agent.created': {
    agent_id: 'agent_123',
    name: 'Research Assistant',
    model: 'gpt-4-turbo',
    tools: ['web_search'],
    created_by: 'user_456',
  },
  'agent.updated': {
    agent_id: 'agent_123',
    changes: { name: { old: 'Old Name', new: 'New Name' } },
    updated_by: 'user_456',
  },
  'agent.deleted': { agent_id: 'agent_123', deleted_by: 'user_456', permanent: false },
  'agent.published': { agent_id: 'agent_123', listing_id: 'mkt_abc', price: 49.99, dsid: '0x...' },
  'session.started': {
    session_id: 'sess_123',
    agent_id: 'agent_456',
    goal: 'Research AI trends',
    model: 'gpt-4-turbo',
  },
  'session.step.completed': {
    session_id: 'sess_123',
    step_number: 3,
    step_type: 'tool_call',
    tool: 'web_search',
    duration_ms: 1234,
  },
  'session.completed': {
    session_id: 'sess_123',
    agent_id: 'agent_456',
    status: 'completed',
    steps: 5,
    duration_ms: 12345,
    tokens_used: 2500,
  },
  'session.failed': {
    session_id: 'sess_123',
    agent_id: 'agent_456',
    error_code: 'timeout',
    error_message: 'Session timed out after 300 seconds',
    step_number: 3,
  },
  'team.task.assigned': {
    team_id: 'team_123',
    task_id: 'task_456',
    assigned_to: 'agent_789',
    assigned_by: 'agent_lead',
    task_description: 'Research competitor pricing',
  },
  'team.task.completed': {
    team_id: 'team_123',
    task_id: 'task_456',
    completed_by: 'agent_789',
    result: 'success',
    duration_ms: 5000,
  },
  'team.execution.completed': {
    team_id: 'team_123',
    execution_id: 'exec_456',
    status: 'completed',
    agents_used: 3,
    total_steps: 15,
    duration_ms: 45000,
  },
  'webhook.sent': {
    webhook_id: 'wh_123',
    delivery_id: 'del_456',
    url: 'https://example.com/webhook',
    status_code: 200,
    duration_ms: 234,
  },
  'webhook.failed': {
    webhook_id: 'wh_123',
    delivery_id: 'del_456',
    url: 'https://example.com/webhook',
    error: 'Connection timeout',
    retry_count: 2,
    next_retry_at: '2026-02-21T03:30:00Z',
  },
  'user.login': { user_id: 'user_123', method: 'password', ip_address: '192.168.1.1', user_agent: 'Mozilla/5.0...' },
  'user.settings.updated': { user_id: 'user_123', changes: { notification_email: { old: false, new: true } } },
  'billing.invoice.created': {
    invoice_id: 'inv_123',
    amount: 99.0,
    currency: 'USD',
    period_start: '2026-02-01',
    period_end: '2026-02-28',
  },
  'billing.payment.succeeded': {
    payment_id: 'pay_123',
    invoice_id: 'inv_456',
    amount: 99.0,
    currency: 'USD',
    method: 'card',
  },
  'billing.payment.failed': {
    payment_id: 'pay_123',
    invoice_id: 'inv_456',
    amount: 99.0,
    error: 'Card declined',
    retry_at: '2026-02-22T00:00:00Z',
  },
};

/** The payload of workflow events, as the fields of the contract. */
const STEP_FIELDS = { step_code: 'string', old_status: 'string', new_status: 'string', duration_seconds: 'number' };
const RUN_FIELDS = { workflow_type: 'string', duration_seconds: 'number', tests_generated: 'number' };
const ERROR_FIELDS = {
  error: 'string',
  error_type: 'string',
  recoverable: 'boolean',
  retry_after: 'number',
  duration_seconds: 'number',
};
const WORKFLOW_FIELDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  session_created: {},
  status_changed: { old_status: 'string', new_status: 'string', duration_seconds: 'number' },
  step_created: STEP_FIELDS,
  step_status_changed: STEP_FIELDS,
  artifact_created: { artifact_id: 'string', step_code: 'string' },
  workflow_started: RUN_FIELDS,
  workflow_resumed: RUN_FIELDS,
  workflow_paused: RUN_FIELDS,
  workflow_completed: RUN_FIELDS,
  workflow_failed: { ...RUN_FIELDS, ...ERROR_FIELDS },
  workflow_error: ERROR_FIELDS,
};

const RUNTIME_FIELDS: Readonly<Record<string, string>> = {
  session_name: 'string',
  tool_name: 'string',
  tool_input: 'object',
  error: 'string',
  exit_code: 'number',
  reason: 'string',
  role: 'string',
  content: 'array',
};

const JSON_VALUES = { string: 'x', number: 1, boolean: true, object: {}, array: [1] } as const;

describe('content', () => {
  const block = { type: 'text', text: 'Hello' };

  it.each([
    ['user.message', 'Hello'],
    ['user.message', ''],
    ['user.message', [block]],
    ['user.message', [block, {}]],
    ['agent.message', [block]],
    ['system.message', [block]],
    ['agent.message', [{ type: 'a block of tomorrow', deep: [[[{}]]] }]],
  ])('of %s may be %j', (type, content) => {
    expect(draftOf({ type, content }).fields).toBe(`"content":${JSON.stringify(content)}`);
  });

  it.each(['user.message', 'agent.message', 'system.message'])('of %s must be there and hold blocks', (type) => {
    for (const content of [undefined, null, [], {}, block, 1, true, ['Hello'], [block, 'Hello'], [null], [[block]]]) {
      expectRefusal(() => draftOf({ type, content }), 'invalid_request', 'events[3].content');
    }
  });

  it.each(['agent.message', 'system.message'])('of %s is no bare text', (type) => {
    expectRefusal(() => draftOf({ type, content: 'Hello' }), 'invalid_request', 'events[3].content');
  });

  it.each(['agent.thinking', 'user.interrupt', 'messages', 'note.added'])('of %s is not looked at', (type) => {
    for (const content of [null, [], 1, 'Hello']) {
      expect(draftOf({ type, content }).fields).toBe(`"content":${JSON.stringify(content)}`);
    }
  });
});

describe('the session events of the native contract', () => {
  it.each(Object.entries(SESSION_EXAMPLES))('the example of %s is taken, and so is a bare one', (type, example) => {
    expect(draftOf({ type, ...example }).fields).toBe(JSON.stringify(example).slice(1, -1));
    expect(draftOf({ type }).fields).toBe('');
  });

  it.each(Object.entries(SESSION_EXAMPLES))(
    'each field of %s has the JSON type of its example, or is null',
    (type, example) => {
      for (const path of fieldPaths(example)) {
        const valueKind = kindOf(valueAt(example, path));
        for (const [kind, value] of Object.entries(JSON_VALUES)) {
          if (kind === valueKind) continue;
          const param = `events[3].${path.join('.')}`;
          expectRefusal(() => draftOf({ type, ...withValueAt(example, path, value) }), 'invalid_request', param);
        }
        const withNull = withValueAt(example, path, null);
        expect(draftOf({ type, ...withNull }).fields).toBe(JSON.stringify(withNull).slice(1, -1));
      }
    },
  );

  it('fields that no contract lists may be anything', () => {
    const odd = { usage: { web_searches: 'many' }, stop_reason: { type: 'x', more: 1 }, budget: [1], error: 5 };
    expect(draftOf({ type: 'session.status_idle', ...odd }).fields).toBe(JSON.stringify(odd).slice(1, -1));
  });
});

describe('resource events', () => {
  it.each(Object.entries(RESOURCE_EXAMPLES))('the example of %s is taken as it is', (type, data) => {
    expect(draftOf({ type, data }).fields).toBe(`"data":${JSON.stringify(data)}`);
  });

  it.each(Object.entries(RESOURCE_EXAMPLES))('%s must say what it is about, by its first id', (type, data) => {
    const [required = ''] = Object.keys(data).filter((name) => name.endsWith('_id'));
    const param = `events[3].data.${required}`;
    const { [required]: _, ...rest } = data;
    expect(draftOf({ type, data: { [required]: 'x' } }).fields).toBe(`"data":{"${required}":"x"}`);
    for (const wrong of [undefined, null, 'x', 1, [], {}, [data], rest, { ...data, [required]: null }]) {
      expectRefusal(() => draftOf({ type, data: wrong }), 'invalid_request', param);
    }
    for (const id of [1, true, [], {}]) {
      expectRefusal(() => draftOf({ type, data: { ...data, [required]: id } }), 'invalid_request', param);
    }
  });

  it.each(Object.entries(RESOURCE_EXAMPLES))(
    'each field of %s has the JSON type of its example, or is null',
    (type, data) => {
      for (const [name, example] of Object.entries(data).slice(1)) {
        for (const [kind, value] of Object.entries(JSON_VALUES)) {
          if (kind === kindOf(example)) continue;
          const wrong = { ...data, [name]: value };
          expectRefusal(() => draftOf({ type, data: wrong }), 'invalid_request', `events[3].data.${name}`);
        }
        const withNull = { ...data, [name]: null };
        expect(draftOf({ type, data: withNull }).fields).toBe(`"data":${JSON.stringify(withNull)}`);
      }
    },
  );

  it.each([
    'agent.retired',
    'session.created',
    'session.updated',
    'webhook.retried',
    'system.maintenance',
    'note.added',
  ])('%s has no example and is open', (type) => {
    for (const data of [null, 1, [], { session_id: 7, agent_id: {} }]) {
      expect(draftOf({ type, data }).fields).toBe(`"data":${JSON.stringify(data)}`);
    }
  });
});

describe('the events of the workflow contract', () => {
  it.each(Object.entries(WORKFLOW_FIELDS))(
    'each field of %s has its JSON type or is null, in data when the workflow dialect sends it, at the top otherwise',
    (type, fields) => {
      for (const [name, kind] of Object.entries(fields)) {
        for (const [other, value] of [...Object.entries(JSON_VALUES), ['null', null] as const]) {
          const own = { [name]: value, more: [1] };
          const fits = other === kind || other === 'null';
          const sent = () => draftFrom('workflow', type, { data: own });
          const native = () => draftOf({ type, ...own });
          if (fits) {
            expect(sent().fields).toBe(`"data":${JSON.stringify(own)}`);
            expect(native().fields).toBe(JSON.stringify(own).slice(1, -1));
          } else {
            expectRefusal(sent, 'invalid_request', `event_data.${name}`);
            expectRefusal(native, 'invalid_request', `events[3].${name}`);
          }
        }
      }
    },
  );

  it('what their data is not made of may be anything: none, a list, a number, and what stands beside it', () => {
    for (const type of Object.keys(WORKFLOW_FIELDS)) {
      for (const own of [{}, { data: null }, { data: [1] }, { data: 7 }, { duration_seconds: 'x', data: {} }]) {
        expect(draftFrom('workflow', type, own).fields).toBe(JSON.stringify(own).slice(1, -1));
      }
      expect(draftOf({ type, data: { step_code: 1, error: 1, duration_seconds: 'x' } }).type).toBe(type);
    }
  });
});

describe('the events of the runtime contract', () => {
  const RUNTIME_TYPES = ['session_start', 'pre_tool', 'post_tool', 'session_stop', 'message'];

  it.each(RUNTIME_TYPES)('each field of %s has its JSON type or is null, whoever sends it', (type) => {
    for (const [name, kind] of Object.entries(RUNTIME_FIELDS)) {
      for (const [other, value] of [...Object.entries(JSON_VALUES), ['null', null] as const]) {
        const own = { [name]: value };
        const attempts = [
          { run: () => draftFrom('runtime', type, own), param: name },
          { run: () => draftOf({ type, ...own }), param: `events[3].${name}` },
          { run: () => draftFrom('platform', type, { data: own }), param: `event_data.${name}` },
        ];
        for (const { run, param } of attempts) {
          if (other === kind || other === 'null') expect(run().type).toBe(type);
          else expectRefusal(run, 'invalid_request', param);
        }
      }
    }
  });

  it('their outputs, and what they do not list, may be anything', () => {
    for (const type of RUNTIME_TYPES) {
      for (const value of [null, 1, 'x', [], {}, true]) {
        expect(draftFrom('runtime', type, { tool_output: value, more: value }).type).toBe(type);
      }
    }
  });
});

it('what the wave dialect sends is not checked, whatever its type', () => {
  const odd = { data: { content: 1, exit_code: 'x', error: 5 }, usage: 'x', content: 7 };
  const types = ['user.message', 'session.error', 'workflow_failed', 'message', 'agent.created', 'status'];
  for (const type of types) {
    expect(draftFrom('wave', type, odd).fields).toBe(JSON.stringify(odd).slice(1, -1));
    expect(draftFrom('wave', type, {}).fields).toBe('');
  }
});

it('resource events say what they are about in data, and messages have their content at the top, whoever sends them', () => {
  for (const origin of ['workflow', 'platform', 'runtime'] as const) {
    expectRefusal(() => draftFrom(origin, 'agent.created', {}), 'invalid_request', 'event_data.agent_id');
    expectRefusal(() => draftFrom(origin, 'agent.message', { data: {} }), 'invalid_request', 'content');
    expect(draftFrom(origin, 'agent.created', { data: { agent_id: 'x' } }).aboutAgent).toBe('x');
  }
});

describe('lifecycle facts', () => {
  const idle = (fields: object) => draftOf({ type: 'session.status_idle', ...fields });
  const error = (fields: object) => draftOf({ type: 'session.error', ...fields });
  const stop = (fields: object) => draftOf({ type: 'session_stop', ...fields });

  it('a session settles at the end of its turn, and waits for any other reason', () => {
    expect(idle({}).signal).toBe('settle');
    expect(idle({ stop_reason: null }).signal).toBe('settle');
    expect(idle({ stop_reason: {} }).signal).toBe('settle');
    expect(idle({ stop_reason: { type: 'end_turn' } }).signal).toBe('settle');
    expect(idle({ stop_reason: { type: 'requires_action' } }).signal).toBe('wait');
    expect(idle({ stop_reason: { type: '' } }).signal).toBe('wait');
    expect(draftOf('{"type":"session.status_idle","stop_reason":{"type":"end\\u005fturn"}}').signal).toBe('settle');
  });

  it('an error fails a session when nothing retries it, whichever level says so', () => {
    for (const word of ['exhausted', 'terminal']) {
      expect(error({ retry_status: { type: word } }).signal).toBe('fail');
      expect(error({ error: { retry_status: { type: word } } }).signal).toBe('fail');
      expect(error({ error: { retry_status: word } }).signal).toBe('fail');
    }
    for (const word of ['retrying', '', 'EXHAUSTED']) {
      expect(error({ retry_status: { type: word } }).signal).toBe(null);
      expect(error({ error: { retry_status: { type: word } } }).signal).toBe(null);
    }
    expect(error({}).signal).toBe(null);
    expect(error({ retry_status: null, error: null }).signal).toBe(null);
    expect(error({ details: { retry_status: { type: 'exhausted' } } }).signal).toBe(null);
  });

  it('a stop fails a session by its exit code', () => {
    const signals = [undefined, null, 0, -0, 1, -1, 137, 0.5].map((code) => stop({ exit_code: code }).signal);
    expect(signals).toEqual(['finish', 'finish', 'finish', 'finish', 'fail', 'fail', 'fail', 'fail']);
    expect(draftOf('{"type":"session_stop","exit_code":0.0e5}').signal).toBe('finish');
  });

  it('a failure carries its code and its message', () => {
    expect(
      error({ retry_status: { type: 'exhausted' }, error: { type: 'overloaded', message: 'Busy' } }).failure,
    ).toEqual({ code: 'overloaded', message: 'Busy' });
    expect(stop({ exit_code: 1, reason: 'killed' }).failure).toEqual({ code: null, message: 'killed' });
    expect(stop({ exit_code: 1, error: 'Out of memory', error_type: 'oom' }).failure).toEqual({
      code: 'oom',
      message: 'Out of memory',
    });
    expect(draftOf({ type: 'workflow_failed' }).failure).toEqual({ code: null, message: null });
    expect(stop({ exit_code: 0, error: 'not a failure' }).failure).toBe(null);
    expect(error({ error: { type: 'overloaded', message: 'Busy' } }).failure).toBe(null);
  });

  it('only whole, positive counts that a double holds exactly are added up', () => {
    const source = (count: string) =>
      `{"type":"session.status_idle","usage":{"input_tokens":${count},"output_tokens":7,"cache_read_input_tokens":null}}`;
    const counted = Object.entries({
      '0': 0,
      '150': 150,
      '150.0': 150,
      '1.5e2': 150,
      '9007199254740991': 9_007_199_254_740_991,
      '9007199254740993': 0,
      '1e300': 0,
      '1.5': 0,
      '-1': 0,
      null: 0,
    });
    for (const [text, inputTokens] of counted) {
      const usage = { inputTokens, outputTokens: 7, cacheReadInputTokens: 0, cacheCreationInputTokens: 0 };
      expect(draftOf(source(text)).usage, text).toEqual(usage);
    }
  });

  it('only an idle event has usage', () => {
    const usage = { input_tokens: 1 };
    expect(idle({}).usage).toBe(null);
    expect(idle({ usage: null }).usage).toBe(null);
    expect(draftOf({ type: 'span.model_request_end', usage }).usage).toBe(null);
    expect(draftOf({ type: 'session.status_running', usage }).usage).toBe(null);
  });

  it('the names that the server announces, and those of other events, move nothing', () => {
    const types = ['session.completed', 'session.failed', 'session.started'];
    for (const type of types) expect(draftOf({ type, data: { session_id: 'run-1' } }).signal).toBe(null);
    for (const type of ['user.interrupt', 'agent.thinking', 'status', 'workflow_error']) {
      expect(draftOf({ type, exit_code: 1, retry_status: { type: 'exhausted' } }).signal).toBe(null);
    }
  });
});

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'array' : typeof value;
}

function fieldPaths(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (kindOf(value) !== 'object') return [];
  return Object.entries(value as object).flatMap(([name, inner]) => [
    [...path, name],
    ...fieldPaths(inner, [...path, name]),
  ]);
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce((inner, name) => (inner as Record<string, unknown>)[name], value);
}

function withValueAt(value: unknown, path: readonly string[], replaced: unknown): object {
  const copy = structuredClone(value) as Record<string, unknown>;
  const last = path.at(-1) ?? '';
  (valueAt(copy, path.slice(0, -1)) as Record<string, unknown>)[last] = replaced;
  return copy;
}

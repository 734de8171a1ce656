/**
 * What is checked of an event's own fields. The set of types is open and fields are kept as sent; checked are only the
 * `content` of messages, the field that says what a resource event is about, and the JSON type of the fields that the
 * contracts' examples show. A null counts as absent.
 */
import { invalid } from './errors.ts';
import { type JsonKind, type JsonNode, member } from './json.ts';
import type { Origin } from './origins.ts';

type FieldKind = 'string' | 'number' | 'boolean' | 'object' | 'array';
interface Shape {
  readonly [field: string]: FieldKind | Shape;
}

const USAGE: Shape = {
  input_tokens: 'number',
  output_tokens: 'number',
  cache_read_input_tokens: 'number',
  cache_creation_input_tokens: 'number',
};

const BLOCK: Shape = { type: 'string', text: 'string' };

/** The example fields of the session events. */
const SESSION_EVENT_SHAPES: Readonly<Record<string, Shape>> = {
  'session.status_idle': { usage: USAGE, status: 'string', stop_reason: { type: 'string' } },
  'session.error': {
    error: { message: 'string', type: 'string' },
    details: { message: 'string', name: 'string' },
    retry_status: { type: 'string' },
  },
};

/** The payload of workflow events. */
const STEP: Shape = { step_code: 'string', old_status: 'string', new_status: 'string', duration_seconds: 'number' };
const WORKFLOW_ERROR: Shape = {
  error: 'string',
  error_type: 'string',
  recoverable: 'boolean',
  retry_after: 'number',
  duration_seconds: 'number',
};
const WORKFLOW_RUN: Shape = { workflow_type: 'string', duration_seconds: 'number', tests_generated: 'number' };
const WORKFLOW_EVENT_SHAPES: Readonly<Record<string, Shape>> = {
  session_created: {},
  status_changed: { old_status: 'string', new_status: 'string', duration_seconds: 'number' },
  step_created: STEP,
  step_status_changed: STEP,
  artifact_created: { artifact_id: 'string', step_code: 'string' },
  workflow_started: WORKFLOW_RUN,
  workflow_resumed: WORKFLOW_RUN,
  workflow_paused: WORKFLOW_RUN,
  workflow_completed: WORKFLOW_RUN,
  workflow_failed: { ...WORKFLOW_RUN, ...WORKFLOW_ERROR },
  workflow_error: WORKFLOW_ERROR,
};

/** The fields of the runtime's events, all at the top. */
const RUNTIME: Shape = {
  session_name: 'string',
  tool_name: 'string',
  tool_input: 'object',
  error: 'string',
  exit_code: 'number',
  reason: 'string',
  role: 'string',
  content: 'array',
};
const RUNTIME_EVENTS: ReadonlySet<string> = new Set([
  'session_start',
  'pre_tool',
  'post_tool',
  'session_stop',
  'message',
]);

/** The `data` of the resource events; the first member is required. */
const RESOURCE_EVENT_SHAPES: Readonly<Record<string, Shape>> = {
  'agent.created': {
    agent_id: 'string',
    name: 'string',
    model: 'string',
    tools: 'array',
    created_by: 'string',
  },
  'agent.updated': { agent_id: 'string', changes: 'object', updated_by: 'string' },
  'agent.deleted': { agent_id: 'string', deleted_by: 'string', permanent: 'boolean' },
  'agent.published': { agent_id: 'string', listing_id: 'string', price: 'number', dsid: 'string' },
  'session.started': { session_id: 'string', agent_id: 'string', goal: 'string', model: 'string' },
  'session.step.completed': {
    session_id: 'string',
    step_number: 'number',
    step_type: 'string',
    tool: 'string',
    duration_ms: 'number',
  },
  'session.completed': {
    session_id: 'string',
    agent_id: 'string',
    status: 'string',
    steps: 'number',
    duration_ms: 'number',
    tokens_used: 'number',
  },
  'session.failed': {
    session_id: 'string',
    agent_id: 'string',
    error_code: 'string',
    error_message: 'string',
    step_number: 'number',
  },
  'team.task.assigned': {
    team_id: 'string',
    task_id: 'string',
    assigned_to: 'string',
    assigned_by: 'string',
    task_description: 'string',
  },
  'team.task.completed': {
    team_id: 'string',
    task_id: 'string',
    completed_by: 'string',
    result: 'string',
    duration_ms: 'number',
  },
  'team.execution.completed': {
    team_id: 'string',
    execution_id: 'string',
    status: 'string',
    agents_used: 'number',
    total_steps: 'number',
    duration_ms: 'number',
  },
  'webhook.sent': {
    webhook_id: 'string',
    delivery_id: 'string',
    url: 'string',
    status_code: 'number',
    duration_ms: 'number',
  },
  'webhook.failed': {
    webhook_id: 'string',
    delivery_id: 'string',
    url: 'string',
    error: 'string',
    retry_count: 'number',
    next_retry_at: 'string',
  },
  'user.login': { user_id: 'string', method: 'string', ip_address: 'string', user_agent: 'string' },
  'user.settings.updated': { user_id: 'string', changes: 'object' },
  'billing.invoice.created': {
    invoice_id: 'string',
    amount: 'number',
    currency: 'string',
    period_start: 'string',
    period_end: 'string',
  },
  'billing.payment.succeeded': {
    payment_id: 'string',
    invoice_id: 'string',
    amount: 'number',
    currency: 'string',
    method: 'string',
  },
  'billing.payment.failed': {
    payment_id: 'string',
    invoice_id: 'string',
    amount: 'number',
    error: 'string',
    retry_at: 'string',
  },
};

/** The event that is checked, as refusals name its parts. */
interface Checked {
  readonly type: string;
  readonly origin: Origin;
  readonly prefix: string;
  readonly data: string;
}

/**
 * Throws `invalid_request` when an event's own fields contradict its type. `payload` is the part of the event that other
 * dialects see; undefined when it is no object. What comes by the wave dialect is not checked.
 */
export function checkFields(checked: Checked, event: JsonNode, payload: JsonNode | undefined): void {
  const { type, origin, prefix } = checked;
  if (origin === 'wave') return;
  if (type === 'user.message' || type === 'agent.message' || type === 'system.message') {
    checkContent(type, member(event, 'content')?.value, `${prefix}content`);
  } else if (Object.hasOwn(SESSION_EVENT_SHAPES, type)) {
    checkPayload(checked, event, payload, SESSION_EVENT_SHAPES[type] as Shape);
  } else if (Object.hasOwn(WORKFLOW_EVENT_SHAPES, type)) {
    checkPayload(checked, event, payload, WORKFLOW_EVENT_SHAPES[type] as Shape);
  } else if (RUNTIME_EVENTS.has(type)) {
    checkPayload(checked, event, payload, RUNTIME);
  } else if (Object.hasOwn(RESOURCE_EVENT_SHAPES, type)) {
    const shape = RESOURCE_EVENT_SHAPES[type] as Shape;
    const path = `${prefix}${checked.data}`;
    const required = Object.keys(shape)[0] as string;
    const data = member(event, 'data')?.value;
    const subject = data?.kind === 'object' ? member(data, required)?.value : undefined;
    if (subject?.kind !== 'string') {
      const param = `${path}.${required}`;
      throw invalid(param, `'${param}' is required for '${type}': send the id that the event is about, as a string.`);
    }
    checkShape(data as JsonNode, shape, `${path}.`);
  }
}

function checkPayload(checked: Checked, event: JsonNode, payload: JsonNode | undefined, shape: Shape): void {
  if (payload === undefined) return;
  checkShape(payload, shape, payload === event ? checked.prefix : `${checked.prefix}${checked.data}.`);
}

function checkContent(type: string, content: JsonNode | undefined, param: string): void {
  if (type === 'user.message' && content?.kind === 'string') return;
  const blocks = content?.kind === 'array' ? content.items : [];
  if (blocks.length > 0 && blocks.every((block) => block.kind === 'object')) {
    for (const [index, block] of blocks.entries()) checkShape(block, BLOCK, `${param}[${index}].`);
    return;
  }
  const form = type === 'user.message' ? 'a string or a non-empty array of blocks' : 'a non-empty array of blocks';
  throw invalid(param, `'${param}' of '${type}' must be ${form}, such as [{"type":"text","text":"…"}].`);
}

/** `prefix` stands before the names of members in refusals. */
function checkShape(node: JsonNode, shape: Shape, prefix: string): void {
  for (const { name, value } of node.members) {
    const expected = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (expected === undefined || value.kind === 'null') continue;
    const kind: JsonKind = typeof expected === 'string' ? expected : 'object';
    const param = `${prefix}${name}`;
    if (value.kind !== kind) {
      throw invalid(param, `'${param}' must be ${kind === 'object' || kind === 'array' ? 'an' : 'a'} ${kind}.`);
    }
    if (typeof expected !== 'string') checkShape(value, expected, `${param}.`);
  }
}

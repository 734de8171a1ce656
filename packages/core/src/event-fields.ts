/**
 * What is checked of an event's own fields. The set of types is open and fields are kept as sent; checked are only the
 * `content` of messages, the field that says what a resource event is about, and the JSON type of the fields that the
 * contracts' examples show. A null counts as absent.
 */
import { invalid } from './errors.ts';
import { type JsonKind, type JsonNode, member } from './json.ts';

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

/** Throws `invalid_request` when an event's own fields contradict its type; `path` names the event (`events[3]`). */
export function checkFields(type: string, event: JsonNode, path: string): void {
  if (type === 'user.message' || type === 'agent.message' || type === 'system.message') {
    checkContent(type, member(event, 'content')?.value, `${path}.content`);
  } else if (Object.hasOwn(SESSION_EVENT_SHAPES, type)) {
    checkShape(event, SESSION_EVENT_SHAPES[type] as Shape, path);
  } else if (Object.hasOwn(RESOURCE_EVENT_SHAPES, type)) {
    const shape = RESOURCE_EVENT_SHAPES[type] as Shape;
    const required = Object.keys(shape)[0] as string;
    const data = member(event, 'data')?.value;
    const subject = data?.kind === 'object' ? member(data, required)?.value : undefined;
    if (subject?.kind !== 'string') {
      const param = `${path}.data.${required}`;
      throw invalid(param, `'${param}' is required for '${type}': send the id that the event is about, as a string.`);
    }
    checkShape(data as JsonNode, shape, `${path}.data`);
  }
}

function checkContent(type: string, content: JsonNode | undefined, param: string): void {
  if (type === 'user.message' && content?.kind === 'string') return;
  const blocks = content?.kind === 'array' ? content.items : [];
  if (blocks.length > 0 && blocks.every((block) => block.kind === 'object')) {
    for (const [index, block] of blocks.entries()) checkShape(block, BLOCK, `${param}[${index}]`);
    return;
  }
  const form = type === 'user.message' ? 'a string or a non-empty array of blocks' : 'a non-empty array of blocks';
  throw invalid(param, `'${param}' of '${type}' must be ${form}, such as [{"type":"text","text":"…"}].`);
}

function checkShape(node: JsonNode, shape: Shape, path: string): void {
  for (const { name, value } of node.members) {
    const expected = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (expected === undefined || value.kind === 'null') continue;
    const kind: JsonKind = typeof expected === 'string' ? expected : 'object';
    if (value.kind !== kind) {
      const param = `${path}.${name}`;
      throw invalid(param, `'${param}' must be ${kind === 'object' || kind === 'array' ? 'an' : 'a'} ${kind}.`);
    }
    if (typeof expected !== 'string') checkShape(value, expected, `${path}.${name}`);
  }
}

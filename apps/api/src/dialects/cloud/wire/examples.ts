/** The records that the reference shows; they belong together. */
export const SESSION_ID = 'sess_01K5ZV7QH37MZTXN4T6B9D0RFE';
export const EVENT_ID = 'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB';
const TURN_ID = 'turn_01K5ZV7R2C7M7DP7M0Q2W8E4CD';
export const TOKEN_ID = 'tok_01K5ZV6A9P74HSQ5F2J8T1Y3BN';
const CREATED_AT = '2025-09-25T08:12:49.443314Z';

const USAGE = {
  input_tokens: 150,
  output_tokens: 42,
  cache_read_input_tokens: 0,
  cache_creation_input_tokens: 0,
};

export const SESSION = {
  id: SESSION_ID,
  type: 'session',
  external_id: 'ticket-4711',
  agent: { type: 'agent', id: 'researcher', version: null },
  environment_id: null,
  title: 'Fix the login test',
  status: 'idle',
  metadata: { repository: 'web' },
  usage: USAGE,
  stats: { event_count: 2 },
  created_at: CREATED_AT,
  updated_at: '2025-09-25T08:12:51.020871Z',
  archived_at: null,
  resources: [],
  vault_ids: [],
  outcome_evaluations: [],
  budget: null,
};

const ENVELOPE = {
  session_id: SESSION_ID,
  turn_id: TURN_ID,
  schema_version: '1.0',
  created_at: '2025-09-25T08:12:49.996755Z',
  processed_at: '2025-09-25T08:12:49.996755Z',
};

export const USER_MESSAGE = {
  id: EVENT_ID,
  type: 'user.message',
  ...ENVELOPE,
  seq: 1,
  content: 'Hello, this is a test message.',
};

export const STATUS_IDLE = {
  id: 'evt_01K5ZV7S2C71QFQ2ZB6H9M3XKD',
  type: 'session.status_idle',
  ...ENVELOPE,
  created_at: '2025-09-25T08:12:51.020871Z',
  processed_at: '2025-09-25T08:12:51.020871Z',
  seq: 2,
  status: 'idle',
  usage: USAGE,
  stop_reason: { type: 'end_turn' },
};

export const SENT_EVENTS = [
  { type: 'user.message', content: 'Hello, this is a test message.' },
  { type: 'session.status_idle', status: 'idle', usage: USAGE, stop_reason: { type: 'end_turn' } },
];

export const ACCOUNT_EVENT = {
  ...ENVELOPE,
  id: 'evt_01K5ZV7R0S7PQ9H1C3T5V7X9ZB',
  type: 'agent.created',
  session_id: null,
  turn_id: null,
  seq: null,
  data: { agent_id: 'researcher', name: 'Researcher' },
};

export const PUBLISHED_EVENTS = [{ type: 'agent.created', data: { agent_id: 'researcher', name: 'Researcher' } }];

export const TOKEN = {
  id: TOKEN_ID,
  type: 'token',
  name: 'ci',
  scopes: ['sessions:read', 'events:read'],
  prefix: 'tlog_pat_4f9K',
  created_at: '2025-09-25T08:12:02.998412Z',
  expires_at: '2026-09-25T00:00:00.000000Z',
  last_used_at: null,
  revoked_at: null,
};

export const SECRET = 'tlog_pat_4f9KcV2mQx8ZsT1yWb6RnJ3hLd7PgA5eU0000000';

/** A page of the feed. */
export function feedPage(data: readonly { readonly id: string }[]) {
  return { ...page(data), scanned_through: data.at(-1)?.id ?? null };
}

/** A page of records. */
export function page(data: readonly { readonly id: string }[]) {
  return { data, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null, has_more: false, next_page: null };
}

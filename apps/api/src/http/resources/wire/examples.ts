/** The records that the reference shows; they belong together. */
export const WEBHOOK_ID = 'wh_01K5ZV8B3M6R9T2W5Y8B1D4F7H';
export const DELIVERY_ID = 'del_01K5ZV8D7Q2S5V8X1Z4B7D0F3H';
export const REPLAY_ID = 'rpl_01K5ZV9F2T4W7Y0A3C6E9G2J5M';
const EVENT_ID = 'evt_01K5ZV8C9M3Q6S9V2X5Z8B1D4F';
const SESSION_ID = 'sess_01K5ZV7QH37MZTXN4T6B9D0RFE';
const ENDPOINT = 'https://example.com/webhook';

export const SECRET = 'whsec_cGNWNnJuV0JDMk1zSk1nNzZrNk9ZSEw4UTBUeW5Ga1k=';

export const CREATED_WEBHOOK = {
  url: ENDPOINT,
  events: ['agent.created', 'session.completed', 'session.failed'],
  description: 'Tickets',
};

export function webhookExample(dialect: 'cloud' | 'platform') {
  return {
    id: WEBHOOK_ID,
    type: 'webhook',
    dialect,
    ...CREATED_WEBHOOK,
    metadata: {},
    ordering: 'none',
    rate_limit: null,
    announce: 'all',
    status: 'enabled',
    disabled_reason: null,
    disabled_at: null,
    last_success_at: null,
    last_failure_at: null,
    consecutive_failures: 0,
    lag: null,
    previous_secret_expires_at: null,
    created_at: '2025-09-25T08:13:08.852118Z',
    updated_at: '2025-09-25T08:13:08.852118Z',
  };
}

const ATTEMPT = {
  attempted_at: '2025-09-25T08:13:10.420731Z',
  status_code: 200,
  duration_ms: 84,
  error: null,
};

export const DELIVERY = {
  id: DELIVERY_ID,
  type: 'delivery',
  webhook_id: WEBHOOK_ID,
  event_id: EVENT_ID,
  event_type: 'session.completed',
  session_id: SESSION_ID,
  state: 'succeeded',
  cancel_reason: null,
  attempt_count: 1,
  status_code: ATTEMPT.status_code,
  duration_ms: ATTEMPT.duration_ms,
  error: ATTEMPT.error,
  next_attempt_at: null,
  replay_id: null,
  created_at: '2025-09-25T08:13:10.505214Z',
  attempted_at: ATTEMPT.attempted_at,
};

export const DELIVERY_WITH_ATTEMPTS = {
  ...DELIVERY,
  attempts: [
    {
      ...ATTEMPT,
      request_headers: {
        'content-type': 'application/json',
        'user-agent': 'Turnlog-Webhooks/1',
        'webhook-id': EVENT_ID,
        'webhook-timestamp': '1758787990',
        'webhook-signature': '[redacted]',
      },
      response_body: 'ok',
    },
  ],
};

export const CREATED_REPLAY = {
  since: '2025-09-24T00:00:00Z',
  until: '2025-09-25T00:00:00Z',
  types: ['session.*'],
  webhook_url: 'https://example.com/replay',
};

export const REPLAY = {
  id: REPLAY_ID,
  type: 'replay',
  event_count: 1250,
  status: 'running',
  reason: null,
  delivered: 310,
  failed: 2,
  total: 1250,
  webhook_id: null,
  webhook_url: CREATED_REPLAY.webhook_url,
  since: '2025-09-24T00:00:00.000000Z',
  until: '2025-09-25T00:00:00.000000Z',
  types: CREATED_REPLAY.types,
  session_id: null,
  rate: null,
  created_at: '2025-09-25T08:13:44.153291Z',
  updated_at: '2025-09-25T08:13:46.003127Z',
  ended_at: null,
};

export const NEW_REPLAY = { ...REPLAY, status: 'queued', delivered: 0, failed: 0, updated_at: REPLAY.created_at };

/** The run that the reference shows. */
export const SESSION_UUID = '019b7a4e-3c11-7a90-8f12-6d4b7a905c3e';

const RUN = { workflow_type: 'test_generation', duration_seconds: 45.67, tests_generated: 12 };

export const EVENT = {
  id: '019b7a4e-91d8-7c44-9a05-1f3e8b2d7c60',
  session_id: SESSION_UUID,
  step_id: null,
  event_type: 'workflow_completed',
  event_data: RUN,
  message: 'Test generation completed. Generated 12 tests.',
  timestamp: '2026-01-13T14:30:45.123456Z',
} as const;

export const SENT_EVENT = { event_type: EVENT.event_type, event_data: RUN, message: EVENT.message } as const;

export const SENT_SESSION = { name: 'Generate tests', config: { branch: 'main', max_steps: 12 } } as const;

export const SESSION = {
  id: SESSION_UUID,
  name: SENT_SESSION.name,
  status: 'completed',
  created_at: '2026-01-13T14:29:58.201337Z',
  updated_at: EVENT.timestamp,
} as const;

export const PAGINATION = {
  page: 1,
  per_page: 20,
  total: 1,
  total_pages: 1,
  has_next: false,
  has_prev: false,
} as const;

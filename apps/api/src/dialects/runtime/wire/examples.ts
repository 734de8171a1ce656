/** The examples of the reference: a session and what happens in it. */

export const SESSION_ID = 'abc-123';

export const SESSION = {
  session_id: SESSION_ID,
  session_name: 'My Session',
  status: 'running',
  created_at: '2026-01-31T09:30:00.000000Z',
  project_dir: '/path/to/project',
  agent_name: 'researcher',
  last_resumed_at: null,
};

export const SENT_EVENT = {
  event_type: 'post_tool',
  session_id: SESSION_ID,
  session_name: 'My Session',
  timestamp: '2026-01-31T09:30:02Z',
  tool_name: 'Read',
  tool_input: { file_path: '/path/to/project/README.md' },
  tool_output: '# My Project',
};

export const STARTED = {
  event_type: 'session_start',
  session_id: SESSION_ID,
  session_name: 'My Session',
  timestamp: '2026-01-31T09:30:00Z',
};

export const EVENT = {
  id: 'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB',
  session_id: SESSION_ID,
  event_type: 'post_tool',
  timestamp: '2026-01-31T09:30:02Z',
  tool_name: 'Read',
  tool_input: { file_path: '/path/to/project/README.md' },
  tool_output: '# My Project',
  error: null,
  exit_code: null,
  reason: null,
  role: null,
  content: null,
};

/** What the reference shows. */
export const TOKEN = '6fdbd1a0-c339-41e9-b775-6d49dd567772';
export const PAUSED = { type: 'status', data: 'paused' };
export const EVENTS = ['paused', 'running', 'paused', 'running'].map((data, index) => ({
  type: 'status',
  data,
  number: 9 + index,
}));

export const CONFIGURATION = {
  tests: { include: ['/xhr'], exclude: ['/xhr/resources'] },
  types: ['automatic'],
  timeouts: { automatic: 30000, manual: 300000 },
  reference_tokens: [],
  labels: ['nightly'],
};

export const SESSION = {
  token: TOKEN,
  tests: CONFIGURATION.tests,
  types: CONFIGURATION.types,
  timeouts: CONFIGURATION.timeouts,
  reference_tokens: CONFIGURATION.reference_tokens,
  user_agent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  browser: { name: 'Chrome', version: '140.0.0.0' },
  is_public: false,
  date_created: '2026-01-31T09:30:00.000000Z',
  labels: CONFIGURATION.labels,
};

export const STATUS = {
  token: TOKEN,
  status: 'running',
  date_started: '2026-01-31T09:30:05.000000Z',
  date_finished: null,
  expiration_date: null,
};

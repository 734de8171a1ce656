/** The document that the workflow dialect follows: every request of it, every shape field by field, every refusal byte for byte. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { Program, runs } from './programs.ts';
import {
  fixture,
  type Item,
  Run,
  SEED,
  STATUS_CHANGED,
  seedDocument,
  step,
  WORKFLOW_COMPLETED,
  WORKFLOW_ERROR,
} from './run.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/;
const ITEM_KEYS = ['id', 'session_id', 'step_id', 'event_type', 'event_data', 'message', 'timestamp'];
const PAGINATION_KEYS = ['page', 'per_page', 'total', 'total_pages', 'has_next', 'has_prev'];
const SINCE_DETAIL =
  "Invalid datetime format for 'since' parameter. Expected ISO 8601 format (e.g., 2026-01-13T14:30:00Z)";
const FIXTURES = readdirSync(new URL('./seed-000/', import.meta.url)).filter((name) => !name.endsWith('.md'));

let run: Run;
let stored: readonly Item[];

/** 156 events: steps, one error among them, and the completion last. */
beforeAll(async () => {
  run = await Run.open();
  const steps = Array.from({ length: 154 }, (_, n) => step(n));
  stored = await run.append(...steps.slice(0, 100), WORKFLOW_ERROR, ...steps.slice(100), WORKFLOW_COMPLETED);
});
afterAll(() => run.h.close());

test.each(FIXTURES)('%s says what the document says', (name) => {
  const seed = seedDocument();
  const said = fixture(name).replace(/\nexport \{ \w+ \};\n$/, '');
  expect(said.length).toBeGreaterThan(50);
  if (seed !== null) expect(seed.split('\n```').some((block) => block.endsWith(`\n${said.trimEnd()}`))).toBe(true);
});

test('the document is compared with', ({ skip }) => {
  skip(seedDocument() === null, '../shared/seeds is not beside this clone');
});

describe('1. Get Recent Events (Initial Load)', () => {
  it('answers 50 of 156 events, newest first, in the shape of the example', async () => {
    const { status, json, headers } = await run.list('?per_page=50');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/json');
    expect(Object.keys(json)).toEqual(['items', 'pagination']);
    expect(json.items).toHaveLength(50);
    expect(json.items).toEqual(stored.slice(-50).reverse());
    expect(json.items[0]).toEqual({
      id: expect.stringMatching(UUID),
      session_id: run.id,
      step_id: null,
      event_type: 'workflow_completed',
      event_data: { workflow_type: 'test_generation', duration_seconds: 45.67, tests_generated: 12 },
      message: 'Test generation completed. Generated 12 tests.',
      timestamp: expect.stringMatching(TIME),
    });
    for (const item of json.items) expect(Object.keys(item)).toEqual(ITEM_KEYS);
    expect(json.pagination).toEqual({
      page: 1,
      per_page: 50,
      total: 156,
      total_pages: 4,
      has_next: true,
      has_prev: false,
    });
    expect(Object.keys(json.pagination)).toEqual(PAGINATION_KEYS);
  });

  it('shows every event once over its four pages', async () => {
    const pages = await Promise.all([1, 2, 3, 4].map((page) => run.list(`?per_page=50&page=${page}`)));
    expect(pages.flatMap(({ json }) => json.items)).toEqual(stored.toReversed());
    expect(pages.map(({ json }) => [json.items.length, json.pagination.has_next, json.pagination.has_prev])).toEqual([
      [50, true, false],
      [50, true, true],
      [50, true, true],
      [6, false, true],
    ]);
  });
});

describe('2. Poll for New Events (Real-Time Monitoring)', () => {
  it('answers only what came after the newest timestamp, and never that event again', async () => {
    const own = await Run.open();
    await own.append(step(1), WORKFLOW_COMPLETED);
    const { json: before } = await own.list('?per_page=50');
    const [changed] = await own.append(STATUS_CHANGED);
    const { json } = await own.list(`?since=${before.items[0].timestamp}&per_page=50`);
    expect(json).toEqual({
      items: [
        {
          id: changed?.id,
          session_id: own.id,
          step_id: null,
          event_type: 'status_changed',
          event_data: { old_status: 'running', new_status: 'completed' },
          message: null,
          timestamp: changed?.timestamp,
        },
      ],
      pagination: { page: 1, per_page: 50, total: 1, total_pages: 1, has_next: false, has_prev: false },
    });
    const { json: nothing } = await own.list(`?since=${changed?.timestamp}&per_page=50`);
    expect(nothing).toEqual({
      items: [],
      pagination: { page: 1, per_page: 50, total: 0, total_pages: 0, has_next: false, has_prev: false },
    });
    await own.h.close();
  });
});

describe('3. Filter by Event Type (Troubleshooting)', () => {
  it('answers only errors, in the shape of the example', async () => {
    const { json } = await run.list('?event_type=workflow_error');
    expect(json).toEqual({
      items: [
        {
          id: expect.stringMatching(UUID),
          session_id: run.id,
          step_id: null,
          event_type: 'workflow_error',
          event_data: {
            error: 'LLM API rate limit exceeded',
            error_type: 'LLMRateLimitError',
            recoverable: true,
            retry_after: 60,
          },
          message: 'LLM API rate limit exceeded. Retrying in 60 seconds.',
          timestamp: expect.stringMatching(TIME),
        },
      ],
      pagination: { page: 1, per_page: 20, total: 1, total_pages: 1, has_next: false, has_prev: false },
    });
  });
});

describe('Query Parameters Reference', () => {
  it('page is 1 and per_page is 20 when neither is sent', async () => {
    const { json } = await run.list();
    expect(json.items).toEqual(stored.slice(-20).reverse());
    expect([json.pagination.page, json.pagination.per_page, json.pagination.total_pages]).toEqual([1, 20, 8]);
  });

  it('a page past the end is empty, and no error', async () => {
    const { status, json } = await run.list('?page=9');
    expect(status).toBe(200);
    expect(json).toEqual({
      items: [],
      pagination: { page: 9, per_page: 20, total: 156, total_pages: 8, has_next: false, has_prev: true },
    });
  });

  it('event_type matches exactly, with its case', async () => {
    for (const type of ['Workflow_Error', 'workflow', 'workflow_errors', 'workflow_*', '*']) {
      const { json } = await run.list(`?event_type=${type}`);
      expect([json.items, json.pagination.total], type).toEqual([[], 0]);
    }
  });

  it('filters are combined with AND', async () => {
    const error = stored[100];
    const before = stored[99];
    for (const [since, total] of [
      [before?.timestamp, 1],
      [error?.timestamp, 0],
    ]) {
      const { json } = await run.list(`?event_type=workflow_error&since=${since}`);
      expect(json.pagination.total).toBe(total);
    }
  });

  it.each([
    '2026-01-13T14:30:00Z',
    '2026-01-13T14:30:00+00:00',
    '2026-01-13T14:30:00%2B00:00',
    '2026-01-13T14:30:00.123456Z',
  ])('since=%s is a valid format', async (since) => {
    const { status, json } = await run.list(`?since=${since}`);
    expect([status, json.pagination.total]).toEqual([200, 156]);
  });
});

describe('Error Handling', () => {
  it('an unknown session is a 404 with its sentence', async () => {
    const headers = { 'x-api-key': run.key };
    const reply = await run.h.ask('GET', `/api/v2/sessions/${SEED.session}/events`, { token: null, headers });
    expect([reply.status, reply.text]).toEqual([404, `{"detail":"Session not found: ${SEED.session}"}`]);
  });

  it('the sessions that exist can be looked up', async () => {
    const { json } = await run.h.ask('GET', '/api/v2/sessions');
    expect(json.items.map(({ id }: Item) => id)).toEqual([run.id]);
  });

  it('an invalid since is a 400 with its sentence', async () => {
    const reply = await run.list('?since=yesterday');
    expect([reply.status, reply.text]).toEqual([400, JSON.stringify({ detail: SINCE_DETAIL })]);
  });

  it('an invalid per_page is a 400 with its sentence', async () => {
    const reply = await run.list('?per_page=101');
    expect([reply.status, reply.text]).toEqual([400, '{"detail":"per_page must be between 1 and 100"}']);
  });
});

describe('Event Types Reference', () => {
  const types = [
    ...['session_created', 'status_changed', 'step_created', 'step_status_changed', 'artifact_created'],
    ...['workflow_started', 'workflow_resumed', 'workflow_paused', 'workflow_completed', 'workflow_failed'],
    'workflow_error',
  ];
  it.each(types)('%s is taken with the common fields of event_data', async (event_type) => {
    const own = await run.h.ask('POST', '/api/v2/sessions', { body: {} });
    const event_data = {
      duration_seconds: 1.5,
      old_status: 'a',
      new_status: 'b',
      error: 'e',
      error_type: 't',
      step_code: 's',
      artifact_id: 'i',
    };
    const reply = await run.h.ask('POST', `/api/v2/sessions/${own.json.id}/events`, {
      body: { event_type, event_data },
    });
    expect([reply.status, reply.json.event_type, reply.json.event_data]).toEqual([201, event_type, event_data]);
  });
});

describe("the document's shell lines", () => {
  const folder = mkdtempSync(join(tmpdir(), 'turnlog-curl-'));
  const noCurl = !runs('curl', '--version');
  /** Only how curl prints: quietly, each answer on a line of its own. */
  writeFileSync(join(folder, '.curlrc'), 'silent\nshow-error\nwrite-out = "\\n"\n');
  afterAll(() => rmSync(folder, { recursive: true }));

  // biome-ignore lint/suspicious/noExplicitAny: answers are judged member by member
  async function answersOf(name: string): Promise<any[]> {
    const program = new Program('sh', ['-c', run.filledIn(fixture(name))], { CURL_HOME: folder });
    return (await program.all())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  }

  it('initial load', async ({ skip }) => {
    skip(noCurl, 'needs curl');
    expect(await answersOf('initial-load.sh')).toEqual([(await run.list('?per_page=50')).json]);
  });

  it('poll', async ({ skip }) => {
    skip(noCurl, 'needs curl');
    expect(await answersOf('poll.sh')).toEqual([(await run.list('?per_page=50')).json]);
  });

  it('filter by type', async ({ skip }) => {
    skip(noCurl, 'needs curl');
    expect(await answersOf('filter-by-type.sh')).toEqual([(await run.list('?event_type=workflow_error')).json]);
  });

  it('manual testing, 1 to 4', async ({ skip }) => {
    skip(noCurl, 'needs curl');
    const [recent, errors, fresh, second] = await answersOf('manual-testing.sh');
    expect(recent).toEqual((await run.list('?per_page=10')).json);
    expect(errors).toEqual((await run.list('?event_type=workflow_error')).json);
    expect(fresh.items.every(({ timestamp }: Item) => timestamp > (stored[0] as Item).timestamp)).toBe(true);
    expect(fresh.pagination).toMatchObject({ page: 1, per_page: 20, has_prev: false });
    expect(second).toEqual((await run.list('?page=2&per_page=20')).json);
  });
});

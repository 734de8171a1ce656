/** The Python client of the document that the workflow dialect follows, as it stands there, against a listening server. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { Program, runs } from './programs.ts';
import { fixture, type Item, Run, STATUS_CHANGED, step, WORKFLOW_COMPLETED, WORKFLOW_ERROR } from './run.ts';

const CLIENT = 'session_events_client.py';
const POLLING = 'Polling for new events every';
const absent = !runs('python3', '-c', 'import requests; str | None');
const ABSENT = 'needs python3 (3.10 or newer) with requests';
/** What the client's caller chooses: it polls as often as it likes. */
const OFTEN = 'poll_interval=0.02';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function openRun(): Promise<Run> {
  const run = await Run.open();
  ends.push(() => run.h.close());
  return run;
}

/** Starts a script that lies beside the client. */
function python(script: string): Program {
  const folder = mkdtempSync(join(tmpdir(), 'turnlog-python-'));
  writeFileSync(join(folder, CLIENT), fixture(CLIENT));
  writeFileSync(join(folder, 'script.py'), script);
  const program = new Program('python3', ['-u', join(folder, 'script.py')], { PYTHONUTF8: '1' });
  ends.push(
    () => rmSync(folder, { recursive: true }),
    () => program.kill(),
  );
  return program;
}

const clockOf = ({ timestamp }: Item) => timestamp.slice(11, 19);
const lines = (count: number) => (output: string) => output.split('\n').length > count;

describe('the Python client', () => {
  test('monitors a session with its own handle_event, while events are appended', async ({ skip }) => {
    skip(absent, ABSENT);
    const run = await openRun();
    await run.append({ event_type: 'workflow_started', message: 'Started.' }, WORKFLOW_ERROR, step(1));
    const usage = run.filledIn(fixture(CLIENT)).replace('poll_interval=2,', `${OFTEN},`);
    const monitor = python(usage);
    await monitor.until((output) => output.includes(POLLING));
    await run.append(step(2));
    await monitor.until((output) => output.includes('Step 2'));
    for (let n = 3; n < 30; n++) await run.append(step(n));
    await run.append(WORKFLOW_ERROR, WORKFLOW_COMPLETED);
    const output = await monitor.until((text) => text.includes('COMPLETED'));
    const steps = Array.from({ length: 27 }, (_, n) => `ℹ️  step_status_changed: Step ${n + 3}`);
    expect(output.split('\n')).toEqual([
      `Loading initial events for session ${run.id}...`,
      'ℹ️  workflow_started: Started.',
      `⚠️  ERROR: ${WORKFLOW_ERROR.message}`,
      'ℹ️  step_status_changed: Step 1',
      '',
      `${POLLING} 0.02s...`,
      'ℹ️  step_status_changed: Step 2',
      ...steps,
      `⚠️  ERROR: ${WORKFLOW_ERROR.message}`,
      `✅ COMPLETED: ${WORKFLOW_COMPLETED.message}`,
      '',
    ]);
  });

  test('prints events itself without a callback, from an empty session on', async ({ skip }) => {
    skip(absent, ABSENT);
    const run = await openRun();
    const monitor = python(`
from session_events_client import SessionEventsClient
SessionEventsClient("${run.url}", "${run.key}").monitor_session("${run.id}", ${OFTEN})
`);
    await monitor.until((output) => output.includes(POLLING));
    const [first] = await run.append(step(1));
    await monitor.until(lines(4));
    const [second, third] = await run.append(STATUS_CHANGED, WORKFLOW_COMPLETED);
    const output = await monitor.until(lines(6));
    expect(output.split('\n')).toEqual([
      `Loading initial events for session ${run.id}...`,
      '',
      `${POLLING} 0.02s...`,
      `[${clockOf(first as Item)}] step_status_changed: Step 1`,
      `[${clockOf(second as Item)}] status_changed: None`,
      `[${clockOf(third as Item)}] workflow_completed: ${WORKFLOW_COMPLETED.message}`,
      '',
    ]);
  });

  test('get_events passes every parameter on, and raises what is refused', async ({ skip }) => {
    skip(absent, ABSENT);
    const run = await openRun();
    const stored = await run.append(...Array.from({ length: 45 }, (_, n) => step(n)), WORKFLOW_ERROR);
    const since = (stored[9] as Item).timestamp;
    const calls = [
      '',
      'page=3',
      'per_page=7',
      `since="${since}"`,
      'event_type="workflow_error"',
      'page=2, per_page=30',
    ];
    const script = python(`
import json
import requests
from session_events_client import SessionEventsClient
client = SessionEventsClient("${run.url}", "${run.key}")
${calls.map((call) => `print(json.dumps(client.get_events("${run.id}", ${call})))`).join('\n')}
for call in (
    lambda: client.get_events("123e4567-e89b-12d3-a456-426614174000"),
    lambda: client.get_events("${run.id}", per_page=101),
    lambda: client.get_events("${run.id}", since="yesterday"),
    lambda: SessionEventsClient("${run.url}", "nonsense").get_events("${run.id}"),
):
    try:
        call()
    except requests.HTTPError as error:
        print(json.dumps([error.response.status_code, error.response.json()["detail"]]))
`);
    const answered = (await script.all())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const query = (call: string) => `?${call.replaceAll(', ', '&').replaceAll('"', '')}`;
    const expected = [];
    for (const call of calls) expected.push((await run.list(query(call))).json);
    expect(answered.slice(0, calls.length)).toEqual(expected);
    expect(answered.slice(calls.length)).toEqual([
      [404, 'Session not found: 123e4567-e89b-12d3-a456-426614174000'],
      [400, 'per_page must be between 1 and 100'],
      [400, "Invalid datetime format for 'since' parameter. Expected ISO 8601 format (e.g., 2026-01-13T14:30:00Z)"],
      [401, 'Invalid API key'],
    ]);
  });
});

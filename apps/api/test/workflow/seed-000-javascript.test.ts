/** The JavaScript of the document that the workflow dialect follows, as it stands there, in a page of a listening server. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventually } from '../support/sse.ts';
import { Page } from './page.ts';
import { type Item, Run, STATUS_CHANGED, step, WORKFLOW_COMPLETED, WORKFLOW_ERROR } from './run.ts';

let run: Run;
let page: Page;
const failures: unknown[][] = [];

beforeEach(async () => {
  run = await Run.open();
  page = Page.open(run);
  failures.length = 0;
  vi.spyOn(console, 'error').mockImplementation((...words) => void failures.push(words));
});

afterEach(async () => {
  await page.close();
  await run.h.close();
  expect(failures).toEqual([]);
});

const newestFirst = (items: readonly Item[]) => items.toReversed();
const shown = ({ timestamp, event_type, message }: Item) => [
  new Date(timestamp).toLocaleString(),
  event_type,
  message ?? '',
];

describe('the React component SessionEvents', () => {
  /** What it shows, row by row. */
  const rows = () => {
    const [times, types, messages] = ['timestamp', 'type', 'message'].map((name) => page.texts(`.event .${name}`));
    return (times ?? []).map((time, index) => [time, types?.[index], messages?.[index]]);
  };
  const events = () => page.texts('.event').length;

  it('loads up to 100 events and prepends what its polls find: newest first, each once', async () => {
    const { SessionEvents } = await import('./seed-000/session-events.jsx');
    let stored = await run.append(...Array.from({ length: 105 }, (_, n) => step(n)));
    await page.render(SessionEvents, { sessionId: run.id });
    await eventually(() => events() === 100 && page.polls === 1);
    expect(page.asked).toEqual([`${run.path}?per_page=100`]);
    stored = stored.slice(-100);
    expect(rows()).toEqual(newestFirst(stored).map(shown));
    expect(page.texts('h2')).toEqual(['Session Events']);

    page.pass();
    await eventually(() => page.asked.length === 2 && page.isIdle);
    expect(page.asked[1]).toBe(`${run.path}?since=${stored.at(-1)?.timestamp}&per_page=50`);
    expect(events(), 'nothing new, nothing again').toBe(100);

    for (const batch of [[step(105)], [STATUS_CHANGED, WORKFLOW_ERROR, step(106)], [WORKFLOW_COMPLETED]]) {
      const polls = page.polls;
      stored = [...stored, ...(await run.append(...batch))];
      page.pass();
      await eventually(() => events() === stored.length && page.polls === polls + 1 && page.isIdle);
      expect(rows()).toEqual(newestFirst(stored).map(shown));
    }
    const classes = [...page.main.querySelectorAll('.event')].map(({ className }) => className);
    expect(classes[0]).toBe('event event-workflow_completed');
  });

  it('shows an empty session, and polls once it has something to poll from', async () => {
    const { SessionEvents } = await import('./seed-000/session-events.jsx');
    await page.render(SessionEvents, { sessionId: run.id });
    await eventually(() => page.texts('h2').length === 1);
    expect([events(), page.polls]).toEqual([0, 0]);
  });
});

describe('Use Case 1: Real-Time Progress Bar', () => {
  it('follows the newest event from start to completion', async () => {
    const { updateProgressBar } = await import('./seed-000/progress-bar.js');
    const progressBar: Record<string, unknown> = {};
    vi.stubGlobal('progressBar', progressBar);
    await updateProgressBar(run.id);
    expect(progressBar).toEqual({});
    await run.append({ event_type: 'workflow_started' });
    await updateProgressBar(run.id);
    expect(progressBar).toEqual({ indeterminate: true, label: 'Starting...' });
    await run.append(step(7));
    await updateProgressBar(run.id);
    expect(progressBar).toEqual({ indeterminate: true, label: 'step-7: running' });
    await run.append(WORKFLOW_COMPLETED);
    await updateProgressBar(run.id);
    expect(progressBar).toEqual({ indeterminate: false, value: 100, label: 'Completed' });
    expect(new Set(page.asked)).toEqual(new Set([`${run.path}?per_page=1`]));
  });
});

describe('Use Case 2: Error Alerting', () => {
  it('toasts every error since the last check, and none twice', async () => {
    const { checkForErrors } = await import('./seed-000/error-toast.js');
    const toasts: object[] = [];
    vi.stubGlobal('showToast', (toast: object) => toasts.push(toast));
    const toast = { type: 'error', title: 'Workflow Error', message: WORKFLOW_ERROR.message, duration: 5000 };
    const [first, , last] = await run.append(step(1), WORKFLOW_ERROR, step(2));
    await checkForErrors(run.id, (first as Item).timestamp);
    expect(toasts).toEqual([toast]);
    await checkForErrors(run.id, (last as Item).timestamp);
    expect(toasts).toEqual([toast]);
    const message = 'Out of credit.';
    await run.append({ ...WORKFLOW_ERROR, message }, STATUS_CHANGED);
    await checkForErrors(run.id, (last as Item).timestamp);
    expect(toasts).toEqual([toast, { ...toast, message }]);
  });
});

describe('Use Case 3: Activity Log', () => {
  it('shows all events, errors only, or status changes, as its buttons say', async () => {
    const { EventLog } = await import('./seed-000/event-log.jsx');
    const { createElement, useState } = await import('react');
    vi.stubGlobal('useState', useState);
    vi.stubGlobal('EventRow', ({ event }: { event: Item }) =>
      createElement('p', null, `${event.event_type} ${event.id}`),
    );
    const stored = await run.append(step(1), WORKFLOW_ERROR, STATUS_CHANGED, step(2), WORKFLOW_ERROR);
    await page.render(EventLog, { sessionId: run.id });
    await eventually(() => page.texts('button').length === 3);
    const expected = [
      ['All Events', '?per_page=100', stored],
      ['Errors Only', '?per_page=100&event_type=workflow_error', [stored[1], stored[4]]],
      ['Status Changes', '?per_page=100&event_type=status_changed', [stored[2]]],
    ] as const;
    for (const [label, query, items] of expected) {
      const button = [...page.main.querySelectorAll('button')].find(({ textContent }) => textContent === label);
      button?.click();
      const rows = newestFirst(items as readonly Item[]).map((item) => `${item.event_type} ${item.id}`);
      await eventually(() => page.texts('.events p').join() === rows.join());
      expect(page.asked.at(-1)).toBe(`${run.path}${query}`);
    }
  });
});

import { describe, expect, it } from 'vitest';
import {
  type Announcement,
  announcementOf,
  hasSignal,
  isActive,
  nextPhase,
  PHASES,
  type Phase,
  SESSION_STATUSES,
  type Signal,
  STATUS_OF_PHASE,
  signalIn,
  signalOf,
  WAVE_STATUS,
} from '../src/lifecycle.ts';
import { ORIGINS } from '../src/origins.ts';
import { draftOf } from './support/drafts.ts';

/** The table of the contracts, section 6: what enters a phase, as events. Phases of one row are met in this order. */
const ENTERED_BY: Readonly<Record<Exclude<Phase, 'created'>, readonly object[]>> = {
  running: [
    { type: 'session.status_running' },
    { type: 'session_start' },
    { type: 'workflow_started' },
    { type: 'workflow_resumed' },
  ],
  rescheduling: [{ type: 'session.status_rescheduled' }],
  paused: [
    { type: 'workflow_paused' },
    { type: 'session.status_idle', stop_reason: { type: 'requires_action' } },
    { type: 'session.status_idle', stop_reason: { type: 'retries_exhausted' } },
  ],
  finished: [
    { type: 'session.status_idle' },
    { type: 'session.status_idle', stop_reason: { type: 'end_turn' } },
    { type: 'session_stop' },
    { type: 'session_stop', exit_code: 0 },
    { type: 'workflow_completed' },
  ],
  failed: [
    { type: 'session.error', retry_status: { type: 'exhausted' } },
    { type: 'session.error', retry_status: { type: 'terminal' } },
    { type: 'session.error', error: { retry_status: { type: 'exhausted' } } },
    { type: 'session.error', error: { retry_status: { type: 'terminal' } } },
    { type: 'session_stop', exit_code: 1 },
    { type: 'session_stop', exit_code: -9 },
    { type: 'workflow_failed' },
  ],
  terminated: [{ type: 'terminated' }, { type: 'session.status_terminated' }],
};

const STATUS_WORDS: readonly (readonly [unknown, Signal | null])[] = [
  ['running', 'run'],
  ['paused', 'pause'],
  ['completed', 'finish'],
  ['aborted', 'fail'],
  ['pending', null],
  ['Running', null],
  ['', null],
  ['toString', null],
  [1, null],
  [null, null],
];

const REOPENING = ['session.status_running', 'session_start'];

/** The words of the contracts, in the order cloud, runtime, workflow, wave. */
const STATUSES: Readonly<Record<Phase, readonly string[]>> = {
  created: ['idle', 'running', 'pending', 'pending'],
  running: ['running', 'running', 'in_progress', 'running'],
  rescheduling: ['rescheduling', 'running', 'in_progress', 'running'],
  paused: ['idle', 'running', 'paused', 'paused'],
  finished: ['idle', 'finished', 'completed', 'completed'],
  failed: ['idle', 'finished', 'failed', 'aborted'],
  terminated: ['terminated', 'finished', 'cancelled', 'aborted'],
};

/** Every phase × every signal. */
const AFTER: Readonly<Record<Phase, Readonly<Record<Signal, Phase>>>> = {
  created: {
    run: 'running',
    reopen: 'running',
    reschedule: 'rescheduling',
    pause: 'paused',
    wait: 'paused',
    finish: 'finished',
    settle: 'finished',
    fail: 'failed',
    terminate: 'terminated',
  },
  running: {
    run: 'running',
    reopen: 'running',
    reschedule: 'rescheduling',
    pause: 'paused',
    wait: 'paused',
    finish: 'finished',
    settle: 'finished',
    fail: 'failed',
    terminate: 'terminated',
  },
  rescheduling: {
    run: 'running',
    reopen: 'running',
    reschedule: 'rescheduling',
    pause: 'paused',
    wait: 'paused',
    finish: 'finished',
    settle: 'finished',
    fail: 'failed',
    terminate: 'terminated',
  },
  paused: {
    run: 'running',
    reopen: 'running',
    reschedule: 'rescheduling',
    pause: 'paused',
    wait: 'paused',
    finish: 'finished',
    settle: 'finished',
    fail: 'failed',
    terminate: 'terminated',
  },
  finished: {
    run: 'running',
    reopen: 'running',
    reschedule: 'rescheduling',
    pause: 'paused',
    wait: 'paused',
    finish: 'finished',
    settle: 'finished',
    fail: 'failed',
    terminate: 'terminated',
  },
  failed: {
    run: 'running',
    reopen: 'running',
    reschedule: 'rescheduling',
    pause: 'paused',
    wait: 'failed',
    finish: 'finished',
    settle: 'failed',
    fail: 'failed',
    terminate: 'terminated',
  },
  terminated: {
    run: 'terminated',
    reopen: 'running',
    reschedule: 'terminated',
    pause: 'terminated',
    wait: 'terminated',
    finish: 'terminated',
    settle: 'terminated',
    fail: 'terminated',
    terminate: 'terminated',
  },
};

const S = 'session.started';
const C = 'session.completed';
const F = 'session.failed';
/** Every move: from the row's phase to the column's, in the order of PHASES. */
const ANNOUNCED: Readonly<Record<Phase, readonly (Announcement | null)[]>> = {
  //             created running resched. paused finished failed terminated
  created: [/* */ null, S, S, null, C, F, null],
  running: [/* */ null, null, null, null, C, F, null],
  rescheduling: [null, null, null, null, C, F, null],
  paused: [/*  */ null, null, null, null, C, F, null],
  finished: [/**/ null, S, S, null, null, F, null],
  failed: [/*  */ null, S, S, null, C, null, null],
  terminated: [/**/ null, null, null, null, C, F, null],
};

describe('phases', () => {
  it.each(Object.entries(ENTERED_BY))(
    '%s is entered from every phase by exactly what the contract says',
    (entered, events) => {
      for (const event of events) {
        const { type, signal } = draftOf(event);
        expect(signal, JSON.stringify(event)).not.toBe(null);
        for (const phase of PHASES) {
          const next = nextPhase(phase, signal as Signal);
          const staysFailed = phase === 'failed' && type === 'session.status_idle';
          const staysTerminated = phase === 'terminated' && !REOPENING.includes(type);
          expect(next, `${JSON.stringify(event)} in ${phase}`).toBe(staysFailed || staysTerminated ? phase : entered);
        }
      }
    },
  );

  it('every phase after every signal', () => {
    const after = Object.fromEntries(
      PHASES.map((phase) => [
        phase,
        Object.fromEntries(Object.keys(AFTER[phase]).map((signal) => [signal, nextPhase(phase, signal as Signal)])),
      ]),
    );
    expect(after).toEqual(AFTER);
    expect(Object.keys(AFTER)).toEqual([...PHASES]);
  });

  it.each([
    'user.message',
    'agent.message',
    'agent.thinking',
    'session.started',
    'session.completed',
    'session.failed',
    'session.updated',
    'session.archived',
    'session.deleted',
    'workflow_error',
    'status_changed',
    'statuses',
    'running',
    'completed',
    'aborted',
    'message',
    'toString',
    'constructor',
    '__proto__',
  ])('%s moves nothing', (type) => {
    expect(hasSignal(type)).toBe(false);
    expect(signalOf(type, { stopReason: 'x', retryStatus: 'exhausted', exitCode: 1, word: null })).toBe(null);
  });

  it.each(STATUS_WORDS)(
    'a status that says %j asks for what the word means to a wave session, and to no other',
    (data, signal) => {
      const event = draftOf({ type: WAVE_STATUS, data });
      expect(event.signal).toBe(signal);
      for (const origin of ORIGINS) expect(signalIn(origin, event)).toBe(origin === 'wave' ? signal : null);
    },
  );

  it('a status without data, or with its word somewhere else, asks for nothing', () => {
    const events = [
      {},
      { word: 'running' },
      { status: 'running' },
      { data: { data: 'running' } },
      { data: ['running'] },
    ];
    for (const event of events) expect(draftOf({ type: WAVE_STATUS, ...event }).signal).toBe(null);
    expect(draftOf('{"type":"status","data":"run\\u006eing"}').signal).toBe('run');
  });

  it('every other signal is asked of sessions of every origin', () => {
    for (const event of Object.values(ENTERED_BY).flat()) {
      const draft = draftOf(event);
      for (const origin of ORIGINS) expect(signalIn(origin, draft)).toBe(draft.signal);
    }
  });

  it('an error that is retried moves nothing', () => {
    const retried = [null, '', 'retrying', 'Exhausted', 'terminated'];
    for (const retryStatus of retried) {
      expect(signalOf('session.error', { stopReason: null, retryStatus, exitCode: null, word: null })).toBe(null);
    }
  });

  it('each has the word of every vocabulary that the contract says', () => {
    const words = PHASES.map((phase) => {
      const { cloud, runtime, workflow, wave } = STATUS_OF_PHASE[phase];
      return [phase, [cloud, runtime, workflow, wave]];
    });
    expect(Object.fromEntries(words)).toEqual(STATUSES);
    expect(new Set(Object.values(STATUSES).map(([cloud]) => cloud))).toEqual(new Set(SESSION_STATUSES));
  });

  it('work goes on while running or rescheduling', () => {
    expect(PHASES.filter(isActive)).toEqual(['running', 'rescheduling']);
  });
});

describe('announcements', () => {
  it('every move between two phases announces what the contract says', () => {
    const announced = Object.fromEntries(PHASES.map((from) => [from, PHASES.map((to) => announcementOf(from, to))]));
    expect(announced).toEqual(ANNOUNCED);
  });
});

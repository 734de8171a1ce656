/**
 * Which events move a session to which phase, and what each vocabulary calls that phase: one table.
 * The phase is a session's truth; every dialect's status is read from it.
 */
import type { Origin } from './origins.ts';

export const PHASES = ['created', 'running', 'rescheduling', 'paused', 'finished', 'failed', 'terminated'] as const;
export type Phase = (typeof PHASES)[number];

/** The statuses of the native API. */
export const SESSION_STATUSES = ['idle', 'running', 'rescheduling', 'terminated'] as const;
export type SessionStatus = (typeof SESSION_STATUSES)[number];

/** What a vocabulary calls a phase. */
export interface PhaseWords {
  readonly cloud: SessionStatus;
  readonly runtime: 'running' | 'finished';
  readonly workflow: 'pending' | 'in_progress' | 'paused' | 'completed' | 'failed' | 'cancelled';
  readonly wave: 'pending' | 'running' | 'paused' | 'completed' | 'aborted';
}

export const STATUS_OF_PHASE = {
  created: { cloud: 'idle', runtime: 'running', workflow: 'pending', wave: 'pending' },
  running: { cloud: 'running', runtime: 'running', workflow: 'in_progress', wave: 'running' },
  rescheduling: { cloud: 'rescheduling', runtime: 'running', workflow: 'in_progress', wave: 'running' },
  paused: { cloud: 'idle', runtime: 'running', workflow: 'paused', wave: 'paused' },
  finished: { cloud: 'idle', runtime: 'finished', workflow: 'completed', wave: 'completed' },
  failed: { cloud: 'idle', runtime: 'finished', workflow: 'failed', wave: 'aborted' },
  terminated: { cloud: 'terminated', runtime: 'finished', workflow: 'cancelled', wave: 'aborted' },
} as const satisfies Record<Phase, PhaseWords>;

/** What an event asks of its session's phase; going idle (`settle`, `wait`) leaves a failure as it is. */
export type Signal = 'run' | 'reopen' | 'reschedule' | 'pause' | 'wait' | 'finish' | 'settle' | 'fail' | 'terminate';

/** The members of an event that decide its signal. */
export interface SignalFacts {
  readonly stopReason: string | null;
  readonly retryStatus: string | null;
  readonly exitCode: number | null;
  /** The `data` of the event when it is a string. */
  readonly word: string | null;
}

/** The type that the wave dialect tells its statuses with; it moves wave sessions only. */
export const WAVE_STATUS = 'status';

const WAVE_SIGNALS = {
  running: 'run',
  paused: 'pause',
  completed: 'finish',
  aborted: 'fail',
} as const satisfies Record<string, Signal>;
type WaveWord = keyof typeof WAVE_SIGNALS;

const SIGNALS: Readonly<Record<string, (facts: SignalFacts) => Signal | null>> = {
  'session.status_running': () => 'reopen',
  session_start: () => 'reopen',
  workflow_started: () => 'run',
  workflow_resumed: () => 'run',
  'session.status_rescheduled': () => 'reschedule',
  workflow_paused: () => 'pause',
  'session.status_idle': ({ stopReason }) => (stopReason === null || stopReason === 'end_turn' ? 'settle' : 'wait'),
  session_stop: ({ exitCode }) => (exitCode === null || exitCode === 0 ? 'finish' : 'fail'),
  workflow_completed: () => 'finish',
  'session.error': ({ retryStatus }) => (retryStatus === 'exhausted' || retryStatus === 'terminal' ? 'fail' : null),
  workflow_failed: () => 'fail',
  terminated: () => 'terminate',
  'session.status_terminated': () => 'terminate',
  [WAVE_STATUS]: ({ word }) => (isWaveWord(word) ? WAVE_SIGNALS[word] : null),
};

/** The types of all events that can move a session. */
export const SIGNAL_TYPES: readonly string[] = Object.keys(SIGNALS);

/** What an event of this type asks of its session's phase; null: nothing. */
export function signalOf(type: string, facts: SignalFacts): Signal | null {
  return Object.hasOwn(SIGNALS, type) ? (SIGNALS[type]?.(facts) ?? null) : null;
}

function isWaveWord(word: string | null): word is WaveWord {
  return word !== null && Object.hasOwn(WAVE_SIGNALS, word);
}

/** What an event asks of a session that comes from there. */
export function signalIn(
  origin: Origin,
  { type, signal }: { readonly type: string; readonly signal: Signal | null },
): Signal | null {
  return type === WAVE_STATUS && origin !== 'wave' ? null : signal;
}

/** Whether an event of this type has members that decide its signal. */
export function hasSignal(type: string): boolean {
  return Object.hasOwn(SIGNALS, type);
}

const TARGETS = {
  run: 'running',
  reopen: 'running',
  reschedule: 'rescheduling',
  pause: 'paused',
  wait: 'paused',
  finish: 'finished',
  settle: 'finished',
  fail: 'failed',
  terminate: 'terminated',
} as const satisfies Record<Signal, Phase>;

/** The phase after a signal. */
export function nextPhase(phase: Phase, signal: Signal): Phase {
  if (phase === 'terminated' && signal !== 'reopen') return phase;
  if (phase === 'failed' && (signal === 'settle' || signal === 'wait')) return phase;
  return TARGETS[signal];
}

/** What the account stream announces about a move between two phases. */
export type Announcement = 'session.started' | 'session.completed' | 'session.failed';

export function announcementOf(from: Phase, to: Phase): Announcement | null {
  if (from === to) return null;
  if (to === 'finished') return 'session.completed';
  if (to === 'failed') return 'session.failed';
  const begins = from === 'created' || from === 'finished' || from === 'failed';
  return begins && (to === 'running' || to === 'rescheduling') ? 'session.started' : null;
}

/** Whether a session in this phase has work going on that a cancel can interrupt. */
export function isActive(phase: Phase): boolean {
  return phase === 'running' || phase === 'rescheduling';
}

/** What a controller asks of a wave session. */
export type Move = 'start' | 'pause' | 'stop';

const MOVES: Readonly<Record<Move, { readonly from: readonly Phase[]; readonly word: WaveWord }>> = {
  start: { from: ['created', 'paused'], word: 'running' },
  pause: { from: ['running', 'rescheduling'], word: 'paused' },
  stop: { from: ['created', 'running', 'rescheduling', 'paused'], word: 'aborted' },
};

/** The status that a move leads to; null: it is none in this phase. */
export function moveFrom(phase: Phase, move: Move): { readonly word: WaveWord; readonly signal: Signal } | null {
  const { from, word } = MOVES[move];
  return from.includes(phase) ? { word, signal: WAVE_SIGNALS[word] } : null;
}

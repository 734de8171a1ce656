import { describe, expect, it } from 'vitest';
import { formatMicros } from '../src/clock.ts';
import { microsOfId } from '../src/ids.ts';
import { type Move, moveFrom, nextPhase, PHASES, type Phase, type Signal, STATUS_OF_PHASE } from '../src/lifecycle.ts';
import { ORIGINS } from '../src/origins.ts';
import { planAppend } from '../src/plan/append.ts';
import { planCreate, planMove, planStart } from '../src/plan/session.ts';
import type { StartSession } from '../src/sessions.ts';
import { draftFrom, draftOf } from './support/drafts.ts';
import { commandOf, contextOf, frozen, headOf, NOW_US, REQUEST, SESSION, sessionOf } from './support/plans.ts';
import { expectRefusal } from './support/refusals.ts';

function startOf(fields: Partial<StartSession> = {}): StartSession {
  return { ...commandOf(fields), externalId: 'run-1' };
}

describe('starting', () => {
  const events = [draftOf({ type: 'session_start' }), draftOf({ type: 'note.added' })];

  it('a session that there is not is creating it', () => {
    const command = frozen(startOf({ origin: 'runtime', title: 'A run', occurredAt: '2026-01-31T09:30:00Z', events }));
    const plan = planStart(headOf(), command, null, contextOf());
    expect(plan).toEqual(planCreate(headOf(), command, false, contextOf()));
    expect(plan.value).toMatchObject({ origin: 'runtime', occurredAt: '2026-01-31T09:30:00Z', externalId: 'run-1' });
  });

  it('one that there is appends the events, and takes nothing else of the command', () => {
    const session = frozen(sessionOf({ origin: 'native' }));
    const fields = { origin: 'wave', title: 'Other', metadata: { a: '1' }, running: true, capability: 'x' } as const;
    const command = startOf({
      ...fields,
      agent: { id: 'other', version: 1 },
      occurredAt: '2020-01-01T00:00:00Z',
      events,
    });
    const plan = planStart(headOf(), frozen(command), session, contextOf());
    const append = planAppend(headOf(), session, events, contextOf());
    expect(plan).toEqual({ ...append, value: append.session });
    expect(plan.value).toBe(plan.session);
    const moved = { phase: 'running', eventCount: 3, startedUs: NOW_US, updatedUs: NOW_US + 1 };
    expect(plan.value).toEqual({ ...session, ...moved });
  });

  it('one that there is without events writes nothing and spends no time', () => {
    const session = sessionOf();
    const plan = planStart(headOf(), startOf(), session, contextOf());
    expect([plan.events, plan.org, plan.value]).toEqual([[], headOf(), session]);
  });

  it('an archived session is refused, and a terminated one unless the first event reopens it', () => {
    const start = (fields: Parameters<typeof sessionOf>[0], first: object) =>
      planStart(headOf(), startOf({ events: [draftOf(first)] }), sessionOf(fields), contextOf());
    const archived = { archivedUs: NOW_US - 1 };
    expectRefusal(() => start(archived, { type: 'session_start' }), 'session_archived');
    expectRefusal(() => start({ phase: 'terminated' }, { type: 'note.added' }), 'session_terminated');
    expectRefusal(() => start({ phase: 'terminated' }, { type: 'workflow_started' }), 'session_terminated');
    expect(start({ phase: 'terminated' }, { type: 'session_start' }).value.phase).toBe('running');
  });
});

describe('beginning as running', () => {
  it('is announced after the creation and the batch, caused by the request, and counts from the creation', () => {
    const command = commandOf({ running: true, title: 'A run', events: [draftOf({ type: 'note.added' })] });
    const { session, events, org } = planCreate(headOf({ accountCount: 0 }), command, false, contextOf());
    expect(session).toMatchObject({ phase: 'running', startedUs: NOW_US, createdUs: NOW_US, eventCount: 1 });
    expect(events.map(({ stream, seq, type }) => `${stream} ${seq} ${type}`)).toEqual([
      'account 1 session.created',
      'session 1 note.added',
      'account 2 session.started',
    ]);
    expect(org).toEqual({ lastUs: NOW_US + 3, accountCount: 2 });
    const { data } = JSON.parse(events[2]?.text ?? '');
    expect(data).toMatchObject({ goal: 'A run', model: null, caused_by: REQUEST, session_id: session?.id });
  });

  it('without events is announced all the same', () => {
    const { session, events } = planCreate(headOf(), commandOf({ running: true }), false, contextOf());
    expect(events.map(({ type }) => type)).toEqual(['session.created', 'session.started']);
    expect(session).toMatchObject({ phase: 'running', startedUs: NOW_US, updatedUs: NOW_US, eventCount: 0 });
  });

  it('is announced once: a first event that starts it finds it running', () => {
    const command = commandOf({
      running: true,
      events: [draftOf({ type: 'session_start' }), draftOf({ type: 'session_stop' })],
    });
    const { events } = planCreate(headOf(), command, false, contextOf());
    const account = events.filter(({ stream }) => stream === 'account');
    expect(account.map(({ type }) => type)).toEqual(['session.created', 'session.started', 'session.completed']);
    expect(JSON.parse(account[2]?.text ?? '').data.duration_ms).toBe(0);
  });

  it('is not what `running: false`, or saying nothing, means', () => {
    for (const fields of [{}, { running: false }]) {
      const { session, events } = planCreate(headOf(), commandOf(fields), false, contextOf());
      expect(session).toMatchObject({ phase: 'created', startedUs: null });
      expect(events).toHaveLength(1);
    }
  });
});

/** The word that each move leads to from each phase; null: it is none. In the order of PHASES. */
const WORDS: Readonly<Record<Move, readonly (string | null)[]>> = {
  //     created   running   rescheduling paused  finished failed terminated
  start: ['running', null, null, 'running', null, null, null],
  pause: [null, 'paused', 'paused', null, null, null, null],
  stop: ['aborted', 'aborted', 'aborted', 'aborted', null, null, null],
};
const MOVES = Object.keys(WORDS) as Move[];

describe('moving', () => {
  const wave = (phase: Phase, fields: Parameters<typeof sessionOf>[0] = {}) =>
    frozen(sessionOf({ origin: 'wave', phase, ...fields }));

  it('every phase knows every move', () => {
    const words = MOVES.map((move) => [move, PHASES.map((phase) => moveFrom(phase, move)?.word ?? null)]);
    expect(Object.fromEntries(words)).toEqual(WORDS);
  });

  it.each(MOVES)('%s: where it is a move, a status event tells of it, and the phase has its word', (move) => {
    for (const [at, phase] of PHASES.entries()) {
      const word = WORDS[move][at] ?? null;
      if (word === null) continue;
      const plan = planMove(headOf(), wave(phase), move, contextOf());
      const [event, ...announced] = plan.events;
      expect(JSON.parse(event?.text ?? '')).toEqual({
        id: event?.id,
        type: 'status',
        session_id: SESSION,
        turn_id: null,
        schema_version: '1.0',
        created_at: formatMicros(NOW_US),
        processed_at: formatMicros(NOW_US),
        seq: 2,
        data: word,
      });
      expect(event).toMatchObject({ stream: 'session', seq: 2, type: 'status', origin: 'wave' });
      expect(microsOfId(event?.id ?? 'evt_')).toBe(NOW_US);
      const after = plan.value.phase;
      expect(plan.value).toBe(plan.session);
      expect(STATUS_OF_PHASE[after].wave).toBe(word);
      expect(after).toBe(nextPhase(phase, moveFrom(phase, move)?.signal as Signal));
      const started = move === 'start' && phase === 'created' ? ['session.started'] : [];
      expect(announced.map(({ type }) => type)).toEqual(move === 'stop' ? ['session.failed'] : started);
      expect(plan.session?.eventCount).toBe(2);
    }
  });

  it('what is no move writes nothing and spends no time', () => {
    const expectNothing = (session: ReturnType<typeof sessionOf>, move: Move) => {
      const plan = planMove(headOf(), session, move, contextOf());
      expect(plan).toEqual({ org: headOf(), session, deleted: false, events: [], value: session });
      expect(plan.value).toBe(session);
    };
    for (const move of MOVES) {
      for (const [at, phase] of PHASES.entries()) {
        if (WORDS[move][at] === null) expectNothing(wave(phase), move);
        expectNothing(wave(phase, { archivedUs: NOW_US - 1 }), move);
        for (const origin of ORIGINS) if (origin !== 'wave') expectNothing(sessionOf({ origin, phase }), move);
      }
    }
  });

  it('a stop fails the session without a reason', () => {
    const { events } = planMove(headOf(), wave('running'), 'stop', contextOf());
    expect(JSON.parse(events[1]?.text ?? '').data).toMatchObject({
      error_code: null,
      error_message: null,
      step_number: 2,
      caused_by: events[0]?.id,
    });
  });
});

describe('a status event', () => {
  const status = draftFrom('wave', 'status', { data: 'running' });

  it('moves wave sessions and no others, whoever sends it', () => {
    for (const draft of [status, draftOf({ type: 'status', data: 'running' })]) {
      for (const origin of ORIGINS) {
        const plan = planAppend(headOf(), sessionOf({ origin }), [draft], contextOf());
        expect(plan.session?.phase).toBe(origin === 'wave' ? 'running' : 'created');
        expect(plan.events.map(({ type }) => type)).toEqual(
          origin === 'wave' ? ['status', 'session.started'] : ['status'],
        );
      }
    }
  });

  it('keeps the origin of its producer in whatever session holds it', () => {
    for (const origin of ORIGINS) {
      const drafts = ORIGINS.map((sent) => draftFrom(sent, 'note.added', {}));
      const { events } = planAppend(headOf(), sessionOf({ origin }), drafts, contextOf());
      expect(events.map((event) => event.origin)).toEqual([...ORIGINS]);
    }
  });

  it('of a new wave session moves it as it is made', () => {
    const command = commandOf({ origin: 'wave', events: [status] });
    expect(planCreate(headOf(), command, false, contextOf()).session).toMatchObject({
      origin: 'wave',
      phase: 'running',
    });
    expect(planCreate(headOf(), commandOf({ events: [status] }), false, contextOf()).session?.phase).toBe('created');
  });

  it('does not reopen a terminated session', () => {
    const session = sessionOf({ origin: 'wave', phase: 'terminated' });
    expectRefusal(() => planAppend(headOf(), session, [status], contextOf()), 'session_terminated');
  });
});

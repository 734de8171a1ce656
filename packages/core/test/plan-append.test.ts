import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMicros } from '../src/clock.ts';
import { bytesFromId, microsOfId, type TurnId } from '../src/ids.ts';
import { member, scanJson } from '../src/json.ts';
import { PHASES, type Phase } from '../src/lifecycle.ts';
import { type Appended, planAppend } from '../src/plan/append.ts';
import { idOfText } from '../src/plan/event-text.ts';
import { OrgClock, type OrgHead, type Plan, type PlanContext } from '../src/plan/plan.ts';
import type { Session } from '../src/sessions.ts';
import { draftOf } from './support/drafts.ts';
import { contextOf, frozen, headOf, NOW_US, SESSION, sessionOf } from './support/plans.ts';
import { expectRefusal } from './support/refusals.ts';

const RUN = { type: 'session.status_running' };
const IDLE = { type: 'session.status_idle' };
const NOTE = { type: 'note.added' };
const MESSAGE = { type: 'user.message', content: 'Hello' };
const TERMINATED = { type: 'terminated' };
const EXHAUSTED = {
  type: 'session.error',
  error: { type: 'overloaded', message: 'Too busy' },
  retry_status: { type: 'exhausted' },
};

describe('order', () => {
  it('I1, I3: a batch takes the next numbers of its session, and rising microseconds from now on', () => {
    const plan = append([NOTE, NOTE, NOTE], { session: { eventCount: 41 } });
    expect(plan.events.map(({ seq }) => seq)).toEqual([42, 43, 44]);
    expect(plan.events.map(({ stream }) => stream)).toEqual(['session', 'session', 'session']);
    expect(plan.events.map(({ id }) => microsOfId(id))).toEqual([NOW_US, NOW_US + 1, NOW_US + 2]);
    expect(plan.org).toEqual({ lastUs: NOW_US + 2, accountCount: 7 });
    expect(plan.value.firstSeq).toBe(42);
    expect(plan.session).toMatchObject({ eventCount: 44, updatedUs: NOW_US + 2 });
    expect(plan.value.session).toBe(plan.session);
    expect(plan.deleted).toBe(false);
  });

  it('I1: goes on after the head of the org when the clock has gone back', () => {
    const lastUs = NOW_US + 3_600_000_000;
    for (const nowUs of [NOW_US, 0, lastUs - 1, lastUs]) {
      const plan = append([NOTE, RUN], { org: { lastUs }, context: { nowUs } });
      expect(plan.events.map(({ id }) => microsOfId(id))).toEqual([lastUs + 1, lastUs + 2, lastUs + 3]);
      expect(plan.org.lastUs).toBe(lastUs + 3);
    }
  });

  it('I1: hands out microseconds one by one as a whole allotment would', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.nat(10_000), fc.integer({ min: 1, max: 50 }), (lastUs, nowUs, n) => {
        const clock = new OrgClock(headOf({ lastUs }), nowUs);
        expect(clock.lastUs).toBe(lastUs);
        const ticks = Array.from({ length: n }, () => clock.tick());
        const first = Math.max(nowUs, lastUs + 1);
        expect(ticks).toEqual(Array.from({ length: n }, (_, at) => first + at));
        expect(clock.lastUs).toBe(first + n - 1);
      }),
    );
  });

  it('I1: the time of an event is the microsecond of its id', () => {
    for (const { id, text } of append([NOTE, RUN, IDLE]).events) {
      const time = formatMicros(microsOfId(id));
      expect(JSON.parse(text)).toMatchObject({ id, created_at: time, processed_at: time });
      expect(idOfText(text)).toBe(id);
    }
  });

  it('I3: what the server derives follows the whole batch, in the numbers of the account stream', () => {
    const plan = append([RUN, IDLE, RUN, EXHAUSTED, NOTE], { org: { accountCount: 90 } });
    expect(plan.events.map(({ stream, seq, type }) => `${stream} ${seq} ${type}`)).toEqual([
      'session 2 session.status_running',
      'session 3 session.status_idle',
      'session 4 session.status_running',
      'session 5 session.error',
      'session 6 note.added',
      'account 91 session.started',
      'account 92 session.completed',
      'account 93 session.started',
      'account 94 session.failed',
    ]);
    expect(plan.org.accountCount).toBe(94);
    expect(plan.session?.eventCount).toBe(6);
    expect(plan.value.texts).toEqual(plan.events.slice(0, 5).map(({ text }) => text));
    const ids = plan.events.map(({ id }) => id);
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids.map((id) => microsOfId(id))).size).toBe(ids.length);
  });

  it('an empty batch changes nothing but answers', () => {
    const plan = append([]);
    expect(plan.events).toEqual([]);
    expect(plan.org).toEqual(headOf());
    expect(plan.session).toEqual(sessionOf());
    expect(plan.value).toEqual({ session: sessionOf(), firstSeq: 2, texts: [] });
  });
});

describe('turns', () => {
  const turnsOf = (events: readonly object[], session: Partial<Session> = {}) =>
    append(events, { session }).events.map(({ text }) => JSON.parse(text).turn_id);

  it('are null before the first', () => {
    expect(turnsOf([NOTE, NOTE])).toEqual([null, null]);
    expect(append([NOTE]).session?.turnId).toBe(null);
  });

  it('start with a message of the user that names none, at its microsecond, and hold for what follows', () => {
    const plan = append([NOTE, MESSAGE, NOTE, MESSAGE, NOTE]);
    const turns = plan.events.map(({ text }) => JSON.parse(text).turn_id);
    const [before, first, kept, second, last] = turns;
    expect(before).toBe(null);
    expect(first).toMatch(/^turn_[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
    expect(microsOfId(first)).toBe(NOW_US + 1);
    expect(kept).toBe(first);
    expect(microsOfId(second)).toBe(NOW_US + 3);
    expect(last).toBe(second);
    expect(plan.session?.turnId).toBe(second);
  });

  it('have randomness of their own, not that of the event which starts them', () => {
    const event = JSON.parse(append([MESSAGE]).events[0]?.text ?? '');
    const [idBits, turnBits] = [bytesFromId(event.id), bytesFromId(event.turn_id)];
    expect(turnBits.slice(8)).not.toEqual(idBits.slice(8));
  });

  it('of the producer are taken as they are and hold for what follows', () => {
    const own = { ...NOTE, turn_id: 'turn_abc' };
    expect(turnsOf([own, NOTE])).toEqual(['turn_abc', 'turn_abc']);
    expect(turnsOf([{ ...MESSAGE, turn_id: 'turn_1' }, NOTE, { ...NOTE, turn_id: 'turn_2' }, NOTE])).toEqual([
      'turn_1',
      'turn_1',
      'turn_2',
      'turn_2',
    ]);
  });

  it('go on from the last batch', () => {
    const turnId: TurnId = 'turn_before';
    expect(turnsOf([NOTE, { ...NOTE, turn_id: null }], { turnId })).toEqual(['turn_before', 'turn_before']);
    expect(turnsOf([MESSAGE], { turnId })[0]).not.toBe('turn_before');
  });
});

describe('the stored text', () => {
  it('I8: is the envelope in its order, then the own members as they were sent, on one line', () => {
    const source = `{ "z": 9007199254740993, "content":\n"a\\u0000\\ud800", "type": "user.message",
      "turn_id": "turn_7", "__proto__": 1.0, "schema_version": "2\\u002e0", "occurred_at": "2026-01-31 09:30:00-00:00" }`;
    const [row] = planAppend(headOf(), sessionOf(), [draftOf(source)], contextOf()).events;
    const time = formatMicros(NOW_US);
    expect(row?.text).toBe(
      `{"id":"${row?.id}","type":"user.message","session_id":"${SESSION}","turn_id":"turn_7",` +
        `"schema_version":"2\\u002e0","created_at":"${time}","processed_at":"${time}",` +
        `"occurred_at":"2026-01-31 09:30:00-00:00","seq":2,` +
        `"z":9007199254740993,"content":"a\\u0000\\ud800","__proto__":1.0}`,
    );
  });

  it('of an event without own members ends with its number', () => {
    const [row] = append([NOTE]).events;
    expect(Object.keys(JSON.parse(row?.text ?? ''))).toEqual([
      'id',
      'type',
      'session_id',
      'turn_id',
      'schema_version',
      'created_at',
      'processed_at',
      'seq',
    ]);
    expect(row?.text).toMatch(/"turn_id":null,"schema_version":"1\.0",.*"seq":2}$/);
  });

  it('I8: is JSON that the scanner takes as it is, with every own member as its source text', () => {
    const ownMember = fc.tuple(
      fc.string({ unit: fc.constantFrom(...'ab"\\/{}:, \u0000\n\u2028é😀\ud800') }),
      fc.jsonValue({ maxDepth: 2 }),
    );
    const events = fc.array(fc.uniqueArray(ownMember, { selector: ([key]) => key, maxLength: 4 }), { maxLength: 5 });
    fc.assert(
      fc.property(events, (batch) => {
        const drafts = batch.map((own) => draftOf(Object.fromEntries([...own.map(prefixed), ['type', 'note.added']])));
        const plan = planAppend(headOf(), sessionOf(), drafts, contextOf());
        for (const [n, { text }] of plan.events.entries()) {
          const node = scanJson(text);
          expect(node.text).toBe(text);
          const own = node.members.filter(({ name }) => name.startsWith('own '));
          expect(own.map((part) => part.text).join(',')).toBe(drafts[n]?.fields);
          expect(member(node, 'seq')?.value.text).toBe(String(n + 2));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('is known by the agent of its session, and by another one that its data names', () => {
    const about = { ...NOTE, data: { agent_id: 'agent_2', session_id: 'run-9' } };
    const itself = { ...NOTE, data: { agent_id: 'agent_1' } };
    const agentsOf = (agent: Session['agent']) =>
      append([NOTE, about, itself], { session: { agent } }).events.map((row) => [row.agentId, row.aboutAgent]);
    expect(agentsOf({ id: 'agent_1', version: null })).toEqual([
      ['agent_1', null],
      ['agent_1', 'agent_2'],
      ['agent_1', null],
    ]);
    expect(agentsOf(null)).toEqual([
      [null, null],
      [null, 'agent_2'],
      [null, 'agent_1'],
    ]);
    expect(append([NOTE, about]).events.map(({ aboutSession }) => aboutSession)).toEqual([null, 'run-9']);
  });
});

describe('what the account stream says', () => {
  it('of a start: the goal, the cause, and what the session is', () => {
    const plan = append([NOTE, RUN], { org: { accountCount: 0 } });
    const [, cause, started] = plan.events;
    const time = formatMicros(NOW_US + 2);
    expect(JSON.parse(started?.text ?? '')).toEqual({
      id: started?.id,
      type: 'session.started',
      session_id: null,
      turn_id: null,
      schema_version: '1.0',
      created_at: time,
      processed_at: time,
      seq: null,
      data: {
        session_id: SESSION,
        external_id: 'run-1',
        agent_id: 'agent_1',
        caused_by: cause?.id,
        goal: 'A run',
        model: null,
      },
    });
    expect(started).toMatchObject({ stream: 'account', seq: 1, agentId: 'agent_1', aboutAgent: null });
    expect(started?.aboutSession).toBe(SESSION);
    expect(plan.session?.startedUs).toBe(NOW_US + 1);
  });

  it('of a session without names: nulls', () => {
    const [, data] = dataOf(append([RUN], { session: { externalId: null, agent: null, title: null } }));
    expect(data).toMatchObject({ external_id: null, agent_id: null, goal: null });
  });

  it('of an end: the steps so far, the time since the start, and the tokens', () => {
    const startedUs = NOW_US - 2_500_000;
    const usage = { inputTokens: 100, outputTokens: 10, cacheReadInputTokens: 5, cacheCreationInputTokens: 6 };
    const idle = { ...IDLE, usage: { input_tokens: 7, output_tokens: 3, cache_read_input_tokens: 1 } };
    const plan = append([NOTE, idle, NOTE, NOTE], { session: { phase: 'running', startedUs, usage, eventCount: 10 } });
    const [, cause] = plan.events;
    expect(dataOf(plan).at(-1)).toEqual({
      session_id: SESSION,
      external_id: 'run-1',
      agent_id: 'agent_1',
      caused_by: cause?.id,
      status: 'completed',
      steps: 12,
      duration_ms: 2_500,
      tokens_used: 120,
    });
    expect(plan.session?.usage).toEqual({
      inputTokens: 107,
      outputTokens: 13,
      cacheReadInputTokens: 6,
      cacheCreationInputTokens: 6,
    });
  });

  it('of an end without a start: the time since creation', () => {
    expect(dataOf(append([IDLE])).at(-1)).toMatchObject({ duration_ms: 5_000, steps: 2 });
  });

  it('of two runs in one batch: each its own start, steps and tokens', () => {
    const idle = { ...IDLE, usage: { input_tokens: 5, output_tokens: 5 } };
    const startedUs = NOW_US - 9_000_000;
    const derived = dataOf(append([idle, RUN, idle], { session: { phase: 'running', startedUs } })).slice(3);
    expect(derived).toMatchObject([
      { status: 'completed', steps: 2, tokens_used: 10, duration_ms: 9_000 },
      { goal: 'A run' },
      { status: 'completed', steps: 4, tokens_used: 20, duration_ms: 0 },
    ]);
  });

  it('of a failure: its code, its message and its step', () => {
    const plan = append([NOTE, EXHAUSTED, NOTE], { session: { phase: 'running' } });
    expect(dataOf(plan).at(-1)).toEqual({
      session_id: SESSION,
      external_id: 'run-1',
      agent_id: 'agent_1',
      caused_by: plan.events[1]?.id,
      error_code: 'overloaded',
      error_message: 'Too busy',
      step_number: 3,
    });
  });

  it('of a failure that gives no reason: nulls', () => {
    expect(dataOf(append([{ type: 'workflow_failed' }])).at(-1)).toMatchObject({
      error_code: null,
      error_message: null,
    });
  });

  it('is nothing of a pause, of its end, of a termination, or of events that only bear such names', () => {
    const named = { type: 'session.completed', data: { session_id: 'run-1' } };
    for (const events of [[{ type: 'workflow_paused' }, RUN], [TERMINATED], [named], [NOTE]]) {
      const plan = append(events, { session: { phase: 'running' } });
      expect(plan.events).toHaveLength(events.length);
      expect(plan.org.accountCount).toBe(7);
    }
  });

  it('keeps hostile names and titles as JSON text on one line', () => {
    const title = '"}\n\u2028\\ \u0000 {"a":1}';
    const plan = append([RUN], { session: { title, externalId: '"},{', agent: { id: '\\"', version: null } } });
    const text = plan.events[1]?.text ?? '';
    expect(text).not.toMatch(/\p{Cc}/u);
    expect(JSON.parse(text).data).toMatchObject({ goal: title, external_id: '"},{', agent_id: '\\"' });
  });
});

describe('sums', () => {
  it('add what each idle event says, and nothing of others', () => {
    const idle = (n: number) => ({ ...IDLE, usage: { input_tokens: n, cache_creation_input_tokens: 2 * n } });
    const plan = append([idle(1), { ...NOTE, usage: { input_tokens: 100 } }, idle(10), IDLE]);
    expect(plan.session?.usage).toEqual({
      inputTokens: 11,
      outputTokens: 0,
      cacheReadInputTokens: 0,
      cacheCreationInputTokens: 22,
    });
  });

  it('stop at the largest number that a double holds exactly', () => {
    const most = { ...IDLE, usage: { input_tokens: Number.MAX_SAFE_INTEGER } };
    expect(append([most, most]).session?.usage.inputTokens).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe('refusals', () => {
  it('an archived session takes nothing', () => {
    const archived = { archivedUs: NOW_US - 1 };
    for (const phase of PHASES) {
      const plan = () => append([RUN], { session: { ...archived, phase } });
      expectRefusal(plan, 'session_archived');
    }
  });

  it('a terminated session takes nothing that does not begin with what reopens it', () => {
    const phase: Phase = 'terminated';
    for (const events of [[NOTE], [IDLE], [TERMINATED], [{ type: 'workflow_started' }], [NOTE, RUN], []]) {
      expectRefusal(() => append(events, { session: { phase } }), 'session_terminated');
    }
    for (const first of [RUN, { type: 'session_start' }]) {
      const plan = append([first, NOTE], { session: { phase, startedUs: NOW_US - 1 } });
      expect(plan.session?.phase).toBe('running');
      expect(plan.events.map(({ type }) => type)).toEqual([first.type, 'note.added']);
    }
  });

  it('events after a termination in the same batch are stored, and move nothing but by reopening', () => {
    const plan = append([TERMINATED, NOTE, IDLE, EXHAUSTED]);
    expect(plan.events.map(({ type }) => type)).toEqual([
      'terminated',
      'note.added',
      'session.status_idle',
      'session.error',
    ]);
    expect(plan.session?.phase).toBe('terminated');
    expect(append([TERMINATED, RUN, IDLE]).session?.phase).toBe('finished');
  });
});

describe('purity', () => {
  it('a plan changes nothing that it was given', () => {
    const drafts = frozen([MESSAGE, RUN, IDLE, EXHAUSTED].map((event) => draftOf(event)));
    const before = frozen(sessionOf());
    const head = frozen(headOf());
    const plan = planAppend(head, before, drafts, frozen(contextOf()));
    expect(before).toEqual(sessionOf());
    expect(head).toEqual(headOf());
    expect(plan.session).not.toBe(before);
  });

  it('the same head, command, clock and randomness give the same plan', () => {
    const events = [MESSAGE, RUN, NOTE, IDLE, EXHAUSTED];
    expect(append(events)).toEqual(append(events));
  });
});

interface Start {
  readonly org?: Partial<OrgHead>;
  readonly session?: Partial<Session>;
  readonly context?: Partial<PlanContext>;
}

function append(events: readonly object[], start: Start = {}): Plan<Appended> {
  const drafts = events.map((event) => draftOf(event));
  return planAppend(headOf(start.org), sessionOf(start.session), drafts, contextOf(start.context));
}

function dataOf(plan: Plan<unknown>): readonly unknown[] {
  return plan.events.map(({ text }) => JSON.parse(text).data);
}

function prefixed([key, value]: readonly [string, unknown]): [string, unknown] {
  return [`own ${key}`, value];
}

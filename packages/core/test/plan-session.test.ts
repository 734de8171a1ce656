import { describe, expect, it } from 'vitest';
import { formatMicros } from '../src/clock.ts';
import { microsOfId } from '../src/ids.ts';
import { PHASES } from '../src/lifecycle.ts';
import type { EventRow } from '../src/plan/plan.ts';
import { planArchive, planCancel, planCreate, planDelete, planUpdate } from '../src/plan/session.ts';
import { draftOf } from './support/drafts.ts';
import { commandOf, contextOf, frozen, headOf, NOW_US, REQUEST, SESSION, sessionOf } from './support/plans.ts';
import { expectRefusal } from './support/refusals.ts';

const SUBJECT = { session_id: SESSION, external_id: 'run-1', agent_id: 'agent_1', caused_by: REQUEST };

describe('creating', () => {
  it('makes a session at the next microsecond, with all that was asked, and says so in the account stream', () => {
    const command = commandOf({
      externalId: 'run-2',
      agent: { id: 'agent_2', version: '4' },
      environmentId: 'env_1',
      title: 'Another',
      metadata: { key: 'value' },
    });
    const { session, org, events, value, deleted } = planCreate(headOf(), command, false, contextOf());
    expect(session).toEqual({
      id: session?.id,
      origin: 'native',
      externalId: 'run-2',
      agent: { id: 'agent_2', version: '4' },
      environmentId: 'env_1',
      title: 'Another',
      metadata: { key: 'value' },
      phase: 'created',
      turnId: null,
      usage: { inputTokens: 0, outputTokens: 0, cacheReadInputTokens: 0, cacheCreationInputTokens: 0 },
      eventCount: 0,
      createdUs: NOW_US,
      occurredAt: null,
      updatedUs: NOW_US,
      archivedUs: null,
      startedUs: null,
    });
    expect(value).toBe(session);
    expect(deleted).toBe(false);
    expect(microsOfId(session?.id ?? SESSION)).toBe(NOW_US);
    expect(org).toEqual({ lastUs: NOW_US + 1, accountCount: 8 });
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ stream: 'account', seq: 8, type: 'session.created', agentId: 'agent_2' });
    expect(events[0]?.aboutSession).toBe(session?.id);
    expect(accountFact(events[0])).toEqual({
      session_id: session?.id,
      external_id: 'run-2',
      agent_id: 'agent_2',
      caused_by: REQUEST,
      title: 'Another',
    });
  });

  it('I1, I3: with first events: its own fact, the batch, and what follows from it', () => {
    const events = [
      { type: 'user.message', content: 'Hello' },
      { type: 'session_start' },
      { type: 'session_stop', exit_code: 3, reason: 'killed' },
    ].map((event) => draftOf(event));
    const plan = planCreate(headOf({ accountCount: 0 }), commandOf({ events }), false, contextOf());
    expect(plan.events.map(({ stream, seq, type }) => `${stream} ${seq} ${type}`)).toEqual([
      'account 1 session.created',
      'session 1 user.message',
      'session 2 session_start',
      'session 3 session_stop',
      'account 2 session.started',
      'account 3 session.failed',
    ]);
    expect(plan.events.map(({ id }) => microsOfId(id))).toEqual([1, 2, 3, 4, 5, 6].map((n) => NOW_US + n));
    expect(plan.org).toEqual({ lastUs: NOW_US + 6, accountCount: 3 });
    expect(plan.session).toMatchObject({ phase: 'failed', eventCount: 3, createdUs: NOW_US, updatedUs: NOW_US + 4 });
    expect(plan.session?.turnId).toBe(JSON.parse(plan.events[1]?.text ?? '').turn_id);
    expect(accountFact(plan.events[5])).toMatchObject({ error_message: 'killed', step_number: 3 });
    for (const { text } of plan.events.slice(1, 4)) expect(JSON.parse(text).session_id).toBe(plan.session?.id);
  });

  it('I1: two sessions of one moment get different ids, in their order', () => {
    const first = planCreate(headOf(), commandOf(), false, contextOf());
    const second = planCreate(first.org, commandOf(), false, contextOf());
    expect((first.session?.id ?? '') < (second.session?.id ?? '')).toBe(true);
  });

  it('is refused while another session has its external id', () => {
    const command = commandOf({ externalId: 'run-1' });
    expectRefusal(() => planCreate(headOf(), command, true, contextOf()), 'external_id_taken', 'external_id');
  });
});

describe('updating', () => {
  const old = () => sessionOf({ title: 'Old', metadata: { a: '1', b: '2' } });
  const update = (command: Partial<Parameters<typeof planUpdate>[2]>, session = old()) =>
    planUpdate(headOf(), session, { title: undefined, metadata: undefined, ...command }, contextOf());

  it('changes the title and merges metadata, and tells old and new of exactly what changed', () => {
    const plan = update({ title: 'New', metadata: { b: null, c: '3', a: '1' } });
    expect(plan.session).toEqual({ ...old(), title: 'New', metadata: { a: '1', c: '3' }, updatedUs: NOW_US });
    expect(plan.value).toBe(plan.session);
    expect(plan.events).toHaveLength(1);
    expect(plan.events[0]).toMatchObject({ stream: 'account', seq: 8, type: 'session.updated' });
    expect(accountFact(plan.events[0])).toEqual({
      ...SUBJECT,
      changes: {
        title: { old: 'Old', new: 'New' },
        'metadata.b': { old: '2', new: null },
        'metadata.c': { old: null, new: '3' },
      },
    });
    expect(plan.org).toEqual({ lastUs: NOW_US, accountCount: 8 });
  });

  it('takes a title away', () => {
    const plan = update({ title: null });
    expect(plan.session?.title).toBe(null);
    expect(accountFact(plan.events[0])['changes']).toEqual({ title: { old: 'Old', new: null } });
  });

  it.each([
    ['nothing', {}],
    ['the same title', { title: 'Old' }],
    ['the same metadata', { metadata: { b: '2', a: '1' } }],
    ['the absence of what is not there', { metadata: JSON.parse('{"z":null,"__proto__":null,"toString":null}') }],
  ])('with %s writes nothing and spends no time', (_, command) => {
    const session = old();
    const plan = update(command, session);
    expect(plan.events).toEqual([]);
    expect(plan.org).toEqual(headOf());
    expect(plan.session).toBe(session);
  });

  it('is announced though nothing changes when it is to be announced always', () => {
    const plan = update({ title: 'Old', always: true });
    expect(plan.session).toEqual({ ...old(), updatedUs: NOW_US });
    expect(plan.events.map(({ type }) => type)).toEqual(['session.updated']);
    expect(accountFact(plan.events[0])['changes']).toEqual({});
  });

  it('knows __proto__ and toString as keys that a session may have or not have', () => {
    const plan = update({ metadata: JSON.parse('{"__proto__":"p","toString":"t"}') });
    expect(JSON.stringify(plan.session?.metadata)).toBe('{"a":"1","b":"2","__proto__":"p","toString":"t"}');
    expect(accountFact(plan.events[0])['changes']).toEqual({
      'metadata.__proto__': { old: null, new: 'p' },
      'metadata.toString': { old: null, new: 't' },
    });
    const again = planUpdate(
      plan.org,
      plan.value,
      { title: undefined, metadata: JSON.parse('{"__proto__":null}') },
      contextOf(),
    );
    expect(accountFact(again.events[0])['changes']).toEqual({ 'metadata.__proto__': { old: 'p', new: null } });
  });

  it('may leave a session with 50 pairs and not with 51, whatever the change alone holds', () => {
    const pairs = (from: number, to: number) =>
      Object.fromEntries(Array.from({ length: to - from }, (_, n) => [`k${from + n}`, 'v']));
    const full = sessionOf({ metadata: pairs(0, 50) });
    expectRefusal(() => update({ metadata: { one: 'more' } }, full), 'invalid_request', 'metadata');
    const exchanged = update({ metadata: { k0: null, one: 'more' } }, full);
    expect(Object.keys(exchanged.value.metadata)).toHaveLength(50);
  });

  it('changes the agent, whose version goes with it, and tells old and new', () => {
    const plan = update({ agentId: 'agent_2' });
    expect(plan.session).toEqual({ ...old(), agent: { id: 'agent_2', version: null }, updatedUs: NOW_US });
    expect(accountFact(plan.events[0])).toEqual({
      ...SUBJECT,
      changes: { agent_id: { old: 'agent_1', new: 'agent_2' } },
    });
    const first = update({ agentId: 'agent_2', title: 'New' }, sessionOf({ agent: null, title: null }));
    expect(first.session).toMatchObject({ agent: { id: 'agent_2', version: null }, title: 'New' });
    expect(accountFact(first.events[0])['changes']).toEqual({
      title: { old: null, new: 'New' },
      agent_id: { old: null, new: 'agent_2' },
    });
  });

  it('with the agent that it has keeps its version, and writes nothing', () => {
    const session = old();
    const plan = update({ agentId: 'agent_1' }, session);
    expect(plan).toEqual({ org: headOf(), session, deleted: false, events: [], value: session });
    expect(update({ agentId: 'agent_1', title: 'New' }, session).session?.agent).toBe(session.agent);
  });

  it('of an archived or terminated session is taken', () => {
    const plan = update({ title: 'New' }, sessionOf({ archivedUs: 1, phase: 'terminated' }));
    expect(plan.session).toMatchObject({ title: 'New', archivedUs: 1, phase: 'terminated' });
  });

  it('changes nothing that it was given', () => {
    const session = frozen(old());
    planUpdate(frozen(headOf()), session, frozen({ title: 'New', metadata: { a: null } }), frozen(contextOf()));
    expect(session).toEqual(old());
  });
});

describe('archiving', () => {
  it('notes the time, and says so once', () => {
    const plan = planArchive(headOf(), frozen(sessionOf()), contextOf());
    expect(plan.session).toEqual(sessionOf({ archivedUs: NOW_US, updatedUs: NOW_US }));
    expect(plan.events.map(({ type }) => type)).toEqual(['session.archived']);
    expect(accountFact(plan.events[0])).toEqual(SUBJECT);
    const again = planArchive(plan.org, plan.value, contextOf({ nowUs: NOW_US + 9 }));
    expect(again).toEqual({ org: plan.org, session: plan.value, deleted: false, events: [], value: plan.value });
  });

  it('I1: notes the time of the log, not that of a clock which went back', () => {
    const lastUs = NOW_US + 1_000;
    expect(planArchive(headOf({ lastUs }), sessionOf(), contextOf()).session?.archivedUs).toBe(lastUs + 1);
  });
});

describe('cancelling', () => {
  it.each(['running', 'rescheduling'] as const)('a session that is %s appends an interrupt in its turn', (phase) => {
    const plan = planCancel(headOf(), frozen(sessionOf({ phase, turnId: 'turn_7' })), contextOf());
    expect(plan.value).toEqual({ session: plan.session, interrupted: true });
    expect(plan.session).toEqual(sessionOf({ phase, turnId: 'turn_7', eventCount: 2, updatedUs: NOW_US }));
    expect(plan.events).toHaveLength(1);
    const time = formatMicros(NOW_US);
    expect(JSON.parse(plan.events[0]?.text ?? '')).toEqual({
      id: plan.events[0]?.id,
      type: 'user.interrupt',
      session_id: SESSION,
      turn_id: 'turn_7',
      schema_version: '1.0',
      created_at: time,
      processed_at: time,
      seq: 2,
    });
    expect(plan.org).toEqual({ lastUs: NOW_US, accountCount: 7 });
  });

  it('a session at rest appends nothing, archived or not', () => {
    for (const phase of PHASES.filter((any) => any !== 'running' && any !== 'rescheduling')) {
      for (const archivedUs of [null, NOW_US - 1]) {
        const session = sessionOf({ phase, archivedUs });
        const plan = planCancel(headOf(), session, contextOf());
        expect(plan.value).toEqual({ session, interrupted: false });
        expect([plan.events, plan.org, plan.session]).toEqual([[], headOf(), session]);
      }
    }
  });

  it('an archived session that still runs is refused', () => {
    const session = sessionOf({ phase: 'running', archivedUs: NOW_US - 1 });
    expectRefusal(() => planCancel(headOf(), session, contextOf()), 'session_archived');
  });
});

describe('deleting', () => {
  it('marks the session and says how many events went with it', () => {
    const session = frozen(sessionOf({ eventCount: 12 }));
    const plan = planDelete(headOf(), session, contextOf());
    expect(plan.deleted).toBe(true);
    expect(plan.session).toBe(session);
    expect(plan.value).toEqual({ id: session.id, eventCount: 12 });
    expect(plan.events.map(({ stream, seq, type }) => [stream, seq, type])).toEqual([
      ['account', 8, 'session.deleted'],
    ]);
    expect(accountFact(plan.events[0])).toEqual({ ...SUBJECT, events_count: 12 });
    expect(plan.org).toEqual({ lastUs: NOW_US, accountCount: 8 });
  });

  it('takes a session in any phase, archived or not', () => {
    for (const phase of PHASES) {
      for (const archivedUs of [null, 1]) {
        expect(planDelete(headOf(), sessionOf({ phase, archivedUs }), contextOf()).deleted).toBe(true);
      }
    }
  });
});

/** The data of an account event, whose envelope names no session, turn or number. */
function accountFact(row: EventRow | undefined): Record<string, unknown> {
  const { data, ...envelope } = JSON.parse(row?.text ?? 'null');
  expect(envelope).toMatchObject({ session_id: null, turn_id: null, seq: null, schema_version: '1.0' });
  return data;
}

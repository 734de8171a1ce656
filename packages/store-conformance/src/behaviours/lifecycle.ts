/** The lifecycle: which events move a session to which phase, and what is summed up on the way. */
import { microsOfId, type OrgId } from '@turnlog/core/ids';
import type { Phase } from '@turnlog/core/lifecycle';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StoreHarness } from '../harness.ts';
import { byId, context, draft, notes, sessionCommand } from '../support/commands.ts';
import { accountViews, allEvents, sessionOf, viewOf } from '../support/reading.ts';
import { refusalCode } from '../support/refusals.ts';
import { type Sandbox, useStore } from '../support/sandbox.ts';

/** How a new session is brought to each phase. */
const WAYS: Readonly<Record<Phase, readonly string[]>> = {
  created: [],
  running: ['session.status_running'],
  rescheduling: ['session.status_rescheduled'],
  paused: ['session.status_running', 'workflow_paused'],
  finished: ['session.status_running', 'workflow_completed'],
  failed: ['session.status_running', 'workflow_failed'],
  terminated: ['terminated'],
};
const PHASES = Object.keys(WAYS) as Phase[];

/** The contract's table: where each event leads; null: nowhere. */
const EVENTS: readonly (readonly [object, Phase | null])[] = [
  [{ type: 'session.status_running' }, 'running'],
  [{ type: 'session_start' }, 'running'],
  [{ type: 'workflow_started' }, 'running'],
  [{ type: 'workflow_resumed' }, 'running'],
  [{ type: 'session.status_rescheduled' }, 'rescheduling'],
  [{ type: 'workflow_paused' }, 'paused'],
  [{ type: 'session.status_idle', stop_reason: { type: 'requires_action' } }, 'paused'],
  [{ type: 'session.status_idle', stop_reason: { type: 'end_turn' } }, 'finished'],
  [{ type: 'session.status_idle' }, 'finished'],
  [{ type: 'session_stop' }, 'finished'],
  [{ type: 'session_stop', exit_code: 0 }, 'finished'],
  [{ type: 'workflow_completed' }, 'finished'],
  [{ type: 'session_stop', exit_code: 2 }, 'failed'],
  [{ type: 'session.error', retry_status: { type: 'exhausted' } }, 'failed'],
  [{ type: 'session.error', error: { type: 'overloaded', retry_status: { type: 'terminal' } } }, 'failed'],
  [{ type: 'session.error', retry_status: { type: 'retrying' } }, null],
  [{ type: 'session.error' }, null],
  [{ type: 'workflow_failed' }, 'failed'],
  [{ type: 'terminated' }, 'terminated'],
  [{ type: 'session.status_terminated' }, 'terminated'],
  [{ type: 'session.completed', data: { session_id: 'x' } }, null],
  [{ type: 'status', data: 'completed' }, null],
  [{ type: 'user.message', content: 'hello' }, null],
];

export function describeLifecycle(harness: StoreHarness): void {
  describe('lifecycle', () => {
    const sandbox = useStore(harness);

    test.each(PHASES)('from %s every event leads where the table says, and is announced once', async (from) => {
      const org = await sandbox.newOrg();
      await Promise.all(EVENTS.map(([event, to]) => expectMove(sandbox, org, from, event, to)));
    });

    test('a terminated session takes only what reopens it, and then all that follows in the batch', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const { value: session } = await store.createSession(org, sessionCommand(), context());
      const ref = byId(session);
      const batch = [draft({ type: 'terminated' }), ...notes(2), draft({ type: 'session_start' }), ...notes(1)];
      const terminated = await store.appendEvents(org, ref, [...batch, draft({ type: 'terminated' })], context());
      expect(terminated.value).toHaveLength(6);
      for (const drafts of [
        notes(1),
        [...notes(1), draft({ type: 'session_start' })],
        [draft({ type: 'terminated' })],
      ]) {
        expect(await refusalCode(store.appendEvents(org, ref, drafts, context()))).toBe('session_terminated');
      }
      expect((await sessionOf(store, org, ref)).eventCount).toBe(6);
      await store.appendEvents(org, ref, [draft({ type: 'session.status_running' }), ...notes(2)], context());
      expect(await sessionOf(store, org, ref)).toMatchObject({ phase: 'running', eventCount: 9 });
    });

    test('events of the account stream never move a session, though they bear its name', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const { value: session } = await store.createSession(org, sessionCommand(), context());
      const data = { session_id: session.id, status: 'completed' };
      const types = ['session.started', 'session.completed', 'session.failed', 'session.archived', 'session.deleted'];
      await store.appendEvents(
        org,
        byId(session),
        types.map((type) => draft({ type, data })),
        context(),
      );
      expect(await sessionOf(store, org, byId(session))).toMatchObject({ phase: 'created', archivedUs: null });
      expect((await accountViews(sandbox.open, org)).map(({ type }) => type)).toEqual(['session.created']);
    });

    test('usage is summed over going idle, counts that are no whole numbers left out', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const idle = (usage: string) => draft(`{"type":"session.status_idle","usage":${usage}}`);
      const { value: session } = await store.createSession(
        org,
        sessionCommand({ events: [idle('{"input_tokens":1,"output_tokens":2}')] }),
        context(),
      );
      const batch = [
        idle('{"input_tokens":10,"cache_read_input_tokens":3,"cache_creation_input_tokens":4}'),
        idle('{"input_tokens":1.5,"output_tokens":-3,"cache_read_input_tokens":1e2}'),
        idle('{}'),
        draft('{"type":"agent.message","content":[{"type":"text"}],"usage":{"input_tokens":1000}}'),
      ];
      const expected = { inputTokens: 11, outputTokens: 2, cacheReadInputTokens: 103, cacheCreationInputTokens: 4 };
      await store.appendEvents(org, byId(session), batch, context());
      expect((await sessionOf(store, org, byId(session))).usage).toEqual(expected);
      await store.appendEvents(org, byId(session), [idle('{"output_tokens":9007199254740991}')], context());
      const capped = { ...expected, outputTokens: Number.MAX_SAFE_INTEGER };
      expect((await sessionOf(store, org, byId(session))).usage).toEqual(capped);
    });

    test('a turn begins with a message of the user and lasts until the next; an event may name its own', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const { value: session } = await store.createSession(org, sessionCommand({ events: notes(1) }), context());
      const message = draft({ type: 'user.message', content: 'go' });
      const named = draft({ type: 'note.added', turn_id: 'turn_mine1' });
      const batches = [[...notes(1), message, ...notes(1)], notes(1), [named], notes(1), [message], notes(1)];
      const turns: (string | null)[] = [];
      for (const batch of batches) {
        const { value } = await store.appendEvents(org, byId(session), batch, context());
        turns.push(...value.map((text) => viewOf(text).turn_id));
        expect((await sessionOf(store, org, byId(session))).turnId).toBe(turns.at(-1));
      }
      const [before, first, , , mine, , second] = turns;
      expect(before).toBeNull();
      expect(first).toMatch(/^turn_[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
      expect(mine).toBe('turn_mine1');
      expect(second).not.toBe(first);
      expect(turns).toEqual([null, first, first, first, mine, mine, second, second]);
    });

    test('what a session says of itself is what its events add up to, after any batches', async () => {
      const { store } = sandbox;
      const event = fc.constantFrom(...EVENTS.map(([each]) => each));
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(event, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 6 }),
          fc.array(event, { maxLength: 3 }),
          async (batches, initial) => {
            const org = await sandbox.newOrg();
            const command = sessionCommand({ title: 'goal', events: initial.map(draft) });
            const { value: session } = await store.createSession(org, command, context());
            for (const batch of batches) {
              sandbox.clock.us += 1_500;
              await store.appendEvents(org, byId(session), batch.map(draft), context()).catch((error: unknown) => {
                expect(error).toMatchObject({ code: 'session_terminated' });
              });
            }
            await expectAddsUp(sandbox, org, byId(session));
          },
        ),
        { numRuns: 25 },
      );
    });

    test('an announcement carries what its event says of the session', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const { value: session } = await store.createSession(
        org,
        sessionCommand({ externalId: 'run-1', title: 'the goal', agent: { id: 'agent-1', version: null } }),
        context(),
      );
      sandbox.clock.us += 1_000_000;
      await store.appendEvents(org, byId(session), [draft({ type: 'session_start' }), ...notes(2)], context());
      sandbox.clock.us += 2_500_000;
      const usage = { input_tokens: 40, output_tokens: 2 };
      await store.appendEvents(org, byId(session), [draft({ type: 'session.status_idle', usage })], context());
      const error = { type: 'overloaded', message: 'no more' };
      const failing = { type: 'session.error', error, retry_status: { type: 'exhausted' } };
      await store.appendEvents(org, byId(session), [draft(failing)], context());
      const subject = { session_id: session.id, external_id: 'run-1', agent_id: 'agent-1' };
      const facts = (await accountViews(sandbox.open, org)).map(({ type, data }) => [type, data] as const);
      expect(facts).toMatchObject([
        ['session.created', { ...subject, title: 'the goal' }],
        ['session.started', { ...subject, goal: 'the goal', model: null }],
        ['session.completed', { ...subject, status: 'completed', steps: 4, duration_ms: 2500, tokens_used: 42 }],
        ['session.failed', { ...subject, error_code: 'overloaded', error_message: 'no more', step_number: 5 }],
      ]);
    });
  });
}

/** Where an event leads from a phase: the table, and the two exceptions that the contract names. */
function targetOf(from: Phase, event: object, to: Phase | null): Phase {
  const type = 'type' in event ? event.type : null;
  if (to === null) return from;
  if (from === 'failed' && type === 'session.status_idle') return 'failed';
  if (from === 'terminated' && type !== 'session_start' && type !== 'session.status_running') return 'terminated';
  return to;
}

function announcedBetween(from: Phase, to: Phase): string[] {
  if (from === to) return [];
  if (to === 'finished') return ['session.completed'];
  if (to === 'failed') return ['session.failed'];
  const starts = (to === 'running' || to === 'rescheduling') && ['created', 'finished', 'failed'].includes(from);
  return starts ? ['session.started'] : [];
}

async function expectMove({ store, open }: SandboxOf, org: OrgId, from: Phase, event: object, to: Phase | null) {
  const events = WAYS[from].map((type) => draft({ type }));
  const { value: session } = await store.createSession(org, sessionCommand({ events }), context());
  expect(session.phase).toBe(from);
  const target = targetOf(from, event, to);
  const append = store.appendEvents(org, byId(session), [draft(event)], context());
  if (from === 'terminated' && target === 'terminated') {
    expect(await refusalCode(append)).toBe('session_terminated');
    expect(await sessionOf(store, org, byId(session))).toEqual(session);
    return;
  }
  const { value } = await append;
  const { phase } = await sessionOf(store, org, byId(session));
  expect({ event, phase }).toEqual({ event, phase: target });
  const id = viewOf(value[0] ?? '').id;
  const announced = (await accountViews(open, org)).filter(({ data }) => data['caused_by'] === id);
  expect({ event, announced: announced.map(({ type }) => type) }).toEqual({
    event,
    announced: announcedBetween(from, target),
  });
}

/** Replays the stored events by the table and compares: phase, count, times, and the announcements in order. */
async function expectAddsUp({ store, open }: SandboxOf, org: OrgId, ref: { readonly id: `sess_${string}` }) {
  const events = (await allEvents(store, org, ref)).map(({ text }) => viewOf(text));
  let phase: Phase = 'created';
  let startedUs: number | null = null;
  const announced: (readonly [string, string])[] = [];
  for (const event of events) {
    const target = targetOf(phase, event, destinationOf(event));
    for (const type of announcedBetween(phase, target)) {
      announced.push([type, event.id]);
      if (type === 'session.started') startedUs = microsOfId(event.id);
    }
    phase = target;
  }
  const session = await sessionOf(store, org, ref);
  const last = events.at(-1);
  const updatedUs = last === undefined ? session.createdUs : microsOfId(last.id);
  expect(session).toMatchObject({ phase, startedUs, updatedUs, eventCount: events.length });
  const derived = (await accountViews(open, org)).filter(({ type }) => type !== 'session.created');
  expect(derived.map(({ type, data }) => [type, data['caused_by']])).toEqual(announced);
}

/** Where the table leads from a stored event: the row whose members are all there, and no other of their names. */
function destinationOf(stored: object): Phase | null {
  const names = ['type', 'stop_reason', 'exit_code', 'retry_status', 'error'];
  const facts = (event: object) => JSON.stringify(names.map((name) => Reflect.get(event, name) ?? null));
  return EVENTS.find(([event]) => facts(event) === facts(stored))?.[1] ?? null;
}

type SandboxOf = Pick<Sandbox, 'store' | 'open'>;

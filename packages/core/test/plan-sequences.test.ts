/** Whatever is asked of an org, in whatever order and with whatever clock, its log keeps the invariants. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMicros } from '../src/clock.ts';
import { TurnlogError } from '../src/errors.ts';
import { microsOfId, type SessionId } from '../src/ids.ts';
import { scanJson } from '../src/json.ts';
import { planAppend } from '../src/plan/append.ts';
import type { EventRow, OrgHead, Plan, PlanContext } from '../src/plan/plan.ts';
import {
  planArchive,
  planCancel,
  planCreate,
  planDelete,
  planMove,
  planStart,
  planUpdate,
} from '../src/plan/session.ts';
import { planCreateToken } from '../src/plan/token.ts';
import type { Session } from '../src/sessions.ts';
import { draftOf } from './support/drafts.ts';
import { commandOf, frozen, NOW_US, REQUEST } from './support/plans.ts';
import { seededBytes } from './support/random.ts';

const EVENTS = [
  { type: 'note.added', text: 'a,"b"\n' },
  { type: 'user.message', content: 'Hello' },
  { type: 'user.message', content: 'Hello', turn_id: 'turn_7' },
  { type: 'agent.message', content: [{ type: 'text', text: '😀' }] },
  { type: 'session.status_running' },
  { type: 'session_start' },
  { type: 'workflow_started' },
  { type: 'session.status_rescheduled' },
  { type: 'workflow_paused' },
  { type: 'session.status_idle', usage: { input_tokens: 3, output_tokens: 2 } },
  { type: 'session.status_idle', stop_reason: { type: 'requires_action' }, usage: { input_tokens: 10 } },
  { type: 'session_stop', exit_code: 1 },
  { type: 'session.error', error: { retry_status: { type: 'terminal' } } },
  { type: 'terminated' },
  { type: 'status', data: 'running' },
  { type: 'status', data: 'aborted' },
].map((event) => ({ draft: frozen(draftOf(event)), usage: event.usage }));

const batch = (minLength: number) => fc.array(fc.constantFrom(...EVENTS), { minLength, maxLength: 6 });
const onSession = fc.nat(3);
/** How far the clock has moved since the last command: it may stand still, jump or go back. */
const clockStep = fc.oneof(
  fc.constant(0),
  fc.integer({ min: -5_000_000, max: 5_000_000 }),
  fc.integer({ min: 1, max: 9 }),
);
const command = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('create' as const),
      origin: fc.constantFrom('native', 'wave', 'runtime'),
      running: fc.boolean(),
      events: batch(0),
    }),
  },
  fc.record({ does: fc.constant('start' as const), at: onSession, events: batch(0) }),
  fc.record({
    does: fc.constant('move' as const),
    at: onSession,
    move: fc.constantFrom('start' as const, 'pause' as const, 'stop' as const),
  }),
  { weight: 6, arbitrary: fc.record({ does: fc.constant('append' as const), at: onSession, events: batch(1) }) },
  fc.record({
    does: fc.constant('update' as const),
    at: onSession,
    title: fc.constantFrom(undefined, null, 'a', 'b'),
    metadata: fc.constantFrom(undefined, { a: '1' }, { a: null, b: '2' }),
    agentId: fc.constantFrom(undefined, 'agent_1', 'agent_2'),
  }),
  fc.record({ does: fc.constantFrom('archive' as const, 'cancel' as const, 'delete' as const), at: onSession }),
  fc.record({ does: fc.constant('token' as const) }),
);
type Command = typeof command extends fc.Arbitrary<infer Value> ? Value : never;

describe('any sequence of commands', () => {
  it('I1, I3: rises strictly in ids and times, and numbers each session and the account stream without a hole', () => {
    const steps = fc.array(fc.tuple(command, clockStep), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(steps, fc.integer(), (commands, seed) => {
        const org = new Org(seed);
        for (const [next, step] of commands) org.take(next, step);
        org.check();
      }),
      { numRuns: 300 },
    );
  });
});

/** An org as a store would keep it: heads, and every row in commit order. */
class Org {
  private head: OrgHead = frozen({ lastUs: NOW_US, accountCount: 0 });
  private nowUs = NOW_US;
  private readonly sessions: Session[] = [];
  private readonly log: { readonly row: EventRow; readonly session: SessionId | null }[] = [];
  private readonly idsInOrder: string[] = [];
  private readonly sums = new Map<SessionId, number>();
  private seed: number;

  constructor(seed: number) {
    this.seed = seed;
  }

  take(next: Command, step: number): void {
    this.nowUs += step;
    this.seed += 1;
    if (next.does === 'token') {
      const token = { name: 'x', scopes: [], expiresUs: null, hash: '', prefix: '' };
      const plan = planCreateToken(this.head, token, this.context());
      this.idsInOrder.push(plan.token.id.slice('tok_'.length));
      this.moveHead(plan.org);
      return;
    }
    const at = 'at' in next ? next.at % Math.max(1, this.sessions.length) : this.sessions.length;
    const before = this.sessions[at];
    if (next.does !== 'create' && before === undefined) return;
    let plan: Plan<unknown>;
    try {
      plan = this.plan(next, before);
    } catch (error) {
      expect(error).toBeInstanceOf(TurnlogError);
      expect((error as TurnlogError).code).toMatch(/^session_(archived|terminated)$/);
      return;
    }
    expect(this.plan(next, before)).toEqual(plan);
    this.commit(plan, at, before, 'events' in next ? next.events : []);
  }

  check(): void {
    const ids = this.idsInOrder;
    for (const [n, id] of ids.slice(1).entries()) expect((ids[n] ?? '') < id).toBe(true);
    const accountSeqs = this.log.filter(({ session }) => session === null).map(({ row }) => row.seq);
    expect(accountSeqs).toEqual(accountSeqs.map((_, n) => n + 1));
    expect(this.head.accountCount).toBe(accountSeqs.length);
    for (const id of new Set(this.log.map(({ session }) => session))) {
      if (id === null) continue;
      const seqs = this.log.filter(({ session }) => session === id).map(({ row }) => row.seq);
      expect(seqs).toEqual(seqs.map((_, n) => n + 1));
    }
    const last = this.log.at(-1);
    if (last) expect(this.head.lastUs).toBeGreaterThanOrEqual(microsOfId(last.row.id));
  }

  private context(): PlanContext {
    return { nowUs: this.nowUs, random: seededBytes(this.seed), requestId: REQUEST };
  }

  /** Plans of frozen values: a plan that changed one would throw. */
  private plan(next: Exclude<Command, { does: 'token' }>, before: Session | undefined): Plan<unknown> {
    const context = this.context();
    if (next.does === 'create') {
      const { origin, running } = next;
      const events = next.events.map(({ draft }) => draft);
      return planCreate(this.head, frozen(commandOf({ title: 'x', origin, running, events })), false, context);
    }
    if (before === undefined) throw new Error('There is no session.');
    switch (next.does) {
      case 'append':
        return planAppend(this.head, before, frozen(next.events.map(({ draft }) => draft)), context);
      case 'update':
        return planUpdate(this.head, before, frozen(next), context);
      case 'start': {
        const events = next.events.map(({ draft }) => draft);
        return planStart(this.head, frozen({ ...commandOf({ events }), externalId: 'run-1' }), before, context);
      }
      case 'move':
        return planMove(this.head, before, next.move, context);
      case 'archive':
        return planArchive(this.head, before, context);
      case 'cancel':
        return planCancel(this.head, before, context);
      case 'delete':
        return planDelete(this.head, before, context);
    }
  }

  private commit(plan: Plan<unknown>, at: number, before: Session | undefined, sent: typeof EVENTS): void {
    const session = plan.session;
    if (session === null) throw new Error('The session is lost.');
    if (before === undefined) this.idsInOrder.push(session.id.slice('sess_'.length));
    for (const row of plan.events) {
      this.idsInOrder.push(row.id.slice('evt_'.length));
      this.log.push({ row, session: row.stream === 'session' ? session.id : null });
    }
    this.checkRows(plan.events, session, before, sent);
    const sum = (this.sums.get(session.id) ?? 0) + sent.reduce((total, { usage }) => total + tokensOf(usage), 0);
    this.sums.set(session.id, sum);
    expect(session.usage.inputTokens + session.usage.outputTokens).toBe(sum);
    if (plan.events.length > 0 && !plan.deleted) {
      expect(session.updatedUs).toBeLessThanOrEqual(plan.org.lastUs);
      expect(session.updatedUs).toBeGreaterThan(this.head.lastUs);
    }
    this.moveHead(plan.org);
    if (plan.deleted) this.sessions.splice(at, 1);
    else this.sessions[at] = frozen(session);
  }

  private checkRows(
    rows: readonly EventRow[],
    session: Session,
    before: Session | undefined,
    sent: typeof EVENTS,
  ): void {
    const own = rows.filter(({ stream }) => stream === 'session');
    const count = before?.eventCount ?? 0;
    expect(own.map(({ seq }) => seq)).toEqual(own.map((_, n) => count + n + 1));
    expect(session.eventCount).toBe(count + own.length);
    const first = rows.findIndex(({ stream }) => stream === 'session');
    if (own.length > 0) expect(rows.slice(first, first + own.length)).toEqual(own);
    if (before !== undefined && own.length > 0) expect(first).toBe(0);
    for (const [n, { draft }] of sent.entries()) {
      expect(own[n]?.type).toBe(draft.type);
      expect(own[n]?.text.endsWith(draft.fields === '' ? `"seq":${own[n]?.seq}}` : `,${draft.fields}}`)).toBe(true);
    }
    for (const { id, type, stream, seq, text } of rows) {
      expect(scanJson(text).text).toBe(text);
      const time = formatMicros(microsOfId(id));
      const inSession = stream === 'session';
      const envelope = { session_id: inSession ? session.id : null, seq: inSession ? seq : null };
      expect(JSON.parse(text)).toMatchObject({ id, type, created_at: time, processed_at: time, ...envelope });
    }
  }

  private moveHead(next: OrgHead): void {
    expect(next.lastUs).toBeGreaterThanOrEqual(this.head.lastUs);
    this.head = frozen(next);
  }
}

function tokensOf(usage: object | undefined): number {
  return Object.values(usage ?? {}).reduce((total: number, count) => total + Number(count), 0);
}

/** Proof that the judge of deliveries sees what it is there for. */
import { expect, test } from 'vitest';
import type { Outage } from './crashing-server.ts';
import type { Arrival } from './endpoints.ts';
import {
  isMatch,
  judgeReplay,
  judgeWebhook,
  type LoggedDelivery,
  type LoggedEvent,
  type ReplayOutcome,
  type Subscription,
} from './webhook-judge.ts';

const REPLAY = 'rpl_1';
/** A crash before anything happened. */
const EARLY: Outage = { fromMs: -2, untilMs: -1 };

function event(id: string, session: string | null = 's1', more: Partial<LoggedEvent> = {}): LoggedEvent {
  return { id, type: 'agent.note', session, digest: `text of ${id}`, erased: false, ...more };
}

/** Attempts one after the other, as `a` (came through), `a!` (did not), or `a*` (came through, with three others at once). */
function arrivals(notes: string, more: Partial<Arrival> = {}): Arrival[] {
  return notes.split(' ').map((note, index) => ({
    id: note.charAt(0),
    type: 'agent.note',
    replay: null,
    digest: `text of ${note.charAt(0)}`,
    arrived: index * 2,
    succeeded: note.endsWith('!') ? null : index * 2 + 1,
    arrivedMs: index * 2,
    endedMs: index * 2 + 1,
    atOnce: 1,
    ...more,
  }));
}

function delivery(id: string, state = 'succeeded', replay: string | null = null): LoggedDelivery {
  return { event: id, state, replay };
}

const DISORDER = expect.stringMatching(/^good: b arrived before a of the same session had come through/);
const LOG = [event('a'), event('b'), event('c', 's2'), event('d', null)];

function violations(
  more: Partial<Subscription>,
  log: readonly LoggedEvent[] = LOG,
  outages: readonly Outage[] = [],
): readonly string[] {
  return judgeWebhook({ ...subscription(), ...more }, log, outages).violations;
}

function subscription(): Subscription {
  const deliveries = ['a', 'b', 'c', 'd'].map((id) => delivery(id));
  const shared = { name: 'good', patterns: ['*'], ordering: 'session', recovers: true } as const;
  return { ...shared, arrivals: arrivals('a b c d'), deliveries };
}

test('what came through once, in order and as it is stored is no violation', () => {
  expect(judgeWebhook(subscription(), LOG, [])).toEqual({ violations: [], duplicates: 0 });
  expect(violations({ arrivals: arrivals('c a! a d! d b') })).toEqual([]);
});

test('a lost event is seen, and one that never came through', () => {
  expect(violations({ arrivals: arrivals('a c d') })).toContain('good: 1 events never arrived, from b on');
  expect(violations({ arrivals: arrivals('a b! c d') })).toContain('good: 1 events never came through, from b on');
});

test('an event whose delivery was given up came, at least, and holds nothing up', () => {
  const deliveries = [delivery('a', 'failed'), ...['b', 'c', 'd'].map((id) => delivery(id))];
  expect(violations({ arrivals: arrivals('a! a! b c d'), deliveries })).toEqual([]);
  expect(violations({ arrivals: arrivals('b c d'), deliveries })).toEqual(['good: 1 events never arrived, from a on']);
  expect(violations({ arrivals: arrivals('a! b a! c d'), deliveries })).toEqual([DISORDER]);
  const between: Outage = { fromMs: 2.5, untilMs: 3.5 };
  expect(violations({ arrivals: arrivals('a! b a! c d'), deliveries }, LOG, [between])).toEqual([]);
});

test('disorder within a session is seen, also when the first has only been tried', () => {
  expect(violations({ arrivals: arrivals('b a c d') })).toEqual([DISORDER]);
  expect(violations({ arrivals: arrivals('a! b a c d') })).toEqual([DISORDER]);
  expect(violations({ arrivals: arrivals('b a c d'), ordering: 'none' })).toEqual([]);
  expect(violations({ arrivals: arrivals('d c a b') })).toEqual([]);
});

test('two attempts of one session at once are seen', () => {
  const [a, b, ...others] = arrivals('a b c d');
  const slow = { ...(a as Arrival), succeeded: 3 };
  expect(violations({ arrivals: [slow, b as Arrival, ...others] })).toEqual([DISORDER]);
});

test('what was never committed, not asked for or altered is seen', () => {
  const stranger = 'good: x (agent.note) arrived, and nothing that it may be sent has that id';
  expect(violations({ arrivals: arrivals('a b c d x') })).toContain(stranger);
  const own = 'good: x (webhook.sent) arrived, and nothing that it may be sent has that id';
  const arrived = [...arrivals('a b c d'), ...arrivals('x', { type: 'webhook.sent' })];
  expect(violations({ arrivals: arrived }, [...LOG, event('x', null, { type: 'webhook.sent' })])).toContain(own);
  expect(violations({ patterns: ['user.*'] })).toContain(
    'good: a (agent.note) arrived, and nothing that it may be sent has that id',
  );
  const altered = arrivals('a b c d').map((arrival) => ({ ...arrival, digest: 'other' }));
  expect(violations({ arrivals: altered })).toContain('good: a did not arrive as it is stored');
});

test('events of deleted sessions may come or not, in their order', () => {
  const log = [event('a', 's1', { erased: true }), event('b', 's1', { erased: true })];
  const none = { deliveries: null };
  expect(violations({ ...none, arrivals: arrivals('a') }, log)).toEqual([]);
  expect(violations({ ...none, arrivals: arrivals('b a') }, log)).toHaveLength(1);
});

test('what comes again counts, and is a violation where no crash explains it', () => {
  const again = 'good: a came again without a crash';
  expect(violations({ arrivals: arrivals('a b a c d') })).toContain(`${again} (0, 4)`);
  expect(violations({ arrivals: arrivals('a b a c d') }, LOG, [EARLY])).toContain(`${again} (-2 crash until -1, 0, 4)`);
  const between: Outage = { fromMs: 2.5, untilMs: 3.5 };
  expect(judgeWebhook({ ...subscription(), arrivals: arrivals('a b a c d') }, LOG, [between])).toEqual({
    violations: [],
    duplicates: 1,
  });
  expect(violations({ arrivals: arrivals('a b a a c d') }, LOG, [between])).toEqual([
    `${again} (0, 3 crash until 4, 4, 6)`,
  ]);
});

test('a log of deliveries that is not what happened is seen', () => {
  const logged = (...ids: string[]) => ids.map((id) => delivery(id));
  const twice = { deliveries: logged('a', 'a', 'b', 'c', 'd') };
  expect(violations(twice)).toEqual(['good: 1 events are logged twice, from a on']);
  expect(violations(twice, LOG, [EARLY])).toEqual(['good: 1 events are logged twice, from a on']);
  expect(violations(twice, LOG, [{ fromMs: 3, untilMs: 4 }])).toEqual([]);
  expect(violations({ deliveries: logged('a', 'b', 'c') })).toEqual(['good: 1 events are not logged, from d on']);
  expect(violations({ arrivals: arrivals('a! b! c! d!'), recovers: false, ordering: 'none' })).toEqual([
    'good: 4 deliveries are logged as succeeded and were not, from a on',
  ]);
  expect(violations({ deliveries: [...logged('a', 'b', 'c'), delivery('d', 'retrying')] })).toEqual([
    'good: 1 deliveries still wait, from d on',
  ]);
});

test('an endpoint that never takes anything is owed nothing', () => {
  expect(violations({ recovers: false, arrivals: arrivals('a! a!'), deliveries: [delivery('a', 'retrying')] })).toEqual(
    [],
  );
});

test('more than four attempts at once are seen', () => {
  expect(violations({ arrivals: arrivals('a b c d', { atOnce: 5 }) })).toEqual([
    'good: 5 attempts were under way at once',
  ]);
});

test('a replay ends with delivered + failed = total, and with every event of its range arrived', () => {
  const done: ReplayOutcome = { id: REPLAY, status: 'completed', delivered: 4, failed: 0, total: 4 };
  const judged = (outcome: Partial<ReplayOutcome>, notes: string, log = LOG) =>
    judgeReplay({ ...done, ...outcome }, arrivals(notes, { replay: REPLAY }), log);
  expect(judged({}, 'a b c d')).toEqual({ violations: [], duplicates: 0 });
  expect(judged({}, 'a b c b d')).toEqual({ violations: [], duplicates: 1 });
  expect(judged({ delivered: 3, failed: 1 }, 'a! a! a! b c d').violations).toEqual([]);
  expect(judged({ status: 'running' }, 'a b c d').violations).toEqual(['rpl_1: it is running']);
  expect(judged({ failed: 1 }, 'a b c d').violations).toEqual(['rpl_1: 4 delivered + 1 failed are not 4']);
  expect(judged({ delivered: 5, total: 5 }, 'a b c d').violations).toHaveLength(2);
  expect(judged({}, 'a b c').violations).toEqual([
    'rpl_1: it counts 4 as delivered, and 3 were answered with a 2xx',
    'rpl_1: 1 events never arrived, from d on',
  ]);
  expect(judged({}, 'a b c d x').violations).toHaveLength(2);
});

test('patterns mean what they say', () => {
  expect(isMatch('agent.message', ['agent.*'])).toBe(true);
  expect(isMatch('agent.tool.used', ['agent.*'])).toBe(true);
  expect(isMatch('agent', ['agent.*'])).toBe(false);
  expect(isMatch('agentxmessage', ['agent.message'])).toBe(false);
  expect(isMatch('webhook.sent', ['*'])).toBe(false);
});

/** Orders and shares: sessions that are held up, endpoints that are dead, rates, slots, and deleted sessions. */
import { describe, expect, it } from 'vitest';
import { Retries } from '../src/dispatch/retries.ts';
import { Slots } from '../src/dispatch/slots.ts';
import type { EventId, SessionId } from '../src/ids.ts';
import type { CreateWebhook } from '../src/webhooks.ts';
import { DispatchStage, type StageOptions } from './support/dispatch-stage.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

function many(stage: DispatchStage, count: number, session: SessionId | null = null): EventId[] {
  return Array.from({ length: count }, () => stage.log.append(session));
}

async function serving(options: StageOptions = {}, changes: Partial<CreateWebhook> = {}) {
  const stage = new DispatchStage(options);
  const webhook = stage.log.createWebhook(changes);
  const process = stage.begin();
  await stage.settle();
  return { stage, webhook, process, a: stage.log.newSession(), b: stage.log.newSession() };
}

const ordered = (options: StageOptions = {}) => serving(options, { ordering: 'session' });

describe('with ordering by session', () => {
  it('the events of each session go one by one, and sessions beside each other', async () => {
    const { stage, a, b } = await ordered({ latencyMs: 100 });
    const ofA: EventId[] = [];
    const ofB: EventId[] = [];
    for (let n = 0; n < 10; n++) {
      ofA.push(stage.log.append(a));
      ofB.push(stage.log.append(b));
    }
    await stage.elapse(950);
    expect(stage.arrivals).toHaveLength(20);
    expect(stage.arrived().filter((event) => ofA.includes(event))).toEqual(ofA);
    expect(stage.arrived().filter((event) => ofB.includes(event))).toEqual(ofB);
    expect([...stage.most.values()]).toEqual([2]);
  });

  it('account events about a session go in its order, and those about none in none', async () => {
    const { stage, a } = await ordered({ latencyMs: 100 });
    const ofA = [stage.log.append(a), stage.log.append(null, 'note.added', a), stage.log.append(a)];
    many(stage, 3);
    await stage.elapse(MINUTE_MS);
    expect(stage.arrived().filter((event) => ofA.includes(event))).toEqual(ofA);
    expect([...stage.most.values()]).toEqual([4]);
  });

  it('a failed delivery holds up its own session alone, and all of it follows in order', async () => {
    const { stage, webhook, a, b } = await ordered();
    const [first = 'evt_', ...others] = many(stage, 500, a);
    let healthy = false;
    stage.answer = (event) => (event === first && !healthy ? 500 : 200);
    await stage.settle();
    expect(stage.arrived()).toEqual([first]);
    const ofB = many(stage, 50, b);
    await stage.settle();
    expect(stage.arrived()).toEqual([first, ...ofB]);
    expect(stage.log.webhook(webhook).position).toBe(ofB.at(-1));
    expect(stage.log.blocksOf(webhook)).toEqual([{ session: a, after: first, waiting: true }]);
    healthy = true;
    await stage.elapse(10 * SECOND_MS);
    expect(stage.arrived().slice(51)).toEqual([first, ...others]);
    expect(stage.log.blocksOf(webhook)).toEqual([]);
    const last = stage.log.append(a);
    await stage.settle();
    expect(stage.arrived().at(-1)).toBe(last);
    expect(stage.log.inState('succeeded')).toHaveLength(551);
  });

  it('what comes while a session is caught up follows what was held up', async () => {
    const { stage, webhook, a } = await ordered({ latencyMs: 100 });
    const first = stage.log.append(a);
    stage.answer = (_, n) => (n === 1 && stage.arrivals.length === 0 ? 500 : 200);
    await stage.elapse(200);
    const events = [first];
    for (let n = 0; n < 60; n++) {
      events.push(stage.log.append(a));
      await stage.elapse(150);
    }
    await stage.elapse(MINUTE_MS);
    expect(stage.arrived()).toEqual([first, ...events]);
    expect(stage.log.blocksOf(webhook)).toEqual([]);
  });

  it('an event that fails for good lets the next one go', async () => {
    const { stage, webhook, a } = await ordered();
    const [first, second = 'evt_', third] = many(stage, 3, a);
    stage.answer = (event) => (event === first || event === second ? 500 : 200);
    await stage.elapse(60 * MINUTE_MS);
    const fours = [first, first, first, first, second, second, second, second];
    expect(stage.arrived()).toEqual([...fours, third]);
    expect(stage.log.blocksOf(webhook)).toEqual([]);
    expect(stage.log.inState('failed').map(({ event }) => event)).toEqual([first, second]);
  });

  it('a session that is held up stays so over the death of its process', async () => {
    const { stage, webhook, process, a } = await ordered();
    const events = many(stage, 20, a);
    stage.answer = (event) => (event === events[3] ? 500 : 200);
    await stage.elapse(SECOND_MS);
    const again = stage.restart(process);
    events.push(...many(stage, 5, a));
    await stage.elapse(SECOND_MS);
    expect(stage.arrived()).toEqual(events.slice(0, 4));
    stage.answer = () => 200;
    await stage.elapse(6 * SECOND_MS);
    stage.restart(again);
    await stage.elapse(10 * SECOND_MS);
    expect(stage.arrived()).toEqual([...events.slice(0, 4), ...events.slice(3)]);
    expect(stage.log.blocksOf(webhook)).toEqual([]);
  });

  it('what a session held up is delivered though nobody asks for order any longer', async () => {
    const { stage, webhook, a } = await ordered();
    const events = many(stage, 5, a);
    stage.answer = (event) => (event === events[0] ? 500 : 200);
    await stage.settle();
    stage.log.updateWebhook(webhook, { ordering: 'none' });
    await stage.settle();
    stage.answer = () => 200;
    const later = stage.log.append(a);
    await stage.elapse(10 * SECOND_MS);
    expect(new Set(stage.arrived())).toEqual(new Set([...events, later]));
    expect(stage.log.blocksOf(webhook)).toEqual([]);
  });

  it('what failed before anybody asked for order holds up its session from then on', async () => {
    const { stage, webhook, a, process } = await serving();
    const [slow = 'evt_', first = 'evt_', second = 'evt_'] = [stage.log.append(null), ...many(stage, 2, a)];
    stage.answer = (event) => (event === slow ? null : 500);
    await stage.elapse(SECOND_MS);
    stage.kill(process);
    stage.log.endLeases();
    stage.log.updateWebhook(webhook, { ordering: 'session' });
    const third = stage.log.append(a);
    const before = stage.arrivals.length;
    let healthy = false;
    stage.answer = (event) => (event === first && !healthy ? 500 : 200);
    stage.begin();
    await stage.settle();
    expect(stage.arrived().slice(before)).toEqual([slow, first]);
    healthy = true;
    await stage.elapse(MINUTE_MS);
    const ofA = stage.arrived().slice(before + 2);
    expect(ofA.indexOf(first)).toBeLessThan(ofA.indexOf(third));
    expect(ofA.indexOf(second)).toBeLessThan(ofA.indexOf(third));
    expect(stage.log.waiting(webhook, 10).data).toEqual([]);
  });

  it('is caught up with its own events, and not with those of other sessions about it', async () => {
    const { stage, a, b } = await ordered();
    const first = stage.log.append(a);
    const about = stage.log.append(b, 'note.added', a);
    const last = stage.log.append(a);
    stage.answer = (event) => (event === first ? 500 : 200);
    await stage.settle();
    stage.answer = () => 200;
    await stage.elapse(MINUTE_MS);
    expect(stage.arrived()).toEqual([first, about, first, last]);
  });

  it('hundreds of held-up sessions are caught up with, each in its order', async () => {
    const { stage, webhook } = await ordered({ latencyMs: 10 });
    const sessions = Array.from({ length: 100 }, () => stage.log.newSession());
    const bySession = new Map(sessions.map((session) => [session, many(stage, 5, session)]));
    stage.answer = () => 500;
    await stage.elapse(3 * SECOND_MS);
    stage.answer = () => 200;
    await stage.elapse(10 * MINUTE_MS);
    for (const events of bySession.values()) {
      expect([...new Set(stage.arrived().filter((event) => events.includes(event)))]).toEqual(events);
    }
    expect(stage.log.blocksOf(webhook)).toEqual([]);
    expect(stage.log.inState('succeeded')).toHaveLength(500);
  });
});

describe('a deleted session', () => {
  it('takes what was read ahead of it out of the window, into the log as canceled', async () => {
    const { stage, webhook, a } = await serving({ latencyMs: 1_000 });
    const events = many(stage, 20, a);
    const other = stage.log.append(null);
    await stage.settle();
    stage.log.deleteSession(a);
    await stage.elapse(MINUTE_MS);
    expect(stage.arrived()).toEqual([...events.slice(0, 4), other]);
    expect(stage.log.inState('canceled')).toHaveLength(16);
    expect(stage.log.inState('canceled').every(({ cancelReason }) => cancelReason === 'session_deleted')).toBe(true);
    expect(stage.log.webhook(webhook).position).toBe(other);
  });

  it('ends its deliveries that wait, and is held up no longer', async () => {
    const { stage, webhook, a, b } = await ordered();
    many(stage, 5, a);
    const about = stage.log.append(null, 'note.added', a);
    stage.answer = () => 500;
    await stage.settle();
    expect(stage.log.blocksOf(webhook)).toHaveLength(1);
    stage.answer = () => 200;
    stage.log.deleteSession(a);
    await stage.settle();
    expect(stage.log.blocksOf(webhook)).toEqual([]);
    expect(stage.log.inState('canceled').map(({ cancelReason }) => cancelReason)).toEqual(['session_deleted']);
    expect(stage.arrived().at(-1)).toBe(about);
    const event = stage.log.append(b);
    await stage.settle();
    expect(stage.arrived().at(-1)).toBe(event);
  });

  it('lets go on what of it stood in order behind', async () => {
    const { stage, a } = await ordered({ latencyMs: 1_000 });
    many(stage, 3, a);
    const about = [stage.log.append(null, 'note.added', a), stage.log.append(null, 'note.added', a)];
    await stage.settle();
    stage.log.deleteSession(a);
    await stage.elapse(MINUTE_MS);
    expect(stage.arrived().slice(1)).toEqual(about);
    expect([...stage.most.values()]).toEqual([1]);
  });
});

describe('deliveries that somebody asked for', () => {
  it('and that are more than are known by heart go out beside a backlog', async () => {
    const { stage } = await serving({ latencyMs: 100, dispatcher: { retryRows: 5, retrySeconds: [0] } });
    stage.answer = () => 500;
    const failed = many(stage, 12);
    await stage.elapse(MINUTE_MS);
    stage.answer = () => 200;
    const before = stage.arrivals.length;
    for (const { id } of stage.log.inState('failed')) stage.log.resend(id);
    many(stage, 1_000);
    await stage.elapse(5 * SECOND_MS);
    expect(stage.arrived().slice(before)).toEqual(expect.arrayContaining(failed));
    expect(stage.arrivals.length).toBeLessThan(before + 500);
  });
});

describe('a dead endpoint', () => {
  const ROWS = 20;
  const dead = () =>
    serving({ answer: () => 500, dispatcher: { retryRows: ROWS, retrySeconds: [0, 5, 30, 300, 3_600] } });

  it('that fails fast is tried one by one after eight failures, with pauses that grow to five seconds', async () => {
    const { stage, webhook } = await serving({ answer: () => 500 });
    many(stage, 2_000);
    await stage.elapse(SECOND_MS);
    expect(stage.arrivals.length).toBeGreaterThanOrEqual(8);
    expect(stage.arrivals.length).toBeLessThanOrEqual(16);
    await stage.elapse(10 * MINUTE_MS);
    const before = stage.arrivals.length;
    await stage.elapse(MINUTE_MS);
    expect(stage.arrivals.length - before).toBe(12);
    stage.answer = () => 200;
    await stage.elapse(5 * SECOND_MS);
    expect(stage.log.waiting(webhook, 10_000).retrying).toBeLessThan(200);
    expect(new Set(stage.arrived()).size).toBe(2_000);
  });

  it('leaves a bounded number of waiting rows, and its webhook reads no further', async () => {
    const { stage, webhook } = await dead();
    many(stage, 2_000);
    await stage.until(() => stage.log.waiting(webhook, 10_000).retrying === ROWS, 10 * MINUTE_MS);
    expect(stage.log.waiting(webhook, 10_000).retrying).toBe(ROWS);
    const { readOn, record } = stage.calls;
    many(stage, 500);
    await stage.elapse(MINUTE_MS);
    expect(stage.log.waiting(webhook, 10_000).retrying).toBe(ROWS);
    expect(stage.calls.readOn).toBe(readOn);
    expect(stage.calls.record - record).toBeLessThan(10);
  });

  it('is probed with one delivery at a time, less and less often, and gets everything once it lives', async () => {
    const { stage, webhook } = await dead();
    const events = many(stage, 300);
    await stage.until(() => stage.log.waiting(webhook, 10_000).retrying === ROWS, 10 * MINUTE_MS);
    stage.most.clear();
    const before = stage.arrivals.length;
    await stage.elapse(10 * MINUTE_MS);
    expect([...stage.most.values()]).toEqual([1]);
    expect(stage.arrivals.length - before).toBeLessThan(12);
    stage.answer = () => 200;
    await stage.elapse(6 * MINUTE_MS);
    expect(new Set(stage.arrived())).toEqual(new Set(events));
    expect(stage.log.waiting(webhook, 10_000).retrying).toBeLessThan(ROWS);
    expect(stage.log.webhook(webhook).position).toBe(events.at(-1));
  });

  it('takes new events again though all that waited went with a deleted session', async () => {
    const { stage, webhook, a } = await dead();
    many(stage, ROWS, a);
    await stage.until(() => stage.log.waiting(webhook, 10_000).retrying === ROWS, 10 * MINUTE_MS);
    expect(stage.log.waiting(webhook, 10_000).retrying).toBe(ROWS);
    stage.answer = () => 200;
    stage.log.deleteSession(a);
    await stage.elapse(60 * MINUTE_MS);
    expect(stage.log.inState('canceled')).toHaveLength(ROWS);
    const event = stage.log.append(null);
    await stage.settle();
    expect(stage.arrived().at(-1)).toBe(event);
  });

  it('is still bounded after its process died', async () => {
    const { stage, webhook, process } = await dead();
    many(stage, 300);
    await stage.elapse(4 * SECOND_MS);
    stage.restart(process);
    await stage.elapse(10 * MINUTE_MS);
    expect(stage.log.waiting(webhook, 10_000).retrying).toBe(ROWS);
    stage.answer = () => 200;
    await stage.elapse(60 * MINUTE_MS);
    expect(new Set(stage.arrived()).size).toBe(300);
  });

  it('that hangs holds one attempt of the process, and the others lose nothing by it', async () => {
    const { stage } = await serving({ dispatcher: { slots: 5 }, latencyMs: 10 }, { url: 'https://dead.example' });
    stage.log.createWebhook({ url: 'https://alive.example' });
    stage.answer = (_, __, url) => (url === 'https://dead.example' ? null : 200);
    many(stage, 200);
    await stage.elapse(60 * SECOND_MS);
    expect(stage.arrived('https://alive.example')).toHaveLength(200);
    stage.most.clear();
    await stage.elapse(MINUTE_MS);
    expect(stage.most.get('https://dead.example')).toBe(1);
  });
});

describe('the slots of a process', () => {
  it('are held by endpoints that only fail up to a half', async () => {
    const slots = new Slots(4, () => Promise.resolve());
    const begun: string[] = [];
    const sender = (name: string, isSuspect: boolean) => {
      let isBegun = false;
      return {
        isSuspect,
        begin: () => {
          if (isBegun) return null;
          isBegun = true;
          begun.push(name);
          return new Promise<void>(() => {});
        },
      };
    };
    for (const name of ['dead 1', 'dead 2', 'dead 3']) slots.enter(sender(name, true));
    for (const name of ['alive 1', 'alive 2', 'alive 3']) slots.enter(sender(name, false));
    expect(begun).toEqual(['dead 1', 'dead 2', 'alive 1', 'alive 2']);
  });

  it('are never more than there are, and go round', async () => {
    const { stage } = await serving({ dispatcher: { slots: 3 }, latencyMs: 100 }, { url: 'https://0.example' });
    const urls = [0, 1, 2, 3, 4, 5].map((n) => `https://${n}.example`);
    for (const url of urls.slice(1)) stage.log.createWebhook({ url });
    await stage.settle();
    many(stage, 50);
    await stage.elapse(5 * SECOND_MS);
    expect(stage.mostUnderWay).toBe(3);
    const counts = urls.map((url) => stage.arrived(url).length);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(4);
  });

  it('are free again when a sender begins nothing', async () => {
    const slots = new Slots(1, () => Promise.resolve());
    const begun: number[] = [];
    const sender = (n: number, times: number) => {
      let left = times;
      return {
        isSuspect: false,
        begin: () => {
          if (left-- <= 0) return null;
          begun.push(n);
          return Promise.resolve();
        },
      };
    };
    slots.enter(sender(1, 2));
    slots.enter(sender(2, 0));
    slots.enter(sender(3, 2));
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toEqual([1, 1, 3, 3]);
  });

  it('are given out a few in a turn', async () => {
    const turns: (() => void)[] = [];
    const slots = new Slots(1_000, () => new Promise((resolve) => turns.push(resolve)));
    let begun = 0;
    slots.enter({ isSuspect: false, begin: () => (begun++ < 100 ? new Promise(() => {}) : null) });
    expect(begun).toBe(32);
    turns.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toBe(64);
  });
});

describe('a rate', () => {
  it.each([1, 7, 100, 1_000])('of %i a second is never passed in any second, and is kept', async (rateLimit) => {
    const { stage } = await serving({}, { rateLimit });
    const count = Math.min(rateLimit * 5, 1_200);
    many(stage, count);
    await stage.elapse(5_200);
    const times = stage.arrivals.map(({ atUs }) => atUs);
    expect(times).toHaveLength(Math.max(count, 1));
    for (const [n, atUs] of times.entries()) {
      const next = times[n + rateLimit];
      if (next !== undefined) expect(next - atUs).toBeGreaterThanOrEqual(1_000_000);
    }
  });

  it('is even', async () => {
    const { stage } = await serving({}, { rateLimit: 10 });
    many(stage, 30);
    await stage.elapse(MINUTE_MS);
    const times = stage.arrivals.map(({ atUs }) => atUs);
    for (const [n, atUs] of times.slice(1).entries()) expect(atUs - (times[n] ?? 0)).toBeGreaterThanOrEqual(49_000);
  });
});

describe('waiting deliveries', () => {
  it('that somebody asked for are not among those that wait by themselves', () => {
    const retries = new Retries(2);
    const asked = {
      id: 'del_1',
      event: 'evt_1',
      eventType: 'a',
      session: null,
      state: 'pending',
      nextUs: 1,
    } as const;
    retries.load([asked, { ...asked, id: 'del_2', state: 'retrying', nextUs: 100 }], 1);
    expect(retries.hasRoom(0)).toBe(true);
    expect(retries.next(10, false)).toBe(asked);
    retries.recorded(asked, null, true, 10);
    expect(retries.hasRoom(0)).toBe(true);
    expect(retries.hasRoom(1)).toBe(false);
  });

  it('beyond those that fit are found again', () => {
    const retries = new Retries(2);
    const waiting = [1, 2].map((n) => {
      return {
        id: `del_${n}`,
        event: `evt_${n}`,
        eventType: 'a',
        session: null,
        state: 'retrying',
        nextUs: n,
      } as const;
    });
    retries.load(waiting, 3);
    expect(retries.hasRoom(0)).toBe(false);
    const first = retries.next(10, false);
    expect(first?.id).toBe('del_1');
    expect(retries.next(10, false)).toBe(null);
    retries.recorded(first, null, true, 10);
    expect(retries.next(10, false)?.id).toBe('del_2');
    expect(retries.isShort).toBe(false);
    retries.recorded(waiting[1] ?? null, null, true, 10);
    expect(retries.isShort).toBe(true);
    expect(retries.hasRoom(0)).toBe(true);
    expect(retries.hasRoom(1)).toBe(false);
  });
});

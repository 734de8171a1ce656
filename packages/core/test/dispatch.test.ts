/** What the dispatcher promises one by one, each in the situation in which it is hardest to keep. */
import { describe, expect, it } from 'vitest';
import { TurnlogError } from '../src/errors.ts';
import type { EventId, SessionId } from '../src/ids.ts';
import type { CreateWebhook } from '../src/webhooks.ts';
import { DispatchStage, letterOf, type StageOptions } from './support/dispatch-stage.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const LEASE_MS = 60_000;

function many(stage: DispatchStage, count: number, session: SessionId | null = null, type?: string): EventId[] {
  return Array.from({ length: count }, () => stage.log.append(session, type));
}

async function serving(options: StageOptions = {}, changes: Partial<CreateWebhook> = {}) {
  const stage = new DispatchStage(options);
  const webhook = stage.log.createWebhook(changes);
  const process = stage.begin();
  await stage.settle();
  return { stage, webhook, process };
}

describe('a webhook', () => {
  it('is told of every matching event, and its cursor follows', async () => {
    const { stage, webhook } = await serving();
    const events = [...many(stage, 300), ...many(stage, 3, stage.log.newSession())];
    many(stage, 2, null, 'other.thing');
    await stage.settle();
    expect(stage.arrived().toSorted()).toEqual(events);
    expect(stage.log.webhook(webhook).position).toBe(events.at(-1));
    expect(stage.log.inState('succeeded')).toHaveLength(303);
    expect(stage.faults).toEqual([]);
  });

  it('is served from the commit on that has made it', async () => {
    const stage = new DispatchStage();
    stage.begin();
    await stage.settle();
    stage.log.createWebhook();
    await stage.settle();
    const event = stage.log.append(null);
    await stage.settle();
    expect(stage.arrived()).toEqual([event]);
  });

  it('gets four events at a time at most, and never the same one twice at a time', async () => {
    const { stage } = await serving({ latencyMs: 100 });
    many(stage, 50);
    await stage.elapse(MINUTE_MS);
    expect([...stage.most.values()]).toEqual([4]);
    expect(stage.mostOfOneEvent).toBe(1);
    expect(stage.arrivals).toHaveLength(50);
  });
});

describe('the cursor', () => {
  it('stands still before an event that is under way, however many behind it are recorded', async () => {
    const { stage, webhook, process } = await serving();
    const [first, slow, ...others] = many(stage, 20);
    stage.answer = (event) => (event === slow ? null : 200);
    await stage.settle();
    expect(stage.log.inState('succeeded')).toHaveLength(19);
    expect(stage.log.webhook(webhook).position).toBe(first);
    stage.answer = () => 200;
    stage.restart(process);
    await stage.settle();
    expect(stage.arrived().slice(20).toSorted()).toEqual([slow, ...others]);
    expect(stage.log.webhook(webhook).position).toBe(others.at(-1));
  });

  it('moves with the record of the attempt, and never before', async () => {
    const { stage, webhook, process } = await serving();
    const before = stage.log.webhook(webhook).position;
    stage.log.append(null);
    await stage.until(() => stage.arrivals.length === 1);
    expect(stage.calls.record).toBeLessThanOrEqual(1);
    for (const { position, finished } of stage.log.records) if (finished.length === 0) expect(position).toBe(null);
    stage.kill(process);
    expect([before, stage.log.rows.at(-1)?.id]).toContain(stage.log.webhook(webhook).position);
  });

  it('is written for quiet events once there are many of them, or at the end, and not for each', async () => {
    const { stage, webhook, process } = await serving();
    for (let n = 0; n < 100; n++) {
      stage.log.append(null, 'other.thing');
      await stage.settle();
    }
    await stage.elapse(10 * MINUTE_MS);
    expect(stage.calls.record).toBe(0);
    many(stage, 1_000, null, 'other.thing');
    await stage.elapse(10 * MINUTE_MS);
    expect(stage.calls.record).toBe(1);
    expect(stage.log.webhook(webhook).position).toBe(stage.log.rows.at(-1)?.id);
    many(stage, 1, null, 'other.thing');
    await stage.settle();
    const stopped = process.dispatcher.stop();
    await stage.settle();
    await stopped;
    expect(stage.log.webhook(webhook).position).toBe(stage.log.rows.at(-1)?.id);
  });

  it('is read on from without trying again at once what waits for its next attempt', async () => {
    const { stage, process } = await serving();
    const [slow, failing] = many(stage, 2);
    stage.answer = (event) => (event === slow ? null : 500);
    await stage.settle();
    expect(stage.log.inState('retrying').map(({ event }) => event)).toEqual([failing]);
    stage.answer = () => 200;
    stage.restart(process);
    await stage.settle();
    expect(stage.arrived().slice(2)).toEqual([slow]);
    await stage.elapse(10 * SECOND_MS);
    expect(stage.arrived().slice(2)).toEqual([slow, failing]);
    expect(stage.log.deliveries.size).toBe(2);
  });
});

describe('a failed delivery', () => {
  it('is tried again by its schedule until none is left', async () => {
    const { stage } = await serving({ answer: () => 500 });
    const event = stage.log.append(null);
    await stage.elapse(HOUR_MS);
    expect(stage.arrived()).toEqual([event, event, event, event]);
    const [first = 0, ...later] = stage.arrivals.map(({ atUs }) => atUs / 1_000_000);
    const waits = later.map((at, n) => at - ([first, ...later][n] ?? 0));
    for (const [n, seconds] of [5, 30, 300].entries()) {
      expect(waits[n]).toBeGreaterThan(seconds * 0.79);
      expect(waits[n]).toBeLessThan(seconds * 1.21);
    }
    expect(stage.log.inState('failed')).toHaveLength(1);
  });

  it('waits as long as its endpoint asks, and so do all new ones after a 429 or a 503', async () => {
    const { stage } = await serving();
    stage.answer = () => ({ statusCode: 503, retryAfterSeconds: 120 });
    stage.log.append(null);
    await stage.settle();
    stage.answer = () => 200;
    const fresh = stage.log.append(null);
    await stage.elapse(119 * SECOND_MS);
    expect(stage.arrivals).toHaveLength(1);
    await stage.elapse(2 * SECOND_MS);
    expect(stage.arrivals).toHaveLength(3);
    expect(stage.arrived()).toContain(fresh);
  });

  it('holds new ones up for an hour at most', async () => {
    const { stage } = await serving();
    stage.answer = () => ({ statusCode: 429, retryAfterSeconds: 20 * 60 * 60 });
    stage.log.append(null);
    await stage.settle();
    stage.answer = () => 200;
    const fresh = stage.log.append(null);
    await stage.elapse(HOUR_MS + SECOND_MS);
    expect(stage.arrived().slice(1)).toEqual([fresh]);
    await stage.elapse(19 * HOUR_MS);
    expect(stage.arrivals).toHaveLength(3);
  });

  it('is sent at once when somebody asks, even while its endpoint wants to be left alone', async () => {
    const { stage } = await serving();
    stage.answer = () => ({ statusCode: 503, retryAfterSeconds: 600 });
    const event = stage.log.append(null);
    await stage.settle();
    stage.answer = () => 200;
    const [delivery] = stage.log.inState('retrying');
    stage.log.resend(delivery?.id as `del_${string}`);
    await stage.settle();
    expect(stage.arrived()).toEqual([event, event]);
    expect(stage.log.inState('succeeded')).toHaveLength(1);
  });

  it('is sent when somebody asks though the claim that follows is refused', async () => {
    let refusals = 0;
    const refusal = () => (refusals-- > 0 ? new TurnlogError('overloaded', 'Not now.') : null);
    const { stage } = await serving({ refusal, dispatcher: { retrySeconds: [0] } });
    stage.answer = () => 500;
    const event = stage.log.append(null);
    await stage.settle();
    stage.answer = () => 200;
    refusals = 1;
    for (const { id } of stage.log.inState('failed')) stage.log.resend(id);
    await stage.elapse(2 * SECOND_MS);
    expect(stage.arrived()).toEqual([event, event]);
    expect(stage.log.inState('succeeded')).toHaveLength(1);
  });

  it('that is under way is not sent beside itself when somebody asks for another one', async () => {
    const { stage } = await serving({ answer: () => 500 });
    const [first, second] = many(stage, 2);
    await stage.settle();
    stage.answer = (event) => (event === first ? null : 500);
    await stage.elapse(10 * SECOND_MS);
    const waiting = stage.log.inState('retrying').find(({ event }) => event === second);
    stage.log.resend(waiting?.id as `del_${string}`);
    await stage.elapse(SECOND_MS);
    expect(stage.arrived().filter((event) => event === second)).toHaveLength(3);
    expect(stage.arrived().filter((event) => event === first)).toHaveLength(2);
    expect(stage.mostOfOneEvent).toBe(1);
  });

  it('waits for months without a timer that overflows', async () => {
    const longest: number[] = [];
    const { stage } = await serving({
      dispatcher: { retrySeconds: [0, 60 * 24 * 60 * 60] },
      onTimer: (milliseconds) => longest.push(milliseconds),
    });
    stage.answer = () => 500;
    stage.log.append(null);
    await stage.elapse(MINUTE_MS);
    expect(stage.arrivals).toHaveLength(1);
    expect(Math.max(...longest)).toBe(2 ** 31 - 1);
  });

  it('whose letter cannot be written counts as failed, and the others go on', async () => {
    let poison: EventId | null = null;
    const { stage } = await serving({
      writeLetter: (request) => {
        if (request.event.id === poison) throw new Error('It cannot be said.');
        return letterOf(request);
      },
    });
    poison = stage.log.append(null);
    const events = many(stage, 10);
    await stage.settle();
    expect(stage.arrived()).toEqual(events);
    expect(stage.log.inState('retrying').map(({ lastAttempt }) => lastAttempt?.error)).toEqual(['Internal error']);
    expect(stage.faults).toHaveLength(1);
  });

  it('is signed with the secrets that have not expired when it goes out', async () => {
    const signing: number[] = [];
    const stage = new DispatchStage({
      writeLetter: (request) => {
        signing.push(request.secrets.length);
        return letterOf(request);
      },
    });
    const expiresUs = stage.nowUs + 10 * SECOND_MS * 1_000;
    stage.log.secrets = [...stage.log.secrets, { sealed: Uint8Array.of(2), expiresUs }];
    stage.log.createWebhook();
    stage.begin();
    stage.log.append(null);
    await stage.elapse(10 * SECOND_MS);
    stage.log.append(null);
    await stage.settle();
    expect(signing).toEqual([2, 1]);
  });
});

describe('an endpoint that answers 410', () => {
  it('gets nothing more, and its webhook is disabled with what was under way recorded', async () => {
    const { stage, webhook } = await serving({ latencyMs: 10 });
    const [first] = many(stage, 20);
    stage.answer = (event) => (event === first ? 410 : 200);
    await stage.elapse(MINUTE_MS);
    expect(stage.arrivals).toHaveLength(4);
    expect(stage.log.webhook(webhook).disabled?.reason).toBe('gone');
    expect(stage.log.inState('succeeded')).toHaveLength(3);
    stage.answer = () => 200;
    stage.log.enableWebhook(webhook, 'stopped');
    await stage.elapse(MINUTE_MS);
    expect(new Set(stage.arrived()).size).toBe(20);
  });
});

describe('a webhook that is changed', () => {
  it('begins no more attempts once disabled, and records those under way', async () => {
    const { stage, webhook } = await serving({ latencyMs: 100 });
    many(stage, 10);
    await stage.settle();
    stage.log.disableWebhook(webhook);
    await stage.elapse(MINUTE_MS);
    expect(stage.arrivals).toHaveLength(4);
    expect(stage.log.inState('succeeded')).toHaveLength(4);
    stage.log.enableWebhook(webhook, 'stopped');
    await stage.elapse(MINUTE_MS);
    expect(stage.arrivals).toHaveLength(10);
  });

  it('goes on at its new URL', async () => {
    const { stage, webhook } = await serving({ latencyMs: 100 });
    many(stage, 10);
    await stage.settle();
    stage.log.updateWebhook(webhook, { url: 'https://new.example' });
    await stage.elapse(MINUTE_MS);
    expect(stage.arrived('https://new.example')).toHaveLength(6);
    expect(new Set(stage.arrived()).size).toBe(10);
  });

  it('enabled from now on gets neither what it missed nor what waited', async () => {
    const { stage, webhook } = await serving({ answer: () => 500 });
    many(stage, 3);
    await stage.settle();
    stage.log.disableWebhook(webhook);
    await stage.settle();
    many(stage, 3);
    stage.log.enableWebhook(webhook, 'now');
    stage.answer = () => 200;
    await stage.settle();
    const event = stage.log.append(null);
    await stage.elapse(HOUR_MS);
    expect(stage.arrived().slice(3)).toEqual([event]);
    expect(stage.log.inState('canceled')).toHaveLength(3);
  });

  it('and deleted gets nothing more', async () => {
    const { stage, webhook } = await serving({ latencyMs: 100 });
    many(stage, 10);
    await stage.settle();
    stage.log.deleteWebhook(webhook);
    await stage.elapse(MINUTE_MS);
    many(stage, 10);
    await stage.elapse(MINUTE_MS);
    expect(stage.arrivals).toHaveLength(4);
    expect(stage.faults).toEqual([]);
  });
});

describe('a lease', () => {
  it('that another process has taken stops the first one with its next record', async () => {
    const { stage, webhook, process } = await serving({ latencyMs: 1_000 });
    const events = many(stage, 8);
    await stage.settle();
    stage.log.endLeases();
    const other = stage.begin();
    await stage.elapse(MINUTE_MS);
    expect(new Set(stage.arrived())).toEqual(new Set(events));
    expect(stage.arrivals.length).toBeLessThan(2 * events.length);
    expect(stage.log.webhook(webhook).position).toBe(events.at(-1));
    expect(new Set(stage.log.records.map(({ fence }) => fence))).toEqual(new Set([2]));
    stage.kill(process);
    const later = stage.log.append(null);
    await stage.settle();
    expect(stage.arrived().at(-1)).toBe(later);
    expect(other.killed).toBe(false);
  });

  it('that cannot be renewed stops every attempt when it ends, and they go on once it is', async () => {
    let refusing = false;
    const { stage } = await serving({ refusal: () => (refusing ? new Error('The disk is gone.') : null) });
    refusing = true;
    await stage.elapse(LEASE_MS);
    stage.log.append(null);
    await stage.elapse(MINUTE_MS);
    expect(stage.arrivals).toHaveLength(0);
    refusing = false;
    await stage.elapse(MINUTE_MS);
    expect(stage.arrivals).toHaveLength(1);
  });

  it('that has ended while the machine stood still is taken again at once', async () => {
    const { stage } = await serving();
    stage.nowUs += 10 * LEASE_MS * 1_000;
    const event = stage.log.append(null);
    await stage.settle();
    expect(stage.arrived()).toEqual([event]);
    expect(stage.calls.claim).toBe(2);
  });

  it('is claimed a quarter of the time at most, however often something changes', async () => {
    let write = () => {};
    const refusal = () => {
      write();
      return null;
    };
    const { stage, webhook } = await serving({ refusal });
    const other = stage.log.createWebhook({ url: 'https://other.example' });
    await stage.settle();
    const before = stage.calls.claim;
    const begunUs = stage.nowUs;
    const claimUs = 100_000;
    const burstUs = 1_250_000;
    write = () => {
      stage.nowUs += claimUs;
    };
    for (let n = 0; n < 100; n++) {
      stage.log.updateWebhook(webhook, { description: `${n}` });
      await stage.elapse(100);
    }
    write = () => {};
    const claimedUs = (stage.calls.claim - before) * claimUs;
    expect(claimedUs).toBeLessThanOrEqual((stage.nowUs - begunUs) / 4 + burstUs + claimUs);
    expect(claimedUs).toBeGreaterThanOrEqual(burstUs);
    stage.log.updateWebhook(other, { url: 'https://another.example' });
    await stage.elapse(5 * SECOND_MS);
    const event = stage.log.append(null);
    await stage.settle();
    expect(stage.arrived('https://another.example')).toEqual([event]);
  });

  it('is claimed again at once though the clock went back', async () => {
    let write = () => {};
    const refusal = () => {
      write();
      return null;
    };
    const { stage, webhook } = await serving({ refusal });
    write = () => {
      stage.nowUs += 1_000_000;
      write = () => {};
    };
    stage.log.updateWebhook(webhook, { description: 'another' });
    await stage.settle();
    stage.nowUs -= HOUR_MS * 1_000;
    stage.log.updateWebhook(webhook, { url: 'https://another.example' });
    await stage.elapse(SECOND_MS);
    const event = stage.log.append(null);
    await stage.settle();
    expect(stage.arrived('https://another.example')).toEqual([event]);
  });

  it('of a process that died is taken once it has ended', async () => {
    const { stage, process } = await serving();
    stage.kill(process);
    const event = stage.log.append(null);
    stage.begin();
    await stage.elapse(LEASE_MS - SECOND_MS);
    expect(stage.arrivals).toHaveLength(0);
    await stage.elapse(30 * SECOND_MS);
    expect(stage.arrived()).toEqual([event]);
  });

  it('is let go of by a process that stops, once what it had under way is recorded', async () => {
    const { stage, process } = await serving({ latencyMs: 5_000 });
    const events = many(stage, 6);
    await stage.settle();
    let stopped = false;
    void process.dispatcher.stop().then(() => {
      stopped = true;
    });
    await stage.elapse(4 * SECOND_MS);
    expect(stopped).toBe(false);
    await stage.elapse(2 * SECOND_MS);
    expect(stopped).toBe(true);
    expect(stage.log.inState('succeeded')).toHaveLength(4);
    stage.begin();
    await stage.elapse(10 * SECOND_MS);
    expect(stage.arrived()).toEqual(events);
  });
});

describe('a store that refuses writes for a while', () => {
  it.each(['overloaded', 'storage_full'] as const)(
    'as %s loses nothing, and gets no attempts meanwhile',
    async (code) => {
      let refusing = false;
      const refusal = () => (refusing ? new TurnlogError(code, 'Not now.') : null);
      const { stage, webhook } = await serving({ refusal });
      refusing = true;
      const events = many(stage, 50);
      await stage.elapse(15 * SECOND_MS);
      const attempts = stage.arrivals.length;
      expect(attempts).toBeLessThan(20);
      await stage.elapse(4 * SECOND_MS);
      expect(stage.arrivals).toHaveLength(attempts);
      refusing = false;
      await stage.elapse(MINUTE_MS);
      expect(stage.arrived().toSorted()).toEqual(events);
      expect(stage.log.inState('succeeded')).toHaveLength(50);
      expect(stage.log.webhook(webhook).position).toBe(events.at(-1));
    },
  );

  it('in a way that nobody knows begins again from what is stored', async () => {
    let refusals = 3;
    const refusal = () => (refusals-- > 0 ? new Error('It broke.') : null);
    const stage = new DispatchStage({ refusal });
    stage.log.createWebhook();
    stage.begin();
    await stage.elapse(MINUTE_MS);
    const events = many(stage, 5);
    refusals = 2;
    await stage.elapse(5 * MINUTE_MS);
    expect(new Set(stage.arrived())).toEqual(new Set(events));
    expect(stage.faults.length).toBeGreaterThan(0);
  });

  it('still lets a process stop', async () => {
    let refusing = false;
    const refusal = () => (refusing ? new TurnlogError('storage_full', 'Not now.') : null);
    const { stage, process } = await serving({ refusal });
    refusing = true;
    many(stage, 10);
    await stage.settle();
    let stopped = false;
    void process.dispatcher.stop().then(() => {
      stopped = true;
    });
    await stage.elapse(30 * SECOND_MS);
    expect(stopped).toBe(true);
  });
});

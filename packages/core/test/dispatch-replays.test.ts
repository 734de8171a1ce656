/** Replays: counted exactly, whatever happens on the way. */
import { describe, expect, it } from 'vitest';
import type { EventId } from '../src/ids.ts';
import type { CreateReplay } from '../src/replays.ts';
import { DispatchStage, type StageOptions } from './support/dispatch-stage.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const URL = 'https://replay.example';
const TARGET: CreateReplay['target'] = { url: URL, sealedSecret: Uint8Array.of(1) };

/** A log with events, and a process that serves. */
async function written(count: number, options: StageOptions = {}) {
  const stage = new DispatchStage(options);
  const session = stage.log.newSession();
  const events: EventId[] = [];
  for (let n = 0; n < count; n++) events.push(stage.log.append(session));
  const process = stage.begin();
  await stage.settle();
  return { stage, events, process, session };
}

function standOf(stage: DispatchStage, id: string) {
  const { status, reason, delivered, failed, total } = stage.log.replay(id);
  return { status, reason, delivered, failed, total };
}

describe('a replay', () => {
  it('delivers each event of its range once, under its own id, and nothing that comes later', async () => {
    const { stage, events } = await written(500);
    const id = stage.log.createReplay(TARGET);
    stage.log.append(null);
    await stage.elapse(MINUTE_MS);
    expect(stage.arrived().toSorted()).toEqual(events);
    expect(new Set(stage.arrivals.map(({ replay }) => replay))).toEqual(new Set([id]));
    expect(standOf(stage, id)).toEqual({ status: 'completed', reason: null, delivered: 500, failed: 0, total: 500 });
    expect(stage.log.deliveries.size).toBe(0);
    expect(stage.faults).toEqual([]);
  });

  it('to a webhook is logged with its id, and neither judges the webhook nor moves its cursor', async () => {
    const { stage, events } = await written(20);
    const webhook = stage.log.createWebhook({ url: URL });
    await stage.settle();
    const before = stage.log.webhook(webhook);
    stage.answer = (event) => (event === events[3] ? 500 : 200);
    const id = stage.log.createReplay({ webhook });
    await stage.elapse(MINUTE_MS);
    expect(standOf(stage, id)).toMatchObject({ status: 'completed', delivered: 19, failed: 1 });
    expect([...stage.log.deliveries.values()].every(({ replay }) => replay === id)).toBe(true);
    expect(stage.log.inState('failed').map(({ attemptCount }) => attemptCount)).toEqual([3]);
    expect(stage.log.webhook(webhook)).toEqual(before);
  });

  it('takes only the microseconds and types that it was made for', async () => {
    const { stage, events } = await written(10);
    stage.log.append(null, 'other.thing');
    const [from, until] = [events[2], events[6]].map((id) => stage.log.rows.findIndex((row) => row.id === id));
    const { microsOfId } = await import('../src/ids.ts');
    const range = {
      sinceUs: microsOfId(stage.log.rows[from ?? 0]?.id as EventId),
      untilUs: microsOfId(stage.log.rows[until ?? 0]?.id as EventId),
      types: ['note.*'],
      total: 4,
    };
    const id = stage.log.createReplay(TARGET, range);
    await stage.settle();
    expect(stage.arrived().toSorted()).toEqual(events.slice(2, 6));
    expect(standOf(stage, id)).toMatchObject({ status: 'completed', delivered: 4, failed: 0 });
  });

  it('does not delay what is live', async () => {
    const { stage } = await written(300, { latencyMs: 10 });
    stage.log.createWebhook({ url: 'https://live.example' });
    await stage.settle();
    stage.answer = (_, __, url) => (url === URL ? null : 200);
    stage.log.createReplay(TARGET);
    await stage.settle();
    const event = stage.log.append(null);
    await stage.elapse(SECOND_MS);
    expect(stage.arrived('https://live.example')).toEqual([event]);
  });

  it('tries an event again after 5 and 30 seconds, and counts it as failed after that', async () => {
    const { stage, events } = await written(3);
    stage.answer = (event) => (event === events[1] ? 500 : 200);
    const id = stage.log.createReplay(TARGET);
    await stage.elapse(34 * SECOND_MS);
    expect(standOf(stage, id)).toMatchObject({ status: 'running', delivered: 1, failed: 0 });
    await stage.elapse(2 * SECOND_MS);
    expect(standOf(stage, id)).toEqual({ status: 'completed', reason: null, delivered: 2, failed: 1, total: 3 });
  });

  it('to a webhook with ordering by session delivers the events of a session one by one, and sessions beside each other', async () => {
    const { stage, session, events } = await written(20, { latencyMs: 100 });
    const other = stage.log.newSession();
    const about = stage.log.append(null, 'note.added', session);
    const ofOther = Array.from({ length: 20 }, () => stage.log.append(other));
    const webhook = stage.log.createWebhook({ url: URL, ordering: 'session' });
    const id = stage.log.createReplay({ webhook });
    await stage.elapse(2_150);
    expect(standOf(stage, id)).toMatchObject({ status: 'completed', delivered: 41 });
    expect(stage.arrived().filter((event) => !ofOther.includes(event))).toEqual([...events, about]);
    expect(stage.arrived().filter((event) => ofOther.includes(event))).toEqual(ofOther);
    expect(stage.most.get(URL)).toBe(2);
  });

  it('holds up a session whose event is to be tried again, and no other, until it is delivered or counts as failed', async () => {
    const { stage, session, events } = await written(3);
    const ofOther = [stage.log.append(null), stage.log.append(stage.log.newSession())];
    const webhook = stage.log.createWebhook({ url: URL, ordering: 'session' });
    stage.answer = (event, n) => (event === events[0] || (event === events[1] && n === 1) ? 500 : 200);
    const id = stage.log.createReplay({ webhook });
    await stage.elapse(34 * SECOND_MS);
    expect(stage.arrived()).toEqual([events[0], ...ofOther, events[0]]);
    await stage.elapse(2 * SECOND_MS);
    expect(stage.arrived().slice(4)).toEqual([events[0], events[1]]);
    await stage.elapse(MINUTE_MS);
    expect(stage.arrived().slice(6)).toEqual([events[1], events[2]]);
    expect(standOf(stage, id)).toMatchObject({ status: 'completed', delivered: 4, failed: 1 });
    expect(stage.log.blocksOf(webhook)).toEqual([]);
    expect(session).toBeDefined();
  });

  it('in order goes on with what is left of a session that is deleted', async () => {
    const { stage, session } = await written(10, { latencyMs: 100 });
    const about = stage.log.append(null, 'note.added', session);
    const webhook = stage.log.createWebhook({ url: URL, ordering: 'session', events: ['nothing'] });
    const id = stage.log.createReplay({ webhook });
    await stage.elapse(250);
    const before = stage.arrivals.length;
    stage.log.deleteSession(session);
    await stage.elapse(MINUTE_MS);
    expect(stage.arrived().slice(before)).toEqual([about]);
    expect(standOf(stage, id)).toMatchObject({ status: 'completed', delivered: before + 1, failed: 10 - before });
  });

  it('in order goes on with a session whose first event is deleted while it waits to be tried again', async () => {
    const { stage, session } = await written(5);
    const about = stage.log.append(null, 'note.added', session);
    const webhook = stage.log.createWebhook({ url: URL, ordering: 'session', events: ['nothing'] });
    stage.answer = (event) => (event === about ? 200 : 500);
    const id = stage.log.createReplay({ webhook });
    await stage.settle();
    stage.log.deleteSession(session);
    await stage.settle();
    expect(stage.arrived().at(-1)).toBe(about);
    expect(standOf(stage, id)).toMatchObject({ status: 'completed', delivered: 1, failed: 5 });
  });

  it('to a URL of its own, or to a webhook without order, delivers in any', async () => {
    const { stage } = await written(20, { latencyMs: 100 });
    stage.log.createReplay(TARGET);
    await stage.elapse(650);
    expect(stage.arrivals).toHaveLength(20);
  });

  it('keeps to its rate', async () => {
    const { stage } = await written(30);
    stage.log.createReplay(TARGET, { rate: 10 });
    await stage.elapse(SECOND_MS - 1);
    expect(stage.arrivals.length).toBeLessThanOrEqual(10);
    await stage.elapse(3 * SECOND_MS);
    expect(stage.arrivals).toHaveLength(30);
  });

  it('paused sends no more, and resumed goes on behind its cursor', async () => {
    const { stage, events } = await written(100, { latencyMs: 100 });
    const id = stage.log.createReplay(TARGET);
    await stage.elapse(SECOND_MS);
    stage.log.moveReplay(id, 'pause');
    await stage.elapse(SECOND_MS);
    const paused = standOf(stage, id);
    expect(paused).toMatchObject({ status: 'paused', failed: 0, delivered: stage.arrivals.length });
    await stage.elapse(MINUTE_MS);
    expect(standOf(stage, id)).toEqual(paused);
    stage.log.moveReplay(id, 'resume');
    await stage.elapse(MINUTE_MS);
    expect(standOf(stage, id)).toMatchObject({ status: 'completed', delivered: 100, failed: 0 });
    expect(stage.arrived().toSorted()).toEqual(events);
  });

  it('canceled stays so, though its last record comes later', async () => {
    const { stage } = await written(4, { latencyMs: 100 });
    const id = stage.log.createReplay(TARGET);
    await stage.settle();
    stage.log.moveReplay(id, 'cancel');
    await stage.elapse(MINUTE_MS);
    expect(standOf(stage, id)).toMatchObject({ status: 'canceled', delivered: 4 });
  });

  it('pauses by itself after a hundred events in a row that failed', async () => {
    const { stage } = await written(600);
    stage.answer = () => 500;
    const id = stage.log.createReplay(TARGET);
    await stage.elapse(10 * MINUTE_MS);
    const { status, reason, delivered, failed } = standOf(stage, id);
    expect({ status, reason, delivered }).toEqual({ status: 'paused', reason: 'endpoint_failing', delivered: 0 });
    expect(failed).toBeGreaterThanOrEqual(90);
    expect(failed).toBeLessThanOrEqual(104);
    stage.answer = () => 200;
    stage.log.moveReplay(id, 'resume');
    await stage.elapse(MINUTE_MS);
    expect(standOf(stage, id)).toMatchObject({ status: 'completed', delivered: 600 - failed, failed });
  });

  it('fails when its endpoint answers 410', async () => {
    const { stage, events } = await written(100);
    stage.answer = (event) => (event === events[50] ? 410 : 200);
    const id = stage.log.createReplay(TARGET);
    await stage.elapse(MINUTE_MS);
    const { status, reason, delivered, failed, total } = standOf(stage, id);
    expect({ status, reason }).toEqual({ status: 'failed', reason: 'endpoint_gone' });
    expect(delivered).toBe(stage.arrivals.length - 1);
    expect(delivered + failed).toBe(total);
  });

  it('that fails counts what stands before its cursor in the write that ends it, and so never twice', async () => {
    const { stage, events } = await written(200);
    const GONE = 410;
    stage.answer = (event) => (event === events[0] ? null : event === events[199] ? GONE : 200);
    const id = stage.log.createReplay(TARGET);
    await stage.elapse(MINUTE_MS);
    expect(standOf(stage, id)).toMatchObject({ status: 'failed', delivered: 198, failed: 2 });
    const counting = stage.log.records.filter(({ progress }) => (progress?.delivered ?? 0) > 0);
    expect(counting.map(({ progress }) => progress?.end?.status)).toEqual(['failed']);
  });

  it('fails when its webhook is deleted, and pauses when that is disabled', async () => {
    const { stage } = await written(100, { latencyMs: 100 });
    const webhook = stage.log.createWebhook({ url: URL });
    const id = stage.log.createReplay({ webhook });
    await stage.elapse(SECOND_MS);
    stage.log.disableWebhook(webhook);
    await stage.elapse(SECOND_MS);
    expect(standOf(stage, id)).toMatchObject({ status: 'paused', reason: 'webhook_disabled' });
    stage.log.enableWebhook(webhook, 'stopped');
    stage.log.moveReplay(id, 'resume');
    await stage.elapse(SECOND_MS);
    stage.log.deleteWebhook(webhook);
    await stage.elapse(MINUTE_MS);
    const { status, reason, delivered, failed, total } = standOf(stage, id);
    expect({ status, reason }).toEqual({ status: 'failed', reason: 'webhook_deleted' });
    expect(delivered).toBeGreaterThan(0);
    expect(delivered + failed).toBe(total);
  });

  it('counts events as failed that are deleted before their turn', async () => {
    const { stage, session } = await written(1_000, { latencyMs: 10 });
    const other = stage.log.append(null);
    const id = stage.log.createReplay(TARGET);
    await stage.elapse(SECOND_MS);
    stage.log.deleteSession(session);
    await stage.elapse(MINUTE_MS);
    const { delivered, failed, total, status } = standOf(stage, id);
    expect(status).toBe('completed');
    expect(delivered).toBe(stage.arrivals.length);
    expect(delivered + failed).toBe(total);
    expect(stage.arrived().at(-1)).toBe(other);
  });

  it('counts exactly though its process dies again and again', async () => {
    const { stage, events, process } = await written(2_000, { latencyMs: 10 });
    let current = process;
    const id = stage.log.createReplay(TARGET);
    for (let n = 0; n < 10; n++) {
      await stage.elapse(200);
      const { delivered, failed } = standOf(stage, id);
      expect(failed).toBe(0);
      expect(delivered).toBeLessThanOrEqual(new Set(stage.arrived()).size);
      current = stage.restart(current);
    }
    await stage.elapse(10 * MINUTE_MS);
    expect(standOf(stage, id)).toEqual({
      status: 'completed',
      reason: null,
      delivered: 2_000,
      failed: 0,
      total: 2_000,
    });
    expect(new Set(stage.arrived())).toEqual(new Set(events));
    expect(stage.arrivals.length).toBeLessThan(2_000 + 10 * 10);
  });

  it('of a range without matches is done at once', async () => {
    const { stage } = await written(10);
    const id = stage.log.createReplay(TARGET, { types: ['nothing.*'], total: 1 });
    await stage.settle();
    expect(standOf(stage, id)).toEqual({ status: 'completed', reason: null, delivered: 0, failed: 1, total: 1 });
  });

  it('asked to wait waits, for an hour at most', async () => {
    const { stage } = await written(1);
    stage.answer = (_, n) => (n === 1 ? { statusCode: 429, retryAfterSeconds: 100_000 } : 200);
    const id = stage.log.createReplay(TARGET);
    await stage.elapse(59 * MINUTE_MS);
    expect(standOf(stage, id)).toMatchObject({ status: 'running' });
    await stage.elapse(2 * MINUTE_MS);
    expect(standOf(stage, id)).toMatchObject({ status: 'completed', delivered: 1 });
  });
});

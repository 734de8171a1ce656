import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AbortError, ConnectionError, TimeoutError, type TurnlogError } from '../src/index.ts';
import { type Answer, fakeClient, json, refusal, rejection } from './fake.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-01-31T00:00:00Z') });
  vi.spyOn(Math, 'random').mockReturnValue(1);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const busy = (headers: Record<string, string> = {}): Response =>
  refusal(503, { type: 'overloaded_error', message: 'Busy.' }, headers);
const silent: Answer = () => new Promise<Response>(() => {});

/** Runs a call to its end under the fake clock; gives its outcome and the milliseconds it took. */
async function timed(call: () => Promise<unknown>): Promise<{ outcome: unknown; tookMs: number }> {
  const start = Date.now();
  let done = false;
  const outcome = call()
    .catch((error: unknown) => error)
    .finally(() => {
      done = true;
    });
  await vi.advanceTimersByTimeAsync(0);
  while (!done) await vi.advanceTimersToNextTimerAsync();
  return { outcome: await outcome, tookMs: Date.now() - start };
}

describe('what is tried again', () => {
  test.each([408, 429, 500, 502, 503, 504, 599])('an answer of %d, up to two times', async (status) => {
    const answer = (): Response => refusal(status, { message: 'No.' });
    const { client, sent } = fakeClient([answer, answer, answer]);
    const { outcome } = await timed(() => client.sessions.retrieve('s'));
    expect((outcome as TurnlogError).status).toBe(status);
    expect(sent).toHaveLength(3);
  });

  test.each([400, 401, 403, 404, 405, 409, 413, 415, 418])('an answer of %d is not', async (status) => {
    const { client, sent } = fakeClient([refusal(status, { message: 'No.' })]);
    expect((await rejection(client.sessions.retrieve('s'))) as TurnlogError).toHaveProperty('status', status);
    expect(sent).toHaveLength(1);
  });

  test('a lost connection', async () => {
    const lost = new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
    const { client, sent } = fakeClient([lost, json({ id: 's' })]);
    const { outcome } = await timed(() => client.sessions.retrieve('s'));
    expect(outcome).toEqual({ id: 's' });
    expect(sent).toHaveLength(2);
  });

  test('an answer that breaks off in its body', async () => {
    const broken = (): Response =>
      new Response(
        new ReadableStream({
          start(controller) {
            controller.enqueue(new TextEncoder().encode('{"id":'));
            controller.error(new TypeError('terminated'));
          },
        }),
      );
    const { client } = fakeClient([broken, json({ id: 's' })]);
    expect((await timed(() => client.sessions.retrieve('s'))).outcome).toEqual({ id: 's' });
  });

  test('an attempt without an answer in time, even when fetch does not look at its signal', async () => {
    const { client, sent } = fakeClient([silent, json({ id: 's' })], { timeoutMs: 1_000 });
    const { outcome, tookMs } = await timed(() => client.sessions.retrieve('s'));
    expect(outcome).toEqual({ id: 's' });
    expect(tookMs).toBe(1_500);
    expect(sent[0]!.init.signal?.aborted).toBe(true);
  });

  test('x-should-retry: false keeps an answer of 503 from it', async () => {
    const { client, sent } = fakeClient([busy({ 'x-should-retry': 'false' })]);
    await rejection(client.sessions.retrieve('s'));
    expect(sent).toHaveLength(1);
  });

  test('x-should-retry: true brings an answer of 409 to it', async () => {
    const conflict = refusal(409, { type: 'conflict_error', message: 'Wait.' }, { 'x-should-retry': 'true' });
    const { client } = fakeClient([conflict, json({ id: 's' })]);
    expect((await timed(() => client.sessions.retrieve('s'))).outcome).toEqual({ id: 's' });
  });

  test('an answer of 200 that is not JSON is not', async () => {
    const { client, sent } = fakeClient([new Response('<html>', { headers: { 'content-type': 'text/html' } })]);
    const error = (await rejection(client.sessions.retrieve('s'))) as TurnlogError;
    expect(error.message).toBe(
      'GET http://log.test/v1/sessions/s: the answer (200, text/html) is not JSON; is baseURL right?',
    );
    expect(error.body).toBe('<html>');
    expect(sent).toHaveLength(1);
  });

  test('maxRetries of the call beats that of the client', async () => {
    const { client, sent } = fakeClient(
      [busy, busy, busy, busy, busy].map((make) => () => make()),
      { maxRetries: 4 },
    );
    await rejection(client.sessions.retrieve('s', { maxRetries: 0 }));
    expect(sent).toHaveLength(1);
    await timed(() => client.sessions.retrieve('s', { maxRetries: 3 }));
    expect(sent).toHaveLength(5);
  });
});

describe('the delay', () => {
  test('doubles from half a second to eight seconds', async () => {
    const logger = { debug: vi.fn(), warn: vi.fn() };
    const { client } = fakeClient(
      Array.from({ length: 8 }, () => () => busy()),
      { maxRetries: 7, logger },
    );
    const { tookMs } = await timed(() => client.sessions.retrieve('s'));
    const delays = logger.warn.mock.calls.map(([, details]) => details.delayMs);
    expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
    expect(tookMs).toBe(31_500);
  });

  test('is anywhere between nothing and its bound', async () => {
    vi.spyOn(Math, 'random').mockReturnValueOnce(0).mockReturnValueOnce(0.25);
    const { client } = fakeClient([busy(), busy(), json({})]);
    expect((await timed(() => client.sessions.retrieve('s'))).tookMs).toBe(250);
  });

  test.each([
    ['7', 7_000],
    ['0', 0],
    ['0.5', 500],
    ['Sat, 31 Jan 2026 00:00:09 GMT', 9_000],
    ['Sat, 31 Jan 2015 00:00:00 GMT', 0],
    ['soon', 500],
  ])('is what retry-after: %s says', async (value, expectedMs) => {
    const { client } = fakeClient([busy({ 'retry-after': value }), json({})]);
    expect((await timed(() => client.sessions.retrieve('s'))).tookMs).toBe(expectedMs);
  });

  test('is not waited for beyond a minute: the error comes at once and says how long', async () => {
    const { client, sent } = fakeClient([busy({ 'retry-after': '3600' })]);
    expect(await rejection(client.sessions.retrieve('s'))).toMatchObject({
      name: 'OverloadedError',
      retryAfter: 3_600,
    });
    expect(sent).toHaveLength(1);
  });
});

describe('the idempotency key', () => {
  test('is the same over all attempts of a POST, as are the bytes, and another for the next call', async () => {
    const { client, sent } = fakeClient([busy(), busy(), json({}), json({})]);
    await timed(() => client.sessions.create({ title: 'A' }));
    await timed(() => client.sessions.create({ title: 'A' }));
    const keys = sent.map(({ headers }) => headers.get('idempotency-key'));
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect([keys[1], keys[2]]).toEqual([keys[0], keys[0]]);
    expect(keys[3]).not.toBe(keys[0]);
    expect(new Set(sent.map(({ init }) => init.body)).size).toBe(1);
  });

  test('may be set by the caller, and goes with no other method', async () => {
    const { client, sent } = fakeClient([json({}), json({}), json({})]);
    await client.sessions.create({}, { idempotencyKey: 'mine' });
    await client.sessions.retrieve('s', { idempotencyKey: 'mine' });
    await client.sessions.delete('s');
    expect(sent.map(({ headers }) => headers.get('idempotency-key'))).toEqual(['mine', null, null]);
  });

  test('is made where randomUUID is missing, as it is on plain http pages', async () => {
    const { client, sent } = fakeClient([json({}), json({})]);
    vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) });
    await client.sessions.create();
    await client.sessions.create();
    vi.unstubAllGlobals();
    const keys = sent.map(({ headers }) => headers.get('idempotency-key'));
    expect(keys[0]).toMatch(/^[0-9a-f-]{31,47}$/);
    expect(keys[0]).not.toBe(keys[1]);
  });
});

describe('an abort by the caller', () => {
  test('before the call sends nothing', async () => {
    const { client, sent } = fakeClient([]);
    const error = await rejection(client.sessions.retrieve('s', { signal: AbortSignal.abort('enough') }));
    expect(error).toBeInstanceOf(AbortError);
    expect(error).toMatchObject({ name: 'AbortError', cause: 'enough' });
    expect(sent).toEqual([]);
  });

  test('while an answer is awaited ends the call, is passed on, and is never tried again', async () => {
    const controller = new AbortController();
    const { client, sent } = fakeClient([
      ({ init }) =>
        new Promise((_, reject) =>
          init.signal?.addEventListener('abort', () => reject(new DOMException('stop', 'AbortError'))),
        ),
    ]);
    const failed = rejection(client.sessions.retrieve('s', { signal: controller.signal }));
    await vi.advanceTimersByTimeAsync(10);
    controller.abort();
    expect(await failed).toBeInstanceOf(AbortError);
    await vi.runAllTimersAsync();
    expect(sent).toHaveLength(1);
  });

  test('between two attempts ends the call at once', async () => {
    const controller = new AbortController();
    const { client, sent } = fakeClient([busy({ 'retry-after': '30' })]);
    const failed = rejection(client.sessions.retrieve('s', { signal: controller.signal }));
    await vi.advanceTimersByTimeAsync(10);
    controller.abort();
    expect(await failed).toBeInstanceOf(AbortError);
    expect(vi.getTimerCount()).toBe(0);
    expect(sent).toHaveLength(1);
  });

  test('leaves no timer and no listener behind, nor does any other end', async () => {
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, 'addEventListener');
    const removed = vi.spyOn(signal, 'removeEventListener');
    const { client } = fakeClient([busy(), json({}), refusal(404, {}), new TypeError('lost'), json({})]);
    await timed(() => client.sessions.retrieve('s', { signal }));
    await timed(() => client.sessions.retrieve('s', { signal }));
    await timed(() => client.sessions.retrieve('s', { signal }));
    expect(added.mock.calls.length).toBe(7);
    expect(removed.mock.calls.length).toBe(added.mock.calls.length);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('what is left when nothing helps', () => {
  test('a connection error says where and why, and keeps its cause', async () => {
    const lost = new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 127.0.0.1:1') });
    const { client } = fakeClient([lost, lost, lost]);
    const { outcome } = await timed(() => client.sessions.list().toArray());
    expect(outcome).toBeInstanceOf(ConnectionError);
    expect(outcome).toMatchObject({
      name: 'ConnectionError',
      message: 'GET http://log.test/v1/sessions: no answer (connect ECONNREFUSED 127.0.0.1:1).',
      cause: lost,
      status: undefined,
    });
  });

  test('a timeout is a connection error of its own name', async () => {
    const { client } = fakeClient([silent], { maxRetries: 0 });
    const { outcome, tookMs } = await timed(() => client.sessions.retrieve('s', { timeoutMs: 20 }));
    expect(outcome).toBeInstanceOf(TimeoutError);
    expect(outcome).toBeInstanceOf(ConnectionError);
    expect(outcome).toMatchObject({
      name: 'TimeoutError',
      message: 'GET http://log.test/v1/sessions/s: no answer within 20 ms.',
    });
    expect(tookMs).toBe(20);
  });

  test('a limit beyond what timers can hold means waiting long, not failing at once', async () => {
    const late: Answer = () => new Promise((resolve) => setTimeout(() => resolve(json({ id: 's' })), 3_600_000));
    const { client } = fakeClient([late]);
    const { outcome } = await timed(() => client.sessions.retrieve('s', { timeoutMs: Number.POSITIVE_INFINITY }));
    expect(outcome).toEqual({ id: 's' });
  });
});

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { EventStream } from '../src/core/stream.ts';
import { Transport } from '../src/core/transport.ts';
import {
  AbortError,
  ApiError,
  AuthenticationError,
  ConnectionError,
  type Logger,
  type Middleware,
  NotFoundError,
  OverloadedError,
  TimeoutError,
  TurnlogError,
} from '../src/index.ts';
import {
  accept,
  collect,
  cut,
  done,
  eventOf,
  frame,
  framesBehind,
  type Handle,
  idOf,
  numberOf,
  position,
  randomOf,
  streamServer,
  type TestEvent,
} from './event-server.ts';
import { baseURL, rejection, token } from './fake.ts';

/** No delay before any reconnect: full jitter at its lower end. */
beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0));
afterEach(() => void vi.restoreAllMocks());

const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => idOf(index + 1));
const ids = async (stream: AsyncIterable<TestEvent>): Promise<string[]> => (await collect(stream)).map(({ id }) => id);
const refuse =
  (status: number, type: string, headers: Record<string, string> = {}): Handle =>
  (_, response) =>
    response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify({ type: 'error', error: { type, message: 'No.' }, request_id: 'req_1' }));
/** Everything behind where it is asked to go on, up to an event, and the end. */
const rest =
  (last: number): Handle =>
  ({ query, lastEventId }, response) =>
    accept(response).end(framesBehind(numberOf(lastEventId ?? query['after_id']), last) + done);
const send =
  (text: string): Handle =>
  (_, response) =>
    accept(response).write(text);
const finish =
  (text: string): Handle =>
  (_, response) =>
    accept(response).end(text);

describe('a stream', () => {
  test('hands over events until the server says that there are no more', async () => {
    await using server = await streamServer(rest(3));
    const stream = server.streamOf({ from: 'start' });
    expect(server.asked).toEqual([]);
    expect(stream.ended).toBe(false);
    expect(await collect(stream)).toEqual([1, 2, 3].map(eventOf));
    expect(stream.ended).toBe(true);
    expect(stream.lastEventId).toBe(idOf(3));
    expect(server.asked).toEqual([{ query: { from: 'start' }, lastEventId: undefined }]);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  test('asks for an event stream, through the same middleware as everything else', async () => {
    const seen: (string | undefined)[] = [];
    await using server = await streamServer((_, response, request) => {
      seen.push(request.headers.accept, request.headers.authorization, request.headers['x-own']?.toString());
      accept(response).end(done);
    });
    const lines: string[] = [];
    const logger = { debug: (line: string) => void lines.push(line), warn: () => {} };
    const marked: Middleware = (next) => (url, init) => {
      seen.push(new Headers(init.headers).get('x-own') ?? undefined);
      return next(url, init);
    };
    const client = { middleware: [marked], logger };
    await collect(server.streamOf({}, { headers: { 'x-own': '1', accept: 'application/json' } }, client));
    expect(seen).toEqual(['1', 'text/event-stream', `Bearer ${token}`, '1']);
    expect(lines).toEqual(['turnlog request', 'turnlog response']);
  });

  test('can be read event by event, and by callers at the same time', async () => {
    await using server = await streamServer(rest(3));
    const stream = server.streamOf({ from: 'start' });
    const first = await stream.next();
    expect(first.value).toEqual(eventOf(1));
    const others = await Promise.all([stream.next(), stream.next(), stream.next()]);
    expect(others.map(({ value }) => value?.id)).toEqual([idOf(2), idOf(3), undefined]);
  });

  test('is for one loop: a second one is told so, rather than given what the first one misses', async () => {
    await using server = await streamServer(rest(3));
    const stream = server.streamOf({ from: 'start' });
    for await (const _ of stream) break;
    expect(() => stream[Symbol.asyncIterator]()).toThrow('A stream can be looped over once');
    expect(() => stream[Symbol.asyncIterator]()).toThrow(TurnlogError);
  });

  test('hands over what a producer called error, or [DONE], like any other event', async () => {
    const odd = { id: idOf(1), type: 'error' };
    const text = `${frame(odd)}id: ${idOf(2)}\nevent: a\ndata: "[DONE]"\n\nid: 3\ndata: null\n\n${done}`;
    await using server = await streamServer(finish(text));
    expect(await collect(server.streamOf<unknown>())).toEqual([odd, '[DONE]', null]);
  });
});

describe('a dropped connection', () => {
  test('at any byte loses nothing and repeats nothing', async () => {
    const bytes = new TextEncoder().encode(`${position(idOf(2))}: ping\r\n\n${framesBehind(2, 5)}${done}`);
    const end = bytes.length - 1;
    for (let at = 0; at <= end; at++) {
      await using server = await streamServer((_, response) => cut(response, bytes.slice(0, at)), rest(5));
      const stream = server.streamOf({ after_id: idOf(2) });
      expect(await ids(stream), `cut at ${at}`).toEqual([3, 4, 5].map(idOf));
      expect(server.asked).toHaveLength(2);
      expect(server.asked[1]?.query).toEqual({});
      expect(stream.ended).toBe(true);
    }
  });

  test('is nothing after a thousand others', async () => {
    const seed = Math.floor(performance.timeOrigin + performance.now());
    const random = randomOf(seed);
    const asked: string[] = [];
    let drops = 0;
    await using server = await streamServer(({ lastEventId, query }, response) => {
      asked.push(lastEventId ?? '');
      const after = numberOf(lastEventId ?? query['after_id']);
      if (drops === 1_000) return void accept(response).end(framesBehind(after, 2_000) + done);
      drops += 1;
      const bytes = new TextEncoder().encode(position(idOf(after)) + framesBehind(after, Math.min(2_000, after + 4)));
      cut(response, bytes.slice(0, Math.floor(random() ** 2 * bytes.length * 1.2)));
    });
    expect(await ids(server.streamOf({ from: 'start' })), `seed ${seed}`).toEqual(numbers(2_000));
    expect(drops).toBe(1_000);
    expect(asked).toEqual([...asked].sort());
  });

  test('before the first frame goes on from after_id', async () => {
    await using server = await streamServer((_, response) => cut(response, ''), rest(4));
    const stream = server.streamOf({ after_id: idOf(2), ...{ types: ['user.*'] } });
    expect(stream.lastEventId).toBe(idOf(2));
    expect(await ids(stream)).toEqual([idOf(3), idOf(4)]);
    expect(server.asked).toEqual([
      { query: { after_id: idOf(2), types: 'user.*' }, lastEventId: undefined },
      { query: { types: 'user.*' }, lastEventId: idOf(2) },
    ]);
  });

  test('before the first frame begins again from the start, if that was asked for', async () => {
    await using server = await streamServer((_, response) => cut(response, ''), rest(2));
    expect(await ids(server.streamOf({ from: 'start' }))).toEqual(numbers(2));
    expect(server.asked[1]).toEqual({ query: { from: 'start' }, lastEventId: undefined });
  });

  test('goes on from where the stream stood, and from what was scanned, though no event came', async () => {
    await using server = await streamServer(
      (_, response) => cut(response, position(idOf(4))),
      (_, response) => cut(response, `: heartbeat\n${position(idOf(6))}`),
      rest(7),
    );
    expect(await ids(server.streamOf())).toEqual([idOf(7)]);
    expect(server.asked.map(({ lastEventId }) => lastEventId)).toEqual([undefined, idOf(4), idOf(6)]);
  });

  test("is the server's end without a word, too", async () => {
    await using server = await streamServer(finish(framesBehind(0, 2)), rest(3));
    expect(await ids(server.streamOf())).toEqual(numbers(3));
  });

  test('counts only when nothing came: maxReconnects in a row are the end', async () => {
    await using server = await streamServer(
      finish(framesBehind(0, 1)),
      finish(framesBehind(1, 2)),
      refuse(503, 'overloaded_error'),
      finish(framesBehind(2, 3)),
      refuse(503, 'overloaded_error'),
      refuse(503, 'overloaded_error'),
    );
    const stream = server.streamOf({}, { maxReconnects: 2 });
    const got: TestEvent[] = [];
    const error = await rejection(
      (async () => {
        for await (const event of stream) got.push(event);
      })(),
    );
    expect(error).toBeInstanceOf(OverloadedError);
    expect(got).toEqual([1, 2, 3].map(eventOf));
    expect([server.asked.length, stream.ended, stream.lastEventId]).toEqual([6, false, idOf(3)]);
  });

  test('is what an idle connection is taken for', async () => {
    const closed = Promise.withResolvers<void>();
    await using server = await streamServer((_, response, request) => {
      request.socket.on('close', () => closed.resolve());
      accept(response).write(framesBehind(0, 1));
    }, rest(2));
    expect(await ids(server.streamOf({}, { idleTimeoutMs: 30 }))).toEqual(numbers(2));
    await closed.promise;
  });

  test('whose silence is not the end is told as a TimeoutError when no more reconnects are allowed', async () => {
    await using server = await streamServer(send(framesBehind(0, 1)));
    const error = await rejection(collect(server.streamOf({}, { idleTimeoutMs: 30, maxReconnects: 0 })));
    expect(error).toBeInstanceOf(TimeoutError);
    expect((error as Error).message).toMatch(/^GET http.*\/events\/stream: nothing came within 30 ms\.$/);
  });
});

describe('the delay before a reconnect', () => {
  const sse = (text: string): Response => new Response(text, { headers: { 'content-type': 'text/event-stream' } });
  const busy = (headers: Record<string, string> = {}): Response => new Response('{}', { status: 503, headers });

  /** Milliseconds before each reconnect of a stream that gets these answers, and then a refusal. */
  async function delays(...answers: (Response | Error)[]): Promise<number[]> {
    vi.useFakeTimers();
    vi.mocked(Math.random).mockReturnValue(1);
    const logger = { debug: () => {}, warn: vi.fn<Logger['warn']>() };
    const fetch = async (): Promise<Response> => {
      const answer = answers.shift() ?? new Response('{}', { status: 404 });
      if (answer instanceof Error) throw answer;
      return answer;
    };
    const over = rejection(collect(new EventStream(new Transport({ token, baseURL, fetch, logger }), ['v1'])));
    const settled = over.then(() => true);
    await vi.runAllTimersAsync();
    expect(await settled).toBe(true);
    vi.useRealTimers();
    return logger.warn.mock.calls.map(([, details]) => (details as { delayMs: number }).delayMs);
  }
  const lost = new TypeError('fetch failed');

  test('doubles up to eight seconds, without an end once the stream was open', async () => {
    expect(await delays(sse(': hello\n\n'), ...Array(7).fill(lost))).toEqual([
      500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000, 8_000,
    ]);
  });

  test('starts anew after a frame', async () => {
    const list = [sse(framesBehind(0, 1)), lost, sse(position('x')), lost];
    expect(await delays(...list)).toEqual([500, 1_000, 500, 1_000]);
  });

  test('is at first what the server asks for by retry, and never short when that does not help', async () => {
    expect(await delays(sse('retry: 3000\n\n'), lost, lost, lost)).toEqual([3_000, 6_000, 8_000, 8_000]);
    expect(await delays(sse('retry: 0\n\n'), lost, lost)).toEqual([0, 1_000, 2_000]);
    expect(await delays(sse('retry: 99999999999999\n\n'), lost)).toEqual([60_000, 60_000]);
  });

  test('is what Retry-After says, however long, once the stream was open', async () => {
    const list = [busy({ 'retry-after': '2' }), sse(': hello\n\n'), busy({ 'retry-after': '600' })];
    expect(await delays(...list)).toEqual([2_000, 500, 600_000]);
    expect(await delays(busy({ 'retry-after': '600' }))).toEqual([]);
  });

  test('ends after maxRetries when the stream was never open', async () => {
    expect(await delays(lost, busy(), lost, sse(done))).toEqual([500, 1_000]);
  });
});

describe('a refusal', () => {
  test.each<[number, string, typeof TurnlogError]>([
    [400, 'invalid_request_error', TurnlogError],
    [401, 'authentication_error', AuthenticationError],
    [404, 'not_found_error', NotFoundError],
  ])('of %d is thrown, when the stream opens and when it reconnects', async (status, type, Kind) => {
    await using closed = await streamServer(refuse(status, type));
    expect(await rejection(collect(closed.streamOf()))).toBeInstanceOf(Kind);
    await using server = await streamServer(finish(framesBehind(0, 1)), refuse(status, type));
    const stream = server.streamOf();
    expect((await stream.next()).value).toEqual(eventOf(1));
    const error = await rejection(stream.next());
    expect(error).toBeInstanceOf(Kind);
    expect(error).toMatchObject({ status, requestId: 'req_1' });
    expect([closed.asked.length, server.asked.length, stream.ended]).toEqual([1, 2, false]);
  });

  test('is not what 503 means: the stream opens when the server is back', async () => {
    await using server = await streamServer(refuse(503, 'overloaded_error', { 'retry-after': '0' }), rest(1));
    expect(await ids(server.streamOf())).toEqual(numbers(1));
  });

  test('is what x-should-retry: false makes of anything', async () => {
    const never = refuse(503, 'overloaded_error', { 'x-should-retry': 'false' });
    await using server = await streamServer(finish(framesBehind(0, 1)), never);
    expect(await rejection(collect(server.streamOf()))).toBeInstanceOf(OverloadedError);
    expect(server.asked).toHaveLength(2);
  });

  test('is an answer that is no event stream', async () => {
    await using server = await streamServer((_, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).write('<html>'),
    );
    const error = (await rejection(collect(server.streamOf()))) as TurnlogError;
    expect(error.message).toMatch(/the answer \(200, text\/html\) is not an event stream; is baseURL right\?$/);
    expect(server.asked).toHaveLength(1);
  });

  test('is an event that is not JSON, and one beyond all measure', async () => {
    await using broken = await streamServer(finish(`${framesBehind(0, 1)}id: x\ndata: {"id":\n\n`));
    const stream = broken.streamOf();
    const error = (await rejection(collect(stream))) as TurnlogError;
    expect([error.message, error.body]).toEqual(['An event of the stream is not JSON.', '{"id":']);
    expect(stream.lastEventId).toBe(idOf(1));
    await using endless = await streamServer(send(`data: ${'x'.repeat(9_000_000)}`));
    expect(((await rejection(collect(endless.streamOf()))) as Error).message).toContain('longer than 8388608');
    expect([broken.asked.length, endless.asked.length]).toEqual([1, 1]);
  });

  test.each(['timeoutMs', 'idleTimeoutMs'])('is a %s of 0', async (name) => {
    const stream = new EventStream(new Transport({ token }), ['v1'], {}, { [name]: 0 });
    expect(((await rejection(stream.next())) as Error).message).toContain(`${name} must be more than 0`);
  });
});

describe('an error that the server reports in the stream', () => {
  const report = (type: string): string =>
    `event: error\ndata: {"type":"error","error":{"type":"${type}","message":"Bearer ${token}"},"request_id":"req_9"}\n\n`;

  test.each<[string, typeof TurnlogError]>([
    ['authentication_error', AuthenticationError],
    ['not_found_error', NotFoundError],
  ])('is thrown when it is %s, without the token', async (type, Kind) => {
    await using server = await streamServer(finish(framesBehind(0, 1) + report(type)));
    const error = (await rejection(collect(server.streamOf()))) as TurnlogError;
    expect(error).toBeInstanceOf(Kind);
    expect(error).toMatchObject({ type, requestId: 'req_9' });
    expect(`${error.message}${error.body}`).not.toContain(token);
    expect(server.asked).toHaveLength(1);
  });

  test.each(['api_error', 'overloaded_error', 'rate_limit_error', 'some_new_error'])(
    'is a reason to reconnect when it is %s',
    async (type) => {
      await using server = await streamServer(finish(framesBehind(0, 1) + report(type)), rest(2));
      expect(await ids(server.streamOf())).toEqual(numbers(2));
    },
  );

  test('is that when it is no envelope at all', async () => {
    await using server = await streamServer(finish('event: error\ndata: oops\n\n'));
    const error = await rejection(collect(server.streamOf({}, { maxReconnects: 0 })));
    expect(error).toBeInstanceOf(ApiError);
  });
});

describe('stopping', () => {
  /** A stream of one event that stays open; `closed` when its connection is gone. */
  async function open() {
    const closed = Promise.withResolvers<void>();
    const server = await streamServer((_, response, request) => {
      request.socket.on('close', () => closed.resolve());
      accept(response).write(framesBehind(0, 1));
    });
    return { ...server, closed: closed.promise };
  }

  test('by break closes the connection, and is no end of the stream', async () => {
    await using server = await open();
    const stream = server.streamOf();
    for await (const event of stream) {
      expect(event).toEqual(eventOf(1));
      break;
    }
    await server.closed;
    expect([stream.ended, stream.lastEventId]).toEqual([false, idOf(1)]);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(server.asked).toHaveLength(1);
  });

  test('by an error in the loop closes the connection', async () => {
    await using server = await open();
    const stream = server.streamOf();
    const failing = async (): Promise<void> => {
      for await (const _ of stream) throw new Error('Mine.');
    };
    expect(((await rejection(failing())) as Error).message).toBe('Mine.');
    await server.closed;
  });

  test.each(['close', 'return', Symbol.asyncDispose] as const)('by %s tells who waits', async (name) => {
    await using server = await open();
    const stream = server.streamOf();
    await stream.next();
    const waiting = stream.next();
    await stream[name]();
    expect(await waiting).toEqual({ done: true, value: undefined });
    await server.closed;
    await stream[name]();
    expect(stream.ended).toBe(false);
  });

  test('before the beginning opens nothing', async () => {
    await using server = await open();
    const stream = server.streamOf();
    await stream.close();
    expect(await collect(stream)).toEqual([]);
    expect(await rejection(stream.open())).toBeInstanceOf(AbortError);
    expect(server.asked).toEqual([]);
  });

  test('by a signal rejects who waits, and closes the connection of who does not', async () => {
    await using server = await open();
    const controller = new AbortController();
    const stream = server.streamOf({}, { signal: controller.signal });
    await stream.next();
    const waiting = rejection(stream.next());
    controller.abort('enough');
    expect(await waiting).toMatchObject({ name: 'AbortError', cause: 'enough' });
    await server.closed;
    await using other = await open();
    const second = new AbortController();
    const idle = other.streamOf({}, { signal: second.signal });
    await idle.next();
    second.abort();
    await other.closed;
    expect(await rejection(idle.next())).toBeInstanceOf(AbortError);
    expect(await idle.next()).toEqual({ done: true, value: undefined });
  });

  test('by a signal that was there before sends nothing', async () => {
    await using server = await open();
    const stream = server.streamOf({}, { signal: AbortSignal.abort() });
    expect(await rejection(stream.next())).toBeInstanceOf(AbortError);
    expect(server.asked).toEqual([]);
  });

  test.each(['break', 'signal'])('by %s ends an answer of the same process, which no socket does', async (how) => {
    const canceled = Promise.withResolvers<void>();
    const start = (to: ReadableStreamDefaultController): void =>
      to.enqueue(new TextEncoder().encode(framesBehind(0, 1)));
    const body = new ReadableStream({ start, cancel: () => canceled.resolve() });
    const fetch = (): Response => new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    const controller = new AbortController();
    const stream = new EventStream(new Transport({ token, fetch }), ['v1'], {}, { signal: controller.signal });
    for await (const _ of stream) {
      if (how === 'break') break;
      controller.abort();
      await canceled.promise;
      break;
    }
    await canceled.promise;
  });

  test('while it waits for its next attempt takes no longer', async () => {
    vi.mocked(Math.random).mockReturnValue(1);
    await using server = await streamServer(refuse(503, 'overloaded_error', { 'retry-after': '50' }));
    const waits = Promise.withResolvers<void>();
    const logger = { debug: () => {}, warn: () => waits.resolve() };
    const stream = server.streamOf({}, {}, { logger });
    const waiting = stream.next();
    await waits.promise;
    await stream.close();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  test('leaves no timer and no listener behind, nor does any other end', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { signal } = new AbortController();
    const listeners = new Set<unknown>();
    vi.spyOn(signal, 'addEventListener').mockImplementation((_, listener, options) => {
      listeners.add(listener);
      (options as AddEventListenerOptions).signal?.addEventListener('abort', () => listeners.delete(listener));
    });
    const text = framesBehind(0, 2) + done;
    const fetch = (): Response => new Response(text, { headers: { 'content-type': 'text/event-stream' } });
    const streamOf = () => new EventStream(new Transport({ token, fetch }), ['v1'], {}, { signal });
    await collect(streamOf());
    for await (const _ of streamOf()) break;
    const opened = streamOf();
    await opened.open();
    expect(listeners.size).toBe(1);
    await opened.close();
    expect([listeners.size, vi.getTimerCount()]).toEqual([0, 0]);
    vi.useRealTimers();
  });
});

describe('open', () => {
  test('is fulfilled when the place of the stream is known, and from then on nothing is missed', async () => {
    await using server = await streamServer(
      (_, response) => cut(response, ''),
      (_, response) => cut(response, 'retry: 0\n\n'),
      (_, response) => cut(response, `retry: 0\n\n${position(idOf(3))}`),
      rest(4),
    );
    const stream = server.streamOf();
    await stream.open();
    expect([server.asked.length, stream.lastEventId]).toEqual([3, idOf(3)]);
    expect(await ids(stream)).toEqual([idOf(4)]);
  });

  test('is fulfilled for a stream that ends at once', async () => {
    await using server = await streamServer(finish(done));
    const stream = server.streamOf();
    await stream.open();
    expect([await collect(stream), stream.ended]).toEqual([[], true]);
  });

  test('is fulfilled before there is an event', async () => {
    let later: () => void = () => {};
    await using server = await streamServer((_, response) => {
      accept(response).write(position(idOf(1)));
      later = () => response.end(framesBehind(1, 2) + done);
    });
    const stream = server.streamOf();
    await Promise.all([stream.open(), stream.open()]);
    later();
    expect(await ids(stream)).toEqual([idOf(2)]);
    expect(server.asked).toHaveLength(1);
  });

  test('is rejected with what the server refuses the stream for, and so is its first event', async () => {
    await using server = await streamServer(refuse(404, 'not_found_error'));
    const stream = server.streamOf();
    expect(await rejection(stream.open())).toBeInstanceOf(NotFoundError);
    expect(await rejection(stream.next())).toBeInstanceOf(NotFoundError);
    expect(server.asked).toHaveLength(1);
  });

  test('is bounded by timeoutMs, unlike what follows', async () => {
    await using server = await streamServer(() => {});
    const error = await rejection(server.streamOf({}, { timeoutMs: 20, maxRetries: 0 }).open());
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toBeInstanceOf(ConnectionError);
  });
});

describe('lastEventId', () => {
  test('never runs ahead of what was handed over', async () => {
    const text = `${position(idOf(3))}${framesBehind(3, 5)}${position(idOf(8))}${framesBehind(8, 9)}${position(idOf(12))}${done}`;
    await using server = await streamServer(finish(text));
    const stream = server.streamOf();
    expect(stream.lastEventId).toBeUndefined();
    const seen: [string, string | undefined][] = [];
    for await (const event of stream) seen.push([event.id, stream.lastEventId]);
    expect(seen).toEqual([4, 5, 9].map((number) => [idOf(number), idOf(number)]));
    expect(stream.lastEventId).toBe(idOf(12));
  });

  test('of a stream that was left goes on in another', async () => {
    await using server = await streamServer(rest(5));
    const first = server.streamOf({ from: 'start' });
    const got: string[] = [];
    for await (const { id } of first) if (got.push(id) === 2) break;
    got.push(...(await ids(server.streamOf({ after_id: first.lastEventId }))));
    expect(got).toEqual(numbers(5));
  });
});

describe('a slow reader', () => {
  test('slows the server down: what is not asked for is not read', async () => {
    const total = 64 * 1024 * 1024;
    let sent = 0;
    const endless: Handle = (_, response) => {
      accept(response);
      const block = framesBehind(0, 600);
      const fill = (): void => {
        while (sent < total) {
          sent += block.length;
          if (!response.write(block)) return void response.once('drain', fill);
        }
      };
      fill();
    };
    await using server = await streamServer(endless, (_, response) => response.end());
    const stream = server.streamOf();
    await stream.next();
    // Buffers on the way fill first. Were nothing held back, all of it would be sent before nothing more is.
    for (let seen = 0, still = 0; still < 50; still = sent === seen ? still + 1 : 0) {
      seen = sent;
      await (await fetch(server.url)).text();
    }
    expect(sent).toBeLessThan(total / 2);
    await stream.close();
  });
});

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { EventStream } from '../src/core/stream.ts';
import { Transport } from '../src/core/transport.ts';
import {
  AbortError,
  ConnectionError,
  type Logger,
  NotFoundError,
  type StreamOptions,
  TimeoutError,
  Turnlog,
} from '../src/index.ts';
import {
  accept,
  collect,
  cut,
  done,
  eventOf,
  frame,
  framesBehind,
  idOf,
  opening,
  position,
  streamServer,
} from './event-server.ts';
import { baseURL, rejection, token } from './fake.ts';

/** The longest delay before any reconnect: full jitter at its upper end. */
beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(1));
afterEach(() => void vi.restoreAllMocks());

/** What a connection sends, and when: milliseconds since it was opened. It ends in good order with the last of them. */
type Script = readonly (readonly [atMs: number, text: string])[];
const at = idOf(0);
const heartbeat = ': heartbeat\n\n';
const opened = (...more: Script): Script => [[0, opening(at)], ...more];
const beating = (lastMs: number): Script =>
  Array.from({ length: Math.floor(lastMs / 15_000) }, (_, index) => [(index + 1) * 15_000, heartbeat]);

function play(script: Script): Response {
  const timers: NodeJS.Timeout[] = [];
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const last = script.length - 1;
      for (const [index, [atMs, text]] of script.entries()) {
        const send = (): void => {
          controller.enqueue(new TextEncoder().encode(text));
          if (index === last) controller.close();
        };
        timers.push(setTimeout(send, atMs));
      }
    },
    cancel: () => timers.forEach(clearTimeout),
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}

type Options = StreamOptions & { readonly after_id?: string };

/** Milliseconds before each reconnect of a stream with these connections, then a 404; and the error at its end. */
async function reconnects(scripts: readonly (Script | Error | Response)[], { after_id, ...options }: Options = {}) {
  vi.useFakeTimers();
  const rest = [...scripts];
  const logger = { debug: () => {}, warn: vi.fn<Logger['warn']>() };
  const fetch = (): Response => {
    const next = rest.shift() ?? new Response('{}', { status: 404 });
    if (next instanceof Error) throw next;
    return next instanceof Response ? next : play(next);
  };
  const transport = new Transport({ token, baseURL, fetch, logger });
  const over = rejection(collect(new EventStream(transport, ['v1'], { after_id }, options)));
  await vi.runAllTimersAsync();
  const error = await over;
  vi.useRealTimers();
  return { error, delays: logger.warn.mock.calls.map(([, details]) => (details as { delayMs: number }).delayMs) };
}
const lost = new TypeError('fetch failed');
const busy = (): Response => new Response('{}', { status: 503 });

describe('reconnects in a row that bring nothing', () => {
  test('are counted though each opens: then their error is thrown', async () => {
    await using server = await streamServer((_, response) => accept(response).end());
    vi.mocked(Math.random).mockReturnValue(0);
    const error = await rejection(collect(server.streamOf({}, { maxReconnects: 2 })));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(server.asked).toHaveLength(3);
  });

  test('come later and later', async () => {
    const { delays } = await reconnects(Array(6).fill(opened()));
    expect(delays).toEqual([731, 1_462, 2_924, 5_848, 8_000, 8_000]);
  });

  test('are counted anew after an event, and after a position beyond the last', async () => {
    const event: Script = opened([1, framesBehind(0, 1)]);
    const nameless: Script = opened([1, 'data: {}\n\n']);
    const moved: Script = [[0, `${opening(idOf(1))}${heartbeat}${position(idOf(9))}`]];
    const unmoved: Script = [[0, opening(idOf(9))]];
    expect((await reconnects([opened(), event, [[0, opening(idOf(1))]]])).delays).toEqual([731, 731, 1_462]);
    expect((await reconnects([opened(), nameless, opened()])).delays).toEqual([731, 731, 1_462]);
    expect((await reconnects([opened(), moved, unmoved, unmoved])).delays).toEqual([731, 731, 1_462, 2_924]);
  });

  test('are counted from the first time that the stream was open', async () => {
    const { delays, error } = await reconnects([busy(), busy(), opened(), lost], { after_id: at, maxReconnects: 1 });
    expect(delays).toEqual([500, 1_000, 731]);
    expect(error).toBeInstanceOf(ConnectionError);
  });
});

describe('a quiet stream never runs out of reconnects', () => {
  const many = <T>(one: T): T[] => Array(8).fill(one);
  const options = { maxReconnects: 2 };

  test('when its connections live long', async () => {
    const { error, delays } = await reconnects(many(opened(...beating(60_000))), options);
    expect(error).toBeInstanceOf(NotFoundError);
    expect(new Set(delays)).toEqual(new Set([731]));
  });

  test('when the server ends them by saying when to come back, however soon', async () => {
    const { error, delays } = await reconnects(many(opened([1_000, 'retry: 900\n\n'])), options);
    expect(error).toBeInstanceOf(NotFoundError);
    expect(new Set(delays)).toEqual(new Set([900]));
  });

  test.each<[string, Script, typeof ConnectionError]>([
    ['live short', opened(...beating(30_000)), ConnectionError],
    ['stay silent', opened([900_000, '']), TimeoutError],
  ])('but does when they %s', async (_, script, Kind) => {
    const { error, delays } = await reconnects(many(script), options);
    expect(error).toBeInstanceOf(Kind);
    expect(delays).toEqual([731, 1_462]);
  });
});

test('a cut anywhere in the last frame does not delay the reconnect by what it asks for', async () => {
  const text = `retry: 60000\n${done}`;
  for (let length = 0; length < text.length; length++) {
    const { delays } = await reconnects([opened([1, text.slice(0, length)])]);
    expect(delays, `cut at ${length}`).toEqual([731]);
  }
});

describe('what is ended by its caller', () => {
  /** A stream that stays open behind its first event, and what its logger is warned of. */
  async function quiet() {
    const server = await streamServer((_, response) => accept(response).write(frame(eventOf(1))));
    const logger = { debug: () => {}, warn: vi.fn<Logger['warn']>() };
    const client = new Turnlog({ token, baseURL: server.url, logger });
    return { ...server, logger, client };
  }

  test.each([0, 5])('is rejected with an AbortError, with %d reconnects as well', async (maxReconnects) => {
    await using server = await quiet();
    const controller = new AbortController();
    const options = { maxReconnects, signal: controller.signal };
    const stream = server.streamOf({}, options, { logger: server.logger });
    await stream.next();
    const waiting = rejection(stream.next());
    controller.abort('enough');
    const error = await waiting;
    expect(error).toBeInstanceOf(AbortError);
    expect(error).toMatchObject({ cause: 'enough' });
    expect(server.logger.warn).not.toHaveBeenCalled();
  });

  test('is not logged as a retry, be it closed or left', async () => {
    await using server = await quiet();
    const closed = server.streamOf({}, {}, { logger: server.logger });
    await closed.next();
    const waiting = closed.next();
    await closed.close();
    expect(await waiting).toEqual({ done: true, value: undefined });
    for await (const _ of server.streamOf({}, {}, { logger: server.logger })) break;
    expect(server.logger.warn).not.toHaveBeenCalled();
  });

  test('is not logged as a retry when waitFor runs out of time', async () => {
    const logger = { debug: () => {}, warn: vi.fn<Logger['warn']>() };
    const session = { id: 'sess_1', status: 'running', archived_at: null };
    const fetch = (url: string): Response =>
      url.endsWith('/stream') ? play(opened([60_000, ''])) : new Response(JSON.stringify(session));
    const client = new Turnlog({ token, fetch, logger });
    const error = await rejection(client.sessions.waitFor('sess_1', { until: ['idle'], timeout: 30 }));
    expect(error).toBeInstanceOf(TimeoutError);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(logger.warn).not.toHaveBeenCalled();
  });

  test('is told so in a sentence that is true of signals and of close()', async () => {
    await using server = await quiet();
    const closed = server.streamOf();
    await closed.close();
    const aborted = server.streamOf({}, { signal: AbortSignal.abort() });
    const sentences = [await rejection(closed.open()), await rejection(aborted.open())].map(String);
    expect(new Set(sentences)).toEqual(
      new Set(['AbortError: The caller ended it: its signal aborted, or it was closed.']),
    );
  });
});

test('the log names the same URL when a stream is asked for and when it is tried again', async () => {
  vi.mocked(Math.random).mockReturnValue(0);
  const urls: string[] = [];
  const note = (_: string, { url }: { url?: string }): void => void urls.push(url ?? '');
  await using server = await streamServer(
    (_, response) => cut(response, ''),
    (_, response) => accept(response).end(done),
  );
  const client = new Turnlog({ token, baseURL: server.url, logger: { debug: () => {}, warn: note } });
  await collect(client.sessions.events.stream('ä/b', { types: ['user.*'], from: 'start' }));
  expect(urls).toEqual([`${server.url}/v1/sessions/%C3%A4%2Fb/events/stream?types=user.*&from=start`]);
});

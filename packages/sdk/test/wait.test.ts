import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Transport } from '../src/core/transport.ts';
import { SessionWaiter, type WaitForParams } from '../src/core/wait.ts';
import {
  AbortError,
  NotFoundError,
  type RequestOptions,
  type Session,
  type SessionStatus,
  TimeoutError,
} from '../src/index.ts';
import { accept, done, frame, idOf, opening } from './event-server.ts';
import { rejection, serve, token } from './fake.ts';

beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0));
afterEach(() => void vi.restoreAllMocks());

/** As the generator writes it. */
class Sessions extends SessionWaiter {
  retrieve(sessionId: string, options?: RequestOptions): Promise<Session> {
    return this.transport.request('GET', ['v1', 'sessions', sessionId], { options });
  }
}

/** A session that is moved by hand; `log` holds what it was asked, in order. */
async function sessionServer(status: SessionStatus | 'deleted') {
  const session = { status, archived_at: null as string | null };
  const log: string[] = [];
  const streams = new Set<ServerResponse>();
  /** Before a retrieval is answered, and before a stream is accepted. */
  const hooks = { retrieve: (): void => {}, stream: (): void => {} };
  const seen = new Map<string, () => void>();
  const note = (entry: string): void => {
    log.push(entry);
    seen.get(log.join(' '))?.();
  };
  let last = 0;
  const server = await serve((request, response) => {
    if (session.status === 'deleted') {
      note('gone');
      return void response.writeHead(404).end('{"type":"error","error":{"type":"not_found_error","message":"No."}}');
    }
    if (request.url?.includes('/stream')) {
      hooks.stream();
      accept(response).write(opening(idOf(last)));
      streams.add(response.on('close', () => streams.delete(response)));
      return note('stream');
    }
    hooks.retrieve();
    response.end(JSON.stringify({ id: 'sess_1', ...session }), () => note('retrieve'));
  });
  return {
    sessions: new Sessions(new Transport({ token, baseURL: server.url })),
    session,
    log,
    streams,
    hooks,
    /** Fulfilled when the log reads so. */
    reads: (text: string): Promise<void> =>
      log.join(' ') === text ? Promise.resolve() : new Promise((resolve) => seen.set(text, resolve)),
    event(type: string): void {
      last += 1;
      for (const stream of streams) stream.write(frame({ id: idOf(last), type }));
    },
    end(text = done): void {
      for (const stream of streams) stream.end(text);
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const idle: WaitForParams = { until: ['idle'] };

describe('waitFor', () => {
  test('opens the stream first, then looks, and is content with what is so already', async () => {
    await using server = await sessionServer('idle');
    expect(await server.sessions.waitFor('sess_1', idle)).toMatchObject({ id: 'sess_1', status: 'idle' });
    expect(server.log).toEqual(['stream', 'retrieve']);
  });

  test('misses nothing that happens between opening the stream and looking', async () => {
    await using server = await sessionServer('running');
    server.hooks.retrieve = () => {
      server.hooks.retrieve = () => {};
      // After this answer was made: it says "running" and is stale at once.
      queueMicrotask(() => {
        server.session.status = 'idle';
        server.event('session.status_idle');
      });
    };
    expect((await server.sessions.waitFor('sess_1', idle)).status).toBe('idle');
    expect(server.log).toEqual(['stream', 'retrieve', 'retrieve']);
  });

  test('looks again on events that could move the session, of any vocabulary, and on no others', async () => {
    await using server = await sessionServer('running');
    const waiting = server.sessions.waitFor('sess_1', { until: ['rescheduling', 'idle'] });
    await server.reads('stream retrieve');
    for (const type of ['agent.message', 'span.model_request_end', 'user.message', 'system.message'])
      server.event(type);
    server.event('workflow_step');
    await server.reads('stream retrieve retrieve');
    server.session.status = 'idle';
    server.event('session_stop');
    expect((await waiting).status).toBe('idle');
    expect(server.log).toEqual(['stream', 'retrieve', 'retrieve', 'retrieve']);
  });

  test.each<[string, Partial<Session>]>([
    ['terminated', { status: 'terminated' }],
    ['archived', { archived_at: '2026-01-31T00:00:00.000000Z' }],
  ])('resolves with a session that is %s, whatever was waited for', async (_, change) => {
    await using server = await sessionServer('running');
    const waiting = server.sessions.waitFor('sess_1', idle);
    await server.reads('stream retrieve');
    Object.assign(server.session, change);
    server.end();
    expect(await waiting).toMatchObject(change);
    expect(await server.sessions.waitFor('sess_1', idle)).toMatchObject(change);
  });

  test('rejects when the session is deleted, or was never there', async () => {
    await using server = await sessionServer('running');
    const waiting = rejection(server.sessions.waitFor('sess_1', idle));
    await server.reads('stream retrieve');
    server.session.status = 'deleted';
    server.end();
    expect(await waiting).toBeInstanceOf(NotFoundError);
    expect(await rejection(server.sessions.waitFor('sess_1', idle))).toBeInstanceOf(NotFoundError);
  });

  test('misses nothing between two connections, even where nobody could say where the first one stood', async () => {
    await using server = await sessionServer('running');
    const waiting = server.sessions.waitFor('sess_1', idle);
    await server.reads('stream retrieve');
    server.session.status = 'idle';
    server.end('');
    expect((await waiting).status).toBe('idle');
    expect(server.log).toEqual(['stream', 'retrieve', 'stream', 'retrieve']);
  });

  test('goes on when a session was reopened after its stream had ended', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await using server = await sessionServer('running');
    const waiting = server.sessions.waitFor('sess_1', idle);
    await server.reads('stream retrieve');
    server.hooks.stream = () => {
      server.session.status = 'idle';
    };
    server.end();
    await server.reads('stream retrieve retrieve');
    while (server.log.length < 4) {
      vi.advanceTimersByTime(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await waiting).status).toBe('idle');
    vi.useRealTimers();
  });

  test('ends after its timeout with a sentence, and closes the stream', async () => {
    await using server = await sessionServer('running');
    const error = await rejection(server.sessions.waitFor('sess_1', { until: ['idle', 'terminated'], timeout: 50 }));
    expect(error).toBeInstanceOf(TimeoutError);
    expect((error as Error).message).toBe('Session sess_1: not idle or terminated within 50 ms.');
    while (server.streams.size > 0) await new Promise((resolve) => setImmediate(resolve));
    const wrong = (await rejection(server.sessions.waitFor('sess_1', { ...idle, timeout: 0 }))) as Error;
    expect(wrong.message).toContain('timeout must be more than 0');
  });

  test('ends with its signal, and closes the stream', async () => {
    await using server = await sessionServer('running');
    const controller = new AbortController();
    const waiting = rejection(server.sessions.waitFor('sess_1', { ...idle, signal: controller.signal }));
    await server.reads('stream retrieve');
    controller.abort();
    expect(await waiting).toBeInstanceOf(AbortError);
    while (server.streams.size > 0) await new Promise((resolve) => setImmediate(resolve));
  });
});

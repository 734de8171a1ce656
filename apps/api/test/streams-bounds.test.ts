/** What is held open is bounded: in age, in how far a reader may stay behind, in number; and every slot comes back. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { limits } from '@turnlog/core/limits';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Streams } from '../src/http/streams/streams.ts';
import { type Harness, type HarnessOptions, openHarness, streaming } from './harness.ts';
import { gated } from './support/gated.ts';
import { eventually, type Opening, openSse, type SseClient } from './support/sse.ts';

const opened: Harness[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const harness of opened.splice(0)) await harness.close();
});

/** A server with one session, and the answers that it is writing. */
class Stage {
  readonly h: Harness;
  readonly url: string;
  readonly session: string;
  readonly outgoing: ServerResponse[] = [];

  static async open(options: HarnessOptions, initial_events: readonly object[] = []): Promise<Stage> {
    const h = await openHarness(options);
    opened.push(h);
    const { url, server } = await h.listen();
    const { json } = await h.ask('POST', '/v1/sessions', { body: { initial_events } });
    const stage = new Stage(h, url, json.id);
    server.on('request', (_: IncomingMessage, outgoing: ServerResponse) => stage.outgoing.push(outgoing));
    return stage;
  }

  constructor(h: Harness, url: string, session: string) {
    this.h = h;
    this.url = url;
    this.session = session;
  }

  get held(): number {
    return this.h.services.streams.size;
  }

  /** The most that waits in this process for any reader, in bytes. */
  get waitingBytes(): number {
    return Math.max(...this.outgoing.map(({ writableLength }) => writableLength));
  }

  stream(query = '', opening: Opening = {}): Promise<SseClient> {
    return openSse(`${this.url}/v1/sessions/${this.session}/events/stream${query}`, {
      token: this.h.org.token,
      ...opening,
    });
  }

  resume(id: string | undefined): Promise<SseClient> {
    return this.stream('', { headers: { 'last-event-id': id ?? '' } });
  }

  /** The ids behind a position, up to the end of the session, over as many streams as it takes. */
  async rest(position: string | undefined): Promise<string[]> {
    const ids: string[] = [];
    for (;;) {
      const stream = await (await this.resume(ids.at(-1) ?? position)).all();
      ids.push(...stream.ids);
      if (stream.text.endsWith('data: [DONE]\n\n')) return ids;
    }
  }

  async append(...events: object[]): Promise<string[]> {
    const { json } = await this.h.ask('POST', `/v1/sessions/${this.session}/events`, { body: { events } });
    return json.data.map(({ id }: { id: string }) => id);
  }

  /** Of all events, page by page. */
  async ids(): Promise<string[]> {
    const ids: string[] = [];
    let cursor = '';
    for (;;) {
      const { json } = await this.h.ask('GET', `/v1/sessions/${this.session}/events?limit=1000${cursor}`);
      ids.push(...json.data.map(({ id }: { id: string }) => id));
      if (json.next_page === null) return ids;
      cursor = `&page=${json.next_page}`;
    }
  }
}

const note = (n: number) => ({ type: 'agent.thinking', n });
const notes = (count: number) => Array.from({ length: count }, (_, n) => note(n));
const LARGE = { type: 'agent.message', content: [{ type: 'text', text: 'x'.repeat(200_000) }] };
const SMALL = { type: 'agent.message', content: [{ type: 'text', text: 'x'.repeat(100) }] };
const HEARTBEAT = ': heartbeat';

describe('heartbeats', () => {
  it('come again and again while nothing else does', async () => {
    const stage = await Stage.open(streaming({ heartbeatMs: 20 }), notes(1));
    const stream = await stage.stream('?from=start');
    await stream.until(({ frames }) => frames.filter(({ text }) => text === HEARTBEAT).length >= 3);
    const [next] = await stage.append(note(1));
    await stream.until(({ ids }) => ids.at(-1) === next);
    const beats = stream.frames.length;
    await stream.until(({ frames }) => frames.length > beats);
    expect(stream.frames.at(-1)?.text).toBe(HEARTBEAT);
  });

  it('of a filtered stream say how far it has looked, so that its reader resumes there', async () => {
    const stage = await Stage.open(streaming({ heartbeatMs: 20 }), notes(3));
    const stream = await stage.stream('?from=start&types=rare');
    const [, , third] = await stage.ids();
    await stream.until(({ lastId }) => lastId === third);
    expect(stream.frames.at(-1)?.text).toBe(`${HEARTBEAT}\nid: ${third}`);
    const frames = stream.frames.length;
    await stream.until((client) => client.frames.length > frames);
    expect(stream.frames.at(-1)?.text).toBe(HEARTBEAT);
    const skipped = await stage.append(note(3), note(4));
    await stream.until(({ lastId }) => lastId === skipped.at(-1));
    const [rare] = await stage.append({ type: 'rare' });
    await stream.until(({ ids }) => ids.length === 1);
    expect(stream.ids).toEqual([rare]);
    expect(stream.lastId).toBe(rare);
  });
});

describe('age', () => {
  it('ends a stream in good order with a retry, and its client resumes without loss', async () => {
    const stage = await Stage.open(streaming({ maxAgeMs: 40 }), notes(1));
    const seen: string[] = [];
    let position: string | undefined = stage.session;
    for (let round = 0; round < 5; round++) {
      const stream = await stage.resume(position);
      await stage.append(note(round));
      expect(await stream.ended).toBe('ended');
      expect(stream.text).not.toContain('[DONE]');
      expect(stream.frames.at(-1)?.text).toMatch(/^retry: \d+$/);
      seen.push(...stream.ids);
      position = stream.lastId;
    }
    await stage.append({ type: 'terminated' });
    const rest = await stage.rest(position);
    expect([...seen, ...rest]).toEqual(await stage.ids());
    await eventually(() => stage.held === 0);
  });

  it('ends an idle stream of the feed too', async () => {
    const stage = await Stage.open(streaming({ maxAgeMs: 40 }));
    const stream = await openSse(`${stage.url}/v1/events/stream`, { token: stage.h.org.token });
    expect(await stream.ended).toBe('ended');
    expect(stream.frames.at(-1)?.text).toMatch(/^retry: \d+$/);
  });
});

describe('a reader that stays behind', () => {
  /** Appends until a condition holds, and says how much waited for readers at most. */
  async function appendUntil(stage: Stage, condition: () => boolean): Promise<number> {
    let most = 0;
    while (!condition()) {
      await stage.append(LARGE);
      most = Math.max(most, stage.waitingBytes);
    }
    return most;
  }

  /** Appends until the socket takes no more, though this process holds little for it. */
  async function fillWithLittle(stage: Stage): Promise<void> {
    while (stage.waitingBytes === 0) {
      await stage.append(...Array.from({ length: 100 }, () => SMALL));
      await new Promise((resolve) => setImmediate(resolve)); // what Node gathers in one turn goes out after it
    }
  }

  it('is ended once too many bytes have passed it, holds little memory until then, and harms nobody', async () => {
    const stage = await Stage.open(streaming({ lagBytes: 512 * 1024 }));
    const healthy = await stage.stream('?from=start');
    const stalled = await stage.stream('?from=start');
    await stalled.until(({ lastId }) => lastId !== undefined);
    stalled.stall();
    const most = await appendUntil(stage, () => stage.held === 1);
    expect(most).toBeLessThan(512 * 1024);
    stalled.read();
    await stalled.ended;
    expect(stalled.text).not.toContain('[DONE]');
    await stage.append({ type: 'terminated' });
    await healthy.all();
    const ids = await stage.ids();
    expect(healthy.ids).toEqual(ids);
    const rest = await stage.rest(stalled.lastId);
    expect([...stalled.ids, ...rest]).toEqual(ids);
  });

  it('is ended when its socket takes nothing for too long, and can resume', async () => {
    const stage = await Stage.open(streaming({ lagMs: 60 }));
    const stalled = await stage.stream('?from=start');
    await stalled.until(({ lastId }) => lastId !== undefined);
    stalled.stall();
    await appendUntil(stage, () => stage.held === 0);
    stalled.read();
    expect(await stalled.ended).toBe('cut');
    await stage.append({ type: 'terminated' });
    const rest = await stage.rest(stalled.lastId);
    expect([...stalled.ids, ...rest]).toEqual(await stage.ids());
  });

  it('is ended in the middle of history too, which is never read faster than it goes out', async () => {
    const stage = await Stage.open(streaming({ lagMs: 60 }));
    for (let n = 0; n < 100; n++) await stage.append(LARGE);
    const stalled = await stage.stream('?from=start');
    stalled.stall();
    let most = 0;
    await eventually(() => {
      most = Math.max(most, stage.waitingBytes);
      return stage.held === 0;
    });
    expect(most).toBeLessThan(512 * 1024);
    stalled.read();
    expect(await stalled.ended).toBe('cut');
    const ids = await stage.ids();
    expect(stalled.ids).toEqual(ids.slice(0, stalled.ids.length));
    expect(stalled.ids.length).toBeLessThan(ids.length);
  });

  it('is ended though what waits for it is little', async () => {
    const stage = await Stage.open(streaming({ lagMs: 60 }));
    const stalled = await stage.stream('?from=start');
    await stalled.until(({ lastId }) => lastId !== undefined);
    stalled.stall();
    await fillWithLittle(stage);
    await eventually(() => stage.held === 0);
    stalled.read();
    expect(await stalled.ended).toBe('cut');
    await stage.append({ type: 'terminated' });
    const rest = await stage.rest(stalled.lastId);
    expect([...stalled.ids, ...rest]).toEqual(await stage.ids());
  });

  it('is cut though its stream ends meanwhile, and keeps its slot until then', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'setInterval', 'clearInterval'] });
    const stage = await Stage.open({});
    const stalled = await stage.stream('?from=start');
    await stalled.until(({ lastId }) => lastId !== undefined);
    stalled.stall();
    await fillWithLittle(stage);
    await stage.append({ type: 'terminated' });
    vi.advanceTimersByTime(limits.streamLagSeconds * 1000);
    expect(stage.held).toBe(1);
    vi.advanceTimersByTime(5_000);
    await eventually(() => stage.held === 0);
    stalled.read();
    expect(await stalled.ended).toBe('cut');
  });

  it('but reads on in time is not ended', async () => {
    const stage = await Stage.open(streaming({ lagBytes: 8 * 1024 * 1024 }));
    const stream = await stage.stream('?from=start');
    await stream.until(({ lastId }) => lastId !== undefined);
    stream.stall();
    await appendUntil(stage, () => stage.waitingBytes > 0);
    stream.read();
    await stage.append({ type: 'terminated' });
    await stream.all();
    expect(stream.ids).toEqual(await stage.ids());
    expect(stream.frames.at(-1)?.text).toBe('retry: 60000\ndata: [DONE]');
  });
});

it('what is held open by an expired token is ended, and still looked at until it is gone', async () => {
  const times = { maxAgeMs: 60_000, heartbeatMs: 40, lagMs: 60_000 };
  const streams = new Streams({ perToken: 1, perProcess: 1, ...times }, () => 1_000);
  const token = { org: 'org_1', tokenId: 'tok_1', scopes: [], expiresUs: 999, tokenExpiresUs: 999 } as const;
  const caller = { ...token, holder: 'tok_1', secretHash: 'hash' };
  const calls = { look: 0, revoke: 0 };
  const count = (name: keyof typeof calls) => () => void calls[name]++;
  const { leave } = streams.enter(caller, { look: count('look'), revoke: count('revoke'), drain: () => {} });
  await eventually(() => calls.look > 1);
  expect(calls.revoke).toBeGreaterThan(0);
  leave();
  streams.drain();
});

describe('slots', () => {
  const path = (stage: Stage) => `/v1/sessions/${stage.session}/events`;
  const poll = (stage: Stage, token = stage.h.org.token) =>
    openSse(`${stage.url}${path(stage)}?types=never&wait=55`, { token });

  it('come back when a client leaves, and when its session ends', async () => {
    const stage = await Stage.open({});
    const [leaves, resets, stays] = await Promise.all([stage.stream(), stage.stream(), stage.stream()]);
    const feed = await openSse(`${stage.url}/v1/events/stream`, { token: stage.h.org.token });
    const polling = poll(stage).catch(() => undefined);
    await eventually(() => stage.held === 5);
    leaves?.close();
    await eventually(() => stage.held === 4);
    resets?.reset();
    await eventually(() => stage.held === 3);
    await stage.h.ask('DELETE', `/v1/sessions/${stage.session}`);
    await stays?.all();
    await polling;
    await eventually(() => stage.held === 1);
    feed.close();
    await eventually(() => stage.held === 0);
  });

  it('of a token are as many as configured, streams and held polls together; other tokens have their own', async () => {
    const stage = await Stage.open(streaming({ perToken: 3 }));
    const { h, url } = stage;
    const streams = [await stage.stream(), await openSse(`${url}/v1/events/stream`, { token: h.org.token })];
    const polling = poll(stage);
    await eventually(() => stage.held === 3);
    const attempts = [
      '/v1/events/stream',
      `${path(stage)}/stream`,
      `${path(stage)}?wait=5`,
      '/v1/events?types=z&wait=5',
    ];
    for (const attempt of attempts) {
      const refused = await (await openSse(`${url}${attempt}`, { token: h.org.token })).all();
      expect([refused.status, refused.headers['retry-after']], attempt).toEqual([429, '5']);
      expect(refused.headers['x-should-retry']).toBeUndefined();
      expect(refused.json.error).toEqual({
        type: 'rate_limit_error',
        message: expect.stringContaining('This token holds 3 streams, sockets and held polls'),
        code: 'too_many_streams',
      });
    }
    const list = await h.ask('GET', `${path(stage)}?limit=1`);
    expect(list.status, 'what is not held needs no slot').toBe(200);
    const answered = await openSse(`${url}/v1/events?wait=5`, { token: h.org.token });
    expect(answered.status, 'a wait that need not be held needs none either').toBe(200);
    const own = await openSse(`${url}/v1/events/stream`, { token: await h.tokenWith('events:read') });
    expect(own.status).toBe(200);
    streams[0]?.close();
    await eventually(() => stage.held === 3);
    const again = await stage.stream();
    expect(again.status).toBe(200);
    await stage.append({ type: 'never' });
    expect((await (await polling).all()).json.data).toHaveLength(1);
    await eventually(() => stage.held === 3);
  });

  it('of the process are as many as configured, whoever asks', async () => {
    const stage = await Stage.open(streaming({ perProcess: 2 }));
    const { h, url } = stage;
    await stage.stream();
    const theirs = await openSse(`${url}/v1/events/stream`, { token: h.other.token });
    for (const [token, query] of [
      [h.org.token, '/stream'],
      [h.other.token, '/stream'],
      [h.org.token, '?types=z&wait=5'],
    ] as const) {
      const refused = await (await openSse(`${url}/v1/events${query}`, { token })).all();
      expect([refused.status, refused.headers['retry-after']]).toEqual([503, '5']);
      expect(refused.json.error).toMatchObject({ type: 'overloaded_error', code: 'streams_exhausted' });
    }
    theirs.close();
    await eventually(() => stage.held === 1);
    expect((await stage.stream()).status).toBe(200);
  });

  it('are not taken by refusals, nor by answers that need not wait', async () => {
    const stage = await Stage.open({}, notes(1));
    for (const query of ['/stream?from=x', '/stream?after_id=evt_1', '?wait=56', '?wait=5', '/stream?types=A']) {
      const answer = await openSse(`${stage.url}${path(stage)}${query}`, { token: stage.h.org.token });
      await answer.all();
    }
    expect(stage.held).toBe(0);
  });

  it('are all free after twenty readers were reset at any moment under writes', async () => {
    const stage = await Stage.open({}, notes(20));
    let writing = true;
    const writer = (async () => {
      for (let n = 0; writing; n++) await stage.append(note(n));
    })();
    const readers = Array.from({ length: 20 }, async (_, index) => {
      for (let round = 0; round < 5; round++) {
        const stream = await stage.stream(index % 2 === 0 ? '?from=start' : '');
        await stream.until(({ events }) => events.length > (index * 7 + round * 3) % 25);
        stream.reset();
      }
    });
    await Promise.all(readers);
    writing = false;
    await writer;
    await eventually(() => stage.held === 0);
    expect(stage.h.logged).toEqual([]);
  });

  it.each(['/stream', '?types=z&wait=55'])(
    'are not taken for a client that has left before its %s opens',
    async (query) => {
      const gate = gated();
      const stage = await Stage.open(gate.options);
      const abort = new AbortController();
      const leaving = fetch(`${stage.url}${path(stage)}${query}`, {
        headers: { authorization: `Bearer ${stage.h.org.token}` },
        signal: abort.signal,
      }).catch(() => 'left');
      await eventually(() => gate.asked === 1);
      const closed = once(stage.outgoing.at(-1) as ServerResponse, 'close');
      abort.abort();
      expect(await leaving).toBe('left');
      await closed;
      gate.open();
      await stage.append(note(1)); // what was waiting has gone on by now
      await stage.h.store.settled();
      expect(stage.held).toBe(0);
    },
  );
});

describe('a server that stops', () => {
  it('ends streams with a retry, and held polls with their page, and takes no more of either', async () => {
    const stage = await Stage.open({}, notes(1));
    const { h, url } = stage;
    const events = `${url}/v1/sessions/${stage.session}/events`;
    const streams = [
      await stage.stream('?from=start'),
      await openSse(`${url}/v1/events/stream`, { token: h.org.token }),
    ];
    const polls = [`${events}?types=z&wait=55`, `${url}/v1/events?types=z&wait=55`].map((path) =>
      openSse(path, { token: h.org.token }),
    );
    await eventually(() => stage.held === 4);
    await streams[0]?.until((client) => client.events.length === 1);
    h.services.streams.drain();
    for (const stream of streams) {
      expect(await stream.ended).toBe('ended');
      expect(stream.frames.at(-1)?.retry).toBeGreaterThanOrEqual(1_000);
      expect(stream.text).not.toContain('[DONE]');
    }
    for (const poll of polls) {
      const page = await (await poll).all();
      expect([page.status, page.json.data, page.json.has_more]).toEqual([200, [], false]);
    }
    await eventually(() => stage.held === 0);
    for (const path of [`${events}/stream`, `${events}?types=z&wait=5`]) {
      const refused = await (await openSse(path, { token: h.org.token })).all();
      expect([refused.status, refused.headers['retry-after'], refused.json.error.code]).toEqual([
        503,
        '2',
        'shutting_down',
      ]);
    }
  });
});

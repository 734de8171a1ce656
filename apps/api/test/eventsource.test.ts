/** A standard client, npm `eventsource`, resumes by itself: over broken connections and aged streams, nothing missed or repeated. */
import { randomInt } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { EventSource } from 'eventsource';
import { afterEach, describe, expect, it } from 'vitest';
import { type Harness, type HarnessOptions, openHarness, streaming } from './harness.ts';
import { Dice } from './support/dice.ts';
import { eventually } from './support/sse.ts';

let h: Harness;
let url: string;
let session: string;
const opened: EventSource[] = [];
/** Streams that the server is writing. */
const outgoing = new Set<ServerResponse>();
/** The resume header of each connection. */
const asked: unknown[] = [];

afterEach(async () => {
  for (const source of opened.splice(0)) source.close();
  await h.close();
});

async function start(options: HarnessOptions = {}): Promise<void> {
  h = await openHarness(options);
  const listening = await h.listen();
  url = listening.url;
  asked.length = 0;
  outgoing.clear();
  listening.server.on('request', (incoming: IncomingMessage, response: ServerResponse) => {
    asked.push(incoming.headers['last-event-id']);
    outgoing.add(response);
    response.once('close', () => outgoing.delete(response));
  });
  session = (await h.ask('POST', '/v1/sessions', { body: {} })).json.id;
}

const append = async (...events: object[]): Promise<string[]> =>
  (await h.ask('POST', `/v1/sessions/${session}/events`, { body: { events } })).json.data.map(
    ({ id }: { id: string }) => id,
  );

interface Seen {
  readonly source: EventSource;
  readonly ids: string[];
  /** What came without a name. */
  readonly unnamed: string[];
  /** All that has come over the wire. */
  wire: string;
}

/** Listens to events of type `x` from now on; the query never says where to resume. */
function listen(path: string): Seen {
  const source = new EventSource(`${url}${path}`, {
    async fetch(input, init) {
      const headers = { ...init.headers, Authorization: `Bearer ${h.org.token}` };
      const { body, status, headers: answered } = await fetch(input, { ...init, headers });
      const watched = body?.pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({
          transform(chunk, controller) {
            seen.wire += Buffer.from(chunk).toString();
            controller.enqueue(chunk);
          },
        }),
      );
      return new Response(watched ?? null, { status, headers: answered });
    },
  });
  opened.push(source);
  const seen: Seen = { source, ids: [], unnamed: [], wire: '' };
  source.addEventListener('x', (event) => {
    expect(JSON.parse(event.data).id).toBe(event.lastEventId);
    seen.ids.push(event.lastEventId);
  });
  source.addEventListener('message', ({ data }) => seen.unnamed.push(data));
  return seen;
}

const isOpen = ({ source }: Seen) => source.readyState === EventSource.OPEN;

describe('a standard client', () => {
  it.each([
    ['a session', () => `/v1/sessions/${session}/events/stream`],
    ['the list route of a session', () => `/v1/sessions/${session}/events`],
    ['the feed', () => `/v1/events/stream?types=x`],
  ])('sees every event of %s once, in order, though its connections break at random', async (_, path) => {
    await start();
    const seed = randomInt(2 ** 31);
    console.log(`eventsource: seed ${seed}`);
    const dice = new Dice(seed);
    const seen = listen(path());
    await eventually(() => isOpen(seen));
    const sent: string[] = [];
    for (let round = 0; round < 12; round++) {
      const count = 1 + dice.below(6);
      sent.push(
        ...(await append(...Array.from({ length: count }, () => ({ type: 'x', text: 'y'.repeat(dice.below(9_000)) })))),
      );
      if (dice.below(3) === 0) await eventually(() => isOpen(seen));
      if (dice.below(2) === 0) for (const response of outgoing) response.destroy();
      if (dice.below(4) === 0) await eventually(() => seen.ids.length === sent.length);
    }
    for (const response of outgoing) response.destroy();
    sent.push(...(await append({ type: 'x' })));
    await eventually(() => seen.ids.length >= sent.length);
    expect([seen.ids, seen.unnamed]).toEqual([sent, []]);
    expect(asked.length).toBeGreaterThan(1);
  });

  it.each([
    ['a session', () => `/v1/sessions/${session}/events/stream`],
    ['the feed', () => '/v1/events/stream?types=x'],
  ])('that loses %s before its first event knows where to go on', async (_, path) => {
    await start();
    const seen = listen(path());
    await eventually(() => isOpen(seen) && outgoing.size === 1);
    for (const response of outgoing) response.destroy();
    await eventually(() => !isOpen(seen));
    const sent = await append({ type: 'x' }, { type: 'x' });
    await eventually(() => seen.ids.length >= sent.length);
    expect(seen.ids).toEqual(sent);
  });

  it('goes on by itself when its stream has reached its age', async () => {
    await start(streaming({ maxAgeMs: 60 }));
    const seen = listen(`/v1/sessions/${session}/events/stream`);
    await eventually(() => isOpen(seen));
    const sent: string[] = [];
    while (asked.length < 4) {
      const before = asked.length;
      sent.push(...(await append({ type: 'x' }, { type: 'x' })));
      await eventually(() => asked.length > before);
    }
    sent.push(...(await append({ type: 'x' })));
    await eventually(() => seen.ids.length >= sent.length);
    expect(seen.ids).toEqual(sent);
  });

  it('keeps over a break what a heartbeat has told of its filtered stream', async () => {
    await start(streaming({ heartbeatMs: 20 }));
    const seen = listen(`/v1/sessions/${session}/events/stream?types=x`);
    await eventually(() => isOpen(seen));
    const [skipped] = await append({ type: 'other' });
    await eventually(() => seen.wire.includes(`: heartbeat\nid: ${skipped}\n\n`));
    for (const response of outgoing) response.destroy();
    await eventually(() => asked.length === 2);
    expect(asked).toEqual([undefined, skipped]);
    const sent = await append({ type: 'x' });
    await eventually(() => seen.ids.length >= 1);
    expect(seen.ids).toEqual(sent);
  });

  it.each(['terminated', 'deleted'])(
    'hears [DONE] as a message when its session is %s, and is told to stay away',
    async (end) => {
      await start();
      const seen = listen(`/v1/sessions/${session}/events/stream`);
      await eventually(() => isOpen(seen));
      const sent = await append({ type: 'x' });
      await eventually(() => seen.ids.length === 1);
      if (end === 'deleted') await h.ask('DELETE', `/v1/sessions/${session}`);
      else await append({ type: 'terminated' });
      await eventually(() => seen.unnamed.length === 1);
      await eventually(() => seen.source.readyState === EventSource.CONNECTING);
      expect([seen.ids, seen.unnamed, asked]).toEqual([sent, ['[DONE]'], [undefined]]);
    },
  );
});

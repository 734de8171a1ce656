/** Sessions of the wave dialect, and clients of theirs over real sockets. */
import { uuidOfId } from '@turnlog/core/ids';
import type { Ask, Harness, Reply } from '../harness.ts';
import { eventually, openSse, type SseClient } from '../support/sse.ts';

export interface WaveEvent {
  readonly type: string;
  readonly data: unknown;
  readonly number: number;
}

/** Asks with nothing but the token in the path. */
export const bare = (ask: Ask = {}): Ask => ({ token: null, ...ask });

export async function create(h: Harness, ask: Ask = {}): Promise<string> {
  return (await h.ask('POST', '/api/sessions', ask)).json.token;
}

/** The UUID form of the session that an org has made last. */
export async function newestUuid(h: Harness, token = h.org.token): Promise<string> {
  const { json } = await h.ask('GET', '/v1/sessions?limit=1', { token });
  return uuidOfId(json.data[0].id);
}

export function push(h: Harness, session: string, type: string, data: unknown): Promise<Reply> {
  return h.ask('POST', `/api/sessions/${session}/events`, bare({ body: { type, data } }));
}

export async function pushAll(h: Harness, session: string, count: number): Promise<void> {
  for (let n = 1; n <= count; n++) await push(h, session, 'note', n);
}

export async function eventsOf(h: Harness, session: string, lastEvent = 0): Promise<WaveEvent[]> {
  return (await h.ask('GET', `/api/sessions/${session}/events?last_event=${lastEvent}`, bare())).json;
}

/** Opens a poll, and waits until it is held; `answer` resolves with it. */
export async function hold(
  h: Harness,
  url: string,
  session: string,
  query = '',
): Promise<{ readonly answer: Promise<SseClient> }> {
  const before = h.services.streams.size;
  const answer = openSse(`${url}/api/sessions/${session}/events${query}`).then((client) => client.all());
  await eventually(() => h.services.streams.size > before);
  return { answer };
}

/** Listens as test runners do: again from the last number it has, and never again after anything but a 200. */
export class Listener {
  readonly got: WaveEvent[] = [];
  empty = 0;
  stoppedBy: number | null = null;
  readonly #url: string;
  #last: number | null;

  constructor(url: string, session: string, last: number | null) {
    this.#url = `${url}/api/sessions/${session}/events`;
    this.#last = last;
  }

  /** Listens until something is true, or it has stopped. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition() && this.stoppedBy === null) {
      const reply = await fetch(this.#last === null ? this.#url : `${this.#url}?last_event=${this.#last}`);
      if (reply.status !== 200) {
        this.stoppedBy = reply.status;
        return;
      }
      const events = (await reply.json()) as WaveEvent[];
      if (events.length === 0) this.empty++;
      this.got.push(...events);
      this.#last = events.at(-1)?.number ?? this.#last;
    }
  }
}

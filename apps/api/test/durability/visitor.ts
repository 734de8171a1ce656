/** A client whose sessions do not last: each is written to, and then deleted, maybe before anybody was told of it. */
import { type Ask, ask, type Reply } from './client.ts';
import { elementsOf, type Shown, shownOf } from './pages.ts';
import type { Random } from './random.ts';

/** An event whose session is deleted. */
export interface Erased extends Shown {
  readonly type: string;
  readonly session: string;
}

const MOST_BATCHES = 4;
const MOST_EVENTS = 5;

export class Visitor {
  readonly erased: Erased[] = [];
  readonly #name: string;
  readonly #random: Random;
  #visits = 0;

  constructor(name: string, random: Random) {
    this.#name = name;
    this.#random = random;
  }

  /** Goes on until `enough` says so; a visit once begun comes to its end. */
  async visit(url: () => Promise<string>, enough: () => boolean): Promise<void> {
    while (!enough()) {
      const name = `${this.#name}-${++this.#visits}`;
      const created = await written(url, '/v1/sessions', JSON.stringify({ external_id: name }), name);
      const session = (JSON.parse(created.body) as { id: string }).id;
      const path = `/v1/sessions/${session}`;
      for (let batch = this.#random.whole(1, MOST_BATCHES); batch > 0; batch--) {
        const events = Array.from({ length: this.#random.whole(1, MOST_EVENTS) }, () => '{"type":"agent.note"}');
        const reply = await written(url, `${path}/events`, `{"events":[${events.join(',')}]}`, `${name}-${batch}`);
        for (const text of elementsOf(reply.body)) this.erased.push({ ...shownOf(text), type: 'agent.note', session });
      }
      await untilAnswered(url, { method: 'DELETE', path });
    }
  }
}

/** The answer to a POST, which is repeated with its key until it is answered. Throws when it is refused. */
export async function written(url: () => Promise<string>, path: string, body: string, key: string): Promise<Reply> {
  const reply = await untilAnswered(url, { method: 'POST', path, body, key });
  if (reply.status < 200 || reply.status > 299) throw new Error(`${path} was answered ${reply.status}: ${reply.body}`);
  return reply;
}

async function untilAnswered(url: () => Promise<string>, asked: Ask): Promise<Reply> {
  for (;;) {
    const reply = await ask(await url(), asked);
    if (reply !== null) return reply;
  }
}

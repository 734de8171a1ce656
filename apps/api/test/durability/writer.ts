/** A client that appends batches with idempotency keys, repeats what was not answered, and remembers what was. */
import { ask, type Reply } from './client.ts';
import type { Random } from './random.ts';

/** A batch whose storing was acknowledged: the marks of its events, and the ids that the server gave them. */
export interface Acknowledged {
  readonly marks: readonly string[];
  readonly ids: readonly string[];
}

export class Writer {
  readonly session: string;
  readonly acknowledged: Acknowledged[] = [];
  /** Attempts that ended without an answer. */
  unanswered = 0;
  replays = 0;
  /** Answers that no append to an existing session gets. */
  readonly refusals: string[] = [];
  readonly #name: string;
  readonly #random: Random;
  #batches = 0;

  constructor(name: string, session: string, random: Random) {
    this.#name = name;
    this.session = session;
    this.#random = random;
  }

  /** Sends batches until `enough` says so; a batch once begun is repeated, with its key, until it is answered. */
  async write(url: () => Promise<string>, enough: () => boolean): Promise<void> {
    while (!enough()) {
      const batch = ++this.#batches;
      const marks = Array.from({ length: this.#random.whole(1, 5) }, (_, index) => `${this.#name}/${batch}/${index}`);
      const body = JSON.stringify({ events: marks.map((mark) => ({ type: 'agent.note', mark })) });
      const reply = await this.#untilAnswered(url, body, `${this.#name}-${batch}`);
      if (reply.status !== 200) {
        this.refusals.push(`${this.session}: an acknowledged session is lost, or its append refused: ${reply.body}`);
        return;
      }
      if (reply.replayed) this.replays++;
      const { data } = JSON.parse(reply.body) as { data: { id: string }[] };
      this.acknowledged.push({ marks, ids: data.map(({ id }) => id) });
    }
  }

  async #untilAnswered(url: () => Promise<string>, body: string, key: string): Promise<Reply> {
    const path = `/v1/sessions/${this.session}/events`;
    for (;;) {
      const reply = await ask(await url(), { method: 'POST', path, body, key, ...this.#abort(body) });
      if (reply !== null) return reply;
      this.unanswered++;
    }
  }

  /** Now and then lets go, half of the times in the middle of the body and half right after it. */
  #abort(body: string): { readonly abortAfterBytes?: number } {
    if (!this.#random.chance(0.1)) return {};
    return { abortAfterBytes: this.#random.chance(0.5) ? -1 : this.#random.whole(0, body.length) };
  }
}

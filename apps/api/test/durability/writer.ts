/** A client that appends batches with idempotency keys, repeats what was not answered, and remembers what was. */

import type { Bell } from './bell.ts';
import { ask, type Reply } from './client.ts';
import { elementsOf, type Shown, shownOf } from './pages.ts';
import type { Random } from './random.ts';

/** A batch whose storing was acknowledged: the marks of its events, and what the server said that it had stored. */
export interface Acknowledged {
  readonly marks: readonly string[];
  readonly stored: readonly Shown[];
}

/** What only its own source text keeps exactly. */
const EXACT = '"exact":[9007199254740993,1.0,"\\u0000é漢🧵\\"]"]';
const LARGE_CHARACTERS = 30_000;

export class Writer {
  /** A session, or what names the account stream. */
  readonly session: string;
  readonly acknowledged: Acknowledged[] = [];
  /** Attempts that ended without an answer. */
  unanswered = 0;
  replays = 0;
  /** Answers that no append to an existing session gets. */
  readonly refusals: string[] = [];
  readonly #name: string;
  readonly #path: string;
  readonly #random: Random;
  readonly #bells: readonly Bell[];
  #batches = 0;

  /** Writes to the list at `path`, and rings the bells of those who read it. */
  constructor(name: string, session: string, path: string, random: Random, bells: readonly Bell[]) {
    this.#name = name;
    this.session = session;
    this.#path = path;
    this.#random = random;
    this.#bells = bells;
  }

  /** Sends batches until `enough` says so; a batch once begun is repeated, with its key, until it is answered. */
  async write(url: () => Promise<string>, enough: () => boolean): Promise<void> {
    while (!enough()) {
      const batch = ++this.#batches;
      const marks = Array.from({ length: this.#random.whole(1, 5) }, (_, index) => `${this.#name}/${batch}/${index}`);
      const body = `{"events":[${marks.map((mark) => this.#event(mark)).join(',')}]}`;
      const reply = await this.#untilAnswered(url, body, `${this.#name}-${batch}`);
      if (reply.status !== 200) {
        this.refusals.push(`${this.session}: an acknowledged session is lost, or its append refused: ${reply.body}`);
        return;
      }
      if (reply.replayed) this.replays++;
      this.acknowledged.push({ marks, stored: elementsOf(reply.body).map(shownOf) });
      for (const bell of this.#bells) bell.ring();
    }
  }

  async #untilAnswered(url: () => Promise<string>, body: string, key: string): Promise<Reply> {
    const path = this.#path;
    for (;;) {
      const reply = await ask(await url(), { method: 'POST', path, body, key, ...this.#abort(body) });
      if (reply !== null) return reply;
      this.unanswered++;
    }
  }

  /** Mostly a note; now and then a large one, or one that moves the session and so the account stream. */
  #event(mark: string): string {
    const kind = this.#random.whole(1, 100);
    const type = kind <= 3 ? 'session.status_running' : kind <= 6 ? 'session.status_idle' : 'agent.note';
    const large = kind === 7 ? `,"large":"${'x'.repeat(this.#random.whole(1, LARGE_CHARACTERS))}"` : '';
    return `{"type":"${type}","mark":"${mark}",${EXACT}${large}}`;
  }

  /** Now and then lets go, half of the times in the middle of the body and half right after it. */
  #abort(body: string): { readonly abortAfterBytes?: number } {
    if (!this.#random.chance(0.1)) return {};
    return { abortAfterBytes: this.#random.chance(0.5) ? -1 : this.#random.whole(0, body.length) };
  }
}

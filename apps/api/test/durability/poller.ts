/** A client that asks for what follows, and lets the server hold the answer until something does. */
import { readPage } from './pages.ts';
import { Reader } from './reader.ts';

/** Longer than anybody waits for it to catch up: an answer that comes for the time alone comes too late. */
const SHORTEST_WAIT_SECONDS = 30;
const LONGEST_WAIT_SECONDS = 55;
const LONGEST_PATIENCE_MS = 400;

export class Poller extends Reader {
  #asking = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  override calm(): void {
    super.calm();
    clearTimeout(this.#timer);
  }

  protected override async run(): Promise<void> {
    while (!this.stopped) {
      const { url, crashes } = await this.server.address();
      if (this.stopped) return;
      this.#asking = new AbortController();
      const asking = this.#asking;
      if (this.restless && this.random.chance(0.3))
        this.#timer = setTimeout(() => asking.abort(), this.random.whole(0, LONGEST_PATIENCE_MS));
      const page = await readPage(url, this.path, this.#query(), asking.signal);
      clearTimeout(this.#timer);
      if (page !== null) this.show(page.events.map((event) => ({ ...event, crashes })));
    }
  }

  protected override letGo(): void {
    this.#asking.abort();
  }

  #query(): Record<string, string> {
    const wait = String(this.random.whole(SHORTEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS));
    const limit = String(this.random.whole(1, 100));
    return { wait, limit, ...(this.lastId === null ? {} : { after_id: this.lastId }) };
  }
}

/** Readers of pages, one each way, that go on while writers write. */
import { type Page, readPage } from './pages.ts';
import { Reader, type Seen } from './reader.ts';

/** How often the bell may ring before a pager looks again, so that not every commit is followed by a page. */
const MOST_RINGS = 100;

abstract class Pager extends Reader {
  protected override async run(): Promise<void> {
    while (!this.stopped) {
      const { count } = this.bell;
      await this.readToEnd();
      if (!this.stopped) await this.#untilDue(count);
    }
  }

  protected abstract readToEnd(): Promise<void>;

  protected override letGo(): void {}

  override calm(): void {
    super.calm();
    this.bell.ring();
  }

  /** A page of the server of the moment, whichever that is by then; null: it was stopped. */
  protected async page(query: Readonly<Record<string, string>>): Promise<(Page & { readonly crashes: number }) | null> {
    while (!this.stopped) {
      const { url, crashes } = await this.server.address();
      const page = await readPage(url, this.path, { limit: this.#limit(), ...query });
      if (page !== null) return { ...page, crashes };
    }
    return null;
  }

  async #untilDue(count: number): Promise<void> {
    const rings = this.random.whole(1, MOST_RINGS);
    for (let rung = 0; rung < rings; rung++) {
      await this.bell.rungSince(count + rung);
      if (!this.restless || this.stopped) return;
    }
  }

  #limit(): string {
    return String(this.random.chance(0.5) ? this.random.whole(1, 20) : this.random.whole(20, 1000));
  }
}

/** From the start to the end, and on from there when there is more. */
export class ForwardPager extends Pager {
  #nextPage: string | null = null;

  protected override async readToEnd(): Promise<void> {
    for (let hasMore = true; hasMore; ) {
      const page = await this.page(this.#query());
      if (page === null) return;
      this.show(page.events.map((event) => ({ ...event, crashes: page.crashes })));
      this.#nextPage = page.nextPage;
      hasMore = page.hasMore;
    }
  }

  #query(): Record<string, string> {
    if (this.#nextPage !== null && this.random.chance(0.5)) return { page: this.#nextPage };
    return this.lastId === null ? {} : { after_id: this.lastId };
  }
}

/** From the end back to where its last walk began; then the same again, from what is the end by then. */
export class BackwardPager extends Pager {
  protected override async readToEnd(): Promise<void> {
    /** Newest first. */
    const walked: Seen[] = [];
    let query: Record<string, string> = { order: 'desc' };
    let isDescending = true;
    for (;;) {
      const page = await this.page(query);
      if (page === null) return;
      const events = page.events.map((event) => ({ ...event, crashes: page.crashes }));
      for (const event of isDescending ? events : events.reverse()) {
        if (event.id === this.lastId) return this.show(walked.reverse());
        if (this.lastId !== null && event.id < this.lastId)
          throw new Error(`walked past ${this.lastId} to ${event.id}`);
        walked.push(event);
      }
      if (!page.hasMore) break;
      query = this.#next(walked, page);
      if (query['page'] === undefined) isDescending = query['order'] === 'desc';
    }
    if (this.lastId !== null) throw new Error(`walked to the start without meeting ${this.lastId}`);
    this.show(walked.reverse());
  }

  /** Whatever leads further back: the page's own token, or a cursor in either order. */
  #next(walked: readonly Seen[], { nextPage }: Page): Record<string, string> {
    const oldest = walked.at(-1)?.id ?? '';
    if (nextPage !== null && this.random.chance(0.3)) return { page: nextPage };
    return this.random.chance(0.5) ? { before_id: oldest } : { order: 'desc', after_id: oldest };
  }
}

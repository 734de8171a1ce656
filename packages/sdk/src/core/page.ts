import { TurnlogError } from './errors.ts';
import type { RequestOptions } from './options.ts';
import { shareResponse, type Transport } from './transport.ts';

/** What every list answers. */
export interface PageBody {
  readonly data: readonly unknown[];
  readonly first_id: string | null;
  readonly last_id: string | null;
  readonly has_more: boolean;
  readonly next_page?: string | null;
  /** How far a filtered page has looked, when it says so. */
  readonly scanned_through?: string | null;
}

/** What a page holds. */
export type ItemOf<Body extends PageBody> = Body['data'][number];

/** How to go on from a page. */
export interface PageMethods<Body extends PageBody> {
  /** Every item from this page on; see {@link PagePromise} for their order. */
  [Symbol.asyncIterator](): AsyncGenerator<ItemOf<Body>, void, undefined>;
  /** This page and every one after it. */
  pages(): AsyncGenerator<Page<Body>, void, undefined>;
  /** The page after this one in the direction of travel, or null when there is none. */
  getNextPage(): Promise<Page<Body> | null>;
  /** Whether there is a page after this one. */
  hasNextPage(): boolean;
  /** The items from this page on, at most `limit` of them. */
  toArray(options?: { readonly limit?: number | undefined }): Promise<ItemOf<Body>[]>;
}

/** A page as the server sent it, and how to go on from it. */
export type Page<Body extends PageBody> = Body & PageMethods<Body>;

/** The cursors of a list, at most one of them. */
export interface PageQuery {
  readonly after_id?: string | undefined;
  readonly before_id?: string | undefined;
  readonly page?: string | undefined;
}

interface ArrayOptions {
  readonly limit?: number | undefined;
}

const wantsNone = (options: ArrayOptions | undefined): boolean => (options?.limit ?? 1) <= 0;

/** Reads one list: always the same path, filters and options, with another cursor each time. */
interface List<Body extends PageBody> {
  readonly query: PageQuery;
  readonly read: (query: PageQuery) => Promise<Page<Body>>;
}

/**
 * A list that is read when it is used: `await` it for a page, or `for await` over it for every item of all pages.
 *
 * A list keeps its direction. Items come in the order of travel: with `before_id`, those nearest to the cursor first, so
 * a list read backward is read backward throughout; `data` of each page stays in list order.
 */
export class PagePromise<Body extends PageBody> implements Promise<Page<Body>> {
  readonly [Symbol.toStringTag] = 'PagePromise';
  readonly #read: () => Promise<Page<Body>>;
  #first: Promise<Page<Body>> | undefined;

  constructor(transport: Transport, path: readonly string[], query: PageQuery = {}, options?: RequestOptions) {
    const read = async (next: PageQuery): Promise<Page<Body>> => {
      const body = await transport.request<Body>('GET', path, { query: next, options });
      return shareResponse(body, pageOf(body, { query: next, read }));
    };
    this.#read = () => read(query);
  }

  // biome-ignore lint/suspicious/noThenProperty: a promise is what this is.
  then<A = Page<Body>, B = never>(
    onPage?: ((page: Page<Body>) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#start().then(onPage, onError);
  }

  catch<B = never>(onError?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<Page<Body> | B> {
    return this.#start().catch(onError);
  }

  finally(onSettled?: (() => void) | null): Promise<Page<Body>> {
    return this.#start().finally(onSettled);
  }

  /** Every item of all pages, in the direction of travel. */
  async *[Symbol.asyncIterator](): AsyncGenerator<ItemOf<Body>, void, undefined> {
    yield* await this.#start();
  }

  /** Every page, in the direction of travel. */
  async *pages(): AsyncGenerator<Page<Body>, void, undefined> {
    yield* (await this.#start()).pages();
  }

  /** The items of all pages, at most `limit` of them; no page is read that is not needed. */
  async toArray(options?: { readonly limit?: number | undefined }): Promise<ItemOf<Body>[]> {
    return wantsNone(options) ? [] : (await this.#start()).toArray(options);
  }

  /** Once, however often the list is awaited. */
  #start(): Promise<Page<Body>> {
    this.#first = this.#first ?? this.#read();
    return this.#first;
  }
}

class LivePage<Body extends PageBody> implements PageMethods<Body> {
  readonly #list: List<Body>;
  readonly #body: Body;

  constructor(body: Body, list: List<Body>) {
    this.#body = body;
    this.#list = list;
    Object.assign(this, body);
  }

  hasNextPage(): boolean {
    return nextQuery(this.#list.query, this.#body) !== undefined;
  }

  async getNextPage(): Promise<Page<Body> | null> {
    const query = nextQuery(this.#list.query, this.#body);
    return query ? this.#list.read(query) : null;
  }

  async *pages(): AsyncGenerator<Page<Body>, void, undefined> {
    let page: Page<Body> | null = pageItself(this);
    while (page) {
      yield page;
      page = await page.getNextPage();
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ItemOf<Body>, void, undefined> {
    for await (const page of this.pages()) {
      const items = itemsOf(page);
      for (const item of this.#list.query.before_id ? [...items].reverse() : items) yield item;
    }
  }

  async toArray(options: ArrayOptions = {}): Promise<ItemOf<Body>[]> {
    const items: ItemOf<Body>[] = [];
    if (wantsNone(options)) return items;
    const { limit = Number.POSITIVE_INFINITY } = options;
    for await (const item of this) if (items.push(item) >= limit) break;
    return items;
  }
}

/**
 * A list goes on by ids: they may be logged and kept, and mean the same to every server that answers this shape. Only
 * one that was entered by a page token goes on by the next token, since nothing else knows its direction.
 */
function nextQuery(query: PageQuery, body: PageBody): PageQuery | undefined {
  if (!body.has_more) return undefined;
  const name = query.page ? 'page' : query.before_id ? 'before_id' : 'after_id';
  const { next_page: page, scanned_through: scanned } = body;
  const cursor = { page, before_id: scanned ?? body.first_id, after_id: scanned ?? body.last_id }[name];
  if (!cursor) return undefined;
  if (cursor === query[name]) throw new TurnlogError(`The list does not move on: ${name} is "${cursor}" again.`);
  return { ...query, [name]: cursor };
}

const pageOf = <Body extends PageBody>(body: Body, list: List<Body>): Page<Body> =>
  pageItself(new LivePage(body, list));

/** A live page holds all members of its body: its constructor copies them. */
const pageItself = <Body extends PageBody>(page: LivePage<Body>): Page<Body> => page as PageMethods<Body> as Page<Body>;

/** Every body's items are what `ItemOf` says; the compiler does not see it through the type parameter. */
const itemsOf = <Body extends PageBody>(page: Body): readonly ItemOf<Body>[] => page.data as readonly ItemOf<Body>[];

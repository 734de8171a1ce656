/** A web page of the server's own origin, in which the seed's JavaScript runs. */
import { JSDOM } from 'jsdom';
import { vi } from 'vitest';
import { type Run, SEED } from './run.ts';

type Element = JSDOM['window']['document']['body'];
type Root = ReturnType<typeof import('react-dom/client').createRoot>;

/** How often the component polls. */
const POLL_MS = 2_000;

export class Page {
  /** Paths that the page has asked for, in order. */
  readonly asked: string[] = [];
  readonly #dom: JSDOM;
  readonly #run: Run;
  readonly #setInterval: { readonly mock: { readonly calls: readonly unknown[][] } };
  #answered = 0;
  #root: Root | undefined;

  /** Opens a page: globals become the page's until it is closed, and its intervals pass when it is told so. */
  static open(run: Run): Page {
    const dom = new JSDOM('<!doctype html><main></main>', { url: run.url });
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const page = new Page(dom, run);
    vi.stubGlobal('window', dom.window);
    vi.stubGlobal('document', dom.window.document);
    vi.stubGlobal('fetch', (path: string, init?: RequestInit) => page.#fetch(path, init));
    return page;
  }

  private constructor(dom: JSDOM, run: Run) {
    this.#dom = dom;
    this.#run = run;
    this.#setInterval = vi.spyOn(globalThis, 'setInterval');
  }

  get main(): Element {
    return this.#dom.window.document.body.querySelector('main') as Element;
  }

  /** How often a poll every two seconds was begun. */
  get polls(): number {
    return this.#setInterval.mock.calls.filter(([, delayMs]) => delayMs === POLL_MS).length;
  }

  get isIdle(): boolean {
    return this.#answered === this.asked.length;
  }

  texts(selector: string): readonly string[] {
    return [...this.main.querySelectorAll(selector)].map(({ textContent }) => textContent);
  }

  /** Shows a component; React must see the page's globals when it is first imported. */
  async render(component: (props: never) => unknown, props: object): Promise<void> {
    const [{ createElement }, { createRoot }] = await Promise.all([import('react'), import('react-dom/client')]);
    this.#root ??= createRoot(this.main);
    this.#root.render(createElement(component, props));
  }

  /** Lets one poll begin. */
  pass(): void {
    vi.advanceTimersByTime(POLL_MS);
  }

  async close(): Promise<void> {
    this.#root?.unmount();
    await new Promise((resolve) => setImmediate(resolve));
    this.#dom.window.close();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
    vi.useRealTimers();
  }

  /** As a browser with a session of its own would: relative to the page, with the reader's key. */
  async #fetch(path: string, { headers, ...init }: RequestInit = {}): Promise<Response> {
    this.asked.push(path);
    const sent = new Headers(headers);
    if ((sent.get('x-api-key') ?? SEED.key) === SEED.key) sent.set('x-api-key', this.#run.key);
    const response = await realFetch(new URL(path, this.#run.url), { ...init, headers: sent });
    const body = await response.text();
    this.#answered++;
    return new Response(body, { status: response.status });
  }
}

const realFetch = globalThis.fetch;

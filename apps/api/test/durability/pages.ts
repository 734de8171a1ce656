/** Pages of events, with each event as the very text that was sent. */
import { ask } from './client.ts';

/** An event as a client was shown it. */
export interface Shown {
  readonly id: string;
  readonly text: string;
}

export interface Page {
  readonly events: readonly Shown[];
  readonly hasMore: boolean;
  readonly nextPage: string | null;
}

const PAGE_START = '{"data":[';
const ID = /^\{"id":"(evt_[0-9A-Z]{26})",/;

/** A page of a list of events; null: no answer came. Throws when it is refused or is no page. */
export async function readPage(
  url: string,
  path: string,
  query: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<Page | null> {
  const asked = `${path}?${new URLSearchParams(query)}`;
  const reply = await ask(url, { path: asked, ...(signal === undefined ? {} : { signal }) });
  if (reply === null) return null;
  if (reply.status !== 200) throw new Error(`${asked} was answered ${reply.status}: ${reply.body}`);
  const page = JSON.parse(reply.body) as { data: unknown[]; has_more: boolean; next_page: string | null };
  const events = elementsOf(reply.body).map(shownOf);
  if (events.length !== page.data.length) throw new Error(`${asked}: ${page.data.length} events, in ${reply.body}`);
  return { events, hasMore: page.has_more, nextPage: page.next_page };
}

/** All of a list from behind a position on, oldest first. */
export async function readAll(url: string, path: string, after: string | null): Promise<Shown[]> {
  const all: Shown[] = [];
  for (let position = after; ; position = all.at(-1)?.id ?? position) {
    const page = await readPage(url, path, { limit: '1000', ...(position === null ? {} : { after_id: position }) });
    if (page === null) throw new Error(`${path} was not answered.`);
    all.push(...page.events);
    if (!page.hasMore) return all;
  }
}

export function shownOf(text: string): Shown {
  const id = ID.exec(text)?.[1];
  if (id === undefined) throw new Error(`Not an event as it is stored: ${text}`);
  return { id, text };
}

/** The source texts of `data`, the first member of a body. */
export function elementsOf(body: string): string[] {
  if (!body.startsWith(PAGE_START)) throw new Error(`Not a list: ${body}`);
  const found: string[] = [];
  let start = PAGE_START.length;
  let depth = 0;
  for (let at = start; at < body.length; at++) {
    const character = body[at];
    if (character === '"') at = endOfString(body, at);
    else if (character === '{' || character === '[') depth++;
    else if (depth > 0 && (character === '}' || character === ']')) depth--;
    else if (depth === 0 && (character === ',' || character === ']')) {
      if (at > start) found.push(body.slice(start, at));
      if (character === ']') return found;
      start = at + 1;
    }
  }
  throw new Error(`A list without an end: ${body}`);
}

/** Where a string that begins with the quotation mark at `start` has its last one. */
function endOfString(body: string, start: number): number {
  let end = body.indexOf('"', start + 1);
  while (end > 0 && isEscaped(body, end)) end = body.indexOf('"', end + 1);
  return end < 0 ? body.length : end;
}

function isEscaped(body: string, at: number): boolean {
  let slashes = 0;
  while (body[at - 1 - slashes] === '\\') slashes++;
  return slashes % 2 === 1;
}

/** What must hold of the log after any number of crashes; each violation is one sentence. */
import { type Page, readPage, type Shown } from './pages.ts';
import type { Random } from './random.ts';
import type { Writer } from './writer.ts';

interface Stored extends Shown {
  readonly type: string;
  readonly session_id: string | null;
  readonly seq: number;
  readonly created_at: string;
  readonly mark?: string;
  readonly data?: { readonly session_id?: string };
}

/** How writers and violations call the stream of events without a session. */
export const ACCOUNT = 'the account stream';

/** Reads a session forward and backward, and compares its `truth` with what its writers were told. */
export async function violations(
  url: string,
  session: string,
  truth: readonly Shown[],
  writers: readonly Writer[],
  random: Random,
): Promise<string[]> {
  const found: string[] = [];
  const path = `/v1/sessions/${session}/events`;
  const newestFirst = await readAfter(url, path, { order: 'desc' }, random);
  const backward = await readBackward(url, path, truth.at(-1), random);
  if (!areEqual(truth, newestFirst.reverse())) found.push(`${session}: order=desc is not order=asc reversed`);
  if (!areEqual(truth, backward)) found.push(`${session}: pages before a cursor differ from pages after one`);
  const events = truth.map(storedOf);
  found.push(...orderViolations(session, events));
  for (const [index, { seq }] of events.entries()) {
    if (seq !== index + 1) found.push(`${session}: seq ${seq} stands at place ${index + 1}`);
  }
  found.push(...writtenViolations(session, events, writers));
  return found;
}

/** Compares new events of the feed with the sessions that they are of, and with what account events must be among them. */
export function feedViolations(
  feed: readonly Shown[],
  sessions: ReadonlyMap<string, readonly Shown[]>,
  accountWriters: readonly Writer[],
): string[] {
  const events = feed.map(storedOf);
  const found = orderViolations('the feed', events);
  for (const [session, truth] of sessions) {
    const own = events.filter((event) => event.session_id === session);
    if (!areEqual(own, truth)) found.push(`${session}: the feed's events of it are not its own`);
    const made = events.filter(({ type, data }) => type === 'session.created' && data?.session_id === session);
    if (made.length !== 1) found.push(`${session}: session.created stands ${made.length} times in the feed`);
  }
  const account = events.filter(({ session_id, mark }) => session_id === null && mark !== undefined);
  found.push(...writtenViolations(ACCOUNT, account, accountWriters));
  return found;
}

export function areEqual(some: readonly Shown[], others: readonly Shown[]): boolean {
  return some.length === others.length && some.every(({ text }, index) => text === others[index]?.text);
}

function storedOf(event: Shown): Stored {
  return { ...(JSON.parse(event.text) as Stored), text: event.text };
}

function orderViolations(name: string, events: readonly Stored[]): string[] {
  const found: string[] = [];
  for (const [index, event] of events.entries()) {
    const before = events[index - 1];
    if (before && !(before.id < event.id && before.created_at < event.created_at)) {
      found.push(`${name}: ids or times do not rise at ${event.id}`);
    }
  }
  return found;
}

function writtenViolations(name: string, events: readonly Stored[], writers: readonly Writer[]): string[] {
  const found: string[] = [];
  const positions = new Map(events.map(({ mark }, index) => [mark, index]));
  if (positions.size !== events.length)
    found.push(`${name}: ${events.length - positions.size} events are stored twice`);
  for (const writer of writers) found.push(...lossViolations(name, events, positions, writer));
  return found;
}

function lossViolations(
  name: string,
  events: readonly Stored[],
  positions: ReadonlyMap<string | undefined, number>,
  writer: Writer,
): string[] {
  const found: string[] = [];
  let last = -1;
  for (const { marks, stored } of writer.acknowledged) {
    const first = positions.get(marks[0] ?? '');
    if (first === undefined) {
      found.push(`${name}: the acknowledged event ${marks[0]} is lost`);
      continue;
    }
    const whole = marks.every((mark, index) => events[first + index]?.mark === mark);
    if (!whole) found.push(`${name}: the batch of ${marks[0]} is torn`);
    if (!areEqual(stored, events.slice(first, first + marks.length))) {
      found.push(`${name}: the batch of ${marks[0]} is not what was acknowledged`);
    }
    if (first <= last) found.push(`${name}: the batch of ${marks[0]} is out of its writer's order`);
    last = first;
  }
  return found;
}

/** All pages of an order, each of a random length. */
async function readAfter(
  url: string,
  path: string,
  order: Readonly<Record<string, string>>,
  random: Random,
): Promise<Shown[]> {
  const all: Shown[] = [];
  for (let query = order; ; query = { ...order, after_id: all.at(-1)?.id ?? '' }) {
    const page = await answered(url, path, query, random);
    all.push(...page.events);
    if (!page.hasMore) return all;
  }
}

/** The whole list read backward from its last event. */
async function readBackward(url: string, path: string, last: Shown | undefined, random: Random): Promise<Shown[]> {
  const all = last ? [last] : [];
  while (all[0]) {
    const page = await answered(url, path, { before_id: all[0].id }, random);
    all.unshift(...page.events);
    if (!page.hasMore) return all;
  }
  return all;
}

async function answered(
  url: string,
  path: string,
  query: Readonly<Record<string, string>>,
  random: Random,
): Promise<Page> {
  const page = await readPage(url, path, { limit: String(random.whole(1, 100)), ...query });
  if (page === null) throw new Error(`${path} was not answered.`);
  return page;
}

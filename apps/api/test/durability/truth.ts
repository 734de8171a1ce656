/** What must hold of a session after any number of crashes; each violation is one sentence. */
import { isDeepStrictEqual } from 'node:util';
import { ask } from './client.ts';
import type { Random } from './random.ts';
import type { Writer } from './writer.ts';

interface Stored {
  readonly id: string;
  readonly seq: number;
  readonly created_at: string;
  readonly mark: string;
}

interface Page {
  readonly data: readonly Stored[];
  readonly first_id: string | null;
  readonly last_id: string | null;
  readonly has_more: boolean;
}

/** Reads a session forward and backward and compares it with what its writers were told. */
export async function violations(
  url: string,
  session: string,
  writers: readonly Writer[],
  random: Random,
): Promise<string[]> {
  const found: string[] = [];
  const forward = await readAfter(url, session, 'asc', random);
  const newestFirst = await readAfter(url, session, 'desc', random);
  const backward = await readBefore(url, session, forward.at(-1), random);
  if (!isDeepStrictEqual(forward, newestFirst.reverse()))
    found.push(`${session}: order=desc is not order=asc reversed`);
  if (!isDeepStrictEqual(forward, backward))
    found.push(`${session}: pages before a cursor differ from pages after one`);
  found.push(...orderViolations(session, forward));
  const positions = new Map(forward.map(({ mark }, index) => [mark, index]));
  if (positions.size !== forward.length)
    found.push(`${session}: ${forward.length - positions.size} events are stored twice`);
  for (const writer of writers) found.push(...lossViolations(session, forward, positions, writer));
  return found;
}

function orderViolations(session: string, events: readonly Stored[]): string[] {
  const found: string[] = [];
  for (const [index, event] of events.entries()) {
    const before = events[index - 1];
    if (event.seq !== index + 1) found.push(`${session}: seq ${event.seq} stands at place ${index + 1}`);
    if (before && !(before.id < event.id && before.created_at < event.created_at)) {
      found.push(`${session}: ids or times do not rise at seq ${event.seq}`);
    }
  }
  return found;
}

function lossViolations(
  session: string,
  events: readonly Stored[],
  positions: ReadonlyMap<string, number>,
  writer: Writer,
): string[] {
  const found: string[] = [];
  let last = -1;
  for (const { marks, ids } of writer.acknowledged) {
    const first = positions.get(marks[0] ?? '');
    if (first === undefined) {
      found.push(`${session}: the acknowledged event ${marks[0]} is lost`);
      continue;
    }
    const whole = marks.every((mark, index) => events[first + index]?.mark === mark);
    if (!whole) found.push(`${session}: the batch of ${marks[0]} is torn`);
    if (ids.some((id, index) => events[first + index]?.id !== id)) {
      found.push(`${session}: the batch of ${marks[0]} has other ids than were acknowledged`);
    }
    if (first <= last) found.push(`${session}: the batch of ${marks[0]} is out of its writer's order`);
    last = first;
  }
  return found;
}

/** All pages of an order, each of a random length. */
async function readAfter(url: string, session: string, order: 'asc' | 'desc', random: Random): Promise<Stored[]> {
  const all: Stored[] = [];
  for (let cursor = ''; ; ) {
    const page = await readPage(url, session, `order=${order}${cursor}`, random);
    all.push(...page.data);
    if (!page.has_more) return all;
    cursor = `&after_id=${page.last_id}`;
  }
}

/** The whole session read backward from its last event. */
async function readBefore(url: string, session: string, last: Stored | undefined, random: Random): Promise<Stored[]> {
  const all = last ? [last] : [];
  while (all[0]) {
    const page = await readPage(url, session, `before_id=${all[0].id}`, random);
    all.unshift(...page.data);
    if (!page.has_more) return all;
  }
  return all;
}

async function readPage(url: string, session: string, query: string, random: Random): Promise<Page> {
  const reply = await ask(url, { path: `/v1/sessions/${session}/events?limit=${random.whole(1, 100)}&${query}` });
  if (reply?.status !== 200) throw new Error(`A list was answered ${reply?.status}: ${reply?.body}`);
  return JSON.parse(reply.body) as Page;
}

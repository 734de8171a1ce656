/**
 * All events of a session by their own time. A first pass collects the times, in a few bytes each; mostly they rise in the
 * order of the log already, and a second pass reads straight through. A session of one slice is read once.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventView } from '@turnlog/core/event-view';
import type { OrgId, SessionId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import type { SessionRef } from '@turnlog/core/sessions';
import type { EventSlice, Store } from '@turnlog/core/store';
import { viewOf } from '../../http/views.ts';
import { timestampOf } from './wire/event.ts';
import { Instants } from './wire/instants.ts';

export interface TimelineOptions {
  readonly store: Pick<Store, 'sliceEvents'>;
  readonly org: OrgId;
  readonly ref: SessionRef;
  /** Shows an event. */
  readonly textOf: (view: EventView) => string;
  /** Whether nobody waits for it any more. */
  readonly isLeft: () => boolean;
}

interface Numbers {
  readonly low: number;
  readonly high: number;
}

/**
 * The texts of the events in pieces of a slice or so, as of the moment of the first read; empty ones while the times are
 * collected. Rejects with `session_not_found`.
 */
export async function* timeline({ store, org, ref, textOf, isLeft }: TimelineOptions): AsyncGenerator<string[]> {
  const read = (name: SessionRef, { low, high }: { readonly low: number; readonly high: number | null }) =>
    store.sliceEvents(org, name, { low, high, descending: false, types: null, limit: limits.sliceEvents });
  const first = await read(ref, { low: 1, high: null });
  const instants = new Instants();
  const views = addInstants(instants, first);
  if (first.next === null) {
    yield (await orderOf(instants)).map((index) => textOf(views[index] as EventView));
    return;
  }
  const byId: { readonly id: SessionId } = { id: first.session };
  const low = views[0]?.seq ?? 1;
  const high = first.head;
  for (let next: number | null = first.next; next !== null && !isLeft(); ) {
    const slice: EventSlice = await read(byId, { low: next, high });
    addInstants(instants, slice);
    next = slice.next;
    yield [];
  }
  let texts: string[] = [];
  let bytes = 0;
  for await (const numbers of runsOf(instants, { low, high })) {
    for (let next: number | null = numbers.low; next !== null && !isLeft(); ) {
      const slice: EventSlice = await read(byId, { low: next, high: numbers.high });
      for (const record of slice.events) {
        texts.push(textOf(viewOf(record)));
        bytes += record.text.length;
      }
      next = slice.next;
      if (texts.length < limits.sliceEvents && bytes < limits.sliceBytes) continue;
      yield texts;
      texts = [];
      bytes = 0;
    }
  }
  yield texts;
}

function addInstants(instants: Instants, { events }: EventSlice): readonly EventView[] {
  const views = events.map(viewOf);
  for (const view of views) instants.add(timestampOf(view));
  return views;
}

async function orderOf(instants: Instants): Promise<number[]> {
  if (instants.rising) return Array.from({ length: instants.length }, (_, index) => index);
  return [...(await instants.order(nextTurn))];
}

/** How many reads of few events each are made before other work gets a turn. */
const READS_PER_TURN = 50;

/** The numbers of the events in the order of their times: as runs that are consecutive in the log. */
async function* runsOf(instants: Instants, whole: Numbers): AsyncGenerator<Numbers> {
  if (instants.rising) {
    yield whole;
    return;
  }
  const order = await instants.order(nextTurn);
  let runs = 0;
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && order[end] === (order[end - 1] as number) + 1) end++;
    yield { low: whole.low + (order[start] as number), high: whole.low + (order[end - 1] as number) };
    if (++runs % READS_PER_TURN === 0) await nextTurn();
    start = end;
  }
}

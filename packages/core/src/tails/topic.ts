/** One stream of one org, and the tails at its end: one read serves them all. */
import type { EventFilter } from '../event-filter.ts';
import type { EventId, OrgId } from '../ids.ts';
import { limits } from '../limits.ts';
import type { LogEvent, LogSlice, LogStream, Store } from '../store.ts';
import { endOf, isBefore, type TopicTail } from './tail.ts';
import type { Turnstile } from './turnstile.ts';

/** A slice of history, and the wake-ups that its topic had heard before it was read. */
export type HistorySlice = LogSlice & { readonly wakes: number };

export interface TopicOptions {
  readonly store: Pick<Store, 'readOn' | 'headOf' | 'getEvent' | 'lastUs'>;
  /** How many bytes of events may pass a reader that was up to date and takes no more; infinite: it costs nothing meanwhile. */
  readonly lagBytes: number;
  /** Resolves in the next turn of the event loop. */
  readonly nextTurn: () => Promise<void>;
  /** The way of all tails' reads of history; live reads pass it by. */
  readonly history: Turnstile;
}

export class Topic {
  /** Wake-ups so far. */
  wakes = 0;
  readonly #org: OrgId;
  readonly #stream: LogStream;
  readonly #store: TopicOptions['store'];
  readonly #lagBytes: number;
  readonly #nextTurn: () => Promise<void>;
  readonly #history: Turnstile;
  readonly #abandoned: () => void;
  readonly #registered = new Set<TopicTail>();
  /** Tails that have met the head: live ones, and those that fell behind since. */
  readonly #joined = new Set<TopicTail>();
  /** How far the joined tails were served. */
  #position: EventId | null = null;
  #reading = false;
  #again = false;

  constructor(
    org: OrgId,
    stream: LogStream,
    { store, lagBytes, nextTurn, history }: TopicOptions,
    abandoned: () => void,
  ) {
    this.#org = org;
    this.#stream = stream;
    this.#store = store;
    this.#lagBytes = lagBytes;
    this.#nextTurn = nextTurn;
    this.#history = history;
    this.#abandoned = abandoned;
  }

  register(tail: TopicTail): void {
    this.#registered.add(tail);
  }

  leave(tail: TopicTail): void {
    this.#joined.delete(tail);
    if (this.#registered.delete(tail) && this.#registered.size === 0) this.#abandoned();
  }

  wake(): void {
    this.wakes++;
    if (this.#reading) this.#again = true;
    else if (this.#joined.size > 0) void this.#pump();
  }

  /** What follows a position, when it is the turn of one more tail that reads by itself. */
  async readHistory(position: EventId | null, filter: EventFilter | null): Promise<HistorySlice> {
    await this.#history.pass();
    const { wakes } = this;
    return { ...(await this.readOn(position, filter)), wakes };
  }

  /** What follows a position; one that the log no longer knows is a failure of ours. */
  async readOn(position: EventId | null, filter: EventFilter | null): Promise<LogSlice> {
    const slice = await this.#store.readOn(this.#org, this.#stream, position, filter);
    if (slice === null) throw new Error(`The position ${position} has left the log.`);
    return slice;
  }

  /**
   * Lets a tail in that has read to the head, by a read that began after `wakes` wake-ups; false: it must read again.
   * A wake-up since then may have told of no event but of an end, so equal positions do not say that nothing is new.
   */
  join(tail: TopicTail, wakes: number): boolean {
    const idle = !this.#reading;
    if (idle && this.#joined.size === 0) this.#position = tail.position;
    else if (this.isBeyond(tail.position)) return false;
    this.#joined.add(tail);
    if (idle && this.wakes !== wakes) void this.#pump();
    return true;
  }

  /** Whether joined tails were served events behind a position. */
  isBeyond(position: EventId | null): boolean {
    return isBefore(position, this.#position);
  }

  /** Reads what is new until there is no more, once for all joined tails. */
  async #pump(): Promise<void> {
    this.#reading = true;
    try {
      let slice: LogSlice;
      do {
        this.#again = false;
        slice = await this.readOn(this.#position, null);
        this.#handOut(slice, await this.#filtered(slice));
        if (!slice.atHead) await this.#nextTurn();
      } while (this.#joined.size > 0 && (this.#again || !slice.atHead));
    } catch (error) {
      for (const tail of [...this.#joined]) tail.end(endOf(error));
    } finally {
      this.#reading = false;
    }
  }

  /** The live events by filter, once for all tails whose filters are equal. */
  async #filtered({ events }: LogSlice): Promise<Map<string, readonly LogEvent[]>> {
    const byFilter = new Map<string, readonly LogEvent[]>([['', events]]);
    let comparisons = 0;
    for (const { filter } of [...this.#joined]) {
      if (byFilter.has(filter.key)) continue;
      for (const { type } of events) comparisons += filter.cost(type);
      byFilter.set(
        filter.key,
        events.filter((event) => filter.passes(event)),
      );
      if (comparisons < limits.filterComparisonsPerTurn) continue;
      comparisons = 0;
      await this.#nextTurn();
    }
    return byFilter;
  }

  #handOut(slice: LogSlice, byFilter: ReadonlyMap<string, readonly LogEvent[]>): void {
    const before = this.#position;
    this.#position = slice.position;
    const bytes = sizeOf(slice.events);
    const finished = slice.atHead && slice.ended;
    for (const tail of [...this.#joined]) {
      if (!tail.live) {
        tail.passedBytes += isBefore(before, tail.position) ? sizeOf(beyond(tail.position, slice.events)) : bytes;
        if (tail.passedBytes > this.#lagBytes) tail.end({ kind: 'lagging' });
        continue;
      }
      // One that joined while the others were filtered may have a filter of its own.
      const events = byFilter.get(tail.filter.key) ?? slice.events.filter((event) => tail.filter.passes(event));
      tail.follow(tail.position === before ? events : beyond(tail.position, events), slice);
      // One that fell behind is read for only to learn how far: where that has no bound, it joins again by itself.
      if (!tail.live && this.#lagBytes === Number.POSITIVE_INFINITY) this.#joined.delete(tail);
      // One that is ahead of this end has seen the session reopened.
      if (finished && tail.ends && tail.live && tail.position === slice.position) tail.end({ kind: 'finished' });
    }
  }
}

function beyond(position: EventId | null, events: readonly LogEvent[]): readonly LogEvent[] {
  return events.filter(({ id }) => isBefore(position, id));
}

function sizeOf(events: readonly LogEvent[]): number {
  return events.reduce((sum, { text }) => sum + text.length, 0);
}

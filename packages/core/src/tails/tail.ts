/** One reader's way along a stream: by itself through history, then served by the topic, and by itself again when it falls behind. */
import { TurnlogError } from '../errors.ts';
import { type EventFilter, LiveFilter } from '../event-filter.ts';
import type { EventId } from '../ids.ts';
import { limits } from '../limits.ts';
import type { LogEvent, LogSlice } from '../store.ts';
import type { Tail, TailEnd, TailReader } from '../tails.ts';
import type { HistorySlice, Topic } from './topic.ts';

/** `ready`: opened; `history`: reading by itself; `full`: its reader takes no more; `live`: served by the topic. */
type TailState = 'ready' | 'history' | 'full' | 'live' | 'closed';

export class TopicTail implements Tail {
  position: EventId | null = null;
  readonly filter: LiveFilter;
  /** Whether it ends with its session. */
  readonly ends: boolean;
  /** Bytes that its topic has handed out beyond it, whatever its filter, since the two were last level. */
  passedBytes = 0;
  seen = 0;
  readonly #topic: Topic;
  #state: TailState = 'ready';
  #reader: TailReader | null = null;

  constructor(topic: Topic, filter: EventFilter | null, beyondEnd: boolean) {
    this.#topic = topic;
    this.filter = filter === null ? LiveFilter.ALL : new LiveFilter(filter);
    this.ends = !beyondEnd;
  }

  get live(): boolean {
    return this.#state === 'live';
  }

  start(reader: TailReader): void {
    if (this.#state !== 'ready') return;
    this.#reader = reader;
    void this.#catchUp();
  }

  resume(): void {
    if (this.#state === 'full') void this.#catchUp();
  }

  close(): void {
    this.#state = 'closed';
    this.#topic.leave(this);
  }

  end(end: TailEnd): void {
    if (this.#state === 'closed') return;
    this.close();
    this.#reader?.ended(end);
  }

  /** What the topic has read for it: the events beyond its position that pass its filter. */
  follow(events: readonly LogEvent[], slice: LogSlice): void {
    if (isBefore(this.position, slice.position)) this.position = slice.position;
    this.seen += slice.events.length;
    this.#hand(events);
  }

  /** Reads by itself until its reader takes no more, or it meets the head. */
  async #catchUp(): Promise<void> {
    this.#state = 'history';
    try {
      while (this.#state === 'history') {
        const slice = await this.#topic.readHistory(this.position, this.filter.wanted);
        if (this.#state !== 'history') return;
        this.position = slice.position;
        this.seen += limits.sliceEvents;
        if (!this.#topic.isBeyond(this.position)) this.passedBytes = 0;
        this.#hand(slice.events);
        if (this.#state === 'history' && slice.atHead) this.#meetHead(slice);
      }
    } catch (error) {
      this.end(endOf(error));
    }
  }

  #meetHead({ ended, wakes }: HistorySlice): void {
    if (ended && this.ends) this.end({ kind: 'finished' });
    else if (this.#topic.join(this, wakes)) this.#state = 'live';
  }

  #hand(events: readonly LogEvent[]): void {
    if (events.length > 0 && this.#reader?.take(events) === false && this.#state !== 'closed') this.#state = 'full';
  }
}

export function endOf(error: unknown): TailEnd {
  const deleted = error instanceof TurnlogError && error.code === 'session_not_found';
  return deleted ? { kind: 'finished' } : { kind: 'failed', error };
}

/** Ids of one org, as text, rise in the order of its log; null stands before all of them. */
export function isBefore(a: EventId | null, b: EventId | null): boolean {
  return b !== null && (a === null || a < b);
}

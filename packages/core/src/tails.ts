/**
 * Tails: history, then live, without a gap (I6). A tail registers with the topic of its stream, reads the store up to its
 * head, and joins; from then on each wake-up costs one range read for all tails of the topic. A reader that takes no more
 * falls behind: it is left out of the fan-out, reads on by itself once it can, and is ended when it stays too far back.
 *
 * Joining leaves no gap because a topic counts its wake-ups: what was committed after the snapshot of a tail's last read
 * has raised the count since, or will. It repeats nothing because ids rise in the order of the log.
 */
import type { EventFilter } from './event-filter.ts';
import type { EventId, OrgId } from './ids.ts';
import { limits } from './limits.ts';
import type { LogEvent, LogStream } from './store.ts';
import { TopicTail } from './tails/tail.ts';
import { Topic, type TopicOptions } from './tails/topic.ts';
import { Turnstile } from './tails/turnstile.ts';
import type { Wakeups } from './wakeups.ts';

/** Where a tail begins: behind a position, at the very start, or with what comes next. */
export type TailStart = { readonly after: EventId } | 'start' | 'now';

/** Why a tail has ended by itself. */
export type TailEnd =
  /** The session takes no more events, or is deleted, and everything was handed over. */
  | { readonly kind: 'finished' }
  /** The reader stayed too far behind. */
  | { readonly kind: 'lagging' }
  | { readonly kind: 'failed'; readonly error: unknown };

/** The reader at the end of a tail. */
export interface TailReader {
  /** Takes events, always; false: no more for now, until `resume`. Tails that see the same events get the same array. */
  take(events: readonly LogEvent[]): boolean;
  ended(end: TailEnd): void;
}

export interface Tail {
  /** All that matters up to here was handed over; null: the beginning. */
  readonly position: EventId | null;
  /** Whether it has seen everything that its topic has. */
  readonly live: boolean;
  /** Roughly how many events it has passed, whether they mattered or not: a read of history counts as a full one. */
  readonly seen: number;
  /** Begins to hand events over. */
  start(reader: TailReader): void;
  /** The reader can take more again. */
  resume(): void;
  close(): void;
}

export interface TailsOptions extends Omit<TopicOptions, 'history'> {
  readonly wakeups: Wakeups;
}

export interface OpenOptions {
  /** Goes on when its session takes no more events, until that is deleted: it may be reopened. */
  readonly beyondEnd: boolean;
}

interface OrgTopics {
  readonly topics: Map<LogStream, Topic>;
  /** The org clock when it was last compared. */
  checkedUs: number;
}

export class Tails {
  readonly #options: TopicOptions;
  readonly #orgs = new Map<OrgId, OrgTopics>();
  readonly #stopListening: () => void;

  constructor(options: TailsOptions) {
    this.#options = { ...options, history: new Turnstile(limits.historyReadsPerTurn, options.nextTurn) };
    this.#stopListening = options.wakeups.listen({
      woken: (org, sessions) => {
        const known = this.#orgs.get(org);
        if (known === undefined) return;
        known.topics.get('feed')?.wake();
        for (const session of sessions) known.topics.get(session)?.wake();
      },
      reconnected: () => {
        for (const org of this.#orgs.keys()) void this.#resynchronise(org);
      },
    });
  }

  /**
   * A tail whose position is fixed. Rejects with `session_not_found`; null when `after` is no event of the session.
   * Hands nothing over before `start`.
   */
  async open(
    org: OrgId,
    stream: LogStream,
    start: TailStart,
    filter: EventFilter | null,
    options: OpenOptions = { beyondEnd: false },
  ): Promise<Tail | null> {
    const topic = this.#topic(org, stream);
    const tail = new TopicTail(topic, filter, options.beyondEnd);
    topic.register(tail);
    try {
      const head = await this.#options.store.headOf(org, stream);
      if (start === 'start') return tail;
      if (start === 'now') {
        tail.position = head;
        return tail;
      }
      tail.position = start.after;
      if (stream === 'feed' || (await this.#options.store.getEvent(org, { id: stream }, start.after))) return tail;
      tail.close();
      return null;
    } catch (error) {
      tail.close();
      throw error;
    }
  }

  /** Hears of no more wake-ups. */
  close(): void {
    this.#stopListening();
  }

  #topic(org: OrgId, stream: LogStream): Topic {
    let known = this.#orgs.get(org);
    if (known === undefined) {
      known = { topics: new Map(), checkedUs: Number.NaN };
      this.#orgs.set(org, known);
    }
    let topic = known.topics.get(stream);
    if (topic === undefined) {
      topic = new Topic(org, stream, this.#options, () => this.#forget(org, stream));
      known.topics.set(stream, topic);
    }
    return topic;
  }

  #forget(org: OrgId, stream: LogStream): void {
    const known = this.#orgs.get(org);
    known?.topics.delete(stream);
    if (known?.topics.size === 0) this.#orgs.delete(org);
  }

  /** Wakes all tails of an org whose clock has moved; when nobody can tell, it has. */
  async #resynchronise(org: OrgId): Promise<void> {
    const lastUs = await this.#options.store.lastUs(org).catch(() => Number.NaN);
    const known = this.#orgs.get(org);
    if (known === undefined || known.checkedUs === lastUs) return;
    known.checkedUs = lastUs;
    for (const topic of known.topics.values()) topic.wake();
  }
}

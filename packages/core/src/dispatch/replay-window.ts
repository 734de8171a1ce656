/**
 * What a replay has read ahead of its cursor, oldest first, and how each event has come out. The cursor moves over events
 * that are over, and counts them as it does. Of a session in whose order events go, one is on its way at a time.
 */

import type { Attempt } from '../deliveries.ts';
import type { EventId, SessionId } from '../ids.ts';
import { limits } from '../limits.ts';
import type { LogEvent } from '../store.ts';
import type { FinishedDelivery, LostDelivery } from '../webhook-store.ts';
import type { Outcome } from './sender.ts';

export interface ReplayEntry {
  readonly event: LogEvent;
  /** Null: its order does not matter. */
  readonly session: SessionId | null;
  readonly attempts: Attempt[];
  /** `behind`: an earlier event of its session, which is not over. */
  state: 'behind' | 'waiting' | 'out' | 'delivered' | 'failed' | 'lost';
  /** Not before. */
  dueUs: number;
}

/** What the cursor moves over. */
export interface ReplayStep {
  readonly position: EventId | null;
  readonly finished: readonly FinishedDelivery[];
  readonly lost: readonly LostDelivery[];
  readonly delivered: number;
  readonly failed: number;
}

const MICROS_PER_SECOND = 1_000_000;
/** The longest that an event waits because its endpoint asked for it. */
const ASKED_US_MAX = 60 * 60 * MICROS_PER_SECOND;

export class ReplayWindow {
  /** Events that failed, one after the other, since the last one that was delivered. */
  failuresInRow = 0;
  #entries: ReplayEntry[] = [];
  #bytes = 0;
  /** What waits behind an event of the same session. */
  readonly #behind = new Map<SessionId, ReplayEntry[]>();

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** Whether what is read at once still has room. */
  get hasRoom(): boolean {
    const bytes = this.#bytes + limits.eventBytes + limits.sliceBytes;
    return this.#entries.length + limits.sliceEvents <= limits.laneEvents && bytes <= limits.laneBytes;
  }

  add(event: LogEvent, session: SessionId | null): void {
    const entry: ReplayEntry = { event, session, attempts: [], state: 'waiting', dueUs: 0 };
    this.#entries.push(entry);
    this.#bytes += event.text.length;
    if (session === null) return;
    const behind = this.#behind.get(session);
    if (behind === undefined) {
      this.#behind.set(session, []);
      return;
    }
    entry.state = 'behind';
    behind.push(entry);
  }

  /** Hands out the first event that is due; null: none is. */
  next(nowUs: number): ReplayEntry | null {
    const entry = this.#entries.find(({ state, dueUs }) => state === 'waiting' && dueUs <= nowUs);
    if (entry === undefined) return null;
    entry.state = 'out';
    return entry;
  }

  /** When the next waiting event is due; null: none waits. */
  dueUs(): number | null {
    let earliest: number | null = null;
    for (const { state, dueUs } of this.#entries) {
      if (state === 'waiting' && dueUs < (earliest ?? Number.POSITIVE_INFINITY)) earliest = dueUs;
    }
    return earliest;
  }

  /** An attempt is over: the event is delivered, waits for another attempt, or has failed. */
  over(entry: ReplayEntry, { attempt, gone, retryAfterUs }: Outcome, nowUs: number): void {
    entry.attempts.push(attempt);
    if (attempt.error === null) {
      entry.state = 'delivered';
      this.failuresInRow = 0;
      this.#release(entry);
      return;
    }
    const seconds = limits.replayRetrySeconds[entry.attempts.length];
    if (seconds === undefined || gone) {
      entry.state = 'failed';
      this.failuresInRow++;
      this.#release(entry);
      return;
    }
    entry.state = 'waiting';
    entry.dueUs = Math.max(nowUs + seconds * MICROS_PER_SECOND, Math.min(retryAfterUs ?? 0, nowUs + ASKED_US_MAX));
  }

  /** The event that was handed out is gone. */
  lost(entry: ReplayEntry): void {
    entry.state = 'lost';
    this.#release(entry);
  }

  /** Waiting events of these sessions are lost. */
  lose(sessions: ReadonlySet<SessionId>): void {
    for (const entry of this.#entries) {
      const { sessionId } = entry.event;
      if (sessionId === null || !sessions.has(sessionId)) continue;
      if (entry.state === 'waiting') this.lost(entry);
      else if (entry.state === 'behind') entry.state = 'lost';
    }
  }

  /**
   * Takes out what is over: the first events until one is not, or, when nothing more will be tried, all of them at once.
   * Those behind the cursor's place must be counted in the write that ends the replay, or they might be once more.
   */
  take(all: boolean): ReplayStep {
    const prefix = this.#entries.findIndex((entry) => !isOver(entry));
    const first = prefix === -1 ? this.#entries.length : prefix;
    const taken = all
      ? this.#entries.filter(isOver)
      : this.#entries.slice(0, Math.min(first, limits.recordedDeliveries));
    const gone = new Set(taken);
    this.#entries = this.#entries.filter((entry) => !gone.has(entry));
    for (const { event } of taken) this.#bytes -= event.text.length;
    const delivered = taken.filter(({ state }) => state === 'delivered').length;
    return {
      position: taken.slice(0, first).at(-1)?.event.id ?? null,
      finished: taken.filter(({ state }) => state !== 'lost').map(finishedOf),
      lost: taken.filter(({ state }) => state === 'lost').map(subjectOf),
      delivered,
      failed: taken.length - delivered,
    };
  }

  /** Whether `take` would take something. */
  has(all: boolean): boolean {
    return all ? this.#entries.some(isOver) : this.#entries[0] !== undefined && isOver(this.#entries[0]);
  }

  /** An event is over: the next one of its session may go. */
  #release({ session }: ReplayEntry): void {
    if (session === null) return;
    const behind = this.#behind.get(session);
    let next = behind?.shift();
    while (next?.state === 'lost') next = behind?.shift();
    if (next === undefined) this.#behind.delete(session);
    else next.state = 'waiting';
  }
}

function isOver({ state }: ReplayEntry): boolean {
  return state !== 'waiting' && state !== 'out' && state !== 'behind';
}

function subjectOf({ event }: ReplayEntry): LostDelivery {
  return { event: event.id, eventType: event.type, session: null, delivery: null, blocked: false };
}

function finishedOf(entry: ReplayEntry): FinishedDelivery {
  return { ...subjectOf(entry), attempts: entry.attempts, gone: false, retryAfterUs: null };
}

/**
 * What a lane has read ahead of its cursor, oldest first. An event is settled once it is recorded, or once a held-up
 * session covers it; the cursor may move over the settled prefix and no further. Of a session in whose order events go,
 * one is handed out at a time.
 */
import type { EventId, SessionId } from '../ids.ts';
import { limits } from '../limits.ts';
import type { LogEvent } from '../store.ts';

export interface WindowEntry {
  readonly id: EventId;
  /** Null: its order does not matter. */
  readonly session: SessionId | null;
  /** Null: it is settled. */
  event: LogEvent | null;
  state: 'waiting' | 'out' | 'settled';
}

export class Window {
  /** The end of the settled prefix; null: the beginning of the log. */
  reached: EventId | null;
  readonly #entries: WindowEntry[] = [];
  #ready: WindowEntry[] = [];
  #bytes = 0;
  /** What waits behind an event of the same session that is handed out, or ready to be. */
  readonly #behind = new Map<SessionId, WindowEntry[]>();

  constructor(reached: EventId | null) {
    this.reached = reached;
  }

  get size(): number {
    return this.#entries.length;
  }

  /** Whether what a tail reads at once still has room. */
  get hasRoom(): boolean {
    const bytes = this.#bytes + limits.eventBytes + limits.sliceBytes;
    return this.#entries.length + limits.sliceEvents <= limits.laneEvents && bytes <= limits.laneBytes;
  }

  add(event: LogEvent, session: SessionId | null): void {
    const entry: WindowEntry = { id: event.id, session, event, state: 'waiting' };
    this.#entries.push(entry);
    this.#bytes += event.text.length;
    const behind = session === null ? undefined : this.#behind.get(session);
    if (behind !== undefined) {
      behind.push(entry);
      return;
    }
    if (session !== null) this.#behind.set(session, []);
    this.#ready.push(entry);
  }

  /** An event that need not be delivered from here. */
  pass(id: EventId): void {
    if (this.#entries.length === 0) this.reached = id;
    else this.#entries.push({ id, session: null, event: null, state: 'settled' });
  }

  /** Hands out the next event; null: none is ready. */
  next(): (WindowEntry & { readonly event: LogEvent }) | null {
    const entry = this.#ready.shift();
    if (entry === undefined) return null;
    entry.state = 'out';
    return entry as WindowEntry & { readonly event: LogEvent };
  }

  /** Takes back what was handed out and not sent. */
  back(entry: WindowEntry): void {
    entry.state = 'waiting';
    this.#ready.unshift(entry);
  }

  /** Moves the settled prefix on, over this entry if it stands there. */
  settle(entry: WindowEntry): void {
    this.#empty(entry);
    let settled = 0;
    while (this.#entries[settled]?.state === 'settled') settled++;
    const passed = this.#entries.splice(0, settled);
    this.reached = passed.at(-1)?.id ?? this.reached;
  }

  /** Lets the session's next event go. */
  release(session: SessionId): void {
    const next = this.#behind.get(session)?.shift();
    if (next === undefined) this.#behind.delete(session);
    else this.#ready.push(next);
  }

  /** Keeps what comes of a session back until `release`. */
  hold(session: SessionId): void {
    this.#behind.set(session, []);
  }

  /** Settles all that waits behind the session's event which is handed out; answers the last of it. */
  passBehind(session: SessionId): EventId | null {
    const passed = this.#behind.get(session) ?? [];
    this.#behind.delete(session);
    for (const entry of passed) this.settle(entry);
    return passed.at(-1)?.id ?? null;
  }

  /** Takes out the waiting events of sessions, which are not settled yet. */
  takeOut(sessions: ReadonlySet<SessionId>): readonly (WindowEntry & { readonly event: LogEvent })[] {
    const isLost = ({ state, event }: WindowEntry) =>
      state === 'waiting' && event !== null && event.sessionId !== null && sessions.has(event.sessionId);
    const lost = this.#entries.filter(isLost);
    const wereReady = new Set(this.#ready.filter(isLost));
    for (const session of new Set(lost.map((entry) => entry.session))) {
      if (session === null) continue;
      const behind = this.#behind.get(session)?.filter((entry) => !isLost(entry));
      if (behind !== undefined) this.#behind.set(session, behind);
    }
    this.#ready = this.#ready.filter((entry) => !wereReady.has(entry));
    for (const entry of lost) entry.state = 'out';
    for (const { session } of wereReady) if (session !== null) this.release(session);
    return lost as (WindowEntry & { readonly event: LogEvent })[];
  }

  #empty(entry: WindowEntry): void {
    if (entry.event !== null) this.#bytes -= entry.event.text.length;
    entry.event = null;
    entry.state = 'settled';
  }
}

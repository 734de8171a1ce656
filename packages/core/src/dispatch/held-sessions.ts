/**
 * Sessions whose order a failed delivery holds up. Each is a small cursor: the window passes over the session's events,
 * and once the failed delivery is over they are read again from behind it and delivered one by one.
 */
import type { EventFilter } from '../event-filter.ts';
import type { DeliveryId, EventId, SessionId } from '../ids.ts';
import { limits } from '../limits.ts';
import type { LogEvent } from '../store.ts';
import type { Block } from '../webhook-store.ts';
import { orderingKey } from '../webhooks.ts';
import type { LaneContext } from './context.ts';

export interface HeldSession {
  readonly session: SessionId;
  /** `waiting`: for its failed delivery; `draining`: delivering what was passed over; `ending`: nothing is left. */
  phase: 'waiting' | 'draining' | 'ending';
  /** The event that it waits for, or was last read up to. */
  after: EventId;
  /** The delivery that it waits for; null: whichever waits with this event. */
  delivery: DeliveryId | null;
  /** The last event that was passed over. */
  through: EventId;
  /** What was read of it. */
  ahead: LogEvent[];
  /** Whether an event of it is under way, or failed and not recorded yet. */
  busy: boolean;
  /** Attempts that are over and not recorded. */
  unrecorded: number;
}

export interface HeldSessionsOptions {
  readonly context: LaneContext;
  /** What the webhook is told of. */
  readonly filter: EventFilter;
  /** There is more to send. */
  readonly onReady: () => void;
  /** Nothing that was passed over is left: the session can be reported as no longer held up. */
  readonly onDrained: (held: HeldSession) => void;
  readonly onFault: (error: unknown) => void;
}

/** Sessions that are read at a time. */
const READ_AT_ONCE = limits.deliveriesPerEndpoint;

export class HeldSessions {
  readonly #options: HeldSessionsOptions;
  readonly #held = new Map<SessionId, HeldSession>();
  /** Those that drain, in turn. */
  readonly #draining = new Set<HeldSession>();
  readonly #reading = new Set<HeldSession>();

  constructor(options: HeldSessionsOptions) {
    this.#options = options;
  }

  /** As a lane finds them whose cursor stands at a position: it may have passed over their events up to there. */
  load(blocks: readonly Block[], position: EventId): void {
    for (const { session, after, waiting } of blocks) {
      const held = this.#add(session, after, null, position);
      if (!waiting) this.#drain(held);
    }
  }

  get(session: SessionId): HeldSession | undefined {
    return this.#held.get(session);
  }

  begin(session: SessionId, after: EventId, delivery: DeliveryId | null): HeldSession {
    return this.#add(session, after, delivery, after);
  }

  /** The window has passed over an event. */
  pass(held: HeldSession, id: EventId): void {
    if (held.through < id) held.through = id;
  }

  /** An event failed and waits: so does its session. */
  wait(held: HeldSession, after: EventId, delivery: DeliveryId | null): void {
    this.#draining.delete(held);
    Object.assign(held, { phase: 'waiting', after, delivery, ahead: [], busy: false });
  }

  /** A delivery that waited is over: the session that waited for it goes on. */
  over(session: SessionId, event: EventId, delivery: DeliveryId): void {
    const held = this.#held.get(session);
    if (held?.phase !== 'waiting' || held.after !== event) return;
    if (held.delivery === null || held.delivery === delivery) this.#drain(held);
  }

  /** The next event of a session that drains; its session is busy until told otherwise. Null: none now. */
  next(): { readonly held: HeldSession; readonly event: LogEvent } | null {
    let looked = 0;
    for (const held of this.#draining) {
      if (looked++ === READ_AT_ONCE) return null;
      if (held.busy) continue;
      const event = held.ahead.shift();
      if (event !== undefined) {
        held.busy = true;
        if (held.ahead.length === 0) this.#letOthersGo(held);
        return { held, event };
      }
      if (held.after < held.through) this.#startReading(held);
      else this.#finish(held);
    }
    return null;
  }

  /** Takes back what was handed out and not sent. */
  back(held: HeldSession, event: LogEvent): void {
    held.busy = false;
    held.ahead.unshift(event);
  }

  /** The event that was under way is over, for good: the next one may go. */
  goOn(held: HeldSession): void {
    held.busy = false;
    this.#options.onReady();
  }

  /** Forgets a session that nothing holds up any longer. */
  end(held: HeldSession): void {
    this.#held.delete(held.session);
  }

  /** Takes out what was read of deleted sessions. */
  takeOut(sessions: ReadonlySet<SessionId>): readonly { readonly held: HeldSession; readonly event: LogEvent }[] {
    const lost: { readonly held: HeldSession; readonly event: LogEvent }[] = [];
    for (const held of this.#draining) {
      const isLost = ({ sessionId }: LogEvent) => sessionId !== null && sessions.has(sessionId);
      for (const event of held.ahead) if (isLost(event)) lost.push({ held, event });
      held.ahead = held.ahead.filter((event) => !isLost(event));
    }
    return lost;
  }

  #add(session: SessionId, after: EventId, delivery: DeliveryId | null, through: EventId): HeldSession {
    const held: HeldSession = {
      session,
      phase: 'waiting',
      after,
      delivery,
      through,
      ahead: [],
      busy: false,
      unrecorded: 0,
    };
    this.#held.set(session, held);
    return held;
  }

  #drain(held: HeldSession): void {
    held.phase = 'draining';
    held.delivery = null;
    this.#draining.add(held);
    this.#options.onReady();
  }

  #letOthersGo(held: HeldSession): void {
    this.#draining.delete(held);
    this.#draining.add(held);
  }

  #startReading(held: HeldSession): void {
    if (!this.#reading.has(held)) void this.#read(held);
  }

  /** Reads on behind what was read, up to what the window has passed over by now. */
  async #read(held: HeldSession): Promise<void> {
    const { context, filter, onFault, onReady } = this.#options;
    this.#reading.add(held);
    try {
      await context.history.pass();
      const { through, after } = held;
      const ofSession = { ...filter, session: held.session };
      const slice = await context.options.store.readOn(context.org, 'feed', after, ofSession);
      if (slice === null) throw new Error(`The position ${after} has left the log.`);
      held.ahead = slice.events.filter((event) => event.id <= through && orderingKey(event) === held.session);
      const position = slice.position ?? through;
      held.after = slice.atHead || position > through ? through : position;
    } catch (error) {
      onFault(error);
    }
    this.#reading.delete(held);
    onReady();
  }

  /** Ends the session, unless attempts are not recorded yet. */
  #finish(held: HeldSession): void {
    if (held.unrecorded > 0) return;
    held.phase = 'ending';
    this.#draining.delete(held);
    this.#options.onDrained(held);
  }
}

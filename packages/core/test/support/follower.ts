/** A client that follows a stream through closes, ends and reconnects, and says what was wrong with what it was handed. */
import { TurnlogError } from '../../src/errors.ts';
import { type EventFilter, passes } from '../../src/event-filter.ts';
import type { EventId } from '../../src/ids.ts';
import type { LogEvent, LogStream } from '../../src/store.ts';
import type { Tail, TailEnd, TailReader, TailStart } from '../../src/tails.ts';
import type { Dice } from './dice.ts';
import type { TailStage } from './tail-stage.ts';

export interface FollowerPlan {
  readonly stream: LogStream;
  readonly filter: EventFilter | null;
  readonly start: TailStart;
  /** How often an array is the last that it takes for now. */
  readonly fullness: number;
  /** Whether it never takes more once it was full. */
  readonly stalls: boolean;
  /** How often it leaves; it comes back each time. */
  readonly leaves: number;
  /** What it names when it comes back: its tail's position, or the last event that it was handed. */
  readonly resumesBy: 'position' | 'event';
}

export interface FollowerContext {
  readonly stage: TailStage;
  readonly dice: Dice;
  readonly lagBytes: number;
  /** The failure that reads of this world may meet. */
  readonly expectedFailure: Error;
  readonly resumeAt: (position: EventId | null, stream: LogStream) => EventId | null;
  readonly report: (violation: string) => void;
}

/** Where a follower stands when nothing happens any more. */
type Standing = 'away' | 'opening' | 'following' | 'full' | 'finished' | 'lagging' | 'gone';

export class Follower implements TailReader {
  readonly plan: FollowerPlan;
  readonly received: LogEvent[] = [];
  standing: Standing = 'away';
  /** Whether its tail has met the head. */
  wasLive = false;
  readonly #context: FollowerContext;
  #tail: Tail | null = null;
  /** Where it began; undefined: it has not been told yet. */
  #from: EventId | null | undefined;
  /** What it had when it was last handed something live. */
  #livePosition: EventId | null = null;
  #leavesLeft: number;
  #returnsLeft = 6;

  constructor(plan: FollowerPlan, context: FollowerContext) {
    this.plan = plan;
    this.#context = context;
    this.#leavesLeft = plan.leaves;
    context.stage.steps.add('reader', () => void this.#open(plan.start));
  }

  /** Whether its tail is on its way to the head for the first time. */
  get catchesUp(): boolean {
    return (this.standing === 'opening' || this.standing === 'following') && !this.wasLive && !this.#tail?.live;
  }

  take(events: readonly LogEvent[]): boolean {
    const { dice, stage } = this.#context;
    if (this.standing !== 'following') this.#report(`was handed events while ${this.standing}`);
    if (events.length === 0) this.#report('was handed nothing');
    for (const event of events) {
      if (event.id <= (this.received.at(-1)?.id ?? this.#from ?? '')) this.#report(`got ${event.id} late or twice`);
      if (!passes(this.plan.filter, event)) this.#report(`got ${event.id}, which its filter excludes`);
      this.received.push(event);
    }
    const position = this.#tail?.position ?? null;
    if ((events.at(-1)?.id ?? '') > (position ?? '')) this.#report('was handed more than its position says');
    if (this.#tail?.live) {
      this.wasLive = true;
      this.#livePosition = position;
    }
    if (!dice.chance(this.plan.fullness)) return true;
    this.standing = 'full';
    const tail = this.#tail;
    if (!this.plan.stalls) stage.steps.add('reader', () => this.#resume(tail));
    return false;
  }

  ended(end: TailEnd): void {
    const { stage, dice } = this.#context;
    if (this.standing !== 'following' && this.standing !== 'full') this.#report(`ended while ${this.standing}`);
    if (end.kind === 'finished') this.#checkFinished();
    else if (end.kind === 'lagging') this.#checkLagging();
    else if (end.error !== this.#context.expectedFailure) this.#report(`failed: ${end.error}`);
    this.#checkPosition();
    this.standing = end.kind === 'failed' ? 'away' : end.kind;
    const returns = end.kind !== 'finished' || dice.chance(0.5);
    if (returns && this.#returnsLeft-- > 0) stage.steps.add('reader', () => void this.#open(this.#back()));
    else if (end.kind === 'failed') this.standing = 'gone';
  }

  /** What must be true once nothing happens any more. */
  checkAtRest(): void {
    const { log } = this.#context.stage;
    const { stream, filter } = this.plan;
    if (this.standing === 'away' || this.standing === 'opening') this.#report('never came back');
    if (this.standing === 'following' || this.standing === 'full') this.#checkPosition();
    if (this.standing === 'following') {
      if (!this.#tail?.live) this.#report('is stuck on its way to the head');
      if (log.isEnded(stream)) this.#report('still follows a session that has ended');
      const missing = this.#missing(log.visible(stream).at(-1)?.id ?? null);
      if (missing.length > 0) this.#report(`misses ${missing}`);
    }
    if (this.standing === 'full' && this.wasLive) {
      const beyond = log.everything(stream, this.#tail?.position ?? null, null);
      const bytes = sizeOf(beyond.filter((row) => log.visible(stream).includes(row)));
      if (bytes > this.#context.lagBytes) this.#report(`stays ${bytes} bytes behind`);
    }
    const truth = log.everything(stream, this.#from ?? null, filter).map(({ id }) => id);
    if (this.received.some(({ id }) => !truth.includes(id))) this.#report('got what it did not ask for');
  }

  async #open(start: TailStart): Promise<void> {
    const { stage } = this.#context;
    const { stream, filter } = this.plan;
    const before = stage.log.headOf(stream);
    this.standing = 'opening';
    this.wasLive = false;
    try {
      const tail = await stage.tails.open(stage.log.org, stream, start, filter);
      this.#tail = tail;
      if (tail === null) this.#refused('knows the position no more');
      else this.#opened(tail, before);
    } catch (error) {
      if (error === this.#context.expectedFailure) stage.steps.add('reader', () => void this.#open(start));
      else if (error instanceof TurnlogError && error.code === 'session_not_found') this.#refused(error.message);
      else this.#report(`was refused: ${error}`);
    }
  }

  #opened(tail: Tail, before: EventId | null): void {
    const { stage } = this.#context;
    if (this.#from === undefined) {
      this.#from = tail.position;
      const last = stage.log.everything(this.plan.stream, null, null).at(-1)?.id ?? null;
      const isNow = (tail.position ?? '') >= (before ?? '') && (tail.position ?? '') <= (last ?? '');
      if (this.plan.start === 'now' && !isNow) this.#report(`takes ${tail.position} for now`);
    }
    stage.steps.add('reader', () => {
      this.standing = 'following';
      this.#livePosition = tail.position;
      tail.start(this);
      if (this.#leavesLeft-- > 0) stage.steps.add('reader', () => this.#leave(tail));
    });
  }

  #refused(why: string): void {
    this.standing = 'gone';
    const { log } = this.#context.stage;
    if (!log.isDeleted(this.plan.stream)) this.#report(`was refused: ${why}`);
  }

  #resume(tail: Tail | null): void {
    if (this.standing !== 'full' || tail !== this.#tail) return;
    this.standing = 'following';
    tail?.resume();
  }

  #leave(tail: Tail): void {
    if ((this.standing !== 'following' && this.standing !== 'full') || tail !== this.#tail) return;
    tail.close();
    this.#checkPosition();
    this.standing = 'away';
    this.#context.stage.steps.add('reader', () => void this.#open(this.#back()));
  }

  /** Where it goes on. */
  #back(): TailStart {
    const handed = this.received.at(-1)?.id ?? this.#from ?? null;
    const position = this.plan.resumesBy === 'event' ? handed : (this.#tail?.position ?? null);
    const after = this.#context.resumeAt(position, this.plan.stream);
    return after === null ? 'start' : { after };
  }

  /** Everything that matters up to its tail's position was handed over. */
  #checkPosition(): void {
    const position = this.#tail?.position ?? null;
    const missing = this.#missing(position);
    if (missing.length > 0) this.#report(`was told that it has all up to ${position}, and misses ${missing}`);
  }

  /** A state of the log exists in which the session had ended, and it has everything of that state. */
  #checkFinished(): void {
    const { log } = this.#context.stage;
    const { stream } = this.plan;
    if (log.isDeleted(stream)) return;
    const last = this.#tail?.position ?? '';
    const ended = log.states.filter((state) => log.isEnded(stream, state));
    if (!ended.some((state) => (log.headOf(stream, state) ?? '') === last)) this.#report('finished before the end');
  }

  #checkLagging(): void {
    const { stage, lagBytes } = this.#context;
    if (!this.wasLive) this.#report('was ended for lag before it had met the head');
    const bytes = sizeOf(stage.log.everything(this.plan.stream, this.#livePosition, null));
    if (bytes <= lagBytes) this.#report(`was ended for lag, but only ${bytes} bytes were beyond it`);
  }

  /** What it should have of the stream up to an event, and has not; what was deleted it may have or not. */
  #missing(through: EventId | null): readonly string[] {
    const { log } = this.#context.stage;
    const { stream, filter } = this.plan;
    const has = new Set(this.received.map(({ id }) => id));
    const visible = new Set(log.visible(stream));
    return log
      .everything(stream, this.#from ?? null, filter)
      .filter((row) => row.id <= (through ?? '') && !has.has(row.id) && (stream !== 'feed' || visible.has(row)))
      .map(({ id }) => id);
  }

  #report(violation: string): void {
    const { stream, filter, start } = this.plan;
    this.#context.report(`A tail of ${stream} (${JSON.stringify({ start, filter })}) ${violation}.`);
  }
}

function sizeOf(rows: readonly LogEvent[]): number {
  return rows.reduce((sum, { text }) => sum + text.length, 0);
}

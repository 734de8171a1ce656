/**
 * One stream of server-sent events: a tail and the client that it is written to. What is written is never more than the
 * socket takes and one batch; a reader that stays behind is ended, and resumes where it was. Every end but `[DONE]`
 * means: connect again.
 */
import type { ServerResponse } from 'node:http';
import type { LogEvent } from '@turnlog/core/store';
import type { Tail, TailEnd, TailReader } from '@turnlog/core/tails';
import { noLongerValid } from '../credentials.ts';
import { DONE, errorFrame, type Frames, HEARTBEAT, positionFrame, retryFrame } from './frames.ts';
import { SseWriter } from './sse-writer.ts';
import type { Held, Leave, StreamLimits } from './streams.ts';

export interface EventStreamOptions {
  readonly tail: Tail;
  readonly limits: StreamLimits;
  /** How clients name the position before the first event. */
  readonly origin: string;
  readonly frames: Frames;
  /** The envelope of a refusal, in one line. */
  readonly present: (error: unknown) => string;
}

/** Ages are spread by a fifth either way, so that what opened together does not end together. */
const AGE_SPREAD = 0.2;
/** Clients wait this long before they connect again, and up to as long again. */
const RETRY_MS = 500;
const RETRY_AFTER_DRAIN_MS = 1_000;

export class EventStream implements TailReader, Held {
  readonly #options: EventStreamOptions;
  readonly #writer: SseWriter;
  readonly #endsAtMs: number;
  #leave: Leave = () => {};
  #heartbeatAtMs: number;
  /** The last id that the client was told. */
  #toldId: string;
  /** Since when the socket takes no more. */
  #fullSinceMs: number | null = null;
  /** Since when it has not been up to date, once it was. */
  #behindSinceMs: number | null = null;
  #wasLive = false;
  /** Whether its last frame is written, though perhaps not taken. */
  #ending = false;
  #over = false;

  constructor(outgoing: ServerResponse, options: EventStreamOptions) {
    this.#options = options;
    this.#writer = new SseWriter(outgoing, options.frames, {
      drained: () => {
        this.#fullSinceMs = null;
        options.tail.resume();
      },
      closed: () => this.#finish(),
    });
    const nowMs = performance.now();
    this.#endsAtMs = nowMs + options.limits.maxAgeMs * (1 + AGE_SPREAD * (2 * Math.random() - 1));
    this.#heartbeatAtMs = nowMs + options.limits.heartbeatMs;
    this.#toldId = options.tail.position ?? options.origin;
  }

  /** Sends the head of the answer and the position, then lets the events come. */
  open(headers: Readonly<Record<string, string>>, leave: Leave): void {
    this.#leave = leave;
    this.#writer.open(headers, retryFrame(spread(RETRY_MS)) + positionFrame(this.#toldId));
    this.#options.tail.start(this);
  }

  take(events: readonly LogEvent[]): boolean {
    this.#toldId = events.at(-1)?.id ?? this.#toldId;
    const takesMore = this.#writer.events(events);
    if (!takesMore) this.#fullSinceMs = performance.now();
    return takesMore;
  }

  ended(end: TailEnd): void {
    if (end.kind === 'finished') this.#end(DONE);
    else if (end.kind === 'failed') this.#refuse(end.error);
    else this.#cut();
  }

  look(nowMs: number): void {
    const { tail, limits } = this.#options;
    if (tail.live) {
      this.#wasLive = true;
      this.#behindSinceMs = null;
    } else if (this.#wasLive) this.#behindSinceMs ??= nowMs;
    const stuckSinceMs = this.#behindSinceMs ?? this.#fullSinceMs ?? this.#writer.stuckSinceMs(nowMs);
    if (stuckSinceMs !== null && nowMs - stuckSinceMs > limits.lagMs) this.#cut();
    else if (this.#ending) return;
    else if (nowMs >= this.#endsAtMs) this.#end(this.#moved() + retryFrame(spread(RETRY_MS)));
    else if (nowMs >= this.#heartbeatAtMs && this.#fullSinceMs === null) this.#beat(nowMs);
  }

  revoke(): void {
    this.#refuse(noLongerValid());
  }

  drain(): void {
    this.#end(this.#moved() + retryFrame(spread(RETRY_AFTER_DRAIN_MS)));
  }

  /** A comment, and the position. */
  #beat(nowMs: number): void {
    this.#heartbeatAtMs = nowMs + this.#options.limits.heartbeatMs;
    this.#writer.text(HEARTBEAT + (this.#moved() || '\n'));
  }

  /** The position, when the tail has moved over events that its filter holds back; else nothing. */
  #moved(): string {
    const { position } = this.#options.tail;
    if (position === null || position === this.#toldId) return '';
    this.#toldId = position;
    return positionFrame(position);
  }

  #refuse(error: unknown): void {
    this.#end(errorFrame(this.#options.present(error)));
  }

  /** Ends the answer in good order; one whose socket takes nothing is cut. The slot is free once the client has all. */
  #end(frame: string): void {
    if (this.#over || this.#ending) return;
    if (this.#fullSinceMs !== null) {
      this.#cut();
      return;
    }
    this.#ending = true;
    this.#options.tail.close();
    this.#wasLive = false;
    this.#behindSinceMs = null;
    this.#writer.end(frame);
  }

  #cut(): void {
    this.#finish();
    this.#writer.cut();
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.tail.close();
    this.#leave();
  }
}

function spread(ms: number): number {
  return Math.round(ms * (1 + Math.random()));
}

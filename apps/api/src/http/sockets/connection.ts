/**
 * One WebSocket: it waits for its credential, opens with how things stand, and carries on with every change. What it is
 * sent goes straight to the network socket, framed once for all; ws reads, pings and closes. What waits for a client is
 * never more than its socket takes and the few batches that were on their way to it: a tail that is not taken from falls
 * back to history, and is ended when it stays behind.
 */
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { microsOfId, type OrgId } from '@turnlog/core/ids';
import type { LogEvent } from '@turnlog/core/store';
import type { Tail, TailEnd, TailReader, Tails } from '@turnlog/core/tails';
import type { WebSocket } from 'ws';
import { Flow } from '../streams/flow.ts';
import type { Held, Leave, StreamLimits } from '../streams/streams.ts';
import { AGED, type Closing, DRAINED, FAILED, TALKATIVE, UNAUTHENTICATED } from './closings.ts';
import { type SocketFrames, type SocketWords, textFrame } from './frames.ts';

export interface ConnectionOptions {
  readonly socket: Socket;
  readonly limits: StreamLimits;
  readonly tails: Pick<Tails, 'open'>;
  readonly words: Pick<SocketWords, 'opening'>;
  readonly frames: SocketFrames;
  /** Says what went wrong on our side. */
  readonly failed: (error: unknown) => void;
}

const AGE_SPREAD = 0.2;
/** Heartbeats within which a ping must be answered. */
const PATIENCE = 2;
/** Messages of a client between two looks. */
const MESSAGES_PER_LOOK = 1_000;
/** Batches that may be on their way to the socket. */
const UNSENT_BATCHES = 4;

export class Connection implements Held, TailReader {
  readonly #options: ConnectionOptions;
  readonly #socket: Socket;
  readonly #endsAtMs: number;
  readonly #flow = new Flow();
  readonly #leaves: Leave[] = [];
  #ws: WebSocket | null = null;
  #tail: Tail | null = null;
  #org: OrgId | null = null;
  #pingAtMs: number;
  /** When the first ping was sent that is not answered yet. */
  #unansweredSinceMs: number | null = null;
  #fullSinceMs: number | null = null;
  #behindSinceMs: number | null = null;
  #wasLive = false;
  #heard = 0;
  #unsent = 0;
  #sending: Promise<void> = Promise.resolve();
  /** Ends a wait for the socket to take more. */
  #wake: () => void = () => {};
  #ending = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#socket = options.socket;
    const nowMs = performance.now();
    this.#endsAtMs = nowMs + options.limits.maxAgeMs * (1 + AGE_SPREAD * (2 * Math.random() - 1));
    this.#pingAtMs = nowMs + options.limits.heartbeatMs;
    this.#socket.once('close', () => {
      this.#stop();
      this.#wake();
      for (const leave of this.#leaves) leave();
    });
  }

  get over(): boolean {
    return this.#ending || this.#socket.destroyed || (this.#ws !== null && this.#ws.readyState !== this.#ws.OPEN);
  }

  /** The slot is given back once the network socket is closed. */
  holds(leave: Leave): void {
    this.#leaves.push(leave);
    if (this.#socket.destroyed) leave();
  }

  /** The handshake is over. */
  accepted(ws: WebSocket): void {
    this.#ws = ws;
    ws.on('pong', () => {
      this.#unansweredSinceMs = null;
    });
    const hear = () => {
      this.#heard++;
    };
    ws.on('message', hear).on('ping', hear);
    ws.on('error', () => undefined); // ws closes with the right code by itself
    this.#socket.on('drain', () => {
      this.#fullSinceMs = null;
      this.#wake();
      this.#goOn();
    });
  }

  /** Sends how things stand, then lets the changes come: nothing between the two is lost. */
  async open(org: OrgId): Promise<void> {
    this.#org = org;
    const { tails, words } = this.#options;
    try {
      const tail = await tails.open(org, 'feed', 'now', null);
      if (tail === null || this.over) {
        tail?.close();
        return;
      }
      this.#tail = tail;
      let waiting: string | null = null;
      let first = true;
      for await (const piece of words.opening(org, tail.position === null ? null : microsOfId(tail.position))) {
        if (waiting !== null) {
          await this.#taken(textFrame(waiting, { first, last: false }));
          first = false;
        }
        await nextTurn(); // a client as fast as we are drains within the turn, for as long as there are pieces
        if (this.over) return;
        waiting = piece;
      }
      await this.#taken(textFrame(waiting ?? '', { first, last: true }));
      if (!this.over) tail.start(this);
    } catch (error) {
      this.#fail(error);
    }
  }

  take(events: readonly LogEvent[]): boolean {
    this.#unsent++;
    const frames = this.#options.frames.of(this.#org as OrgId, events);
    this.#sending = this.#sending
      .then(() => frames)
      .then(
        (bytes) => this.#send(bytes),
        (error) => this.#fail(error),
      );
    return this.#fullSinceMs === null && this.#unsent < UNSENT_BATCHES;
  }

  ended(end: TailEnd): void {
    if (end.kind === 'failed') this.#fail(end.error);
    else this.cut();
  }

  look(nowMs: number): void {
    const { limits } = this.#options;
    this.#lookAtTail(nowMs);
    const stuckSinceMs = this.#behindSinceMs ?? this.#fullSinceMs ?? this.#stuckSinceMs(nowMs);
    if (stuckSinceMs !== null && nowMs - stuckSinceMs > limits.lagMs) this.cut();
    else if (this.#ending || this.#ws === null) return;
    else if (this.#heard > MESSAGES_PER_LOOK) this.close(TALKATIVE);
    else if (nowMs >= this.#endsAtMs) this.close(AGED);
    else if (this.#fullSinceMs === null) this.#ping(nowMs);
    this.#heard = 0;
  }

  revoke(): void {
    this.close(UNAUTHENTICATED);
  }

  drain(): void {
    this.close(DRAINED);
  }

  /** Closes in good order; a client that takes nothing, or has not been accepted yet, is cut off. */
  close({ code, reason }: Closing): void {
    const { over } = this;
    this.#stop();
    if (over) return;
    if (this.#ws === null || this.#fullSinceMs !== null) this.cut();
    else this.#ws.close(code, reason);
  }

  cut(): void {
    this.#stop();
    this.#socket.destroy();
  }

  #stuckSinceMs(nowMs: number): number | null {
    const { writableLength } = this.#socket;
    return this.#flow.stuckSinceMs({ writableLength, socket: this.#socket }, nowMs);
  }

  #lookAtTail(nowMs: number): void {
    if (this.#tail === null || this.#ending) this.#behindSinceMs = null;
    else if (this.#tail.live) {
      this.#wasLive = true;
      this.#behindSinceMs = null;
    } else if (this.#wasLive) this.#behindSinceMs ??= nowMs;
  }

  #ping(nowMs: number): void {
    const { heartbeatMs } = this.#options.limits;
    const sinceMs = this.#unansweredSinceMs;
    if (sinceMs !== null && nowMs - sinceMs > PATIENCE * heartbeatMs) this.cut();
    else if (nowMs >= this.#pingAtMs && !this.over) {
      this.#pingAtMs = nowMs + heartbeatMs;
      this.#unansweredSinceMs ??= nowMs;
      this.#ws?.ping();
    }
  }

  #send(bytes: Buffer): void {
    this.#unsent--;
    if (this.over) {
      this.#stop();
      return;
    }
    if (bytes.length > 0 && !this.#socket.write(bytes)) this.#fullSinceMs ??= performance.now();
    this.#goOn();
  }

  #goOn(): void {
    if (this.#fullSinceMs === null && this.#unsent === 0) this.#tail?.resume();
  }

  /** Resolves when the socket takes more, or is over. */
  async #taken(bytes: Buffer): Promise<void> {
    if (this.over || this.#socket.write(bytes)) return;
    this.#fullSinceMs ??= performance.now();
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  #fail(error: unknown): void {
    if (this.over) return;
    this.#options.failed(error);
    this.close(FAILED);
  }

  #stop(): void {
    this.#ending = true;
    this.#tail?.close();
  }
}

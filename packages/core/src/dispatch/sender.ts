/** Sends what a lane has to send: a bounded number of attempts at a time, at its rate, while the lane is ours. */
import type { Receipt } from '../courier.ts';
import type { Attempt } from '../deliveries.ts';
import type { ReplayId } from '../ids.ts';
import { limits } from '../limits.ts';
import type { DeliveredEvent } from '../webhook-store.ts';
import { type DeliveryDialect, type SealedSecret, signsAt } from '../webhooks.ts';
import { Alarm, pauseMs } from './alarm.ts';
import type { LaneContext } from './context.ts';
import { Rate } from './rate.ts';
import type { Sender } from './slots.ts';

/** How an attempt came out. */
export interface Outcome {
  readonly attempt: Attempt;
  /** The endpoint wants no more, ever. */
  readonly gone: boolean;
  /** Not before this microsecond, as the endpoint asked. */
  readonly retryAfterUs: number | null;
}

/** One thing to send. One of `over`, `lost` and `abandoned` is called, once. */
export interface Job {
  /** Null: the event is gone. */
  readonly event: DeliveredEvent | (() => Promise<DeliveredEvent | null>);
  over(outcome: Outcome): void;
  lost(): void;
  /** It was not sent after all. */
  abandoned(): void;
}

/** Where the jobs come from. */
export interface Work {
  /** The next job; null: none now. `held`: the endpoint is left alone, so only what somebody asked for goes out. */
  next(nowUs: number, held: boolean): Job | null;
  /** When time alone will bring a job; null: it will not. */
  dueUs(): number | null;
}

export interface SenderOptions {
  readonly context: LaneContext;
  readonly dialect: DeliveryDialect;
  readonly url: string;
  readonly secrets: readonly SealedSecret[];
  readonly replay: ReplayId | null;
  /** Sends a second, at most; null: any number. */
  readonly rate: number | null;
  /** The longest pause between attempts at an endpoint that only fails. */
  readonly longestPauseMs: number;
  readonly work: Work;
  /** Told when an event cannot be read, or its outcome not be kept. */
  readonly onFault: (error: unknown) => void;
}

const MICROS_PER_SECOND = 1_000_000;
/** The longest that a lane stands still because its endpoint asked for it. */
const HELD_SECONDS_MAX = 60 * 60;
const ASKING_TO_WAIT: ReadonlySet<number | null> = new Set([429, 503]);
const GONE = 410;
/**
 * After so many failures in a row an endpoint may be dead: it is tried with one attempt at a time, so that it holds few
 * slots, and with growing pauses, so that one which fails fast costs the others nothing.
 */
const FAILURES_UNTIL_SINGLE = 2 * limits.deliveriesPerEndpoint;
const FIRST_PAUSE_MS = 50;

export class LaneSender implements Sender {
  readonly #options: SenderOptions;
  readonly #rate: Rate | null;
  readonly #alarm: Alarm;
  readonly #idle: (() => void)[] = [];
  #open = true;
  #underWay = 0;
  #failuresInRow = 0;
  /** The endpoint asked to be left alone. */
  #heldUntilUs = 0;
  /** It only fails. */
  #pausedUntilUs = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#rate = options.rate === null ? null : new Rate(options.rate);
    this.#alarm = new Alarm(options.context.options, () => this.kick());
  }

  /** Sends what there is. */
  kick(): void {
    if (this.#open) this.#options.context.slots.enter(this);
  }

  /** Begins nothing more. */
  close(): void {
    this.#open = false;
    this.#alarm.clear();
    this.#options.context.slots.leave(this);
  }

  get isIdle(): boolean {
    return this.#underWay === 0;
  }

  get isSuspect(): boolean {
    return this.#failuresInRow >= FAILURES_UNTIL_SINGLE;
  }

  /** Resolves when no attempt is under way. */
  async idle(): Promise<void> {
    if (this.#underWay > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  begin(): Promise<void> | null {
    const { context, work, onFault } = this.#options;
    if (!this.#maySend() || this.#underWay >= this.#width()) return null;
    const nowUs = context.options.nowUs();
    if (this.#rate !== null && this.#rate.nextUs > nowUs) {
      this.#alarm.set(this.#rate.nextUs);
      return null;
    }
    const heldUntilUs = Math.max(this.#heldUntilUs, this.#pausedUntilUs);
    const held = nowUs < heldUntilUs;
    try {
      const job = work.next(nowUs, held);
      if (job !== null) {
        this.#rate?.take(nowUs);
        this.#underWay++;
        return this.#attempt(job);
      }
      this.#alarm.set(held ? heldUntilUs : work.dueUs());
    } catch (error) {
      onFault(error);
    }
    return null;
  }

  #maySend(): boolean {
    return this.#open && this.#options.context.owns();
  }

  #width(): number {
    return this.isSuspect ? 1 : limits.deliveriesPerEndpoint;
  }

  #pauseMs(): number {
    const failures = this.#failuresInRow - FAILURES_UNTIL_SINGLE + 1;
    return failures < 1 ? 0 : pauseMs(failures, FIRST_PAUSE_MS, this.#options.longestPauseMs);
  }

  async #attempt(job: Job): Promise<void> {
    let conclude: () => void;
    try {
      const event = typeof job.event === 'function' ? await job.event() : job.event;
      if (event === null) conclude = () => job.lost();
      else if (!this.#maySend()) conclude = () => job.abandoned();
      else {
        const outcome = this.#judged(await this.#post(event));
        conclude = () => job.over(outcome);
      }
    } catch (error) {
      conclude = () => {
        job.abandoned();
        throw error;
      };
    }
    this.#underWay--;
    try {
      conclude();
    } catch (error) {
      this.#options.onFault(error);
    }
    if (this.#underWay === 0) for (const resolve of this.#idle.splice(0)) resolve();
    this.kick();
  }

  /** One request, whatever comes of it. */
  async #post(event: DeliveredEvent): Promise<Receipt & { readonly startedUs: number }> {
    const { context, dialect, url, secrets, replay } = this.#options;
    const { courier, writeLetter, nowUs, onFault } = context.options;
    const startedUs = nowUs();
    try {
      const signing = secrets.filter((secret) => signsAt(secret, startedUs));
      const request = { org: context.org, dialect, url, event, secrets: signing, sentUs: startedUs, replay };
      return { ...(await courier.post(writeLetter(request))), startedUs };
    } catch (error) {
      onFault(error);
      const durationMs = Math.max(0, nowUs() - startedUs) / 1000;
      const failed = { statusCode: null, error: 'Internal error', excerpt: null, retryAfterSeconds: null };
      return { ...failed, durationMs, startedUs };
    }
  }

  #judged(receipt: Receipt & { readonly startedUs: number }): Outcome {
    const { retryAfterSeconds, ...attempt } = receipt;
    const nowUs = this.#options.context.options.nowUs();
    this.#failuresInRow = receipt.error === null ? 0 : this.#failuresInRow + 1;
    this.#pausedUntilUs = nowUs + this.#pauseMs() * 1000;
    const askedSeconds = Math.min(retryAfterSeconds ?? 0, limits.retryAfterSecondsMax);
    if (ASKING_TO_WAIT.has(receipt.statusCode)) {
      const heldUntilUs = nowUs + Math.min(askedSeconds, HELD_SECONDS_MAX) * MICROS_PER_SECOND;
      this.#heldUntilUs = Math.max(this.#heldUntilUs, heldUntilUs);
    }
    const retryAfterUs = askedSeconds > 0 ? nowUs + askedSeconds * MICROS_PER_SECOND : null;
    return { attempt, gone: receipt.statusCode === GONE, retryAfterUs };
  }
}

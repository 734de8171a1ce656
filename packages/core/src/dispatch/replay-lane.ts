/**
 * The lane of a replay: reads its range of the feed, delivers each event, tries what failed again while the cursor waits,
 * and counts what the cursor moves over in the write that moves it.
 */
import { type EventId, highestIdBytes, idFromBytes, microsOfId, type SessionId } from '../ids.ts';
import { limits } from '../limits.ts';
import { type Replay, replayFilter } from '../replays.ts';
import type { Lane, RecordDeliveries } from '../webhook-store.ts';
import { orderingKey } from '../webhooks.ts';
import type { LaneContext, LaneEnd, RunningLane } from './context.ts';
import { type Ledger, Recorder } from './recorder.ts';
import { type ReplayEntry, ReplayWindow } from './replay-window.ts';
import { type Job, LaneSender, type Outcome, type Work } from './sender.ts';

type Progress = NonNullable<RecordDeliveries['progress']>;
type Verdict = NonNullable<Progress['end']>;

/** A replay is to tell soon that its endpoint only fails. */
const LONGEST_PAUSE_MS = 500;

export class ReplayLane implements RunningLane, Work, Ledger {
  readonly #context: LaneContext;
  readonly #lane: Lane & { readonly kind: 'replay' };
  readonly #onEnd: (end: LaneEnd) => void;
  readonly #window = new ReplayWindow();
  readonly #recorder: Recorder;
  readonly #sender: LaneSender;
  /** How far the feed is read. */
  #position: EventId | null;
  /** Whether the whole range is read. */
  #isRead: boolean;
  #reading = false;
  /** How the replay stops by itself, once nothing is under way. */
  #verdict: Verdict | null;
  #verdictTaken = false;
  #ending = false;

  constructor(context: LaneContext, lane: Lane & { readonly kind: 'replay' }, onEnd: (end: LaneEnd) => void) {
    const { replay, webhook, secrets } = lane;
    this.#context = context;
    this.#lane = lane;
    this.#onEnd = onEnd;
    this.#position = replay.position ?? positionBefore(replay.sinceUs);
    this.#isRead = replay.through === null || (this.#position ?? '') >= replay.through;
    this.#verdict = verdictOf(lane);
    this.#recorder = new Recorder(context, this, (end) => this.#end(end));
    this.#sender = new LaneSender({
      context,
      dialect: replay.dialect,
      url: webhook?.url ?? replay.url,
      secrets,
      replay: replay.id,
      rate: slower(replay.rate, webhook?.rateLimit ?? null),
      longestPauseMs: LONGEST_PAUSE_MS,
      work: this,
      onFault: (error) => this.#fail(error),
    });
  }

  async open(): Promise<void> {
    this.#goOn();
  }

  close(): void {
    this.#end('over');
  }

  renewed(): void {
    this.#goOn();
  }

  sessionsDeleted(sessions: ReadonlySet<SessionId>): void {
    this.#window.lose(sessions);
    this.#goOn();
  }

  next(nowUs: number, held: boolean): Job | null {
    if (held || this.#verdict !== null || this.#recorder.refused) return null;
    const entry = this.#window.next(nowUs);
    if (entry === null) return null;
    return {
      event: entry.event,
      over: (outcome) => this.#over(entry, outcome),
      lost: () => {
        this.#window.lost(entry);
        this.#recorder.kick();
      },
      abandoned: () => {
        entry.state = 'waiting';
      },
    };
  }

  dueUs(): number | null {
    return this.#verdict === null ? this.#window.dueUs() : null;
  }

  compose(): RecordDeliveries | null {
    if (this.#verdictTaken) return null;
    const all = this.#verdict?.status === 'failed' && this.#sender.isIdle;
    const { delivered, failed, ...step } = this.#window.take(all);
    const end = this.#window.has(all) ? null : this.#endNow();
    if (delivered + failed === 0 && end === null) return null;
    this.#verdictTaken = end !== null;
    const { id, fence } = this.#lane;
    const progress = { delivered, failed, end };
    return { lane: id, fence, ...step, unblocked: [], retrySeconds: limits.replayRetrySeconds, progress };
  }

  recorded(): void {
    if (this.#verdictTaken) this.close();
    else this.#goOn();
  }

  /** How the replay stops, if there is nothing to wait for. */
  #endNow(): Verdict | null {
    if (this.#verdict !== null) return this.#sender.isIdle ? this.#verdict : null;
    return this.#isRead && this.#window.isEmpty ? { status: 'completed', reason: null } : null;
  }

  #over(entry: ReplayEntry, outcome: Outcome): void {
    this.#window.over(entry, outcome, this.#context.options.nowUs());
    if (outcome.gone) this.#verdict = { status: 'failed', reason: 'endpoint_gone' };
    else if (this.#window.failuresInRow >= limits.replayFailuresInRow) {
      this.#verdict ??= { status: 'paused', reason: 'endpoint_failing' };
    }
    this.#recorder.kick();
  }

  /** Reads, sends and records what there is. */
  #goOn(): void {
    if (this.#ending) return;
    if (!this.#isRead && !this.#reading && this.#window.hasRoom && this.#verdict === null) void this.#read();
    this.#recorder.kick();
    this.#sender.kick();
  }

  async #read(): Promise<void> {
    const { org, options, history } = this.#context;
    const { replay, webhook } = this.#lane;
    const isOrdered = webhook?.ordering === 'session';
    this.#reading = true;
    try {
      while (!this.#isRead && !this.#ending && this.#window.hasRoom) {
        await history.pass();
        const slice = await options.store.readOn(org, 'feed', this.#position, replayFilter(replay));
        if (slice === null) throw new Error(`The position ${this.#position} has left the log.`);
        for (const event of slice.events) {
          if (isWithin(replay, event.id)) this.#window.add(event, isOrdered ? orderingKey(event) : null);
        }
        this.#position = slice.position;
        const { position } = slice;
        this.#isRead = slice.atHead || position === replay.through || position === null || !isWithin(replay, position);
        this.#sender.kick();
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#reading = false;
    if (!this.#ending) this.#recorder.kick();
  }

  #fail(error: unknown): void {
    if (this.#ending) return;
    this.#context.options.onFault(error);
    this.#end('fault');
  }

  #end(end: LaneEnd): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#sender.close();
    void this.#finish(end);
  }

  async #finish(end: LaneEnd): Promise<void> {
    if (end !== 'over') this.#recorder.abandon();
    await this.#sender.idle();
    if (end === 'over') await this.#recorder.close();
    this.#onEnd(end);
  }
}

/** Why a replay cannot go on; null: it can. */
function verdictOf({ replay, webhook }: Lane & { readonly kind: 'replay' }): Verdict | null {
  if (replay.webhook !== null && webhook === null) return { status: 'failed', reason: 'webhook_deleted' };
  return webhook?.disabled ? { status: 'paused', reason: 'webhook_disabled' } : null;
}

/** Whether an event belongs to a replay's range, and so may what follows it. */
function isWithin({ through, untilUs }: Replay, id: EventId): boolean {
  return through !== null && id <= through && microsOfId(id) < untilUs;
}

/** The position before everything that was stored from a microsecond on; null: the beginning. */
function positionBefore(micros: number): EventId | null {
  return micros <= 0 ? null : idFromBytes('evt', highestIdBytes(micros - 1));
}

function slower(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

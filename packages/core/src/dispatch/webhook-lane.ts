/**
 * The lane of a webhook: reads the feed behind its cursor, delivers what matches, tries what failed again, and records.
 * Whatever goes wrong inside ends the lane; it begins again from what the store has.
 */
import type { WaitingDelivery } from '../deliveries.ts';
import type { SessionId } from '../ids.ts';
import type { LogEvent } from '../store.ts';
import type { Tail } from '../tails.ts';
import type { Lane, LostDelivery } from '../webhook-store.ts';
import { orderingKey, webhookFilter } from '../webhooks.ts';
import type { LaneContext, LaneEnd, RunningLane } from './context.ts';
import { HeldSessions } from './held-sessions.ts';
import { Recorder } from './recorder.ts';
import { Retries } from './retries.ts';
import { type Job, LaneSender, type Outcome, type Work } from './sender.ts';
import { type Source, WebhookLedger } from './webhook-ledger.ts';
import { Window } from './window.ts';

/** How many events may pass a quiet webhook before its cursor is written. */
const MOVE_EVENTS = 1_000;

export class WebhookLane implements RunningLane, Work {
  readonly #context: LaneContext;
  readonly #lane: Lane & { readonly kind: 'webhook' };
  readonly #onEnd: (end: LaneEnd) => void;
  readonly #window: Window;
  readonly #retries: Retries;
  readonly #held: HeldSessions;
  readonly #ledger: WebhookLedger;
  readonly #recorder: Recorder;
  readonly #sender: LaneSender;
  #tail: Tail | null = null;
  /** First attempts under way. */
  #newUnderWay = 0;
  #ending = false;
  #reloading = false;
  #moveDue = false;
  /** How many events the tail had seen when the cursor was last written. */
  #writtenAt = 0;
  /** Whose turn it is to be asked first. */
  #turn = 0;

  constructor(context: LaneContext, lane: Lane & { readonly kind: 'webhook' }, onEnd: (end: LaneEnd) => void) {
    const { webhook, secrets } = lane;
    const { nowUs, retrySeconds } = context.options;
    this.#context = context;
    this.#lane = lane;
    this.#onEnd = onEnd;
    const onFault = (error: unknown) => this.#fail(error);
    this.#window = new Window(webhook.position);
    this.#retries = new Retries(context.retryRows);
    this.#held = new HeldSessions({
      context,
      filter: webhookFilter(webhook.events),
      onReady: () => this.#sender.kick(),
      onDrained: (held) => {
        this.#ledger.addDrained(held);
        this.#recorder.kick();
      },
      onFault,
    });
    const { dialect, url, rateLimit: rate } = webhook;
    this.#sender = new LaneSender({ context, dialect, url, secrets, replay: null, rate, work: this, onFault });
    const state = { window: this.#window, retries: this.#retries, held: this.#held };
    this.#ledger = new WebhookLedger({
      lane,
      retrySeconds,
      ...state,
      nowUs,
      isMoveDue: () => this.#moveDue,
      onRecorded: (disabled) => this.#recorded(disabled),
    });
    this.#recorder = new Recorder(context, this.#ledger, (end) => this.#end(end));
  }

  async open(): Promise<void> {
    const { org, options, tails } = this.#context;
    const { id, webhook } = this.#lane;
    try {
      await this.#reload();
      this.#held.load(await options.store.blocksOf(org, webhook.id), webhook.position);
      const filter = webhookFilter(webhook.events);
      const tail = await tails.open(org, 'feed', { after: webhook.position }, filter);
      if (tail === null) throw new Error(`The feed knows no position of ${id}.`);
      if (this.#ending) {
        tail.close();
        return;
      }
      this.#tail = tail;
      tail.start({
        take: (events) => this.#take(events),
        ended: (end) => this.#fail(end.kind === 'failed' ? end.error : new Error('The feed has ended.')),
      });
      this.#sender.kick();
    } catch (error) {
      this.#fail(error);
    }
  }

  close(): void {
    this.#end('over');
  }

  renewed(changed: boolean): void {
    if (this.#ending) return;
    if (changed) this.#askToReload();
    this.#follow();
    this.#moveDue = (this.#tail?.seen ?? 0) >= this.#writtenAt + MOVE_EVENTS;
    if (this.#moveDue) this.#recorder.kick();
    this.#sender.kick();
  }

  sessionsDeleted(sessions: ReadonlySet<SessionId>): void {
    if (this.#ending) return;
    for (const entry of this.#window.takeOut(sessions)) {
      this.#ledger.add({ kind: 'new', entry }, this.#subject(entry.event, false), null);
    }
    for (const { held, event } of this.#held.takeOut(sessions)) {
      this.#ledger.add({ kind: 'held', held }, this.#subject(event, true), null);
    }
    for (const session of sessions) {
      const delivery = this.#held.get(session)?.delivery;
      if (delivery) this.#retries.hasten(delivery, this.#context.options.nowUs());
    }
    this.#recorder.kick();
    this.#sender.kick();
  }

  next(nowUs: number, held: boolean): Job | null {
    if (this.#recorder.refused) return null;
    const sources = held
      ? [() => this.#nextWaiting(nowUs, true)]
      : [() => this.#nextWaiting(nowUs, false), () => this.#nextNew(), () => this.#nextHeld()];
    this.#turn++;
    for (let n = 0; n < sources.length; n++) {
      const job = sources[(this.#turn + n) % sources.length]?.();
      if (job) return job;
    }
    if (this.#retries.isShort) this.#askToReload();
    return null;
  }

  dueUs(): number | null {
    return this.#retries.dueUs();
  }

  #nextNew(): Job | null {
    if (!this.#window.hasReady || !this.#mayTryMore()) return null;
    const entry = this.#window.next();
    if (entry === null) return null;
    this.#newUnderWay++;
    const { event } = entry;
    return this.#job({ kind: 'new', entry }, this.#subject(event, false), event, () => this.#window.back(entry));
  }

  #nextHeld(): Job | null {
    const next = this.#mayTryMore() ? this.#held.next() : null;
    if (next === null) return null;
    const { held, event } = next;
    this.#newUnderWay++;
    return this.#job({ kind: 'held', held }, this.#subject(event, true), event, () => this.#held.back(held, event));
  }

  #nextWaiting(nowUs: number, asked: boolean): Job | null {
    const delivery = this.#retries.next(nowUs, asked);
    if (delivery === null) return null;
    const { id, event, eventType, session } = delivery;
    const { org, options } = this.#context;
    const subject = { event, eventType, session, delivery: id, blocked: false };
    const read = () => options.store.getFeedEvent(org, event);
    return this.#job({ kind: 'waiting', delivery }, subject, read, () => this.#retries.back(delivery));
  }

  #mayTryMore(): boolean {
    return this.#retries.hasRoom(this.#newUnderWay + this.#ledger.unrecorded);
  }

  #job(source: Source, subject: LostDelivery, event: Job['event'], abandoned: () => void): Job {
    const ended = () => {
      if (source.kind !== 'waiting') this.#newUnderWay--;
    };
    const conclude = (outcome: Outcome | null) => {
      ended();
      this.#ledger.add(source, subject, outcome);
      this.#recorder.kick();
      // An endpoint that wants no more gets nothing until it is recorded, which disables the webhook.
      if (outcome?.gone) this.close();
    };
    return {
      event,
      over: conclude,
      lost: () => conclude(null),
      abandoned: () => {
        ended();
        abandoned();
      },
    };
  }

  #subject({ id, type, sessionId, aboutSession }: LogEvent, blocked: boolean): LostDelivery {
    const ordered = blocked || this.#lane.webhook.ordering === 'session';
    const session = ordered ? orderingKey({ sessionId, aboutSession }) : null;
    return { event: id, eventType: type, session, delivery: null, blocked };
  }

  #take(events: readonly LogEvent[]): boolean {
    if (this.#ending) return false;
    for (const event of events) {
      const key = orderingKey(event);
      const held = key === null ? undefined : this.#held.get(key);
      if (held !== undefined && held.phase !== 'ending') {
        this.#held.pass(held, event.id);
        this.#window.pass(event.id);
        continue;
      }
      const ordered = held !== undefined || this.#lane.webhook.ordering === 'session';
      this.#window.add(event, ordered ? key : null);
    }
    this.#sender.kick();
    return this.#window.hasRoom;
  }

  #recorded(disabled: boolean): void {
    this.#moveDue = false;
    this.#writtenAt = this.#tail?.seen ?? 0;
    if (disabled) {
      this.close();
      return;
    }
    this.#follow();
    if (this.#window.hasRoom) this.#tail?.resume();
    this.#sender.kick();
  }

  /** While nothing is read ahead, everything that the tail has seen is settled. */
  #follow(): void {
    const position = this.#tail?.position ?? null;
    if (this.#window.size > 0 || position === null) return;
    if (this.#window.reached === null || this.#window.reached < position) this.#window.reached = position;
  }

  #askToReload(): void {
    if (this.#reloading) return;
    this.#reloading = true;
    this.#recorder.between(async () => {
      this.#reloading = false;
      await this.#reload();
      this.#sender.kick();
    });
  }

  async #reload(): Promise<void> {
    const { org, options, retryRows } = this.#context;
    const { data, retrying }: { data: readonly WaitingDelivery[]; retrying: number } =
      await options.store.waitingDeliveries(org, this.#lane.webhook.id, retryRows);
    this.#retries.load(data, retrying);
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
    this.#tail?.close();
    void this.#finish(end);
  }

  async #finish(end: LaneEnd): Promise<void> {
    if (end === 'over') {
      await this.#sender.idle();
      this.#follow();
      await this.#recorder.close();
    } else {
      this.#recorder.abandon();
      await this.#sender.idle();
    }
    this.#onEnd(end);
  }
}

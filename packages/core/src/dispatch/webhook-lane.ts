/**
 * The lane of a webhook: reads the feed behind its cursor, delivers what matches, tries what failed again, and records.
 * Whatever goes wrong inside ends the lane; it begins again from what the store has.
 */
import type { WaitingDelivery } from '../deliveries.ts';
import type { EventId, SessionId } from '../ids.ts';
import type { LogEvent } from '../store.ts';
import type { Tail } from '../tails.ts';
import type { Lane } from '../webhook-store.ts';
import { orderingKey, webhookFilter } from '../webhooks.ts';
import type { LaneContext, LaneEnd, RunningLane } from './context.ts';
import { HeldSessions } from './held-sessions.ts';
import { Recorder } from './recorder.ts';
import { Retries } from './retries.ts';
import { LaneSender } from './sender.ts';
import { subjectOf, WebhookJobs } from './webhook-jobs.ts';
import { WebhookLedger } from './webhook-ledger.ts';
import { Window } from './window.ts';

/** How many events may pass a quiet webhook before its cursor is written. */
const MOVE_EVENTS = 1_000;

/** An endpoint that only fails is tried as often as a delivery for the second time. */
const LONGEST_PAUSE_MS = 5_000;

export class WebhookLane implements RunningLane {
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
  /** Events behind the cursor, tried out of order before the lane began, that wait for another attempt already. */
  #triedBefore: ReadonlySet<EventId> = new Set();
  #ending = false;
  #reloading = false;
  #moveDue = false;
  /** How many events the tail had seen when the cursor was last written. */
  #writtenAt = 0;

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
    const state = { window: this.#window, retries: this.#retries, held: this.#held };
    this.#ledger = new WebhookLedger({
      ...{ lane, retrySeconds, nowUs, ...state },
      isMoveDue: () => this.#moveDue,
      onRecorded: (disabled) => this.#recorded(disabled),
    });
    this.#recorder = new Recorder(context, this.#ledger, (end) => this.#end(end));
    const work = new WebhookJobs({
      ...{ context, webhook, ...state, ledger: this.#ledger, recorder: this.#recorder },
      onShort: () => this.#askToReload(),
      onGone: () => this.close(),
    });
    const { dialect, url, rateLimit: rate } = webhook;
    const target = { dialect, url, secrets, replay: null, rate, longestPauseMs: LONGEST_PAUSE_MS };
    this.#sender = new LaneSender({ context, ...target, work, onFault });
  }

  async open(): Promise<void> {
    const { org, options, tails } = this.#context;
    const { id, webhook } = this.#lane;
    try {
      const waiting = await this.#reload();
      const tried = waiting.filter(({ event, session }) => session === null && event > webhook.position);
      this.#triedBefore = new Set(tried.map(({ event }) => event));
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
    const { webhook } = this.#lane;
    for (const entry of this.#window.takeOut(sessions)) {
      this.#ledger.add({ kind: 'new', entry }, subjectOf(webhook, entry.event, false), null);
    }
    for (const { held, event } of this.#held.takeOut(sessions)) {
      // The block stays behind what is under way of its session.
      this.#ledger.add({ kind: 'held', held }, { ...subjectOf(webhook, event, true), blocked: false }, null);
    }
    for (const session of sessions) {
      const delivery = this.#held.get(session)?.delivery;
      if (delivery) this.#retries.hasten(delivery, this.#context.options.nowUs());
    }
    this.#recorder.kick();
    this.#sender.kick();
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
      // What goes in order now is tried again in it: the delivery that waits would hold nothing up.
      if (this.#triedBefore.has(event.id) && !(ordered && key !== null)) {
        this.#window.pass(event.id);
        continue;
      }
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
      await this.#context.history.pass();
      this.#reloading = false;
      await this.#reload();
      this.#sender.kick();
    });
  }

  async #reload(): Promise<readonly WaitingDelivery[]> {
    const { org, options, retryRows } = this.#context;
    const { data, retrying } = await options.store.waitingDeliveries(org, this.#lane.webhook.id, retryRows);
    this.#retries.load(data, retrying);
    return data;
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

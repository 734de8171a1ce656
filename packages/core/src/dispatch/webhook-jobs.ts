/** What the lane of a webhook sends next: what waits for another attempt, what is new, and what was held up, in turn. */
import type { LogEvent } from '../store.ts';
import type { LostDelivery } from '../webhook-store.ts';
import { orderingKey, type Webhook } from '../webhooks.ts';
import type { LaneContext } from './context.ts';
import type { HeldSessions } from './held-sessions.ts';
import type { Recorder } from './recorder.ts';
import type { Retries } from './retries.ts';
import type { Job, Outcome, Work } from './sender.ts';
import type { Source, WebhookLedger } from './webhook-ledger.ts';
import type { Window } from './window.ts';

export interface WebhookJobsOptions {
  readonly context: LaneContext;
  readonly webhook: Webhook;
  readonly window: Window;
  readonly retries: Retries;
  readonly held: HeldSessions;
  readonly ledger: WebhookLedger;
  readonly recorder: Recorder;
  /** The store has waiting deliveries of which none is known here. */
  readonly onShort: () => void;
  /** The endpoint wants no more: nothing is to be sent until that is recorded, which disables the webhook. */
  readonly onGone: () => void;
}

export class WebhookJobs implements Work {
  readonly #options: WebhookJobsOptions;
  readonly #sources: readonly ((nowUs: number) => Job | null)[];
  /** Who is asked first. */
  #turn = 0;
  /** First attempts under way. */
  #newUnderWay = 0;

  constructor(options: WebhookJobsOptions) {
    this.#options = options;
    this.#sources = [(nowUs) => this.#nextWaiting(nowUs, false), () => this.#nextNew(), () => this.#nextHeld()];
  }

  next(nowUs: number, held: boolean): Job | null {
    const { recorder, retries, onShort } = this.#options;
    if (recorder.refused) return null;
    if (retries.isShort) onShort();
    if (held) return this.#nextWaiting(nowUs, true);
    this.#turn++;
    for (let n = 0; n < this.#sources.length; n++) {
      const job = this.#sources[(this.#turn + n) % this.#sources.length]?.(nowUs);
      if (job) return job;
    }
    return null;
  }

  dueUs(): number | null {
    return this.#options.retries.dueUs();
  }

  #nextNew(): Job | null {
    const { window, webhook } = this.#options;
    const entry = this.#mayTryMore() ? window.next() : null;
    if (entry === null) return null;
    const { event } = entry;
    return this.#job({ kind: 'new', entry }, subjectOf(webhook, event, false), event, () => window.back(entry));
  }

  #nextHeld(): Job | null {
    const { held, webhook } = this.#options;
    const next = this.#mayTryMore() ? held.next() : null;
    if (next === null) return null;
    const { event } = next;
    const source: Source = { kind: 'held', held: next.held };
    return this.#job(source, subjectOf(webhook, event, true), event, () => held.back(next.held, event));
  }

  #nextWaiting(nowUs: number, asked: boolean): Job | null {
    const { retries, context } = this.#options;
    const delivery = retries.next(nowUs, asked);
    if (delivery === null) return null;
    const { id, event, eventType, session } = delivery;
    const subject = { event, eventType, session, delivery: id, blocked: false };
    const read = () => context.options.store.getFeedEvent(context.org, event);
    return this.#job({ kind: 'waiting', delivery }, subject, read, () => retries.back(delivery));
  }

  #mayTryMore(): boolean {
    return this.#options.retries.hasRoom(this.#newUnderWay + this.#options.ledger.unrecorded);
  }

  #job(source: Source, subject: LostDelivery, event: Job['event'], putBack: () => void): Job {
    const { ledger, recorder, onGone } = this.#options;
    const isNew = source.kind === 'waiting' ? 0 : 1;
    this.#newUnderWay += isNew;
    const conclude = (outcome: Outcome | null) => {
      this.#newUnderWay -= isNew;
      ledger.add(source, subject, outcome);
      recorder.kick();
      if (outcome?.gone) onGone();
    };
    const abandoned = () => {
      this.#newUnderWay -= isNew;
      putBack();
    };
    return { event, over: conclude, lost: () => conclude(null), abandoned };
  }
}

/** An event as the delivery log knows it; `blocked`: its session was held up. */
export function subjectOf(webhook: Webhook, event: LogEvent, blocked: boolean): LostDelivery {
  const session = blocked || webhook.ordering === 'session' ? orderingKey(event) : null;
  return { event: event.id, eventType: event.type, session, delivery: null, blocked };
}

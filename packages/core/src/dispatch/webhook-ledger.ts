/** What the lane of a webhook has to record, and what becomes of it once it is recorded. */

import type { WaitingDelivery } from '../deliveries.ts';
import type { EventId, SessionId } from '../ids.ts';
import { limits } from '../limits.ts';
import type { FinishedDelivery, Lane, LostDelivery, RecordDeliveries, RecordedDelivery } from '../webhook-store.ts';
import type { HeldSession, HeldSessions } from './held-sessions.ts';
import type { Ledger } from './recorder.ts';
import type { Retries } from './retries.ts';
import type { Outcome } from './sender.ts';
import type { Window, WindowEntry } from './window.ts';

/** Where a delivery comes from: the window, the waiting ones, or a session that was held up. */
export type Source =
  | { readonly kind: 'new'; readonly entry: WindowEntry }
  | { readonly kind: 'waiting'; readonly delivery: WaitingDelivery }
  | { readonly kind: 'held'; readonly held: HeldSession };

interface Result {
  readonly source: Source;
  readonly subject: LostDelivery;
  /** Null: the event is gone. */
  readonly outcome: Outcome | null;
}

export interface WebhookLedgerOptions {
  readonly lane: Lane & { readonly kind: 'webhook' };
  readonly retrySeconds: readonly number[];
  readonly window: Window;
  readonly retries: Retries;
  readonly held: HeldSessions;
  readonly nowUs: () => number;
  /** The cursor may be moved even if nothing else is to be recorded. */
  readonly isMoveDue: () => boolean;
  /** Something is recorded: there may be room to read, and more to send. */
  readonly onRecorded: (disabled: boolean) => void;
}

export class WebhookLedger implements Ledger {
  /** Results of first attempts that are not recorded. */
  unrecorded = 0;
  readonly #options: WebhookLedgerOptions;
  readonly #results: Result[] = [];
  readonly #drained: HeldSession[] = [];
  /** What is being written. */
  #taken: readonly Result[] = [];
  #ended: readonly HeldSession[] = [];
  #position: EventId;

  constructor(options: WebhookLedgerOptions) {
    this.#options = options;
    this.#position = options.lane.webhook.position;
  }

  /** Notes what came of a delivery. */
  add(source: Source, subject: LostDelivery, outcome: Outcome | null): void {
    this.#results.push({ source, subject, outcome });
    if (source.kind !== 'waiting') this.unrecorded++;
    if (source.kind === 'held') source.held.unrecorded++;
    // What failed holds its session up until the record says for how long; what is lost never went out.
    if (outcome === null || outcome.attempt.error !== null) return;
    if (source.kind === 'held') this.#options.held.goOn(source.held);
    else if (source.kind === 'new' && source.entry.session !== null) this.#options.window.release(source.entry.session);
  }

  /** Notes that nothing is left of a session that was held up. */
  addDrained(held: HeldSession): void {
    this.#drained.push(held);
    this.#options.window.hold(held.session);
  }

  compose(last: boolean): RecordDeliveries | null {
    const { lane, window, retrySeconds, isMoveDue } = this.#options;
    this.#taken = this.#results.splice(0, limits.recordedDeliveries);
    this.#ended = this.#drained.splice(0, limits.recordedDeliveries);
    for (const { source } of this.#taken) if (source.kind === 'new') window.settle(source.entry);
    const reached = window.reached ?? this.#position;
    const moves = reached > this.#position;
    if (this.#taken.length === 0 && this.#ended.length === 0 && !(moves && (last || isMoveDue()))) return null;
    this.#position = reached;
    return {
      lane: lane.id,
      fence: lane.fence,
      position: moves ? reached : null,
      finished: this.#taken.flatMap(({ subject, outcome }) => (outcome === null ? [] : [finished(subject, outcome)])),
      lost: this.#taken.flatMap(({ subject, outcome }) => (outcome === null ? [subject] : [])),
      unblocked: this.#ended.map(({ session }) => session),
      retrySeconds,
    };
  }

  recorded(deliveries: readonly RecordedDelivery[], disabled: boolean): void {
    let at = 0;
    for (const result of this.#taken) {
      const recorded = result.outcome === null ? null : (deliveries[at++] ?? null);
      this.#conclude(result, recorded);
    }
    this.#taken = [];
    for (const ended of this.#ended) {
      this.#options.held.end(ended);
      this.#options.window.release(ended.session);
    }
    this.#ended = [];
    this.#options.onRecorded(disabled);
  }

  #conclude({ source, subject, outcome }: Result, recorded: RecordedDelivery | null): void {
    const { retries, held, nowUs } = this.#options;
    const succeeded = outcome === null ? null : outcome.attempt.error === null;
    const after = waitingAfter(subject, recorded);
    if (source.kind !== 'waiting') this.unrecorded--;
    retries.recorded(source.kind === 'waiting' ? source.delivery : null, after, succeeded, nowUs());
    if (source.kind === 'waiting') {
      if (after === null && subject.session !== null) held.over(subject.session, subject.event, source.delivery.id);
    } else if (source.kind === 'held') {
      source.held.unrecorded--;
      if (after !== null) held.wait(source.held, subject.event, after.id);
      else if (succeeded === false) held.goOn(source.held);
    } else if (source.entry.session !== null && succeeded === false) {
      this.#orderBehind(source.entry.session, subject.event, after);
    }
  }

  /** What follows a failed event of its session waits with it, or goes on. */
  #orderBehind(session: SessionId, event: EventId, after: WaitingDelivery | null): void {
    const { window, held } = this.#options;
    if (after === null) {
      window.release(session);
      return;
    }
    const passed = window.passBehind(session);
    const block = held.begin(session, event, after.id);
    if (passed !== null) held.pass(block, passed);
  }
}

function finished(subject: LostDelivery, { attempt, gone, retryAfterUs }: Outcome): FinishedDelivery {
  return { ...subject, attempts: [attempt], gone, retryAfterUs };
}

function waitingAfter(
  { event, eventType, session }: LostDelivery,
  recorded: RecordedDelivery | null,
): WaitingDelivery | null {
  if (recorded === null || recorded.id === null || recorded.nextUs === null) return null;
  return { id: recorded.id, event, eventType, session, state: 'retrying', nextUs: recorded.nextUs };
}

/**
 * A webhook's deliveries that wait for another attempt: the earliest ones, ordered by their time. Beyond a number of
 * waiting rows the webhook takes no new events, and its endpoint is probed with one delivery at a time.
 */
import type { WaitingDelivery } from '../deliveries.ts';
import type { DeliveryId } from '../ids.ts';
import { pauseMs } from './alarm.ts';

const FIRST_PROBE_MS = 5_000;
const LONGEST_PROBE_MS = 5 * 60_000;

export class Retries {
  readonly #rows: number;
  #waiting: WaitingDelivery[] = [];
  /** Whether the store has no waiting deliveries beyond these. */
  #complete = true;
  /** Under way, or over and not recorded yet. */
  readonly #busy = new Set<DeliveryId>();
  #retrying = 0;
  #probing = false;
  #failedProbes = 0;
  #probeUs = 0;

  /** `rows`: how many deliveries may wait by themselves. */
  constructor(rows: number) {
    this.#rows = rows;
  }

  /** Whether one more event may be tried beside so many that are under way, or over and not recorded. */
  hasRoom(unrecorded: number): boolean {
    return !this.#probing && this.#retrying + unrecorded < this.#rows;
  }

  /** Whether the store has waiting deliveries of which none is known. */
  get isShort(): boolean {
    return !this.#complete && this.#waiting.length === 0 && this.#busy.size === 0;
  }

  /** The earliest waiting deliveries as the store has them, at most as many as may wait. */
  load(data: readonly WaitingDelivery[], retrying: number): void {
    this.#complete = data.length < this.#rows;
    this.#waiting = data.filter(({ id }) => !this.#busy.has(id));
    this.#retrying = retrying;
    this.#probing = retrying >= this.#rows;
  }

  /** The delivery that is due; null: none is. `asked`: only one that somebody asked for. */
  next(nowUs: number, asked: boolean): WaitingDelivery | null {
    if (this.#probing && (this.#busy.size > 0 || nowUs < this.#probeUs)) return null;
    const at = asked ? this.#waiting.findIndex(({ state }) => state === 'pending') : 0;
    const delivery = this.#waiting[at];
    if (delivery === undefined || delivery.nextUs > nowUs) return null;
    this.#waiting.splice(at, 1);
    this.#busy.add(delivery.id);
    return delivery;
  }

  /** When the next one is due; null: that is not known, or depends on one that is under way. */
  dueUs(): number | null {
    const [first] = this.#waiting;
    if (first === undefined || (this.#probing && this.#busy.size > 0)) return null;
    return this.#probing ? Math.max(first.nextUs, this.#probeUs) : first.nextUs;
  }

  /** It was not sent after all. */
  back(delivery: WaitingDelivery): void {
    this.#busy.delete(delivery.id);
    this.#insert(delivery);
  }

  /** Brings forward what waits for its next attempt. */
  hasten(id: DeliveryId, nowUs: number): void {
    const at = this.#waiting.findIndex((delivery) => delivery.id === id);
    const [delivery] = at === -1 ? [] : this.#waiting.splice(at, 1);
    if (delivery !== undefined) this.#insert({ ...delivery, nextUs: Math.min(delivery.nextUs, nowUs) });
  }

  /**
   * An attempt is recorded. `before`: as the delivery waited, null: it was the first attempt; `after`: as it waits now,
   * null: it is over; `succeeded`: null when there was nothing to try.
   */
  recorded(
    before: WaitingDelivery | null,
    after: WaitingDelivery | null,
    succeeded: boolean | null,
    nowUs: number,
  ): void {
    if (before !== null) this.#busy.delete(before.id);
    if (before?.state === 'retrying') this.#retrying--;
    if (after !== null) {
      this.#retrying++;
      this.#insert(after);
    }
    if (succeeded !== null) this.#judge(succeeded, nowUs);
    else if (this.#retrying < this.#rows) this.#probing = false;
  }

  #judge(succeeded: boolean, nowUs: number): void {
    this.#probing = !succeeded && this.#retrying >= this.#rows;
    this.#failedProbes = this.#probing ? this.#failedProbes + 1 : 0;
    this.#probeUs = this.#probing ? nowUs + pauseMs(this.#failedProbes, FIRST_PROBE_MS, LONGEST_PROBE_MS) * 1000 : 0;
  }

  #insert(delivery: WaitingDelivery): void {
    const last = this.#waiting.at(-1);
    if (!this.#complete && (last === undefined || delivery.nextUs > last.nextUs)) return;
    let low = 0;
    let high = this.#waiting.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#waiting[middle] as WaitingDelivery).nextUs <= delivery.nextUs) low = middle + 1;
      else high = middle;
    }
    this.#waiting.splice(low, 0, delivery);
    if (this.#waiting.length <= this.#rows) return;
    this.#waiting.pop();
    this.#complete = false;
  }
}

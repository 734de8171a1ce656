/** Writes what a lane has to record: one call at a time, and what gathers meanwhile goes into the next. */
import { TurnlogError } from '../errors.ts';
import type { RecordDeliveries, Recorded, RecordedDelivery } from '../webhook-store.ts';
import { pauseMs } from './alarm.ts';
import { type LaneContext, type LaneEnd, ownWrite } from './context.ts';

/** What a lane records. */
export interface Ledger {
  /** What is to be written now, taken; null: nothing. `last`: the lane is closing. */
  compose(last: boolean): RecordDeliveries | null;
  /** What was taken is written. */
  recorded(deliveries: readonly RecordedDelivery[], disabled: boolean): void;
}

/** Certainly not stored, and may be tried again. */
const PASSING: ReadonlySet<string> = new Set(['overloaded', 'storage_full']);
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
/** How often a closing lane tries again. */
const LAST_TRIES = 5;

export class Recorder {
  /** Whether the store refuses writes at this moment. */
  refused = false;
  readonly #context: LaneContext;
  readonly #ledger: Ledger;
  readonly #ended: (end: LaneEnd) => void;
  readonly #jobs: (() => Promise<void>)[] = [];
  #running: Promise<void> = Promise.resolve();
  #busy = false;
  #closing = false;
  #over = false;
  #endPause: (() => void) | null = null;

  /** `ended` is told, once, when nothing more can be recorded. */
  constructor(context: LaneContext, ledger: Ledger, ended: (end: LaneEnd) => void) {
    this.#context = context;
    this.#ledger = ledger;
    this.#ended = ended;
  }

  /** Writes what there is. */
  kick(): void {
    if (this.#over || this.#busy) return;
    this.#busy = true;
    this.#running = this.#run();
  }

  /** Does something while no write is under way, before the next one. */
  between(job: () => Promise<void>): void {
    this.#jobs.push(job);
    this.kick();
  }

  /** Resolves when everything is written, or nothing more can be. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#jobs.length = 0;
    this.#endPause?.();
    await this.#running;
    this.kick();
    await this.#running;
    this.#over = true;
  }

  /** Writes nothing more. */
  abandon(): void {
    this.#over = true;
    this.#jobs.length = 0;
    this.#endPause?.();
  }

  async #run(): Promise<void> {
    try {
      while (!this.#over) {
        const job = this.#jobs.shift();
        if (job !== undefined) {
          await job();
          continue;
        }
        const command = this.#ledger.compose(this.#closing);
        if (command === null) break;
        const recorded = await this.#write(command);
        if (recorded === null || this.#over) break;
        if (recorded.kind === 'fenced') this.#end('fenced');
        else this.#ledger.recorded(recorded.deliveries, recorded.disabled);
      }
    } catch (error) {
      this.#context.options.onFault(error);
      this.#end('fault');
    }
    this.#busy = false;
  }

  /** Null: it was given up. */
  async #write(command: RecordDeliveries): Promise<Recorded | null> {
    const { org, options } = this.#context;
    for (let failures = 1; !this.#over; failures++) {
      try {
        const recorded = await options.store.recordDeliveries(org, command, ownWrite(options));
        this.refused = false;
        return recorded;
      } catch (error) {
        if (!(error instanceof TurnlogError) || !PASSING.has(error.code)) throw error;
        if (failures === 1) options.onFault(error);
        this.refused = true;
        if (this.#closing && failures > LAST_TRIES) this.#end('fault');
        else await this.#pause(pauseMs(failures, FIRST_PAUSE_MS, LONGEST_PAUSE_MS));
      }
    }
    return null;
  }

  async #pause(milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#context.options.after(milliseconds, resolve);
      this.#endPause = () => {
        cancel();
        resolve();
      };
    });
    this.#endPause = null;
  }

  #end(end: LaneEnd): void {
    if (this.#over) return;
    this.abandon();
    this.#ended(end);
  }
}

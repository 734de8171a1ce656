/**
 * Dispatchers over a log in memory, in a time of their own. Everything that a process waits for (a read, a commit, its
 * answer, a request, a timer) is a step that somebody takes, and a process can be killed between any two.
 */
import type { Receipt } from '../../src/courier.ts';
import { Dispatcher, type DispatcherOptions } from '../../src/dispatch.ts';
import type { EventId } from '../../src/ids.ts';
import type { LogStream, Store } from '../../src/store.ts';
import type { WakeupListener } from '../../src/wakeups.ts';
import type { RecordDeliveries } from '../../src/webhook-store.ts';
import type { Dice } from './dice.ts';
import { LaneLog, type Told } from './lane-log.ts';
import { NOW_US } from './plans.ts';
import { seededBytes } from './random.ts';

/** A request that reached an endpoint. */
export interface Arrival {
  readonly url: string;
  readonly event: EventId;
  readonly replay: string | null;
  readonly atUs: number;
  readonly statusCode: number | null;
}

/** How an endpoint answers the n-th request for an event, from 1; null: it hangs until its time is over. */
export type Answer = (event: EventId, n: number, url: string) => Partial<Receipt> | number | null;

export interface StageOptions {
  readonly answer?: Answer;
  /** How long a request takes. */
  readonly latencyMs?: number | (() => number);
  readonly dispatcher?: Partial<DispatcherOptions>;
  /** What a write is refused with. */
  readonly refusal?: () => Error | null;
  /** How many rows a read looks at. */
  readonly bound?: () => number;
  readonly writeLetter?: DispatcherOptions['writeLetter'];
  /** Told of every timer that is set. */
  readonly onTimer?: (milliseconds: number) => void;
  /** What a planted fault makes of a record before it is written. */
  readonly tamper?: (command: RecordDeliveries) => RecordDeliveries;
}

interface Step {
  readonly process: Process | null;
  /** `commit`: happens although its process is killed, perhaps. */
  readonly kind: 'commit' | 'other';
  readonly run: () => void;
}

interface Timer extends Step {
  readonly atUs: number;
}

const HANG_MS = 15_000;
const STEPS_MAX = 200_000;

/** A dispatcher and what it hears. */
export class Process {
  readonly dispatcher: Dispatcher;
  listener: WakeupListener | null = null;
  killed = false;
  /** Attempts under way, by endpoint, and by endpoint and event. */
  readonly underWay = new Map<string, number>();

  constructor(options: (process: Process) => DispatcherOptions) {
    this.dispatcher = new Dispatcher(options(this));
  }
}

export class DispatchStage {
  nowUs = NOW_US;
  readonly log: LaneLog;
  readonly arrivals: Arrival[] = [];
  readonly faults: unknown[] = [];
  readonly processes: Process[] = [];
  answer: Answer;
  /** Attempts at an endpoint that one process had under way at a time, at most. */
  readonly most = new Map<string, number>();
  /** Attempts that all processes have under way, and had at most. */
  underWay = 0;
  mostUnderWay = 0;
  /** Attempts at one event of one endpoint that one process had under way at a time, at most. */
  mostOfOneEvent = 0;
  readonly calls = { readOn: 0, claim: 0, record: 0 };
  readonly #options: StageOptions;
  readonly #seed: number;
  readonly #counts = new Map<string, number>();
  #steps: Step[] = [];
  #timers: Timer[] = [];

  constructor(options: StageOptions = {}, seed = 1) {
    this.#options = options;
    this.#seed = seed;
    this.answer = options.answer ?? (() => 200);
    this.log = new LaneLog(
      seed,
      () => this.nowUs,
      (told) => this.#tell(told),
    );
  }

  /** A process that serves; its start is under way. */
  begin(): Process {
    const process = new Process((own) => this.#dispatcherOptions(own));
    this.processes.push(process);
    void process.dispatcher.start();
    return process;
  }

  /** What it had under way may still happen, and it hears of none of it; `dice` decides. */
  kill(process: Process, dice: Dice | null = null): void {
    process.killed = true;
    process.listener = null;
    const left = this.#steps.filter((step) => step.process === process && step.kind === 'commit');
    this.#steps = this.#steps.filter((step) => step.process !== process);
    this.#timers = this.#timers.filter((timer) => timer.process !== process);
    for (const { run } of left) if (dice?.chance(0.5)) run();
    this.#steps = this.#steps.filter((step) => step.process !== process);
  }

  /** A process dies, and its leases with it, as when a store of one process opens. */
  restart(process: Process, dice: Dice | null = null): Process {
    this.kill(process, dice);
    this.log.endLeases();
    return this.begin();
  }

  /** Takes steps, oldest first, until none waits. */
  async settle(): Promise<void> {
    await rest();
    for (let taken = 0; this.#steps.length > 0; taken++) {
      if (taken > STEPS_MAX) throw new Error('It does not come to rest.');
      this.#steps.shift()?.run();
      await rest();
    }
  }

  /** Lets time pass, and everything happen that it brings. */
  async elapse(milliseconds: number): Promise<void> {
    await this.settle();
    const untilUs = this.nowUs + milliseconds * 1000;
    while (this.#earliest() <= untilUs) await this.#ring();
    this.nowUs = untilUs;
  }

  /** Lets time pass until something is so. */
  async until(isSo: () => boolean, milliseconds = 60_000): Promise<void> {
    await this.settle();
    const untilUs = this.nowUs + milliseconds * 1000;
    while (!isSo()) {
      if (this.#earliest() > untilUs) throw new Error('It is never so.');
      await this.#ring();
    }
  }

  /** Takes any step that waits, or lets the next timer ring when there is none; false: nothing is left. */
  async takeAny(dice: Dice): Promise<boolean> {
    const [step] = this.#steps.splice(dice.below(Math.max(this.#steps.length, 1)), 1);
    if (step === undefined) {
      if (this.#timers.length === 0) return false;
      this.nowUs = Math.max(this.nowUs, this.#earliest());
      this.#ringOne();
    } else step.run();
    await rest();
    return true;
  }

  /** What has reached an endpoint, in order. */
  arrived(url?: string): readonly EventId[] {
    return this.arrivals.filter((arrival) => url === undefined || arrival.url === url).map(({ event }) => event);
  }

  #earliest(): number {
    return this.#timers.reduce((earliest, { atUs }) => Math.min(earliest, atUs), Number.POSITIVE_INFINITY);
  }

  async #ring(): Promise<void> {
    this.nowUs = Math.max(this.nowUs, this.#earliest());
    this.#ringOne();
    await this.settle();
  }

  #ringOne(): void {
    const earliest = this.#earliest();
    const at = this.#timers.findIndex(({ atUs }) => atUs === earliest);
    this.#timers.splice(at, 1)[0]?.run();
  }

  #tell({ woken, lanesChanged, deleted }: Told): void {
    const { org } = this.log;
    for (const process of this.processes) {
      this.#step(process, () => {
        if (lanesChanged) process.listener?.lanesChanged?.(org);
        if (deleted) process.listener?.sessionsDeleted?.(org, deleted);
        if (woken) process.listener?.woken(org, woken);
      });
    }
  }

  #step(process: Process | null, run: () => void, kind: Step['kind'] = 'other'): void {
    if (!process?.killed) this.#steps.push({ process, kind, run });
  }

  #after(process: Process | null, milliseconds: number, run: () => void): () => void {
    const timer: Timer = { process, kind: 'other', run, atUs: this.nowUs + milliseconds * 1000 };
    if (!process?.killed) this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  #read<Value>(process: Process, answer: () => Value): Promise<Value> {
    return new Promise((resolve) => {
      this.#step(process, () => {
        const value = answer();
        this.#step(process, () => resolve(value));
      });
    });
  }

  #write<Value>(process: Process, change: () => Value): Promise<Value> {
    return new Promise((resolve, reject) => {
      const commit = () => {
        const refusal = this.#options.refusal?.() ?? null;
        const value = refusal === null ? change() : null;
        this.#step(process, () => (refusal === null ? resolve(value as Value) : reject(refusal)));
      };
      this.#step(process, commit, 'commit');
    });
  }

  #dispatcherOptions(process: Process): DispatcherOptions {
    const { log } = this;
    const { writeLetter = letterOf } = this.#options;
    return {
      store: this.#store(process),
      directory: { orgsWithLanes: () => this.#read(process, () => (log.hasLanes() ? [log.org] : [])) },
      wakeups: {
        listen: (listener) => {
          const before = process.listener;
          process.listener = before === null ? listener : both(before, listener);
          return () => {};
        },
      },
      courier: {
        problemOf: () => null,
        post: (letter) => this.#post(process, letter.url, letter.headers),
        close: async () => {},
      },
      writeLetter,
      nowUs: () => this.nowUs,
      random: seededBytes(this.#seed + 1000 * this.processes.length),
      after: (milliseconds, call) => {
        this.#options.onTimer?.(milliseconds);
        return this.#after(process, milliseconds, call);
      },
      nextTurn: () => new Promise((resolve) => this.#step(process, resolve)),
      retrySeconds: [0, 5, 30, 300],
      onFault: (error) => this.faults.push(error),
      ...this.#options.dispatcher,
    };
  }

  #store(process: Process): Store {
    const { log, calls } = this;
    const { bound = () => 1_000, tamper = (command) => command } = this.#options;
    const store: Pick<
      Store,
      | 'claimLanes'
      | 'releaseLanes'
      | 'recordDeliveries'
      | 'waitingDeliveries'
      | 'blocksOf'
      | 'getFeedEvent'
      | 'readOn'
      | 'headOf'
      | 'lastUs'
    > = {
      claimLanes: (_org, { owner, untilUs }) => {
        calls.claim++;
        return this.#write(process, () => log.claim(owner, untilUs));
      },
      releaseLanes: (_org, owner) => this.#write(process, () => log.release(owner)),
      recordDeliveries: (_org, command) => {
        calls.record++;
        return this.#write(process, () => log.record(tamper(command)));
      },
      waitingDeliveries: (_org, webhook, limit) => this.#read(process, () => log.waiting(webhook, limit)),
      blocksOf: (_org, webhook) => this.#read(process, () => log.blocksOf(webhook)),
      getFeedEvent: (_org, id) =>
        this.#read(process, () => {
          const event = log.event(id);
          return event && { ...event, text: '{}' };
        }),
      readOn: (_org, _stream: LogStream, after, filter) => {
        calls.readOn++;
        return this.#read(process, () => log.slice(after, filter, bound()));
      },
      headOf: () => this.#read(process, () => log.rows.at(-1)?.id ?? null),
      lastUs: () => this.#read(process, () => log.lastUs),
    };
    return store as Store;
  }

  #post(process: Process, url: string, headers: Readonly<Record<string, string>>): Promise<Receipt> {
    const event = headers['webhook-id'] as EventId;
    const replay = headers['webhook-replay-id'] ?? null;
    const own = `${url} ${event} ${replay}`;
    this.#raise(process.underWay, own, 1);
    this.mostOfOneEvent = Math.max(this.mostOfOneEvent, process.underWay.get(own) ?? 0);
    this.#raise(process.underWay, url, 1);
    this.most.set(url, Math.max(this.most.get(url) ?? 0, process.underWay.get(url) ?? 0));
    this.underWay++;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    const { latencyMs = 0 } = this.#options;
    return new Promise((resolve) => {
      const arrive = () => {
        this.#raise(this.#counts, `${url} ${event}`, 1);
        const answer = this.answer(event, this.#counts.get(`${url} ${event}`) ?? 1, url);
        const receipt = receiptOf(answer);
        this.arrivals.push({ url, event, replay, atUs: this.nowUs, statusCode: receipt.statusCode });
        const leave = () => {
          this.#raise(process.underWay, own, -1);
          this.#raise(process.underWay, url, -1);
          this.underWay--;
          resolve(receipt);
        };
        const takesMs = answer === null ? HANG_MS : typeof latencyMs === 'number' ? latencyMs : latencyMs();
        if (takesMs === 0) this.#step(process, leave);
        else this.#after(process, takesMs, leave);
      };
      this.#step(process, arrive, 'commit');
    });
  }

  #raise(counts: Map<string, number>, key: string, by: number): void {
    counts.set(key, (counts.get(key) ?? 0) + by);
  }
}

function both(first: WakeupListener, second: WakeupListener): WakeupListener {
  return {
    woken: (...args) => {
      first.woken(...args);
      second.woken(...args);
    },
    lanesChanged: (org) => {
      first.lanesChanged?.(org);
      second.lanesChanged?.(org);
    },
    sessionsDeleted: (...args) => {
      first.sessionsDeleted?.(...args);
      second.sessionsDeleted?.(...args);
    },
    reconnected: () => {
      first.reconnected();
      second.reconnected();
    },
  };
}

export const letterOf: DispatcherOptions['writeLetter'] = ({ url, event, replay }) => ({
  url,
  headers: { 'webhook-id': event.id, ...(replay === null ? {} : { 'webhook-replay-id': replay }) },
  body: new Uint8Array(0),
});

function receiptOf(answer: Partial<Receipt> | number | null): Receipt {
  const given = typeof answer === 'number' ? { statusCode: answer } : (answer ?? { statusCode: null });
  const statusCode = given.statusCode ?? null;
  const succeeded = statusCode !== null && statusCode >= 200 && statusCode < 300;
  const error = succeeded ? null : statusCode === null ? 'Timed out' : `HTTP ${statusCode}`;
  return { durationMs: 1, excerpt: null, retryAfterSeconds: null, ...given, statusCode, error };
}

/** Lets everything happen that waits for no step. */
function rest(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Planned group commit, seen from the main thread: commands wait per org while a commit runs, and the next commit takes
 * what has gathered, fairly over the orgs. Bounded; no timers.
 */

import type { Worker } from 'node:worker_threads';
import type { NowMicros } from '@turnlog/core/clock';
import { TurnlogError } from '@turnlog/core/errors';
import type { OrgId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import { keptSinceUs } from './kept-answers.ts';
import type { BatchReply, BatchRequest, Command, CommandResult, Touch, Woken } from './protocol.ts';

interface Waiting {
  readonly command: Command;
  readonly bytes: number;
  readonly resolve: (result: Extract<CommandResult, { ok: true }>) => void;
  readonly reject: (error: Error) => void;
}

export interface WriteQueueOptions {
  readonly thread: Worker;
  readonly nowUs: NowMicros;
  readonly deliveryKeptMs: number;
  /** Told of each commit before it is acknowledged: reads must see it from then on, and who waits for more is woken. */
  readonly onCommitted: (woken: readonly Woken[]) => void;
  /** Told once when the outcome of a commit is unknown; the process should then end. */
  readonly onUnknown: (message: string) => void;
}

/** Background rows in a commit that also carries commands: a quarter of one that carries none. */
const SHARED_BACKGROUND_ROWS = limits.backgroundRows / 4;
const SWEEP_EVERY_MS = 60_000;

export class WriteQueue {
  readonly #thread: Worker;
  readonly #nowUs: NowMicros;
  readonly #deliveryKeptUs: number;
  readonly #onCommitted: (woken: readonly Woken[]) => void;
  readonly #onUnknown: (message: string) => void;
  readonly #byOrg = new Map<OrgId, Waiting[]>();
  readonly #touches: Touch[] = [];
  /** Commands of a batch that failed unexpectedly: each goes alone, so that one cannot harm the others. */
  readonly #suspects: Waiting[] = [];
  readonly #sweeper: NodeJS.Timeout;
  #running: readonly Waiting[] | null = null;
  #commands = 0;
  #bytes = 0;
  #sweepDue = true;
  #backlog = true;
  #state: 'open' | 'closing' | 'broken' = 'open';
  readonly #idle: (() => void)[] = [];
  #closed: Promise<void> | undefined;

  constructor(options: WriteQueueOptions) {
    const { thread } = options;
    this.#thread = thread;
    this.#nowUs = options.nowUs;
    this.#deliveryKeptUs = options.deliveryKeptMs * 1000;
    this.#onCommitted = options.onCommitted;
    this.#onUnknown = options.onUnknown;
    thread.on('message', (reply: BatchReply) => this.#receive(reply));
    thread.on('error', (error) => this.#break(`The writer's thread failed: ${error.message}`));
    thread.on('exit', () => this.#break("The writer's thread ended."));
    this.#sweeper = setInterval(() => {
      this.#sweepDue = true;
      this.#pump();
    }, SWEEP_EVERY_MS).unref();
    this.#pump();
  }

  /** Resolves when the command is on disk; `bytes` is what it holds in memory. */
  submit(command: Command, bytes: number): Promise<Extract<CommandResult, { ok: true }>> {
    if (this.#state !== 'open') {
      return Promise.reject(
        new TurnlogError('shutting_down', 'The server is stopping; nothing was stored. Try again.'),
      );
    }
    if (this.#commands >= limits.queueCommands || this.#bytes + bytes > limits.queueBytes) {
      return Promise.reject(
        new TurnlogError('overloaded', 'Too many writes are waiting; nothing was stored. Try again in a moment.'),
      );
    }
    return new Promise((resolve, reject) => {
      const waiting = this.#byOrg.get(command.org);
      const item = { command, bytes, resolve, reject };
      if (waiting) waiting.push(item);
      else this.#byOrg.set(command.org, [item]);
      this.#commands++;
      this.#bytes += bytes;
      this.#pump();
    });
  }

  touch(touches: Iterable<Touch>): void {
    this.#touches.push(...touches);
    this.#pump();
  }

  /** Resolves when no command waits and no background work is left. */
  settled(): Promise<void> {
    if (this.#isBroken()) return Promise.resolve();
    const drained = this.#drained();
    this.#pump();
    return drained;
  }

  /** Finishes what was accepted, then ends the thread; may be called again. */
  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    clearInterval(this.#sweeper);
    if (this.#state === 'broken') return;
    this.#state = 'closing';
    while (this.#running !== null || this.#commands > 0 || this.#suspects.length > 0) await this.#drained();
    if (this.#isBroken()) return;
    this.#thread.removeAllListeners('exit');
    const ended = new Promise((resolve) => this.#thread.once('exit', resolve));
    this.#thread.postMessage(null);
    await ended;
  }

  #isBroken(): boolean {
    return this.#state === 'broken';
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#idle.push(resolve);
    });
  }

  #pump(): void {
    if (this.#running !== null || this.#state === 'broken') return;
    const waiting = this.#take();
    const background = this.#state === 'open' && (this.#backlog || this.#sweepDue || this.#touches.length > 0);
    if (waiting.length === 0 && !background) {
      for (const resolve of this.#idle.splice(0)) resolve();
      return;
    }
    this.#running = waiting;
    const rows = waiting.length === 0 ? limits.backgroundRows : SHARED_BACKGROUND_ROWS;
    const nowUs = this.#nowUs();
    const request: BatchRequest = {
      nowUs,
      commands: waiting.map(({ command }) => command),
      background: {
        rows,
        touches: this.#touches.splice(0, rows),
        sweepBeforeUs: this.#sweepDue || this.#backlog ? keptSinceUs(nowUs) : null,
        sweepDue: this.#sweepDue,
        deliveriesBeforeUs: nowUs - this.#deliveryKeptUs,
      },
    };
    this.#thread.postMessage(request);
  }

  /** The next commit's commands: one of each org in turn, until a bound is met; an org that had its turn goes last. */
  #take(): Waiting[] {
    if (this.#suspects.length > 0) return this.#suspects.splice(0, 1);
    const taken: Waiting[] = [];
    let bytes = 0;
    for (const [org, waiting] of this.#byOrg) {
      const next = waiting[0] as Waiting;
      if (taken.length > 0 && bytes + next.bytes > limits.commitBytes) break;
      waiting.shift();
      this.#byOrg.delete(org);
      if (waiting.length > 0) this.#byOrg.set(org, waiting); // the loop meets it again, behind the others
      taken.push(next);
      bytes += next.bytes;
      if (taken.length === limits.commitCommands) break;
    }
    this.#commands -= taken.length;
    this.#bytes -= bytes;
    return taken;
  }

  #receive(reply: BatchReply): void {
    const running = this.#running ?? [];
    this.#running = null;
    if (reply.kind === 'unknown') {
      this.#fail(running, outcomeUnknown());
      this.#break(reply.message);
      return;
    }
    if (reply.kind === 'aborted') {
      this.#backlog = false; // background work waits for the next commit that succeeds
      this.#sweepDue = false;
      if (reply.code === 'internal' && running.length > 1) this.#suspects.push(...running);
      else this.#fail(running, refusalOf(reply));
    } else {
      this.#onCommitted(reply.woken);
      this.#backlog = reply.backlog;
      this.#sweepDue = false;
      for (const [index, waiting] of running.entries()) settle(waiting, reply.results[index] as CommandResult);
    }
    this.#pump();
  }

  #fail(running: readonly Waiting[], error: Error): void {
    for (const waiting of running) waiting.reject(error);
  }

  /** The thread is gone: what it held has an unknown outcome, what still waits is certainly not stored. */
  #break(message: string): void {
    if (this.#state === 'broken') return;
    this.#state = 'broken';
    clearInterval(this.#sweeper);
    this.#fail(this.#running ?? [], outcomeUnknown());
    this.#running = null;
    const stopping = new TurnlogError('shutting_down', 'The server is stopping; nothing was stored. Try again.');
    for (const waiting of [this.#suspects, ...this.#byOrg.values()]) this.#fail(waiting, stopping);
    this.#suspects.length = 0;
    this.#byOrg.clear();
    this.#commands = 0;
    this.#bytes = 0;
    for (const resolve of this.#idle.splice(0)) resolve();
    this.#onUnknown(message);
  }
}

function settle(waiting: Waiting, result: CommandResult): void {
  if (result.ok) waiting.resolve(result);
  else waiting.reject(new TurnlogError(result.code, result.message, result.param));
}

function refusalOf(reply: Extract<BatchReply, { kind: 'aborted' }>): TurnlogError {
  if (reply.code === 'storage_full') {
    return new TurnlogError('storage_full', 'The disk is full; nothing was stored. Free some space, then try again.');
  }
  if (reply.code === 'overloaded') return new TurnlogError('overloaded', reply.message);
  return new TurnlogError('internal', reply.message);
}

function outcomeUnknown(): TurnlogError {
  return new TurnlogError(
    'outcome_unknown',
    'The write could not be confirmed. Repeat it with the same Idempotency-Key, or read back before you repeat it.',
  );
}

/** A store whose writer's thread a test can hold, kill and question. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openStore, type SqliteStore } from '../../src/index.ts';
import { START_US } from './commands.ts';
import { type AtEnd, newFile, newFolder } from './folder.ts';
import { type BatchRecord, CELL, DEATHS, EVERY_BATCH, EVERY_PAGE, newCell, type WatchData } from './watch-cell.ts';

const WATCHED_THREAD = new URL('./watched-thread.ts', import.meta.url);

export interface WatchedOptions {
  readonly file?: string;
  readonly nowUs?: () => number;
  /** Whether the thread stops before its very first batch, which every opening sends. */
  readonly held?: boolean;
  readonly atEnd?: AtEnd;
}

export class Watched {
  readonly file: string;
  readonly store: SqliteStore;
  /** What `onUnknown` was told. */
  readonly unknown: string[] = [];
  readonly #control: Int32Array<SharedArrayBuffer>;
  readonly #log: string;

  constructor(options: WatchedOptions = {}) {
    const { nowUs = () => START_US, held = false, atEnd = onTestFinished } = options;
    const { file = newFile(atEnd) } = options;
    this.file = file;
    this.#log = join(newFolder(atEnd), 'log');
    writeFileSync(this.#log, '');
    const data = { cell: newCell(), log: this.#log } satisfies WatchData;
    this.#control = new Int32Array(data.cell);
    if (held) this.#set(CELL.allowed, 0);
    const onUnknown = (message: string) => this.unknown.push(message);
    const thread = { entry: WATCHED_THREAD, data: { ...data } };
    this.store = openStore({ file, nowUs, onUnknown, thread });
    atEnd(async () => {
      this.release();
      await this.store.close();
    });
  }

  /** Stops the thread before its next batch; the store must be idle. */
  async hold(): Promise<void> {
    await this.store.settled();
    this.#set(CELL.allowed, this.#get(CELL.arrived));
  }

  /** Lets the next batches run. */
  letThrough(batches: number): void {
    this.#set(CELL.allowed, this.#get(CELL.allowed) + batches);
  }

  release(): void {
    this.#set(CELL.allowed, EVERY_BATCH);
  }

  /** Resolves when the thread stands before the batch that `hold` or `letThrough` has left out. */
  async standing(): Promise<void> {
    for (;;) {
      const arrived = this.#get(CELL.arrived);
      if (arrived > this.#get(CELL.allowed)) return;
      await Atomics.waitAsync(this.#control, CELL.arrived, arrived).value;
    }
  }

  /** How the thread ends with its next batch. */
  die(death: (typeof DEATHS)[number]): void {
    this.#set(CELL.death, DEATHS.indexOf(death));
  }

  /** Bounds the file, in pages; null: no bound. */
  limitPages(pages: number | null): void {
    this.#set(CELL.maxPages, pages ?? EVERY_PAGE);
  }

  lowerSynchronous(level: number): void {
    this.#set(CELL.synchronous, level);
  }

  /** What the thread has noted, oldest first. */
  batches(): BatchRecord[] {
    const lines = readFileSync(this.#log, 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as BatchRecord);
  }

  #get(index: number): number {
    return Atomics.load(this.#control, index);
  }

  #set(index: number, value: number): void {
    Atomics.store(this.#control, index, value);
    Atomics.notify(this.#control, index);
  }
}

/** The other end of a promise that a test holds on to: never unhandled, however late it is looked at. */
export function kept<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => {});
  return promise;
}

/** What a read leaves to others: how often the loop turns while it runs, and what is answered meanwhile. */
import type { OrgId } from '@turnlog/core/ids';
import { openStore, type SqliteStore } from '../../src/index.ts';
import { newOrg, START_US } from './commands.ts';
import { newFile, withEnd } from './folder.ts';

/** Runs a test on a store of its own. */
export async function withStore(work: (store: SqliteStore, org: OrgId, file: string) => Promise<void>): Promise<void> {
  await withEnd(async (atEnd) => {
    const file = newFile(atEnd);
    const store = openStore({ file, nowUs: () => START_US, onUnknown: () => {} });
    atEnd(() => store.close());
    await work(store, newOrg(store), file);
  });
}

/** How many turns the loop took while a read ran, and what the read answered. */
export async function turnsDuring<Value>(
  read: () => Promise<Value>,
): Promise<{ readonly turns: number; readonly value: Value }> {
  let turns = 0;
  let running = true;
  const turn = () => {
    turns++;
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  const value = await read();
  running = false;
  return { turns, value };
}

/** Other reads, one after the other, for as long as a read runs; answers how many of them were answered meanwhile. */
export async function readsDuring(read: Promise<unknown>, other: () => Promise<unknown>): Promise<number> {
  let answered = 0;
  let running = true;
  const ended = read.finally(() => {
    running = false;
  });
  while (running) {
    await other();
    answered++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await ended;
  return answered;
}

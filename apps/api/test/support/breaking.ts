/** Tails whose store can be made to fail. */
import { Tails } from '@turnlog/core/tails';
import { nextTurn } from '../../src/process/machine.ts';
import type { HarnessOptions } from '../harness.ts';

export interface Breakable {
  /** From then on no tail can read on. */
  broken: boolean;
  readonly options: HarnessOptions;
}

export function breakable(): Breakable {
  const state: Breakable = {
    broken: false,
    options: ({ store }) => ({
      tails: new Tails({
        store: {
          headOf: store.headOf.bind(store),
          getEvent: store.getEvent.bind(store),
          lastUs: store.lastUs.bind(store),
          async readOn(...question: Parameters<typeof store.readOn>) {
            if (state.broken) throw new Error('disk I/O error in /secret/path');
            return store.readOn(...question);
          },
        },
        wakeups: store,
        lagBytes: 1_000_000,
        nextTurn,
      }),
    }),
  };
  return state;
}

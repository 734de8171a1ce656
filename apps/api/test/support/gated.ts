/** Streams and held lists that begin to open, and wait at a gate. */
import { Tails } from '@turnlog/core/tails';
import { nextTurn } from '../../src/process/machine.ts';
import type { HarnessOptions } from '../harness.ts';

export interface Gate {
  /** How many wait, or have waited. */
  asked: number;
  open(): void;
  readonly options: Extract<HarnessOptions, (...harness: never[]) => unknown>;
}

export function gated(): Gate {
  const { promise, resolve } = Promise.withResolvers<void>();
  const gate: Gate = {
    asked: 0,
    open: resolve,
    options: ({ store }) => {
      const slow = {
        readOn: store.readOn.bind(store),
        getEvent: store.getEvent.bind(store),
        lastUs: store.lastUs.bind(store),
        async headOf(...question: Parameters<typeof store.headOf>) {
          gate.asked++;
          await promise;
          return store.headOf(...question);
        },
      };
      return { tails: new Tails({ store: slow, wakeups: store, lagBytes: 1_000_000, nextTurn }) };
    },
  };
  return gate;
}

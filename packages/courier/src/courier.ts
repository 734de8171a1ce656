/** The Courier port on undici. */
import type { NowMicros } from '@turnlog/core/clock';
import type { Courier, Receipt } from '@turnlog/core/courier';
import { Agent } from 'undici';
import { Attempt } from './attempt.ts';
import { createConnector } from './connector.ts';
import { Egress } from './egress.ts';
import { problemOf } from './endpoint.ts';
import { createLookup, type Lookup } from './names.ts';

export interface CourierOptions {
  /** Networks as `10.0.0.0/8` into which plain http and every port are fine too. */
  readonly allow: readonly string[];
  /** From the call to the end of the answer. */
  readonly timeoutMs: number;
  readonly nowUs: NowMicros;
  /** Absent: DNS. */
  readonly lookup?: Lookup;
}

/** Connections of one origin that wait for its next request, and for how long. */
const IDLE_CONNECTIONS = 8;
const IDLE_MS = 4_000;
/** Stands for what is no URL: nothing answers there. */
const NOWHERE = 'https://nowhere.invalid';
const HEADER_BYTES = 16 * 1024;
const MICROS_PER_MS = 1000;

/** Takes no proxy from the environment and follows no redirect. Throws when a network is none. */
export function createCourier(options: CourierOptions): Courier {
  const { allow, timeoutMs, nowUs } = options;
  const egress = new Egress(allow);
  const lookup = options.lookup ?? createLookup(egress.anyInside);
  const agent = new Agent({
    connect: createConnector({ egress, lookup, timeoutMs }),
    allowH2: false,
    pipelining: 1,
    keepAliveTimeout: IDLE_MS,
    keepAliveMaxTimeout: IDLE_MS,
    maxHeaderSize: HEADER_BYTES,
    headersTimeout: 0, // an attempt has a timer of its own
    bodyTimeout: 0,
  });
  const underWay = new Counts();
  return {
    problemOf: (url) => problemOf(url, egress),
    post({ url, headers, body }) {
      const { origin, pathname, search } = new URL(URL.canParse(url) ? url : NOWHERE);
      return new Promise<Receipt>((resolve) => {
        const attempt = new Attempt({
          timeoutMs,
          nowMs: () => nowUs() / MICROS_PER_MS,
          settle: (receipt) => {
            underWay.remove(origin);
            resolve(receipt);
          },
        });
        const reset = underWay.add(origin) > IDLE_CONNECTIONS;
        agent.dispatch(
          { origin, path: `${pathname}${search}`, method: 'POST', headers: { ...headers }, body, reset },
          attempt,
        );
      });
    },
    close: () => agent.destroy(),
  };
}

/** How many there are of each. */
class Counts {
  readonly #counts = new Map<string, number>();

  add(key: string): number {
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    return count;
  }

  remove(key: string): void {
    const count = (this.#counts.get(key) ?? 0) - 1;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }
}

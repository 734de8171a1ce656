/** The Courier port on undici. */
import type { NowMicros } from '@turnlog/core/clock';
import type { Courier, Receipt } from '@turnlog/core/courier';
import { Agent } from 'undici';
import { Attempt } from './attempt.ts';
import { createConnector } from './connector.ts';
import { Egress } from './egress.ts';
import { problemOf } from './endpoint.ts';
import type { Failure } from './failures.ts';
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

/** How long a connection waits for its origin's next delivery; beyond so many, over all origins, none waits. */
const CONNECTIONS_KEPT = 1_000;
const IDLE_MS = 4_000;
const HEADER_BYTES = 16 * 1024;
const MICROS_PER_MS = 1000;
/** What comes of a letter without a usable address. */
const UNSENT: Receipt = {
  statusCode: null,
  durationMs: 0,
  error: 'Request failed' satisfies Failure,
  excerpt: null,
  retryAfterSeconds: null,
};

/** Takes no proxy from the environment and follows no redirect. Throws when a network is none. */
export function createCourier(options: CourierOptions): Courier {
  const { allow, timeoutMs, nowUs } = options;
  const egress = new Egress(allow);
  const lookup = options.lookup ?? createLookup(egress.anyInside);
  const connector = createConnector({ egress, lookup, timeoutMs });
  const agent = new Agent({
    connect: connector.connect,
    allowH2: false,
    pipelining: 1,
    keepAliveTimeout: IDLE_MS,
    keepAliveMaxTimeout: IDLE_MS,
    maxHeaderSize: HEADER_BYTES,
    headersTimeout: 0, // an attempt has a timer of its own
    bodyTimeout: 0,
  });
  return {
    problemOf: (url) => problemOf(url, egress),
    post({ url, headers, body }) {
      const target = URL.parse(url);
      if (target === null) return Promise.resolve(UNSENT);
      const { origin, pathname, search } = target;
      const reset = connector.open() > CONNECTIONS_KEPT;
      const request = { origin, path: `${pathname}${search}`, headers: { ...headers }, body, reset } as const;
      return new Promise<Receipt>((settle) => {
        const attempt = new Attempt({ timeoutMs, nowMs: () => nowUs() / MICROS_PER_MS, settle });
        agent.dispatch({ ...request, method: 'POST' }, attempt);
      });
    },
    close: () => agent.destroy(),
  };
}

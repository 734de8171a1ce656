/** The server of the moment: after a crash, the next one. */
import type { ServerProcess } from './server-process.ts';

export interface Address {
  readonly url: string;
  /** How many crashes there had been when it started. */
  readonly crashes: number;
}

/** From a crash until the next server listened, by `performance.now()`. */
export interface Outage {
  readonly fromMs: number;
  untilMs: number;
}

export class CrashingServer {
  crashes = 0;
  readonly outages: Outage[] = [];
  readonly #start: () => Promise<ServerProcess>;
  #current: Promise<ServerProcess>;

  constructor(start: () => Promise<ServerProcess>) {
    this.#start = start;
    this.#current = start();
  }

  async url(): Promise<string> {
    return (await this.address()).url;
  }

  async address(): Promise<Address> {
    for (;;) {
      const { crashes } = this;
      const server = await this.#current;
      if (crashes !== this.crashes) continue;
      server.checkAlive();
      return { url: server.url, crashes };
    }
  }

  crash(): void {
    this.crashes++;
    const outage: Outage = { fromMs: performance.now(), untilMs: Number.POSITIVE_INFINITY };
    this.outages.push(outage);
    this.#current = this.#current
      .then((server) => server.kill())
      .then(this.#start)
      .finally(() => {
        outage.untilMs = performance.now();
      });
  }

  async end(): Promise<void> {
    await (await this.#current).kill();
  }
}

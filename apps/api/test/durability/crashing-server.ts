/** The server of the moment: after a crash, the next one. */
import type { ServerProcess } from './server-process.ts';

export interface Address {
  readonly url: string;
  /** How many crashes there had been when it started. */
  readonly crashes: number;
}

export class CrashingServer {
  crashes = 0;
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
    this.#current = this.#current.then((server) => server.kill()).then(this.#start);
  }

  async end(): Promise<void> {
    await (await this.#current).kill();
  }
}

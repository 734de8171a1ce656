/** Programs beside the server: their output as it comes, and their end by process id. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

/** Whether a program runs here and does not fail. */
export function runs(program: string, ...args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

export class Program {
  output = '';
  errors = '';
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #waiting = new Set<() => void>();

  constructor(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const proxies = { NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1' };
    this.#process = spawn(program, args, { env: { ...process.env, ...proxies, ...env } });
    this.#process.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      this.output += chunk;
      this.#look();
    });
    this.#process.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      this.errors += chunk;
    });
    this.#ended = once(this.#process, 'close').then(() => this.#look());
  }

  /** Resolves once something is true of the output; rejects when the program ends before. */
  async until(condition: (output: string) => boolean): Promise<string> {
    while (!condition(this.output)) {
      if (this.#process.exitCode !== null) throw new Error(`It ended after: ${this.output}${this.errors}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
    return this.output;
  }

  /** What it has written by its own end. Rejects when it fails. */
  async all(): Promise<string> {
    await this.#ended;
    if (this.#process.exitCode !== 0) throw new Error(`It failed: ${this.output}${this.errors}`);
    return this.output;
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#ended;
  }

  #look(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}

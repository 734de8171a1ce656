/** A server in a process of its own, whose CPU time and memory can be asked for. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const REPORTER = new URL('./usage-reporter.ts', import.meta.url).href;
const LISTENING = /listens on (http:\/\/\S+)/;

export class MeasuredServer {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
  }

  /** Starts a script that prints "listens on URL". */
  static async start(script: URL, environment: NodeJS.ProcessEnv): Promise<MeasuredServer> {
    const child = fork(fileURLToPath(script), {
      env: { ...process.env, ...environment },
      execArgv: ['--max-semi-space-size=16', '--expose-gc', '--import', REPORTER], // the first as `npm start` has it
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    process.once('exit', () => child.kill('SIGKILL')); // a benchmark that fails leaves nothing behind
    const url = await new Promise<string>((resolve, reject) => {
      let output = '';
      child.stdout?.on('data', (chunk: Buffer) => {
        output += chunk;
        const match = LISTENING.exec(output);
        if (match?.[1]) resolve(match[1]);
      });
      child.once('exit', () => reject(new Error(`${script.pathname} ended before it listened:\n${output}`)));
    });
    return new MeasuredServer(url, child);
  }

  /** CPU time that the process has used, all threads, in microseconds. */
  cpuMicros(): Promise<number> {
    return this.#ask('cpu');
  }

  /** Memory that the process holds after a full collection, in bytes. */
  residentBytes(): Promise<number> {
    return this.#ask('memory');
  }

  async #ask(what: 'cpu' | 'memory'): Promise<number> {
    this.#child.send(what);
    const [answer] = (await once(this.#child, 'message')) as [number];
    return answer;
  }

  async stop(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await gone;
  }
}

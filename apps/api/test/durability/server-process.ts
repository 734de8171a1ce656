/** A real server process on a file, to be killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export const TOKEN = 'durability-token-0123456789-abcdefghij';
const ENTRY = fileURLToPath(new URL('../../bin/turnlog.mjs', import.meta.url));
const LISTENING = /listens on (http:\/\/\S+)/;

export class ServerProcess {
  readonly url: string;
  readonly #child: ChildProcess;
  #ending = false;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
  }

  /** Starts `entry` (the server itself, unless a test plants faults into it) and resolves when it listens. */
  static async start(file: string, entry = ENTRY, environment: NodeJS.ProcessEnv = {}): Promise<ServerProcess> {
    const child = spawn(process.execPath, [entry], {
      env: { ...process.env, PORT: '0', DATABASE_URL: `file:${file}`, BOOTSTRAP_TOKEN: TOKEN, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const url = await new Promise<string>((resolve, reject) => {
      const read = (chunk: Buffer) => {
        output += chunk;
        const match = LISTENING.exec(output);
        if (match?.[1]) resolve(match[1]);
      };
      child.stdout?.on('data', read);
      child.stderr?.on('data', read);
      child.once('exit', (code) => reject(new Error(`The server ended with ${code} before it listened:\n${output}`)));
    });
    return new ServerProcess(url, child);
  }

  /** Throws when the server has ended though nobody ended it. */
  checkAlive(): void {
    const { exitCode, signalCode } = this.#child;
    if (this.#ending || (exitCode === null && signalCode === null)) return;
    throw new Error(`The server ended by itself, with ${exitCode ?? signalCode}.`);
  }

  /** The exit code, once the server has ended by itself. */
  async ended(): Promise<number | null> {
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
    return this.#child.exitCode;
  }

  /** SIGKILL, as a crash; resolves when the process is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** SIGTERM; answers the exit code. */
  async stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    this.#ending = true;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode;
    const gone = once(this.#child, 'exit');
    this.#child.kill(signal);
    const [code] = (await gone) as [number | null];
    return code;
  }
}

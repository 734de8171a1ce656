/** Turnlog as the benchmarks use it: a server of its own on a new file, one token, and the few requests they send. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MeasuredServer } from './measured-server.ts';

const ENTRY = new URL('../../../apps/api/bin/turnlog.mjs', import.meta.url);
const FILE = 'turnlog.db';
const TOKEN = 'benchmark-token-0123456789-abcdefghij';

export class Turnlog {
  readonly server: MeasuredServer;
  readonly headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  readonly #folder: string;

  private constructor(server: MeasuredServer, folder: string) {
    this.server = server;
    this.#folder = folder;
  }

  static async start(environment: NodeJS.ProcessEnv = {}): Promise<Turnlog> {
    const folder = mkdtempSync(join(tmpdir(), 'turnlog-bench-'));
    const own = { PORT: '0', DATABASE_URL: `file:${join(folder, FILE)}`, BOOTSTRAP_TOKEN: TOKEN };
    return new Turnlog(await MeasuredServer.start(ENTRY, { ...own, ...environment }), folder);
  }

  async newSession(): Promise<string> {
    const { id } = JSON.parse(await this.post('/sessions', '{}')) as { id: string };
    return id;
  }

  /** Appends one event; answers its stored text. */
  async append(session: string, event: object): Promise<string> {
    const answer = await this.post(`/sessions/${session}/events`, JSON.stringify({ events: [event] }));
    return answer.slice('{"data":['.length, -']}'.length);
  }

  events(session: string): string {
    return `${this.server.url}/v1/sessions/${session}/events`;
  }

  get(path: string): Promise<string> {
    return this.#ask(path, { headers: this.headers });
  }

  post(path: string, body: string): Promise<string> {
    return this.#ask(path, { method: 'POST', headers: this.headers, body });
  }

  async #ask(path: string, init: RequestInit): Promise<string> {
    const response = await fetch(`${this.server.url}/v1${path}`, init);
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return text;
  }

  /** Answers how many bytes its file had in the end. */
  async stop(): Promise<number> {
    await this.server.stop();
    const { size } = statSync(join(this.#folder, FILE));
    rmSync(this.#folder, { recursive: true });
    return size;
  }
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))] as number;
}

/** An event of usual size. */
export const MESSAGE = { type: 'agent.message', content: [{ type: 'text', text: 'The test passes now. '.repeat(8) }] };

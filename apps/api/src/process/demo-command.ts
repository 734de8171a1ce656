/** `npm run demo`: plays the recorded session into the running server at reading speed, for a second terminal to watch. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeSecret, secretPrefix } from '@turnlog/core/tokens';
import { openOrgDesk } from '@turnlog/store-sqlite';
import { sha256 } from '../http/credentials.ts';
import { nowUs, randomBytes } from './machine.ts';

export interface DemoOptions {
  /** The database of the running server, in which the demo's token is made. */
  readonly file: string;
  readonly url: string;
  /** The repository, which holds the recorded session. */
  readonly root: string;
  readonly write: (text: string) => void;
}

const USAGE = `Usage:
  npm run demo             play the recorded session at reading speed, about a minute
  npm run demo -- --fast   play it as fast as it goes
`;
const RECORDING = join('examples', 'recorded-session.jsonl');
const TOKEN_SECONDS = 60 * 60;
/** Reading speed: a pause before each event, and more for what there is to read. */
const PAUSE_MS = 200;
const PAUSE_MS_PER_CHARACTER = 2;
const LONGEST_PAUSE_MS = 2_000;
const SHOWN_CHARACTERS = 72;

/** Plays; answers the exit code. */
export async function runDemoCommand(words: readonly string[], options: DemoOptions): Promise<number> {
  const { write } = options;
  if (words.some((word) => word !== '--fast')) {
    write(USAGE);
    return words.includes('--help') ? 0 : 2;
  }
  try {
    await play(new Client(options.url, demoToken(options)), words.includes('--fast'), options);
    return 0;
  } catch (error) {
    if (!(error instanceof DemoError)) throw error;
    write(`${error.message}\n`);
    return 1;
  }
}

/** Why the demo cannot go on, in one sentence that says what to do. */
class DemoError extends Error {}

async function play(client: Client, fast: boolean, { root, write }: DemoOptions): Promise<void> {
  const lines = readFileSync(join(root, RECORDING), 'utf8').trimEnd().split('\n');
  const session = await client.post('/sessions', JSON.stringify({ title: 'Demo: a recorded agent run' }));
  const path = `/sessions/${session.id}/events`;
  write(`Paste this into a second terminal, now or later, to watch session ${session.id}:\n\n`);
  write(`curl -sSN "${client.url}${path}/stream?from=start" -H "Authorization: Bearer ${client.token}"\n\n`);
  const startMs = performance.now();
  for (const line of lines) {
    if (!fast) await sleep(Math.min(LONGEST_PAUSE_MS, PAUSE_MS + line.length * PAUSE_MS_PER_CHARACTER));
    await client.post(path, `{"events":[${line}]}`);
    write(`${shown(line)}\n`);
  }
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  write(`\n${lines.length} events in ${seconds} s. The recording ends the session, so its streams end with [DONE].\n`);
}

/** A token of the first org, as the server's operator may make them; it ends by itself. */
function demoToken({ file }: DemoOptions): string {
  if (!existsSync(file)) throw new DemoError('There is no log yet. In another terminal: npm start');
  const desk = openOrgDesk(file, nowUs);
  try {
    const org = desk.firstOrg();
    if (org === null) throw new DemoError('There is no organisation yet. In another terminal: npm start');
    const secret = makeSecret(randomBytes);
    const expiresUs = nowUs() + TOKEN_SECONDS * 1_000_000;
    desk.createToken(org, { name: 'demo', hash: sha256(secret), prefix: secretPrefix(secret), expiresUs });
    return secret;
  } finally {
    desk.close();
  }
}

class Client {
  readonly url: string;
  readonly token: string;

  constructor(url: string, token: string) {
    this.url = `${url}/v1`;
    this.token = token;
  }

  async post(path: string, body: string): Promise<{ readonly id?: string }> {
    const headers = { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' };
    const response = await fetch(`${this.url}${path}`, { method: 'POST', headers, body }).catch(() => null);
    if (response === null) {
      throw new DemoError(`Nothing answers at ${this.url}. In another terminal: npm start`);
    }
    if (response.status === 401) {
      throw new DemoError(`The server at ${this.url} keeps another log: give both the same DATABASE_URL and PORT.`);
    }
    if (!response.ok) throw new DemoError(`The server answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as { readonly id?: string };
  }
}

/** An event in one short line: its type, and the beginning of what it says. */
function shown(line: string): string {
  const {
    type,
    occurred_at: _,
    ...rest
  } = JSON.parse(line) as { readonly type: string; readonly occurred_at?: string };
  const words = JSON.stringify(rest).replaceAll(/\s+/g, ' ');
  const text = words.length > SHOWN_CHARACTERS ? `${words.slice(0, SHOWN_CHARACTERS).toWellFormed()}…` : words;
  return `${type.padEnd(28)} ${text}`;
}

/** `npm run demo`: plays the recorded session into the running server at reading speed, for a second terminal to watch. */
import { randomUUID } from 'node:crypto';
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
const ELSEWHERE = ' Give this command the PORT and DATABASE_URL of the server, if it has its own.';
const TOKEN_SECONDS = 60 * 60;
const TOKEN_SCOPES = ['sessions:write', 'events:write', 'events:read'] as const;
/** How long a server that is being restarted is waited for. */
const PATIENCE_MS = 30_000;
const RETRY_MS = 250;
/** Reading speed: a pause before each event, and more for what there is to read. */
const PAUSE_MS = 200;
const PAUSE_MS_PER_CHARACTER = 2;
const LONGEST_PAUSE_MS = 2_000;
const SHOWN_CHARACTERS = 72;
const ENVELOPE = new Set(['turn_id', 'occurred_at', 'schema_version']);

/** Plays; answers the exit code. */
export async function runDemoCommand(words: readonly string[], options: DemoOptions): Promise<number> {
  const { write } = options;
  if (words.some((word) => word !== '--fast')) {
    write(USAGE);
    return words.includes('--help') ? 0 : 2;
  }
  try {
    await askWhetherReady(options.url);
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

/** Nothing is made before the server is known to be there. */
async function askWhetherReady(url: string): Promise<void> {
  const answer = await fetch(`${url}/readyz`).then(
    (response) => response.text(),
    () => null,
  );
  if (answer === null)
    throw new DemoError(`Nothing answers at ${url}: start the server first, with npm start.${ELSEWHERE}`);
  if (!answer.includes('"ready"'))
    throw new DemoError(`What answers at ${url} is no Turnlog that is ready.${ELSEWHERE}`);
}

/** A token of the first org, as the server's operator may make them; it ends by itself. */
function demoToken({ file }: DemoOptions): string {
  if (!existsSync(file)) throw new DemoError(`There is no log in ${file}.${ELSEWHERE}`);
  const desk = openOrgDesk(file, nowUs);
  try {
    const org = desk.firstOrg();
    if (org === null)
      throw new DemoError(`There is no organisation in ${file} yet: start the server first, with npm start.`);
    const secret = makeSecret(randomBytes);
    const expiresUs = nowUs() + TOKEN_SECONDS * 1_000_000;
    const token = { name: 'demo', hash: sha256(secret), prefix: secretPrefix(secret), expiresUs, scopes: TOKEN_SCOPES };
    desk.createToken(org, token);
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

  /** Sends one request until it is answered: a server that restarts meanwhile knows it by its key. */
  async post(path: string, body: string): Promise<{ readonly id?: string }> {
    const headers = {
      authorization: `Bearer ${this.token}`,
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
    };
    const untilMs = performance.now() + PATIENCE_MS;
    for (;;) {
      const response = await fetch(`${this.url}${path}`, { method: 'POST', headers, body }).catch(() => null);
      if (response?.ok) return (await response.json()) as { readonly id?: string };
      if (response?.status === 401) {
        throw new DemoError(`The server at ${this.url} keeps another log.${ELSEWHERE}`);
      }
      if (response !== null && response.status < 500) {
        throw new DemoError(`The server answered ${response.status}: ${await response.text()}`);
      }
      if (performance.now() > untilMs) throw new DemoError(`Nothing answers at ${this.url} any more.`);
      await sleep(RETRY_MS);
    }
  }
}

/** An event in one short line: its type, and the beginning of what it says. */
function shown(line: string): string {
  const { type, ...members } = JSON.parse(line) as Readonly<Record<string, unknown>>;
  const own = Object.entries(members).filter(([name]) => !ENVELOPE.has(name));
  const words = JSON.stringify(Object.fromEntries(own)).replaceAll(/\s+/g, ' ');
  const text = words.length > SHOWN_CHARACTERS ? `${words.slice(0, SHOWN_CHARACTERS).toWellFormed()}…` : words;
  return `${String(type).padEnd(28)} ${text}`;
}

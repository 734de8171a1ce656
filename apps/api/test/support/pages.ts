/**
 * Pages that can be followed by hand. In a page's `console` blocks lines that begin with `$ ` are commands; what stands
 * below is their output, in which `…` stands for anything, and ids, times and numbers that change from run to run are
 * compared by kind. The block with `npm start` says how the server is configured.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

export const REPOSITORY = fileURLToPath(new URL('../../../..', import.meta.url));

export interface Step {
  readonly command: string;
  readonly output: string;
}

/** What a page's own addresses and its token give way to. */
export interface Place {
  /** Of the server. */
  readonly address: string;
  /** On which an endpoint may listen that the page starts. */
  readonly endpointPort: number;
  readonly token: string;
}

const BLOCK = /^```console\n([\s\S]*?)^```$/gm;
const START = /^((?:[A-Z_]+=\S+ )*)npm start$/;
const ADDRESS = /127\.0\.0\.1:(?:8080|8765)/g;
const ENDPOINT = /127\.0\.0\.1:4000/g;
const PLACEHOLDER = /^(\$ )?TOKEN=tlog_pat_…$/;
const SPECIAL = /[.*+?^${}()|[\]\\]/g;

/** The steps of a page, and the variables that its server is started with. */
export function stepsOf(page: string): {
  readonly steps: readonly Step[];
  readonly environment: Record<string, string>;
} {
  const environment: Record<string, string> = {};
  const steps: Step[] = [];
  for (const [, block = ''] of page.matchAll(BLOCK)) {
    for (const part of block.split(/^\$ /m).slice(1)) {
      const [command, output] = cut(part);
      const start = START.exec(command);
      if (start === null) steps.push({ command, output });
      for (const assignment of start?.[1]?.trim().split(' ').filter(Boolean) ?? []) {
        const [name = '', value = ''] = assignment.split('=');
        environment[name] = value;
      }
    }
  }
  return { steps, environment };
}

/** A command goes on while a quote is open or a line ends with a backslash. */
function cut(part: string): [command: string, output: string] {
  const lines = part.split('\n');
  let taken = 1;
  while (taken < lines.length && isOpen(lines.slice(0, taken).join('\n'))) taken++;
  return [lines.slice(0, taken).join('\n'), lines.slice(taken).join('\n')];
}

function isOpen(command: string): boolean {
  const unquoted = command.replace(/'[^']*'/g, '').replace(/"(?:[^"\\]|\\.)*"/g, '');
  return unquoted.includes("'") || unquoted.includes('"') || command.endsWith('\\');
}

/**
 * Follows the steps in one shell; answers the output of each command, of fewer when `signal` comes before the end. What a
 * command has left behind ends with the shell.
 */
export async function follow(steps: readonly Step[], place: Place, signal: AbortSignal): Promise<string[]> {
  const mark = '-- end of a command --';
  const commands = steps.map(({ command }) => placed(command, place).replace(PLACEHOLDER, `TOKEN=${place.token}`));
  const script = commands.map((command) => `${command}\nprintf '\\n%s\\n' '${mark}'\n`).join('');
  const env = { ...process.env, PORT: `${place.endpointPort}` };
  const child = spawn('bash', ['-s'], { cwd: REPOSITORY, detached: true, env });
  let output = '';
  const done = new Promise<void>((resolve) => {
    const take = (chunk: Buffer) => {
      output += chunk;
      if (output.split(`${mark}\n`).length > commands.length) resolve();
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('close', () => resolve());
    signal.addEventListener('abort', () => resolve());
  });
  child.stdin.end(script);
  await done;
  try {
    process.kill(-(child.pid as number));
  } catch {
    // nothing was left behind
  }
  return output.split(`\n${mark}\n`).slice(0, -1);
}

/** A text of a page with the addresses that there really are. */
export function placed(text: string, { address, endpointPort }: Place): string {
  return text.replaceAll(ADDRESS, address).replaceAll(ENDPOINT, `127.0.0.1:${endpointPort}`);
}

const KINDS: readonly (readonly [RegExp, string])[] = [
  [/\b(sess|evt|turn|req|org|tok|wh|del|rpl)_[0-7][0-9A-HJKMNP-TV-Z]{25}\b/g, '<$1>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uuid>'],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,6}Z/g, '<time>'],
  [/"duration_ms":\d+/g, '"duration_ms":<ms>'],
  [/("lag":\{"events":\d+,"seconds":)\d+/g, '$1<seconds>'],
  [/"webhook-timestamp":"\d+"/g, '"webhook-timestamp":"<seconds>"'],
  [/\bwhsec_[A-Za-z0-9+/]+=*/g, '<secret>'],
  [/^retry: \d+$/gm, 'retry: <ms>'],
  [/^(date|x-request-id): .*$/gim, '$1: <changes>'],
];

export function byKind(text: string): string {
  return KINDS.reduce((changed, [pattern, kind]) => changed.replace(pattern, kind), text)
    .replaceAll('\r', '')
    .trimEnd();
}

/** Matches what a page shows, `…` standing for anything. */
export function matcherOf(output: string): RegExp {
  const parts = byKind(output).split('…');
  return new RegExp(`^${parts.map((part) => part.replace(SPECIAL, '\\$&')).join('[\\s\\S]*?')}$`);
}

/** A port of this machine on which nobody listens just now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return port;
}

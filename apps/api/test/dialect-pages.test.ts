/**
 * The pages of the dialects, followed command by command on a fresh start. In a page's `console` blocks lines that begin
 * with `$ ` are commands; what stands below is their output, in which `…` stands for anything, and ids, times and numbers
 * that change from run to run are compared by kind. The block with `npm start` says how the server is configured.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { DIALECTS } from '../src/dialects/prefixes.ts';
import { ServerProcess, TOKEN } from './durability/server-process.ts';

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'turnlog-pages-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Step {
  readonly command: string;
  readonly output: string;
}

const toolless = spawnSync('bash', ['-c', 'command -v curl']).status !== 0;
const BLOCK = /^```console\n([\s\S]*?)^```$/gm;
const START = /^((?:[A-Z_]+=\S+ )*)npm start$/;
const ADDRESS = /127\.0\.0\.1:(?:8080|8765)/g;
const SPECIAL = /[.*+?^${}()|[\]\\]/g;
const PLACEHOLDER = /^(\$ )?TOKEN=tlog_pat_…$/;

/** The steps of a page, and the variables that its server is started with. */
function stepsOf(page: string): { readonly steps: readonly Step[]; readonly environment: Record<string, string> } {
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

/** Runs all commands in one shell; answers the output of each. What a command has left behind ends with the shell. */
async function runAll(commands: readonly string[]): Promise<string[]> {
  const mark = '-- end of a command --';
  const script = commands.map((command) => `${command}\nprintf '\\n%s\\n' '${mark}'\n`).join('');
  const child = spawn('bash', ['-s'], { cwd: REPOSITORY, detached: true });
  let output = '';
  const done = new Promise<void>((resolve) => {
    const take = (chunk: Buffer) => {
      output += chunk;
      if (output.split(`${mark}\n`).length > commands.length) resolve();
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('close', () => resolve());
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

const KINDS: readonly (readonly [RegExp, string])[] = [
  [/\b(sess|evt|turn|req|org|tok)_[0-7][0-9A-HJKMNP-TV-Z]{25}\b/g, '<$1>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uuid>'],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,6}Z/g, '<time>'],
  [/"duration_ms":\d+/g, '"duration_ms":<ms>'],
  [/^retry: \d+$/gm, 'retry: <ms>'],
  [/^(date|x-request-id): .*$/gim, '$1: <changes>'],
];

function byKind(text: string): string {
  return KINDS.reduce((changed, [pattern, kind]) => changed.replace(pattern, kind), text)
    .replaceAll('\r', '')
    .trimEnd();
}

/** Matches what a page shows, `…` standing for anything. */
function matcherOf(output: string): RegExp {
  const parts = byKind(output).split('…');
  return new RegExp(`^${parts.map((part) => part.replace(SPECIAL, '\\$&')).join('[\\s\\S]*?')}$`);
}

describe.each(DIALECTS)('the page of %s', (name) => {
  it('shows what its commands do on a fresh start', async ({ skip }) => {
    skip(toolless, 'needs bash and curl');
    const page = readFileSync(join(REPOSITORY, `docs/dialects/${name}.md`), 'utf8');
    const { steps, environment } = stepsOf(page);
    expect(steps.length).toBeGreaterThan(4);
    const server = await ServerProcess.start(join(folder, name, 'turnlog.db'), undefined, {
      ...environment,
      PORT: '0',
    });
    try {
      const address = server.url.replace('http://', '');
      const commands = steps.map(({ command }) =>
        command.replaceAll(ADDRESS, address).replace(PLACEHOLDER, `TOKEN=${TOKEN}`),
      );
      const outputs = await runAll(commands);
      expect(outputs).toHaveLength(steps.length);
      for (const [index, { command, output }] of steps.entries()) {
        const shown = output.replaceAll(ADDRESS, address);
        expect(byKind(outputs[index] ?? ''), command).toMatch(matcherOf(shown));
      }
    } finally {
      await server.stop();
    }
  });
});

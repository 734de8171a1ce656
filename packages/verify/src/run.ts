import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where the tools of the workspace and of this package are linked; the tools run on the Node of the workspace. */
const toolFolders = [
  join(import.meta.dirname, '../node_modules/.bin'),
  join(import.meta.dirname, '../../../node_modules/.bin'),
];

const environment = {
  ...process.env,
  PATH: [...toolFolders, process.env['PATH'] ?? ''].join(delimiter),
  NO_COLOR: '1',
  DO_NOT_TRACK: '1',
};

/** Runs a tool to its end and answers what it said; a tool that cannot be started rejects. */
export function run(command: string, args: readonly string[], folder: string): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code: code ?? 1, stdout: text(stdout), stderr: text(stderr) });
    });
  });
}

/** The last lines of what a tool said, for a problem's sentence. */
export function lastWords(outcome: Outcome, lines = 30): string {
  return `${outcome.stdout}\n${outcome.stderr}`.trim().split('\n').slice(-lines).join('\n');
}

function text(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Wiring: the only reader of the environment. `main.ts` serves; `main.ts org …` manages organisations; `main.ts demo` plays
 * a recorded session into a running server.
 */
import { fileURLToPath } from 'node:url';
import { openStore, StoreFileError } from '@turnlog/store-sqlite';
import { ConfigError, readConfig } from './process/config.ts';
import { runDemoCommand } from './process/demo-command.ts';
import { createLog } from './process/log.ts';
import { runOrgCommand } from './process/org-command.ts';
import { SecretKeyError } from './process/secret-key.ts';
import { type Running, serve, serverUrl } from './process/serve.ts';

/** "The configuration is wrong", as `sysexits.h` numbers it. */
const EXIT_CONFIG = 78;
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

async function main(words: readonly string[]): Promise<void> {
  const folder = process.env['INIT_CWD'] ?? process.cwd();
  const config = readConfig(process.env, folder);
  const write = (text: string) => process.stdout.write(text);
  if (words[0] === 'org') {
    process.exitCode = runOrgCommand(words.slice(1), config.file, write);
    return;
  }
  if (words[0] === 'demo') {
    process.stdout.on('error', () => process.exit(1)); // whoever read this has gone
    const stored = { file: config.file, url: serverUrl(config.host, config.port), root: ROOT };
    process.exitCode = await runDemoCommand(words.slice(1), { ...stored, write });
    return;
  }
  const log = createLog(config.debugLogging);
  const exit = (code: number) => process.exit(code);
  const running = serve({ config, open: openStore, log, folder, root: ROOT, write, exit });
  stopOnSignals(running);
  await running;
}

/** The first signal drains, as soon as the server runs; a second one ends at once. */
function stopOnSignals(running: Promise<Running>): void {
  let stopping = false;
  const stop = () => {
    if (stopping) process.exit(1);
    stopping = true;
    running.then(({ stop: drain }) => drain()).then(() => process.exit(0), fail);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

function fail(error: unknown): void {
  process.stderr.write(`${sentenceOf(error)}\n`);
  process.exit(isConfiguration(error) ? EXIT_CONFIG : 1);
}

function isConfiguration(error: unknown): error is ConfigError | SecretKeyError {
  return error instanceof ConfigError || error instanceof SecretKeyError;
}

function sentenceOf(error: unknown): string {
  if (isConfiguration(error) || error instanceof StoreFileError) return error.message;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return 'Another program listens on this port already: stop it, or set PORT to another one.';
  if (code === 'EACCES')
    return 'This port or folder needs more rights: set PORT above 1023, and DATABASE_URL to a folder of yours.';
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return 'HOST is no address of this machine: set it to one, such as 127.0.0.1.';
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

main(process.argv.slice(2)).catch(fail);

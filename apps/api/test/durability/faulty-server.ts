/** The server with a fault planted into it (`PLANTED_FAULT`), to prove that the rounds see it. */
import { openStore, type SqliteStore, type StoreOptions } from '@turnlog/store-sqlite';
import { readConfig } from '../../src/process/config.ts';
import { createLog } from '../../src/process/log.ts';
import { serve } from '../../src/process/serve.ts';
import { PLANTED } from './faulty-store.ts';

/** `disk-full` ends when `<file>.room` exists; `slow-reads` is no fault, and does no harm. */
export type PlantedFault =
  | 'acknowledged-before-commit'
  | 'key-after-commit'
  | 'shown-before-commit'
  | 'cursor-off-by-one'
  | 'slow-reads'
  | 'subscribe-after-reading'
  | 'dropped-wake-up'
  | 'resume-id-too-late'
  | 'resume-id-too-early'
  | 'commit-fails'
  | 'disk-full';

const fault = process.env['PLANTED_FAULT'] as PlantedFault;
const THREAD = new URL('./faulty-thread.ts', import.meta.url);

function openFaulty(options: StoreOptions): SqliteStore {
  const store = openStore({ ...options, thread: { entry: THREAD, data: { fault } } });
  return PLANTED[fault]?.(store) ?? store;
}

const config = readConfig(process.env, process.cwd());
await serve({
  config,
  open: openFaulty,
  log: createLog(false),
  folder: process.cwd(),
  root: process.cwd(),
  write: (text) => process.stdout.write(text),
  exit: (code) => process.exit(code),
});

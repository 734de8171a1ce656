/** The server with a fault planted into it (`PLANTED_FAULT`), to prove that the rounds see it. */
import { openStore, type SqliteStore, type StoreOptions } from '@turnlog/store-sqlite';
import { readConfig } from '../../src/process/config.ts';
import { createLog } from '../../src/process/log.ts';
import { type ServeOptions, serve } from '../../src/process/serve.ts';
import { PLANTED } from './faulty-store.ts';

/** `disk-full` ends when `<file>.room` exists; `slow-reads`, `two-servers` and `lease-lapses` are no faults, and do no harm. */
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
  | 'disk-full'
  | 'cursor-before-attempt'
  | 'two-servers'
  | 'lease-lapses'
  | 'lease-shared'
  | 'lease-not-fenced';

const fault = process.env['PLANTED_FAULT'] as PlantedFault;
const THREAD = new URL('./faulty-thread.ts', import.meta.url);

/** Served by two at once, over one store. */
const TWOFOLD: ReadonlySet<PlantedFault> = new Set(['two-servers', 'lease-lapses', 'lease-shared', 'lease-not-fenced']);

let opened: SqliteStore | null = null;

function openFaulty(options: StoreOptions): SqliteStore {
  opened ??= openStore({ ...options, thread: { entry: THREAD, data: { fault } } });
  return PLANTED[fault]?.({ ...opened }) ?? opened;
}

const config = readConfig(process.env, process.cwd());
const options: ServeOptions = {
  config,
  open: openFaulty,
  log: createLog(false),
  folder: process.cwd(),
  root: process.cwd(),
  write: (text) => process.stdout.write(text),
  exit: (code) => process.exit(code),
};
if (TWOFOLD.has(fault)) await serve({ ...options, write: () => undefined });
await serve(options);

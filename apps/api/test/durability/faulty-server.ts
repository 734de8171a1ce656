/** The server with a fault planted into it (`PLANTED_FAULT`), to prove that the rounds see it. */
import { openStore, type SqliteStore, type StoreOptions } from '@turnlog/store-sqlite';
import { readConfig } from '../../src/process/config.ts';
import { createLog } from '../../src/process/log.ts';
import { serve } from '../../src/process/serve.ts';

/** `disk-full` ends when `<file>.room` exists. */
export type PlantedFault =
  | 'acknowledged-before-commit'
  | 'key-after-commit'
  | 'cursor-off-by-one'
  | 'commit-fails'
  | 'disk-full';

const fault = process.env['PLANTED_FAULT'] as PlantedFault;
const THREAD = new URL('./faulty-thread.ts', import.meta.url);

function openFaulty(options: StoreOptions): SqliteStore {
  if (fault !== 'cursor-off-by-one') return openStore({ ...options, thread: { entry: THREAD, data: { fault } } });
  const store = openStore(options);
  const { listEvents } = store;
  const skipping: SqliteStore['listEvents'] = async (org, ref, query) => {
    const page = await listEvents(org, ref, query);
    if (page === null || query.cursor?.direction !== 'after') return page;
    const [, ...rest] = JSON.parse(`[${Buffer.from(page.json)}]`) as unknown[];
    return rest.length === 0 ? page : { ...page, json: Buffer.from(JSON.stringify(rest).slice(1, -1)) };
  };
  return Object.assign(store, { listEvents: skipping });
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

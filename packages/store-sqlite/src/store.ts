/** The Store and Directory ports on one SQLite file: reads on this thread, writes through the writer's. */
import { Worker } from 'node:worker_threads';
import type { NowMicros } from '@turnlog/core/clock';
import type { Directory, NewOrg } from '@turnlog/core/directory';
import type { OrgId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import type { Store } from '@turnlog/core/store';
import type { WakeupListener, Wakeups } from '@turnlog/core/wakeups';
import { openReadConnection } from './connection.ts';
import { lockFile } from './lock.ts';
import { openMigrated } from './migrate.ts';
import { type Bootstrap, bootstrap, createOrg, firstOrg, orgsWithLanes } from './orgs.ts';
import { Reader } from './read/reader.ts';
import { TokenReader } from './read/tokens.ts';
import { readsOf } from './reads.ts';
import { freeLanes, type SecretKeyCheck, secretKeyCheck } from './start.ts';
import type { Woken } from './writer/protocol.ts';
import { WriteQueue } from './writer/queue.ts';
import type { WriterThreadData } from './writer/thread.ts';
import { writesOf } from './writes.ts';

export interface StoreOptions {
  /** Path of the database; its folder must exist. `<file>.lock` beside it is held while the store is open. */
  readonly file: string;
  readonly nowUs: NowMicros;
  /** How long deliveries and replays that are over are kept; absent: `limits.deliveryKeptDays`. */
  readonly deliveryKeptMs?: number;
  /** Told once when the outcome of a commit is unknown: end the process, non-zero. */
  readonly onUnknown: (message: string) => void;
  /** Another entry point of the writer's thread, for fault tests; `data` reaches it as `workerData`. */
  readonly thread?: { readonly entry: URL; readonly data: Readonly<Record<string, unknown>> };
}

export interface SqliteStore extends Store, Directory, Wakeups {
  createOrg(org: NewOrg): OrgId;
  bootstrap(org: NewOrg, ensureToken: boolean): Bootstrap;
  /**
   * The value that notices a file restored without its key; where there is none it is made, or null answered. Written
   * at once, as `bootstrap` writes.
   */
  secretKeyCheck(make: (() => Uint8Array) | null): SecretKeyCheck | null;
  /** Resolves when nothing waits to be written and nothing is left to purge. */
  settled(): Promise<void>;
  /** Finishes accepted writes, then closes the file and frees its lock. */
  close(): Promise<void>;
}

const DELIVERY_KEPT_MS = limits.deliveryKeptDays * 24 * 60 * 60 * 1000;
const THREAD_ENTRY = new URL('./writer/thread-entry.mjs', import.meta.url);
/** Opens a file, bringing it to this version's schema. Throws `StoreFileError` with one sentence when it cannot. */
export function openStore(options: StoreOptions): SqliteStore {
  const { file, nowUs } = options;
  const lock = lockFile(file);
  try {
    const writeDb = openMigrated(file);
    freeLanes(writeDb);
    const readDb = openReadConnection(file);
    const data: WriterThreadData & Readonly<Record<string, unknown>> = { ...options.thread?.data, file };
    const thread = new Worker(options.thread?.entry ?? THREAD_ENTRY, { workerData: data });
    const reader = new Reader(readDb);
    const listeners = new Set<WakeupListener>();
    const onCommitted = (woken: readonly Woken[]) => {
      reader.release();
      for (const commit of woken) for (const listener of listeners) tell(listener, commit);
    };
    const { onUnknown, deliveryKeptMs = DELIVERY_KEPT_MS } = options;
    const queue = new WriteQueue({ thread, nowUs, deliveryKeptMs, onCommitted, onUnknown });
    return {
      ...writesOf(queue, nowUs),
      ...readsOf(reader, nowUs),
      ...directoryOf(reader, queue),
      listen: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      createOrg: (org) => {
        reader.release();
        return createOrg(writeDb, org, nowUs());
      },
      bootstrap: (org, ensureToken) => {
        reader.release();
        return bootstrap(writeDb, org, ensureToken, nowUs());
      },
      secretKeyCheck: (make) => secretKeyCheck(writeDb, make),
      settled: () => queue.settled(),
      async close() {
        await queue.close();
        reader.release();
        readDb.close();
        writeDb.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** More to read comes last: who reads on then knows what has become of lanes and sessions. */
function tell(listener: WakeupListener, { org, sessions, deleted, lanesChanged }: Woken): void {
  if (lanesChanged) listener.lanesChanged?.(org);
  if (deleted.length > 0) listener.sessionsDeleted?.(org, deleted);
  if (sessions !== null) listener.woken(org, sessions);
}

function directoryOf(reader: Reader, queue: WriteQueue): Directory {
  const tokens = new TokenReader(reader);
  return {
    findPrincipal: async (hash) => tokens.principal(hash),
    findCapability: async (hash) => tokens.capability(hash),
    firstOrg: async () => firstOrg(reader.statements),
    orgsWithLanes: () => orgsWithLanes(reader.statements),
    touchTokens: (uses) => {
      queue.touch([...uses].map(([token, { org, usedUs }]) => ({ org, token, usedUs })));
    },
  };
}

/** The Store and Directory ports on one SQLite file: reads on this thread, writes through the writer's. */
import { Worker } from 'node:worker_threads';
import type { NowMicros } from '@turnlog/core/clock';
import type { Directory, NewOrg } from '@turnlog/core/directory';
import type { EventDraft } from '@turnlog/core/events';
import type { OrgId } from '@turnlog/core/ids';
import type { UpdateSession } from '@turnlog/core/sessions';
import type { Outcome, Store, WriteContext } from '@turnlog/core/store';
import type { WakeupListener, Wakeups } from '@turnlog/core/wakeups';
import { openReadConnection } from './connection.ts';
import { lockFile } from './lock.ts';
import { openMigrated } from './migrate.ts';
import { type Bootstrap, bootstrap, createOrg, firstOrg } from './orgs.ts';
import { Reader } from './read/reader.ts';
import { TokenReader } from './read/tokens.ts';
import { readsOf } from './reads.ts';
import type { Command, Operation, Woken } from './writer/protocol.ts';
import { WriteQueue } from './writer/queue.ts';
import type { WriterThreadData } from './writer/thread.ts';

export interface StoreOptions {
  /** Path of the database; its folder must exist. `<file>.lock` beside it is held while the store is open. */
  readonly file: string;
  readonly nowUs: NowMicros;
  /** Told once when the outcome of a commit is unknown: end the process, non-zero. */
  readonly onUnknown: (message: string) => void;
  /** Another entry point of the writer's thread, for fault tests; `data` reaches it as `workerData`. */
  readonly thread?: { readonly entry: URL; readonly data: Readonly<Record<string, unknown>> };
}

export interface SqliteStore extends Store, Directory, Wakeups {
  createOrg(org: NewOrg): OrgId;
  bootstrap(org: NewOrg, ensureToken: boolean): Bootstrap;
  /** Resolves when nothing waits to be written and nothing is left to purge. */
  settled(): Promise<void>;
  /** Finishes accepted writes, then closes the file and frees its lock. */
  close(): Promise<void>;
}

const THREAD_ENTRY = new URL('./writer/thread-entry.mjs', import.meta.url);
/** What a command without a payload holds in memory. */
const COMMAND_BYTES = 1_024;
/** What an event holds beside its own members: objects in memory, then an envelope and index entries in the file. */
const EVENT_BYTES = 512;
const BYTES_PER_CHARACTER = 2;

/** Opens a file, bringing it to this version's schema. Throws `StoreFileError` with one sentence when it cannot. */
export function openStore(options: StoreOptions): SqliteStore {
  const { file, nowUs } = options;
  const lock = lockFile(file);
  try {
    const writeDb = openMigrated(file);
    const readDb = openReadConnection(file);
    const data: WriterThreadData & Readonly<Record<string, unknown>> = { ...options.thread?.data, file };
    const thread = new Worker(options.thread?.entry ?? THREAD_ENTRY, { workerData: data });
    const reader = new Reader(readDb);
    const listeners = new Set<WakeupListener>();
    const onCommitted = (woken: readonly Woken[]) => {
      reader.release();
      for (const { org, sessions } of woken) for (const listener of listeners) listener.woken(org, sessions);
    };
    const queue = new WriteQueue({ thread, nowUs, onCommitted, onUnknown: options.onUnknown });
    return {
      ...writesOf(queue),
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

type Writes = Pick<
  Store,
  | 'createSession'
  | 'startSession'
  | 'moveSession'
  | 'updateSession'
  | 'archiveSession'
  | 'cancelSession'
  | 'deleteSession'
  | 'appendEvents'
  | 'publishEvents'
  | 'createToken'
  | 'rotateToken'
  | 'revokeToken'
>;

function writesOf(queue: WriteQueue): Writes {
  /** Each kind of command answers with the value that its store method promises. */
  const submit = <Value>(org: OrgId, context: WriteContext, operation: Operation, bytes = COMMAND_BYTES) =>
    queue.submit({ org, context, ...operation } as Command, bytes) as Promise<Outcome<Value>>;
  return {
    createSession: (org, create, context) =>
      submit(org, context, { kind: 'create-session', create }, bytesOf(create.events, create.metadata)),
    startSession: (org, start, context) =>
      submit(org, context, { kind: 'start-session', start }, bytesOf(start.events, start.metadata)),
    moveSession: (org, ref, move, context) => submit(org, context, { kind: 'move-session', ref, move }),
    updateSession: (org, ref, update, context) =>
      submit(org, context, { kind: 'update-session', ref, update }, bytesOf([], update.metadata)),
    archiveSession: (org, ref, context) => submit(org, context, { kind: 'archive-session', ref }),
    cancelSession: (org, ref, context) => submit(org, context, { kind: 'cancel-session', ref }),
    deleteSession: (org, ref, context) => submit(org, context, { kind: 'delete-session', ref }),
    appendEvents: (org, ref, events, context) =>
      submit(org, context, { kind: 'append-events', ref, events }, bytesOf(events)),
    publishEvents: (org, events, context) => submit(org, context, { kind: 'publish-events', events }, bytesOf(events)),
    createToken: (org, create, context) => submit(org, context, { kind: 'create-token', create }),
    rotateToken: (org, id, rotate, context) => submit(org, context, { kind: 'rotate-token', id, rotate }),
    revokeToken: (org, id, context) => submit(org, context, { kind: 'revoke-token', id }),
  };
}

function directoryOf(reader: Reader, queue: WriteQueue): Directory {
  const tokens = new TokenReader(reader);
  return {
    findPrincipal: async (hash) => tokens.principal(hash),
    findCapability: async (hash) => tokens.capability(hash),
    firstOrg: async () => firstOrg(reader.statements),
    touchTokens: (uses) => {
      queue.touch([...uses].map(([token, { org, usedUs }]) => ({ org, token, usedUs })));
    },
  };
}

/** What a command holds in memory, about. */
function bytesOf(events: readonly EventDraft[], metadata: UpdateSession['metadata'] = {}): number {
  let characters = 0;
  for (const { fields } of events) characters += fields.length;
  for (const [key, value] of Object.entries(metadata)) characters += key.length + (value?.length ?? 0);
  return COMMAND_BYTES + events.length * EVENT_BYTES + characters * BYTES_PER_CHARACTER;
}

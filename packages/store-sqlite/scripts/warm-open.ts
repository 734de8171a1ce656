/**
 * How long a store takes to open a file of 10^6 events, and to answer its first read and its first write, in processes
 * of their own: after a clean end, and after a kill that left a full WAL. Run with `pnpm warm-open [events]`.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ALL_TIME } from '@turnlog/core/clock';
import { draftEvent } from '@turnlog/core/events';
import { makeId, type OrgId, type SessionId } from '@turnlog/core/ids';
import { scanJson } from '@turnlog/core/json';
import { openStore, type SqliteStore } from '../src/index.ts';

const EVENTS_PER_SESSION = 1_000;
const BATCH = 500;
const SESSIONS_AT_A_TIME = 20;
const ROUNDS = 5;
const MIB = 1024 * 1024;

const [mode = '1000000', file = '', org = '', session = ''] = process.argv.slice(2);
if (mode === 'open') await open(file, org as OrgId, session as SessionId);
else await build(Number(mode));

async function build(events: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'turnlog-warm-open-'));
  try {
    const path = join(folder, 'turnlog.db');
    const started = performance.now();
    const last = await fill(path, events);
    const seconds = (performance.now() - started) / 1000;
    const size = statSync(path).size / MIB;
    console.log(`${events} events in ${seconds.toFixed(1)} s, ${size.toFixed(0)} MiB`);
    for (let round = 1; round <= ROUNDS; round++) {
      const args = [fileURLToPath(import.meta.url), 'open', path, last.org, last.session];
      console.log(spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout.trim());
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function fill(path: string, events: number): Promise<{ readonly org: OrgId; readonly session: SessionId }> {
  const store = opened(path);
  const hash = randomBytes(32).toString('hex');
  const owner = store.createOrg({ name: 'warm', token: { name: 'first', hash, prefix: 'tlog_pat_abcd' } });
  const drafts = Array.from({ length: BATCH }, (_, n) => draft(n));
  let last: SessionId | undefined;
  const session = async () => {
    last = await newSession(store, owner);
    const id = last;
    for (let n = 0; n < EVENTS_PER_SESSION; n += BATCH) await store.appendEvents(owner, { id }, drafts, context());
  };
  for (let n = 0; n < events; n += SESSIONS_AT_A_TIME * EVENTS_PER_SESSION) {
    await Promise.all(Array.from({ length: SESSIONS_AT_A_TIME }, session));
  }
  await store.close();
  return { org: owner, session: last as SessionId };
}

/** One opening; the process ends as if killed, so that the next one finds a WAL. */
async function open(path: string, owner: OrgId, id: SessionId): Promise<void> {
  const wal = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  const started = performance.now();
  const store = opened(path);
  const afterOpen = performance.now();
  const query = { order: 'desc', cursor: null, limit: 20, range: ALL_TIME, types: null } as const;
  await store.listEvents(owner, { id }, query);
  const afterRead = performance.now();
  await store.appendEvents(owner, { id }, [draft(0)], context());
  const afterWrite = performance.now();
  const list = [
    `open ${(afterOpen - started).toFixed(1)} ms`,
    `first read ${(afterRead - afterOpen).toFixed(1)} ms`,
    `first write ${(afterWrite - afterRead).toFixed(1)} ms`,
  ];
  console.log(`${list.join(', ')} (WAL before: ${(wal / MIB).toFixed(1)} MiB)`);
  const large = Array.from({ length: BATCH }, (_, n) => draft(n));
  for (let n = 0; n < 10; n++) await store.appendEvents(owner, { id }, large, context());
  process.kill(process.pid, 'SIGKILL');
}

function opened(path: string): SqliteStore {
  const onUnknown = (message: string) => {
    throw new Error(message);
  };
  return openStore({ file: path, nowUs: () => Date.now() * 1000, onUnknown });
}

async function newSession(store: SqliteStore, owner: OrgId): Promise<SessionId> {
  const command = { externalId: null, agent: null, environmentId: null, title: null, metadata: {}, events: [] };
  return (await store.createSession(owner, command, context())).value.id;
}

function draft(n: number) {
  const event = { type: `note.kind_${n % 12}`, n, text: 'What an agent says in one turn. '.repeat(6) };
  return draftEvent(scanJson(JSON.stringify(event), { keepDepth: 5 }), 'event');
}

function context() {
  return { requestId: makeId('req', Date.now() * 1000, (length) => randomBytes(length)), idempotency: null };
}

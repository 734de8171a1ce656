/** SQLite as the conformance suite sees it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesFromId, type OrgId } from '@turnlog/core/ids';
import type { OpenStore, StoreHarness } from '@turnlog/store-conformance';
import Database from 'better-sqlite3';
import { openStore, type SqliteStore } from '../src/index.ts';
import { FAULT_KINDS, type FaultCell, newFaultCell } from './fault-cell.ts';

const FAULTY_THREAD = new URL('./faulty-thread.ts', import.meta.url);

export const harness: StoreHarness = {
  async open(options = {}) {
    const folder = mkdtempSync(join(tmpdir(), 'turnlog-store-'));
    return openAt(folder, options.nowUs ?? (() => Date.now() * 1000));
  },
};

let hashes = 0;

function openAt(folder: string, nowUs: () => number): OpenStore {
  const file = join(folder, 'turnlog.db');
  const cell = newFaultCell();
  const store = openStore({ file, nowUs, onUnknown: () => {}, thread: { entry: FAULTY_THREAD, data: { cell } } });
  return {
    store,
    directory: store,
    wakeups: store,
    createOrg: async (name) => ({ org: newOrg(store, name) }),
    reopen: async () => {
      await store.close();
      return openAt(folder, nowUs);
    },
    idle: () => store.settled(),
    dispose: async () => {
      await store.close();
      rmSync(folder, { recursive: true });
    },
    accountTexts: async (org) =>
      inspect(file, (db) => {
        const text =
          'SELECT text FROM events WHERE org = (SELECT no FROM orgs WHERE id = ?) AND session = 0 ORDER BY seq';
        return db.prepare(text).pluck().all(bytesFromId(org)) as string[];
      }),
    storedRows: async (org) =>
      inspect(file, (db) => ({
        sessions: Math.max(count(db, 'sessions', org), count(db, 'session_heads', org)),
        events: count(db, 'events', org),
        metadata: count(db, 'session_metadata', org),
        deliveries: count(db, 'deliveries', org),
      })),
    plantFault: async (fault) => plant(cell, FAULT_KINDS.indexOf(fault.kind), fault.statement),
  };
}

function newOrg(store: SqliteStore, name: string): OrgId {
  hashes++;
  const hash = hashes.toString(16).padStart(64, '0');
  return store.createOrg({ name, token: { name: 'first', hash, prefix: 'test' } });
}

function plant(cell: FaultCell, kind: number, statement: number): { struck(): Promise<boolean> } {
  const fault = new Int32Array(cell);
  fault[1] = statement;
  fault[2] = 0;
  fault[0] = kind;
  return { struck: async () => fault[2] === 1 };
}

function inspect<Value>(file: string, read: (db: Database.Database) => Value): Value {
  const db = new Database(file, { readonly: true });
  try {
    return read(db);
  } finally {
    db.close();
  }
}

function count(db: Database.Database, table: string, org: OrgId): number {
  const text = `SELECT count(*) FROM ${table} WHERE org = (SELECT no FROM orgs WHERE id = ?)`;
  return db.prepare(text).pluck().get(bytesFromId(org)) as number;
}

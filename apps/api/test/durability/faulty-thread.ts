/** The writer's thread with a fault: a disk that is full or broken, or rows that reach it only after their answer. */
import { existsSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { type Connection, openWriteConnection } from '@turnlog/store-sqlite/connection';
import { serveWriter } from '@turnlog/store-sqlite/writer-thread';
import type { PlantedFault } from './faulty-server.ts';

const { file, fault } = workerData as { readonly file: string; readonly fault: PlantedFault };

/** How much fits before a disk that is to be full is. */
const ROOM_PAGES = 200;
const UNBOUNDED_PAGES = 1_000_000_000;

/** Statements whose execution is put off until after the answer. */
const LATE: Readonly<Partial<Record<PlantedFault, RegExp>>> = {
  'acknowledged-before-commit': /^COMMIT$/,
  'shown-before-commit': /^COMMIT$/,
  'key-after-commit': /^INSERT OR REPLACE INTO idempotency/,
};

const UNCHANGED = { changes: 0, lastInsertRowid: 0 };

function faultyConnection(): Connection {
  const db = openWriteConnection(file);
  const prepare = db.prepare.bind(db);
  const waiting: (() => void)[] = [];
  let wrote = false;
  const fullAt = (db.pragma('page_count', { simple: true }) as number) + ROOM_PAGES;
  const roomInPages = () => (existsSync(`${file}.room`) ? UNBOUNDED_PAGES : fullAt);
  const catchUp = () => {
    for (const run of waiting.splice(0)) run();
  };
  return Object.assign(db, {
    prepare: (text: string) => {
      const statement = prepare(text);
      const run = statement.run.bind(statement) as (...values: unknown[]) => unknown;
      return Object.assign(statement, {
        run: (...values: unknown[]) => {
          // One commit for all that comes until it is due: the longer it is put off, the surer a crash meets it.
          const joins = fault === 'shown-before-commit' && waiting.length > 0;
          if (joins && /^(BEGIN IMMEDIATE|COMMIT)$/.test(text)) return UNCHANGED;
          if (text === 'BEGIN IMMEDIATE') catchUp();
          if (text === 'BEGIN IMMEDIATE' && fault === 'disk-full') db.pragma(`max_page_count = ${roomInPages()}`);
          if (fault === 'commit-fails' && text === 'COMMIT' && db.inTransaction && wrote)
            throw new Error('disk I/O error');
          if (text.startsWith('INSERT INTO events')) wrote = true;
          if (!LATE[fault]?.test(text)) return run(...values);
          waiting.push(() => run(...values));
          setTimeout(catchUp, 50);
          return UNCHANGED;
        },
      });
    },
  });
}

if (parentPort) serveWriter(parentPort, faultyConnection());

/** The writer's thread with a fault: what should be on disk before an answer gets there after it. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Connection, openWriteConnection } from '@turnlog/store-sqlite/connection';
import { serveWriter } from '@turnlog/store-sqlite/writer-thread';
import type { PlantedFault } from './faulty-server.ts';

const { file, fault } = workerData as { readonly file: string; readonly fault: PlantedFault };

/** Statements whose execution is put off until after the answer. */
const LATE: Readonly<Record<string, RegExp>> = {
  'acknowledged-before-commit': /^COMMIT$/,
  'key-after-commit': /^INSERT OR REPLACE INTO idempotency/,
  'commit-fails': /^$/,
};

function lateConnection(late: RegExp): Connection {
  const db = openWriteConnection(file);
  const prepare = db.prepare.bind(db);
  const waiting: (() => void)[] = [];
  let wrote = false;
  const catchUp = () => {
    for (const run of waiting.splice(0)) run();
  };
  return Object.assign(db, {
    prepare: (text: string) => {
      const statement = prepare(text);
      const run = statement.run.bind(statement) as (...values: unknown[]) => unknown;
      return Object.assign(statement, {
        run: (...values: unknown[]) => {
          if (text === 'BEGIN IMMEDIATE') catchUp();
          if (fault === 'commit-fails' && text === 'COMMIT' && db.inTransaction && wrote)
            throw new Error('disk I/O error');
          if (text.startsWith('INSERT INTO events')) wrote = true;
          if (!late.test(text)) return run(...values);
          waiting.push(() => run(...values));
          setTimeout(catchUp, 50);
          return { changes: 0, lastInsertRowid: 0 };
        },
      });
    },
  });
}

if (parentPort) serveWriter(parentPort, lateConnection(LATE[fault] as RegExp));

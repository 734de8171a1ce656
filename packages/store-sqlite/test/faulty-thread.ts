/** The writer's thread with a fault to come: the k-th statement of the next batch that holds a command fails. */
import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { type Connection, openWriteConnection } from '../src/connection.ts';
import type { BatchRequest } from '../src/writer/protocol.ts';
import { serveWriter } from '../src/writer/thread.ts';
import { FAULT_CODES, type FaultCell } from './fault-cell.ts';

const { file, cell } = workerData as { readonly file: string; readonly cell: FaultCell };
const fault = new Int32Array(cell);
let counting = false;
let executed = 0;

function count(): void {
  if (!counting) return;
  executed++;
  if (executed !== fault[1]) return;
  fault[2] = 1;
  throw new Database.SqliteError('a planted fault', FAULT_CODES[fault[0] as number] as string);
}

function counted(db: Connection): Connection {
  const prepare = db.prepare.bind(db);
  const wrap = (text: string) => {
    const statement = prepare(text);
    for (const name of ['run', 'get', 'all'] as const) {
      const execute = statement[name].bind(statement) as (...values: unknown[]) => unknown;
      Object.assign(statement, {
        [name]: (...values: unknown[]) => {
          count();
          return execute(...values);
        },
      });
    }
    return statement;
  };
  return Object.assign(db, { prepare: wrap });
}

if (parentPort) {
  parentPort.on('message', (request: BatchRequest | null) => {
    if (counting) fault[0] = 0;
    counting = fault[0] !== 0 && request !== null && request.commands.length > 0;
    executed = 0;
  });
  serveWriter(parentPort, counted(openWriteConnection(file)));
}

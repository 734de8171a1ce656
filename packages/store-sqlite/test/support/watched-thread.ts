/** The writer's thread under a test's control: it stops before a batch when told to, and notes what each batch was. */
import { appendFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { type Connection, openWriteConnection } from '../../src/connection.ts';
import type { BatchReply, BatchRequest } from '../../src/writer/protocol.ts';
import { serveWriter, type WriterThreadData } from '../../src/writer/thread.ts';
import { type BatchRecord, CELL, DEATHS, type WatchData } from './watch-cell.ts';

const PRAGMAS = ['synchronous', 'journal_mode', 'wal_autocheckpoint', 'journal_size_limit', 'temp_store'];

const { file, cell, log } = workerData as WriterThreadData & WatchData;
const control = new Int32Array(cell);
const prepared: string[] = [];
let commits = 0;
let current: BatchRequest | null = null;

function noting(db: Connection): Connection {
  const prepare = db.prepare.bind(db);
  const wrapped = (text: string) => {
    prepared.push(text);
    const statement = prepare(text);
    if (text !== 'COMMIT') return statement;
    const run = statement.run.bind(statement);
    const counted = () => {
      const result = run();
      commits++;
      return result;
    };
    return Object.assign(statement, { run: counted });
  };
  return Object.assign(db, { prepare: wrapped });
}

function awaitTurn(): void {
  Atomics.add(control, CELL.arrived, 1);
  Atomics.notify(control, CELL.arrived);
  for (;;) {
    const allowed = Atomics.load(control, CELL.allowed);
    if (allowed >= Atomics.load(control, CELL.arrived)) return;
    Atomics.wait(control, CELL.allowed, allowed);
  }
}

function death(): (typeof DEATHS)[number] | undefined {
  return DEATHS[Atomics.load(control, CELL.death)];
}

function obey(db: Connection): void {
  const maxPages = Atomics.load(control, CELL.maxPages);
  if (maxPages > 0) db.pragma(`max_page_count = ${maxPages}`);
  const synchronous = Atomics.load(control, CELL.synchronous);
  if (synchronous >= 0) db.pragma(`synchronous = ${synchronous}`);
  if (death() === 'before') process.exit();
}

function note(db: Connection, request: BatchRequest, reply: BatchReply): void {
  const record: BatchRecord = {
    orgs: request.commands.map(({ org }) => org),
    rows: request.background.rows,
    touches: request.background.touches.length,
    reply: reply.kind === 'aborted' ? reply.code : reply.kind,
    commits,
    changes: db.prepare('SELECT total_changes()').pluck().get() as number,
    pragmas: Object.fromEntries(PRAGMAS.map((name) => [name, db.pragma(name, { simple: true })])),
    prepared: prepared.splice(0),
  };
  appendFileSync(log, `${JSON.stringify(record)}\n`);
}

if (parentPort) {
  const port = parentPort;
  const plain = openWriteConnection(file);
  const post = port.postMessage.bind(port);
  const answer = (reply: BatchReply) => {
    if (death() === 'after') process.exit();
    if (death() === 'throw') throw new Error('a planted failure of the thread');
    if (current) note(plain, current, reply);
    post(reply);
  };
  Object.assign(port, { postMessage: answer });
  port.on('message', (request: BatchRequest | null) => {
    current = request;
    if (request === null) return;
    awaitTurn();
    obey(plain);
  });
  serveWriter(port, noting(Object.create(plain) as Connection));
}

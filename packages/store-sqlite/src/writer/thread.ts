/** The writer's thread: one message in, one commit, one message out. */
import type { MessagePort } from 'node:worker_threads';
import type { Connection } from '../connection.ts';
import { BatchWriter } from './batch-writer.ts';
import type { BatchReply, BatchRequest } from './protocol.ts';

/** What the thread is started with. */
export interface WriterThreadData {
  readonly file: string;
}

/** Serves batches until told to close (`null`). */
export function serveWriter(port: MessagePort, db: Connection): void {
  const writer = new BatchWriter(db);
  port.on('message', (request: BatchRequest | null) => {
    if (request === null) {
      db.close();
      port.close();
      return;
    }
    const answer: BatchReply = writer.run(request);
    port.postMessage(answer);
    if (answer.kind === 'unknown') port.close();
  });
}

/** What the writer's thread runs. */
import { parentPort, workerData } from 'node:worker_threads';
import { openWriteConnection } from '../connection.ts';
import { serveWriter, type WriterThreadData } from './thread.ts';

if (parentPort) serveWriter(parentPort, openWriteConnection((workerData as WriterThreadData).file));

/**
 * A process that writes until it is killed: `file synchronous`. It prints the org and the session, then the name of each
 * event once its write is acknowledged. A `synchronous` below FULL takes effect after the first write, unseen by the store.
 */

import { context, draft } from '@turnlog/store-conformance/commands';
import { openStore } from '../../src/index.ts';
import { newOrg, newSession } from './commands.ts';
import { CELL, newCell } from './watch-cell.ts';

const WRITERS = 8;

const [file = '', synchronous = ''] = process.argv.slice(2);
const cell = newCell();
const thread = { entry: new URL('./watched-thread.ts', import.meta.url), data: { cell, log: '/dev/null' } };
const store = openStore({ file, nowUs: () => Date.now() * 1000, onUnknown: () => process.exit(1), thread });
const org = newOrg(store);
const ref = await newSession(store, org);
Atomics.store(new Int32Array(cell), CELL.synchronous, Number(synchronous));
console.log(JSON.stringify({ org, id: ref.id }));
for (let writer = 0; writer < WRITERS; writer++) void write(writer);

async function write(writer: number): Promise<void> {
  for (let n = 0; ; n++) {
    const name = `${writer}/${n}`;
    await store.appendEvents(org, ref, [draft({ type: 'note.added', name })], context());
    console.log(name);
  }
}

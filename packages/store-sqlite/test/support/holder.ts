/** A process that opens a store, says so or why not, and keeps it open until its input ends: `file`. */
import { once } from 'node:events';
import { openStore } from '../../src/index.ts';

const [file = ''] = process.argv.slice(2);
try {
  const store = openStore({ file, nowUs: () => Date.now() * 1000, onUnknown: () => process.exit(1) });
  console.log('open');
  process.stdin.resume();
  await once(process.stdin, 'end');
  await store.close();
} catch (error) {
  console.log(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
}

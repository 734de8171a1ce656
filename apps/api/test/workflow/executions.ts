/** How often this thread asks SQLite something. */
import { openReadConnection } from '@turnlog/store-sqlite/connection';

const METHODS = ['get', 'all', 'iterate', 'run'] as const;
type Statement = Record<(typeof METHODS)[number], (...values: unknown[]) => unknown> & { readonly source: string };

/** The statements that are executed while something runs, in order, the ends of snapshots left out. */
export async function executionsDuring(file: string, work: () => Promise<unknown>): Promise<readonly string[]> {
  const prototype = prototypeOf(file);
  const originals = METHODS.map((method) => [method, prototype[method]] as const);
  const executed: string[] = [];
  for (const [method, original] of originals) {
    prototype[method] = function (this: Statement, ...values: unknown[]) {
      if (!/^(BEGIN|COMMIT)$/.test(this.source)) executed.push(this.source);
      return original.apply(this, values);
    };
  }
  try {
    await work();
    return executed;
  } finally {
    for (const [method, original] of originals) prototype[method] = original;
  }
}

function prototypeOf(file: string): Statement {
  const db = openReadConnection(file);
  try {
    return Object.getPrototypeOf(db.prepare('SELECT 1')) as Statement;
  } finally {
    db.close();
  }
}

/** How often this thread asks SQLite something. */
import Database from 'better-sqlite3';

const METHODS = ['get', 'all', 'iterate', 'run'] as const;

/** Counts the executions of statements while a read runs, the ends of its snapshots left out. */
export async function executionsDuring<Value>(
  read: () => Promise<Value>,
): Promise<{ readonly executions: number; readonly value: Value }> {
  const prototype = statementPrototype();
  const originals = METHODS.map((method) => [method, prototype[method]] as const);
  let executions = 0;
  for (const [method, original] of originals) {
    prototype[method] = function (this: { readonly source: string }, ...values: unknown[]) {
      if (!/^(BEGIN|COMMIT)$/.test(this.source)) executions++;
      return original.apply(this, values);
    };
  }
  try {
    const value = await read();
    return { executions, value };
  } finally {
    for (const [method, original] of originals) prototype[method] = original;
  }
}

type Methods = Record<(typeof METHODS)[number], (this: { readonly source: string }, ...values: unknown[]) => unknown>;

function statementPrototype(): Methods {
  const db = new Database(':memory:');
  try {
    return Object.getPrototypeOf(db.prepare('SELECT 1')) as Methods;
  } finally {
    db.close();
  }
}

/** Prepared statements of a connection, by their text: each is compiled once. */
import type { Statement } from 'better-sqlite3';
import type { Connection } from './connection.ts';

export type Value = string | number | bigint | Uint8Array | null;

/**
 * SQLite looks at the value of a bare parameter while it plans (`sqlite3ExprIsInteger`), and then compiles the statement
 * anew at every run (5–9 µs each); an operand with a unary plus, which changes nothing, is left alone.
 */
const PARAMETER = '+?';

export class Statements {
  readonly #db: Connection;
  readonly #byText = new Map<string, Statement<Value[]>>();

  constructor(db: Connection) {
    this.#db = db;
  }

  /** The statement with this text; rows come as objects. */
  get(text: string): Statement<Value[]> {
    let statement = this.#byText.get(text);
    if (!statement) {
      statement = this.#db.prepare<Value[]>(text.replaceAll('?', PARAMETER));
      this.#byText.set(text, statement);
    }
    return statement;
  }

  /** The first row of a query, in the shape that its columns are declared with in schema/. */
  row<Row>(text: string, ...values: Value[]): Row | undefined {
    return this.get(text).get(...values) as Row | undefined;
  }

  /** All rows of a query, in the shape that its columns are declared with in schema/. */
  rows<Row>(text: string, ...values: Value[]): Row[] {
    return this.get(text).all(...values) as Row[];
  }

  run(text: string, ...values: Value[]): number {
    return this.get(text).run(...values).changes;
  }
}

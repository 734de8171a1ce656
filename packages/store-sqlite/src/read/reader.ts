/** The reading side of one file: a connection of its own, one snapshot per read, no statement open across an await. */
import { bytesFromId, type OrgId } from '@turnlog/core/ids';
import type { Connection } from '../connection.ts';
import { Statements } from '../statements.ts';

export class Reader {
  readonly statements: Statements;
  readonly #db: Connection;
  readonly #orgs = new Map<OrgId, number>();
  #reading = false;

  constructor(db: Connection) {
    this.#db = db;
    this.statements = new Statements(db);
  }

  /** Runs a synchronous read in the snapshot of this turn of the loop: reads of one turn share the cost of its locks. */
  snapshot<Value>(read: () => Value): Value {
    if (!this.#reading) {
      this.statements.run('BEGIN');
      this.#reading = true;
      setImmediate(() => this.release());
    }
    return read();
  }

  /** Lets go of the snapshot, so that the next read sees all that is committed by then. */
  release(): void {
    if (!this.#reading) return;
    this.#reading = false;
    if (this.#db.inTransaction) this.statements.run('COMMIT'); // a read that failed may have ended it already
  }

  /** The number of an org; orgs are never deleted. */
  org(id: OrgId): number {
    const known = this.#orgs.get(id);
    if (known !== undefined) return known;
    const row = this.statements.row<{ no: number }>('SELECT no FROM orgs WHERE id = ?', bytesFromId(id));
    if (!row) throw new Error('The credential names an org that is not stored.');
    this.#orgs.set(id, row.no);
    return row.no;
  }
}

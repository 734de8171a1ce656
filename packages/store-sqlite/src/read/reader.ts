/** The reading side of one file: a connection of its own, one snapshot per read, no statement open across an await. */
import { bytesFromId, type OrgId } from '@turnlog/core/ids';
import type { Connection } from '../connection.ts';
import { Statements } from '../statements.ts';

export class Reader {
  readonly statements: Statements;
  readonly #orgs = new Map<OrgId, number>();

  constructor(db: Connection) {
    this.statements = new Statements(db);
  }

  /** Runs a synchronous read in one snapshot. */
  snapshot<Value>(read: () => Value): Value {
    this.statements.run('BEGIN');
    try {
      return read();
    } finally {
      this.statements.run('COMMIT');
    }
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

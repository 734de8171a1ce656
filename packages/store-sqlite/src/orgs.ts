/**
 * Making orgs and operators' tokens: by the server at its first start and by the `org` command beside a running one.
 * These are the only writes that do not go through the writer's thread.
 */
import type { NewOrg } from '@turnlog/core/directory';
import { bytesFromId, idFromBytes, makeId, type OrgId } from '@turnlog/core/ids';
import { SCOPES, type Token } from '@turnlog/core/tokens';
import type { Connection } from './connection.ts';
import { randomBytes } from './random.ts';
import { turnOfTheLoop } from './read/turn.ts';
import { Statements } from './statements.ts';
import { insertToken } from './writer/tokens.ts';

/** Orgs that one turn of the loop looks up. */
const ORGS_A_TURN = 500;

/** Makes an org with a token that has every scope. */
export function createOrg(db: Connection, org: NewOrg, nowUs: number): OrgId {
  return inTransaction(db, () => insertOrg(db, org, nowUs));
}

/** Makes a token for an org; false when there is no such org. */
export function createOperatorToken(db: Connection, org: OrgId, token: NewOrg['token'], nowUs: number): boolean {
  return inTransaction(db, () => {
    const row = new Statements(db).row<{ no: number; last_us: number }>(
      'SELECT no, last_us FROM orgs WHERE id = ?',
      bytesFromId(org),
    );
    if (row) insertOperatorToken(db, row.no, token, Math.max(nowUs, row.last_us + 1));
    return row !== undefined;
  });
}

/** What the server's start did about the first org and its token. */
export type Bootstrap = 'created' | 'token_added' | 'unchanged';

/** Makes sure that there is an org; with `ensureToken`, that the first org knows this token. */
export function bootstrap(db: Connection, org: NewOrg, ensureToken: boolean, nowUs: number): Bootstrap {
  return inTransaction(db, () => {
    const statements = new Statements(db);
    const first = statements.row<{ no: number; id: Uint8Array; last_us: number }>(
      'SELECT no, id, last_us FROM orgs ORDER BY no LIMIT 1',
    );
    if (!first) {
      insertOrg(db, org, nowUs);
      return 'created';
    }
    const known = 'SELECT org FROM token_secrets WHERE hash = ?';
    if (!ensureToken || statements.row(known, Buffer.from(org.token.hash, 'hex'))) return 'unchanged';
    insertOperatorToken(db, first.no, org.token, Math.max(nowUs, first.last_us + 1));
    return 'token_added';
  });
}

/** The oldest org, which the operator of a single-tenant server means; null in an empty file. */
export function firstOrg(statements: Statements): OrgId | null {
  const row = statements.row<{ id: Uint8Array }>('SELECT id FROM orgs ORDER BY no LIMIT 1');
  return row ? idFromBytes('org', row.id) : null;
}

/** Orgs with a lane to be served, one look-up each; the loop gets turns between. */
export async function orgsWithLanes(statements: Statements): Promise<OrgId[]> {
  const found: OrgId[] = [];
  for (let last = 0; ; ) {
    const next = statements.row<{ no: number; id: Uint8Array }>(
      `SELECT no, id FROM orgs WHERE no = (SELECT min(org) FROM lanes WHERE active = 1 AND org > ?)`,
      last,
    );
    if (!next) return found;
    last = next.no;
    found.push(idFromBytes('org', next.id));
    if (found.length % ORGS_A_TURN === 0) await turnOfTheLoop();
  }
}

function insertOrg(db: Connection, org: NewOrg, nowUs: number): OrgId {
  const id = makeId('org', nowUs, randomBytes);
  const no = new Statements(db).row<{ no: number }>(
    `INSERT INTO orgs (id, name, last_us, account_count, last_session, created_us) VALUES (?, ?, ?, 0, 0, ?) RETURNING no`,
    bytesFromId(id),
    org.name,
    nowUs,
    nowUs,
  )?.no as number;
  insertOperatorToken(db, no, org.token, nowUs + 1);
  return id;
}

/** The org's clock moves over the token's microsecond. */
function insertOperatorToken(db: Connection, org: number, token: NewOrg['token'], micros: number): void {
  const statements = new Statements(db);
  const row: Token = {
    id: makeId('tok', micros, randomBytes),
    name: token.name,
    scopes: token.scopes ?? SCOPES,
    prefix: token.prefix,
    createdUs: micros,
    expiresUs: token.expiresUs ?? null,
    lastUsedUs: null,
    revokedUs: null,
  };
  insertToken(statements, org, row, token.hash);
  statements.run('UPDATE orgs SET last_us = ? WHERE no = ?', micros, org);
}

function inTransaction<Value>(db: Connection, work: () => Value): Value {
  return db.transaction(work).immediate();
}

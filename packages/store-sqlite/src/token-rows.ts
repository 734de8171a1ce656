/** A token as its row. */
import { bytesFromId, idFromBytes, type TokenId } from '@turnlog/core/ids';
import type { Scope, Token } from '@turnlog/core/tokens';
import type { Statements } from './statements.ts';

export interface TokenRow {
  readonly id: Uint8Array;
  readonly name: string;
  readonly scopes: string;
  readonly prefix: string;
  readonly created_us: number;
  readonly expires_us: number | null;
  readonly last_used_us: number | null;
  readonly revoked_us: number | null;
}

export const TOKEN_COLUMNS = 'id, name, scopes, prefix, created_us, expires_us, last_used_us, revoked_us';

export function findToken(statements: Statements, org: number, id: TokenId): Token | undefined {
  const row = statements.row<TokenRow>(
    `SELECT ${TOKEN_COLUMNS} FROM tokens WHERE org = ? AND id = ?`,
    org,
    bytesFromId(id),
  );
  return row && toToken(row);
}

export function toToken(row: TokenRow): Token {
  return {
    id: idFromBytes('tok', row.id),
    name: row.name,
    scopes: JSON.parse(row.scopes) as Scope[],
    prefix: row.prefix,
    createdUs: row.created_us,
    expiresUs: row.expires_us,
    lastUsedUs: row.last_used_us,
    revokedUs: row.revoked_us,
  };
}

/** Reading tokens, and what stands behind a secret: a principal, or a session that it lets into. */

import type { PageQuery } from '@turnlog/core/cursors';
import type { Capability } from '@turnlog/core/directory';
import { idFromBytes, type TokenId } from '@turnlog/core/ids';
import type { Page } from '@turnlog/core/store';
import type { Principal, Scope, Token } from '@turnlog/core/tokens';
import { TOKEN_COLUMNS, type TokenRow, toToken } from '../token-rows.ts';
import { pageById } from './page-by-id.ts';
import type { Reader } from './reader.ts';

export class TokenReader {
  readonly #reader: Reader;

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  list(org: number, query: PageQuery<'tok'>): Page<Token> {
    const source = { select: `SELECT ${TOKEN_COLUMNS} FROM tokens WHERE org = ?`, id: 'id' };
    return pageById<TokenRow, Token>(this.#reader.statements, source, org, query, toToken);
  }

  /** Null when no token has this secret, or it is revoked. Expiry is the caller's to compare. */
  principal(hash: string): Principal | null {
    const row = this.#reader.statements.row<{
      org: Uint8Array;
      id: Uint8Array;
      scopes: string;
      secret_us: number | null;
      token_us: number | null;
    }>(
      `SELECT o.id AS org, t.id AS id, t.scopes AS scopes, s.expires_us AS secret_us, t.expires_us AS token_us
       FROM token_secrets s
       JOIN tokens t ON t.org = s.org AND t.id = s.token
       JOIN orgs o ON o.no = s.org
       WHERE s.hash = ? AND t.revoked_us IS NULL`,
      Buffer.from(hash, 'hex'),
    );
    if (!row) return null;
    const ends = [row.secret_us, row.token_us].filter((us) => us !== null);
    return {
      org: idFromBytes('org', row.org),
      tokenId: idFromBytes('tok', row.id) as TokenId,
      scopes: JSON.parse(row.scopes) as Scope[],
      expiresUs: ends.length > 0 ? Math.min(...ends) : null,
      tokenExpiresUs: row.token_us,
    };
  }

  /** Null when no capability has this secret, or its session is deleted. */
  capability(hash: string): Capability | null {
    const row = this.#reader.statements.row<{ org: Uint8Array; session: Uint8Array }>(
      `SELECT o.id AS org, s.id AS session
       FROM capabilities c
       JOIN sessions s ON s.org = c.org AND s.no = c.session
       JOIN orgs o ON o.no = c.org
       WHERE c.hash = ? AND s.deleted_us IS NULL`,
      Buffer.from(hash, 'hex'),
    );
    return row ? { org: idFromBytes('org', row.org), session: idFromBytes('sess', row.session) } : null;
  }
}

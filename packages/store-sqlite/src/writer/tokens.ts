/** Writing tokens and their secrets. */
import { tokenNotFound } from '@turnlog/core/errors';
import { bytesFromId, type TokenId } from '@turnlog/core/ids';
import type { PlanContext } from '@turnlog/core/plan/plan';
import { planCreateToken, planRevokeToken, planRotateToken, type TokenPlan } from '@turnlog/core/plan/token';
import type { CreateToken, RotateToken } from '@turnlog/core/store';
import type { Token } from '@turnlog/core/tokens';
import type { Statements } from '../statements.ts';
import { findToken } from '../token-rows.ts';
import type { OrgState } from './heads.ts';

export interface TokenStep {
  readonly plan: TokenPlan;
  readonly write: () => void;
}

export class TokenWriter {
  readonly #statements: Statements;
  /** Tokens as this batch has planned them. */
  readonly #planned = new Map<string, Token>();

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  planCreate(org: OrgState, command: CreateToken, context: PlanContext): TokenStep {
    const plan = planCreateToken(org.head, command, context);
    return this.#step(org, plan, () => insertToken(this.#statements, org.no, plan.token, command.hash));
  }

  planRotate(org: OrgState, id: TokenId, command: RotateToken, context: PlanContext): TokenStep {
    const plan = planRotateToken(org.head, this.#token(org, id), command);
    // Without an overlap earlier secrets end whatever the clock does next.
    const untilUs = command.overlapSeconds === 0 ? 0 : context.nowUs + command.overlapSeconds * 1_000_000;
    return this.#step(org, plan, () => {
      const token = bytesFromId(id);
      this.#statements.run(
        'UPDATE token_secrets SET expires_us = min(coalesce(expires_us, ?), ?) WHERE org = ? AND token = ?',
        untilUs,
        untilUs,
        org.no,
        token,
      );
      this.#statements.run('UPDATE tokens SET prefix = ? WHERE org = ? AND id = ?', command.prefix, org.no, token);
      insertSecret(this.#statements, org.no, id, command.hash);
    });
  }

  planRevoke(org: OrgState, id: TokenId, context: PlanContext): TokenStep {
    const plan = planRevokeToken(org.head, this.#token(org, id), context);
    return this.#step(org, plan, () => {
      this.#statements.run(
        'UPDATE tokens SET revoked_us = ? WHERE org = ? AND id = ?',
        plan.token.revokedUs,
        org.no,
        bytesFromId(id),
      );
    });
  }

  settle(): void {
    this.#planned.clear();
  }

  #token(org: OrgState, id: TokenId): Token {
    const token = this.#planned.get(`${org.no}/${id}`) ?? findToken(this.#statements, org.no, id);
    if (!token) throw tokenNotFound(id);
    return token;
  }

  #step(org: OrgState, plan: TokenPlan, write: () => void): TokenStep {
    this.#planned.set(`${org.no}/${plan.token.id}`, plan.token);
    return { plan, write: plan.changed ? write : () => {} };
  }
}

/** Writes a token and its first secret (SHA-256, hexadecimal). */
export function insertToken(statements: Statements, org: number, token: Token, hash: string): void {
  statements.run(
    `INSERT INTO tokens (org, id, name, scopes, prefix, created_us, expires_us) VALUES (?, ?, ?, ?, ?, ?, ?)`,
    org,
    bytesFromId(token.id),
    token.name,
    JSON.stringify(token.scopes),
    token.prefix,
    token.createdUs,
    token.expiresUs,
  );
  insertSecret(statements, org, token.id, hash);
}

function insertSecret(statements: Statements, org: number, token: TokenId, hash: string): void {
  statements.run(
    'INSERT INTO token_secrets (hash, org, token, expires_us) VALUES (?, ?, ?, NULL)',
    Buffer.from(hash, 'hex'),
    org,
    bytesFromId(token),
  );
}

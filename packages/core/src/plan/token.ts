/** Making, rotating and revoking a token. */
import { TurnlogError } from '../errors.ts';
import { makeId } from '../ids.ts';
import type { CreateToken, RotateToken } from '../store.ts';
import { checkNotWider, type Token } from '../tokens.ts';
import { OrgClock, type OrgHead, type PlanContext } from './plan.ts';

/** A token step: the token's row after it. */
export interface TokenPlan {
  readonly org: OrgHead;
  readonly token: Token;
  /** Whether there is anything to write. */
  readonly changed: boolean;
}

export function planCreateToken(org: OrgHead, command: CreateToken, context: PlanContext): TokenPlan {
  const clock = new OrgClock(org, context.nowUs);
  const createdUs = clock.tick();
  const token: Token = {
    id: makeId('tok', createdUs, context.random),
    name: command.name,
    scopes: command.scopes,
    prefix: command.prefix,
    createdUs,
    expiresUs: command.expiresUs,
    lastUsedUs: null,
    revokedUs: null,
  };
  return { org: { ...org, lastUs: clock.lastUs }, token, changed: true };
}

/** Refuses a token that is revoked (`token_revoked`) or wider than the one that asks (`permission_denied`). */
export function planRotateToken(org: OrgHead, token: Token, command: RotateToken): TokenPlan {
  if (token.revokedUs !== null) {
    throw new TurnlogError('token_revoked', `Token '${token.id}' is revoked: make a new one instead.`);
  }
  checkNotWider(command.maker, token.scopes, token.expiresUs);
  return { org, token: { ...token, prefix: command.prefix }, changed: true };
}

/** A second revocation changes nothing. */
export function planRevokeToken(org: OrgHead, token: Token, context: PlanContext): TokenPlan {
  if (token.revokedUs !== null) return { org, token, changed: false };
  return { org, token: { ...token, revokedUs: context.nowUs }, changed: true };
}

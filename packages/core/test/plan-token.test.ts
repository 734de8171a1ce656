import { describe, expect, it } from 'vitest';
import { microsOfId } from '../src/ids.ts';
import { planCreateToken, planRevokeToken, planRotateToken } from '../src/plan/token.ts';
import type { RotateToken } from '../src/store.ts';
import { type Principal, SCOPES, type Token } from '../src/tokens.ts';
import { contextOf, frozen, headOf, NOW_US } from './support/plans.ts';
import { expectRefusal } from './support/refusals.ts';

const TOKEN: Token = {
  id: 'tok_01KRWJR38XFMSY8PMCZS0ANP7Z',
  name: 'reader',
  scopes: ['events:read'],
  prefix: 'tlog_pat_abcd',
  createdUs: NOW_US - 1_000,
  expiresUs: null,
  lastUsedUs: NOW_US - 10,
  revokedUs: null,
};

const MAKER: Principal = {
  org: 'org_01KRWJR38XFMSY8PMCZS0ANP7Z',
  tokenId: 'tok_01KRWJR38XFMSY8PMCZS0ANP80',
  scopes: SCOPES,
  expiresUs: null,
  tokenExpiresUs: null,
};

describe('making a token', () => {
  const command = frozen({
    name: 'reader',
    scopes: ['events:read'] as const,
    expiresUs: NOW_US + 1,
    hash: 'ab'.repeat(32),
    prefix: 'tlog_pat_abcd',
  });

  it('I1: takes a microsecond of the org, and keeps nothing of the secret but its beginning', () => {
    const plan = planCreateToken(frozen(headOf()), command, frozen(contextOf()));
    expect(plan.changed).toBe(true);
    expect(plan.org).toEqual({ lastUs: NOW_US, accountCount: 7 });
    expect(microsOfId(plan.token.id)).toBe(NOW_US);
    expect(plan.token).toEqual({
      id: plan.token.id,
      name: 'reader',
      scopes: ['events:read'],
      prefix: 'tlog_pat_abcd',
      createdUs: NOW_US,
      expiresUs: NOW_US + 1,
      lastUsedUs: null,
      revokedUs: null,
    });
    expect(JSON.stringify(plan)).not.toContain(command.hash);
  });

  it('I1: comes after the head of the org when the clock has gone back', () => {
    const lastUs = NOW_US + 1_000_000;
    const plan = planCreateToken(headOf({ lastUs }), command, contextOf());
    expect([plan.token.createdUs, plan.org.lastUs]).toEqual([lastUs + 1, lastUs + 1]);
  });

  it('is the same for the same head, command, clock and randomness', () => {
    expect(planCreateToken(headOf(), command, contextOf())).toEqual(planCreateToken(headOf(), command, contextOf()));
  });
});

describe('rotating a token', () => {
  const command = (maker: Partial<Principal> = {}): RotateToken => ({
    maker: { ...MAKER, ...maker },
    hash: 'cd'.repeat(32),
    prefix: 'tlog_pat_wxyz',
    overlapSeconds: 60,
  });

  it('changes what is shown of its secret, and nothing else', () => {
    const plan = planRotateToken(frozen(headOf()), frozen(TOKEN), frozen(command()));
    expect(plan).toEqual({ org: headOf(), token: { ...TOKEN, prefix: 'tlog_pat_wxyz' }, changed: true });
  });

  it('is refused once it is revoked', () => {
    const revoked = { ...TOKEN, revokedUs: NOW_US };
    expectRefusal(() => planRotateToken(headOf(), revoked, command()), 'token_revoked');
  });

  it('is refused to a token that is narrower, in scopes or in time', () => {
    const narrow = command({ scopes: ['tokens:manage'] });
    expectRefusal(() => planRotateToken(headOf(), TOKEN, narrow), 'permission_denied', 'scopes');
    const short = command({ tokenExpiresUs: NOW_US });
    expectRefusal(() => planRotateToken(headOf(), TOKEN, short), 'permission_denied', 'expires_at');
  });
});

describe('revoking a token', () => {
  it('notes the time, once', () => {
    const first = planRevokeToken(frozen(headOf()), frozen(TOKEN), contextOf());
    expect(first).toEqual({ org: headOf(), token: { ...TOKEN, revokedUs: NOW_US }, changed: true });
    const second = planRevokeToken(first.org, frozen(first.token), contextOf({ nowUs: NOW_US + 5 }));
    expect(second).toEqual({ ...first, changed: false });
  });
});

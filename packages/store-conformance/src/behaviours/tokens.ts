/** Tokens: found by the hash of their secret, until they are revoked or rotated away. */
import { makeId, type OrgId } from '@turnlog/core/ids';
import { type Principal, SCOPES } from '@turnlog/core/tokens';
import { describe, expect, test } from 'vitest';
import type { StoreHarness } from '../harness.ts';
import { context, newHash, ownerOf, random, tokenCommand } from '../support/commands.ts';
import { allTokens } from '../support/reading.ts';
import { refusal, refusalCode } from '../support/refusals.ts';
import { type Sandbox, useStore, withStore } from '../support/sandbox.ts';

export function describeTokens(harness: StoreHarness): void {
  describe('tokens', () => {
    const sandbox = useStore(harness);

    test('a token is what was asked for, and its secret speaks for its org', async () => {
      const { store, directory } = sandbox;
      const org = await sandbox.newOrg();
      sandbox.clock.us += 1_000_000;
      const command = tokenCommand({ name: 'näme 😀', expiresUs: sandbox.clock.us + 5 });
      const { value: token } = await store.createToken(org, command, context());
      const { hash, ...shown } = command;
      expect(token).toEqual({
        ...shown,
        id: token.id,
        createdUs: sandbox.clock.us,
        lastUsedUs: null,
        revokedUs: null,
      });
      expect(await directory.findPrincipal(hash)).toEqual({
        org,
        tokenId: token.id,
        scopes: command.scopes,
        expiresUs: command.expiresUs,
        tokenExpiresUs: command.expiresUs,
      });
      expect((await allTokens(store, org)).at(-1)).toEqual(token);
      expect(await store.getToken(org, token.id)).toEqual(token);
      expect(await store.getToken(org, makeId('tok', token.createdUs, random))).toBeNull();
      expect(await store.getToken(await sandbox.newOrg(), token.id), 'I7').toBeNull();
      expect(await directory.findPrincipal(newHash())).toBeNull();
    });

    test('every scope and none is kept as given', async () => {
      const org = await sandbox.newOrg();
      for (const scopes of [[...SCOPES], [], [SCOPES[3]], [...SCOPES].reverse()]) {
        const command = tokenCommand({ scopes });
        const { value } = await sandbox.store.createToken(org, command, context());
        expect(value.scopes).toEqual(scopes);
        expect((await sandbox.directory.findPrincipal(command.hash))?.scopes).toEqual(scopes);
      }
    });

    test('an expired token is found with its expiry, for whoever asks to compare', async () => {
      const org = await sandbox.newOrg();
      const command = tokenCommand({ expiresUs: sandbox.clock.us + 1_000_000 });
      await sandbox.store.createToken(org, command, context());
      sandbox.clock.us += 2_000_000;
      const found = await sandbox.directory.findPrincipal(command.hash);
      expect(isDead(sandbox, found)).toBe(true);
    });

    test('a revoked token speaks for nobody from the answer on, and stays in the list', async () => {
      const { store, directory } = sandbox;
      const org = await sandbox.newOrg();
      const [command, other] = [tokenCommand(), tokenCommand()];
      const { value: token } = await store.createToken(org, command, context());
      await store.createToken(org, other, context());
      expect(await directory.findPrincipal(command.hash)).not.toBeNull();
      sandbox.clock.us += 1_000_000;
      const { value: revoked } = await store.revokeToken(org, token.id, context());
      expect(revoked).toEqual({ ...token, revokedUs: revoked.revokedUs });
      expect(revoked.revokedUs).toBeGreaterThanOrEqual(sandbox.clock.us);
      expect(await directory.findPrincipal(command.hash)).toBeNull();
      expect(await directory.findPrincipal(other.hash)).not.toBeNull();
      sandbox.clock.us += 1_000_000;
      expect((await store.revokeToken(org, token.id, context())).value).toEqual(revoked);
      expect((await allTokens(store, org)).filter(({ id }) => id === token.id)).toEqual([revoked]);
    });

    test('a rotation gives the token a new secret, and the old one ends after the overlap', async () => {
      const { store, directory } = sandbox;
      const org = await sandbox.newOrg();
      sandbox.clock.us += 1_000_000;
      const command = tokenCommand();
      const { value: token } = await store.createToken(org, command, context());
      const hash = newHash();
      const { value } = await rotate(sandbox, org, token.id, { hash, overlapSeconds: 60 });
      expect(value).toEqual({ ...token, prefix: 'tlog_pat_new0' });
      expect((await allTokens(store, org)).at(-1)).toEqual(value);
      const identity = { org, tokenId: token.id, scopes: token.scopes, tokenExpiresUs: null };
      expect(await directory.findPrincipal(hash)).toEqual({ ...identity, expiresUs: null });
      const old = await directory.findPrincipal(command.hash);
      expect(old).toMatchObject(identity);
      expect(Math.abs((old?.expiresUs ?? 0) - (sandbox.clock.us + 60_000_000))).toBeLessThan(1_000);
    });

    test('a rotation without an overlap ends every earlier secret at once', async () => {
      const { store, directory } = sandbox;
      const org = await sandbox.newOrg();
      const command = tokenCommand();
      const { value: token } = await store.createToken(org, command, context());
      const [second, third] = [newHash(), newHash()];
      await rotate(sandbox, org, token.id, { hash: second, overlapSeconds: 3600 });
      expect(isDead(sandbox, await directory.findPrincipal(command.hash))).toBe(false);
      await rotate(sandbox, org, token.id, { hash: third, overlapSeconds: 0 });
      expect(isDead(sandbox, await directory.findPrincipal(command.hash))).toBe(true);
      expect(isDead(sandbox, await directory.findPrincipal(second))).toBe(true);
      expect(isDead(sandbox, await directory.findPrincipal(third))).toBe(false);
    });

    test('a rotation does not revive a secret whose overlap is over', async () => {
      const { store, directory } = sandbox;
      const org = await sandbox.newOrg();
      const command = tokenCommand();
      const { value: token } = await store.createToken(org, command, context());
      await rotate(sandbox, org, token.id, { hash: newHash(), overlapSeconds: 10 });
      sandbox.clock.advanceSeconds(11);
      expect(isDead(sandbox, await directory.findPrincipal(command.hash))).toBe(true);
      await rotate(sandbox, org, token.id, { hash: newHash(), overlapSeconds: 600 });
      expect(isDead(sandbox, await directory.findPrincipal(command.hash))).toBe(true);
    });

    test('an overlap never outlives the token itself', async () => {
      const { store, directory } = sandbox;
      const org = await sandbox.newOrg();
      const expiresUs = sandbox.clock.us + 5_000_000;
      const command = tokenCommand({ expiresUs });
      const { value: token } = await store.createToken(org, command, context());
      const hash = newHash();
      await rotate(sandbox, org, token.id, { hash, overlapSeconds: 3600 });
      for (const each of [hash, command.hash]) {
        expect(await directory.findPrincipal(each)).toMatchObject({ expiresUs, tokenExpiresUs: expiresUs });
      }
    });

    test('a revocation ends the secrets of all rotations', async () => {
      const { store, directory } = sandbox;
      const org = await sandbox.newOrg();
      const command = tokenCommand();
      const { value: token } = await store.createToken(org, command, context());
      const hash = newHash();
      await rotate(sandbox, org, token.id, { hash, overlapSeconds: 3600 });
      await store.revokeToken(org, token.id, context());
      expect(await directory.findPrincipal(command.hash)).toBeNull();
      expect(await directory.findPrincipal(hash)).toBeNull();
    });

    test('a revoked token cannot be rotated, nor can one that is wider than its maker or outlives it', async () => {
      const { store, directory } = sandbox;
      const org = await sandbox.newOrg();
      const { value: token } = await store.createToken(org, tokenCommand(), context());
      const owner = ownerOf(org, token);
      const hash = newHash();
      const narrow = { ...owner, scopes: token.scopes.slice(0, 1) };
      expect(await refusalCode(rotate(sandbox, org, token.id, { hash, maker: narrow }))).toBe('permission_denied');
      const shortLived = { ...owner, tokenExpiresUs: sandbox.clock.us + 1_000_000 };
      expect(await refusalCode(rotate(sandbox, org, token.id, { hash, maker: shortLived }))).toBe('permission_denied');
      await store.revokeToken(org, token.id, context());
      expect(await refusalCode(rotate(sandbox, org, token.id, { hash }))).toBe('token_revoked');
      expect(await directory.findPrincipal(hash)).toBeNull();
    });

    test('a token that never was is refused, and the refusal echoes its id', async () => {
      const org = await sandbox.newOrg();
      const id = makeId('tok', sandbox.clock.us, random);
      for (const attempt of [
        rotate(sandbox, org, id, { hash: newHash() }),
        sandbox.store.revokeToken(org, id, context()),
      ]) {
        const { code, message } = await refusal(attempt);
        expect(code).toBe('token_not_found');
        expect(message).toContain(id);
      }
    });

    test('when a token was last used is noted in the background', async () => {
      const { store, directory } = sandbox;
      const org = await sandbox.newOrg();
      const { value: used } = await store.createToken(org, tokenCommand(), context());
      const { value: unused } = await store.createToken(org, tokenCommand(), context());
      const usedUs = sandbox.clock.us + 90_000_000;
      directory.touchTokens(new Map([[used.id, { org, usedUs }]]));
      await sandbox.open.idle();
      const tokens = await allTokens(store, org);
      expect(tokens.filter(({ id }) => id === used.id)).toEqual([{ ...used, lastUsedUs: usedUs }]);
      expect(tokens.filter(({ id }) => id === unused.id)).toEqual([unused]);
    });

    test('tokens and their secrets are there after a reopening', async () => {
      await withStore(harness, async (own) => {
        const org = await own.newOrg();
        const [kept, revoked] = [tokenCommand(), tokenCommand()];
        const { value: token } = await own.store.createToken(org, kept, context());
        const { value: other } = await own.store.createToken(org, revoked, context());
        const hash = newHash();
        await rotate(own, org, token.id, { hash, overlapSeconds: 60 });
        await own.store.revokeToken(org, other.id, context());
        const hashes = [kept.hash, revoked.hash, hash];
        const find = () => Promise.all(hashes.map((each) => own.directory.findPrincipal(each)));
        const before = { principals: await find(), tokens: await allTokens(own.store, org) };
        await own.reopen();
        expect({ principals: await find(), tokens: await allTokens(own.store, org) }).toEqual(before);
      });
    });
  });
}

/** Whether a secret is of no use any more: unknown, revoked or past its end. */
function isDead({ clock }: Pick<Sandbox, 'clock'>, principal: Principal | null): boolean {
  return principal === null || (principal.expiresUs !== null && principal.expiresUs <= clock.us);
}

function rotate(
  { store }: Pick<Sandbox, 'store'>,
  org: OrgId,
  id: `tok_${string}`,
  fields: { readonly hash: string; readonly maker?: Principal; readonly overlapSeconds?: number },
) {
  const maker: Principal = { org, tokenId: id, scopes: SCOPES, expiresUs: null, tokenExpiresUs: null };
  const command = { maker, prefix: 'tlog_pat_new0', overlapSeconds: 0, ...fields };
  return store.rotateToken(org, id, command, context());
}

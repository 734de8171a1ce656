/**
 * Who asks. A secret is known by its SHA-256; what the directory says of it is remembered for at most ten seconds, its
 * expiry is compared on every use, and a revocation or rotation is forgotten here before it is answered.
 */
import { hash } from 'node:crypto';
import type { Directory } from '@turnlog/core/directory';
import { TurnlogError } from '@turnlog/core/errors';
import type { TokenId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import { isSecret, type Principal, type Scope } from '@turnlog/core/tokens';
import type { Exchange } from './exchange.ts';
import type { Services } from './services.ts';

interface Remembered {
  readonly principal: Principal;
  /** On the process's own clock, which never goes back. */
  readonly untilMs: number;
}

const BEARER = /^bearer(?: +|$)/i;

export class Credentials {
  readonly #directory: Directory;
  readonly #nowUs: () => number;
  readonly #remembered = new Map<string, Remembered>();
  readonly #touchedUs = new Map<TokenId, number>();
  /** Grows with every forgetting, so that a look-up under way then is not remembered. */
  #forgettings = 0;

  constructor(services: Pick<Services, 'directory' | 'nowUs'>) {
    this.#directory = services.directory;
    this.#nowUs = services.nowUs;
  }

  /** Throws `unauthenticated`. Waits only when the secret is not remembered. */
  authenticate(exchange: Exchange): Principal | Promise<Principal> {
    const secret = readSecret(exchange);
    if (secret === undefined) {
      throw new TurnlogError(
        'unauthenticated',
        "This request needs a personal access token: send it as 'Authorization: Bearer <token>' or 'X-API-Key: <token>'.",
      );
    }
    const secretHash = sha256(secret);
    const known = this.#remembered.get(secretHash);
    if (known !== undefined && performance.now() < known.untilMs) return this.#admit(known.principal);
    if (!isSecret(secret)) throw refused();
    return this.#lookUp(secretHash);
  }

  /** What a secret that was admitted once stands for by now: null when it is revoked, rotated away or expired. */
  async recheck(secretHash: string): Promise<Principal | null> {
    const principal = await this.#directory.findPrincipal(secretHash);
    return principal !== null && !isExpired(principal, this.#nowUs()) ? principal : null;
  }

  /** Forgets what is remembered of a token; to be called before its change is answered. */
  forget(tokenId: TokenId): void {
    this.#forgettings++;
    for (const [secretHash, { principal }] of this.#remembered) {
      if (principal.tokenId === tokenId) this.#remembered.delete(secretHash);
    }
  }

  async #lookUp(secretHash: string): Promise<Principal> {
    const forgettings = this.#forgettings;
    const principal = await this.#directory.findPrincipal(secretHash);
    if (principal === null) throw refused();
    if (forgettings === this.#forgettings) this.#remember(secretHash, principal);
    return this.#admit(principal);
  }

  #remember(secretHash: string, principal: Principal): void {
    this.#remembered.delete(secretHash);
    makeRoom(this.#remembered);
    this.#remembered.set(secretHash, { principal, untilMs: performance.now() + limits.credentialCacheMs });
  }

  #admit(principal: Principal): Principal {
    const nowUs = this.#nowUs();
    if (isExpired(principal, nowUs)) throw refused();
    this.#touch(principal, nowUs);
    return principal;
  }

  #touch({ org, tokenId }: Principal, usedUs: number): void {
    const touchedUs = this.#touchedUs.get(tokenId);
    if (touchedUs !== undefined && Math.abs(usedUs - touchedUs) < limits.lastUsedEveryMs * 1000) return;
    this.#touchedUs.delete(tokenId);
    makeRoom(this.#touchedUs);
    this.#touchedUs.set(tokenId, usedUs);
    this.#directory.touchTokens(new Map([[tokenId, { org, usedUs }]]));
  }
}

function isExpired({ expiresUs }: Principal, nowUs: number): boolean {
  return expiresUs !== null && expiresUs <= nowUs;
}

/** The hash of the secret that a request has sent; for a request that was admitted. */
export function secretHashOf(exchange: Exchange): string {
  return sha256(readSecret(exchange) ?? '');
}

/** Throws `permission_denied` unless the credential has a scope. */
export function requireScope(principal: Principal, scope: Scope): void {
  if (principal.scopes.includes(scope)) return;
  throw new TurnlogError('permission_denied', `This needs a token with the scope '${scope}'.`);
}

/** SHA-256 in 64 hexadecimal digits: the form in which secrets are stored. */
export function sha256(text: string): string {
  return hash('sha256', text, 'hex');
}

/** Authorization counts when both headers are sent; a scheme other than Bearer counts as absent. */
function readSecret(exchange: Exchange): string | undefined {
  const authorization = exchange.header('authorization');
  const scheme = authorization === undefined ? null : BEARER.exec(authorization);
  if (authorization === undefined || scheme === null) return exchange.header('x-api-key');
  return authorization.slice(scheme[0].length).trimEnd();
}

/** The refusal in the middle of a stream whose token does not count any more. */
export function noLongerValid(): TurnlogError {
  return refused();
}

/** One sentence for malformed, unknown, expired and revoked: which of them it is, is not for the caller to learn. */
function refused(): TurnlogError {
  return new TurnlogError('unauthenticated', 'The access token is malformed, unknown, expired or revoked.');
}

/** Drops the oldest entry of a full map. */
function makeRoom(entries: Map<string, unknown>): void {
  if (entries.size < limits.credentialCacheEntries) return;
  for (const oldest of entries.keys()) {
    entries.delete(oldest);
    return;
  }
}

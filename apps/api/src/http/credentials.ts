/**
 * Who asks. A secret is known by its SHA-256; what the directory says of it is remembered for at most ten seconds, its
 * expiry is compared on every use, and a revocation or rotation is forgotten here before it is answered. Dialects whose
 * clients know no credentials may be opened to callers of this machine: these act for the first org.
 */
import { hash } from 'node:crypto';
import type { Directory } from '@turnlog/core/directory';
import { TurnlogError } from '@turnlog/core/errors';
import type { TokenId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import { isSecret, type Principal, type Scope } from '@turnlog/core/tokens';
import type { DialectName } from '../dialects/prefixes.ts';
import type { Exchange } from './exchange.ts';
import { makeRoom } from './oldest.ts';
import type { Services } from './services.ts';

/** Who asks, as a request was let in. */
export interface Caller extends Principal {
  /** Whose streams are counted together. */
  readonly holder: string;
  /** SHA-256 of the token's secret; null: nothing that could be revoked has let the caller in. */
  readonly secretHash: string | null;
}

interface Remembered {
  readonly caller: Caller;
  /** On the process's own clock, which never goes back. */
  readonly untilMs: number;
}

/** What credentials are read from. */
type Asked = Pick<Exchange, 'header'>;

/** What callers without a token may do. */
const OPEN_SCOPES: readonly Scope[] = ['sessions:read', 'sessions:write', 'events:read', 'events:write'];
const UNNAMED = { tokenId: null, secretHash: null, expiresUs: null, tokenExpiresUs: null } as const;
const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;
const BEARER = /^bearer(?: +|$)/i;

export class Credentials {
  readonly #directory: Directory;
  readonly #nowUs: () => number;
  readonly #openDialects: readonly DialectName[];
  readonly #corsOrigins: readonly string[];
  readonly #remembered = new Map<string, Remembered>();
  readonly #touchedUs = new Map<TokenId, number>();
  /** Grows with every forgetting, so that a look-up under way then is not remembered. */
  #forgettings = 0;

  constructor(services: Pick<Services, 'directory' | 'nowUs' | 'openDialects' | 'corsOrigins'>) {
    this.#directory = services.directory;
    this.#nowUs = services.nowUs;
    this.#openDialects = services.openDialects;
    this.#corsOrigins = services.corsOrigins;
  }

  /** Throws `unauthenticated` or `credential_refused`, in an open dialect `origin_refused`. Waits only when the secret is not remembered. */
  admit(asked: Asked, dialect: DialectName): Caller | Promise<Caller> {
    const secret = readSecret(asked);
    if (secret !== undefined) return this.admitSecret(secret);
    if (this.#openDialects.includes(dialect)) return this.#admitOpen(asked);
    throw new TurnlogError(
      'unauthenticated',
      "This request needs a personal access token: send it as 'Authorization: Bearer <token>' or 'X-API-Key: <token>'.",
    );
  }

  /** Throws `credential_refused`. */
  admitSecret(secret: string): Caller | Promise<Caller> {
    const secretHash = sha256(secret);
    const known = this.#remembered.get(secretHash);
    if (known !== undefined && performance.now() < known.untilMs) return this.#admit(known.caller);
    if (!isSecret(secret)) throw refused();
    return this.#lookUp(secretHash);
  }

  /** The bearer of a capability, whom it lets into one session; null: it is none. */
  async admitCapability(secret: string): Promise<Caller | null> {
    const found = await this.#directory.findCapability(sha256(secret));
    return found && { ...UNNAMED, org: found.org, scopes: OPEN_SCOPES, holder: found.session };
  }

  /** What a secret that was admitted once stands for by now: null when it is revoked, rotated away or expired. */
  async recheck(secretHash: string): Promise<Principal | null> {
    const principal = await this.#directory.findPrincipal(secretHash);
    return principal !== null && !isExpired(principal, this.#nowUs()) ? principal : null;
  }

  /** Forgets what is remembered of a token; to be called before its change is answered. */
  forget(tokenId: TokenId): void {
    this.#forgettings++;
    for (const [secretHash, { caller }] of this.#remembered) {
      if (caller.tokenId === tokenId) this.#remembered.delete(secretHash);
    }
  }

  async #lookUp(secretHash: string): Promise<Caller> {
    const forgettings = this.#forgettings;
    const principal = await this.#directory.findPrincipal(secretHash);
    if (principal === null) throw refused();
    const caller = { ...principal, secretHash, holder: principal.tokenId ?? '' };
    if (forgettings === this.#forgettings) this.#remember(secretHash, caller);
    return this.#admit(caller);
  }

  async #admitOpen(asked: Asked): Promise<Caller> {
    const host = asked.header('host') ?? '';
    const origin = asked.header('origin');
    const allowed = origin === undefined || this.#corsOrigins.includes('*') || this.#corsOrigins.includes(origin);
    if (!LOOPBACK_HOST.test(host) || !allowed) {
      const message =
        'Without a token, only programs of this machine and pages of CORS_ORIGINS may call: send a personal access token.';
      throw new TurnlogError('origin_refused', message);
    }
    const org = await this.#directory.firstOrg();
    if (org === null) throw refused();
    return { ...UNNAMED, org, scopes: OPEN_SCOPES, holder: 'open' };
  }

  #remember(secretHash: string, caller: Caller): void {
    this.#remembered.delete(secretHash);
    makeRoom(this.#remembered, limits.credentialCacheEntries);
    this.#remembered.set(secretHash, { caller, untilMs: performance.now() + limits.credentialCacheMs });
  }

  #admit(caller: Caller): Caller {
    const nowUs = this.#nowUs();
    if (isExpired(caller, nowUs)) throw refused();
    this.#touch(caller, nowUs);
    return caller;
  }

  #touch({ org, tokenId }: Principal, usedUs: number): void {
    if (tokenId === null) return;
    const touchedUs = this.#touchedUs.get(tokenId);
    if (touchedUs !== undefined && Math.abs(usedUs - touchedUs) < limits.lastUsedEveryMs * 1000) return;
    this.#touchedUs.delete(tokenId);
    makeRoom(this.#touchedUs, limits.credentialCacheEntries);
    this.#touchedUs.set(tokenId, usedUs);
    this.#directory.touchTokens(new Map([[tokenId, { org, usedUs }]]));
  }
}

function isExpired({ expiresUs }: Principal, nowUs: number): boolean {
  return expiresUs !== null && expiresUs <= nowUs;
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
export function readSecret(asked: Asked): string | undefined {
  const authorization = asked.header('authorization');
  const scheme = authorization === undefined ? null : BEARER.exec(authorization);
  if (authorization === undefined || scheme === null) return asked.header('x-api-key');
  return authorization.slice(scheme[0].length).trimEnd();
}

/** The refusal in the middle of a stream whose token does not count any more. */
export function noLongerValid(): TurnlogError {
  return refused();
}

/** One sentence for malformed, unknown, expired and revoked: which of them it is, is not for the caller to learn. */
function refused(): TurnlogError {
  return new TurnlogError('credential_refused', 'The access token is malformed, unknown, expired or revoked.');
}

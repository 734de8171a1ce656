/** The Directory port: the few look-ups that cross orgs (I7), from a credential to the org it speaks for. */
import type { OrgId, SessionId, TokenId } from './ids.ts';
import type { Principal, Scope } from './tokens.ts';

export interface NewOrg {
  readonly name: string;
  readonly token: {
    readonly name: string;
    readonly hash: string;
    readonly prefix: string;
    /** Absent: never. */
    readonly expiresUs?: number;
    /** Absent: every scope. */
    readonly scopes?: readonly Scope[];
  };
}

/** What a capability lets its bearer into. */
export interface Capability {
  readonly org: OrgId;
  readonly session: SessionId;
}

export interface Directory {
  /** Who the secret with this SHA-256 (64 hexadecimal digits) speaks for; null when unknown or revoked. */
  findPrincipal(hash: string): Promise<Principal | null>;
  /** The session that the secret with this SHA-256 lets into; null when unknown, or its session is deleted. */
  findCapability(hash: string): Promise<Capability | null>;
  /** The org that was made first; null: there is none yet. */
  firstOrg(): Promise<OrgId | null>;
  /** Orgs that have an enabled webhook, or a replay under way. */
  orgsWithLanes(): Promise<readonly OrgId[]>;
  /** Notes when tokens were last used, in the background. */
  touchTokens(uses: ReadonlyMap<TokenId, { readonly org: OrgId; readonly usedUs: number }>): void;
}

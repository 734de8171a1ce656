/** What the HTTP layer stands on. */
import type { NowMicros } from '@turnlog/core/clock';
import type { Courier } from '@turnlog/core/courier';
import type { Directory } from '@turnlog/core/directory';
import type { RandomBytes } from '@turnlog/core/ids';
import type { WriteLetter } from '@turnlog/core/letters';
import type { Store } from '@turnlog/core/store';
import type { Tails } from '@turnlog/core/tails';
import type { Vault } from '../deliveries/vault.ts';
import type { DialectName } from '../dialects/prefixes.ts';
import type { Streams } from './streams/streams.ts';

/** A structured logger, as pino has it. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface Services {
  readonly store: Store;
  readonly directory: Directory;
  readonly tails: Tails;
  readonly streams: Streams;
  /** Outgoing requests: deliveries, replays and tests. */
  readonly courier: Courier;
  readonly writeLetter: WriteLetter;
  /** Seals the secrets of webhooks. */
  readonly vault: Vault;
  readonly nowUs: NowMicros;
  readonly random: RandomBytes;
  /** Origins whose pages may call us; `*` stands for every origin; empty for none. */
  readonly corsOrigins: readonly string[];
  /** Dialects that callers of this machine may use without a credential. */
  readonly openDialects: readonly DialectName[];
  /** How long the wave dialect holds a poll. */
  readonly waveHoldMs: number;
  /** How long a socket may wait for the message that says who asks. */
  readonly socketAuthMs: number;
  readonly log: Log;
  /** Whether each request is logged, at debug. */
  readonly logRequests: boolean;
  /** Whether requests can be served: false while starting and while draining. */
  ready(): boolean;
}

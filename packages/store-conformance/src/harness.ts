/**
 * What a store hands to the suite: itself on real storage, and the few handles that the port has no word for. A harness
 * is written beside its store and is the only code of the suite that knows the engine.
 */
import type { NowMicros } from '@turnlog/core/clock';
import type { Directory } from '@turnlog/core/directory';
import type { OrgId } from '@turnlog/core/ids';
import type { Store } from '@turnlog/core/store';
import type { Wakeups } from '@turnlog/core/wakeups';

export interface StoreHarness {
  /** Opens a fresh, empty store on storage of its own. */
  open(options?: OpenOptions): Promise<OpenStore>;
}

export interface OpenOptions {
  /**
   * The machine's clock as this store sees it, after `reopen` too: asked for every command, when it is handed in or when
   * it is planned, and by everything that compares with now. The real clock by default.
   */
  readonly nowUs?: NowMicros;
}

export interface OpenStore {
  readonly store: Store;
  readonly directory: Directory;
  readonly wakeups: Wakeups;
  /** A new org; whether it starts with a token of its own is left to the store. */
  createOrg(name: string): Promise<{ readonly org: OrgId }>;
  /** Closes this store and opens the same storage again, as a new process would. Works after a fatal fault, too. */
  reopen(): Promise<OpenStore>;
  /**
   * Settles when no command waits and the background has nothing to do: deleted sessions are purged, what has passed its
   * time is swept, uses of tokens are noted.
   */
  idle(): Promise<void>;
  /** Closes the store and removes its storage. Called once, on the store that was opened last. */
  dispose(): Promise<void>;
  /** The stored texts of an org's account stream, oldest first. */
  accountTexts(org: OrgId): Promise<readonly string[]>;
  /** What lies on disk of an org, marked as deleted or not. */
  storedRows(org: OrgId): Promise<StoredRows>;
  /** Plants a fault into the next batch of commands. */
  plantFault(fault: Fault): Promise<PlantedFault>;
}

export interface StoredRows {
  /** Rows of the table that has most rows of those which describe sessions. */
  readonly sessions: number;
  /** Events of sessions and of the account stream. */
  readonly events: number;
  /** Pairs of metadata that serve the filters. */
  readonly metadata: number;
  /** Deliveries of webhooks. */
  readonly deliveries: number;
}

/**
 * What the engine says instead of executing a statement: `full` no space left, `io` the disk failed, `constraint` a
 * violation that planning should have excluded, `busy` a lock that another holds for a moment.
 */
export type FaultKind = 'full' | 'io' | 'constraint' | 'busy';

export interface Fault {
  readonly kind: FaultKind;
  /** Which statement fails, from 1. Every statement counts, from the one that opens the transaction to its COMMIT. */
  readonly statement: number;
}

/**
 * A fault strikes once, in the next batch that holds a command (batches of the background do not count), and is gone
 * when that batch is over: a batch with fewer statements is left untouched.
 */
export interface PlantedFault {
  /** Whether it struck; asked when the commands of the batch are settled. */
  struck(): Promise<boolean>;
}

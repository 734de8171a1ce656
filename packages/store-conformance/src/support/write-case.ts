/** A write of the port, ready to be run more than once. */
import type { OrgId } from '@turnlog/core/ids';
import type { Outcome, Store, WriteContext } from '@turnlog/core/store';

/** Runs one prepared write with a context; each run is the same request. */
export type Run = (store: Store, context: WriteContext) => Promise<Outcome<unknown>>;

export interface WriteCase {
  readonly name: string;
  /** Makes what the write needs. */
  prepare(store: Store, org: OrgId): Promise<Run>;
}

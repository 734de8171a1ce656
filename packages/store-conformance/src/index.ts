/** The one suite that every store must pass. */
import type { StoreHarness } from './harness.ts';

export type { Fault, FaultKind, OpenOptions, OpenStore, PlantedFault, StoredRows, StoreHarness } from './harness.ts';

/** Registers the suite with vitest, for one store. */
export function describeStore(_name: string, _harness: StoreHarness): void {}

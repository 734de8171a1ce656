/** Memory that a test and the writer's thread share: the kind of fault (0: none), its statement, and whether it struck. */
export type FaultCell = SharedArrayBuffer;

export const FAULT_CODES = [
  '',
  'SQLITE_FULL',
  'SQLITE_IOERR_WRITE',
  'SQLITE_CONSTRAINT_UNIQUE',
  'SQLITE_BUSY',
] as const;
export const FAULT_KINDS = ['none', 'full', 'io', 'constraint', 'busy'] as const;

export function newFaultCell(): FaultCell {
  return new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT);
}

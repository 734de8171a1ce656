/** Memory that a test and the watched writer's thread share. */
export const CELL = {
  /** How many batches may run, in total. */
  allowed: 0,
  /** How many batches have reached the thread. */
  arrived: 1,
  /** Index into DEATHS: end before the next batch, or throw or end between its commit and its answer. */
  death: 2,
  /** `PRAGMA max_page_count` before the next batch; 0 leaves it. */
  maxPages: 3,
  /** `PRAGMA synchronous` before the next batch; -1 leaves it. */
  synchronous: 4,
} as const;

export const EVERY_BATCH = 0x7fff_ffff;
export const EVERY_PAGE = 0x3fff_ffff;
export const DEATHS = ['none', 'before', 'throw', 'after'] as const;

export interface WatchData {
  readonly cell: SharedArrayBuffer;
  /** Where a line of JSON goes for each batch, before its answer does. */
  readonly log: string;
}

/** What the thread notes of a batch. */
export interface BatchRecord {
  /** The org of each command, in order. */
  readonly orgs: readonly string[];
  readonly rows: number;
  readonly touches: number;
  readonly reply: string;
  /** COMMITs of the connection so far. */
  readonly commits: number;
  /** Rows that the connection has changed so far. */
  readonly changes: number;
  readonly pragmas: Readonly<Record<string, unknown>>;
  /** Texts prepared since the last record, as SQLite got them. */
  readonly prepared: readonly string[];
}

export function newCell(): SharedArrayBuffer {
  const cell = new SharedArrayBuffer(8 * Int32Array.BYTES_PER_ELEMENT);
  const control = new Int32Array(cell);
  control[CELL.allowed] = EVERY_BATCH;
  control[CELL.synchronous] = -1;
  return cell;
}

/** Where an event or a session comes from: the vocabulary that it was written in. */
import type { RequestId } from './ids.ts';

/** Stored by their index: new ones go to the end. */
export const ORIGINS = ['native', 'server', 'workflow', 'platform', 'wave', 'runtime'] as const;
export type Origin = (typeof ORIGINS)[number];

/** What the log knows of an event besides its text. */
export interface Provenance {
  readonly origin: Origin;
  /** The request that wrote it. */
  readonly requestId: RequestId;
}

const CARRIES_DATA = {
  native: false,
  server: true,
  workflow: true,
  platform: true,
  wave: true,
  runtime: false,
} as const satisfies Record<Origin, boolean>;

/** Whether the payload of an event of this origin is its `data`; of any other, it is all of the event's own fields. */
export function carriesData(origin: Origin): boolean {
  return CARRIES_DATA[origin];
}

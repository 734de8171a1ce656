/** Who answers what: the longest prefix decides the dialect, and so the envelope of every refusal. */
import type { PresentRefusal } from '../http/dialect.ts';
import { presentRefusal as presentCloudRefusal } from './cloud/wire/error.ts';
import { presentRefusal as presentPlatformRefusal } from './platform/wire/error.ts';
import { presentRefusal as presentRuntimeRefusal } from './runtime/wire/error.ts';
import { presentRefusal as presentWaveRefusal } from './wave/wire/error.ts';
import { presentRefusal as presentWorkflowRefusal } from './workflow/wire/error.ts';

export const DIALECTS = ['cloud', 'workflow', 'platform', 'wave', 'runtime'] as const;
export type DialectName = (typeof DIALECTS)[number];

/** The longest first. The empty prefix is everything that nobody else serves. */
export const PREFIXES = [
  ['/api/v1/cloud', 'cloud'],
  ['/_wave/api', 'wave'],
  ['/api/v1', 'platform'],
  ['/api/v2', 'workflow'],
  ['/_wave', 'wave'],
  ['/api', 'wave'],
  ['/v1', 'cloud'],
  ['', 'runtime'],
] as const satisfies readonly (readonly [prefix: string, dialect: DialectName])[];

/** Stands before a prefix of the dialect; nothing of its own is served there. */
export const NAMESPACE = '/_wave';

const REFUSALS = {
  cloud: presentCloudRefusal,
  workflow: presentWorkflowRefusal,
  platform: presentPlatformRefusal,
  wave: presentWaveRefusal,
  runtime: presentRuntimeRefusal,
} as const satisfies Record<DialectName, PresentRefusal>;

export interface Place {
  readonly prefix: string;
  readonly dialect: DialectName;
  readonly presentRefusal: PresentRefusal;
}

export function placeOf(path: string): Place {
  for (const [prefix, dialect] of PREFIXES) {
    const below = path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/');
    if (below) return { prefix, dialect, presentRefusal: REFUSALS[dialect] };
  }
  return { prefix: '', dialect: 'runtime', presentRefusal: REFUSALS.runtime };
}

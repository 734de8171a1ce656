/** Who answers what: the longest prefix decides the dialect, and so the envelope of every refusal. */
import type { PresentRefusal } from '../http/dialect.ts';
import { presentRefusal as presentCloudRefusal } from './cloud/wire/error.ts';
import { presentRefusal as presentRuntimeRefusal } from './runtime/runtime.ts';

export type DialectName = 'cloud' | 'runtime';

/** The longest first. The empty prefix is everything that nobody else serves. */
export const PREFIXES = [
  ['/api/v1/cloud', 'cloud'],
  ['/v1', 'cloud'],
  ['', 'runtime'],
] as const satisfies readonly (readonly [prefix: string, dialect: DialectName])[];

const REFUSALS = {
  cloud: presentCloudRefusal,
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

/** Who is told of events: endpoints that take everything, that do so mostly, and that never do, each behind a webhook. */
import type { Bell } from './bell.ts';
import { type Answer, Endpoint } from './endpoints.ts';
import type { Random } from './random.ts';

export interface Part {
  readonly name: string;
  readonly dialect: 'cloud' | 'platform';
  readonly patterns: readonly string[];
  readonly ordering: 'none' | 'session';
  readonly announce: 'all' | 'failures' | 'none';
  /** Whether it takes events at least now and then. */
  readonly recovers: boolean;
  /** How often it does not answer as it should, and what it does then. */
  readonly failsOnceIn: number;
  readonly failures: readonly Answer[];
}

const ALWAYS = 1;
const NEVER = Number.POSITIVE_INFINITY;
const NOW_AND_THEN = 12;
/** Seldom busy: that holds up the whole endpoint for a second. */
const ILL: readonly Answer[] = [...Array<Answer[]>(5).fill(['error', 'close', 'redirect']).flat(), 'busy'];

/** Those that must get everything. */
const RECOVERING: readonly Part[] = [
  part({ name: 'good', announce: 'failures' }),
  part({ name: 'good, ordered', dialect: 'platform', ordering: 'session' }),
  part({ name: 'unsteady', patterns: ['agent.*', 'session.created'], failsOnceIn: NOW_AND_THEN, announce: 'all' }),
  part({ name: 'unsteady, ordered', ordering: 'session', failsOnceIn: NOW_AND_THEN }),
  part({ name: 'unsteady, ordered, platform', dialect: 'platform', ordering: 'session', failsOnceIn: NOW_AND_THEN }),
];

/** Those that never take anything. */
const DEAD: readonly Part[] = [
  dead('failing', 'error', { ordering: 'session' }),
  dead('closing', 'close', { dialect: 'platform' }),
  dead('redirecting', 'redirect', { ordering: 'session', announce: 'failures', patterns: ['session.*'] }),
  dead('hanging', 'hang', { ordering: 'session' }),
  dead('dripping', 'drip'),
  dead('gone', 'gone'),
];

export const CASTS = { all: [...RECOVERING, ...DEAD], recovering: RECOVERING } as const;

/** Answers are mostly at once, so that they come in any order. */
const WITHIN_MS = 2;

type Played = Pick<Part, 'name' | 'dialect' | 'failsOnceIn' | 'failures'> & { readonly withinMs?: number };

export function startEndpoint(
  { name, dialect, failsOnceIn, failures, withinMs = WITHIN_MS }: Played,
  random: Random,
  bell: Bell,
): Promise<Endpoint> {
  const answers = (): Answer => {
    if (!random.chance(1 / failsOnceIn)) return 'ok';
    return failures[random.whole(0, failures.length - 1)] ?? 'error';
  };
  return Endpoint.start({ name, dialect, answers, withinMs, random, bell });
}

function part(own: Pick<Part, 'name'> & Partial<Part>): Part {
  const common = { dialect: 'cloud', patterns: ['*'], ordering: 'none', announce: 'none', recovers: true } as const;
  return { ...common, failsOnceIn: NEVER, failures: ILL, ...own };
}

function dead(name: string, answer: Answer, own: Partial<Part> = {}): Part {
  return part({ name, recovers: false, failsOnceIn: ALWAYS, failures: [answer], ...own });
}

/** Instants in queries, and the range that they describe together. */
import { type Instant, parseInstant, type TimeRange, timeRange } from '@turnlog/core/clock';
import { invalid } from '@turnlog/core/errors';

/** Which bound a parameter sets, what the parameter is called, and what was sent in it. */
export type TimeBound = readonly [bound: 'gt' | 'gte' | 'lt' | 'lte', param: string, value: string | undefined];

/** Reads the bounds that were sent; of two for the same, the later counts. Throws `invalid_request` naming the parameter. */
export function readBounds(sent: readonly TimeBound[]): TimeRange {
  const bounds: { gt?: Instant; gte?: Instant; lt?: Instant; lte?: Instant } = {};
  for (const [bound, param, value] of sent) {
    if (value === undefined) continue;
    const instant = parseInstant(value);
    if (instant === null) throw notAnInstant(param);
    bounds[bound] = instant;
  }
  const { fromUs, untilUs } = timeRange(bounds);
  return { fromUs: sinceEpoch(fromUs), untilUs: sinceEpoch(untilUs) };
}

export function notAnInstant(param: string): Error {
  return invalid(param, `'${param}' must be an RFC 3339 time with a zone, such as '2026-01-31T09:30:00Z'.`);
}

/** Nothing is older than 1970, and no id can say so. */
function sinceEpoch(micros: number | null): number | null {
  return micros === null ? null : Math.max(0, micros);
}

/**
 * Time. The org clock (I1) gives every event of an org a microsecond of its own, strictly rising in commit order,
 * whatever the machine's clock does; an instant from outside is kept to the nanosecond for exact comparison.
 */

/** Microseconds since 1970 by the machine's clock; may stand still, jump or go back. */
export type NowMicros = () => number;

/** The `n` consecutive microseconds an org spends on its next rows. */
export interface Allotment {
  readonly firstUs: number;
  readonly lastUs: number;
}

/** `last_us = max(now_us, last_us + 1) + n − 1`. */
export function advance(lastUs: number, nowUs: number, n: number): Allotment {
  const firstUs = Math.max(nowUs, lastUs + 1);
  return { firstUs, lastUs: firstUs + n - 1 };
}

let prefixSecond = Number.NaN;
let prefix = '';

/** RFC 3339 in UTC with six fractional digits. */
export function formatMicros(micros: number): string {
  const second = Math.floor(micros / 1_000_000);
  if (second !== prefixSecond) {
    prefix = new Date(second * 1000).toISOString().slice(0, 20);
    prefixSecond = second;
  }
  return `${prefix}${String(micros - second * 1_000_000).padStart(6, '0')}Z`;
}

/** A moment between two microseconds: equal bounds when it is a whole one. */
export interface Instant {
  readonly floorUs: number;
  readonly ceilUs: number;
}

const INSTANT =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:([Zz])|([+\- ])(\d{2}):(\d{2}))$/;

/** Reads RFC 3339 with a zone and 0–9 fractional digits; a space before the offset is an unencoded plus. Null: not a time. */
export function parseInstant(text: string): Instant | null {
  const match = INSTANT.exec(text);
  if (!match) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null;
  if (hour > 23 || minute > 59 || second > 60) return null;
  let offsetMinutes = 0;
  if (!match[8]) {
    const offsetHour = Number(match[10]);
    const offsetMinute = Number(match[11]);
    if (offsetHour > 23 || offsetMinute > 59) return null;
    offsetMinutes = (match[9] === '-' ? -1 : 1) * (offsetHour * 60 + offsetMinute);
  }
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute - offsetMinutes, second);
  const nanos = (match[7] ?? '').padEnd(9, '0');
  const floorUs = date.getTime() * 1000 + Number(nanos.slice(0, 6));
  return { floorUs, ceilUs: nanos.endsWith('000') ? floorUs : floorUs + 1 };
}

/** Half-open range of microseconds; null is unbounded. */
export interface TimeRange {
  readonly fromUs: number | null;
  readonly untilUs: number | null;
}

export const ALL_TIME: TimeRange = { fromUs: null, untilUs: null };

/** The range that `gt`, `gte`, `lt` and `lte` describe together. */
export function timeRange(bounds: { gt?: Instant; gte?: Instant; lt?: Instant; lte?: Instant }): TimeRange {
  const from = [bounds.gt && bounds.gt.floorUs + 1, bounds.gte?.ceilUs].filter((us) => us !== undefined);
  const until = [bounds.lt?.ceilUs, bounds.lte && bounds.lte.floorUs + 1].filter((us) => us !== undefined);
  return {
    fromUs: from.length > 0 ? Math.max(...from) : null,
    untilUs: until.length > 0 ? Math.min(...until) : null,
  };
}

function daysInMonth(year: number, month: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month, 0);
  return date.getUTCDate();
}

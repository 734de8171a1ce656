import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALL_TIME, advance, formatMicros, type Instant, parseInstant, timeRange } from '../src/clock.ts';

describe('the org clock', () => {
  it('I1: microseconds rise strictly, without overlap, for every clock that stands still, jumps or goes back', () => {
    const ticks = fc.array(fc.tuple(fc.integer({ min: 0, max: 2 ** 51 }), fc.integer({ min: 1, max: 500 })));
    fc.assert(
      fc.property(fc.nat(2 ** 31), ticks, (start, steps) => {
        let lastUs = start;
        for (const [nowUs, n] of steps) {
          const allotment = advance(lastUs, nowUs, n);
          expect(allotment.firstUs).toBe(Math.max(nowUs, lastUs + 1));
          expect(allotment.firstUs).toBeGreaterThan(lastUs);
          expect(allotment.lastUs - allotment.firstUs + 1).toBe(n);
          lastUs = allotment.lastUs;
        }
      }),
    );
  });

  it.each([
    ['a clock that is ahead is followed', 100, 5_000, 3, { firstUs: 5_000, lastUs: 5_002 }],
    ['a clock that stands still is stepped past', 100, 100, 1, { firstUs: 101, lastUs: 101 }],
    ['a clock that went back is ignored', 100, 7, 2, { firstUs: 101, lastUs: 102 }],
    ['the very next microsecond is taken', 100, 101, 1, { firstUs: 101, lastUs: 101 }],
  ] as const)('I1: %s', (_, lastUs, nowUs, n, expected) => {
    expect(advance(lastUs, nowUs, n)).toEqual(expected);
  });
});

describe('the form of a time', () => {
  it('agrees with Date to the millisecond and carries the microseconds behind it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.maxSafeInteger(), fc.nat(10_000_000)), (micros) => {
        const millis = Math.floor(micros / 1000);
        const rest = String(micros - millis * 1000).padStart(3, '0');
        const text = formatMicros(micros);
        expect(text).toBe(`${new Date(millis).toISOString().slice(0, -1)}${rest}Z`);
        expect(parseInstant(text)).toEqual({ floorUs: micros, ceilUs: micros });
      }),
      { numRuns: 500 },
    );
  });

  it('is right for times that alternate between seconds', () => {
    const [a, b] = [1_700_000_000_999_999, 1_700_000_001_000_000];
    expect([a, b, a, b, b, a].map(formatMicros)).toEqual([
      '2023-11-14T22:13:20.999999Z',
      '2023-11-14T22:13:21.000000Z',
      '2023-11-14T22:13:20.999999Z',
      '2023-11-14T22:13:21.000000Z',
      '2023-11-14T22:13:21.000000Z',
      '2023-11-14T22:13:20.999999Z',
    ]);
  });

  it('sorts as text in the order of time', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (a, b) => {
        expect(formatMicros(a) < formatMicros(b)).toBe(a < b);
      }),
    );
  });
});

describe('reading an instant', () => {
  const twoDigits = (max: number) => fc.nat(max).map((n) => String(n).padStart(2, '0'));
  const offset = fc.oneof(
    fc.constantFrom('Z', 'z'),
    fc.tuple(fc.constantFrom('+', '-', ' '), twoDigits(23), twoDigits(59)).map(([sign, h, m]) => `${sign}${h}:${m}`),
  );
  const fraction = fc.oneof(fc.constant(''), fc.stringMatching(/^[0-9]{1,9}$/));
  const date = (minYear: number, maxYear: number) =>
    fc
      .date({
        min: new Date(Date.UTC(minYear, 0, 1)),
        max: new Date(Date.UTC(maxYear, 11, 31, 23, 59, 59)),
        noInvalidDate: true,
      })
      .map((day) => day.toISOString().slice(0, 19));
  const separator = fc.constantFrom('T', 't', ' ');

  it('agrees with Date.parse on the second, and is exact to the microsecond below and above', () => {
    fc.assert(
      fc.property(date(1690, 2250), separator, fraction, offset, (local, between, digits, zone) => {
        const text = `${local.replace('T', between)}${digits && `.${digits}`}${zone}`;
        const instant = parseInstant(text);
        const nanos = nanosOf(local, digits, zone);
        expect(instant?.floorUs).toBe(Number(floorDivide(nanos, 1000n)));
        expect(instant?.ceilUs).toBe(Number(floorDivide(nanos + 999n, 1000n)));
      }),
      { numRuns: 1_000 },
    );
  });

  it('keeps the order of instants over all years, though a double then holds only some microseconds', () => {
    fc.assert(
      fc.property(
        fc.tuple(date(100, 9999), fraction, offset),
        fc.tuple(date(100, 9999), fraction, offset),
        ([localA, digitsA, zoneA], [localB, digitsB, zoneB]) => {
          const a = parseInstant(`${localA}${digitsA && `.${digitsA}`}${zoneA}`);
          const b = parseInstant(`${localB}${digitsB && `.${digitsB}`}${zoneB}`);
          if (nanosOf(localA, digitsA, zoneA) > nanosOf(localB, digitsB, zoneB)) {
            expect(a?.floorUs).toBeGreaterThanOrEqual(b?.floorUs ?? Number.NaN);
          } else {
            expect(a?.floorUs).toBeLessThanOrEqual(b?.floorUs ?? Number.NaN);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    ['no fraction', '2026-01-31T09:30:00Z', '2026-01-31T09:30:00.000Z', 0, 0],
    ['one digit', '2026-01-31T09:30:00.5Z', '2026-01-31T09:30:00.500Z', 0, 0],
    ['six digits', '2026-01-31T09:30:00.123456Z', '2026-01-31T09:30:00.123Z', 456, 456],
    ['seven digits', '2026-01-31T09:30:00.1234561Z', '2026-01-31T09:30:00.123Z', 456, 457],
    ['nine digits', '2026-01-31T09:30:00.123456001Z', '2026-01-31T09:30:00.123Z', 456, 457],
    ['nine digits that end in zeros', '2026-01-31T09:30:00.123456000Z', '2026-01-31T09:30:00.123Z', 456, 456],
    ['nine nines', '2026-01-31T09:30:00.999999999Z', '2026-01-31T09:30:00.999Z', 999, 1000],
    ['the example of the native API', '2026-05-18T03:40:48.888851795Z', '2026-05-18T03:40:48.888Z', 851, 852],
    ['an offset east', '2026-01-31T09:30:00+05:30', '2026-01-31T04:00:00.000Z', 0, 0],
    ['an offset west over the year', '2025-12-31T23:30:00-01:00', '2026-01-01T00:30:00.000Z', 0, 0],
    ['an unencoded plus', '2026-01-31T09:30:00 05:30', '2026-01-31T04:00:00.000Z', 0, 0],
    ['the offset of unknown place', '2026-01-31T09:30:00-00:00', '2026-01-31T09:30:00.000Z', 0, 0],
    ['a leap second', '2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z', 0, 0],
    ['a leap second elsewhere', '2017-01-01T00:59:60.25+01:00', '2017-01-01T00:00:00.250Z', 0, 0],
    ['before 1970', '1969-12-31T23:59:59.9999995Z', '1969-12-31T23:59:59.999Z', 999, 1000],
    ['small letters', '2026-01-31t09:30:00z', '2026-01-31T09:30:00.000Z', 0, 0],
    ['a year below 100', '0099-03-01T00:00:00Z', '0099-03-01T00:00:00.000Z', 0, 0],
  ])('%s', (_, text, millisecond, floor, ceil) => {
    const base = Date.parse(millisecond) * 1000;
    expect(parseInstant(text)).toEqual({ floorUs: base + floor, ceilUs: base + ceil });
  });

  it('knows the length of every month of every kind of year', () => {
    for (const year of [1900, 1999, 2000, 2023, 2024, 2100]) {
      for (let month = 1; month <= 12; month++) {
        const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
        const day = (n: number) =>
          parseInstant(`${year}-${String(month).padStart(2, '0')}-${String(n).padStart(2, '0')}T00:00:00Z`);
        expect(day(1)?.floorUs).toBe(Date.UTC(year, month - 1, 1) * 1000);
        expect(day(last)?.floorUs).toBe(Date.UTC(year, month - 1, last) * 1000);
        expect([day(0), day(last + 1), day(32), day(99)]).toEqual([null, null, null, null]);
      }
    }
  });

  it.each([
    '',
    'now',
    '2026-01-31',
    '2026-01-31T09:30Z',
    '2026-01-31T09:30:00',
    '2026-01-31T09:30:00.Z',
    '2026-01-31T09:30:00.1234567890Z',
    '2026-01-31T09:30:00,5Z',
    '2026-01-31T09:30:00+0530',
    '2026-01-31T09:30:00+05',
    '2026-01-31T09:30:00+5:30',
    '2026-01-31T09:30:00+24:00',
    '2026-01-31T09:30:00+05:60',
    '2026-01-31T09:30:00+05:30Z',
    '2026-01-31T09:30:00 Z',
    '2026-01-31T09:30:00  05:30',
    '2026-01-31T24:00:00Z',
    '2026-01-31T09:60:00Z',
    '2026-01-31T09:30:61Z',
    '2026-00-31T09:30:00Z',
    '2026-13-31T09:30:00Z',
    '2026-02-29T09:30:00Z',
    '2026-1-31T09:30:00Z',
    '26-01-31T09:30:00Z',
    '+002026-01-31T09:30:00Z',
    '-2026-01-31T09:30:00Z',
    '2026-01-31_09:30:00Z',
    ' 2026-01-31T09:30:00Z',
    '2026-01-31T09:30:00Z ',
    '2026-01-31T09:30:00Z\n',
    '2026-01-31T09:30:00UTC',
    '２０２６-01-31T09:30:00Z',
    '1769851800',
    '2026-W05-6T09:30:00Z',
    'Sat, 31 Jan 2026 09:30:00 GMT',
  ])('%j is not a time', (text) => {
    expect(parseInstant(text)).toBe(null);
  });

  it('never takes what Date.parse does not take, but for seconds 60 and the two spellings it allows beside it', () => {
    const spoiled = fc
      .tuple(date(1690, 2250), fraction, offset, fc.nat(40), fc.constantFrom(...'0123456789-:.+ TZ'), fc.boolean())
      .map(([local, digits, zone, position, character, inserts]) => {
        const text = `${local}${digits && `.${digits}`}${zone}`;
        return text.slice(0, position) + character + text.slice(inserts ? position : position + 1);
      });
    fc.assert(
      fc.property(spoiled, (text) => {
        if (parseInstant(text) === null) return;
        const plain = text
          .toUpperCase()
          .replace(/^(.{10}) /, '$1T')
          .replace(/ (\d\d:\d\d)$/, '+$1')
          .replace(/^(.{17})60/, '$159');
        expect(Date.parse(plain)).not.toBeNaN();
      }),
      { numRuns: 1_000 },
    );
  });

  it('refuses a long text at once', () => {
    expect(parseInstant(`2026-01-31T09:30:00.${'0'.repeat(100_000)}Z`)).toBe(null);
  });
});

describe('ranges', () => {
  it('a range holds exactly the microseconds that its bounds hold in nanoseconds', () => {
    const nanos = fc.option(fc.nat(12_000), { nil: undefined });
    fc.assert(
      fc.property(nanos, nanos, nanos, nanos, (gt, gte, lt, lte) => {
        const range = timeRange({
          ...(gt !== undefined && { gt: instantAt(gt) }),
          ...(gte !== undefined && { gte: instantAt(gte) }),
          ...(lt !== undefined && { lt: instantAt(lt) }),
          ...(lte !== undefined && { lte: instantAt(lte) }),
        });
        for (let micro = 0; micro <= 14; micro++) {
          const at = micro * 1000;
          const wanted =
            (gt === undefined || at > gt) &&
            (gte === undefined || at >= gte) &&
            (lt === undefined || at < lt) &&
            (lte === undefined || at <= lte);
          const held =
            (range.fromUs === null || BASE_US + micro >= range.fromUs) &&
            (range.untilUs === null || BASE_US + micro < range.untilUs);
          expect(held, `microsecond ${micro}`).toBe(wanted);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('no bounds are all time', () => {
    expect(timeRange({})).toEqual(ALL_TIME);
    expect(ALL_TIME).toEqual({ fromUs: null, untilUs: null });
  });

  it('the instant 0 is a bound like any other', () => {
    const zero: Instant = { floorUs: 0, ceilUs: 0 };
    expect(timeRange({ gte: zero })).toEqual({ fromUs: 0, untilUs: null });
    expect(timeRange({ lt: zero })).toEqual({ fromUs: null, untilUs: 0 });
  });
});

const BASE = '2026-01-31T09:30:00';
const BASE_US = Date.parse(`${BASE}Z`) * 1000;

function instantAt(nanos: number): Instant {
  const instant = parseInstant(`${BASE}.${String(nanos).padStart(9, '0')}Z`);
  if (instant === null) throw new Error('A time of the test is not one.');
  return instant;
}

/** The nanosecond since 1970, by Date.parse and whole numbers. */
function nanosOf(local: string, digits: string, zone: string): bigint {
  const millis = Date.parse(`${local}${zone.replace(' ', '+').toUpperCase()}`);
  if (Number.isNaN(millis)) throw new Error(`Date.parse does not take ${local}${zone}.`);
  return BigInt(millis) * 1_000_000n + BigInt(digits.padEnd(9, '0'));
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}

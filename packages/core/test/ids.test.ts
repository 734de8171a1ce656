import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { decodeTime, isValid } from 'ulid';
import { parse, stringify, validate, version } from 'uuid';
import { describe, expect, it } from 'vitest';
import {
  bytesFromId,
  type Id,
  type IdKind,
  idBytes,
  idFromBytes,
  idOfUuid,
  isId,
  lowestIdBytes,
  makeId,
  microsOfId,
  uuidOfId,
} from '../src/ids.ts';
import { allBytes, seededBytes } from './support/random.ts';

const KINDS = ['sess', 'evt', 'turn', 'tok', 'org', 'req'] as const satisfies readonly IdKind[];
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const SAMPLE: Id<'evt'> = 'evt_01KRWJR38XFMSY8PMCZS0ANP7Z';

/** Every microsecond from 1970 to 2255 that a double holds. */
const micros = () =>
  fc.oneof(
    fc.maxSafeNat(),
    fc.nat(5_000),
    fc.tuple(fc.nat(2 ** 32), fc.integer({ min: -3, max: 3 })).map(([ms, near]) => Math.max(0, ms * 2000 + near)),
    fc.constantFrom(0, 2 ** 32 * 1000 - 1, 2 ** 32 * 1000, Number.MAX_SAFE_INTEGER),
  );
const kind = () => fc.constantFrom(...KINDS);
const sixteenBytes = () => fc.uint8Array({ minLength: 16, maxLength: 16 });
const random = (length: number): Uint8Array => randomBytes(length);

describe('order', () => {
  it('I1: ids of rising microseconds rise strictly as text, as bytes and as UUIDs, whatever the random bits', () => {
    fc.assert(
      fc.property(micros(), micros(), sixteenBytes(), sixteenBytes(), (a, b, noiseA, noiseB) => {
        fc.pre(a !== b);
        const [early, late] = a < b ? [a, b] : [b, a];
        const before = makeId('evt', early, () => noiseA);
        const after = makeId('evt', late, () => noiseB);
        expect(before < after).toBe(true);
        expect(Buffer.compare(bytesFromId(before), bytesFromId(after))).toBe(-1);
        expect(uuidOfId(before) < uuidOfId(after)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('I1: the highest id of a microsecond is below the lowest of the next, over every carry', () => {
    const steps = [0, 1, 62, 63, 64, 254, 255, 256, 510, 511, 512, 998, 999, 1_000, 65_535_999, 2 ** 32 * 1000 - 1];
    for (const micro of steps) {
      const highest = makeId('evt', micro, allBytes(0xff));
      const next = makeId('evt', micro + 1, allBytes(0));
      expect(highest < next).toBe(true);
      expect(uuidOfId(highest) < uuidOfId(next)).toBe(true);
    }
  });

  it('I1: two ids compare alike as text, as bytes and as UUIDs, made by us or not', () => {
    fc.assert(
      fc.property(sixteenBytes(), sixteenBytes(), (a, b) => {
        const expected = Buffer.compare(a, b);
        const [idA, idB] = [idFromBytes('evt', a), idFromBytes('evt', b)];
        expect(compareText(idA, idB)).toBe(expected);
        expect(compareText(uuidOfId(idA), uuidOfId(idB))).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('I1: an id gives back its microsecond', () => {
    fc.assert(
      fc.property(kind(), micros(), sixteenBytes(), (anyKind, micro, noise) => {
        expect(microsOfId(makeId(anyKind, micro, () => noise))).toBe(micro);
      }),
      { numRuns: 1_000 },
    );
  });

  it('I1: beyond 2255, where a double holds only some microseconds, an id gives back every one that it holds until 4253', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 2n ** 53n, max: 2n ** 56n - 1n }), (wanted) => {
        const micro = Math.min(Number(wanted), 2 ** 56 - 8);
        expect(microsOfId(makeId('evt', micro, random))).toBe(micro);
      }),
      { numRuns: 500 },
    );
  });

  it('I1: the lowest bytes of a microsecond are above every id before it and not above any id from it on', () => {
    fc.assert(
      fc.property(
        micros().filter((micro) => micro > 0),
        micros(),
        sixteenBytes(),
        (bound, other, noise) => {
          const lowest = lowestIdBytes(bound);
          for (const micro of [other, bound - 1, bound]) {
            const order = Buffer.compare(
              lowest,
              idBytes(micro, () => noise),
            );
            expect(micro < bound ? order === 1 : order <= 0).toBe(true);
          }
          expect(Buffer.compare(lowest, idBytes(bound - 1, allBytes(0xff)))).toBe(1);
          expect(lowest).toEqual(idBytes(bound, allBytes(0)));
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('the other standards', () => {
  it('an id is a valid ULID of its millisecond', () => {
    fc.assert(
      fc.property(micros(), sixteenBytes(), (micro, noise) => {
        const ulid = makeId('sess', micro, () => noise).slice('sess_'.length);
        expect(isValid(ulid)).toBe(true);
        expect(decodeTime(ulid)).toBe(Math.floor(micro / 1000));
      }),
    );
  });

  it('an id is a valid version 7 UUID of its millisecond', () => {
    fc.assert(
      fc.property(micros(), sixteenBytes(), (micro, noise) => {
        const uuid = uuidOfId(makeId('sess', micro, () => noise));
        expect(validate(uuid)).toBe(true);
        expect(version(uuid)).toBe(7);
        expect(stringify(parse(uuid))).toBe(uuid);
        expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(Number.parseInt(uuid.replace('-', '').slice(0, 12), 16)).toBe(Math.floor(micro / 1000));
      }),
    );
  });

  it('the last millisecond that a ULID can hold makes a valid id', () => {
    const ulid = makeId('evt', (2 ** 48 - 1) * 1000, random).slice('evt_'.length);
    expect(ulid).toMatch(/^7ZZZZZZZZZ/);
    expect(isValid(ulid)).toBe(true);
    expect(decodeTime(ulid)).toBe(2 ** 48 - 1);
  });
});

describe('forms', () => {
  it('the text of 16 bytes is their number in Crockford base 32, and gives them back', () => {
    fc.assert(
      fc.property(kind(), sixteenBytes(), (anyKind, bytes) => {
        const id = idFromBytes(anyKind, bytes);
        expect(id).toBe(`${anyKind}_${crockford(bytes)}`);
        expect(bytesFromId(id)).toEqual(bytes);
        expect(isId(anyKind, id)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('the UUID of an id has the same bytes, and gives the id back', () => {
    fc.assert(
      fc.property(kind(), sixteenBytes(), (anyKind, bytes) => {
        const id = idFromBytes(anyKind, bytes);
        const uuid = uuidOfId(id);
        expect(uuid).toBe(
          Buffer.from(bytes)
            .toString('hex')
            .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
        );
        expect(idOfUuid(anyKind, uuid)).toBe(id);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['in upper case', (uuid: string) => uuid.toUpperCase()],
    ['without hyphens', (uuid: string) => uuid.replaceAll('-', '')],
    ['in braces', (uuid: string) => `{${uuid}}`],
    ['with a line feed after it', (uuid: string) => `${uuid}\n`],
    ['cut short', (uuid: string) => uuid.slice(0, -1)],
    ['with one digit too many', (uuid: string) => `${uuid}0`],
    ['with a letter that is no digit', (uuid: string) => `g${uuid.slice(1)}`],
    ['with a hyphen elsewhere', (uuid: string) => `${uuid.slice(1, 9)}${uuid[0]}${uuid.slice(9)}`],
    ['empty', () => ''],
  ])('a UUID %s is not read', (_, spoil) => {
    expect(idOfUuid('sess', spoil('0190163d-8694-739b-aea5-966c26f8ad91'))).toBe(null);
  });

  it('an id of one kind is not an id of another', () => {
    for (const made of KINDS) {
      const id = makeId(made, 1_700_000_000_000_000, random);
      expect(KINDS.filter((asked) => isId(asked, id))).toEqual([made]);
    }
  });

  it('an id with one character replaced by one that is not in the alphabet is refused, wherever it stands', () => {
    const foreign = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyzILOU-_ \n\u0000éＡ٣');
    fc.assert(
      fc.property(sixteenBytes(), fc.integer({ min: 4, max: 29 }), foreign, (bytes, at, character) => {
        const id = idFromBytes('evt', bytes);
        expect(isId('evt', id.slice(0, at) + character + id.slice(at + 1))).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['in lower case', SAMPLE.toLowerCase()],
    ['with a prefix in upper case', SAMPLE.replace('evt', 'EVT')],
    ['without its prefix', SAMPLE.slice(4)],
    ['with another prefix', SAMPLE.replace('evt', 'sess')],
    ['with an unknown prefix', SAMPLE.replace('evt', 'foo')],
    ['with another separator', SAMPLE.replace('_', '-')],
    ['with a prefix twice', `evt_${SAMPLE}`],
    ['one character short', SAMPLE.slice(0, -1)],
    ['one character long', `${SAMPLE}0`],
    ['with a space after it', `${SAMPLE} `],
    ['with a line feed after it', `${SAMPLE}\n`],
    ['with a space before it', ` ${SAMPLE}`],
    ['that starts with 8, past 128 bits', 'evt_8ZZZZZZZZZZZZZZZZZZZZZZZZZ'],
    ['that starts with Z, past 128 bits', 'evt_ZZZZZZZZZZZZZZZZZZZZZZZZZZ'],
    ['that is only a prefix', 'evt_'],
    ['that is empty', ''],
    ['of ten thousand characters', `evt_${'0'.repeat(10_000)}`],
  ])('a text %s is not an id', (_, text) => {
    expect(isId('evt', text)).toBe(false);
  });

  it('takes the first and the last of 128 bits', () => {
    expect(isId('evt', 'evt_00000000000000000000000000')).toBe(true);
    expect(isId('evt', 'evt_7ZZZZZZZZZZZZZZZZZZZZZZZZZ')).toBe(true);
    expect(bytesFromId('evt_7ZZZZZZZZZZZZZZZZZZZZZZZZZ')).toEqual(new Uint8Array(16).fill(0xff));
  });
});

describe('what cannot be guessed', () => {
  const IDS = 2_000;
  const MICRO = 1_789_012_345_678_901;
  const noise = seededBytes(20);
  const ids = Array.from({ length: IDS }, () => bitsOf(idBytes(MICRO, noise)));
  const randomPositions = [62, 63, ...Array.from({ length: 62 }, (_, n) => 66 + n)];

  it('64 bits of ids of one microsecond vary, each about half of the time, and no others do', () => {
    const ones = Array.from({ length: 128 }, (_, bit) => ids.filter((bits) => bits[bit] === '1').length);
    const varying = ones.flatMap((count, bit) => (count > 0 && count < IDS ? [bit] : []));
    expect(varying).toEqual(randomPositions);
    const spread = 5 * Math.sqrt(IDS / 4);
    for (const bit of varying) expect(Math.abs((ones[bit] ?? 0) - IDS / 2)).toBeLessThan(spread);
  });

  it('no two of the 64 bits follow one another', () => {
    for (const [n, a] of randomPositions.entries()) {
      for (const b of randomPositions.slice(n + 1)) {
        const equal = ids.filter((bits) => bits[a] === bits[b]).length;
        expect(Math.abs(equal - IDS / 2), `bits ${a} and ${b}`).toBeLessThan(IDS / 4);
      }
    }
  });

  it('no two ids of one microsecond are equal', () => {
    const many = Array.from({ length: 20_000 }, () => makeId('evt', MICRO, random));
    expect(new Set(many).size).toBe(many.length);
  });

  it('asks for all of its randomness anew for each id', () => {
    const lengths: number[] = [];
    const counting = (length: number) => {
      lengths.push(length);
      return new Uint8Array(length);
    };
    for (let n = 0; n < 3; n++) makeId('evt', n, counting);
    expect(lengths).toHaveLength(3);
    for (const length of lengths) expect(length).toBeGreaterThanOrEqual(8);
  });
});

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function bitsOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
}

function crockford(bytes: Uint8Array): string {
  let rest = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let text = '';
  for (let n = 0; n < 26; n++) {
    text = CROCKFORD[Number(rest % 32n)] + text;
    rest /= 32n;
  }
  return text;
}

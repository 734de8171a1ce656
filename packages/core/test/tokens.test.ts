import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limits } from '../src/limits.ts';
import {
  checkExpiry,
  checkNotWider,
  checkOverlap,
  isSecret,
  makeSecret,
  type Principal,
  SCOPES,
  type Scope,
  secretPrefix,
} from '../src/tokens.ts';
import { allBytes, seededBytes } from './support/random.ts';
import { expectRefusal, isRefused } from './support/refusals.ts';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const VISIBLE_ASCII = Array.from({ length: 94 }, (_, n) => String.fromCharCode(0x21 + n));
const random = (length: number): Uint8Array => randomBytes(length);

describe('a secret that we make', () => {
  it('is tlog_pat_, 33 characters of base 62, and the base 62 of their CRC-32 in six', () => {
    for (let n = 0; n < 200; n++) {
      const secret = makeSecret(random);
      expect(secret).toMatch(/^tlog_pat_[0-9A-Za-z]{39}$/);
      const digits = [...secret.slice(-6)].map((digit) => BASE62.indexOf(digit));
      expect(digits.reduce((sum, digit) => sum * 62 + digit, 0)).toBe(crc32(secret.slice(0, -6)));
      expect(isSecret(secret)).toBe(true);
    }
  });

  it('is refused with any one character changed behind its prefix', () => {
    const secret = makeSecret(seededBytes(5));
    for (let at = 'tlog_pat_'.length; at < secret.length; at++) {
      for (const character of [...VISIBLE_ASCII, ' ', '\n', 'é']) {
        if (character === secret[at]) continue;
        expect(isSecret(secret.slice(0, at) + character + secret.slice(at + 1))).toBe(false);
      }
    }
  });

  it('is refused with two neighbours exchanged, with a character too many or too few, or in another case', () => {
    for (let n = 0; n < 20; n++) {
      const secret = makeSecret(random);
      for (let at = 'tlog_pat_'.length; at < secret.length; at++) {
        const [a = '', b = ''] = [secret[at], secret[at + 1]];
        if (a !== b && b !== '') expect(isSecret(secret.slice(0, at) + b + a + secret.slice(at + 2))).toBe(false);
        expect(isSecret(secret.slice(0, at) + secret.slice(at + 1))).toBe(false);
        expect(isSecret(`${secret.slice(0, at)}0${secret.slice(at)}`)).toBe(false);
      }
      const body = secret.slice('tlog_pat_'.length);
      expect(isSecret(`tlog_pat_${body.toLowerCase()}`)).toBe(false);
      expect(isSecret(`${secret}\n`)).toBe(false);
    }
  });

  it('is refused in another form, though its checksum be right', () => {
    const sealed = (body: string) => {
      let [rest, digits] = [crc32(`tlog_pat_${body}`), ''];
      for (let n = 0; n < 6; n++) {
        digits = BASE62[rest % 62] + digits;
        rest = Math.floor(rest / 62);
      }
      return `tlog_pat_${body}${digits}`;
    };
    expect(isSecret(sealed('x'.repeat(33)))).toBe(true);
    for (const body of ['x'.repeat(32), 'x'.repeat(34), '', `${'x'.repeat(32)}-`, `${'x'.repeat(32)} `]) {
      expect(isSecret(sealed(body))).toBe(false);
    }
  });

  it('has every character equally often at every place', () => {
    const SECRETS = 5_000;
    const noise = seededBytes(7);
    const bodies = Array.from({ length: SECRETS }, () => makeSecret(noise).slice('tlog_pat_'.length, -6));
    for (const texts of [bodies, bodies.map((body) => body[0] ?? ''), bodies.map((body) => body.at(-1) ?? '')]) {
      const characters = texts.join('');
      const expected = characters.length / 62;
      const chiSquare = [...BASE62].reduce((sum, character) => {
        const count = characters.split(character).length - 1;
        return sum + (count - expected) ** 2 / expected;
      }, 0);
      expect(chiSquare).toBeLessThan(115); // 61 degrees of freedom: exceeded once in 30,000 runs
    }
    expect(new Set(bodies).size).toBe(SECRETS);
  });

  it('takes no character from the bytes that would favour some', () => {
    const eachByte = Uint8Array.from({ length: 256 }, (_, n) => n);
    let next = 0;
    const wheel = (length: number) => Uint8Array.from({ length }, () => eachByte[next++ % 256] ?? 0);
    let text = '';
    // One turn of the wheel has 248 bytes that count: a secret that starts at 0 never meets the other eight.
    for (let n = 0; n < 7; n++) text += makeSecret(wheel).slice('tlog_pat_'.length, -6);
    expect(text.slice(0, 7 * 33)).toBe(BASE62.repeat(4).slice(0, 7 * 33));

    const sources = [allBytes(255), allBytes(248), allBytes(247)];
    let call = 0;
    const mixed = (length: number) => (sources[call++] ?? allBytes(0))(length);
    expect(makeSecret(mixed)).toMatch(new RegExp(`^tlog_pat_${BASE62[247 % 62]}{33}`));
    expect(call).toBe(3);
  });
});

describe('a secret of the operator', () => {
  it('has 32 to 255 characters of visible ASCII', () => {
    for (const length of [32, 33, 254, 255]) expect(isSecret('x'.repeat(length))).toBe(true);
    for (const length of [0, 1, 31, 256, 10_000]) expect(isSecret('x'.repeat(length))).toBe(false);
    for (const character of VISIBLE_ASCII) expect(isSecret(character.repeat(32))).toBe(true);
    for (const character of [' ', '\t', '\n', '\r', '\u0000', '\u007f', 'é', '😀', '\u00a0']) {
      for (const at of [0, 16, 40]) {
        expect(isSecret(`${'x'.repeat(at)}${character}${'x'.repeat(40 - at)}`), JSON.stringify(character)).toBe(false);
      }
    }
  });

  it('that starts like one of ours must be one of ours', () => {
    expect(isSecret(`tlog_pat_${'x'.repeat(39)}`)).toBe(false);
    expect(isSecret(`tlog_pat_${'x'.repeat(60)}`)).toBe(false);
    expect(isSecret(`tlog_par_${'x'.repeat(39)}`)).toBe(true);
  });
});

describe('what is shown of a secret', () => {
  it('is its beginning, of which at most four characters are secret', () => {
    const operators = fc.string({ unit: fc.constantFrom(...VISIBLE_ASCII), minLength: 32, maxLength: 255 });
    fc.assert(
      fc.property(operators, (secret) => {
        const shown = secretPrefix(secret);
        expect(secret.startsWith(shown)).toBe(true);
        expect(shown.replace(/^tlog_pat_/, '').length).toBeLessThanOrEqual(4);
      }),
    );
    const ours = makeSecret(random);
    expect(secretPrefix(ours)).toBe(ours.slice(0, 'tlog_pat_'.length + 4));
    expect(secretPrefix('0123456789'.repeat(4))).toBe('0123');
  });
});

describe('a token that a token makes', () => {
  const NOW_US = 1_789_012_345_678_901;
  const maker = (fields: Partial<Principal> = {}): Principal => ({
    org: 'org_01KRWJR38XFMSY8PMCZS0ANP7Z',
    tokenId: 'tok_01KRWJR38XFMSY8PMCZS0ANP7Z',
    scopes: SCOPES,
    expiresUs: null,
    tokenExpiresUs: null,
    ...fields,
  });

  it('never has a scope that its maker has not', () => {
    const scopes = fc.subarray([...SCOPES]);
    fc.assert(
      fc.property(scopes, scopes, (held, asked) => {
        const wider = asked.some((scope) => !held.includes(scope));
        const check = () => checkNotWider(maker({ scopes: held }), asked, null);
        expect(isRefused(check)).toBe(wider);
        if (wider) expectRefusal(check, 'permission_denied', 'scopes');
      }),
    );
  });

  it('never outlives its maker, and may live as long', () => {
    const limited = maker({ tokenExpiresUs: NOW_US });
    const scopes: readonly Scope[] = ['events:read'];
    for (const expiresUs of [NOW_US, NOW_US - 1]) {
      expect(isRefused(() => checkNotWider(limited, scopes, expiresUs))).toBe(false);
    }
    for (const expiresUs of [NOW_US + 1, null]) {
      expectRefusal(() => checkNotWider(limited, scopes, expiresUs), 'permission_denied', 'expires_at');
    }
    expect(isRefused(() => checkNotWider(maker(), scopes, null))).toBe(false);
    expect(isRefused(() => checkNotWider(maker(), scopes, NOW_US))).toBe(false);
  });

  it('is measured by its maker, not by the end of the rotated secret that its maker came with', () => {
    const rotated = maker({ expiresUs: NOW_US });
    expect(isRefused(() => checkNotWider(rotated, SCOPES, null))).toBe(false);
  });

  it('expires in the future or never', () => {
    expect(isRefused(() => checkExpiry(null, NOW_US))).toBe(false);
    expect(isRefused(() => checkExpiry(NOW_US + 1, NOW_US))).toBe(false);
    for (const expiresUs of [NOW_US, NOW_US - 1, 0]) {
      expectRefusal(() => checkExpiry(expiresUs, NOW_US), 'invalid_request', 'expires_at');
    }
  });

  it('overlaps with its last secret for a whole number of seconds, at most a week', () => {
    for (const seconds of [0, 1, 3600, 7 * 24 * 3600]) expect(isRefused(() => checkOverlap(seconds))).toBe(false);
    for (const seconds of [-1, 0.5, limits.tokenOverlapSeconds + 1, Number.NaN, Infinity, 2 ** 53]) {
      expectRefusal(() => checkOverlap(seconds), 'invalid_request', 'overlap_seconds');
    }
  });
});

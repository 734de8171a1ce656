import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limits } from '../src/limits.ts';
import {
  checkExternalId,
  checkMetadata,
  checkMetadataPairs,
  checkText,
  mergedMetadata,
  sessionRef,
} from '../src/sessions.ts';
import { expectRefusal, isRefused, refusalOf } from './support/refusals.ts';

const NATIVE = 'sess_01KRWJR38XFMSY8PMCZS0ANP7Z';
const KINDS = ['sess', 'evt', 'turn', 'wh', 'del', 'rpl', 'tok', 'org', 'req'];
/** One character, two units. */
const FACE = '😀';

const EXTERNAL_IDS: readonly (readonly [string, string])[] = [
  ['one character', 'x'],
  ['a path of another system, dotted', 'run.2026-01-31_09:30'],
  ['spaces and punctuation', ' a b, c; d? #e %2F \\ '],
  ['another alphabet', 'сессия-セッション'],
  ['255 characters', 'x'.repeat(255)],
  ['255 characters of two units each', FACE.repeat(255)],
  ['a UUID', '0190163d-8694-739b-aea5-966c26f8ad91'],
  ['a native id in lower case', NATIVE.toLowerCase()],
  ['a native id that is one character short', NATIVE.slice(0, -1)],
  ['a native id that is one character long', `${NATIVE}0`],
  ['a native id past 128 bits', 'sess_8ZZZZZZZZZZZZZZZZZZZZZZZZZ'],
  ['a native id with a letter that is not in its alphabet', 'sess_01KRWJR38XFMSY8PMCZS0ANP7U'],
  ['the id of another system, in the same manner', 'sess_019e392c0d1e74e095d21ea4c6b41def'],
  ['the form of an id of an unknown kind', 'foo_01KRWJR38XFMSY8PMCZS0ANP7Z'],
  ['three dots', '...'],
  ['__proto__', '__proto__'],
];

const NO_EXTERNAL_IDS: readonly (readonly [string, string])[] = [
  ['empty', ''],
  ['256 characters', 'x'.repeat(256)],
  ['256 characters of two units each', FACE.repeat(256)],
  ['ten thousand characters', 'x'.repeat(10_000)],
  ['a slash', 'a/b'],
  ['a dot, which no path can name', '.'],
  ['two dots, which no path can name', '..'],
  ['only a slash', '/'],
  ['NUL', 'a\u0000'],
  ['a tab', 'a\tb'],
  ['a line feed at its end', 'a\n'],
  ['DEL', 'a\u007f'],
  ['a control character beyond ASCII', 'a\u0085b'],
  ['a high surrogate alone', 'a\ud83d'],
  ['a low surrogate alone', '\ude00a'],
  ['surrogates in the wrong order', '\ude00\ud83d'],
];

describe('external_id', () => {
  it.each(EXTERNAL_IDS)('may be %s, and then names a session', (_, text) => {
    expect(isRefused(() => checkExternalId(text, 'external_id'))).toBe(false);
    expect(sessionRef(text)).toEqual({ externalId: text });
  });

  it.each(NO_EXTERNAL_IDS)('may not be or hold %s, and then names nothing', (_, text) => {
    expectRefusal(() => checkExternalId(text, 'external_id'), 'invalid_request', 'external_id');
    expect(sessionRef(text)).toBe(null);
  });

  it.each(KINDS)('never has the form of a native id: %s_…', (kind) => {
    const text = NATIVE.replace('sess', kind);
    expectRefusal(() => checkExternalId(text, 'session_id'), 'invalid_request', 'session_id');
    expect(sessionRef(text)).toEqual(kind === 'sess' ? { id: text } : null);
  });

  it('is counted in Unicode characters', () => {
    const character = fc.constantFrom('x', 'é', '€', FACE, '\u{10ffff}', '\u0301');
    fc.assert(
      fc.property(fc.string({ unit: character, minLength: 250, maxLength: 260 }), (text) => {
        expect(isRefused(() => checkExternalId(text, 'external_id'))).toBe([...text].length > 255);
      }),
    );
  });
});

describe('texts', () => {
  it('are counted in Unicode characters, not in UTF-16 units', () => {
    const character = fc.constantFrom(
      'x',
      'é',
      '€',
      FACE,
      '\u{10ffff}',
      '\u{10000}',
      '\ud7ff',
      '\ue000',
      '\u0301',
      '\u0000',
    );
    const text = fc.string({ unit: character, maxLength: 20 });
    fc.assert(
      fc.property(text, fc.nat(20), fc.nat(20), (value, min, max) => {
        const length = [...value].length;
        expect(isRefused(() => checkText(value, 'title', max, min))).toBe(length < min || length > max);
      }),
      { numRuns: 500 },
    );
  });

  it('hold no half of a pair, and a half counts as a character', () => {
    const unit = fc.constantFrom('\ud83d', '\ude00', 'a', FACE, 'é');
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 12 }), (value) => {
        const length = [...value].length;
        expect(isRefused(() => checkText(value, 'title', length))).toBe(!value.isWellFormed());
        if (length > 0) {
          const tooLong = refusalOf(() => checkText(value, 'title', length - 1));
          expect(tooLong.message).toContain(` ${length} characters`);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('of a title may have 500 characters, and are refused by name', () => {
    expect(limits.titleCharacters).toBe(500);
    expect(isRefused(() => checkText(FACE.repeat(500), 'title', limits.titleCharacters))).toBe(false);
    expectRefusal(() => checkText(FACE.repeat(501), 'title', limits.titleCharacters), 'invalid_request', 'title');
    expectRefusal(() => checkText('\ud83d', 'agent.id', 255), 'invalid_request', 'agent.id');
    expectRefusal(() => checkText('', 'name', 255, 1), 'invalid_request', 'name');
    expect(isRefused(() => checkText('', 'title', 500))).toBe(false);
  });
});

describe('metadata', () => {
  const pairs = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`key ${n}`, 'value']));

  it('may have 50 pairs of 64 and 512 characters', () => {
    const largest = Object.fromEntries(
      Array.from({ length: 50 }, (_, n) => [FACE.repeat(62) + String(n).padStart(2, '0'), FACE.repeat(512)]),
    );
    expect(isRefused(() => checkMetadata(largest, 'metadata'))).toBe(false);
    expect(isRefused(() => checkMetadata({}, 'metadata'))).toBe(false);
    expect(isRefused(() => checkMetadata({ key: '' }, 'metadata'))).toBe(false);
  });

  it('with a pair too many is refused; deletions do not count', () => {
    expectRefusal(() => checkMetadata(pairs(51), 'metadata'), 'invalid_request', 'metadata');
    const deletions = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`old ${n}`, null]));
    expect(isRefused(() => checkMetadata({ ...pairs(50), ...deletions }, 'metadata'))).toBe(false);
    expect(isRefused(() => checkMetadataPairs(50, 'metadata'))).toBe(false);
    expectRefusal(() => checkMetadataPairs(51, 'metadata'), 'invalid_request', 'metadata');
  });

  it.each([
    ['a value that is too long', { key: FACE.repeat(513) }, 'metadata.key'],
    ['a value with half a pair', { key: '\ud83d' }, 'metadata.key'],
    ['a key that is too long', { [`${'k'.repeat(65)}`]: 'v' }, `metadata.${'k'.repeat(65)}`],
    ['a key that is too long and deleted', { [`${'k'.repeat(65)}`]: null }, `metadata.${'k'.repeat(65)}`],
    ['an empty key', { '': 'v' }, 'metadata.'],
    ['the second of two', { good: 'v', bad: FACE.repeat(513) }, 'metadata.bad'],
  ])('refuses %s, naming its key', (_, metadata, param) => {
    expectRefusal(() => checkMetadata(metadata, 'metadata'), 'invalid_request', param);
  });

  it('names a hostile key by a beginning that is short and well-formed', () => {
    for (const key of ['k'.repeat(100_000), `k${FACE.repeat(50_000)}`, '\ud83d', `${'\ude00'.repeat(70)}`]) {
      const { param = '', message } = refusalOf(() => checkMetadata({ [key]: 'v' }, 'metadata'));
      expect(param).toMatch(/^metadata\./);
      expect(param.length).toBeLessThan(200);
      expect(message.length).toBeLessThan(400);
      expect(param.isWellFormed() && message.isWellFormed()).toBe(true);
    }
  });

  it('treats __proto__ and constructor as keys like any others', () => {
    const hostile = JSON.parse('{"__proto__":"a","constructor":"b"}');
    expect(isRefused(() => checkMetadata(hostile, 'metadata'))).toBe(false);
    const tooLong = JSON.parse(`{"__proto__":"${'v'.repeat(513)}"}`);
    expectRefusal(() => checkMetadata(tooLong, 'metadata'), 'invalid_request', 'metadata.__proto__');
    expectRefusal(() => checkMetadata({ ...pairs(49), ...hostile }, 'metadata'), 'invalid_request', 'metadata');

    const merged = mergedMetadata(JSON.parse('{"a":"1"}'), hostile);
    expect(JSON.stringify(merged)).toBe('{"a":"1","__proto__":"a","constructor":"b"}');
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
    const changed = mergedMetadata(merged, JSON.parse('{"__proto__":"c"}'));
    expect(JSON.stringify(changed)).toBe('{"a":"1","__proto__":"c","constructor":"b"}');
    const deleted = mergedMetadata(changed, JSON.parse('{"__proto__":null,"constructor":null}'));
    expect(JSON.stringify(deleted)).toBe('{"a":"1"}');
    expect(JSON.stringify(mergedMetadata({}, JSON.parse('{"toString":null,"__proto__":null}')))).toBe('{}');
  });

  it('is merged as a list of pairs would be: a null deletes, a new value keeps its place, a new key goes last', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd', 'key', '__proto__', 'constructor', 'é', '');
    const value = fc.string({ maxLength: 3 });
    const current = fc.uniqueArray(fc.tuple(key, value), { selector: ([name]) => name });
    const change = fc.uniqueArray(fc.tuple(key, fc.option(value)), { selector: ([name]) => name });
    fc.assert(
      fc.property(current, change, (before, changes) => {
        const model = before.map(([name, old]): [string, string | null] => [name, old]);
        for (const [name, next] of changes) {
          const at = model.findIndex(([existing]) => existing === name);
          if (at >= 0) model[at] = [name, next];
          else model.push([name, next]);
        }
        const metadata = Object.freeze(Object.fromEntries(before));
        const merged = mergedMetadata(metadata, Object.freeze(Object.fromEntries(changes)));
        expect(Object.entries(merged)).toEqual(model.filter(([, kept]) => kept !== null));
        expect(Object.entries(metadata)).toEqual(before);
      }),
      { numRuns: 500 },
    );
  });
});

/** What is pushed comes back: pure functions under chance, with the seed of a failure in its name. */
import { randomInt } from 'node:crypto';
import { payloadOf, viewEvent } from '@turnlog/core/event-view';
import { idOfUuid, makeId, uuidOfId } from '@turnlog/core/ids';
import { type JsonNode, scanJson } from '@turnlog/core/json';
import { ORIGINS, type Origin } from '@turnlog/core/origins';
import { eventText } from '@turnlog/core/plan/event-text';
import { describe, expect, it } from 'vitest';
import { browserOf } from '../../src/dialects/wave/wire/browser.ts';
import { parseChanges, parseConfiguration, presentConfiguration } from '../../src/dialects/wave/wire/configuration.ts';
import { parseEvent, presentEvent } from '../../src/dialects/wave/wire/event.ts';
import { firstWanted } from '../../src/dialects/wave/wire/last-event.ts';
import { idsBeginningWith, isWholeToken, sessionOfUuid } from '../../src/dialects/wave/wire/token.ts';
import { Dice } from '../support/dice.ts';

const RUNS = 2_000;
const NOW_US = 1_769_000_000_000_000;
const random = (length: number) => new Uint8Array(length).fill(7);

/** Checks a claim under many throws of the dice; a failure names the seed that brings it back. */
function always(claim: (dice: Dice) => void): void {
  const start = randomInt(2 ** 31);
  for (let run = 0; run < RUNS; run++) {
    try {
      claim(new Dice(start + run));
    } catch (error) {
      throw new Error(`fails for the dice ${start + run}: ${(error as Error).message}`, { cause: error });
    }
  }
}

const pick = <Item>(dice: Dice, ...items: readonly Item[]): Item => items[dice.below(items.length)] as Item;
const CHARACTERS = [...'aZ09 ._-*"\\/\n\t{}[],:\u0000\u007f\u2028éß漢😀', '\ud800', '\udfff'];
const text = (dice: Dice, longest: number): string =>
  Array.from({ length: dice.below(longest + 1) }, () => pick(dice, ...CHARACTERS)).join('');
const SPACES = ['', '', ' ', '\n', '\t\r '];

/** A JSON text, perhaps with white space, odd numbers and odd escapes. */
function jsonText(dice: Dice, depth: number): string {
  const gap = () => pick(dice, ...SPACES);
  const kind = dice.below(depth > 0 ? 7 : 5);
  if (kind === 0) return pick(dice, 'null', 'true', 'false');
  if (kind <= 2) return pick(dice, '0', '-0', '1.0', '1E5', '9007199254740993', '-12.50e-3', '1e-400');
  if (kind <= 4) return pick(dice, JSON.stringify(text(dice, 8)), '"\\u0041\\/"', '"\\ud83d"');
  const parts = Array.from({ length: dice.below(4) }, (_, n) => {
    const key = kind === 5 ? '' : `${JSON.stringify(pick(dice, '__proto__', 'type', text(dice, 3)) + n)}${gap()}:`;
    return `${gap()}${key}${gap()}${jsonText(dice, depth - 1)}${gap()}`;
  });
  return kind === 5 ? `[${parts.join(',')}${parts.length === 0 ? gap() : ''}]` : `{${parts.join(',')}}`;
}

/** What a listener sees of a pushed body, by way of the stored text. */
function shown(body: string, seq: number): string {
  const { type, occurredAt, schemaVersion, fields, origin } = parseEvent(scanJson(body));
  const id = makeId('evt', NOW_US, random);
  const sessionId = makeId('sess', NOW_US, random);
  const stored = eventText(
    { id, type, sessionId, turnId: null, schemaVersion, micros: NOW_US, occurredAt, seq },
    fields,
  );
  return presentEvent(viewEvent({ text: stored, origin, requestId: makeId('req', NOW_US, random) }));
}

describe('an event that is pushed', () => {
  it('comes back with the text of its data, an equal type and its number', () => {
    always((dice) => {
      const type = pick(dice, 'status', 'wave.event', `x${text(dice, 12)}`, 'a'.repeat(1 + dice.below(150)));
      const data = jsonText(dice, 4);
      const seq = 1 + dice.below(1_000_000);
      const members = [`"type":${JSON.stringify(type)}`, `"data":${data}`, `"more":${jsonText(dice, 2)}`];
      if (dice.below(2) === 0) members.reverse();
      const back = shown(`{${members.join(' , ')}}`, seq);
      expect(back.endsWith(`,"data":${scanJson(data).text},"number":${seq}}`)).toBe(true);
      expect(JSON.parse(back)).toEqual({ type, data: JSON.parse(data), number: seq });
    });
  });

  it('without data comes back with null', () => {
    expect(shown('{"type":"x"}', 1)).toBe('{"type":"x","data":null,"number":1}');
  });
});

describe('an event of any origin', () => {
  it('shows its type, its payload and its number, whatever members it has', () => {
    always((dice) => {
      const origin: Origin = pick(dice, ...ORIGINS);
      const type = pick(dice, 'wave.event', 'user.message', 'x');
      const names = ['data', 'original_type', 'content', 'number'].filter(() => dice.below(2) === 0);
      const fields = names.map((name) => `"${name}":${scanJson(jsonText(dice, 2)).text}`).join(',');
      const envelope = { id: makeId('evt', NOW_US, random), type, sessionId: null, turnId: null, occurredAt: null };
      const stored = eventText({ ...envelope, schemaVersion: '"1.0"', micros: NOW_US, seq: 5 }, fields);
      const view = viewEvent({ text: stored, origin, requestId: makeId('req', NOW_US, random) });
      const back = scanJson(presentEvent(view));
      expect(back.members.map(({ name }) => name)).toEqual(['type', 'data', 'number']);
      expect(back.members[1]?.value.text).toBe(payloadOf(view));
      const foreign = origin === 'wave' && type === 'wave.event' && names.includes('original_type');
      if (!foreign) expect(back.members[0]?.value.text).toBe(`"${type}"`);
    });
  });
});

describe('tokens', () => {
  it('in the UUID form name the session that they are made of, and every beginning leads to it', () => {
    always((dice) => {
      const noise = (length: number) => Uint8Array.from({ length }, () => dice.below(256));
      const id = makeId('sess', NOW_US + dice.below(2 ** 31), noise);
      const uuid = uuidOfId(id);
      expect([sessionOfUuid(uuid), isWholeToken(uuid)]).toEqual([id, true]);
      const beginning = uuid.slice(0, 8 + dice.below(29));
      const between = idsBeginningWith(beginning);
      expect(between !== null && between.low <= id && id <= between.high, beginning).toBe(true);
      for (const end of Object.values(between ?? {})) expect(uuidOfId(end).startsWith(beginning)).toBe(true);
    });
  });

  it('of any other form name none, and lead nowhere', () => {
    always((dice) => {
      const other = text(dice, 40);
      expect([sessionOfUuid(other), isWholeToken(other), idsBeginningWith(other)]).toEqual([null, false, null]);
    });
    const random4 = '6fdbd1a0-c339-41e9-b775-6d49dd567772';
    expect([sessionOfUuid(random4), isWholeToken(random4), idOfUuid('sess', random4) === null]).toEqual([
      null,
      true,
      false,
    ]);
    for (const short of ['', '0', '0123456', '01234567-89ab-7def-8123-0123456789ab0'])
      expect(idsBeginningWith(short)).toBeNull();
  });
});

describe('the number of the last event', () => {
  it('leads to the next, and to the first from anything below', () => {
    always((dice) => {
      const number = dice.below(2 ** 31) - 2 ** 30;
      expect(firstWanted(String(number))).toBe(Math.max(1, number + 1));
    });
    expect(firstWanted(undefined)).toBeNull();
  });

  it.each(['', ' ', 'abc', '1.5', '1e3', '+1', '0x1', '1 ', '--1', '-', '١', '99999999999999999999', 'NaN', 'null'])(
    '%j is refused',
    (lastEvent) => expect(() => firstWanted(lastEvent)).toThrow("'last_event' must be a whole number"),
  );
});

describe('a configuration', () => {
  const object = (value: unknown): JsonNode => scanJson(JSON.stringify(value));
  const shownOf = (labels: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(presentConfiguration(labels)).map(([name, part]) => [name, JSON.parse(part)]));
  const DEFAULTS = {
    tests: { include: ['/'], exclude: [] },
    types: ['automatic', 'manual'],
    timeouts: { automatic: 60_000, manual: 300_000 },
    reference_tokens: [],
    labels: [],
  };

  it('that is not given, or is null, or was spoiled by others, has defaults', () => {
    expect(shownOf(parseConfiguration(null, undefined))).toEqual(DEFAULTS);
    expect(shownOf(parseConfiguration(object({ tests: null, labels: null }), ''))).toEqual(DEFAULTS);
    const spoiled = {
      'tests.include': '5',
      types: '{}',
      'timeouts.manual': '"b"',
      labels: 'x',
      reference_tokens: '["a',
    };
    expect(shownOf(spoiled)).toEqual(DEFAULTS);
  });

  it('comes back as it was sent, with what is missing filled in', () => {
    always((dice) => {
      const paths = () => Array.from({ length: dice.below(4) }, () => text(dice, 5).toWellFormed());
      const sent = {
        ...(dice.below(2) === 0
          ? { tests: { ...(dice.below(2) === 0 ? { include: paths() } : { exclude: paths() }) } }
          : {}),
        ...(dice.below(2) === 0 ? { types: paths() } : {}),
        ...(dice.below(2) === 0 ? { timeouts: { [pick(dice, 'automatic', 'manual')]: dice.below(99) / 2 } } : {}),
        ...(dice.below(2) === 0 ? { labels: paths(), reference_tokens: paths() } : {}),
        ...(dice.below(2) === 0 ? { webhook_urls: ['x'] } : {}),
      };
      const { webhook_urls: _, ...known } = sent as { readonly webhook_urls?: unknown };
      const expected = {
        ...DEFAULTS,
        ...known,
        tests: { ...DEFAULTS.tests, ...sent.tests },
        timeouts: { ...DEFAULTS.timeouts, ...sent.timeouts },
      };
      const labels = parseConfiguration(object(sent), undefined);
      expect(shownOf(labels)).toEqual(expected);
      expect(shownOf({ ...labels, ...parseChanges(object(sent)) }), 'sent again').toEqual(expected);
      expect(shownOf({ ...labels, ...parseChanges(object({})) }), 'nothing sent').toEqual(expected);
    });
  });

  it('has the user agent as far as it can be kept', () => {
    expect(parseConfiguration(null, 'x'.repeat(600))).toEqual({ user_agent: 'x'.repeat(512) });
    expect(parseConfiguration(null, undefined)).toEqual({});
  });
});

describe('a user agent', () => {
  it.each([
    ['', 'Other', '0'],
    ['curl/8.5.0', 'Other', '0'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox', '140.0'],
    [
      'Mozilla/5.0 (SMART-TV; Linux; Tizen 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Version/5.0 TV Safari/537.36',
      'Tizen',
      '5.0',
    ],
  ])('%j is of %s %s', (userAgent, name, version) => {
    expect(browserOf(userAgent)).toEqual({ name, version });
  });

  it('of any text has a name and a version', () => {
    always((dice) => {
      const { name, version } = browserOf(text(dice, 60));
      expect([typeof name, typeof version, name !== '', version !== '']).toEqual(['string', 'string', true, true]);
    });
  });
});

/** The way between this dialect's words and the log: what was written here comes back, and whatever is there can be shown. */
import { formatMicros } from '@turnlog/core/clock';
import { TurnlogError } from '@turnlog/core/errors';
import { viewEvent } from '@turnlog/core/event-view';
import { makeId, uuidOfId } from '@turnlog/core/ids';
import { member, scanJson } from '@turnlog/core/json';
import { ORIGINS, type Origin } from '@turnlog/core/origins';
import { eventText } from '@turnlog/core/plan/event-text';
import { describe, expect, it } from 'vitest';
import { parseEvent, presentEvent, readChoice } from '../../src/dialects/workflow/wire/event.ts';
import { parseCreateSession } from '../../src/dialects/workflow/wire/session.ts';
import { Dice } from '../support/dice.ts';
import { objectOf, oddArray, oddObject, oddString, oddValue, pick, shuffled } from './odd-json.ts';

const RUNS = 3_000;
const MICROS = 1_768_314_645_123_456;
const random = (length: number) => new Uint8Array(length).fill(0xa5);
const SESSION = makeId('sess', MICROS - 1, random);
const EVENT = makeId('evt', MICROS, random);
const KEYS = ['id', 'session_id', 'step_id', 'event_type', 'event_data', 'message', 'timestamp'];
const TYPES = [
  'workflow_started',
  'status_changed',
  'workflow_error',
  'note.kept',
  'a',
  'x_1.y2.z',
  'session.status_idle',
];

/** Tries something with many dice; what fails names the seed that fails again. */
function forAll(check: (dice: Dice) => void): void {
  const first = Number(process.env['TURNLOG_SEED'] ?? Math.floor(Math.random() * 0x7fff_ffff));
  for (let seed = first; seed < first + RUNS; seed++) {
    try {
      check(new Dice(seed));
    } catch (cause) {
      throw new Error(`TURNLOG_SEED=${seed}`, { cause });
    }
  }
}

/** The stored text of an event with these own members. */
const stored = (type: string, fields: string) =>
  eventText(
    {
      id: EVENT,
      type,
      sessionId: SESSION,
      turnId: null,
      schemaVersion: '"1.0"',
      micros: MICROS,
      occurredAt: null,
      seq: 1,
    },
    fields,
  );

const itemOf = (origin: Origin, text: string) => presentEvent(viewEvent({ text, origin, requestId: 'req_1' }));
const compact = (text: string) => scanJson(text).text;
/** The source text of a member of an item. */
const textOf = (item: string, name: string) => member(scanJson(item), name)?.value.text;

describe('an event that was written here', () => {
  it('comes back as it was sent, to the character', () => {
    forAll((dice) => {
      const type = pick(dice, TYPES);
      const data = pick(dice, [undefined, 'null', oddObject(dice), oddObject(dice)]);
      const message = pick(dice, [undefined, 'null', oddString(dice)]);
      const step = pick(dice, [undefined, 'null', oddString(dice)]);
      const members = Object.entries({ event_data: data, message, step_id: step, content: oddValue(dice), type: '1' });
      const sent = members.flatMap(([name, value]) => (value === undefined ? [] : [[`"${name}"`, value] as const]));
      const body = objectOf(dice, shuffled(dice, [...sent, ['"event_type"', `"${type}"`]]));
      const { fields, origin, ...draft } = parseEvent(scanJson(body, { keepDepth: 5 }));
      expect([origin, draft.type]).toEqual(['workflow', type]);
      const item = itemOf(origin, stored(draft.type, fields));
      expect(scanJson(item).members.map(({ name }) => name)).toEqual(KEYS);
      expect(JSON.parse(textOf(item, 'event_type') ?? '')).toBe(type);
      expect(textOf(item, 'event_data')).toBe(data === undefined || data === 'null' ? '{}' : compact(data));
      expect(textOf(item, 'message')).toBe(message ?? 'null');
      expect(textOf(item, 'step_id')).toBe(step ?? 'null');
    });
  });

  it('is stored with data always, with message and step_id only when they were sent', () => {
    const fieldsOf = (body: object) => parseEvent(scanJson(JSON.stringify({ event_type: 'a', ...body }))).fields;
    expect(fieldsOf({})).toBe('"data":{}');
    expect(fieldsOf({ event_data: null, message: null, step_id: null, other: 1 })).toBe('"data":{}');
    expect(fieldsOf({ step_id: 's', message: '', event_data: { a: 1 } })).toBe(
      '"data":{"a":1},"message":"","step_id":"s"',
    );
  });
});

describe('any event of the log', () => {
  const NAMES = ['data', 'message', 'step_id', 'content', 'metadata', 'tool_name', 'error', '__proto__'];
  const blocks = (dice: Dice) =>
    `[${Array.from({ length: dice.below(3) }, () => `{"type":"text","text":${oddString(dice)}}`).join(',')}]`;

  it('shows as an item of seven members of the right types, in valid JSON', () => {
    forAll((dice) => {
      const origin = pick(dice, ORIGINS);
      const names = shuffled(dice, NAMES).slice(0, dice.below(NAMES.length));
      const sourceOf = (name: string) =>
        compact(name === 'content' ? pick(dice, [blocks(dice), oddArray(dice), oddValue(dice)]) : oddValue(dice));
      const fields = names.map((name) => `"${name}":${sourceOf(name)}`).join(',');
      const text = itemOf(origin, stored(pick(dice, TYPES), fields));
      expect(scanJson(text).text).toBe(text);
      const item = JSON.parse(text);
      expect(Object.keys(item)).toEqual(KEYS);
      expect([item.id, item.session_id]).toEqual([uuidOfId(EVENT), uuidOfId(SESSION)]);
      expect(item.timestamp).toBe(formatMicros(MICROS));
      expect(TYPES).toContain(item.event_type);
      for (const name of ['step_id', 'message']) {
        expect(item[name] === null || typeof item[name] === 'string', name).toBe(true);
      }
      expect(item.event_data).not.toBeNull();
      expect(item.event_data).toBeDefined();
    });
  });

  it.each([
    ['native', '"content":"Hello"', {}, { content: 'Hello' }, 'Hello'],
    ['native', '"content":[{"type":"text","text":"a"},{"type":"image"},{"type":"text","text":"b"}]', {}, {}, 'a\nb'],
    ['native', '"message":"own","content":"Hello"', {}, { message: 'own', content: 'Hello' }, 'own'],
    ['native', '"message":7,"content":"Hello"', {}, { message: 7, content: 'Hello' }, 'Hello'],
    ['native', '"data":{"a":1},"b":2', {}, { data: { a: 1 }, b: 2 }, null],
    ['native', '"step_id":"s-1"', { step_id: 's-1' }, { step_id: 's-1' }, null],
    ['native', '"step_id":7', {}, { step_id: 7 }, null],
    ['native', '', {}, {}, null],
    ['platform', '"data":{"a":1},"metadata":{"user_id":"u"}', {}, { a: 1 }, null],
    ['server', '"data":{"caused_by":"req_1"}', {}, { caused_by: 'req_1' }, null],
    ['wave', '"data":"text"', {}, 'text', null],
    ['wave', '"data":[1,2]', {}, [1, 2], null],
    ['wave', '"data":null', {}, {}, null],
    ['runtime', '"tool_name":"sh","tool_input":{}', {}, { tool_name: 'sh', tool_input: {} }, null],
  ] as const)('of %s with %s', (origin, fields, more, data, message) => {
    const item = JSON.parse(itemOf(origin, stored('a', fields)));
    expect(item).toMatchObject({ step_id: null, message, ...more });
    if (!fields.includes('image')) expect(item.event_data).toEqual(data);
  });
});

describe('whatever is sent', () => {
  it('is taken or refused with a sentence, never anything else', () => {
    forAll((dice) => {
      const names = ['event_type', 'event_data', 'message', 'step_id', 'name', 'config'];
      const members = shuffled(dice, names).slice(0, dice.below(6));
      const body = pick(dice, [
        oddValue(dice),
        objectOf(
          dice,
          members.map((name) => [`"${name}"`, oddValue(dice)]),
        ),
      ]);
      for (const parse of [parseEvent, parseCreateSession]) {
        try {
          parse(scanJson(body, { keepDepth: 5 }));
        } catch (error) {
          if (!(error instanceof TurnlogError)) throw error;
          expect([error.code, error.message.length > 10]).toEqual(['invalid_request', true]);
        }
      }
    });
  });
});

describe('config', () => {
  it('becomes metadata: strings as they are, other values as their JSON text', () => {
    const config =
      '{"branch":"main","max_steps":12,"exact":1.0,"big":9007199254740993,"deep":{"a":[1, 2]},"off":null,"__proto__":"x","\\u0061":"\\u00e9"}';
    const { metadata } = parseCreateSession(scanJson(`{"config":${config}}`, { keepDepth: 5 }));
    expect(Object.entries(metadata)).toEqual([
      ['branch', 'main'],
      ['max_steps', '12'],
      ['exact', '1.0'],
      ['big', '9007199254740993'],
      ['deep', '{"a":[1,2]}'],
      ['off', 'null'],
      ['__proto__', 'x'],
      ['a', 'é'],
    ]);
  });
});

describe('since', () => {
  const second = 1_768_314_600_000_000;
  it.each([
    ['2026-01-13T14:30:00Z', 0],
    ['2026-01-13T14:30:00+00:00', 0],
    ['2026-01-13T14:30:00 00:00', 0],
    ['2026-01-13t14:30:00z', 0],
    ['2026-01-13 14:30:00Z', 0],
    ['2026-01-13T16:30:00+02:00', 0],
    ['2026-01-13T09:00:00-05:30', 0],
    ['2026-01-13T14:30:00.1Z', 100_000],
    ['2026-01-13T14:30:00.123456Z', 123_456],
    ['2026-01-13T14:30:00.123456000Z', 123_456],
    ['2026-01-13T14:30:00.123456999Z', 123_456],
    ['2026-01-13T14:30:00.000000001Z', 0],
  ])('%s is after microsecond %i of its minute', (since, micros) => {
    expect(readChoice({ since }).afterUs).toBe(second + micros);
  });
});

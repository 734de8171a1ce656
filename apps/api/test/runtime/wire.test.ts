/** The mapping of events: exact for what was sent here, total for what came from anywhere else. */
import { TurnlogError } from '@turnlog/core/errors';
import { viewEvent } from '@turnlog/core/event-view';
import { makeId } from '@turnlog/core/ids';
import { member, scanJson } from '@turnlog/core/json';
import { ORIGINS, type Origin } from '@turnlog/core/origins';
import { eventText } from '@turnlog/core/plan/event-text';
import { describe, expect, it } from 'vitest';
import { parseEvent, presentEvent, presentNamedEvent } from '../../src/dialects/runtime/wire/event.ts';
import { Instants } from '../../src/dialects/runtime/wire/instants.ts';
import { Dice } from '../support/dice.ts';

const RUNS = 1_500;
const MICROS = 1_768_314_645_123_456;
const random = (length: number) => new Uint8Array(length).fill(0x5a);
const SESSION = { id: makeId('sess', MICROS - 1, random), externalId: 'abc-123', title: 'A "title"' };
const EVENT = makeId('evt', MICROS, random);
const OPTIONAL = {
  tool_name: 'string',
  tool_input: 'object',
  tool_output: 'any',
  error: 'string',
  exit_code: 'integer',
  reason: 'string',
  role: 'string',
  content: 'objects',
} as const;
type Kind = (typeof OPTIONAL)[keyof typeof OPTIONAL];
const NAMES = Object.keys(OPTIONAL) as (keyof typeof OPTIONAL)[];
const KEYS = ['id', 'session_id', 'event_type', 'timestamp', ...NAMES];
const TYPES = ['session_start', 'pre_tool', 'post_tool', 'session_stop', 'message', 'agent.message', 'x', 'a.b_1'];
const TIMES = [
  ...['2026-01-31T09:30:00Z', '2026-01-31t09:30:00.123456789z', '2026-01-31T09:30:00.1+02:00', '0001-01-01T00:00:00Z'],
  ...['9999-12-31T23:59:60.999999999-23:59', '2026-01-31T09:30:00 02:00'],
];
const STRINGS = ['""', '"plain"', '"\\u0000"', '"\\ud800"', '"é\\n"', '"\\u0041"', '"[{,:}]"', '"\\/"', '"😀"'];
const NUMBERS = ['0', '-0', '1.0', '1e2', '9007199254740993', '-1.5E-7', '2.5'];
const INTEGERS = ['0', '-0', '1', '-1', '1.0', '1e2', '9007199254740993'];
const LITERALS = ['null', 'true', 'false'];
const MEMBERS = ['"a"', '"__proto__"', '"constructor"', '""', '"é"', '"\\u0000"', '"text"', '"type"'];
const SPACES = ['', '', '', ' ', '\n', '\t', ' \r\n'];

/** JSON texts by a dice, with odd spelling and white space. */
class Texts {
  readonly dice: Dice;

  constructor(dice: Dice) {
    this.dice = dice;
  }

  pick<Value>(values: readonly Value[]): Value {
    return values[this.dice.below(values.length)] as Value;
  }

  value(depth = 0): string {
    const kind = this.dice.below(depth < 3 ? 5 : 3);
    if (kind < 3) return this.pick([STRINGS, NUMBERS, LITERALS][kind] ?? LITERALS);
    return kind === 3 ? this.object(depth + 1) : this.array(() => this.value(depth + 1));
  }

  object(depth = 0): string {
    const names = MEMBERS.filter(() => this.dice.below(4) === 0);
    return this.objectOf(names.map((name) => [name, this.value(depth)]));
  }

  array(item: () => string): string {
    return `[${Array.from({ length: this.dice.below(4) }, () => this.spaced(item())).join(',')}]`;
  }

  objectOf(members: readonly (readonly [string, string])[]): string {
    return `{${members.map(([name, value]) => `${this.spaced(name)}:${this.spaced(value)}`).join(',')}}`;
  }

  ofKind(kind: Kind): string {
    if (kind === 'string') return this.pick(STRINGS);
    if (kind === 'integer') return this.pick(INTEGERS);
    if (kind === 'object') return this.object();
    return kind === 'objects' ? this.array(() => this.object(1)) : this.value();
  }

  shuffled<Value>(values: readonly Value[]): Value[] {
    return values
      .map((value) => ({ value, at: this.dice.below(1_000_000) }))
      .sort((a, b) => a.at - b.at)
      .map(({ value }) => value);
  }

  spaced(text: string): string {
    return `${this.pick(SPACES)}${text}${this.pick(SPACES)}`;
  }
}

/** Tries something with many dice; what fails names the seed that fails again. */
function forAll(check: (texts: Texts) => void): void {
  const first = Number(process.env['TURNLOG_SEED'] ?? Math.floor(Math.random() * 0x7fff_ffff));
  for (let seed = first; seed < first + RUNS; seed++) {
    try {
      check(new Texts(new Dice(seed)));
    } catch (cause) {
      throw new Error(`TURNLOG_SEED=${seed}`, { cause });
    }
  }
}

interface Stored {
  readonly origin: Origin;
  readonly type: string;
  readonly fields: string;
  readonly occurredAt: string | null;
}

function viewOf({ origin, type, fields, occurredAt }: Stored) {
  const envelope = { id: EVENT, type, sessionId: SESSION.id, turnId: null, schemaVersion: '"1.0"', micros: MICROS };
  const text = eventText({ ...envelope, occurredAt, seq: 7 }, fields);
  return viewEvent({ text, origin, requestId: makeId('req', MICROS, random) });
}

const compact = (text: string) => scanJson(text, { keepDepth: 0 }).text;

describe('an event that is sent here', () => {
  it('comes back with the source text of every member, on the row and on the socket', () => {
    forAll((texts) => {
      const given = NAMES.filter(() => texts.dice.below(2) === 0);
      const optional = given.map((name) => [`"${name}"`, texts.ofKind(OPTIONAL[name])] as const);
      const timestamp = texts.pick(TIMES);
      const type = texts.pick(TYPES.filter((name) => name !== 'agent.message'));
      const name = texts.pick(STRINGS);
      const members = texts.shuffled([
        ...optional,
        ['"event_type"', `"${type}"`],
        ['"session_id"', '"abc-123"'],
        ['"session_name"', name],
        ['"timestamp"', `"${timestamp}"`],
        ['"unknown"', texts.value()],
        ['"seq"', texts.value()],
        ['"created_at"', texts.value()],
      ] as const);
      const sent = parseEvent(scanJson(texts.objectOf(members), { keepDepth: 5, keepItems: 501 }));
      expect([sent.sessionId, sent.sessionName, sent.timestamp]).toEqual(['abc-123', JSON.parse(name), timestamp]);
      const view = viewOf(sent.draft);
      const row = scanJson(presentEvent(view, SESSION), { keepDepth: 1 });
      expect(row.members.map((shown) => shown.name)).toEqual(KEYS);
      const expected = new Map<string, string>(optional.map(([key, value]) => [JSON.parse(key), compact(value)]));
      for (const key of NAMES) expect(member(row, key)?.value.text).toBe(expected.get(key) ?? 'null');
      expect(member(row, 'timestamp')?.value.text).toBe(`"${timestamp}"`);
      expect(presentNamedEvent(view, SESSION)).toBe(`${row.text.slice(0, -1)},"session_name":${name}}`);
    });
  });

  it('keeps unknown members in the log, but for names of its envelope', () => {
    const names = ['id', 'type', 'turn_id', 'schema_version', 'created_at', 'processed_at', 'occurred_at', 'seq'];
    const enveloped = names.map((name) => `"${name}":"mine"`).join(',');
    const { draft } = parseEvent(
      scanJson(
        `{"event_type":"x","mine":1.0,"session_id":"s","session_name":"n","timestamp":"${TIMES[0]}",${enveloped}}`,
        { keepDepth: 5 },
      ),
    );
    expect(draft.fields).toBe('"mine":1.0,"session_name":"n"');
    expect(draft.occurredAt).toBe(`"${TIMES[0]}"`);
    expect(draft.origin).toBe('runtime');
  });

  it('is judged whole, however many blocks its content has', () => {
    const content = JSON.stringify([...Array.from({ length: 600 }, () => ({})), 1]);
    const body = `{"event_type":"x","session_id":"s","session_name":"n","timestamp":"${TIMES[0]}","content":${content}}`;
    expect(() => parseEvent(scanJson(body, { keepDepth: 5, keepItems: 501 }))).toThrow(TurnlogError);
  });
});

describe('an event of any origin', () => {
  const fits: Readonly<Record<Kind, (value: unknown) => boolean>> = {
    string: (value) => typeof value === 'string',
    integer: (value) => Number.isInteger(value),
    object: (value) => typeof value === 'object' && !Array.isArray(value),
    objects: (value) =>
      Array.isArray(value) && value.every((item) => item?.constructor !== Array && typeof item === 'object'),
    any: () => true,
  };

  it('has a row with every key, each of its type or null', () => {
    forAll((texts) => {
      const fields = texts
        .shuffled([...NAMES, 'data', 'session_name', 'message'] as const)
        .filter(() => texts.dice.below(2) === 0)
        .map((name) => compact(`{"${name}":${texts.value()}}`).slice(1, -1))
        .join(',');
      const origin = texts.pick(ORIGINS);
      const occurredAt = texts.pick([null, ...TIMES.map((time) => `"${time}"`)]);
      const view = viewOf({ origin, type: texts.pick(TYPES), fields, occurredAt });
      const row = JSON.parse(presentEvent(view, SESSION)) as Record<string, unknown>;
      expect(Object.keys(row)).toEqual(KEYS);
      for (const name of NAMES) expect(row[name] === null || fits[OPTIONAL[name]](row[name]), name).toBe(true);
      const time = origin === 'runtime' && occurredAt !== null ? JSON.parse(occurredAt) : view.createdAt;
      expect([row['id'], row['session_id'], row['timestamp']]).toEqual([EVENT, 'abc-123', time]);
      const named = JSON.parse(presentNamedEvent(view, { ...SESSION, title: null, externalId: null }));
      expect(Object.keys(named)).toEqual([...KEYS, 'session_name']);
      expect(typeof named.session_name).toBe('string');
    });
  });

  it('shows what an agent says', () => {
    const fields = '"content":[{"type":"text","text":"Done."}]';
    const view = viewOf({ origin: 'native', type: 'agent.message', fields, occurredAt: null });
    const row = JSON.parse(presentEvent(view, { ...SESSION, externalId: null }));
    expect(row).toMatchObject({ session_id: SESSION.id, content: [{ type: 'text', text: 'Done.' }], role: null });
  });
});

describe('instants', () => {
  const turn = async () => undefined;
  const ordered = async (times: readonly string[]) => {
    const instants = new Instants();
    for (const time of times) instants.add(time);
    return { rising: instants.rising, order: [...(await instants.order(turn))] };
  };

  it('are told apart by a nanosecond, in any year and zone, and keep the order of the log when equal', async () => {
    const times = [
      '9999-12-31T23:59:59.999999999Z',
      '9999-12-31T23:59:59.999999998Z',
      '2026-01-31T09:30:00+02:00',
      '2026-01-31T07:30:00.000Z',
      '2026-01-31T07:29:59.999999999Z',
      '0001-01-01T00:00:00.000000001Z',
      '0001-01-01T00:00:00Z',
      '2026-01-31T07:30:00.000000000-00:00',
    ];
    expect(await ordered(times)).toEqual({ rising: false, order: [6, 5, 4, 2, 3, 7, 1, 0] });
  });

  it('that rise are known to', async () => {
    expect(await ordered([])).toEqual({ rising: true, order: [] });
    const times = ['2026-01-31T09:30:00Z', '2026-01-31T09:30:00Z', '2026-01-31T09:30:00.000000001Z'];
    expect(await ordered(times)).toEqual({ rising: true, order: [0, 1, 2] });
  });

  it('of any number are in the order that a stable sort gives', async () => {
    const dice = new Dice(Number(process.env['TURNLOG_SEED'] ?? 4));
    for (const count of [1, 2, 3, 255, 256, 257, 1_000, 40_000]) {
      const seconds = Array.from({ length: count }, () => dice.below(Math.ceil(count / 2)));
      const times = seconds.map((second) => new Date(second * 1000).toISOString());
      const expected = seconds.map((_, index) => index).sort((a, b) => (seconds[a] ?? 0) - (seconds[b] ?? 0));
      expect((await ordered(times)).order).toEqual(expected);
    }
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { draftEvent } from '../src/events.ts';
import { scanJson, utf8Length } from '../src/json.ts';
import { limits } from '../src/limits.ts';
import { draftOf } from './support/drafts.ts';
import { expectRefusal, isRefused } from './support/refusals.ts';

const ENVELOPE_OF_PRODUCERS = ['type', 'turn_id', 'occurred_at', 'schema_version'];
const ENVELOPE_OF_THE_SERVER = ['id', 'session_id', 'created_at', 'processed_at', 'seq'];

describe('an event of a producer', () => {
  it('with nothing but a type has the defaults', () => {
    expect(draftOf({ type: 'note.added' })).toEqual({
      type: 'note.added',
      origin: 'native',
      turnId: null,
      occurredAt: null,
      schemaVersion: '"1.0"',
      fields: '',
      signal: null,
      usage: null,
      failure: null,
      aboutAgent: null,
      aboutSession: null,
    });
  });

  it('is read the same when nulls stand for what it leaves out', () => {
    const nulls = draftOf({ type: 'note.added', turn_id: null, occurred_at: null, schema_version: null });
    expect(nulls).toEqual(draftOf({ type: 'note.added' }));
  });

  it('I8: keeps its own members as they were sent, in their order, without the white space between them', () => {
    const oddValue = fc.constantFrom(
      '9007199254740993',
      '1.0',
      '-0',
      '1E+2',
      '"\\u0000"',
      '"\\ud800"',
      '"\\u0061\\/"',
      '"é😀"',
      '"  spaces stay  "',
      'null',
      'true',
      '[1,[2,{"a":"b, c"}]]',
      '{"__proto__":{"x":1},"z":1,"a":2}',
    );
    const value = fc.oneof(
      oddValue,
      fc.json({ maxDepth: 3 }).filter((json) => isScannable(json)),
    );
    const name = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'a', '1', 'é', '')).filter(isOwn);
    const space = fc.constantFrom('', ' ', '\n', '\t\r\n ');
    const members = fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, maxLength: 8 });
    fc.assert(
      fc.property(members, space, fc.nat(8), (own, gap, typeAt) => {
        const texts = own.map(([key, json]) => `${JSON.stringify(key)}:${gap}${json}`);
        texts.splice(typeAt, 0, '"type":"note.added"', '"turn_id":"turn_1"', '"schema_version":"2"');
        const { fields } = draftOf(`{${gap}${texts.join(`${gap},${gap}`)}${gap}}`);
        expect(fields).toBe(own.map(([key, json]) => `${JSON.stringify(key)}:${scanJson(json).text}`).join(','));
      }),
      { numRuns: 500 },
    );
  });

  it('I8: keeps the spelling of a name, and knows the envelope by what a name means', () => {
    const { fields, type } = draftOf('{"\\u0074ype":"note.added","\\u0061":1,"b\\/":2}');
    expect(type).toBe('note.added');
    expect(fields).toBe('"\\u0061":1,"b\\/":2');
    expectRefusal(() => draftOf('{"type":"note.added","s\\u0065q":1}'), 'invalid_request', 'events[3].seq');
  });

  it('I8: keeps occurred_at and schema_version verbatim', () => {
    const draft = draftOf(
      '{"type":"a","occurred_at":"2026-01-31t09:30:00.10\\u0030-00:00","schema_version":"2\\u002e0"}',
    );
    expect(draft.occurredAt).toBe('"2026-01-31t09:30:00.10\\u0030-00:00"');
    expect(draft.schemaVersion).toBe('"2\\u002e0"');
    expect(draft.fields).toBe('');
  });

  it.each([
    'turn_1',
    'turn_01KRWJR38XFMSY8PMCZS0ANP7Z',
    'turn_019e392c0d787ceea6bb62943f9ac3ec',
    `turn_${'x'.repeat(64)}`,
  ])('takes the turn %j', (turn) => {
    expect(draftOf({ type: 'a', turn_id: turn }).turnId).toBe(turn);
  });

  it.each([
    '',
    'turn_',
    'Turn_1',
    'sess_1',
    '1',
    'turn_a_b',
    'turn_a-b',
    'turn_a b',
    'turn_a\n',
    'turn_é',
    `turn_${'x'.repeat(65)}`,
    7,
    true,
    [],
    {},
  ])('refuses the turn %j', (turn) => {
    expectRefusal(() => draftOf({ type: 'a', turn_id: turn }), 'invalid_request', 'events[3].turn_id');
  });

  it.each(['', 'now', '2026-01-31', '2026-01-31T09:30:00', '2026-02-30T09:30:00Z', 1_769_851_800, true, [], {}])(
    'refuses to have occurred at %j',
    (time) => {
      expectRefusal(() => draftOf({ type: 'a', occurred_at: time }), 'invalid_request', 'events[3].occurred_at');
    },
  );

  it.each(['', 'x'.repeat(65), '😀'.repeat(65), 1, 1.5, true, [], {}])('refuses the schema version %j', (version) => {
    expectRefusal(() => draftOf({ type: 'a', schema_version: version }), 'invalid_request', 'events[3].schema_version');
  });

  it('takes a schema version of 64 characters, however many units they have', () => {
    expect(draftOf({ type: 'a', schema_version: '😀'.repeat(64) }).schemaVersion).toBe(`"${'😀'.repeat(64)}"`);
  });

  it.each([
    ['none', '{}'],
    ['null', '{"type":null}'],
    ['a number', '{"type":1}'],
    ['a list', '{"type":["a"]}'],
    ['empty', '{"type":""}'],
    ['in capitals', '{"type":"User.Message"}'],
    ['a pattern', '{"type":"user.*"}'],
    ['of 101 characters', `{"type":"${'x'.repeat(101)}"}`],
  ])('refuses a type that is %s', (_, source) => {
    expectRefusal(() => draftOf(source), 'invalid_request', 'events[3].type');
  });

  it.each(['null', 'true', '1', '"user.message"', '[]', '[{"type":"a"}]'])(
    'refuses %s in place of an event',
    (source) => {
      expectRefusal(() => draftOf(source), 'invalid_request', 'events[3]');
    },
  );

  it.each(ENVELOPE_OF_THE_SERVER)('refuses %s by name, whatever its value: the server sets it', (name) => {
    for (const value of ['x', 1, null, {}, []]) {
      const param = `events[3].${name}`;
      expectRefusal(() => draftOf({ type: 'note.added', [name]: value }), 'invalid_request', param);
    }
  });

  it('takes names of the envelope deeper inside', () => {
    const own = Object.fromEntries([...ENVELOPE_OF_THE_SERVER, ...ENVELOPE_OF_PRODUCERS].map((name) => [name, 1]));
    expect(draftOf({ type: 'note.added', data: own }).fields).toBe(`"data":${JSON.stringify(own)}`);
  });

  it('refuses data.caused_by, by which the events of the server are known', () => {
    for (const type of ['session.completed', 'note.added']) {
      for (const value of ['evt_01KRWJR38XFMSY8PMCZS0ANP7Z', null, 1]) {
        const event = { type, data: { session_id: 'run-1', caused_by: value } };
        expectRefusal(() => draftOf(event), 'invalid_request', 'events[3].data.caused_by');
      }
    }
    expect(isRefused(() => draftOf({ type: 'note.added', caused_by: 'x', data: { a: { caused_by: 'x' } } }))).toBe(
      false,
    );
  });

  it.each([
    ['ASCII', 'x'],
    ['two bytes', 'é'],
    ['three bytes', '€'],
    ['four bytes', '😀'],
  ])('may have 256 KiB of UTF-8 and not one byte more, counted in %s', (_, filler) => {
    const eventOf = (bytes: number) => {
      const frame = '{"type":"note.added","text":""}';
      const width = Buffer.byteLength(filler);
      const room = bytes - frame.length;
      const text = filler.repeat(Math.floor(room / width)) + 'x'.repeat(room % width);
      return frame.replace('""', `"${text}"`);
    };
    const largest = eventOf(256 * 1024);
    expect(Buffer.byteLength(largest)).toBe(limits.eventBytes);
    expect(utf8Length(draftOf(largest).fields)).toBe(Buffer.byteLength(largest) - '{"type":"note.added",}'.length);
    expectRefusal(() => draftOf(eventOf(256 * 1024 + 1)), 'invalid_request', 'events[3]');
  });

  it('does not count white space between its members', () => {
    expect(isRefused(() => draftOf(`{"type":"a",${' '.repeat(300_000)}"b":1}`))).toBe(false);
  });

  it('is refused for its size before anything else is said of it', () => {
    const huge = `{"type":1,"seq":1,"text":"${'x'.repeat(limits.eventBytes)}"}`;
    expectRefusal(() => draftOf(huge), 'invalid_request', 'events[3]');
  });

  it('is named in its refusals by the path that it was given', () => {
    expectRefusal(() => draftEvent(scanJson('{}'), 'initial_events[17]'), 'invalid_request', 'initial_events[17].type');
    expectRefusal(() => draftEvent(scanJson('1'), 'event'), 'invalid_request', 'event');
  });

  it('says which agent and which session its data is about', () => {
    const about = draftOf({ type: 'x.y', data: { agent_id: 'agent_1', session_id: 'run-1' } });
    expect([about.aboutAgent, about.aboutSession]).toEqual(['agent_1', 'run-1']);
    const nothing = draftOf({ type: 'x.y', agent_id: 'agent_1', data: { agent_id: 7, session_id: null } });
    expect([nothing.aboutAgent, nothing.aboutSession]).toEqual([null, null]);
    expect(draftOf({ type: 'x.y', data: ['agent_id'] }).aboutAgent).toBe(null);
  });

  it.each(['toString', 'constructor', 'valueOf', 'has_own_property', '__proto__'])(
    'of a type named like a member of Object (%s) is like any other',
    (name) => {
      const type = /^[a-z]/.test(name) ? name.toLowerCase() : `x.${name}`;
      const draft = draftOf({ type, data: 1, content: 1 });
      expect([draft.type, draft.signal, draft.fields]).toEqual([type, null, '"data":1,"content":1']);
    },
  );
});

function isOwn(name: string): boolean {
  return ![...ENVELOPE_OF_PRODUCERS, ...ENVELOPE_OF_THE_SERVER, 'data'].includes(name);
}

function isScannable(json: string): boolean {
  try {
    scanJson(json);
    return true;
  } catch {
    return false;
  }
}

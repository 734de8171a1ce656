import { existsSync, readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonFault, type JsonNode, member, scanJson, utf8Length } from '../src/json.ts';

const SESSIONS = new URL('../../../../shared/data/agent-sessions/', import.meta.url);
const KEEP_ALL = { keepDepth: 1_000 };

describe('what is accepted', () => {
  it('accepts JSON in every odd spelling, and its compact text means the same', () => {
    fc.assert(
      fc.property(oddJson(), (source) => {
        const compact = scanJson(source).text;
        expect(JSON.parse(compact)).toStrictEqual(JSON.parse(source));
        expect(compact).toBe(withoutSpace(source));
        expect(compact).not.toMatch(/[\r\n\t]/);
        expect(scanJson(compact).text).toBe(compact);
      }),
      { numRuns: 500 },
    );
  });

  it('agrees with JSON.parse on valid texts that were changed at random, but for its three own refusals', () => {
    fc.assert(
      fc.property(mutated(oddJson()), (source) => expectAgreement(source)),
      { numRuns: 3_000 },
    );
  });

  it('agrees with JSON.parse on random texts', () => {
    const alphabet = fc.constantFrom(
      ...'{}[]:,"\\ \n\t01-+.eEtruefalsn/ud',
      '\ufeff',
      '\u0000',
      '\u00a0',
      '\ud83d',
      '😀',
    );
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: alphabet, maxLength: 12 }), fc.string()), (source) =>
        expectAgreement(source),
      ),
      { numRuns: 3_000 },
    );
  });

  it('refuses every prefix of a document', () => {
    const document = oddJson().filter((text) => /^[[{"]/.test(text) && text.length < 2_000);
    fc.assert(
      fc.property(document, (source) => {
        const lengths = Array.from({ length: source.trimEnd().length }, (_, length) => length);
        expect(lengths.filter((length) => accepts(source.slice(0, length)))).toEqual([]);
      }),
    );
  });

  it.each([
    ['an integer that no double holds', '9007199254740993'],
    ['a fraction of zero', '1.0'],
    ['negative zero', '-0'],
    ['a number that underflows to zero', '1e-400'],
    ['the largest double', '1.7976931348623157e308'],
    ['300 digits before the point and a fraction', `${'9'.repeat(300)}.5`],
    ['an exponent in capitals with a sign and zeros', '-1E+007'],
    ['an escaped NUL', '"\\u0000"'],
    ['a lone surrogate escape', '"\\ud800"'],
    ['a lone surrogate as such', '"\ud800"'],
    ['escapes that need not be', '"\\u0061\\/"'],
    ['DEL and the line separators of JavaScript', '"\u007f\u2028\u2029"'],
    ['a byte order mark inside a string', '"\ufeff"'],
    ['white space inside strings', '{"a  b":" c  "}'],
    ['__proto__, constructor and the empty name', '{"__proto__":{"a":1},"constructor":2,"":3}'],
    ['keys in the order sent, integers too', '{"b":1,"2":2,"a":3,"1":4}'],
    [
      'strings on both sides of the short-string bound',
      `["${'a'.repeat(23)}","${'a'.repeat(24)}\\n","${'é'.repeat(500)}"]`,
    ],
    ['more escapes than one run of the pattern', `"${'\\n\\u00e9x'.repeat(1_000)}"`],
  ])('keeps %s as sent', (_, source) => {
    expect(scanJson(source).text).toBe(source);
    expect(scanJson(` ${source}\r\n`).text).toBe(source);
  });

  it('hands the source itself back when nothing is to be dropped', () => {
    expect(scanJson('{"a":[1,2]}').text).toBe('{"a":[1,2]}');
    expect(scanJson('\t{ "a" :\r\n[ 1 ,2 ] } ').text).toBe('{"a":[1,2]}');
  });
});

describe('what is refused', () => {
  it('accepts 64 levels and refuses 65, of arrays, objects and both', () => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
      ['[{"a":', '}]'],
    ] as const) {
      const levels = (open.match(/[[{]/g) ?? []).length;
      const nested = (n: number) => `${open.repeat(n / levels)}${close === ']' ? '' : 1}${close.repeat(n / levels)}`;
      expect(scanJson(nested(64)).text).toBe(nested(64));
      expect(faultOf(`[${nested(64)}]`)).toMatchObject({ reason: 'too_deep' });
    }
    expect(scanJson('[[],[],[[]]]', { maxDepth: 3 }).text).toBe('[[],[],[[]]]');
    expect(faultOf('[[],[],[[]]]', { maxDepth: 2 })).toMatchObject({ reason: 'too_deep', path: '[2][0]', column: 9 });
    expect(faultOf('[]', { maxDepth: 0 })).toMatchObject({ reason: 'too_deep', path: '' });
  });

  it('keeps only so many items of each array as nodes, and all of its text', () => {
    const source = '{"a":[1,{"b":[2,3,4]},[5],6],"c":[7,8,9],"d":{"e":10}}';
    const node = scanJson(source, { keepDepth: 9, keepItems: 2 });
    expect(node.text).toBe(source);
    const [a, c, d] = node.members.map(({ value }) => value);
    expect(a?.items.map(({ text }) => text)).toEqual(['1', '{"b":[2,3,4]}']);
    expect(a?.items[1]?.members[0]?.value.items.map(({ text }) => text)).toEqual(['2', '3']);
    expect(c?.items.map(({ text }) => text)).toEqual(['7', '8']);
    expect(d?.members[0]?.value.text).toBe('10');
    expect(faultOf('[1,2,{"a":1,"a":2}]', { keepItems: 1 }).reason).toBe('duplicate_key');
  });

  it('refuses 500,000 levels at once, without exhausting the stack', () => {
    expect(faultOf('['.repeat(500_000)).reason).toBe('too_deep');
    expect(faultOf('{"a":'.repeat(500_000)).reason).toBe('too_deep');
  });

  it('takes the greatest depth that it allows, and refuses to be told a greater one', () => {
    const nested = `${'[{"a":'.repeat(500)}1${'}]'.repeat(500)}`;
    expect(scanJson(nested, { maxDepth: 1_000 }).text).toBe(nested);
    expect(() => scanJson('1', { maxDepth: 1_001 })).toThrow(RangeError);
  });

  it.each([
    ['plain', '{"a":1,"a":1}'],
    ['escaped the second time', '{"a":1,"\\u0061":1}'],
    ['escaped the first time', '{"\\u0061":1,"a":1}'],
    ['escaped in two ways', '{"\\/":1,"\\u002f":1}'],
    ['in hex digits of another case', '{"\\u00e9":1,"\\u00E9":1}'],
    ['empty', '{"":1,"":1}'],
    ['a backslash', '{"\\\\":1,"\\u005c":1}'],
    ['an escaped surrogate pair', '{"😀":1,"\\ud83d\\ude00":1}'],
    ['__proto__', '{"__proto__":1,"__proto__":1}'],
    ['apart from each other', '{"a":{"b":[{"c":1}]},"b":{},"a":1}'],
    ['deeper than what is kept', '[[[[[[{"a":1,"b":2,"a":3}]]]]]]'],
    ['in an object after a nested one', '[{"a":{"x":1},"b":1},{"x":1,"a":{"b":1},"x":1}]'],
  ])('refuses a repeated key: %s', (_, source) => {
    expect(faultOf(source).reason).toBe('duplicate_key');
  });

  it('takes the same key in different objects, and different keys of the same hash', () => {
    for (const source of ['{"a":{"a":{"a":1}}}', '[{"a":1},{"a":1}]', '{"a":{"b":1},"b":{"a":1}}', '{"Aa":1,"BB":2}']) {
      expect(scanJson(source).text).toBe(source);
    }
  });

  it('finds a repeated key among any number of keys, in nested objects of any size', () => {
    for (const count of [31, 32, 33, 34, 65, 300]) {
      const keys = Array.from({ length: count }, (_, index) => `"k${index}":${index % 7 ? 1 : '{"k0":1,"k1":{}}'}`);
      const inner = `{${keys.join(',')}}`;
      const outer = `{${keys.join(',')},"inner":[${inner},${inner}],"last":1}`;
      expect(scanJson(outer).text).toBe(outer);
      for (const repeated of ['k0', 'k\\u0030', `k${count - 1}`]) {
        expect(faultOf(`{${keys.join(',')},"${repeated}":1}`).reason).toBe('duplicate_key');
        expect(faultOf(`{${keys.join(',')},"in":{${keys.join(',')}},"x":1,"${repeated}":1}`).reason).toBe(
          'duplicate_key',
        );
        expect(faultOf(`{"k":[${inner},{${keys.join(',')},"${repeated}":1}]}`).reason).toBe('duplicate_key');
      }
    }
  });

  it.each([
    ['just past the largest double', '1e309'],
    ['negative', '-1e400'],
    ['small digits with a large exponent', '0.1e0310'],
    ['half a unit past the largest double', '17976931348623159e292'],
    ['written out without an exponent', '9'.repeat(400)],
    ['written out with a fraction', `-${'9'.repeat(309)}.0`],
  ])('refuses a number that is not finite as a double: %s', (_, number) => {
    expect(faultOf(`{"a":[0,${number}]}`)).toMatchObject({ reason: 'number_range', path: 'a[1]', column: 9 });
  });

  it('refuses every control character in a string, in keys and values, near the start and far from it', () => {
    for (let code = 0; code < 0x20; code++) {
      for (const lead of ['', 'x'.repeat(100), '\\n', `${'\\n'.repeat(150)}`]) {
        const text = `${lead}${String.fromCharCode(code)}`;
        expect(faultOf(`"${text}"`)).toMatchObject({ reason: 'syntax', line: 1, column: lead.length + 2 });
        expect(faultOf(`{"${text}":1}`)).toMatchObject({ reason: 'syntax', column: lead.length + 3 });
      }
    }
  });

  it.each(['', ' ', '\r\n\t'])('calls a text without a value empty: %j', (source) => {
    expect(faultOf(source).reason).toBe('empty');
  });
});

describe('a fault', () => {
  it.each([
    ['{"events":[{"a":1},{"content":tru}]}', 'syntax', 'events[1].content', 1, 31],
    ['{\n  "a": 1,\n  "b": x\n}', 'syntax', 'b', 3, 8],
    ['{\r\n"a": 1,\r"b": x}', 'syntax', 'b', 3, 6],
    ['{"a":{"b":1,}}', 'syntax', 'a', 1, 13],
    ['{"a" 1}', 'syntax', 'a', 1, 6],
    ['[1,2', 'syntax', '', 1, 5],
    ['[[1],[2,]]', 'syntax', '[1][1]', 1, 9],
    ['[1] 2', 'syntax', '', 1, 5],
    ['\ufeff{}', 'syntax', '', 1, 1],
    ['{"a":01}', 'syntax', '', 1, 7],
    ['{"a":-}', 'syntax', 'a', 1, 7],
    ['{"a":1.}', 'syntax', 'a', 1, 8],
    ['{"a":1e+}', 'syntax', 'a', 1, 9],
    ['{"a":"\\x"}', 'syntax', 'a', 1, 7],
    ['{"a":"\\u12g4"}', 'syntax', 'a', 1, 7],
    ['["😀","\n"]', 'syntax', '[1]', 1, 8],
    ['{"a":"b', 'syntax', 'a', 1, 8],
    ['{"a b":{"":[1,nul]}}', 'syntax', '["a b"][""][1]', 1, 15],
    ['{"\\u0061":{"\\"":1e400}}', 'number_range', 'a["\\""]', 1, 17],
    ['{"e":[{"x":1, "\\u0078":2}]}', 'duplicate_key', 'e[0].x', 1, 15],
    ['[[[[{"a":[]}]]]]', 'too_deep', '[0][0][0][0].a', 1, 10],
    [' \n ', 'empty', '', 2, 2],
  ])('says where it is: %j', (source, reason, path, line, column) => {
    expect(faultOf(source, { maxDepth: 5 })).toMatchObject({ reason, path, line, column });
  });

  it('is one sentence that says what, where and what to do', () => {
    expect(faultOf('{"events":[{"a":1,"a":2}]}').message).toBe(
      'A key is repeated at events[0].a (line 1, column 19): keep one of the two.',
    );
    expect(faultOf('[1 2]').message).toBe(
      "Expected ',' or ']' but found '2' at the top level (line 1, column 4): send JSON as RFC 8259 defines it.",
    );
    expect(faultOf('{"n":1e999}').message).toBe(
      'The number is too large for a double at n (line 1, column 6): send the number as a string.',
    );
    expect(faultOf('').message).toBe('There is no value at the top level (line 1, column 1): send a JSON value.');
    expect(faultOf('[[1]]', { maxDepth: 1 }).message).toBe(
      'There are more than 1 levels at [0] (line 1, column 2): flatten the value, or send its inner part as a string.',
    );
  });

  it('echoes a bounded part of a long key, as well-formed text', () => {
    const fault = faultOf(`{"${'😀'.repeat(100_000)}":x}`);
    expect(fault.path.length).toBeLessThanOrEqual(256);
    expect(fault.message.isWellFormed()).toBe(true);
    expect(faultOf(`{"x${'😀'.repeat(100_000)}":x}`).message.isWellFormed()).toBe(true);
  });
});

describe('the tree', () => {
  it('splices back into the compact text from its members and items, at every level', () => {
    fc.assert(
      fc.property(oddJson(), (source) => expectSplices(scanJson(source, KEEP_ALL))),
      { numRuns: 500 },
    );
  });

  it('names the kinds, and decodes the names of members', () => {
    const node = scanJson(
      '{ "o": {}, "a": [ ], "s": "x", "n": -1.50, "t": true, "f": false, "z": null, "\\u0061b\\n": 1 }',
    );
    expect(node.members.map(({ name, value }) => [name, value.kind, value.text])).toEqual([
      ['o', 'object', '{}'],
      ['a', 'array', '[]'],
      ['s', 'string', '"x"'],
      ['n', 'number', '-1.50'],
      ['t', 'boolean', 'true'],
      ['f', 'boolean', 'false'],
      ['z', 'null', 'null'],
      ['ab\n', 'number', '1'],
    ]);
    expect(node.kind).toBe('object');
    expect(node.items).toEqual([]);
    expect(member(node, 'ab\n')?.text).toBe('"\\u0061b\\n":1');
    expect(member(node, 'missing')).toBeUndefined();
    expect(member(node, 'toString')).toBeUndefined();
    expect(member(scanJson('{"__proto__":7}'), '__proto__')?.value.text).toBe('7');
  });

  it('keeps members and items down to keepDepth, and text of all the rest', () => {
    const source = '{"events": [ {"type": "a", "data": {"deep": [ 1, 2 ]} } ]}';
    const data = (keepDepth: number) => keptData(scanJson(source, { keepDepth }));
    expect(scanJson(source, { keepDepth: 0 })).toMatchObject({
      kind: 'object',
      members: [],
      text: withoutSpace(source),
    });
    expect(scanJson(source, { keepDepth: 1 }).members[0]?.value).toMatchObject({ kind: 'array', items: [] });
    expect(scanJson(source, { keepDepth: 2 }).members[0]?.value.items[0]).toMatchObject({
      kind: 'object',
      members: [],
    });
    expect(data(3)).toMatchObject({ kind: 'object', members: [], text: '{"deep":[1,2]}' });
    expect(data(4)?.members[0]).toMatchObject({
      name: 'deep',
      text: '"deep":[1,2]',
      value: { kind: 'array', items: [] },
    });
    expect(data(5)?.members[0]?.value.items.map((item) => item.text)).toEqual(['1', '2']);
    expect(keptData(scanJson(source))).toMatchObject({ members: [], text: '{"deep":[1,2]}' });
  });
});

describe('recorded sessions', () => {
  it('come through byte for byte, whether compact, spaced or indented', ({ skip }) => {
    skip(!existsSync(SESSIONS), `no recorded sessions at ${SESSIONS.pathname}`);
    const files = readdirSync(SESSIONS).filter((name) => name.endsWith('.jsonl'));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const lines = readFileSync(new URL(file, SESSIONS), 'utf8').trimEnd().split('\n');
      const body = `{"events": [${lines.join(', ')}]}`;
      const node = scanJson(body);
      expect(node.text).toBe(withoutSpace(body));
      expect(node.members[0]?.value.items.map((item) => item.text)).toEqual(lines.map(withoutSpace));
      expectSplices(node);
      const value = JSON.parse(body);
      const compact = JSON.stringify(value);
      expect(scanJson(compact).text).toBe(compact);
      expect(scanJson(JSON.stringify(value, null, '\t')).text).toBe(compact);
      for (let cut = 0; cut < body.length; cut += 997) expect(accepts(body.slice(0, cut))).toBe(false);
    }
  });
});

describe('utf8Length', () => {
  it('counts the bytes that the encoder writes', () => {
    const unit = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 3 }),
      fc.constantFrom('a', 'é', '€', '😀', '\ud800', '\udc00'),
    );
    fc.assert(
      fc.property(fc.array(unit), (units) => {
        expect(utf8Length(units.join(''))).toBe(Buffer.byteLength(units.join('')));
      }),
    );
    expect(utf8Length('')).toBe(0);
    expect(utf8Length('\ud800')).toBe(3);
    expect(utf8Length('\ud800\ud800\udc00')).toBe(7);
    expect(utf8Length('\udc00a')).toBe(4);
  });
});

/** JSON in every spelling that RFC 8259 allows, without repeated keys. */
function oddJson(): fc.Arbitrary<string> {
  const space = fc.constantFrom('', '', '', ' ', '\n', '\t', '\r', ' \r\n\t ');
  const piece = fc.constantFrom(
    ...[
      'a',
      'b',
      ' ',
      '  ',
      '{',
      '[',
      ',',
      ':',
      '/',
      'é',
      '€',
      '😀',
      '\ud800',
      '\u2028',
      '\ufeff',
      '\u007f',
      '__proto__',
    ],
    ...['\\"', '\\\\', '\\/', '\\b', '\\f', '\\n', '\\r', '\\t', '\\u0061', '\\u0000', '\\uD83D', '\\ude00', '\\u005C'],
    'long enough that it is read by the pattern and not by the loop ',
  );
  const string = fc.array(piece, { maxLength: 5 }).map((pieces) => `"${pieces.join('')}"`);
  const number = fc.oneof(
    fc.constantFrom('0', '-0', '1.0', '-0.0e-0', '1E5', '1e+05', '9007199254740993', '1e-400', '0.1e1', '12.340'),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.integer().map(String),
  );
  const scalar = fc.oneof(string, number, fc.constantFrom('true', 'false', 'null'));
  const { value } = fc.letrec<{ value: string; array: string; object: string }>((tie) => ({
    value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, scalar, tie('array'), tie('object')),
    array: fc
      .tuple(space, fc.array(fc.tuple(space, tie('value'), space).map((parts) => parts.join(''))))
      .map(([inside, items]) => `[${items.length > 0 ? items.join(',') : inside}]`),
    object: fc
      .tuple(
        space,
        fc.uniqueArray(fc.tuple(string, space, space, tie('value'), space, space), {
          selector: ([key]) => JSON.parse(key) as string,
        }),
      )
      .map(([inside, members]) => {
        const texts = members.map(([key, a, b, child, c, d]) => `${d}${key}${a}:${b}${child}${c}`);
        return `{${texts.length > 0 ? texts.join(',') : inside}}`;
      }),
  }));
  return fc.tuple(space, value, space).map((parts) => parts.join(''));
}

/** A text with a few places cut, doubled or overwritten. */
function mutated(texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const insert = fc.constantFrom(
    '',
    ...'{}[]:,"\\ \n01-+.eEtn/u',
    '\u0000',
    '\u001f',
    '"a":1,',
    '"\\u0061":1,',
    '1e400',
    '\\u00',
  );
  const edit = fc.record({ at: fc.nat(), length: fc.nat({ max: 3 }), insert, double: fc.boolean() });
  return fc.tuple(texts, fc.array(edit, { minLength: 1, maxLength: 3 })).map(([text, edits]) =>
    edits.reduce((before, { at, length, insert: inserted, double }) => {
      const start = at % (before.length + 1);
      const end = double ? Math.max(0, start - 8 * length) : start + length;
      return before.slice(0, start) + inserted + before.slice(end);
    }, text),
  );
}

/** The scanner refuses what JSON.parse refuses; of the rest, exactly what has one of its own reasons. */
function expectAgreement(source: string): void {
  let node: JsonNode | undefined;
  let fault: JsonFault | undefined;
  try {
    node = scanJson(source, { maxDepth: 4 });
  } catch (error) {
    fault = asFault(error);
  }
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch {
    expect(fault, 'accepted what JSON.parse refuses').toBeDefined();
    expect(fault?.reason === 'empty').toBe(/^[ \t\r\n]*$/.test(source));
    return;
  }
  const reasons = ownReasons(source, value);
  if (reasons.length > 0) expect(reasons).toContain(fault?.reason);
  else expect(JSON.parse(node?.text ?? '')).toStrictEqual(value);
}

/** The scanner's own reasons to refuse a text that JSON.parse takes, found without a scanner. */
function ownReasons(source: string, value: unknown): string[] {
  const outside = source.replaceAll(/"(?:[^"\\]|\\.)*"/gs, ' "" ');
  const reasons: string[] = [];
  if (keysIn(value) < outside.split(':').length - 1) reasons.push('duplicate_key');
  if ((outside.match(/-?\d[\d.eE+-]*/g) ?? []).some((number) => !Number.isFinite(Number(number)))) {
    reasons.push('number_range');
  }
  let depth = 0;
  let deepest = 0;
  for (const character of outside) {
    if (character === '[' || character === '{') deepest = Math.max(deepest, ++depth);
    if (character === ']' || character === '}') depth--;
  }
  if (deepest > 4) reasons.push('too_deep');
  return reasons;
}

function keysIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const children = Object.values(value);
  return (Array.isArray(value) ? 0 : children.length) + children.reduce<number>((sum, child) => sum + keysIn(child), 0);
}

function expectSplices(node: JsonNode): void {
  if (node.members.length > 0) expect(`{${node.members.map(({ text }) => text).join(',')}}`).toBe(node.text);
  if (node.items.length > 0) expect(`[${node.items.map(({ text }) => text).join(',')}]`).toBe(node.text);
  for (const { name, text, value } of node.members) {
    const key = text.slice(0, text.length - value.text.length - 1);
    expect(text).toBe(`${key}:${value.text}`);
    expect(JSON.parse(key)).toBe(name);
    expectSplices(value);
  }
  for (const item of node.items) expectSplices(item);
}

/** A second way to drop white space outside strings. */
function withoutSpace(source: string): string {
  return source.replaceAll(/("(?:[^"\\]|\\.)*")|[ \t\r\n]+/gs, (_, string: string | undefined) => string ?? '');
}

function keptData(root: JsonNode): JsonNode | undefined {
  const event = root.members[0]?.value.items[0];
  return event && member(event, 'data')?.value;
}

function faultOf(source: string, options?: Parameters<typeof scanJson>[1]): JsonFault {
  try {
    scanJson(source, options);
  } catch (error) {
    return asFault(error);
  }
  throw new Error(`Accepted: ${source.slice(0, 100)}`);
}

function accepts(source: string): boolean {
  try {
    scanJson(source);
    return true;
  } catch (error) {
    asFault(error);
    return false;
  }
}

function asFault(error: unknown): JsonFault {
  if (error instanceof JsonFault) return error;
  throw error;
}

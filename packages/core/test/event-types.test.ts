import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPatterns, isEventType, matchesPattern } from '../src/events.ts';
import { expectRefusal, isRefused } from './support/refusals.ts';

describe('event types', () => {
  it.each([
    'a',
    'user.message',
    'session.status_idle',
    'workflow_completed',
    'terminated',
    'a1_2.3',
    'a.1',
    'a._',
    'a__b',
    'x'.repeat(100),
    `${'ab.'.repeat(33)}c`,
  ])('%j is one', (type) => {
    expect(isEventType(type)).toBe(true);
  });

  it.each([
    '',
    '.',
    'a.',
    '.a',
    'a..b',
    '_a',
    '1a',
    'A',
    'user.Message',
    'user-message',
    'user message',
    'user.message ',
    'user.message\n',
    'user.*',
    'usér.message',
    'user/message',
    'user.message\u0000',
    'x'.repeat(101),
    `${'ab.'.repeat(33)}cd`,
  ])('%j is none', (type) => {
    expect(isEventType(type)).toBe(false);
  });

  it('are decided at once, however long the text', () => {
    expect(isEventType(`${'a.'.repeat(1_000_000)}!`)).toBe(false);
    expect(isEventType(`${'a'.repeat(99)}!`)).toBe(false);
  });
});

describe('patterns', () => {
  it.each([
    ['none', []],
    ['plain types', ['user.message', 'terminated']],
    ['stars anywhere', ['*', '**', 'user.*', '*.completed', 'a*b*c']],
    ['what no type can be', ['..', '.a', '_', '1']],
    ['a hundred of a hundred characters', Array.from({ length: 100 }, () => '*'.repeat(100))],
  ])('takes %s', (_, patterns) => {
    expect(isRefused(() => checkPatterns(patterns, 'types'))).toBe(false);
  });

  it.each([
    ['an empty element', ['user.message', '']],
    ['only an empty element', ['']],
    ['capitals', ['User.*']],
    ['a hyphen', ['user-message']],
    ['a space', ['user.message', ' agent.message']],
    ['a line feed', ['user.message\n']],
    ['a question mark', ['user.?essage']],
    ['a character class', ['[a-z]*']],
    ['a comma', ['a,b']],
    ['a letter beyond ASCII', ['usér.*']],
    ['101 characters', ['a'.repeat(101)]],
    ['101 patterns', Array.from({ length: 101 }, () => '*')],
  ])('refuses %s, naming the parameter', (_, patterns) => {
    expectRefusal(() => checkPatterns(patterns, 'types'), 'invalid_request', 'types');
    expectRefusal(() => checkPatterns(patterns, 'events'), 'invalid_request', 'events');
  });

  it('match what the regular expression with .* for each star matches', () => {
    const text = (characters: string, maxLength: number) =>
      fc.string({ unit: fc.constantFrom(...characters), maxLength });
    fc.assert(
      fc.property(text('ab.*', 8), text('ab.', 10), (pattern, type) => {
        const model = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
        expect(matchesPattern(pattern, type)).toBe(model.test(type));
      }),
      { numRuns: 5_000 },
    );
  });

  it('match every type that is made by filling in their stars', () => {
    const filler = fc.string({ unit: fc.constantFrom(...'ab.'), maxLength: 5 });
    const parts = fc.array(filler, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(parts, fc.infiniteStream(filler), (fixed, fillers) => {
        const fill = fillers[Symbol.iterator]();
        const type = fixed.reduce((text, part) => text + (fill.next().value ?? '') + part);
        expect(matchesPattern(fixed.join('*'), type)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['user.message', 'user.message', true],
    ['user.message', 'user.messages', false],
    ['user.*', 'user.message', true],
    ['user.*', 'user.message.part', true],
    ['user.*', 'user', false],
    ['user*', 'user', true],
    ['*.completed', 'team.task.completed', true],
    ['session.*.completed', 'session.completed', false],
    ['*', 'anything.at_all', true],
    ['a*a', 'a', false],
    ['a*ab', 'aab', true],
    ['u.er', 'user', false],
    ['agent.message', 'agentxmessage', false],
  ] as const)('%j on %j is %j', (pattern, type, expected) => {
    expect(matchesPattern(pattern, type)).toBe(expected);
  });

  it('of many stars are decided in time that is linear, where a backtracking matcher takes for ever', () => {
    for (let n = 0; n < 1_000; n++) {
      expect(matchesPattern('*a'.repeat(50), `${'a'.repeat(99)}b`)).toBe(false);
      expect(matchesPattern(`${'*a*'.repeat(33)}c`, 'a'.repeat(100))).toBe(false);
    }
    expect(matchesPattern('*a'.repeat(5_000), `${'a'.repeat(100_000)}b`)).toBe(false);
  });
});

/** Filters let through what they name, and are told apart by their keys. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EventFilter, type Filtered, filterKey, LiveFilter, passes } from '../src/event-filter.ts';
import { makeId } from '../src/ids.ts';
import { NOW_US } from './support/plans.ts';
import { seededBytes } from './support/random.ts';

const SESSIONS = [1, 2].map((seed) => makeId('sess', NOW_US, seededBytes(seed)));
const AGENTS = ['agent_1', 'agent_2', 'none', 'null', ''];
const EVERYTHING: EventFilter = { types: null, session: null, agentId: null };

/** Short texts of few characters, so that patterns match often. */
const text = (characters: readonly string[]) => fc.string({ unit: fc.constantFrom(...characters), maxLength: 6 });
const filter: fc.Arbitrary<EventFilter> = fc.record({
  types: fc.option(fc.array(text(['a', 'b', '.', '*']), { maxLength: 3 })),
  exceptTypes: fc.array(text(['a', 'b', '.', '*']), { maxLength: 2 }),
  session: fc.constantFrom(null, 'none', ...SESSIONS),
  agentId: fc.constantFrom(null, ...AGENTS),
});
const event: fc.Arbitrary<Filtered> = fc.record({
  type: text(['a', 'b', '.']),
  sessionId: fc.constantFrom(null, ...SESSIONS),
  aboutSession: fc.constantFrom(null, ...SESSIONS),
  agentId: fc.constantFrom(null, ...AGENTS),
  aboutAgent: fc.constantFrom(null, ...AGENTS),
});

function expected(
  { types, exceptTypes = [], session, agentId }: EventFilter,
  { type, sessionId, aboutSession, ...of }: Filtered,
): boolean {
  const matches = (pattern: string) =>
    new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`).test(type);
  const ofType = (types?.some(matches) ?? true) && !exceptTypes.some(matches);
  const ofSession = session === null || [sessionId, aboutSession].some((id) => id === session);
  const ofAgent = agentId === null || [of.agentId, of.aboutAgent].some((name) => name === agentId);
  return ofType && ofSession && ofAgent;
}

describe('a filter', () => {
  it('lets an event through when each of its members does', () => {
    fc.assert(
      fc.property(filter, event, (wanted, seen) => {
        expect(passes(wanted, seen)).toBe(expected(wanted, seen));
      }),
      { numRuns: 2_000 },
    );
  });

  it('that is live says the same of any events, however often it is asked', () => {
    fc.assert(
      fc.property(fc.option(filter), fc.array(event, { maxLength: 20 }), (wanted, seen) => {
        const live = new LiveFilter(wanted);
        const twice = [...seen, ...seen];
        expect(twice.map((one) => live.passes(one))).toEqual(twice.map((one) => passes(wanted, one)));
        expect(live.key).toBe(filterKey(wanted));
      }),
      { numRuns: 1_000 },
    );
  });

  it('lets everything through when there is none, or it has no member', () => {
    fc.assert(
      fc.property(event, (seen) => {
        expect([passes(null, seen), passes(EVERYTHING, seen)]).toEqual([true, true]);
      }),
    );
  });

  it('lets nothing through when it names no type, or a session that is none', () => {
    fc.assert(
      fc.property(filter, event, (wanted, seen) => {
        expect(passes({ ...wanted, types: [] }, seen)).toBe(false);
        expect(passes({ ...wanted, session: 'none' }, seen)).toBe(false);
      }),
    );
  });
});

describe('the key of a filter', () => {
  it('is the same for equal filters, however they were made', () => {
    fc.assert(
      fc.property(filter, (wanted) => {
        const { agentId, session, types, exceptTypes = [] } = structuredClone(wanted);
        expect(filterKey({ agentId, exceptTypes, session, types })).toBe(filterKey(wanted));
      }),
    );
  });

  it('tells filters apart that let different events through', () => {
    fc.assert(
      fc.property(filter, filter, fc.array(event, { minLength: 1, maxLength: 20 }), (one, other, seen) => {
        const differ = seen.some((each) => passes(one, each) !== passes(other, each));
        if (differ) expect(filterKey(one)).not.toBe(filterKey(other));
      }),
      { numRuns: 1_000 },
    );
  });

  it('is empty for no filter and for one without members, and for no other', () => {
    expect([null, EVERYTHING, { ...EVERYTHING, exceptTypes: [] }].map(filterKey)).toEqual(['', '', '']);
    fc.assert(
      fc.property(filter, ({ exceptTypes = [], ...wanted }) => {
        const has = exceptTypes.length > 0 || Object.values(wanted).some((member) => member !== null);
        expect(filterKey({ ...wanted, exceptTypes }) !== '').toBe(has);
      }),
    );
  });
});

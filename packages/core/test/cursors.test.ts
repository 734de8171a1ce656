import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CursorKind,
  cursorParam,
  invalidCursor,
  type ListName,
  type PageParameters,
  type PageQuery,
  pageToken,
  readPage,
} from '../src/cursors.ts';
import { type Id, idFromBytes } from '../src/ids.ts';
import { limits } from '../src/limits.ts';
import { expectRefusal, refusalOf } from './support/refusals.ts';

const SESSION: Id<'sess'> = 'sess_01KRWJR38XFMSY8PMCZS0ANP7Z';
const OTHER_SESSION: Id<'sess'> = 'sess_01KRWJR38XFMSY8PMCZS0ANP80';
const EVENT: Id<'evt'> = 'evt_01KRWK0000FMSY8PMCZS0ANP7Z';
const TOKEN: Id<'tok'> = 'tok_01KRWK0000FMSY8PMCZS0ANP7Z';

const EVENTS: ListName<'evt'> = { kind: 'evt', of: SESSION };
const LISTS: readonly ListName<CursorKind>[] = [
  EVENTS,
  { kind: 'evt', of: OTHER_SESSION },
  { kind: 'evt', of: null },
  { kind: 'sess', of: null },
  { kind: 'tok', of: null },
];

const list = () => fc.constantFrom(...LISTS);
const order = () => fc.constantFrom('asc' as const, 'desc' as const);
const direction = () => fc.constantFrom('after' as const, 'before' as const);
const sixteenBytes = () => fc.uint8Array({ minLength: 16, maxLength: 16 });

describe('limit', () => {
  it.each([
    ['0', 'zero'],
    ['1001', 'above the maximum'],
    ['-1', 'negative'],
    ['-0', 'negative zero'],
    ['1.5', 'a fraction'],
    ['1.0', 'a whole number with a fraction'],
    ['0x10', 'hexadecimal'],
    ['0b1', 'binary'],
    ['1e2', 'an exponent'],
    ['', 'empty'],
    [' ', 'a space'],
    [' 5', 'with a space before it'],
    ['5 ', 'with a space after it'],
    ['5\n', 'with a line feed after it'],
    ['+5', 'with a plus'],
    ['1_000', 'with an underscore'],
    ['1,000', 'with a comma'],
    ['20,20', 'twice'],
    ['٢٠', 'in Arabic digits'],
    ['２０', 'in wide digits'],
    ['ten', 'a word'],
    ['null', 'null'],
    ['NaN', 'NaN'],
    ['Infinity', 'infinite'],
    ['99999999999999999999', 'beyond 2^64'],
    ['1'.repeat(10_000), 'of ten thousand digits'],
  ])('%j is refused: %2$s', (limit) => {
    expectRefusal(() => read({ limit }), 'invalid_request', 'limit');
  });

  it('takes every whole number from 1 to 1000, and is 20 by default', () => {
    for (let limit = 1; limit <= 1000; limit++) expect(read({ limit: String(limit) }).limit).toBe(limit);
    expect(read({}).limit).toBe(20);
    expect([limits.pageDefault, limits.pageMax]).toEqual([20, 1000]);
  });

  it('has other bounds where a list has them', () => {
    const sizes = { default: 50, max: 100 };
    const limitOf = (limit?: string) => readPage({ ...NOTHING, limit }, EVENTS, 'asc', sizes).limit;
    expect([limitOf(), limitOf('1'), limitOf('100')]).toEqual([50, 1, 100]);
    for (const wrong of ['0', '101', '1000']) expectRefusal(() => limitOf(wrong), 'invalid_request', 'limit');
  });
});

describe('order', () => {
  it.each(['', 'ASC', 'Desc', 'newest', 'asc ', 'asc,desc', '__proto__'])('%j is refused', (wrong) => {
    expectRefusal(() => read({ order: wrong }), 'invalid_request', 'order');
  });

  it('is what was asked, else the default of the list', () => {
    expect(read({ order: 'asc' }, EVENTS, 'desc').order).toBe('asc');
    expect(read({ order: 'desc' }, EVENTS, 'asc').order).toBe('desc');
    expect(read({}, EVENTS, 'asc').order).toBe('asc');
    expect(read({}, EVENTS, 'desc').order).toBe('desc');
  });
});

describe('after_id and before_id', () => {
  it('name a place in the list and the side that is wanted', () => {
    expect(read({}).cursor).toBe(null);
    expect(read({ after_id: EVENT }).cursor).toEqual({ direction: 'after', id: EVENT });
    expect(read({ before_id: EVENT }).cursor).toEqual({ direction: 'before', id: EVENT });
  });

  it('at most one cursor is taken, in whatever pair they come', () => {
    const page = pageToken(EVENTS, 'asc', { direction: 'after', id: EVENT });
    const both: [Partial<PageParameters>, string][] = [
      [{ after_id: EVENT, before_id: EVENT }, 'before_id'],
      [{ after_id: EVENT, page }, 'page'],
      [{ before_id: EVENT, page }, 'page'],
      [{ after_id: EVENT, before_id: EVENT, page }, 'page'],
      [{ after_id: '', before_id: '' }, 'before_id'],
    ];
    for (const [parameters, param] of both) expectRefusal(() => read(parameters), 'invalid_request', param);
  });

  it.each([
    ['empty', ''],
    ['an id of another kind', SESSION],
    ['a token id', TOKEN],
    ['an id in lower case', EVENT.toLowerCase()],
    ['an id without its prefix', EVENT.slice(4)],
    ['an id with a space', `${EVENT} `],
    ['a UUID', '0190163d-8694-739b-aea5-966c26f8ad91'],
    ['the example id of the native API, which another system made', 'evt_019e392c0d787cfaa21bda98e06cd913'],
    ['a number', '17'],
    ['a page token', pageToken(EVENTS, 'asc', { direction: 'after', id: EVENT })],
    ['10 kB long', `evt_${'0'.repeat(10_240)}`],
  ])('a cursor that is %s gets the one refusal of all cursors that are not of the list', (_, cursor) => {
    for (const param of ['after_id', 'before_id'] as const) {
      const refusal = refusalOf(() => read({ [param]: cursor }));
      expect(refusal).toEqual(invalidCursor(param));
      expect(refusal.message.length).toBeLessThan(200);
      expectRefusal(() => read({ [param]: cursor }), 'invalid_request', param);
    }
  });

  it('a cursor of a list is an id of its kind, and of no other', () => {
    const ids = { evt: EVENT, sess: SESSION, tok: TOKEN };
    for (const name of LISTS) {
      for (const [kind, id] of Object.entries(ids)) {
        if (kind === name.kind) expect(read({ after_id: id }, name).cursor?.id).toBe(id);
        else expectRefusal(() => read({ after_id: id }, name), 'invalid_request', 'after_id');
      }
    }
  });

  it('a refused cursor says whether an id or a page is wanted, for some lists have no pages', () => {
    expect(invalidCursor('after_id').message).toMatch(/use an id that this list has answered\.$/);
    expect(invalidCursor('page').message).toMatch(/use a page that this list has answered\.$/);
  });

  it('the parameter of a cursor is known to refusals that need the store', () => {
    expect(cursorParam({ ...NOTHING, after_id: EVENT })).toBe('after_id');
    expect(cursorParam({ ...NOTHING, before_id: EVENT })).toBe('before_id');
    expect(cursorParam({ ...NOTHING, page: 'page_x' })).toBe('page');
  });
});

describe('page', () => {
  it('carries its list, order, direction and place, whatever limit comes with it', () => {
    fc.assert(
      fc.property(
        list(),
        order(),
        order(),
        direction(),
        sixteenBytes(),
        fc.integer({ min: 1, max: 1000 }),
        (name, made, byDefault, side, bytes, limit) => {
          const cursor = { direction: side, id: idFromBytes(name.kind, bytes) };
          const page = pageToken(name, made, cursor);
          expect(page).toMatch(/^page_[0-9A-Za-z]+$/);
          const expected = { order: made, cursor, limit };
          expect(read({ page, limit: String(limit) }, name, byDefault)).toEqual(expected);
          expect(read({ page, limit: String(limit), order: made }, name, byDefault)).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('with another order beside it is refused', () => {
    fc.assert(
      fc.property(list(), order(), direction(), sixteenBytes(), (name, made, side, bytes) => {
        const page = pageToken(name, made, { direction: side, id: idFromBytes(name.kind, bytes) });
        const other = made === 'asc' ? 'desc' : 'asc';
        expectRefusal(() => read({ page, order: other }, name), 'invalid_request', 'page');
      }),
    );
  });

  it('of another list, or of another session, is refused like any cursor that is not of the list', () => {
    for (const made of LISTS) {
      const id = idFromBytes(made.kind, new Uint8Array(16).fill(7));
      const page = pageToken(made, 'desc', { direction: 'before', id });
      for (const asked of LISTS) {
        if (asked === made) expect(read({ page }, asked).cursor?.id).toBe(id);
        else expect(refusalOf(() => read({ page }, asked))).toEqual(invalidCursor('page'));
      }
    }
  });

  it('cut short anywhere is refused', () => {
    for (const name of LISTS) {
      const id = idFromBytes(name.kind, new Uint8Array(16).fill(0x5a));
      const page = pageToken(name, 'asc', { direction: 'after', id });
      for (let length = 0; length < page.length; length++) {
        expect(refusalOf(() => read({ page: page.slice(0, length) }, name))).toEqual(invalidCursor('page'));
        expect(refusalOf(() => read({ page: page.slice(page.length - length) }, name))).toEqual(invalidCursor('page'));
      }
    }
  });

  it('that was changed is refused, unless it is the very token of another place of the same list', () => {
    const letters = fc.constantFrom(...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdest_ -\n\u0000é');
    const edit = fc.tuple(fc.nat(64), fc.constantFrom('replace', 'insert', 'remove', 'double'), letters);
    fc.assert(
      fc.property(
        list(),
        order(),
        direction(),
        sixteenBytes(),
        fc.array(edit, { minLength: 1, maxLength: 3 }),
        (name, made, side, bytes, edits) => {
          const page = pageToken(name, made, { direction: side, id: idFromBytes(name.kind, bytes) });
          const changed = edits.reduce((text, [at, how, letter]) => edited(text, at % text.length, how, letter), page);
          let query: PageQuery<CursorKind>;
          try {
            query = read({ page: changed }, name);
          } catch (error) {
            expect(error).toEqual(invalidCursor('page'));
            return;
          }
          if (query.cursor === null) throw new Error('A page without a place.');
          expect(pageToken(name, query.order, query.cursor)).toBe(changed);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['empty', ''],
    ['only a prefix', 'page_'],
    ['an event id', EVENT],
    ['10 kB of noise', 'x'.repeat(10_240)],
    [
      '10 kB before a place',
      `page_${'e'.repeat(10_240)}${pageToken(EVENTS, 'asc', { direction: 'after', id: EVENT }).slice(5)}`,
    ],
    ['a place twice', pageToken(EVENTS, 'asc', { direction: 'after', id: EVENT }).repeat(2)],
    ['in lower case', pageToken(EVENTS, 'asc', { direction: 'after', id: EVENT }).toLowerCase()],
    ['with a space', ` ${pageToken(EVENTS, 'asc', { direction: 'after', id: EVENT })}`],
  ])('that is %s is refused', (_, page) => {
    for (const name of LISTS) expect(refusalOf(() => read({ page }, name))).toEqual(invalidCursor('page'));
  });
});

const NOTHING: PageParameters = {
  limit: undefined,
  order: undefined,
  after_id: undefined,
  before_id: undefined,
  page: undefined,
};

function read<Kind extends CursorKind>(
  parameters: Partial<PageParameters>,
  name: ListName<Kind> = EVENTS as ListName<Kind>,
  defaultOrder: 'asc' | 'desc' = 'asc',
): PageQuery<Kind> {
  return readPage({ ...NOTHING, ...parameters }, name, defaultOrder);
}

function edited(text: string, at: number, how: string, letter: string): string {
  if (how === 'double') return text.slice(0, at) + text.slice(at - 1);
  const rest = text.slice(how === 'insert' ? at : at + 1);
  return text.slice(0, at) + (how === 'remove' ? '' : letter) + rest;
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMicros } from '../src/clock.ts';
import { ownMember, payloadOf, textOf, viewEvent } from '../src/event-view.ts';
import { scanJson } from '../src/json.ts';
import { carriesData, ORIGINS, type Origin } from '../src/origins.ts';
import { planAppend } from '../src/plan/append.ts';
import { idOfText } from '../src/plan/event-text.ts';
import type { EventRow } from '../src/plan/plan.ts';
import { planPublish } from '../src/plan/publish.ts';
import { planCreate } from '../src/plan/session.ts';
import { draftFrom } from './support/drafts.ts';
import { commandOf, contextOf, headOf, NOW_US, REQUEST, SESSION, sessionOf } from './support/plans.ts';

const ENVELOPE = [
  ...['id', 'type', 'session_id', 'turn_id', 'schema_version', 'created_at', 'processed_at', 'occurred_at', 'seq'],
];

/** An event of a session, stored and read again. */
function stored(origin: Origin, own: object | string, parts: Parameters<typeof draftFrom>[3] = {}) {
  const draft = draftFrom(origin, 'note.added', own, parts);
  const [row] = planAppend(headOf(), sessionOf(), [draft], contextOf()).events;
  return viewOf(row);
}

function viewOf(row: EventRow | undefined) {
  if (row === undefined) throw new Error('The plan has no such event.');
  return viewEvent({ text: row.text, origin: row.origin, requestId: REQUEST });
}

const odd = fc.constantFrom('9007199254740993', '1.0', '-0', '1E+2', '"\\u0000"', '"\\ud800"', '"\\u0061\\/"', '"é😀"');
const json = fc.json({ maxDepth: 4 }).filter((text) => isScannable(text));
const value = fc.oneof(
  odd,
  json,
  odd.map((text) => `[${text},{"__proto__":{"a":${text}}}]`),
);
const name = fc
  .oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'a', '1', 'é', ''))
  .filter((text) => ![...ENVELOPE, 'data'].includes(text));
const members = fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, maxLength: 6 });
const envelope = fc.record(
  {
    turnId: fc.constant('turn_7' as const),
    occurredAt: fc.constant('"2026-01-31T09:30:00Z"'),
    schemaVersion: fc.constant('"2"'),
  },
  { requiredKeys: [] },
);
/** Data in which no `caused_by` can stand. */
const data = fc.option(value.filter((text) => !text.includes('caused_by')));

describe('an event that is taken apart', () => {
  it('I8: has as its payload exactly what was sent as such, and as its own members all that was sent', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ORIGINS),
        members,
        data,
        fc.nat(6),
        envelope,
        (origin, others, sent, at, parts) => {
          const texts = others.map(([key, text]) => `${JSON.stringify(key)}:${scanJson(text).text}`);
          if (sent !== null) texts.splice(at, 0, `"data":${scanJson(sent).text}`);
          const view = stored(origin, `{${texts.join(',')}}`, parts);
          expect(view.own.map(({ text }) => text)).toEqual(texts);
          const whole = `{${texts.join(',')}}`;
          expect(payloadOf(view)).toBe(carriesData(origin) && sent !== null ? scanJson(sent).text : whole);
          const { occurredAt } = view;
          expect(occurredAt).toBe(parts.occurredAt === undefined ? null : JSON.parse(parts.occurredAt));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('has the members of its envelope, of a session', () => {
    const view = stored('runtime', { a: 1 }, { occurredAt: '"2026-01-31T09:30:00+01:00"' });
    expect(view).toMatchObject({
      origin: 'runtime',
      requestId: REQUEST,
      type: 'note.added',
      sessionId: SESSION,
      createdAt: formatMicros(NOW_US),
      occurredAt: '2026-01-31T09:30:00+01:00',
      seq: 2,
    });
    expect(view.id).toMatch(/^evt_/);
  });

  it('has neither a session nor a number when it belongs to the account', () => {
    const [published] = planPublish(
      headOf(),
      [draftFrom('platform', 'x.y', { data: [1], more: 2 })],
      contextOf(),
    ).events;
    const view = viewOf(published);
    expect(view).toMatchObject({ origin: 'platform', type: 'x.y', sessionId: null, seq: null, occurredAt: null });
    expect(view.id).toBe(idOfText(published?.text ?? ''));
    expect(payloadOf(view)).toBe('[1]');
  });

  it("has the server's data as its payload when the server wrote it", () => {
    const { events } = planCreate(headOf(), commandOf({ title: 'A run' }), false, contextOf());
    const view = viewOf(events[0]);
    expect(view).toMatchObject({ origin: 'server', type: 'session.created', sessionId: null });
    expect(JSON.parse(payloadOf(view))).toMatchObject({ title: 'A run', caused_by: REQUEST });
  });

  it('knows its own members by name, however they are spelt, and no others', () => {
    const view = stored('native', '{"\\u0061":[1],"data":{"b":2}}');
    expect(ownMember(view, 'a')?.text).toBe('[1]');
    expect(ownMember(view, 'data')?.members.map((one) => one.name)).toEqual(['b']);
    for (const absent of ['b', 'id', 'type', 'seq', '__proto__']) expect(ownMember(view, absent)).toBeUndefined();
  });

  it('is looked into as deep as blocks of its content', () => {
    const view = stored('native', { content: [{ type: 'text', text: 'Hello' }] });
    expect(textOf(ownMember(view, 'content'))).toBe('Hello');
  });
});

describe('the text of content', () => {
  const textIn = (content: string) => textOf(scanJson(content, { keepDepth: 3 }));

  it.each([
    ['"Hello"', 'Hello'],
    ['""', ''],
    ['"\\u0061\\nb"', 'a\nb'],
    ['[{"type":"text","text":"a"}]', 'a'],
    ['[{"type":"text","text":"a"},{"type":"image","text":"x"},{"type":"text","text":"b"}]', 'a\nb'],
    ['[{"type":"text","text":""}]', ''],
    ['[{"type":"text","text":7},{"type":"text"},{"type":"text","text":"c"}]', 'c'],
    ['["a",[{"type":"text","text":"x"}],{"type":"text","text":"b"}]', 'b'],
  ])('%s is read', (content, text) => {
    expect(textIn(content)).toBe(text);
  });

  it.each(['[]', '{}', 'null', '7', 'true', '["a"]', '[{"type":"image"}]', '{"type":"text","text":"a"}'])(
    '%s has none',
    (content) => {
      expect(textIn(content)).toBe(null);
    },
  );

  it('that is not there is none', () => {
    expect(textOf(undefined)).toBe(null);
  });
});

function isScannable(text: string): boolean {
  try {
    scanJson(text, { maxDepth: 60 });
    return true;
  } catch {
    return false;
  }
}

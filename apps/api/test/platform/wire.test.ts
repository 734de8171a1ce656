/** The mapping of events: pure, exact for what was published here, total for what came from anywhere else. */
import { randomInt } from 'node:crypto';
import { TurnlogError } from '@turnlog/core/errors';
import { viewEvent } from '@turnlog/core/event-view';
import { scanJson } from '@turnlog/core/json';
import { ORIGINS } from '@turnlog/core/origins';
import { describe, expect, it } from 'vitest';
import { parseEvent, presentEvent } from '../../src/dialects/platform/wire/event.ts';
import { Dice } from '../support/dice.ts';

const ORG = 'org_01K5ZV69ZK7E4R8T2Y6V0N3QXC';
const REQUEST = 'req_01K5ZV7QZZ7R2M4P6S8V0X2ZBD';
const SESSION = 'sess_01K5ZV7QH37MZTXN4T6B9D0RFE';
const ID = 'evt_01K5ZV7R0S7PQ9H1C3T5V7X9ZB';
const TIME = '2026-02-21T03:27:00.000000Z';
const ADDED = `"organization_id":"${ORG}","request_id":"${REQUEST}"`;
const SCALARS = [
  ...['null', 'true', 'false', '0', '-0', '1.0', '99.00', '1e2', '9007199254740993', '-1.5E-7', '1e308'],
  ...['""', '"plain"', '"\\u0000"', '"\\ud800"', '"é\\n"', '"\\u0041"', '"[{,:}]"', '" two  spaces "', '"\\/"'],
];
const NAMES = ['a', 'agent_id', '__proto__', 'constructor', '', 'é', '\\u0000', 'data', 'metadata', 'b c', 'toString'];
const RUNS = 500;

/** JSON texts without insignificant white space. */
class Texts {
  readonly #dice: Dice;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  one<Value>(values: readonly Value[]): Value {
    return values[this.#dice.below(values.length)] as Value;
  }

  value(depth = 4): string {
    const kind = depth === 0 ? 0 : this.#dice.below(4);
    if (kind < 2) return this.one(SCALARS);
    return kind === 2 ? this.object([], depth - 1) : `[${this.#some(() => this.value(depth - 1)).join(',')}]`;
  }

  /** No two members have the same name. */
  members(without: readonly string[] = [], depth = 3): string[] {
    const names = new Set(this.#some(() => this.one(NAMES)));
    for (const name of without) names.delete(name);
    return [...names].map((name) => `"${name}":${this.value(depth)}`);
  }

  object(more: readonly string[] = [], depth = 3): string {
    return `{${this.#shuffled([...this.members([], depth), ...more]).join(',')}}`;
  }

  /** The same text with white space where it means nothing. */
  loose(text: string): string {
    return text.replace(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g, (token) =>
      token.length > 1 ? token : this.one([token, ` ${token}`, `${token}\n`, `\t${token} `]),
    );
  }

  #some<Value>(make: () => Value): Value[] {
    return Array.from({ length: this.#dice.below(4) }, make);
  }

  #shuffled(members: string[]): string[] {
    return members
      .map((text) => [this.#dice.below(1_000), text] as const)
      .sort(([a], [b]) => a - b)
      .map(([, text]) => text);
  }
}

/** Runs a property for many texts; a failure says the seed and the run. */
function forTexts(property: (texts: Texts) => void): void {
  const first = randomInt(2 ** 31);
  for (let run = 0; run < RUNS; run++) {
    const seed = first + run;
    try {
      property(new Texts(new Dice(seed)));
    } catch (error) {
      throw new Error(`Fails for the seed ${seed}`, { cause: error });
    }
  }
}

/** The stored text of an event with these own fields. */
const stored = (type: string, fields: string, session: string | null = null) =>
  `{"id":"${ID}","type":"${type}","session_id":${session === null ? 'null' : `"${session}"`},"turn_id":null,"schema_version":"1.0",` +
  `"created_at":"${TIME}","processed_at":"${TIME}","seq":${session === null ? null : 7}${fields === '' ? '' : `,${fields}`}}`;
const show = (text: string, origin: (typeof ORIGINS)[number]) =>
  presentEvent(viewEvent({ text, origin, requestId: REQUEST }), ORG);

describe('what was published', () => {
  it('reads back exactly, in its own source text, member by member', () => {
    forTexts((texts) => {
      const data = texts.object();
      const metadata = texts.one([
        null,
        texts.members(),
        [...texts.members(), `"user_id":${texts.one(['"u"', '"\\u0075"', '""'])}`],
      ]);
      const sent = [`"type":"some.type"`, `"data":${data}`];
      if (metadata !== null) sent.push(`"metadata":{${metadata.join(',')}}`);
      const body = texts.loose(`{${sent.toReversed().join(',')}}`);
      const draft = parseEvent(scanJson(body, { keepDepth: 5 }));
      const shown = show(stored(draft.type, draft.fields), 'platform');
      const own = [...(metadata ?? []), ADDED].join(',');
      expect(shown).toBe(`{"id":"${ID}","type":"some.type","created_at":"${TIME}","data":${data},"metadata":{${own}}}`);
    });
  });
});

describe('any event of any origin', () => {
  it('has the five members, each in its form', () => {
    forTexts((texts) => {
      const origin = texts.one(ORIGINS);
      const members = texts.members();
      const text = stored('x.y', members.join(','), texts.one([SESSION, null]));
      const shown = show(text, origin);
      scanJson(shown); // valid, and no member twice
      const event = JSON.parse(shown);
      expect(Object.keys(event)).toEqual(['id', 'type', 'created_at', 'data', 'metadata']);
      expect([event.id, event.type, event.created_at]).toEqual([ID, 'x.y', TIME]);
      expect(event.data).not.toBeNull();
      expect(event.metadata.organization_id).toBe(ORG);
      expect(event.metadata.request_id).toBe(REQUEST);
      if (origin !== 'platform') expect(Object.keys(event.metadata)).toEqual(['organization_id', 'request_id']);
    });
  });

  it.each([
    ['native', '"data":{"a":1.0},"b":2', '{"data":{"a":1.0},"b":2}'],
    ['runtime', '"data":{"a":1.0},"tool_name":"t"', '{"data":{"a":1.0},"tool_name":"t"}'],
    ['native', '', '{}'],
    ['server', '"data":{"session_id":"s"}', '{"session_id":"s"}'],
    ['workflow', '"data":{"a":1.0},"message":"m"', '{"a":1.0}'],
    ['workflow', '"data":null,"message":"m"', '{}'],
    ['wave', '"data":null', '{}'],
    ['wave', '"data":[1,2.0]', '[1,2.0]'],
    ['wave', '"data":"text"', '"text"'],
    ['wave', '"data":1e2,"original_type":"Log Line!"', '1e2'],
    ['platform', '"data":{},"metadata":{}', '{}'],
  ] as const)('%s with %s has the data %s', (origin, fields, data) => {
    const shown = `{"id":"${ID}","type":"x","created_at":"${TIME}","data":${data},"metadata":{${ADDED}}}`;
    expect(show(stored('x', fields), origin)).toBe(shown);
  });

  it('shows no user that was not published here', () => {
    const fields = '"data":{},"metadata":{"user_id":"someone"}';
    expect(show(stored('x', fields), 'workflow')).not.toContain('someone');
    expect(show(stored('x', fields), 'platform')).toContain('"metadata":{"user_id":"someone",');
  });
});

describe('a body', () => {
  it('is taken, or refused with a sentence that names the member, whatever it is', () => {
    forTexts((texts) => {
      const known = ['"type":"x"', '"type":"agent.created"', '"data":{}', '"metadata":{}', `"data":${texts.value()}`];
      const chosen = new Map(
        [texts.one(known), texts.one(known), ...texts.members()].map((text) => [text.split(':')[0], text]),
      );
      const body = texts.one([`{${[...chosen.values()].join(',')}}`, texts.value()]);
      try {
        const draft = parseEvent(scanJson(body, { keepDepth: 5 }));
        expect(draft.origin).toBe('platform');
      } catch (error) {
        expect(error, body).toBeInstanceOf(TurnlogError);
        expect((error as TurnlogError).code).toBe('invalid_body');
        expect((error as TurnlogError).message).toMatch(/\.$/);
      }
    });
  });
});

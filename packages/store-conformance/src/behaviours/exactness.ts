/** I8: what was sent is kept, to the byte. */
import { limits } from '@turnlog/core/limits';
import type { Agent } from '@turnlog/core/sessions';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StoreHarness } from '../harness.ts';
import { byId, context, draft, draftOfBytes, sessionCommand } from '../support/commands.ts';
import { allEvents, sessionOf, snapshot, viewOf } from '../support/reading.ts';
import { type Sandbox, useStore, withStore } from '../support/sandbox.ts';

/** Members of an event, as they are sent. */
const SOURCES: Readonly<Record<string, string>> = {
  'an integer past 2^53': '"n":9007199254740993,"big":123456789012345678901234567890',
  'the spelling of a number': '"a":1.0,"b":1e2,"c":-0,"d":1E+2,"e":0.10,"f":1e-400',
  'escapes as they were written': String.raw`"a":"\u0041\/\b\f\n\r\t\"\\ \u00e9 \u2028"`,
  'NUL, escaped': String.raw`"a":"before\u0000after","\u0000":1`,
  'lone surrogates, escaped': String.raw`"a":"\ud800","b":"\udc00\ud800","\ud83d":"x"`,
  'a pair of surrogates, escaped and raw': String.raw`"a":"\ud83d\ude00","b":"😀"`,
  'names that mean something to JavaScript': '"__proto__":{"polluted":true},"constructor":{"prototype":1},"toString":0',
  'the order of keys': '"z":1,"10":2,"a":3,"2":4,"":5,"A":6',
  'every script, and marks without width':
    '"a":"héllo — 日本語 עברית ไทย 👩‍👩‍👧‍👦 \u200b\ufeff\u202e","ключ":"е\u0301"',
  'separators that end lines elsewhere': '"a":"one\u2028two\u2029three\u0085four"',
  'quotes of every tongue': `"a":"it's; DROP TABLE events; -- %s ? :x $1"`,
  'empty things': '"a":"","b":{},"c":[],"d":null,"e":[[],{}],"f":false',
  'nested things': '"a":{"b":{"c":{"d":{"e":{"f":[1,[2,[3,[4,[5]]]]]}}}}}',
  'a payload': '"data":{"agent_id":"someone","session_id":"elsewhere","k":[1.0,2.50]}',
};

export function describeExactness(harness: StoreHarness): void {
  describe('exactness', () => {
    const sandbox = useStore(harness);

    test.each(Object.entries(SOURCES))('I8: %s', async (_name, members) => {
      await expectKept(sandbox, [`{"type":"note.exact",${members}}`], [members]);
    });

    test('I8: only insignificant white space goes', async () => {
      const source = '\r\n\t { "type" : "note.exact" , "a" : [ 1 , "two  spaces\\n" , { "b" : 1.0 } ] }\n';
      await expectKept(sandbox, [source], ['"a":[1,"two  spaces\\n",{"b":1.0}]']);
    });

    test('I8: the time, version and turn of a producer are kept as it wrote them', async () => {
      const org = await sandbox.newOrg();
      const { value: session } = await sandbox.store.createSession(org, sessionCommand(), context());
      const source = String.raw`{"occurred_at":"2026-01-31T09:30:00.123456789+05:30","type":"note.exact","schema_version":"2\u002e0","turn_id":"turn_Abc1","a":1}`;
      const { value } = await sandbox.store.appendEvents(org, byId(session), [draft(source)], context());
      expect(value[0]).toContain('"occurred_at":"2026-01-31T09:30:00.123456789+05:30"');
      expect(value[0]).toContain(String.raw`"schema_version":"2\u002e0"`);
      expect(value[0]).toContain('"turn_id":"turn_Abc1"');
    });

    test('I8: any JSON keeps its bytes', async () => {
      const members = fc
        .array(fc.tuple(fc.string({ unit: 'binary', maxLength: 8 }), fc.jsonValue({ maxDepth: 4 })), { maxLength: 6 })
        .map((pairs) => new Map(pairs.map(([name, value]) => [`x${name}`.toWellFormed(), value])))
        .map((pairs) => [...pairs].map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join());
      await fc.assert(
        fc.asyncProperty(fc.array(members, { minLength: 1, maxLength: 8 }), async (events) => {
          const source = (fields: string) => `{"type":"note.exact"${fields === '' ? '' : `,${fields}`}}`;
          await expectKept(sandbox, events.map(source), events);
        }),
        { numRuns: 30 },
      );
    });

    test('I8: an event of 256 KiB is kept whole, of one byte to a character and of three', async () => {
      for (const filler of ['x', '語', '😀', '\\n']) {
        const large = draftOfBytes(limits.eventBytes, filler);
        const org = await sandbox.newOrg();
        const { value: session } = await sandbox.store.createSession(
          org,
          sessionCommand({ events: [large] }),
          context(),
        );
        const { value } = await sandbox.store.appendEvents(org, byId(session), [large], context());
        expect(value[0]?.endsWith(`,${large.fields}}`)).toBe(true);
        const events = await allEvents(sandbox.store, org, byId(session));
        expect(events.map(({ text }) => text.endsWith(`,${large.fields}}`))).toEqual([true, true]);
      }
    });

    test('I8: a batch of five hundred events is kept in its order', async () => {
      const members = Array.from(
        { length: limits.batchEvents },
        (_, n) => `"n":${n}.0,"text":"${'語'.repeat(n % 50)}"`,
      );
      await expectKept(
        sandbox,
        members.map((fields) => `{"type":"note.exact",${fields}}`),
        members,
      );
    });

    test('I8: stored texts hold no line break, and are the same by every way of reading and after a reopening', async () => {
      await withStore(harness, async (own) => {
        const org = await own.newOrg();
        const events = Object.values(SOURCES).map((members) => draft(`{"type":"note.exact",${members}}`));
        const { value: session } = await own.store.createSession(org, sessionCommand({ events }), context());
        const listed = await allEvents(own.store, org, byId(session));
        for (const event of listed) {
          expect(event.text).not.toMatch(/[\r\n]/);
          expect(viewOf(event.text).id).toBe(event.id);
          expect(await own.store.getEvent(org, byId(session), event.id)).toEqual(event);
        }
        const before = await snapshot(own.open, org);
        await own.reopen();
        expect(await allEvents(own.store, org, byId(session))).toEqual(listed);
        expect(await snapshot(own.open, org)).toEqual(before);
      });
    });

    test("a session's own texts come back as they were: labels, titles, external ids", async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const texts = [
        '',
        ' ',
        ' padded ',
        'NUL \u0000 inside',
        'é',
        'e\u0301',
        '😀',
        "it's",
        '%_*',
        '\u2028',
        '1',
        '01',
      ];
      for (const text of texts) {
        const fields = { title: text, environmentId: text, agent: { id: text, version: text } };
        const { value } = await store.createSession(org, sessionCommand(fields), context());
        expect(value).toMatchObject(fields);
        expect(await sessionOf(store, org, byId(value))).toEqual(value);
      }
      const ids = ['é', 'e\u0301', 'A', 'a', ' a', 'a ', '1', '01', '1.0', '😀', '%', '_', '*', "'"];
      for (const externalId of ids) await store.createSession(org, sessionCommand({ externalId }), context());
      for (const externalId of ids) {
        expect((await sessionOf(store, org, { externalId })).externalId).toBe(externalId);
      }
    });

    test('the version of an agent keeps its kind, and an agent without one stays without', async () => {
      const org = await sandbox.newOrg();
      const versions: Agent['version'][] = ['1', 1, 1.5, '1.0', null, '', 'null', 0, Number.MAX_SAFE_INTEGER];
      for (const version of versions) {
        const command = sessionCommand({ agent: { id: 'agent-1', version } });
        const { value } = await sandbox.store.createSession(org, command, context());
        expect((await sessionOf(sandbox.store, org, byId(value))).agent).toEqual({ id: 'agent-1', version });
      }
      const { value } = await sandbox.store.createSession(org, sessionCommand(), context());
      expect(await sessionOf(sandbox.store, org, byId(value))).toMatchObject({
        agent: null,
        title: null,
        environmentId: null,
        externalId: null,
      });
    });

    test('metadata takes any key, also one that means something to JavaScript, and keeps its order', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const names = [
        'zeta',
        '__proto__',
        'constructor',
        'toString',
        'hasOwnProperty',
        'a.b',
        'ключ',
        'é',
        'alpha',
        ' ',
      ];
      const pairs = names.map((name, n) => [name, n === 0 ? '' : `value of ${name} \u0000 😀`] as const);
      const { value } = await store.createSession(
        org,
        sessionCommand({ metadata: Object.fromEntries(pairs) }),
        context(),
      );
      expect(Object.entries(value.metadata)).toEqual(pairs);
      expect(Object.entries((await sessionOf(store, org, byId(value))).metadata)).toEqual(pairs);
      const change = Object.fromEntries([
        ['constructor', null],
        ['__proto__', 'changed'],
        ['valueOf', 'added'],
      ]) as Record<string, string | null>;
      await store.updateSession(org, byId(value), { title: undefined, metadata: change }, context());
      const merged = [
        ...pairs
          .filter(([name]) => name !== 'constructor')
          .map(([name, text]) => [name, name === '__proto__' ? 'changed' : text]),
        ['valueOf', 'added'],
      ];
      expect(Object.entries((await sessionOf(store, org, byId(value))).metadata)).toEqual(merged);
    });
  });
}

/** Events whose sources are given come back with exactly these members behind their envelope. */
async function expectKept(sandbox: Sandbox, sources: readonly string[], members: readonly string[]) {
  const { store } = sandbox;
  const org = await sandbox.newOrg();
  const { value: session } = await store.createSession(org, sessionCommand(), context());
  const { value } = await store.appendEvents(
    org,
    byId(session),
    sources.map((source) => draft(source)),
    context(),
  );
  const expected = (text: string, n: number) =>
    members[n] === '' ? /"seq":\d+\}$/.test(text) : text.endsWith(`,${members[n]}}`);
  expect(value.map(expected)).toEqual(members.map(() => true));
  expect((await allEvents(store, org, byId(session))).map(({ text }) => text)).toEqual(value);
}

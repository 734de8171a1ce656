/** The AsyncAPI document: it is well-formed, and tells of everything that goes on telling, in the schemas of the dialects. */
import specification from '@asyncapi/specs/schemas/3.0.0-without-$id.json' with { type: 'json' };
import { Ajv } from 'ajv';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DIALECTS } from '../src/dialects/prefixes.ts';
import { type Harness, openHarness } from './harness.ts';

// biome-ignore lint/suspicious/noExplicitAny: a document is looked at member by member
type Json = any;

let h: Harness;
let document: Json;

beforeAll(async () => {
  h = await openHarness();
  document = (await h.ask('GET', '/asyncapi.json', { token: null })).json;
});

afterAll(() => h.close());

function refsOf(value: Json): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = typeof value.$ref === 'string' ? [value.$ref] : [];
  return [...own, ...Object.values(value).flatMap(refsOf)];
}

function at(ref: string): unknown {
  return ref
    .slice(2)
    .split('/')
    .reduce((node: Json, name) => node?.[name.replaceAll('~1', '/').replaceAll('~0', '~')], document);
}

it('is a document of AsyncAPI 3', () => {
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(specification);
  expect(validate(document), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true);
  const broken = { ...document, channels: { ...document.channels, wrong: { address: 1 } } };
  expect(validate(broken)).toBe(false);
});

it('refers to nothing that is not there', () => {
  const refs = refsOf(document);
  expect(refs.length).toBeGreaterThan(50);
  expect(refs.filter((ref) => at(ref) === undefined)).toEqual([]);
});

it('has a channel for every stream, every held poll and the socket, at the path that the OpenAPI document says', async () => {
  const expected: string[] = [];
  for (const name of DIALECTS) {
    const { json } = await h.ask('GET', `/openapi/${name}.json`, { token: null });
    for (const [path, { get }] of Object.entries<Json>(json.paths)) {
      const streams = get?.responses['200']?.content?.['text/event-stream'] !== undefined;
      const holds = get?.['x-long-poll'] === true;
      if (streams || holds) expected.push(`${streams ? 'Server-sent events' : 'Long polling'} ${path}`);
    }
  }
  const found = Object.values<Json>(document.channels).map(({ title, address }) => `${title} ${address}`);
  expect(found.sort()).toEqual([...expected, 'WebSocket /ws'].sort());
  expect(expected).toEqual(
    expect.arrayContaining([
      'Server-sent events /v1/events/stream',
      'Server-sent events /v1/sessions/{session_id}/events/stream',
      'Server-sent events /api/v1/events/subscribe',
      'Long polling /v1/events',
      'Long polling /v1/sessions/{session_id}/events',
      'Long polling /api/sessions/{token}/events',
    ]),
  );
});

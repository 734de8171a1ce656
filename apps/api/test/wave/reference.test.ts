/** The document of the dialect: every operation is in it, and real answers are as it says. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Harness, openHarness } from '../harness.ts';
import { bare, create, newestUuid, push } from './client.ts';

// biome-ignore lint/suspicious/noExplicitAny: a document is looked at member by member
type Json = any;

let h: Harness;
let document: Json;
beforeAll(async () => {
  h = await openHarness({ waveHoldMs: 20 });
  document = (await h.ask('GET', '/openapi/wave.json', { token: null })).json;
});
afterAll(() => h.close());

function matches(schema: Json, value: unknown): void {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const validate = ajv.compile({ ...schema, components: document.components });
  expect(validate(value), JSON.stringify(validate.errors)).toBe(true);
}

const jsonOf = (response: Json): Json => response.content?.['application/json'];

it('has every operation, and what it shows as examples is as it says', () => {
  const found = Object.entries<Json>(document.paths).flatMap(([path, operations]) =>
    Object.entries<Json>(operations).map(([method, { operationId }]) => `${method} ${path} ${operationId}`),
  );
  expect(found.sort()).toEqual([
    'delete /api/sessions/{token} wave.sessions.delete',
    'get /api/sessions/public wave.sessions.public',
    'get /api/sessions/{token} wave.sessions.retrieve',
    'get /api/sessions/{token}/events wave.events.listen',
    'get /api/sessions/{token}/status wave.sessions.status',
    'post /api/sessions wave.sessions.create',
    'post /api/sessions/{token}/events wave.events.push',
    'post /api/sessions/{token}/pause wave.sessions.pause',
    'post /api/sessions/{token}/start wave.sessions.start',
    'post /api/sessions/{token}/stop wave.sessions.stop',
    'put /api/sessions/{token} wave.sessions.update',
    'put /api/sessions/{token}/labels wave.sessions.labels',
  ]);
  for (const operations of Object.values<Json>(document.paths)) {
    for (const { responses, requestBody } of Object.values<Json>(operations)) {
      for (const part of [jsonOf(responses['200']), requestBody && jsonOf(requestBody)])
        if (part !== undefined) matches(part.schema, part.example);
      expect(responses['415'], 'any content type will do').toBeUndefined();
    }
  }
});

it('says what the server answers', async () => {
  const session = await create(h, { body: { labels: ['x'] } });
  const uuid = await newestUuid(h);
  await push(h, session, 'Odd Type', [1]);
  await push(h, session, 'x', null);
  const asks = [
    ['get', '/api/sessions/{token}/events', `/api/sessions/${session}/events?last_event=0`],
    ['get', '/api/sessions/{token}/events', `/api/sessions/${session}/events`],
    ['get', '/api/sessions/{token}', `/api/sessions/${session}`],
    ['get', '/api/sessions/{token}', `/api/sessions/${uuid.slice(0, 20)}`],
    ['get', '/api/sessions/{token}/status', `/api/sessions/${session}/status`],
    ['get', '/api/sessions/public', '/api/sessions/public'],
    ['post', '/api/sessions', '/api/sessions'],
  ] as const;
  for (const [method, documented, path] of asks) {
    const { status, json } = await h.ask(method.toUpperCase(), path);
    expect([path, status]).toEqual([path, 200]);
    matches(jsonOf(document.paths[documented][method].responses['200']).schema, json);
  }
  const refusal = await h.ask('GET', `/api/sessions/${session}/events?last_event=x`, bare());
  matches(document.components.schemas.ErrorSentence, refusal.json);
});

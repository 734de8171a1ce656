/** The document of the platform dialect says what the server does: real answers against its schemas, and its own examples. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, openHarness, type Reply } from '../harness.ts';
import { openSse } from '../support/sse.ts';
import { EXAMPLES } from './examples.ts';

// biome-ignore lint/suspicious/noExplicitAny: a document is looked at member by member
type Json = any;

let h: Harness;
let document: Json;
/** Expects a value to fit a schema of the document. */
let fits: (schema: Json, value: unknown) => void;

beforeAll(async () => {
  h = await openHarness();
  document = (await h.ask('GET', '/openapi/platform.json', { token: null })).json;
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addFormat('uri', true);
  ajv.addFormat('date-time', /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/);
  ajv.addSchema({ $id: 'platform', components: { schemas: document.components.schemas } });
  fits = (schema, value) => {
    const check = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"platform#/')));
    expect(check(value), JSON.stringify([check.errors, value]).slice(0, 2_000)).toBe(true);
  };
});
afterAll(() => h.close());

const operation = (id: string): Json =>
  Object.values<Json>(document.paths)
    .flatMap((methods) => Object.values<Json>(methods))
    .find(({ operationId }) => operationId === id);
const schemaOf = (id: string, status: number, type = 'application/json'): Json =>
  operation(id).responses[status].content[type].schema;
const refusal = (status: number): Json => {
  const name = operation('platform.events.retrieve').responses[status].$ref.split('/').at(-1);
  return document.components.responses[name].content['application/json'];
};

describe('the document', () => {
  it('has the four operations of events, and those of webhooks and replays', () => {
    const webhook = '/api/v1/webhooks/{webhook_id}';
    const replay = '/api/v1/events/replay/{replay_id}';
    expect(Object.keys(document.paths).sort()).toEqual(
      [
        ...['/api/v1/events', '/api/v1/events/subscribe', '/api/v1/events/{event_id}'],
        ...['/api/v1/webhooks', webhook, `${webhook}/deliveries`, `${webhook}/deliveries/{delivery_id}`],
        `${webhook}/deliveries/{delivery_id}/resend`,
        ...['enable', 'disable', 'test', 'rotate_secret', 'recover'].map((verb) => `${webhook}/${verb}`),
        ...['/api/v1/events/replay', replay, `${replay}/pause`, `${replay}/resume`, `${replay}/cancel`],
      ].sort(),
    );
    for (const id of ['list', 'subscribe', 'publish', 'retrieve']) {
      expect(operation(`platform.events.${id}`)).toMatchObject({ tags: ['Events'], summary: /./ });
    }
  });

  it('has examples that its own schemas accept', () => {
    for (const methods of Object.values<Json>(document.paths)) {
      for (const { requestBody, responses } of Object.values<Json>(methods)) {
        const bodies = [requestBody, ...Object.values<Json>(responses)].flatMap((body) => body?.content ?? []);
        for (const content of bodies) {
          const json = content['application/json'];
          if (json !== undefined) fits(json.schema, json.example);
        }
      }
    }
    for (const status of [400, 401, 403, 404, 405, 500, 503]) fits(refusal(status).schema, refusal(status).example);
    const data = /^data: (.*)$/m.exec(
      operation('platform.events.subscribe').responses[200].content['text/event-stream'].example,
    )?.[1];
    fits(schemaOf('platform.events.subscribe', 200, 'text/event-stream'), JSON.parse(data ?? ''));
  });

  it('knows every type of the events that it lists, each with its own data', () => {
    const types = EXAMPLES.map((text) => JSON.parse(text).type);
    const { anyOf } = document.components.schemas.Event;
    const schemas: Json[] = anyOf.map(({ $ref }: Json) => document.components.schemas[$ref.split('/').at(-1)]);
    const byType = new Map(schemas.map((schema) => [schema.properties.type.enum?.[0] ?? 'any', schema]));
    expect([...byType.keys()]).toEqual(expect.arrayContaining([...types, 'any']));
    for (const text of EXAMPLES) {
      const { type, data } = JSON.parse(text);
      const schema = byType.get(type);
      expect(schema.required).toEqual(['id', 'type', 'created_at', 'data', 'metadata']);
      expect(Object.keys(schema.properties.data.properties)).toEqual(expect.arrayContaining(Object.keys(data)));
      expect(schema.properties.data.required).toEqual([Object.keys(data)[0]]);
      fits(schema.properties.data, data);
    }
  });
});

describe('real answers', () => {
  const ok = (reply: Reply, status: number): Json => {
    expect(reply.status, reply.text).toBe(status);
    return reply.json;
  };

  it('of every operation fit their schemas, whoever wrote the events', async () => {
    for (const text of EXAMPLES) {
      const body = { ...JSON.parse(text), metadata: { user_id: 'user_456', more: [1] } };
      fits(operation('platform.events.publish').requestBody.content['application/json'].schema, body);
      const event = ok(await h.ask('POST', '/api/v1/events', { body }), 201);
      fits(schemaOf('platform.events.publish', 201), event);
      fits(schemaOf('platform.events.retrieve', 200), ok(await h.ask('GET', `/api/v1/events/${event.id}`), 200));
      await h.ask('POST', '/v1/events', { body: { events: [JSON.parse(text)] } });
    }
    const body = { title: 'x', agent: 'a', initial_events: [{ type: 'user.message', content: 'hi' }] };
    const session = ok(await h.ask('POST', '/v1/sessions', { body }), 201);
    const wave = ok(await h.ask('POST', '/api/sessions', { body: {} }), 200);
    for (const data of [1, 'x', null, [1]]) {
      await h.ask('POST', `/api/sessions/${wave.token}/events`, { body: { type: 'agent.created', data } });
    }
    await h.ask('DELETE', `/v1/sessions/${session.id}`);
    const page = ok(await h.ask('GET', '/api/v1/events?limit=100'), 200);
    expect(page.data.length).toBeGreaterThan(2 * EXAMPLES.length + 2);
    fits(schemaOf('platform.events.list', 200), page);
    fits(schemaOf('platform.events.list', 200), ok(await h.ask('GET', '/api/v1/events?types=nothing'), 200));
    const { url } = await h.listen();
    const stream = await openSse(`${url}/api/v1/events/subscribe?from=start`, { token: h.org.token });
    await stream.until(({ ids }) => ids.length >= page.data.length);
    const schema = schemaOf('platform.events.subscribe', 200, 'text/event-stream');
    for (const { data } of stream.events) fits(schema, JSON.parse(data));
    stream.close();
  });

  it('that refuse fit the envelope', async () => {
    for (const [path, ask, status] of [
      ['/api/v1/events?limit=0', {}, 400],
      ['/api/v1/events', { token: null }, 401],
      ['/api/v1/events', { token: await h.tokenWith('sessions:read') }, 403],
      ['/api/v1/events/evt_1', {}, 404],
    ] as const) {
      const reply = await h.ask('GET', path, ask);
      expect(reply.status).toBe(status);
      fits(refusal(status).schema, reply.json);
      expect(reply.json.error.code).toBe(refusal(status).example.error.code);
    }
    const { json } = await h.ask('POST', '/api/v1/events', { body: {} });
    fits(refusal(400).schema, json);
  });
});

/** The OpenAPI documents of the other dialects: complete, true to their own examples, and taken by the server. */
import type { WebhookId } from '@turnlog/core/ids';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DIALECTS } from '../src/dialects/prefixes.ts';
import { type Harness, openHarness } from './harness.ts';
import { logDeliveries, publish } from './webhooks/support.ts';

// biome-ignore lint/suspicious/noExplicitAny: a document is looked at member by member
type Json = any;

interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly spec: Json;
}

const ALWAYS = ['400', '401', '403', '405', '408', '431', '500', '503'];

let h: Harness;

beforeAll(async () => {
  const receipt = { statusCode: 200, durationMs: 1, error: null, excerpt: 'ok', retryAfterSeconds: null };
  const courier = { problemOf: () => null, post: async () => receipt, close: async () => undefined };
  h = await openHarness({ waveHoldMs: 20, courier });
});

afterAll(() => h.close());

it('no two operations of all dialects share an id, which names what a repeated request asks', async () => {
  const documents = await Promise.all(DIALECTS.map((name) => h.ask('GET', `/openapi/${name}.json`, { token: null })));
  const ids = documents.flatMap(({ json }) => operationsOf(json).map(({ id }) => id));
  expect(ids.length).toBeGreaterThan(50);
  expect(new Set(ids).size).toBe(ids.length);
});

function operationsOf(document: Json): readonly Operation[] {
  return Object.entries<Json>(document.paths).flatMap(([path, methods]) =>
    Object.entries<Json>(methods).map(([method, spec]) => ({ id: spec.operationId, method, path, spec })),
  );
}

describe.each(DIALECTS.filter((name) => name !== 'cloud'))('the document of %s', (dialect) => {
  let document: Json;
  let operations: readonly Operation[];
  let check: (schema: Json, value: unknown, where: string) => void;

  beforeAll(async () => {
    document = (await h.ask('GET', `/openapi/${dialect}.json`, { token: null })).json;
    operations = operationsOf(document);
    const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
    ajv.addSchema({ $id: dialect, components: { schemas: document.components.schemas } });
    check = (schema, value, where) => {
      const validate = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', `"${dialect}#/`)));
      validate(value);
      expect(validate.errors ?? [], `${where} ${JSON.stringify(value)}`).toEqual([]);
    };
  });

  const responseOf = (spec: Json, status: string): Json => {
    const response = spec.responses[status];
    return response.$ref ? document.components.responses[response.$ref.split('/').at(-1)] : response;
  };

  it('is OpenAPI 3.1, and names its operations after the dialect', () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(document.info.title).toContain(dialect);
    expect(document.info.description.length).toBeGreaterThan(100);
    for (const { id } of operations) expect(id).toMatch(new RegExp(`^${dialect}\\.`));
  });

  it('has for every operation a summary, a description, one tag that is described, and all shared refusals', () => {
    for (const { id, method, spec } of operations) {
      expect([spec.summary, spec.description], id).toEqual([expect.any(String), expect.any(String)]);
      expect(spec.tags, id).toHaveLength(1);
      const statuses = Object.keys(spec.responses);
      expect(statuses, id).toEqual(expect.arrayContaining(ALWAYS));
      if (method === 'post') expect(statuses, id).toEqual(expect.arrayContaining(['409', '413']));
      const named = (spec.parameters ?? []).some((parameter: Json) => parameter.in === 'path');
      if (named && !statuses.includes('404')) expect(id).toMatch(/^runtime\.(sessions\.status|events\.list_legacy)$/);
    }
    const tags = operations.flatMap(({ spec }) => spec.tags);
    expect(document.tags.map(({ name }: Json) => name).sort()).toEqual([...new Set(tags)].sort());
  });

  it('has examples that its own schemas accept, for bodies, answers and refusals', () => {
    for (const { id, spec } of operations) {
      const body = spec.requestBody?.content['application/json'];
      if (body) check(body.schema, body.example, `${id} body`);
      for (const status of Object.keys(spec.responses)) {
        const content = responseOf(spec, status).content?.['application/json'];
        if (content === undefined) continue;
        expect(content.example, `${id} ${status}`).toBeDefined();
        check(content.schema, content.example, `${id} ${status}`);
      }
    }
  });

  it('has request examples that the server takes, and answers that its schemas describe', async () => {
    const made = new Map<string, string>();
    for (const { id, method, path, spec } of [...operations].sort(byUse)) {
      const content = spec.requestBody?.content['application/json'];
      const name = made.get('name') ?? '';
      const filled = path.replace(/\{(\w+)\}/g, (_, parameter) => made.get(parameter) ?? name);
      const body = content && addressed(content.example, name);
      if (spec.responses['200']?.content?.['text/event-stream']) continue;
      if (id === 'runtime.sessions.result') await finish(name);
      const reply = await h.ask(method.toUpperCase(), filled, body === undefined ? {} : { body });
      expect(Math.floor(reply.status / 100), `${id} ${filled} ${reply.text}`).toBe(2);
      const schema = spec.responses[reply.status]?.content?.['application/json']?.schema;
      if (schema) check(schema, reply.json, id);
      else expect(reply.text, id).toBe('');
      const session = reply.json?.session?.session_id ?? reply.json?.token ?? reply.json?.id;
      if (method === 'post' && !made.has('name') && session) made.set('name', session);
      if (method !== 'post' || path.includes('{')) continue;
      for (const [parameter, value] of await namesOf(reply.json)) made.set(parameter, value);
    }
  });
});

/** The parameters of paths that an answer of the platform dialect can fill; to a webhook something has been delivered. */
async function namesOf({ id, type }: { readonly id?: string; readonly type?: string } = {}) {
  if (id?.startsWith('evt_')) return [['event_id', id]] as const;
  if (type === 'replay' && id !== undefined) return [['replay_id', id]] as const;
  if (type !== 'webhook') return [];
  const [event = 'evt_'] = await publish(h, 'agent.seen');
  const [delivery = ''] = await logDeliveries(h, id as WebhookId, [{ event }]);
  return [
    ['webhook_id', id ?? ''],
    ['delivery_id', delivery],
  ] as const;
}

/** Gives a run of the runtime dialect a result. */
async function finish(session_id: string): Promise<void> {
  const base = { session_id, session_name: 'A run', timestamp: '2026-02-03T04:05:06Z' };
  const message = { event_type: 'message', role: 'assistant', content: [{ type: 'text', text: 'Done.' }] };
  for (const event of [message, { event_type: 'session_stop' }]) {
    expect((await h.ask('POST', '/events', { body: { ...base, ...event } })).status).toBe(200);
  }
}

/** An example's own name of the session gives way to the one that its path names; a replay has something to replay. */
function addressed(example: Json, name: string): Json {
  if (example?.webhook_url) return { ...example, until: '2200-01-01T00:00:00Z', types: ['agent.*'] };
  return name !== '' && example?.event_type && example?.session_id ? { ...example, session_id: name } : example;
}

/** Makes before it asks, ends a session before it asks for the result, disables and deletes at last. */
function byUse(one: Operation, other: Operation): number {
  const rank = ({ id, method, path }: Operation): number => {
    if (method === 'delete') return 9;
    if (id.endsWith('result') || id.endsWith('disable')) return 8;
    if (method === 'post' && !path.includes('{')) return id.endsWith('legacy') ? 2 : 1;
    return 5;
  };
  return rank(one) - rank(other);
}

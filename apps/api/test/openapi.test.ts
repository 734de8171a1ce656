/** The document says what the server does: real answers of every operation against their schemas, and its own examples. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ask, type Harness, openHarness, type Reply, streaming } from './harness.ts';
import { openSse } from './support/sse.ts';
import { logDeliveries, MOUNTS, type Mount, makeWebhook, openEndpoint, publish } from './webhooks/support.ts';

// biome-ignore lint/suspicious/noExplicitAny: a document is looked at member by member
type Json = any;

const CLOUD = MOUNTS.find(({ dialect }) => dialect === 'cloud') as Mount;

interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly spec: Json;
}

/** Records whose every member is documented. */
const CLOSED = [
  'Session',
  'SessionAgent',
  'Usage',
  'SessionStats',
  'SessionDeleted',
  'SessionCanceling',
  'SessionPage',
  'EventPage',
  'FeedPage',
  'TokenPage',
  'Token',
  'TokenWithSecret',
  'SendEventsResult',
  'ErrorResponse',
  'Webhook',
  'WebhookLag',
  'WebhookWithSecret',
  'WebhookPage',
  'WebhookDeleted',
  'WebhookTest',
  'Delivery',
  'DeliveryAttempt',
  'DeliveryWithAttempts',
  'DeliveryPage',
  'RecoveredDeliveries',
  'Replay',
  'ReplayStarted',
  'ReplayDryRun',
  'ReplayPage',
];
const NAMES = [
  ...CLOSED,
  'SessionStatus',
  'CreateSessionParams',
  'UpdateSessionParams',
  'Event',
  'ContentBlock',
  'EventInput',
  'SendEventsParams',
  'PublishEventsParams',
  'CreateTokenParams',
  'RotateTokenParams',
  'Scope',
  'CreateWebhookParams',
  'UpdateWebhookParams',
  'EnableWebhookParams',
  'RotateWebhookSecretParams',
  'RecoverDeliveriesParams',
  'CreateReplayParams',
  'UserMessageEvent',
  'AgentMessageEvent',
  'SessionStatusIdleEvent',
  'EventUsage',
  'UnknownEvent',
];
/** Operations that answer with a stream of server-sent events, and all that hold an answer open. */
const STREAMING = ['events.subscribe', 'sessions.events.stream'];
const HOLDING = [...STREAMING, 'events.list', 'sessions.events.list'];
/** Headers that say what to do with an answer. */
const TELLING = ['allow', 'idempotent-replayed', 'request-id', 'retry-after', 'www-authenticate', 'x-should-retry'];
/** What a producer may leave out, send as null, or add. */
const ODD_EVENTS = [
  { type: 'session.status_idle', usage: {}, stop_reason: {}, status: null },
  { type: 'session.status_idle', usage: null, stop_reason: null },
  { type: 'session.status_idle', usage: { input_tokens: -1.5, output_tokens: null, mine: 1 } },
  { type: 'session.status_idle', stop_reason: { type: null, mine: [1] }, mine: true },
  { type: 'session.error', error: {}, details: {}, retry_status: {} },
  { type: 'session.error', error: null, details: null, retry_status: null },
  { type: 'session.error', error: { type: null, message: null }, details: { name: null, mine: 1 } },
  { type: 'session.error', retry_status: { type: null }, mine: { deep: null } },
  { type: 'session.error', error: { type: 'x', message: 'y' }, retry_status: { type: 'exhausted' } },
  { type: 'user.message', content: '' },
  { type: 'user.message', content: [{}, { type: null }, { type: 'text' }, { type: 'text', text: null, mine: 1 }] },
  { type: 'agent.message', content: [{}], mine: 1 },
  { type: 'system.message', content: [{ type: 'text' }], mine: null },
  { type: 'some.other_type', usage: 'none', schema_version: '2', content: 1 },
];
const SEED_TYPES = [
  'user.message',
  'agent.message',
  'agent.thinking',
  'session.status_rescheduled',
  'session.status_idle',
  'session.error',
  'span.model_request_start',
  'span.model_request_end',
  'terminated',
];

/** Names under which the server notes in the account stream what happens to sessions. */
const NOTED_TYPES = ['created', 'updated', 'archived', 'deleted', 'started', 'completed', 'failed'].map(
  (name) => `session.${name}`,
);
const VALUES: Json = { string: 'a', number: 1.5, boolean: true, object: { mine: 1 }, array: [1, null] };
const protocol = readFileSync(new URL('../../../PROTOCOL.md', import.meta.url), 'utf8');
type Member = readonly [name: string, kind: string];
const membersOf = ([, kind = '', names = '']: readonly string[]): Member[] =>
  names.split(' ').map((name) => [name, kind]);
/** The `data` of the resource events, as PROTOCOL.md lists it: the kinds of its members by type, the required one first. */
const RESOURCES = Object.fromEntries<readonly Member[]>(
  [...protocol.matchAll(/^\| `([a-z.]+)` \| `(\w+_id)`; (.+) \|$/gm)].map(([, type = '', subject = '', rest = '']) => [
    type,
    [[subject, 'string'], ...[...rest.matchAll(/([a-z]+?)s? `([^`]+)`/g)].flatMap(membersOf)],
  ]),
);
/** One resource event with all members, one with what it must have, and one whose other members are null. */
const RESOURCE_EVENTS = Object.entries(RESOURCES).flatMap(([type, members]) => {
  const subject = members[0]?.[0] ?? '';
  const withAll = (value: (kind: string) => unknown) =>
    Object.fromEntries(members.map(([name, kind]) => [name, name === subject ? 'x' : value(kind)]));
  return [withAll((kind) => VALUES[kind]), { [subject]: 'x' }, { ...withAll(() => null), mine: 1 }].map((data) => ({
    type,
    data,
  }));
});

let h: Harness;
let text: string;
let document: Json;
let operations: readonly Operation[];

beforeAll(async () => {
  h = await openHarness();
  text = (await h.ask('GET', '/openapi.json', { token: null })).text;
  document = JSON.parse(text);
  operations = Object.entries<Json>(document.paths).flatMap(([path, methods]) =>
    Object.entries<Json>(methods).map(([method, spec]) => ({ id: spec.operationId, method, path, spec })),
  );
});
afterAll(() => h.close());

function validator(options: { closed: boolean }) {
  const schemas = structuredClone(document.components.schemas);
  if (options.closed) for (const name of CLOSED) schemas[name].additionalProperties = false;
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addFormat('uri', true);
  ajv.addFormat('date-time', /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/);
  ajv.addSchema({ $id: 'turnlog', components: { schemas } });
  const compiled = new Map<string, ValidateFunction>();
  return (schema: Json, value: unknown): void => {
    const source = JSON.stringify(schema).replaceAll('"#/', '"turnlog#/');
    const check = compiled.get(source) ?? ajv.compile(JSON.parse(source));
    compiled.set(source, check);
    check(value);
    expect(check.errors ?? [], JSON.stringify(value)).toEqual([]);
  };
}

const responseOf = (spec: Json, status: number): Json => {
  const response = spec.responses[status];
  return response?.$ref ? document.components.responses[response.$ref.split('/').at(-1)] : response;
};

describe('the document', () => {
  it('is the same at both addresses, and is OpenAPI 3.1', async () => {
    expect((await h.ask('GET', '/openapi/cloud.json', { token: null })).text).toBe(text);
    expect(document.openapi).toMatch(/^3\.1\./);
  });

  it('is what the SDK is generated from', () => {
    expect(readFileSync(new URL('../../../packages/sdk/openapi.json', import.meta.url), 'utf8')).toBe(text);
    const script = new URL('../scripts/openapi.ts', import.meta.url).pathname;
    execFileSync(process.execPath, [script, '--check']);
  });

  it('names the operations and components that the SDK builds on', () => {
    expect(operations.map(({ id }) => id).sort()).toEqual([
      'events.list',
      'events.publish',
      'events.retrieve',
      'events.subscribe',
      'replays.cancel',
      'replays.create',
      'replays.list',
      'replays.pause',
      'replays.resume',
      'replays.retrieve',
      'sessions.archive',
      'sessions.cancel',
      'sessions.create',
      'sessions.delete',
      'sessions.events.list',
      'sessions.events.retrieve',
      'sessions.events.send',
      'sessions.events.stream',
      'sessions.list',
      'sessions.patch',
      'sessions.retrieve',
      'sessions.update',
      'tokens.create',
      'tokens.list',
      'tokens.revoke',
      'tokens.rotate',
      'webhooks.create',
      'webhooks.delete',
      'webhooks.deliveries.list',
      'webhooks.deliveries.resend',
      'webhooks.deliveries.retrieve',
      'webhooks.disable',
      'webhooks.enable',
      'webhooks.list',
      'webhooks.recover',
      'webhooks.retrieve',
      'webhooks.rotateSecret',
      'webhooks.test',
      'webhooks.update',
    ]);
    expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining(NAMES));
    expect(Object.keys(document.components.schemas.Event.discriminator.mapping)).toEqual(
      expect.arrayContaining([...SEED_TYPES, ...NOTED_TYPES, ...Object.keys(RESOURCES)]),
    );
  });

  it('types the data of the resource events as PROTOCOL.md does', () => {
    const { mapping } = document.components.schemas.Event.discriminator;
    expect(Object.keys(RESOURCES)).toHaveLength(18);
    for (const [type, members] of Object.entries(RESOURCES)) {
      const { required, properties } = document.components.schemas[mapping[type].split('/').at(-1)];
      expect(required, type).toContain('data');
      expect(properties.data.required, type).toEqual([members[0]?.[0]]);
      for (const [name, kind] of members) {
        const nullable = name === members[0]?.[0] ? kind : [kind, 'null'];
        expect(properties.data.properties[name]?.type, `${type} ${name}`).toEqual(nullable);
      }
    }
  });

  it('has for every operation a summary, a description, a tag, examples, and all shared refusals', () => {
    for (const { id, method, spec } of operations) {
      expect([spec.summary, spec.description, spec.tags?.length], id).toEqual([
        expect.any(String),
        expect.any(String),
        1,
      ]);
      const statuses = Object.keys(spec.responses);
      expect(statuses, id).toEqual(expect.arrayContaining(['400', '401', '403', '405', '408', '431', '500', '503']));
      expect(statuses.includes('429'), id).toBe(HOLDING.includes(id));
      if (takesKeys(method)) expect(statuses, id).toEqual(expect.arrayContaining(['409', '413', '415']));
      if (spec.parameters.some((parameter: Json) => parameter.in === 'path')) expect(statuses, id).toContain('404');
      if (spec.requestBody) expect(spec.requestBody.content['application/json'].example, id).toBeDefined();
      for (const status of statuses) {
        const content = responseOf(spec, Number(status)).content;
        const [type] = Object.keys(content);
        expect(Object.keys(content), `${id} ${status}`).toEqual([type]);
        expect(type).toBe(STREAMING.includes(id) && status === '200' ? 'text/event-stream' : 'application/json');
        expect(content[type ?? ''].example, `${id} ${status}`).toBeDefined();
      }
    }
    const tags = operations.flatMap(({ spec }) => spec.tags);
    expect(document.tags.map(({ name }: Json) => name).sort()).toEqual([...new Set(tags)].sort());
    for (const { spec } of operations)
      expect(spec.security ?? document.security).toEqual([{ bearer: [] }, { apiKey: [] }]);
  });

  it('names the headers that an answer carries, and the key that a write takes', () => {
    for (const { id, method, spec } of operations) {
      const keys = spec.parameters.map(parameterOf).filter((parameter: Json) => parameter.in === 'header');
      expect(
        keys.map(({ name, required, schema }: Json) => [name, required, schema.minLength, schema.maxLength]),
        id,
      ).toEqual(takesKeys(method) ? [['Idempotency-Key', false, 1, 255]] : []);
      for (const status of Object.keys(spec.responses)) {
        const names = Object.keys(responseOf(spec, Number(status)).headers).map((name) => name.toLowerCase());
        expect(names.sort(), `${id} ${status}`).toEqual(headersOf(method, Number(status)));
      }
    }
  });

  it('shows an example of a key, and keeps it out of the samples of the reference', () => {
    const { schema, examples } = document.components.parameters.IdempotencyKey;
    expect(examples.default['x-disabled']).toBe(true);
    validator({ closed: true })(schema, examples.default.value);
  });

  it('has second names for what the SDK offers under events too', () => {
    const aliases = operations
      .filter(({ spec }) => spec['x-sdk-alias'])
      .map(({ id, spec }) => [id, spec['x-sdk-alias']]);
    expect(aliases).toEqual([
      ['replays.create', 'events.replay'],
      ['replays.retrieve', 'events.getReplayStatus'],
    ]);
  });

  it('keeps PATCH, which is the POST again, out of the SDK', () => {
    const { get, post, patch } = document.paths['/v1/sessions/{session_id}'];
    expect([get, post, patch].map((spec: Json) => spec['x-sdk-skip'])).toEqual([undefined, undefined, true]);
    const { responses, requestBody, parameters } = post;
    expect(patch).toMatchObject({ responses, requestBody, parameters });
  });

  it('has examples that its own schemas accept', () => {
    const check = validator({ closed: true });
    for (const { spec } of operations) {
      const body = spec.requestBody?.content['application/json'];
      if (body) check(body.schema, body.example);
      for (const status of Object.keys(spec.responses)) {
        const { content } = responseOf(spec, Number(status));
        if (content['application/json']) check(content['application/json'].schema, content['application/json'].example);
      }
    }
  });

  it('has examples of streams whose every frame is an event', () => {
    const check = validator({ closed: true });
    const shown = operations.filter(({ id }) => STREAMING.includes(id));
    expect(shown).toHaveLength(2);
    for (const { spec } of shown) {
      const { schema, example } = spec.responses[200].content['text/event-stream'];
      const [, id, event, data] = /^id: (.+)\nevent: (.+)\ndata: (.+)\n\n$/.exec(example) ?? [];
      const shownEvent = JSON.parse(data ?? '');
      check(schema, shownEvent);
      expect([shownEvent.id, shownEvent.type]).toEqual([id, event]);
    }
  });

  it('has request examples that the server takes', async () => {
    const { json: session } = await h.ask('POST', '/v1/sessions', { body: {} });
    const { json: token } = await h.ask('POST', '/v1/tokens', { body: { name: 'x', scopes: ['events:read'] } });
    const webhook_id = await makeWebhook(h, CLOUD);
    const ids: Record<string, string> = { session_id: session.id, token_id: token.id, webhook_id };
    for (const { id, method, path, spec } of operations) {
      if (!spec.requestBody) continue;
      const example = structuredClone(spec.requestBody.content['application/json'].example);
      if (example.expires_at) example.expires_at = new Date(Date.now() + 1e9).toISOString();
      const filled = path.replace(/\{(\w+)\}/g, (_, name) => ids[name] ?? '');
      const { status } = await h.ask(method.toUpperCase(), filled, { body: example });
      expect(Math.floor(status / 100), id).toBe(2);
    }
  });
});

const parameterOf = (parameter: Json): Json =>
  parameter.$ref ? document.components.parameters[parameter.$ref.split('/').at(-1)] : parameter;

const takesKeys = (method: string): boolean => method === 'post' || method === 'patch';

/** The headers that PROTOCOL.md promises for an answer, in order. */
function headersOf(method: string, status: number): string[] {
  if (status < 400) return takesKeys(method) ? ['idempotent-replayed', 'request-id'] : ['request-id'];
  const own: Record<number, readonly string[]> = {
    401: ['www-authenticate'],
    405: ['allow'],
    429: ['retry-after'],
    503: ['retry-after'],
  };
  const retry = [408, 429, 500, 503].includes(status) ? [] : ['x-should-retry'];
  return ['request-id', ...(own[status] ?? []), ...retry].sort();
}

/** What is listed as always sent was sent, as its schema says; what was sent is listed. */
function checkHeaders(reply: Reply, response: Json, where: string): void {
  const listed = new Map<string, Json>(
    Object.entries<Json>(response.headers).map(([name, { $ref }]) => [
      name.toLowerCase(),
      document.components.headers[$ref.split('/').at(-1)],
    ]),
  );
  for (const name of TELLING) {
    const value = reply.headers.get(name);
    const header = listed.get(name);
    if (value === null) expect(header?.required ?? false, `${where} ${name}`).toBe(false);
    else expect(header?.schema.const ?? (header && value), `${where} ${name}`).toBe(value);
  }
}

type CallOperation = (id: string, ids: Record<string, string>, ask?: Ask & { query?: string }) => Promise<Reply>;

/** Every operation of webhooks, deliveries and replays. */
async function callWebhooks(call: CallOperation): Promise<void> {
  const endpoint = await openEndpoint();
  const body = { url: endpoint.url, events: ['agent.*'], metadata: { a: 'b' }, rate_limit: 5 };
  const { json: webhook } = await call('webhooks.create', {}, { body });
  const [first = 'evt_', second = 'evt_'] = await publish(h, 'agent.seen', 2);
  const deliveries = [
    { event: first, excerpt: 'ok' },
    { event: second, statuses: [null] },
  ];
  const [delivery_id = ''] = await logDeliveries(h, webhook.id, deliveries);
  const ids = { webhook_id: webhook.id, delivery_id };
  await call('webhooks.list', {}, { query: '?limit=1' });
  await call('webhooks.retrieve', ids);
  await call('webhooks.update', ids, { body: { ordering: 'session' } });
  await call('webhooks.test', ids);
  await call('webhooks.rotateSecret', ids, { body: { overlap_seconds: 60 } });
  await call('webhooks.deliveries.list', ids);
  await call('webhooks.deliveries.list', ids, { query: '?limit=1&states=failed' });
  await call('webhooks.deliveries.retrieve', ids);
  await call('webhooks.deliveries.resend', ids);
  await call('webhooks.deliveries.resend', ids);
  await call('webhooks.recover', ids, { body: { since: '2020-01-01T00:00:00Z' } });
  const replay = { since: '2020-01-01T00:00:00Z', until: '2200-01-01T00:00:00Z' };
  await call('replays.create', {}, { body: { ...replay, webhook_id: webhook.id, types: ['agent.*'] } });
  await call('replays.create', {}, { body: { ...replay, webhook_url: endpoint.url, dry_run: true } });
  const headers = { 'idempotency-key': 'replay' };
  const { json } = await call('replays.create', {}, { body: { ...replay, webhook_url: endpoint.url }, headers });
  await call('replays.create', {}, { body: { ...replay, webhook_url: endpoint.url }, headers });
  await call('replays.list', {}, { query: '?limit=1' });
  for (const verb of ['retrieve', 'pause', 'resume', 'cancel', 'pause']) {
    await call(`replays.${verb}`, { replay_id: json.id });
  }
  await call('webhooks.disable', ids);
  await call('webhooks.deliveries.resend', ids);
  await call('webhooks.enable', ids, { body: { from: 'now' } });
  await call('webhooks.deliveries.list', ids);
  await call('webhooks.delete', ids);
  await call('webhooks.retrieve', ids);
  endpoint.close();
}

describe('real answers', () => {
  it('of every operation, in every documented success, fit their schemas', async () => {
    const check = validator({ closed: true });
    const seen = new Set<string>();
    const call: CallOperation = async (id, ids, ask = {}) => {
      const { method, path, spec } = operations.find((operation) => operation.id === id)!;
      const filled = path.replace(/\{(\w+)\}/g, (_, name) => ids[name] ?? '');
      const reply = await h.ask(method.toUpperCase(), `${filled}${ask.query ?? ''}`, ask);
      const response = responseOf(spec, reply.status);
      expect(response, `${id} ${reply.status} ${reply.text}`).toBeDefined();
      check(response.content['application/json'].schema, reply.json);
      checkHeaders(reply, response, `${id} ${reply.status}`);
      seen.add(`${id} ${reply.status}`);
      return reply;
    };
    const events = [
      ...Object.keys(document.components.schemas.Event.discriminator.mapping),
      'some.other_type',
      'x',
    ].map((type) => ({
      type,
      occurred_at: '2026-01-31T09:30:00+01:00',
      ...(type.endsWith('.message')
        ? {
            content: [
              { type: 'text', text: 'hello' },
              { type: 'image', source: {} },
            ],
          }
        : {}),
      ...(NOTED_TYPES.includes(type) || RESOURCES[type]
        ? { data: { [RESOURCES[type]?.[0]?.[0] ?? 'session_id']: 'x' } }
        : {}),
      ...(type === 'session.status_idle'
        ? { usage: document.components.schemas.Usage.example ?? usage, stop_reason: { type: 'end_turn' } }
        : {}),
      ...(type === 'session.error' ? { error: { type: 'x', message: 'y' }, retry_status: { type: 'retrying' } } : {}),
    }));
    const rising = events.filter(({ type }) => type !== 'terminated' && type !== 'session.status_terminated');
    const created = await call(
      'sessions.create',
      {},
      {
        body: {
          agent: { id: 'a', version: 3 },
          external_id: 'e',
          metadata: { a: 'b' },
          initial_events: [{ type: 'user.message', content: 'hi' }],
        },
      },
    );
    await call('sessions.create', {}, { body: { agent: 'a' } });
    const ids = { session_id: created.json.id, event_id: '', token_id: '' };
    await call('sessions.events.send', ids, { body: { events: [{ type: 'agent.thinking' }] } });
    await call('sessions.events.send', ids, { body: { events: rising } });
    await call('sessions.events.send', ids, { body: { events: ODD_EVENTS } });
    const list = await call('sessions.events.list', ids, { query: '?limit=1000' });
    expect(list.json.data.length).toBeGreaterThan(ODD_EVENTS.length + rising.length);
    await call('sessions.events.list', ids, { query: '?types=nothing' });
    for (const { id } of list.json.data) await call('sessions.events.retrieve', { ...ids, event_id: id });
    await call('sessions.list', {});
    await call('sessions.list', {}, { query: '?limit=1' });
    await call('sessions.retrieve', ids);
    const change = { body: { title: null, metadata: { a: null } }, headers: { 'idempotency-key': 'k' } };
    await call('sessions.update', ids, change);
    expect((await call('sessions.patch', ids, change)).headers.get('idempotent-replayed')).toBe('true');
    await call('sessions.events.send', ids, { body: { events: [{ type: 'session.status_running' }] } });
    await call('sessions.cancel', ids);
    await call('sessions.events.send', ids, { body: { events: [{ type: 'session.status_idle' }] } });
    await call('sessions.cancel', ids);
    await call('sessions.events.send', ids, { body: { events: [{ type: 'terminated' }] } });
    await call('sessions.archive', ids);
    await call('sessions.events.send', ids, { body: { events: [{ type: 'x' }] } });
    await call('sessions.delete', ids);
    await call('sessions.retrieve', ids);
    const token = await call('tokens.create', {}, { body: { name: 'x', scopes: ['events:read'] } });
    await call('tokens.list', {}, { query: '?limit=1' });
    await call('tokens.rotate', { token_id: token.json.id });
    await call('tokens.revoke', { token_id: token.json.id });
    await call('tokens.rotate', { token_id: token.json.id });
    const published = await call('events.publish', {}, { body: { events: ODD_EVENTS.slice(-1) } });
    await call('events.retrieve', { event_id: published.json.data[0].id });
    await call('events.retrieve', { event_id: list.json.first_id });
    await call('events.publish', {}, { body: { events: RESOURCE_EVENTS } });
    const feed = await call('events.list', {}, { query: '?limit=1000' });
    const own = feed.json.data.filter(({ data }: Json) => data?.caused_by).map(({ type }: Json) => type);
    expect([...new Set(own)].sort()).toEqual([...NOTED_TYPES].sort());
    await call('events.list', {}, { query: '?types=nothing&wait=1' });
    await call('events.list', {}, { query: '?limit=1&order=desc' });
    await callWebhooks(call);
    await call('sessions.create', {}, { body: 'x', headers: { 'content-type': 'text/plain' } });
    await call('sessions.create', {}, { body: 'x'.repeat(5_000_000) });
    await call('sessions.list', {}, { token: null });
    await call('sessions.list', {}, { token: await h.tokenWith('events:read') });
    await call('sessions.list', {}, { query: '?limit=0' });
    const successes = operations
      .filter(({ id }) => !STREAMING.includes(id))
      .flatMap(({ id, spec }) =>
        Object.keys(spec.responses)
          .filter((status) => status.startsWith('2'))
          .map((status) => `${id} ${status}`),
      );
    expect([...seen]).toEqual(expect.arrayContaining(successes));
    for (const status of [400, 401, 403, 404, 409, 413, 415]) {
      expect(
        [...seen].some((one) => one.endsWith(` ${status}`)),
        String(status),
      ).toBe(true);
    }
  });

  it('of streams are frames whose data fit the schema of an event', async () => {
    const check = validator({ closed: true });
    const { url } = await h.listen();
    const { json: session } = await h.ask('POST', '/v1/sessions', { body: { initial_events: ODD_EVENTS } });
    await h.ask('POST', '/v1/events', { body: { events: ODD_EVENTS } });
    await h.ask('POST', `/v1/sessions/${session.id}/events`, { body: { events: [{ type: 'terminated' }] } });
    for (const { id, path, spec } of operations.filter((operation) => STREAMING.includes(operation.id))) {
      const filled = path.replace('{session_id}', session.id);
      const stream = await openSse(`${url}${filled}?from=start`, { token: h.org.token });
      await stream.until(({ events }) => events.some(({ event }) => event === 'terminated'));
      expect(stream.events.length, id).toBeGreaterThan(ODD_EVENTS.length);
      const { schema } = spec.responses[stream.status].content[stream.headers['content-type'] ?? ''];
      for (const { data } of stream.events) check(schema, JSON.parse(data));
      const headers = new Headers(stream.headers as Record<string, string>);
      checkHeaders({ status: 200, headers, text: '', json: null }, spec.responses[200], id);
      stream.close();
    }
  });

  it('of operations that hold answers open, when a token holds too many, fit theirs', async () => {
    const check = validator({ closed: true });
    const full = await openHarness(streaming({ perToken: 1 }));
    const { url } = await full.listen();
    const { json: session } = await full.ask('POST', '/v1/sessions', { body: {} });
    const only = await openSse(`${url}/v1/events/stream`, { token: full.org.token });
    for (const { id, path, spec } of operations.filter((operation) => HOLDING.includes(operation.id))) {
      const query = STREAMING.includes(id) ? '' : '?types=nothing&wait=55';
      const refused = await openSse(`${url}${path.replace('{session_id}', session.id)}${query}`, {
        token: full.org.token,
      });
      const text = (await refused.all()).text;
      expect(refused.status, id).toBe(429);
      check(responseOf(spec, 429).content['application/json'].schema, JSON.parse(text));
      const headers = new Headers(refused.headers as Record<string, string>);
      checkHeaders({ status: 429, headers, text, json: null }, responseOf(spec, 429), id);
    }
    only.close();
    await full.close();
  });
});

const usage = { input_tokens: 1, output_tokens: 2, cache_read_input_tokens: 3, cache_creation_input_tokens: 4 };

/** The document says what is answered and what sockets are told: real answers and messages against its schemas. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Harness, openHarness } from '../harness.ts';
import { openSocket } from '../support/sockets.ts';

// biome-ignore lint/suspicious/noExplicitAny: a document is looked at member by member
type Json = any;

let h: Harness;
let url: string;
let document: Json;
let ajv: Ajv2020;
beforeAll(async () => {
  h = await openHarness();
  ({ url } = await h.listen());
  document = (await h.ask('GET', '/openapi/runtime.json', { token: null })).json;
  ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema(document, 'document');
});
afterAll(() => h.close());

function schemaAt(...path: readonly string[]): ValidateFunction {
  const pointer = path.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
  return ajv.getSchema(`document#/${pointer}`) as ValidateFunction;
}

function expectValid(validate: ValidateFunction, value: unknown): void {
  expect(validate(value), JSON.stringify([value, validate.errors])).toBe(true);
}

const EVENTS: readonly object[] = [
  { event_type: 'session_start' },
  { event_type: 'pre_tool', tool_name: 'Read', tool_input: { a: 1 } },
  { event_type: 'post_tool', tool_name: 'Read', tool_input: {}, tool_output: [1, { a: null }], error: 'none' },
  { event_type: 'message', role: 'assistant', content: [{ type: 'text', text: 'Done.' }] },
  { event_type: 'session_stop', exit_code: 1, reason: 'done', unknown: 1 },
];

it('fits every answer and every message', async () => {
  const socket = await openSocket(url, { token: h.org.token });
  const id = 'abc-123';
  const own = { session_id: id, session_name: 'My Session', timestamp: '2026-01-31T09:30:00Z' };
  const asked: [string, string, string, Json?][] = [
    ['POST', '/sessions', '/sessions', { ...own, project_dir: '/p', agent_name: null }],
    ...EVENTS.map((event): [string, string, string, Json] => [
      'POST',
      '/sessions/{session_id}/events',
      `/sessions/${id}/events`,
      { ...own, ...event },
    ]),
    ['POST', '/events', '/events', { ...own, event_type: 'session_start' }],
    ['GET', '/sessions/{session_id}/status', `/sessions/${id}/status`],
    ['POST', '/events', '/events', { ...own, event_type: 'session_stop' }],
    ['PATCH', '/sessions/{session_id}/metadata', `/sessions/${id}/metadata`, { last_resumed_at: 'now', x: 1 }],
    ['GET', '/sessions', '/sessions'],
    ['GET', '/sessions/{session_id}', `/sessions/${id}`],
    ['GET', '/sessions/{session_id}/status', `/sessions/${id}/status`],
    ['GET', '/sessions/{session_id}/result', `/sessions/${id}/result`],
    ['GET', '/sessions/{session_id}/events', `/sessions/${id}/events`],
    ['GET', '/events/{session_id}', `/events/${id}`],
    ['DELETE', '/sessions/{session_id}', `/sessions/${id}`],
  ];
  await socket.count(1);
  const answered = new Set<string>();
  for (const [method, template, path, body] of asked) {
    const operation = ['paths', template, method.toLowerCase()];
    if (body !== undefined) {
      expectValid(schemaAt(...operation, 'requestBody', 'content', 'application/json', 'schema'), body);
    }
    const { status, json } = await h.ask(method, path, body === undefined ? {} : { body });
    expect(status, path).toBe(200);
    expectValid(schemaAt(...operation, 'responses', '200', 'content', 'application/json', 'schema'), json);
    answered.add(`${method.toLowerCase()} ${template}`);
  }
  const documented = Object.entries<Json>(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  expect([...answered].sort()).toEqual(documented.sort());

  await socket.until(({ messages }) => messages.at(-1)?.type === 'session_deleted');
  const schemas: Readonly<Record<string, string>> = {
    init: 'InitMessage',
    session_created: 'SessionCreatedMessage',
    session_updated: 'SessionUpdatedMessage',
    session_deleted: 'SessionDeletedMessage',
    event: 'EventMessage',
  };
  for (const message of socket.messages) {
    expectValid(schemaAt('components', 'schemas', schemas[message.type] ?? ''), message);
  }
  expect(new Set(socket.messages.map(({ type }) => type))).toEqual(new Set(Object.keys(schemas)));
});

it('has examples that its own schemas accept', () => {
  for (const [path, methods] of Object.entries<Json>(document.paths)) {
    for (const [method, { requestBody, responses }] of Object.entries<Json>(methods)) {
      const operation = ['paths', path, method];
      const taken = requestBody?.content['application/json'];
      if (taken !== undefined) {
        expectValid(schemaAt(...operation, 'requestBody', 'content', 'application/json', 'schema'), taken.example);
      }
      const { example } = responses['200'].content['application/json'];
      expectValid(schemaAt(...operation, 'responses', '200', 'content', 'application/json', 'schema'), example);
    }
  }
});

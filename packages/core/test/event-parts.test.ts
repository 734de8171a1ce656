import { describe, expect, it } from 'vitest';
import { memberOf } from '../src/events.ts';
import { scanJson } from '../src/json.ts';
import { limits } from '../src/limits.ts';
import { carriesData, ORIGINS, type Origin } from '../src/origins.ts';
import { draftFrom } from './support/drafts.ts';
import { expectRefusal } from './support/refusals.ts';

/** How a dialect puts a payload into an event. */
const CARRIERS: readonly (readonly [Origin, (payload: object) => object])[] = [
  ['native', (payload) => payload],
  ['runtime', (payload) => payload],
  ['workflow', (payload) => ({ data: payload })],
  ['platform', (payload) => ({ data: payload })],
  ['wave', (payload) => ({ data: payload })],
];

it('the payload is the data of exactly the server, workflow, platform and wave', () => {
  expect(ORIGINS.filter(carriesData)).toEqual(['server', 'workflow', 'platform', 'wave']);
});

it('origins are stored by their index: these never move', () => {
  expect(ORIGINS).toEqual(['native', 'server', 'workflow', 'platform', 'wave', 'runtime']);
});

describe('parts of an event', () => {
  it('have the defaults of an event that says nothing else', () => {
    expect(draftFrom('platform', 'note.added', {})).toEqual({
      type: 'note.added',
      origin: 'platform',
      turnId: null,
      occurredAt: null,
      schemaVersion: '"1.0"',
      fields: '',
      signal: null,
      usage: null,
      failure: null,
      aboutAgent: null,
      aboutSession: null,
    });
  });

  it('I8: are kept as source text, in the order in which they are given', () => {
    const source = '{"message":"\\u0061","data":{"b":1.0,"a":[9007199254740993]},"step_id":null}';
    const parts = { turnId: 'turn_7', occurredAt: '"2026-01-31T09:30:00+01:00"', schemaVersion: '"2"' } as const;
    const draft = draftFrom('workflow', 'note.added', source, parts);
    expect(draft).toMatchObject({ ...parts, fields: source.slice(1, -1) });
  });

  it('may be made of a name and a value', () => {
    const value = scanJson('{ "a" : [ 1.0 ] }');
    const own = [memberOf('data', value), memberOf('a "name"', scanJson('null'))];
    const draft = draftFrom('platform', 'note.added', {}, { own });
    expect(draft.fields).toBe('"data":{"a":[1.0]},"a \\"name\\"":null');
  });

  it('may have 256 KiB together and not one byte more', () => {
    const own = (bytes: number) => ({ data: 'x'.repeat(bytes - '"data":""'.length) });
    expect(draftFrom('wave', 'note.added', own(limits.eventBytes)).fields).toHaveLength(limits.eventBytes);
    expectRefusal(() => draftFrom('wave', 'note.added', own(limits.eventBytes + 1)), 'invalid_request');
  });

  it.each(ORIGINS)(
    'refuses data.caused_by from every producer, by the name that the dialect has for data (%s)',
    (origin) => {
      const attempt = () => draftFrom(origin, 'note.added', { data: { caused_by: null } });
      expectRefusal(attempt, 'invalid_request', 'event_data.caused_by');
      const prefixed = () =>
        draftFrom(origin, 'note.added', { data: { caused_by: 1 } }, { prefix: 'e[1].', data: 'data' });
      expectRefusal(prefixed, 'invalid_request', 'e[1].data.caused_by');
    },
  );

  it.each(ORIGINS)('say in data which agent and session they are about (%s)', (origin) => {
    const { aboutAgent, aboutSession } = draftFrom(origin, 'note.added', { data: { agent_id: 'a', session_id: 's' } });
    expect([aboutAgent, aboutSession]).toEqual(['a', 's']);
  });
});

describe.each(CARRIERS)('the facts of an event from %s lie in its payload', (origin, carried) => {
  const facts = (type: string, payload: object) => draftFrom(origin, type, carried(payload));

  it('the exit code of a stop', () => {
    const codes = [undefined, null, 0, 2].map((exit_code) => facts('session_stop', { exit_code }).signal);
    expect(codes).toEqual(['finish', 'finish', 'finish', 'fail']);
  });

  it('why it stopped, and why it failed', () => {
    expect(facts('session_stop', { exit_code: 1, reason: 'killed' }).failure).toEqual({
      code: null,
      message: 'killed',
    });
    expect(facts('workflow_failed', { error: 'No disk', error_type: 'io' }).failure).toEqual({
      code: 'io',
      message: 'No disk',
    });
    const error = { message: 'Busy', type: 'overloaded', retry_status: { type: 'terminal' } };
    expect(facts('session.error', { error })).toMatchObject({
      signal: 'fail',
      failure: { code: 'overloaded', message: 'Busy' },
    });
    expect(facts('session.error', { retry_status: { type: 'retrying' }, error: { type: 'x' } })).toMatchObject({
      signal: null,
      failure: null,
    });
  });

  it('what a turn has used, and how it ended', () => {
    const idle = facts('session.status_idle', { usage: { input_tokens: 3 }, stop_reason: { type: 'requires_action' } });
    expect(idle.signal).toBe('wait');
    expect(idle.usage).toEqual({
      inputTokens: 3,
      outputTokens: 0,
      cacheReadInputTokens: 0,
      cacheCreationInputTokens: 0,
    });
  });

  it('and nowhere else', () => {
    const elsewhere = (payload: object) => (carriesData(origin) ? payload : { data: payload });
    const stop = draftFrom(origin, 'session_stop', elsewhere({ exit_code: 1, reason: 'killed' }));
    expect([stop.signal, stop.failure]).toEqual(['finish', null]);
    const idle = elsewhere({ usage: { input_tokens: 3 }, stop_reason: { type: 'requires_action' } });
    expect(draftFrom(origin, 'session.status_idle', idle)).toMatchObject({ signal: 'settle', usage: null });
    const failed = elsewhere({ error: 'No disk', error_type: 'io' });
    expect(draftFrom(origin, 'workflow_failed', failed).failure).toEqual({ code: null, message: null });
  });
});

it('a workflow that fails without a payload is explained by the message beside it', () => {
  const explained = (own: object) => draftFrom('workflow', 'workflow_failed', own).failure;
  expect(explained({ message: 'It broke' })).toEqual({ code: null, message: 'It broke' });
  expect(explained({ message: 'It broke', data: null })).toEqual({ code: null, message: 'It broke' });
  expect(explained({ message: 'It broke', data: { error: 'No disk', reason: 'x' } })).toEqual({
    code: null,
    message: 'No disk',
  });
  expect(explained({ data: { reason: 'killed' } })).toEqual({ code: null, message: 'killed' });
});

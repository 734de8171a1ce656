import { inspect } from 'node:util';
import { describe, expect, test, vi } from 'vitest';
import * as sdk from '../src/index.ts';
import { fakeClient, refusal, rejection, token } from './fake.ts';

/** The error that one answer becomes. */
async function errorOf(answer: Response, options: sdk.TurnlogOptions = {}): Promise<sdk.TurnlogError> {
  const { client } = fakeClient([answer], { maxRetries: 0, ...options });
  const error = await rejection(client.sessions.retrieve('s'));
  expect(error).toBeInstanceOf(sdk.TurnlogError);
  return error as sdk.TurnlogError;
}

describe('the class of an error', () => {
  test.each([
    ['invalid_request_error', 400, sdk.InvalidRequestError],
    ['invalid_request_error', 405, sdk.InvalidRequestError],
    ['authentication_error', 401, sdk.AuthenticationError],
    ['permission_error', 403, sdk.PermissionError],
    ['not_found_error', 404, sdk.NotFoundError],
    ['conflict_error', 409, sdk.ConflictError],
    ['rate_limit_error', 429, sdk.RateLimitError],
    ['api_error', 500, sdk.ApiError],
    ['overloaded_error', 503, sdk.OverloadedError],
  ])('%s of status %d has its own', async (type, status, kind) => {
    const error = await errorOf(refusal(status, { type, message: 'No.' }));
    expect(error.constructor).toBe(kind);
    expect(error.name).toBe(kind.name);
    expect(error).toMatchObject({ type, status, message: `${status} No.` });
    expect(error.stack).toContain(`${kind.name}: ${status} No.`);
  });

  test('follows the type before the status', async () => {
    expect(await errorOf(refusal(400, { type: 'conflict_error', message: 'No.' }))).toBeInstanceOf(sdk.ConflictError);
  });

  test.each([
    [400, 'InvalidRequestError'],
    [401, 'AuthenticationError'],
    [403, 'PermissionError'],
    [404, 'NotFoundError'],
    [409, 'ConflictError'],
    [418, 'InvalidRequestError'],
    [429, 'RateLimitError'],
    [500, 'ApiError'],
    [502, 'ApiError'],
    [503, 'OverloadedError'],
  ])('follows the status %d when the type is unknown or missing', async (status, name) => {
    for (const type of [undefined, 'new_error', 'constructor', '__proto__', 7]) {
      expect(await errorOf(refusal(status, { type, message: 'No.' }))).toMatchObject({ name, type: undefined });
    }
  });
});

describe('an error', () => {
  test('holds what the server said', async () => {
    const body = { type: 'invalid_request_error', message: 'Bad.', param: 'limit', code: 'out_of_range' };
    const error = await errorOf(refusal(400, body, { 'request-id': 'req_header', 'retry-after': '3', 'x-a': 'b' }));
    expect(error).toMatchObject({ param: 'limit', code: 'out_of_range', requestId: 'req_header', retryAfter: 3 });
    expect(error.headers?.get('x-a')).toBe('b');
    expect(JSON.parse(error.body ?? '')).toMatchObject({ error: body });
  });

  test('says how long to wait, and never less than nothing', async () => {
    const past = refusal(429, {}, { 'retry-after': 'Sat, 31 Jan 2015 00:00:00 GMT' });
    expect(await errorOf(past)).toMatchObject({ retryAfter: 0 });
    expect(await errorOf(refusal(429, {}, { 'retry-after': 'soon' }))).toMatchObject({ retryAfter: undefined });
  });

  test('takes the request id from the body when no header has it', async () => {
    expect(await errorOf(refusal(400, {}))).toMatchObject({ requestId: 'req_body' });
  });

  test.each([
    '<h1>Bad gateway</h1>',
    '',
    'null',
    '7',
    '[]',
    '"text"',
    '{"error":null}',
    '{"error":"text"}',
    '{"detail":"x"}',
  ])('survives the body %j', async (body) => {
    const error = await errorOf(new Response(body, { status: 502 }));
    expect(error).toMatchObject({ name: 'ApiError', status: 502, body, message: `502 ${body}`.trim() });
  });

  test('quotes no more than the beginning of a long body', async () => {
    const error = await errorOf(new Response('x'.repeat(10_000), { status: 502 }));
    expect(error.message).toHaveLength(204);
    expect(error.body).toHaveLength(10_000);
  });

  test('explains a redirect, which is never followed', async () => {
    const { client, sent } = fakeClient([
      new Response(null, { status: 308, headers: { location: 'https://log.test/v1' } }),
    ]);
    const error = (await rejection(client.sessions.create())) as sdk.TurnlogError;
    expect(error.message).toBe('308 redirected to https://log.test/v1; set baseURL to where it leads');
    expect(sent[0]!.init.redirect).toBe('manual');
  });
});

describe('the token', () => {
  test('is in no error and no log line, even when the server, a proxy or fetch quotes it', async () => {
    const logger = { debug: vi.fn(), warn: vi.fn() };
    const quoting = `Authorization: Bearer ${token}`;
    const errors = [
      await errorOf(new Response(quoting, { status: 502, headers: { 'x-debug': quoting } }), { logger }),
      await errorOf(refusal(400, { message: quoting, param: quoting, code: quoting }), { logger }),
      await errorOf(new Response(quoting), { logger }),
    ];
    vi.spyOn(Math, 'random').mockReturnValueOnce(0);
    const { client } = fakeClient([new TypeError(quoting), new TypeError(quoting)], { logger, maxRetries: 1 });
    errors.push((await rejection(client.sessions.retrieve('s'))) as sdk.TurnlogError);
    for (const error of errors) {
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(token);
      expect([...(error.headers ?? [])].join()).not.toContain(token);
      expect(`${error.message} ${error.body} ${error.stack}`).toContain('[token]');
    }
    expect(JSON.stringify([logger.debug.mock.calls, logger.warn.mock.calls])).not.toContain(token);
  });
});

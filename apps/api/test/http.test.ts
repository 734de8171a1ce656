/** What holds for every request, whichever dialect answers it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DIALECTS } from '../src/dialects/prefixes.ts';
import { type Harness, openHarness } from './harness.ts';

let h: Harness;
let id: string;
beforeAll(async () => {
  h = await openHarness({ corsOrigins: ['https://app.example'] });
  const { json } = await h.ask('POST', '/v1/sessions', { body: { initial_events: [{ type: 'agent.thinking' }] } });
  id = json.id;
});
afterAll(() => h.close());

const REQUEST_ID = /^req_[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

it('every answer has a request id of its own', async () => {
  const seen = new Set<string | null>();
  const asked: [string, string][] = [
    ['GET', '/v1/sessions'],
    ['POST', '/v1/sessions'],
    ['PUT', '/v1/sessions'],
    ['GET', '/v1/none'],
    ['GET', '/api/v1/cloud/none'],
    ['GET', '/none'],
    ['GET', '/'],
    ['GET', '/healthz'],
    ['POST', '/healthz'],
    ['GET', '/readyz'],
    ['GET', '/openapi.json'],
    ['GET', '/docs'],
    ['GET', '/docs/scalar.js'],
    ['OPTIONS', '/v1/sessions'],
    ['HEAD', '/v1/sessions'],
    ['DELETE', `/v1/sessions/none`],
  ];
  for (const [method, path] of asked) {
    const requestId = (await h.ask(method, path)).headers.get('request-id');
    expect(requestId, `${method} ${path}`).toMatch(REQUEST_ID);
    seen.add(requestId);
  }
  expect(seen.size).toBe(asked.length);
});

describe('who answers what', () => {
  it.each([
    ['/v1/none', 'cloud'],
    ['/v1', 'cloud'],
    ['/api/v1/cloud', 'cloud'],
    ['/api/v1/cloud/none', 'cloud'],
    ['/v1x', 'runtime'],
    ['/api/v1/cloudy', 'platform'],
    ['/api/v1', 'platform'],
    ['/api/v1/none', 'platform'],
    ['/api/v1x', 'wave'],
    ['/api/v2', 'workflow'],
    ['/api/v2/none', 'workflow'],
    ['/api/v3', 'wave'],
    ['/api', 'wave'],
    ['/api/none', 'wave'],
    ['/_wave', 'wave'],
    ['/_wave/none', 'wave'],
    ['/_wave/api/none', 'wave'],
    ['/_wavey', 'runtime'],
    ['/apis', 'runtime'],
    ['/', 'runtime'],
    ['/none', 'runtime'],
    ['/docs/none', 'runtime'],
  ] as const)('%s is answered by %s', async (path, dialect) => {
    const { status, json, headers } = await h.ask('GET', path);
    expect(status).toBe(404);
    expect(headers.get('content-type')).toBe('application/json');
    const sentence = 'Nothing is served at this path.';
    const request_id = headers.get('request-id');
    const envelope = {
      cloud: {
        type: 'error',
        error: { type: 'not_found_error', message: sentence, code: 'route_not_found' },
        request_id,
      },
      workflow: { detail: sentence },
      platform: { error: { code: 'not_found', message: sentence, details: {}, request_id } },
      wave: { error: sentence },
      runtime: { detail: 'Not Found' },
    }[dialect];
    expect(json).toEqual(envelope);
  });

  it('a static prefix is not reached by climbing', async () => {
    const { url } = await h.listen();
    const { request } = await import('node:http');
    const status = (path: string) =>
      new Promise<number>((resolve, reject) => {
        const options = { path, headers: { authorization: `Bearer ${h.org.token}` } };
        request(url, options, (response) => resolve(response.resume().statusCode ?? 0))
          .on('error', reject)
          .end();
      });
    expect(await status('/v1/tokens')).toBe(200);
    expect(await status('/v1/sessions/../tokens')).toBe(404);
    expect(await status('/v1/sessions/%2e%2e/tokens')).toBe(404);
    expect(await status('/v1/./tokens')).toBe(404);
    expect(await status('/v1/sessions/..%2ftokens')).toBe(404);
    expect(await status(`${url}/v1/tokens`)).toBe(200);
  });
});

describe('methods', () => {
  it.each([
    ['/v1/sessions', 'GET, HEAD, POST'],
    ['/v1/sessions/x', 'DELETE, GET, HEAD, PATCH, POST'],
    ['/v1/sessions/x/archive', 'POST'],
    ['/v1/sessions/x/cancel', 'POST'],
    ['/v1/sessions/x/events', 'GET, HEAD, POST'],
    ['/v1/sessions/x/events/y', 'GET, HEAD'],
    ['/v1/tokens', 'GET, HEAD, POST'],
    ['/v1/tokens/x', 'DELETE'],
    ['/v1/tokens/x/rotate', 'POST'],
    ['/healthz', 'GET, HEAD'],
    ['/readyz', 'GET, HEAD'],
    ['/openapi.json', 'GET, HEAD'],
    ['/docs', 'GET, HEAD'],
  ])('%s takes %s; another one is a 405', async (path, allow) => {
    for (const mount of path.startsWith('/v1') ? ['/v1', '/api/v1/cloud'] : ['']) {
      const at = mount === '' ? path : path.replace('/v1', mount);
      const reply = await h.ask('PUT', at);
      expect([reply.status, reply.headers.get('allow')], at).toEqual([405, allow]);
      if (mount === '') expect(reply.json).toEqual({ detail: 'Method Not Allowed' });
      else expect(reply.json.error).toMatchObject({ type: 'invalid_request_error', code: 'method_not_allowed' });
    }
  });

  it('HEAD is GET without a body', async () => {
    for (const path of [
      '/v1/sessions',
      `/v1/sessions/${id}`,
      `/v1/sessions/${id}/events`,
      '/v1/sessions?limit=0',
      '/v1/sessions/none',
      '/healthz',
      '/docs',
    ]) {
      const [get, head] = [await h.ask('GET', path), await h.ask('HEAD', path)];
      expect([head.status, head.text], path).toEqual([get.status, '']);
      expect(head.headers.get('content-type')).toBe(get.headers.get('content-type'));
    }
    expect((await h.ask('HEAD', `/v1/sessions/${id}/archive`)).status).toBe(405);
  });

  it('PATCH of a session is its update', async () => {
    const { status, json } = await h.ask('PATCH', `/v1/sessions/${id}`, { body: { title: 'patched' } });
    expect([status, json.title]).toEqual([200, 'patched']);
  });
});

describe('CORS', () => {
  const page = { origin: 'https://app.example' };
  const question = {
    ...page,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type,x-stainless-os',
  };

  it('a preflight needs no credential and names the headers literally', async () => {
    for (const path of ['/v1/sessions', '/api/v1/cloud/sessions/x/events', '/v1/none']) {
      const { status, headers, text } = await h.ask('OPTIONS', path, { token: null, headers: question });
      expect([status, text]).toEqual([204, '']);
      expect(headers.get('access-control-allow-origin')).toBe('https://app.example');
      const allowed = headers.get('access-control-allow-headers')?.split(', ');
      expect(allowed).toEqual(
        expect.arrayContaining([
          'Authorization',
          'X-API-Key',
          'Content-Type',
          'Last-Event-ID',
          'Idempotency-Key',
          'x-stainless-os',
        ]),
      );
      expect(headers.get('access-control-allow-methods')?.split(', ')).toEqual(
        expect.arrayContaining(['GET', 'POST', 'PATCH', 'DELETE']),
      );
      expect(headers.get('access-control-expose-headers')).toContain('request-id');
    }
  });

  it('an answer to a page of ours may be read by it, refusals too', async () => {
    for (const path of ['/v1/sessions', '/v1/none', '/none']) {
      const { headers } = await h.ask('GET', path, { headers: page });
      expect(headers.get('access-control-allow-origin')).toBe('https://app.example');
      expect(headers.get('access-control-expose-headers')).toContain('request-id');
      expect(headers.get('vary')).toBe('Origin');
    }
  });

  it('another page gets no leave, and no origin is not a page', async () => {
    for (const headers of [
      { ...question, origin: 'https://evil.example' },
      { ...question, origin: 'null' },
    ]) {
      const reply = await h.ask('OPTIONS', '/v1/sessions', { token: null, headers });
      expect(reply.headers.get('access-control-allow-origin')).toBeNull();
    }
    expect((await h.ask('GET', '/v1/sessions')).headers.get('access-control-allow-origin')).toBeNull();
  });

  it('without configured origins nothing is said, with * everything is open', async () => {
    const closed = await openHarness();
    expect(
      (await closed.ask('GET', '/v1/sessions', { headers: page })).headers.get('access-control-allow-origin'),
    ).toBeNull();
    await closed.close();
    const open = await openHarness({ corsOrigins: ['*'] });
    const { headers } = await open.ask('GET', '/v1/sessions', { headers: page });
    expect([headers.get('access-control-allow-origin'), headers.get('vary')]).toEqual(['*', null]);
    await open.close();
  });
});

describe('queries', () => {
  it('beta=true and the headers of Claude clients are ignored, on every operation', async () => {
    const headers = {
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'x',
      'x-stainless-os': 'Linux',
      accept: 'text/html',
    };
    expect((await h.ask('GET', '/v1/sessions?beta=true&beta=1', { headers })).status).toBe(200);
    expect((await h.ask('GET', `/v1/sessions/${id}?beta=true`, { headers })).status).toBe(200);
    expect((await h.ask('POST', `/v1/sessions/${id}?beta=true`, { headers, body: {} })).status).toBe(200);
  });

  it.each([
    'types=a,agent.thinking',
    'types=a&types=agent.thinking',
    'types[]=a&types[]=agent.thinking',
    'types%5B%5D=agent.*',
    'types=*',
  ])('a list may be written %s', async (query) =>
    expect((await h.ask('GET', `/v1/sessions/${id}/events?${query}`)).json.data).toHaveLength(1),
  );

  it('times take any offset and a space for an unencoded plus', async () => {
    const far = '2999-01-01T00:00:00.123456789';
    for (const zone of ['Z', '%2B01:00', '+01:00', '-05:30']) {
      const { status, json } = await h.ask(
        'GET',
        `/v1/sessions/${id}/events?created_at[lt]=${far}${zone}&created_at[gte]=0001-01-01T00:00:00Z`,
      );
      expect([status, json.data?.length]).toEqual([200, 1]);
    }
    for (const bound of ['lt', 'lte']) {
      expect((await h.ask('GET', `/v1/sessions?created_at[${bound}]=1969-12-31T23:59:59Z`)).json.data).toEqual([]);
    }
  });
});

describe('the session list', () => {
  it('turns around with prev_page', async () => {
    const fresh = await openHarness();
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.unshift((await fresh.ask('POST', '/v1/sessions', { body: {} })).json.id);
    const list = async (query: string) => {
      const { json } = await fresh.ask('GET', `/v1/sessions?limit=2${query}`);
      return { ...json, ids: json.data.map((session: { id: string }) => session.id) };
    };
    const first = await list('');
    expect([first.ids, first.prev_page]).toEqual([ids.slice(0, 2), null]);
    const second = await list(`&page=${first.next_page}`);
    expect(second.ids).toEqual(ids.slice(2, 4));
    const third = await list(`&page=${second.next_page}`);
    expect([third.ids, third.next_page, third.has_more]).toEqual([ids.slice(4), null, false]);
    const back = await list(`&page=${third.prev_page}`);
    expect(back.ids).toEqual(ids.slice(2, 4));
    const start = await list(`&page=${back.next_page}`);
    expect([start.ids, start.has_more, start.next_page]).toEqual([ids.slice(0, 2), false, null]);
    expect((await list(`&page=${start.prev_page}`)).ids).toEqual(ids.slice(2, 4));
    const beyond = await list(`&after_id=${ids[4]}`);
    expect([beyond.ids, beyond.next_page, beyond.prev_page]).toEqual([[], null, null]);
    await fresh.ask('DELETE', `/v1/sessions/${ids[1]}`);
    expect((await list(`&page=${first.next_page}`)).ids).toEqual(ids.slice(2, 4));
    await fresh.close();
  });

  it('is read by external id too, in every path', async () => {
    const external = 'ticket 47#11?ü%';
    const { json } = await h.ask('POST', '/v1/sessions', {
      body: { external_id: external, initial_events: [{ type: 'a' }, { type: 'b' }] },
    });
    const path = `/v1/sessions/${encodeURIComponent(external)}`;
    expect((await h.ask('GET', path)).json.id).toBe(json.id);
    const page = await h.ask('GET', `${path}/events?limit=1`);
    expect((await h.ask('GET', `${path}/events?page=${page.json.next_page}`)).json.data[0].type).toBe('b');
    expect((await h.ask('GET', `/v1/sessions/${json.id}/events?page=${page.json.next_page}`)).json.data[0].type).toBe(
      'b',
    );
    expect((await h.ask('GET', `${path}/events/${page.json.first_id}`)).json.type).toBe('a');
    expect((await h.ask('GET', `/v1/sessions?external_id=${encodeURIComponent(external)}`)).json.data).toHaveLength(1);
  });
});

describe('without a credential', () => {
  it('health says that the process lives, readiness that it serves', async () => {
    const starting = await openHarness({ ready: () => false });
    expect((await starting.ask('GET', '/healthz', { token: null })).json).toEqual({ status: 'ok' });
    const { status, headers } = await starting.ask('GET', '/readyz', { token: null });
    expect([status, headers.get('retry-after')]).toEqual([503, '1']);
    await starting.close();
    expect((await h.ask('GET', '/readyz', { token: null })).json).toEqual({ status: 'ready' });
  });

  it('the reference page and its scripts are ours, and may load nothing from elsewhere', async () => {
    const { text, headers } = await h.ask('GET', '/docs', { token: null });
    for (const name of DIALECTS) expect(text).toContain(`href="/openapi/${name}.json"`);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/https?:|\*/);
    expect(text).not.toMatch(/(src|href)="(https?:)?\/\//);
    for (const [, source] of text.matchAll(/<script src="([^"]+)"/g)) {
      const script = await h.ask('GET', source ?? '', { token: null });
      expect([script.status, script.headers.get('content-type')]).toEqual([200, 'text/javascript; charset=utf-8']);
    }
  });
});

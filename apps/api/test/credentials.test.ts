/** Who may ask: which header counts, how long an answer is remembered, and that use is noted. */
import { readFileSync } from 'node:fs';
import type { Directory } from '@turnlog/core/directory';
import { limits } from '@turnlog/core/limits';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Harness, openHarness } from './harness.ts';

let h: Harness;
beforeAll(async () => {
  h = await openHarness();
});
afterAll(() => h.close());

describe('headers', () => {
  const unknown = 'x'.repeat(40);
  it.each([
    ['Bearer', (token: string) => ({ authorization: `Bearer ${token}` }), 200],
    ['bearer in any case', (token: string) => ({ authorization: `bEARER   ${token} ` }), 200],
    ['X-API-Key', (token: string) => ({ 'x-api-key': token }), 200],
    ['both, Authorization good', (token: string) => ({ authorization: `Bearer ${token}`, 'x-api-key': unknown }), 200],
    ['both, Authorization bad', (token: string) => ({ authorization: `Bearer ${unknown}`, 'x-api-key': token }), 401],
    [
      'another scheme counts as absent',
      (token: string) => ({ authorization: `Basic ${unknown}`, 'x-api-key': token }),
      200,
    ],
    ['a bare token is no scheme', (token: string) => ({ authorization: token }), 401],
    ['Bearer and nothing', (token: string) => ({ authorization: 'Bearer', 'x-api-key': token }), 401],
  ])('%s', async (_, headers, status) => {
    expect((await h.ask('GET', '/v1/sessions', { token: null, headers: headers(h.org.token) })).status).toBe(status);
  });
});

describe('memory', () => {
  let counted: Harness;
  const looked: string[] = [];
  const touched: string[] = [];
  let delay: Promise<unknown> = Promise.resolve();

  beforeEach(async () => {
    looked.length = 0;
    touched.length = 0;
    let store: Directory | undefined;
    const directory: Directory = {
      async findPrincipal(hash) {
        looked.push(hash);
        const found = (await store?.findPrincipal(hash)) ?? null;
        await delay;
        return found;
      },
      findCapability: async () => null,
      firstOrg: async () => null,
      orgsWithLanes: async () => [],
      touchTokens: (uses) => void touched.push(...uses.keys()),
    };
    counted = await openHarness({ directory });
    store = counted.store;
    vi.useFakeTimers({ toFake: ['performance', 'Date'] });
  });
  afterEach(async () => {
    vi.useRealTimers();
    delay = Promise.resolve();
    await counted.close();
  });

  it('a token is looked up once in ten seconds', async () => {
    for (let i = 0; i < 5; i++) await counted.ask('GET', '/v1/sessions');
    expect(looked).toHaveLength(1);
    vi.advanceTimersByTime(limits.credentialCacheMs - 1);
    await counted.ask('GET', '/v1/sessions');
    expect(looked).toHaveLength(1);
    vi.advanceTimersByTime(1);
    await counted.ask('GET', '/v1/sessions');
    expect(looked).toHaveLength(2);
  });

  it('a malformed secret is never looked up, an unknown one always', async () => {
    for (const token of ['short', 'tlog_pat_nonsense', `tlog_pat_${'a'.repeat(39)}`, 'ä'.repeat(40)]) {
      expect((await counted.ask('GET', '/v1/sessions', { token })).status).toBe(401);
    }
    expect(looked).toHaveLength(0);
    for (let i = 0; i < 2; i++) await counted.ask('GET', '/v1/sessions', { token: 'x'.repeat(40) });
    expect(looked).toHaveLength(2);
  });

  it('use is noted at most once a minute', async () => {
    for (let i = 0; i < 5; i++) await counted.ask('GET', '/v1/sessions');
    expect(touched).toHaveLength(1);
    vi.advanceTimersByTime(limits.lastUsedEveryMs);
    for (let i = 0; i < 5; i++) await counted.ask('GET', '/v1/sessions');
    expect(touched).toHaveLength(2);
  });

  it('a look-up that was under way during a revocation is not remembered', async () => {
    const { json } = await counted.ask('POST', '/v1/tokens', { body: { name: 'x', scopes: ['sessions:read'] } });
    let release: (value?: unknown) => void = () => undefined;
    delay = new Promise((resolve) => {
      release = resolve;
    });
    const early = counted.ask('GET', '/v1/sessions', { token: json.token });
    await new Promise((resolve) => setImmediate(resolve));
    expect((await counted.ask('DELETE', `/v1/tokens/${json.id}`)).status).toBe(200);
    release();
    expect((await early).status).toBe(200);
    expect((await counted.ask('GET', '/v1/sessions', { token: json.token })).status).toBe(401);
  });
});

describe('rotation', () => {
  const make = async () => (await h.ask('POST', '/v1/tokens', { body: { name: 'x', scopes: ['sessions:read'] } })).json;
  const works = async (token: string) => (await h.ask('GET', '/v1/sessions', { token })).status;

  it('ends the old secret at once', async () => {
    const old = await make();
    expect(await works(old.token)).toBe(200);
    const { json: rotated, status } = await h.ask('POST', `/v1/tokens/${old.id}/rotate`);
    expect([status, rotated.id, rotated.token === old.token]).toEqual([200, old.id, false]);
    expect([await works(old.token), await works(rotated.token)]).toEqual([401, 200]);
  });

  it('keeps the old secret for the overlap, and no longer', async () => {
    const old = await make();
    const { json: rotated } = await h.ask('POST', `/v1/tokens/${old.id}/rotate`, { body: { overlap_seconds: 60 } });
    expect([await works(old.token), await works(rotated.token)]).toEqual([200, 200]);
    h.clock.offsetUs = 61 * 1_000_000;
    expect([await works(old.token), await works(rotated.token)]).toEqual([401, 200]);
    h.clock.offsetUs = 0;
  });

  it('a token may revoke itself', async () => {
    const token = await h.tokenWith('tokens:manage');
    const { json } = await h.ask('GET', '/v1/tokens?limit=1', { token });
    expect((await h.ask('DELETE', `/v1/tokens/${json.first_id}`, { token })).json.revoked_at).toMatch(/Z$/);
    expect(await works(token)).toBe(401);
  });
});

it('no secret is stored', async () => {
  await h.store.settled();
  const { json } = await h.ask('POST', '/v1/tokens', {
    body: { name: 'x', scopes: ['events:read'] },
    headers: { 'idempotency-key': 'secret' },
  });
  for (const suffix of ['', '-wal']) {
    const bytes = readFileSync(`${h.file}${suffix}`);
    for (const secret of [json.token, h.org.token]) expect(bytes.includes(secret)).toBe(false);
  }
});

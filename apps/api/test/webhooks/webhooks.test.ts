/** Webhooks in both dialects: made, shown, changed, switched off and on, tested, given new secrets, deleted. */
import { limits } from '@turnlog/core/limits';
import { Webhook as Verifier } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, openHarness } from '../harness.ts';
import { ENDPOINT, logDeliveries, MOUNTS, type Mount, makeWebhook, openEndpoint, publish } from './support.ts';

let h: Harness;

beforeAll(async () => {
  h = await openHarness();
});
afterAll(() => h.close());

const KEY = (name: string) => ({ 'idempotency-key': name });

describe.each(MOUNTS)('webhooks of $dialect', (mount) => {
  const { webhooks, dialect } = mount;
  const at = (id: string, rest = '') => `${webhooks}/${id}${rest}`;

  it('a new one has every member, and its secret this once', async () => {
    const body = { url: ENDPOINT, events: ['agent.created', 'session.*', 'agent.created'] };
    const { status, json } = await h.ask('POST', webhooks, { body });
    expect(status).toBe(201);
    expect(json).toEqual({
      id: expect.stringMatching(/^wh_[0-9A-HJKMNP-TV-Z]{26}$/),
      type: 'webhook',
      dialect,
      url: ENDPOINT,
      events: ['agent.created', 'session.*'],
      description: null,
      metadata: {},
      ordering: 'none',
      rate_limit: null,
      announce: 'all',
      status: 'enabled',
      disabled_reason: null,
      disabled_at: null,
      last_success_at: null,
      last_failure_at: null,
      consecutive_failures: 0,
      lag: null,
      previous_secret_expires_at: null,
      created_at: expect.stringMatching(/^\d{4}-.*\.\d{6}Z$/),
      updated_at: json.created_at,
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
    });
    const { secret: _, ...shown } = json;
    expect((await h.ask('GET', at(json.id))).json).toEqual({ ...shown, lag: { events: 0, seconds: 0 } });
    expect((await h.ask('GET', webhooks)).json.data[0]).toEqual(shown);
  });

  it('a sent secret is shown back as whsec_, whether it came as text or in that form', async () => {
    const text = 'your_webhook_secret';
    const shown = `whsec_${Buffer.from(text).toString('base64')}`;
    for (const secret of [text, shown]) {
      const { json } = await h.ask('POST', webhooks, { body: { url: ENDPOINT, events: ['*'], secret } });
      expect(json.secret).toBe(shown);
    }
  });

  it('the secret is stored sealed, and shown in no other answer', async () => {
    const { json } = await h.ask('POST', webhooks, { body: { url: ENDPOINT, events: ['*'] } });
    const others = await Promise.all([
      h.ask('GET', webhooks),
      h.ask('GET', at(json.id)),
      h.ask('PATCH', at(json.id), { body: { description: 'x' } }),
      h.ask('POST', at(json.id, '/disable')),
      h.ask('POST', at(json.id, '/enable'), { body: { from: 'now' } }),
    ]);
    for (const { status, text } of others) {
      expect(status).toBe(200);
      expect(text).not.toContain('secret":');
      expect(text).not.toContain(json.secret);
    }
    const [secret] = await h.store.webhookSecrets(h.org.id, json.id);
    const bytes = Buffer.from(json.secret.slice('whsec_'.length), 'base64');
    expect(Buffer.from(secret?.sealed ?? []).includes(bytes)).toBe(false);
    expect(h.services.vault.open(secret?.sealed ?? Buffer.alloc(0), h.org.id)).toEqual(bytes);
  });

  it('a repeat under the same key makes no second one, and does not tell the secret', async () => {
    const ask = { body: { url: ENDPOINT, events: ['*'] }, headers: KEY(`create-${dialect}`) };
    const first = await h.ask('POST', webhooks, ask);
    const second = await h.ask('POST', webhooks, ask);
    expect(second.status).toBe(201);
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(second.json).toEqual({ ...first.json, secret: null });
  });

  it('a second one of the same URL is allowed', async () => {
    const [one, two] = [await makeWebhook(h, mount), await makeWebhook(h, mount)];
    expect(one).not.toBe(two);
  });

  it('an update changes what is sent, and leaves the rest', async () => {
    const body = { url: ENDPOINT, events: ['a.*'], description: 'x', metadata: { a: '1', b: '2' }, rate_limit: 5 };
    const { json } = await h.ask('POST', webhooks, { body: { ...body, ordering: 'session', announce: 'failures' } });
    const { secret: _, ...before } = json;
    const change = { url: 'https://example.com/other', events: ['b.*'], metadata: { a: null, c: '3' } };
    const changed = await h.ask('PATCH', at(json.id), { body: { ...change, announce: 'none' } });
    expect(changed.json).toEqual({
      ...before,
      ...{ ...change, metadata: { b: '2', c: '3' }, announce: 'none' },
      updated_at: changed.json.updated_at,
    });
    const cleared = await h.ask('PATCH', at(json.id), {
      body: { description: null, rate_limit: null, ordering: 'none' },
    });
    expect(cleared.json).toMatchObject({ description: null, rate_limit: null, ordering: 'none', events: ['b.*'] });
    const nothing = await h.ask('PATCH', at(json.id), { body: {} });
    expect(nothing.json).toEqual({ ...cleared.json, updated_at: nothing.json.updated_at });
  });

  it('a deleted one is gone, with its deliveries', async () => {
    const id = await makeWebhook(h, mount);
    const { status, json } = await h.ask('DELETE', at(id));
    expect([status, json]).toEqual([200, { id, type: 'webhook_deleted' }]);
    for (const [method, path] of [
      ['GET', at(id)],
      ['DELETE', at(id)],
      ['GET', at(id, '/deliveries')],
    ] as const) {
      const reply = await h.ask(method, path);
      expect([reply.status, mount.refusal(reply).message]).toEqual([404, `No webhook '${id}' exists.`]);
    }
    expect((await h.ask('GET', `${webhooks}?limit=100`)).text).not.toContain(id);
  });

  it('disabling twice is disabling once, and so is enabling', async () => {
    const id = await makeWebhook(h, mount);
    const disabled = await h.ask('POST', at(id, '/disable'));
    expect(disabled.json).toMatchObject({
      status: 'disabled',
      disabled_reason: 'requested',
      disabled_at: disabled.json.updated_at,
    });
    expect((await h.ask('POST', at(id, '/disable'))).json).toEqual(disabled.json);
    const enabled = await h.ask('POST', at(id, '/enable'), { body: { from: 'stopped' } });
    expect(enabled.json).toMatchObject({ status: 'enabled', disabled_reason: null, disabled_at: null });
    expect((await h.ask('POST', at(id, '/enable'), { body: { from: 'now' } })).json).toEqual(enabled.json);
  });

  it('its lag counts what it is told of behind its cursor, and enabling from now on forgets that', async () => {
    const id = await makeWebhook(h, mount, { events: ['agent.seen', 'webhook_like.*'] });
    const lag = async () => (await h.ask('GET', at(id))).json.lag;
    await publish(h, 'agent.seen', 3);
    await publish(h, 'agent.unseen', 2);
    expect(await lag()).toEqual({ events: 3, seconds: expect.any(Number) });
    h.clock.offsetUs += 90_000_000;
    expect((await lag()).seconds).toBeGreaterThanOrEqual(90);
    await h.ask('POST', at(id, '/disable'));
    await h.ask('POST', at(id, '/enable'), { body: { from: 'stopped' } });
    expect((await lag()).events).toBe(3);
    await h.ask('POST', at(id, '/disable'));
    await h.ask('POST', at(id, '/enable'), { body: { from: 'now' } });
    expect(await lag()).toEqual({ events: 0, seconds: 0 });
  });

  it('shows how its endpoint has answered', async () => {
    const id = await makeWebhook(h, mount);
    const [event] = await publish(h, 'agent.seen');
    if (event === undefined) throw new Error('Nothing was published.');
    await logDeliveries(h, id, [{ event }, { event, statuses: [500] }, { event, statuses: [503] }]);
    const { json } = await h.ask('GET', at(id));
    expect(json).toMatchObject({ status: 'enabled', consecutive_failures: 2 });
    expect(json.last_success_at).toMatch(/Z$/);
    expect(json.last_failure_at >= json.last_success_at).toBe(true);
  });

  it('rotating twice leaves two earlier secrets that sign, until their time is over', async () => {
    const id = await makeWebhook(h, mount);
    const first = await h.ask('POST', at(id, '/rotate_secret'));
    const second = await h.ask('POST', at(id, '/rotate_secret'), { body: { overlap_seconds: 600 } });
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(first.json.secret).not.toBe(second.json.secret);
    const until = Date.parse(second.json.previous_secret_expires_at) - Date.parse(second.json.updated_at);
    expect(until).toBe(600_000);
    expect(await h.store.webhookSecrets(h.org.id, id)).toHaveLength(3);
    const last = await h.ask('POST', at(id, '/rotate_secret'), {
      body: { overlap_seconds: 0, secret: 'a secret of our own' },
    });
    expect(last.json).toMatchObject({
      previous_secret_expires_at: null,
      secret: `whsec_${Buffer.from('a secret of our own').toString('base64')}`,
    });
    expect(await h.store.webhookSecrets(h.org.id, id)).toHaveLength(1);
  });

  it('a repeated rotation rotates once, and does not tell the secret', async () => {
    const id = await makeWebhook(h, mount);
    const ask = { body: {}, headers: KEY(`rotate-${dialect}`) };
    const first = await h.ask('POST', at(id, '/rotate_secret'), ask);
    const second = await h.ask('POST', at(id, '/rotate_secret'), ask);
    expect(second.json).toEqual({ ...first.json, secret: null });
    expect(await h.store.webhookSecrets(h.org.id, id)).toHaveLength(2);
  });

  it('more than five secrets do not sign at once', async () => {
    const id = await makeWebhook(h, mount);
    for (let n = 1; n < limits.webhookSecrets; n++) await h.ask('POST', at(id, '/rotate_secret'));
    const reply = await h.ask('POST', at(id, '/rotate_secret'));
    expect([reply.status, mount.refusal(reply).message]).toEqual([
      409,
      "5 secrets of this webhook sign at once: rotate with 'overlap_seconds': 0, or wait until one has expired.",
    ]);
    expect((await h.ask('POST', at(id, '/rotate_secret'), { body: { overlap_seconds: 0 } })).status).toBe(200);
  });

  it('a test sends one signed event in its words, stores nothing, and may go to a disabled one', async () => {
    const endpoint = await openEndpoint(200, 'thanks');
    const created = await h.ask('POST', webhooks, { body: { url: endpoint.url, events: ['agent.created'] } });
    const { id, secret } = created.json;
    await h.ask('POST', at(id, '/disable'));
    const before = await h.stored();
    const { status, json } = await h.ask('POST', at(id, '/test'));
    expect(status).toBe(200);
    const said = { delivered: true, status_code: 200, error: null, response_body: 'thanks' };
    expect(json).toEqual({ ...said, duration_ms: expect.any(Number) });
    expect(endpoint.received).toHaveLength(1);
    const { headers, body } = endpoint.received[0] ?? { headers: {}, body: '' };
    const event = new Verifier(secret).verify(body, headers as Record<string, string>) as Record<string, unknown>;
    expect(event).toMatchObject({ id: headers['webhook-id'], type: 'webhook.test' });
    expect(event['data']).toMatchObject({ webhook_id: id });
    expect('metadata' in event).toBe(dialect === 'platform');
    expect('x-webhook-signature' in headers).toBe(dialect === 'platform');
    expect(await h.stored()).toBe(before);
    expect((await h.ask('GET', at(id, '/deliveries'))).json.data).toEqual([]);
    expect((await h.ask('GET', `/v1/events/${headers['webhook-id']}`)).status).toBe(404);
    endpoint.close();
  });

  it('a test tells how an endpoint failed', async () => {
    const endpoint = await openEndpoint(500, 'no');
    const id = await makeWebhook(h, mount, { url: endpoint.url });
    const failed = await h.ask('POST', at(id, '/test'));
    expect(failed.json).toMatchObject({ delivered: false, status_code: 500, response_body: 'no' });
    expect(failed.json.error).toEqual(expect.any(String));
    endpoint.close();
    const gone = await h.ask('POST', at(id, '/test'));
    expect(gone.json).toMatchObject({ delivered: false, status_code: null, response_body: null });
    expect((await h.ask('GET', at(id))).json).toMatchObject({ consecutive_failures: 0, last_failure_at: null });
  });
});

describe('webhooks of both dialects', () => {
  it('are shown in both, each with the dialect that it was made in', async () => {
    for (const mount of MOUNTS) {
      const id = await makeWebhook(h, mount);
      for (const { webhooks } of MOUNTS) {
        expect((await h.ask('GET', `${webhooks}/${id}`)).json.dialect).toBe(mount.dialect);
        expect((await h.ask('GET', webhooks)).json.data[0]).toMatchObject({ id, dialect: mount.dialect });
      }
    }
  });

  it('only so many tests of one org are sent at once', async () => {
    const waiting: (() => void)[] = [];
    const receipt = { statusCode: 200, durationMs: 1, error: null, excerpt: null, retryAfterSeconds: null };
    const slow = await openHarness({
      courier: {
        problemOf: () => null,
        post: () => new Promise((resolve) => waiting.push(() => resolve(receipt))),
        close: async () => undefined,
      },
    });
    const [cloud, platform] = MOUNTS;
    if (cloud === undefined || platform === undefined) throw new Error('No dialects.');
    const id = await makeWebhook(slow, cloud);
    const test = ({ webhooks }: Mount) => slow.ask('POST', `${webhooks}/${id}/test`);
    const sent = Array.from({ length: limits.webhookTestsAtOnce }, (_, n) => test(n % 2 === 0 ? cloud : platform));
    while (waiting.length < limits.webhookTestsAtOnce) await new Promise((resolve) => setImmediate(resolve));
    const refused = await test(cloud);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect((await test(platform)).status).toBe(503);
    expect(refused.json.error.message).toBe(
      '4 tests of this org are under way, which is as many as may be: try again when one is over.',
    );
    for (const answer of waiting) answer();
    expect((await Promise.all(sent)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    await slow.close();
  });
});

describe.each(MOUNTS)('the list of webhooks of $dialect', ({ webhooks, dialect }) => {
  let many: Harness;
  let newestFirst: readonly string[];

  beforeAll(async () => {
    many = await openHarness();
    const mount = MOUNTS.find((known) => known.dialect === dialect);
    const ids: string[] = [];
    for (let n = 0; n < 5 && mount !== undefined; n++) ids.push(await makeWebhook(many, mount));
    newestFirst = ids.reverse();
  });
  afterAll(() => many.close());

  const list = async (query: string) => (await many.ask('GET', `${webhooks}?${query}`)).json;
  const idsOf = (page: { data: { id: string }[] }) => page.data.map(({ id }) => id);

  it('is newest first, and is read in both directions', async () => {
    expect(idsOf(await list(''))).toEqual(newestFirst);
    const first = await list('limit=2');
    expect([idsOf(first), first.has_more]).toEqual([newestFirst.slice(0, 2), true]);
    expect([first.first_id, first.last_id]).toEqual(newestFirst.slice(0, 2));
    const next = await list(`limit=2&after_id=${first.last_id}`);
    expect(idsOf(next)).toEqual(newestFirst.slice(2, 4));
    const back = await list(`limit=2&before_id=${newestFirst[4]}`);
    expect(idsOf(back)).toEqual(newestFirst.slice(2, 4));
    expect((await list(`after_id=${newestFirst[4]}`)).data).toEqual([]);
  });

  it('has members of its own dialect only', async () => {
    const own = ['data', 'has_more', 'first_id', 'last_id'];
    expect(Object.keys(await list('')).sort()).toEqual([...own, ...(dialect === 'cloud' ? ['next_page'] : [])].sort());
  });

  it.runIf(dialect === 'cloud')('leads on by next_page, and goes the other way when asked', async () => {
    const first = await list('limit=3&order=asc');
    expect(idsOf(first)).toEqual([...newestFirst].reverse().slice(0, 3));
    const rest = await list(`limit=3&page=${first.next_page}`);
    expect([idsOf(rest), rest.next_page]).toEqual([[...newestFirst].reverse().slice(3), null]);
  });
});

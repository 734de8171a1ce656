/** Replays in both dialects: counted, made, shown, moved. */
import { limits } from '@turnlog/core/limits';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, openHarness } from '../harness.ts';
import { ENDPOINT, MOUNTS, type Mount, makeWebhook, publish } from './support.ts';

const RANGE = { since: '2020-01-01T00:00:00Z', until: '2200-01-01T00:00:00+02:00' };
const TO_URL = { ...RANGE, webhook_url: 'https://example.com/replay' };

let h: Harness;

beforeAll(async () => {
  h = await openHarness();
});
afterAll(() => h.close());

/** A harness for tests that count. */
async function fresh(use: (own: Harness) => Promise<void>): Promise<void> {
  const own = await openHarness();
  await use(own);
  await own.close();
}

async function count(own: Harness, { replays }: Mount, body: object): Promise<number> {
  const { status, json, text } = await own.ask('POST', replays, { body: { ...TO_URL, dry_run: true, ...body } });
  expect(status, text).toBe(200);
  expect(json).toEqual({ id: null, event_count: expect.any(Number), status: 'dry_run' });
  return json.event_count;
}

describe.each(MOUNTS)('replays of $dialect', (mount) => {
  const { replays, dialect } = mount;
  const make = async (own: Harness, body: object) => {
    const reply = await own.ask('POST', replays, { body });
    expect(reply.status, reply.text).toBe(202);
    return reply.json;
  };

  it('one to a URL is counted first, and has its secret this once', () =>
    fresh(async (own) => {
      await publish(own, 'agent.seen', 3);
      const body = { ...TO_URL, types: ['agent.*'], rate: 10 };
      const made = await make(own, body);
      const { secret, ...shown } = made;
      expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
      expect(shown).toEqual({
        id: expect.stringMatching(/^rpl_[0-9A-HJKMNP-TV-Z]{26}$/),
        type: 'replay',
        event_count: 3,
        status: 'queued',
        reason: null,
        delivered: 0,
        failed: 0,
        total: 3,
        webhook_id: null,
        webhook_url: TO_URL.webhook_url,
        since: '2020-01-01T00:00:00.000000Z',
        until: '2199-12-31T22:00:00.000000Z',
        types: ['agent.*'],
        session_id: null,
        rate: 10,
        created_at: expect.stringMatching(/Z$/),
        updated_at: shown.created_at,
        ended_at: null,
      });
      expect((await own.ask('GET', `${replays}/${made.id}`)).json).toEqual(shown);
    }));

  it('one to a webhook speaks of it, and has no secret', () =>
    fresh(async (own) => {
      await publish(own, 'agent.seen');
      const webhook = await makeWebhook(own, mount);
      const made = await make(own, { ...RANGE, webhook_id: webhook });
      expect(made).toMatchObject({ webhook_id: webhook, webhook_url: null, total: 1, status: 'queued' });
      expect('secret' in made).toBe(false);
    }));

  it('a sent secret is shown back as whsec_', async () => {
    const made = await make(h, { ...TO_URL, secret: 'your_webhook_secret' });
    expect(made.secret).toBe(`whsec_${Buffer.from('your_webhook_secret').toString('base64')}`);
  });

  it('a range without events is completed at once', async () => {
    const made = await make(h, { ...TO_URL, since: '2001-01-01T00:00:00Z', until: '2002-01-01T00:00:00Z' });
    expect(made).toMatchObject({ event_count: 0, status: 'completed', delivered: 0, failed: 0, total: 0 });
    expect(made.ended_at).toBe(made.created_at);
  });

  it('a range may begin before there was anything, however early', async () => {
    const until = '1970-01-02T00:00:00Z';
    for (const since of ['0001-01-01T00:00:00Z', '1600-01-01T00:00:00Z', '1969-12-31T23:59:59Z']) {
      expect(await make(h, { ...TO_URL, since, until })).toMatchObject({
        since: '1970-01-01T00:00:00.000000Z',
        total: 0,
      });
    }
  });

  it('the count is exact, by time, by type and by session', () =>
    fresh(async (own) => {
      const initial_events = [{ type: 'user.message', content: 'hi' }, { type: 'session.status_running' }];
      const session = await own.ask('POST', '/v1/sessions', { body: { external_id: 'run-1', initial_events } });
      await publish(own, 'agent.seen', 2);
      own.clock.offsetUs += 10_000_000;
      const later = new Date(own.services.nowUs() / 1000).toISOString();
      own.clock.offsetUs += 1_000_000;
      await publish(own, 'agent.seen', 4);
      const all = (await own.ask('GET', '/v1/events?limit=1000')).json.data;
      const { id } = session.json;
      const about = all.filter((event: { session_id: string | null; data?: { session_id?: string } }) =>
        [event.session_id, event.data?.session_id].includes(id),
      );
      expect(await count(own, mount, {})).toBe(all.length);
      expect(await count(own, mount, { types: ['agent.*'] })).toBe(6);
      expect(await count(own, mount, { types: ['agent.seen', 'user.message'] })).toBe(7);
      expect(await count(own, mount, { since: later })).toBe(4);
      expect(await count(own, mount, { until: later, types: ['agent.*'] })).toBe(2);
      expect(await count(own, mount, { session_id: id })).toBe(about.length);
      expect(await count(own, mount, { session_id: 'run-1' })).toBe(about.length);
      expect(await count(own, mount, { session_id: 'run-1', types: ['user.*'] })).toBe(1);
      expect(await count(own, mount, { session_id: 'nobodys-own' })).toBe(0);
      expect(await count(own, mount, { session_id: 'sess_01K5ZV7QH37MZTXN4T6B9D0RFE' })).toBe(0);
      const [first, second] = all;
      const micro = { since: first.created_at, until: second.created_at };
      expect(await count(own, mount, micro)).toBe(1);
    }));

  it('without types what tells of deliveries is left out; with types it may be named', () =>
    fresh(async (own) => {
      await publish(own, 'webhook.sent.mine', 2);
      await publish(own, 'agent.seen');
      expect(await count(own, mount, {})).toBe(1);
      expect(await count(own, mount, { types: ['*'] })).toBe(3);
      expect(await count(own, mount, { types: ['webhook.*'] })).toBe(2);
    }));

  it('what is stored after the request is not counted in', () =>
    fresh(async (own) => {
      await publish(own, 'agent.seen', 2);
      const made = await make(own, TO_URL);
      await publish(own, 'agent.seen', 5);
      expect((await own.ask('GET', `${replays}/${made.id}`)).json.total).toBe(2);
    }));

  it('a dry run makes nothing', () =>
    fresh(async (own) => {
      await publish(own, 'agent.seen', 2);
      const before = await own.stored();
      const webhook = await makeWebhook(own, mount);
      expect(await count(own, mount, {})).toBe(2);
      const toWebhook = await own.ask('POST', replays, { body: { ...RANGE, webhook_id: webhook, dry_run: true } });
      expect(toWebhook.json).toEqual({ id: null, event_count: 2, status: 'dry_run' });
      expect((await own.ask('GET', '/v1/replays')).json.data).toEqual([]);
      expect((await own.stored()).length).toBe(before.length);
    }));

  it('a repeat under the same key makes no second one, and does not tell the secret', async () => {
    await publish(h, 'agent.seen');
    const headers = { 'idempotency-key': `replay-${dialect}` };
    const dry = { body: { ...TO_URL, dry_run: true }, headers };
    expect((await h.ask('POST', replays, dry)).status).toBe(200);
    const ask = { body: TO_URL, headers };
    const first = await h.ask('POST', replays, ask);
    await publish(h, 'agent.seen');
    const second = await h.ask('POST', replays, ask);
    expect([second.status, second.headers.get('idempotent-replayed')]).toEqual([202, 'true']);
    expect(second.json).toEqual({ ...first.json, secret: null });
    expect((await h.ask('POST', replays, dry)).status).toBe(409);
    await h.ask('POST', `${replays}/${first.json.id}/cancel`);
  });

  it('is paused, resumed and canceled; each twice is once, and an end is an end', async () => {
    await publish(h, 'agent.seen');
    const { id } = await make(h, TO_URL);
    const move = (name: string) => h.ask('POST', `${replays}/${id}/${name}`);
    for (const [name, status] of [
      ['pause', 'paused'],
      ['resume', 'queued'],
      ['pause', 'paused'],
    ] as const) {
      const moved = await move(name);
      expect([moved.status, moved.json]).toEqual([200, expect.objectContaining({ id, status, ended_at: null })]);
      expect((await move(name)).json).toEqual(moved.json);
    }
    const canceled = await move('cancel');
    expect(canceled.json).toMatchObject({ status: 'canceled', ended_at: canceled.json.updated_at });
    expect((await move('cancel')).json).toEqual(canceled.json);
    for (const name of ['pause', 'resume']) {
      const reply = await move(name);
      expect([reply.status, mount.refusal(reply).message]).toEqual([
        409,
        `Replay '${id}' is canceled: make a new one instead.`,
      ]);
    }
  });

  it('an org has only so many that are not over', () =>
    fresh(async (own) => {
      await publish(own, 'agent.seen');
      const made: string[] = [];
      for (let n = 0; n < limits.replaysPerOrg; n++) made.push((await make(own, TO_URL)).id);
      const refused = await own.ask('POST', replays, { body: TO_URL });
      expect([refused.status, mount.refusal(refused).message]).toEqual([
        409,
        'This org has 10 replays that are not over, which is as many as it may: wait for one, or cancel one.',
      ]);
      await own.ask('POST', `${replays}/${made[0]}/cancel`);
      await make(own, TO_URL);
    }));

  it('a webhook that is disabled, unknown or of another org gets none, not even a dry one', async () => {
    const own = await makeWebhook(h, mount);
    await h.ask('POST', `${mount.webhooks}/${own}/disable`);
    const body = { url: ENDPOINT, events: ['*'] };
    const theirs = (await h.ask('POST', mount.webhooks, { body, token: h.other.token })).json.id;
    for (const dry_run of [false, true]) {
      const disabled = await h.ask('POST', replays, { body: { ...RANGE, webhook_id: own, dry_run } });
      const { message } = mount.refusal(disabled);
      expect([disabled.status, message]).toEqual([409, `Webhook '${own}' is disabled: enable it first.`]);
      for (const name of [theirs, 'wh_01K5ZV8B3M6R9T2W5Y8B1D4F7H', 'wh_1', '']) {
        const reply = await h.ask('POST', replays, { body: { ...RANGE, webhook_id: name, dry_run } });
        expect([reply.status, mount.refusal(reply).message]).toEqual([404, `No webhook '${name}' exists.`]);
      }
    }
  });

  it('names that stand for nothing are a 404 on every route', async () => {
    for (const name of ['rpl_01K5ZV9F2T4W7Y0A3C6E9G2J5M', 'rpl_1', 'x']) {
      for (const [method, rest] of [
        ['GET', ''],
        ['POST', '/pause'],
        ['POST', '/resume'],
        ['POST', '/cancel'],
      ] as const) {
        const reply = await h.ask(method, `${replays}/${name}${rest}`);
        expect([reply.status, mount.refusal(reply).message]).toEqual([404, `No replay '${name}' exists.`]);
      }
    }
  });
});

describe('the list of replays', () => {
  it('is newest first and is read in both directions, those that are over included', () =>
    fresh(async (own) => {
      await publish(own, 'agent.seen');
      const ids: string[] = [];
      for (let n = 0; n < 4; n++) ids.unshift((await own.ask('POST', '/v1/replays', { body: TO_URL })).json.id);
      await own.ask('POST', `/v1/replays/${ids[1]}/cancel`);
      const list = async (query: string) => (await own.ask('GET', `/v1/replays?${query}`)).json;
      const idsOf = async (query: string) => (await list(query)).data.map(({ id }: { id: string }) => id);
      expect(await idsOf('')).toEqual(ids);
      expect(await idsOf(`limit=2&after_id=${ids[0]}`)).toEqual(ids.slice(1, 3));
      expect(await idsOf(`limit=2&before_id=${ids[3]}`)).toEqual(ids.slice(1, 3));
      const { next_page } = await list('limit=3');
      expect(await idsOf(`page=${next_page}`)).toEqual(ids.slice(3));
    }));

  it('is not what platform has at the path where replays are made', async () => {
    const reply = await h.ask('GET', '/api/v1/events/replay');
    expect([reply.status, reply.headers.get('allow')]).toEqual([405, 'POST']);
  });
});

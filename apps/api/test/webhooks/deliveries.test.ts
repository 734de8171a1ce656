/** The delivery log in both dialects: listed, filtered, shown with attempts, sent again. */

import { type DeliveryId, type EventId, makeId, type WebhookId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, openHarness } from '../harness.ts';
import { type LoggedDelivery, logDeliveries, MOUNTS, makeWebhook, publish } from './support.ts';

let h: Harness;

beforeAll(async () => {
  h = await openHarness();
});
afterAll(() => h.close());

const only = <Item>(items: readonly Item[]): Item => {
  const [item] = items;
  if (item === undefined) throw new Error('There is none.');
  return item;
};
const anEvent = async (): Promise<EventId> => only(await publish(h, 'agent.seen'));

describe.each(MOUNTS)('deliveries of $dialect', (mount) => {
  const { webhooks, dialect } = mount;
  const at = (webhook: WebhookId, rest: string) => `${webhooks}/${webhook}/${rest}`;
  /** A webhook with one delivery. */
  const logged = async (delivery: Omit<LoggedDelivery, 'event'>) => {
    const webhook = await makeWebhook(h, mount);
    const event = await anEvent();
    const id = only(await logDeliveries(h, webhook, [{ event, ...delivery }]));
    return { webhook, event, id };
  };

  it('one that succeeded is listed and shown, with what was sent and without signatures', async () => {
    const { webhook, event, id } = await logged({ excerpt: 'thanks' });
    const page = (await h.ask('GET', at(webhook, 'deliveries'))).json;
    const listed = {
      id,
      type: 'delivery',
      webhook_id: webhook,
      event_id: event,
      event_type: 'agent.seen',
      session_id: null,
      state: 'succeeded',
      cancel_reason: null,
      attempt_count: 1,
      status_code: 200,
      duration_ms: 3,
      error: null,
      next_attempt_at: null,
      replay_id: null,
      created_at: expect.stringMatching(/\.\d{6}Z$/),
      attempted_at: expect.stringMatching(/\.\d{6}Z$/),
    };
    expect(page.data).toEqual([listed]);
    const shown = (await h.ask('GET', at(webhook, `deliveries/${id}`))).json;
    expect(shown).toEqual({
      ...listed,
      attempts: [
        {
          attempted_at: shown.attempted_at,
          status_code: 200,
          duration_ms: 3,
          error: null,
          request_headers: {
            'content-type': 'application/json',
            'user-agent': 'Turnlog-Webhooks/1',
            'webhook-id': event,
            'webhook-timestamp': `${Math.floor(Date.parse(shown.attempted_at) / 1000)}`,
            'webhook-signature': '[redacted]',
            ...(dialect === 'platform' ? { 'x-webhook-signature': '[redacted]' } : {}),
          },
          response_body: 'thanks',
        },
      ],
    });
  });

  it('one that failed says why, and when it is tried again', async () => {
    const { webhook, id } = await logged({ statuses: [500], retried: true });
    const shown = (await h.ask('GET', at(webhook, `deliveries/${id}`))).json;
    expect(shown).toMatchObject({ state: 'retrying', attempt_count: 1, status_code: 500, error: 'answered with 500' });
    expect(Date.parse(shown.next_attempt_at)).toBeGreaterThan(Date.parse(shown.attempted_at));
  });

  describe('the list', () => {
    let webhook: WebhookId;
    let ids: readonly DeliveryId[];

    beforeAll(async () => {
      webhook = await makeWebhook(h, mount);
      const event = await anEvent();
      const type = (eventType: string) => ({ event, eventType });
      const failed = { statuses: [500, 503] };
      const oldestFirst = await logDeliveries(h, webhook, [
        type('agent.created'),
        { ...type('agent.seen'), ...failed },
        { ...type('session.failed'), ...failed, retried: true },
        type('session.started'),
        { ...type('session.failed'), ...failed },
      ]);
      ids = [...oldestFirst].reverse();
    });

    const list = async (query: string) => {
      const reply = await h.ask('GET', `${at(webhook, 'deliveries')}?${query}`);
      expect(reply.status, reply.text).toBe(200);
      return reply.json;
    };
    const idsOf = async (query: string) => (await list(query)).data.map(({ id }: { readonly id: string }) => id);
    const at0 = (n: number) => ids[n] ?? '';

    it('is newest first, in both directions', async () => {
      expect(await idsOf('')).toEqual(ids);
      expect(await idsOf('limit=2')).toEqual(ids.slice(0, 2));
      expect(await idsOf(`limit=2&after_id=${at0(1)}`)).toEqual(ids.slice(2, 4));
      expect(await idsOf(`limit=2&before_id=${at0(4)}`)).toEqual(ids.slice(2, 4));
      expect((await list(`limit=5&after_id=${at0(1)}`)).has_more).toBe(false);
    });

    it('shows deliveries of some states', async () => {
      expect(await idsOf('states=failed')).toEqual([at0(0), at0(3)]);
      expect(await idsOf('states=failed,retrying')).toEqual([at0(0), at0(2), at0(3)]);
      expect(await idsOf('states=succeeded&states=canceled')).toEqual([at0(1), at0(4)]);
      expect(await idsOf('states=pending')).toEqual([]);
    });

    it('shows deliveries of some types', async () => {
      expect(await idsOf('types=session.*')).toEqual(ids.slice(0, 3));
      expect(await idsOf('types=agent.seen,session.started')).toEqual([at0(1), at0(3)]);
      expect(await idsOf('types=*.failed&states=retrying')).toEqual([at0(2)]);
    });

    it('shows deliveries of a time', async () => {
      const { data } = await list('');
      const [newest, middle] = [data[0].created_at, data[2].created_at];
      expect(await idsOf(`since=${middle}`)).toEqual(ids.slice(0, 3));
      expect(await idsOf(`until=${middle}`)).toEqual(ids.slice(3));
      expect(await idsOf(`since=${middle}&until=${newest}`)).toEqual(ids.slice(1, 3));
      if (dialect === 'platform') return;
      expect(await idsOf(`created_at[gt]=${middle}&created_at[lte]=${newest}`)).toEqual(ids.slice(0, 2));
    });

    it.runIf(dialect === 'cloud')('leads on by next_page, with the same filters', async () => {
      const pages: string[][] = [];
      for (let token: string | null = ''; token !== null; ) {
        const page: { data: { id: string }[]; next_page: string | null } = await list(
          `limit=1&states=failed,retrying${token === '' ? '' : `&page=${token}`}`,
        );
        if (page.data.length > 0) pages.push(page.data.map(({ id }) => id));
        token = page.next_page;
      }
      expect(pages).toEqual([[at0(0)], [at0(2)], [at0(3)]]);
    });
  });

  it('one that is over is sent again when asked, and is then on its way', async () => {
    for (const statuses of [[200], [500, 500]]) {
      const { webhook, id } = await logged({ statuses });
      const { status, json } = await h.ask('POST', at(webhook, `deliveries/${id}/resend`));
      expect(status).toBe(202);
      expect(json).toMatchObject({ id, type: 'delivery', state: 'pending', attempt_count: statuses.length });
      expect(json.next_attempt_at).toMatch(/Z$/);
      const again = await h.ask('POST', at(webhook, `deliveries/${id}/resend`));
      expect([again.status, mount.refusal(again).message]).toEqual([
        409,
        `Delivery '${id}' is on its way: wait until this attempt is over.`,
      ]);
    }
  });

  it('one that waits for a retry is brought forward when asked', async () => {
    const { webhook, id } = await logged({ statuses: [500], retried: true });
    const waiting = (await h.ask('GET', at(webhook, `deliveries/${id}`))).json;
    const { status, json } = await h.ask('POST', at(webhook, `deliveries/${id}/resend`));
    expect(status).toBe(202);
    expect(json.state).toBe('pending');
    expect(json.next_attempt_at < waiting.next_attempt_at).toBe(true);
  });

  it('a repeated request to send again asks once', async () => {
    const { webhook, id } = await logged({});
    const ask = { headers: { 'idempotency-key': `resend-${dialect}` } };
    const first = await h.ask('POST', at(webhook, `deliveries/${id}/resend`), ask);
    const second = await h.ask('POST', at(webhook, `deliveries/${id}/resend`), ask);
    expect([second.status, second.headers.get('idempotent-replayed')]).toEqual([202, 'true']);
    expect(second.json).toEqual(first.json);
  });

  it('a disabled webhook sends nothing again', async () => {
    const { webhook, id } = await logged({ statuses: [500] });
    await h.ask('POST', at(webhook, 'disable'));
    const replies = [
      await h.ask('POST', at(webhook, `deliveries/${id}/resend`)),
      await h.ask('POST', at(webhook, 'recover'), { body: { since: '2020-01-01T00:00:00Z' } }),
    ];
    for (const reply of replies) {
      const { message } = mount.refusal(reply);
      expect([reply.status, message]).toEqual([409, `Webhook '${webhook}' is disabled: enable it first.`]);
    }
  });

  it('an event that is deleted with its session cannot be sent again', async () => {
    const initial_events = [{ type: 'user.message', content: 'hi' }];
    const session = (await h.ask('POST', '/v1/sessions', { body: { initial_events } })).json.id;
    const event = (await h.ask('GET', `/v1/sessions/${session}/events`)).json.first_id;
    const webhook = await makeWebhook(h, mount);
    const id = only(await logDeliveries(h, webhook, [{ event, statuses: [500] }]));
    await h.ask('DELETE', `/v1/sessions/${session}`);
    const reply = await h.ask('POST', at(webhook, `deliveries/${id}/resend`));
    expect([reply.status, mount.refusal(reply).message]).toEqual([
      409,
      `The event of delivery '${id}' is deleted, and cannot be sent again.`,
    ]);
    const recovered = await h.ask('POST', at(webhook, 'recover'), { body: { since: '2020-01-01T00:00:00Z' } });
    expect([recovered.status, recovered.json]).toEqual([202, { count: 0 }]);
  });

  it('all that failed since a time are recovered, and counted once however often it is asked', async () => {
    const webhook = await makeWebhook(h, mount);
    const event = await anEvent();
    const failed = { event, statuses: [500] };
    await logDeliveries(h, webhook, [failed]);
    h.clock.offsetUs += 5_000_000;
    const since = new Date(h.services.nowUs() / 1000).toISOString();
    h.clock.offsetUs += 5_000_000;
    await logDeliveries(h, webhook, [failed, { event }, failed, { ...failed, retried: true }]);
    const ask = { body: { since }, headers: { 'idempotency-key': `recover-${dialect}` } };
    const first = await h.ask('POST', at(webhook, 'recover'), ask);
    expect([first.status, first.json]).toEqual([202, { count: 2 }]);
    const repeat = await h.ask('POST', at(webhook, 'recover'), ask);
    expect([repeat.json, repeat.headers.get('idempotent-replayed')]).toEqual([{ count: 2 }, 'true']);
    expect((await h.ask('POST', at(webhook, 'recover'), { body: { since } })).json).toEqual({ count: 0 });
    const rest = await h.ask('POST', at(webhook, 'recover'), { body: { since: '2020-01-01T00:00:00Z' } });
    expect(rest.json).toEqual({ count: 1 });
    expect((await h.ask('GET', `${at(webhook, 'deliveries')}?states=pending`)).json.data).toHaveLength(3);
  });

  it('names that stand for nothing are a 404: of the webhook first, then of the delivery', async () => {
    const { webhook, id } = await logged({});
    const other = await makeWebhook(h, mount);
    for (const [rest, method] of [
      ['', 'GET'],
      ['/resend', 'POST'],
    ] as const) {
      const ofOther = await h.ask(method, at(other, `deliveries/${id}${rest}`));
      expect([ofOther.status, mount.refusal(ofOther).message]).toEqual([
        404,
        `No delivery '${id}' of this webhook exists.`,
      ]);
      for (const name of ['del_1', 'x', webhook]) {
        const reply = await h.ask(method, at(webhook, `deliveries/${name}${rest}`));
        expect([reply.status, mount.refusal(reply).message]).toEqual([
          404,
          `No delivery '${name}' of this webhook exists.`,
        ]);
      }
      const nowhere = await h.ask(method, `${webhooks}/wh_1/deliveries/${id}${rest}`);
      expect([nowhere.status, mount.refusal(nowhere).message]).toEqual([404, "No webhook 'wh_1' exists."]);
    }
  });
});

it('more than one commit recovers, with one count under one key', async () => {
  const [mount] = MOUNTS;
  if (mount === undefined) throw new Error('No dialect.');
  const webhook = await makeWebhook(h, mount);
  const event = await anEvent();
  const lanes = await h.store.claimLanes(h.org.id, { owner: 'test', untilUs: h.services.nowUs() + 60_000_000 });
  const fence = lanes.find(({ id }) => id === webhook)?.fence ?? 0;
  const requestId = makeId('req', h.services.nowUs(), h.services.random);
  const many = limits.recoveredDeliveries + 7;
  const attempt = { startedUs: h.services.nowUs(), durationMs: 1, statusCode: 500, error: 'no', excerpt: null };
  for (let n = 0; n < many; n += limits.recordedDeliveries) {
    const finished = {
      ...{ event, eventType: 'agent.seen', session: null, delivery: null, blocked: false, gone: false },
      attempts: [attempt],
      retryAfterUs: null,
    };
    const length = Math.min(limits.recordedDeliveries, many - n);
    const command = {
      ...{ lane: webhook, fence, position: null, lost: [], unblocked: [], retrySeconds: [0] },
      finished: Array.from({ length }, () => finished),
    };
    await h.store.recordDeliveries(h.org.id, command, { requestId, idempotency: null });
  }
  await h.store.releaseLanes(h.org.id, 'test');
  const ask = { body: { since: '2020-01-01T00:00:00Z' }, headers: { 'idempotency-key': 'recover-many' } };
  const path = `${mount.webhooks}/${webhook}/recover`;
  expect((await h.ask('POST', path, ask)).json).toEqual({ count: many });
  expect((await h.ask('POST', path, ask)).json).toEqual({ count: many });
});

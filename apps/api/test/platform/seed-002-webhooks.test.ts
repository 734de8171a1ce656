/**
 * The samples of the document for webhooks, filtering and replay, through our SDK: as written, at the dates that they name;
 * only their URLs are those of real receivers.
 */
import { randomBytes } from 'node:crypto';
import { makeSecret, secretPrefix } from '@turnlog/core/tokens';
import { type Event, type Replay, Turnlog } from '@turnlog/sdk';
import { unwrap } from '@turnlog/sdk/webhooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../src/http/credentials.ts';
import { type Harness, openHarness } from '../harness.ts';
import { openReceiver, type Receiver } from '../support/receiver.ts';
import { EXAMPLES } from './examples.ts';

const NEVER = 'http://127.0.0.1:9/hook';
const TYPES: readonly string[] = EXAMPLES.map((text) => JSON.parse(text).type);
const ofDocument = (pattern: RegExp): string[] => TYPES.filter((type) => pattern.test(type));

let h: Harness;
let client: Turnlog;
let token: string;

beforeEach(async () => {
  h = await openHarness();
  setClock('2026-02-19T12:00:00Z');
  // An org that begins at the date of the clock.
  token = makeSecret(randomBytes);
  h.store.createOrg({ name: 'third', token: { name: 'own', hash: sha256(token), prefix: secretPrefix(token) } });
  client = new Turnlog({ token, baseURL: (await h.listen()).url });
});
afterEach(() => h.close());

function setClock(time: string): void {
  h.clock.offsetUs = (Date.parse(time) - Date.now()) * 1000;
}

/** Publishes every example of the document; gives their ids. */
async function publishAll(): Promise<string[]> {
  const ids: string[] = [];
  for (const body of EXAMPLES) ids.push((await h.ask('POST', '/api/v1/events', { token, body })).json.id);
  return ids;
}

/** Every example on the 20th, and again on the 21st of February. */
async function twoDays(): Promise<readonly [twentieth: string[], twentyFirst: string[]]> {
  setClock('2026-02-20T09:00:00Z');
  const twentieth = await publishAll();
  setClock('2026-02-21T03:27:00Z');
  return [twentieth, await publishAll()];
}

/** Which events have come, once or more often. */
function idsOf({ received }: Receiver): unknown[] {
  return [...new Set(received.map(({ headers }) => headers['webhook-id']))].sort();
}

async function all(events: AsyncIterable<Event>): Promise<Event[]> {
  const found: Event[] = [];
  for await (const event of events) found.push(event);
  return found;
}

/** Asks until it is so; the timeout of the test is its bound. */
async function until<T>(ask: () => Promise<T>, isSo: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await ask();
    if (isSo(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const ended = (id: string): Promise<Replay> =>
  until(
    () => client.replays.retrieve(id),
    ({ ended_at }) => ended_at !== null,
  );

describe('Subscribing to Events', () => {
  it('Webhooks: the subscription as it is written, whose secret is shown once', async () => {
    const webhook = await client.webhooks.create({
      url: 'https://example.com/webhook',
      events: ['agent.created', 'session.completed', 'session.failed'],
      secret: 'your_webhook_secret',
    });
    expect(webhook).toMatchObject({
      url: 'https://example.com/webhook',
      events: ['agent.created', 'session.completed', 'session.failed'],
      secret: `whsec_${Buffer.from('your_webhook_secret').toString('base64')}`,
      status: 'enabled',
    });
    const again = await client.webhooks.retrieve(webhook.id);
    expect(again).not.toHaveProperty('secret');
  });

  it('Webhooks: what was subscribed to is delivered, signed with the secret, and nothing else is', async () => {
    await using receiver = await openReceiver();
    await client.webhooks.create({
      url: receiver.url,
      events: ['agent.created', 'session.completed', 'session.failed'],
      secret: 'your_webhook_secret',
    });
    const ids = (await twoDays()).flat();
    await h.deliver();
    const wanted = ids.filter((_, index) =>
      /^(agent\.created|session\.completed|session\.failed)$/.test(TYPES[index % TYPES.length] ?? ''),
    );
    expect(wanted).toHaveLength(6);
    const now = new Date('2026-02-21T03:27:00Z');
    for (const id of wanted) {
      const { headers, body } = await receiver.delivery(id);
      const event = await unwrap(body, headers, 'your_webhook_secret', { now, toleranceSeconds: 3600 });
      expect(event).toEqual(await client.events.retrieve(id));
    }
    expect(idsOf(receiver)).toEqual(wanted);
  });

  it('Polling, and Event Filtering: by type, by resource, by time range', async () => {
    await twoDays();
    const events = client.events.list({
      since: '2026-02-21T00:00:00Z',
      types: ['agent.*', 'session.*'],
      limit: 100,
    });
    expect((await all(events)).map(({ type }) => type)).toEqual(ofDocument(/^(agent|session)\./));
    const byType = client.events.list({ types: ['session.completed', 'session.failed'] });
    expect((await all(byType)).map(({ type }) => type)).toEqual([
      ...['session.completed', 'session.failed'],
      ...['session.completed', 'session.failed'],
    ]);
    const byAgent = await all(client.events.list({ agent_id: 'agent_123' }));
    expect(byAgent.map(({ type }) => type)).toEqual([...ofDocument(/^agent\./), ...ofDocument(/^agent\./)]);
    await client.sessions.create({ external_id: 'sess_456' });
    await client.events.publish({ events: [{ type: 'session.started', data: { session_id: 'sess_456' } }] });
    const bySession = await all(client.events.list({ session_id: 'sess_456' }));
    expect(bySession.map(({ type }) => type)).toEqual(['session.created', 'session.started']);
    const byTime = client.events.list({ since: '2026-02-20T00:00:00Z', until: '2026-02-21T00:00:00Z' });
    expect((await all(byTime)).map(({ type }) => type)).toEqual(TYPES);
  });
});

describe('Event Replay', () => {
  it('Replay Events, Replay Status: counted exactly, delivered, and told how far', async () => {
    await using receiver = await openReceiver();
    const [twentieth] = await twoDays();
    const replay = await client.events.replay({
      since: '2026-02-20T00:00:00Z',
      until: '2026-02-21T00:00:00Z',
      types: ['session.*'],
      webhook_url: receiver.url,
    });
    expect(`Replaying ${replay.event_count} events`).toBe('Replaying 4 events');
    const queued = await client.events.getReplayStatus(replay.id);
    expect(`Progress: ${queued.delivered}/${queued.total}`).toBe('Progress: 0/4');
    await h.deliver();
    await ended(replay.id);
    const status = await client.events.getReplayStatus(replay.id);
    expect(`Progress: ${status.delivered}/${status.total}`).toBe('Progress: 4/4');
    expect(status).toMatchObject({ status: 'completed', failed: 0 });
    const wanted = twentieth.filter((_, index) => TYPES[index]?.startsWith('session.'));
    const now = new Date('2026-02-21T03:27:00Z');
    for (const id of wanted) {
      const { headers, body } = await receiver.delivery(id, replay.id);
      const event = await unwrap(body, headers, replay.secret ?? '', { now, toleranceSeconds: 3600 });
      expect(event).toEqual(await client.events.retrieve(id));
    }
    expect(idsOf(receiver)).toEqual(wanted);
  });

  it('the same by the paths of the reference', async () => {
    await using receiver = await openReceiver();
    await twoDays();
    const range = { since: '2026-02-20T00:00:00Z', until: '2026-02-21T00:00:00Z' };
    const body = { ...range, types: ['session.*'], webhook_url: receiver.url };
    const { status, json } = await h.ask('POST', '/api/v1/events/replay', { token, body });
    expect([status, json.event_count, json.status]).toEqual([202, 4, 'queued']);
    await h.deliver();
    await ended(json.id);
    const { json: progress } = await h.ask('GET', `/api/v1/events/replay/${json.id}`, { token });
    expect(progress).toMatchObject({ delivered: 4, failed: 0, total: 4, status: 'completed' });
    const { type, metadata } = JSON.parse(String(receiver.received[0]?.body));
    expect([type, Object.keys(metadata)]).toEqual([
      expect.stringMatching(/^session\./),
      expect.arrayContaining(['organization_id', 'request_id']),
    ]);
  });

  it('may only be counted, and then has no id', async () => {
    await twoDays();
    const replay = await client.events.replay({
      since: '2026-02-20T00:00:00Z',
      until: '2026-02-21T00:00:00Z',
      webhook_url: 'https://example.com/replay',
      dry_run: true,
    });
    expect(replay).toEqual({
      id: null,
      event_count: TYPES.filter((type) => !type.startsWith('webhook.')).length,
      status: 'dry_run',
    });
    expect((await client.replays.list()).data).toEqual([]);
  });

  it('is paused, resumed and canceled', async () => {
    await twoDays();
    const { id } = await client.replays.create({
      since: '2026-02-20T00:00:00Z',
      until: '2026-02-21T00:00:00Z',
      webhook_url: NEVER,
    });
    expect((await client.replays.pause(id)).status).toBe('paused');
    expect((await client.replays.resume(id)).status).toBe('queued');
    expect((await client.replays.cancel(id)).status).toBe('canceled');
    expect(await client.replays.list().toArray()).toEqual([await client.events.getReplayStatus(id)]);
  });
});

describe('client.webhooks', () => {
  it('lists, changes, disables, enables and deletes', async () => {
    const { id } = await client.webhooks.create({ url: NEVER, events: ['*'] });
    const { secret, ...other } = await client.webhooks.create({ url: NEVER, events: ['a.*'], ordering: 'session' });
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(await client.webhooks.list().toArray()).toEqual([{ ...other, lag: null }, expect.objectContaining({ id })]);
    const changed = await client.webhooks.update(id, { events: ['b.*'], metadata: { team: 'x' }, rate_limit: 5 });
    expect(changed).toMatchObject({ id, events: ['b.*'], metadata: { team: 'x' }, rate_limit: 5, url: NEVER });
    expect(await client.webhooks.disable(id)).toMatchObject({ status: 'disabled', disabled_reason: 'requested' });
    expect(await client.webhooks.enable(id, { from: 'stopped' })).toMatchObject({ status: 'enabled' });
    expect(await client.webhooks.delete(id)).toEqual({ id, type: 'webhook_deleted' });
    await expect(client.webhooks.retrieve(id)).rejects.toMatchObject({ name: 'NotFoundError' });
  });

  it('tests, rotates, and has the log of deliveries, which are sent again when asked', async () => {
    await using receiver = await openReceiver(500);
    const { id, secret } = await client.webhooks.create({ url: receiver.url, events: ['agent.created'] });
    expect(await client.webhooks.test(id)).toMatchObject({ delivered: false, status_code: 500 });
    const rotated = await client.webhooks.rotateSecret(id, { overlap_seconds: 60 });
    expect([rotated.secret === secret, rotated.previous_secret_expires_at]).toEqual([false, expect.any(String)]);
    await h.deliver({ retrySeconds: [0] });
    await publishAll();
    const state = (wanted: string, attempts: number) =>
      until(
        () => client.webhooks.deliveries.list(id, { states: ['failed', 'succeeded'] }),
        ({ data }) => data[0]?.state === wanted && data[0].attempt_count === attempts,
      );
    const { data } = await state('failed', 1);
    const [delivery] = data;
    expect(data).toEqual([expect.objectContaining({ event_type: 'agent.created', status_code: 500 })]);
    receiver.answer(204);
    const resent = await client.webhooks.deliveries.resend(id, delivery?.id ?? '');
    expect(resent).toMatchObject({ id: delivery?.id, type: 'delivery' });
    await state('succeeded', 2);
    const { attempts } = await client.webhooks.deliveries.retrieve(id, delivery?.id ?? '');
    expect(attempts.map(({ status_code }) => status_code)).toEqual([500, 204]);
    expect(attempts[0]?.request_headers).toMatchObject({ 'webhook-signature': '[redacted]' });
    expect(await client.webhooks.recover(id, { since: '2026-02-19T00:00:00Z' })).toEqual({ count: 0 });
  });
});

/** I7 in the other dialects: what another org has does not exist to us, byte for byte, on every route and for every kind of name. */
import { uuidOfId } from '@turnlog/core/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { DIALECTS } from '../src/dialects/prefixes.ts';
import { type Harness, openHarness, type Reply } from './harness.ts';
import { openSse } from './support/sse.ts';
import { logDeliveries } from './webhooks/support.ts';

let h: Harness;
/** Names of what the second org has, and of what nobody has, by kind; the same kinds in both. */
let foreign: Names;

interface Names {
  readonly uuid: string;
  readonly capability: string;
  readonly sessionId: string;
  readonly externalId: string;
  readonly eventId: string;
  readonly accountEventId: string;
  readonly webhookId: string;
  readonly replayId: string;
  readonly deliveryId: string;
}

const UNKNOWN: Names = {
  uuid: '0199ffff-ffff-7fff-bfff-ffffffffffff',
  capability: '0b9f6f0e-6a53-4d58-9d07-0d1c7a2f3b11',
  sessionId: 'sess_01K5ZV7QH37MZTXN4T6B9D0RFE',
  externalId: 'nobodys-own',
  eventId: 'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB',
  accountEventId: 'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAC',
  webhookId: 'wh_01K5ZV8B3M6R9T2W5Y8B1D4F7H',
  replayId: 'rpl_01K5ZV9F2T4W7Y0A3C6E9G2J5M',
  deliveryId: 'del_01K5ZV8D7Q2S5V8X1Z4B7D0F3H',
};

type Kind = keyof Names;

interface Known {
  /** For routes that name nothing: they are looked at one by one below. */
  readonly listed?: true;
  readonly body?: (name: string) => object;
  /** The status for what does not exist. */
  readonly status?: number;
}

const runtimeEvent = (session_id: string, event_type = 'message') => ({
  session_id,
  event_type,
  session_name: 'theirs',
  timestamp: '2026-02-03T04:05:06Z',
});

/** Every operation of the documents, with a body that would be right. */
const MATRIX: Readonly<Record<string, Known>> = {
  'workflow.sessions.list': { listed: true },
  'workflow.sessions.create': { listed: true },
  'workflow.events.list': {},
  'workflow.events.create': { body: () => ({ event_type: 'workflow_started' }) },
  'platform.events.list': { listed: true },
  'platform.events.publish': { listed: true },
  'platform.events.subscribe': { listed: true },
  'platform.events.retrieve': {},
  'platform.webhooks.create': { listed: true },
  'platform.webhooks.list': { listed: true },
  'platform.webhooks.retrieve': {},
  'platform.webhooks.update': { body: () => ({ description: 'mine' }) },
  'platform.webhooks.delete': {},
  'platform.webhooks.enable': { body: () => ({ from: 'now' }) },
  'platform.webhooks.disable': {},
  'platform.webhooks.test': {},
  'platform.webhooks.rotateSecret': {},
  'platform.webhooks.recover': { body: () => ({ since: '2020-01-01T00:00:00Z' }) },
  'platform.webhooks.deliveries.list': {},
  'platform.webhooks.deliveries.retrieve': {},
  'platform.webhooks.deliveries.resend': {},
  'platform.replays.create': { listed: true },
  'platform.replays.retrieve': {},
  'platform.replays.pause': {},
  'platform.replays.resume': {},
  'platform.replays.cancel': {},
  'wave.sessions.create': { listed: true },
  'wave.sessions.public': { listed: true },
  'wave.sessions.retrieve': {},
  'wave.sessions.update': { body: () => ({ labels: ['mine'] }) },
  'wave.sessions.delete': {},
  'wave.sessions.status': {},
  'wave.sessions.labels': { body: () => ({ labels: ['mine'] }) },
  'wave.sessions.start': {},
  'wave.sessions.pause': {},
  'wave.sessions.stop': {},
  'wave.events.listen': {},
  'wave.events.push': { body: () => ({ type: 'status', data: 'running' }) },
  'runtime.sessions.list': { listed: true },
  'runtime.sessions.create': { listed: true },
  'runtime.sessions.retrieve': {},
  'runtime.sessions.delete': {},
  'runtime.sessions.status': { status: 200 },
  'runtime.sessions.result': {},
  'runtime.sessions.update': { body: () => ({ session_name: 'mine' }) },
  'runtime.events.list': {},
  'runtime.events.send': { body: runtimeEvent },
  'runtime.events.list_legacy': { status: 200 },
  'runtime.events.send_legacy': { listed: true },
};

const KINDS: Readonly<Record<string, readonly Kind[]>> = {
  workflow: ['uuid'],
  platform: ['eventId', 'accountEventId', 'webhookId', 'replayId'],
  wave: ['uuid', 'capability'],
  runtime: ['sessionId', 'externalId'],
};

interface Route {
  readonly dialect: string;
  readonly operationId: string;
  readonly method: string;
  readonly path: string;
}

beforeAll(async () => {
  h = await openHarness({ waveHoldMs: 20 });
  const token = h.other.token;
  const ask = (method: string, path: string, body?: object) => h.ask(method, path, { token, body });
  const initial_events = [{ type: 'theirs.event', secret: 'their-secret' }];
  const { json } = await ask('POST', '/v1/sessions', { external_id: 'theirs', agent: 'their-agent', initial_events });
  const events = await ask('GET', `/v1/sessions/${json.id}/events`);
  const published = await ask('POST', '/api/v1/events', { type: 'theirs.account', data: { secret: 'their-secret' } });
  const endpoint = 'https://example.com/theirs';
  const webhook = await ask('POST', '/api/v1/webhooks', { url: endpoint, events: ['*'] });
  const [deliveryId = ''] = await logDeliveries(h, webhook.json.id, [{ event: events.json.first_id }], h.other);
  const range = { since: '2020-01-01T00:00:00Z', until: '2200-01-01T00:00:00Z' };
  const replay = await ask('POST', '/api/v1/events/replay', { ...range, webhook_url: endpoint });
  const wave = await ask('POST', '/api/sessions', { labels: ['their-label'] });
  foreign = {
    uuid: uuidOfId(json.id),
    capability: wave.json.token,
    sessionId: json.id,
    externalId: 'theirs',
    eventId: events.json.first_id,
    accountEventId: published.json.id,
    webhookId: webhook.json.id,
    replayId: replay.json.id,
    deliveryId,
  };
});

afterAll(() => h.close());

const OTHERS = DIALECTS.filter((name) => name !== 'cloud');

async function routesOf(dialect: string): Promise<readonly Route[]> {
  const { json } = await h.ask('GET', `/openapi/${dialect}.json`);
  const found: Route[] = [];
  for (const [path, operations] of Object.entries<Record<string, { operationId: string }>>(json.paths)) {
    for (const [method, { operationId }] of Object.entries(operations)) {
      found.push({ dialect, operationId, method, path });
    }
  }
  return found;
}

/** What an answer says, but for its request id and the name that it echoes. */
async function answer({ method, path, operationId }: Route, names: Names, kind: Kind) {
  const name = names[kind];
  const body = MATRIX[operationId]?.body?.(name);
  const filled = path.replace('{delivery_id}', names.deliveryId).replace(/\{\w+\}/, name);
  const reply = await h.ask(method.toUpperCase(), filled, body === undefined ? {} : { body });
  const headers = [...reply.headers].filter(([header]) => header !== 'request-id');
  const text = reply.text.replaceAll(reply.headers.get('request-id') ?? '', '<request>').replaceAll(name, '<name>');
  return { status: reply.status, headers, text };
}

/** Everything that the second org sees of itself. */
async function theirs(): Promise<string> {
  const token = h.other.token;
  const paths = [
    '/v1/sessions?limit=100&include_archived=true',
    '/v1/events?limit=1000',
    `/v1/sessions/${foreign.sessionId}`,
    `/v1/webhooks/${foreign.webhookId}/deliveries/${foreign.deliveryId}`,
    '/v1/webhooks',
    '/v1/replays',
  ];
  const replies = await Promise.all(paths.map((path) => h.ask('GET', path, { token })));
  return replies.map(({ text }) => text).join('\n');
}

it('the matrix knows every operation of every dialect', async () => {
  const routes = (await Promise.all(OTHERS.map(routesOf))).flat();
  expect(routes.map(({ operationId }) => operationId).sort()).toEqual(Object.keys(MATRIX).sort());
  for (const { operationId, path } of routes)
    expect(path.includes('{'), operationId).toBe(!MATRIX[operationId]?.listed);
});

describe.each(OTHERS)('in the %s dialect', (dialect) => {
  it('a name of another org is answered like one that nobody has, on every route and for every kind of name', async () => {
    const [before, stored] = [await theirs(), await h.stored()];
    for (const route of await routesOf(dialect)) {
      const known = MATRIX[route.operationId];
      if (known?.listed) continue;
      for (const kind of KINDS[dialect] ?? []) {
        const expected = await answer(route, UNKNOWN, kind);
        expect(expected.status, `${route.operationId} ${expected.text}`).toBe(known?.status ?? 404);
        expect(await answer(route, foreign, kind), `${route.operationId} ${kind}`).toEqual(expected);
      }
    }
    expect(await h.stored()).toBe(stored);
    expect(await theirs()).toBe(before);
  });
});

const SECRETS = /their-secret|their-agent|their-label|theirs/;

function sees(reply: Reply): void {
  expect(reply.status).toBe(200);
  expect(reply.text).not.toMatch(SECRETS);
  for (const name of Object.values(foreign)) expect(reply.text).not.toContain(name);
}

describe('what names nothing shows nothing of another org', () => {
  it('lists of sessions', async () => {
    sees(await h.ask('GET', '/api/v2/sessions?per_page=100'));
    sees(await h.ask('GET', '/sessions'));
    sees(await h.ask('GET', '/api/sessions/public'));
  });

  it('the beginning of a session id of another org', async () => {
    const beginnings = [8, 12, 20].map((length) => foreign.uuid.slice(0, length));
    const replies = await Promise.all(beginnings.map((beginning) => h.ask('GET', `/api/sessions/${beginning}`)));
    expect(replies.map(({ status }) => status)).toEqual([404, 404, 404]);
  });

  it('the events of the org, whatever is asked of them', async () => {
    for (const query of [
      'limit=100',
      'order=desc',
      `after_id=${foreign.eventId}`,
      `session_id=${foreign.sessionId}`,
      'session_id=theirs',
      'agent_id=their-agent',
      'types=theirs.*',
      'since=2020-01-01T00:00:00Z',
    ]) {
      sees(await h.ask('GET', `/api/v1/events?${query}`));
    }
  });

  it('a subscription, though theirs are written while it is open', async () => {
    const { url } = await h.listen();
    const stream = await openSse(`${url}/api/v1/events/subscribe?from=start`, { token: h.org.token });
    const token = h.other.token;
    await h.ask('POST', '/api/v1/events', { token, body: { type: 'theirs.more', data: {} } });
    await h.ask('POST', '/sessions/theirs/events', { token, body: runtimeEvent('theirs') });
    const { json } = await h.ask('POST', '/api/v1/events', { body: { type: 'ours', data: {} } });
    await stream.until(({ ids }) => ids.includes(json.id));
    expect(stream.text).not.toMatch(SECRETS);
    stream.close();
  });

  it('the socket, at its beginning and afterwards', async () => {
    const { url } = await h.listen();
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, {
      headers: { authorization: `Bearer ${h.org.token}` },
    });
    const seen: string[] = [];
    const arrived = (text: string) =>
      new Promise<void>((resolve, reject) => {
        socket.on('error', reject);
        socket.on('message', (data) => {
          if (!seen.includes(String(data))) seen.push(String(data));
          if (seen.some((message) => message.includes(text))) resolve();
        });
      });
    await arrived('"init"');
    const token = h.other.token;
    await h.ask('POST', '/sessions/theirs/events', { token, body: runtimeEvent('theirs') });
    await h.ask('POST', '/sessions', { token, body: { session_id: 'theirs-2', session_name: 'theirs' } });
    const ours = arrived('ours-1');
    await h.ask('POST', '/sessions', { body: { session_id: 'ours-1', session_name: 'mine' } });
    await ours;
    expect(seen.join('\n')).not.toMatch(SECRETS);
    socket.terminate();
  });
});

describe('what is made is made in our own org', () => {
  it('a session under the name of one of theirs', async () => {
    const before = await theirs();
    const created = await h.ask('POST', '/sessions', { body: { session_id: 'theirs', session_name: 'ours' } });
    expect(created.status).toBe(200);
    await h.ask('DELETE', '/sessions/theirs');
    const started = await h.ask('POST', '/events', { body: runtimeEvent('theirs', 'session_start') });
    expect(started.status).toBe(200);
    const { json } = await h.ask('GET', '/v1/sessions/theirs');
    expect(json.id).not.toBe(foreign.sessionId);
    await h.ask('DELETE', '/sessions/theirs');
    expect((await h.ask('POST', '/events', { body: runtimeEvent('theirs') })).status).toBe(404);
    expect(await theirs()).toBe(before);
  });

  it('sessions and events of every dialect', async () => {
    const before = await theirs();
    const made = [
      await h.ask('POST', '/api/v2/sessions', { body: { name: 'ours' } }),
      await h.ask('POST', '/api/sessions'),
      await h.ask('POST', '/api/v1/events', {
        body: { type: 'session.started', data: { session_id: foreign.sessionId } },
      }),
    ];
    expect(made.map(({ status }) => status)).toEqual([201, 200, 201]);
    expect(await theirs()).toBe(before);
  });
});

describe('a capability', () => {
  const bare = { token: null } as const;

  it('opens its session to whoever bears it, and no other, in no other dialect', async () => {
    const { json: mine } = await h.ask('POST', '/api/sessions');
    const { json: other } = await h.ask('POST', '/api/sessions');
    const { json: newest } = await h.ask('GET', '/v1/sessions?limit=2');
    expect((await h.ask('GET', `/api/sessions/${mine.token}/status`, bare)).status).toBe(200);
    for (const { id } of newest.data) {
      const reply = await h.ask('GET', `/api/sessions/${uuidOfId(id)}/status`, bare);
      expect(reply.status).toBe(404);
    }
    const borne = { token: mine.token };
    const paths = [
      '/v1/sessions',
      '/api/v2/sessions',
      '/api/v1/events',
      '/sessions',
      `/api/sessions/${other.token}/status`,
    ];
    for (const path of paths) expect((await h.ask('GET', path, borne)).status, path).toBe(401);
    expect((await h.ask('POST', '/api/sessions', borne)).status).toBe(401);
  });

  it('of one org is nothing to the token of another', async () => {
    const { json } = await h.ask('POST', '/api/sessions');
    const reply = await h.ask('GET', `/api/sessions/${json.token}/status`, { token: h.other.token });
    expect(reply.status).toBe(404);
  });
});

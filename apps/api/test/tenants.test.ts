/** I7: whatever another org has, to us it does not exist; the answers are the same, byte for byte, as for what never was. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, openHarness } from './harness.ts';
import { openSse } from './support/sse.ts';
import { logDeliveries } from './webhooks/support.ts';

let h: Harness;
/** Of the second org. */
let foreign: Ids;

interface Ids {
  readonly session_id: string;
  readonly event_id: string;
  readonly token_id: string;
  readonly external_id: string;
  readonly account_event_id: string;
  readonly webhook_id: string;
  readonly delivery_id: string;
  readonly replay_id: string;
}

const UNKNOWN: Ids = {
  session_id: 'sess_01K5ZV7QH37MZTXN4T6B9D0RFE',
  event_id: 'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB',
  token_id: 'tok_01K5ZV6A9P74HSQ5F2J8T1Y3BN',
  external_id: 'nobodys-own',
  account_event_id: 'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAC',
  webhook_id: 'wh_01K5ZV8B3M6R9T2W5Y8B1D4F7H',
  delivery_id: 'del_01K5ZV8D7Q2S5V8X1Z4B7D0F3H',
  replay_id: 'rpl_01K5ZV9F2T4W7Y0A3C6E9G2J5M',
};

/** Every operation of the document with a body that would be right; `listed` for those without an id in their path. */
const MATRIX: Readonly<Record<string, { readonly body?: object; readonly listed?: true }>> = {
  'sessions.create': { listed: true },
  'sessions.list': { listed: true },
  'sessions.retrieve': {},
  'sessions.update': { body: { title: 'mine now' } },
  'sessions.patch': { body: { title: 'mine now' } },
  'sessions.archive': {},
  'sessions.cancel': {},
  'sessions.delete': {},
  'sessions.events.send': { body: { events: [{ type: 'user.message', content: 'hello' }] } },
  'sessions.events.list': {},
  'sessions.events.retrieve': {},
  'sessions.events.stream': {},
  'events.list': { listed: true },
  'events.publish': { listed: true },
  'events.retrieve': {},
  'events.subscribe': { listed: true },
  'tokens.create': { listed: true },
  'tokens.list': { listed: true },
  'tokens.revoke': {},
  'tokens.rotate': { body: {} },
  'webhooks.create': { listed: true },
  'webhooks.list': { listed: true },
  'webhooks.retrieve': {},
  'webhooks.update': { body: { description: 'mine now' } },
  'webhooks.delete': {},
  'webhooks.enable': { body: { from: 'now' } },
  'webhooks.disable': {},
  'webhooks.test': {},
  'webhooks.rotateSecret': {},
  'webhooks.recover': { body: { since: '2020-01-01T00:00:00Z' } },
  'webhooks.deliveries.list': {},
  'webhooks.deliveries.retrieve': {},
  'webhooks.deliveries.resend': {},
  'replays.create': { listed: true },
  'replays.list': { listed: true },
  'replays.retrieve': {},
  'replays.pause': {},
  'replays.resume': {},
  'replays.cancel': {},
};

interface Route {
  readonly operationId: string;
  readonly method: string;
  readonly path: string;
}

beforeAll(async () => {
  h = await openHarness();
  const token = h.other.token;
  const body = {
    external_id: 'theirs',
    agent: 'their-agent',
    metadata: { a: 'b' },
    initial_events: [{ type: 'user.message', content: 'hello' }],
  };
  const session = await h.ask('POST', '/v1/sessions', { token, body });
  const events = await h.ask('GET', `/v1/sessions/${session.json.id}/events`, { token });
  const tokens = await h.ask('GET', '/v1/tokens', { token });
  const published = await h.ask('POST', '/v1/events', { token, body: { events: [{ type: 'theirs.account' }] } });
  const endpoint = 'https://example.com/theirs';
  const webhook = await h.ask('POST', '/v1/webhooks', { token, body: { url: endpoint, events: ['*'] } });
  const [delivery = ''] = await logDeliveries(h, webhook.json.id, [{ event: events.json.first_id }], h.other);
  const range = { since: '2020-01-01T00:00:00Z', until: '2200-01-01T00:00:00Z' };
  const replay = await h.ask('POST', '/v1/replays', { token, body: { ...range, webhook_url: endpoint } });
  foreign = {
    webhook_id: webhook.json.id,
    delivery_id: delivery,
    replay_id: replay.json.id,
    account_event_id: published.json.data[0].id,
    session_id: session.json.id,
    event_id: events.json.first_id,
    token_id: tokens.json.first_id,
    external_id: 'theirs',
  };
});

afterAll(() => h.close());

async function routes(): Promise<readonly Route[]> {
  const { json } = await h.ask('GET', '/openapi.json');
  const found: Route[] = [];
  for (const [path, operations] of Object.entries<Record<string, { operationId: string }>>(json.paths)) {
    for (const [method, { operationId }] of Object.entries(operations)) found.push({ operationId, method, path });
  }
  return found;
}

/** The path with these ids, and the answer without what may differ: the request id and the echoed ids. */
async function answer({ method, path, operationId }: Route, ids: Ids, mount: string) {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: keyof Ids) => ids[name]).replace(/^\/v1/, mount);
  const { body } = MATRIX[operationId] ?? {};
  const reply = await h.ask(method.toUpperCase(), filled, body === undefined ? {} : { body });
  const headers = [...reply.headers].filter(([name]) => name !== 'request-id');
  const echoed = new Set(Object.values(ids));
  const text = reply.text.replace(/'([^']*)'/g, (quoted, id) => (echoed.has(id) ? "'<id>'" : quoted));
  return { status: reply.status, headers, text: text.replaceAll(reply.json.request_id, '<request>') };
}

it('the matrix knows every operation', async () => {
  expect([...new Set((await routes()).map(({ operationId }) => operationId))].sort()).toEqual(
    Object.keys(MATRIX).sort(),
  );
});

describe.each(['/v1', '/api/v1/cloud'])('at %s', (mount) => {
  it('an id of another org is answered like an unknown one, on every route and id kind', async () => {
    const theirs = await h.ask('GET', `/v1/sessions/${foreign.session_id}`, { token: h.other.token });
    const stored = await h.stored();
    for (const route of await routes()) {
      if (MATRIX[route.operationId]?.listed) continue;
      const expected = await answer(route, UNKNOWN, mount);
      expect(expected.status, route.operationId).toBe(404);
      const byExternalId = (ids: Ids) => ({ ...ids, session_id: ids.external_id });
      expect(await answer(route, foreign, mount), route.operationId).toEqual(expected);
      expect(await answer(route, byExternalId(foreign), mount)).toEqual(
        await answer(route, byExternalId(UNKNOWN), mount),
      );
    }
    expect(await h.stored()).toBe(stored);
    const after = await h.ask('GET', `/v1/sessions/${foreign.session_id}`, { token: h.other.token });
    expect(after.text).toBe(theirs.text);
  });

  it('an event of another org is unknown in a session of ours too', async () => {
    const { json } = await h.ask('POST', `${mount}/sessions`, { body: {} });
    const own = (ids: Ids) => ({ ...ids, session_id: json.id });
    const route = {
      operationId: 'sessions.events.retrieve',
      method: 'get',
      path: '/v1/sessions/{session_id}/events/{event_id}',
    };
    const expected = await answer(route, own(UNKNOWN), mount);
    expect(expected.status).toBe(404);
    expect(await answer(route, own(foreign), mount)).toEqual(expected);
  });

  it('a delivery of another org is unknown of a webhook of ours too, and no replay goes to a webhook of theirs', async () => {
    const url = 'https://example.com/ours';
    const { json } = await h.ask('POST', `${mount}/webhooks`, { body: { url, events: ['*'] } });
    const own = (ids: Ids) => ({ ...ids, webhook_id: json.id });
    const path = '/v1/webhooks/{webhook_id}/deliveries/{delivery_id}';
    for (const [operationId, method, rest] of [
      ['webhooks.deliveries.retrieve', 'get', ''],
      ['webhooks.deliveries.resend', 'post', '/resend'],
    ] as const) {
      const route = { operationId, method, path: `${path}${rest}` };
      const expected = await answer(route, own(UNKNOWN), mount);
      expect(expected.status).toBe(404);
      expect(await answer(route, own(foreign), mount)).toEqual(expected);
    }
    const replies = [UNKNOWN, foreign].map(async ({ webhook_id }) => {
      const body = { since: '2020-01-01T00:00:00Z', until: '2200-01-01T00:00:00Z', webhook_id };
      const reply = await h.ask('POST', `${mount}/replays`, { body });
      const text = reply.text.replaceAll(reply.json.request_id, '').replaceAll(webhook_id, '');
      return [reply.status, text];
    });
    const [unknown, theirs] = await Promise.all(replies);
    expect(unknown?.[0]).toBe(404);
    expect(theirs).toEqual(unknown);
  });

  it('lists of webhooks and replays show nothing of another org', async () => {
    for (const path of ['/webhooks?limit=1000', '/replays?limit=1000']) {
      const { text, status } = await h.ask('GET', `${mount}${path}`);
      expect(status).toBe(200);
      for (const id of Object.values(foreign)) expect(text).not.toContain(id);
    }
  });

  it('lists and filters show nothing of another org', async () => {
    for (const query of ['', '?external_id=theirs', '?metadata[a]=b', '?include_archived=true&limit=1000']) {
      const { text, status } = await h.ask('GET', `${mount}/sessions${query}`);
      expect(status).toBe(200);
      expect(text).not.toContain(foreign.session_id);
    }
    expect((await h.ask('GET', `${mount}/tokens?limit=1000`)).text).not.toContain(foreign.token_id);
  });

  it("another org's record is a position in our lists, like any other moment", async () => {
    expect((await h.ask('GET', `${mount}/sessions?after_id=${foreign.session_id}`)).status).toBe(200);
    expect((await h.ask('GET', `${mount}/tokens?before_id=${foreign.token_id}`)).status).toBe(200);
  });

  it("another org's events appear in no feed of ours, whatever is asked of it", async () => {
    const { json: ours } = await h.ask('POST', `${mount}/events`, { body: { events: [{ type: 'ours' }] } });
    const queries = [
      'limit=1000',
      'limit=1000&order=desc',
      `after_id=${foreign.event_id}`,
      `before_id=${foreign.event_id}`,
      `after_id=${foreign.event_id}&order=desc`,
      `session_id=${foreign.session_id}`,
      `session_id=${foreign.external_id}`,
      'agent_id=their-agent',
      'types=theirs.*,user.message',
      'since=2020-01-01T00:00:00Z',
    ];
    for (const query of queries) {
      const { status, text, json } = await h.ask('GET', `${mount}/events?${query}`);
      expect(status, query).toBe(200);
      expect(text, query).not.toMatch(new RegExp(`${foreign.session_id}|${foreign.account_event_id}|their-agent`));
      if (query.startsWith('session_id') || query.startsWith('agent_id')) expect(json.data, query).toEqual([]);
    }
    const filtered = (name: string) => h.ask('GET', `${mount}/events?session_id=${name}&limit=1000`);
    const [known, unknown] = [await filtered(foreign.session_id), await filtered(UNKNOWN.session_id)];
    expect(known.text).toBe(unknown.text);
    const behind = await h.ask('GET', `${mount}/events?after_id=${foreign.event_id}&limit=1000`);
    expect(behind.json.data.map(({ id }: { id: string }) => id)).toContain(ours.data[0].id);
  });

  it("another org's events reach no stream of ours, though theirs are written while it is open", async () => {
    const { url } = await h.listen();
    const open = (query: string) => openSse(`${url}${mount}/events/stream?${query}`, { token: h.org.token });
    const streams = await Promise.all([open('from=start'), open(`after_id=${foreign.event_id}`), open('types=*')]);
    const byName = await open(`from=start&session_id=${foreign.session_id}`);
    const theirs = { token: h.other.token, body: { events: [{ type: 'theirs.more', secret: true }] } };
    await h.ask('POST', `${mount}/sessions/${foreign.session_id}/events`, theirs);
    await h.ask('POST', `${mount}/events`, theirs);
    const { json } = await h.ask('POST', `${mount}/events`, { body: { events: [{ type: 'ours' }] } });
    for (const stream of streams) {
      await stream.until(({ ids }) => ids.includes(json.data[0].id));
      expect(stream.text).not.toMatch(new RegExp(`theirs\\.more|secret|${foreign.session_id}`));
    }
    expect(byName.events).toEqual([]);
    for (const stream of [...streams, byName]) stream.close();
  });

  it("another org's event is no cursor of a session's list or stream, like one that never was", async () => {
    const { json: session } = await h.ask('POST', `${mount}/sessions`, { body: {} });
    const path = `${mount}/sessions/${session.id}/events`;
    for (const target of [path, `${path}/stream`]) {
      const answers = await Promise.all(
        [foreign.event_id, UNKNOWN.event_id].map((id) => h.ask('GET', `${target}?after_id=${id}`)),
      );
      const seen = answers.map(({ status, json }) => [status, json.error]);
      expect(seen[0]).toEqual(seen[1]);
      expect(answers[0]?.status).toBe(400);
    }
  });

  it('an external id that another org uses is free in ours', async () => {
    const { status, json } = await h.ask('POST', `${mount}/sessions`, { body: { external_id: 'theirs' } });
    expect(status).toBe(201);
    await h.ask('DELETE', `${mount}/sessions/${json.id}`);
  });

  it('an idempotency key that another org used is new in ours', async () => {
    const headers = { 'idempotency-key': `shared-${mount}` };
    const theirs = await h.ask('POST', `${mount}/sessions`, {
      token: h.other.token,
      headers,
      body: { title: 'theirs' },
    });
    const ours = await h.ask('POST', `${mount}/sessions`, { headers, body: { title: 'ours' } });
    expect([theirs.status, ours.status]).toEqual([201, 201]);
    expect(ours.headers.get('idempotent-replayed')).toBeNull();
  });
});

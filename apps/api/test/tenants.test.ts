/** I7: whatever another org has, to us it does not exist; the answers are the same, byte for byte, as for what never was. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, openHarness } from './harness.ts';

let h: Harness;
/** Of the second org. */
let foreign: Ids;

interface Ids {
  readonly session_id: string;
  readonly event_id: string;
  readonly token_id: string;
  readonly external_id: string;
}

const UNKNOWN: Ids = {
  session_id: 'sess_01K5ZV7QH37MZTXN4T6B9D0RFE',
  event_id: 'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB',
  token_id: 'tok_01K5ZV6A9P74HSQ5F2J8T1Y3BN',
  external_id: 'nobodys-own',
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
  'tokens.create': { listed: true },
  'tokens.list': { listed: true },
  'tokens.revoke': {},
  'tokens.rotate': { body: {} },
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
    metadata: { a: 'b' },
    initial_events: [{ type: 'user.message', content: 'hello' }],
  };
  const session = await h.ask('POST', '/v1/sessions', { token, body });
  const events = await h.ask('GET', `/v1/sessions/${session.json.id}/events`, { token });
  const tokens = await h.ask('GET', '/v1/tokens', { token });
  foreign = {
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

/** What a row says beside its text; rows are never rewritten. */
import { bytesFromId, idFromBytes } from '@turnlog/core/ids';
import { context, draft, sessionCommand } from '@turnlog/store-conformance/commands';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStore, type SqliteStore } from '../src/index.ts';
import { newOrg, START_US } from './support/commands.ts';
import { inspect, newFile } from './support/folder.ts';

const ends: (() => void | Promise<void>)[] = [];
const atEnd = (end: () => void | Promise<void>) => ends.unshift(end);
let file: string;
let store: SqliteStore;

beforeAll(() => {
  file = newFile(atEnd);
  store = openStore({ file, nowUs: () => START_US, onUnknown: () => {} });
  atEnd(() => store.close());
});
afterAll(async () => {
  for (const end of ends) await end();
});

test('each event names its agent, the agent and the session it is about, and the request that wrote it', async () => {
  const org = newOrg(store);
  const asked = context();
  const agent = { id: 'planner', version: null };
  const other = store.createSession(org, sessionCommand({ externalId: 'other' }), context());
  const about = (data: object) => draft({ type: 'note.about', data });
  const events = [
    draft({ type: 'note.plain' }),
    about({ session_id: 'other' }),
    about({ session_id: 'later', agent_id: 'reviewer' }),
    about({ session_id: 'nobody' }),
    about({ agent_id: 'planner' }),
  ];
  const own = store.createSession(org, sessionCommand({ agent, events }), asked);
  const later = store.createSession(org, sessionCommand({ externalId: 'later' }), context());
  const [{ value: session }] = await Promise.all([own, other, later]);
  const rows = inspect(file, (db) =>
    db
      .prepare(
        `SELECT e.seq, a.name AS agent, o.name AS other, s.external_id AS about, e.request_id AS request FROM events e
         LEFT JOIN agents a ON a.org = e.org AND a.no = e.agent_no
         LEFT JOIN agents o ON o.org = e.org AND o.no = e.about_agent
         LEFT JOIN sessions s ON s.org = e.org AND s.no = e.about_session
         WHERE e.session = (SELECT no FROM sessions WHERE id = ?) ORDER BY e.seq`,
      )
      .all(bytesFromId(session.id)),
  ) as { seq: number; agent: string | null; other: string | null; about: string | null; request: Buffer }[];
  expect(rows.map((row) => [row.seq, row.agent, row.other, row.about])).toEqual([
    [1, 'planner', null, null],
    [2, 'planner', null, 'other'],
    [3, 'planner', 'reviewer', null], // the session that it names was created later, though in the same batch
    [4, 'planner', null, null],
    [5, 'planner', null, null],
  ]);
  expect(new Set(rows.map(({ request }) => idFromBytes('req', request)))).toEqual(new Set([asked.requestId]));
  const account = inspect(file, (db) =>
    db.prepare('SELECT count(*) FROM events WHERE session = 0 AND about_session IS NOT NULL').pluck().get(),
  );
  expect(account, 'session.created is about its session').toBe(3);
});

test('an event names no session as the one that it is about when that is the one that holds it', async () => {
  const org = newOrg(store);
  const { value: session } = await store.createSession(org, sessionCommand({ externalId: 'itself' }), context());
  const events = [session.id, 'itself'].map((name) => draft({ type: 'note.about', data: { session_id: name } }));
  await store.appendEvents(org, { id: session.id }, events, context());
  const rows = inspect(file, (db) => {
    const no = 'SELECT no FROM sessions WHERE id = ?';
    return db.prepare(`SELECT about_session FROM events WHERE session = (${no})`).pluck().all(bytesFromId(session.id));
  });
  expect(rows).toEqual([null, null]);
});

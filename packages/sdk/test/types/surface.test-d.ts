import type {
  Event,
  EventStream,
  FeedPage,
  Page,
  PagePromise,
  Session,
  SessionPage,
  TokenWithSecret,
} from '../../src/index.ts';
import {
  ConflictError,
  ConnectionError,
  NotFoundError,
  TimeoutError,
  type Turnlog,
  type TurnlogError,
} from '../../src/index.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <T extends true>(): T | undefined => undefined;

export async function surface(client: Turnlog): Promise<void> {
  const list = client.sessions.list({
    statuses: ['idle'],
    created_at: { gte: new Date(), lt: '2026-01-01T00:00:00Z' },
  });
  holds<Equal<typeof list, PagePromise<SessionPage>>>();
  const page = await list;
  holds<Equal<typeof page, Page<SessionPage>>>();
  holds<Equal<typeof page.prev_page, string | null>>();
  holds<Equal<Awaited<ReturnType<typeof page.toArray>>, Session[]>>();
  for await (const session of list) holds<Equal<typeof session, Session>>();
  for await (const each of list.pages()) holds<Equal<typeof each.data, readonly Session[]>>();
  const token = await client.tokens.create({ name: 'ci', scopes: ['events:write'] });
  holds<Equal<typeof token, TokenWithSecret>>();
  await client.sessions.create();
  // @ts-expect-error: the scopes of a token are a closed set.
  await client.tokens.create({ name: 'ci', scopes: ['everything'] });
  // @ts-expect-error: an unknown filter is found before it is sent.
  await client.sessions.list({ after: 'sess_1' });
  // @ts-expect-error: what the server answered is not the caller's to change.
  page.data[0]!.title = 'Mine';
}

export async function live(client: Turnlog): Promise<void> {
  const stream = client.sessions.events.stream('sess_1', { from: 'start', types: ['user.*'] });
  holds<Equal<typeof stream, EventStream<Event>>>();
  holds<Equal<typeof stream.lastEventId, string | undefined>>();
  holds<Equal<typeof stream.ended, boolean>>();
  for await (const event of stream)
    if (event.type === 'user.message') holds<Equal<typeof event.type, 'user.message'>>();
  const feed = client.events.subscribe({ events: ['session.*'], session_id: 'sess_1', after_id: 'evt_1' });
  holds<Equal<typeof feed, EventStream<Event>>>();
  const page = client.events.list({
    since: '2026-01-01T00:00:00Z',
    until: '2026-02-01T00:00:00Z',
    agent_id: 'a',
    wait: 5,
  });
  holds<Equal<typeof page, PagePromise<FeedPage>>>();
  holds<Equal<Awaited<typeof page>['scanned_through'], string | null>>();
  const session = await client.sessions.waitFor('sess_1', { until: ['idle', 'terminated'], timeout: 1000 });
  holds<Equal<typeof session, Session>>();
  // @ts-expect-error: a status that there is none of is never reached.
  await client.sessions.waitFor('sess_1', { until: ['finished'] });
  // @ts-expect-error: a stream begins at its start or goes on from an id.
  client.sessions.events.stream('sess_1', { from: 'end' });
}

/** One class does not swallow another in the branches of `instanceof`. */
export function classes(error: TurnlogError): string {
  if (error instanceof NotFoundError) return error.name;
  if (error instanceof ConflictError) return error.message;
  if (error instanceof TimeoutError) return error.name;
  if (error instanceof ConnectionError) return error.message;
  return `${error.status} ${error.code}`;
}

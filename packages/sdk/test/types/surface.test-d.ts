import type { Page, PagePromise, Session, SessionPage, TokenWithSecret } from '../../src/index.ts';
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

/** One class does not swallow another in the branches of `instanceof`. */
export function classes(error: TurnlogError): string {
  if (error instanceof NotFoundError) return error.name;
  if (error instanceof ConflictError) return error.message;
  if (error instanceof TimeoutError) return error.name;
  if (error instanceof ConnectionError) return error.message;
  return `${error.status} ${error.code}`;
}

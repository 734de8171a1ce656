/** What these tests do with a store, beside the commands of the conformance suite. */
import type { EventDraft } from '@turnlog/core/events';
import type { OrgId, SessionId } from '@turnlog/core/ids';
import { scanJson } from '@turnlog/core/json';
import type { CreateSession, Session, SessionRef } from '@turnlog/core/sessions';
import { context, draft, eventQuery, newHash, sessionCommand } from '@turnlog/store-conformance/commands';
import type { SqliteStore } from '../../src/index.ts';

export const START_US = 1_769_851_800_000_000;

/** An event whose own text has this many characters, of one byte each. */
export function noteOf(characters: number, type = 'note.large'): EventDraft {
  return draft({ type, text: 'x'.repeat(characters) });
}

export function newOrg(store: SqliteStore, name = 'an org'): OrgId {
  return store.createOrg({ name, token: { name: 'first', hash: newHash(), prefix: 'tlog_pat_abcd' } });
}

/** Makes a session and answers with what names it. */
export async function newSession(
  store: SqliteStore,
  org: OrgId,
  fields: Partial<CreateSession> = {},
): Promise<{ readonly id: SessionId }> {
  const { value } = await store.createSession(org, sessionCommand(fields), context());
  return { id: value.id };
}

export async function sessionOf(store: SqliteStore, org: OrgId, ref: SessionRef): Promise<Session> {
  const session = await store.getSession(org, ref);
  if (session === null) throw new Error('The store does not know a session that exists.');
  return session;
}

/** The texts of all events of a session, oldest first. */
export async function allTexts(store: SqliteStore, org: OrgId, ref: SessionRef): Promise<string[]> {
  const texts: string[] = [];
  let query = eventQuery();
  for (;;) {
    const page = await store.listEvents(org, ref, query);
    if (page === null) throw new Error('The store does not know its own cursor.');
    texts.push(...scanJson(`[${Buffer.from(page.json)}]`, { keepDepth: 1 }).items.map(({ text }) => text));
    if (!page.hasMore || page.lastId === null) return texts;
    query = eventQuery({ cursor: { direction: 'after', id: page.lastId } });
  }
}

/** The error that a promise ends with; fails when it ends well. */
export async function failure(promise: Promise<unknown>): Promise<Error & { readonly code?: string }> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('Expected a failure.');
}

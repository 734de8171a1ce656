/** Commands and queries with defaults, made through core as a dialect makes them. */
import { randomBytes } from 'node:crypto';
import { ALL_TIME } from '@turnlog/core/clock';
import { draftEvent, type EventDraft } from '@turnlog/core/events';
import { makeId, type OrgId, type SessionId } from '@turnlog/core/ids';
import { scanJson } from '@turnlog/core/json';
import type { CreateSession, Session, SessionRef } from '@turnlog/core/sessions';
import type { CreateToken, EventQuery, Idempotency, SessionQuery, WriteContext } from '@turnlog/core/store';
import { eventsOf } from '@turnlog/store-conformance';
import type { SqliteStore } from '../../src/index.ts';

export const START_US = 1_769_851_800_000_000;

export function context(idempotency: Idempotency | null = null): WriteContext {
  return { requestId: makeId('req', START_US, (length) => randomBytes(length)), idempotency };
}

export function newKey(): Idempotency {
  return { key: randomBytes(16).toString('hex'), fingerprint: randomBytes(16).toString('hex') };
}

export function draft(event: object): EventDraft {
  return draftEvent(scanJson(JSON.stringify(event), { keepDepth: 5 }), 'events[0]');
}

export function notes(count: number, type = 'note.added'): EventDraft[] {
  return Array.from({ length: count }, (_, n) => draft({ type, n }));
}

/** An event whose own text has this many characters, of one byte each. */
export function noteOf(characters: number, type = 'note.large'): EventDraft {
  return draft({ type, text: 'x'.repeat(characters) });
}

export function sessionCommand(fields: Partial<CreateSession> = {}): CreateSession {
  return { externalId: null, agent: null, environmentId: null, title: null, metadata: {}, events: [], ...fields };
}

export function tokenCommand(fields: Partial<CreateToken> = {}): CreateToken {
  const hash = newHash();
  return { name: 'a token', scopes: ['events:read'], expiresUs: null, hash, prefix: 'tlog_pat_abcd', ...fields };
}

export function newHash(): string {
  return randomBytes(32).toString('hex');
}

export function eventQuery(fields: Partial<EventQuery> = {}): EventQuery {
  return { order: 'asc', cursor: null, limit: 1000, range: ALL_TIME, types: null, ...fields };
}

export function sessionQuery(fields: Partial<SessionQuery> = {}): SessionQuery {
  return {
    order: 'asc',
    cursor: null,
    limit: 1000,
    range: ALL_TIME,
    statuses: null,
    agentId: null,
    externalId: null,
    includeArchived: true,
    metadata: {},
    ...fields,
  };
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
    texts.push(...eventsOf(page).data.map(({ text }) => text));
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

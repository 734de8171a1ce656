/** Commands with sensible defaults, made through core as a dialect makes them. */
import { createHash, randomBytes } from 'node:crypto';
import { ALL_TIME } from '@turnlog/core/clock';
import type { DeliveryQuery } from '@turnlog/core/deliveries';
import { draftEvent, draftParts, type EventDraft } from '@turnlog/core/events';
import { makeId, type OrgId, type SessionId } from '@turnlog/core/ids';
import { scanJson } from '@turnlog/core/json';
import type { Origin } from '@turnlog/core/origins';
import type { CreateSession, StartSession } from '@turnlog/core/sessions';
import type {
  CountQuery,
  CreateToken,
  EventQuery,
  FeedQuery,
  Idempotency,
  SessionQuery,
  SliceQuery,
  WriteContext,
} from '@turnlog/core/store';
import { type Principal, SCOPES, type Token } from '@turnlog/core/tokens';

export const random = (length: number): Uint8Array => randomBytes(length);

/** The context of a request, without an idempotency key unless one is given. */
export function context(idempotency: Idempotency | null = null): WriteContext {
  return { requestId: makeId('req', Date.now() * 1000, random), idempotency };
}

/** A key that no other test uses, with the fingerprint of one request. */
export function newKey(): Idempotency {
  return { key: randomBytes(16).toString('hex'), fingerprint: randomBytes(16).toString('hex') };
}

/** One event from its JSON source, or from a value that is printed first. */
export function draft(event: object | string): EventDraft {
  const source = typeof event === 'string' ? event : JSON.stringify(event);
  return draftEvent(scanJson(source, { keepDepth: 5 }), 'events[0]');
}

/** One event as a dialect sends it: its own members, without an envelope. */
export function draftFrom(origin: Origin, type: string, members: object = {}): EventDraft {
  const own = scanJson(JSON.stringify(members), { keepDepth: 5 }).members;
  return draftParts({ origin, type, own, prefix: '', data: 'data' });
}

/** `count` small events of a type without a meaning. */
export function notes(count: number, type = 'note.added'): EventDraft[] {
  return Array.from({ length: count }, (_, n) => draft({ type, n }));
}

/** An event whose source has exactly so many bytes. */
export function draftOfBytes(bytes: number, filler = 'x'): EventDraft {
  const source = (text: string) => `{"type":"note.large","text":"${text}"}`;
  const room = bytes - source('').length;
  const width = Buffer.byteLength(filler);
  return draft(source(filler.repeat(Math.floor(room / width)) + 'x'.repeat(room % width)));
}

export function sessionCommand(fields: Partial<CreateSession> = {}): CreateSession {
  return { externalId: null, agent: null, environmentId: null, title: null, metadata: {}, events: [], ...fields };
}

export function startCommand(externalId: string, fields: Partial<CreateSession> = {}): StartSession {
  return { ...sessionCommand(fields), externalId };
}

export function tokenCommand(fields: Partial<CreateToken> = {}): CreateToken {
  return {
    name: 'a token',
    scopes: ['sessions:read', 'events:read'],
    expiresUs: null,
    hash: newHash(),
    prefix: 'tlog_pat_abcd',
    ...fields,
  };
}

/** The SHA-256 of a secret that nobody has. */
export function newHash(): string {
  return createHash('sha256').update(randomBytes(32)).digest('hex');
}

/** A principal that may do anything in an org. */
export function ownerOf(org: OrgId, token: Token): Principal {
  return { org, tokenId: token.id, scopes: SCOPES, expiresUs: null, tokenExpiresUs: null };
}

export function eventQuery(fields: Partial<EventQuery> = {}): EventQuery {
  return { order: 'asc', cursor: null, limit: 1000, range: ALL_TIME, types: null, ...fields };
}

export function sliceQuery(fields: Partial<SliceQuery> = {}): SliceQuery {
  return { low: 1, high: null, descending: false, types: null, limit: 1000, ...fields };
}

export function countQuery(fields: Partial<CountQuery> = {}): CountQuery {
  return { afterUs: null, type: null, offset: 0, ...fields };
}

export function feedQuery(fields: Partial<FeedQuery> = {}): FeedQuery {
  return { order: 'asc', cursor: null, limit: 1000, range: ALL_TIME, filter: null, ...fields };
}

export function deliveryQuery(fields: Partial<DeliveryQuery> = {}): DeliveryQuery {
  return { order: 'asc', cursor: null, limit: 1000, range: ALL_TIME, states: null, types: null, ...fields };
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

/** A session by our id. */
export function byId(session: { readonly id: SessionId }): { readonly id: SessionId } {
  return { id: session.id };
}

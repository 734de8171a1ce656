/**
 * The Store port: everything that is persisted of one org. One method is one atomic step; the org comes first and leads
 * every key (I7). Values are plain and readonly. A method rejects with a `TurnlogError` of a code that it names here, or
 * of `overloaded`, `storage_full`, `outcome_unknown`, `shutting_down` or `internal`, which any write may meet.
 */
import type { TimeRange } from './clock.ts';
import type { PageQuery } from './cursors.ts';
import type { EventFilter, Filtered } from './event-filter.ts';
import type { EventDraft, StoredEvent } from './events.ts';
import type { EventId, OrgId, RequestId, SessionId, TokenId } from './ids.ts';
import type { Move, SessionStatus } from './lifecycle.ts';
import type { Provenance } from './origins.ts';
import type { CreateSession, DeletedSession, Session, SessionRef, StartSession, UpdateSession } from './sessions.ts';
import type { Principal, Scope, Token } from './tokens.ts';
import type { LaneStore, ReplayStore, WebhookStore } from './webhook-store.ts';

/** What every write carries: who asked, and the key under which its answer is kept (I5). */
export interface WriteContext {
  readonly requestId: RequestId;
  readonly idempotency: Idempotency | null;
}

/** 32 hexadecimal digits each: hashes of the client's key, and of all that it sent. */
export interface Idempotency {
  readonly key: string;
  readonly fingerprint: string;
}

/** A write's answer; `replayed` when it is the kept answer of an earlier request with the same key. */
export interface Outcome<Value> {
  readonly value: Value;
  readonly replayed: boolean;
}

/** Records of a list, in list order. */
export interface Page<Item> {
  readonly data: readonly Item[];
  /** Whether more follow in the direction of travel. */
  readonly hasMore: boolean;
}

/** Events in one piece: their stored texts in list order, joined by commas, as UTF-8; ready to stand between brackets. */
export interface EventPage {
  readonly json: Uint8Array;
  /** Null when the page is empty. */
  readonly firstId: EventId | null;
  readonly lastId: EventId | null;
  readonly hasMore: boolean;
}

/** An event as stored, one of many: its text is UTF-8. */
export interface EventRecord extends Provenance {
  readonly id: EventId;
  readonly text: Uint8Array;
}

/** Which events of a session a slice takes; both bounds are inclusive numbers, from 1. */
export interface SliceQuery {
  readonly low: number;
  /** Null: the last one there is. */
  readonly high: number | null;
  readonly descending: boolean;
  /** Type patterns; null: every type. */
  readonly types: readonly string[] | null;
  /** At most so many. */
  readonly limit: number;
}

/** The next events of a session in the direction of travel, of one snapshot: bounded in number and bytes, perhaps none. */
export interface EventSlice {
  readonly session: SessionId;
  readonly events: readonly EventRecord[];
  /** The number with which to go on; null: nothing is left between the bounds. */
  readonly next: number | null;
  /** The number of the session's last event. */
  readonly head: number;
}

/** Which events of a session are counted, and which of them a page begins with. */
export interface CountQuery {
  /** Only events of later microseconds; null: all. */
  readonly afterUs: number | null;
  /** One type exactly; null: every type. */
  readonly type: string | null;
  /** How many of the newest matches the page leaves out. */
  readonly offset: number;
}

export interface EventCount {
  readonly session: SessionId;
  readonly total: number;
  /** The numbers between which a page lies, newest first from `high`; null: none is left. */
  readonly page: { readonly low: number; readonly high: number } | null;
}

/** A page of the feed. It may end before it is full, with more to look at, once it has found something. */
export interface FeedPage extends EventPage {
  /** The same events one by one. */
  readonly events: readonly EventRecord[];
  /** The last id looked at in the direction of travel: where to go on without looking twice; null: nothing stands there. */
  readonly scannedThrough: EventId | null;
}

export interface FeedQuery extends PageQuery<'evt'> {
  readonly range: TimeRange;
  readonly filter: EventFilter | null;
}

/** What a tail follows: one session, or the whole org. */
export type LogStream = SessionId | 'feed';

/**
 * An event as tails see it; its text is UTF-8. In the feed it comes with its agent and with the session and the agent
 * that its data names, under which it shows as well; in a session's own stream these are null.
 */
export interface LogEvent extends Filtered, Provenance {
  readonly id: EventId;
  readonly text: Uint8Array;
}

/** The next events of a stream, of one snapshot. */
export interface LogSlice {
  readonly events: readonly LogEvent[];
  /** The last event looked at, whether it passed the filter or not; null: the stream has none. */
  readonly position: EventId | null;
  /** Whether the stream had no more. */
  readonly atHead: boolean;
  /** Whether the session takes no more events for good. */
  readonly ended: boolean;
}

export interface EventQuery extends PageQuery<'evt'> {
  readonly range: TimeRange;
  /** Type patterns; null: every type. */
  readonly types: readonly string[] | null;
}

export interface SessionQuery extends PageQuery<'sess'> {
  readonly range: TimeRange;
  readonly statuses: readonly SessionStatus[] | null;
  readonly agentId: string | null;
  readonly externalId: string | null;
  readonly includeArchived: boolean;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface CreateToken {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expiresUs: number | null;
  /** SHA-256 of the secret, 64 hexadecimal digits. */
  readonly hash: string;
  readonly prefix: string;
}

export interface RotateToken {
  readonly maker: Principal;
  readonly hash: string;
  readonly prefix: string;
  /** How long earlier secrets stay valid. */
  readonly overlapSeconds: number;
}

export interface Store extends WebhookStore, ReplayStore, LaneStore {
  /** Creates a session with its first events. `external_id_taken`, `idempotency_key_reused`. */
  createSession(org: OrgId, command: CreateSession, context: WriteContext): Promise<Outcome<Session>>;
  /**
   * Creates a session, or appends the command's events to the one of its `externalId`. `session_archived`,
   * `session_terminated`, `idempotency_key_reused`.
   */
  startSession(org: OrgId, command: StartSession, context: WriteContext): Promise<Outcome<Session>>;
  /** A controller's move of a wave session; one that its phase does not allow changes nothing. `session_not_found`, `idempotency_key_reused`. */
  moveSession(org: OrgId, ref: SessionRef, move: Move, context: WriteContext): Promise<Outcome<Session>>;
  /** `session_not_found`, `invalid_request` (too many metadata pairs), `idempotency_key_reused`. */
  updateSession(org: OrgId, ref: SessionRef, command: UpdateSession, context: WriteContext): Promise<Outcome<Session>>;
  /** `session_not_found`, `idempotency_key_reused`. */
  archiveSession(org: OrgId, ref: SessionRef, context: WriteContext): Promise<Outcome<Session>>;
  /** `session_not_found`, `session_archived`, `idempotency_key_reused`. */
  cancelSession(
    org: OrgId,
    ref: SessionRef,
    context: WriteContext,
  ): Promise<Outcome<{ readonly session: Session; readonly interrupted: boolean }>>;
  /** From its commit on every read refuses the session; its rows go in the background. `session_not_found`. */
  deleteSession(org: OrgId, ref: SessionRef, context: WriteContext): Promise<Outcome<DeletedSession>>;
  /** All or nothing. `session_not_found`, `session_archived`, `session_terminated`, `idempotency_key_reused`. */
  appendEvents(
    org: OrgId,
    ref: SessionRef,
    events: readonly EventDraft[],
    context: WriteContext,
  ): Promise<Outcome<readonly string[]>>;
  /** Appends to the account stream, all or nothing. `idempotency_key_reused`. */
  publishEvents(org: OrgId, events: readonly EventDraft[], context: WriteContext): Promise<Outcome<readonly string[]>>;
  /** `idempotency_key_reused`. */
  createToken(org: OrgId, command: CreateToken, context: WriteContext): Promise<Outcome<Token>>;
  /** `token_not_found`, `token_revoked`, `permission_denied`, `idempotency_key_reused`. */
  rotateToken(org: OrgId, id: TokenId, command: RotateToken, context: WriteContext): Promise<Outcome<Token>>;
  /** `token_not_found`. */
  revokeToken(org: OrgId, id: TokenId, context: WriteContext): Promise<Outcome<Token>>;

  /** Whether an answer is kept under a key (hexadecimal hash): its fingerprint, else null. */
  keptFingerprint(org: OrgId, key: string): Promise<string | null>;
  /** Null: no such session in this org. */
  getSession(org: OrgId, ref: SessionRef): Promise<Session | null>;
  /** A cursor is a position, stored or not; whether it lies in the future is the caller's to check (`checkReached`). */
  listSessions(org: OrgId, query: SessionQuery): Promise<Page<Session>>;
  /** Null: no such event in this session, or no such session. */
  getEvent(org: OrgId, ref: SessionRef, id: EventId): Promise<StoredEvent | null>;
  /** `session_not_found`; null when the cursor is no event of the session. */
  listEvents(org: OrgId, ref: SessionRef, query: EventQuery): Promise<EventPage | null>;
  /** The next events between two numbers. `session_not_found`. */
  sliceEvents(org: OrgId, ref: SessionRef, query: SliceQuery): Promise<EventSlice>;
  /** Counts in slices, and finds where a numbered page begins. `session_not_found`. */
  countEvents(org: OrgId, ref: SessionRef, query: CountQuery): Promise<EventCount>;
  /** The sessions of an org, archived ones included, newest first, without the first `offset`; and how many there are. */
  pageOfSessions(
    org: OrgId,
    query: { readonly offset: number; readonly limit: number },
  ): Promise<{ readonly data: readonly Session[]; readonly total: number }>;
  /** The one session whose id lies between two ids, both included; null: none does, or several. */
  onlySessionBetween(org: OrgId, low: SessionId, high: SessionId): Promise<SessionId | null>;
  /** Null: no such event in this org, or its session is deleted. */
  getFeedEvent(org: OrgId, id: EventId): Promise<(StoredEvent & Provenance) | null>;
  /** A cursor is a position, as in `listSessions`. */
  listFeed(org: OrgId, query: FeedQuery): Promise<FeedPage>;
  /** The id of the session that a name stands for, deleted ones included; null: none. */
  sessionNamed(org: OrgId, ref: SessionRef): Promise<SessionId | null>;
  /** The last event of a stream; null: it has none. `session_not_found`. */
  headOf(org: OrgId, stream: LogStream): Promise<EventId | null>;
  /**
   * What follows a position of a stream, oldest first, in a bounded slice. `session_not_found`; null when the position is
   * no event of the session. A session's filter is by types alone.
   */
  readOn(org: OrgId, stream: LogStream, after: EventId | null, filter: EventFilter | null): Promise<LogSlice | null>;
  /** Null: no such token in this org. */
  getToken(org: OrgId, id: TokenId): Promise<Token | null>;
  /** A cursor is a position, as in `listSessions`. */
  listTokens(org: OrgId, query: PageQuery<'tok'>): Promise<Page<Token>>;
  /** The org clock (I1): positions beyond it (and beyond now) lie in the future. */
  lastUs(org: OrgId): Promise<number>;
}

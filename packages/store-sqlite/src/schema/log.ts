/**
 * The tables. Text ids live only in the stored JSON: here an org and a session are integers, an id is its 16 bytes.
 * Every key leads with the org (I7). Times are microseconds since 1970. `drizzle-kit generate` turns this folder into migrations/.
 */
import { sql } from 'drizzle-orm';
import { blob, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';

const bytes = (name: string) => blob(name, { mode: 'buffer' });

/** One row per tenant; the row is the org's clock and its lock (I1). */
export const orgs = sqliteTable('orgs', {
  no: integer('no').primaryKey(),
  id: bytes('id').notNull().unique('orgs_id'),
  name: text('name').notNull(),
  lastUs: integer('last_us').notNull(),
  accountCount: integer('account_count').notNull(),
  lastSession: integer('last_session').notNull(),
  createdUs: integer('created_us').notNull(),
  /** Sessions that are not deleted. */
  sessionCount: integer('session_count').notNull().default(0),
});

/** Event types that an org has used, numbered; turns a pattern into numbers. */
export const types = sqliteTable(
  'types',
  { org: integer('org').notNull(), no: integer('no').notNull(), name: text('name').notNull() },
  (t) => [primaryKey({ columns: [t.org, t.no] }), uniqueIndex('types_name').on(t.org, t.name)],
);

/** Agents that an org has named, numbered. */
export const agents = sqliteTable(
  'agents',
  { org: integer('org').notNull(), no: integer('no').notNull(), name: text('name').notNull() },
  (t) => [primaryKey({ columns: [t.org, t.no] }), uniqueIndex('agents_name').on(t.org, t.name)],
);

/** What seldom changes of a session. Numbers rise with ids, so a list orders by number. */
export const sessions = sqliteTable(
  'sessions',
  {
    org: integer('org').notNull(),
    no: integer('no').notNull(),
    id: bytes('id').notNull(),
    externalId: text('external_id'),
    agentNo: integer('agent_no'),
    /** JSON: a string or a number. */
    agentVersion: text('agent_version'),
    environmentId: text('environment_id'),
    title: text('title'),
    /** JSON object. */
    metadata: text('metadata').notNull(),
    createdUs: integer('created_us').notNull(),
    updatedUs: integer('updated_us').notNull(),
    archivedUs: integer('archived_us'),
    deletedUs: integer('deleted_us'),
    /** The lowest number still stored; retention will raise it. */
    firstSeq: integer('first_seq').notNull().default(1),
    /** Index into core's ORIGINS. */
    origin: integer('origin').notNull().default(0),
    /** When its producer says that it began, as sent. */
    occurredAt: text('occurred_at'),
  },
  (t) => [
    primaryKey({ columns: [t.org, t.no] }),
    uniqueIndex('sessions_id').on(t.org, t.id),
    uniqueIndex('sessions_external_id').on(t.org, t.externalId).where(sql`external_id IS NOT NULL`),
    index('sessions_agent').on(t.org, t.agentNo, t.no).where(sql`agent_no IS NOT NULL`),
    index('sessions_deleted').on(t.deletedUs).where(sql`deleted_us IS NOT NULL`),
    index('sessions_deleted_org').on(t.org).where(sql`deleted_us IS NOT NULL`),
  ],
);

/** Sessions whose rows are gone: their account events stay, and are still found by the id. */
export const deletedSessions = sqliteTable(
  'deleted_sessions',
  { org: integer('org').notNull(), id: bytes('id').notNull(), no: integer('no').notNull() },
  (t) => [primaryKey({ columns: [t.org, t.id] }), uniqueIndex('deleted_sessions_no').on(t.org, t.no)],
);

/** What every append changes of a session, apart from `sessions` so that an append rewrites 64 bytes. */
export const sessionHeads = sqliteTable(
  'session_heads',
  {
    org: integer('org').notNull(),
    session: integer('session').notNull(),
    count: integer('count').notNull(),
    lastUs: integer('last_us').notNull(),
    /** Index into core's PHASES. */
    phase: integer('phase').notNull(),
    turn: text('turn'),
    inputTokens: integer('input_tokens').notNull(),
    outputTokens: integer('output_tokens').notNull(),
    cacheReadInputTokens: integer('cache_read_input_tokens').notNull(),
    cacheCreationInputTokens: integer('cache_creation_input_tokens').notNull(),
    startedUs: integer('started_us'),
  },
  (t) => [primaryKey({ columns: [t.org, t.session] }), index('session_heads_phase').on(t.org, t.phase, t.session)],
);

/** Serves the metadata filters of the sessions list. */
export const sessionMetadata = sqliteTable(
  'session_metadata',
  {
    org: integer('org').notNull(),
    key: text('key').notNull(),
    value: text('value').notNull(),
    session: integer('session').notNull(),
  },
  (t) => [primaryKey({ columns: [t.org, t.key, t.value, t.session] })],
);

/** The log. Session 0 is the account stream. */
export const events = sqliteTable(
  'events',
  {
    org: integer('org').notNull(),
    session: integer('session').notNull(),
    seq: integer('seq').notNull(),
    id: bytes('id').notNull(),
    typeNo: integer('type_no').notNull(),
    /** The agent of the session that holds the event; of an account event, the agent that it is about. */
    agentNo: integer('agent_no'),
    /** The session that the event is about, when it is not the one that holds it. */
    aboutSession: integer('about_session'),
    requestId: bytes('request_id').notNull(),
    /** The version of the stored text. */
    format: integer('format').notNull(),
    text: text('text').notNull(),
    /** The agent that an event of a session is about, when it is not the session's. */
    aboutAgent: integer('about_agent'),
    /** Index into core's ORIGINS. */
    origin: integer('origin').notNull().default(0),
  },
  (t) => [
    primaryKey({ columns: [t.org, t.session, t.seq] }),
    uniqueIndex('events_id').on(t.org, t.id),
    index('events_session_type').on(t.org, t.session, t.typeNo, t.seq),
    index('events_type').on(t.org, t.typeNo, t.id),
    index('events_agent').on(t.org, t.agentNo, t.id).where(sql`agent_no IS NOT NULL`),
    index('events_about').on(t.org, t.aboutSession, t.id).where(sql`about_session IS NOT NULL`),
    index('events_about_agent').on(t.org, t.aboutAgent, t.id).where(sql`about_agent IS NOT NULL`),
  ],
);

/** Kept answers (I5). An append's is rebuilt from its events, any other is stored. */
export const idempotency = sqliteTable(
  'idempotency',
  {
    org: integer('org').notNull(),
    key: bytes('key').notNull(),
    fingerprint: bytes('fingerprint').notNull(),
    createdUs: integer('created_us').notNull(),
    session: integer('session'),
    firstSeq: integer('first_seq'),
    n: integer('n'),
    /** JSON. */
    answer: text('answer'),
  },
  (t) => [primaryKey({ columns: [t.org, t.key] }), index('idempotency_created').on(t.createdUs)],
);

export const tokens = sqliteTable(
  'tokens',
  {
    org: integer('org').notNull(),
    id: bytes('id').notNull(),
    name: text('name').notNull(),
    /** JSON array. */
    scopes: text('scopes').notNull(),
    prefix: text('prefix').notNull(),
    createdUs: integer('created_us').notNull(),
    expiresUs: integer('expires_us'),
    lastUsedUs: integer('last_used_us'),
    revokedUs: integer('revoked_us'),
  },
  (t) => [primaryKey({ columns: [t.org, t.id] })],
);

/** The secrets of tokens, by SHA-256; a rotation leaves earlier ones valid until `expires_us`. */
export const tokenSecrets = sqliteTable(
  'token_secrets',
  {
    hash: bytes('hash').primaryKey(),
    org: integer('org').notNull(),
    token: bytes('token').notNull(),
    expiresUs: integer('expires_us'),
  },
  (t) => [index('token_secrets_token').on(t.org, t.token)],
);

/** Secrets that let into one session each, by SHA-256; they go with their session. */
export const capabilities = sqliteTable(
  'capabilities',
  { hash: bytes('hash').primaryKey(), org: integer('org').notNull(), session: integer('session').notNull() },
  (t) => [index('capabilities_session').on(t.org, t.session)],
);

/** What belongs to the file and to no org. */
export const settings = sqliteTable('settings', { name: text('name').primaryKey(), value: bytes('value').notNull() });

/** Webhooks, their deliveries, replays: the same rules as in `log.ts`. */
import { sql } from 'drizzle-orm';
import { blob, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';

const bytes = (name: string) => blob(name, { mode: 'buffer' });

/** What seldom changes of a webhook; numbers rise with ids. */
export const webhooks = sqliteTable(
  'webhooks',
  {
    org: integer('org').notNull(),
    no: integer('no').notNull(),
    id: bytes('id').notNull(),
    /** Index into core's DELIVERY_DIALECTS. */
    dialect: integer('dialect').notNull(),
    url: text('url').notNull(),
    /** JSON array of patterns. */
    events: text('events').notNull(),
    description: text('description'),
    /** JSON object. */
    metadata: text('metadata').notNull(),
    /** Index into core's ORDERINGS. */
    ordering: integer('ordering').notNull(),
    rateLimit: integer('rate_limit'),
    /** Index into core's ANNOUNCEMENTS. */
    announce: integer('announce').notNull(),
    createdUs: integer('created_us').notNull(),
    updatedUs: integer('updated_us').notNull(),
    disabledUs: integer('disabled_us'),
    /** Index into core's DISABLED_REASONS. */
    disabledReason: integer('disabled_reason'),
    deletedUs: integer('deleted_us'),
  },
  (t) => [
    primaryKey({ columns: [t.org, t.no] }),
    uniqueIndex('webhooks_id').on(t.org, t.id),
    index('webhooks_deleted').on(t.deletedUs).where(sql`deleted_us IS NOT NULL`),
  ],
);

/** What every delivery changes of a webhook, apart from `webhooks`. */
export const webhookHealth = sqliteTable(
  'webhook_health',
  {
    org: integer('org').notNull(),
    webhook: integer('webhook').notNull(),
    lastSuccessUs: integer('last_success_us'),
    lastFailureUs: integer('last_failure_us'),
    consecutiveFailures: integer('consecutive_failures').notNull(),
    failingSinceUs: integer('failing_since_us'),
  },
  (t) => [primaryKey({ columns: [t.org, t.webhook] })],
);

/** Secrets that sign, sealed; 0 is the current one, higher numbers are earlier ones. */
export const webhookSecrets = sqliteTable(
  'webhook_secrets',
  {
    org: integer('org').notNull(),
    webhook: integer('webhook').notNull(),
    no: integer('no').notNull(),
    sealed: bytes('sealed').notNull(),
    expiresUs: integer('expires_us'),
  },
  (t) => [primaryKey({ columns: [t.org, t.webhook, t.no] })],
);

/** Durable cursors with an owner: of webhooks and of replays, by their id. */
export const lanes = sqliteTable(
  'lanes',
  {
    org: integer('org').notNull(),
    id: bytes('id').notNull(),
    /** Number of the webhook; null: a replay. */
    webhook: integer('webhook'),
    /** Id of the last event that the cursor has passed; null: none. */
    position: bytes('position'),
    /** Whether it is to be served. */
    active: integer('active').notNull(),
    fence: integer('fence').notNull(),
    owner: text('owner'),
    leaseUs: integer('lease_us'),
  },
  (t) => [primaryKey({ columns: [t.org, t.id] }), index('lanes_active').on(t.org).where(sql`active = 1`)],
);

/** The delivery log: a row once an attempt is over. */
export const deliveries = sqliteTable(
  'deliveries',
  {
    org: integer('org').notNull(),
    webhook: integer('webhook').notNull(),
    id: bytes('id').notNull(),
    event: bytes('event').notNull(),
    typeNo: integer('type_no').notNull(),
    /** Id of the session in whose order it goes. */
    session: bytes('session'),
    /** Id of the replay that it belongs to. */
    replay: bytes('replay'),
    /** Index into core's DELIVERY_STATES. */
    state: integer('state').notNull(),
    /** Index into core's CANCEL_REASONS. */
    cancelReason: integer('cancel_reason'),
    attemptCount: integer('attempt_count').notNull(),
    resentAfter: integer('resent_after').notNull(),
    manual: integer('manual').notNull(),
    nextUs: integer('next_us'),
    /** JSON array of the last attempts: [[startedUs, durationMs, statusCode, error, excerpt], …]. */
    attempts: text('attempts').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.org, t.webhook, t.id] }),
    index('deliveries_next').on(t.org, t.webhook, t.nextUs).where(sql`next_us IS NOT NULL`),
    // 'retrying'
    index('deliveries_retrying').on(t.org, t.webhook).where(sql`state = 1`),
  ],
);

/** Sessions that a failed delivery holds up, each a small cursor. */
export const blocks = sqliteTable(
  'blocks',
  {
    org: integer('org').notNull(),
    webhook: integer('webhook').notNull(),
    /** Id of the session. */
    session: bytes('session').notNull(),
    /** Id of the event behind which its deliveries stand still. */
    after: bytes('after').notNull(),
    /** Whether the delivery of that event waits for its next attempt. */
    waiting: integer('waiting').notNull(),
  },
  (t) => [primaryKey({ columns: [t.org, t.webhook, t.session] })],
);

/** Second readings of the feed; their cursors are lanes. */
export const replays = sqliteTable(
  'replays',
  {
    org: integer('org').notNull(),
    id: bytes('id').notNull(),
    dialect: integer('dialect').notNull(),
    /** Id of the webhook that it goes to, which may be gone; null: to a URL of its own. */
    webhook: bytes('webhook'),
    url: text('url').notNull(),
    sealedSecret: bytes('sealed_secret'),
    sinceUs: integer('since_us').notNull(),
    untilUs: integer('until_us').notNull(),
    /** JSON array of patterns; null: every type. */
    types: text('types'),
    /** Id of a session; empty: a name that stands for none; null: every session. */
    session: bytes('session'),
    rate: integer('rate'),
    through: bytes('through'),
    total: integer('total').notNull(),
    delivered: integer('delivered').notNull(),
    failed: integer('failed').notNull(),
    /** Index into core's REPLAY_STATUSES. */
    status: integer('status').notNull(),
    /** Index into core's REPLAY_REASONS. */
    reason: integer('reason'),
    createdUs: integer('created_us').notNull(),
    updatedUs: integer('updated_us').notNull(),
    endedUs: integer('ended_us'),
  },
  (t) => [primaryKey({ columns: [t.org, t.id] }), index('replays_open').on(t.org).where(sql`ended_us IS NULL`)],
);

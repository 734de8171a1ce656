/** The one suite that every store must pass: a file per behaviour, a test per sentence. */
import { describe } from 'vitest';
import { describeCapabilities } from './behaviours/capabilities.ts';
import { describeConcurrency } from './behaviours/concurrency.ts';
import { describeCountFeed } from './behaviours/count-feed.ts';
import { describeCursors } from './behaviours/cursors.ts';
import { describeDeletion } from './behaviours/deletion.ts';
import { describeDeliveries } from './behaviours/deliveries.ts';
import { describeExactness } from './behaviours/exactness.ts';
import { describeFaults } from './behaviours/faults.ts';
import { describeFeed } from './behaviours/feed.ts';
import { describeFilters } from './behaviours/filters.ts';
import { describeIdempotency } from './behaviours/idempotency.ts';
import { describeIsolation } from './behaviours/isolation.ts';
import { describeLanes } from './behaviours/lanes.ts';
import { describeLifecycle } from './behaviours/lifecycle.ts';
import { describeLimits } from './behaviours/limits.ts';
import { describeNumberedReading } from './behaviours/numbered-reading.ts';
import { describeOrder } from './behaviours/order.ts';
import { describeOrderingBlocks } from './behaviours/ordering-blocks.ts';
import { describeOrigins } from './behaviours/origins.ts';
import { describePageOfSessions } from './behaviours/page-of-sessions.ts';
import { describePublishing } from './behaviours/publishing.ts';
import { describeQueue } from './behaviours/queue.ts';
import { describeReadingOn } from './behaviours/reading-on.ts';
import { describeReplays } from './behaviours/replays.ts';
import { describeResending } from './behaviours/resending.ts';
import { describeSessions } from './behaviours/sessions.ts';
import { describeStarting } from './behaviours/starting.ts';
import { describeTokens } from './behaviours/tokens.ts';
import { describeWakeups } from './behaviours/wakeups.ts';
import { describeWebhookSecrets } from './behaviours/webhook-secrets.ts';
import { describeWebhooks } from './behaviours/webhooks.ts';
import type { StoreHarness } from './harness.ts';

export type { OpenStore, StoreHarness } from './harness.ts';
export { eventsOf } from './support/reading.ts';

/** Registers the suite with vitest, for one store. */
export function describeStore(name: string, harness: StoreHarness): void {
  describe(name, { timeout: 60_000 }, () => {
    for (const describeBehaviour of BEHAVIOURS) describeBehaviour(harness);
  });
}

const BEHAVIOURS = [
  describeOrder,
  describeCursors,
  describeIdempotency,
  describeConcurrency,
  describeIsolation,
  describeLimits,
  describeFilters,
  describeExactness,
  describeLifecycle,
  describeSessions,
  describeDeletion,
  describeStarting,
  describePageOfSessions,
  describeNumberedReading,
  describeOrigins,
  describeCapabilities,
  describeTokens,
  describeFeed,
  describeReadingOn,
  describePublishing,
  describeWebhooks,
  describeWebhookSecrets,
  describeLanes,
  describeDeliveries,
  describeResending,
  describeOrderingBlocks,
  describeReplays,
  describeCountFeed,
  describeWakeups,
  describeQueue,
  describeFaults,
] as const;

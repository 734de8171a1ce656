/** Webhooks, deliveries and replays, below the prefix of a dialect. */
import type { Operations } from '../operations.ts';
import type { Services } from '../services.ts';
import { deliveryRoutes } from './deliveries.ts';
import type { ResourceManner } from './manner.ts';
import { replayRoutes } from './replays.ts';
import type { Tests } from './tests.ts';
import { webhookVerbRoutes } from './webhook-verbs.ts';
import { webhookRoutes } from './webhooks.ts';

/** `tests` are those of every dialect: an org may only have so many under way. */
export function resourceRoutes(operations: Operations, services: Services, manner: ResourceManner, tests: Tests): void {
  webhookRoutes(operations, services, manner);
  webhookVerbRoutes(operations, services, manner, tests);
  deliveryRoutes(operations, services, manner);
  replayRoutes(operations, services, manner);
}

export const RESOURCE_TAGS = [
  { name: 'Webhooks', description: 'Endpoints that events are delivered to, and the log of that.' },
  { name: 'Replays', description: 'Parts of the feed, delivered a second time.' },
] as const;

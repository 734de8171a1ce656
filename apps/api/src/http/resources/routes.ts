/** Webhooks, deliveries and replays, below the prefix of a dialect. */
import type { Operations } from '../operations.ts';
import type { Services } from '../services.ts';
import { deliveryRoutes } from './deliveries.ts';
import type { ResourceManner } from './manner.ts';
import { replayRoutes } from './replays.ts';
import { webhookVerbRoutes } from './webhook-verbs.ts';
import { webhookRoutes } from './webhooks.ts';

export function resourceRoutes(operations: Operations, services: Services, manner: ResourceManner): void {
  webhookRoutes(operations, services, manner);
  webhookVerbRoutes(operations, services, manner);
  deliveryRoutes(operations, services, manner);
  replayRoutes(operations, services, manner);
}

export const RESOURCE_TAGS = [
  { name: 'Webhooks', description: 'Endpoints that events are delivered to, and the log of that.' },
  { name: 'Replays', description: 'Parts of the feed, delivered a second time.' },
] as const;

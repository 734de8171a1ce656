/** The delivery log of a webhook: list, retrieve, send again. */
import { createRoute, z } from '@hono/zod-openapi';
import { deliveryNotFound, webhookNotFound } from '@turnlog/core/errors';
import { checkPatterns } from '@turnlog/core/events';
import type { DeliveryId } from '@turnlog/core/ids';
import { requestHeadersOf } from '../../deliveries/letters.ts';
import { read, written } from '../answers.ts';
import { TYPES } from '../feed-query.ts';
import type { Operations } from '../operations.ts';
import { answers, refuses, takes } from '../reference.ts';
import type { Services } from '../services.ts';
import { ofBodies, type ResourceManner, readMembers, readPosition } from './manner.ts';
import {
  DELIVERY_PATH_ID,
  deliveryOf,
  missingDelivery,
  missingWebhook,
  WEBHOOK_PATH_ID,
  webhookOf,
} from './subjects.ts';
import {
  DeliveryResource,
  DeliveryWithAttempts,
  presentDelivery,
  presentWithAttempts,
  RecoverDeliveriesParams,
  RecoveredDeliveries,
  readStates,
  STATES,
} from './wire/delivery.ts';
import { DELIVERY, DELIVERY_WITH_ATTEMPTS } from './wire/examples.ts';
import { readInstant } from './wire/members.ts';

const PATH = '/webhooks/{webhook_id}/deliveries';
const tags = ['Webhooks'];

export function deliveryRoutes(operations: Operations, services: Services, manner: ResourceManner): void {
  listDeliveries(operations, services, manner);
  retrieveDelivery(operations, services, manner);
  resendDelivery(operations, services, manner);
  recoverDeliveries(operations, services, manner);
}

function listDeliveries(operations: Operations, services: Services, manner: ResourceManner): void {
  const { store } = services;
  const { lists, idPrefix } = manner;
  const DeliveryPage = z
    .object({ data: z.array(DeliveryResource), ...lists.members })
    .openapi('DeliveryPage', { description: 'A page of deliveries.' });
  operations.operation(
    createRoute({
      method: 'get',
      path: PATH,
      operationId: `${idPrefix}webhooks.deliveries.list`,
      tags,
      summary: 'List the deliveries of a webhook',
      description:
        'Newest first, from when their first attempt was over; kept for 30 days. A page may end before it is full, but ' +
        'one with `has_more` is never empty. Cursors are positions: they stay valid when the delivery is gone.',
      parameters: [WEBHOOK_PATH_ID],
      responses: {
        ...answers(200, DeliveryPage, 'A page of deliveries.', lists.example([DELIVERY])),
        ...refuses('read', 404),
      },
    }),
    {
      scope: 'webhooks:read',
      query: { ...lists.paging('delivery'), states: STATES, types: TYPES, ...lists.range },
      missing: missingWebhook(store),
    },
    async (call) => {
      const webhook = webhookOf(call);
      const list = { kind: 'del', of: webhook } as const;
      const { types = null } = call.query;
      const states = readStates(call.query.states);
      const range = lists.readRange(call.query);
      if (types !== null) checkPatterns(types, 'types');
      const position = await readPosition(manner, services, call, list);
      const page = await store.listDeliveries(call.org, webhook, { ...position, range, states, types });
      const { data, hasMore, scannedThrough } = page;
      const texts = data.map((delivery) => JSON.stringify(presentDelivery(delivery)));
      const edges = { firstId: data[0]?.id ?? null, lastId: data.at(-1)?.id ?? null, hasMore, scannedThrough };
      return read(lists.present(list, position, { texts, ...edges }));
    },
  );
}

function retrieveDelivery(operations: Operations, { store }: Services, { idPrefix }: ResourceManner): void {
  operations.operation(
    createRoute({
      method: 'get',
      path: `${PATH}/{delivery_id}`,
      operationId: `${idPrefix}webhooks.deliveries.retrieve`,
      tags,
      summary: 'Retrieve a delivery',
      description: 'With its attempts: what was sent, and how the endpoint answered.',
      parameters: [WEBHOOK_PATH_ID, DELIVERY_PATH_ID],
      responses: {
        ...answers(200, DeliveryWithAttempts, 'The delivery.', DELIVERY_WITH_ATTEMPTS),
        ...refuses('read', 404),
      },
    }),
    { scope: 'webhooks:read', missing: missingDelivery(store) },
    async (call) => {
      const id = webhookOf(call);
      const webhook = await store.getWebhook(call.org, id);
      if (webhook === null) throw webhookNotFound(id);
      const deliveryId = deliveryOf(call);
      const delivery = await store.getDelivery(call.org, id, deliveryId);
      if (delivery === null) throw deliveryNotFound(deliveryId);
      const { dialect } = webhook;
      const { event, replay } = delivery;
      const headersOf = ({ startedUs }: { readonly startedUs: number }) =>
        requestHeadersOf({ dialect, event, sentUs: startedUs, replay });
      return read(JSON.stringify(presentWithAttempts(delivery, headersOf)));
    },
  );
}

function resendDelivery(operations: Operations, { store }: Services, { idPrefix }: ResourceManner): void {
  const waiting = { ...DELIVERY, state: 'pending', next_attempt_at: '2025-09-25T09:02:31.668104Z' };
  operations.operation(
    createRoute({
      method: 'post',
      path: `${PATH}/{delivery_id}/resend`,
      operationId: `${idPrefix}webhooks.deliveries.resend`,
      tags,
      summary: 'Send a delivery again',
      description:
        'Whatever became of it: the same event with the same `webhook-id`, now, and with a schedule of retries that ' +
        'begins anew. Takes no body. A delivery that is on its way, a disabled webhook and a deleted event are conflicts.',
      parameters: [WEBHOOK_PATH_ID, DELIVERY_PATH_ID],
      responses: { ...answers(202, DeliveryResource, 'It is on its way.', waiting), ...refuses('write', 404) },
    }),
    { scope: 'webhooks:write', missing: missingDelivery(store) },
    async (call) => {
      const outcome = await store.resendDelivery(call.org, webhookOf(call), deliveryOf(call), call.context);
      return written(202, outcome, JSON.stringify(presentDelivery(outcome.value)));
    },
  );
}

function recoverDeliveries(operations: Operations, { store }: Services, manner: ResourceManner): void {
  operations.operation(
    createRoute({
      method: 'post',
      path: '/webhooks/{webhook_id}/recover',
      operationId: `${manner.idPrefix}webhooks.recover`,
      tags,
      summary: 'Send failed deliveries again',
      description: 'All that have failed for good since a time, oldest first. Those of deleted events are passed over.',
      parameters: [WEBHOOK_PATH_ID],
      request: takes(RecoverDeliveriesParams, { since: '2025-09-24T00:00:00Z' }),
      responses: {
        ...answers(202, RecoveredDeliveries, 'They are on their way.', { count: 17 }),
        ...refuses('write', 404),
      },
    }),
    { scope: 'webhooks:write', body: 'required', missing: missingWebhook(store) },
    ofBodies(manner, async (call) => {
      const { since } = readMembers(manner, call.body, RecoverDeliveriesParams);
      const sinceUs = readInstant(since, 'since');
      const webhook = webhookOf(call);
      let after: DeliveryId | null = null;
      let counted = 0;
      for (;;) {
        const query = { sinceUs, after, counted };
        const outcome = await store.recoverDeliveries(call.org, webhook, query, call.context);
        const { value } = outcome;
        if (!value.more) return written(202, outcome, JSON.stringify({ count: value.count }));
        after = value.after;
        counted = value.count;
      }
    }),
  );
}

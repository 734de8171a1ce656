/** The webhooks, deliveries and replays that paths name. */
import { deliveryNotFound, replayNotFound, type TurnlogError, webhookNotFound } from '@turnlog/core/errors';
import { type DeliveryId, isId, type ReplayId, type WebhookId } from '@turnlog/core/ids';
import type { Store } from '@turnlog/core/store';
import type { Subject } from '../operations.ts';
import { pathId } from '../reference.ts';
import { DELIVERY_ID, REPLAY_ID, WEBHOOK_ID } from './wire/examples.ts';

export const WEBHOOK_PATH_ID = pathId('webhook_id', WEBHOOK_ID, "The webhook's id.");
export const DELIVERY_PATH_ID = pathId('delivery_id', DELIVERY_ID, "The delivery's id.");
export const REPLAY_PATH_ID = pathId('replay_id', REPLAY_ID, "The replay's id.");

/** Throws `webhook_not_found` for a segment that can name none. */
export function webhookOf({ pathIds }: Subject): WebhookId {
  return webhookNamed(pathIds[0] ?? '');
}

/** Throws `webhook_not_found` for a text that can name none. */
export function webhookNamed(text: string): WebhookId {
  if (!isId('wh', text)) throw webhookNotFound(text);
  return text;
}

/** Throws `delivery_not_found` for a segment that can name none. */
export function deliveryOf({ pathIds }: Subject): DeliveryId {
  const segment = pathIds[1] ?? '';
  if (!isId('del', segment)) throw deliveryNotFound(segment);
  return segment;
}

/** Throws `replay_not_found` for a segment that can name none. */
export function replayOf({ pathIds }: Subject): ReplayId {
  const segment = pathIds[0] ?? '';
  if (!isId('rpl', segment)) throw replayNotFound(segment);
  return segment;
}

export function missingWebhook(store: Store) {
  return async (subject: Subject): Promise<TurnlogError | null> => {
    const id = webhookOf(subject);
    return (await store.getWebhook(subject.org, id)) === null ? webhookNotFound(id) : null;
  };
}

/** Of the webhook first, then of the delivery. */
export function missingDelivery(store: Store) {
  const missingItsWebhook = missingWebhook(store);
  return async (subject: Subject): Promise<TurnlogError | null> => {
    const missing = await missingItsWebhook(subject);
    if (missing !== null) return missing;
    const id = deliveryOf(subject);
    return (await store.getDelivery(subject.org, webhookOf(subject), id)) === null ? deliveryNotFound(id) : null;
  };
}

export function missingReplay(store: Store) {
  return async (subject: Subject): Promise<TurnlogError | null> => {
    const id = replayOf(subject);
    return (await store.getReplay(subject.org, id)) === null ? replayNotFound(id) : null;
  };
}

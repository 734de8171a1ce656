/** Deliveries as every dialect shows them. */
import { z } from '@hono/zod-openapi';
import { formatMicros } from '@turnlog/core/clock';
import {
  type Attempt,
  CANCEL_REASONS,
  DELIVERY_STATES,
  type Delivery,
  type DeliveryState,
  type DeliverySummary,
} from '@turnlog/core/deliveries';
import { invalid } from '@turnlog/core/errors';
import { microsOfId } from '@turnlog/core/ids';
import { must } from '../../body-members.ts';
import { list } from '../../query.ts';
import { DELIVERY_ID } from './examples.ts';
import { nullableTime, presentTime, time } from './members.ts';

const DeliveryStateName = z.enum(DELIVERY_STATES).openapi('DeliveryState', {
  description:
    '`retrying`: failed, and is tried again by itself; `pending`: somebody asked for another attempt; `failed`: no ' +
    'attempt is left; `canceled`: nobody will try.',
});

const CancelReason = z.enum(CANCEL_REASONS).openapi('DeliveryCancelReason', {
  description: 'Its event went with its session, or the webhook was enabled from then on.',
});

const result = {
  status_code: z.int().nullable().openapi({ description: 'Null: there was no answer.' }),
  duration_ms: z.number().nullable(),
  error: z.string().nullable().openapi({ description: 'Why it failed; null: it succeeded.' }),
};

export const DeliveryResource = z
  .object({
    id: z.string().openapi({ description: '`del_` and a ULID.', example: DELIVERY_ID }),
    type: z.literal('delivery'),
    webhook_id: z.string(),
    event_id: z.string().openapi({ description: 'Also the `webhook-id` of every attempt.' }),
    event_type: z.string(),
    session_id: z
      .string()
      .nullable()
      .openapi({ description: 'The session that the event is of or about; null: of none, or nobody asked for order.' }),
    state: DeliveryStateName,
    cancel_reason: z.union([CancelReason, z.null()]),
    attempt_count: z.int(),
    ...result,
    next_attempt_at: nullableTime('Not before; null: there will be none.'),
    replay_id: z.string().nullable().openapi({ description: 'The replay that it is of; null: live.' }),
    created_at: time('When the first attempt was over.'),
    attempted_at: nullableTime('When the last attempt began; null: there was none.'),
  })
  .openapi('Delivery', { description: 'One event on its way to one webhook, with its last attempt.' });

const AttemptResource = z
  .object({
    attempted_at: time('When it began.'),
    ...result,
    duration_ms: z.number(),
    request_headers: z
      .record(z.string(), z.string())
      .openapi({ description: 'What was sent; `[redacted]` in the place of signatures.' }),
    response_body: z.string().nullable().openapi({ description: 'The first 4 KiB of the answer.' }),
  })
  .openapi('DeliveryAttempt', { description: 'One request to the endpoint, over.' });

export const DeliveryWithAttempts = z
  .object({
    ...DeliveryResource.shape,
    attempts: z.array(AttemptResource).openapi({ description: 'The last twenty, oldest first.' }),
  })
  .openapi('DeliveryWithAttempts', { description: 'A delivery with its attempts.' });

export const RecoverDeliveriesParams = z
  .object({
    since: z.string(must('a string')).openapi({
      format: 'date-time',
      description: 'Deliveries whose first attempt was over at or after this instant.',
    }),
  })
  .openapi('RecoverDeliveriesParams', { description: 'Which failed deliveries are sent again.' });

export const RecoveredDeliveries = z
  .object({ count: z.int().openapi({ description: 'Deliveries that are sent again.' }) })
  .openapi('RecoveredDeliveries', { description: 'How many failed deliveries are on their way again.' });

export const STATES = list({ $ref: '#/components/schemas/DeliveryState' }, 'Only deliveries in one of these states.');

/** Null: every state. Throws `invalid_request`. */
export function readStates(names: readonly string[] | undefined): readonly DeliveryState[] | null {
  if (names === undefined) return null;
  return names.map((name) => {
    const state = DELIVERY_STATES.find((known) => known === name);
    if (state === undefined) throw invalid('states', `'states' may list ${DELIVERY_STATES.join(', ')}.`);
    return state;
  });
}

export function presentDelivery(delivery: DeliverySummary): z.input<typeof DeliveryResource> {
  const { lastAttempt } = delivery;
  return {
    id: delivery.id,
    type: 'delivery',
    webhook_id: delivery.webhook,
    event_id: delivery.event,
    event_type: delivery.eventType,
    session_id: delivery.session,
    state: delivery.state,
    cancel_reason: delivery.cancelReason,
    attempt_count: delivery.attemptCount,
    status_code: lastAttempt?.statusCode ?? null,
    duration_ms: lastAttempt?.durationMs ?? null,
    error: lastAttempt?.error ?? null,
    next_attempt_at: presentTime(delivery.nextUs),
    replay_id: delivery.replay,
    created_at: formatMicros(microsOfId(delivery.id)),
    attempted_at: presentTime(lastAttempt?.startedUs ?? null),
  };
}

/** `headersOf`: what an attempt sent. */
export function presentWithAttempts(
  delivery: Delivery,
  headersOf: (attempt: Attempt) => Readonly<Record<string, string>>,
): z.input<typeof DeliveryWithAttempts> {
  const attempts = delivery.attempts.map((attempt) => ({
    attempted_at: formatMicros(attempt.startedUs),
    status_code: attempt.statusCode,
    duration_ms: attempt.durationMs,
    error: attempt.error,
    request_headers: headersOf(attempt),
    response_body: attempt.excerpt,
  }));
  return { ...presentDelivery(delivery), attempts };
}

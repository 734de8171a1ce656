/** Webhooks as every dialect shows and takes them. */
import { z } from '@hono/zod-openapi';
import { formatMicros } from '@turnlog/core/clock';
import { limits } from '@turnlog/core/limits';
import { checkMetadata, checkText } from '@turnlog/core/sessions';
import {
  ANNOUNCEMENTS,
  type CreateWebhook,
  checkDeliveryRate,
  checkWebhookEvents,
  DELIVERY_DIALECTS,
  DISABLED_REASONS,
  ORDERINGS,
  type UpdateWebhook,
  type Webhook,
} from '@turnlog/core/webhooks';
import { must, stringMap } from '../../body-members.ts';
import { WEBHOOK_ID } from './examples.ts';
import { nullableTime, patterns, presentTime, time } from './members.ts';

const SECRET_BYTES = `${limits.webhookSecretBytesMin} to ${limits.webhookSecretBytesMax} bytes`;

const ORDERING = must("'none' or 'session'");
const ANNOUNCE = must("'all', 'failures' or 'none'");

const Ordering = z
  .enum(ORDERINGS, ORDERING)
  .openapi('WebhookOrdering', { description: '`session`: the events of a session come one by one, in their order.' });

const Announce = z.enum(ANNOUNCEMENTS, ANNOUNCE).openapi('WebhookAnnouncements', {
  description: 'Which deliveries the account stream tells of, by `webhook.sent` and `webhook.failed`.',
});

const DisabledReason = z.enum(DISABLED_REASONS).openapi('WebhookDisabledReason', {
  description:
    'Why a webhook is disabled: somebody asked, the endpoint answered 410, or it failed 20 times in a row over a day.',
});

const Lag = z
  .object({
    events: z
      .int()
      .openapi({ description: `Events that wait for their first attempt, counted up to ${limits.lagEvents}.` }),
    seconds: z.int().openapi({ description: 'Age of the first of them; 0: none waits.' }),
  })
  .openapi('WebhookLag', { description: 'How far a webhook is behind.' });

export const WebhookResource = z
  .object({
    id: z.string().openapi({ description: '`wh_` and a ULID.', example: WEBHOOK_ID }),
    type: z.literal('webhook'),
    dialect: z
      .enum(DELIVERY_DIALECTS)
      .openapi({ description: 'The dialect that it was made in: events are delivered in its words.' }),
    url: z.string(),
    events: z.array(z.string()).openapi({ description: 'Types, and patterns of types.' }),
    description: z.string().nullable(),
    metadata: z.record(z.string(), z.string()).openapi({ description: 'Up to 50 pairs.' }),
    ordering: Ordering,
    rate_limit: z.int().nullable().openapi({ description: 'Deliveries a second, at most; null: no bound.' }),
    announce: Announce,
    status: z.enum(['enabled', 'disabled']),
    disabled_reason: z.union([DisabledReason, z.null()]),
    disabled_at: nullableTime('Null while enabled.'),
    last_success_at: nullableTime('When an attempt last succeeded; null: none has.'),
    last_failure_at: nullableTime('When an attempt last failed; null: none has.'),
    consecutive_failures: z.int().openapi({ description: 'Attempts that failed since the last that succeeded.' }),
    lag: z
      .union([Lag, z.null()])
      .openapi({ description: 'Told when one webhook is retrieved, else null: counting costs.' }),
    previous_secret_expires_at: nullableTime(
      'Until when deliveries are signed with the secret before as well; null: they are not.',
    ),
    created_at: time('RFC 3339, UTC, six fractional digits.'),
    updated_at: time('The last change of the webhook itself; deliveries do not count.'),
  })
  .openapi('Webhook', { description: 'An endpoint that events are delivered to, and a cursor on the feed.' });

export const WebhookWithSecret = z
  .object({
    ...WebhookResource.shape,
    secret: z.string().nullable().openapi({
      description: '`whsec_` and base64. Null in the repeat of an answer that was given before.',
    }),
  })
  .openapi('WebhookWithSecret', { description: 'A webhook with the secret that signs, shown this once.' });

export const WebhookDeleted = z
  .object({ id: z.string(), type: z.literal('webhook_deleted') })
  .openapi('WebhookDeleted', { description: 'A webhook that is gone, its deliveries with it.' });

export const WebhookTest = z
  .object({
    delivered: z.boolean().openapi({ description: 'Whether the endpoint answered with a 2xx.' }),
    status_code: z.int().nullable().openapi({ description: 'Null: there was no answer.' }),
    duration_ms: z.number(),
    error: z.string().nullable().openapi({ description: 'Why it failed.' }),
    response_body: z.string().nullable().openapi({ description: 'The first 4 KiB of the answer.' }),
  })
  .openapi('WebhookTest', { description: 'What became of a test.' });

const url = z.string(must('a string')).openapi({
  format: 'uri',
  maxLength: limits.webhookUrlCharacters,
  description:
    'https, port 443 or 8443, and an address that is public; what the operator allows besides is free of that.',
});
const events = patterns('Types, exact or with `*` for any run of characters: `session.*`, `*`. Never `webhook.*`.');
const description = z
  .string(must('a string or null'))
  .nullish()
  .openapi({ maxLength: limits.webhookDescriptionCharacters, description: 'At most 500 characters.' });
const rateLimit = z
  .number(must('a whole number or null'))
  .nullish()
  .openapi({
    type: ['integer', 'null'],
    minimum: 1,
    maximum: limits.deliveryRateMax,
    description: 'Deliveries a second, at most; null: no bound.',
  });

/** A secret that somebody sends. */
export const Secret = z
  .string(must('a string'))
  .nullish()
  .openapi({ description: `Text of ${SECRET_BYTES}, or \`whsec_\` and base64 of them. Left out, one is made.` });

export const CreateWebhookParams = z
  .object({
    url,
    events,
    secret: Secret,
    description,
    metadata: stringMap<string>({ nullable: false })
      .nullish()
      .openapi({
        type: ['object', 'null'],
        additionalProperties: { type: 'string' },
        description: 'Up to 50 pairs of at most 64 and 512 characters.',
      }),
    ordering: z.union([Ordering, z.null()], ORDERING).optional(),
    rate_limit: rateLimit,
    announce: z.union([Announce, z.null()], ANNOUNCE).optional(),
  })
  .openapi('CreateWebhookParams', { description: 'An endpoint, and what it is told.' });

export const UpdateWebhookParams = z
  .object({
    url: url.optional(),
    events: events.optional(),
    description: description.openapi({ description: 'At most 500 characters; null removes it.' }),
    metadata: stringMap<string | null>({ nullable: true })
      .nullish()
      .openapi({
        type: ['object', 'null'],
        additionalProperties: { type: ['string', 'null'] },
        description: 'Merged into what is there; null deletes a key.',
      }),
    ordering: Ordering.optional(),
    rate_limit: rateLimit,
    announce: Announce.optional(),
  })
  .openapi('UpdateWebhookParams', { description: 'What to change. Absent members stay as they are.' });

export const EnableWebhookParams = z
  .object({
    from: z
      .enum(['now', 'stopped'], must("'now' (skip what came while it was disabled) or 'stopped' (deliver that first)"))
      .openapi({ description: '`now`: with what comes next. `stopped`: with what came while it was disabled.' }),
  })
  .openapi('EnableWebhookParams', { description: 'Where the webhook goes on.' });

export const RotateWebhookSecretParams = z
  .object({
    secret: Secret,
    overlap_seconds: z
      .number(must('a number'))
      .nullish()
      .openapi({
        type: ['integer', 'null'],
        minimum: 0,
        maximum: limits.webhookOverlapSecondsMax,
        default: limits.webhookOverlapSeconds,
        description: 'How long deliveries are signed with earlier secrets as well; at most seven days.',
      }),
  })
  .openapi('RotateWebhookSecretParams', { description: 'The next secret, and how the old one goes.' });

/** What a new webhook is, but for its secret. Throws `invalid_request` naming the member at fault. */
export function parseCreateWebhook(
  params: z.output<typeof CreateWebhookParams>,
): Omit<CreateWebhook, 'dialect' | 'sealedSecret'> {
  const { url, events, description = null, rate_limit: rateLimit = null } = params;
  const metadata = params.metadata ?? {};
  checkWebhookEvents(events);
  if (description !== null) checkText(description, 'description', limits.webhookDescriptionCharacters);
  checkMetadata(metadata, 'metadata');
  checkDeliveryRate(rateLimit, 'rate_limit');
  const { ordering, announce } = params;
  return { url, events, description, metadata, ordering: ordering ?? 'none', rateLimit, announce: announce ?? 'all' };
}

/** Throws `invalid_request` naming the member at fault. */
export function parseUpdateWebhook(params: z.output<typeof UpdateWebhookParams>): UpdateWebhook {
  const { url, events, description, metadata, ordering, rate_limit: rateLimit, announce } = params;
  if (events !== undefined) checkWebhookEvents(events);
  if (typeof description === 'string') {
    checkText(description, 'description', limits.webhookDescriptionCharacters);
  }
  if (metadata) checkMetadata(metadata, 'metadata');
  if (rateLimit !== undefined) checkDeliveryRate(rateLimit, 'rate_limit');
  return { url, events, description, metadata: metadata ?? undefined, ordering, rateLimit, announce };
}

export function presentWebhook(
  webhook: Webhook,
  lag: z.input<typeof Lag> | null = null,
): z.input<typeof WebhookResource> {
  const { disabled } = webhook;
  return {
    id: webhook.id,
    type: 'webhook',
    dialect: webhook.dialect,
    url: webhook.url,
    events: [...webhook.events],
    description: webhook.description,
    metadata: webhook.metadata,
    ordering: webhook.ordering,
    rate_limit: webhook.rateLimit,
    announce: webhook.announce,
    status: disabled === null ? 'enabled' : 'disabled',
    disabled_reason: disabled?.reason ?? null,
    disabled_at: presentTime(disabled?.us ?? null),
    last_success_at: presentTime(webhook.lastSuccessUs),
    last_failure_at: presentTime(webhook.lastFailureUs),
    consecutive_failures: webhook.consecutiveFailures,
    lag,
    previous_secret_expires_at: presentTime(webhook.previousSecretExpiresUs),
    created_at: formatMicros(webhook.createdUs),
    updated_at: formatMicros(webhook.updatedUs),
  };
}

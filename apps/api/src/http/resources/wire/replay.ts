/** Replays as every dialect shows and takes them. */
import { z } from '@hono/zod-openapi';
import { formatMicros } from '@turnlog/core/clock';
import { invalid } from '@turnlog/core/errors';
import { checkPatterns } from '@turnlog/core/events';
import { limits } from '@turnlog/core/limits';
import { checkReplayRange, REPLAY_REASONS, REPLAY_STATUSES, type Replay } from '@turnlog/core/replays';
import { checkDeliveryRate } from '@turnlog/core/webhooks';
import { must } from '../../body-members.ts';
import { REPLAY_ID, WEBHOOK_ID } from './examples.ts';
import { nullableTime, patterns, presentTime, readInstant, time } from './members.ts';
import { Secret } from './webhook.ts';

const Status = z.enum(REPLAY_STATUSES).openapi('ReplayStatus', { description: 'Where a replay stands.' });

const Reason = z.enum(REPLAY_REASONS).openapi('ReplayReason', {
  description: 'Why it paused or failed, where nobody asked for it.',
});

export const ReplayResource = z
  .object({
    id: z.string().openapi({ description: '`rpl_` and a ULID.', example: REPLAY_ID }),
    type: z.literal('replay'),
    event_count: z.int().openapi({ description: 'The same as `total`.' }),
    status: Status,
    reason: z.union([Reason, z.null()]),
    delivered: z.int(),
    failed: z.int().openapi({ description: 'Events that no attempt delivered, and those deleted meanwhile.' }),
    total: z.int().openapi({ description: 'Matching events, counted before it began.' }),
    webhook_id: z.string().nullable().openapi({ description: 'Null: it goes to a URL.' }),
    webhook_url: z.string().nullable().openapi({ description: 'Null: it goes to a webhook.' }),
    since: time('Where it begins, included.'),
    until: time('Where it ends, excluded.'),
    types: z.array(z.string()).nullable().openapi({ description: 'Null: every type but `webhook.*`.' }),
    session_id: z
      .string()
      .nullable()
      .openapi({ description: 'Null: of every session, or of none where the name that was sent stands for none.' }),
    rate: z.int().nullable().openapi({ description: 'Deliveries a second, at most; null: no bound.' }),
    created_at: time('RFC 3339, UTC, six fractional digits.'),
    updated_at: time('When its status last changed, or somebody moved it.'),
    ended_at: nullableTime('Null: it is not over.'),
  })
  .openapi('Replay', { description: 'A second delivery of a part of the feed, and how far it has come.' });

export const ReplayStarted = z
  .object({
    ...ReplayResource.shape,
    secret: z.string().nullish().openapi({
      description: 'Only for a URL: what signs, shown this once. Null in the repeat of an earlier answer.',
    }),
  })
  .openapi('ReplayStarted', { description: 'A new replay.' });

export const ReplayDryRun = z
  .object({ id: z.null(), event_count: z.int(), status: z.literal('dry_run') })
  .openapi('ReplayDryRun', { description: 'What a replay would deliver.' });

const instant = (description: string) => z.string(must('a string')).openapi({ format: 'date-time', description });

export const CreateReplayParams = z
  .object({
    since: instant('Events created at or after this instant.'),
    until: instant('Events created before this instant, and before the request.'),
    types: patterns('Types, exact or with `*`. Left out: every type but `webhook.*`.')
      .nullish()
      .openapi({ type: ['array', 'null'] }),
    session_id: z.string(must('a string')).nullish().openapi({
      description: 'Only events of this session, and account events about it: its id, or its external id.',
    }),
    webhook_id: z
      .string(must('a string'))
      .nullish()
      .openapi({ description: 'Where to: an enabled webhook. Either this or `webhook_url`.', example: WEBHOOK_ID }),
    webhook_url: z.string(must('a string')).nullish().openapi({
      format: 'uri',
      maxLength: limits.webhookUrlCharacters,
      description: 'Where to: a URL, under the rules for the URLs of webhooks.',
    }),
    secret: Secret,
    rate: z
      .number(must('a whole number or null'))
      .nullish()
      .openapi({
        type: ['integer', 'null'],
        minimum: 1,
        maximum: limits.deliveryRateMax,
        description: 'Deliveries a second, at most; null: no bound.',
      }),
    dry_run: z.boolean(must('true or false')).nullish().openapi({ default: false, description: 'Only count.' }),
  })
  .openapi('CreateReplayParams', { description: 'What is delivered again, and where to.' });

/** What a new replay is, as asked. */
export interface ReplayInput {
  readonly sinceUs: number;
  readonly untilUs: number;
  readonly types: readonly string[] | null;
  readonly sessionId: string | null;
  readonly target: { readonly webhookId: string } | { readonly url: string; readonly secret: string | null };
  readonly rate: number | null;
  readonly isDryRun: boolean;
}

/** Throws `invalid_request` naming the member at fault. */
export function parseCreateReplay(params: z.output<typeof CreateReplayParams>): ReplayInput {
  const { types = null, session_id: sessionId = null, rate = null, dry_run: dryRun } = params;
  const range = { sinceUs: readInstant(params.since, 'since'), untilUs: readInstant(params.until, 'until') };
  checkReplayRange(range);
  if (types?.length === 0) throw invalid('types', "'types' is empty: name at least one type, or leave it out.");
  if (types !== null) checkPatterns(types, 'types');
  checkDeliveryRate(rate, 'rate');
  return { ...range, types, sessionId, target: readTarget(params), rate, isDryRun: dryRun === true };
}

function readTarget({
  webhook_id,
  webhook_url,
  secret = null,
}: z.output<typeof CreateReplayParams>): ReplayInput['target'] {
  const webhookId = webhook_id ?? null;
  const url = webhook_url ?? null;
  if (webhookId === null && url !== null) return { url, secret };
  if (webhookId === null) throw invalid('webhook_id', "Send 'webhook_id' or 'webhook_url': where the events go.");
  if (url !== null) throw invalid('webhook_url', "Send 'webhook_id' or 'webhook_url', not both.");
  if (secret === null) return { webhookId };
  throw invalid('secret', "'secret' goes with 'webhook_url' only: a webhook signs with its own.");
}

export function presentReplay(replay: Replay): z.input<typeof ReplayResource> {
  const { session } = replay;
  return {
    id: replay.id,
    type: 'replay',
    event_count: replay.total,
    status: replay.status,
    reason: replay.reason,
    delivered: replay.delivered,
    failed: replay.failed,
    total: replay.total,
    webhook_id: replay.webhook,
    webhook_url: replay.webhook === null ? replay.url : null,
    since: formatMicros(replay.sinceUs),
    until: formatMicros(replay.untilUs),
    types: replay.types === null ? null : [...replay.types],
    session_id: session === 'none' ? null : session,
    rate: replay.rate,
    created_at: formatMicros(replay.createdUs),
    updated_at: formatMicros(replay.updatedUs),
    ended_at: presentTime(replay.endedUs),
  };
}

/** A new replay, as the request that made it is answered. `secret`: null in a repeat. */
export function presentStarted(replay: Replay, secret: string | null): z.input<typeof ReplayStarted> {
  const shown = presentReplay(replay);
  return replay.webhook === null ? { ...shown, secret } : shown;
}

export function presentDryRun(eventCount: number): z.input<typeof ReplayDryRun> {
  return { id: null, event_count: eventCount, status: 'dry_run' };
}

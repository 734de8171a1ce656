/** Making and changing a webhook. */
import { TurnlogError } from '../errors.ts';
import { type EventId, highestIdBytes, idFromBytes, makeId } from '../ids.ts';
import { limits } from '../limits.ts';
import { checkMetadataPairs, mergedMetadata } from '../sessions.ts';
import {
  type CreateWebhook,
  checkSecretCount,
  type EnableFrom,
  type RotateWebhookSecret,
  type SealedSecret,
  signsAt,
  type UpdateWebhook,
  type Webhook,
} from '../webhooks.ts';
import { OrgClock, type OrgHead, type PlanContext } from './plan.ts';

/** A webhook step: the webhook's row after it. */
export interface WebhookPlan {
  readonly org: OrgHead;
  readonly webhook: Webhook;
  /** Whether there is anything to write. */
  readonly changed: boolean;
  /** Whether all that waits is canceled, and whoever owns the lane loses it. */
  readonly restarted: boolean;
}

/** `webhooks` is how many the org has. Refuses with `too_many_webhooks`. */
export function planCreateWebhook(
  org: OrgHead,
  webhooks: number,
  { sealedSecret: _, ...command }: CreateWebhook,
  context: PlanContext,
): WebhookPlan {
  if (webhooks >= limits.webhooksPerOrg) {
    const message = `This org has ${webhooks} webhooks, which is as many as it may: delete one first.`;
    throw new TurnlogError('too_many_webhooks', message);
  }
  const clock = new OrgClock(org, context.nowUs);
  const createdUs = clock.tick();
  const webhook: Webhook = {
    ...command,
    id: makeId('wh', createdUs, context.random),
    createdUs,
    updatedUs: createdUs,
    disabled: null,
    lastSuccessUs: null,
    lastFailureUs: null,
    consecutiveFailures: 0,
    failingSinceUs: null,
    position: positionAt(createdUs),
    previousSecretExpiresUs: null,
  };
  return changed(org, clock, webhook);
}

/** Refuses too many metadata pairs (`invalid_request`). */
export function planUpdateWebhook(
  org: OrgHead,
  webhook: Webhook,
  command: UpdateWebhook,
  context: PlanContext,
): WebhookPlan {
  const { metadata, ...members } = command;
  const given = Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
  const merged = metadata === undefined ? webhook.metadata : mergedMetadata(webhook.metadata, metadata);
  checkMetadataPairs(Object.keys(merged).length, 'metadata');
  const clock = new OrgClock(org, context.nowUs);
  return changed(org, clock, { ...webhook, ...given, metadata: merged, updatedUs: clock.tick() });
}

/** Failures in a row are forgiven. */
export function planEnableWebhook(org: OrgHead, webhook: Webhook, from: EnableFrom, context: PlanContext): WebhookPlan {
  if (webhook.disabled === null) return { org, webhook, changed: false, restarted: false };
  const clock = new OrgClock(org, context.nowUs);
  const updatedUs = clock.tick();
  const enabled = { ...webhook, disabled: null, updatedUs, consecutiveFailures: 0, failingSinceUs: null };
  if (from === 'stopped') return changed(org, clock, enabled);
  return { ...changed(org, clock, { ...enabled, position: positionAt(updatedUs) }), restarted: true };
}

export function planDisableWebhook(org: OrgHead, webhook: Webhook, context: PlanContext): WebhookPlan {
  if (webhook.disabled !== null) return { org, webhook, changed: false, restarted: false };
  const clock = new OrgClock(org, context.nowUs);
  const updatedUs = clock.tick();
  return changed(org, clock, { ...webhook, disabled: { us: updatedUs, reason: 'requested' }, updatedUs });
}

/** `secrets` are those that sign before the step, the current one first. Refuses with `secrets_overlap`. */
export function planRotateWebhookSecret(
  org: OrgHead,
  webhook: Webhook,
  secrets: readonly SealedSecret[],
  { sealedSecret, overlapSeconds }: RotateWebhookSecret,
  context: PlanContext,
): WebhookPlan & { readonly secrets: readonly SealedSecret[] } {
  const clock = new OrgClock(org, context.nowUs);
  const updatedUs = clock.tick();
  const untilUs = context.nowUs + overlapSeconds * 1_000_000;
  const earlier = secrets
    .filter((secret) => overlapSeconds > 0 && signsAt(secret, context.nowUs))
    .map(({ sealed, expiresUs }) => ({ sealed, expiresUs: Math.min(expiresUs ?? untilUs, untilUs) }));
  checkSecretCount(earlier.length);
  const previousSecretExpiresUs = earlier[0]?.expiresUs ?? null;
  const plan = changed(org, clock, { ...webhook, updatedUs, previousSecretExpiresUs });
  return { ...plan, secrets: [{ sealed: sealedSecret, expiresUs: null }, ...earlier] };
}

function changed(org: OrgHead, clock: OrgClock, webhook: Webhook): WebhookPlan {
  return { org: { ...org, lastUs: clock.lastUs }, webhook, changed: true, restarted: false };
}

/** The position behind everything that an org has stored by a microsecond of its clock. */
function positionAt(micros: number): EventId {
  return idFromBytes('evt', highestIdBytes(micros));
}

/** Webhooks: endpoints that the org's events are delivered to, each with a durable cursor on the feed (I9). */
import { invalid, TurnlogError } from './errors.ts';
import type { EventFilter } from './event-filter.ts';
import { checkPatterns } from './events.ts';
import type { EventId, SessionId, WebhookId } from './ids.ts';
import { limits } from './limits.ts';
import type { Metadata } from './sessions.ts';

/** Vocabularies in which events are delivered; stored by their index. */
export const DELIVERY_DIALECTS = ['cloud', 'platform'] as const;
export type DeliveryDialect = (typeof DELIVERY_DIALECTS)[number];

/** `session`: the events of one session are delivered one by one, in their order. Stored by their index. */
export const ORDERINGS = ['none', 'session'] as const;
export type Ordering = (typeof ORDERINGS)[number];

/** Which deliveries the account stream tells of; stored by their index. */
export const ANNOUNCEMENTS = ['all', 'failures', 'none'] as const;
export type Announcements = (typeof ANNOUNCEMENTS)[number];

/** Why a webhook is disabled: somebody asked, the endpoint answered 410, or it failed for too long. */
export const DISABLED_REASONS = ['requested', 'gone', 'failing'] as const;
export type DisabledReason = (typeof DISABLED_REASONS)[number];

/** How an endpoint has answered. */
export interface Health {
  readonly lastSuccessUs: number | null;
  readonly lastFailureUs: number | null;
  readonly consecutiveFailures: number;
  /** When the failures in a row began; null: the last attempt succeeded, or there was none. */
  readonly failingSinceUs: number | null;
}

export interface Webhook extends Health {
  readonly id: WebhookId;
  /** The one that it was made in: its deliveries speak it. */
  readonly dialect: DeliveryDialect;
  readonly url: string;
  /** Type patterns. */
  readonly events: readonly string[];
  readonly description: string | null;
  readonly metadata: Metadata;
  readonly ordering: Ordering;
  /** Deliveries a second, at most; null: as many as the endpoint takes. */
  readonly rateLimit: number | null;
  readonly announce: Announcements;
  readonly createdUs: number;
  /** When somebody, or the server itself, last changed what the webhook is; deliveries do not count. */
  readonly updatedUs: number;
  /** Null: enabled. */
  readonly disabled: { readonly us: number; readonly reason: DisabledReason } | null;
  /** The cursor: every matching event up to here is finished, or waits for a retry of its own. */
  readonly position: EventId;
  /** Until when deliveries are also signed with the secret before; null: they are not. */
  readonly previousSecretExpiresUs: number | null;
}

/** A secret that signs, sealed: its bytes are known to whoever holds the key. */
export interface SealedSecret {
  readonly sealed: Uint8Array;
  /** Null: the current one. */
  readonly expiresUs: number | null;
}

/** Whether a secret signs what goes out at a microsecond. */
export function signsAt({ expiresUs }: SealedSecret, us: number): boolean {
  return expiresUs === null || expiresUs > us;
}

export interface CreateWebhook {
  readonly dialect: DeliveryDialect;
  readonly url: string;
  readonly events: readonly string[];
  readonly description: string | null;
  readonly metadata: Metadata;
  readonly ordering: Ordering;
  readonly rateLimit: number | null;
  readonly announce: Announcements;
  readonly sealedSecret: Uint8Array;
}

/** `undefined` leaves a field as it is; a metadata value of null deletes its key. */
export interface UpdateWebhook {
  readonly url: string | undefined;
  readonly events: readonly string[] | undefined;
  readonly description: string | null | undefined;
  readonly metadata: Readonly<Record<string, string | null>> | undefined;
  readonly ordering: Ordering | undefined;
  readonly rateLimit: number | null | undefined;
  readonly announce: Announcements | undefined;
}

export interface RotateWebhookSecret {
  readonly sealedSecret: Uint8Array;
  /** How long earlier secrets sign beside the new one. */
  readonly overlapSeconds: number;
}

/** Where an enabled webhook goes on: with what comes next, or with what came while it was disabled. */
export type EnableFrom = 'now' | 'stopped';

/** The server's own events about deliveries, which are never delivered. */
export const DELIVERY_EVENTS = 'webhook.*';
const DELIVERY_EVENT = /^webhook\./;
const EVERYTHING = '*';

/** Throws `invalid_request` unless these are 1 to 100 patterns, none of them for events about deliveries alone. */
export function checkWebhookEvents(patterns: readonly string[]): void {
  if (patterns.length === 0) throw invalid('events', "'events' is empty: name at least one type, such as '*'.");
  checkPatterns(patterns, 'events');
  const own = patterns.find((pattern) => DELIVERY_EVENT.test(pattern));
  if (own === undefined) return;
  throw invalid(
    'events',
    `'events' names '${own}': events about deliveries are never delivered; read them at /events.`,
  );
}

/** Throws `invalid_request` unless null, or a whole number of deliveries a second. */
export function checkDeliveryRate(rate: number | null, param: string): void {
  if (rate === null || (Number.isInteger(rate) && rate >= 1 && rate <= limits.deliveryRateMax)) return;
  throw invalid(param, `'${param}' must be a whole number of deliveries a second from 1 to ${limits.deliveryRateMax}.`);
}

/** Throws `invalid_request` unless the overlap is a whole number of seconds up to seven days. */
export function checkSecretOverlap(seconds: number): void {
  const max = limits.webhookOverlapSecondsMax;
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= max) return;
  throw invalid('overlap_seconds', `'overlap_seconds' must be a whole number from 0 to ${max} (seven days).`);
}

/** Throws `secrets_overlap` when one more secret would be too many. */
export function checkSecretCount(secrets: number): void {
  if (secrets < limits.webhookSecrets) return;
  throw new TurnlogError(
    'secrets_overlap',
    `${secrets} secrets of this webhook sign at once: rotate with 'overlap_seconds': 0, or wait until one has expired.`,
  );
}

/** What a webhook of these patterns is told of. */
export function webhookFilter(patterns: readonly string[]): EventFilter {
  const types = patterns.includes(EVERYTHING) ? null : patterns;
  return { types, exceptTypes: [DELIVERY_EVENTS], session: null, agentId: null };
}

/** The session in whose order an event is delivered; null: it has none. */
export function orderingKey(event: {
  readonly sessionId: SessionId | null;
  readonly aboutSession: SessionId | null;
}): SessionId | null {
  return event.sessionId ?? event.aboutSession;
}

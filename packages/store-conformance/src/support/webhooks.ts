/** Webhooks with their lanes, and what those who serve lanes record. */
import type { Attempt, Delivery } from '@turnlog/core/deliveries';
import type { EventId, OrgId, WebhookId } from '@turnlog/core/ids';
import type { CreateReplay, Replay } from '@turnlog/core/replays';
import type { LogEvent, Store } from '@turnlog/core/store';
import type {
  FinishedDelivery,
  Lane,
  LaneId,
  LostDelivery,
  RecordDeliveries,
  Recorded,
} from '@turnlog/core/webhook-store';
import { type CreateWebhook, type UpdateWebhook, type Webhook, webhookFilter } from '@turnlog/core/webhooks';
import { expect } from 'vitest';
import { context, notes, random } from './commands.ts';
import { readToHead } from './feed-model.ts';
import type { Sandbox } from './sandbox.ts';

/** A minute, an hour and a day between attempts: what a test waits for is easy to tell. */
const RETRY_SECONDS = [0, 60, 3_600, 86_400] as const;
export const OWNER = 'process-1';

type Stored = Pick<Sandbox, 'store' | 'clock'>;

export function webhookCommand(fields: Partial<CreateWebhook> = {}): CreateWebhook {
  return {
    dialect: 'cloud',
    url: 'https://example.com/hook',
    events: ['*'],
    description: null,
    metadata: {},
    ordering: 'none',
    rateLimit: null,
    announce: 'all',
    sealedSecret: random(32),
    ...fields,
  };
}

export function webhookUpdate(fields: Partial<UpdateWebhook> = {}): UpdateWebhook {
  return {
    url: undefined,
    events: undefined,
    description: undefined,
    metadata: undefined,
    ordering: undefined,
    rateLimit: undefined,
    announce: undefined,
    ...fields,
  };
}

export function replayCommand(fields: Partial<CreateReplay> = {}): CreateReplay {
  return {
    dialect: 'cloud',
    target: { url: 'https://example.com/replay', sealedSecret: random(32) },
    sinceUs: 0,
    untilUs: 4_000_000_000_000_000,
    types: null,
    session: null,
    rate: null,
    total: 10,
    through: null,
    ...fields,
  };
}

/** An attempt that began now, and succeeded unless told otherwise. */
export function attempt({ clock }: Pick<Sandbox, 'clock'>, fields: Partial<Attempt> = {}): Attempt {
  return { startedUs: clock.us, durationMs: 1.5, statusCode: 200, error: null, excerpt: 'ok', ...fields };
}

export const REFUSED = { statusCode: 500, error: 'the endpoint answered 500', excerpt: '{"no":"no"}' } as const;

export function failedAttempt(sandbox: Pick<Sandbox, 'clock'>): Attempt {
  return attempt(sandbox, REFUSED);
}

/** A webhook of an org of its own, with a lane that somebody owns and events that wait for it. */
export interface StagedWebhook {
  readonly org: OrgId;
  readonly webhook: Webhook;
  readonly lane: Lane;
  /** Behind the cursor, oldest first. */
  readonly events: readonly LogEvent[];
}

export async function stageWebhook(
  sandbox: Sandbox,
  fields: Partial<CreateWebhook> = {},
  count = 3,
): Promise<StagedWebhook> {
  const { store } = sandbox;
  const org = await sandbox.newOrg();
  const { value: webhook } = await store.createWebhook(org, webhookCommand(fields), context());
  if (count > 0) await store.publishEvents(org, notes(count), context());
  const lane = await claim(sandbox, org, webhook.id);
  return { org, webhook, lane, events: await waitingEvents(sandbox, org, webhook) };
}

/** The events that a webhook has not passed yet. */
export async function waitingEvents(
  sandbox: Pick<Sandbox, 'store'>,
  org: OrgId,
  { position, events }: Pick<Webhook, 'position' | 'events'>,
): Promise<readonly LogEvent[]> {
  return (await readToHead(sandbox, org, 'feed', position, webhookFilter(events))).events;
}

/** Takes the lanes of an org for a minute, and answers the one asked for. */
export async function claim({ store, clock }: Stored, org: OrgId, id: LaneId, owner = OWNER): Promise<Lane> {
  const lanes = await store.claimLanes(org, { owner, untilUs: clock.us + 60_000_000 });
  return lanes.find((lane) => lane.id === id) ?? expect.fail(`the lane ${id} is to be had`);
}

/** An event whose delivery is over, successfully unless its attempts tell otherwise. */
export function finished(
  sandbox: Pick<Sandbox, 'clock'>,
  event: Pick<LogEvent, 'id' | 'type'> | undefined,
  fields: Partial<FinishedDelivery> = {},
): FinishedDelivery {
  if (event === undefined) throw new Error('There is such an event.');
  return {
    event: event.id,
    eventType: event.type,
    session: null,
    delivery: null,
    blocked: false,
    attempts: [attempt(sandbox)],
    gone: false,
    retryAfterUs: null,
    ...fields,
  };
}

/** The next attempt of a delivery that is known. */
export function again(
  sandbox: Pick<Sandbox, 'clock'>,
  { id, event, eventType, session }: Pick<Delivery, 'id' | 'event' | 'eventType' | 'session'>,
  fields: Partial<FinishedDelivery> = {},
): FinishedDelivery {
  return finished(sandbox, { id: event, type: eventType }, { delivery: id, session, ...fields });
}

export function lost(event: Pick<LogEvent, 'id' | 'type'> | undefined, fields: Partial<LostDelivery> = {}) {
  if (event === undefined) throw new Error('There is such an event.');
  return { event: event.id, eventType: event.type, session: null, delivery: null, blocked: false, ...fields };
}

export function recordCommand(
  lane: Pick<Lane, 'id' | 'fence'>,
  fields: Partial<RecordDeliveries> = {},
): RecordDeliveries {
  return {
    lane: lane.id,
    fence: lane.fence,
    position: null,
    finished: [],
    lost: [],
    unblocked: [],
    retrySeconds: RETRY_SECONDS,
    ...fields,
  };
}

type Recording = Extract<Recorded, { kind: 'recorded' }>;

/** Records for a lane that is the caller's. */
export async function record(
  { store }: Pick<Sandbox, 'store'>,
  { org, lane }: Pick<StagedWebhook, 'org' | 'lane'>,
  fields: Partial<RecordDeliveries>,
): Promise<Recording> {
  const recorded = await store.recordDeliveries(org, recordCommand(lane, fields), context());
  if (recorded.kind === 'fenced') throw new Error('The lane is not the caller’s.');
  return recorded;
}

/** Records one delivery, and answers its row. */
export async function recordOne(
  sandbox: Sandbox,
  staged: Pick<StagedWebhook, 'org' | 'lane' | 'webhook'>,
  delivery: FinishedDelivery,
  position: EventId | null = null,
): Promise<Delivery> {
  const { deliveries } = await record(sandbox, staged, { finished: [delivery], position });
  return deliveryOf(sandbox.store, staged, deliveries[0]?.id ?? null);
}

export async function deliveryOf(
  store: Store,
  { org, webhook }: Pick<StagedWebhook, 'org' | 'webhook'>,
  id: Delivery['id'] | null,
): Promise<Delivery> {
  const found = id === null ? null : await store.getDelivery(org, webhook.id, id);
  return found ?? expect.fail('the delivery is logged');
}

/** The webhook as it stands, which must exist. */
export async function webhookOf(store: Store, org: OrgId, id: WebhookId): Promise<Webhook> {
  return (await store.getWebhook(org, id)) ?? expect.fail('the webhook exists');
}

export async function replayOf(store: Store, org: OrgId, { id }: Pick<Replay, 'id'>): Promise<Replay> {
  return (await store.getReplay(org, id)) ?? expect.fail('the replay exists');
}

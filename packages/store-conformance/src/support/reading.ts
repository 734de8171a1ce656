/** Reading all there is, and what a page ought to hold. */
import type { CursorKind as Kind, PageQuery } from '@turnlog/core/cursors';
import type { Delivery } from '@turnlog/core/deliveries';
import type { StoredEvent } from '@turnlog/core/events';
import type { Id, OrgId, WebhookId } from '@turnlog/core/ids';
import { scanJson } from '@turnlog/core/json';
import { idOfText } from '@turnlog/core/plan/event-text';
import type { Replay } from '@turnlog/core/replays';
import type { Session, SessionRef } from '@turnlog/core/sessions';
import type { EventPage, EventQuery, Page, SessionQuery, Store } from '@turnlog/core/store';
import type { Token } from '@turnlog/core/tokens';
import type { Block, Lane, LaneStore } from '@turnlog/core/webhook-store';
import type { Webhook } from '@turnlog/core/webhooks';
import { expect } from 'vitest';
import type { OpenStore } from '../harness.ts';
import { byId, deliveryQuery, eventQuery, sessionQuery } from './commands.ts';

interface Identified<K extends Kind> {
  readonly id: Id<K>;
}
export type ReadPage<K extends Kind, Item> = (query: PageQuery<K>) => Promise<Page<Item>>;

/** A whole list, page by page: from its first record with 'after', or from its last one back with 'before'. */
export async function walk<K extends Kind, Item extends Identified<K>>(
  read: ReadPage<K, Item>,
  { order, direction, limit }: Pick<PageQuery<K>, 'order' | 'limit'> & { readonly direction: 'after' | 'before' },
): Promise<Item[]> {
  const items: Item[] = [];
  if (direction === 'before') {
    const reversed = order === 'asc' ? 'desc' : 'asc';
    items.push(...(await read({ order: reversed, cursor: null, limit: 1 })).data);
    if (items.length === 0) return items;
  }
  for (;;) {
    const edge = direction === 'after' ? items.at(-1) : items[0];
    const page = await read({ order, cursor: edge === undefined ? null : { direction, id: edge.id }, limit });
    expect(page.data.length, 'a page holds no more than was asked for').toBeLessThanOrEqual(limit);
    if (page.hasMore) expect(page.data.length, 'a page that says "more" holds something').toBeGreaterThan(0);
    if (direction === 'after') items.push(...page.data);
    else items.unshift(...page.data);
    if (!page.hasMore) return items;
  }
}

/** The page that a query deserves, given all records that pass its filters, oldest first. Ids compare in log order. */
export function expectedPage<K extends Kind, Item extends Identified<K>>(
  oldestFirst: readonly Item[],
  { order, cursor, limit }: PageQuery<K>,
): Page<Item> {
  const list = order === 'asc' ? oldestFirst : oldestFirst.toReversed();
  const isPast = (id: string, place: string) => (order === 'asc' ? id > place : id < place);
  if (cursor === null) return { data: list.slice(0, limit), hasMore: list.length > limit };
  if (cursor.direction === 'after') {
    const rest = list.filter(({ id }) => isPast(id, cursor.id));
    return { data: rest.slice(0, limit), hasMore: rest.length > limit };
  }
  const rest = list.filter(({ id }) => isPast(cursor.id, id));
  return { data: rest.slice(-limit), hasMore: rest.length > limit };
}

/** A page of a session's events; the cursor is known to belong to it. */
export async function eventPage(
  store: Store,
  org: OrgId,
  ref: SessionRef,
  query: Partial<EventQuery> = {},
): Promise<Page<StoredEvent>> {
  const page = await store.listEvents(org, ref, eventQuery(query));
  if (page === null) throw new Error('The store does not know a cursor that it has answered itself.');
  return eventsOf(page);
}

/** The events of a page, taken apart; its first and last id must be theirs. */
export function eventsOf({ json, firstId, lastId, hasMore }: EventPage): Page<StoredEvent> {
  const texts = scanJson(`[${new TextDecoder('utf-8', { fatal: true }).decode(json)}]`, { keepDepth: 1 }).items;
  const data = texts.map(({ text }) => ({ id: idOfText(text), text }));
  expect({ firstId, lastId }).toEqual({ firstId: data[0]?.id ?? null, lastId: data.at(-1)?.id ?? null });
  return { data, hasMore };
}

/** All events of a session, oldest first. */
export async function allEvents(
  store: Store,
  org: OrgId,
  ref: SessionRef,
  filters: Partial<EventQuery> = {},
): Promise<StoredEvent[]> {
  return walk<'evt', StoredEvent>((query) => eventPage(store, org, ref, { ...filters, ...query }), {
    order: 'asc',
    direction: 'after',
    limit: 1000,
  });
}

/** All sessions of an org, oldest first. */
export async function allSessions(store: Store, org: OrgId, filters: Partial<SessionQuery> = {}): Promise<Session[]> {
  return walk<'sess', Session>((query) => store.listSessions(org, sessionQuery({ ...filters, ...query })), {
    order: 'asc',
    direction: 'after',
    limit: 1000,
  });
}

/** All tokens of an org, oldest first. */
export async function allTokens(store: Store, org: OrgId): Promise<Token[]> {
  return walk<'tok', Token>((query) => store.listTokens(org, query), { order: 'asc', direction: 'after', limit: 1000 });
}

/** All webhooks of an org, oldest first. */
export async function allWebhooks(store: Store, org: OrgId): Promise<Webhook[]> {
  return walk<'wh', Webhook>((query) => store.listWebhooks(org, query), {
    order: 'asc',
    direction: 'after',
    limit: 1000,
  });
}

/** All replays of an org, oldest first. */
export async function allReplays(store: Store, org: OrgId): Promise<Replay[]> {
  return walk<'rpl', Replay>((query) => store.listReplays(org, query), {
    order: 'asc',
    direction: 'after',
    limit: 1000,
  });
}

/** All deliveries of a webhook with their attempts, oldest first. */
export async function allDeliveries(store: Store, org: OrgId, { id }: Pick<Webhook, 'id'>): Promise<Delivery[]> {
  const { data, hasMore } = await store.listDeliveries(org, id, deliveryQuery());
  expect(hasMore, 'there are no more than one page holds').toBe(false);
  const found = await Promise.all(data.map((delivery) => store.getDelivery(org, id, delivery.id)));
  return found.map((delivery) => delivery ?? expect.fail('what is listed is found'));
}

/** The secrets that sign, as bytes that compare. */
export async function secretsOf(store: Store, org: OrgId, id: WebhookId) {
  return plainSecrets(await store.webhookSecrets(org, id));
}

export function plainSecrets(secrets: Lane['secrets']) {
  return secrets.map(({ sealed, expiresUs }) => ({ sealed: [...sealed], expiresUs }));
}

/** The session, which must exist. */
export async function sessionOf(store: Store, org: OrgId, ref: SessionRef): Promise<Session> {
  const session = await store.getSession(org, ref);
  if (session === null) throw new Error('The store does not know a session that exists.');
  return session;
}

/** Everything that can be seen of an org. */
export interface Snapshot {
  readonly sessions: readonly Session[];
  /** As its numbered pages count them. */
  readonly sessionCount: number;
  readonly events: readonly string[];
  readonly accounts: readonly string[];
  readonly tokens: readonly Token[];
  readonly webhooks: readonly WebhookSnapshot[];
  readonly replays: readonly Replay[];
}

interface WebhookSnapshot {
  readonly webhook: Webhook;
  readonly secrets: Awaited<ReturnType<typeof secretsOf>>;
  readonly deliveries: readonly Delivery[];
  readonly waiting: Awaited<ReturnType<LaneStore['waitingDeliveries']>>;
  readonly blocks: readonly Block[];
}

export async function snapshot(open: OpenStore, org: OrgId): Promise<Snapshot> {
  const { store } = open;
  const sessions = await allSessions(store, org);
  const events = await Promise.all(sessions.map((session) => allEvents(store, org, byId(session))));
  return {
    sessions,
    sessionCount: (await store.pageOfSessions(org, { offset: 0, limit: 1 })).total,
    events: events.flat().map(({ text }) => text),
    accounts: await open.accountTexts(org),
    tokens: await allTokens(store, org),
    webhooks: await Promise.all(
      (await allWebhooks(store, org)).map(async (webhook) => ({
        webhook,
        secrets: await secretsOf(store, org, webhook.id),
        deliveries: await allDeliveries(store, org, webhook),
        waiting: await store.waitingDeliveries(org, webhook.id, 100),
        blocks: await store.blocksOf(org, webhook.id),
      })),
    ),
    replays: await allReplays(store, org),
  };
}

/** The members of a stored event that the suite looks at. */
export interface EventView {
  readonly id: Id<'evt'>;
  readonly type: string;
  readonly session_id: string | null;
  readonly turn_id: string | null;
  readonly created_at: string;
  readonly processed_at: string;
  readonly seq: number | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A stored text, which is JSON with the native envelope. */
export function viewOf(text: string): EventView {
  return JSON.parse(text) as EventView;
}

export async function accountViews(open: OpenStore, org: OrgId): Promise<EventView[]> {
  return (await open.accountTexts(org)).map(viewOf);
}

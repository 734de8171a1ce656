/** The reads of the Store port, each by the reader that serves it. */
import type { NowMicros } from '@turnlog/core/clock';
import type { Store } from '@turnlog/core/store';
import { DeliveryReader } from './read/deliveries.ts';
import { EventReader } from './read/events.ts';
import { FeedReader } from './read/feed.ts';
import { FeedCounter } from './read/feed-count.ts';
import { FeedScan } from './read/feed-scan.ts';
import { LogReader } from './read/log.ts';
import { NumberedReader } from './read/numbered.ts';
import type { Reader } from './read/reader.ts';
import { ReplayReader } from './read/replays.ts';
import { findSessionId } from './read/session-numbers.ts';
import { SessionPages } from './read/session-pages.ts';
import { SessionReader } from './read/sessions.ts';
import { TokenReader } from './read/tokens.ts';
import { TypeNumbers } from './read/types.ts';
import { WebhookReader } from './read/webhooks.ts';
import { findToken } from './token-rows.ts';
import { keptFingerprint } from './writer/kept-answers.ts';

export type Reads = Pick<
  Store,
  | 'keptFingerprint'
  | 'getSession'
  | 'listSessions'
  | 'getEvent'
  | 'listEvents'
  | 'sliceEvents'
  | 'countEvents'
  | 'pageOfSessions'
  | 'onlySessionBetween'
  | 'getFeedEvent'
  | 'listFeed'
  | 'sessionNamed'
  | 'headOf'
  | 'readOn'
  | 'getToken'
  | 'listTokens'
  | 'getWebhook'
  | 'listWebhooks'
  | 'webhookSecrets'
  | 'getDelivery'
  | 'listDeliveries'
  | 'waitingDeliveries'
  | 'blocksOf'
  | 'countFeed'
  | 'getReplay'
  | 'listReplays'
  | 'lastUs'
>;

/** Every read of the port; the org arrives as its id and goes on as its number. */
export function readsOf(reader: Reader, nowUs: NowMicros): Reads {
  const types = new TypeNumbers(reader.statements);
  const scan = new FeedScan(reader.statements, types);
  const events = new EventReader(reader, types);
  const feed = new FeedReader(reader, scan);
  const log = new LogReader(reader, types, scan);
  const sessions = new SessionReader(reader);
  const numbered = new NumberedReader(reader, types);
  const pages = new SessionPages(reader);
  const tokens = new TokenReader(reader);
  const webhooks = new WebhookReader(reader, nowUs);
  const deliveries = new DeliveryReader(reader, types);
  const counter = new FeedCounter(reader, scan);
  const replays = new ReplayReader(reader);
  return {
    keptFingerprint: async (org, key) => keptFingerprint(reader.statements, reader.org(org), key, nowUs()),
    getSession: async (org, ref) => sessions.get(reader.org(org), ref),
    listSessions: async (org, query) => sessions.list(reader.org(org), query),
    getEvent: async (org, ref, id) => events.get(reader.org(org), ref, id),
    listEvents: async (org, ref, query) => events.list(reader.org(org), ref, query),
    sliceEvents: async (org, ref, query) => numbered.slice(reader.org(org), ref, query),
    countEvents: async (org, ref, query) => numbered.count(reader.org(org), ref, query),
    pageOfSessions: async (org, query) => pages.page(reader.org(org), query),
    onlySessionBetween: async (org, low, high) => pages.onlyBetween(reader.org(org), low, high),
    getFeedEvent: async (org, id) => feed.get(reader.org(org), id),
    listFeed: async (org, query) => feed.list(reader.org(org), query),
    sessionNamed: async (org, ref) => findSessionId(reader.statements, reader.org(org), ref),
    headOf: async (org, stream) => log.headOf(reader.org(org), stream),
    readOn: async (org, stream, after, filter) => log.readOn(reader.org(org), stream, after, filter),
    getToken: async (org, id) => findToken(reader.statements, reader.org(org), id) ?? null,
    listTokens: async (org, query) => tokens.list(reader.org(org), query),
    getWebhook: async (org, id) => webhooks.get(reader.org(org), id),
    listWebhooks: async (org, query) => webhooks.list(reader.org(org), query),
    webhookSecrets: async (org, id) => webhooks.secrets(reader.org(org), id),
    getDelivery: async (org, webhook, id) => deliveries.get(reader.org(org), webhook, id),
    listDeliveries: async (org, webhook, query) => deliveries.list(reader.org(org), webhook, query),
    waitingDeliveries: async (org, webhook, limit) => deliveries.waiting(reader.org(org), webhook, limit),
    blocksOf: async (org, webhook) => deliveries.blocks(reader.org(org), webhook),
    countFeed: async (org, query) => counter.count(reader.org(org), query),
    getReplay: async (org, id) => replays.get(reader.org(org), id),
    listReplays: async (org, query) => replays.list(reader.org(org), query),
    lastUs: async (org) =>
      reader.statements.row<{ last_us: number }>('SELECT last_us FROM orgs WHERE no = ?', reader.org(org))
        ?.last_us as number,
  };
}

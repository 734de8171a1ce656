/** The log, the deliveries and the replays as the API shows them, for the judge. */
import { ask } from './client.ts';
import { digestOf } from './endpoints.ts';
import { elementsOf, readAll, shownOf } from './pages.ts';
import type { Erased } from './visitor.ts';
import type { LoggedDelivery, LoggedEvent, ReplayOutcome } from './webhook-judge.ts';

/** An event of the log in the words of both dialects. */
export interface TimedEvent extends Omit<LoggedEvent, 'digest'> {
  /** Of an event that is gone: unknown. */
  readonly createdAt: string | null;
  readonly digests: Readonly<Record<'cloud' | 'platform', string | null>>;
}

export interface WebhookState {
  readonly status: string;
  readonly disabled_reason: string | null;
  readonly lag: { readonly events: number } | null;
}

interface Stored {
  readonly type: string;
  readonly session_id: string | null;
  readonly created_at: string;
  readonly data?: { readonly session_id?: string };
}

/** The answer to a GET. Throws when it is refused, or does not come. */
export async function read<Answer>(url: string, path: string): Promise<Answer> {
  return JSON.parse(await readText(url, path)) as Answer;
}

async function readText(url: string, path: string): Promise<string> {
  const reply = await ask(url, { path });
  if (reply?.status !== 200) throw new Error(`${path} was answered ${reply?.status}: ${reply?.body}`);
  return reply.body;
}

/**
 * Every event behind `after` that was committed, whether it still is there or not, in the order of the log. Without
 * `platform` nobody looks at how that dialect shows them, which takes ten times as many pages.
 */
export async function readLog(
  url: string,
  after: string | null,
  { erased = [], platform: hasPlatform }: { readonly erased?: readonly Erased[]; readonly platform: boolean },
): Promise<TimedEvent[]> {
  const platform = hasPlatform ? await platformDigests(url, after) : new Map<string, string>();
  const kept = (await readAll(url, '/v1/events', after)).map(({ id, text }): TimedEvent => {
    const { type, session_id, created_at, data } = JSON.parse(text) as Stored;
    const session = session_id ?? data?.session_id ?? null;
    const digests = { cloud: digestOf(text), platform: platform.get(id) ?? null };
    return { id, type, session, createdAt: created_at, digests, erased: false };
  });
  const known = new Set(kept.map(({ id }) => id));
  const gone = erased
    .filter(({ id }) => !known.has(id))
    .map(({ id, type, session, text }): TimedEvent => {
      return { id, type, session, createdAt: null, digests: { cloud: digestOf(text), platform: null }, erased: true };
    });
  return [...kept, ...gone].sort((one, other) => (one.id < other.id ? -1 : 1));
}

async function platformDigests(url: string, after: string | null): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (let position = after; ; ) {
    const query = new URLSearchParams({ limit: '100', ...(position === null ? {} : { after_id: position }) });
    const body = await readText(url, `/api/v1/events?${query}`);
    for (const { id, text } of elementsOf(body).map(shownOf)) {
      found.set(id, digestOf(text));
      position = id;
    }
    if (!(JSON.parse(body) as { has_more: boolean }).has_more) return found;
  }
}

/** All deliveries of a webhook, or those in these states. */
export async function readDeliveries(url: string, webhook: string, states = ''): Promise<LoggedDelivery[]> {
  const found: LoggedDelivery[] = [];
  let after: string | null = null;
  for (;;) {
    const query = new URLSearchParams({ limit: '1000', ...(states && { states }), ...(after && { after_id: after }) });
    const page: DeliveriesPage = await read(url, `/v1/webhooks/${webhook}/deliveries?${query}`);
    for (const { event_id, state, replay_id } of page.data) found.push({ event: event_id, state, replay: replay_id });
    after = page.last_id;
    if (!page.has_more) return found;
  }
}

interface DeliveriesPage {
  readonly data: readonly { readonly event_id: string; readonly state: string; readonly replay_id: string | null }[];
  readonly has_more: boolean;
  readonly last_id: string | null;
}

export async function readReplay(url: string, replay: string): Promise<ReplayOutcome> {
  const { id, status, delivered, failed, total } = await read<ReplayOutcome>(url, `/v1/replays/${replay}`);
  return { id, status, delivered, failed, total };
}

/** The last event of the feed; null: there is none. */
export async function newestEvent(
  url: string,
): Promise<{ readonly id: string; readonly created_at: string } | undefined> {
  const { data } = await read<{ data: { id: string; created_at: string }[] }>(url, '/v1/events?order=desc&limit=1');
  return data[0];
}

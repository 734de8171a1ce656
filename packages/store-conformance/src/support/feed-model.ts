/** The log of an org as the feed ought to show it, put together from what is written and from the lists of sessions. */
import { type EventFilter, type Filtered, passes } from '@turnlog/core/event-filter';
import type { EventDraft, StoredEvent } from '@turnlog/core/events';
import {
  type EventId,
  highestIdBytes,
  idFromBytes,
  lowestIdBytes,
  microsOfId,
  type OrgId,
  type SessionId,
} from '@turnlog/core/ids';
import type { Origin } from '@turnlog/core/origins';
import type { FeedPage, FeedQuery, LogEvent, LogSlice, LogStream, Page } from '@turnlog/core/store';
import { expect } from 'vitest';
import { byId, context, draft, feedQuery, sessionCommand } from './commands.ts';
import { allEvents, type EventView, eventsOf, viewOf } from './reading.ts';
import type { Sandbox } from './sandbox.ts';

/** An event as the model knows it. */
export interface ModelEvent extends Filtered, StoredEvent {
  readonly origin: Origin;
}

/** What an event refers to in its `data`, and what the store should make of it. */
export interface About {
  /** As a producer writes it: our id or the caller's. */
  readonly session?: string;
  readonly agent?: string;
  /** The session that `session` stands for; absent when for none. */
  readonly means?: SessionId;
}

/** An event that carries what the store should make of its references. */
export function telling(type: string, { session, agent, means }: About = {}): EventDraft {
  const content = type.endsWith('.message') ? { content: [{ type: 'text', text: 'hello' }] } : {};
  return draft({ type, ...content, data: { session_id: session, agent_id: agent }, means: means ?? null });
}

/** Everything that the feed of an org should show, oldest first. */
export async function expectedFeed(
  sandbox: Pick<Sandbox, 'store' | 'open'>,
  org: OrgId,
  sessions: readonly { readonly id: SessionId; readonly agent: string | null }[],
): Promise<ModelEvent[]> {
  const lists = await Promise.all(
    sessions.map(async ({ id, agent }) =>
      (await allEvents(sandbox.store, org, { id })).map(({ text }) => modelOf(text, agent)),
    ),
  );
  const account = (await sandbox.open.accountTexts(org)).map((text) => modelOf(text, null));
  return [...lists.flat(), ...account].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function modelOf(text: string, agent: string | null): ModelEvent {
  const view = viewOf(text) as EventView & { readonly means?: SessionId | null };
  const ownServers = view.data?.['caused_by'] !== undefined;
  const about = ownServers ? (view.data['session_id'] as SessionId) : (view.means ?? null);
  const named = (view.data?.['agent_id'] as string | null | undefined) ?? null;
  const ofSession = view.session_id !== null;
  return {
    id: view.id,
    text,
    type: view.type,
    sessionId: view.session_id as SessionId | null,
    aboutSession: about === view.session_id ? null : about,
    agentId: ofSession ? agent : named,
    origin: ownServers ? 'server' : 'native',
    aboutAgent: ofSession && named !== agent ? named : null,
  };
}

/** The feed's page with its events taken apart. */
export async function feedPage(
  { store }: Pick<Sandbox, 'store'>,
  org: OrgId,
  query: Partial<FeedQuery> = {},
): Promise<Page<StoredEvent> & Pick<FeedPage, 'scannedThrough'>> {
  const page = await store.listFeed(org, feedQuery(query));
  return { ...eventsOf(page), scannedThrough: page.scannedThrough };
}

/** The whole feed, going on from where each page has stopped looking. */
export async function walkFeed(
  sandbox: Pick<Sandbox, 'store'>,
  org: OrgId,
  query: Partial<FeedQuery> & { readonly direction?: 'after' | 'before' } = {},
): Promise<{ readonly events: readonly StoredEvent[]; readonly pages: number }> {
  const { direction = 'after', ...rest } = query;
  const events: StoredEvent[] = [];
  let { cursor = null } = query;
  for (let pages = 1; ; pages++) {
    const page = await feedPage(sandbox, org, { ...rest, cursor });
    events.push(...(direction === 'after' ? page.data : page.data.toReversed()));
    if (!page.hasMore) return { events, pages };
    expect(page.data.length, 'a page that says "more" holds something').toBeGreaterThan(0);
    expect(page.scannedThrough, 'and says how far it has looked').not.toBeNull();
    cursor = page.scannedThrough && { direction, id: page.scannedThrough };
  }
}

/** All that follows a position, in slices. */
export async function readToHead(
  { store }: Pick<Sandbox, 'store'>,
  org: OrgId,
  stream: LogStream,
  after: EventId | null,
  filter: EventFilter | null,
): Promise<{ readonly events: readonly LogEvent[]; readonly slices: readonly LogSlice[] }> {
  const slices: LogSlice[] = [];
  for (let position = after; ; ) {
    const slice = await store.readOn(org, stream, position, filter);
    if (slice === null) throw new Error('The store does not know a position of its own.');
    slices.push(slice);
    if (slice.atHead) return { events: slices.flatMap(({ events }) => events), slices };
    expect(slice.position, 'a slice that is not the last one moves').not.toBe(position);
    position = slice.position;
  }
}

/** Positions around an event: itself, and ids beside it at which nothing stands. */
export function positionsAround(id: EventId): EventId[] {
  const micros = microsOfId(id);
  return [
    id,
    ...[micros - 1, micros, micros + 1].flatMap((us) => [
      idFromBytes('evt', lowestIdBytes(us)),
      idFromBytes('evt', highestIdBytes(us)),
    ]),
  ];
}

/** What passes a filter, of a model. */
export function passing(events: readonly ModelEvent[], filter: EventFilter | null): ModelEvent[] {
  return events.filter((event) => passes(filter, event));
}

/** The org of a model, with sessions of some agents that refer to each other, events of many types, and deleted ones. */
export interface Staged {
  readonly org: OrgId;
  readonly agents: readonly string[];
  readonly types: readonly string[];
  readonly live: readonly { readonly id: SessionId; readonly agent: string | null }[];
  readonly deleted: readonly SessionId[];
  /** Ids of events of deleted sessions. */
  readonly gone: readonly EventId[];
}

const AGENTS = ['agent-a', 'agent-b', null] as const;
/** As data names them: agents of sessions, the holder's own among them, one that has no session, and none. */
const NAMED = ['agent-a', 'agent-b', 'agent-c', undefined] as const;
const TYPES = [
  ...['agent.message', 'agent.tool_use', 'user.message', 'a_b', 'a.b', 'axb', 'session_start', 'session_stop'],
  ...['session.created', 'session.deleted', 'note.added'],
  ...Array.from({ length: 24 }, (_, n) => `step.s${n}`),
];

export async function stageFeed(sandbox: Sandbox): Promise<Staged> {
  const { store, clock, open } = sandbox;
  const org = await sandbox.newOrg();
  const names = Array.from({ length: 9 }, (_, n) => `run-${n}`);
  const sessions: { id: SessionId; agent: string | null; externalId: string }[] = [];
  for (const [n, externalId] of names.entries()) {
    const agent = AGENTS[n % AGENTS.length] ?? null;
    const command = sessionCommand({ externalId, agent: agent === null ? null : { id: agent, version: null } });
    const { value } = await store.createSession(org, command, context());
    sessions.push({ id: value.id, agent, externalId });
  }
  const gone: EventId[] = [];
  const deleted: SessionId[] = [];
  const live = [...sessions];
  for (let n = 0; n < 60; n++) {
    clock.us += [0, 1, 1_000, 60_000_000, -1_000_000][n % 5] ?? 0;
    const [holder, other] = [live[(n * 5) % live.length], sessions[(n * 7 + 3) % sessions.length]];
    if (holder === undefined || other === undefined) throw new Error('There are sessions left.');
    const known = live.includes(other);
    const means = known ? { means: other.id } : {};
    const naming = (k: number): About => {
      const agent = NAMED[(n + k) % NAMED.length];
      return agent === undefined ? {} : { agent };
    };
    const type = (k: number) => TYPES[(n * 11 + k * k) % TYPES.length] ?? '';
    const events = [
      telling(type(0), naming(0)),
      telling(type(1), { session: n % 2 === 0 ? other.id : other.externalId, ...means, ...naming(1) }),
      telling(type(2), { session: holder.id, means: holder.id, ...naming(2) }),
      telling(type(3), { session: holder.externalId, means: holder.id }),
      ...(n % 3 === 0 ? [telling(type(4), { session: 'nobody' })] : []),
    ];
    await store.appendEvents(org, byId(holder), events, context());
    if (n % 2 === 0) await store.publishEvents(org, events, context());
    if (n % 20 === 19) {
      gone.push(...(await allEvents(store, org, byId(holder))).map(({ id }) => id));
      await store.deleteSession(org, byId(holder), context());
      live.splice(live.indexOf(holder), 1);
      deleted.push(holder.id);
    }
  }
  await open.idle();
  return { org, agents: ['agent-a', 'agent-b', 'agent-c'], types: TYPES, live, deleted, gone };
}

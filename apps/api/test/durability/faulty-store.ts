/** Faults of a store as those meet them who read it: lost wake-ups, wrong positions, and what was never committed. */
import type { EventId, OrgId, SessionId } from '@turnlog/core/ids';
import type { LogEvent, LogSlice, LogStream } from '@turnlog/core/store';
import type { WakeupListener } from '@turnlog/core/wakeups';
import type { LaneId } from '@turnlog/core/webhook-store';
import type { SqliteStore } from '@turnlog/store-sqlite';
import type { PlantedFault } from './faulty-server.ts';
import { shownOf } from './pages.ts';

/** Plants into a store what its thread does not do by itself. */
export const PLANTED: Readonly<Partial<Record<PlantedFault, (store: SqliteStore) => SqliteStore>>> = {
  'cursor-off-by-one': skipAfterCursor,
  'slow-reads': readSlowly,
  'subscribe-after-reading': hearNothingWhileReading,
  'dropped-wake-up': dropWakeUps,
  'resume-id-too-late': resumeTooLate,
  'resume-id-too-early': resumeTooEarly,
  'shown-before-commit': showBeforeCommit,
  'cursor-before-attempt': moveCursorsTooEarly,
  'lease-lapses': (store) => lapse(store, HANDED_OVER_MAX),
  'lease-not-fenced': letLapsedOwnersWrite,
  'lease-shared': claimAsOne,
};

const SLOWEST_READ_MS = 40;
/** By then the thread has committed what it has told us of. */
const COMMITTED_BY_MS = 60;
/** One in so many wake-ups is lost. */
const DROPPED_ONE_IN = 3;
/** Lanes change hands on one in so many records of either kind. */
const HANDED_OVER_ONE_IN = { webhooks: 150, replays: 3 };
/** Whoever loses a lane again and again waits longer each time before it begins anew: more often, and nothing would settle. */
const HANDED_OVER_MAX = 8;

function skipAfterCursor(store: SqliteStore): SqliteStore {
  const { listEvents } = store;
  const skipping: SqliteStore['listEvents'] = async (org, ref, query) => {
    const page = await listEvents(org, ref, query);
    if (page === null || query.cursor?.direction !== 'after') return page;
    const [, ...rest] = JSON.parse(`[${Buffer.from(page.json)}]`) as unknown[];
    return rest.length === 0 ? page : { ...page, json: Buffer.from(JSON.stringify(rest).slice(1, -1)) };
  };
  return Object.assign(store, { listEvents: skipping });
}

/** No fault: whatever may come between the parts of a read does come, and must do no harm. */
function readSlowly(store: SqliteStore): SqliteStore {
  const { readOn, headOf } = store;
  return Object.assign(store, {
    readOn: ((...query) => afterAWhile(readOn(...query))) satisfies SqliteStore['readOn'],
    headOf: ((...query) => afterAWhile(headOf(...query))) satisfies SqliteStore['headOf'],
  });
}

/** Wake-ups of a session are lost while a read of it is under way. */
function hearNothingWhileReading(store: SqliteStore): SqliteStore {
  const { readOn, listen } = readSlowly(store);
  const underWay = new Map<LogStream, number>();
  const count = (stream: LogStream, by: number) => underWay.set(stream, (underWay.get(stream) ?? 0) + by);
  const counted: SqliteStore['readOn'] = async (org, stream, after, filter) => {
    count(stream, 1);
    const slice = await readOn(org, stream, after, filter);
    count(stream, -1);
    return slice;
  };
  const idle = (sessions: readonly SessionId[]) => sessions.filter((session) => (underWay.get(session) ?? 0) === 0);
  const hearing = hearingOnly(listen, () => idle);
  return Object.assign(store, { readOn: counted, listen: hearing });
}

async function afterAWhile<Value>(read: Promise<Value>): Promise<Value> {
  const found = await read;
  await new Promise((resolve) => setTimeout(resolve, Math.random() * SLOWEST_READ_MS));
  return found;
}

function dropWakeUps(store: SqliteStore): SqliteStore {
  const losing = () => {
    let wakeUps = 0;
    return (sessions: readonly SessionId[]) => (++wakeUps % DROPPED_ONE_IN === 0 ? [] : sessions);
  };
  return Object.assign(store, { listen: hearingOnly(store.listen, losing) });
}

/** `hearing` makes what a listener hears of the sessions of a wake-up. */
function hearingOnly(
  listen: SqliteStore['listen'],
  hearing: () => (sessions: readonly SessionId[]) => readonly SessionId[],
): SqliteStore['listen'] {
  return (listener) => {
    const heard = hearing();
    return listen({ ...listener, woken: (org, sessions) => listener.woken(org, heard(sessions)) });
  };
}

function resumeTooLate(store: SqliteStore): SqliteStore {
  return resumeWrongly(store, async (slice) => ({ ...slice, events: slice.events.slice(1) }));
}

function resumeTooEarly(store: SqliteStore): SqliteStore {
  return resumeWrongly(store, async (slice, org, session, after) => {
    const event = await store.getEvent(org, { id: session }, after);
    return { ...slice, events: [eventOf(session, event?.text ?? ''), ...slice.events] };
  });
}

/** By what nobody here chooses. */
const UNFILTERED = {
  aboutSession: null,
  aboutAgent: null,
  agentId: null,
  origin: 'native',
  requestId: `req_${'0'.repeat(26)}`,
} as const;

type Wrong = (slice: LogSlice, org: OrgId, session: SessionId, after: EventId) => Promise<LogSlice>;

/** A tail that resumes asks whether its position exists, then reads on from there: that one read goes wrong. */
function resumeWrongly(store: SqliteStore, wrong: Wrong): SqliteStore {
  const { getEvent, readOn } = store;
  const resumed = new Set<EventId>();
  return Object.assign(store, {
    getEvent: (async (org, ref, id) => {
      resumed.add(id);
      return getEvent(org, ref, id);
    }) satisfies SqliteStore['getEvent'],
    readOn: (async (org, stream, after, filter) => {
      const slice = await readOn(org, stream, after, filter);
      if (slice === null || stream === 'feed' || after === null || !resumed.delete(after)) return slice;
      const wrongly = await wrong(slice, org, stream, after);
      resumed.delete(after); // asked for once more by the fault itself
      return wrongly;
    }) satisfies SqliteStore['readOn'],
  });
}

/**
 * Tails of sessions are fed from memory, with what the thread has not committed yet (it tells us too early, as in
 * `acknowledged-before-commit`). Writers are answered only once it has.
 */
function showBeforeCommit(store: SqliteStore): SqliteStore {
  const { createSession, appendEvents, publishEvents, getEvent, readOn, listen } = store;
  const listeners = new Set<WakeupListener>();
  const shown = new Map<LogStream, LogEvent[]>();
  return Object.assign(store, {
    createSession: ((...command) => committed(createSession(...command))) satisfies SqliteStore['createSession'],
    publishEvents: ((...command) => committed(publishEvents(...command))) satisfies SqliteStore['publishEvents'],
    appendEvents: (async (org, ref, events, context) => {
      const outcome = await appendEvents(org, ref, events, context);
      if ('id' in ref && !outcome.replayed) {
        const known = shown.get(ref.id) ?? [];
        shown.set(ref.id, [...known, ...outcome.value.map((text) => eventOf(ref.id, text))]);
        for (const listener of listeners) listener.woken(org, [ref.id]);
      }
      return committed(outcome);
    }) satisfies SqliteStore['appendEvents'],
    listen: ((listener) => {
      listeners.add(listener);
      const woken: WakeupListener['woken'] = (org, sessions) => {
        setTimeout(() => listener.woken(org, sessions), COMMITTED_BY_MS);
      };
      return listen({ woken, reconnected: () => listener.reconnected() });
    }) satisfies SqliteStore['listen'],
    getEvent: (async (org, ref, id) => {
      const event = 'id' in ref ? shown.get(ref.id)?.find((known) => known.id === id) : undefined;
      return event === undefined ? getEvent(org, ref, id) : { ...event, text: event.text.toString() };
    }) satisfies SqliteStore['getEvent'],
    readOn: (async (org, stream, after, filter) => {
      const known = shown.get(stream) ?? [];
      const stored = await readOn(org, stream, after, filter);
      if (stored === null && !known.some(({ id }) => id === after)) return null;
      const slice = stored ?? { events: [], position: after, atHead: true, ended: false };
      const { position } = slice;
      const more = slice.atHead ? known.filter(({ id }) => position === null || id > position) : [];
      return { ...slice, events: [...slice.events, ...more], position: more.at(-1)?.id ?? position };
    }) satisfies SqliteStore['readOn'],
  });
}

/** Cursors of lanes move over all that has been read, whether its attempts are over and recorded or not. */
function moveCursorsTooEarly(store: SqliteStore): SqliteStore {
  const { readOn, recordDeliveries } = store;
  let read: EventId | null = null;
  return Object.assign(store, {
    readOn: (async (...query) => {
      const slice = await readOn(...query);
      const position = slice?.position ?? null;
      if (query[1] === 'feed' && position !== null && (read === null || position > read)) read = position;
      return slice;
    }) satisfies SqliteStore['readOn'],
    recordDeliveries: ((org, command, context) =>
      recordDeliveries(
        org,
        { ...command, position: read ?? command.position },
        context,
      )) satisfies SqliteStore['recordDeliveries'],
  });
}

/** Who delivers over one store, and the last fence of each lane. */
interface Party {
  owner: string | null;
  listener: WakeupListener | null;
}
const parties: Party[] = [];
const fences = new Map<LaneId, number>();
const records = { webhooks: 0, replays: 0 };
let handedOver = 0;

/** No fault: now and then the lease of whoever records is over early, and another takes the lanes while it goes on. */
function lapse(store: SqliteStore, max = Number.POSITIVE_INFINITY): SqliteStore {
  const { claimLanes, recordDeliveries, listen } = store;
  const party: Party = { owner: null, listener: null };
  parties.push(party);
  return Object.assign(store, {
    claimLanes: (async (org, claim) => {
      party.owner = claim.owner;
      const lanes = await claimLanes(org, claim);
      for (const { id, fence } of lanes) fences.set(id, fence);
      return lanes;
    }) satisfies SqliteStore['claimLanes'],
    recordDeliveries: (async (org, ...command) => {
      const kind = command[0].lane.startsWith('rpl_') ? 'replays' : 'webhooks';
      const due = ++records[kind] % HANDED_OVER_ONE_IN[kind] === 0;
      if (due && party.owner !== null && handedOver < max) {
        handedOver++;
        await claimLanes(org, { owner: party.owner, untilUs: 0 });
        for (const other of parties) if (other !== party) other.listener?.lanesChanged?.(org);
      }
      return recordDeliveries(org, ...command);
    }) satisfies SqliteStore['recordDeliveries'],
    listen: ((listener) => {
      // Of those who listen, the dispatcher alone wants to hear of lanes.
      if (listener.lanesChanged) party.listener = listener;
      return listen(listener);
    }) satisfies SqliteStore['listen'],
  });
}

/** All who deliver own every lane, since they claim them under one name. */
function claimAsOne(store: SqliteStore): SqliteStore {
  const { claimLanes } = store;
  return Object.assign(store, {
    claimLanes: ((org, { untilUs }) => claimLanes(org, { owner: 'all', untilUs })) satisfies SqliteStore['claimLanes'],
  });
}

/** Whoever has owned a lane may go on writing what it believes of it. */
function letLapsedOwnersWrite(store: SqliteStore): SqliteStore {
  const { recordDeliveries } = store;
  const unfenced: SqliteStore['recordDeliveries'] = (org, command, context) => {
    return recordDeliveries(org, { ...command, fence: fences.get(command.lane) ?? command.fence }, context);
  };
  return lapse(Object.assign(store, { recordDeliveries: unfenced }));
}

async function committed<Value>(outcome: Value | Promise<Value>): Promise<Value> {
  const told = await outcome;
  await new Promise((resolve) => setTimeout(resolve, COMMITTED_BY_MS));
  return told;
}

function eventOf(sessionId: SessionId, text: string): LogEvent {
  const { type } = JSON.parse(text) as { type: string };
  return { ...UNFILTERED, id: shownOf(text).id as EventId, type, sessionId, text: Buffer.from(text) };
}

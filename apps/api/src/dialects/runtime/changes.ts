/**
 * What changes, as sockets are told: made of the feed alone, so that nothing is told that is not in the log. A session's
 * own events are told with its name as it is now; one that is deleted meanwhile is passed over.
 */
import { TurnlogError } from '@turnlog/core/errors';
import { lifecycleFacts, payloadNode } from '@turnlog/core/event-facts';
import { type EventView, ownMember } from '@turnlog/core/event-view';
import type { OrgId, SessionId } from '@turnlog/core/ids';
import { scanJson } from '@turnlog/core/json';
import { stringMember } from '@turnlog/core/json-members';
import {
  hasSignal,
  nextPhase,
  type Phase,
  SIGNAL_TYPES,
  type Signal,
  STATUS_OF_PHASE,
  signalIn,
  WAVE_STATUS,
} from '@turnlog/core/lifecycle';
import type { Session } from '@turnlog/core/sessions';
import type { EventRecord, EventSlice, LogEvent, Store } from '@turnlog/core/store';
import { decoded, viewOf } from '../../http/views.ts';
import { eventMessage, sessionDeletedMessage, sessionMessage } from './wire/message.ts';
import type { Status } from './wire/session.ts';

/** Earlier events that are looked at together for the phase that an event has met: nearly every one of them decides it alone. */
const EARLIER_SIGNALS = 50;
/** How often more are looked at, while none of them has decided it. */
const LOOKS_BACK = 20;
/** In sessions of any other origin than wave these move nothing, and there may be many. */
const OUTSIDE_WAVE = SIGNAL_TYPES.filter((type) => type !== WAVE_STATUS);

type Looked = Pick<EventSlice, 'events' | 'next'>;

export class Changes {
  readonly #store: Pick<Store, 'getSession' | 'sliceEvents'>;
  readonly #org: OrgId;
  readonly #sessions = new Map<SessionId, Session | null>();
  readonly #phases = new Map<SessionId, Phase>();

  /** For one batch of the feed of an org. */
  constructor(store: Pick<Store, 'getSession' | 'sliceEvents'>, org: OrgId) {
    this.#store = store;
    this.#org = org;
  }

  /** The messages of an event of the batch; to be asked in the order of the log. */
  async of(event: LogEvent): Promise<readonly string[]> {
    if (event.sessionId !== null) return this.#ofSession(event, event.sessionId);
    return event.origin === 'server' ? this.#ofAccount(event) : [];
  }

  async #ofSession(event: LogEvent, id: SessionId): Promise<readonly string[]> {
    const session = await this.#session(id);
    if (session === null) return [];
    const view = viewOf(event);
    const status = hasSignal(event.type) ? await this.#statusAfter(event, view, session) : null;
    const told = eventMessage(view, session);
    return status === null ? [told] : [sessionMessage('session_updated', session, status), told];
  }

  async #ofAccount(event: LogEvent): Promise<readonly string[]> {
    const told = ACCOUNT[event.type];
    if (told === undefined) return [];
    const data = ownMember(viewOf(event), 'data');
    const id = stringMember(data, 'session_id') as SessionId;
    if (told === 'session_deleted') return [sessionDeletedMessage(stringMember(data, 'external_id') ?? id)];
    const session = await this.#session(id);
    if (session === null) return [];
    return [told === 'session_created' ? sessionMessage(told, session, 'running') : sessionMessage(told, session)];
  }

  /** The status to which an event has brought its session; null when it was that already. */
  async #statusAfter(event: LogEvent, view: EventView, session: Session): Promise<Status | null> {
    const before = this.#phases.get(session.id) ?? (await this.#phaseBefore(session, view.seq ?? 1));
    const after = phaseAfter(before, session, event);
    this.#phases.set(session.id, after);
    const status = STATUS_OF_PHASE[after].runtime;
    return status === STATUS_OF_PHASE[before].runtime ? null : status;
  }

  /** Close enough to tell the status: every session begins as one that is running here. */
  async #phaseBefore(session: Session, seq: number): Promise<Phase> {
    const types = session.origin === 'wave' ? SIGNAL_TYPES : OUTSIDE_WAVE;
    const signals: Signal[] = [];
    let high: number | null = seq - 1;
    for (let looks = 0; high !== null && high > 0 && looks < LOOKS_BACK && !signals.some(decides); looks++) {
      const query = { low: 1, high, descending: true, types, limit: EARLIER_SIGNALS };
      const slice: Looked = await this.#store.sliceEvents(this.#org, { id: session.id }, query).catch(noneOfDeleted);
      signals.push(...slice.events.map((event) => signalFor(session, event)).filter((signal) => signal !== null));
      high = slice.next;
    }
    return signals.reverse().reduce<Phase>(nextPhase, 'created');
  }

  async #session(id: SessionId): Promise<Session | null> {
    let session = this.#sessions.get(id);
    if (session === undefined) {
      session = await this.#store.getSession(this.#org, { id });
      this.#sessions.set(id, session);
    }
    return session;
  }
}

const ACCOUNT: Readonly<Record<string, 'session_created' | 'session_updated' | 'session_deleted'>> = {
  'session.created': 'session_created',
  'session.updated': 'session_updated',
  'session.deleted': 'session_deleted',
};

function phaseAfter(phase: Phase, session: Session, event: Pick<EventRecord, 'origin' | 'text'>): Phase {
  const signal = signalFor(session, event);
  return signal === null ? phase : nextPhase(phase, signal);
}

/** What an event asks of the session that it is of. */
function signalFor({ origin }: Session, event: Pick<EventRecord, 'origin' | 'text'>): Signal | null {
  return signalIn(origin, signalOfText(event));
}

/** Whether what was before a signal does not matter, within a session that takes events. */
function decides(signal: Signal): boolean {
  return nextPhase('created', signal) === nextPhase('failed', signal);
}

function signalOfText({ origin, text }: Pick<EventRecord, 'origin' | 'text'>) {
  const event = scanJson(decoded(text), { keepDepth: 4 });
  const type = stringMember(event, 'type') ?? '';
  return { type, signal: lifecycleFacts(type, event, payloadNode(origin, event)).signal };
}

function noneOfDeleted(error: unknown): Looked {
  if (error instanceof TurnlogError && error.code === 'session_not_found') return { events: [], next: null };
  throw error;
}

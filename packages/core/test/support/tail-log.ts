/** One org's log in memory, with every state that it ever had: what tails must agree with. */
import { type EventFilter, passes } from '../../src/event-filter.ts';
import { type EventId, makeId, type OrgId, type SessionId } from '../../src/ids.ts';
import type { LogEvent, LogSlice, LogStream } from '../../src/store.ts';
import { NOW_US } from './plans.ts';
import { seededBytes } from './random.ts';

export type Fate = 'open' | 'terminated' | 'archived' | 'deleted';

/** The log as one commit left it. */
export interface LogState {
  /** How many rows there are. */
  readonly count: number;
  readonly fates: ReadonlyMap<SessionId, Fate>;
  readonly lastUs: number;
}

export interface NewRow {
  readonly session: SessionId | null;
  readonly type: string;
  readonly about?: SessionId;
  readonly bytes?: number;
}

export class TailLog {
  readonly org: OrgId;
  readonly rows: LogEvent[] = [];
  readonly states: LogState[] = [];
  readonly #agents = new Map<SessionId, string>();
  readonly #random: ReturnType<typeof seededBytes>;

  /** A log with a session for each agent. */
  constructor(seed: number, agents: readonly string[]) {
    this.#random = seededBytes(seed);
    this.org = makeId('org', NOW_US, this.#random);
    const fates = new Map<SessionId, Fate>();
    for (const [n, agent] of agents.entries()) {
      const session = makeId('sess', NOW_US + n, this.#random);
      this.#agents.set(session, agent);
      fates.set(session, 'open');
    }
    this.states.push({ count: 0, fates, lastUs: NOW_US + agents.length });
  }

  get now(): LogState {
    return this.states.at(-1) as LogState;
  }

  get sessions(): readonly SessionId[] {
    return [...this.#agents.keys()];
  }

  session(n: number): SessionId {
    return this.sessions[n] as SessionId;
  }

  /** Stores rows and fates in one commit; answers the sessions that are to be woken. */
  commit(added: readonly NewRow[], fates: readonly (readonly [SessionId, Fate])[] = []): readonly SessionId[] {
    let { lastUs } = this.now;
    for (const { session, type, about = null, bytes = 10 } of added) {
      lastUs++;
      const agentId = this.#agents.get(session ?? about ?? 'sess_none') ?? null;
      const text = new Uint8Array(bytes);
      const id = makeId('evt', lastUs, this.#random);
      const provenance = { origin: 'native', requestId: 'req_00000000000000000000000000' } as const;
      const references = { aboutSession: about, agentId, aboutAgent: null };
      this.rows.push({ id, text, type, sessionId: session, ...references, ...provenance });
    }
    this.states.push({ count: this.rows.length, fates: new Map([...this.now.fates, ...fates]), lastUs });
    const woken = [...added.map(({ session }) => session), ...fates.map(([session]) => session)];
    return [...new Set(woken)].filter((session) => session !== null);
  }

  /** What stands in a stream, oldest first. */
  visible(stream: LogStream, state: LogState = this.now): readonly LogEvent[] {
    return this.rows
      .slice(0, state.count)
      .filter((row) => isOf(stream, row) && (row.sessionId === null || state.fates.get(row.sessionId) !== 'deleted'));
  }

  /** Everything that ever stood in a stream behind a position and passes a filter. */
  everything(stream: LogStream, after: EventId | null, filter: EventFilter | null): readonly LogEvent[] {
    return this.rows.filter((row) => isOf(stream, row) && row.id > (after ?? '') && passes(filter, row));
  }

  /** Whether a stream takes no more events. */
  isEnded(stream: LogStream, state: LogState = this.now): boolean {
    return stream !== 'feed' && state.fates.get(stream) !== 'open';
  }

  isDeleted(stream: LogStream): boolean {
    return stream !== 'feed' && this.now.fates.get(stream) === 'deleted';
  }

  headOf(stream: LogStream, state: LogState = this.now): EventId | null {
    return this.visible(stream, state).at(-1)?.id ?? null;
  }

  /** The next rows, of which at most `bound` are looked at; null: the position is no event of the session. */
  slice(
    [stream, after, filter]: readonly [LogStream, EventId | null, EventFilter | null],
    bound: number,
    state: LogState,
  ): LogSlice | null {
    const rows = this.visible(stream, state);
    if (stream !== 'feed' && after !== null && !rows.some(({ id }) => id === after)) return null;
    const next = rows.filter(({ id }) => id > (after ?? ''));
    const looked = next.slice(0, bound);
    return {
      events: looked.filter((row) => passes(filter, row)),
      position: looked.at(-1)?.id ?? after,
      atHead: looked.length === next.length,
      ended: this.isEnded(stream, state),
    };
  }
}

function isOf(stream: LogStream, row: LogEvent): boolean {
  return stream === 'feed' || row.sessionId === stream;
}

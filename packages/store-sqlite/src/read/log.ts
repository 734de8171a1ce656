/** Reading on: what follows a position of a stream, in slices small enough for tails. */
import { sessionNotFound } from '@turnlog/core/errors';
import type { EventFilter } from '@turnlog/core/event-filter';
import { bytesFromId, type EventId, idFromBytes, type SessionId } from '@turnlog/core/ids';
import { PHASES } from '@turnlog/core/lifecycle';
import { limits } from '@turnlog/core/limits';
import { HEAD_CHARACTERS, idOfText, sessionOfText, typeOfText } from '@turnlog/core/plan/event-text';
import type { LogEvent, LogSlice, LogStream } from '@turnlog/core/store';
import { type Candidate, MAX_ID, MIN_ID } from './candidates.ts';
import type { Span } from './event-pages.ts';
import type { FeedScan } from './feed-scan.ts';
import { fillFrom } from './fill-from.ts';
import { FillingPage } from './filling-page.ts';
import { Names } from './names.ts';
import type { Reader } from './reader.ts';
import { idAt, seqOf } from './seqs.ts';
import { provenanceOf, type TextRow } from './stored-texts.ts';
import { turnOfTheLoop } from './turn.ts';
import type { TypeNumbers } from './types.ts';

interface SessionEnd {
  readonly no: number;
  readonly count: number;
  readonly phase: number;
  readonly archived_us: number | null;
}

const EVERY_TYPE = { types: null };
const TERMINATED = PHASES.indexOf('terminated');

export class LogReader {
  readonly #reader: Reader;
  readonly #types: TypeNumbers;
  readonly #names: Names;
  readonly #scan: FeedScan;

  constructor(reader: Reader, types: TypeNumbers, scan: FeedScan) {
    this.#reader = reader;
    this.#types = types;
    this.#names = new Names(reader.statements);
    this.#scan = scan;
  }

  /** `session_not_found`. */
  headOf(org: number, stream: LogStream): EventId | null {
    return this.#reader.snapshot(() => {
      if (stream === 'feed') return this.#scan.headOf(org);
      const session = this.#session(org, stream);
      return this.#idAt(org, session.no, session.count);
    });
  }

  /** `session_not_found`; null when the position is no event of the session. */
  async readOn(
    org: number,
    stream: LogStream,
    after: EventId | null,
    filter: EventFilter | null,
  ): Promise<LogSlice | null> {
    for (;;) {
      const slice = this.#reader.snapshot(() =>
        stream === 'feed' ? this.#feed(org, after, filter) : this.#ofSession(org, stream, after, filter ?? EVERY_TYPE),
      );
      if (slice !== 'behind') return slice;
      await turnOfTheLoop();
    }
  }

  #feed(org: number, after: EventId | null, filter: EventFilter | null): LogSlice | 'behind' {
    const page = new FillingPage<LogEvent>(limits.sliceEvents, limits.sliceBytes);
    const bounds = { low: after === null ? MIN_ID : bytesFromId(after), high: MAX_ID };
    const take = (candidate: Candidate, row: TextRow) => page.add(this.#eventOf(org, candidate, row), row.text.length);
    const end = this.#scan.look({ org, filter, ascending: true, ...bounds, rows: limits.readRows }, take);
    if (end === 'behind') return end;
    const position = end.lookedAt === null ? after : idFromBytes('evt', end.lookedAt);
    return { events: page.data, position, atHead: end.exhausted, ended: false };
  }

  #ofSession(
    org: number,
    id: SessionId,
    after: EventId | null,
    filter: Pick<EventFilter, 'types' | 'exceptTypes'>,
  ): LogSlice | 'behind' | null {
    const session = this.#session(org, id);
    const seq = after === null ? 0 : seqOf(this.#reader.statements, org, session.no, after);
    if (seq === null) return null;
    const types = this.#types.choose(org, filter);
    if (types === 'behind') return types;
    const ended = session.phase === TERMINATED || session.archived_us !== null;
    if (seq >= session.count) return { events: [], position: after, atHead: true, ended };
    const page = new FillingPage<LogEvent>(limits.sliceEvents, limits.sliceBytes);
    const span: Span = { org, session: session.no, low: seq + 1, high: session.count, ascending: true };
    const next = fillFrom(this.#reader.statements, span, types, (row) => page.add(eventOf(row), row.text.length));
    const lookedAt = next === null ? session.count : next - 1;
    const position = this.#idAt(org, session.no, lookedAt);
    return { events: page.data, position, atHead: lookedAt === session.count, ended };
  }

  #session(org: number, id: SessionId): SessionEnd {
    const session = this.#reader.statements.row<SessionEnd>(
      `SELECT s.no, s.archived_us, h.count, h.phase FROM sessions s
       JOIN session_heads h ON h.org = s.org AND h.session = s.no
       WHERE s.deleted_us IS NULL AND s.org = ? AND s.id = ?`,
      org,
      bytesFromId(id),
    );
    if (!session) throw sessionNotFound(id);
    return session;
  }

  #idAt(org: number, session: number, seq: number): EventId | null {
    const id = idAt(this.#reader.statements, org, session, seq);
    return id && idFromBytes('evt', id);
  }

  #eventOf(org: number, { agent_no, about_session, about_agent }: Candidate, row: TextRow): LogEvent {
    return {
      ...eventOf(row),
      aboutSession: this.#names.session(org, about_session),
      agentId: this.#names.agent(org, agent_no),
      aboutAgent: this.#names.agent(org, about_agent),
    };
  }
}

/** An event as its text tells it: nothing of whom it is about. */
function eventOf(row: TextRow): LogEvent {
  const { text } = row;
  const head = text.toString('latin1', 0, HEAD_CHARACTERS);
  const type = typeOfText(head);
  const about = { aboutSession: null, agentId: null, aboutAgent: null };
  return { id: idOfText(head), type, sessionId: sessionOfText(head, type), ...about, text, ...provenanceOf(row) };
}

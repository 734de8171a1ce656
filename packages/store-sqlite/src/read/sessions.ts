/**
 * Reading sessions. Numbers rise with ids and times, so every list is a walk over numbers: one index proposes candidates
 * in order, a slice at a time, and each is checked against the whole query.
 */
import { readsAscending } from '@turnlog/core/cursors';
import { bytesFromId, lowestIdBytes } from '@turnlog/core/ids';
import { PHASES, STATUS_OF_PHASE } from '@turnlog/core/lifecycle';
import type { Session, SessionRef } from '@turnlog/core/sessions';
import type { Page, SessionQuery } from '@turnlog/core/store';
import { findSession, findSessionByNumber } from '../session-rows.ts';
import type { Value } from '../statements.ts';
import { FillingPage } from './filling-page.ts';
import type { Reader } from './reader.ts';
import { turnOfTheLoop } from './turn.ts';

/** Candidates that one turn of the loop looks at. */
const SLICE_ROWS = 100;

/** What a dialect adds to a session's own members, at most about. */
const ADDED_BYTES = 512;

/** The index that proposes candidates: its query, up to the bounds on the number. */
interface Source {
  /** A SELECT of the number as `no`, which ends in its conditions. */
  readonly select: string;
  /** The column that holds the number. */
  readonly number: 'no' | 'session';
  /** The values of one SELECT each; several are merged. */
  readonly parts: readonly (readonly Value[])[];
}

interface Walk {
  low: number;
  high: number;
  readonly ascending: boolean;
  /** Candidates of the next slice: the page's length at first, more with every slice that leaves it unfilled. */
  rows: number;
}

export class SessionReader {
  readonly #reader: Reader;

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  get(org: number, ref: SessionRef): Session | null {
    return this.#reader.snapshot(() => findSession(this.#reader.statements, org, ref)?.session ?? null);
  }

  async list(org: number, query: SessionQuery): Promise<Page<Session>> {
    const ascending = readsAscending(query);
    const page = new FillingPage<Session>(query.limit);
    const walk = this.#reader.snapshot(() => this.#walk(org, query, ascending));
    const source = sourceOf(org, query);
    if (source.parts.length === 0) return page;
    while (walk.low <= walk.high && !page.hasMore) {
      const exhausted = this.#reader.snapshot(() => this.#slice(org, query, source, walk, page));
      if (exhausted) break;
      await turnOfTheLoop();
    }
    if (query.cursor?.direction === 'before') page.data.reverse();
    return page;
  }

  /** The numbers between which the list lies. A cursor and a time are positions: what they name need not exist. */
  #walk(org: number, query: SessionQuery, ascending: boolean): Walk {
    const { cursor, range } = query;
    let low = range.fromUs === null ? 1 : this.#firstNumber(org, '>=', lowestIdBytes(Math.max(range.fromUs, 0)));
    let high = this.#lastNumber(org);
    if (range.untilUs !== null)
      high = Math.min(high, this.#firstNumber(org, '>=', lowestIdBytes(Math.max(range.untilUs, 0))) - 1);
    if (cursor !== null) {
      const id = bytesFromId(cursor.id);
      if (ascending) low = Math.max(low, this.#firstNumber(org, '>', id));
      else high = Math.min(high, this.#firstNumber(org, '>=', id) - 1);
    }
    return { low, high, ascending, rows: Math.min(SLICE_ROWS, query.limit + 1) };
  }

  /** The highest number so far: what is created while a list is read lies beyond it. */
  #lastNumber(org: number): number {
    const text = 'SELECT last_session FROM orgs WHERE no = ?';
    return this.#reader.statements.row<{ last_session: number }>(text, org)?.last_session ?? 0;
  }

  /** The number of the first session whose id is past the given one, or not below it; beyond all when there is none. */
  #firstNumber(org: number, past: '>' | '>=', id: Uint8Array): number {
    const text = `SELECT no FROM sessions WHERE org = ? AND id ${past} ? ORDER BY id LIMIT 1`;
    return this.#reader.statements.row<{ no: number }>(text, org, id)?.no ?? Number.MAX_SAFE_INTEGER;
  }

  /** Looks at the next candidates; answers whether there are no more. */
  #slice(org: number, query: SessionQuery, source: Source, walk: Walk, page: FillingPage<Session>): boolean {
    const order = walk.ascending ? 'ASC' : 'DESC';
    const part = `${source.select} AND ${source.number} BETWEEN ? AND ?`;
    const text = `${source.parts.map(() => part).join(' UNION ALL ')} ORDER BY no ${order} LIMIT ?`;
    const values = source.parts.flatMap((own) => [...own, walk.low, walk.high]);
    const { rows } = walk;
    walk.rows = Math.min(SLICE_ROWS, 2 * rows);
    const numbers = this.#reader.statements.rows<{ no: number }>(text, ...values, rows);
    for (const { no } of numbers) {
      if (walk.ascending) walk.low = no + 1;
      else walk.high = no - 1;
      const session = findSessionByNumber(this.#reader.statements, org, no)?.session;
      if (session && matches(session, query) && !page.add(session, shownBytes(session))) return true;
    }
    return numbers.length < rows;
  }
}

/** The narrowest index that a query allows. */
function sourceOf(org: number, query: SessionQuery): Source {
  const [pair] = Object.entries(query.metadata);
  if (query.externalId !== null) {
    const select = 'SELECT no FROM sessions WHERE org = ? AND external_id = ?';
    return { select, number: 'no', parts: [[org, query.externalId]] };
  }
  if (pair) {
    const select = 'SELECT session AS no FROM session_metadata WHERE org = ? AND key = ? AND value = ?';
    return { select, number: 'session', parts: [[org, ...pair]] };
  }
  if (query.agentId !== null) {
    const select =
      'SELECT no FROM sessions WHERE org = ? AND agent_no = (SELECT no FROM agents WHERE org = ? AND name = ?)';
    return { select, number: 'no', parts: [[org, org, query.agentId]] };
  }
  if (query.statuses !== null) {
    const { statuses } = query;
    const select = 'SELECT session AS no FROM session_heads WHERE org = ? AND phase = ?';
    const phases = PHASES.flatMap((phase, index) => (statuses.includes(STATUS_OF_PHASE[phase].cloud) ? [index] : []));
    return { select, number: 'session', parts: phases.map((phase) => [org, phase]) };
  }
  return { select: 'SELECT no FROM sessions WHERE org = ?', number: 'no', parts: [[org]] };
}

/** What a session takes in an answer, about: its own text, and names that dialects add. */
function shownBytes(session: Session): number {
  return Buffer.byteLength(JSON.stringify(session)) + ADDED_BYTES;
}

function matches(session: Session, query: SessionQuery): boolean {
  if (!query.includeArchived && session.archivedUs !== null) return false;
  if (query.externalId !== null && session.externalId !== query.externalId) return false;
  if (query.agentId !== null && session.agent?.id !== query.agentId) return false;
  if (query.statuses !== null && !query.statuses.includes(STATUS_OF_PHASE[session.phase].cloud)) return false;
  return Object.entries(query.metadata).every(
    ([key, value]) => Object.hasOwn(session.metadata, key) && session.metadata[key] === value,
  );
}

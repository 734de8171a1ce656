/**
 * Where a look finds its candidates: along the indexes that serve a filter best, in the order of the feed. Whoever asks
 * checks the rest of the filter. Nothing is sorted, so a candidate costs something only once it is asked for.
 */
import type { EventFilter } from '@turnlog/core/event-filter';
import type { Statements, Value } from '../statements.ts';
import { MERGED_TYPES } from './event-pages.ts';
import { firstSeq } from './seqs.ts';
import { TEXT_COLUMNS, type TextRow } from './stored-texts.ts';

/** Ids outside of which no event lies. */
export const MIN_ID = new Uint8Array();
export const MAX_ID = new Uint8Array(17).fill(0xff);

/** Its text comes along where an index leads to events that pass the filter, but for excluded types. */
export interface Candidate extends Partial<Omit<TextRow, 'text'>> {
  /** Null: of an excluded type. */
  readonly text?: Buffer | null;
  readonly id: Uint8Array;
  readonly session: number;
  readonly type_no: number;
  readonly agent_no: number | null;
  readonly about_session: number | null;
  readonly about_agent: number | null;
}

export interface Look {
  readonly org: number;
  readonly filter: EventFilter | null;
  readonly ascending: boolean;
  /** Both exclusive. */
  readonly low: Uint8Array;
  readonly high: Uint8Array;
  /** How many candidates may be looked at. */
  readonly rows: number;
}

/** A filter in numbers; null members let everything through. */
export interface NumberedFilter {
  readonly types: ReadonlySet<number> | null;
  /** Types that do not pass though `types` is null. */
  readonly except: ReadonlySet<number>;
  readonly session: number | null;
  readonly agent: number | null;
}

/** A way through the events of an org along one index, or along several in step. */
interface Walk {
  /** What follows `FROM events`. */
  readonly parts: readonly string[];
  readonly values: readonly Value[];
  readonly order: 'id' | 'seq';
}

const COLUMNS = 'id, seq, session, type_no, agent_no, about_session, about_agent';
const WITH_TEXT = `${COLUMNS}, ${TEXT_COLUMNS}`;
/** Excluded types whose texts one statement leaves out; where there are more, each text is looked up by itself. */
const EXCLUDED_TYPES = 8;
const WITH_TEXT_UNLESS_EXCLUDED = `${COLUMNS}, origin, request_id,
  CASE WHEN type_no IN (${Array(EXCLUDED_TYPES).fill('?').join(', ')}) THEN NULL ELSE CAST(text AS BLOB) END AS text`;
const BETWEEN = 'id > ? AND id < ?';

export class Candidates {
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /** Once each, in the direction of travel, every event that may pass, or `look.rows` of them at least. */
  of(look: Look, { types, except, session, agent }: NumberedFilter, withTexts: boolean): Iterable<Candidate> {
    const few = types !== null && types.size <= MERGED_TYPES ? [...types] : null;
    const anyType = types === null && except.size === 0;
    if (session !== null) {
      const pass = withTexts && agent === null;
      const own = ofSession(look.org, session, few, this.#seqs(look, session));
      const ownOnes = this.#along(own, look, pass && (anyType || few !== null));
      return merged(ownOnes, this.#along(aboutSession(look, session), look, pass && anyType), look.ascending);
    }
    if (agent !== null) {
      const walk = ofAgent(look, agent);
      const byType = few && ofTypes(look, few);
      if (byType !== null && this.#isSparser(byType, walk, look)) return this.#along(byType, look, false);
      return this.#along(walk, look, withTexts && anyType);
    }
    if (few !== null) return this.#along(ofTypes(look, few), look, withTexts);
    if (withTexts && types === null && except.size > 0 && except.size <= EXCLUDED_TYPES) {
      return this.#alongUnless(except, look);
    }
    return this.#along(ofOrg(look), look, withTexts && anyType);
  }

  /** Everything in the order of the feed; texts of excluded types stay where they are. */
  #alongUnless(except: ReadonlySet<number>, look: Look): Iterable<Candidate> {
    const { parts, values } = ofOrg(look);
    const text = `SELECT ${WITH_TEXT_UNLESS_EXCLUDED} FROM events ${parts[0]}
      ORDER BY id ${look.ascending ? 'ASC' : 'DESC'} LIMIT ?`;
    const [first] = except;
    const excluded = [...except, ...Array<number>(EXCLUDED_TYPES - except.size).fill(first as number)];
    const statement = this.#statements.get(text);
    return {
      [Symbol.iterator]: () => statement.iterate(...excluded, ...values, look.rows) as Iterator<Candidate>,
    };
  }

  /** Compiled here, opened by whoever goes along: a statement that does not compile leaves no other one open. */
  #along({ parts, values, order }: Walk, { ascending, rows }: Look, texts: boolean): Iterable<Candidate> {
    const selects = parts.map((part) => `SELECT ${texts ? WITH_TEXT : COLUMNS} FROM events ${part}`);
    const text = `${selects.join(' UNION ALL ')} ORDER BY ${order} ${ascending ? 'ASC' : 'DESC'} LIMIT ?`;
    const statement = this.#statements.get(text);
    return { [Symbol.iterator]: () => statement.iterate(...values, rows) as Iterator<Candidate> };
  }

  /** Tells whether a walk gets further than another with the rows of one look. */
  #isSparser(walk: Walk, other: Walk, look: Look): boolean {
    const edge = this.#reach(other, look);
    if (edge === null) return false;
    const reach = this.#reach(walk, look);
    return reach === null || Buffer.compare(reach, edge) > 0 === look.ascending;
  }

  /** Where the rows of one look end; null: they are all. Reads an index alone. */
  #reach({ parts, values }: Walk, { ascending, rows }: Look): Uint8Array | null {
    const selects = parts.map((part) => `SELECT id FROM events ${part}`);
    const text = `${selects.join(' UNION ALL ')} ORDER BY id ${ascending ? 'ASC' : 'DESC'} LIMIT 1 OFFSET ?`;
    return this.#statements.row<{ id: Uint8Array }>(text, ...values, rows - 1)?.id ?? null;
  }

  /** The numbers of a live session that lie between the bounds of a look. */
  #seqs({ org, low, high }: Look, session: number): [low: number, high: number] {
    const head = this.#statements.row<{ count: number }>(
      `SELECT h.count FROM sessions s JOIN session_heads h ON h.org = s.org AND h.session = s.no
       WHERE s.org = ? AND s.no = ? AND s.deleted_us IS NULL`,
      org,
      session,
    );
    const span = { org, session, low: 1, high: head?.count ?? 0 };
    return [
      low === MIN_ID ? 1 : firstSeq(this.#statements, span, '>', low),
      high === MAX_ID ? span.high : firstSeq(this.#statements, span, '>=', high) - 1,
    ];
  }
}

function ofOrg({ org, low, high }: Look): Walk {
  return { parts: [`WHERE org = ? AND ${BETWEEN}`], values: [org, low, high], order: 'id' };
}

function ofTypes({ org, low, high }: Look, types: readonly number[]): Walk {
  const part = `INDEXED BY events_type WHERE org = ? AND type_no = ? AND ${BETWEEN}`;
  return { parts: types.map(() => part), values: types.flatMap((type) => [org, type, low, high]), order: 'id' };
}

function ofAgent({ org, low, high }: Look, agent: number): Walk {
  const own = `INDEXED BY events_agent WHERE org = ? AND agent_no = ? AND ${BETWEEN}`;
  const about = `INDEXED BY events_about_agent WHERE org = ? AND about_agent = ? AND ${BETWEEN}`;
  return { parts: [own, about], values: [org, agent, low, high, org, agent, low, high], order: 'id' };
}

/** What a session holds, of some types or of all; ids rise with numbers. */
function ofSession(org: number, session: number, types: readonly number[] | null, seqs: readonly number[]): Walk {
  if (types === null) {
    return {
      parts: ['WHERE org = ? AND session = ? AND seq BETWEEN ? AND ?'],
      values: [org, session, ...seqs],
      order: 'seq',
    };
  }
  const part = 'WHERE org = ? AND session = ? AND type_no = ? AND seq BETWEEN ? AND ?';
  const values = types.flatMap((type) => [org, session, type, ...seqs]);
  return { parts: types.map(() => part), values, order: 'seq' };
}

function aboutSession({ org, low, high }: Look, session: number): Walk {
  const part = `WHERE org = ? AND about_session = ? AND ${BETWEEN}`;
  return { parts: [part], values: [org, session, low, high], order: 'id' };
}

/** Two lists in the same order as one; what stands in both comes once. */
function* merged(one: Iterable<Candidate>, other: Iterable<Candidate>, ascending: boolean): Iterable<Candidate> {
  const [left, right] = [one[Symbol.iterator](), other[Symbol.iterator]()];
  try {
    let [a, b] = [left.next(), right.next()];
    while (!a.done || !b.done) {
      const order = a.done ? 1 : b.done ? -1 : Buffer.compare(a.value.id, b.value.id) * (ascending ? 1 : -1);
      yield (order <= 0 ? a : b).value;
      if (order <= 0) a = left.next();
      if (order >= 0) b = right.next();
    }
  } finally {
    left.return?.();
    right.return?.();
  }
}

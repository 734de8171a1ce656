/** Idempotency (I5): answers kept beside their effects, found before anything else is looked at. */
import { idempotencyKeyReused, TurnlogError } from '@turnlog/core/errors';
import { limits } from '@turnlog/core/limits';
import type { Idempotency } from '@turnlog/core/store';
import type { Statements } from '../statements.ts';
import { ACCOUNT_STREAM } from './heads.ts';

/** Where a kept answer comes from: its events, as long as their session lives, or its own text. */
export type Answer =
  | {
      readonly kind: 'events';
      readonly session: { readonly no: number; readonly deleted: boolean };
      readonly firstSeq: number;
      readonly n: number;
    }
  | { readonly kind: 'value'; readonly value: unknown };

interface PlannedAnswer {
  readonly fingerprint: string;
  readonly value: unknown;
  readonly answer: Answer;
}

interface KeptRow {
  readonly fingerprint: Buffer;
  readonly session: number | null;
  readonly first_seq: number | null;
  readonly n: number | null;
  readonly answer: string | null;
}

export class KeptAnswers {
  readonly #statements: Statements;
  /** Values that this batch has planned and not yet written. */
  readonly #planned = new Map<string, PlannedAnswer>();

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /** The value of an earlier request with the same key; undefined when there was none. Refuses another fingerprint. */
  find(org: number, idempotency: Idempotency, nowUs: number): { readonly value: unknown } | undefined {
    const planned = this.#planned.get(plannedKey(org, idempotency));
    if (planned) {
      checkFingerprint(planned.fingerprint, idempotency);
      const { answer } = planned;
      if (answer.kind === 'events' && answer.session.deleted) throw sessionGone();
      return planned;
    }
    const row = this.#statements.row<KeptRow>(
      `SELECT fingerprint, session, first_seq, n, answer FROM idempotency
       WHERE org = ? AND key = ? AND created_us >= ?`,
      org,
      Buffer.from(idempotency.key, 'hex'),
      keptSinceUs(nowUs),
    );
    if (!row) return undefined;
    checkFingerprint(row.fingerprint.toString('hex'), idempotency);
    if (row.answer !== null) return { value: JSON.parse(row.answer) };
    return { value: this.#texts(org, row.session as number, row.first_seq as number, row.n as number) };
  }

  /** Notes an answer for the rest of the batch. */
  plan(org: number, idempotency: Idempotency, value: unknown, answer: Answer): void {
    this.#planned.set(plannedKey(org, idempotency), { fingerprint: idempotency.fingerprint, value, answer });
  }

  write(org: number, idempotency: Idempotency, answer: Answer, nowUs: number): void {
    this.#statements.run(
      `INSERT OR REPLACE INTO idempotency (org, key, fingerprint, created_us, session, first_seq, n, answer)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      org,
      Buffer.from(idempotency.key, 'hex'),
      Buffer.from(idempotency.fingerprint, 'hex'),
      nowUs,
      answer.kind === 'events' ? answer.session.no : null,
      answer.kind === 'events' ? answer.firstSeq : null,
      answer.kind === 'events' ? answer.n : null,
      answer.kind === 'value' ? JSON.stringify(answer.value) : null,
    );
  }

  settle(): void {
    this.#planned.clear();
  }

  /** The stored events of a kept append; refused once their session is deleted. */
  #texts(org: number, session: number, firstSeq: number, n: number): string[] {
    const texts = this.#statements.rows<{ text: string }>(
      session === ACCOUNT_STREAM.no
        ? 'SELECT text FROM events WHERE org = ? AND session = ? AND seq BETWEEN ? AND ? ORDER BY seq'
        : `SELECT e.text FROM sessions s JOIN events e ON e.org = s.org AND e.session = s.no
           WHERE s.org = ? AND s.no = ? AND s.deleted_us IS NULL AND e.seq BETWEEN ? AND ? ORDER BY e.seq`,
      org,
      session,
      firstSeq,
      firstSeq + n - 1,
    );
    if (texts.length < n) throw sessionGone();
    return texts.map(({ text }) => text);
  }
}

/** The fingerprint of the request whose answer is kept under a key (hexadecimal hash); null when there is none. */
export function keptFingerprint(statements: Statements, org: number, key: string, nowUs: number): string | null {
  const row = statements.row<Pick<KeptRow, 'fingerprint'>>(
    'SELECT fingerprint FROM idempotency WHERE org = ? AND key = ? AND created_us >= ?',
    org,
    Buffer.from(key, 'hex'),
    keptSinceUs(nowUs),
  );
  return row?.fingerprint.toString('hex') ?? null;
}

/** Answers made before this microsecond are forgotten. */
export function keptSinceUs(nowUs: number): number {
  return nowUs - limits.idempotencyKeptMs * 1000;
}

function sessionGone(): TurnlogError {
  return new TurnlogError('session_not_found', 'The session of this request is deleted.');
}

function checkFingerprint(kept: string, idempotency: Idempotency): void {
  if (kept === idempotency.fingerprint) return;
  throw idempotencyKeyReused();
}

function plannedKey(org: number, idempotency: Idempotency): string {
  return `${org}/${idempotency.key}`;
}

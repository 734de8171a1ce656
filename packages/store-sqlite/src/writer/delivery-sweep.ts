/**
 * Forgetting deliveries and replays that are past their time. A pass goes from webhook to webhook, then from replay to
 * replay, in the order of their keys, so it needs no index of its own; where it stands is known by heart alone.
 */
import { lowestIdBytes } from '@turnlog/core/ids';
import type { Statements } from '../statements.ts';

/** In one of the two tables: the webhook or the org it stands at, and what it has passed there. */
type Standing =
  | { readonly in: 'deliveries'; readonly org: number; readonly webhook: number; readonly passed: Uint8Array }
  | { readonly in: 'replays'; readonly org: number; readonly passed: Uint8Array };

const LOWEST = new Uint8Array(16);
const HIGHEST = new Uint8Array(16).fill(0xff);
const BEGINNING: Standing = { in: 'deliveries', org: 0, webhook: 0, passed: LOWEST };
/** A replay and its lane. */
const ROWS_OF_A_REPLAY = 2;

export class DeliverySweep {
  readonly #statements: Statements;
  /** Null: no pass is under way. */
  #at: Standing | null = null;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /** Begins a pass, unless one is under way. */
  begin(): void {
    this.#at ??= BEGINNING;
  }

  /** Goes on with a pass, over so many rows at most; answers whether more of it is left. */
  goOn(beforeUs: number, rows: number): boolean {
    const before = lowestIdBytes(Math.max(beforeUs, 0));
    let left = rows;
    while (this.#at !== null && left > 0) {
      left -=
        this.#at.in === 'deliveries'
          ? this.#deliveries(this.#at, before, left)
          : this.#replay(this.#at, before, beforeUs);
    }
    return this.#at !== null;
  }

  /** Removes finished deliveries of one webhook; answers how many rows it has looked at. */
  #deliveries(at: Extract<Standing, { in: 'deliveries' }>, before: Uint8Array, rows: number): number {
    const { org, webhook, passed } = at;
    const found = this.#statements.rows<{ id: Uint8Array }>(
      'SELECT id FROM deliveries WHERE org = ? AND webhook = ? AND id > ? AND id < ? ORDER BY id LIMIT ?',
      org,
      webhook,
      passed,
      before,
      rows,
    );
    const last = found.at(-1)?.id;
    if (last !== undefined) {
      this.#statements.run(
        'DELETE FROM deliveries WHERE org = ? AND webhook = ? AND id > ? AND id <= ? AND next_us IS NULL',
        org,
        webhook,
        passed,
        last,
      );
    }
    this.#at = last !== undefined && found.length === rows ? { ...at, passed: last } : this.#nextWebhook(org, webhook);
    return Math.max(found.length, 1);
  }

  #nextWebhook(org: number, webhook: number): Standing {
    const next = this.#statements.row<{ org: number; no: number }>(
      'SELECT org, no FROM webhooks WHERE (org, no) > (?, ?) ORDER BY org, no LIMIT 1',
      org,
      webhook,
    );
    if (!next) return { in: 'replays', org: 0, passed: HIGHEST };
    return { in: 'deliveries', org: next.org, webhook: next.no, passed: LOWEST };
  }

  /** Removes the next replay if it ended before its time; one that was made later has only later ones behind it. */
  #replay({ org, passed }: Extract<Standing, { in: 'replays' }>, before: Uint8Array, beforeUs: number): number {
    const next = this.#statements.row<{ org: number; id: Uint8Array; ended_us: number | null }>(
      'SELECT org, id, ended_us FROM replays WHERE (org, id) > (?, ?) ORDER BY org, id LIMIT 1',
      org,
      passed,
    );
    if (!next) {
      this.#at = null;
      return 1;
    }
    const isYoung = Buffer.compare(next.id, before) >= 0;
    this.#at = { in: 'replays', org: next.org, passed: isYoung ? HIGHEST : next.id };
    if (next.ended_us === null || next.ended_us >= beforeUs) return 1;
    this.#statements.run('DELETE FROM replays WHERE org = ? AND id = ?', next.org, next.id);
    this.#statements.run('DELETE FROM lanes WHERE org = ? AND id = ?', next.org, next.id);
    return ROWS_OF_A_REPLAY;
  }
}

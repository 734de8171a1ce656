/** One commit: plans every command of a batch, then writes every row, then commits. Runs in the writer's thread. */
import { TurnlogError } from '@turnlog/core/errors';
import Database from 'better-sqlite3';
import { assertDurable, type Connection } from '../connection.ts';
import { Statements } from '../statements.ts';
import { BackgroundWork } from './background.ts';
import { DeliveryLog } from './delivery-log.ts';
import { Heads, type OrgState } from './heads.ts';
import { KeptAnswers } from './kept-answers.ts';
import { LaneHeads } from './lane-heads.ts';
import { LaneRows } from './lane-rows.ts';
import { planCommand } from './operations.ts';
import type { BatchReply, BatchRequest, Command, CommandResult, Woken } from './protocol.ts';
import { RowWriter } from './rows.ts';
import { TokenWriter } from './tokens.ts';
import type { Planned, Workbench } from './workbench.ts';

/** How often a commit that meets another process's lock is tried; each try waits for the connection's busy time. */
const BUSY_TRIES = 3;

export class BatchWriter {
  readonly statements: Statements;
  readonly #db: Connection;
  readonly #bench: Workbench;
  readonly #background: BackgroundWork;
  #dataVersion: unknown;
  #provenDurable = false;

  constructor(db: Connection) {
    this.#db = db;
    this.statements = new Statements(db);
    this.#background = new BackgroundWork(this.statements);
    const heads = new Heads(this.statements);
    this.#bench = {
      heads,
      kept: new KeptAnswers(this.statements),
      rows: new RowWriter(this.statements),
      tokens: new TokenWriter(this.statements),
      lanes: new LaneHeads(this.statements),
      laneRows: new LaneRows(this.statements),
      deliveries: new DeliveryLog(this.statements),
      touched: new Map(),
    };
  }

  run(request: BatchRequest): BatchReply {
    for (let tries = 1; ; tries++) {
      const reply = this.#attempt(request);
      if (reply !== 'busy') return reply;
      if (tries === BUSY_TRIES) {
        return { kind: 'aborted', code: 'overloaded', message: 'Another process holds the database: try again.' };
      }
    }
  }

  #attempt(request: BatchRequest): BatchReply | 'busy' {
    let committing = false;
    try {
      this.statements.run('BEGIN IMMEDIATE');
      this.#forgetWhatOthersChanged();
      const results = this.#planAndWrite(request);
      const backlog = this.#background.run(request.background);
      committing = true;
      this.statements.run('COMMIT');
      const woken = this.#woken();
      const written = this.#bench.touched.size > 0;
      this.#settle();
      if (written) this.#proveDurable();
      return { kind: 'done', results, woken, backlog };
    } catch (error) {
      return this.#abort(error, committing);
    }
  }

  #woken(): Woken[] {
    return [...this.#bench.touched].map(([{ id }, { sessions, wakes, deleted, lanesChanged }]) => {
      const ids = [...sessions.keys()].map(({ session }) => session.id);
      return { org: id, sessions: wakes ? ids : null, deleted, lanesChanged };
    });
  }

  /** Once, and after a commit that has written: the default of `synchronous` changes with a connection's first write. */
  #proveDurable(): void {
    if (!this.#provenDurable) assertDurable(this.#db);
    this.#provenDurable = true;
  }

  #planAndWrite(request: BatchRequest): CommandResult[] {
    const writes: (() => void)[] = [];
    const results = request.commands.map((command) => this.#plan(command, request.nowUs, writes));
    for (const write of writes) write();
    for (const [org, { sessions }] of this.#bench.touched) {
      this.#bench.rows.org(org);
      for (const [state, { phaseChanged }] of sessions) {
        this.#bench.rows.head(org, state);
        if (phaseChanged) this.#bench.rows.phase(org, state);
      }
    }
    return results;
  }

  #plan(command: Command, nowUs: number, writes: (() => void)[]): CommandResult {
    try {
      const org = this.#bench.heads.org(command.org);
      const { idempotency } = command.context;
      const kept = idempotency && this.#bench.kept.find(org.no, idempotency, nowUs);
      if (kept) return { ok: true, value: kept.value, replayed: true };
      const planned = planCommand(this.#bench, org, command, nowUs);
      writes.push(planned.write);
      this.#keepAnswer(org, command, planned, nowUs, writes);
      return { ok: true, value: planned.value, replayed: false };
    } catch (error) {
      if (!(error instanceof TurnlogError)) throw error;
      return { ok: false, code: error.code, message: error.message, param: error.param };
    }
  }

  #keepAnswer(org: OrgState, command: Command, planned: Planned, nowUs: number, writes: (() => void)[]): void {
    const { idempotency } = command.context;
    const { value, answer } = planned;
    if (!idempotency || !answer) return;
    this.#bench.kept.plan(org.no, idempotency, value, answer);
    writes.push(() => this.#bench.kept.write(org.no, idempotency, answer, nowUs));
  }

  #abort(error: unknown, committing: boolean): BatchReply | 'busy' {
    const code = error instanceof Database.SqliteError ? error.code : '';
    const message = error instanceof Error ? error.message : String(error);
    this.#settle();
    this.#bench.heads.forget();
    try {
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
    } catch {
      return { kind: 'unknown', message };
    }
    if (code === 'SQLITE_FULL') return { kind: 'aborted', code: 'storage_full', message };
    if (code.startsWith('SQLITE_BUSY')) return 'busy';
    const broken = /^SQLITE_(IOERR|CORRUPT|NOTADB|READONLY|CANTOPEN|PROTOCOL)/.test(code);
    if (broken || committing) return { kind: 'unknown', message: `${code} ${message}` };
    return { kind: 'aborted', code: 'internal', message };
  }

  /** Another process (the `org` command) may write to the file; then nothing known by heart is certain. */
  #forgetWhatOthersChanged(): void {
    const version = this.statements.get('PRAGMA data_version').pluck().get();
    if (version !== this.#dataVersion) this.#bench.heads.forget();
    this.#dataVersion = version;
  }

  #settle(): void {
    this.#bench.touched.clear();
    this.#bench.heads.settle();
    this.#bench.kept.settle();
    this.#bench.tokens.settle();
    this.#bench.lanes.settle();
  }
}

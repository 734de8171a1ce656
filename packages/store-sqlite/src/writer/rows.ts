/** Writing planned rows. */
import { bytesFromId, type RequestId } from '@turnlog/core/ids';
import { PHASES } from '@turnlog/core/lifecycle';
import { ORIGINS } from '@turnlog/core/origins';
import type { EventRow } from '@turnlog/core/plan/plan';
import type { Agent, Metadata, Session } from '@turnlog/core/sessions';
import type { Statements } from '../statements.ts';
import { ACCOUNT_STREAM, type Dictionary, type OrgState, type SessionState } from './heads.ts';

/** The version of the text that core's `eventText` makes. */
const TEXT_FORMAT = 1;

export class RowWriter {
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  org(org: OrgState): void {
    this.#statements.run(
      'UPDATE orgs SET last_us = ?, account_count = ?, last_session = ?, session_count = ? WHERE no = ?',
      org.head.lastUs,
      org.head.accountCount,
      org.lastSession,
      org.sessionCount,
      org.no,
    );
  }

  /** `holder` takes the rows that are no account events; `about` says of each row which session it is about. */
  events(
    org: OrgState,
    holder: number,
    rows: readonly EventRow[],
    about: readonly (number | null)[],
    requestId: RequestId,
  ): void {
    const request = bytesFromId(requestId);
    for (const [index, row] of rows.entries()) {
      this.#statements.run(
        `INSERT INTO events (org, session, seq, id, type_no, agent_no, about_session, request_id, format, text,
                             about_agent, origin)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        org.no,
        row.stream === 'account' ? ACCOUNT_STREAM.no : holder,
        row.seq,
        bytesFromId(row.id),
        org.types.number(row.type),
        numberOf(org.agents, row.agentId),
        about[index] ?? null,
        request,
        TEXT_FORMAT,
        row.text,
        numberOf(org.agents, row.aboutAgent),
        ORIGINS.indexOf(row.origin),
      );
    }
  }

  insertSession(org: OrgState, state: SessionState): void {
    const { session } = state;
    this.#statements.run(
      `INSERT INTO sessions (org, no, id, external_id, agent_no, agent_version, environment_id, title, metadata,
                             created_us, updated_us, origin, occurred_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      org.no,
      state.no,
      bytesFromId(session.id),
      session.externalId,
      numberOf(org.agents, session.agent?.id ?? null),
      versionText(session.agent),
      session.environmentId,
      session.title,
      JSON.stringify(session.metadata),
      session.createdUs,
      session.createdUs,
      ORIGINS.indexOf(session.origin),
      session.occurredAt,
    );
    this.#statements.run(
      `INSERT INTO session_heads (org, session, count, last_us, phase, turn, input_tokens, output_tokens,
                                  cache_read_input_tokens, cache_creation_input_tokens, started_us)
       VALUES (?, ?, 0, ?, 0, NULL, 0, 0, 0, 0, NULL)`,
      org.no,
      state.no,
      session.createdUs,
    );
    this.#insertMetadata(org, state.no, session.metadata);
  }

  updateSession(org: OrgState, no: number, before: Session, after: Session): void {
    this.#statements.run(
      'UPDATE sessions SET title = ?, metadata = ?, updated_us = ?, archived_us = ? WHERE org = ? AND no = ?',
      after.title,
      JSON.stringify(after.metadata),
      after.updatedUs,
      after.archivedUs,
      org.no,
      no,
    );
    if (after.agent !== before.agent) this.#agent(org, no, after.agent);
    if (after.metadata === before.metadata) return;
    this.#deleteMetadata(org, no, before.metadata);
    this.#insertMetadata(org, no, after.metadata);
  }

  /** Hides a session from every read; its rows go later (`purge`). */
  deleteSession(org: OrgState, no: number, session: Session): void {
    this.#statements.run(
      'UPDATE sessions SET deleted_us = ?, external_id = NULL WHERE org = ? AND no = ?',
      org.head.lastUs,
      org.no,
      no,
    );
    this.#deleteMetadata(org, no, session.metadata);
    this.#statements.run('DELETE FROM capabilities WHERE org = ? AND session = ?', org.no, no);
  }

  /** `hash` is a SHA-256, hexadecimal. */
  capability(org: OrgState, no: number, hash: string): void {
    this.#statements.run(
      'INSERT INTO capabilities (hash, org, session) VALUES (?, ?, ?)',
      Buffer.from(hash, 'hex'),
      org.no,
      no,
    );
  }

  head(org: OrgState, state: SessionState): void {
    const { session } = state;
    this.#statements.run(
      `UPDATE session_heads SET count = ?, last_us = ?, turn = ?, input_tokens = ?, output_tokens = ?,
              cache_read_input_tokens = ?, cache_creation_input_tokens = ?, started_us = ?
       WHERE org = ? AND session = ?`,
      session.eventCount,
      session.updatedUs,
      session.turnId,
      session.usage.inputTokens,
      session.usage.outputTokens,
      session.usage.cacheReadInputTokens,
      session.usage.cacheCreationInputTokens,
      session.startedUs,
      org.no,
      state.no,
    );
  }

  /** Apart from `head`, because it costs an index entry. */
  phase(org: OrgState, state: SessionState): void {
    this.#statements.run(
      'UPDATE session_heads SET phase = ? WHERE org = ? AND session = ?',
      PHASES.indexOf(state.session.phase),
      org.no,
      state.no,
    );
  }

  /** Apart from the other changes, because it costs an index entry. */
  #agent(org: OrgState, no: number, agent: Agent | null): void {
    this.#statements.run(
      'UPDATE sessions SET agent_no = ?, agent_version = ? WHERE org = ? AND no = ?',
      numberOf(org.agents, agent?.id ?? null),
      versionText(agent),
      org.no,
      no,
    );
  }

  #insertMetadata(org: OrgState, session: number, metadata: Metadata): void {
    for (const [key, value] of Object.entries(metadata)) {
      this.#statements.run(
        'INSERT INTO session_metadata (org, key, value, session) VALUES (?, ?, ?, ?)',
        org.no,
        key,
        value,
        session,
      );
    }
  }

  #deleteMetadata(org: OrgState, session: number, metadata: Metadata): void {
    for (const [key, value] of Object.entries(metadata)) {
      this.#statements.run(
        'DELETE FROM session_metadata WHERE org = ? AND key = ? AND value = ? AND session = ?',
        org.no,
        key,
        value,
        session,
      );
    }
  }
}

/** JSON text; null: the agent has no version. */
function versionText(agent: Agent | null): string | null {
  return agent === null || agent.version === null ? null : JSON.stringify(agent.version);
}

function numberOf(names: Dictionary, name: string | null): number | null {
  return name === null ? null : names.number(name);
}

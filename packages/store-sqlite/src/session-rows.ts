/** A session as its rows: `sessions` joined with `session_heads`. */
import { bytesFromId, idFromBytes, type TurnId } from '@turnlog/core/ids';
import { PHASES, type Phase } from '@turnlog/core/lifecycle';
import { ORIGINS, type Origin } from '@turnlog/core/origins';
import type { Agent, Metadata, Session, SessionRef } from '@turnlog/core/sessions';
import type { Statements, Value } from './statements.ts';

/** A session and its number within the org. */
export interface NumberedSession {
  readonly no: number;
  readonly session: Session;
}

interface SessionRow {
  readonly no: number;
  readonly id: Uint8Array;
  readonly external_id: string | null;
  readonly agent: string | null;
  readonly agent_version: string | null;
  readonly environment_id: string | null;
  readonly title: string | null;
  readonly metadata: string;
  readonly created_us: number;
  readonly updated_us: number;
  readonly archived_us: number | null;
  readonly count: number;
  readonly last_us: number;
  readonly phase: number;
  readonly turn: TurnId | null;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cache_read_input_tokens: number;
  readonly cache_creation_input_tokens: number;
  readonly started_us: number | null;
  readonly origin: number;
  readonly occurred_at: string | null;
}

const SELECT = `
  SELECT s.no, s.id, s.external_id, a.name AS agent, s.agent_version, s.environment_id, s.title, s.metadata,
         s.created_us, s.updated_us, s.archived_us, h.count, h.last_us, h.phase, h.turn, h.input_tokens,
         h.output_tokens, h.cache_read_input_tokens, h.cache_creation_input_tokens, h.started_us, s.origin,
         s.occurred_at
  FROM sessions s
  JOIN session_heads h ON h.org = s.org AND h.session = s.no
  LEFT JOIN agents a ON a.org = s.org AND a.no = s.agent_no
  WHERE s.org = ? AND s.deleted_us IS NULL AND `;

/** Finds a live session; undefined when there is none. */
export function findSession(statements: Statements, org: number, ref: SessionRef): NumberedSession | undefined {
  return 'id' in ref
    ? find(statements, `${SELECT} s.id = ?`, org, bytesFromId(ref.id))
    : find(statements, `${SELECT} s.external_id = ?`, org, ref.externalId);
}

export function findSessionByNumber(statements: Statements, org: number, no: number): NumberedSession | undefined {
  return find(statements, `${SELECT} s.no = ?`, org, no);
}

function find(statements: Statements, text: string, org: number, key: Value): NumberedSession | undefined {
  const row = statements.row<SessionRow>(text, org, key);
  return row && { no: row.no, session: toSession(row) };
}

function toSession(row: SessionRow): Session {
  return {
    id: idFromBytes('sess', row.id),
    origin: ORIGINS[row.origin] as Origin,
    externalId: row.external_id,
    agent: row.agent === null ? null : toAgent(row.agent, row.agent_version),
    environmentId: row.environment_id,
    title: row.title,
    metadata: JSON.parse(row.metadata) as Metadata,
    phase: PHASES[row.phase] as Phase,
    turnId: row.turn,
    usage: {
      inputTokens: row.input_tokens,
      outputTokens: row.output_tokens,
      cacheReadInputTokens: row.cache_read_input_tokens,
      cacheCreationInputTokens: row.cache_creation_input_tokens,
    },
    eventCount: row.count,
    createdUs: row.created_us,
    occurredAt: row.occurred_at,
    updatedUs: Math.max(row.updated_us, row.last_us),
    archivedUs: row.archived_us,
    startedUs: row.started_us,
  };
}

function toAgent(id: string, version: string | null): Agent {
  return { id, version: version === null ? null : (JSON.parse(version) as string | number) };
}

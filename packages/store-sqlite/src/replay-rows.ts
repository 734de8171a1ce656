/** A replay as its rows: `replays` joined with its lane. */
import { bytesFromId, idFromBytes, type ReplayId, type SessionId } from '@turnlog/core/ids';
import {
  REPLAY_REASONS,
  REPLAY_STATUSES,
  type Replay,
  type ReplayReason,
  type ReplayStatus,
} from '@turnlog/core/replays';
import { DELIVERY_DIALECTS, type DeliveryDialect } from '@turnlog/core/webhooks';
import type { Statements } from './statements.ts';

export interface ReplayRow {
  readonly id: Uint8Array;
  readonly dialect: number;
  readonly webhook: Uint8Array | null;
  readonly url: string;
  readonly since_us: number;
  readonly until_us: number;
  readonly types: string | null;
  readonly session: Uint8Array | null;
  readonly rate: number | null;
  readonly through: Uint8Array | null;
  readonly total: number;
  readonly delivered: number;
  readonly failed: number;
  readonly status: number;
  readonly reason: number | null;
  readonly created_us: number;
  readonly updated_us: number;
  readonly ended_us: number | null;
  readonly position: Uint8Array | null;
}

/** Replays of an org, whose number is the first value. */
export const SELECT_REPLAYS = `
  SELECT r.id, r.dialect, r.webhook, r.url, r.since_us, r.until_us, r.types, r.session, r.rate, r.through, r.total,
         r.delivered, r.failed, r.status, r.reason, r.created_us, r.updated_us, r.ended_us, l.position
  FROM replays r
  LEFT JOIN lanes l ON l.org = r.org AND l.id = r.id
  WHERE r.org = ?`;

/** What `replays.session` holds for a name that stands for no session. */
const NO_SESSION = new Uint8Array();

/** Undefined: there is no such replay. */
export function findReplay(statements: Statements, org: number, id: ReplayId): Replay | undefined {
  const row = statements.row<ReplayRow>(`${SELECT_REPLAYS} AND r.id = ?`, org, bytesFromId(id));
  return row && toReplay(row);
}

export function toReplay(row: ReplayRow): Replay {
  return {
    id: idFromBytes('rpl', row.id),
    dialect: DELIVERY_DIALECTS[row.dialect] as DeliveryDialect,
    webhook: row.webhook && idFromBytes('wh', row.webhook),
    url: row.url,
    sinceUs: row.since_us,
    untilUs: row.until_us,
    types: row.types === null ? null : (JSON.parse(row.types) as string[]),
    session: row.session === null ? null : sessionOf(row.session),
    rate: row.rate,
    status: REPLAY_STATUSES[row.status] as ReplayStatus,
    reason: row.reason === null ? null : (REPLAY_REASONS[row.reason] as ReplayReason),
    total: row.total,
    delivered: row.delivered,
    failed: row.failed,
    position: row.position && idFromBytes('evt', row.position),
    through: row.through && idFromBytes('evt', row.through),
    createdUs: row.created_us,
    updatedUs: row.updated_us,
    endedUs: row.ended_us,
  };
}

/** The value of `replays.session`. */
export function replaySessionBytes(session: Replay['session']): Uint8Array | null {
  if (session === null) return null;
  return session === 'none' ? NO_SESSION : bytesFromId(session);
}

function sessionOf(bytes: Uint8Array): SessionId | 'none' {
  return bytes.length === 0 ? 'none' : idFromBytes('sess', bytes);
}

/**
 * Webhooks, replays and their lanes as a batch has left them so far. What a batch has not yet met is read from the file;
 * nothing is kept beyond the batch.
 */
import type { DeliveryId, ReplayId, WebhookId } from '@turnlog/core/ids';
import { bytesFromId, idFromBytes } from '@turnlog/core/ids';
import type { KnownDelivery } from '@turnlog/core/plan/deliveries';
import type { Replay } from '@turnlog/core/replays';
import type { LaneId } from '@turnlog/core/webhook-store';
import type { SealedSecret, Webhook } from '@turnlog/core/webhooks';
import { findDelivery } from '../delivery-rows.ts';
import { findReplay } from '../replay-rows.ts';
import type { Statements } from '../statements.ts';
import { findSecrets, findWebhook } from '../webhook-rows.ts';
import type { OrgState } from './heads.ts';

/** A lane but for its cursor, which its webhook or its replay shows. */
export interface LaneState {
  /** Whether it is to be served. */
  active: boolean;
  fence: number;
  owner: string | null;
  leaseUs: number | null;
}

export interface WebhookState {
  readonly no: number;
  readonly lane: LaneState;
  webhook: Webhook;
  deleted: boolean;
  /** Whether this batch has canceled what waits in the file. */
  skipped: boolean;
  /** Deliveries that this batch has changed: whole, or what it has changed of them. */
  readonly changed: Map<DeliveryId, KnownDelivery | ResentDelivery>;
  /** Null: not read yet. */
  secrets: readonly SealedSecret[] | null;
}

export interface ReplayState {
  readonly lane: LaneState;
  /** Of a replay to a URL. */
  readonly sealedSecret: Uint8Array | null;
  replay: Replay;
}

/** What asking for another attempt changes, and what is needed to decide on it. */
export type ResentDelivery = Pick<
  KnownDelivery,
  'id' | 'event' | 'state' | 'cancelReason' | 'nextUs' | 'attemptCount' | 'resentAfter' | 'manual'
>;

interface LaneRow {
  readonly active: number;
  readonly fence: number;
  readonly owner: string | null;
  readonly lease_us: number | null;
}

/** What this batch knows of an org as a whole. */
interface Counts {
  lastWebhook: number;
  webhooks: number;
  replaysUnderWay: number;
}

export class LaneHeads {
  readonly #statements: Statements;
  readonly #webhooks = new Map<string, WebhookState>();
  readonly #replays = new Map<string, ReplayState>();
  readonly #counts = new Map<number, Counts>();
  /** Owners whose lanes in the file are free. */
  readonly #released = new Set<string>();

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /** A live webhook; undefined when there is none. */
  webhook(org: OrgState, id: WebhookId, nowUs: number): WebhookState | undefined {
    const key = `${org.no}/${id}`;
    let state = this.#webhooks.get(key);
    if (!state) {
      const found = findWebhook(this.#statements, org.no, id, nowUs);
      if (!found) return undefined;
      state = { ...found, ...FRESH, changed: new Map(), lane: this.#lane(org, id), secrets: null };
      this.#webhooks.set(key, state);
    }
    return state.deleted ? undefined : state;
  }

  replay(org: OrgState, id: ReplayId): ReplayState | undefined {
    const key = `${org.no}/${id}`;
    let state = this.#replays.get(key);
    if (!state) {
      const replay = findReplay(this.#statements, org.no, id);
      if (!replay) return undefined;
      const secret = this.#statements.row<{ sealed_secret: Uint8Array | null }>(
        'SELECT sealed_secret FROM replays WHERE org = ? AND id = ?',
        org.no,
        bytesFromId(id),
      );
      state = { replay, lane: this.#lane(org, id), sealedSecret: secret?.sealed_secret ?? null };
      this.#replays.set(key, state);
    }
    return state;
  }

  /** The secrets of a webhook that sign, the current one first. */
  secrets(org: OrgState, state: WebhookState, nowUs: number): readonly SealedSecret[] {
    state.secrets ??= findSecrets(this.#statements, org.no, state.no, nowUs);
    return state.secrets;
  }

  /** A delivery of a webhook; undefined when there is none. */
  delivery(org: OrgState, state: WebhookState, id: DeliveryId): KnownDelivery | undefined {
    const changed = state.changed.get(id);
    if (changed !== undefined && 'attempts' in changed) return changed;
    const stored = findDelivery(this.#statements, org.no, { no: state.no, id: state.webhook.id }, id);
    if (stored === undefined) return undefined;
    if (changed !== undefined) return { ...stored, ...changed };
    return state.skipped ? canceled(stored) : stored;
  }

  /** Notes that all deliveries of a webhook that wait are canceled. */
  cancelWaiting(state: WebhookState): void {
    for (const [id, delivery] of state.changed) state.changed.set(id, canceled(delivery));
    state.skipped = true;
  }

  /** Notes that one of them is, as its row in the file or this batch has it, and answers with what it is then. */
  cancel(state: WebhookState, row: ResentDelivery): ResentDelivery {
    const after = canceled(state.changed.get(row.id) ?? row);
    state.changed.set(row.id, after);
    return after;
  }

  /** Lanes that are to be served, in the file. */
  active(org: OrgState): LaneId[] {
    const rows = this.#statements.rows<{ id: Uint8Array; webhook: number | null }>(
      'SELECT id, webhook FROM lanes WHERE org = ? AND active = 1',
      org.no,
    );
    return rows.map(({ id, webhook }) => (webhook === null ? idFromBytes('rpl', id) : idFromBytes('wh', id)));
  }

  /** Notes that all lanes of an owner are free. */
  release(org: OrgState, owner: string): void {
    this.#released.add(`${org.no}/${owner}`);
    for (const states of [this.#webhooks, this.#replays]) {
      for (const [key, { lane }] of states) {
        if (key.startsWith(`${org.no}/`) && lane.owner === owner) free(lane);
      }
    }
  }

  createWebhook(org: OrgState, webhook: Webhook, secrets: readonly SealedSecret[]): WebhookState {
    const counts = this.counts(org);
    counts.webhooks++;
    counts.lastWebhook++;
    const state = { no: counts.lastWebhook, webhook, ...FRESH, changed: new Map(), lane: newLane(true), secrets };
    this.#webhooks.set(`${org.no}/${webhook.id}`, state);
    return state;
  }

  deleteWebhook(org: OrgState, state: WebhookState): void {
    this.counts(org).webhooks--;
    state.deleted = true;
  }

  createReplay(org: OrgState, replay: Replay, sealedSecret: Uint8Array | null): ReplayState {
    if (replay.endedUs === null) this.counts(org).replaysUnderWay++;
    const state = { replay, lane: newLane(replay.endedUs === null), sealedSecret };
    this.#replays.set(`${org.no}/${replay.id}`, state);
    return state;
  }

  /** Moves a replay to what a plan made of it. */
  setReplay(org: OrgState, state: ReplayState, replay: Replay, active: boolean): void {
    if (state.replay.endedUs === null && replay.endedUs !== null) this.counts(org).replaysUnderWay--;
    state.replay = replay;
    state.lane.active = active;
  }

  /** How many webhooks an org has, and replays that are not over. */
  counts(org: OrgState): Counts {
    let counts = this.#counts.get(org.no);
    if (!counts) {
      const row = this.#statements.row<{ last: number; webhooks: number; replays: number }>(
        `SELECT coalesce((SELECT max(no) FROM webhooks WHERE org = ?), 0) AS last,
                (SELECT count(*) FROM webhooks WHERE org = ? AND deleted_us IS NULL) AS webhooks,
                (SELECT count(*) FROM replays WHERE org = ? AND ended_us IS NULL) AS replays`,
        org.no,
        org.no,
        org.no,
      ) as { last: number; webhooks: number; replays: number };
      counts = { lastWebhook: row.last, webhooks: row.webhooks, replaysUnderWay: row.replays };
      this.#counts.set(org.no, counts);
    }
    return counts;
  }

  settle(): void {
    this.#webhooks.clear();
    this.#replays.clear();
    this.#counts.clear();
    this.#released.clear();
  }

  #lane(org: OrgState, id: LaneId): LaneState {
    const row = this.#statements.row<LaneRow>(
      'SELECT active, fence, owner, lease_us FROM lanes WHERE org = ? AND id = ?',
      org.no,
      bytesFromId(id),
    ) as LaneRow;
    const lane = { active: row.active === 1, fence: row.fence, owner: row.owner, leaseUs: row.lease_us };
    if (this.#released.has(`${org.no}/${lane.owner}`)) free(lane);
    return lane;
  }
}

const FRESH = { deleted: false, skipped: false } as const;

/** Takes a lane from its owner. */
export function free(lane: LaneState): void {
  lane.owner = null;
  lane.leaseUs = null;
}

function newLane(active: boolean): LaneState {
  return { active, fence: 0, owner: null, leaseUs: null };
}

function canceled<Delivery extends KnownDelivery | ResentDelivery>(delivery: Delivery): Delivery {
  if (delivery.nextUs === null) return delivery;
  return { ...delivery, state: 'canceled', cancelReason: 'skipped', nextUs: null };
}

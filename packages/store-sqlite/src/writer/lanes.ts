/** Commands of those who serve lanes: to take them, and to let go of them. */

import type { PlanContext } from '@turnlog/core/plan/plan';
import type { Lane, LaneId } from '@turnlog/core/webhook-store';
import type { OrgState } from './heads.ts';
import type { LaneState, ReplayState, WebhookState } from './lane-heads.ts';
import { type Planned, valued, type Workbench } from './workbench.ts';

interface Claim {
  readonly owner: string;
  readonly untilUs: number;
}

export function claimLanes(bench: Workbench, org: OrgState, claim: Claim, context: PlanContext): Planned {
  const claimed: Lane[] = [];
  const writes: (() => void)[] = [];
  for (const id of bench.lanes.active(org)) {
    const state = laneState(bench, org, id, context);
    if (!state || !take(state.lane, claim, context)) continue;
    writes.push(() => bench.laneRows.owner(org.no, id, state.lane));
    if ('replay' in state) {
      if (state.replay.status === 'queued') {
        // The owner began it, so its revision stays: nobody has changed what the lane does.
        bench.lanes.setReplay(org, state, { ...state.replay, status: 'running' }, true);
        writes.push(() => bench.laneRows.updateReplay(org.no, state.replay));
      }
      claimed.push(replayLane(bench, org, state, context));
    } else claimed.push(webhookLane(bench, org, state, context));
  }
  return {
    ...valued(claimed),
    write: () => {
      for (const write of writes) write();
    },
  };
}

export function releaseLanes(bench: Workbench, org: OrgState, owner: string): Planned {
  bench.lanes.release(org, owner);
  return { ...valued(null), write: () => bench.laneRows.release(org.no, owner) };
}

/** The webhook or the replay of a lane; undefined when it is gone. */
export function laneState(
  bench: Workbench,
  org: OrgState,
  id: LaneId,
  { nowUs }: PlanContext,
): WebhookState | ReplayState | undefined {
  return isReplay(id) ? bench.lanes.replay(org, id) : bench.lanes.webhook(org, id, nowUs);
}

/** Whether a lane is the claimant's from now on. */
function take(lane: LaneState, { owner, untilUs }: Claim, { nowUs }: PlanContext): boolean {
  if (!lane.active) return false;
  if (lane.owner !== owner) {
    if (lane.owner !== null && (lane.leaseUs ?? 0) >= nowUs) return false;
    lane.fence++;
    lane.owner = owner;
  }
  lane.leaseUs = untilUs;
  return true;
}

function webhookLane(bench: Workbench, org: OrgState, state: WebhookState, { nowUs }: PlanContext): Lane {
  const { webhook, lane } = state;
  const secrets = bench.lanes.secrets(org, state, nowUs).map(plainSecret);
  return { kind: 'webhook', id: webhook.id, fence: lane.fence, revision: webhook.updatedUs, secrets, webhook };
}

/** It changes with the webhook that it goes to, too. */
function replayLane(bench: Workbench, org: OrgState, state: ReplayState, { nowUs }: PlanContext): Lane {
  const { replay, lane, sealedSecret } = state;
  const target = replay.webhook === null ? undefined : bench.lanes.webhook(org, replay.webhook, nowUs);
  const own = sealedSecret === null ? [] : [{ sealed: sealedSecret, expiresUs: null }];
  return {
    kind: 'replay',
    id: replay.id,
    fence: lane.fence,
    revision: Math.max(replay.updatedUs, target?.webhook.updatedUs ?? 0),
    secrets: (target ? bench.lanes.secrets(org, target, nowUs) : own).map(plainSecret),
    replay,
    webhook: target?.webhook ?? null,
  };
}

/** Apart from whatever memory its bytes were part of: the answer crosses to another thread. */
function plainSecret<Secret extends { readonly sealed: Uint8Array }>(secret: Secret): Secret {
  return { ...secret, sealed: Uint8Array.from(secret.sealed) };
}

function isReplay(id: LaneId): id is Extract<LaneId, `rpl_${string}`> {
  return id.startsWith('rpl_');
}

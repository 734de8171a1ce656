/** Commands on replays. */
import { replayNotFound } from '@turnlog/core/errors';
import type { ReplayId } from '@turnlog/core/ids';
import type { PlanContext } from '@turnlog/core/plan/plan';
import { planCreateReplay, planMoveReplay } from '@turnlog/core/plan/replay';
import { type CreateReplay, isUnderWay, type ReplayMove } from '@turnlog/core/replays';
import type { OrgState } from './heads.ts';
import { liveWebhook } from './webhooks.ts';
import { type Planned, touch, valued, type Workbench } from './workbench.ts';

export function createReplay(bench: Workbench, org: OrgState, create: CreateReplay, context: PlanContext): Planned {
  const { target } = create;
  const webhook = 'webhook' in target ? liveWebhook(bench, org, target.webhook, context).webhook : null;
  const { replaysUnderWay } = bench.lanes.counts(org);
  const plan = planCreateReplay(org.head, create, webhook, replaysUnderWay, context);
  const state = bench.lanes.createReplay(org, plan.replay, 'url' in target ? target.sealedSecret : null);
  org.head = plan.org;
  touch(bench, org, { lanesChanged: true });
  return { ...valued(plan.replay), write: () => bench.laneRows.insertReplay(org.no, state) };
}

export function moveReplay(
  bench: Workbench,
  org: OrgState,
  id: ReplayId,
  move: ReplayMove,
  context: PlanContext,
): Planned {
  const state = bench.lanes.replay(org, id);
  if (!state) throw replayNotFound(id);
  const { replay, changed, ...plan } = planMoveReplay(org.head, state.replay, move, context);
  if (!changed) return { ...valued(replay), write: () => {} };
  org.head = plan.org;
  bench.lanes.setReplay(org, state, replay, isUnderWay(replay));
  touch(bench, org, { lanesChanged: true });
  return {
    ...valued(replay),
    write: () => {
      bench.laneRows.updateReplay(org.no, replay);
      if (replay.endedUs !== null) bench.laneRows.endReplay(org.no, replay);
      bench.laneRows.active(org.no, id, state.lane);
    },
  };
}

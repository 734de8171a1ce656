/** Commands on deliveries: recording attempts that are over, and asking for more. */
import { deliveryNotFound } from '@turnlog/core/errors';
import type { DeliveryId, EventId, WebhookId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import { planRecord, type RecordPlan } from '@turnlog/core/plan/deliveries';
import type { PlanContext } from '@turnlog/core/plan/plan';
import { checkEnabled } from '@turnlog/core/plan/replay';
import { planResend } from '@turnlog/core/plan/resend';
import { isUnderWay } from '@turnlog/core/replays';
import type { RecordDeliveries, Recorded, Recovered, RecoverQuery } from '@turnlog/core/webhook-store';
import type { Health } from '@turnlog/core/webhooks';
import { ACCOUNT_STREAM, type OrgState } from './heads.ts';
import type { ReplayState, ResentDelivery, WebhookState } from './lane-heads.ts';
import { laneState } from './lanes.ts';
import { liveWebhook } from './webhooks.ts';
import { eventRows, type Planned, touch, valued, type Workbench } from './workbench.ts';

/** Whose fence is not the lane's, or who records for a lane that nobody owns, has written nothing. */
export function recordDeliveries(
  bench: Workbench,
  org: OrgState,
  record: RecordDeliveries,
  context: PlanContext,
): Planned {
  const lane = laneState(bench, org, record.lane, context);
  if (!lane || lane.lane.owner === null || lane.lane.fence !== record.fence) {
    return { ...valued({ kind: 'fenced' } satisfies Recorded), write: () => {} };
  }
  const replay = 'replay' in lane ? lane : null;
  const webhook = 'replay' in lane ? targetOf(bench, org, lane, context) : lane;
  const known = (id: DeliveryId) => webhook && bench.lanes.delivery(org, webhook, id);
  const over = { webhook: webhook?.webhook ?? null, replay: replay?.replay ?? null, known };
  const plan = planRecord(org.head, over, record, context);
  org.head = plan.org;
  touch(bench, org, { wakes: plan.events.length > 0 });
  const writes = [
    webhook && recordedRows(bench, org, webhook, plan, record),
    eventRows(bench, org, ACCOUNT_STREAM, plan.events, context),
    plan.webhook && webhook && webhookAfter(bench, org, webhook, plan.webhook),
    plan.replay && replay && replayAfter(bench, org, replay, plan.replay),
  ];
  const value: Recorded = { kind: 'recorded', deliveries: plan.value, disabled: plan.disabled };
  return {
    ...valued(value),
    write: () => {
      for (const write of writes) write?.();
    },
  };
}

function recordedRows(
  bench: Workbench,
  org: OrgState,
  { no, changed }: WebhookState,
  plan: RecordPlan,
  { unblocked }: RecordDeliveries,
): () => void {
  for (const row of plan.deliveries) changed.set(row.id, row);
  return () => {
    for (const row of plan.deliveries) bench.deliveries.record(org, no, row);
    for (const session of unblocked) bench.deliveries.unblock(org.no, no, session);
    for (const block of plan.blocks) bench.deliveries.block(org.no, no, block);
  };
}

/** Moves a webhook to where a record leaves it, and answers with what writes that. */
function webhookAfter(
  bench: Workbench,
  org: OrgState,
  state: WebhookState,
  after: NonNullable<RecordPlan['webhook']>,
): () => void {
  const { no, lane, webhook: before } = state;
  const disables = before.disabled === null && after.disabled !== null;
  state.webhook = after;
  if (disables) {
    lane.active = false;
    touch(bench, org, { lanesChanged: true });
  }
  return () => {
    if (!isAsHealthy(after, before)) bench.laneRows.health(org.no, no, after);
    if (after.position !== before.position) bench.laneRows.position(org.no, after.id, after.position);
    if (!disables) return;
    bench.laneRows.updateWebhook(org.no, no, after);
    bench.laneRows.active(org.no, after.id, lane);
  };
}

function replayAfter(
  bench: Workbench,
  org: OrgState,
  state: ReplayState,
  after: NonNullable<RecordPlan['replay']>,
): () => void {
  const { replay: before, lane } = state;
  const wasActive = lane.active;
  bench.lanes.setReplay(org, state, after, isUnderWay(after));
  return () => {
    bench.laneRows.updateReplay(org.no, after);
    if (after.endedUs !== before.endedUs) bench.laneRows.endReplay(org.no, after);
    if (lane.active !== wasActive) bench.laneRows.active(org.no, after.id, lane);
    if (after.position !== null && after.position !== before.position) {
      bench.laneRows.position(org.no, after.id, after.position);
    }
  };
}

/** The webhook that a replay goes to; null: a URL, or the webhook is gone. */
function targetOf(bench: Workbench, org: OrgState, { replay }: ReplayState, { nowUs }: PlanContext) {
  return replay.webhook === null ? undefined : bench.lanes.webhook(org, replay.webhook, nowUs);
}

export function resendDelivery(
  bench: Workbench,
  org: OrgState,
  webhook: WebhookId,
  id: DeliveryId,
  context: PlanContext,
): Planned {
  const state = liveWebhook(bench, org, webhook, context);
  const before = bench.lanes.delivery(org, state, id);
  if (!before) throw deliveryNotFound(id);
  checkEnabled(state.webhook);
  const after = planResend(before, eventExists(bench, org, before.event), context.nowUs);
  state.changed.set(id, after);
  touch(bench, org, { lanesChanged: true });
  const { resentAfter: _, manual: __, ...value } = after;
  return { ...valued(value), write: () => bench.deliveries.resend(org.no, state.no, after) };
}

/** Sends failed deliveries again, the oldest first, out of as many rows as one read may touch. Its last step is kept. */
export function recoverDeliveries(
  bench: Workbench,
  org: OrgState,
  webhook: WebhookId,
  query: RecoverQuery,
  context: PlanContext,
): Planned {
  const state = liveWebhook(bench, org, webhook, context);
  checkEnabled(state.webhook);
  const stored = bench.deliveries.behind(org.no, state.no, query, limits.readRows);
  const sent: ResentDelivery[] = [];
  let looked = 0;
  for (const row of stored) {
    if (sent.length === limits.recoveredDeliveries) break;
    looked++;
    const delivery = state.changed.get(row.id) ?? row;
    if (delivery.state !== 'failed' || !eventExists(bench, org, delivery.event)) continue;
    sent.push(planResend(delivery, true, context.nowUs));
  }
  for (const delivery of sent) state.changed.set(delivery.id, delivery);
  if (sent.length > 0) touch(bench, org, { lanesChanged: true });
  const value: Recovered = {
    count: query.counted + sent.length,
    more: looked < stored.length || stored.length === limits.readRows,
    after: stored[looked - 1]?.id ?? query.after,
  };
  return {
    value,
    answer: value.more ? null : { kind: 'value', value },
    write: () => {
      for (const delivery of sent) bench.deliveries.resend(org.no, state.no, delivery);
    },
  };
}

/** Whether an event is still stored, and its session not deleted. */
function eventExists(bench: Workbench, org: OrgState, event: EventId): boolean {
  const holder = bench.deliveries.holderOf(org.no, event);
  return holder === null || (holder !== undefined && bench.heads.session(org, { id: holder }) !== undefined);
}

function isAsHealthy(health: Health, other: Health): boolean {
  return (
    health.lastSuccessUs === other.lastSuccessUs &&
    health.lastFailureUs === other.lastFailureUs &&
    health.consecutiveFailures === other.consecutiveFailures &&
    health.failingSinceUs === other.failingSinceUs
  );
}

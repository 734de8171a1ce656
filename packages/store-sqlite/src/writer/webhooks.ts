/** Commands on webhooks. */
import { webhookNotFound } from '@turnlog/core/errors';
import type { WebhookId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import type { PlanContext } from '@turnlog/core/plan/plan';
import {
  planCreateWebhook,
  planDisableWebhook,
  planEnableWebhook,
  planRotateWebhookSecret,
  planUpdateWebhook,
  type WebhookPlan,
} from '@turnlog/core/plan/webhook';
import type { CreateWebhook, EnableFrom, RotateWebhookSecret, UpdateWebhook } from '@turnlog/core/webhooks';
import type { OrgState } from './heads.ts';
import { free, type ResentDelivery, type WebhookState } from './lane-heads.ts';
import { type Planned, touch, valued, type Workbench } from './workbench.ts';

export function createWebhook(bench: Workbench, org: OrgState, create: CreateWebhook, context: PlanContext): Planned {
  const plan = planCreateWebhook(org.head, bench.lanes.counts(org).webhooks, create, context);
  const secrets = [{ sealed: create.sealedSecret, expiresUs: null }];
  const state = bench.lanes.createWebhook(org, plan.webhook, secrets);
  org.head = plan.org;
  touch(bench, org, { lanesChanged: true });
  return { ...valued(plan.webhook), write: () => bench.laneRows.insertWebhook(org.no, state) };
}

export function updateWebhook(
  bench: Workbench,
  org: OrgState,
  id: WebhookId,
  update: UpdateWebhook,
  context: PlanContext,
): Planned {
  const state = liveWebhook(bench, org, id, context);
  return changeWebhook(bench, org, state, planUpdateWebhook(org.head, state.webhook, update, context));
}

/**
 * Failures in a row are forgiven; from `now`, what waits is canceled and whoever owns the lane loses it. Where more waits
 * than one write should cancel, the step cancels a part, leaves the webhook disabled, and answers null: ask again.
 */
export function enableWebhook(
  bench: Workbench,
  org: OrgState,
  id: WebhookId,
  from: EnableFrom,
  context: PlanContext,
): Planned {
  const state = liveWebhook(bench, org, id, context);
  const { lane, no } = state;
  const plan = planEnableWebhook(org.head, state.webhook, from, context);
  const asked = plan.restarted ? bench.deliveries.asked(org.no, no, limits.canceledDeliveries) : [];
  if (asked.length === limits.canceledDeliveries) return cancelSome(bench, org, state, asked);
  return changeWebhook(bench, org, state, plan, () => {
    lane.active = true;
    if (plan.restarted) {
      bench.lanes.cancelWaiting(state);
      lane.fence++;
      free(lane);
    }
    return () => {
      bench.laneRows.health(org.no, no, plan.webhook);
      bench.laneRows.active(org.no, id, lane);
      if (!plan.restarted) return;
      bench.deliveries.cancelWaiting(org.no, no);
      bench.laneRows.position(org.no, id, plan.webhook.position);
      bench.laneRows.owner(org.no, id, lane);
    };
  });
}

/** Those that somebody asked for hold no session up, so any of them may go before the others. */
function cancelSome(bench: Workbench, org: OrgState, state: WebhookState, waiting: readonly ResentDelivery[]): Planned {
  const canceled = waiting.map((row) => bench.lanes.cancel(state, row));
  return {
    value: null,
    answer: null,
    write: () => {
      for (const delivery of canceled) bench.deliveries.resend(org.no, state.no, delivery);
    },
  };
}

/** The owner of the lane keeps it, so that it can record the attempts under way. */
export function disableWebhook(bench: Workbench, org: OrgState, id: WebhookId, context: PlanContext): Planned {
  const state = liveWebhook(bench, org, id, context);
  const plan = planDisableWebhook(org.head, state.webhook, context);
  return changeWebhook(bench, org, state, plan, () => {
    state.lane.active = false;
    return () => bench.laneRows.active(org.no, id, state.lane);
  });
}

export function rotateWebhookSecret(
  bench: Workbench,
  org: OrgState,
  id: WebhookId,
  rotate: RotateWebhookSecret,
  context: PlanContext,
): Planned {
  const state = liveWebhook(bench, org, id, context);
  const secrets = bench.lanes.secrets(org, state, context.nowUs);
  const plan = planRotateWebhookSecret(org.head, state.webhook, secrets, rotate, context);
  return changeWebhook(bench, org, state, plan, () => {
    state.secrets = plan.secrets;
    return () => bench.laneRows.secrets(org.no, state.no, plan.secrets);
  });
}

export function deleteWebhook(bench: Workbench, org: OrgState, id: WebhookId, context: PlanContext): Planned {
  const state = liveWebhook(bench, org, id, context);
  bench.lanes.deleteWebhook(org, state);
  touch(bench, org, { lanesChanged: true });
  return {
    ...valued({ id }),
    write: () => bench.laneRows.deleteWebhook(org.no, state.no, state.webhook, context.nowUs),
  };
}

/** Throws `webhook_not_found`. */
export function liveWebhook(bench: Workbench, org: OrgState, id: WebhookId, { nowUs }: PlanContext): WebhookState {
  const state = bench.lanes.webhook(org, id, nowUs);
  if (!state) throw webhookNotFound(id);
  return state;
}

/** `more` moves what else the step changes, and answers with what writes it. */
function changeWebhook(
  bench: Workbench,
  org: OrgState,
  state: WebhookState,
  plan: WebhookPlan,
  more: () => () => void = () => () => {},
): Planned {
  if (!plan.changed) return { ...valued(plan.webhook), write: () => {} };
  org.head = plan.org;
  state.webhook = plan.webhook;
  touch(bench, org, { lanesChanged: true });
  const writeMore = more();
  return {
    ...valued(plan.webhook),
    write: () => {
      bench.laneRows.updateWebhook(org.no, state.no, plan.webhook);
      writeMore();
    },
  };
}

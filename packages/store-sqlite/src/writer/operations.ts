/** Each command as a plan and the rows that carry it out. Planning may refuse; nothing is written before all has been planned. */
import type { PlanContext } from '@turnlog/core/plan/plan';
import { randomBytes } from '../random.ts';
import { recordDeliveries, recoverDeliveries, resendDelivery } from './deliveries.ts';
import type { OrgState } from './heads.ts';
import { claimLanes, releaseLanes } from './lanes.ts';
import type { Command } from './protocol.ts';
import { createReplay, moveReplay } from './replays.ts';
import { planSessionCommand } from './sessions.ts';
import type { TokenStep } from './tokens.ts';
import {
  createWebhook,
  deleteWebhook,
  disableWebhook,
  enableWebhook,
  rotateWebhookSecret,
  updateWebhook,
} from './webhooks.ts';
import { type Planned, touch, valued, type Workbench } from './workbench.ts';

/** Plans one command against the heads as the batch has left them so far. */
export function planCommand(bench: Workbench, org: OrgState, command: Command, nowUs: number): Planned {
  const context: PlanContext = { nowUs, random: randomBytes, requestId: command.context.requestId };
  switch (command.kind) {
    case 'create-token':
      return tokenStep(bench, org, bench.tokens.planCreate(org, command.create, context));
    case 'rotate-token':
      return tokenStep(bench, org, bench.tokens.planRotate(org, command.id, command.rotate, context));
    case 'revoke-token':
      return tokenStep(bench, org, bench.tokens.planRevoke(org, command.id, context));
    case 'create-webhook':
      return createWebhook(bench, org, command.create, context);
    case 'update-webhook':
      return updateWebhook(bench, org, command.id, command.update, context);
    case 'delete-webhook':
      return deleteWebhook(bench, org, command.id, context);
    case 'enable-webhook':
      return enableWebhook(bench, org, command.id, command.from, context);
    case 'disable-webhook':
      return disableWebhook(bench, org, command.id, context);
    case 'rotate-webhook-secret':
      return rotateWebhookSecret(bench, org, command.id, command.rotate, context);
    case 'resend-delivery':
      return resendDelivery(bench, org, command.webhook, command.delivery, context);
    case 'recover-deliveries':
      return recoverDeliveries(bench, org, command.webhook, command.query, context);
    case 'create-replay':
      return createReplay(bench, org, command.create, context);
    case 'move-replay':
      return moveReplay(bench, org, command.id, command.move, context);
    case 'claim-lanes':
      return claimLanes(bench, org, command.claim, context);
    case 'release-lanes':
      return releaseLanes(bench, org, command.owner);
    case 'record-deliveries':
      return recordDeliveries(bench, org, command.record, context);
    default:
      return planSessionCommand(bench, org, command, context);
  }
}

function tokenStep(bench: Workbench, org: OrgState, step: TokenStep): Planned {
  org.head = step.plan.org;
  touch(bench, org, { wakes: true });
  return { ...valued(step.plan.token), write: step.write };
}

/** Making and moving a replay. */
import { TurnlogError } from '../errors.ts';
import { makeId } from '../ids.ts';
import { limits } from '../limits.ts';
import { type CreateReplay, isOver, isUnderWay, type Replay, type ReplayMove, type ReplayStatus } from '../replays.ts';
import type { Webhook } from '../webhooks.ts';
import { OrgClock, type OrgHead, type PlanContext } from './plan.ts';

/** A replay step: the replay's row after it. */
export interface ReplayPlan {
  readonly org: OrgHead;
  readonly replay: Replay;
  /** Whether there is anything to write. */
  readonly changed: boolean;
}

/**
 * `webhook`: where it goes to, null when that is a URL; `underWay`: replays of the org that are not over. Refuses with
 * `webhook_disabled` or `too_many_replays`.
 */
export function planCreateReplay(
  org: OrgHead,
  { target, ...command }: CreateReplay,
  webhook: Webhook | null,
  underWay: number,
  context: PlanContext,
): ReplayPlan {
  if (webhook !== null) checkEnabled(webhook);
  if (underWay >= limits.replaysPerOrg) {
    const message = `This org has ${underWay} replays that are not over, which is as many as it may: wait for one, or cancel one.`;
    throw new TurnlogError('too_many_replays', message);
  }
  const clock = new OrgClock(org, context.nowUs);
  const createdUs = clock.tick();
  const isEmpty = command.total === 0;
  const replay: Replay = {
    ...command,
    id: makeId('rpl', createdUs, context.random),
    dialect: webhook?.dialect ?? command.dialect,
    webhook: webhook?.id ?? null,
    url: 'url' in target ? target.url : (webhook as Webhook).url,
    status: isEmpty ? 'completed' : 'queued',
    reason: null,
    delivered: 0,
    failed: 0,
    position: null,
    createdUs,
    updatedUs: createdUs,
    endedUs: isEmpty ? createdUs : null,
  };
  return { org: { ...org, lastUs: clock.lastUs }, replay, changed: true };
}

const STATUS_AFTER = {
  pause: 'paused',
  resume: 'queued',
  cancel: 'canceled',
} as const satisfies Record<ReplayMove, ReplayStatus>;

/** A move to where it stands changes nothing. Refuses with `replay_ended`. */
export function planMoveReplay(org: OrgHead, replay: Replay, move: ReplayMove, context: PlanContext): ReplayPlan {
  const status = STATUS_AFTER[move];
  if (replay.status === status || (move === 'resume' && isUnderWay(replay))) return { org, replay, changed: false };
  if (isOver(replay)) {
    throw new TurnlogError('replay_ended', `Replay '${replay.id}' is ${replay.status}: make a new one instead.`);
  }
  const clock = new OrgClock(org, context.nowUs);
  const updatedUs = clock.tick();
  const endedUs = status === 'canceled' ? updatedUs : null;
  return {
    org: { ...org, lastUs: clock.lastUs },
    replay: { ...replay, status, reason: null, updatedUs, endedUs },
    changed: true,
  };
}

/** Throws `webhook_disabled`. */
export function checkEnabled({ id, disabled }: Pick<Webhook, 'id' | 'disabled'>): void {
  if (disabled === null) return;
  throw new TurnlogError('webhook_disabled', `Webhook '${id}' is disabled: enable it first.`);
}

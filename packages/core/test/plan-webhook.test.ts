import { describe, expect, it } from 'vitest';
import { limits } from '../src/limits.ts';
import { planCreateReplay, planMoveReplay } from '../src/plan/replay.ts';
import {
  planCreateWebhook,
  planDisableWebhook,
  planEnableWebhook,
  planRotateWebhookSecret,
  planUpdateWebhook,
} from '../src/plan/webhook.ts';
import { checkReplayRange, REPLAY_MOVES, REPLAY_STATUSES, type ReplayMove, type ReplayStatus } from '../src/replays.ts';
import {
  checkDeliveryRate,
  checkSecretOverlap,
  checkWebhookEvents,
  orderingKey,
  webhookFilter,
} from '../src/webhooks.ts';
import { contextOf, frozen, headOf, NOW_US } from './support/plans.ts';
import { expectRefusal, refusalOf } from './support/refusals.ts';
import { CREATE_WEBHOOK, replayOf, SESSION_ID, UNCHANGED, WEBHOOK_ID, webhookOf } from './support/webhooks.ts';

const DISABLED = { us: NOW_US - 5, reason: 'failing' } as const;

describe('what a webhook is told of', () => {
  it('is never an event about deliveries', () => {
    expect(webhookFilter(['*', 'a'])).toEqual({
      types: null,
      exceptTypes: ['webhook.*'],
      session: null,
      agentId: null,
    });
    expect(webhookFilter(['a.*'])).toMatchObject({ types: ['a.*'], exceptTypes: ['webhook.*'] });
    expectRefusal(() => checkWebhookEvents(['*', 'webhook.sent']), 'invalid_request', 'events');
    expectRefusal(() => checkWebhookEvents(['webhook.*']), 'invalid_request', 'events');
  });

  it('is named by 1 to 100 well-formed patterns', () => {
    expect(checkWebhookEvents(['*', 'session.*', 'w*', 'agent.created'])).toBeUndefined();
    for (const events of [[], ['Session.*'], [''], ['a b'], Array.from({ length: 101 }, () => 'a')]) {
      expectRefusal(() => checkWebhookEvents(events), 'invalid_request', 'events');
    }
    expect(refusalOf(() => checkWebhookEvents([])).message).toContain('name at least one type');
  });

  it('goes in the order of the session that it is of, or about', () => {
    const other = 'sess_01KRWJR38XFMSY8PMCZS0ANP80';
    expect(orderingKey({ sessionId: SESSION_ID, aboutSession: other })).toBe(SESSION_ID);
    expect(orderingKey({ sessionId: null, aboutSession: other })).toBe(other);
    expect(orderingKey({ sessionId: null, aboutSession: null })).toBeNull();
  });
});

describe('making and changing a webhook', () => {
  it('I1: it begins behind everything that is stored', () => {
    const { webhook, org, changed, restarted } = planCreateWebhook(headOf(), 0, frozen(CREATE_WEBHOOK), contextOf());
    expect([changed, restarted, org.lastUs]).toEqual([true, false, NOW_US]);
    expect(webhook).toMatchObject({ url: CREATE_WEBHOOK.url, createdUs: NOW_US, updatedUs: NOW_US, disabled: null });
    expect(webhook.position.slice(4) > webhook.id.slice(3)).toBe(true);
    expect(webhook).not.toHaveProperty('sealedSecret');
  });

  it('an org has a thousand of them, at most', () => {
    const create = (count: number) => () => planCreateWebhook(headOf(), count, CREATE_WEBHOOK, contextOf());
    expect(create(limits.webhooksPerOrg - 1)).not.toThrow();
    expectRefusal(create(limits.webhooksPerOrg), 'too_many_webhooks');
  });

  it('changes what was sent and nothing else; null clears', () => {
    const webhook = frozen(webhookOf({ description: 'old', rateLimit: 5 }));
    const command = { ...UNCHANGED, rateLimit: null, metadata: { team: null, b: '1' } };
    const plan = planUpdateWebhook(headOf(), webhook, command, contextOf());
    expect(plan.webhook).toEqual({ ...webhook, rateLimit: null, metadata: { b: '1' }, updatedUs: NOW_US });
  });

  it('refuses more metadata than a webhook may have', () => {
    const metadata = Object.fromEntries(Array.from({ length: limits.metadataPairs }, (_, i) => [`k${i}`, 'v']));
    const update = () => planUpdateWebhook(headOf(), webhookOf(), { ...UNCHANGED, metadata }, contextOf());
    expectRefusal(update, 'invalid_request', 'metadata');
  });

  it('disabling keeps the cursor; a second time changes nothing', () => {
    const { webhook } = planDisableWebhook(headOf(), webhookOf(), contextOf());
    expect(webhook).toMatchObject({ disabled: { reason: 'requested' }, position: webhookOf().position });
    expect(planDisableWebhook(headOf(), frozen(webhook), contextOf())).toMatchObject({ changed: false, webhook });
  });

  it('enabling goes on where it stopped, or from now', () => {
    const webhook = frozen(webhookOf({ disabled: DISABLED, consecutiveFailures: 30, failingSinceUs: 3 }));
    const stopped = planEnableWebhook(headOf(), webhook, 'stopped', contextOf());
    expect(stopped).toMatchObject({ changed: true, restarted: false });
    expect(stopped.webhook).toMatchObject({ disabled: null, consecutiveFailures: 0, position: webhook.position });
    const now = planEnableWebhook(headOf(), webhook, 'now', contextOf());
    expect(now.restarted).toBe(true);
    expect(now.webhook.position > webhook.position).toBe(true);
  });

  it('enabling what is enabled changes nothing, not even the cursor', () => {
    expect(planEnableWebhook(headOf(), webhookOf(), 'now', contextOf())).toMatchObject({
      changed: false,
      restarted: false,
      webhook: webhookOf(),
    });
  });
});

describe('rotating a secret', () => {
  const first = { sealed: Uint8Array.of(1), expiresUs: null };
  const sealedSecret = Uint8Array.of(9);
  const rotate = (secrets: Parameters<typeof planRotateWebhookSecret>[2], overlapSeconds: number) =>
    planRotateWebhookSecret(headOf(), webhookOf(), secrets, { sealedSecret, overlapSeconds }, contextOf());

  it('both sign until the overlap is over', () => {
    const plan = rotate([first], 60);
    expect(plan.secrets).toEqual([
      { sealed: sealedSecret, expiresUs: null },
      { sealed: first.sealed, expiresUs: NOW_US + 60_000_000 },
    ]);
    expect(plan.webhook).toMatchObject({ previousSecretExpiresUs: NOW_US + 60_000_000, updatedUs: NOW_US });
  });

  it('without an overlap the new one signs alone', () => {
    const plan = rotate([first, { sealed: Uint8Array.of(2), expiresUs: NOW_US + 9 }], 0);
    expect(plan.secrets).toEqual([{ sealed: sealedSecret, expiresUs: null }]);
    expect(plan.webhook.previousSecretExpiresUs).toBeNull();
  });

  it('twice: no secret lives longer than it was promised, and expired ones go', () => {
    const earlier = { sealed: Uint8Array.of(2), expiresUs: NOW_US + 10 };
    const expired = { sealed: Uint8Array.of(3), expiresUs: NOW_US };
    expect(rotate([first, earlier, expired], 60).secrets.map(({ expiresUs }) => expiresUs)).toEqual([
      null,
      NOW_US + 60_000_000,
      NOW_US + 10,
    ]);
  });

  it('no more than five sign at once', () => {
    const four = Array.from({ length: limits.webhookSecrets }, (_, i) => ({
      sealed: Uint8Array.of(i),
      expiresUs: i === 0 ? null : NOW_US + 10,
    }));
    expectRefusal(() => rotate(four, 60), 'secrets_overlap');
    expect(() => rotate(four, 0)).not.toThrow();
    expect(() => rotate(four.slice(1), 60)).not.toThrow();
  });

  it('overlaps up to seven days, in whole seconds', () => {
    for (const seconds of [0, 86_400, 604_800]) expect(checkSecretOverlap(seconds)).toBeUndefined();
    for (const seconds of [-1, 604_801, 1.5, Number.NaN]) {
      expectRefusal(() => checkSecretOverlap(seconds), 'invalid_request', 'overlap_seconds');
    }
  });
});

describe('a rate', () => {
  it('is a whole number of deliveries a second, or none', () => {
    for (const rate of [null, 1, 1_000]) expect(checkDeliveryRate(rate, 'rate')).toBeUndefined();
    for (const rate of [0, -1, 1.5, 1_001, Number.NaN]) {
      expectRefusal(() => checkDeliveryRate(rate, 'rate'), 'invalid_request', 'rate');
    }
  });
});

describe('a replay', () => {
  const { id: _id, webhook: _webhook, url, status: _status, reason: _reason, ...rest } = replayOf();
  const { delivered: _d, failed: _f, position: _p, createdUs: _c, updatedUs: _u, endedUs: _e, ...range } = rest;
  const command = { ...range, target: { url, sealedSecret: Uint8Array.of(1) } };

  it('waits to begin, with its count', () => {
    const { replay } = planCreateReplay(headOf(), frozen(command), null, 0, contextOf());
    expect(replay).toMatchObject({
      status: 'queued',
      total: 10,
      delivered: 0,
      failed: 0,
      webhook: null,
      url,
      endedUs: null,
    });
    expect(replay).not.toHaveProperty('target');
  });

  it('of nothing is over at once', () => {
    const { replay } = planCreateReplay(headOf(), { ...command, total: 0 }, null, 0, contextOf());
    expect(replay).toMatchObject({ status: 'completed', endedUs: NOW_US });
  });

  it('to a webhook speaks its dialect and goes to its URL, unless it is disabled', () => {
    const target = { webhook: WEBHOOK_ID } as const;
    const webhook = webhookOf({ dialect: 'platform' });
    const create = (changes: Parameters<typeof webhookOf>[0]) =>
      planCreateReplay(headOf(), { ...command, target }, { ...webhook, ...changes }, 0, contextOf());
    expect(create({}).replay).toMatchObject({ dialect: 'platform', webhook: WEBHOOK_ID, url: webhook.url });
    expectRefusal(() => create({ disabled: DISABLED }), 'webhook_disabled');
  });

  it('ten of an org may be under way', () => {
    const create = () => planCreateReplay(headOf(), command, null, limits.replaysPerOrg, contextOf());
    expectRefusal(create, 'too_many_replays');
  });

  it('has a range that can hold something', () => {
    expect(checkReplayRange({ sinceUs: 1, untilUs: 2 })).toBeUndefined();
    for (const untilUs of [1, 0]) {
      expectRefusal(() => checkReplayRange({ sinceUs: 1, untilUs }), 'invalid_request', 'until');
    }
  });

  const outcomes: Record<ReplayMove, Record<ReplayStatus, string>> = {
    pause: { queued: 'paused', running: 'paused', paused: '=', completed: '!', canceled: '!', failed: '!' },
    resume: { queued: '=', running: '=', paused: 'queued', completed: '!', canceled: '!', failed: '!' },
    cancel: { queued: 'canceled', running: 'canceled', paused: 'canceled', completed: '!', canceled: '=', failed: '!' },
  };
  it.each(REPLAY_MOVES.flatMap((move) => REPLAY_STATUSES.map((status) => [move, status] as const)))(
    '%s when it is %s',
    (move, status) => {
      const replay = frozen(replayOf({ status, reason: 'endpoint_failing' }));
      const plan = () => planMoveReplay(headOf(), replay, move, contextOf());
      const outcome = outcomes[move][status];
      if (outcome === '!') return expectRefusal(plan, 'replay_ended');
      if (outcome === '=') return expect(plan()).toMatchObject({ changed: false, replay });
      const endedUs = outcome === 'canceled' ? NOW_US : null;
      expect(plan().replay).toEqual({ ...replay, status: outcome, reason: null, updatedUs: NOW_US, endedUs });
    },
  );
});

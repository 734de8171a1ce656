/** Replays: create, list, retrieve, pause, resume, cancel. */
import { createRoute, z } from '@hono/zod-openapi';
import { replayNotFound, webhookNotFound } from '@turnlog/core/errors';
import type { OrgId } from '@turnlog/core/ids';
import { checkEnabled } from '@turnlog/core/plan/replay';
import { type CreateReplay, REPLAY_MOVES, type ReplayMove, replayFilter } from '@turnlog/core/replays';
import { shownWebhookSecret } from '../../deliveries/webhook-secrets.ts';
import { read, written } from '../answers.ts';
import { readFeedFilter } from '../feed-query.ts';
import type { Operations } from '../operations.ts';
import { answers, answersWhen, refuses, takes } from '../reference.ts';
import type { Services } from '../services.ts';
import { ofBodies, type ResourceManner, readMembers, readPosition } from './manner.ts';
import { missingReplay, REPLAY_PATH_ID, replayOf, webhookNamed } from './subjects.ts';
import { checkEndpoint, newSecret } from './webhooks.ts';
import { CREATED_REPLAY, NEW_REPLAY, REPLAY, SECRET } from './wire/examples.ts';
import {
  CreateReplayParams,
  parseCreateReplay,
  presentDryRun,
  presentReplay,
  presentStarted,
  ReplayDryRun,
  type ReplayInput,
  ReplayResource,
  ReplayStarted,
} from './wire/replay.ts';

const LIST = { kind: 'rpl', of: null } as const;
const tags = ['Replays'];
const parameters = [REPLAY_PATH_ID];

export function replayRoutes(operations: Operations, services: Services, manner: ResourceManner): void {
  createReplay(operations, services, manner);
  if (manner.replaysListed) listReplays(operations, services, manner);
  retrieveReplay(operations, services, manner);
  for (const move of REPLAY_MOVES) moveReplay(operations, services, manner, move);
}

function createReplay(operations: Operations, services: Services, manner: ResourceManner): void {
  operations.operation(
    createRoute({
      method: 'post',
      path: manner.replaysPath,
      operationId: `${manner.idPrefix}replays.create`,
      ...aliased(manner, 'events.replay'),
      tags,
      summary: 'Replay events',
      description:
        'Counts the matching events of the feed up to now, exactly, and delivers them once more: to a webhook, or to any ' +
        'URL, beside live deliveries. Each has the `webhook-id` that it always has, and the `webhook-replay-id` of this ' +
        'replay. A dry run only counts. What matches nothing is completed at once.',
      request: takes(CreateReplayParams, CREATED_REPLAY),
      responses: {
        ...answersWhen('dry_run', 200, ReplayDryRun, 'What a dry run has counted.', presentDryRun(REPLAY.total)),
        ...answers(202, ReplayStarted, 'The new replay.', { ...NEW_REPLAY, secret: SECRET }),
        ...refuses('write', 404),
      },
    }),
    { scope: 'webhooks:write', body: 'required' },
    ofBodies(manner, async ({ org, body, context, replaying }) => {
      const input = parseCreateReplay(readMembers(manner, body, CreateReplayParams));
      const { target, secret } = await targetOf(services, org, input.target, replaying);
      const extent = await extentOf(services, org, input, replaying);
      if (input.isDryRun) return read(JSON.stringify(presentDryRun(extent.total)));
      const { sinceUs, untilUs, types, rate } = input;
      const command = { sinceUs, untilUs, types, rate, ...extent, dialect: manner.dialect, target };
      const outcome = await services.store.createReplay(org, command, context);
      const shown = secret === null || outcome.replayed ? null : shownWebhookSecret(secret);
      return written(202, outcome, JSON.stringify(presentStarted(outcome.value, shown)));
    }),
  );
}

/** Where the events go, and with which secret when it is one of its own. Throws `invalid_request`, `webhook_not_found`. */
async function targetOf(
  services: Services,
  org: OrgId,
  target: ReplayInput['target'],
  replaying: boolean,
): Promise<{ readonly target: CreateReplay['target']; readonly secret: Uint8Array | null }> {
  if ('url' in target) {
    if (!replaying) checkEndpoint(services.courier, target.url, 'webhook_url');
    const secret = newSecret(services, target.secret);
    return { target: { url: target.url, sealedSecret: services.vault.seal(secret, org) }, secret };
  }
  const id = webhookNamed(target.webhookId);
  if (replaying) return { target: { webhook: id }, secret: null };
  const webhook = await services.store.getWebhook(org, id);
  if (webhook === null) throw webhookNotFound(id);
  checkEnabled(webhook);
  return { target: { webhook: id }, secret: null };
}

type Extent = Pick<CreateReplay, 'session' | 'total' | 'through'>;

/** What a replay reads, up to the head of this moment. A request that is answered from what was kept needs no count. */
async function extentOf({ store }: Services, org: OrgId, input: ReplayInput, replaying: boolean): Promise<Extent> {
  const { sinceUs: fromUs, untilUs, types, sessionId } = input;
  const named = sessionId === null ? null : await readFeedFilter(store, org, { session_id: sessionId });
  const session = named?.session ?? null;
  const through = replaying ? null : await store.headOf(org, 'feed');
  if (through === null) return { session, total: 0, through };
  const filter = replayFilter({ types, session });
  const range = { after: null, fromUs, untilUs, through, max: Number.MAX_SAFE_INTEGER };
  const { count } = await store.countFeed(org, { filter, ...range });
  return { session, total: count, through };
}

function listReplays(operations: Operations, services: Services, manner: ResourceManner): void {
  const { lists, idPrefix } = manner;
  const ReplayPage = z
    .object({ data: z.array(ReplayResource), ...lists.members })
    .openapi('ReplayPage', { description: 'A page of replays.' });
  operations.operation(
    createRoute({
      method: 'get',
      path: manner.replaysPath,
      operationId: `${idPrefix}replays.list`,
      tags,
      summary: 'List replays',
      description: 'Newest first, those that are over included.',
      responses: { ...answers(200, ReplayPage, 'A page of replays.', lists.example([REPLAY])), ...refuses('read') },
    }),
    { scope: 'webhooks:read', query: lists.paging('replay') },
    async (call) => {
      const position = await readPosition(manner, services, call, LIST);
      const { data, hasMore } = await services.store.listReplays(call.org, position);
      const texts = data.map((replay) => JSON.stringify(presentReplay(replay)));
      const records = { texts, firstId: data[0]?.id ?? null, lastId: data.at(-1)?.id ?? null, hasMore };
      return read(lists.present(LIST, position, records));
    },
  );
}

function retrieveReplay(operations: Operations, { store }: Services, manner: ResourceManner): void {
  operations.operation(
    createRoute({
      method: 'get',
      path: `${manner.replaysPath}/{replay_id}`,
      operationId: `${manner.idPrefix}replays.retrieve`,
      ...aliased(manner, 'events.getReplayStatus'),
      tags,
      summary: 'Retrieve a replay',
      description: 'How far it has come: of `total` events, `delivered` and `failed` are over.',
      parameters,
      responses: { ...answers(200, ReplayResource, 'The replay.', REPLAY), ...refuses('read', 404) },
    }),
    { scope: 'webhooks:read', missing: missingReplay(store) },
    async (call) => {
      const id = replayOf(call);
      const replay = await store.getReplay(call.org, id);
      if (replay === null) throw replayNotFound(id);
      return read(JSON.stringify(presentReplay(replay)));
    },
  );
}

const MOVES = {
  pause: {
    summary: 'Pause a replay',
    description: 'It stays where it is until it is resumed. Takes no body; pausing twice is pausing once.',
    example: { ...REPLAY, status: 'paused' },
  },
  resume: {
    summary: 'Resume a replay',
    description: 'It goes on where it stopped. Takes no body; one that is under way stays as it is.',
    example: { ...REPLAY, status: 'queued' },
  },
  cancel: {
    summary: 'Cancel a replay',
    description: 'It ends where it is, for good. Takes no body; canceling twice is canceling once.',
    example: { ...REPLAY, status: 'canceled', ended_at: REPLAY.updated_at },
  },
} as const satisfies Record<ReplayMove, object>;

function moveReplay(operations: Operations, { store }: Services, manner: ResourceManner, move: ReplayMove): void {
  const { summary, description, example } = MOVES[move];
  operations.operation(
    createRoute({
      method: 'post',
      path: `${manner.replaysPath}/{replay_id}/${move}`,
      operationId: `${manner.idPrefix}replays.${move}`,
      tags,
      summary,
      description,
      parameters,
      responses: { ...answers(200, ReplayResource, 'The replay after that.', example), ...refuses('write', 404) },
    }),
    { scope: 'webhooks:write', missing: missingReplay(store) },
    async (call) => {
      const outcome = await store.moveReplay(call.org, replayOf(call), move, call.context);
      return written(200, outcome, JSON.stringify(presentReplay(outcome.value)));
    },
  );
}

/** The SDK has the operation under a second name as well. */
function aliased({ dialect }: ResourceManner, name: string): object {
  return dialect === 'cloud' ? { 'x-sdk-alias': name } : {};
}

/** Webhooks: create, list, retrieve, update, delete. */
import { createRoute, z } from '@hono/zod-openapi';
import type { Courier } from '@turnlog/core/courier';
import { invalid, webhookNotFound } from '@turnlog/core/errors';
import type { OrgId } from '@turnlog/core/ids';
import { microsOfId } from '@turnlog/core/ids';
import { type JsonNode, member } from '@turnlog/core/json';
import { limits } from '@turnlog/core/limits';
import { type Webhook, webhookFilter } from '@turnlog/core/webhooks';
import { makeWebhookSecret, parseWebhookSecret, shownWebhookSecret } from '../../deliveries/webhook-secrets.ts';
import { read, written } from '../answers.ts';
import type { Operations } from '../operations.ts';
import { answers, refuses, takes } from '../reference.ts';
import type { Services } from '../services.ts';
import { ofBodies, type ResourceManner, readMembers, readPosition } from './manner.ts';
import { missingWebhook, WEBHOOK_PATH_ID, webhookOf } from './subjects.ts';
import { CREATED_WEBHOOK, SECRET, WEBHOOK_ID, webhookExample } from './wire/examples.ts';
import {
  CreateWebhookParams,
  parseCreateWebhook,
  parseUpdateWebhook,
  presentWebhook,
  UpdateWebhookParams,
  WebhookDeleted,
  WebhookResource,
  WebhookWithSecret,
} from './wire/webhook.ts';

const LIST = { kind: 'wh', of: null } as const;
const PATH = '/webhooks/{webhook_id}';
const parameters = [WEBHOOK_PATH_ID];
const tags = ['Webhooks'];
const MICROS_PER_SECOND = 1_000_000;

export function webhookRoutes(operations: Operations, services: Services, manner: ResourceManner): void {
  createWebhook(operations, services, manner);
  listWebhooks(operations, services, manner);
  retrieveWebhook(operations, services, manner);
  updateWebhook(operations, services, manner);
  deleteWebhook(operations, services, manner);
}

function createWebhook(operations: Operations, services: Services, manner: ResourceManner): void {
  const { store, courier, vault } = services;
  operations.operation(
    createRoute({
      method: 'post',
      path: '/webhooks',
      operationId: `${manner.idPrefix}webhooks.create`,
      tags,
      summary: 'Create a webhook',
      description:
        'It is told of what is stored from now on. A second webhook of the same URL is allowed, and gets every event ' +
        'again. The secret is shown in this answer and in that of a rotation alone; a repeat with the same idempotency ' +
        'key answers `secret: null`.',
      request: takes(CreateWebhookParams, CREATED_WEBHOOK),
      responses: {
        ...answers(201, WebhookWithSecret, 'The new webhook.', { ...webhookExample(manner.dialect), secret: SECRET }),
        ...refuses('write'),
      },
    }),
    { scope: 'webhooks:write', body: 'required' },
    ofBodies(manner, async ({ org, body, context, replaying }) => {
      const params = readMembers(manner, body, CreateWebhookParams);
      const command = parseCreateWebhook(params);
      if (!replaying) checkEndpoint(courier, command.url, 'url');
      const secret = newSecret(services, params.secret ?? null);
      const sealedSecret = vault.seal(secret, org);
      const outcome = await store.createWebhook(org, { ...command, dialect: manner.dialect, sealedSecret }, context);
      const shown = outcome.replayed ? null : shownWebhookSecret(secret);
      return written(201, outcome, JSON.stringify({ ...presentWebhook(outcome.value), secret: shown }));
    }),
  );
}

function listWebhooks(operations: Operations, services: Services, manner: ResourceManner): void {
  const { lists, idPrefix } = manner;
  const WebhookPage = z
    .object({ data: z.array(WebhookResource), ...lists.members })
    .openapi('WebhookPage', { description: 'A page of webhooks.' });
  operations.operation(
    createRoute({
      method: 'get',
      path: '/webhooks',
      operationId: `${idPrefix}webhooks.list`,
      tags,
      summary: 'List webhooks',
      description: 'Newest first, those of every dialect; never with their secrets.',
      responses: {
        ...answers(200, WebhookPage, 'A page of webhooks.', lists.example([webhookExample(manner.dialect)])),
        ...refuses('read'),
      },
    }),
    { scope: 'webhooks:read', query: lists.paging('webhook') },
    async (call) => {
      const position = await readPosition(manner, services, call, LIST);
      const { data, hasMore } = await services.store.listWebhooks(call.org, position);
      const texts = data.map((webhook) => JSON.stringify(presentWebhook(webhook)));
      const records = { texts, firstId: data[0]?.id ?? null, lastId: data.at(-1)?.id ?? null, hasMore };
      return read(lists.present(LIST, position, records));
    },
  );
}

function retrieveWebhook(operations: Operations, services: Services, { idPrefix, dialect }: ResourceManner): void {
  const { store } = services;
  operations.operation(
    createRoute({
      method: 'get',
      path: PATH,
      operationId: `${idPrefix}webhooks.retrieve`,
      tags,
      summary: 'Retrieve a webhook',
      description: 'With how far it is behind.',
      parameters,
      responses: {
        ...answers(200, WebhookResource, 'The webhook.', {
          ...webhookExample(dialect),
          lag: { events: 3, seconds: 1 },
        }),
        ...refuses('read', 404),
      },
    }),
    { scope: 'webhooks:read', missing: missingWebhook(store) },
    async (call) => {
      const id = webhookOf(call);
      const webhook = await store.getWebhook(call.org, id);
      if (webhook === null) throw webhookNotFound(id);
      return read(JSON.stringify(presentWebhook(webhook, await lagOf(services, call.org, webhook))));
    },
  );
}

function updateWebhook(operations: Operations, services: Services, manner: ResourceManner): void {
  const { store, courier } = services;
  operations.operation(
    createRoute({
      method: 'patch',
      path: PATH,
      operationId: `${manner.idPrefix}webhooks.update`,
      tags,
      summary: 'Update a webhook',
      description:
        'Changes what is sent. Its cursor stays where it is, and what waits for another attempt goes to the new URL.',
      parameters,
      request: takes(UpdateWebhookParams, { events: ['session.*'], rate_limit: 50 }),
      responses: {
        ...answers(200, WebhookResource, 'The webhook after the change.', {
          ...webhookExample(manner.dialect),
          events: ['session.*'],
          rate_limit: 50,
        }),
        ...refuses('write', 404),
      },
    }),
    { scope: 'webhooks:write', body: 'required', missing: missingWebhook(store) },
    ofBodies(manner, async (call) => {
      checkKeepsSecret(call.body);
      const command = parseUpdateWebhook(readMembers(manner, call.body, UpdateWebhookParams));
      if (!call.replaying && command.url !== undefined) checkEndpoint(courier, command.url, 'url');
      const outcome = await store.updateWebhook(call.org, webhookOf(call), command, call.context);
      return written(200, outcome, JSON.stringify(presentWebhook(outcome.value)));
    }),
  );
}

/** A secret that were passed over would be taken for the new one. */
function checkKeepsSecret(body: JsonNode | null): void {
  if (body === null || member(body, 'secret') === undefined) return;
  throw invalid('secret', "'secret' is not changed here: rotate it by POST /webhooks/{webhook_id}/rotate_secret.");
}

function deleteWebhook(operations: Operations, { store }: Services, { idPrefix }: ResourceManner): void {
  operations.operation(
    createRoute({
      method: 'delete',
      path: PATH,
      operationId: `${idPrefix}webhooks.delete`,
      tags,
      summary: 'Delete a webhook',
      description: 'For good, with its deliveries. Attempts under way are finished; a replay to it fails.',
      parameters,
      responses: {
        ...answers(200, WebhookDeleted, 'It is gone.', { id: WEBHOOK_ID, type: 'webhook_deleted' }),
        ...refuses('read', 404),
      },
    }),
    { scope: 'webhooks:write', missing: missingWebhook(store) },
    async (call) => {
      const outcome = await store.deleteWebhook(call.org, webhookOf(call), call.context);
      return written(200, outcome, JSON.stringify({ id: outcome.value.id, type: 'webhook_deleted' }));
    },
  );
}

/** Throws `invalid_request` for a URL that nothing is sent to. */
export function checkEndpoint(courier: Pick<Courier, 'problemOf'>, url: string, param: string): void {
  const problem = courier.problemOf(url);
  if (problem !== null) throw invalid(param, `'${param}' ${problem}`);
}

/** The bytes of the secret that was sent, or new ones. Throws `invalid_request`. */
export function newSecret({ random }: Pick<Services, 'random'>, sent: string | null): Uint8Array {
  return sent === null ? makeWebhookSecret(random) : parseWebhookSecret(sent);
}

async function lagOf({ store, nowUs }: Services, org: OrgId, { events, position }: Webhook) {
  const behind = { after: position, fromUs: null, untilUs: null, through: null, max: limits.lagEvents };
  const { count, first } = await store.countFeed(org, { filter: webhookFilter(events), ...behind });
  const seconds = first === null ? 0 : Math.max(0, Math.floor((nowUs() - microsOfId(first)) / MICROS_PER_SECOND));
  return { events: count, seconds };
}

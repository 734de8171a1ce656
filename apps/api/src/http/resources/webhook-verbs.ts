/** What can be done with a webhook: enable, disable, rotate its secret, test. */
import { createRoute } from '@hono/zod-openapi';
import { webhookNotFound } from '@turnlog/core/errors';
import { limits } from '@turnlog/core/limits';
import { checkSecretOverlap } from '@turnlog/core/webhooks';
import { shownWebhookSecret } from '../../deliveries/webhook-secrets.ts';
import { read, written } from '../answers.ts';
import type { Operations } from '../operations.ts';
import { answers, refuses, takes } from '../reference.ts';
import type { Services } from '../services.ts';
import { ofBodies, type ResourceManner, readMembers } from './manner.ts';
import { missingWebhook, WEBHOOK_PATH_ID, webhookOf } from './subjects.ts';
import type { Tests } from './tests.ts';
import { newSecret } from './webhooks.ts';
import { SECRET, webhookExample } from './wire/examples.ts';
import {
  EnableWebhookParams,
  presentWebhook,
  RotateWebhookSecretParams,
  WebhookResource,
  WebhookTest,
  WebhookWithSecret,
} from './wire/webhook.ts';

const PATH = '/webhooks/{webhook_id}';
const parameters = [WEBHOOK_PATH_ID];
const tags = ['Webhooks'];
const CHANGED_AT = '2025-09-25T09:02:31.668104Z';

export function webhookVerbRoutes(
  operations: Operations,
  services: Services,
  manner: ResourceManner,
  tests: Tests,
): void {
  enableWebhook(operations, services, manner);
  disableWebhook(operations, services, manner);
  testWebhook(operations, services, manner, tests);
  rotateWebhookSecret(operations, services, manner);
}

function enableWebhook(operations: Operations, { store }: Services, manner: ResourceManner): void {
  operations.operation(
    createRoute({
      method: 'post',
      path: `${PATH}/enable`,
      operationId: `${manner.idPrefix}webhooks.enable`,
      tags,
      summary: 'Enable a webhook',
      description:
        'A disabled webhook keeps its cursor, so this asks where to go on: `stopped` delivers what came meanwhile, ' +
        'first; `now` leaves it out, and cancels what waits for another attempt. An enabled webhook stays as it is.',
      parameters,
      request: takes(EnableWebhookParams, { from: 'stopped' }),
      responses: {
        ...answers(200, WebhookResource, 'The enabled webhook.', webhookExample(manner.dialect)),
        ...refuses('write', 404),
      },
    }),
    { scope: 'webhooks:write', body: 'required', missing: missingWebhook(store) },
    ofBodies(manner, async (call) => {
      const { from } = readMembers(manner, call.body, EnableWebhookParams);
      const outcome = await store.enableWebhook(call.org, webhookOf(call), from, call.context);
      return written(200, outcome, JSON.stringify(presentWebhook(outcome.value)));
    }),
  );
}

function disableWebhook(operations: Operations, { store }: Services, manner: ResourceManner): void {
  operations.operation(
    createRoute({
      method: 'post',
      path: `${PATH}/disable`,
      operationId: `${manner.idPrefix}webhooks.disable`,
      tags,
      summary: 'Disable a webhook',
      description: 'Nothing more is sent; its cursor stays. Takes no body; disabling twice is disabling once.',
      parameters,
      responses: {
        ...answers(200, WebhookResource, 'The disabled webhook.', {
          ...webhookExample(manner.dialect),
          status: 'disabled',
          disabled_reason: 'requested',
          disabled_at: CHANGED_AT,
          updated_at: CHANGED_AT,
        }),
        ...refuses('write', 404),
      },
    }),
    { scope: 'webhooks:write', missing: missingWebhook(store) },
    async (call) => {
      const outcome = await store.disableWebhook(call.org, webhookOf(call), call.context);
      return written(200, outcome, JSON.stringify(presentWebhook(outcome.value)));
    },
  );
}

function testWebhook(operations: Operations, { store }: Services, manner: ResourceManner, tests: Tests): void {
  operations.operation(
    createRoute({
      method: 'post',
      path: `${PATH}/test`,
      operationId: `${manner.idPrefix}webhooks.test`,
      tags,
      summary: 'Test a webhook',
      description:
        'Sends a `webhook.test` event now, once, signed like any other, and answers what became of it. It is stored ' +
        'nowhere, and changes nothing of the webhook, which may be disabled. Takes no body. Every call sends one, also ' +
        'with an idempotency key.',
      parameters,
      responses: {
        ...answers(200, WebhookTest, 'What became of it.', {
          delivered: true,
          status_code: 200,
          duration_ms: 84,
          error: null,
          response_body: 'ok',
        }),
        ...refuses('write', 404),
      },
    }),
    { scope: 'webhooks:write', missing: missingWebhook(store) },
    async (call) => {
      const id = webhookOf(call);
      const webhook = await store.getWebhook(call.org, id);
      if (webhook === null) throw webhookNotFound(id);
      const { statusCode, durationMs, error, excerpt } = await tests.send(call.org, webhook, call.context.requestId);
      return read(
        JSON.stringify({
          delivered: error === null,
          status_code: statusCode,
          duration_ms: durationMs,
          error,
          response_body: excerpt,
        }),
      );
    },
  );
}

function rotateWebhookSecret(operations: Operations, services: Services, manner: ResourceManner): void {
  const { store, vault } = services;
  operations.operation(
    createRoute({
      method: 'post',
      path: `${PATH}/rotate_secret`,
      operationId: `${manner.idPrefix}webhooks.rotateSecret`,
      tags,
      summary: 'Rotate the secret of a webhook',
      description:
        'Gives the webhook a new secret, shown in this answer alone. For `overlap_seconds` deliveries are signed with ' +
        'the earlier ones as well: time to change the receiver. At most five secrets sign at once.',
      parameters,
      request: takes(RotateWebhookSecretParams, { overlap_seconds: 3600 }, false),
      responses: {
        ...answers(200, WebhookWithSecret, 'The webhook with its new secret.', {
          ...webhookExample(manner.dialect),
          previous_secret_expires_at: '2025-09-25T10:02:31.668104Z',
          updated_at: CHANGED_AT,
          secret: SECRET,
        }),
        ...refuses('write', 404),
      },
    }),
    { scope: 'webhooks:write', body: 'optional', missing: missingWebhook(store) },
    ofBodies(manner, async (call) => {
      const params = readMembers(manner, call.body, RotateWebhookSecretParams);
      const overlapSeconds = params.overlap_seconds ?? limits.webhookOverlapSeconds;
      checkSecretOverlap(overlapSeconds);
      const secret = newSecret(services, params.secret ?? null);
      const command = { sealedSecret: vault.seal(secret, call.org), overlapSeconds };
      const outcome = await store.rotateWebhookSecret(call.org, webhookOf(call), command, call.context);
      const shown = outcome.replayed ? null : shownWebhookSecret(secret);
      return written(200, outcome, JSON.stringify({ ...presentWebhook(outcome.value), secret: shown }));
    }),
  );
}

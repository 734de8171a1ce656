/** The writing half of the Store port: each method is one command to the writer's thread. */
import type { NowMicros } from '@turnlog/core/clock';
import type { EventDraft } from '@turnlog/core/events';
import { makeId, type OrgId } from '@turnlog/core/ids';
import type { UpdateSession } from '@turnlog/core/sessions';
import type { Outcome, Store, WriteContext } from '@turnlog/core/store';
import type { FinishedDelivery, Lane, Recorded } from '@turnlog/core/webhook-store';
import type { Webhook } from '@turnlog/core/webhooks';
import { randomBytes } from './random.ts';
import type { Command, Operation } from './writer/protocol.ts';
import type { WriteQueue } from './writer/queue.ts';

export type Writes = Pick<
  Store,
  | 'createSession'
  | 'startSession'
  | 'moveSession'
  | 'updateSession'
  | 'archiveSession'
  | 'cancelSession'
  | 'deleteSession'
  | 'appendEvents'
  | 'publishEvents'
  | 'createToken'
  | 'rotateToken'
  | 'revokeToken'
  | 'createWebhook'
  | 'updateWebhook'
  | 'deleteWebhook'
  | 'enableWebhook'
  | 'disableWebhook'
  | 'rotateWebhookSecret'
  | 'resendDelivery'
  | 'recoverDeliveries'
  | 'createReplay'
  | 'moveReplay'
  | 'claimLanes'
  | 'releaseLanes'
  | 'recordDeliveries'
>;

/** What a command without a payload holds in memory. */
const COMMAND_BYTES = 1_024;
/** What an event holds beside its own members: objects in memory, then an envelope and index entries in the file. */
const EVENT_BYTES = 512;
const BYTES_PER_CHARACTER = 2;

export function writesOf(queue: WriteQueue, nowUs: NowMicros): Writes {
  /** Each kind of command answers with the value that its store method promises. */
  const submit = <Value>(org: OrgId, context: WriteContext, operation: Operation, bytes = COMMAND_BYTES) =>
    queue.submit({ org, context, ...operation } as Command, bytes) as Promise<Outcome<Value>>;
  /** A command that no request asks for, and whose answer is never kept. */
  const own = async <Value>(org: OrgId, operation: Operation) => {
    const context = { requestId: makeId('req', nowUs(), randomBytes), idempotency: null };
    return (await submit<Value>(org, context, operation)).value;
  };
  return {
    createSession: (org, create, context) =>
      submit(org, context, { kind: 'create-session', create }, bytesOf(create.events, create.metadata)),
    startSession: (org, start, context) =>
      submit(org, context, { kind: 'start-session', start }, bytesOf(start.events, start.metadata)),
    moveSession: (org, ref, move, context) => submit(org, context, { kind: 'move-session', ref, move }),
    updateSession: (org, ref, update, context) =>
      submit(org, context, { kind: 'update-session', ref, update }, bytesOf([], update.metadata)),
    archiveSession: (org, ref, context) => submit(org, context, { kind: 'archive-session', ref }),
    cancelSession: (org, ref, context) => submit(org, context, { kind: 'cancel-session', ref }),
    deleteSession: (org, ref, context) => submit(org, context, { kind: 'delete-session', ref }),
    appendEvents: (org, ref, events, context) =>
      submit(org, context, { kind: 'append-events', ref, events }, bytesOf(events)),
    publishEvents: (org, events, context) => submit(org, context, { kind: 'publish-events', events }, bytesOf(events)),
    createToken: (org, create, context) => submit(org, context, { kind: 'create-token', create }),
    rotateToken: (org, id, rotate, context) => submit(org, context, { kind: 'rotate-token', id, rotate }),
    revokeToken: (org, id, context) => submit(org, context, { kind: 'revoke-token', id }),
    createWebhook: (org, create, context) =>
      submit(org, context, { kind: 'create-webhook', create }, bytesOf([], create.metadata)),
    updateWebhook: (org, id, update, context) =>
      submit(org, context, { kind: 'update-webhook', id, update }, bytesOf([], update.metadata)),
    deleteWebhook: (org, id, context) => submit(org, context, { kind: 'delete-webhook', id }),
    async enableWebhook(org, id, from, context) {
      for (;;) {
        const { value, replayed } = await submit<Webhook | null>(org, context, { kind: 'enable-webhook', id, from });
        if (value !== null) return { value, replayed };
      }
    },
    disableWebhook: (org, id, context) => submit(org, context, { kind: 'disable-webhook', id }),
    rotateWebhookSecret: (org, id, rotate, context) =>
      submit(org, context, { kind: 'rotate-webhook-secret', id, rotate }),
    resendDelivery: (org, webhook, delivery, context) =>
      submit(org, context, { kind: 'resend-delivery', webhook, delivery }),
    recoverDeliveries: (org, webhook, query, context) =>
      submit(org, context, { kind: 'recover-deliveries', webhook, query }),
    createReplay: (org, create, context) => submit(org, context, { kind: 'create-replay', create }),
    moveReplay: (org, id, move, context) => submit(org, context, { kind: 'move-replay', id, move }),
    claimLanes: (org, claim) => own<readonly Lane[]>(org, { kind: 'claim-lanes', claim }),
    releaseLanes: async (org, owner) => {
      await own(org, { kind: 'release-lanes', owner });
    },
    recordDeliveries: async (org, record, context) => {
      const operation = { kind: 'record-deliveries', record } as const;
      return (await submit<Recorded>(org, context, operation, bytesOfAttempts(record.finished))).value;
    },
  };
}

/** What a command holds in memory, about. */
function bytesOf(events: readonly EventDraft[], metadata: UpdateSession['metadata'] = {}): number {
  let characters = 0;
  for (const { fields } of events) characters += fields.length;
  for (const [key, value] of Object.entries(metadata)) characters += key.length + (value?.length ?? 0);
  return COMMAND_BYTES + events.length * EVENT_BYTES + characters * BYTES_PER_CHARACTER;
}

function bytesOfAttempts(finished: readonly FinishedDelivery[]): number {
  let characters = 0;
  for (const { attempts } of finished) for (const { excerpt } of attempts) characters += excerpt?.length ?? 0;
  return COMMAND_BYTES + finished.length * EVENT_BYTES + characters * BYTES_PER_CHARACTER;
}

/** What crosses between the process's main thread and the writer's thread: plain values, one message per commit. */

import type { ErrorCode } from '@turnlog/core/errors';
import type { EventDraft } from '@turnlog/core/events';
import type { DeliveryId, OrgId, ReplayId, SessionId, TokenId, WebhookId } from '@turnlog/core/ids';
import type { Move } from '@turnlog/core/lifecycle';
import type { CreateReplay, ReplayMove } from '@turnlog/core/replays';
import type { CreateSession, SessionRef, StartSession, UpdateSession } from '@turnlog/core/sessions';
import type { CreateToken, RotateToken, WriteContext } from '@turnlog/core/store';
import type { RecordDeliveries, RecoverQuery } from '@turnlog/core/webhook-store';
import type { CreateWebhook, EnableFrom, RotateWebhookSecret, UpdateWebhook } from '@turnlog/core/webhooks';

/** One atomic step of one org. */
export type Command = { readonly org: OrgId; readonly context: WriteContext } & Operation;

export type Operation = SessionOperation | TokenOperation | WebhookOperation | ReplayOperation | LaneOperation;

export type SessionOperation =
  | { readonly kind: 'create-session'; readonly create: CreateSession }
  | { readonly kind: 'start-session'; readonly start: StartSession }
  | { readonly kind: 'move-session'; readonly ref: SessionRef; readonly move: Move }
  | { readonly kind: 'update-session'; readonly ref: SessionRef; readonly update: UpdateSession }
  | { readonly kind: 'archive-session'; readonly ref: SessionRef }
  | { readonly kind: 'cancel-session'; readonly ref: SessionRef }
  | { readonly kind: 'delete-session'; readonly ref: SessionRef }
  | { readonly kind: 'append-events'; readonly ref: SessionRef; readonly events: readonly EventDraft[] }
  | { readonly kind: 'publish-events'; readonly events: readonly EventDraft[] };

type TokenOperation =
  | { readonly kind: 'create-token'; readonly create: CreateToken }
  | { readonly kind: 'rotate-token'; readonly id: TokenId; readonly rotate: RotateToken }
  | { readonly kind: 'revoke-token'; readonly id: TokenId };

type WebhookOperation =
  | { readonly kind: 'create-webhook'; readonly create: CreateWebhook }
  | { readonly kind: 'update-webhook'; readonly id: WebhookId; readonly update: UpdateWebhook }
  | { readonly kind: 'delete-webhook'; readonly id: WebhookId }
  | { readonly kind: 'enable-webhook'; readonly id: WebhookId; readonly from: EnableFrom }
  | { readonly kind: 'disable-webhook'; readonly id: WebhookId }
  | { readonly kind: 'rotate-webhook-secret'; readonly id: WebhookId; readonly rotate: RotateWebhookSecret }
  | { readonly kind: 'resend-delivery'; readonly webhook: WebhookId; readonly delivery: DeliveryId }
  | { readonly kind: 'recover-deliveries'; readonly webhook: WebhookId; readonly query: RecoverQuery };

type ReplayOperation =
  | { readonly kind: 'create-replay'; readonly create: CreateReplay }
  | { readonly kind: 'move-replay'; readonly id: ReplayId; readonly move: ReplayMove };

type LaneOperation =
  | { readonly kind: 'claim-lanes'; readonly claim: { readonly owner: string; readonly untilUs: number } }
  | { readonly kind: 'release-lanes'; readonly owner: string }
  | { readonly kind: 'record-deliveries'; readonly record: RecordDeliveries };

/** When a token was last used. */
export interface Touch {
  readonly org: OrgId;
  readonly token: TokenId;
  readonly usedUs: number;
}

export interface BatchRequest {
  readonly nowUs: number;
  readonly commands: readonly Command[];
  /** How much background work may share the commit, in rows. */
  readonly background: {
    readonly rows: number;
    readonly touches: readonly Touch[];
    readonly sweepBeforeUs: number | null;
    /** Whether a pass over deliveries begins; and which are forgotten: those that were first made before. */
    readonly sweepDue: boolean;
    readonly deliveriesBeforeUs: number;
  };
}

/** What a commit has done to an org, for those who wait. */
export interface Woken {
  readonly org: OrgId;
  /** Where there is more to read, the account stream apart; null: nowhere. */
  readonly sessions: readonly SessionId[] | null;
  readonly deleted: readonly SessionId[];
  readonly lanesChanged: boolean;
}

/** A command's end: its value, or a refusal that wrote nothing. */
export type CommandResult =
  | { readonly ok: true; readonly value: unknown; readonly replayed: boolean }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string; readonly param: string | undefined };

export type BatchReply =
  /** Committed; `backlog`: background work is left. */
  | {
      readonly kind: 'done';
      readonly results: readonly CommandResult[];
      readonly woken: readonly Woken[];
      readonly backlog: boolean;
    }
  /** Rolled back: certainly not stored. */
  | { readonly kind: 'aborted'; readonly code: 'storage_full' | 'overloaded' | 'internal'; readonly message: string }
  /** Nobody knows whether the batch is stored; the thread has stopped. */
  | { readonly kind: 'unknown'; readonly message: string };

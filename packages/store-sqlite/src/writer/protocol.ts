/** What crosses between the process's main thread and the writer's thread: plain values, one message per commit. */

import type { ErrorCode } from '@turnlog/core/errors';
import type { EventDraft } from '@turnlog/core/events';
import type { OrgId, SessionId, TokenId } from '@turnlog/core/ids';
import type { Move } from '@turnlog/core/lifecycle';
import type { CreateSession, SessionRef, StartSession, UpdateSession } from '@turnlog/core/sessions';
import type { CreateToken, RotateToken, WriteContext } from '@turnlog/core/store';

/** One atomic step of one org. */
export type Command = { readonly org: OrgId; readonly context: WriteContext } & Operation;

export type Operation =
  | { readonly kind: 'create-session'; readonly create: CreateSession }
  | { readonly kind: 'start-session'; readonly start: StartSession }
  | { readonly kind: 'move-session'; readonly ref: SessionRef; readonly move: Move }
  | { readonly kind: 'update-session'; readonly ref: SessionRef; readonly update: UpdateSession }
  | { readonly kind: 'archive-session'; readonly ref: SessionRef }
  | { readonly kind: 'cancel-session'; readonly ref: SessionRef }
  | { readonly kind: 'delete-session'; readonly ref: SessionRef }
  | { readonly kind: 'append-events'; readonly ref: SessionRef; readonly events: readonly EventDraft[] }
  | { readonly kind: 'publish-events'; readonly events: readonly EventDraft[] }
  | { readonly kind: 'create-token'; readonly create: CreateToken }
  | { readonly kind: 'rotate-token'; readonly id: TokenId; readonly rotate: RotateToken }
  | { readonly kind: 'revoke-token'; readonly id: TokenId };

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
  };
}

/** Where a commit has left more to read. */
export interface Woken {
  readonly org: OrgId;
  readonly sessions: readonly SessionId[];
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

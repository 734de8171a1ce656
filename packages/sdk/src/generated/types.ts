// Written by scripts/generate.ts from openapi.json. Do not edit: change the document and run `pnpm generate`.

/** The envelope of every refusal. */
export interface ErrorResponse {
  readonly type: 'error';
  readonly error: ErrorResponseError;
  /** Names this request in the server's log. */
  readonly request_id: string;
}

/** Kind of a refusal: a closed set. */
export type ErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'permission_error'
  | 'not_found_error'
  | 'conflict_error'
  | 'rate_limit_error'
  | 'api_error'
  | 'overloaded_error';

/** One agent session: a log of events, and what follows from them. */
export interface Session {
  /** `sess_` and a ULID. For example `'sess_01K5ZV7QH37MZTXN4T6B9D0RFE'`. */
  readonly id: string;
  readonly type: 'session';
  /** The caller's own id, unique within the org. */
  readonly external_id: string | null;
  readonly agent: SessionAgent | null;
  /** An opaque label. */
  readonly environment_id: string | null;
  readonly title: string | null;
  readonly status: SessionStatus;
  /** Up to 50 pairs. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly usage: Usage;
  readonly stats: SessionStats;
  /** RFC 3339, UTC, six fractional digits. */
  readonly created_at: string;
  /** The last change of any kind, an append included. */
  readonly updated_at: string;
  /** Null unless archived. */
  readonly archived_at: string | null;
  /** Always empty; present for clients of the wider API family. */
  readonly resources: readonly unknown[];
  /** Always empty; present for clients of the wider API family. */
  readonly vault_ids: readonly string[];
  /** Always empty; present for clients of the wider API family. */
  readonly outcome_evaluations: readonly unknown[];
  /** Always null; present for clients of the wider API family. */
  readonly budget: null;
}

/** The agent of a session: an opaque label. */
export interface SessionAgent {
  readonly type: 'agent';
  /** The label as it was given. */
  readonly id: string;
  /** Null when none was given. */
  readonly version: number | string | null;
}

/** Where a session stands. */
export type SessionStatus = 'idle' | 'running' | 'rescheduling' | 'terminated';

/** Token counts of a session: the sums over its `session.status_idle` events. */
export interface Usage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cache_read_input_tokens: number;
  readonly cache_creation_input_tokens: number;
}

/** Counters of a session. */
export interface SessionStats {
  /** Number of events in the session. */
  readonly event_count: number;
}

/** What a new session starts with. Everything is optional. */
export interface CreateSessionParams {
  /** The agent's label, or any object with an `id` and perhaps a `version`. */
  readonly agent?: string | CreateSessionParamsAgent | null | undefined;
  /** An opaque label. 1 to 255 characters. */
  readonly environment_id?: string | null | undefined;
  /** At most 500 characters. */
  readonly title?: string | null | undefined;
  /** Up to 50 pairs of at most 64 and 512 characters. */
  readonly metadata?: Readonly<Record<string, string>> | null | undefined;
  /** Your own id for the session, without `/` and control characters. A taken one is a conflict. */
  readonly external_id?: string | null | undefined;
  /** Events to append in the same commit. */
  readonly initial_events?: readonly EventInput[] | null | undefined;
}

/** An event to append: any type, any own fields. They are kept as sent. */
export interface EventInput {
  readonly type: EventType;
  /** Left out, a `user.message` starts a turn and any other event takes the current one. */
  readonly turn_id?: string | null | undefined;
  /** Your own time of the event, kept verbatim. */
  readonly occurred_at?: string | null | undefined;
  /**
   * Version of the event's shape.
   *
   * @defaultValue `'1.0'`
   */
  readonly schema_version?: string | null | undefined;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A known type of event, or any other: lower-case words joined by dots, at most 100 characters. */
export type EventType =
  | 'user.message'
  | 'user.interrupt'
  | 'user.tool_confirmation'
  | 'user.tool_result'
  | 'user.custom_tool_result'
  | 'user.define_outcome'
  | 'system.message'
  | 'agent.message'
  | 'agent.thinking'
  | 'agent.tool_use'
  | 'agent.tool_result'
  | 'agent.mcp_tool_use'
  | 'agent.mcp_tool_result'
  | 'agent.custom_tool_use'
  | 'session.status_running'
  | 'session.status_rescheduled'
  | 'session.status_idle'
  | 'session.status_terminated'
  | 'session.usage'
  | 'session.error'
  | 'span.model_request_start'
  | 'span.model_request_end'
  | 'terminated'
  | 'session_created'
  | 'status_changed'
  | 'step_created'
  | 'step_status_changed'
  | 'artifact_created'
  | 'workflow_started'
  | 'workflow_resumed'
  | 'workflow_paused'
  | 'workflow_completed'
  | 'workflow_failed'
  | 'workflow_error'
  | 'session_start'
  | 'pre_tool'
  | 'post_tool'
  | 'session_stop'
  | 'message'
  | 'session.created'
  | 'session.updated'
  | 'session.archived'
  | 'session.deleted'
  | 'session.started'
  | 'session.step.completed'
  | 'session.completed'
  | 'session.failed'
  | 'agent.created'
  | 'agent.updated'
  | 'agent.deleted'
  | 'agent.published'
  | 'team.task.assigned'
  | 'team.task.completed'
  | 'team.execution.completed'
  | 'webhook.sent'
  | 'webhook.failed'
  | 'webhook.disabled'
  | 'user.login'
  | 'user.settings.updated'
  | 'billing.invoice.created'
  | 'billing.payment.succeeded'
  | 'billing.payment.failed'
  | (string & {});

/** A page of sessions. */
export interface SessionPage {
  readonly data: readonly Session[];
  /** Id of the first record, null when empty. */
  readonly first_id: string | null;
  /** Id of the last record, null when empty. */
  readonly last_id: string | null;
  /** Whether there is more in the direction of travel. */
  readonly has_more: boolean;
  /** Opaque token of the next page in the direction of travel; null when there is none. */
  readonly next_page: string | null;
  /** Opaque token of the page in the other direction; null on the first page. */
  readonly prev_page: string | null;
}

/** What to change. Absent members stay as they are. */
export interface UpdateSessionParams {
  /** At most 500 characters; null removes the title. */
  readonly title?: string | null | undefined;
  /** Merged into what is there; null deletes a key. */
  readonly metadata?: Readonly<Record<string, string | null>> | null | undefined;
}

/** A session that was asked to stop. */
export interface SessionCanceling {
  readonly id: string;
  readonly type: 'session';
  readonly status: 'canceling';
}

/** A session that is gone, its events with it. */
export interface SessionDeleted {
  readonly id: string;
  readonly type: 'session_deleted';
}

/** The events as they were stored, in the order sent. */
export interface SendEventsResult {
  readonly data: readonly Event[];
}

/** One event of the log: the envelope and the event's own fields, as they were sent. */
export type Event =
  | UserMessageEvent
  | UserInterruptEvent
  | UserToolConfirmationEvent
  | UserToolResultEvent
  | UserCustomToolResultEvent
  | UserDefineOutcomeEvent
  | SystemMessageEvent
  | AgentMessageEvent
  | AgentThinkingEvent
  | AgentToolUseEvent
  | AgentToolResultEvent
  | AgentMcpToolUseEvent
  | AgentMcpToolResultEvent
  | AgentCustomToolUseEvent
  | SessionStatusRunningEvent
  | SessionStatusRescheduledEvent
  | SessionStatusIdleEvent
  | SessionStatusTerminatedEvent
  | SessionUsageEvent
  | SessionErrorEvent
  | SpanModelRequestStartEvent
  | SpanModelRequestEndEvent
  | TerminatedEvent
  | WorkflowSessionCreatedEvent
  | StatusChangedEvent
  | StepCreatedEvent
  | StepStatusChangedEvent
  | ArtifactCreatedEvent
  | WorkflowStartedEvent
  | WorkflowResumedEvent
  | WorkflowPausedEvent
  | WorkflowCompletedEvent
  | WorkflowFailedEvent
  | WorkflowErrorEvent
  | SessionStartEvent
  | PreToolEvent
  | PostToolEvent
  | SessionStopEvent
  | RuntimeMessageEvent
  | SessionCreatedEvent
  | SessionUpdatedEvent
  | SessionArchivedEvent
  | SessionDeletedEvent
  | SessionStartedEvent
  | SessionStepCompletedEvent
  | SessionCompletedEvent
  | SessionFailedEvent
  | AgentCreatedEvent
  | AgentUpdatedEvent
  | AgentDeletedEvent
  | AgentPublishedEvent
  | TeamTaskAssignedEvent
  | TeamTaskCompletedEvent
  | TeamExecutionCompletedEvent
  | WebhookSentEvent
  | WebhookFailedEvent
  | WebhookDisabledEvent
  | UserLoginEvent
  | UserSettingsUpdatedEvent
  | BillingInvoiceCreatedEvent
  | BillingPaymentSucceededEvent
  | BillingPaymentFailedEvent
  | UnknownEvent;

/** A message of the user. */
export interface UserMessageEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'user.message';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  /** Text, or blocks. */
  readonly content: string | readonly ContentBlock[];
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** One block of a message. */
export type ContentBlock = TextBlock | UnknownBlock;

/** A block of text. */
export interface TextBlock {
  readonly type: 'text';
  readonly text?: string | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/**
 * The `type` of an `UnknownBlock`: any string that is not listed.
 *
 * It exists in types only, so that `switch` narrows to the listed members.
 * To compare it with a name of your own, write `(value.type as string) === 'your.name'`.
 */
export declare enum UnknownBlockType {
  unlisted = '…',
}

/** A block of a type that this document does not list, or of none. */
export interface UnknownBlock {
  readonly type?: UnknownBlockType | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** The user asked the agent to stop. */
export interface UserInterruptEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'user.interrupt';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** The user allowed or denied a tool call. */
export interface UserToolConfirmationEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'user.tool_confirmation';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** The result of a tool that ran on the user's side. */
export interface UserToolResultEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'user.tool_result';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** The result of a custom tool. */
export interface UserCustomToolResultEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'user.custom_tool_result';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** The user said what the session should achieve. */
export interface UserDefineOutcomeEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'user.define_outcome';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A message of the system. */
export interface SystemMessageEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'system.message';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly content: readonly ContentBlock[];
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A reply of the agent. */
export interface AgentMessageEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'agent.message';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly content: readonly ContentBlock[];
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** The agent's reasoning. */
export interface AgentThinkingEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'agent.thinking';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** The agent called a tool. */
export interface AgentToolUseEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'agent.tool_use';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** The result of a tool call. */
export interface AgentToolResultEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'agent.tool_result';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** The agent called an MCP tool. */
export interface AgentMcpToolUseEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'agent.mcp_tool_use';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** The result of an MCP tool call. */
export interface AgentMcpToolResultEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'agent.mcp_tool_result';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** The agent called a custom tool. */
export interface AgentCustomToolUseEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'agent.custom_tool_use';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** The session runs. */
export interface SessionStatusRunningEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'session.status_running';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** The session was scheduled for execution. */
export interface SessionStatusRescheduledEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'session.status_rescheduled';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** The session returned to idle. */
export interface SessionStatusIdleEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'session.status_idle';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly status?: string | null;
  readonly usage?: EventUsage | null;
  readonly stop_reason?: StopReason | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** Token counts, as the producer of the event sent them. */
export interface EventUsage {
  readonly input_tokens?: number | null;
  readonly output_tokens?: number | null;
  readonly cache_read_input_tokens?: number | null;
  readonly cache_creation_input_tokens?: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** Why the session came to rest. */
export interface StopReason {
  /** `end_turn`, or what else stopped it. */
  readonly type?: string | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** The session ended for good. */
export interface SessionStatusTerminatedEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'session.status_terminated';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** Tokens used. */
export interface SessionUsageEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'session.usage';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** The run failed. */
export interface SessionErrorEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'session.error';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly error?: SessionErrorCause | null;
  readonly details?: SessionErrorDetails | null;
  readonly retry_status?: RetryStatus | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** What went wrong. */
export interface SessionErrorCause {
  /** Its kind. */
  readonly type?: string | null;
  /** What went wrong, for a person. */
  readonly message?: string | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** Whatever the producer knows about it. */
export interface SessionErrorDetails {
  /** Its name. */
  readonly name?: string | null;
  /** Its message. */
  readonly message?: string | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** Whether the run is tried again. */
export interface RetryStatus {
  /** `exhausted` and `terminal` end the run. */
  readonly type?: string | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A model request started. */
export interface SpanModelRequestStartEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'span.model_request_start';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A model request ended. */
export interface SpanModelRequestEndEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'span.model_request_end';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** The execution was terminated. */
export interface TerminatedEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'terminated';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A workflow session was initialised. */
export interface WorkflowSessionCreatedEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'session_created';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data?: unknown;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A session's status changed. */
export interface StatusChangedEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'status_changed';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data?: unknown;
  readonly old_status?: string | null;
  readonly new_status?: string | null;
  readonly duration_seconds?: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A step of a workflow was made. */
export interface StepCreatedEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'step_created';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data?: unknown;
  readonly step_code?: string | null;
  readonly old_status?: string | null;
  readonly new_status?: string | null;
  readonly duration_seconds?: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A step of a workflow got on. */
export interface StepStatusChangedEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'step_status_changed';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data?: unknown;
  readonly step_code?: string | null;
  readonly old_status?: string | null;
  readonly new_status?: string | null;
  readonly duration_seconds?: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A file or a report was made. */
export interface ArtifactCreatedEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'artifact_created';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data?: unknown;
  readonly artifact_id?: string | null;
  readonly step_code?: string | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A workflow began. */
export interface WorkflowStartedEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'workflow_started';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data?: unknown;
  readonly workflow_type?: string | null;
  readonly duration_seconds?: number | null;
  readonly tests_generated?: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A workflow goes on. */
export interface WorkflowResumedEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'workflow_resumed';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data?: unknown;
  readonly workflow_type?: string | null;
  readonly duration_seconds?: number | null;
  readonly tests_generated?: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A workflow pauses. */
export interface WorkflowPausedEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'workflow_paused';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data?: unknown;
  readonly workflow_type?: string | null;
  readonly duration_seconds?: number | null;
  readonly tests_generated?: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A workflow succeeded. */
export interface WorkflowCompletedEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'workflow_completed';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data?: unknown;
  readonly workflow_type?: string | null;
  readonly duration_seconds?: number | null;
  readonly tests_generated?: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A workflow failed. */
export interface WorkflowFailedEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'workflow_failed';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data?: unknown;
  readonly workflow_type?: string | null;
  readonly duration_seconds?: number | null;
  readonly tests_generated?: number | null;
  readonly error?: string | null;
  readonly error_type?: string | null;
  readonly recoverable?: boolean | null;
  readonly retry_after?: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** An error occurred in a workflow. */
export interface WorkflowErrorEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'workflow_error';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data?: unknown;
  readonly error?: string | null;
  readonly error_type?: string | null;
  readonly recoverable?: boolean | null;
  readonly retry_after?: number | null;
  readonly duration_seconds?: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** An agent's session starts, or starts again. */
export interface SessionStartEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'session_start';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly session_name?: string | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A tool is about to run. */
export interface PreToolEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'pre_tool';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly session_name?: string | null;
  readonly tool_name?: string | null;
  readonly tool_input?: PreToolEventToolInput | null;
  readonly tool_output?: unknown;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A tool has run. */
export interface PostToolEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'post_tool';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly session_name?: string | null;
  readonly tool_name?: string | null;
  readonly tool_input?: PostToolEventToolInput | null;
  readonly tool_output?: unknown;
  readonly error?: string | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** An agent's session ends; with an exit code other than 0 it has failed. */
export interface SessionStopEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'session_stop';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly session_name?: string | null;
  readonly exit_code?: number | null;
  readonly reason?: string | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A message of the user or of the assistant. */
export interface RuntimeMessageEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'message';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly session_name?: string | null;
  readonly role?: string | null;
  readonly content?: readonly unknown[] | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A session was created. */
export interface SessionCreatedEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'session.created';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data?: SessionCreatedEventData | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A session's title, metadata or agent changed. */
export interface SessionUpdatedEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'session.updated';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data?: SessionUpdatedEventData | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A value that changed. */
export interface SessionChange {
  readonly old?: string | null;
  readonly new?: string | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A session was archived. */
export interface SessionArchivedEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'session.archived';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data?: SessionArchivedEventData | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A session was deleted. */
export interface SessionDeletedEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'session.deleted';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data?: SessionDeletedEventData | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A session began to work. */
export interface SessionStartedEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'session.started';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data: SessionStartedEventData;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A step of a session was completed. */
export interface SessionStepCompletedEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'session.step.completed';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data: SessionStepCompletedEventData;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A session finished its work. */
export interface SessionCompletedEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'session.completed';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data: SessionCompletedEventData;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A session failed. */
export interface SessionFailedEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'session.failed';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data: SessionFailedEventData;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** An agent was created. */
export interface AgentCreatedEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'agent.created';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data: AgentCreatedEventData;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** An agent was changed. */
export interface AgentUpdatedEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'agent.updated';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data: AgentUpdatedEventData;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** An agent was deleted. */
export interface AgentDeletedEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'agent.deleted';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data: AgentDeletedEventData;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** An agent was published. */
export interface AgentPublishedEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'agent.published';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data: AgentPublishedEventData;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A task was assigned within a team. */
export interface TeamTaskAssignedEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'team.task.assigned';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data: TeamTaskAssignedEventData;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A task of a team was completed. */
export interface TeamTaskCompletedEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'team.task.completed';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data: TeamTaskCompletedEventData;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** An execution of a team was completed. */
export interface TeamExecutionCompletedEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'team.execution.completed';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data: TeamExecutionCompletedEventData;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A webhook was delivered. */
export interface WebhookSentEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'webhook.sent';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data: WebhookSentEventData;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A webhook could not be delivered. */
export interface WebhookFailedEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'webhook.failed';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data: WebhookFailedEventData;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A webhook was disabled, because its endpoint is gone or has failed for too long. */
export interface WebhookDisabledEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'webhook.disabled';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data?: WebhookDisabledEventData | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A user logged in. */
export interface UserLoginEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'user.login';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data: UserLoginEventData;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A user changed settings. */
export interface UserSettingsUpdatedEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'user.settings.updated';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data: UserSettingsUpdatedEventData;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** An invoice was issued. */
export interface BillingInvoiceCreatedEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'billing.invoice.created';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data: BillingInvoiceCreatedEventData;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A payment succeeded. */
export interface BillingPaymentSucceededEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'billing.payment.succeeded';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data: BillingPaymentSucceededEventData;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** A payment failed. */
export interface BillingPaymentFailedEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: 'billing.payment.failed';
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  readonly data: BillingPaymentFailedEventData;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/**
 * The `type` of an `UnknownEvent`: any string that is not listed.
 *
 * It exists in types only, so that `switch` narrows to the listed members.
 * To compare it with a name of your own, write `(value.type as string) === 'your.name'`.
 */
export declare enum UnknownEventType {
  unlisted = '…',
}

/** An event of a type that this document does not list. The set of types is open. */
export interface UnknownEvent {
  /** `evt_` and a ULID; rises strictly within an org. For example `'evt_01K5ZV7R2C7M7DXP3S7V0X4ZAB'`. */
  readonly id: string;
  readonly type: UnknownEventType;
  /** The session of the event; null for account events. */
  readonly session_id: string | null;
  /** The turn of the event; null before the first turn. */
  readonly turn_id: string | null;
  /** As the producer sent it, else `1.0`. */
  readonly schema_version: string;
  /** The log's time: strictly increasing within an org. */
  readonly created_at: string;
  /** Equal to `created_at`. */
  readonly processed_at: string;
  /** The producer's own time, verbatim; absent when none was sent. */
  readonly occurred_at?: string;
  /** Number within the session, from 1; null for account events. */
  readonly seq: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** Events to append, in order, all or nothing. */
export interface SendEventsParams {
  readonly events: readonly EventInput[];
}

/** A page of events. */
export interface EventPage {
  readonly data: readonly Event[];
  /** Id of the first record, null when empty. */
  readonly first_id: string | null;
  /** Id of the last record, null when empty. */
  readonly last_id: string | null;
  /** Whether there is more in the direction of travel. */
  readonly has_more: boolean;
  /** Opaque token of the next page in the direction of travel; null when there is none. */
  readonly next_page: string | null;
}

/** A page of the feed. */
export interface FeedPage {
  readonly data: readonly Event[];
  /** Id of the first record, null when empty. */
  readonly first_id: string | null;
  /** Id of the last record, null when empty. */
  readonly last_id: string | null;
  /** Whether there is more in the direction of travel. */
  readonly has_more: boolean;
  /** Opaque token of the next page in the direction of travel; null when there is none. */
  readonly next_page: string | null;
  /** The last id looked at, whether it matched or not: a valid `after_id`. Null: nothing stands there. */
  readonly scanned_through: string | null;
}

/** Account events to publish, in order, all or nothing; none has a turn. */
export interface PublishEventsParams {
  readonly events: readonly EventInput[];
}

/** A webhook with the secret that signs, shown this once. */
export interface WebhookWithSecret {
  /** `wh_` and a ULID. For example `'wh_01K5ZV8B3M6R9T2W5Y8B1D4F7H'`. */
  readonly id: string;
  readonly type: 'webhook';
  /** The dialect that it was made in: events are delivered in its words. */
  readonly dialect: 'cloud' | 'platform';
  readonly url: string;
  /** Types, and patterns of types. */
  readonly events: readonly string[];
  readonly description: string | null;
  /** Up to 50 pairs. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly ordering: WebhookOrdering;
  /** Deliveries a second, at most; null: no bound. */
  readonly rate_limit: number | null;
  readonly announce: WebhookAnnouncements;
  readonly status: 'enabled' | 'disabled';
  readonly disabled_reason: WebhookDisabledReason | null;
  /** Null while enabled. */
  readonly disabled_at: string | null;
  /** When an attempt last succeeded; null: none has. */
  readonly last_success_at: string | null;
  /** When an attempt last failed; null: none has. */
  readonly last_failure_at: string | null;
  /** Attempts that failed since the last that succeeded. */
  readonly consecutive_failures: number;
  /** Told when one webhook is retrieved, else null: counting costs. */
  readonly lag: WebhookLag | null;
  /** Until when deliveries are signed with the secret before as well; null: they are not. */
  readonly previous_secret_expires_at: string | null;
  /** RFC 3339, UTC, six fractional digits. */
  readonly created_at: string;
  /** The last change of the webhook itself; deliveries do not count. */
  readonly updated_at: string;
  /** `whsec_` and base64. Null in the repeat of an answer that was given before. */
  readonly secret: string | null;
}

/** `session`: the events of a session come one by one, in their order. */
export type WebhookOrdering = 'none' | 'session';

/** Which deliveries the account stream tells of, by `webhook.sent` and `webhook.failed`. */
export type WebhookAnnouncements = 'all' | 'failures' | 'none';

/** Why a webhook is disabled: somebody asked, the endpoint answered 410, or it failed 20 times in a row over a day. */
export type WebhookDisabledReason = 'requested' | 'gone' | 'failing';

/** How far a webhook is behind. */
export interface WebhookLag {
  /** Events that wait for their first attempt, counted up to 10000. */
  readonly events: number;
  /** Age of the first of them; 0: none waits. */
  readonly seconds: number;
}

/** An endpoint, and what it is told. */
export interface CreateWebhookParams {
  /** https, port 443 or 8443, and an address that is public; what the operator allows besides is free of that. */
  readonly url: string;
  /** Types, exact or with `*` for any run of characters: `session.*`, `*`. Never `webhook.*`. */
  readonly events: readonly string[];
  /** Text of 16 to 255 bytes, or `whsec_` and base64 of them. Left out, one is made. */
  readonly secret?: string | null | undefined;
  /** At most 500 characters. */
  readonly description?: string | null | undefined;
  /** Up to 50 pairs of at most 64 and 512 characters. */
  readonly metadata?: Readonly<Record<string, string>> | null | undefined;
  readonly ordering?: WebhookOrdering | null | undefined;
  /** Deliveries a second, at most; null: no bound. */
  readonly rate_limit?: number | null | undefined;
  readonly announce?: WebhookAnnouncements | null | undefined;
}

/** A page of webhooks. */
export interface WebhookPage {
  readonly data: readonly Webhook[];
  /** Id of the first record, null when empty. */
  readonly first_id: string | null;
  /** Id of the last record, null when empty. */
  readonly last_id: string | null;
  /** Whether there is more in the direction of travel. */
  readonly has_more: boolean;
  /** Opaque token of the next page in the direction of travel; null when there is none. */
  readonly next_page: string | null;
}

/** An endpoint that events are delivered to, and a cursor on the feed. */
export interface Webhook {
  /** `wh_` and a ULID. For example `'wh_01K5ZV8B3M6R9T2W5Y8B1D4F7H'`. */
  readonly id: string;
  readonly type: 'webhook';
  /** The dialect that it was made in: events are delivered in its words. */
  readonly dialect: 'cloud' | 'platform';
  readonly url: string;
  /** Types, and patterns of types. */
  readonly events: readonly string[];
  readonly description: string | null;
  /** Up to 50 pairs. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly ordering: WebhookOrdering;
  /** Deliveries a second, at most; null: no bound. */
  readonly rate_limit: number | null;
  readonly announce: WebhookAnnouncements;
  readonly status: 'enabled' | 'disabled';
  readonly disabled_reason: WebhookDisabledReason | null;
  /** Null while enabled. */
  readonly disabled_at: string | null;
  /** When an attempt last succeeded; null: none has. */
  readonly last_success_at: string | null;
  /** When an attempt last failed; null: none has. */
  readonly last_failure_at: string | null;
  /** Attempts that failed since the last that succeeded. */
  readonly consecutive_failures: number;
  /** Told when one webhook is retrieved, else null: counting costs. */
  readonly lag: WebhookLag | null;
  /** Until when deliveries are signed with the secret before as well; null: they are not. */
  readonly previous_secret_expires_at: string | null;
  /** RFC 3339, UTC, six fractional digits. */
  readonly created_at: string;
  /** The last change of the webhook itself; deliveries do not count. */
  readonly updated_at: string;
}

/** What to change. Absent members stay as they are. */
export interface UpdateWebhookParams {
  /** https, port 443 or 8443, and an address that is public; what the operator allows besides is free of that. */
  readonly url?: string | undefined;
  /** Types, exact or with `*` for any run of characters: `session.*`, `*`. Never `webhook.*`. */
  readonly events?: readonly string[] | undefined;
  /** At most 500 characters; null removes it. */
  readonly description?: string | null | undefined;
  /** Merged into what is there; null deletes a key. */
  readonly metadata?: Readonly<Record<string, string | null>> | null | undefined;
  readonly ordering?: WebhookOrdering | undefined;
  /** Deliveries a second, at most; null: no bound. */
  readonly rate_limit?: number | null | undefined;
  readonly announce?: WebhookAnnouncements | undefined;
}

/** A webhook that is gone, its deliveries with it. */
export interface WebhookDeleted {
  readonly id: string;
  readonly type: 'webhook_deleted';
}

/** Where the webhook goes on. */
export interface EnableWebhookParams {
  /** `now`: with what comes next. `stopped`: with what came while it was disabled. */
  readonly from: 'now' | 'stopped';
}

/** What became of a test. */
export interface WebhookTest {
  /** Whether the endpoint answered with a 2xx. */
  readonly delivered: boolean;
  /** Null: there was no answer. */
  readonly status_code: number | null;
  readonly duration_ms: number;
  /** Why it failed. */
  readonly error: string | null;
  /** The first 4 KiB of the answer. */
  readonly response_body: string | null;
}

/** The next secret, and how the old one goes. */
export interface RotateWebhookSecretParams {
  /** Text of 16 to 255 bytes, or `whsec_` and base64 of them. Left out, one is made. */
  readonly secret?: string | null | undefined;
  /**
   * How long deliveries are signed with earlier secrets as well; at most seven days.
   *
   * @defaultValue `86400`
   */
  readonly overlap_seconds?: number | null | undefined;
}

/** A page of deliveries. */
export interface DeliveryPage {
  readonly data: readonly Delivery[];
  /** Id of the first record, null when empty. */
  readonly first_id: string | null;
  /** Id of the last record, null when empty. */
  readonly last_id: string | null;
  /** Whether there is more in the direction of travel. */
  readonly has_more: boolean;
  /** Opaque token of the next page in the direction of travel; null when there is none. */
  readonly next_page: string | null;
}

/** One event on its way to one webhook, with its last attempt. */
export interface Delivery {
  /** `del_` and a ULID. For example `'del_01K5ZV8D7Q2S5V8X1Z4B7D0F3H'`. */
  readonly id: string;
  readonly type: 'delivery';
  readonly webhook_id: string;
  /** Also the `webhook-id` of every attempt. */
  readonly event_id: string;
  readonly event_type: string;
  /** The session that the event is of or about; null: of none, or nobody asked for order. */
  readonly session_id: string | null;
  readonly state: DeliveryState;
  readonly cancel_reason: DeliveryCancelReason | null;
  readonly attempt_count: number;
  /** Null: there was no answer. */
  readonly status_code: number | null;
  readonly duration_ms: number | null;
  /** Why it failed; null: it succeeded. */
  readonly error: string | null;
  /** Not before; null: there will be none. */
  readonly next_attempt_at: string | null;
  /** The replay that it is of; null: live. */
  readonly replay_id: string | null;
  /** When the first attempt was over. */
  readonly created_at: string;
  /** When the last attempt began; null: there was none. */
  readonly attempted_at: string | null;
}

/** `retrying`: failed, and is tried again by itself; `pending`: somebody asked for another attempt; `failed`: no attempt is left; `canceled`: nobody will try. */
export type DeliveryState = 'succeeded' | 'retrying' | 'pending' | 'failed' | 'canceled';

/** Its event went with its session, or the webhook was enabled from then on. */
export type DeliveryCancelReason = 'session_deleted' | 'skipped';

/** A delivery with its attempts. */
export interface DeliveryWithAttempts {
  /** `del_` and a ULID. For example `'del_01K5ZV8D7Q2S5V8X1Z4B7D0F3H'`. */
  readonly id: string;
  readonly type: 'delivery';
  readonly webhook_id: string;
  /** Also the `webhook-id` of every attempt. */
  readonly event_id: string;
  readonly event_type: string;
  /** The session that the event is of or about; null: of none, or nobody asked for order. */
  readonly session_id: string | null;
  readonly state: DeliveryState;
  readonly cancel_reason: DeliveryCancelReason | null;
  readonly attempt_count: number;
  /** Null: there was no answer. */
  readonly status_code: number | null;
  readonly duration_ms: number | null;
  /** Why it failed; null: it succeeded. */
  readonly error: string | null;
  /** Not before; null: there will be none. */
  readonly next_attempt_at: string | null;
  /** The replay that it is of; null: live. */
  readonly replay_id: string | null;
  /** When the first attempt was over. */
  readonly created_at: string;
  /** When the last attempt began; null: there was none. */
  readonly attempted_at: string | null;
  /** The last twenty, oldest first. */
  readonly attempts: readonly DeliveryAttempt[];
}

/** One request to the endpoint, over. */
export interface DeliveryAttempt {
  /** When it began. */
  readonly attempted_at: string;
  /** Null: there was no answer. */
  readonly status_code: number | null;
  readonly duration_ms: number;
  /** Why it failed; null: it succeeded. */
  readonly error: string | null;
  /** What was sent; `[redacted]` in the place of signatures. */
  readonly request_headers: Readonly<Record<string, string>>;
  /** The first 4 KiB of the answer. */
  readonly response_body: string | null;
}

/** How many failed deliveries are on their way again. */
export interface RecoveredDeliveries {
  /** Deliveries that are sent again. */
  readonly count: number;
}

/** Which failed deliveries are sent again. */
export interface RecoverDeliveriesParams {
  /** Deliveries whose first attempt was over at or after this instant. */
  readonly since: string;
}

/** What a replay would deliver. */
export interface ReplayDryRun {
  readonly id: null;
  readonly event_count: number;
  readonly status: 'dry_run';
}

/** A new replay. */
export interface ReplayStarted {
  /** `rpl_` and a ULID. For example `'rpl_01K5ZV9F2T4W7Y0A3C6E9G2J5M'`. */
  readonly id: string;
  readonly type: 'replay';
  /** The same as `total`. */
  readonly event_count: number;
  readonly status: ReplayStatus;
  readonly reason: ReplayReason | null;
  readonly delivered: number;
  /** Events that no attempt delivered, and those deleted meanwhile. */
  readonly failed: number;
  /** Matching events, counted before it began. */
  readonly total: number;
  /** Null: it goes to a URL. */
  readonly webhook_id: string | null;
  /** Null: it goes to a webhook. */
  readonly webhook_url: string | null;
  /** Where it begins, included. */
  readonly since: string;
  /** Where it ends, excluded. */
  readonly until: string;
  /** Null: every type but `webhook.*`. */
  readonly types: readonly string[] | null;
  /** Null: of every session, or of none where the name that was sent stands for none. */
  readonly session_id: string | null;
  /** Deliveries a second, at most; null: no bound. */
  readonly rate: number | null;
  /** RFC 3339, UTC, six fractional digits. */
  readonly created_at: string;
  /** When its status last changed, or somebody moved it. */
  readonly updated_at: string;
  /** Null: it is not over. */
  readonly ended_at: string | null;
  /** Only for a URL: what signs, shown this once. Null in the repeat of an earlier answer. */
  readonly secret?: string | null;
}

/** Where a replay stands. */
export type ReplayStatus = 'queued' | 'running' | 'paused' | 'completed' | 'canceled' | 'failed';

/** Why it paused or failed, where nobody asked for it. */
export type ReplayReason = 'endpoint_failing' | 'endpoint_gone' | 'webhook_deleted' | 'webhook_disabled';

/** What is delivered again, and where to. */
export interface CreateReplayParams {
  /** Events created at or after this instant. */
  readonly since: string;
  /** Events created before this instant, and before the request. */
  readonly until: string;
  /** Types, exact or with `*`. Left out: every type but `webhook.*`. */
  readonly types?: readonly string[] | null | undefined;
  /** Only events of this session, and account events about it: its id, or its external id. */
  readonly session_id?: string | null | undefined;
  /** Where to: an enabled webhook. Either this or `webhook_url`. For example `'wh_01K5ZV8B3M6R9T2W5Y8B1D4F7H'`. */
  readonly webhook_id?: string | null | undefined;
  /** Where to: a URL, under the rules for the URLs of webhooks. */
  readonly webhook_url?: string | null | undefined;
  /** Text of 16 to 255 bytes, or `whsec_` and base64 of them. Left out, one is made. */
  readonly secret?: string | null | undefined;
  /** Deliveries a second, at most; null: no bound. */
  readonly rate?: number | null | undefined;
  /**
   * Only count.
   *
   * @defaultValue `false`
   */
  readonly dry_run?: boolean | null | undefined;
}

/** A page of replays. */
export interface ReplayPage {
  readonly data: readonly Replay[];
  /** Id of the first record, null when empty. */
  readonly first_id: string | null;
  /** Id of the last record, null when empty. */
  readonly last_id: string | null;
  /** Whether there is more in the direction of travel. */
  readonly has_more: boolean;
  /** Opaque token of the next page in the direction of travel; null when there is none. */
  readonly next_page: string | null;
}

/** A second delivery of a part of the feed, and how far it has come. */
export interface Replay {
  /** `rpl_` and a ULID. For example `'rpl_01K5ZV9F2T4W7Y0A3C6E9G2J5M'`. */
  readonly id: string;
  readonly type: 'replay';
  /** The same as `total`. */
  readonly event_count: number;
  readonly status: ReplayStatus;
  readonly reason: ReplayReason | null;
  readonly delivered: number;
  /** Events that no attempt delivered, and those deleted meanwhile. */
  readonly failed: number;
  /** Matching events, counted before it began. */
  readonly total: number;
  /** Null: it goes to a URL. */
  readonly webhook_id: string | null;
  /** Null: it goes to a webhook. */
  readonly webhook_url: string | null;
  /** Where it begins, included. */
  readonly since: string;
  /** Where it ends, excluded. */
  readonly until: string;
  /** Null: every type but `webhook.*`. */
  readonly types: readonly string[] | null;
  /** Null: of every session, or of none where the name that was sent stands for none. */
  readonly session_id: string | null;
  /** Deliveries a second, at most; null: no bound. */
  readonly rate: number | null;
  /** RFC 3339, UTC, six fractional digits. */
  readonly created_at: string;
  /** When its status last changed, or somebody moved it. */
  readonly updated_at: string;
  /** Null: it is not over. */
  readonly ended_at: string | null;
}

/** An access token with its secret, shown this once. */
export interface TokenWithSecret {
  /** `tok_` and a ULID. For example `'tok_01K5ZV6A9P74HSQ5F2J8T1Y3BN'`. */
  readonly id: string;
  readonly type: 'token';
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** The first characters of the token, to recognise it by. */
  readonly prefix: string;
  readonly created_at: string;
  /** Null: it does not expire. */
  readonly expires_at: string | null;
  /** To the minute; null when it was never used. */
  readonly last_used_at: string | null;
  /** Null unless revoked. */
  readonly revoked_at: string | null;
  /** The secret. Null in the repeat of an answer that was given before: only its hash is stored. */
  readonly token: string | null;
}

/** What a token may do. */
export type Scope =
  | 'sessions:read'
  | 'sessions:write'
  | 'events:read'
  | 'events:write'
  | 'webhooks:read'
  | 'webhooks:write'
  | 'tokens:manage';

/** What a new token may do: never more, and never longer, than its maker. */
export interface CreateTokenParams {
  /** 1 to 255 characters. */
  readonly name: string;
  /** What the token may do: at most what its maker may. */
  readonly scopes: readonly Scope[];
  /** Left out or null, the token does not expire. */
  readonly expires_at?: string | null | undefined;
}

/** A page of tokens. */
export interface TokenPage {
  readonly data: readonly Token[];
  /** Id of the first record, null when empty. */
  readonly first_id: string | null;
  /** Id of the last record, null when empty. */
  readonly last_id: string | null;
  /** Whether there is more in the direction of travel. */
  readonly has_more: boolean;
  /** Opaque token of the next page in the direction of travel; null when there is none. */
  readonly next_page: string | null;
}

/** An access token, without its secret. */
export interface Token {
  /** `tok_` and a ULID. For example `'tok_01K5ZV6A9P74HSQ5F2J8T1Y3BN'`. */
  readonly id: string;
  readonly type: 'token';
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** The first characters of the token, to recognise it by. */
  readonly prefix: string;
  readonly created_at: string;
  /** Null: it does not expire. */
  readonly expires_at: string | null;
  /** To the minute; null when it was never used. */
  readonly last_used_at: string | null;
  /** Null unless revoked. */
  readonly revoked_at: string | null;
}

/** How the old secret goes. */
export interface RotateTokenParams {
  /**
   * How long earlier secrets stay valid beside the new one.
   *
   * @defaultValue `0`
   */
  readonly overlap_seconds?: number | null | undefined;
}

export interface CreateSessionParamsAgent {
  /** The agent's label. 1 to 255 characters. */
  readonly id: string;
  readonly version?: string | number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** Bounds on `created_at`. */
export interface CreatedAtFilter {
  /** Created after this instant. */
  readonly gt?: string | Date | undefined;
  /** Created at or after this instant. */
  readonly gte?: string | Date | undefined;
  /** Created before this instant. */
  readonly lt?: string | Date | undefined;
  /** Created at or before this instant. */
  readonly lte?: string | Date | undefined;
}

/** Query of `client.sessions.list`. */
export interface SessionsListParams {
  /**
   * Records on a page, at most. A page also ends at 4 MiB.
   *
   * @defaultValue `20`
   */
  readonly limit?: number | undefined;
  /** The records after this session id, in list order. */
  readonly after_id?: string | undefined;
  /** The nearest records before this session id, in list order. */
  readonly before_id?: string | undefined;
  /** An opaque token that a page of this list has answered, such as its `next_page`. */
  readonly page?: string | undefined;
  /**
   * `asc`: oldest first. `desc`: newest first.
   *
   * @defaultValue `'desc'`
   */
  readonly order?: 'asc' | 'desc' | undefined;
  /** Only sessions with one of these statuses. */
  readonly statuses?: readonly SessionStatus[] | undefined;
  /** Only sessions of this agent. */
  readonly agent_id?: string | undefined;
  /** Only the session with this external id. */
  readonly external_id?: string | undefined;
  /**
   * Whether archived sessions are listed too.
   *
   * @defaultValue `false`
   */
  readonly include_archived?: boolean | undefined;
  readonly created_at?: CreatedAtFilter | undefined;
  /** Only sessions whose metadata has all these pairs: `metadata[key]=value`. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export interface PreToolEventToolInput {
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

export interface PostToolEventToolInput {
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

export interface SessionCreatedEventData {
  readonly session_id?: string | null;
  readonly external_id?: string | null;
  readonly agent_id?: string | null;
  /** What brought it about, the id of a request or of an event: only in the server's own events. */
  readonly caused_by?: string | null;
  readonly title?: string | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

export interface SessionUpdatedEventData {
  readonly session_id?: string | null;
  readonly external_id?: string | null;
  readonly agent_id?: string | null;
  /** What brought it about, the id of a request or of an event: only in the server's own events. */
  readonly caused_by?: string | null;
  /** `title`, `metadata.` and a key, or `agent_id`. */
  readonly changes?: Readonly<Record<string, SessionChange>> | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

export interface SessionArchivedEventData {
  readonly session_id?: string | null;
  readonly external_id?: string | null;
  readonly agent_id?: string | null;
  /** What brought it about, the id of a request or of an event: only in the server's own events. */
  readonly caused_by?: string | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

export interface SessionDeletedEventData {
  readonly session_id?: string | null;
  readonly external_id?: string | null;
  readonly agent_id?: string | null;
  /** What brought it about, the id of a request or of an event: only in the server's own events. */
  readonly caused_by?: string | null;
  readonly events_count?: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

export interface SessionStartedEventData {
  /** What the event is about. */
  readonly session_id: string;
  readonly external_id?: string | null;
  readonly agent_id?: string | null;
  /** What brought it about, the id of a request or of an event: only in the server's own events. */
  readonly caused_by?: string | null;
  readonly goal?: string | null;
  readonly model?: string | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

export interface SessionStepCompletedEventData {
  /** What the event is about. */
  readonly session_id: string;
  readonly step_number?: number | null;
  readonly step_type?: string | null;
  readonly tool?: string | null;
  readonly duration_ms?: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

export interface SessionCompletedEventData {
  /** What the event is about. */
  readonly session_id: string;
  readonly external_id?: string | null;
  readonly agent_id?: string | null;
  /** What brought it about, the id of a request or of an event: only in the server's own events. */
  readonly caused_by?: string | null;
  readonly status?: string | null;
  readonly steps?: number | null;
  readonly duration_ms?: number | null;
  readonly tokens_used?: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

export interface SessionFailedEventData {
  /** What the event is about. */
  readonly session_id: string;
  readonly external_id?: string | null;
  readonly agent_id?: string | null;
  /** What brought it about, the id of a request or of an event: only in the server's own events. */
  readonly caused_by?: string | null;
  readonly error_code?: string | null;
  readonly error_message?: string | null;
  readonly step_number?: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

export interface AgentCreatedEventData {
  /** What the event is about. */
  readonly agent_id: string;
  readonly name?: string | null;
  readonly model?: string | null;
  readonly tools?: readonly unknown[] | null;
  readonly created_by?: string | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

export interface AgentUpdatedEventDataChanges {
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

export interface AgentUpdatedEventData {
  /** What the event is about. */
  readonly agent_id: string;
  readonly changes?: AgentUpdatedEventDataChanges | null;
  readonly updated_by?: string | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

export interface AgentDeletedEventData {
  /** What the event is about. */
  readonly agent_id: string;
  readonly deleted_by?: string | null;
  readonly permanent?: boolean | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

export interface AgentPublishedEventData {
  /** What the event is about. */
  readonly agent_id: string;
  readonly listing_id?: string | null;
  readonly price?: number | null;
  readonly dsid?: string | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

export interface TeamTaskAssignedEventData {
  /** What the event is about. */
  readonly team_id: string;
  readonly task_id?: string | null;
  readonly assigned_to?: string | null;
  readonly assigned_by?: string | null;
  readonly task_description?: string | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

export interface TeamTaskCompletedEventData {
  /** What the event is about. */
  readonly team_id: string;
  readonly task_id?: string | null;
  readonly completed_by?: string | null;
  readonly result?: string | null;
  readonly duration_ms?: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

export interface TeamExecutionCompletedEventData {
  /** What the event is about. */
  readonly team_id: string;
  readonly execution_id?: string | null;
  readonly status?: string | null;
  readonly agents_used?: number | null;
  readonly total_steps?: number | null;
  readonly duration_ms?: number | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

export interface WebhookSentEventData {
  /** What the event is about. */
  readonly webhook_id: string;
  readonly delivery_id?: string | null;
  readonly url?: string | null;
  readonly status_code?: number | null;
  readonly duration_ms?: number | null;
  /** What brought it about, the id of a request or of an event: only in the server's own events. */
  readonly caused_by?: string | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

export interface WebhookFailedEventData {
  /** What the event is about. */
  readonly webhook_id: string;
  readonly delivery_id?: string | null;
  readonly url?: string | null;
  readonly error?: string | null;
  readonly retry_count?: number | null;
  readonly next_retry_at?: string | null;
  /** What brought it about, the id of a request or of an event: only in the server's own events. */
  readonly caused_by?: string | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

export interface WebhookDisabledEventData {
  readonly webhook_id?: string | null;
  readonly url?: string | null;
  readonly reason?: string | null;
  readonly consecutive_failures?: number | null;
  /** What brought it about, the id of a request or of an event: only in the server's own events. */
  readonly caused_by?: string | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

export interface UserLoginEventData {
  /** What the event is about. */
  readonly user_id: string;
  readonly method?: string | null;
  readonly ip_address?: string | null;
  readonly user_agent?: string | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

export interface UserSettingsUpdatedEventDataChanges {
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

export interface UserSettingsUpdatedEventData {
  /** What the event is about. */
  readonly user_id: string;
  readonly changes?: UserSettingsUpdatedEventDataChanges | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

export interface BillingInvoiceCreatedEventData {
  /** What the event is about. */
  readonly invoice_id: string;
  readonly amount?: number | null;
  readonly currency?: string | null;
  readonly period_start?: string | null;
  readonly period_end?: string | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

export interface BillingPaymentSucceededEventData {
  /** What the event is about. */
  readonly payment_id: string;
  readonly invoice_id?: string | null;
  readonly amount?: number | null;
  readonly currency?: string | null;
  readonly method?: string | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

export interface BillingPaymentFailedEventData {
  /** What the event is about. */
  readonly payment_id: string;
  readonly invoice_id?: string | null;
  readonly amount?: number | null;
  readonly error?: string | null;
  readonly retry_at?: string | null;
  /** Further members, as they were sent. */
  readonly [field: string]: unknown;
}

/** Query of `client.sessions.events.list`. */
export interface SessionsEventsListParams {
  /**
   * Records on a page, at most. A page also ends at 4 MiB.
   *
   * @defaultValue `20`
   */
  readonly limit?: number | undefined;
  /** The records after this event id, in list order. */
  readonly after_id?: string | undefined;
  /** The nearest records before this event id, in list order. */
  readonly before_id?: string | undefined;
  /** An opaque token that a page of this list has answered, such as its `next_page`. */
  readonly page?: string | undefined;
  /**
   * `asc`: oldest first. `desc`: newest first.
   *
   * @defaultValue `'asc'`
   */
  readonly order?: 'asc' | 'desc' | undefined;
  /** Only events of these types; `*` stands for any run of characters, as in `session.*`. */
  readonly types?: readonly string[] | undefined;
  /** Holds an answer without events open, for at most so many seconds, until some come. */
  readonly wait?: number | undefined;
  readonly created_at?: CreatedAtFilter | undefined;
}

/** Query of `client.sessions.events.stream`. */
export interface SessionsEventsStreamParams {
  /** Begins behind this event: what a stream has shown last. `Last-Event-ID`, when sent, counts instead. */
  readonly after_id?: string | undefined;
  /** `start` shows all history first. Without it, only what comes. */
  readonly from?: 'start' | undefined;
  /** Only events of these types; `*` stands for any run of characters, as in `session.*`. */
  readonly types?: readonly string[] | undefined;
}

/** Query of `client.events.subscribe`. */
export interface EventsSubscribeParams {
  /** Begins behind this event: what a stream has shown last. `Last-Event-ID`, when sent, counts instead. */
  readonly after_id?: string | undefined;
  /** `start` shows all history first. Without it, only what comes. */
  readonly from?: 'start' | undefined;
  /** Only events of these types; `*` stands for any run of characters, as in `session.*`. */
  readonly events?: readonly string[] | undefined;
  /** Only events of this session, and account events about it. A name that stands for no session matches nothing. */
  readonly session_id?: string | undefined;
  /** Only events of this agent's sessions, and account events about it. */
  readonly agent_id?: string | undefined;
}

/** Query of `client.events.list`. */
export interface EventsListParams {
  /**
   * Records on a page, at most. A page also ends at 4 MiB.
   *
   * @defaultValue `20`
   */
  readonly limit?: number | undefined;
  /** The records after this event id, in list order. */
  readonly after_id?: string | undefined;
  /** The nearest records before this event id, in list order. */
  readonly before_id?: string | undefined;
  /** An opaque token that a page of this list has answered, such as its `next_page`. */
  readonly page?: string | undefined;
  /**
   * `asc`: oldest first. `desc`: newest first.
   *
   * @defaultValue `'asc'`
   */
  readonly order?: 'asc' | 'desc' | undefined;
  /** Only events of this session, and account events about it. A name that stands for no session matches nothing. */
  readonly session_id?: string | undefined;
  /** Only events of this agent's sessions, and account events about it. */
  readonly agent_id?: string | undefined;
  /** Only events of these types; `*` stands for any run of characters, as in `session.*`. */
  readonly types?: readonly string[] | undefined;
  /** The same as `created_at[gte]`. */
  readonly since?: string | Date | undefined;
  /** The same as `created_at[lt]`. */
  readonly until?: string | Date | undefined;
  readonly created_at?: CreatedAtFilter | undefined;
  /** Holds an answer without events open, for at most so many seconds, until some come. */
  readonly wait?: number | undefined;
}

/** Query of `client.webhooks.list`. */
export interface WebhooksListParams {
  /**
   * Records on a page, at most. A page also ends at 4 MiB.
   *
   * @defaultValue `20`
   */
  readonly limit?: number | undefined;
  /** The records after this webhook id, in list order. */
  readonly after_id?: string | undefined;
  /** The nearest records before this webhook id, in list order. */
  readonly before_id?: string | undefined;
  /** An opaque token that a page of this list has answered, such as its `next_page`. */
  readonly page?: string | undefined;
  /**
   * `asc`: oldest first. `desc`: newest first.
   *
   * @defaultValue `'desc'`
   */
  readonly order?: 'asc' | 'desc' | undefined;
}

/** Query of `client.webhooks.deliveries.list`. */
export interface WebhooksDeliveriesListParams {
  /**
   * Records on a page, at most. A page also ends at 4 MiB.
   *
   * @defaultValue `20`
   */
  readonly limit?: number | undefined;
  /** The records after this delivery id, in list order. */
  readonly after_id?: string | undefined;
  /** The nearest records before this delivery id, in list order. */
  readonly before_id?: string | undefined;
  /** An opaque token that a page of this list has answered, such as its `next_page`. */
  readonly page?: string | undefined;
  /**
   * `asc`: oldest first. `desc`: newest first.
   *
   * @defaultValue `'desc'`
   */
  readonly order?: 'asc' | 'desc' | undefined;
  /** Only deliveries in one of these states. */
  readonly states?: readonly DeliveryState[] | undefined;
  /** Only events of these types; `*` stands for any run of characters, as in `session.*`. */
  readonly types?: readonly string[] | undefined;
  /** The same as `created_at[gte]`. */
  readonly since?: string | Date | undefined;
  /** The same as `created_at[lt]`. */
  readonly until?: string | Date | undefined;
  readonly created_at?: CreatedAtFilter | undefined;
}

/** Query of `client.replays.list`. */
export interface ReplaysListParams {
  /**
   * Records on a page, at most. A page also ends at 4 MiB.
   *
   * @defaultValue `20`
   */
  readonly limit?: number | undefined;
  /** The records after this replay id, in list order. */
  readonly after_id?: string | undefined;
  /** The nearest records before this replay id, in list order. */
  readonly before_id?: string | undefined;
  /** An opaque token that a page of this list has answered, such as its `next_page`. */
  readonly page?: string | undefined;
  /**
   * `asc`: oldest first. `desc`: newest first.
   *
   * @defaultValue `'desc'`
   */
  readonly order?: 'asc' | 'desc' | undefined;
}

/** Query of `client.tokens.list`. */
export interface TokensListParams {
  /**
   * Records on a page, at most. A page also ends at 4 MiB.
   *
   * @defaultValue `20`
   */
  readonly limit?: number | undefined;
  /** The records after this token id, in list order. */
  readonly after_id?: string | undefined;
  /** The nearest records before this token id, in list order. */
  readonly before_id?: string | undefined;
  /** An opaque token that a page of this list has answered, such as its `next_page`. */
  readonly page?: string | undefined;
  /**
   * `asc`: oldest first. `desc`: newest first.
   *
   * @defaultValue `'desc'`
   */
  readonly order?: 'asc' | 'desc' | undefined;
}

export interface ErrorResponseError {
  readonly type: ErrorType;
  /** One sentence for a person: what is wrong and what to do. */
  readonly message: string;
  /** The input at fault, such as `events[3].type`. */
  readonly param?: string;
  /** A stable word for programs, where the type is not enough. */
  readonly code?: string;
}

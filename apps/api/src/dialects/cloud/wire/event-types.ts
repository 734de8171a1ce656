/** The event types that the document lists, and the fields that their examples show. The set of types is open. */
import { z } from '@hono/zod-openapi';
import { RESOURCE_TYPES, SESSION_RESOURCE_TYPES } from '../../../http/resource-events.ts';
import {
  ContentBlock,
  EventUsage,
  RetryStatus,
  SessionErrorCause,
  SessionErrorDetails,
  StopReason,
} from './event-parts.ts';
import { RUN_TYPES } from './run-event-types.ts';

export interface ListedType {
  readonly name: string;
  readonly description: string;
  readonly fields?: z.ZodRawShape;
}

const blocks = z.array(ContentBlock).openapi({ minItems: 1 });
const orNull = (schema: z.ZodType) => z.union([schema, z.null()]).optional();

export const LISTED_TYPES: Readonly<Record<string, ListedType>> = {
  'user.message': {
    name: 'UserMessageEvent',
    description: 'A message of the user.',
    fields: { content: z.union([z.string(), blocks]).openapi({ description: 'Text, or blocks.' }) },
  },
  'user.interrupt': { name: 'UserInterruptEvent', description: 'The user asked the agent to stop.' },
  'user.tool_confirmation': {
    name: 'UserToolConfirmationEvent',
    description: 'The user allowed or denied a tool call.',
  },
  'user.tool_result': {
    name: 'UserToolResultEvent',
    description: "The result of a tool that ran on the user's side.",
  },
  'user.custom_tool_result': { name: 'UserCustomToolResultEvent', description: 'The result of a custom tool.' },
  'user.define_outcome': {
    name: 'UserDefineOutcomeEvent',
    description: 'The user said what the session should achieve.',
  },
  'system.message': {
    name: 'SystemMessageEvent',
    description: 'A message of the system.',
    fields: { content: blocks },
  },
  'agent.message': { name: 'AgentMessageEvent', description: 'A reply of the agent.', fields: { content: blocks } },
  'agent.thinking': { name: 'AgentThinkingEvent', description: "The agent's reasoning." },
  'agent.tool_use': { name: 'AgentToolUseEvent', description: 'The agent called a tool.' },
  'agent.tool_result': { name: 'AgentToolResultEvent', description: 'The result of a tool call.' },
  'agent.mcp_tool_use': { name: 'AgentMcpToolUseEvent', description: 'The agent called an MCP tool.' },
  'agent.mcp_tool_result': { name: 'AgentMcpToolResultEvent', description: 'The result of an MCP tool call.' },
  'agent.custom_tool_use': { name: 'AgentCustomToolUseEvent', description: 'The agent called a custom tool.' },
  'session.status_running': { name: 'SessionStatusRunningEvent', description: 'The session runs.' },
  'session.status_rescheduled': {
    name: 'SessionStatusRescheduledEvent',
    description: 'The session was scheduled for execution.',
  },
  'session.status_idle': {
    name: 'SessionStatusIdleEvent',
    description: 'The session returned to idle.',
    fields: {
      status: z.string().nullish(),
      usage: orNull(EventUsage),
      stop_reason: orNull(StopReason),
    },
  },
  'session.status_terminated': { name: 'SessionStatusTerminatedEvent', description: 'The session ended for good.' },
  'session.usage': { name: 'SessionUsageEvent', description: 'Tokens used.' },
  'session.error': {
    name: 'SessionErrorEvent',
    description: 'The run failed.',
    fields: {
      error: orNull(SessionErrorCause),
      details: orNull(SessionErrorDetails),
      retry_status: orNull(RetryStatus),
    },
  },
  'span.model_request_start': { name: 'SpanModelRequestStartEvent', description: 'A model request started.' },
  'span.model_request_end': { name: 'SpanModelRequestEndEvent', description: 'A model request ended.' },
  terminated: { name: 'TerminatedEvent', description: 'The execution was terminated.' },
  ...RUN_TYPES,
  ...resourceTypes(),
};

function resourceTypes(): Record<string, ListedType> {
  const types = Object.entries({ ...SESSION_RESOURCE_TYPES, ...RESOURCE_TYPES });
  return Object.fromEntries(
    types.map(([type, { name, description, data, optional }]) => [
      type,
      { name, description, fields: { data: optional === true ? data.nullish() : data } },
    ]),
  );
}

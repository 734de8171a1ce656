/**
 * The events about resources that the documents list, and their `data`. The first member says what the event is about and
 * is always there; a producer may leave out the others, or send null. The server writes some of them itself.
 */
import { z } from '@hono/zod-openapi';

/** A type of event about a resource. */
export interface ResourceType {
  readonly name: string;
  readonly description: string;
  /** Its `data`. */
  readonly data: z.ZodType;
  /** Whether a producer may leave its `data` out. */
  readonly optional?: true;
}

const text = z.string().nullish();
const number = z.number().nullish();
const flag = z.boolean().nullish();
const list = z.array(z.unknown()).nullish();
const record = z.looseObject({}).nullish();

const subject = z.string().openapi({ description: 'What the event is about.' });
const data = (members: z.ZodRawShape) => z.looseObject(members);

const caused = {
  caused_by: text.openapi({
    description: "What brought it about, the id of a request or of an event: only in the server's own events.",
  }),
};
const about = { external_id: text, agent_id: text, ...caused };
/** No producer is held to what the server notes under these names, so all of it may be missing. */
const noted = (members: z.ZodRawShape) => ({
  data: z.looseObject({ session_id: text, ...about, ...members }),
  optional: true as const,
});

const change = z
  .looseObject({ old: text, new: text })
  .openapi('SessionChange', { description: 'A value that changed.' });

/** What happens to sessions, as the server notes it in the account stream. */
export const SESSION_RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  'session.created': {
    name: 'SessionCreatedEvent',
    description: 'A session was created.',
    ...noted({ title: text }),
  },
  'session.updated': {
    name: 'SessionUpdatedEvent',
    description: "A session's title, metadata or agent changed.",
    ...noted({
      changes: z
        .record(z.string(), change)
        .nullish()
        .openapi({ description: '`title`, `metadata.` and a key, or `agent_id`.' }),
    }),
  },
  'session.archived': { name: 'SessionArchivedEvent', description: 'A session was archived.', ...noted({}) },
  'session.deleted': {
    name: 'SessionDeletedEvent',
    description: 'A session was deleted.',
    ...noted({ events_count: number }),
  },
  'session.started': {
    name: 'SessionStartedEvent',
    description: 'A session began to work.',
    data: data({ session_id: subject, ...about, goal: text, model: text }),
  },
  'session.step.completed': {
    name: 'SessionStepCompletedEvent',
    description: 'A step of a session was completed.',
    data: data({ session_id: subject, step_number: number, step_type: text, tool: text, duration_ms: number }),
  },
  'session.completed': {
    name: 'SessionCompletedEvent',
    description: 'A session finished its work.',
    data: data({
      session_id: subject,
      ...about,
      status: text,
      steps: number,
      duration_ms: number,
      tokens_used: number,
    }),
  },
  'session.failed': {
    name: 'SessionFailedEvent',
    description: 'A session failed.',
    data: data({ session_id: subject, ...about, error_code: text, error_message: text, step_number: number }),
  },
};

export const RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  'agent.created': {
    name: 'AgentCreatedEvent',
    description: 'An agent was created.',
    data: data({ agent_id: subject, name: text, model: text, tools: list, created_by: text }),
  },
  'agent.updated': {
    name: 'AgentUpdatedEvent',
    description: 'An agent was changed.',
    data: data({ agent_id: subject, changes: record, updated_by: text }),
  },
  'agent.deleted': {
    name: 'AgentDeletedEvent',
    description: 'An agent was deleted.',
    data: data({ agent_id: subject, deleted_by: text, permanent: flag }),
  },
  'agent.published': {
    name: 'AgentPublishedEvent',
    description: 'An agent was published.',
    data: data({ agent_id: subject, listing_id: text, price: number, dsid: text }),
  },
  'team.task.assigned': {
    name: 'TeamTaskAssignedEvent',
    description: 'A task was assigned within a team.',
    data: data({ team_id: subject, task_id: text, assigned_to: text, assigned_by: text, task_description: text }),
  },
  'team.task.completed': {
    name: 'TeamTaskCompletedEvent',
    description: 'A task of a team was completed.',
    data: data({ team_id: subject, task_id: text, completed_by: text, result: text, duration_ms: number }),
  },
  'team.execution.completed': {
    name: 'TeamExecutionCompletedEvent',
    description: 'An execution of a team was completed.',
    data: data({
      team_id: subject,
      execution_id: text,
      status: text,
      agents_used: number,
      total_steps: number,
      duration_ms: number,
    }),
  },
  'webhook.sent': {
    name: 'WebhookSentEvent',
    description: 'A webhook was delivered.',
    data: data({
      webhook_id: subject,
      delivery_id: text,
      url: text,
      status_code: number,
      duration_ms: number,
      ...caused,
    }),
  },
  'webhook.failed': {
    name: 'WebhookFailedEvent',
    description: 'A webhook could not be delivered.',
    data: data({
      webhook_id: subject,
      delivery_id: text,
      url: text,
      error: text,
      retry_count: number,
      next_retry_at: text,
      ...caused,
    }),
  },
  'webhook.disabled': {
    name: 'WebhookDisabledEvent',
    description: 'A webhook was disabled, because its endpoint is gone or has failed for too long.',
    data: z.looseObject({ webhook_id: text, url: text, reason: text, consecutive_failures: number, ...caused }),
    optional: true,
  },
  'user.login': {
    name: 'UserLoginEvent',
    description: 'A user logged in.',
    data: data({ user_id: subject, method: text, ip_address: text, user_agent: text }),
  },
  'user.settings.updated': {
    name: 'UserSettingsUpdatedEvent',
    description: 'A user changed settings.',
    data: data({ user_id: subject, changes: record }),
  },
  'billing.invoice.created': {
    name: 'BillingInvoiceCreatedEvent',
    description: 'An invoice was issued.',
    data: data({ invoice_id: subject, amount: number, currency: text, period_start: text, period_end: text }),
  },
  'billing.payment.succeeded': {
    name: 'BillingPaymentSucceededEvent',
    description: 'A payment succeeded.',
    data: data({ payment_id: subject, invoice_id: text, amount: number, currency: text, method: text }),
  },
  'billing.payment.failed': {
    name: 'BillingPaymentFailedEvent',
    description: 'A payment failed.',
    data: data({ payment_id: subject, invoice_id: text, amount: number, error: text, retry_at: text }),
  },
};

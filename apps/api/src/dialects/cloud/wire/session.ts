/** Sessions in the native form. */
import { z } from '@hono/zod-openapi';
import { formatMicros } from '@turnlog/core/clock';
import type { EventDraft } from '@turnlog/core/events';
import type { JsonNode } from '@turnlog/core/json';
import { SESSION_STATUSES, STATUS_OF_PHASE } from '@turnlog/core/lifecycle';
import { limits } from '@turnlog/core/limits';
import {
  type Agent,
  type CreateSession,
  checkExternalId,
  checkMetadata,
  checkText,
  type Session,
  type UpdateSession,
} from '@turnlog/core/sessions';
import { bodyMembers, check, must, stringMap } from '../../../http/body-members.ts';
import { EventInput } from './event.ts';
import { Usage } from './event-parts.ts';
import { SESSION_ID } from './examples.ts';
import { PAGE_MEMBERS } from './page.ts';

const ALWAYS_EMPTY = 'Always empty; present for clients of the wider API family.';
const time = (description: string) => z.string().openapi({ format: 'date-time', description });

const SessionStatus = z.enum(SESSION_STATUSES).openapi('SessionStatus', { description: 'Where a session stands.' });

const SessionAgent = z
  .object({
    type: z.literal('agent'),
    id: z.string().openapi({ description: 'The label as it was given.' }),
    version: z.union([z.number(), z.string(), z.null()]).openapi({ description: 'Null when none was given.' }),
  })
  .openapi('SessionAgent', { description: 'The agent of a session: an opaque label.' });

const SessionStats = z
  .object({ event_count: z.int().openapi({ description: 'Number of events in the session.' }) })
  .openapi('SessionStats', { description: 'Counters of a session.' });

export const SessionResource = z
  .object({
    id: z.string().openapi({ description: '`sess_` and a ULID.', example: SESSION_ID }),
    type: z.literal('session'),
    external_id: z.string().nullable().openapi({ description: "The caller's own id, unique within the org." }),
    agent: z.union([SessionAgent, z.null()]),
    environment_id: z.string().nullable().openapi({ description: 'An opaque label.' }),
    title: z.string().nullable(),
    status: SessionStatus,
    metadata: z.record(z.string(), z.string()).openapi({ description: 'Up to 50 pairs.' }),
    usage: Usage,
    stats: SessionStats,
    created_at: time('RFC 3339, UTC, six fractional digits.'),
    updated_at: time('The last change of any kind, an append included.'),
    archived_at: z.string().nullable().openapi({ format: 'date-time', description: 'Null unless archived.' }),
    resources: z.array(z.unknown()).openapi({ description: ALWAYS_EMPTY }),
    vault_ids: z.array(z.string()).openapi({ description: ALWAYS_EMPTY }),
    outcome_evaluations: z.array(z.unknown()).openapi({ description: ALWAYS_EMPTY }),
    budget: z.null().openapi({ description: 'Always null; present for clients of the wider API family.' }),
  })
  .openapi('Session', { description: 'One agent session: a log of events, and what follows from them.' });

export const SessionPage = z
  .object({
    data: z.array(SessionResource),
    ...PAGE_MEMBERS,
    prev_page: z
      .string()
      .nullable()
      .openapi({ description: 'Opaque token of the page in the other direction; null on the first page.' }),
  })
  .openapi('SessionPage', { description: 'A page of sessions.' });

export const SessionDeleted = z
  .object({ id: z.string(), type: z.literal('session_deleted') })
  .openapi('SessionDeleted', { description: 'A session that is gone, its events with it.' });

export const SessionCanceling = z
  .object({ id: z.string(), type: z.literal('session'), status: z.literal('canceling') })
  .openapi('SessionCanceling', { description: 'A session that was asked to stop.' });

const label = (description: string) =>
  z
    .string(must('a string'))
    .openapi({ minLength: 1, maxLength: limits.labelCharacters, description: `${description} 1 to 255 characters.` });

const title = z
  .string(must('a string or null'))
  .nullish()
  .openapi({ maxLength: limits.titleCharacters, description: 'At most 500 characters.' });

const AgentLabel = z
  .union(
    [
      label("The agent's label."),
      z.looseObject(
        {
          id: label("The agent's label."),
          version: z.union([z.string(), z.number()], must('a string or a number')).nullish(),
        },
        must('an object'),
      ),
    ],
    must('a string, or an object with an id'),
  )
  .openapi({ description: "The agent's label, or any object with an `id` and perhaps a `version`." });

export const CreateSessionParams = z
  .object({
    agent: AgentLabel.nullish(),
    environment_id: label('An opaque label.').nullish(),
    title,
    metadata: stringMap<string>({ nullable: false })
      .nullish()
      .openapi({
        type: ['object', 'null'],
        additionalProperties: { type: 'string' },
        description: 'Up to 50 pairs of at most 64 and 512 characters.',
      }),
    external_id: z.string(must('a string')).nullish().openapi({
      minLength: 1,
      maxLength: limits.externalIdCharacters,
      description: 'Your own id for the session, without `/` and control characters. A taken one is a conflict.',
    }),
    initial_events: z
      .array(EventInput)
      .nullish()
      .openapi({ maxItems: limits.batchEvents, description: 'Events to append in the same commit.' }),
  })
  .openapi('CreateSessionParams', { description: 'What a new session starts with. Everything is optional.' });

/** What a creation says of the session itself. */
const OwnParams = CreateSessionParams.omit({ initial_events: true });

export const UpdateSessionParams = z
  .object({
    title: title.openapi({ description: 'At most 500 characters; null removes the title.' }),
    metadata: stringMap<string | null>({ nullable: true })
      .nullish()
      .openapi({
        type: ['object', 'null'],
        additionalProperties: { type: ['string', 'null'] },
        description: 'Merged into what is there; null deletes a key.',
      }),
  })
  .openapi('UpdateSessionParams', { description: 'What to change. Absent members stay as they are.' });

/** Throws `invalid_request` naming the member at fault. */
export function parseCreateSession(body: JsonNode | null, events: readonly EventDraft[]): CreateSession {
  const params = check(OwnParams, bodyMembers(body, OwnParams));
  const { external_id: externalId = null, environment_id: environmentId = null, title = null } = params;
  if (externalId !== null) checkExternalId(externalId, 'external_id');
  if (environmentId !== null) checkText(environmentId, 'environment_id', limits.labelCharacters, 1);
  if (title !== null) checkText(title, 'title', limits.titleCharacters);
  const metadata = params.metadata ?? {};
  checkMetadata(metadata, 'metadata');
  return { externalId, agent: parseAgent(params.agent ?? null), environmentId, title, metadata, events };
}

/** Throws `invalid_request` naming the member at fault. */
export function parseUpdateSession(body: JsonNode | null): UpdateSession {
  const { title, metadata } = check(UpdateSessionParams, bodyMembers(body, UpdateSessionParams));
  if (typeof title === 'string') checkText(title, 'title', limits.titleCharacters);
  if (metadata) checkMetadata(metadata, 'metadata');
  return { title, metadata: metadata ?? undefined };
}

export function presentSession(session: Session): z.input<typeof SessionResource> {
  const { agent, usage } = session;
  return {
    id: session.id,
    type: 'session',
    external_id: session.externalId,
    agent: agent === null ? null : { type: 'agent', id: agent.id, version: agent.version },
    environment_id: session.environmentId,
    title: session.title,
    status: STATUS_OF_PHASE[session.phase].cloud,
    metadata: session.metadata,
    usage: {
      input_tokens: usage.inputTokens,
      output_tokens: usage.outputTokens,
      cache_read_input_tokens: usage.cacheReadInputTokens,
      cache_creation_input_tokens: usage.cacheCreationInputTokens,
    },
    stats: { event_count: session.eventCount },
    created_at: formatMicros(session.createdUs),
    updated_at: formatMicros(session.updatedUs),
    archived_at: session.archivedUs === null ? null : formatMicros(session.archivedUs),
    resources: [],
    vault_ids: [],
    outcome_evaluations: [],
    budget: null,
  };
}

type AgentInput = z.output<typeof AgentLabel>;

function parseAgent(input: AgentInput | null): Agent | null {
  if (input === null) return null;
  if (typeof input === 'string') {
    checkText(input, 'agent', limits.labelCharacters, 1);
    return { id: input, version: null };
  }
  const { id, version = null } = input;
  checkText(id, 'agent.id', limits.labelCharacters, 1);
  if (typeof version === 'string') checkText(version, 'agent.version', limits.labelCharacters);
  return { id, version };
}

/** Sessions as this dialect has them: seven members, always all of them. */
import { z } from '@hono/zod-openapi';
import { formatMicros } from '@turnlog/core/clock';
import { TurnlogError } from '@turnlog/core/errors';
import type { JsonNode } from '@turnlog/core/json';
import { type PhaseWords, STATUS_OF_PHASE } from '@turnlog/core/lifecycle';
import { limits } from '@turnlog/core/limits';
import {
  type CreateSession,
  checkExternalId,
  checkText,
  type Session,
  type UpdateSession,
} from '@turnlog/core/sessions';
import { checkObject, optionalString, requiredString } from './body.ts';

export type Status = PhaseWords['runtime'];

export const SessionResource = z
  .strictObject({
    session_id: z.string().openapi({ description: 'The name it was made with, else the id that the server gave it.' }),
    session_name: z.string().openapi({ description: 'Its title, else its `session_id`.' }),
    status: z.enum(['running', 'finished']),
    created_at: z.string().openapi({
      format: 'date-time',
      description: 'When it was made; of a session made by `POST /events`, the timestamp of its `session_start`.',
    }),
    project_dir: z.string().nullable(),
    agent_name: z.string().nullable(),
    last_resumed_at: z.string().nullable(),
  })
  .openapi('Session', { description: 'One run of an agent.' });

const METADATA_VALUE = { maxLength: limits.metadataValueCharacters };
const AGENT_NAME = { minLength: 1, maxLength: limits.labelCharacters };

export const CreateSessionParams = z
  .looseObject({
    session_id: z.string().openapi({
      minLength: 1,
      maxLength: limits.externalIdCharacters,
      description: "A name of yours: no '/', no control characters, not of the form of an id made by the server.",
    }),
    session_name: z.string().openapi({ maxLength: limits.titleCharacters }),
    project_dir: z.string().nullish().openapi(METADATA_VALUE),
    agent_name: z.string().nullish().openapi(AGENT_NAME),
  })
  .openapi('CreateSessionParams', { description: 'Members that are not listed are passed over.' });

export const UpdateMetadataParams = z
  .looseObject({
    session_name: z.string().nullish().openapi({ maxLength: limits.titleCharacters }),
    project_dir: z.string().nullish().openapi(METADATA_VALUE),
    agent_name: z.string().nullish().openapi(AGENT_NAME),
    last_resumed_at: z.string().nullish().openapi(METADATA_VALUE),
  })
  .openapi('UpdateMetadataParams', { description: 'At least one of these. A null counts as not given.' });

export const SessionAnswer = z.strictObject({ session: SessionResource }).openapi('SessionAnswer');
export const SessionList = z.strictObject({ sessions: z.array(SessionResource) }).openapi('SessionList');
export const SessionWritten = z
  .strictObject({ ok: z.literal(true), session: SessionResource })
  .openapi('SessionWritten', { description: 'The session after the change.' });
export const SessionDeleted = z
  .strictObject({
    ok: z.literal(true),
    session_id: z.string(),
    deleted: z.strictObject({ session: z.literal(true), events_count: z.int() }),
  })
  .openapi('SessionDeleted', { description: 'What is gone.' });
export const SessionStatus = z
  .strictObject({ status: z.enum(['running', 'finished', 'not_existent']) })
  .openapi('SessionStatus');
export const SessionResult = z.strictObject({ result: z.string() }).openapi('SessionResult');

/** The name by which a session is known here. */
export function nameOfSession({ id, externalId }: Pick<Session, 'id' | 'externalId'>): string {
  return externalId ?? id;
}

/** As JSON text; `status`, when it is to tell of an earlier moment than the session does. */
export function presentSession(session: Session, status: Status = STATUS_OF_PHASE[session.phase].runtime): string {
  const { title, agent, createdUs, occurredAt } = session;
  const name = nameOfSession(session);
  const shown: z.input<typeof SessionResource> = {
    session_id: name,
    session_name: title ?? name,
    status,
    created_at: occurredAt ?? formatMicros(createdUs),
    project_dir: metadataOf(session, 'project_dir'),
    agent_name: agent?.id ?? null,
    last_resumed_at: metadataOf(session, 'last_resumed_at'),
  };
  return JSON.stringify(shown);
}

/** Reads the body of a creation. Throws `invalid_request` naming the input at fault. */
export function parseCreateSession(body: JsonNode | null): CreateSession {
  checkObject(body);
  const externalId = requiredString(body, 'session_id');
  checkExternalId(externalId, 'session_id');
  const title = requiredString(body, 'session_name');
  checkTitle(title);
  const agentId = optionalAgent(body);
  return {
    origin: 'runtime',
    externalId,
    title,
    agent: agentId === undefined ? null : { id: agentId, version: null },
    environmentId: null,
    metadata: optionalMetadata(body, 'project_dir') ?? {},
    events: [],
    running: true,
  };
}

/** Reads the body of a change, which is announced always. Throws `invalid_request` naming the input at fault. */
export function parseUpdateMetadata(body: JsonNode | null): UpdateSession {
  checkObject(body);
  const title = optionalString(body, 'session_name');
  if (title !== undefined) checkTitle(title);
  const agentId = optionalAgent(body);
  const metadata = optionalMetadata(body, 'project_dir', 'last_resumed_at');
  if (title === undefined && agentId === undefined && metadata === undefined) {
    const names = 'session_name, project_dir, agent_name or last_resumed_at';
    throw new TurnlogError('invalid_request', `At least one field must be provided: ${names}.`);
  }
  return { title, metadata, agentId, always: true };
}

export function checkTitle(title: string): void {
  checkText(title, 'session_name', limits.titleCharacters);
}

function optionalAgent(body: JsonNode): string | undefined {
  const agentId = optionalString(body, 'agent_name');
  if (agentId !== undefined) checkText(agentId, 'agent_name', limits.labelCharacters, 1);
  return agentId;
}

/** Members that are kept as metadata of the same names; undefined when none is given. */
function optionalMetadata(body: JsonNode, ...names: readonly string[]): Record<string, string> | undefined {
  const metadata: Record<string, string> = {};
  for (const name of names) {
    const value = optionalString(body, name);
    if (value === undefined) continue;
    checkText(value, name, limits.metadataValueCharacters);
    metadata[name] = value;
  }
  return Object.keys(metadata).length === 0 ? undefined : metadata;
}

function metadataOf({ metadata }: Session, name: string): string | null {
  return Object.hasOwn(metadata, name) ? (metadata[name] ?? null) : null;
}

/** Sessions in the words of this dialect. */
import { z } from '@hono/zod-openapi';
import { formatMicros } from '@turnlog/core/clock';
import { uuidOfId } from '@turnlog/core/ids';
import type { JsonNode } from '@turnlog/core/json';
import { type PhaseWords, STATUS_OF_PHASE } from '@turnlog/core/lifecycle';
import { limits } from '@turnlog/core/limits';
import { type CreateSession, checkMetadata, checkText, type Metadata, type Session } from '@turnlog/core/sessions';
import { checkObject, decoded, memberOfKind } from './body.ts';
import { SESSION_UUID } from './examples.ts';
import { Pagination } from './pagination.ts';

const STATUSES = [
  'pending',
  'in_progress',
  'paused',
  'completed',
  'failed',
  'cancelled',
] as const satisfies readonly PhaseWords['workflow'][];

const time = (description: string) => z.string().openapi({ format: 'date-time', description });

export const SessionItem = z
  .object({
    id: z.string().openapi({ format: 'uuid', example: SESSION_UUID }),
    name: z.string().nullable().openapi({ description: 'Null when none was given.' }),
    status: z.enum(STATUSES).openapi({ description: 'What its events say of it.' }),
    created_at: time('UTC, six fractional digits.'),
    updated_at: time('The last change of any kind, an event included.'),
  })
  .openapi('SessionItem', { description: 'One session.' });

export const SessionList = z
  .object({ items: z.array(SessionItem), pagination: Pagination })
  .openapi('SessionList', { description: 'A page of sessions, newest first, archived ones included.' });

export const CreateSessionParams = z
  .object({
    name: z.string().nullish().openapi({ maxLength: limits.titleCharacters, description: 'The title of the session.' }),
    config: z
      .looseObject({})
      .nullish()
      .openapi({
        description:
          'Kept as metadata: strings as they are, other values as their JSON text. At most 50 members, with names of ' +
          '1 to 64 and values of at most 512 characters.',
      }),
  })
  .openapi('CreateSessionParams', { description: 'What a new session starts with. Other members are ignored.' });

/** Throws `invalid_request` naming the member at fault. */
export function parseCreateSession(body: JsonNode | null): CreateSession {
  checkObject(body);
  const name = memberOfKind(body, 'name', 'string');
  const title = name === undefined ? null : decoded(name);
  if (title !== null) checkText(title, 'name', limits.titleCharacters);
  const metadata = metadataOf(memberOfKind(body, 'config', 'object'));
  const none = { externalId: null, agent: null, environmentId: null, events: [] };
  return { ...none, origin: 'workflow', title, metadata };
}

export function presentSession(session: Session): z.input<typeof SessionItem> {
  return {
    id: uuidOfId(session.id),
    name: session.title,
    status: STATUS_OF_PHASE[session.phase].workflow,
    created_at: formatMicros(session.createdUs),
    updated_at: formatMicros(session.updatedUs),
  };
}

function metadataOf(config: JsonNode | undefined): Metadata {
  const members = config?.members ?? [];
  const metadata = Object.fromEntries(
    members.map(({ name, value }) => [name, value.kind === 'string' ? decoded(value) : value.text]),
  );
  checkMetadata(metadata, 'config');
  return metadata;
}

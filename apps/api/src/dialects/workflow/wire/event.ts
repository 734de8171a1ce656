/** Events as items of this dialect, and the way between them and the log: pure and total both ways. */
import { z } from '@hono/zod-openapi';
import { parseInstant } from '@turnlog/core/clock';
import { invalid, TurnlogError } from '@turnlog/core/errors';
import { type EventView, ownMember, payloadOf, textOf } from '@turnlog/core/event-view';
import { draftParts, type EventDraft, isEventType, memberOf } from '@turnlog/core/events';
import { uuidOfId } from '@turnlog/core/ids';
import type { JsonMember, JsonNode } from '@turnlog/core/json';
import { limits } from '@turnlog/core/limits';
import { type QueryValues, text } from '../../../http/query.ts';
import { checkObject, decoded, memberOfKind } from './body.ts';
import { EVENT, SESSION_UUID } from './examples.ts';
import { PAGING, Pagination } from './pagination.ts';

const SINCE_FAULT =
  "Invalid datetime format for 'since' parameter. Expected ISO 8601 format (e.g., 2026-01-13T14:30:00Z)";
const NO_DATA: JsonNode = { kind: 'object', text: '{}', members: [], items: [] };

export const EVENT_QUERY = {
  ...PAGING,
  since: text(
    { type: 'string', format: 'date-time' },
    'Only events after this time (exclusive, to the last digit): ISO 8601 with a zone.',
  ),
  event_type: text({ type: 'string' }, 'Only events of exactly this type.'),
} as const;

export const EventItem = z
  .object({
    id: z.string().openapi({ format: 'uuid', example: EVENT.id }),
    session_id: z.string().openapi({ format: 'uuid', example: SESSION_UUID }),
    step_id: z.string().nullable().openapi({ description: 'The step that the event belongs to.' }),
    event_type: z.string().openapi({ example: EVENT.event_type }),
    event_data: z.unknown().openapi({
      description:
        'What the event says: an object as it was sent, `{}` when nothing was. Only events of the wave dialect may ' +
        'have another JSON value here; never null.',
    }),
    message: z.string().nullable().openapi({ description: 'For a person; of messages, their text.' }),
    timestamp: z.string().openapi({
      format: 'date-time',
      description: "The log's time, UTC with six fractional digits; each event of an organisation has its own.",
    }),
  })
  .openapi('EventItem', { description: 'One event of a session.' });

export const EventList = z
  .object({ items: z.array(EventItem), pagination: Pagination })
  .openapi('EventList', { description: 'A page of events, newest first.' });

export const CreateEventParams = z
  .object({
    event_type: z.string().openapi({
      pattern: '^[a-z][a-z0-9_]*(\\.[a-z0-9_]+)*$',
      maxLength: limits.eventTypeCharacters,
      description: 'Lower-case words, perhaps joined by dots. The set is open.',
    }),
    event_data: z.looseObject({}).nullish().openapi({ description: 'Any members; kept as sent.' }),
    message: z.string().nullish(),
    step_id: z.string().nullish(),
  })
  .openapi('CreateEventParams', { description: 'An event to append. Other members are ignored.' });

/** Which events are asked for. */
export interface EventChoice {
  /** Only events of later microseconds. */
  readonly afterUs: number | null;
  readonly type: string | null;
}

/** Throws `invalid_request`. */
export function readChoice({ since, event_type: type }: QueryValues<typeof EVENT_QUERY>): EventChoice {
  if (type === '') throw invalid('event_type', 'event_type must not be empty');
  return { afterUs: since === undefined ? null : readSince(since), type: type ?? null };
}

/** Events stand at whole microseconds: what is later than an instant is later than the microsecond that it lies in. */
function readSince(since: string): number {
  const instant = parseInstant(since);
  if (instant === null) throw invalid('since', SINCE_FAULT);
  return instant.floorUs;
}

/** Throws `invalid_request` naming the member at fault. */
export function parseEvent(body: JsonNode | null): EventDraft {
  checkObject(body);
  const type = readType(body);
  const own: JsonMember[] = [memberOf('data', memberOfKind(body, 'event_data', 'object') ?? NO_DATA)];
  for (const name of ['message', 'step_id'] as const) {
    const value = memberOfKind(body, name, 'string');
    if (value !== undefined) own.push(memberOf(name, value));
  }
  try {
    return draftParts({ origin: 'workflow', type, own, prefix: '', data: 'event_data' });
  } catch (error) {
    throw error instanceof TurnlogError && error.param === 'content' ? noContent(type) : error;
  }
}

/** The item of any event of the log, as JSON text. */
export function presentEvent(view: EventView): string {
  const members = [
    `"id":"${uuidOfId(view.id)}"`,
    `"session_id":${view.sessionId === null ? 'null' : `"${uuidOfId(view.sessionId)}"`}`,
    `"step_id":${stringText(ownMember(view, 'step_id')) ?? 'null'}`,
    `"event_type":${JSON.stringify(view.type)}`,
    `"event_data":${dataText(view)}`,
    `"message":${stringText(ownMember(view, 'message')) ?? JSON.stringify(textOf(ownMember(view, 'content')))}`,
    `"timestamp":"${view.createdAt}"`,
  ];
  return `{${members.join(',')}}`;
}

function dataText(view: EventView): string {
  const payload = payloadOf(view);
  return payload === 'null' ? NO_DATA.text : payload;
}

/** The source text of a string; undefined: it is none. */
function stringText(value: JsonNode | undefined): string | undefined {
  return value?.kind === 'string' ? value.text : undefined;
}

function readType(body: JsonNode): string {
  const sent = memberOfKind(body, 'event_type', 'string');
  if (sent === undefined) throw invalid('event_type', `event_type is required: ${TYPE_ADVICE}`);
  const type = decoded(sent);
  if (!isEventType(type)) throw invalid('event_type', `event_type is malformed: ${TYPE_ADVICE}`);
  return type;
}

const TYPE_ADVICE = `send lower-case words such as 'workflow_started', at most ${limits.eventTypeCharacters} characters`;

/** Messages carry `content`, which an event of this dialect has no place for. */
function noContent(type: string): TurnlogError {
  return invalid('event_type', `event_type '${type}' needs 'content', which cannot be sent here: send it to /v1`);
}

/**
 * Events as this dialect has them. What was sent is stored as the event's own members, as source text; its `timestamp` is
 * the event's `occurred_at`. A row shows every optional member or null: of events that came another way, what they say
 * under these names, where it has the type that this dialect gives it.
 */
import { z } from '@hono/zod-openapi';
import { parseInstant } from '@turnlog/core/clock';
import { invalid } from '@turnlog/core/errors';
import { type EventView, ownMember } from '@turnlog/core/event-view';
import { draftParts, type EventDraft, isEnvelopeName, isEventType } from '@turnlog/core/events';
import { type JsonNode, member, scanJson } from '@turnlog/core/json';
import { limits } from '@turnlog/core/limits';
import { carriesData } from '@turnlog/core/origins';
import type { Session } from '@turnlog/core/sessions';
import { checkObject, requiredString } from './body.ts';
import { nameOfSession } from './session.ts';

const OPTIONAL_FIELDS = {
  tool_name: z.string().nullable(),
  tool_input: z.record(z.string(), z.unknown()).nullable(),
  tool_output: z.unknown(),
  error: z.string().nullable(),
  exit_code: z.int().nullable(),
  reason: z.string().nullable(),
  role: z.string().nullable(),
  content: z.array(z.record(z.string(), z.unknown())).nullable(),
} as const;

type OptionalName = keyof typeof OPTIONAL_FIELDS;
const OPTIONAL_NAMES = Object.keys(OPTIONAL_FIELDS) as readonly OptionalName[];

const TIMESTAMP = z.string().openapi({ format: 'date-time', description: 'RFC 3339 with a zone.' });
const EVENT_TYPE = z.string().openapi({
  pattern: '^[a-z][a-z0-9_]*(\\.[a-z0-9_]+)*$',
  maxLength: limits.eventTypeCharacters,
  examples: ['session_start', 'pre_tool', 'post_tool', 'session_stop', 'message'],
});

export const EventInput = z
  .looseObject({
    event_type: EVENT_TYPE,
    session_id: z.string(),
    session_name: z.string(),
    timestamp: TIMESTAMP,
    ...z.object(OPTIONAL_FIELDS).partial().shape,
  })
  .openapi('EventInput', {
    description:
      'An event to store. Members that are not listed are kept in the log, but for names of its own envelope.',
  });

const ROW = {
  id: z.string(),
  session_id: z.string(),
  event_type: z.string(),
  timestamp: TIMESTAMP.openapi({ description: "As it was sent; the log's time of events that came another way." }),
  ...OPTIONAL_FIELDS,
} as const;

const EventRow = z.strictObject(ROW).openapi('Event', { description: 'One event. All members are always there.' });

export const NamedEvent = z
  .strictObject({
    ...ROW,
    session_name: z.string().openapi({ description: "As it was sent, else the session's name." }),
  })
  .openapi('NamedEvent', { description: 'An event, and the name of its session.' });

export const EventList = z.strictObject({ events: z.array(EventRow) }).openapi('EventList');
export const Accepted = z.strictObject({ ok: z.literal(true) }).openapi('Accepted');

/** An event as it was sent. */
export interface SentEvent {
  readonly sessionId: string;
  readonly sessionName: string;
  /** Checked, as sent. */
  readonly timestamp: string;
  readonly draft: EventDraft;
}

/** Reads an event. Throws `invalid_request` naming the input at fault. */
export function parseEvent(body: JsonNode | null): SentEvent {
  checkObject(body);
  const type = requiredString(body, 'event_type');
  const sessionId = requiredString(body, 'session_id');
  const sessionName = requiredString(body, 'session_name');
  const timestamp = requiredString(body, 'timestamp');
  if (!isEventType(type)) {
    const form = "dotted lower-case words such as 'session_start', at most 100 characters";
    throw invalid('event_type', `'event_type' is not an event type: send ${form}.`);
  }
  if (parseInstant(timestamp) === null) {
    const message = `'timestamp' must be an RFC 3339 time with a zone, such as '2026-01-31T09:30:00Z'.`;
    throw invalid('timestamp', message);
  }
  for (const name of OPTIONAL_NAMES) checkOptional(name, member(body, name)?.value);
  const draft = draftParts({
    origin: 'runtime',
    type,
    occurredAt: member(body, 'timestamp')?.value.text ?? null,
    own: body.members.filter(({ name }) => !isLeftOut(name)),
    prefix: '',
    data: 'data',
  });
  return { sessionId, sessionName, timestamp, draft };
}

/** The row of an event of a session, as JSON text. */
export function presentEvent(view: EventView, session: Pick<Session, 'id' | 'externalId'>): string {
  return `{${membersOf(view, session)}}`;
}

/** The same with the name of its session, as sockets carry it. */
export function presentNamedEvent(view: EventView, session: Pick<Session, 'id' | 'externalId' | 'title'>): string {
  const sent = view.origin === 'runtime' ? ownMember(view, 'session_name') : undefined;
  const name = sent?.kind === 'string' ? sent.text : JSON.stringify(session.title ?? nameOfSession(session));
  return `{${membersOf(view, session)},"session_name":${name}}`;
}

/** The time by which an event is shown and ordered. */
export function timestampOf({ origin, occurredAt, createdAt }: EventView): string {
  return origin === 'runtime' ? (occurredAt ?? createdAt) : createdAt;
}

function membersOf(view: EventView, session: Pick<Session, 'id' | 'externalId'>): string {
  const { id, type } = view;
  const head = [
    `"id":"${id}"`,
    `"session_id":${JSON.stringify(nameOfSession(session))}`,
    `"event_type":"${type}"`,
    `"timestamp":${JSON.stringify(timestampOf(view))}`,
  ];
  const said = carriesData(view.origin) ? ownMember(view, 'data') : undefined;
  const members = said === undefined ? view.own : said.members;
  const rest = OPTIONAL_NAMES.map((name) => {
    const value = members.find((candidate) => candidate.name === name)?.value;
    return `"${name}":${shownAs(name, value)}`;
  });
  return [...head, ...rest].join(',');
}

/** A native message may be a mere string, which is one block of text here. */
function shownAs(name: OptionalName, value: JsonNode | undefined): string {
  if (value === undefined) return 'null';
  if (name === 'content' && value.kind === 'string') return `[{"type":"text","text":${value.text}}]`;
  return fits(name, value) ? value.text : 'null';
}

/** Whether a value has the type that its name has here; of an array only so many items may be nodes, or none. */
function fits(name: OptionalName, value: JsonNode): boolean {
  return FITS[name](name === 'content' ? scanJson(value.text, { keepDepth: 1 }) : value);
}

const isString = ({ kind }: JsonNode) => kind === 'string';
const FITS: Readonly<Record<OptionalName, (value: JsonNode) => boolean>> = {
  tool_name: isString,
  tool_input: ({ kind }) => kind === 'object',
  tool_output: () => true,
  error: isString,
  exit_code: ({ kind, text }) => kind === 'number' && Number.isInteger(Number(text)),
  reason: isString,
  role: isString,
  content: ({ kind, items }) => kind === 'array' && items.every((item) => item.kind === 'object'),
};
const FORMS: Readonly<Record<OptionalName, string>> = {
  tool_name: 'a string',
  tool_input: 'an object',
  tool_output: 'a JSON value',
  error: 'a string',
  exit_code: 'a whole number',
  reason: 'a string',
  role: 'a string',
  content: 'an array of objects',
};

function checkOptional(name: OptionalName, value: JsonNode | undefined): void {
  if (value === undefined || value.kind === 'null') return;
  if (fits(name, value)) return;
  throw invalid(name, `'${name}' must be ${FORMS[name]}.`);
}

/** What the envelope of a stored event says instead, and names of it that mean nothing here. */
function isLeftOut(name: string): boolean {
  return name === 'event_type' || name === 'timestamp' || isEnvelopeName(name);
}

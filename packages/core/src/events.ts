/** Events: immutable facts of a session or of the org's account stream. */
import { parseInstant } from './clock.ts';
import { invalid, TurnlogError } from './errors.ts';
import { lifecycleFacts, payloadNode } from './event-facts.ts';
import { checkFields } from './event-fields.ts';
import type { EventId, TurnId } from './ids.ts';
import { type JsonMember, type JsonNode, member, utf8Length } from './json.ts';
import { objectMember, stringMember } from './json-members.ts';
import type { Signal } from './lifecycle.ts';
import { limits } from './limits.ts';
import type { Origin } from './origins.ts';

/** Token counts, summed over a session's `session.status_idle` events. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadInputTokens: number;
  readonly cacheCreationInputTokens: number;
}

export const NO_USAGE: Usage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadInputTokens: 0,
  cacheCreationInputTokens: 0,
};

/** An event that a producer asks to store: checked, with its own fields as source text. */
export interface EventDraft {
  readonly type: string;
  readonly origin: Origin;
  /** The producer's turn; null takes the session's current one. */
  readonly turnId: TurnId | null;
  /** The producer's own time, as JSON text; null when not sent. */
  readonly occurredAt: string | null;
  /** As JSON text. */
  readonly schemaVersion: string;
  /** The event's own members as source text, `"a":1,"b":2`; may be empty. */
  readonly fields: string;
  readonly signal: Signal | null;
  readonly usage: Usage | null;
  /** Why a session failed, when this event fails it. */
  readonly failure: { readonly code: string | null; readonly message: string | null } | null;
  /** `data.agent_id` and `data.session_id`: what a resource event is about. */
  readonly aboutAgent: string | null;
  readonly aboutSession: string | null;
}

/** An event as stored: its whole JSON text. */
export interface StoredEvent {
  readonly id: EventId;
  readonly text: string;
}

const TYPE = /^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$/;
const PATTERN = /^[a-z0-9_.*]+$/;
const TURN_ID = /^turn_[A-Za-z0-9]{1,64}$/;
const SERVER_OWNED = new Set(['id', 'session_id', 'created_at', 'processed_at', 'seq']);
const ENVELOPE = new Set(['type', 'turn_id', 'occurred_at', 'schema_version']);
/** The member of `data` whose presence proves that the server itself wrote an event. */
const AUTHOR_MARK = 'caused_by';
const DEFAULT_SCHEMA_VERSION = '"1.0"';
const COMMA_BYTES = 1;

/** Reads one event in the native form; `path` names it in refusals (`events[3]`). Throws `invalid_request`. */
export function draftEvent(event: JsonNode, path: string): EventDraft {
  if (event.kind !== 'object') throw invalid(path, `'${path}' must be an object with a 'type'.`);
  const bytes = utf8Length(event.text);
  if (bytes > limits.eventBytes) {
    throw invalid(path, `'${path}' has ${bytes} bytes; an event may have ${limits.eventBytes} (256 KiB).`);
  }
  const type = readType(event, `${path}.type`);
  for (const { name } of event.members) {
    if (SERVER_OWNED.has(name)) {
      throw invalid(`${path}.${name}`, `'${path}.${name}' is set by the server: leave '${name}' out.`);
    }
  }
  return draftOf({
    origin: 'native',
    type,
    turnId: readTurnId(event, `${path}.turn_id`),
    occurredAt: readOccurredAt(event, `${path}.occurred_at`),
    schemaVersion: readSchemaVersion(event, `${path}.schema_version`),
    own: event.members.filter(({ name }) => !isEnvelopeName(name)),
    prefix: `${path}.`,
    data: 'data',
  });
}

/** An event taken apart by the dialect that it was sent in. */
export interface EventParts {
  readonly origin: Origin;
  /** A checked event type. */
  readonly type: string;
  readonly turnId?: TurnId | null;
  /** A checked time, as JSON text. */
  readonly occurredAt?: string | null;
  readonly schemaVersion?: string;
  /** The members to store, none of an envelope's name. */
  readonly own: readonly JsonMember[];
  /** What refusals put before the name of a member: `events[3].`, or nothing. */
  readonly prefix: string;
  /** What refusals call the member `data`. */
  readonly data: string;
}

/** An event to store, of checked parts. Throws `invalid_request` when its own fields contradict its type or are too many. */
export function draftParts(parts: EventParts): EventDraft {
  const bytes = parts.own.reduce((sum, { text }) => sum + utf8Length(text) + COMMA_BYTES, -COMMA_BYTES);
  if (bytes > limits.eventBytes) {
    const message = `The event has ${bytes} bytes; an event may have ${limits.eventBytes} (256 KiB).`;
    throw new TurnlogError('invalid_request', message);
  }
  return draftOf(parts);
}

/** The same of an event whose size is known. */
function draftOf(parts: EventParts): EventDraft {
  const { origin, type, own, prefix } = parts;
  const event = objectOf(own);
  const data = objectMember(event, 'data');
  const payload = payloadNode(origin, event);
  checkFields(parts, event, payload);
  if (data && member(data, AUTHOR_MARK)) {
    const param = `${prefix}${parts.data}.${AUTHOR_MARK}`;
    throw invalid(param, `'${param}' marks the server's own events: leave '${AUTHOR_MARK}' out.`);
  }
  return {
    type,
    origin,
    turnId: parts.turnId ?? null,
    occurredAt: parts.occurredAt ?? null,
    schemaVersion: parts.schemaVersion ?? DEFAULT_SCHEMA_VERSION,
    fields: own.map(({ text }) => text).join(','),
    aboutAgent: stringMember(data, 'agent_id'),
    aboutSession: stringMember(data, 'session_id'),
    ...lifecycleFacts(type, event, payload),
  };
}

/** Whether an own field of an event may not have this name. */
export function isEnvelopeName(name: string): boolean {
  return SERVER_OWNED.has(name) || ENVELOPE.has(name);
}

/** A member made of a name and a scanned value. */
export function memberOf(name: string, value: JsonNode): JsonMember {
  return { name, text: `${JSON.stringify(name)}:${value.text}`, value };
}

/** Members as an object that checks can look at; it has no text of its own. */
function objectOf(members: readonly JsonMember[]): JsonNode {
  return { kind: 'object', text: '', members, items: [] };
}

/** Reads one event of the account stream, which has no turns. Throws `invalid_request`. */
export function draftAccountEvent(event: JsonNode, path: string): EventDraft {
  const draft = draftEvent(event, path);
  if (draft.turnId === null) return draft;
  const param = `${path}.turn_id`;
  throw invalid(param, `'${param}' cannot be: only events of a session have turns; leave 'turn_id' out.`);
}

/** Whether a text is an event type: dotted lower-case words, at most 100 characters. */
export function isEventType(text: string): boolean {
  return text.length <= limits.eventTypeCharacters && TYPE.test(text);
}

/** Checks type patterns, in which `*` stands for any run of characters. Throws `invalid_request` naming `param`. */
export function checkPatterns(patterns: readonly string[], param: string): void {
  if (patterns.length > limits.typePatterns) {
    throw invalid(param, `'${param}' has ${patterns.length} patterns; at most ${limits.typePatterns} are allowed.`);
  }
  for (const pattern of patterns) {
    if (pattern === '') throw invalid(param, `'${param}' has an empty element: separate types by single commas.`);
    if (pattern.length > limits.eventTypeCharacters || !PATTERN.test(pattern)) {
      throw invalid(param, `'${param}' has a malformed pattern: use [a-z0-9_.] and '*', at most 100 characters.`);
    }
  }
}

/** Whether a type matches a checked pattern. */
export function matchesPattern(pattern: string, type: string): boolean {
  return patternMatcher(pattern)(type);
}

/** A checked pattern, ready for many types; each takes time linear in the length of both. */
export function patternMatcher(pattern: string): (type: string) => boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return (type) => type === pattern;
  const last = rest.pop() as string;
  return (type) => {
    if (!type.startsWith(first)) return false;
    let position = first.length;
    for (const part of rest) {
      const found = type.indexOf(part, position);
      if (found < 0) return false;
      position = found + part.length;
    }
    return type.length - last.length >= position && type.endsWith(last);
  };
}

function readType(event: JsonNode, param: string): string {
  const value = member(event, 'type')?.value;
  const type = stringMember(event, 'type');
  if (type !== null && isEventType(type)) return type;
  const problem = value === undefined ? 'is required' : 'is not an event type';
  throw invalid(
    param,
    `'${param}' ${problem}: send dotted lower-case words such as 'user.message', at most 100 characters.`,
  );
}

function readTurnId(event: JsonNode, param: string): TurnId | null {
  const value = member(event, 'turn_id')?.value;
  if (value === undefined || value.kind === 'null') return null;
  const turnId = stringMember(event, 'turn_id');
  if (turnId !== null && TURN_ID.test(turnId)) return turnId as TurnId;
  throw invalid(param, `'${param}' must be 'turn_' followed by 1 to 64 letters or digits, or be left out.`);
}

function readOccurredAt(event: JsonNode, param: string): string | null {
  const value = member(event, 'occurred_at')?.value;
  if (value === undefined || value.kind === 'null') return null;
  const text = stringMember(event, 'occurred_at');
  if (text !== null && parseInstant(text) !== null) return value.text;
  throw invalid(param, `'${param}' must be an RFC 3339 time with a zone, such as '2026-01-31T09:30:00Z'.`);
}

function readSchemaVersion(event: JsonNode, param: string): string {
  const value = member(event, 'schema_version')?.value;
  if (value === undefined || value.kind === 'null') return DEFAULT_SCHEMA_VERSION;
  const version = stringMember(event, 'schema_version');
  const length = version === null ? 0 : [...version].length;
  if (length >= 1 && length <= limits.schemaVersionCharacters) return value.text;
  throw invalid(param, `'${param}' must be a string of 1 to ${limits.schemaVersionCharacters} characters.`);
}

/** Events in this dialect's form: what is published, and how an event of whatever origin is shown. Source text both ways (I8). */
import { echo, invalid, ofBody, TurnlogError } from '@turnlog/core/errors';
import { type EventView, ownMember, payloadOf } from '@turnlog/core/event-view';
import { draftParts, type EventDraft, isEventType } from '@turnlog/core/events';
import type { OrgId } from '@turnlog/core/ids';
import { type JsonMember, type JsonNode, member } from '@turnlog/core/json';
import { stringMember } from '@turnlog/core/json-members';

const PUBLISHED = new Set(['type', 'data', 'metadata']);
/** What the server adds to the metadata. */
const OWN_METADATA = ['organization_id', 'request_id'];

/** An event that is to be published. Throws `invalid_body` naming the member at fault. */
export function parseEvent(body: JsonNode | null): EventDraft {
  try {
    return draft(body);
  } catch (error) {
    throw ofBody(error);
  }
}

function draft(body: JsonNode | null): EventDraft {
  if (body?.kind !== 'object') {
    throw new TurnlogError('invalid_request', "The body must be a JSON object with 'type' and 'data'.");
  }
  for (const { name } of body.members) if (!PUBLISHED.has(name)) throw notPublished(name);
  const type = readType(body);
  const own = [readObject(body, 'data'), readMetadata(body)].filter((sent) => sent !== undefined);
  try {
    return draftParts({ origin: 'platform', type, own, prefix: '', data: 'data' });
  } catch (error) {
    throw isAboutContent(error) ? ofSessions(type) : error;
  }
}

function readType(body: JsonNode): string {
  const type = stringMember(body, 'type');
  if (type !== null && isEventType(type)) return type;
  const problem = member(body, 'type') === undefined ? 'is required' : 'is not an event type';
  throw invalid(
    'type',
    `'type' ${problem}: send dotted lower-case words such as 'agent.created', at most 100 characters.`,
  );
}

function readMetadata(body: JsonNode): JsonMember | undefined {
  if ((member(body, 'metadata')?.value.kind ?? 'null') === 'null') return undefined;
  const metadata = readObject(body, 'metadata');
  for (const { name, value } of metadata.value.members) {
    if (OWN_METADATA.includes(name)) {
      throw invalid(`metadata.${name}`, `'metadata.${name}' is set by the server: leave '${name}' out.`);
    }
    if (name === 'user_id' && value.kind !== 'string' && value.kind !== 'null') {
      throw invalid('metadata.user_id', "'metadata.user_id' must be a string, or be left out.");
    }
  }
  return metadata;
}

function readObject(body: JsonNode, name: string): JsonMember {
  const sent = member(body, name);
  if (sent?.value.kind === 'object') return sent;
  const example = name === 'data' ? '{"agent_id":"agent_123"}' : '{"user_id":"user_456"}';
  const problem = sent === undefined ? `'${name}' is required: send` : `'${name}' must be`;
  throw invalid(name, `${problem} an object such as ${example}.`);
}

function notPublished(name: string): Error {
  const param = echo(name);
  return invalid(param, `'${param}' cannot be published: send 'type', 'data' and, if need be, 'metadata'.`);
}

/** Messages have their `content` beside their data, where only events of sessions have anything. */
function isAboutContent(error: unknown): boolean {
  return error instanceof TurnlogError && (error.param === 'content' || error.param?.startsWith('content[') === true);
}

function ofSessions(type: string): Error {
  return invalid('type', `'${type}' is a message of a session: append it there, and publish another type here.`);
}

/** An event as one line of JSON. */
export function presentEvent(view: EventView, org: OrgId): string {
  const { id, type, createdAt } = view;
  return `{"id":"${id}","type":"${type}","created_at":"${createdAt}","data":${dataOf(view)},"metadata":${metadataOf(view, org)}}`;
}

/** A payload of null says as much as none at all. */
function dataOf(view: EventView): string {
  const payload = payloadOf(view);
  return payload === 'null' ? '{}' : payload;
}

/** What was published in the metadata comes first, in the order in which it was sent. */
function metadataOf(view: EventView, org: OrgId): string {
  const published = view.origin === 'platform' ? (ownMember(view, 'metadata')?.members ?? []) : [];
  const own = `"organization_id":"${org}","request_id":"${view.requestId}"`;
  return `{${[...published.map(({ text }) => text), own].join(',')}}`;
}

/** A stored event taken apart, for dialects that show it in words of their own. */

import { isEnvelopeName } from './events.ts';
import type { EventId, SessionId } from './ids.ts';
import { type JsonMember, type JsonNode, scanJson } from './json.ts';
import { stringMember } from './json-members.ts';
import { carriesData, type Provenance } from './origins.ts';

export interface EventView extends Provenance {
  readonly id: EventId;
  readonly type: string;
  /** Null: an account event. */
  readonly sessionId: SessionId | null;
  /** RFC 3339 with six fractional digits. */
  readonly createdAt: string;
  /** The producer's own time, as sent; null when it sent none. */
  readonly occurredAt: string | null;
  /** The number within the session; null: an account event. */
  readonly seq: number | null;
  /** The event's own members, in the order and the text in which they were sent. */
  readonly own: readonly JsonMember[];
}

/** Levels that become nodes below the event: its members, and their members and items. What lies deeper is spliced as it is. */
const KEEP_DEPTH = 2;
/** The blocks of a content, and their members. */
const BLOCK_DEPTH = 2;
const NULL = 'null';

/** `text` is an event's stored text, whose envelope stands first and holds what core's `eventText` puts there. */
export function viewEvent({ text, origin, requestId }: Provenance & { readonly text: string }): EventView {
  const event = scanJson(text, { keepDepth: KEEP_DEPTH });
  const envelope = new Map<string, string>();
  const own: JsonMember[] = [];
  for (const member of event.members) {
    if (isEnvelopeName(member.name)) envelope.set(member.name, member.value.text);
    else own.push(member);
  }
  const sessionId = envelope.get('session_id') ?? NULL;
  const occurredAt = envelope.get('occurred_at') ?? NULL;
  const seq = envelope.get('seq') ?? NULL;
  return {
    origin,
    requestId,
    id: plain(envelope.get('id') ?? '') as EventId,
    type: plain(envelope.get('type') ?? ''),
    sessionId: sessionId === NULL ? null : (plain(sessionId) as SessionId),
    createdAt: plain(envelope.get('created_at') ?? ''),
    occurredAt: occurredAt === NULL ? null : (JSON.parse(occurredAt) as string),
    seq: seq === NULL ? null : Number(seq),
    own,
  };
}

/** What a string says that has no escapes. */
function plain(text: string): string {
  return text.slice(1, -1);
}

/**
 * What the event says, as JSON text: the `data` of one that a dialect with payloads or the server itself has written,
 * else all of its own fields as one object.
 */
export function payloadOf({ origin, own }: EventView): string {
  const data = carriesData(origin) ? own.find(({ name }) => name === 'data') : undefined;
  return data?.value.text ?? `{${own.map(({ text }) => text).join(',')}}`;
}

/** The text of blocks of the type `text`, one below the other, or a string itself; null: neither is there. */
export function textOf(content: JsonNode | undefined): string | null {
  if (content?.kind === 'string') return JSON.parse(content.text) as string;
  if (content?.kind !== 'array') return null;
  const texts = scanJson(content.text, { keepDepth: BLOCK_DEPTH })
    .items.filter((block) => stringMember(block, 'type') === 'text')
    .map((block) => stringMember(block, 'text'))
    .filter((text) => text !== null);
  return texts.length > 0 ? texts.join('\n') : null;
}

/** One of the event's own members. */
export function ownMember({ own }: EventView, name: string): JsonNode | undefined {
  return own.find((candidate) => candidate.name === name)?.value;
}

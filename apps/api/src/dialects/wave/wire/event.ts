/** Events as listeners see them and as they are pushed: a type, some data, and a number. */
import { z } from '@hono/zod-openapi';
import { invalid, TurnlogError } from '@turnlog/core/errors';
import { type EventView, ownMember, payloadOf } from '@turnlog/core/event-view';
import { draftParts, type EventDraft, isEventType, memberOf } from '@turnlog/core/events';
import { type JsonNode, member } from '@turnlog/core/json';
import { stringMember } from '@turnlog/core/json-members';

/** The native type of events whose own type cannot be one. */
const FOREIGN_TYPE = 'wave.event';
/** Where such an event keeps the type that it was sent with. */
const SENT_TYPE = 'original_type';
const TYPE_CHARACTERS = 1_000;
const NULL: JsonNode = { kind: 'null', text: 'null', members: [], items: [] };

const type = z.string().openapi({
  minLength: 1,
  maxLength: TYPE_CHARACTERS,
  description: `The type of the event: any text of 1 to ${TYPE_CHARACTERS} characters.`,
});

export const NumberedEvent = z
  .object({
    type,
    data: z.any().openapi({ description: 'What the event says: any JSON value.' }),
    number: z.int().openapi({ minimum: 1, description: 'The number of the event within its session, from 1.' }),
  })
  .openapi('Event', { description: 'An event of a session.' });

export const PushEventParams = z
  .object({ type, data: z.any().optional().openapi({ description: 'Any JSON value; null when it is left out.' }) })
  .openapi('PushEventParams', { description: 'An event to push; other members are ignored.' });

/** An event as JSON text; every source text is as it was sent. */
export function presentEvent(view: EventView): string {
  return `{"type":${typeText(view)},"data":${payloadOf(view)},"number":${view.seq}}`;
}

/** Reads a pushed event. Throws `invalid_request`. */
export function parseEvent(body: JsonNode | null): EventDraft {
  if (body?.kind !== 'object') {
    throw new TurnlogError(
      'invalid_request',
      'The body must be a JSON object with a \'type\', such as {"type":"status","data":"paused"}.',
    );
  }
  const sent = member(body, 'type')?.value;
  const type = stringMember(body, 'type');
  if (sent === undefined || type === null || type === '') {
    throw invalid('type', "'type' must be a string that is not empty: say what has happened.");
  }
  if (type.length > 2 * TYPE_CHARACTERS || [...type].length > TYPE_CHARACTERS) {
    throw invalid('type', `'type' has more than ${TYPE_CHARACTERS} characters: put what is long into 'data'.`);
  }
  const data = memberOf('data', member(body, 'data')?.value ?? NULL);
  const parts = { origin: 'wave', prefix: '', data: 'data' } as const;
  return isEventType(type)
    ? draftParts({ ...parts, type, own: [data] })
    : draftParts({ ...parts, type: FOREIGN_TYPE, own: [data, memberOf(SENT_TYPE, sent)] });
}

/** The type as it was sent, as JSON text. */
function typeText(view: EventView): string {
  const kept = view.origin === 'wave' && view.type === FOREIGN_TYPE ? ownMember(view, SENT_TYPE) : undefined;
  return kept?.text ?? JSON.stringify(view.type);
}

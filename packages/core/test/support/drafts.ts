/** Events as a dialect reads them: out of a batch. */
import { draftEvent, draftParts, type EventDraft, type EventParts } from '../../src/events.ts';
import { scanJson } from '../../src/json.ts';
import type { Origin } from '../../src/origins.ts';

/** Levels of a body that an event's checks look into: `events[0].error.retry_status.type`. */
const KEEP_DEPTH = 5;

/** Reads the source of one event as the fourth of a batch: `events[3]`. */
export function draftOf(event: object | string): EventDraft {
  const source = typeof event === 'string' ? event : JSON.stringify(event);
  const body = scanJson(`{"events":[0,1,2,${source}]}`, { keepDepth: KEEP_DEPTH });
  const node = body.members[0]?.value.items[3];
  if (node === undefined) throw new Error('The batch lost its fourth event.');
  return draftEvent(node, 'events[3]');
}

/** An event as a dialect takes it apart; its `data` is called `event_data` in refusals. */
export function draftFrom(
  origin: Origin,
  type: string,
  own: object | string,
  parts: Partial<EventParts> = {},
): EventDraft {
  const source = typeof own === 'string' ? own : JSON.stringify(own);
  const { members } = scanJson(source, { keepDepth: KEEP_DEPTH });
  return draftParts({ origin, type, own: members, prefix: '', data: 'event_data', ...parts });
}

/** Stored events taken apart, straight from the bytes that the store hands out. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type EventView, viewEvent } from '@turnlog/core/event-view';
import { limits } from '@turnlog/core/limits';
import type { EventRecord } from '@turnlog/core/store';

export function viewOf({ text, origin, requestId }: Omit<EventRecord, 'id'>): EventView {
  return viewEvent({ text: decoded(text), origin, requestId });
}

/** A stored text. */
export function decoded(text: Uint8Array): string {
  return Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('utf8');
}

/** Shows each event of a page; taking large ones apart costs milliseconds, so others get turns of the loop in between. */
export async function shownInTurns(
  events: readonly EventRecord[],
  show: (view: EventView) => string,
): Promise<string[]> {
  const texts: string[] = [];
  let bytes = 0;
  for (const event of events) {
    bytes += event.text.length;
    if (texts.length > 0 && bytes > limits.sliceBytes) {
      await nextTurn();
      bytes = event.text.length;
    }
    texts.push(show(viewOf(event)));
  }
  return texts;
}

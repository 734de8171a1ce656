/** Stored events taken apart, straight from the bytes that the store hands out. */
import { type EventView, viewEvent } from '@turnlog/core/event-view';
import type { EventRecord } from '@turnlog/core/store';

export function viewOf({ text, origin, requestId }: Omit<EventRecord, 'id'>): EventView {
  const source = Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('utf8');
  return viewEvent({ text: source, origin, requestId });
}

/** Frames of server-sent events, each built once however many streams carry it. */
import type { EventId } from '@turnlog/core/ids';
import type { LogEvent } from '@turnlog/core/store';

export const HEARTBEAT = Buffer.from(': heartbeat\n\n');
/** No known client shows a frame without an event's name as an event. */
export const DONE = Buffer.from('data: [DONE]\n\n');

const DATA_END = Buffer.from('\n\n');
/** By event and by batch: tails that see the same get the same objects. */
const frames = new WeakMap<object, Buffer>();

/** The frames of a batch in one piece. */
export function framesOf(events: readonly LogEvent[]): Buffer {
  const [first] = events;
  if (events.length === 1 && first !== undefined) return frameOf(first);
  return once(events, () => Buffer.concat(events.map(frameOf)));
}

/** Moves a client's resume position without an event. */
export function positionFrame(position: string): string {
  return `id: ${position}\n\n`;
}

/** Tells a client how long to wait before it connects again. */
export function retryFrame(ms: number): string {
  return `retry: ${ms}\n\n`;
}

/** A refusal in the middle of a stream; `body` is its envelope in one line. */
export function errorFrame(body: string): string {
  return `event: error\ndata: ${body}\n\n`;
}

/** The last event of a batch that is not empty. */
export function lastIdOf(events: readonly LogEvent[]): EventId | null {
  return events.at(-1)?.id ?? null;
}

/** Stored text holds no line breaks (I8). */
function frameOf(event: LogEvent): Buffer {
  const head = Buffer.from(`id: ${event.id}\nevent: ${event.type}\ndata: `);
  return once(event, () => Buffer.concat([head, event.text, DATA_END]));
}

function once(key: object, build: () => Buffer): Buffer {
  let frame = frames.get(key);
  if (frame === undefined) {
    frame = build();
    frames.set(key, frame);
  }
  return frame;
}

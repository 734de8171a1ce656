/** Frames of server-sent events, each built once however many streams carry it. */
import type { LogEvent } from '@turnlog/core/store';

/** A comment; the frame is still to be ended. */
export const HEARTBEAT = ': heartbeat\n';
/**
 * Without an event's name: SDKs drop it, and an EventSource shows it as a plain message, unlike any event of ours. That
 * one connects again after every end; a minute is soon enough when nothing is to come.
 */
export const DONE = 'retry: 60000\ndata: [DONE]\n\n';

const DATA_END = Buffer.from('\n\n');
const CHUNK_END = Buffer.from('\r\n');
/** The frames of one dialect's events. Tails that see the same get the same objects, so that each is built once for them. */
export class Frames {
  readonly #dataOf: (event: LogEvent) => Uint8Array;
  readonly #frames = new WeakMap<LogEvent, Buffer>();
  readonly #batches = new WeakMap<readonly LogEvent[], Buffer>();
  readonly #chunks = new WeakMap<readonly LogEvent[], Buffer>();

  /** `dataOf` shows an event as one line of JSON, in UTF-8. */
  constructor(dataOf: (event: LogEvent) => Uint8Array) {
    this.#dataOf = dataOf;
  }

  /** The frames of a batch in one piece. */
  of(events: readonly LogEvent[]): Buffer {
    return once(this.#batches, events, () => Buffer.concat(events.map((event) => this.#frameOf(event))));
  }

  /** The same as one chunk of HTTP's chunked coding. */
  chunkOf(events: readonly LogEvent[]): Buffer {
    return once(this.#chunks, events, () => {
      const parts = events.map((event) => this.#frameOf(event));
      const bytes = parts.reduce((sum, { length }) => sum + length, 0);
      return Buffer.concat([Buffer.from(`${bytes.toString(16)}\r\n`), ...parts, CHUNK_END]);
    });
  }

  #frameOf(event: LogEvent): Buffer {
    return once(this.#frames, event, () => {
      const head = Buffer.from(`id: ${event.id}\nevent: ${event.type}\ndata: `);
      return Buffer.concat([head, this.#dataOf(event), DATA_END]);
    });
  }
}

/** Events as they are stored: their text holds no line breaks (I8). */
export const NATIVE_FRAMES = new Frames(({ text }) => text);

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

function once<Key extends object>(built: WeakMap<Key, Buffer>, key: Key, build: () => Buffer): Buffer {
  let bytes = built.get(key);
  if (bytes === undefined) {
    bytes = build();
    built.set(key, bytes);
  }
  return bytes;
}

/** Frames out of the bytes of a stream, however they are cut. What is no whole frame of ours, to the letter, is a fault. */
import { type Shown, shownOf } from './pages.ts';

export type StreamFrame =
  | { readonly kind: 'event'; readonly event: Shown }
  | { readonly kind: 'position'; readonly id: string }
  | { readonly kind: 'other' };

const END = Buffer.from('\n\n');
const EVENT = /^id: (\S+)\nevent: (\S+)\ndata: (\{.*\})$/;
const POSITION = /^(?:: heartbeat\n)?id: (\S+)$/;
const OTHER = /^(?:retry: \d+|: heartbeat)$/;

export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** Bytes of a frame that has not ended. */
  get tornBytes(): number {
    return this.#rest.length;
  }

  /** Takes bytes, and answers the frames that end in them. Throws when one is none of ours. */
  take(bytes: Buffer): StreamFrame[] {
    const frames: StreamFrame[] = [];
    let rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    for (let end = rest.indexOf(END); end >= 0; end = rest.indexOf(END)) {
      frames.push(frameOf(rest.toString('utf8', 0, end)));
      rest = rest.subarray(end + END.length);
    }
    this.#rest = rest;
    return frames;
  }
}

function frameOf(text: string): StreamFrame {
  const position = POSITION.exec(text)?.[1];
  if (position !== undefined) return { kind: 'position', id: position };
  if (OTHER.test(text)) return { kind: 'other' };
  const [, id, type, data = ''] = EVENT.exec(text) ?? [];
  if (id === undefined) throw new Error(`No frame of ours: ${text}`);
  const event = shownOf(data);
  const members = JSON.parse(data) as { id: string; type: string };
  if (members.id !== id || members.type !== type) throw new Error(`A frame whose lines disagree: ${text}`);
  return { kind: 'event', event };
}

import { TurnlogError } from './errors.ts';

/** Frames hold one event each, and events have their own, smaller limit; in UTF-16 code units. */
export const maxFrameLength = 8 * 1024 * 1024;

/** What stood between two blank lines: at least one of these. */
export interface Frame {
  /** A place in the stream. */
  readonly id?: string | undefined;
  readonly event?: string | undefined;
  /** Undefined when the frame is no event; empty when it is an empty one. */
  readonly data?: string | undefined;
  /** Milliseconds before a reconnect, as the server asks. */
  readonly retry?: number | undefined;
}

/**
 * Decodes an event stream as the WHATWG HTML standard says (9.2.6), however its bytes are cut. Comments and unknown fields
 * are dropped, and so is a frame that no blank line has ended. A decoder serves one connection.
 */
export class FrameDecoder {
  /** It drops the byte order mark, and keeps the beginning of a character until its end comes. */
  readonly #decoder = new TextDecoder();
  #line = '';
  #afterReturn = false;
  #frame: Frame = {};

  /** The frames that these bytes have ended. Throws a {@link TurnlogError} when one grows beyond all measure. */
  push(bytes: Uint8Array): Frame[] {
    const frames: Frame[] = [];
    for (const line of this.#lines(this.#decoder.decode(bytes, { stream: true }))) {
      if (line !== '') this.#frame = withField(this.#frame, line);
      else {
        if (Object.keys(this.#frame).length > 0) frames.push(this.#frame);
        this.#frame = {};
      }
    }
    if (this.#line.length + (this.#frame.data?.length ?? 0) > maxFrameLength)
      throw new TurnlogError(`A frame of the stream is longer than ${maxFrameLength} characters.`);
    return frames;
  }

  /** Each line that is whole now. A CR ends its line at once; if an LF follows, in whichever piece, it belongs to it. */
  #lines(text: string): string[] {
    if (text === '') return [];
    const [first = '', ...lines] = text.slice(this.#afterReturn && text.startsWith('\n') ? 1 : 0).split(/\r\n?|\n/);
    this.#afterReturn = text.endsWith('\r');
    lines.unshift(this.#line + first);
    this.#line = lines.pop() ?? '';
    return lines;
  }
}

/** A line without a colon is a name without a value; one that begins with a colon is a comment. */
function withField(frame: Frame, line: string): Frame {
  const [, name, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
  if (name === 'data') return { ...frame, data: frame.data === undefined ? value : `${frame.data}\n${value}` };
  if (name === 'event') return { ...frame, event: value || undefined };
  if (name === 'id' && !value.includes('\0')) return { ...frame, id: value };
  if (name === 'retry' && /^\d+$/.test(value)) return { ...frame, retry: Number(value) };
  return frame;
}

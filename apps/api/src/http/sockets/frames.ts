/** WebSocket frames of a server (RFC 6455, section 5.2), and batches of them, each built once however many sockets carry it. */
import type { OrgId } from '@turnlog/core/ids';
import type { LogEvent } from '@turnlog/core/store';

const FIN = 0x80;
const TEXT = 0x01;
const CONTINUATION = 0x00;
const SHORT_MAX = 125;
const MEDIUM_MAX = 0xffff;
const MEDIUM = 126;
const LONG = 127;

/** Which part of its message a frame is. */
export interface Part {
  readonly first: boolean;
  readonly last: boolean;
}

const WHOLE: Part = { first: true, last: true };

/** One frame of a text message. */
export function textFrame(text: string, { first, last }: Part): Buffer {
  const payload = Buffer.from(text);
  return Buffer.concat([headOf(payload.length, (last ? FIN : 0) | (first ? TEXT : CONTINUATION)), payload]);
}

function headOf(length: number, firstByte: number): Buffer {
  if (length <= SHORT_MAX) return Buffer.from([firstByte, length]);
  if (length <= MEDIUM_MAX) {
    const head = Buffer.from([firstByte, MEDIUM, 0, 0]);
    head.writeUInt16BE(length, 2);
    return head;
  }
  const head = Buffer.alloc(10);
  head[0] = firstByte;
  head[1] = LONG;
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}

/** What a dialect makes of the log for its sockets; every text is one message, or a piece of one. */
export interface SocketWords {
  /** The message that opens a socket, in pieces: how things stood at a position of the feed, or later. */
  opening(org: OrgId, positionUs: number | null): AsyncIterable<string>;
  /** The messages of a batch of the feed, in order. */
  messages(org: OrgId, events: readonly LogEvent[]): Promise<readonly string[]>;
}

/** Sockets of one org that see the same events get the same array of them, and so the same frames. */
export class SocketFrames {
  readonly #words: Pick<SocketWords, 'messages'>;
  readonly #batches = new WeakMap<readonly LogEvent[], Promise<Buffer>>();

  constructor(words: Pick<SocketWords, 'messages'>) {
    this.#words = words;
  }

  of(org: OrgId, events: readonly LogEvent[]): Promise<Buffer> {
    let frames = this.#batches.get(events);
    if (frames === undefined) {
      frames = this.#words.messages(org, events).then(framesOf);
      frames.catch(() => undefined); // each socket says so when its turn comes, which may be after this turn of the loop
      this.#batches.set(events, frames);
    }
    return frames;
  }
}

function framesOf(messages: readonly string[]): Buffer {
  return Buffer.concat(messages.map((message) => textFrame(message, WHOLE)));
}

/** Many streams read with as little work as can be: raw sockets that count how often a text comes. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface ReadersOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly count: number;
  /** Ends every event, and nothing else that is sent; by default as streams of server-sent events do. */
  readonly eventEnd?: string;
}

const STREAM_EVENT_END = '}\n\n';
const OPENED = /^HTTP\/1\.1 (?:200|101) /;
const AT_ONCE = 50;
/** In which a socket that the server has closed comes to its end, once it is read again. */
const SETTLE_MS = 5_000;

export class StreamReaders {
  readonly #sockets: Socket[] = [];
  #frames = 0;
  #wanted = Number.POSITIVE_INFINITY;
  #reached: () => void = () => {};

  /** Opens streams; resolves when each has sent its first bytes. */
  static async open({ url, headers, count, eventEnd = STREAM_EVENT_END }: ReadersOptions): Promise<StreamReaders> {
    const readers = new StreamReaders();
    const { hostname, port, pathname, search } = new URL(url);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const head = `GET ${pathname}${search} HTTP/1.1\r\nhost: ${hostname}\r\n${lines.join('')}\r\n`;
    for (let opened = 0; opened < count; opened += AT_ONCE) {
      const some = Array.from({ length: Math.min(AT_ONCE, count - opened) }, async () => {
        const socket = connect(Number(port), hostname);
        socket.write(head);
        const [first] = (await once(socket, 'data')) as [Buffer];
        if (!OPENED.test(first.toString('latin1'))) throw new Error(first.toString());
        const count = frameCounter(Buffer.from(eventEnd), (frames) => readers.#arrived(frames));
        socket.on('data', count);
        socket.on('error', () => {});
        readers.#sockets.push(socket);
      });
      await Promise.all(some);
    }
    return readers;
  }

  /** Resolves when so many frames more have come, over all streams; to be called before they are sent. */
  frames(count: number): Promise<void> {
    this.#wanted = this.#frames + count;
    return new Promise((resolve) => {
      this.#reached = resolve;
    });
  }

  /** Stops reading: the server's writes pile up. */
  stall(): void {
    for (const socket of this.#sockets) socket.pause();
  }

  /** How many streams the server has ended. Reads what is left of each to learn it. */
  async ended(): Promise<number> {
    let ended = 0;
    for (const socket of this.#sockets) socket.once('close', () => ended++).resume();
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    return ended;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #arrived(frames: number): void {
    this.#frames += frames;
    if (this.#frames >= this.#wanted) this.#reached();
  }
}

/** Counts frames in the pieces of one stream, wherever it is cut. */
function frameCounter(end: Buffer, arrived: (frames: number) => void): (bytes: Buffer) => void {
  let carried = Buffer.alloc(0);
  return (bytes) => {
    const piece = carried.length === 0 ? bytes : Buffer.concat([carried, bytes]);
    let frames = 0;
    for (let at = piece.indexOf(end); at >= 0; at = piece.indexOf(end, at + 1)) frames++;
    carried = Buffer.from(piece.subarray(1 - end.length)); // too short to hold a frame's end itself
    if (frames > 0) arrived(frames);
  };
}

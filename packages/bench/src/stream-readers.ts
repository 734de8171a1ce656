/** Many streams read with as little work as can be: raw sockets that count how often a text comes. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface ReadersOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly count: number;
}

/** Ends every frame of an event, and no other one. */
const FRAME_END = Buffer.from('}\n\n');
const AT_ONCE = 50;

export class StreamReaders {
  readonly #sockets: Socket[] = [];
  #frames = 0;
  #wanted = Number.POSITIVE_INFINITY;
  #reached: () => void = () => {};

  /** Opens streams; resolves when each has sent its first bytes. */
  static async open({ url, headers, count }: ReadersOptions): Promise<StreamReaders> {
    const readers = new StreamReaders();
    const { hostname, port, pathname, search } = new URL(url);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const head = `GET ${pathname}${search} HTTP/1.1\r\nhost: ${hostname}\r\n${lines.join('')}\r\n`;
    for (let opened = 0; opened < count; opened += AT_ONCE) {
      const some = Array.from({ length: Math.min(AT_ONCE, count - opened) }, async () => {
        const socket = connect(Number(port), hostname);
        socket.write(head);
        const [first] = (await once(socket, 'data')) as [Buffer];
        if (!first.includes(' 200 OK')) throw new Error(first.toString());
        socket.on('data', (bytes: Buffer) => readers.#count(bytes));
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

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #count(bytes: Buffer): void {
    for (let at = bytes.indexOf(FRAME_END); at >= 0; at = bytes.indexOf(FRAME_END, at + 1)) this.#frames++;
    if (this.#frames >= this.#wanted) this.#reached();
  }
}

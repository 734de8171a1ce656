/** A client of the socket, by ws: all messages that have come, and how it ended. */
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';

// biome-ignore lint/suspicious/noExplicitAny: messages are judged member by member
type Message = any;

export interface SocketOpening {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocols?: readonly string[];
}

/** A handshake that was answered like any request. */
export interface RefusedHandshake {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly json: Message;
}

export class SocketClient {
  readonly messages: Message[] = [];
  /** As they came. */
  readonly texts: string[] = [];
  /** The code with which it was closed. */
  readonly closed: Promise<number>;
  readonly ws: WebSocket;
  readonly #waiting = new Set<() => void>();
  #over = false;

  constructor(ws: WebSocket) {
    this.ws = ws;
    ws.on('message', (data) => {
      this.texts.push(String(data));
      this.messages.push(JSON.parse(String(data)));
      this.#look();
    });
    ws.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      ws.on('close', (code) => {
        this.#over = true;
        this.#look();
        resolve(code);
      });
    });
  }

  /** The messages after `init`. */
  get changes(): readonly Message[] {
    return this.messages.slice(1);
  }

  /** The ids of the events that have come. */
  get eventIds(): readonly string[] {
    return this.messages.filter(({ type }) => type === 'event').map(({ data }) => data.id);
  }

  /** Resolves once something is true of what has come; rejects when the socket ends before. */
  async until(condition: (client: this) => boolean): Promise<this> {
    while (!condition(this)) {
      if (this.#over) throw new Error(`The socket has ended, after: ${this.texts.at(-1)?.slice(0, 500)}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
    return this;
  }

  /** So many messages, `init` included. */
  async count(messages: number): Promise<readonly Message[]> {
    await this.until((client) => client.messages.length >= messages);
    return this.messages;
  }

  close(): void {
    this.ws.close();
  }

  #look(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}

function connect(url: string, { token, headers = {}, protocols = [] }: SocketOpening): WebSocket {
  const own: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new WebSocket(`${url.replace('http', 'ws')}/ws`, [...protocols], { headers: { ...own, ...headers } });
}

/** Resolves once the handshake is over. */
export function openSocket(url: string, opening: SocketOpening = {}): Promise<SocketClient> {
  return new Promise((resolve, reject) => {
    const client = new SocketClient(connect(url, opening));
    client.ws.once('open', () => resolve(client));
    client.ws.once('error', reject);
  });
}

/** Resolves with the answer to a handshake that is refused. */
export function refusedSocket(url: string, opening: SocketOpening = {}): Promise<RefusedHandshake> {
  return new Promise((resolve, reject) => {
    const ws = connect(url, opening);
    ws.once('open', () => reject(new Error('The handshake was not refused.')));
    ws.once('error', () => undefined);
    ws.once('unexpected-response', (_, response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, json: JSON.parse(text) }),
      );
    });
  });
}

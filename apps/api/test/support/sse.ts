/** A reader of server-sent events over a socket of its own, which sees the very bytes and can stop reading them. */
import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';

/** A block of a stream, up to its empty line. */
export interface Frame {
  readonly text: string;
  readonly id?: string;
  readonly event?: string;
  readonly data?: string;
  readonly retry?: number;
  readonly comment?: string;
}

export interface Opening {
  readonly token?: string | null;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** How a stream came to its end: in good order, or by a broken connection. */
export type StreamEnd = 'ended' | 'cut';

export class SseClient {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly ended: Promise<StreamEnd>;
  /** All that has come. */
  text = '';
  readonly #request: ClientRequest;
  readonly #response: IncomingMessage;
  readonly #waiting = new Set<() => void>();

  constructor(asked: ClientRequest, response: IncomingMessage) {
    this.#request = asked;
    this.#response = response;
    this.status = response.statusCode ?? 0;
    this.headers = response.headers;
    response.setEncoding('utf8').on('data', (chunk: string) => {
      this.text += chunk;
      this.#look();
    });
    this.ended = new Promise((resolve) => {
      response.on('end', () => resolve('ended'));
      response.on('error', () => undefined);
      response.on('close', () => {
        resolve('cut');
        this.#over = true;
        this.#look();
      });
    });
  }

  #over = false;

  /** Complete frames, in order. */
  get frames(): readonly Frame[] {
    return this.text.split('\n\n').slice(0, -1).map(frameOf);
  }

  /** Frames that carry an event of the log. */
  get events(): readonly (Frame & { readonly id: string; readonly event: string; readonly data: string })[] {
    return this.frames.filter((frame) => isEvent(frame));
  }

  get ids(): readonly string[] {
    return this.events.map(({ id }) => id);
  }

  /** The position that a client resumes from. */
  get lastId(): string | undefined {
    return this.frames.findLast(({ id }) => id !== undefined)?.id;
  }

  // biome-ignore lint/suspicious/noExplicitAny: answers are judged member by member
  get json(): any {
    return JSON.parse(this.text);
  }

  /** Resolves once something is true of what has come; rejects when the stream ends before. */
  async until(condition: (client: this) => boolean): Promise<this> {
    while (!condition(this)) {
      if (this.#over) throw new Error(`The stream has ended, after: ${this.text.slice(-500)}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
    return this;
  }

  /** Reads to the end. */
  async all(): Promise<this> {
    await this.ended;
    return this;
  }

  /** Takes nothing from the socket until `read`. */
  stall(): void {
    this.#response.pause();
    this.#response.socket.pause();
  }

  read(): void {
    this.#response.socket.resume();
    this.#response.resume();
  }

  /** Hangs up without a word. */
  reset(): void {
    this.#response.socket.resetAndDestroy();
  }

  close(): void {
    this.#request.destroy();
  }

  #look(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}

/** Opens a stream, or whatever comes instead; resolves with the head of the answer. */
export function openSse(url: string, { token, method = 'GET', headers, body }: Opening = {}): Promise<SseClient> {
  return new Promise((resolve, reject) => {
    const own: Record<string, string> = token == null ? {} : { authorization: `Bearer ${token}` };
    if (body !== undefined) own['content-length'] = String(Buffer.byteLength(body));
    const asked = request(url, { method, headers: { ...own, ...headers }, agent: false }, (response) =>
      resolve(new SseClient(asked, response)),
    );
    asked.on('error', reject);
    asked.end(body);
  });
}

/** Resolves once something is true; the timeout of the test is its bound. */
export async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

function isEvent(
  frame: Frame,
): frame is Frame & { readonly id: string; readonly event: string; readonly data: string } {
  return frame.id !== undefined && frame.event !== undefined && frame.data !== undefined;
}

function frameOf(text: string): Frame {
  const frame: Record<string, unknown> = { text };
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    const value = line.slice(colon + 1).replace(/^ /, '');
    if (colon === 0) frame['comment'] = value;
    else frame[line.slice(0, colon)] = line.startsWith('retry:') ? Number(value) : value;
  }
  return frame as unknown as Frame;
}

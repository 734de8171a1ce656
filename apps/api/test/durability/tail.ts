/** A tail over SSE that loses its connection at any byte and any moment, also while it opens, and resumes. */
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Address } from './crashing-server.ts';
import { FrameReader, type StreamFrame } from './frames.ts';
import type { Random } from './random.ts';
import { Reader, type ReaderOptions, type Seen } from './reader.ts';
import { TOKEN } from './server-process.ts';

export interface TailOptions extends ReaderOptions {
  /** Whether it begins at the start, or with what comes. */
  readonly from: 'start' | 'now';
}

/** When a connection is lost. */
type Cut =
  | { readonly kind: 'never' }
  | { readonly kind: 'asked' | 'connected' | 'sent' }
  | { readonly kind: 'bytes'; bytesLeft: number }
  | { readonly kind: 'time'; readonly ms: number };

const LONGEST_MS = 600;
/** A cut comes within so many bytes, as a power of two. */
const FEWEST_BYTES = 8;
const MOST_BYTES = 18;

export class Tail extends Reader {
  /** Connections that resumed from a position and were let in. */
  reconnects = 0;
  readonly #from: 'start' | 'now';
  #begin: string | null = null;
  /** The last position that it was told, by an event or without one. */
  #toldId: string | null = null;
  #cut: Cut = { kind: 'never' };
  #timer: NodeJS.Timeout | undefined;
  #request: ClientRequest | null = null;

  constructor(options: TailOptions) {
    super(options);
    this.#from = options.from;
  }

  override get position(): string | null {
    return this.#toldId;
  }

  override get begin(): string | null {
    return this.#begin;
  }

  override calm(): void {
    super.calm();
    clearTimeout(this.#timer);
    this.#cut = { kind: 'never' };
  }

  override disturb(): void {
    super.disturb();
    this.#plan(false);
  }

  protected override async run(): Promise<void> {
    while (!this.stopped) await this.#follow(await this.server.address());
  }

  protected override letGo(): void {
    this.#request?.destroy();
  }

  /** One connection, to its end. */
  #follow(address: Address): Promise<void> {
    return new Promise((resolve, reject) => {
      const resumed = this.#toldId;
      const asked = request(new URL(`${this.path}/stream${this.#query()}`, address.url), {
        agent: false,
        headers: { Authorization: `Bearer ${TOKEN}`, ...(resumed === null ? {} : { 'Last-Event-ID': resumed }) },
      });
      this.#request = asked;
      let refusal: Promise<Error> | null = null;
      asked.on('error', () => undefined); // the connection is lost, which is what this is about
      asked.on('close', () => {
        clearTimeout(this.#timer);
        if (refusal === null) resolve();
        else refusal.then(reject, reject);
      });
      asked.on('response', (response) => {
        if (response.statusCode !== 200) refusal = refused(response, resumed);
        else this.#receive(response, address, resumed, reject);
      });
      asked.end();
      this.#plan(true);
    });
  }

  #query(): string {
    return this.#toldId === null && this.#from === 'start' ? '?from=start' : '';
  }

  #receive(
    response: IncomingMessage,
    address: Address,
    resumed: string | null,
    reject: (error: unknown) => void,
  ): void {
    const frames = new FrameReader();
    if (resumed !== null) this.reconnects++;
    let isFirstPosition = true;
    response.on('error', () => undefined);
    response.on('data', (chunk: Buffer) => {
      if (this.#request?.destroyed) return;
      const bytes = this.#cut.kind === 'bytes' ? chunk.subarray(0, this.#cut.bytesLeft) : chunk;
      try {
        for (const frame of frames.take(bytes)) {
          if (frame.kind === 'position' && isFirstPosition) checkOpening(frame.id, resumed);
          if (frame.kind !== 'other') isFirstPosition = false;
          this.#take(frame, address.crashes);
        }
      } catch (error) {
        reject(error);
        this.#request?.destroy();
      }
      if (this.#cut.kind !== 'bytes') return;
      this.#cut.bytesLeft -= bytes.length;
      if (this.#cut.bytesLeft <= 0) this.#request?.destroy();
    });
  }

  #take(frame: StreamFrame, crashes: number): void {
    if (frame.kind === 'position') {
      this.#begin ??= frame.id;
      this.#toldId = frame.id;
    } else if (frame.kind === 'event') {
      if (this.#toldId === null) throw new Error(`${frame.event.id} came before any position.`);
      this.#toldId = frame.event.id;
      this.show([{ ...frame.event, crashes } satisfies Seen]);
    }
  }

  /** Draws when the connection is lost; one that stands already is lost by time or bytes. */
  #plan(isOpening: boolean): void {
    clearTimeout(this.#timer);
    const asked = this.#request;
    this.#cut = this.restless && asked !== null ? drawCut(this.random, isOpening) : { kind: 'never' };
    const lose = () => asked?.destroy();
    if (this.#cut.kind === 'asked') lose();
    else if (this.#cut.kind === 'connected') asked?.on('socket', (socket) => socket.once('connect', lose));
    else if (this.#cut.kind === 'sent') asked?.once('finish', lose);
    else if (this.#cut.kind === 'time') this.#timer = setTimeout(lose, this.#cut.ms);
  }
}

function drawCut(random: Random, isOpening: boolean): Cut {
  if (isOpening && random.chance(0.15)) {
    return { kind: (['asked', 'connected', 'sent'] as const)[random.whole(0, 2)] ?? 'sent' };
  }
  if (random.chance(0.5)) return { kind: 'time', ms: random.whole(0, LONGEST_MS) };
  return { kind: 'bytes', bytesLeft: random.whole(1, 2 ** random.whole(FEWEST_BYTES, MOST_BYTES)) };
}

function checkOpening(opening: string, resumed: string | null): void {
  if (resumed !== null && opening !== resumed) throw new Error(`resumed behind ${opening} instead of ${resumed}`);
}

async function refused(response: IncomingMessage, resumed: string | null): Promise<Error> {
  const chunks: Buffer[] = [];
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => response.on('error', () => undefined).on('close', resolve));
  return new Error(`was refused behind ${resumed}: ${response.statusCode} ${Buffer.concat(chunks)}`);
}
